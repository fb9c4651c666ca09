//! Recursive least squares with forgetting (Plackett 1950), in a form that cannot lose its sign.
//!
//! ```text
//! y = theta'*r + v                              f = exp(-period_s/memory_s), 1 without a memory
//! error = y - theta'*r                          g = P*r / (f + r'*P*r)
//! theta += g*error                              P = (P - g*r'*P) / f
//! ```
//! `P` is kept as `U*D*U'`, `U` unit upper triangular, `D` no smaller than zero (Bierman 1977): however
//! long it runs and however alike the regressors are, `P` stays a covariance. `P` times the variance of
//! `v` is the covariance of `theta`.
//!
//! **Guards.** Within `dead_zone` of the prediction nothing is learnt and nothing forgotten. Regressors
//! that stand still would let `P` grow without end while old samples are forgotten (wind-up), and the next
//! move would throw `theta` anywhere: each direction of `P` (`D` times the length of its column) is held
//! at `covariance_bound`. A regressor beyond 1e60 teaches nothing. A missed sample holds everything.
//!
//! `error` is that of the prediction before the update, so it is fair to judge the fit by it. A constant
//! among the regressors (an edge that is always 1) fits an offset.

use alloc::vec;
use alloc::vec::Vec;

use super::dense;
use crate::number::{limit, saturate};
use crate::{DesignError, Port, VectorDesign, VectorKernel};

/// Most parameters.
const MOST: usize = 16;
/// Bounds within which no product of a step leaves the finite numbers.
const LARGEST_REGRESSOR: f64 = 1e60;
const LARGEST_COVARIANCE: f64 = 1e60;
const LARGEST_FACTOR: f64 = 1e30;

/// Config of the recursive least squares.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rls {
    /// Number of regressors, and so of parameters; 1 to 16.
    pub regressors: u32,
    /// Time over which old samples are forgotten, s; at least `period_s`. Left out: never.
    #[serde(default)]
    pub memory_s: Option<f64>,
    /// Doubt about each initial parameter, its variance over that of the noise in `y`; positive, at most
    /// 1e60. Large: the first samples decide.
    pub initial_covariance: f64,
    /// Parameters to start from; zeros when left out.
    #[serde(default)]
    pub initial_parameters: Vec<f64>,
    /// Largest error that is taken for noise, unit of `y`; zero or more, zero when left out.
    #[serde(default)]
    pub dead_zone: f64,
    /// Bound on the covariance, as `initial_covariance`, which it is when left out; positive.
    #[serde(default)]
    pub covariance_bound: Option<f64>,
}

/// Coefficients of [`Rls`].
#[derive(Debug, Clone)]
pub struct RlsKernel {
    n: usize,
    forget: f64,
    start: Vec<f64>,
    start_covariance: f64,
    dead_zone: f64,
    bound: f64,
}

impl VectorDesign for Rls {
    type Kernel = RlsKernel;
    const NAME: &'static str = "Rls";
    const INPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("r", "*")];
    const OUTPUTS: &'static [Port] = &[Port::new("parameters", "*"), Port::new("error", "a")];

    fn design(&self, period_s: f64) -> Result<RlsKernel, DesignError> {
        DesignError::period(period_s)?;
        let n = self.regressors as usize;
        DesignError::unless((1..=MOST).contains(&n), "regressors", "1 to 16", n as f64)?;
        let memory_s = self.memory_s.unwrap_or(f64::INFINITY);
        let endless = self.memory_s.is_none();
        let usable = endless || (memory_s >= period_s && memory_s.is_finite());
        DesignError::unless(usable, "memory_s", "finite and at least period_s", memory_s)?;
        let covariance = |name, x: f64| {
            let usable = x > 0.0 && x <= LARGEST_COVARIANCE;
            DesignError::unless(usable, name, "positive, at most 1e60", x)
        };
        covariance("initial_covariance", self.initial_covariance)?;
        let mut start = self.initial_parameters.clone();
        if start.is_empty() {
            start = vec![0.0; n];
        }
        let count = start.len() as f64;
        let shape = "a number for each regressor";
        DesignError::unless(start.len() == n, "initial_parameters", shape, count)?;
        let far = start.iter().find(|x| x.is_nan() || libm::fabs(**x) > 1e100);
        let must_be = "finite, at most 1e100 in magnitude";
        far.map_or(Ok(()), |x| DesignError::unless(false, "initial_parameters", must_be, *x))?;
        DesignError::not_negative("dead_zone", self.dead_zone)?;
        let bound = self.covariance_bound.unwrap_or(self.initial_covariance);
        covariance("covariance_bound", bound)?;
        Ok(RlsKernel {
            n,
            forget: libm::exp(-period_s / memory_s),
            start,
            start_covariance: self.initial_covariance.min(bound),
            dead_zone: self.dead_zone,
            bound,
        })
    }
}

impl RlsKernel {
    /// Bierman's update of `U`, by columns, and `D`; leaves `P*r` in `gain` and gives `f + r'*P*r`.
    #[inline]
    fn learn(&self, columns: &mut [f64], d: &mut [f64], r: &[f64], gain: &mut [f64]) -> f64 {
        let mut a = self.forget;
        for (j, (column, d)) in columns.chunks_exact_mut(self.n).zip(d).enumerate() {
            let column = column.get_mut(..j).unwrap_or_default();
            let (before, rest) = gain.split_at_mut(j.min(gain.len()));
            let f = r.get(j).copied().unwrap_or(0.0) + dense::dot(column, r);
            let v = *d * f;
            let after = a + f * v;
            let back = -f / a;
            let mut length = 1.0;
            for (u, g) in column.iter_mut().zip(before) {
                let old = *u;
                *u = limit(old + *g * back, -LARGEST_FACTOR, LARGEST_FACTOR);
                *g += v * old;
                length += *u * *u;
            }
            *d = (*d * (a / after) / self.forget).min(self.bound / length);
            if let Some(own) = rest.first_mut() {
                *own = v;
            }
            a = after;
        }
        a
    }
}

impl VectorKernel for RlsKernel {
    fn input_width(&self, port: usize) -> usize {
        if port == 0 { 1 } else { self.n }
    }

    fn output_width(&self, port: usize) -> usize {
        if port == 0 { self.n } else { 1 }
    }

    fn memory_len(&self) -> usize {
        1 + 3 * self.n + self.n * self.n
    }

    #[inline]
    fn step(&self, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        let n = self.n;
        let [seen, rest @ ..] = memory else { return };
        let [y, r @ ..] = input else { return };
        if rest.len() < 3 * n {
            return;
        }
        let (theta, rest) = rest.split_at_mut(n);
        let (d, rest) = rest.split_at_mut(n);
        let (gain, columns) = rest.split_at_mut(n);
        if *seen == 0.0 {
            *seen = 1.0;
            dense::copy(theta, &self.start);
            d.fill(self.start_covariance);
        }
        let within = r.iter().all(|x| libm::fabs(*x) <= LARGEST_REGRESSOR);
        let told = theta.iter().zip(r).map(|(t, x)| saturate(t * x)).sum::<f64>();
        let error = saturate(y - told);
        if within && libm::fabs(error) > self.dead_zone {
            let a = self.learn(columns, d, r, gain);
            for (t, g) in theta.iter_mut().zip(gain.iter()) {
                *t = saturate(*t + saturate(g / a * error));
            }
        }
        for (to, x) in output.iter_mut().zip(theta.iter().chain([&error])) {
            *to = *x;
        }
    }
}

#[cfg(test)]
#[path = "rls_tests.rs"]
mod tests;
