//! Principal-component chart: T2 within the subspace in which a process moves in control, Q outside it
//! (Jackson and Mudholkar 1979; with lagged variables Ku, Storer and Georgakis 1995).
//!
//! `z` holds the standardised readings of this sample, then of the `lags` samples before it; `s = P' z`
//! with the loadings `P`; `t2 = sum(s[i]^2 / variance[i])`, `e = z - P s`, `q = e'e`. `alarm = 1` when `t2`
//! or `q` is above its limit. T2 sees a move of the usual kind that is too large, Q a broken relation.
//! Watch outputs *and* actions: a controller hides a fault from its output and shows it in its action.
//! Lags take in what is correlated in time. Until `lags` samples were seen there is no alarm, and the
//! missing ones are taken equal to the first; after a gap the lags span it.
//!
//! `cause` is the variable with the largest reconstruction-based contribution to `t2/t2_limit + q/q_limit`
//! (Yue and Qin 2001, Alcala and Qin 2009): by how much the index falls when that reading, at the lag
//! where it tells the most, is replaced by what the others say. Unlike the usual contributions it names a
//! single wrong variable for certain; a fault of the process still smears over all that follows.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::covariance::{check_mean, largest};
use crate::number::{flag, limit};
use crate::{DesignError, Port, VectorDesign, VectorKernel};

/// Most columns, lagged ones counted.
const MOST_COLUMNS: usize = 1024;
/// Largest standardised reading.
const FARTHEST: f64 = 1e100;

/// Config of the principal-component chart; `fit_pca` makes it from samples in control.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PcaChart {
    /// Means in control, each in the unit of its variable.
    pub mean: Vec<f64>,
    /// Divisors, mostly the standard deviations in control, each in the unit of its variable; positive.
    pub scale: Vec<f64>,
    /// A row for each variable, first of this sample, then of the one before it and so on; a column for
    /// each component. The columns are orthonormal; fewer columns than rows, at most 1024 rows.
    pub loadings: Vec<Vec<f64>>,
    /// Variance of each component's score in control, dimensionless; 1e-12 to 1e12.
    pub variances: Vec<f64>,
    /// Earlier samples that are looked at together with this one.
    #[serde(default)]
    pub lags: u32,
    /// Alarm above this `t2`, dimensionless; 1e-12 to 1e12.
    pub t2_limit: f64,
    /// Alarm above this `q`, dimensionless; 1e-12 to 1e12.
    pub q_limit: f64,
}

/// Coefficients of [`PcaChart`].
#[derive(Debug, Clone)]
pub struct PcaChartKernel {
    mean: Box<[f64]>,
    scale: Box<[f64]>,
    /// The loadings component by component, and again row by row, so that every pass runs along memory.
    loadings: Box<[f64]>,
    rows: Box<[f64]>,
    variances: Box<[f64]>,
    /// How much the index falls when a column is reconstructed, per squared slope of the index.
    relief: Box<[f64]>,
    lags: usize,
    t2_limit: f64,
    q_limit: f64,
}

impl VectorDesign for PcaChart {
    type Kernel = PcaChartKernel;
    const NAME: &'static str = "PcaChart";
    const INPUTS: &'static [Port] = &[Port::new("x", "*")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("t2", "1"),
        Port::new("q", "1"),
        Port::new("alarm", "1"),
        Port::new("cause", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<PcaChartKernel, DesignError> {
        DesignError::period(period_s)?;
        check_mean(&self.mean)?;
        let variables = self.mean.len();
        let alike = self.scale.len() == variables;
        DesignError::unless(alike, "scale", "as many as means", self.scale.len() as f64)?;
        self.scale.iter().try_for_each(|s| DesignError::positive("scale", *s))?;
        let most = (MOST_COLUMNS / variables).saturating_sub(1);
        let served = self.lags as usize <= most;
        let bound = "so few that (lags + 1) times the variables is at most 1024";
        DesignError::unless(served, "lags", bound, f64::from(self.lags))?;
        let lags = self.lags as usize;
        let loadings = columns(&self.loadings, variables * (lags + 1), self.variances.len())?;
        let in_range = |x: &f64| (1e-12..=1e12).contains(x);
        for (name, numbers) in [
            ("variances", &*self.variances),
            ("t2_limit", &[self.t2_limit]),
            ("q_limit", &[self.q_limit]),
        ] {
            let wrong = numbers.iter().find(|x| !in_range(x));
            wrong.map_or(Ok(()), |x| DesignError::unless(false, name, "from 1e-12 to 1e12", *x))?;
        }
        let mut kernel = PcaChartKernel {
            mean: self.mean.as_slice().into(),
            scale: self.scale.as_slice().into(),
            loadings,
            rows: self.loadings.iter().flatten().copied().collect(),
            variances: self.variances.as_slice().into(),
            relief: Box::default(),
            lags,
            t2_limit: self.t2_limit,
            q_limit: self.q_limit,
        };
        kernel.relief = kernel.reliefs();
        Ok(kernel)
    }
}

/// The loadings component by component; refuses what is not orthonormal.
fn columns(loadings: &[Vec<f64>], rows: usize, count: usize) -> Result<Box<[f64]>, DesignError> {
    let refuse = |ok, must_be, value| DesignError::unless(ok, "loadings", must_be, value);
    let fits = loadings.len() == rows;
    refuse(fits, "a row for each variable and lag", loadings.len() as f64)?;
    refuse(count >= 1 && count < rows, "at least one column, fewer than rows", count as f64)?;
    for row in loadings {
        refuse(row.len() == count, "a column for each variance", row.len() as f64)?;
        DesignError::finite_list("loadings", row)?;
    }
    let column = |c: usize| loadings.iter().map(move |row| row[c]);
    for a in 0..count {
        for b in 0..=a {
            let product: f64 = column(a).zip(column(b)).map(|(x, y)| x * y).sum();
            let wanted = if a == b { 1.0 } else { 0.0 };
            let orthonormal = libm::fabs(product - wanted) <= 1e-6;
            refuse(orthonormal, "orthonormal in its columns", product)?;
        }
    }
    Ok((0..count).flat_map(column).collect())
}

impl PcaChartKernel {
    /// Variables and their lags.
    fn height(&self) -> usize {
        self.mean.len() * (self.lags + 1)
    }

