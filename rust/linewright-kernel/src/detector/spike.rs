//! Spike check: holds a reading that jumps away, until it comes back (a spike) or stays (a step).
//!
//! While `|x - y| > height`, with `y` the last accepted reading, for at most `width` samples in a row: `y` holds and
//! `spike = 1`. When the reading is still away after that it was a step: `y = x`, `step = 1` for that sample. So a
//! spike never passes, a step passes `width` samples late, and all else passes at once.
//!
//! Against [`Hampel`](crate::Hampel): no window, no learned scale, no delay of a step by half a window; but
//! `height` must be known (8 times the noise of the gauge leaves it alone), and a spike wider than `width` passes.
//! The first reading is accepted as it is.

use crate::number::flag;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the spike check.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spike {
    /// Smallest jump that is held, unit of `x`; positive.
    pub height: f64,
    /// Longest spike, samples; 1 to 1000 (default 1).
    #[serde(default = "one")]
    pub width: u32,
}

fn one() -> u32 {
    1
}

/// Coefficients of [`Spike`].
#[derive(Debug, Clone, Copy)]
pub struct SpikeKernel {
    height: f64,
    width: u32,
}

/// State of [`Spike`]; zero is no reading yet.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SpikeState {
    y: f64,
    held: u32,
    seen: u32,
}

impl Design for Spike {
    type Kernel = SpikeKernel;
    const NAME: &'static str = "Spike";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("y", "a"), Port::new("spike", "1"), Port::new("step", "1")];

    fn design(&self, period_s: f64) -> Result<SpikeKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("height", self.height)?;
        let width = f64::from(self.width);
        DesignError::unless((1..=1000).contains(&self.width), "width", "from 1 to 1000", width)?;
        Ok(SpikeKernel { height: self.height, width: self.width })
    }
}

impl Kernel for SpikeKernel {
    type State = SpikeState;
    type Input = f64;
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut SpikeState, _: &mut [f64], x: f64) -> [f64; 3] {
        let away = s.seen == 1 && libm::fabs(x - s.y) > self.height;
        let spike = away && s.held < self.width;
        if spike {
            s.held += 1;
        } else {
            *s = SpikeState { y: x, held: 0, seen: 1 };
        }
        [s.y, flag(spike), flag(away && !spike)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(width: u32, xs: &[f64]) -> Vec<[f64; 3]> {
        let mut running = Running::new(Spike { height: 2.0, width }.design(0.1).unwrap(), []);
        xs.iter().map(|x| running.update(*x)).collect()
    }

    #[test]
    fn a_spike_is_held_and_a_step_passes_one_sample_late() {
        let out = run(1, &[5.0, 6.0, 50.0, 6.5, 9.0, 9.5]);
        let expected = [
            [5.0, 0.0, 0.0],
            [6.0, 0.0, 0.0],
            [6.0, 1.0, 0.0],
            [6.5, 0.0, 0.0],
            [6.5, 1.0, 0.0],
            [9.5, 0.0, 1.0],
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn a_wider_spike_is_held_when_told_so() {
        let out = run(3, &[1.0, 9.0, 9.0, -9.0, 1.5, 1.0]);
        assert_eq!(out.iter().map(|o| o[1]).sum::<f64>(), 3.0);
        assert!(out.iter().all(|o| o[0] <= 1.5 && o[0] >= 1.0 && o[2] == 0.0));
    }
}
