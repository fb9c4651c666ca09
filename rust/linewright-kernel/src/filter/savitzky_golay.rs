//! Savitzky-Golay filter (1964): a polynomial laid through the last samples, or its slope.
//!
//! `y` is the value at one place of the window, or the `derivative`th derivative there, of the polynomial of degree
//! `degree` that fits the last `window` samples best: a weighted sum of them. At the `"centre"` it is quietest and
//! `(window - 1)/2` samples late; at the `"end"` it is not late for any signal that such a polynomial follows, and
//! noisier. `y` has the unit of `x` per second for each derivative. The first sample is taken as if it had been there for
//! ever. Weights by Gram's polynomials (Gorry 1990), exact to rounding for any window.

use super::fir::{FirKernel, MOST_TAPS};
use crate::{Design, DesignError, Port};

/// Highest degree of the polynomial.
const MOST_DEGREE: usize = 8;

/// Config of the Savitzky-Golay filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavitzkyGolay {
    /// Samples fitted, the newest included; odd, 3 to 255.
    pub window: u32,
    /// Degree of the polynomial; 0 to 8 and less than `window`.
    pub degree: u32,
    /// Which derivative; 0 (default: the value) to `degree`.
    #[serde(default)]
    pub derivative: u32,
    /// Where: `"end"` (default; no delay) or `"centre"` (`(window - 1)/2` samples late).
    #[serde(default)]
    pub place: Place,
}

/// Where in the window a [`SavitzkyGolay`] filter looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At the newest sample.
    #[default]
    End,
    /// At the middle sample.
    Centre,
}

impl Design for SavitzkyGolay {
    type Kernel = FirKernel;
    const NAME: &'static str = "SavitzkyGolay";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "b")];

    fn design(&self, period_s: f64) -> Result<FirKernel, DesignError> {
        DesignError::period(period_s)?;
        let window = self.window as usize;
        let fits = window % 2 == 1 && (3..=MOST_TAPS).contains(&window);
        DesignError::unless(fits, "window", "odd, 3 to 255", window as f64)?;
        let degree = self.degree as usize;
        let fits = degree <= MOST_DEGREE && degree < window;
        DesignError::unless(fits, "degree", "0 to 8 and less than window", degree as f64)?;
        let fits = self.derivative <= self.degree;
        let given = f64::from(self.derivative);
        DesignError::unless(fits, "derivative", "0 to degree", given)?;
        let scale = libm::pow(period_s, -given);
        DesignError::unless(
            scale <= 1e90,
            "period_s",
            "long enough for this derivative",
            period_s,
        )?;
        let half = (window / 2) as f64;
        let at = match self.place {
            Place::End => half,
            Place::Centre => 0.0,
        };
        let weight = |i: usize| {
            let i = i as f64 - half;
            (0..=degree)
                .map(|k| norm(k, half) * gram(k, half, i, 0) * gram(k, half, at, self.derivative))
                .sum::<f64>()
                * scale
        };
        Ok(FirKernel::new((0..window).map(weight)))
    }
}

/// `(2k + 1) * (2m)(2m-1)...(2m-k+1) / ((2m+k+1)(2m+k)...(2m+1))`: one over the square of Gram's polynomial.
fn norm(k: usize, half: f64) -> f64 {
    let (mut up, mut down) = (2.0 * k as f64 + 1.0, 2.0 * half + k as f64 + 1.0);
    for j in 0..k {
        up *= 2.0 * half - j as f64;
        down *= 2.0 * half + k as f64 - j as f64;
    }
    up / down
}

/// The `s`th derivative of Gram's polynomial of degree `k` over `-half..=half`, at `i`, by its recurrence.
fn gram(k: usize, half: f64, i: f64, s: u32) -> f64 {
    // Rows: degree two below, one below; columns: derivative.
    let mut one = [0.0; MOST_DEGREE + 1];
    let mut now = one;
    if let Some(value) = now.first_mut() {
        *value = 1.0;
    }
    for degree in 1..=k {
        let two = one;
        one = now;
        let d = degree as f64;
        let below = d * (2.0 * half - d + 1.0);
        let (a, b) = (2.0 * (2.0 * d - 1.0) / below, (d - 1.0) * (2.0 * half + d) / below);
        let mut lower = 0.0;
        for (s, ((now, one), two)) in now.iter_mut().zip(&one).zip(&two).enumerate() {
            *now = a * (i * one + s as f64 * lower) - b * two;
            lower = *one;
        }
    }
    now.get(s as usize).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kernel, Running};

    #[test]
    fn a_polynomial_and_its_slope_come_out_exactly() {
        let period_s = 0.1;
        let value = |t: f64| 2.0 - 3.0 * t + 0.5 * t * t * t;
        let slope = |t: f64| -3.0 + 1.5 * t * t;
        for (place, late) in [(Place::End, 0.0), (Place::Centre, 7.0)] {
            for derivative in [0, 1] {
                let config = SavitzkyGolay { window: 15, degree: 3, derivative, place };
                let kernel = config.design(period_s).unwrap();
                let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()]);
                for n in 0..60 {
                    let y = running.update(value(f64::from(n) * period_s));
                    let t = (f64::from(n) - late) * period_s;
                    let expected = if derivative == 0 { value(t) } else { slope(t) };
                    assert!(n < 15 || (y - expected).abs() < 1e-11 * expected.abs().max(1.0));
                }
            }
        }
    }
}
