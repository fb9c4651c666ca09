//! Moving average: the mean of the last samples, at a cost that does not grow with their number.
//!
//! `y = (x[t] + ... + x[t-window+1]) / window`; until the window is full, of what was seen. The newest sample is
//! added to a running sum and the oldest taken off, with the rounding of each addition kept in a second word
//! (Knuth 1969), and every `window` samples the sum is replaced by one that was added up anew meanwhile. So it does
//! not drift, however long it runs: it is the mean to within rounding, and a value 1e15 times as large as the
//! rest leaves nothing behind. Zero gain at every multiple of `1/(window*period_s)`; late by `(window - 1)/2` samples.

use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the moving average.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovingAverage {
    /// Samples averaged, the newest included; 1 to 100000.
    pub window: u32,
}

/// Coefficients of [`MovingAverage`].
#[derive(Debug, Clone, Copy)]
pub struct MovingAverageKernel {
    window: usize,
}

/// A sum and what rounding took from it.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Sum {
    high: f64,
    low: f64,
}

/// State of [`MovingAverage`]; the samples stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct MovingAverageState {
    /// Of the window.
    whole: Sum,
    /// Of the samples since the last time round.
    fresh: Sum,
    at: u64,
    full: u64,
}

impl Sum {
    const NONE: Self = Self { high: 0.0, low: 0.0 };

    #[inline]
    fn add(&mut self, x: f64) {
        let sum = self.high + x;
        let part = sum - self.high;
        self.low += (self.high - (sum - part)) + (x - part);
        self.high = sum;
    }
}

impl Design for MovingAverage {
    type Kernel = MovingAverageKernel;
    const NAME: &'static str = "MovingAverage";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<MovingAverageKernel, DesignError> {
        DesignError::period(period_s)?;
        let fits = (1..=100_000).contains(&self.window);
        DesignError::unless(fits, "window", "1 to 100000", f64::from(self.window))?;
        Ok(MovingAverageKernel { window: self.window as usize })
    }
}

impl Kernel for MovingAverageKernel {
    type State = MovingAverageState;
    type Input = f64;
    type Output = f64;

    fn memory_len(&self) -> usize {
        self.window
    }

    #[inline]
    fn step(&self, s: &mut MovingAverageState, memory: &mut [f64], x: f64) -> f64 {
        let at = s.at.min(self.window as u64 - 1) as usize;
        let Some(slot) = memory.get_mut(at) else { return x };
        if s.full != 0 {
            s.whole.add(-*slot);
        }
        *slot = x;
        s.whole.add(x);
        s.fresh.add(x);
        let seen = if s.full != 0 { self.window } else { at + 1 };
        s.at = at as u64 + 1;
        if at + 1 == self.window {
            s.whole = s.fresh;
            s.fresh = Sum::NONE;
            s.at = 0;
            s.full = 1;
        }
        saturate((s.whole.high + s.whole.low) / seen as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn start(window: u32) -> Running<MovingAverageKernel, Vec<f64>> {
        let kernel = MovingAverage { window }.design(0.1).unwrap();
        Running::new(kernel, vec![0.0; kernel.memory_len()])
    }

    #[test]
    fn is_the_exact_mean_after_a_million_samples_of_wild_size() {
        let mut running = start(7);
        let mut last = [0_i64; 7];
        let mut word = 1_u64;
        for t in 0..1_000_000_usize {
            // Whole numbers of up to 2^44: their sums are exact as integers.
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let x = (word >> 20) as i64 >> (word % 44);
            last[t % 7] = x;
            let y = running.update(x as f64);
            if t >= 7 {
                assert_eq!(y, last.iter().sum::<i64>() as f64 / 7.0, "sample {t}");
            }
        }
    }

    #[test]
    fn a_giant_leaves_nothing_behind() {
        let mut running = start(4);
        running.update(1e15);
        let mut out = [0.0; 12];
        for y in &mut out {
            *y = running.update(0.1);
        }
        assert!(out[3..].iter().all(|y| *y == 0.1), "{out:?}");
    }
}
