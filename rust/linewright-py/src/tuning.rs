//! Tuning rules, forms of a PID, margins of a loop.

use linewright_kernel::DesignError;
use linewright_kernel::controller::Loop;
use linewright_kernel::controller::tuning::{self, NoisyDisturbance, UltimateRule};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::design_error;

/// Gains of the ideal form `kp*(1 + 1/(ti_s*s) + td_s*s)`, as `Pid` takes them.
#[pyclass(module = "linewright", frozen, eq, get_all)]
#[derive(Clone, Copy, PartialEq)]
pub struct Gains {
    kp: f64,
    ti_s: f64,
    td_s: f64,
}

impl From<tuning::Gains> for Gains {
    fn from(g: tuning::Gains) -> Self {
        Self { kp: g.kp, ti_s: g.ti_s, td_s: g.td_s }
    }
}

impl Gains {
    fn of(&self) -> tuning::Gains {
        tuning::Gains { kp: self.kp, ti_s: self.ti_s, td_s: self.td_s }
    }
}

#[pymethods]
impl Gains {
    #[new]
    #[pyo3(signature = (*, kp, ti_s, td_s = 0.0))]
    fn new(kp: f64, ti_s: f64, td_s: f64) -> Self {
        Self { kp, ti_s, td_s }
    }

    /// From the series form `kc*(1 + 1/(ti_s*s))*(td_s*s + 1)`.
    #[staticmethod]
    fn from_series(py: Python<'_>, kc: f64, ti_s: f64, td_s: f64) -> PyResult<Self> {
        given(py, "Gains", tuning::Gains::from_series(kc, ti_s, td_s))
    }

    /// From the parallel form `kp + ki_per_s/s + kd_s*s`.
    #[staticmethod]
    fn from_parallel(py: Python<'_>, kp: f64, ki_per_s: f64, kd_s: f64) -> PyResult<Self> {
        given(py, "Gains", tuning::Gains::from_parallel(kp, ki_per_s, kd_s))
    }

    /// The series form `(kc, ti_s, td_s)`; exists when `ti_s >= 4*td_s`.
    #[allow(clippy::wrong_self_convention)] // Python methods take a reference
    fn to_series(&self, py: Python<'_>) -> PyResult<(f64, f64, f64)> {
        self.of().to_series().map_err(|e| design_error(py, "Gains", e))
    }

    /// The parallel form `(kp, ki_per_s, kd_s)`.
    #[allow(clippy::wrong_self_convention)] // as above
    fn to_parallel(&self) -> (f64, f64, f64) {
        self.of().to_parallel()
    }

    fn __repr__(&self) -> String {
        format!("Gains(kp={}, ti_s={}, td_s={})", self.kp, self.ti_s, self.td_s)
    }
}

/// How far a loop is from instability.
#[pyclass(module = "linewright", frozen, get_all)]
pub struct Margins {
    gain_margin: f64,
    phase_margin_deg: f64,
    delay_margin_s: f64,
    ms: f64,
    mt: f64,
    gain_crossover_rad_per_s: f64,
    phase_crossover_rad_per_s: f64,
}

#[pymethods]
impl Margins {
    fn __repr__(&self) -> String {
        format!(
            "Margins(gain_margin={}, phase_margin_deg={}, delay_margin_s={}, ms={}, mt={})",
            self.gain_margin, self.phase_margin_deg, self.delay_margin_s, self.ms, self.mt
        )
    }
}

/// Feed-forward of least variance on a noisy measurement.
#[pyclass(module = "linewright", frozen, get_all)]
pub struct FeedForwardGain {
    gain: f64,
    lag_s: f64,
    static_gain: f64,
    left: f64,
    static_left: f64,
}

#[pymethods]
impl FeedForwardGain {
    fn __repr__(&self) -> String {
        format!(
            "FeedForwardGain(gain={}, lag_s={}, static_gain={}, left={}, static_left={})",
            self.gain, self.lag_s, self.static_gain, self.left, self.static_left
        )
    }
}

fn given(py: Python<'_>, name: &str, gains: Result<tuning::Gains, DesignError>) -> PyResult<Gains> {
    gains.map(Gains::from).map_err(|e| design_error(py, name, e))
}

