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
    /// Mean delay of the upper one-sided CUSUM to a shift that comes when the chart has settled.
    fn cusum_arl_settled(k: f64, h: f64, shift: f64 = 0.0);
    /// Mean run length of the upper one-sided CUSUM on a ramp: sample `t` (from 1) has the mean `slope * t`.
    fn cusum_arl_ramp(k: f64, h: f64, slope: f64, head_start: f64 = 0.0);
    /// Decision interval `h` of the two-sided CUSUM whose sums begin at `head_start`.
    fn cusum_h_for_arl0_from(k: f64, arl0: f64, head_start: f64);
    /// Mean delay of the EWMA chart to a shift that comes when the chart has settled.
    fn ewma_arl_settled(weight: f64, limit_sigma: f64, shift: f64 = 0.0);
    /// Mean run length of the EWMA chart on a ramp of `slope` sigma per sample.
    fn ewma_arl_ramp(weight: f64, limit_sigma: f64, slope: f64);
    /// ARL of the EWMA chart whose limits follow the exact variance of the average (`exact_start`).
    fn ewma_arl_exact_start(weight: f64, limit_sigma: f64, shift: f64 = 0.0);
    /// Limit of the EWMA chart with `exact_start` that has this ARL in control.
    fn ewma_limit_for_arl0_exact_start(weight: f64, arl0: f64);
    /// ARL of the adaptive EWMA chart with Huber's score (Capizzi and Masarotto 2003).
    fn adaptive_ewma_arl(weight: f64, k: f64, h: f64, shift: f64 = 0.0);
    /// Limit of the adaptive EWMA chart with this ARL in control.
    fn adaptive_ewma_h_for_arl0(weight: f64, k: f64, arl0: f64);
    /// ARL of the one-sided CUSUM of spread that watches for `sigma * ratio`, at a shift of the mean and a
    /// standard deviation of `spread` sigma.
    fn spread_cusum_arl(ratio: f64, h: f64, shift: f64 = 0.0, spread: f64 = 1.0);
    /// Threshold of the one-sided CUSUM of spread with this ARL in control.
    fn spread_cusum_h_for_arl0(ratio: f64, arl0: f64);
    /// ARL of the two-sided likelihood-ratio chart: in control a fitted closed form, at a shift seeded runs.
    fn glr_arl(smallest_shift: f64, h: f64, shift: f64 = 0.0);
    /// Threshold of the likelihood-ratio chart with this ARL in control.
    fn glr_h_for_arl0(smallest_shift: f64, arl0: f64);
    /// ARL of the one-sided Shiryaev-Roberts chart for a shift of `delta` sigma.
    fn shiryaev_roberts_arl(delta: f64, h: f64, shift: f64 = 0.0);
    /// ARL of the two-sided Shiryaev-Roberts chart.
    fn shiryaev_roberts_arl_two_sided(delta: f64, h: f64, shift: f64 = 0.0);
    /// Threshold of the Shiryaev-Roberts chart with this ARL in control.
    fn shiryaev_roberts_h_for_arl0(delta: f64, arl0: f64, two_sided: bool = true);
    /// ARL in control that gives `per_day` false alarms a day over `channels` charts at `rate_hz`.
    fn arl0_for_false_alarm_budget(per_day: f64, rate_hz: f64, channels: u32 = 1);
    /// Least worst-case mean delay, in samples, of any detector of a shift of `delta` sigma
    /// (Lorden 1971, Moustakides 1986). Sign not known: `bound(delta, 2*arl0)`.
    fn bound(delta: f64, arl0: f64);
    /// As `bound`, the mean delay once the chart has settled.
    fn bound_settled(delta: f64, arl0: f64);
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
