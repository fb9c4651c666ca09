//! A delay line in samples, shared by the kernels that need one.

use crate::DesignError;
use crate::number::split_delay;

/// Most samples a delay may hold: 8 MB of memory, 28 h at 10 Hz.
const MOST_SAMPLES: f64 = 1_000_000.0;

/// Delay of `whole + fraction` samples: `y = x[t-whole] + fraction*(x[t-whole-1] - x[t-whole])`.
/// Until it is filled it gives the first sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay {
    whole: usize,
    fraction: f64,
}

impl Delay {
    /// Delay of `time_s` for samples `period_s` apart; `parameter` names it in the refusal.
    pub(crate) fn design(
        parameter: &'static str,
        time_s: f64,
        period_s: f64,
    ) -> Result<Self, DesignError> {
        DesignError::not_negative(parameter, time_s)?;
        let samples = time_s / period_s;
        let fits = samples <= MOST_SAMPLES;
        DesignError::unless(fits, parameter, "at most a million samples long", time_s)?;
        let (whole, fraction) = split_delay(samples);
        Ok(Self { whole, fraction })
    }

    /// Words of memory.
    pub(crate) fn memory_len(&self) -> usize {
        self.whole + 1 + usize::from(self.fraction > 0.0)
    }

    /// Takes `x` in and gives the delayed value; `seen` counts the samples taken in before.
    #[inline]
    pub(crate) fn push(&self, memory: &mut [f64], seen: &mut u64, x: f64) -> f64 {
        let (newer, older) = self.push_both(memory, seen, x);
        if self.fraction > 0.0 { newer + self.fraction * (older - newer) } else { newer }
    }

    /// Takes `x` in and gives the samples on both sides of the delay: `x[t-whole]`, `x[t-whole-1]`
    /// (the first again when the delay is a whole number of samples).
    #[inline]
    pub(crate) fn push_both(&self, memory: &mut [f64], seen: &mut u64, x: f64) -> (f64, f64) {
        let size = memory.len().max(1);
        let slot = (*seen % size as u64) as usize;
        if let Some(word) = memory.get_mut(slot) {
            *word = x;
        }
        let aged = |age: usize| {
            let age = (age as u64).min(*seen) as usize;
            let at = if age <= slot { slot - age } else { slot + size - age };
            memory.get(at).copied().unwrap_or(x)
        };
        let newer = aged(self.whole);
        let older = if self.fraction > 0.0 { aged(self.whole + 1) } else { newer };
        *seen = seen.wrapping_add(1);
        (newer, older)
    }

    /// The part of a sample beyond the whole ones, 0 up to 1.
    pub(crate) fn fraction(&self) -> f64 {
        self.fraction
    }
}
