//! Average run lengths (ARL) of the charts, exact to the rounding of the arithmetic, and their design.
//!
//! ARL in samples, shifts in sigma; *zero-state*: the shift is there from the first sample. Readings are
//! independent and normal with the standard deviation the chart was given.
//!
//! Method: the run length obeys `L(u) = 1 + integral of K(u, y) L(y) dy`, a Fredholm equation of the
//! second kind. Gauss-Legendre nodes turn it into a Markov chain (Nystrom); for the CUSUM the atom at
//! zero is a state of its own. The chain is solved by elimination without subtraction (Grassmann, Taksar
//! and Heyman 1985) from its probabilities of alarm, so the result is as exact for one false alarm in
//! 10^15 samples as for one in ten: nothing is lost to the nearly singular `I - K`.
//!
//! One evaluation costs about 1 ms (50 ms for the widest charts) and allocates its matrix; call it when
//! designing, not in a loop.

use super::arl_chain::{Nodes, WIDEST, Walk};
use crate::DesignError;

pub use super::arl_adaptive::{adaptive_ewma_arl, adaptive_ewma_h_for_arl0};
pub use super::arl_glr::{glr_arl, glr_h_for_arl0};
pub use super::arl_more::{
    bound_settled, cusum_arl_ramp, cusum_arl_settled, ewma_arl_exact_start, ewma_arl_ramp,
    ewma_arl_settled, ewma_limit_for_arl0_exact_start,
};
pub use super::arl_shiryaev::{
    shiryaev_roberts_arl, shiryaev_roberts_arl_two_sided, shiryaev_roberts_h_for_arl0,
};
pub use super::arl_spread::{spread_cusum_arl, spread_cusum_h_for_arl0};

/// Smallest weight of an EWMA chart that the nodes resolve.
const SMALLEST_WEIGHT: f64 = 5e-4;

/// Distribution function of the standard normal variable.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2)
}

/// Density of the standard normal variable.
pub fn normal_density(x: f64) -> f64 {
    /// `1 / sqrt(2 pi)`.
    const SCALE: f64 = 0.398_942_280_401_432_7;
    SCALE * libm::exp(-0.5 * x * x)
}

/// ARL of the Shewhart chart: `1 / (P(z > limit) + P(z < -limit))`.
///
/// # Errors
/// `limit_sigma` not positive, or `shift` not finite.
pub fn shewhart_arl(limit_sigma: f64, shift: f64) -> Result<f64, DesignError> {
    DesignError::positive("limit_sigma", limit_sigma)?;
    finite("shift", shift)?;
    Ok(1.0 / (normal_cdf(shift - limit_sigma) + normal_cdf(-shift - limit_sigma)))
}

/// The upper one-sided CUSUM: `u' = max(0, u + x - k)`, alarm beyond `h`.
pub(super) struct CusumWalk {
    k: f64,
    h: f64,
    head_start: f64,
}

impl CusumWalk {
    pub(super) fn new(k: f64, h: f64, head_start: f64) -> Result<Self, DesignError> {
        check_cusum(k, h)?;
        DesignError::unless((0.0..=h).contains(&head_start), "head_start", "0 to h", head_start)?;
        Ok(Self { k, h, head_start })
    }
}

impl Walk for CusumWalk {
    fn range(&self) -> (f64, f64) {
        (0.0, self.h)
    }
    fn step_sd(&self) -> f64 {
        1.0
    }
    fn atom(&self) -> Option<f64> {
        Some(0.0)
    }
    fn start(&self) -> f64 {
        self.head_start
    }
    fn to_atom(&self, u: f64, shift: f64) -> f64 {
        normal_cdf(self.k - u - shift)
    }
    fn density(&self, u: f64, y: f64, shift: f64) -> f64 {
        normal_density(y + self.k - u - shift)
    }
    fn to_alarm(&self, u: f64, shift: f64) -> f64 {
        normal_cdf(u + shift - self.h - self.k)
    }
}

/// ARL of the upper one-sided CUSUM that starts at `head_start` (zero, or `h/2` for a fast initial
/// response); `shift` towards the watched side is positive.
///
/// # Errors
/// `k` negative, `h` not in `(0, 240]`, `head_start` not in `[0, h]`, or `shift` not finite.
pub fn cusum_arl(k: f64, h: f64, shift: f64, head_start: f64) -> Result<f64, DesignError> {
    let walk = CusumWalk::new(k, h, head_start)?;
    finite("shift", shift)?;
    Ok(Nodes::new(&walk).run_length(shift).0)
}

