//! Noise for tens of thousands of samples per weld: nearly normal deviates from whole numbers.
//!
//! The eight bytes of one SplitMix64 word, added: Irwin (1927) and Hall (1927) give mean 1020, standard deviation
//! `sqrt(8*(256^2 - 1)/12) = 209.02`, kurtosis 2.85, no deviate beyond 4.88. No transcendental function, a nanosecond.

use crate::random::{STEP, mix};

const MEAN: f64 = 1020.0;
/// One over the standard deviation of the sum of eight bytes.
const INV_SD: f64 = 0.004_784_171_2;
const LOW_BYTES: u64 = 0x00FF_00FF_00FF_00FF;
const ADD: u64 = 0x0001_0001_0001_0001;

/// A stream of such deviates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hiss(u64);

impl Hiss {
    /// The stream number `stream` of `seed`.
    pub fn new(seed: u64, stream: u64) -> Self {
        Hiss(mix(seed.wrapping_add(STEP) ^ mix(stream.wrapping_mul(STEP) ^ 0x6869_7373)))
    }

    /// Mean 0, standard deviation 1, dimensionless.
    #[inline(always)]
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(STEP);
        let word = mix(self.0);
        let pairs = (word & LOW_BYTES) + ((word >> 8) & LOW_BYTES);
        let sum = (pairs.wrapping_mul(ADD) >> 48) as u32;
        (f64::from(sum) - MEAN) * INV_SD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_are_nearly_normal_and_repeat() {
        let (mut hiss, mut again) = (Hiss::new(3, 1), Hiss::new(3, 1));
        let n = 200_000;
        let (mut sum, mut square, mut fourth, mut lag) = (0.0, 0.0, 0.0, 0.0);
        let mut before = 0.0;
        for _ in 0..n {
            let z = hiss.next();
            assert_eq!(z.to_bits(), again.next().to_bits());
            sum += z;
            square += z * z;
            fourth += z * z * z * z;
            lag += z * before;
            before = z;
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.01 && (lag / n).abs() < 0.01);
        assert!((square / n - 1.0).abs() < 0.01, "variance {}", square / n);
        assert!((fourth / n - 2.85).abs() < 0.06, "kurtosis {}", fourth / n);
    }
}
