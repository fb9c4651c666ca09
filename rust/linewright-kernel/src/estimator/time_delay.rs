//! Delay by time: `y(t) = x(t - dead_time_s)`, with a straight line between samples.
//!
//! Until it is filled it gives the first sample. For what travels with a web use [`crate::WebDelay`]:
//! a delay by time is wrong as soon as the speed changes.

use super::Delay;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the delay.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeDelay {
    /// Delay, s; zero or more, at most a million samples.
    pub dead_time_s: f64,
}

/// Coefficients of [`TimeDelay`].
#[derive(Debug, Clone, Copy)]
pub struct TimeDelayKernel {
    delay: Delay,
}

/// State of [`TimeDelay`]; the samples stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct TimeDelayState {
    seen: u64,
}

impl Design for TimeDelay {
    type Kernel = TimeDelayKernel;
    const NAME: &'static str = "TimeDelay";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<TimeDelayKernel, DesignError> {
        DesignError::period(period_s)?;
        Ok(TimeDelayKernel { delay: Delay::design("dead_time_s", self.dead_time_s, period_s)? })
    }
}

impl Kernel for TimeDelayKernel {
    type State = TimeDelayState;
    type Input = f64;
    type Output = f64;

    fn memory_len(&self) -> usize {
        self.delay.memory_len()
    }

    #[inline]
    fn step(&self, s: &mut TimeDelayState, memory: &mut [f64], x: f64) -> f64 {
        self.delay.push(memory, &mut s.seen, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(dead_time_s: f64, count: u32) -> Vec<f64> {
        let kernel = TimeDelay { dead_time_s }.design(0.1).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        (0..count).map(|t| running.update(7.0 + f64::from(t))).collect()
    }

    #[test]
    fn holds_the_first_sample_then_follows() {
        assert_eq!(run(0.3, 6), [7.0, 7.0, 7.0, 7.0, 8.0, 9.0]);
        assert_eq!(run(0.0, 3), [7.0, 8.0, 9.0]);
    }

    #[test]
    fn a_fraction_of_a_sample_lies_on_the_line_between() {
        let out = run(0.25, 10);
        for t in 3..10u32 {
            assert!((out[t as usize] - (7.0 + f64::from(t) - 2.5)).abs() < 1e-9);
        }
    }

    #[test]
    fn another_dead_time_needs_another_memory() {
        let short = TimeDelay { dead_time_s: 0.3 }.design(0.1).unwrap();
        let long = TimeDelay { dead_time_s: 0.9 }.design(0.1).unwrap();
        let mut running = Running::new(short, vec![0.0; short.memory_len()]);
        assert!(!running.retune(long));
        assert_eq!(running.kernel().memory_len(), short.memory_len());
    }
}
