//! How far a loop is from instability: gain, phase and delay margin, `Ms` and `Mt`.
//!
//! `L(jw) = kp*(1 + 1/(jw*ti) + jw*td/(1 + jw*tf)) * k*exp(-jw*theta) / ((1 + jw*tau)*(1 + jw*tau2))`, divided
//! by `jw` once more for an integrating plant; `tf = td/derivative_filter`. The frequency response is the
//! exact one, dead time included; the crossings are found on a grid fine in phase and refined to rounding.
//! The sampling of the controller is not in it: add half a period to `theta_s` for it.

use core::f64::consts::{FRAC_PI_2, PI, TAU};

use super::tuning::Gains;
use crate::DesignError;

/// Plant and controller of a loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loop {
    /// Gain of the plant; per second when it integrates.
    pub k: f64,
    /// Time constant, s; zero or more.
    pub tau_s: f64,
    /// Second time constant, s; zero or more.
    pub tau2_s: f64,
    /// Dead time, s; zero or more.
    pub theta_s: f64,
    /// The plant integrates.
    pub integrating: bool,
    /// The controller; `ti_s` may be infinite.
    pub gains: Gains,
    /// Largest gain of the derivative over `kp`, as in [`Pid`](super::Pid); infinite for an ideal one.
    pub derivative_filter: f64,
}

/// Distances from instability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margins {
    /// Factor by which the gain may grow; infinite when the phase never reaches -180 degrees, below 1 for
    /// an unstable loop.
    pub gain_margin: f64,
    /// Phase left at the gain crossover, degrees; infinite when the gain never reaches 1.
    pub phase_margin_deg: f64,
    /// Dead time that may be added, s.
    pub delay_margin_s: f64,
    /// Largest sensitivity `|1/(1 + L)|`; 1.2 to 2 is usual.
    pub ms: f64,
    /// Largest complementary sensitivity `|L/(1 + L)|`.
    pub mt: f64,
    /// Gain crossover of the phase margin, rad/s; NaN when there is none.
    pub gain_crossover_rad_per_s: f64,
    /// Phase crossover of the gain margin, rad/s; NaN when there is none.
    pub phase_crossover_rad_per_s: f64,
}

/// Most points of the grid; the scan ends there.
const MOST_POINTS: u32 = 200_000;

impl Loop {
    /// Checks the parameters and computes the margins.
    ///
    /// # Errors
    /// A parameter out of its bound, `k*kp` not positive, or a plant without lag and dead time.
    pub fn margins(&self) -> Result<Margins, DesignError> {
        self.check()?;
        let slow = [self.tau_s, self.tau2_s, self.theta_s, self.gains.td_s];
        let slowest = slow.iter().fold(0.0_f64, |a, b| a.max(*b));
        DesignError::unless(slowest > 0.0, "tau_s", "positive when theta_s is zero", self.tau_s)?;
        let longest =
            if self.gains.ti_s.is_finite() { slowest.max(self.gains.ti_s) } else { slowest };
        let shortest = slow.iter().filter(|x| **x > 0.0).fold(longest, |a, b| a.min(*b));
        let low = 1e-4 / longest;
        // Low gain moves the crossover down, high gain up.
        let gain = self.k * self.gains.kp;
        let low = if gain < 1.0 { low * gain.max(1e-6) } else { low };
        let high = 1e3 / shortest * gain.clamp(1.0, 1e4);
        Ok(margins_of(|w| self.at(w), low, high))
    }

    fn check(&self) -> Result<(), DesignError> {
        let direct = self.k * self.gains.kp;
        let usable = direct.is_finite() && direct > 0.0;
        DesignError::unless(usable, "kp", "of the sign of k and not zero", self.gains.kp)?;
        DesignError::not_negative("tau_s", self.tau_s)?;
        DesignError::not_negative("tau2_s", self.tau2_s)?;
        DesignError::not_negative("theta_s", self.theta_s)?;
        let ti_s = self.gains.ti_s;
        DesignError::unless(ti_s > 0.0, "ti_s", "positive", ti_s)?;
        DesignError::not_negative("td_s", self.gains.td_s)?;
        let n = self.derivative_filter;
        DesignError::unless(n > 0.0, "derivative_filter", "positive", n)
    }