/// Python functions over tuning rules.
macro_rules! rules {
    ($($(#[doc = $doc:literal])* fn $name:ident($($arg:ident),*);)*) => {
        $($(#[doc = $doc])*
        #[pyfunction]
        #[pyo3(signature = ($($arg),*))]
        fn $name(py: Python<'_>, $($arg: f64),*) -> PyResult<Gains> {
            given(py, stringify!($name), tuning::$name($($arg),*))
        })*
        /// Adds these functions to the module.
        fn add_rules(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(module.add_function(wrap_pyfunction!($name, module)?)?;)*
            Ok(())
        }
    };
}

rules! {
    /// SIMC PID (Skogestad 2003) for two lags and a dead time, in the ideal form.
    fn simc_pid(k, tau_s, tau2_s, theta_s, tau_c_s);
    /// AMIGO PI (Astrom and Hagglund 2006) for one lag and a dead time.
    fn amigo_pi(k, tau_s, theta_s);
    /// AMIGO PI for an integrating plant with a dead time; `k` per second.
    fn amigo_pi_integrating(k, theta_s);
    /// AMIGO PID (Astrom and Hagglund 2006) for one lag and a dead time.
    fn amigo_pid(k, tau_s, theta_s);
    /// AMIGO PID for an integrating plant with a dead time; `k` per second.
    fn amigo_pid_integrating(k, theta_s);
    /// Lambda tuning (Dahlin 1968): `kp = tau/(k*(lambda + theta))`, `ti = tau`.
    fn lambda_tuning(k, tau_s, theta_s, lambda_s);
    /// IMC PI (Rivera, Morari and Skogestad 1986): `kp = (tau + theta/2)/(k*lambda)`.
    fn imc_pi(k, tau_s, theta_s, lambda_s);
}

/// Gains from the ultimate gain and period of a relay test.
///
/// `rule`: `"ziegler_nichols_pi"`, `"ziegler_nichols_pid"`, `"tyreus_luyben_pi"`,
/// `"tyreus_luyben_pid"`.
#[pyfunction]
fn ultimate_gains(py: Python<'_>, ku: f64, tu_s: f64, rule: &str) -> PyResult<Gains> {
    let rule = match rule {
        "ziegler_nichols_pi" => UltimateRule::ZieglerNicholsPi,
        "ziegler_nichols_pid" => UltimateRule::ZieglerNicholsPid,
        "tyreus_luyben_pi" => UltimateRule::TyreusLuybenPi,
        "tyreus_luyben_pid" => UltimateRule::TyreusLuybenPid,
        other => return Err(PyValueError::new_err(format!("ultimate_gains: no rule '{other}'"))),
    };
    given(py, "ultimate_gains", tuning::ultimate_gains(ku, tu_s, rule))
}

/// `(tau_s, theta_s)` of the first order with dead time through the ultimate point, from its static
/// gain `k`.
#[pyfunction]
fn first_order_from_ultimate(py: Python<'_>, k: f64, ku: f64, tu_s: f64) -> PyResult<(f64, f64)> {
    tuning::first_order_from_ultimate(k, ku, tu_s)
        .map_err(|e| design_error(py, "first_order_from_ultimate", e))
}

/// Gain and lag of the feed-forward that leaves least variance on a noisy measurement.
#[pyfunction]
#[pyo3(signature = (*, k, kd, signal_sd, noise_sd, correlation_s, period_s, late_s = 0.0))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
fn feed_forward_gain(
    py: Python<'_>,
    k: f64,
    kd: f64,
    signal_sd: f64,
    noise_sd: f64,
    correlation_s: f64,
    period_s: f64,
    late_s: f64,
) -> PyResult<FeedForwardGain> {
    let ask = NoisyDisturbance { k, kd, signal_sd, noise_sd, correlation_s, late_s };
    let best = tuning::feed_forward_gain(&ask, period_s)
        .map_err(|e| design_error(py, "feed_forward_gain", e))?;
    Ok(FeedForwardGain {
        gain: best.gain,
        lag_s: best.lag_s,
        static_gain: best.static_gain,
        left: best.left,
        static_left: best.static_left,
    })
}

/// Gain, phase and delay margin, `Ms` and `Mt` of a PID on lags with a dead time, from the exact
/// frequency response. `integrating`: the plant is divided by `s`, `k` per second.
#[pyfunction]
#[pyo3(signature = (
    *, k, theta_s, kp, ti_s = f64::INFINITY, td_s = 0.0, tau_s = 0.0, tau2_s = 0.0,
    integrating = false, derivative_filter = f64::INFINITY
))]
#[expect(clippy::too_many_arguments, reason = "keywords in Python")]
fn margins(
    py: Python<'_>,
    k: f64,
    theta_s: f64,
    kp: f64,
    ti_s: f64,
    td_s: f64,
    tau_s: f64,
    tau2_s: f64,
    integrating: bool,
    derivative_filter: f64,
) -> PyResult<Margins> {
    let gains = tuning::Gains { kp, ti_s, td_s };
    let of = Loop { k, tau_s, tau2_s, theta_s, integrating, gains, derivative_filter };
    let m = py.detach(|| of.margins()).map_err(|e| design_error(py, "margins", e))?;
    Ok(Margins {
        gain_margin: m.gain_margin,
        phase_margin_deg: m.phase_margin_deg,
        delay_margin_s: m.delay_margin_s,
        ms: m.ms,
        mt: m.mt,
        gain_crossover_rad_per_s: m.gain_crossover_rad_per_s,
        phase_crossover_rad_per_s: m.phase_crossover_rad_per_s,
    })
}

/// Adds all of them to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Gains>()?;
    module.add_class::<Margins>()?;
    module.add_class::<FeedForwardGain>()?;
    add_rules(module)?;
    module.add_function(wrap_pyfunction!(ultimate_gains, module)?)?;
    module.add_function(wrap_pyfunction!(first_order_from_ultimate, module)?)?;
    module.add_function(wrap_pyfunction!(feed_forward_gain, module)?)?;
    module.add_function(wrap_pyfunction!(margins, module)?)
}
