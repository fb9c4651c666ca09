//! A flag that stays on for a while after its cause has gone, so that it does not chatter.

use crate::DesignError;

/// Longest time a flag stays on, samples.
const MOST_SAMPLES: f64 = 1e9;

/// How long a flag stays on, samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linger(f64);

impl Linger {
    /// From the config field `clear_after_s`.
    pub(super) fn new(clear_after_s: f64, period_s: f64) -> Result<Self, DesignError> {
        Ok(Self(samples("clear_after_s", clear_after_s, period_s)?))
    }

    /// True when there is a cause, or the last one is no longer ago than that. `left` is the state.
    pub(super) fn flag(self, left: &mut f64, cause: bool) -> bool {
        if cause {
            *left = self.0;
            return true;
        }
        let on = *left >= 1.0;
        *left = if on { left.min(self.0) - 1.0 } else { 0.0 };
        on
    }
}

/// A time of zero or more in samples, rounded up; a hair above a whole number is that number.
pub(super) fn samples(
    parameter: &'static str,
    time_s: f64,
    period_s: f64,
) -> Result<f64, DesignError> {
    let samples = libm::ceil(time_s / period_s - 1e-9);
    let usable = time_s >= 0.0 && samples <= MOST_SAMPLES;
    DesignError::unless(usable, parameter, "zero or more, at most 1e9 periods", time_s)?;
    Ok(samples.max(0.0))
}