    /// Logarithm of the magnitude, and the phase, continuous in `w`, rad.
    fn at(&self, w: f64) -> (f64, f64) {
        let d = w * self.gains.td_s;
        let f = d / self.derivative_filter;
        let roll = 1.0 + f * f;
        // 1 + 1/(jw*ti) + jd/(1 + jf): its real part is at least 1, so its phase needs no unwrapping.
        let real = 1.0 + d * f / roll;
        let imag = d / roll - 1.0 / (w * self.gains.ti_s);
        let (a, b) = (w * self.tau_s, w * self.tau2_s);
        let mut magnitude = libm::log(self.k * self.gains.kp) + libm::log(libm::hypot(real, imag))
            - 0.5 * (libm::log1p(a * a) + libm::log1p(b * b));
        let mut phase = libm::atan2(imag, real) - libm::atan(a) - libm::atan(b) - w * self.theta_s;
        if self.integrating {
            magnitude -= libm::log(w);
            phase -= FRAC_PI_2;
        }
        (magnitude, phase)
    }
}

/// `|1/(1 + L)|` and `|L/(1 + L)|` from logarithm and phase of `L`.
fn sensitivities((magnitude, phase): (f64, f64)) -> (f64, f64) {
    let size = libm::exp(magnitude);
    let one_more = libm::hypot(1.0 + size * libm::cos(phase), size * libm::sin(phase));
    (1.0 / one_more, size / one_more)
}

/// Margins of any loop from its frequency response: logarithm of the magnitude and continuous phase (rad)
/// at a frequency in rad/s, searched from `low` to `high`. Ends early where the gain has left for good.
pub(super) fn margins_of(at: impl Fn(f64) -> (f64, f64), low: f64, high: f64) -> Margins {
    let mut found = Margins {
        gain_margin: f64::INFINITY,
        phase_margin_deg: f64::INFINITY,
        delay_margin_s: f64::INFINITY,
        ms: 1.0,
        mt: 0.0,
        gain_crossover_rad_per_s: f64::NAN,
        phase_crossover_rad_per_s: f64::NAN,
    };
    let (mut w, mut step) = (low, 0.02);
    let mut here = at(w);
    for _ in 0..MOST_POINTS {
        if w >= high || (here.0 < -14.0 && here.1 < -TAU) {
            break;
        }
        // At most 2 % in frequency and 0.05 rad in phase.
        let mut next = at(w * (1.0 + step));
        while libm::fabs(next.1 - here.1) > 0.05 && step > 1e-6 {
            step *= 0.5;
            next = at(w * (1.0 + step));
        }
        let end = w * (1.0 + step);
        found.look(&at, (w, here), (end, next));
        (w, here) = (end, next);
        step = (step * 1.5).min(0.02);
    }
    found
}

impl Margins {
    /// What lies between two neighbouring frequencies.
    fn look(
        &mut self,
        at: &impl Fn(f64) -> (f64, f64),
        (a, here): (f64, (f64, f64)),
        (b, next): (f64, (f64, f64)),
    ) {
        // -180 degrees, or that after whole turns.
        let turns = |phase: f64| libm::floor((phase + PI) / TAU);
        if turns(here.1) != turns(next.1) {
            let level = -PI + TAU * turns(here.1).max(turns(next.1));
            let w = root(|w| at(w).1 - level, a, b);
            let margin = libm::exp(-at(w).0);
            if margin < self.gain_margin {
                (self.gain_margin, self.phase_crossover_rad_per_s) = (margin, w);
            }
        }
        if (here.0 > 0.0) != (next.0 > 0.0) {
            let w = root(|w| at(w).0, a, b);
            let left = at(w).1 + PI;
            if left.to_degrees() < self.phase_margin_deg {
                self.phase_margin_deg = left.to_degrees();
                self.gain_crossover_rad_per_s = w;
            }
            self.delay_margin_s = self.delay_margin_s.min(left / w);
        }
        for which in [0, 1] {
            let size = |w: f64| {
                let (s, t) = sensitivities(at(w));
                if which == 0 { s } else { t }
            };
            let best = if which == 0 { &mut self.ms } else { &mut self.mt };
            // Refined only where the neighbours come near the best so far.
            let coarse = size(a).max(size(b));
            if coarse > 0.99 * *best {
                *best = best.max(coarse).max(peak(size, a, b));
            }
        }
    }
}

/// A sign change of `f` between `a` and `b`, by bisection to rounding.
fn root(f: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    let rising = f(a) < f(b);
    for _ in 0..60 {
        let w = 0.5 * (a + b);
        if (f(w) < 0.0) == rising { a = w } else { b = w }
    }
    0.5 * (a + b)
}

/// Largest value of `f` between `a` and `b`, where it has one peak at most, by golden section.
fn peak(f: impl Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    for _ in 0..40 {
        let (low, high) = (b - GOLDEN * (b - a), a + GOLDEN * (b - a));
        if f(low) < f(high) { a = low } else { b = high }
    }
    f(0.5 * (a + b))
}

#[cfg(test)]
#[path = "margins_tests.rs"]
mod tests;
