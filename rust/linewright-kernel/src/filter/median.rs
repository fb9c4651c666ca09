//! Running median: removes spikes shorter than half its window and keeps edges.
//!
//! `y = median(x[t], x[t-1], ..., x[t-window+1])`; until the window is full, of what was seen. An
//! edge comes out `(window - 1) / 2` samples late. (Tukey 1977.)

use super::window::{Window, median};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the running median.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Median {
    /// Samples looked at; odd, 1 to 255.
    pub window: u32,
}

/// Coefficients of [`Median`].
#[derive(Debug, Clone, Copy)]
pub struct MedianKernel {
    window: usize,
}

/// State of [`Median`]; the samples stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct MedianState {
    seen: u64,
}

/// Refuses a window that is even, zero or too long.
pub(super) fn check_window(window: u32) -> Result<usize, DesignError> {
    let fits = window % 2 == 1 && window <= 255;
    DesignError::unless(fits, "window", "odd, 1 to 255", f64::from(window))?;
    Ok(window as usize)
}

impl Design for Median {
    type Kernel = MedianKernel;
    const NAME: &'static str = "Median";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<MedianKernel, DesignError> {
        DesignError::period(period_s)?;
        Ok(MedianKernel { window: check_window(self.window)? })
    }
}

impl Kernel for MedianKernel {
    type State = MedianState;
    type Input = f64;
    type Output = f64;

    fn memory_len(&self) -> usize {
        2 * self.window
    }

    #[inline]
    fn step(&self, s: &mut MedianState, memory: &mut [f64], x: f64) -> f64 {
        median(Window::new(memory, &mut s.seen).push(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn equals_a_sort_of_the_last_samples() {
        let kernel = Median { window: 5 }.design(0.1).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let xs: Vec<f64> = (0..200u32).map(|i| f64::from(i * 7919 % 31) - 15.0).collect();
        for t in 0..xs.len() {
            let mut last: Vec<f64> = xs[t.saturating_sub(4)..=t].to_vec();
            last.sort_by(f64::total_cmp);
            let n = last.len();
            let expected =
                if n % 2 == 1 { last[n / 2] } else { (last[n / 2 - 1] + last[n / 2]) / 2.0 };
            assert_eq!(running.update(xs[t]), expected, "sample {t}");
        }
    }

    #[test]
    fn a_spike_of_two_samples_does_not_pass_five() {
        let kernel = Median { window: 5 }.design(0.1).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        for t in 0..50 {
            let x = if t == 20 || t == 21 { 1e6 } else { 3.0 };
            assert_eq!(running.update(x), 3.0);
        }
    }
}
