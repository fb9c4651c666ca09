//! Gains from a plant model, and between the forms a PID is written in.
//!
//! The plant is `k*exp(-theta_s*s) / (tau_s*s + 1)`, or `k*exp(-theta_s*s)/s` where a rule says
//! *integrating* (`k` per second then). The gains are those of [`Pid`](super::Pid), the ideal form
//! `kp*(1 + 1/(ti_s*s) + td_s*s)`; `kp` carries the inverse unit of `k` and its sign. What a rule is
//! worth on a given plant, [`Loop::margins`](super::Loop::margins) tells.

use crate::DesignError;

/// Gains of the ideal form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gains {
    /// Gain.
    pub kp: f64,
    /// Integral time, s; infinite for none.
    pub ti_s: f64,
    /// Derivative time, s; zero for none.
    pub td_s: f64,
}

impl Gains {
    /// From the series form `kc*(1 + 1/(ti_s*s))*(td_s*s + 1)`.
    ///
    /// # Errors
    /// `kc` zero or not finite, `ti_s` not positive, `td_s` negative.
    pub fn from_series(kc: f64, ti_s: f64, td_s: f64) -> Result<Self, DesignError> {
        gain("kc", kc)?;
        DesignError::positive("ti_s", ti_s)?;
        DesignError::not_negative("td_s", td_s)?;
        let both_s = ti_s + td_s;
        Ok(Self { kp: kc * both_s / ti_s, ti_s: both_s, td_s: ti_s * td_s / both_s })
    }

    /// To the series form `(kc, ti_s, td_s)`, which exists when `ti_s >= 4*td_s`.
    ///
    /// # Errors
    /// Gains that have no series form.
    pub fn to_series(self) -> Result<(f64, f64, f64), DesignError> {
        gain("kp", self.kp)?;
        DesignError::positive("ti_s", self.ti_s)?;
        let real = (0.0..=0.25 * self.ti_s).contains(&self.td_s);
        DesignError::unless(real, "td_s", "zero to a quarter of ti_s", self.td_s)?;
        let root = libm::sqrt(1.0 - 4.0 * self.td_s / self.ti_s);
        let half = 0.5 * (1.0 + root);
        Ok((self.kp * half, self.ti_s * half, 0.5 * self.ti_s * (1.0 - root)))
    }

    /// From the parallel form `kp + ki_per_s/s + kd_s*s`; `ki_per_s` zero is no integral action.
    ///
    /// # Errors
    /// `kp` zero or not finite, `ki_per_s` or `kd_s` of the other sign than `kp`.
    pub fn from_parallel(kp: f64, ki_per_s: f64, kd_s: f64) -> Result<Self, DesignError> {
        gain("kp", kp)?;
        let alike = |x: f64| x.is_finite() && x * kp >= 0.0;
        DesignError::unless(alike(ki_per_s), "ki_per_s", "zero or of the sign of kp", ki_per_s)?;
        DesignError::unless(alike(kd_s), "kd_s", "zero or of the sign of kp", kd_s)?;
        let ti_s = if ki_per_s == 0.0 { f64::INFINITY } else { kp / ki_per_s };
        Ok(Self { kp, ti_s, td_s: kd_s / kp })
    }

    /// To the parallel form `(kp, ki_per_s, kd_s)`.
    pub fn to_parallel(self) -> (f64, f64, f64) {
        (self.kp, self.kp / self.ti_s, self.kp * self.td_s)
    }
}

/// Refuses a gain that is zero or not finite.
fn gain(parameter: &'static str, value: f64) -> Result<(), DesignError> {
    let usable = value.is_finite() && value != 0.0;
    DesignError::unless(usable, parameter, "finite and not zero", value)
}

/// Refuses what is no first order with dead time.
fn first_order(k: f64, tau_s: f64, theta_s: f64) -> Result<(), DesignError> {
    gain("k", k)?;
    DesignError::positive("tau_s", tau_s)?;
    DesignError::not_negative("theta_s", theta_s)
}

