//! Smith predictor (Smith 1957): takes a known dead time out of the loop.
//!
//! Model of the plant without dead time: `m += a*(gain*mv - m)`, `a = 1 - exp(-period_s/time_constant_s)`;
//! `mismatch = pv - m(t - dead_time_s)`, `feedback = m + mismatch`. A controller that sees `feedback` in
//! place of `pv` may be tuned as if there were no dead time.
//! `mv` is the value the actuator held since the last sample (what was written then). `gain` carries
//! the unit of `pv` over that of `mv`. The model starts settled at the first `mv`; an offset between
//! model and plant stands in `mismatch`. Not for integrating plants.

use crate::estimator::Delay;
use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the Smith predictor.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smith {
    /// Change of `pv` for a lasting unit change of `mv`; finite, not zero.
    pub gain: f64,
    /// Time constant of the plant, s; positive.
    pub time_constant_s: f64,
    /// Dead time of the plant, s; zero or more, at most a million samples.
    pub dead_time_s: f64,
}

/// Coefficients of [`Smith`].
#[derive(Debug, Clone, Copy)]
pub struct SmithKernel {
    gain: f64,
    a: f64,
    delay: Delay,
}

/// State of [`Smith`]; the model's past stands in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SmithState {
    m: f64,
    seen: u64,
}

impl Design for Smith {
    type Kernel = SmithKernel;
    const NAME: &'static str = "Smith";
    const INPUTS: &'static [Port] = &[Port::new("mv", "a"), Port::new("pv", "b")];
    const OUTPUTS: &'static [Port] = &[Port::new("feedback", "b"), Port::new("mismatch", "b")];

    fn design(&self, period_s: f64) -> Result<SmithKernel, DesignError> {
        DesignError::period(period_s)?;
        let usable = self.gain != 0.0 && libm::fabs(self.gain) <= 1e100;
        DesignError::unless(usable, "gain", "finite and not zero", self.gain)?;
        DesignError::positive("time_constant_s", self.time_constant_s)?;
        let delay = Delay::design("dead_time_s", self.dead_time_s, period_s)?;
        let a = -libm::expm1(-period_s / self.time_constant_s);
        Ok(SmithKernel { gain: self.gain, a, delay })
    }
}

impl Kernel for SmithKernel {
    type State = SmithState;
    type Input = [f64; 2];
    type Output = [f64; 2];

    fn memory_len(&self) -> usize {
        self.delay.memory_len()
    }

    #[inline]
    fn step(&self, s: &mut SmithState, memory: &mut [f64], [mv, pv]: [f64; 2]) -> [f64; 2] {
        let settled = saturate(self.gain * mv);
        if s.seen == 0 {
            s.m = settled;
        }
        s.m += self.a * (settled - s.m);
        let delayed = self.delay.push(memory, &mut s.seen, s.m);
        let mismatch = pv - delayed;
        [saturate(s.m + mismatch), saturate(mismatch)]
    }
}
