//! Stuck gauge: finds a reading that does not move any more.
//!
//! The reading is at rest while it stays within `resolution` of where it came to rest; `stuck = 1` when that has
//! lasted for `time_s`, until it has moved and `clear_after_s` has passed. `still` is the time at rest in units of
//! `time_s`. A live gauge shows at least its own noise: take `resolution` as its last digit (0 finds only a reading
//! that repeats exactly) and `time_s` long enough that noise alone moves the last digit.
//!
//! A slow drift inside `resolution` counts as rest; a missing reading changes nothing and does not count as time.

use super::linger::{Linger, samples};
use crate::number::flag;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the check for a stuck gauge.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stuck {
    /// Largest change that is none, unit of `x`; zero or more.
    pub resolution: f64,
    /// Time at rest that is too long, s; at least a period.
    pub time_s: f64,
    /// Time after the last rest of that length before the flag goes, s; zero or more (default 0).
    #[serde(default)]
    pub clear_after_s: f64,
}

/// Coefficients of [`Stuck`].
#[derive(Debug, Clone, Copy)]
pub struct StuckKernel {
    resolution: f64,
    samples: f64,
    linger: Linger,
}

/// State of [`Stuck`]; zero is no reading yet.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct StuckState {
    rest: f64,
    /// Samples at rest.
    still: f64,
    left: f64,
    seen: u64,
}

impl Design for Stuck {
    type Kernel = StuckKernel;
    const NAME: &'static str = "Stuck";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("stuck", "1"), Port::new("still", "1")];

    fn design(&self, period_s: f64) -> Result<StuckKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::not_negative("resolution", self.resolution)?;
        let usable = self.time_s.is_finite() && self.time_s >= period_s * (1.0 - 1e-9);
        DesignError::unless(usable, "time_s", "at least a period and finite", self.time_s)?;
        Ok(StuckKernel {
            resolution: self.resolution,
            samples: samples("time_s", self.time_s, period_s)?,
            linger: Linger::new(self.clear_after_s, period_s)?,
        })
    }
}

impl Kernel for StuckKernel {
    type State = StuckState;
    type Input = f64;
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut StuckState, _: &mut [f64], x: f64) -> [f64; 2] {
        if s.seen == 0 || libm::fabs(x - s.rest) > self.resolution {
            (s.rest, s.still, s.seen) = (x, 0.0, 1);
        } else {
            s.still = (s.still + 1.0).clamp(0.0, 1e12);
        }
        let stuck = self.linger.flag(&mut s.left, s.still >= self.samples);
        [flag(stuck), s.still / self.samples]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(xs: &[f64]) -> Vec<f64> {
        let kernel =
            Stuck { resolution: 0.1, time_s: 0.3, clear_after_s: 0.1 }.design(0.1).unwrap();
        let mut running = Running::new(kernel, []);
        xs.iter().map(|x| running.update(*x)[0]).collect()
    }

    #[test]
    fn a_frozen_reading_is_found_and_cleared_when_it_moves() {
        let out = run(&[1.0, 5.0, 5.0, 5.05, 5.0, 5.0, 9.0, 1.0, 2.0]);
        assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_drift_beyond_the_resolution_is_life() {
        let xs: Vec<f64> = (0..60).map(|t| f64::from(t) * 0.06).collect();
        assert!(run(&xs).iter().all(|o| *o == 0.0));
    }
}
