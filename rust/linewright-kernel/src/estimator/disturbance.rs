//! Disturbance observer: what the process would read had nobody moved the actuator.
//!
//! ```text
//! x(t) = effect of the own moves: gain*exp(-dead_time_s*s)/(time_constant_s*s + 1) on mv, exact for
//!        an mv held from sample to sample, also when the dead time is no whole number of samples
//! d_hat = y - x                        innovation = d_hat - level
//! level += g*innovation                g = max(level_weight, 1/n), n the samples so far
//! scale: running standard deviation of the innovation, this sample not yet in it
//! z = innovation / scale
//! ```
//! Detectors stand on `innovation` or `z`, not on `y`: a controller hides a fault from `y`, the more the
//! tighter it is tuned, but not from `d_hat`, which is the same whatever the controller does, as far as
//! the model holds. (After Box and Jenkins 1970; MacGregor 1988.)
//!
//! `mv` is the value the actuator held since the last sample (what was written then), as in
//! [`Smith`](crate::Smith). `gain` carries the unit of `y` over that of `mv`. The model starts settled at
//! the first `mv`; an offset stands in `d_hat`. A static plant takes `time_constant_s = 0`.
//!
//! The level is that of an IMA(1,1) disturbance with `theta = 1 - level_weight`, whose innovation is
//! white: a weight of 1 is a random walk, 0 is a constant (the mean of all so far).
//!
//! `scale` is learnt over `scale_memory_s`. A reading counts in it as at most three times the scale (the
//! constant 0.995 sets right what that costs in normal noise), so a fault cannot make itself small by
//! widening its own yardstick; during the first 20 innovations it counts in full. `scale` is 0 until two
//! innovations were seen, and `z` is 0 while `scale` is. A missed sample holds everything, the model too:
//! put a [`SampleHold`](crate::SampleHold) before a reading that fails often.

use super::Delay;
use crate::number::{LARGEST, limit, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Innovations that count in full, before the scale is trusted to bound them.
const LEARNING: u64 = 20;
/// A reading counts as at most this many times the scale.
const MOST_SIGMA: f64 = 3.0;
/// `E min(z^2, 9)` for standard normal `z`: `2F(3) - 1 - 6f(3) + 18(1 - F(3))`.
const SHARE_WITHIN: f64 = 0.995_007_278_034_453_7;
/// Squares of larger innovations are not kept: the scale saturates here.
const LARGEST_SCALE: f64 = 1e149;

/// Config of the disturbance observer.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisturbanceObserver {
    /// Change of `y` for a lasting unit change of `mv`; at most 1e100 in magnitude, zero for no effect.
    pub gain: f64,
    /// Time constant of the plant, s; zero or more.
    pub time_constant_s: f64,
    /// Dead time of the plant, s; zero or more, at most a million samples.
    pub dead_time_s: f64,
    /// Weight of the newest `d_hat` in its level, 0 to 1, dimensionless; 1 for a random walk.
    pub level_weight: f64,
    /// Time over which the scale is learnt, s; positive, usually hundreds of samples.
    pub scale_memory_s: f64,
}

/// Coefficients of [`DisturbanceObserver`].
#[derive(Debug, Clone, Copy)]
pub struct DisturbanceObserverKernel {
    gain: f64,
    /// `x = keep*x + newer*mv[t-whole] + older*mv[t-whole-1]`, the gain apart.
    keep: f64,
    newer: f64,
    older: f64,
    delay: Delay,
    level_weight: f64,
    scale_weight: f64,
}

/// State of [`DisturbanceObserver`]; the past moves stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct DisturbanceObserverState {
    x: f64,
    level: f64,
    scale: f64,
    /// Samples pushed into the delay line.
    seen: u64,
    samples: u64,
}

impl Design for DisturbanceObserver {
    type Kernel = DisturbanceObserverKernel;
    const NAME: &'static str = "DisturbanceObserver";
    const INPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("mv", "b")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("d_hat", "a"),
        Port::new("innovation", "a"),
        Port::new("scale", "a"),
        Port::new("z", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<DisturbanceObserverKernel, DesignError> {
        DesignError::period(period_s)?;
        let usable = libm::fabs(self.gain) <= 1e100;
        DesignError::unless(usable, "gain", "finite, at most 1e100 in magnitude", self.gain)?;
        DesignError::not_negative("time_constant_s", self.time_constant_s)?;
        let delay = Delay::design("dead_time_s", self.dead_time_s, period_s)?;
        let weight = self.level_weight;
        DesignError::unless((0.0..=1.0).contains(&weight), "level_weight", "0 to 1", weight)?;
        DesignError::positive("scale_memory_s", self.scale_memory_s)?;
        // The newer move acts over the last `1 - fraction` of the sample, the older over the rest.
        // A negative zero would turn the exponents round.
        let time_constant_s = libm::fabs(self.time_constant_s);
        let of_newer = (1.0 - delay.fraction()) * period_s / time_constant_s;
        let newer = -libm::expm1(-of_newer);
        let keep = libm::exp(-period_s / time_constant_s);
        Ok(DisturbanceObserverKernel {
            gain: self.gain,
            keep,
            newer,
            older: (1.0 - newer) - keep,
            delay,
            level_weight: weight,
            scale_weight: (period_s / self.scale_memory_s).min(1.0),
        })
    }
}

impl DisturbanceObserverKernel {
    /// Takes this innovation into the scale; the first sample has none.
    #[inline]
    fn widen(&self, s: &mut DisturbanceObserverState, innovation: f64) {
        let size = libm::fabs(innovation).min(LARGEST_SCALE);
        // A scale of zero (a reading that stood still) bounds nothing: it would stay zero.
        let bounds = s.samples > LEARNING && s.scale > 0.0;
        let within = if bounds { size.min(MOST_SIGMA * s.scale) } else { size };
        let share = if bounds { SHARE_WITHIN } else { 1.0 };
        let weight = self.scale_weight.max(1.0 / s.samples as f64);
        let square = s.scale * s.scale;
        let next = square + weight * (within * within / share - square);
        s.scale = libm::sqrt(next.max(0.0));
    }
}

impl Kernel for DisturbanceObserverKernel {
    type State = DisturbanceObserverState;
    type Input = [f64; 2];
    type Output = [f64; 4];

    fn memory_len(&self) -> usize {
        self.delay.memory_len()
    }

    #[inline]
    fn step(
        &self,
        s: &mut DisturbanceObserverState,
        memory: &mut [f64],
        [y, mv]: [f64; 2],
    ) -> [f64; 4] {
        let (newer, older) = self.delay.push_both(memory, &mut s.seen, mv);
        let first = s.samples == 0;
        if first {
            s.x = mv;
        } else {
            s.x = saturate(self.keep * s.x + self.newer * newer + self.older * older);
        }
        let d_hat = saturate(y - saturate(self.gain * s.x));
        if first {
            s.level = d_hat;
        }
        let innovation = saturate(d_hat - s.level);
        let scale = if s.samples > 2 { s.scale } else { 0.0 };
        let z = if scale > 0.0 { limit(innovation / scale, -LARGEST, LARGEST) } else { 0.0 };
        if !first {
            self.widen(s, innovation);
        }
        s.samples = s.samples.saturating_add(1);
        let weight = self.level_weight.max(1.0 / s.samples as f64);
        s.level = saturate(s.level + weight * innovation);
        [d_hat, innovation, scale, z]
    }
}

#[cfg(test)]
#[path = "disturbance_tests.rs"]
mod tests;
