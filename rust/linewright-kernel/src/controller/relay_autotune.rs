//! Relay test (Astrom and Hagglund 1984): makes the loop oscillate a little, on purpose and within bounds,
//! and reads the ultimate gain and period from it.
//!
//! ```text
//! mv = bias + d when sp - pv > hysteresis, bias - d when sp - pv < -hysteresis, else as before (d < 0 when `reverse`)
//! tu = mean period      a = mean half swing of pv      ku = 4*d / (pi*sqrt(a^2 - hysteresis^2))
//! ```
//! `run` on starts the test from `track`, which becomes the bias (let the loop settle first); `run` off ends
//! it, and `mv` is `track` again. `d` is `amplitude`, less where the bias is near a limit, so that the swing
//! stays even. The first cycle is not used; the test is done when the last `cycles` cycles agree within
//! `tolerance` in period and swing, and then `mv` goes back to the bias. It gives up when `pv` leaves `sp`
//! by `max_deviation`, after `max_duration_s`, or with no room to swing: `mv` goes to the bias too.
//!
//! `state`: 0 off, 1 at work, 2 done, 3 gave up. `confidence` (0 to 1) is one less the largest
//! disagreement of the cycles, times how even the two halves were (a load that moved, a wrong bias). `ku`,
//! `tu_s` and `confidence` are 0 until a test is done, and stay until the next starts. The describing
//! function behind `ku` is exact for a sine: expect `ku` 5 to 20 % off for a plant with much dead time, `tu`
//! much less. Gains: [`ultimate_gains`](super::tuning::ultimate_gains), or better, with the static gain known,
//! [`first_order_from_ultimate`](super::tuning::first_order_from_ultimate) and a rule for the model.

use crate::number::{is_on, limit, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Most cycles that are compared.
const MOST_CYCLES: usize = 8;

/// Config of the relay test.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayAutotune {
    /// Swing of `mv` to each side, its unit; positive.
    pub amplitude: f64,
    /// Error at which the relay switches, unit of `pv`; zero or more, above the noise.
    pub hysteresis: f64,
    /// Cycles that must agree, 2 to 8; 3 when left out.
    #[serde(default = "three")]
    pub cycles: u32,
    /// Largest disagreement of the cycles, relative, above 0 to 0.5; 0.05 when left out.
    #[serde(default = "a_twentieth")]
    pub tolerance: f64,
    /// Distance of `pv` from `sp` at which it gives up, unit of `pv`; above `hysteresis`.
    pub max_deviation: f64,
    /// Longest test, s; positive.
    pub max_duration_s: f64,
    /// Lowest output, unit of `mv`.
    pub lo: f64,
    /// Highest output, unit of `mv`; above `lo`.
    pub hi: f64,
    /// `pv` falls when `mv` rises; `ku` is negative then. False when left out.
    #[serde(default)]
    pub reverse: bool,
}

fn three() -> u32 {
    3
}

fn a_twentieth() -> f64 {
    0.05
}

/// Coefficients of [`RelayAutotune`].
#[derive(Debug, Clone, Copy)]
pub struct RelayAutotuneKernel {
    amplitude: f64,
    hysteresis: f64,
    cycles: usize,
    tolerance: f64,
    max_deviation: f64,
    most_samples: f64,
    period_s: f64,
    lo: f64,
    hi: f64,
    sign: f64,
}

/// State of [`RelayAutotune`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RelayAutotuneState {
    phase: f64,
    bias: f64,
    swing: f64,
    /// +1 or -1.
    side: f64,
    samples: f64,
    /// Samples since the relay last went up, and those of them on the upper side.
    since: f64,
    upper: f64,
    top: f64,
    bottom: f64,
    /// Times the relay went up.
    ups: f64,
    periods: [f64; MOST_CYCLES],
    halves: [f64; MOST_CYCLES],
    evenness: f64,
    ku: f64,
    tu_s: f64,
    confidence: f64,
}

impl Design for RelayAutotune {
    type Kernel = RelayAutotuneKernel;
    const NAME: &'static str = "RelayAutotune";
    const INPUTS: &'static [Port] = &[
        Port::new("sp", "a"),
        Port::new("pv", "a"),
        Port::new("track", "b"),
        Port::new("run", "1"),
    ];
    const OUTPUTS: &'static [Port] = &[
        Port::new("mv", "b"),
        Port::new("state", "1"),
        Port::new("ku", "c"),
        Port::new("tu_s", "s"),
        Port::new("confidence", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<RelayAutotuneKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("amplitude", self.amplitude)?;
        DesignError::not_negative("hysteresis", self.hysteresis)?;
        let usable = (2..=MOST_CYCLES as u32).contains(&self.cycles);
        DesignError::unless(usable, "cycles", "2 to 8", f64::from(self.cycles))?;
        let usable = self.tolerance > 0.0 && self.tolerance <= 0.5;
        DesignError::unless(usable, "tolerance", "above 0, at most 0.5", self.tolerance)?;
        let wide = self.max_deviation.is_finite() && self.max_deviation > self.hysteresis;
        let must_be = "finite and above hysteresis";
        DesignError::unless(wide, "max_deviation", must_be, self.max_deviation)?;
        DesignError::positive("max_duration_s", self.max_duration_s)?;
        DesignError::unless(self.lo.is_finite(), "lo", "finite", self.lo)?;
        let above = self.hi.is_finite() && self.hi > self.lo;
        DesignError::unless(above, "hi", "finite and above lo", self.hi)?;
        Ok(RelayAutotuneKernel {
            amplitude: self.amplitude,
            hysteresis: self.hysteresis,
            cycles: self.cycles as usize,
            tolerance: self.tolerance,
            max_deviation: self.max_deviation,
            most_samples: self.max_duration_s / period_s,
            period_s,
            lo: self.lo,
            hi: self.hi,
            sign: if self.reverse { -1.0 } else { 1.0 },
        })
    }
}

