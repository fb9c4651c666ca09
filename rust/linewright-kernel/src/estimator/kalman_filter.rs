//! Kalman filter of a linear model with several states and measurements (Kalman 1960).
//!
//! ```text
//! model    x(t) = F*x(t-1) + B*u(t) + w,  var w = Q        y(t) = H*x(t) + v,  var v = R
//! predict  x = F*x + B*u        P = F*P*F' + Q             (not before the first sample)
//! update   e = y - H*x          S = H*P*H' + R             K = P*H'*inv(S)
//!          x += K*e             P = (1 - K*H)*P*(1 - K*H)' + K*R*K'      (Joseph form)
//! z = e / sqrt(diag S)          nis = e'*inv(S)*e
//! log_likelihood = -(nis + log det S + log(2*pi)*measurements)/2
//! ```
//! `initial_state` and `initial_covariance` hold at the first sample, before its measurement. `u` is what
//! the actuator held since the last sample.
//!
//! **Continuous models.** With `continuous`, `transition` is `A` and `control` is `B` of
//! `dx/dt = A*x + B*u + w`, and `process_noise` is the spectral density of `w`. They become the exact `F`,
//! `B`, `Q` over `period_s` with `u` held (the integrals of Van Loan 1978). `R` is that of one sample in
//! either case.
//!
//! **Missing samples.** A measurement that is not finite is left out of this update (its `e` and `z` are 0,
//! `nis` and `log_likelihood` count the others); when all are missing the filter only predicts. So the
//! uncertainty grows through a gap as it should. A control that is missing keeps its last value.
//!
//! **Settling.** Once `P` repeats to the last digits the gain is kept and a sample costs a few products;
//! a missing measurement sets `P` going again. With `steady_state` the settled `P` (the discrete Riccati
//! equation, solved by doubling) stands from the first sample on and `initial_covariance` is not used; a
//! model with a state that is neither seen nor dies out is refused.
//!
//! Several measurements at once are taken jointly, so `R` may have correlations. Where the model is right
//! the `z` are standard normal and white, and `nis` is chi-square with as many degrees of freedom as
//! there are measurements. For a random walk of one variable the scalar [`Kalman`](crate::Kalman) costs less.

use alloc::vec;
use alloc::vec::Vec;

use super::dense;
use super::riccati::Model;
use crate::{DesignError, Port, VectorDesign};

/// Most states and most measurements.
pub(super) const MOST_STATES: usize = 12;
pub(super) const MOST_MEASUREMENTS: usize = 8;
/// Largest number in a config: products of them stay finite.
const LARGEST_ENTRY: f64 = 1e30;

/// Config of the Kalman filter. Matrices are lists of rows.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KalmanFilter {
    /// How a state follows from the last one, `F` (with `continuous`: `A`, 1/s); square, 1 to 12 rows.
    pub transition: Vec<Vec<f64>>,
    /// How a measurement follows from the state, `H`; a row for each of 1 to 8 measurements.
    pub measurement: Vec<Vec<f64>>,
    /// Covariance of what moves the state in a sample, `Q` (with `continuous`: per second); symmetric,
    /// no negative variance.
    pub process_noise: Vec<Vec<f64>>,
    /// Covariance of the measurement noise of a sample, `R`; symmetric, positive definite.
    pub measurement_noise: Vec<Vec<f64>>,
    /// State before the first measurement; zeros when left out.
    #[serde(default)]
    pub initial_state: Vec<f64>,
    /// Covariance of the state before the first measurement; symmetric, no negative variance. Needed
    /// unless `steady_state`.
    #[serde(default)]
    pub initial_covariance: Vec<Vec<f64>>,
    /// How the control moves the state, `B`; a row for each state. Left out: no control input.
    #[serde(default)]
    pub control: Vec<Vec<f64>>,
    /// The model is one in continuous time; off when left out.
    #[serde(default)]
    pub continuous: bool,
    /// Use the settled gain from the first sample on; off when left out.
    #[serde(default)]
    pub steady_state: bool,
    /// Give the state alone, which is quicker from Python; off when left out.
    #[serde(default)]
    pub state_only: bool,
}

/// Coefficients of [`KalmanFilter`].
#[derive(Debug, Clone)]
pub struct KalmanFilterKernel {
    pub(super) n: usize,
    pub(super) m: usize,
    pub(super) controls: usize,
    pub(super) f: Vec<f64>,
    pub(super) b: Vec<f64>,
    pub(super) h: Vec<f64>,
    pub(super) q: Vec<f64>,
    pub(super) r: Vec<f64>,
    pub(super) x0: Vec<f64>,
    /// Before the first measurement; with `steady_state` before every one.
    pub(super) p0: Vec<f64>,
    pub(super) steady: bool,
    pub(super) state_only: bool,
    /// Tells these coefficients from others, so that a gain kept in the state is not used by them.
    pub(super) tag: f64,
}

/// Reads a matrix of `rows` by `columns`; `must_be` says so.
fn matrix(
    name: &'static str,
    given: &[Vec<f64>],
    (rows, columns): (usize, usize),
    must_be: &'static str,
) -> Result<Vec<f64>, DesignError> {
    let fits = given.len() == rows && given.iter().all(|row| row.len() == columns);
    DesignError::unless(fits, name, must_be, given.len() as f64)?;
    let words: Vec<f64> = given.iter().flatten().copied().collect();
    within(name, &words)?;
    Ok(words)
}