    /// One over the curvature of `t2/t2_limit + q/q_limit` along each column.
    fn reliefs(&self) -> Box<[f64]> {
        let rows = self.height();
        let of = |k: usize| {
            let parts = self.loadings.iter().skip(k).step_by(rows);
            let (mut inside, mut curvature) = (0.0, 0.0);
            for (p, variance) in parts.zip(&self.variances) {
                inside += p * p;
                curvature += p * p / (variance * self.t2_limit);
            }
            1.0 / (curvature + (1.0 - inside).max(0.0) / self.q_limit).max(1e-300)
        };
        (0..rows).map(of).collect()
    }

    /// Moves the history on by one sample and puts the new one in front.
    fn take_in(&self, z: &mut [f64], x: &[f64], first: bool) {
        let variables = self.mean.len();
        z.rotate_right(variables.min(z.len()));
        for (((z, x), mean), scale) in z.iter_mut().zip(x).zip(&self.mean).zip(&self.scale) {
            *z = limit((x - mean) / scale, -FARTHEST, FARTHEST);
        }
        if first {
            let (newest, earlier) = z.split_at_mut(variables.min(z.len()));
            for lag in earlier.chunks_exact_mut(variables.max(1)) {
                lag.copy_from_slice(newest);
            }
        }
    }
}

impl VectorKernel for PcaChartKernel {
    fn input_width(&self, _: usize) -> usize {
        self.mean.len()
    }

    fn output_width(&self, _: usize) -> usize {
        1
    }

    /// Samples seen, up to `lags + 1`; the standardised samples, newest first; residual; slope; scores.
    fn memory_len(&self) -> usize {
        1 + 3 * self.height() + self.variances.len()
    }

    fn step(&self, memory: &mut [f64], x: &[f64], output: &mut [f64]) {
        let rows = self.height();
        let Some((seen, rest)) = memory.split_first_mut() else { return };
        let Some((z, rest)) = rest.split_at_mut_checked(rows) else { return };
        let Some((e, rest)) = rest.split_at_mut_checked(rows) else { return };
        let Some((slope, scores)) = rest.split_at_mut_checked(rows) else { return };
        let [t2_out, q_out, alarm, cause_out] = output else { return };

        self.take_in(z, x, *seen < 0.5);
        e.copy_from_slice(z);
        slope.fill(0.0);
        scores.fill(0.0);
        for (row, z) in self.rows.chunks_exact(self.variances.len().max(1)).zip(&*z) {
            for (score, p) in scores.iter_mut().zip(row) {
                *score += p * z;
            }
        }
        let mut t2 = 0.0;
        let components = self.loadings.chunks_exact(rows).zip(&self.variances).zip(&*scores);
        for ((loading, variance), score) in components {
            let pull = score / variance;
            t2 += score * pull;
            let pull = pull / self.t2_limit;
            for ((p, e), slope) in loading.iter().zip(&mut *e).zip(&mut *slope) {
                *e -= p * score;
                *slope += p * pull;
            }
        }
        let q: f64 = e.iter().map(|e| e * e).sum();
        let falls = slope.iter().zip(&*e).zip(&self.relief).map(|((slope, e), relief)| {
            let slope = slope + e / self.q_limit;
            slope * slope * relief
        });
        let cause = largest(falls) % self.mean.len().max(1);
        let ready = *seen >= self.lags as f64;
        *seen = limit(*seen + 1.0, 1.0, self.lags as f64 + 1.0);
        (*t2_out, *q_out) = (t2, q);
        *alarm = flag(ready && (t2 > self.t2_limit || q > self.q_limit));
        *cause_out = cause as f64;
    }
}

#[cfg(test)]
#[path = "pca_chart_tests.rs"]
mod tests;