/// ARL of the two-sided CUSUM, from its sides: `1/ARL = 1/ARL(shift) + 1/ARL(-shift)` without a head
/// start; with one, `(A*D + B*C - C*D) / (C + D)` where `A`, `B` are the sides' run lengths from the
/// head start and `C`, `D` from zero (Lucas and Crosier 1982).
///
/// # Errors
/// As [`cusum_arl`]; `head_start` above `h/2 + k`, where the sides could alarm together.
pub fn cusum_arl_two_sided(
    k: f64,
    h: f64,
    shift: f64,
    head_start: f64,
) -> Result<f64, DesignError> {
    let walk = CusumWalk::new(k, h, head_start)?;
    finite("shift", shift)?;
    let apart = head_start <= 0.5 * h + k;
    let bound = "at most h/2 + k, so that the sides cannot alarm together";
    DesignError::unless(apart, "head_start", bound, head_start)?;
    let nodes = Nodes::new(&walk);
    let (up_started, up) = nodes.run_length(shift);
    let (down_started, down) = nodes.run_length(-shift);
    // Divided by up*down, which may overflow for far shifts.
    let reciprocal = 1.0 / up + 1.0 / down;
    Ok((up_started / up + down_started / down - 1.0) / reciprocal)
}

/// The EWMA chart: `u' = u + weight*(x - u)`, alarm beyond `edge` either way.
pub(super) struct EwmaWalk {
    pub(super) weight: f64,
    pub(super) edge: f64,
}

impl EwmaWalk {
    pub(super) fn new(weight: f64, limit_sigma: f64) -> Result<Self, DesignError> {
        check_weight(weight)?;
        let resolved = limit_sigma > 0.0 && limit_sigma <= widest_limit(weight);
        let bound = "more than 0 up to 120*sqrt(weight*(2 - weight))";
        DesignError::unless(resolved, "limit_sigma", bound, limit_sigma)?;
        Ok(Self { weight, edge: limit_sigma * libm::sqrt(weight / (2.0 - weight)) })
    }

    /// The reading that leads from average `u` to average `y`, less the shift.
    fn reading(&self, u: f64, y: f64, shift: f64) -> f64 {
        (y - (1.0 - self.weight) * u) / self.weight - shift
    }
}

impl Walk for EwmaWalk {
    fn range(&self) -> (f64, f64) {
        (-self.edge, self.edge)
    }
    fn step_sd(&self) -> f64 {
        self.weight
    }
    fn atom(&self) -> Option<f64> {
        None
    }
    fn start(&self) -> f64 {
        0.0
    }
    fn to_atom(&self, _: f64, _: f64) -> f64 {
        0.0
    }
    fn density(&self, u: f64, y: f64, shift: f64) -> f64 {
        normal_density(self.reading(u, y, shift)) / self.weight
    }
    fn to_alarm(&self, u: f64, shift: f64) -> f64 {
        let (above, below) =
            (self.reading(u, self.edge, shift), self.reading(u, -self.edge, shift));
        normal_cdf(-above) + normal_cdf(below)
    }
}

/// ARL of the two-sided EWMA chart with its settled limit (`exact_start` off).
///
/// # Errors
/// `weight` not in `[5e-4, 1]`, `limit_sigma` not in `(0, 120*sqrt(weight*(2 - weight))]`, or `shift` not
/// finite.
pub fn ewma_arl(weight: f64, limit_sigma: f64, shift: f64) -> Result<f64, DesignError> {
    let walk = EwmaWalk::new(weight, limit_sigma)?;
    finite("shift", shift)?;
    if weight == 1.0 {
        return shewhart_arl(limit_sigma, shift);
    }
    Ok(Nodes::new(&walk).run_length(shift).0)
}

/// Limit of the Shewhart chart with this ARL in control.
///
/// # Errors
/// `arl0` not in `[2, 1e15]`.
pub fn shewhart_limit_for_arl0(arl0: f64) -> Result<f64, DesignError> {
    check_arl0(arl0)?;
    search(arl0, 1e-3, 9.0, |limit| shewhart_arl(limit, 0.0))
}

/// Decision interval `h` with which the **two-sided** CUSUM has this ARL in control.
///
/// # Errors
/// `k` negative, `arl0` not in `[2, 1e15]`, or `h` beyond 240.
pub fn cusum_h_for_arl0(k: f64, arl0: f64) -> Result<f64, DesignError> {
    check_arl0(arl0)?;
    // Both sides are alike in control, so each has twice the ARL.
    one_sided_h(k, 2.0 * arl0)
}

/// As [`cusum_h_for_arl0`] for sums that begin at `head_start`, an absolute value, sigma.
///
/// # Errors
/// As [`cusum_h_for_arl0`]; `arl0` so small that it asks for `h` below `head_start` or `2*(head_start - k)`.
pub fn cusum_h_for_arl0_from(k: f64, arl0: f64, head_start: f64) -> Result<f64, DesignError> {
    DesignError::not_negative("head_start", head_start)?;
    if head_start == 0.0 {
        return cusum_h_for_arl0(k, arl0);
    }
    check_cusum(k, head_start)?;
    check_arl0(arl0)?;
    let least = (1.000_001 * head_start).max(2.0 * (head_start - k));
    search(arl0, least, WIDEST, |h| cusum_arl_two_sided(k, h, 0.0, head_start))
}