impl RelayAutotuneKernel {
    #[cold]
    fn begin(&self, s: &mut RelayAutotuneState, error: f64, track: f64) {
        let bias = limit(track, self.lo, self.hi);
        let room = (self.hi - bias).min(bias - self.lo);
        *s = RelayAutotuneState {
            phase: if room > 0.0 { 1.0 } else { 3.0 },
            bias,
            swing: self.amplitude.min(room),
            side: if error >= 0.0 { 1.0 } else { -1.0 },
            ..bytemuck::Zeroable::zeroed()
        };
    }

    /// The relay went up: a cycle is over. The first two times it only starts the count.
    #[inline]
    fn cycle(&self, s: &mut RelayAutotuneState, pv: f64) {
        if s.ups >= 2.0 {
            let slot = (s.ups - 2.0) as usize % self.cycles;
            if let (Some(period), Some(half)) = (s.periods.get_mut(slot), s.halves.get_mut(slot)) {
                *period = s.since;
                *half = 0.5 * saturate(s.top - s.bottom);
            }
            let upper = s.upper / s.since.max(1.0);
            s.evenness = 2.0 * upper.min(1.0 - upper);
            if s.ups - 1.0 >= self.cycles as f64 {
                self.judge(s);
            }
        }
        s.ups += 1.0;
        (s.since, s.upper, s.top, s.bottom) = (0.0, 0.0, pv, pv);
    }

    fn judge(&self, s: &mut RelayAutotuneState) {
        let of = |list: &[f64; MOST_CYCLES]| {
            let used = list.get(..self.cycles).unwrap_or_default();
            let mean = used.iter().fold(0.0, |sum, x| sum + x / self.cycles as f64);
            let worst = used.iter().fold(0.0_f64, |w, x| w.max(libm::fabs(x - mean)));
            (mean, if mean > 0.0 { worst / mean } else { 1.0 })
        };
        let ((period, one), (half, other)) = (of(&s.periods), of(&s.halves));
        let off = one.max(other);
        if off > self.tolerance || half <= self.hysteresis {
            return;
        }
        // sqrt((a - h)*(a + h)) does not lose the small difference.
        let sine = libm::sqrt(half - self.hysteresis) * libm::sqrt(half + self.hysteresis);
        let ku = 4.0 * s.swing / (core::f64::consts::PI * sine);
        s.ku = saturate(self.sign * ku);
        s.tu_s = saturate(period * self.period_s);
        s.confidence = limit((1.0 - off) * s.evenness, 0.0, 1.0);
        s.phase = 2.0;
    }
}

impl Kernel for RelayAutotuneKernel {
    type State = RelayAutotuneState;
    type Input = [f64; 4];
    type Output = [f64; 5];

    #[inline]
    fn step(&self, s: &mut RelayAutotuneState, _: &mut [f64], input: [f64; 4]) -> [f64; 5] {
        let [sp, pv, track, run] = input;
        let error = self.sign * saturate(sp - pv);
        if !is_on(run) {
            s.phase = 0.0;
            return [limit(track, self.lo, self.hi), 0.0, s.ku, s.tu_s, s.confidence];
        }
        if s.phase == 0.0 {
            self.begin(s, error, track);
        }
        if s.phase == 1.0 {
            s.samples += 1.0;
            s.since += 1.0;
            (s.top, s.bottom) = (s.top.max(pv), s.bottom.min(pv));
            if error > self.hysteresis && s.side < 0.0 {
                s.side = 1.0;
                self.cycle(s, pv);
            } else if error < -self.hysteresis {
                s.side = -1.0;
            }
            if s.side > 0.0 {
                s.upper += 1.0;
            }
            let lost = libm::fabs(error) > self.max_deviation || s.samples > self.most_samples;
            if s.phase == 1.0 && lost {
                s.phase = 3.0;
            }
        }
        let on = if s.phase == 1.0 { s.side * s.swing } else { 0.0 };
        [limit(saturate(s.bias + on), self.lo, self.hi), s.phase, s.ku, s.tu_s, s.confidence]
    }
}

#[cfg(test)]
#[path = "relay_autotune_tests.rs"]
mod tests;
