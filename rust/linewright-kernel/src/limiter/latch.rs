//! Interlock latch: `tripped` starts at 1 and leaves on a rising edge of `reset` only.
//!
//! A flag is on at 0.5 and above. `trip` on: tripped. Else a `reset` that was seen off and is now on
//! clears it. A `reset` held from the start, or held through a trip, is no edge. A bad (not finite)
//! input holds the latch as it is: feed "is not good" into `trip` where silence must trip.

use crate::number::{flag, is_on};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the latch; it has no parameter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latch {}

/// Coefficients of [`Latch`].
#[derive(Debug, Clone, Copy)]
pub struct LatchKernel;

/// State of [`Latch`]; zero is tripped, with no `reset` seen off yet.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct LatchState {
    cleared: u32,
    reset_was_off: u32,
}

impl Design for Latch {
    type Kernel = LatchKernel;
    const NAME: &'static str = "Latch";
    const INPUTS: &'static [Port] = &[Port::new("trip", "1"), Port::new("reset", "1")];
    const OUTPUTS: &'static [Port] = &[Port::new("tripped", "1")];

    fn design(&self, period_s: f64) -> Result<LatchKernel, DesignError> {
        DesignError::period(period_s)?;
        Ok(LatchKernel)
    }
}

impl Kernel for LatchKernel {
    type State = LatchState;
    type Input = [f64; 2];
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut LatchState, _: &mut [f64], [trip, reset]: [f64; 2]) -> f64 {
        let rising = is_on(reset) && s.reset_was_off == 1;
        s.reset_was_off = u32::from(!is_on(reset));
        if is_on(trip) {
            s.cleared = 0;
        } else if rising {
            s.cleared = 1;
        }
        flag(s.cleared == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(steps: &[(f64, f64)]) -> Vec<f64> {
        let mut running = Running::new(LatchKernel, []);
        steps.iter().map(|(trip, reset)| running.update([*trip, *reset])).collect()
    }

    #[test]
    fn starts_tripped_and_a_held_reset_does_not_clear_it() {
        assert_eq!(run(&[(0.0, 1.0), (0.0, 1.0)]), [1.0, 1.0]);
        assert_eq!(run(&[(0.0, 0.0), (0.0, 1.0), (0.0, 0.0)]), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_reset_edge_under_a_trip_is_lost() {
        let out = run(&[(1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0), (0.0, 1.0)]);
        assert_eq!(out, [1.0, 1.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn trips_at_once_and_a_bad_sample_changes_nothing() {
        let out = run(&[(0.0, 0.0), (0.0, 1.0), (f64::NAN, 0.0), (1.0, 0.0), (0.0, 0.0)]);
        assert_eq!(out, [1.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
