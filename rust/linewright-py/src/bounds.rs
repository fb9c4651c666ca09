//! Run lengths of detectors and bounds of loops.

use linewright_kernel::DesignError;
use linewright_kernel::controller::bound as loops;
use linewright_kernel::detector::arl;
use pyo3::prelude::*;

use crate::error::design_error;

/// Runs `f` without the GIL.
fn design(
    py: Python<'_>,
    name: &str,
    f: impl FnOnce() -> Result<f64, DesignError> + Send,
) -> PyResult<f64> {
    py.detach(f).map_err(|e| design_error(py, name, e))
}

/// Python functions over functions of the kernel crate that may refuse.
macro_rules! refusing {
    ($($(#[doc = $doc:literal])* fn $name:ident($($arg:ident: $kind:ty $(= $default:literal)?),*);)*) => {
        $($(#[doc = $doc])*
        #[pyfunction]
        #[pyo3(signature = ($($arg $(= $default)?),*))]
        fn $name(py: Python<'_>, $($arg: $kind),*) -> PyResult<f64> {
            design(py, stringify!($name), || arl::$name($($arg),*))
        })*
        /// Adds these functions to the module.
        fn add_refusing(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(module.add_function(wrap_pyfunction!($name, module)?)?;)*
            Ok(())
        }
    };
}

/// Python functions over functions of the kernel crate that take any number.
macro_rules! plain {
    ($($(#[doc = $doc:literal])* fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        $($(#[doc = $doc])*
        #[pyfunction]
        fn $name($($arg: $kind),*) -> $out {
            loops::$name($($arg),*)
        })*
        /// Adds these functions to the module.
        fn add_plain(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(module.add_function(wrap_pyfunction!($name, module)?)?;)*
            Ok(())
        }
    };
}

refusing! {
    /// ARL of the Shewhart chart: `1 / (P(z > limit) + P(z < -limit))`.
    fn shewhart_arl(limit_sigma: f64, shift: f64 = 0.0);
    /// ARL of the upper one-sided CUSUM that starts at `head_start` (zero, or `h/2`).
    fn cusum_arl(k: f64, h: f64, shift: f64 = 0.0, head_start: f64 = 0.0);
    /// ARL of the two-sided CUSUM (Lucas and Crosier 1982).
    fn cusum_arl_two_sided(k: f64, h: f64, shift: f64 = 0.0, head_start: f64 = 0.0);
    /// ARL of the two-sided EWMA chart with its settled limit.
    fn ewma_arl(weight: f64, limit_sigma: f64, shift: f64 = 0.0);
    /// Limit of the Shewhart chart with this ARL in control.
    fn shewhart_limit_for_arl0(arl0: f64);
    /// Decision interval `h` with which the two-sided CUSUM has this ARL in control.
    fn cusum_h_for_arl0(k: f64, arl0: f64);
    /// Decision interval `h` with which the one-sided CUSUM has this ARL in control.
    fn cusum_h_for_arl0_one_sided(k: f64, arl0: f64);
    /// Limit, in sigma of the average, with which the EWMA chart has this ARL in control.
    fn ewma_limit_for_arl0(weight: f64, arl0: f64);
    /// ARL in control that gives `per_day` false alarms a day over `channels` charts at `rate_hz`.
    fn arl0_for_false_alarm_budget(per_day: f64, rate_hz: f64, channels: u32 = 1);
    /// Least worst-case mean delay, in samples, of any detector of a shift of `delta` sigma
    /// (Lorden 1971, Moustakides 1986). Sign not known: `bound(delta, 2*arl0)`.
    fn bound(delta: f64, arl0: f64);
}

plain! {
    /// Least output variance under a random walk with a dead time of `b` samples: `b * sigma_a^2`.
    fn minimum_variance_random_walk(b: u32, sigma_a: f64) -> f64;
    /// Least output variance under an AR(1) disturbance.
    fn minimum_variance_ar1(phi: f64, b: u32, sigma_a: f64) -> f64;
    /// Least output variance under an IMA(1,1) disturbance.
    fn minimum_variance_ima(theta: f64, b: u32, sigma_a: f64) -> f64;
    /// SIMC tuning of a PI controller (Skogestad 2003): `(kc, ti_s)`.
    fn simc_pi(k: f64, tau_s: f64, theta_s: f64, tau_c_s: f64) -> (f64, f64);
    /// Output variance of an EWMA run-to-run controller over the least one (Ingolfsson and Sachs 1993).
    fn run_to_run_inflation(weight: f64, theta: f64) -> f64;
    /// Lasting offset of an EWMA run-to-run controller on a ramp: `drift / weight`.
    fn run_to_run_ramp_offset(weight: f64, drift_per_run: f64) -> f64;
}

/// Adds all of them to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_refusing(module)?;
    add_plain(module)
}