/// SIMC PID (Skogestad 2003) for `k*exp(-theta_s*s)/((tau_s*s + 1)*(tau2_s*s + 1))`, `tau2_s <= tau_s`:
/// in series form `kc = tau/(k*(tau_c + theta))`, `ti = min(tau, 4*(tau_c + theta))`, `td = tau2`; given
/// as the ideal form. Tight: `tau_c_s = theta_s`. Worth it when `tau2_s > theta_s`.
///
/// # Errors
/// A parameter out of its bound; `tau_c_s + theta_s` zero.
pub fn simc_pid(
    k: f64,
    tau_s: f64,
    tau2_s: f64,
    theta_s: f64,
    tau_c_s: f64,
) -> Result<Gains, DesignError> {
    first_order(k, tau_s, theta_s)?;
    let second = (0.0..=tau_s).contains(&tau2_s);
    DesignError::unless(second, "tau2_s", "zero to tau_s", tau2_s)?;
    DesignError::not_negative("tau_c_s", tau_c_s)?;
    let closed_s = tau_c_s + theta_s;
    DesignError::unless(closed_s > 0.0, "tau_c_s", "positive when theta_s is zero", tau_c_s)?;
    Gains::from_series(tau_s / (k * closed_s), tau_s.min(4.0 * closed_s), tau2_s)
}

/// AMIGO PI (Astrom and Hagglund 2006): `Ms` and `Mt` about 1.4 or less. Needs a dead time; on a real
/// plant it is the apparent one of the step response.
///
/// # Errors
/// A parameter out of its bound.
pub fn amigo_pi(k: f64, tau_s: f64, theta_s: f64) -> Result<Gains, DesignError> {
    first_order(k, tau_s, theta_s)?;
    DesignError::positive("theta_s", theta_s)?;
    let (l, t) = (theta_s, tau_s);
    let kp = (0.15 + (0.35 - l * t / ((l + t) * (l + t))) * t / l) / k;
    let ti_s = 0.35 * l + 13.0 * l * t * t / (t * t + 12.0 * l * t + 7.0 * l * l);
    Ok(Gains { kp, ti_s, td_s: 0.0 })
}

/// AMIGO PI for an integrating plant: `kp = 0.35/(k*theta)`, `ti = 13.4*theta`.
///
/// # Errors
/// A parameter out of its bound.
pub fn amigo_pi_integrating(k: f64, theta_s: f64) -> Result<Gains, DesignError> {
    first_order(k, 1.0, theta_s)?;
    DesignError::positive("theta_s", theta_s)?;
    Ok(Gains { kp: 0.35 / (k * theta_s), ti_s: 13.4 * theta_s, td_s: 0.0 })
}

/// AMIGO PID (Astrom and Hagglund 2006). Set-point weight 0 when `theta_s < tau_s`, else 1.
///
/// # Errors
/// A parameter out of its bound.
pub fn amigo_pid(k: f64, tau_s: f64, theta_s: f64) -> Result<Gains, DesignError> {
    first_order(k, tau_s, theta_s)?;
    DesignError::positive("theta_s", theta_s)?;
    let (l, t) = (theta_s, tau_s);
    Ok(Gains {
        kp: (0.2 + 0.45 * t / l) / k,
        ti_s: l * (0.4 * l + 0.8 * t) / (l + 0.1 * t),
        td_s: 0.5 * l * t / (0.3 * l + t),
    })
}

/// AMIGO PID for an integrating plant: `kp = 0.45/(k*theta)`, `ti = 8*theta`, `td = theta/2`.
///
/// # Errors
/// A parameter out of its bound.
pub fn amigo_pid_integrating(k: f64, theta_s: f64) -> Result<Gains, DesignError> {
    first_order(k, 1.0, theta_s)?;
    DesignError::positive("theta_s", theta_s)?;
    Ok(Gains { kp: 0.45 / (k * theta_s), ti_s: 8.0 * theta_s, td_s: 0.5 * theta_s })
}