/// Decision interval `h` with which the **one-sided** CUSUM has this ARL in control.
///
/// # Errors
/// As [`cusum_h_for_arl0`].
pub fn cusum_h_for_arl0_one_sided(k: f64, arl0: f64) -> Result<f64, DesignError> {
    check_arl0(arl0)?;
    one_sided_h(k, arl0)
}

/// Limit, in sigma of the average, with which the EWMA chart has this ARL in control.
///
/// # Errors
/// `weight` not in `[5e-4, 1]`, or `arl0` not in `[2, 1e15]` or beyond what the weight resolves.
pub fn ewma_limit_for_arl0(weight: f64, arl0: f64) -> Result<f64, DesignError> {
    check_weight(weight)?;
    check_arl0(arl0)?;
    search(arl0, 1e-3, widest_limit(weight).min(9.0), |limit| ewma_arl(weight, limit, 0.0))
}

/// ARL in control that gives `per_day` false alarms a day over `channels` charts, each fed `rate_hz`
/// samples a second: `86400 * rate_hz * channels / per_day`.
///
/// # Errors
/// A parameter that is not positive.
pub fn arl0_for_false_alarm_budget(
    per_day: f64,
    rate_hz: f64,
    channels: u32,
) -> Result<f64, DesignError> {
    DesignError::positive("per_day", per_day)?;
    DesignError::positive("rate_hz", rate_hz)?;
    DesignError::positive("channels", f64::from(channels))?;
    Ok(86_400.0 * rate_hz * f64::from(channels) / per_day)
}

/// Least worst-case mean delay, in samples, of any detector of a shift of `delta` sigma that has
/// `arl0` in control (Lorden 1971, Moustakides 1986): that of the one-sided CUSUM with `k = delta/2`.
/// When the sign of the shift is not known use `bound(delta, 2*arl0)`.
///
/// # Errors
/// `delta` not positive, `arl0` not in `[2, 1e15]`, or beyond what `h` up to 240 reaches.
pub fn bound(delta: f64, arl0: f64) -> Result<f64, DesignError> {
    DesignError::positive("delta", delta)?;
    check_arl0(arl0)?;
    let h = one_sided_h(0.5 * delta, arl0)?;
    cusum_arl(0.5 * delta, h, delta, 0.0)
}

pub(super) fn one_sided_h(k: f64, arl0: f64) -> Result<f64, DesignError> {
    check_cusum(k, 1.0)?;
    // Below h = 0 the chart is a Shewhart chart at k; such an ARL is too small to be wanted.
    search(arl0, 1e-6, WIDEST, |h| cusum_arl(k, h, 0.0, 0.0))
}

pub(super) fn finite(parameter: &'static str, value: f64) -> Result<(), DesignError> {
    DesignError::unless(value.is_finite(), parameter, "finite", value)
}

fn check_cusum(k: f64, h: f64) -> Result<(), DesignError> {
    DesignError::not_negative("k", k)?;
    DesignError::unless(h > 0.0 && h <= WIDEST, "h", "more than 0 up to 240", h)
}

pub(super) fn check_weight(weight: f64) -> Result<(), DesignError> {
    let resolved = (SMALLEST_WEIGHT..=1.0).contains(&weight);
    DesignError::unless(resolved, "weight", "from 5e-4 to 1", weight)
}

/// Half the widest chart, in sigma of the average: a step of it has `sqrt(weight*(2 - weight))` of that.
pub(super) fn widest_limit(weight: f64) -> f64 {
    0.5 * WIDEST * libm::sqrt(weight * (2.0 - weight))
}

pub(super) fn check_arl0(arl0: f64) -> Result<(), DesignError> {
    DesignError::unless((2.0..=1e15).contains(&arl0), "arl0", "from 2 to 1e15", arl0)
}

/// Where `arl` reaches `arl0` between `lo` and `hi`; false position (Illinois) on its logarithm,
/// which is nearly a straight line in the limit.
pub(super) fn search(
    arl0: f64,
    lo: f64,
    hi: f64,
    arl: impl Fn(f64) -> Result<f64, DesignError>,
) -> Result<f64, DesignError> {
    let off = |limit: f64| Ok(libm::log(arl(limit)?.min(1e300)) - libm::log(arl0));
    let (mut a, mut b) = (lo, hi);
    let (mut fa, mut fb): (f64, f64) = (off(a)?, off(b)?);
    DesignError::unless(fa <= 0.0 && fb >= 0.0, "arl0", "reachable with these settings", arl0)?;
    for _ in 0..100 {
        let middle = if fb > fa { (a * fb - b * fa) / (fb - fa) } else { 0.5 * (a + b) };
        let f: f64 = off(middle)?;
        if libm::fabs(f) < 1e-12 || b - a < 1e-12 * b {
            return Ok(middle);
        }
        if f > 0.0 {
            (b, fb) = (middle, f);
            fa *= 0.5;
        } else {
            (a, fa) = (middle, f);
            fb *= 0.5;
        }
    }
    Ok(0.5 * (a + b))
}

#[cfg(test)]
#[path = "arl_tests.rs"]
mod tests;
