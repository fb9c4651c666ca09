//! Finite impulse response: a weighted sum of the last samples.
//!
//! `y[t] = taps[0]*x[t] + taps[1]*x[t-1] + ...`. The first sample is taken as if it had been there for ever; a
//! retuning with as many taps works on the samples that were seen. Symmetric taps are late by half
//! their number at every frequency.

use crate::number::{LARGEST, limit};
use crate::{Design, DesignError, Kernel, List, Port};

/// Room for taps.
pub(super) const MOST_TAPS: usize = 255;

/// Config of a filter given by its taps.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fir {
    /// Weights, that of the newest sample first; 1 to 255 finite numbers, dimensionless, whose magnitudes sum
    /// to 1e100 at most.
    pub taps: List<MOST_TAPS>,
}

/// Coefficients of every filter that is a weighted sum of the last samples.
#[derive(Debug, Clone, Copy)]
pub struct FirKernel {
    /// Weights, that of the oldest sample first.
    weights: [f64; MOST_TAPS],
    count: usize,
    /// An input beyond this is taken as this, so that the sum stays finite.
    largest: f64,
}

/// State of a [`FirKernel`]; the samples stand in its memory, twice, so that the last ones are always
/// one piece.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct FirState {
    at: u64,
    primed: u64,
}

impl Design for Fir {
    type Kernel = FirKernel;
    const NAME: &'static str = "Fir";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<FirKernel, DesignError> {
        DesignError::period(period_s)?;
        let count = self.taps.len();
        DesignError::unless(count > 0, "taps", "one number at least", count as f64)?;
        DesignError::finite_list("taps", &self.taps)?;
        let sum: f64 = self.taps.iter().map(|tap| libm::fabs(*tap)).sum();
        DesignError::unless(sum <= 1e100, "taps", "1e100 at most in sum of magnitudes", sum)?;
        Ok(FirKernel::new(self.taps.iter().rev().copied()))
    }
}

impl FirKernel {
    /// Weights of the samples, the oldest first.
    pub(super) fn new(oldest_first: impl Iterator<Item = f64>) -> Self {
        let mut weights = [0.0; MOST_TAPS];
        let mut count = 0;
        let mut sum = 0.0;
        for (to, weight) in weights.iter_mut().zip(oldest_first) {
            *to = weight;
            count += 1;
            sum += libm::fabs(weight);
        }
        Self { weights, count, largest: LARGEST / sum.max(1.0) }
    }
}

/// Sum of products, in four partial sums so that they can be formed side by side.
fn dot(weights: &[f64], window: &[f64]) -> f64 {
    let (mut fours, mut others) = ([0.0; 4], 0.0);
    let (w, x) = (weights.chunks_exact(4), window.chunks_exact(4));
    for (w, x) in w.remainder().iter().zip(x.remainder()) {
        others += w * x;
    }
    for (w, x) in w.zip(x) {
        for ((sum, w), x) in fours.iter_mut().zip(w).zip(x) {
            *sum += w * x;
        }
    }
    let [a, b, c, d] = fours;
    ((a + c) + (b + d)) + others
}

impl Kernel for FirKernel {
    type State = FirState;
    type Input = f64;
    type Output = f64;

    fn memory_len(&self) -> usize {
        2 * self.count
    }

    #[inline]
    fn step(&self, s: &mut FirState, memory: &mut [f64], x: f64) -> f64 {
        let x = limit(x, -self.largest, self.largest);
        if s.primed == 0 {
            s.primed = 1;
            memory.fill(x);
        }
        let half = memory.len() / 2;
        let at = s.at.checked_rem(half as u64).unwrap_or(0) as usize;
        s.at = at as u64 + 1;
        for slot in [at, at + half] {
            if let Some(slot) = memory.get_mut(slot) {
                *slot = x;
            }
        }
        let window = memory.get(at + 1..=at + half).unwrap_or_default();
        dot(self.weights.get(..self.count).unwrap_or_default(), window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn equals_the_plain_sum_and_starts_as_if_the_first_sample_had_always_been_there() {
        let taps: Vec<f64> = (0..11).map(|i| f64::from(i * 7 % 5) - 1.0).collect();
        let kernel = Fir { taps: List::new(&taps).unwrap() }.design(0.1).unwrap();
        let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let xs: Vec<f64> = (0..60u32).map(|i| f64::from(i * 7919 % 31) - 15.0).collect();
        for t in 0..xs.len() {
            let sum: f64 = taps.iter().enumerate().map(|(i, w)| w * xs[t.saturating_sub(i)]).sum();
            assert_eq!(running.update(xs[t]), sum, "sample {t}");
        }
    }
}