/// Lambda tuning (Dahlin 1968): `kp = tau/(k*(lambda + theta))`, `ti = tau`. The closed loop is near
/// `exp(-theta*s)/(lambda*s + 1)`; slow against disturbances at the input of a slow plant.
///
/// # Errors
/// A parameter out of its bound.
pub fn lambda_tuning(
    k: f64,
    tau_s: f64,
    theta_s: f64,
    lambda_s: f64,
) -> Result<Gains, DesignError> {
    first_order(k, tau_s, theta_s)?;
    DesignError::positive("lambda_s", lambda_s)?;
    Ok(Gains { kp: tau_s / (k * (lambda_s + theta_s)), ti_s: tau_s, td_s: 0.0 })
}

/// IMC PI (Rivera, Morari and Skogestad 1986): `kp = (tau + theta/2)/(k*lambda)`, `ti = tau + theta/2`.
///
/// # Errors
/// A parameter out of its bound; `lambda_s` below `1.7*theta_s`, the range of the rule.
pub fn imc_pi(k: f64, tau_s: f64, theta_s: f64, lambda_s: f64) -> Result<Gains, DesignError> {
    first_order(k, tau_s, theta_s)?;
    DesignError::positive("lambda_s", lambda_s)?;
    let slow = lambda_s >= 1.7 * theta_s;
    DesignError::unless(slow, "lambda_s", "at least 1.7*theta_s", lambda_s)?;
    let ti_s = tau_s + 0.5 * theta_s;
    Ok(Gains { kp: ti_s / (k * lambda_s), ti_s, td_s: 0.0 })
}

/// A rule from the ultimate gain and period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UltimateRule {
    /// Ziegler and Nichols 1942, PI: `0.45*ku`, `tu/1.2`. Lively: `Ms` above 2 on most plants.
    ZieglerNicholsPi,
    /// Ziegler and Nichols 1942, PID: `0.6*ku`, `tu/2`, `tu/8`.
    ZieglerNicholsPid,
    /// Tyreus and Luyben 1992, PI: `ku/3.2`, `2.2*tu`. Calm; slow where the dead time is long.
    TyreusLuybenPi,
    /// Tyreus and Luyben 1992, PID: `ku/2.2`, `2.2*tu`, `tu/6.3`.
    TyreusLuybenPid,
}

/// Gains from the ultimate gain `ku` and period `tu_s`, as a relay test gives them.
///
/// # Errors
/// `ku` zero or not finite, `tu_s` not positive.
pub fn ultimate_gains(ku: f64, tu_s: f64, rule: UltimateRule) -> Result<Gains, DesignError> {
    gain("ku", ku)?;
    DesignError::positive("tu_s", tu_s)?;
    let (gain, ti, td) = match rule {
        UltimateRule::ZieglerNicholsPi => (0.45, 1.0 / 1.2, 0.0),
        UltimateRule::ZieglerNicholsPid => (0.6, 0.5, 0.125),
        UltimateRule::TyreusLuybenPi => (1.0 / 3.2, 2.2, 0.0),
        UltimateRule::TyreusLuybenPid => (1.0 / 2.2, 2.2, 1.0 / 6.3),
    };
    Ok(Gains { kp: gain * ku, ti_s: ti * tu_s, td_s: td * tu_s })
}

/// First order with dead time through the ultimate point and the static gain `k`:
/// `tau = sqrt((k*ku)^2 - 1)*tu/(2*pi)`, `theta = (pi - atan(2*pi*tau/tu))*tu/(2*pi)`. Gives
/// `(tau_s, theta_s)`; a rule for the model then takes the relay test further than `ku` and `tu` alone.
///
/// # Errors
/// `k*ku` not above 1: no first order with dead time has this ultimate gain.
pub fn first_order_from_ultimate(k: f64, ku: f64, tu_s: f64) -> Result<(f64, f64), DesignError> {
    gain("k", k)?;
    gain("ku", ku)?;
    DesignError::positive("tu_s", tu_s)?;
    let product = k * ku;
    DesignError::unless(product > 1.0, "ku", "above 1/k", ku)?;
    let radian_s = tu_s / core::f64::consts::TAU;
    let lag = libm::sqrt(product * product - 1.0);
    Ok((lag * radian_s, (core::f64::consts::PI - libm::atan(lag)) * radian_s))
}

