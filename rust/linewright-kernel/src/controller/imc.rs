//! Internal model controller of a first-order plant with dead time (Garcia and Morari 1982).
//!
//! ```text
//! m += a*(gain*mv - m)                    a = 1 - exp(-period_s/time_constant_s)
//! mismatch = pv - m(t - dead_time_s)      f += g*(mismatch - f)     g = 1 - exp(-period_s/mismatch_filter_s)
//! mv = (m + b/a*(sp - f + o - m)) / gain  b = 1 - exp(-period_s/lambda_s)        within lo..hi
//! ```
//! With a true model `pv` follows `sp` as `exp(-dead_time_s*s)/(lambda_s*s + 1)` exactly, and a step on the
//! output has an integral of magnitude of `dead_time_s + lambda_s` times its size. `mv` is worked out from
//! the model's own state, which is driven by what was written within the limits: there is nothing that
//! could wind up. The model is that of [`Smith`](super::Smith): the two loops are the same where the PI
//! behind a Smith predictor is tuned to cancel the lag; this one has no gains to get wrong.
//!
//! `lambda_s` at least `0.3*dead_time_s` bears a dead time wrong by a fifth. A disturbance at the input of a
//! slow plant dies with `time_constant_s`; where that is much longer than the dead time, SIMC does better.
//! Not for integrating plants.
//!
//! While `automatic` is off, `mv` is `track`, and so it is in the first sample. What the law would have
//! jumped then, and what a retuning would, stands in `o` and fades over `lambda_s`: no bump.

use crate::estimator::Delay;
use crate::number::{is_on, limit, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the internal model controller.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imc {
    /// Change of `pv` for a lasting unit change of `mv`; 1e-100 to 1e100 in magnitude.
    pub gain: f64,
    /// Time constant of the plant, s; positive.
    pub time_constant_s: f64,
    /// Dead time of the plant, s; zero or more, at most a million samples.
    pub dead_time_s: f64,
    /// Time constant of the closed loop, s; positive, at least a thousandth of `time_constant_s`.
    pub lambda_s: f64,
    /// Time constant of a filter on the mismatch, s, against noise; zero (none) when left out.
    #[serde(default)]
    pub mismatch_filter_s: f64,
    /// Lowest output, unit of `mv`.
    pub lo: f64,
    /// Highest output, unit of `mv`; above `lo`.
    pub hi: f64,
}

/// Coefficients of [`Imc`].
#[derive(Debug, Clone, Copy)]
pub struct ImcKernel {
    gain: f64,
    a: f64,
    b: f64,
    g: f64,
    lo: f64,
    hi: f64,
    delay: Delay,
}

/// State of [`Imc`]; the model's past stands in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ImcState {
    m: f64,
    f: f64,
    /// What a transfer left, unit of `pv`.
    o: f64,
    /// Last `mv` before the limits, and the state it was made of: what retuning is measured by.
    law: f64,
    from: f64,
    aim: f64,
    mv: f64,
    seen: u64,
}

impl Design for Imc {
    type Kernel = ImcKernel;
    const NAME: &'static str = "Imc";
    const INPUTS: &'static [Port] = &[
        Port::new("sp", "a"),
        Port::new("pv", "a"),
        Port::new("track", "b"),
        Port::new("automatic", "1"),
    ];
    const OUTPUTS: &'static [Port] = &[Port::new("mv", "b"), Port::new("mismatch", "a")];

    fn design(&self, period_s: f64) -> Result<ImcKernel, DesignError> {
        DesignError::period(period_s)?;
        let usable = (1e-100..=1e100).contains(&libm::fabs(self.gain));
        DesignError::unless(usable, "gain", "1e-100 to 1e100 in magnitude", self.gain)?;
        DesignError::positive("time_constant_s", self.time_constant_s)?;
        let delay = Delay::design("dead_time_s", self.dead_time_s, period_s)?;
        DesignError::positive("lambda_s", self.lambda_s)?;
        let sane = self.lambda_s >= 1e-3 * self.time_constant_s
            && self.lambda_s <= LONGEST_LAMBDA_SAMPLES * period_s;
        let must_be = "at least a thousandth of time_constant_s, at most 1e12 samples";
        DesignError::unless(sane, "lambda_s", must_be, self.lambda_s)?;
        DesignError::not_negative("mismatch_filter_s", self.mismatch_filter_s)?;
        DesignError::unless(self.lo.is_finite(), "lo", "finite", self.lo)?;
        let above = self.hi.is_finite() && self.hi > self.lo;
        DesignError::unless(above, "hi", "finite and above lo", self.hi)?;
        let step = |time_s: f64| -libm::expm1(-period_s / time_s);
        Ok(ImcKernel {
            gain: self.gain,
            a: step(self.time_constant_s),
            b: step(self.lambda_s),
            g: if self.mismatch_filter_s > 0.0 { step(self.mismatch_filter_s) } else { 1.0 },
            lo: self.lo,
            hi: self.hi,
            delay,
        })
    }
}

/// Longest `lambda_s`, samples: beyond it the law could not be told from standing still.
const LONGEST_LAMBDA_SAMPLES: f64 = 1e12;

impl ImcKernel {
    /// `mv` that takes the model from `m` towards `aim`.
    #[inline]
    fn law(&self, m: f64, aim: f64) -> f64 {
        let ahead = saturate(self.b / self.a * saturate(aim - m));
        saturate(saturate(m + ahead) / self.gain)
    }

    /// The aim from which the law gives `mv`.
    #[inline]
    fn aim(&self, m: f64, mv: f64) -> f64 {
        saturate(m + saturate(self.a / self.b * saturate(saturate(self.gain * mv) - m)))
    }
}

impl Kernel for ImcKernel {
    type State = ImcState;
    type Input = [f64; 4];
    type Output = [f64; 2];

    fn memory_len(&self) -> usize {
        self.delay.memory_len()
    }

    #[inline]
    fn step(&self, s: &mut ImcState, memory: &mut [f64], input: [f64; 4]) -> [f64; 2] {
        let [sp, pv, track, automatic] = input;
        let first = s.seen == 0;
        let held = limit(track, self.lo, self.hi);
        if first {
            s.m = saturate(self.gain * held);
            s.mv = held;
        } else if s.law != self.law(s.from, s.aim) {
            // Other coefficients than in the last sample: the aim that would have given the same.
            let same = self.aim(s.from, limit(s.law, self.lo, self.hi));
            s.o = saturate(s.o + saturate(same - s.aim));
        }
        s.m = saturate(s.m + self.a * saturate(saturate(self.gain * s.mv) - s.m));
        let mismatch = saturate(pv - self.delay.push(memory, &mut s.seen, s.m));
        s.f = if first { mismatch } else { saturate(s.f + self.g * saturate(mismatch - s.f)) };
        s.o = saturate(s.o * (1.0 - self.b));
        s.from = s.m;
        s.aim = saturate(saturate(sp - s.f) + s.o);
        if first || !is_on(automatic) {
            let same = self.aim(s.m, held);
            s.o = saturate(s.o + saturate(same - s.aim));
            s.aim = same;
            s.law = self.law(s.m, same);
            s.mv = held;
        } else {
            s.law = self.law(s.m, s.aim);
            s.mv = limit(s.law, self.lo, self.hi);
        }
        [s.mv, mismatch]
    }
}

#[cfg(test)]
#[path = "imc_tests.rs"]
mod tests;
