//! For how long a condition has held without a break.
//!
//! `duration = n*period_s`, `n` the samples in a row with `on >= 0.5`; zero while it is off. Fed with
//! "the sum is above zero" of a CUSUM it is the age of the change that the sum has gathered evidence of:
//! the last zero of the sum is the most likely moment of the change (Page 1954).

use crate::number::is_on;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the on-duration; it has no parameter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnDuration {}

/// Coefficients of [`OnDuration`].
#[derive(Debug, Clone, Copy)]
pub struct OnDurationKernel {
    period_s: f64,
}

/// State of [`OnDuration`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct OnDurationState {
    samples: u64,
}

impl Design for OnDuration {
    type Kernel = OnDurationKernel;
    const NAME: &'static str = "OnDuration";
    const INPUTS: &'static [Port] = &[Port::new("on", "1")];
    const OUTPUTS: &'static [Port] = &[Port::new("duration", "s")];

    fn design(&self, period_s: f64) -> Result<OnDurationKernel, DesignError> {
        DesignError::period(period_s)?;
        Ok(OnDurationKernel { period_s })
    }
}

impl Kernel for OnDurationKernel {
    type State = OnDurationState;
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut OnDurationState, _: &mut [f64], on: f64) -> f64 {
        s.samples = if is_on(on) { s.samples.saturating_add(1) } else { 0 };
        s.samples as f64 * self.period_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn counts_while_on_and_forgets_when_off() {
        let mut running = Running::new(OnDuration {}.design(0.5).unwrap(), []);
        let out = [1.0, 1.0, 0.0, 1.0].map(|on| running.update(on));
        assert_eq!(out, [0.5, 1.0, 0.0, 0.5]);
    }

    #[test]
    fn a_bad_sample_neither_counts_nor_forgets() {
        let mut running = Running::new(OnDuration {}.design(1.0).unwrap(), []);
        let out = [1.0, f64::NAN, 1.0].map(|on| running.update(on));
        assert_eq!(out, [1.0, 1.0, 2.0]);
    }
}
