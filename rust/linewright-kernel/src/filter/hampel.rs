//! Causal Hampel filter (Hampel 1974): replaces a sample that stands out from its window.
//!
//! `m = median(window)`, `s = 1.4826 * median(|x_i - m|)`; when `|x - m| > threshold_sigma * s`
//! then `y = m`, `spike = 1`, else `y = x`, `spike = 0`. The window ends with the sample itself.
//!
//! On a quantised or constant signal more than half of the window may be equal and `s` is zero;
//! then `s = 1.2533 * mean(|x_i - m|)` is used (Iglewicz and Hoaglin 1993), which is zero only when
//! the whole window is equal. At 3 sigma it still finds a lone spike in a window of five or more.

use super::median::check_window;
use super::window::{Window, median, median_distance};
use crate::number::flag;
use crate::{Design, DesignError, Kernel, Port};

/// Standard deviation of a normal variable over its median absolute deviation.
const SIGMA_PER_MEDIAN_DISTANCE: f64 = 1.4826;
/// Standard deviation of a normal variable over its mean absolute deviation, `sqrt(pi / 2)`.
const SIGMA_PER_MEAN_DISTANCE: f64 = 1.253_314_137_315_500_3;

/// Config of the Hampel filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hampel {
    /// Samples looked at, the newest included; odd, 1 to 255.
    pub window: u32,
    /// Distance from the median that makes a spike, in sigma; positive, usually 3.
    pub threshold_sigma: f64,
}

/// Coefficients of [`Hampel`].
#[derive(Debug, Clone, Copy)]
pub struct HampelKernel {
    window: usize,
    threshold: f64,
}

/// State of [`Hampel`]; the samples stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct HampelState {
    seen: u64,
}

impl Design for Hampel {
    type Kernel = HampelKernel;
    const NAME: &'static str = "Hampel";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("spike", "1")];

    fn design(&self, period_s: f64) -> Result<HampelKernel, DesignError> {
        DesignError::period(period_s)?;
        let window = check_window(self.window)?;
        DesignError::positive("threshold_sigma", self.threshold_sigma)?;
        Ok(HampelKernel { window, threshold: self.threshold_sigma })
    }
}

impl Kernel for HampelKernel {
    type State = HampelState;
    type Input = f64;
    type Output = [f64; 2];

    fn memory_len(&self) -> usize {
        2 * self.window
    }

    fn step(&self, s: &mut HampelState, memory: &mut [f64], x: f64) -> [f64; 2] {
        let window = Window::new(memory, &mut s.seen).push(x);
        let m = median(window);
        let mut sigma = SIGMA_PER_MEDIAN_DISTANCE * median_distance(window, m);
        if sigma == 0.0 {
            let n = window.len() as f64;
            let mean: f64 = window.iter().map(|v| libm::fabs(v - m) / n).sum();
            sigma = SIGMA_PER_MEAN_DISTANCE * mean;
        }
        let spike = libm::fabs(x - m) > self.threshold * sigma;
        [if spike { m } else { x }, flag(spike)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(xs: &[f64]) -> Vec<[f64; 2]> {
        let kernel = Hampel { window: 7, threshold_sigma: 3.0 }.design(0.1).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        xs.iter().map(|x| running.update(*x)).collect()
    }

    #[test]
    fn a_spike_in_noise_becomes_the_median() {
        let mut xs: Vec<f64> = (0..60u32).map(|i| f64::from(i * 7919 % 13) * 0.1).collect();
        xs[30] = 50.0;
        let out = run(&xs);
        assert_eq!(out[30][1], 1.0);
        assert!((0.0..=1.2).contains(&out[30][0]));
    }

    #[test]
    fn a_spike_on_a_constant_signal_is_found_and_quantisation_is_not_a_spike() {
        let mut xs = vec![2.0; 40];
        xs[20] = 3.0;
        let out = run(&xs);
        assert_eq!(out[20], [2.0, 1.0]);
        assert_eq!(out.iter().filter(|o| o[1] == 1.0).count(), 1);
        // Two levels in turn: the median distance is zero or one step, nothing stands out.
        let toggling: Vec<f64> = (0..40u32).map(|i| f64::from(i % 2)).collect();
        assert!(run(&toggling).iter().skip(3).all(|o| o[1] == 0.0));
    }

    #[test]
    fn a_step_is_followed_once_it_holds_half_the_window() {
        let xs: Vec<f64> = (0..40).map(|t| if t < 20 { 0.0 } else { 5.0 }).collect();
        let out = run(&xs);
        assert_eq!(out[20], [0.0, 1.0]);
        assert!(out[23..].iter().all(|o| *o == [5.0, 0.0]));
    }
}
