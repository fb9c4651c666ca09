//! Sample and hold: follows `x` while `take` is on and keeps the last taken value while it is off.
//!
//! `y = x` when `take >= 0.5`, else `y` stays. Before anything was taken `y = x`, so that a start in the
//! hold state gives a measurement and not a made-up number. `y` carries the unit of `x`.

use crate::number::is_on;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the sample and hold; it has no parameter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleHold {}

/// Coefficients of [`SampleHold`].
#[derive(Debug, Clone, Copy)]
pub struct SampleHoldKernel;

/// State of [`SampleHold`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SampleHoldState {
    y: f64,
    taken: u64,
}

impl Design for SampleHold {
    type Kernel = SampleHoldKernel;
    const NAME: &'static str = "SampleHold";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("take", "1")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<SampleHoldKernel, DesignError> {
        DesignError::period(period_s)?;
        Ok(SampleHoldKernel)
    }
}

impl Kernel for SampleHoldKernel {
    type State = SampleHoldState;
    type Input = [f64; 2];
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut SampleHoldState, _: &mut [f64], [x, take]: [f64; 2]) -> f64 {
        if is_on(take) {
            *s = SampleHoldState { y: x, taken: 1 };
        }
        if s.taken == 0 { x } else { s.y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(steps: &[(f64, f64)]) -> Vec<f64> {
        let mut running = Running::new(SampleHoldKernel, []);
        steps.iter().map(|(x, take)| running.update([*x, *take])).collect()
    }

    #[test]
    fn follows_while_taking_and_keeps_the_last_taken() {
        assert_eq!(run(&[(1.0, 1.0), (2.0, 0.0), (3.0, 0.0), (4.0, 1.0)]), [1.0, 1.0, 1.0, 4.0]);
    }

    #[test]
    fn a_start_in_hold_follows_until_something_was_taken() {
        assert_eq!(run(&[(1.0, 0.0), (2.0, 0.0), (3.0, 1.0), (9.0, 0.0)]), [1.0, 2.0, 3.0, 3.0]);
    }

    #[test]
    fn a_bad_sample_changes_nothing() {
        let out = run(&[(1.0, 1.0), (f64::NAN, 1.0), (5.0, f64::NAN), (7.0, 0.0)]);
        assert_eq!(out, [1.0, 1.0, 1.0, 1.0]);
    }
}