/// Static feed-forward that leaves least variance when the measured disturbance is noisy, as the
/// `gain` and `lag_s` of a [`FeedForward`](super::FeedForward) (`lead_s` zero).
///
/// The disturbance `d` is first order with standard deviation `signal_sd` and correlation time
/// `correlation_s`, seen as `x = d + v`, `v` white with `noise_sd`. `k` is
/// the gain of the plant from `mv`, `kd` that from `d`. A feed-forward of `-kd/k` passes the noise on; the
/// best of one gain alone is `-kd/k * signal_sd^2/(signal_sd^2 + noise_sd^2)`. With memory the best is a
/// steady Kalman filter (Kalman 1960), a lag of the same form. When the answer comes `late_s` after the
/// disturbance, both shrink by `exp(-late_s/correlation_s)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedForwardGain {
    /// Gain of the lag filter.
    pub gain: f64,
    /// Its time constant, s.
    pub lag_s: f64,
    /// Best gain without a lag.
    pub static_gain: f64,
    /// Variance left with the filter over that without any feed-forward, dimensionless.
    pub left: f64,
    /// The same with the static gain.
    pub static_left: f64,
}

/// Asks for [`feed_forward_gain`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisyDisturbance {
    /// Gain of the plant from `mv`; not zero.
    pub k: f64,
    /// Gain from the disturbance.
    pub kd: f64,
    /// Standard deviation of the disturbance, its unit; positive.
    pub signal_sd: f64,
    /// Standard deviation of the noise on its measurement, the same unit; zero or more.
    pub noise_sd: f64,
    /// Correlation time of the disturbance, s; positive.
    pub correlation_s: f64,
    /// How much later than the disturbance the answer reaches the plant's output, s; zero or more.
    pub late_s: f64,
}

/// The feed-forward of least variance; see [`FeedForwardGain`].
///
/// # Errors
/// A parameter out of its bound.
pub fn feed_forward_gain(
    ask: &NoisyDisturbance,
    period_s: f64,
) -> Result<FeedForwardGain, DesignError> {
    DesignError::period(period_s)?;
    gain("k", ask.k)?;
    DesignError::unless(ask.kd.is_finite(), "kd", "finite", ask.kd)?;
    DesignError::positive("signal_sd", ask.signal_sd)?;
    DesignError::not_negative("noise_sd", ask.noise_sd)?;
    DesignError::positive("correlation_s", ask.correlation_s)?;
    DesignError::not_negative("late_s", ask.late_s)?;
    let perfect = -ask.kd / ask.k;
    let signal = ask.signal_sd * ask.signal_sd;
    // Noise over signal variance, and the signal's own step to step.
    let r = ask.noise_sd * ask.noise_sd / signal;
    let phi = libm::exp(-period_s / ask.correlation_s);
    let off = -libm::expm1(-period_s / ask.correlation_s);
    let q = -libm::expm1(-2.0 * period_s / ask.correlation_s);
    let ahead = libm::exp(-ask.late_s / ask.correlation_s);
    // Riccati: p = phi^2*p*r/(p + r) + q, a quadratic in the variance before the measurement.
    let half = 0.5 * q * (1.0 - r);
    let p = half + libm::sqrt(half * half + q * r);
    let kalman = p / (p + r);
    let pole = phi * (1.0 - kalman);
    let lag_s = if pole > 0.0 { -period_s / libm::log(pole) } else { 0.0 };
    let share = 1.0 / (1.0 + r);
    let error = p * (1.0 - kalman);
    Ok(FeedForwardGain {
        gain: perfect * ahead * kalman / (off + phi * kalman),
        lag_s,
        static_gain: perfect * ahead * share,
        left: 1.0 - ahead * ahead * (1.0 - error),
        static_left: 1.0 - ahead * ahead * share,
    })
}

#[cfg(test)]
#[path = "tuning_tests.rs"]
mod tests;