/// Refuses numbers that are not finite or beyond 1e30.
fn within(name: &'static str, words: &[f64]) -> Result<(), DesignError> {
    let wrong = words.iter().find(|x| x.is_nan() || libm::fabs(**x) > LARGEST_ENTRY);
    let refuse =
        |x: &f64| DesignError::unless(false, name, "finite, at most 1e30 in magnitude", *x);
    wrong.map_or(Ok(()), refuse)
}

/// Reads a covariance of `n` rows; `definite`: without a direction that has no variance.
fn covariance(
    name: &'static str,
    given: &[Vec<f64>],
    n: usize,
    definite: bool,
) -> Result<Vec<f64>, DesignError> {
    let mut words = matrix(name, given, (n, n), "a square matrix that fits the others")?;
    let at = |i: usize, j: usize| words.get(i * n + j).copied().unwrap_or(0.0);
    for i in 0..n {
        let variance = at(i, i);
        DesignError::unless(variance >= 0.0, name, "without a negative variance", variance)?;
        for j in 0..i {
            let scale = libm::sqrt(variance) * libm::sqrt(at(j, j));
            let same = libm::fabs(at(i, j) - at(j, i)) <= 1e-9 * scale;
            DesignError::unless(same, name, "symmetric", at(i, j))?;
        }
    }
    dense::symmetrise(&mut words, n);
    let mut raised = words.clone();
    if !definite {
        // A direction without variance is fine: a millionth of a millionth more must make it definite.
        for x in raised.iter_mut().step_by(n + 1) {
            *x = if *x > 0.0 { *x * (1.0 + 1e-12) } else { 1e-300 };
        }
    }
    let fits = dense::cholesky(&raised, n, &mut vec![0.0; n * n]);
    let must_be = if definite { "positive definite" } else { "free of negative variances" };
    DesignError::unless(fits, name, must_be, words.first().copied().unwrap_or(0.0))?;
    Ok(words)
}

impl VectorDesign for KalmanFilter {
    type Kernel = KalmanFilterKernel;
    const NAME: &'static str = "KalmanFilter";
    const INPUTS: &'static [Port] = &[Port::new("y", "*"), Port::new("u", "*")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("state", "*"),
        Port::new("state_sd", "*"),
        Port::new("innovation", "*"),
        Port::new("z", "1"),
        Port::new("nis", "1"),
        Port::new("log_likelihood", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<KalmanFilterKernel, DesignError> {
        DesignError::period(period_s)?;
        let (n, m) = (self.transition.len(), self.measurement.len());
        let states = (1..=MOST_STATES).contains(&n);
        DesignError::unless(states, "transition", "of 1 to 12 rows", n as f64)?;
        let f = matrix("transition", &self.transition, (n, n), "square")?;
        let measurements = (1..=MOST_MEASUREMENTS).contains(&m);
        DesignError::unless(measurements, "measurement", "of 1 to 8 rows", m as f64)?;
        let shape = "rows as long as there are states";
        let h = matrix("measurement", &self.measurement, (m, n), shape)?;
        let q = covariance("process_noise", &self.process_noise, n, false)?;
        let r = covariance("measurement_noise", &self.measurement_noise, m, true)?;
        let controls = self.control.first().map_or(0, Vec::len);
        let rows = if self.control.is_empty() { 0 } else { n };
        let fits = rows == 0 || (1..=MOST_MEASUREMENTS).contains(&controls);
        DesignError::unless(fits, "control", "of 1 to 8 columns", controls as f64)?;
        let b = matrix("control", &self.control, (rows, controls), "a row for each state")?;
        let mut x0 = self.initial_state.clone();
        x0.resize(if x0.is_empty() { n } else { x0.len() }, 0.0);
        let shape = "a number for each state";
        DesignError::unless(x0.len() == n, "initial_state", shape, x0.len() as f64)?;
        within("initial_state", &x0)?;
        let mut model = Model { f, b, q, n };
        if self.continuous {
            let bound = "at most 1e30 in magnitude over a sample";
            let growth = DesignError { parameter: "transition", must_be: bound, value: period_s };
            model = model.over(period_s).ok_or(growth)?;
            [&model.f, &model.b, &model.q].iter().try_for_each(|w| within("transition", w))?;
        }
        let p0 = if self.steady_state {
            let must_be = "off: a state that neither dies out nor is seen and moved never settles";
            let unsettled = DesignError { parameter: "steady_state", must_be, value: 1.0 };
            model.settled(&h, &r, m).ok_or(unsettled)?
        } else {
            covariance("initial_covariance", &self.initial_covariance, n, false)?
        };
        let Model { f, b, q, .. } = model;
        let mut kernel = KalmanFilterKernel {
            n,
            m,
            controls,
            f,
            b,
            h,
            q,
            r,
            x0,
            p0,
            steady: self.steady_state,
            state_only: self.state_only,
            tag: 0.0,
        };
        kernel.tag = kernel.fingerprint();
        Ok(kernel)
    }
}

impl KalmanFilterKernel {
    /// A number from 1 to 2 made of all coefficients that shape the gain (Fowler, Noll and Vo).
    fn fingerprint(&self) -> f64 {
        let shape = [f64::from(u8::from(self.steady)), self.n as f64, self.m as f64];
        let words = [&shape[..], &self.f, &self.h, &self.q, &self.r, &self.p0];
        let hash = words.into_iter().flatten().fold(0xcbf2_9ce4_8422_2325_u64, |hash, x| {
            let mixed = (hash ^ x.to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
            mixed ^ (mixed >> 29)
        });
        f64::from_bits((hash >> 12) | 0x3ff0_0000_0000_0000)
    }
}

#[cfg(test)]
#[path = "kalman_filter_tests.rs"]
mod tests;
