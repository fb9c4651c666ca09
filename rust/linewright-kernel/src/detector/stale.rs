//! Staleness: finds a source that has stopped, by what it sends with every reading.
//!
//! A reading is new when `good` is on and `stamp` (source time, sequence number, heartbeat) differs from the one
//! before. `stale = 1` when the last new one is more than `max_age_s` ago, until new ones have come for
//! `clear_after_s`; also before the first. `age` is the time since the last new reading in units of `max_age_s`.
//!
//! The clock of this kernel is its own sample: feed it in every one. A `stamp` that is not finite holds it, so take
//! `or_else(stamp, 0)` as `stamp` and "is good" as `good` where the reading can be Bad.

use super::linger::{Linger, samples};
use crate::number::{flag, is_on};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the staleness check.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// Longest time between two new readings, s; at least a period.
    pub max_age_s: f64,
    /// Time for which readings must be in time again before the flag goes, s; zero or more (default 0).
    #[serde(default)]
    pub clear_after_s: f64,
}

/// Coefficients of [`Stale`].
#[derive(Debug, Clone, Copy)]
pub struct StaleKernel {
    most: f64,
    linger: Linger,
}

/// State of [`Stale`]; zero is no reading yet.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct StaleState {
    stamp: f64,
    /// Samples since the last new reading.
    since: f64,
    left: f64,
    seen: u64,
}

impl Design for Stale {
    type Kernel = StaleKernel;
    const NAME: &'static str = "Stale";
    const INPUTS: &'static [Port] = &[Port::new("stamp", "a"), Port::new("good", "1")];
    const OUTPUTS: &'static [Port] = &[Port::new("stale", "1"), Port::new("age", "1")];

    fn design(&self, period_s: f64) -> Result<StaleKernel, DesignError> {
        DesignError::period(period_s)?;
        let usable = self.max_age_s.is_finite() && self.max_age_s >= period_s * (1.0 - 1e-9);
        DesignError::unless(usable, "max_age_s", "at least a period and finite", self.max_age_s)?;
        // A reading as old as the limit is not stale, so part of a sample counts for nothing.
        samples("max_age_s", self.max_age_s, period_s)?;
        let linger = Linger::new(self.clear_after_s, period_s)?;
        Ok(StaleKernel { most: self.max_age_s / period_s, linger })
    }
}

impl Kernel for StaleKernel {
    type State = StaleState;
    type Input = [f64; 2];
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut StaleState, _: &mut [f64], [stamp, good]: [f64; 2]) -> [f64; 2] {
        let new = is_on(good) && (s.seen == 0 || stamp != s.stamp);
        if new {
            (s.stamp, s.seen) = (stamp, 1);
        }
        s.since = if new { 0.0 } else { (s.since + 1.0).clamp(0.0, 1e12) };
        let late = s.seen == 0 || s.since > self.most * (1.0 + 1e-9);
        [flag(self.linger.flag(&mut s.left, late)), s.since / self.most]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(clear_after_s: f64, steps: &[(f64, f64)]) -> Vec<f64> {
        let kernel = Stale { max_age_s: 0.3, clear_after_s }.design(0.1).unwrap();
        let mut running = Running::new(kernel, []);
        steps.iter().map(|(stamp, good)| running.update([*stamp, *good])[0]).collect()
    }

    #[test]
    fn a_source_that_stopped_is_stale_after_its_limit_and_not_at_it() {
        let steps =
            [(1.0, 1.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0), (2.0, 1.0), (3.0, 1.0)];
        assert_eq!(run(0.0, &steps), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn is_stale_before_the_first_good_reading_and_while_the_reading_is_bad() {
        let steps =
            [(1.0, 0.0), (2.0, 0.0), (3.0, 1.0), (4.0, 0.0), (5.0, 0.0), (6.0, 0.0), (7.0, 0.0)];
        assert_eq!(run(0.0, &steps), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn one_reading_after_a_stop_does_not_clear_the_flag_with_a_delay() {
        let steps: Vec<_> = (0..8).map(|t| (f64::from(t), f64::from(u8::from(t > 1)))).collect();
        assert_eq!(run(0.2, &steps), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
