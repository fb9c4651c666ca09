//! Mean and covariance of many variables in control: distance from it, and who is to blame.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::mewma_arl::MOST_VARIABLES;
use crate::DesignError;
use crate::number::{LARGEST, limit};

/// Largest standardised reading, and largest part of a distance: 512 squares of it stay below 1e300.
const FARTHEST_READING: f64 = 1e100;
const FARTHEST_PART: f64 = 1e140;
/// Least share of a variable's spread that the others leave unexplained.
const LEAST_OWN_SPREAD: f64 = 1e-5;

/// Mean, standard deviations and the Cholesky factor `L` of the correlation matrix.
#[derive(Debug, Clone)]
pub(super) struct Covariance {
    mean: Box<[f64]>,
    sd: Box<[f64]>,
    /// Row `i` of `L` below the diagonal at `i*p`; column `i` of it below the diagonal in the same
    /// place of `columns`, so that both substitutions run along memory.
    rows: Box<[f64]>,
    columns: Box<[f64]>,
    diagonal: Box<[f64]>,
    /// Diagonal of the inverse of the correlation matrix.
    precision: Box<[f64]>,
}

impl Covariance {
    /// Refuses a mean or covariance that is no mean or covariance.
    pub(super) fn new(mean: &[f64], covariance: &[Vec<f64>]) -> Result<Self, DesignError> {
        let p = mean.len();
        check_mean(mean)?;
        let refuse = |ok, must_be, value| DesignError::unless(ok, "covariance", must_be, value);
        refuse(covariance.len() == p, "one row for each mean", covariance.len() as f64)?;
        for row in covariance {
            refuse(row.len() == p, "one column for each mean", row.len() as f64)?;
            DesignError::finite_list("covariance", row)?;
        }
        let at = |i: usize, j: usize| covariance[i][j];
        for i in 0..p {
            let usable = (1e-290..=1e290).contains(&at(i, i));
            refuse(usable, "a variance from 1e-290 to 1e290 on the diagonal", at(i, i))?;
        }
        let sd: Box<[f64]> = (0..p).map(|i| libm::sqrt(at(i, i))).collect();
        let correlation = |i: usize, j: usize| at(i, j) / sd[i] / sd[j];
        for i in 0..p {
            for j in 0..i {
                let alike = libm::fabs(correlation(i, j) - correlation(j, i)) <= 1e-9;
                refuse(alike, "symmetric", at(i, j))?;
            }
        }
        let lower = factor(p, correlation)?;
        let mut columns = vec![0.0; p * p];
        for i in 0..p {
            for j in 0..i {
                columns[j * p + i] = lower[i * p + j];
            }
        }
        let mut made = Self {
            mean: mean.into(),
            sd,
            diagonal: (0..p).map(|i| lower[i * p + i]).collect(),
            rows: lower.into(),
            columns: columns.into(),
            precision: vec![0.0; p].into(),
        };
        made.precision = (0..p).map(|i| made.precision_of(i)).collect();
        Ok(made)
    }

    /// Number of variables.
    pub(super) fn width(&self) -> usize {
        self.mean.len()
    }

    /// `z = (x - mean) / sd` of each variable.
    pub(super) fn standardise(&self, x: &[f64], z: &mut [f64]) {
        for (((z, x), mean), sd) in z.iter_mut().zip(x).zip(&self.mean).zip(&self.sd) {
            *z = limit((x - mean) / sd, -FARTHEST_READING, FARTHEST_READING);
        }
    }

    /// `z' inverse(correlation) z`; leaves `y = inverse(L) z` in the place of `z`.
    pub(super) fn distance(&self, z: &mut [f64]) -> f64 {
        let p = self.width();
        let mut sum = 0.0;
        for (i, d) in self.diagonal.iter().enumerate() {
            let Some((part, below)) = z.get_mut(i..).and_then(<[f64]>::split_first_mut) else {
                break;
            };
            *part = limit(*part / d, -FARTHEST_PART, FARTHEST_PART);
            sum += *part * *part;
            let column = self.columns.get(i * p + i + 1..i * p + p).unwrap_or_default();
            for (z, l) in below.iter_mut().zip(column) {
                *z -= l * *part;
            }
        }
        sum
    }

    /// The variable without which the distance falls the most, from the `y` that [`Self::distance`]
    /// left; uses up `y`. With `a = inverse(correlation) z` leaving out variable `i` takes
    /// `a[i]^2 / inverse(correlation)[i][i]` away.
    pub(super) fn cause(&self, y: &mut [f64]) -> usize {
        let p = self.width();
        for (i, d) in self.diagonal.iter().enumerate().rev() {
            let Some((above, part)) = y.get_mut(..=i).and_then(<[f64]>::split_last_mut).map(swap)
            else {
                break;
            };
            *part = limit(*part / d, -FARTHEST_PART, FARTHEST_PART);
            let row = self.rows.get(i * p..i * p + i).unwrap_or_default();
            for (y, l) in above.iter_mut().zip(row) {
                *y -= l * *part;
            }
        }
        largest(y.iter().zip(&self.precision).map(|(a, own)| a * a / own))
    }

    fn precision_of(&self, variable: usize) -> f64 {
        let mut unit = vec![0.0; self.width()];
        unit[variable] = 1.0;
        self.distance(&mut unit)
    }
}

fn swap<'a>((last, before): (&'a mut f64, &'a mut [f64])) -> (&'a mut [f64], &'a mut f64) {
    (before, last)
}

/// Refuses a list of means that is empty, too long or not finite.
pub(super) fn check_mean(mean: &[f64]) -> Result<(), DesignError> {
    let served = (1..=MOST_VARIABLES).contains(&mean.len());
    DesignError::unless(served, "mean", "1 to 512 numbers", mean.len() as f64)?;
    DesignError::finite_list("mean", mean)?;
    let wrong = mean.iter().find(|x| libm::fabs(**x) > LARGEST);
    DesignError::unless(wrong.is_none(), "mean", "at most 1e300 in magnitude", LARGEST)
}

/// Where the largest score stands; the first of equals.
pub(super) fn largest(scores: impl Iterator<Item = f64>) -> usize {
    let start = (0, f64::NEG_INFINITY);
    scores.enumerate().fold(start, |best, (i, x)| if x > best.1 { (i, x) } else { best }).0
}

/// Lower Cholesky factor, row by row.
fn factor(p: usize, matrix: impl Fn(usize, usize) -> f64) -> Result<Vec<f64>, DesignError> {
    let mut lower = vec![0.0; p * p];
    for i in 0..p {
        for j in 0..=i {
            let (row, other) = (&lower[i * p..i * p + j], &lower[j * p..j * p + j]);
            let rest = matrix(i, j) - row.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
            lower[i * p + j] = if j < i {
                rest / lower[j * p + j]
            } else {
                let own = rest >= LEAST_OWN_SPREAD * LEAST_OWN_SPREAD;
                let bound = "positive definite: each variable with 1e-5 of its spread its own";
                DesignError::unless(own, "covariance", bound, rest)?;
                libm::sqrt(rest)
            };
        }
    }
    Ok(lower)
}
