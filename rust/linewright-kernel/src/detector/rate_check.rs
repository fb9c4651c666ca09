//! Rate check: finds a reading that changes faster than the process can.
//!
//! `rate = (x - x_before)/over_s` with `x_before` the reading `over_s` ago (one period by default, or the oldest while
//! fewer are there); `share = rate/max_per_s`; `fast = 1` when `|share| > 1`, until it has not been so for
//! `clear_after_s`. `y = x` while `fast = 0`, else the last `y`. The first reading has no rate.
//!
//! Noise of standard deviation `s` alone reads as a rate of `s*sqrt(2)/over_s`: choose `over_s` so that this is a
//! fifth of `max_per_s` or less. A missing reading closes up: its neighbours count as one period apart.

use super::linger::{Linger, samples};
use crate::number::{flag, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Longest span of a rate, samples.
const MOST_SAMPLES: f64 = 4096.0;

/// Config of the rate check.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateCheck {
    /// Fastest possible change, unit of `x` per s; positive.
    pub max_per_s: f64,
    /// Time over which the change is taken, s, rounded up to periods; up to 4096 of them (default: one).
    #[serde(default)]
    pub over_s: f64,
    /// Time for which the rate must be possible before the flag goes, s; zero or more (default 0).
    #[serde(default)]
    pub clear_after_s: f64,
}

/// Coefficients of [`RateCheck`].
#[derive(Debug, Clone, Copy)]
pub struct RateCheckKernel {
    /// `1/(max_per_s*period_s)`: share of the limit per unit and sample.
    scale: f64,
    span: usize,
    linger: Linger,
}

/// State of [`RateCheck`]; the readings stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RateCheckState {
    y: f64,
    left: f64,
    seen: u64,
}

impl Design for RateCheck {
    type Kernel = RateCheckKernel;
    const NAME: &'static str = "RateCheck";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("y", "a"), Port::new("fast", "1"), Port::new("share", "1")];

    fn design(&self, period_s: f64) -> Result<RateCheckKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("max_per_s", self.max_per_s)?;
        let span = samples("over_s", self.over_s, period_s)?.max(1.0);
        DesignError::unless(span <= MOST_SAMPLES, "over_s", "at most 4096 periods", self.over_s)?;
        let linger = Linger::new(self.clear_after_s, period_s)?;
        let scale = saturate(1.0 / self.max_per_s / period_s);
        Ok(RateCheckKernel { scale, span: span as usize, linger })
    }
}

impl Kernel for RateCheckKernel {
    type State = RateCheckState;
    type Input = f64;
    type Output = [f64; 3];

    fn memory_len(&self) -> usize {
        self.span
    }

    fn step(&self, s: &mut RateCheckState, memory: &mut [f64], x: f64) -> [f64; 3] {
        let size = memory.len().max(1) as u64;
        let span = s.seen.min(size);
        let oldest = if s.seen < size { 0 } else { s.seen % size } as usize;
        let before = memory.get(oldest).copied().unwrap_or(x);
        // Halves, so that the difference of two extremes stays a number.
        let share = if span == 0 {
            0.0
        } else {
            let half = (0.5 * x - 0.5 * before) / span as f64;
            saturate(saturate(half * self.scale) * 2.0)
        };
        if let Some(place) = memory.get_mut((s.seen % size) as usize) {
            *place = x;
        }
        s.seen = s.seen.wrapping_add(1);
        let fast = self.linger.flag(&mut s.left, libm::fabs(share) > 1.0);
        if !fast {
            s.y = x;
        }
        [s.y, flag(fast), share]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(config: &RateCheck, xs: &[f64]) -> Vec<[f64; 3]> {
        let kernel = config.design(0.1).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        xs.iter().map(|x| running.update(*x)).collect()
    }

    #[test]
    fn a_jump_is_held_for_its_sample_and_the_time_to_clear() {
        let config = RateCheck { max_per_s: 10.0, over_s: 0.0, clear_after_s: 0.1 };
        let out = run(&config, &[1.0, 1.5, 5.0, 5.0, 5.0, 4.5]);
        let fast: Vec<f64> = out.iter().map(|o| o[1]).collect();
        assert_eq!(fast, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!((out[3][0], out[4][0]), (1.5, 5.0));
        assert!((out[2][2] - 3.5).abs() < 1e-12 && (out[5][2] + 0.5).abs() < 1e-12);
    }

    #[test]
    fn over_a_longer_time_noise_is_no_rate_and_a_ramp_still_is() {
        let config = RateCheck { max_per_s: 2.0, over_s: 1.0, clear_after_s: 0.0 };
        let noise: Vec<f64> = (0..80u32).map(|t| 0.5 * f64::from(t * 7919 % 5)).collect();
        assert!(run(&config, &noise[..]).iter().skip(10).all(|o| o[1] == 0.0));
        let ramp: Vec<f64> = (0..40u32).map(|t| 0.3 * f64::from(t)).collect();
        assert!(run(&config, &ramp).iter().skip(1).all(|o| (o[2] - 1.5).abs() < 1e-9));
    }
}
