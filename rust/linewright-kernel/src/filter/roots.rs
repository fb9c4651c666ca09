//! Zeros or poles of a real filter: conjugate pairs and real numbers.

use super::complex::Complex;
use super::fixed::Fixed;

/// Roots of a real polynomial of degree 16 at most.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Roots {
    /// One of each conjugate pair, the one with the positive imaginary part.
    pub(super) pairs: Fixed<Complex, 8>,
    pub(super) reals: Fixed<f64, 16>,
}

impl Roots {
    /// Degree of the polynomial.
    pub(super) fn degree(&self) -> usize {
        2 * self.pairs.len() + self.reals.len()
    }

    /// Adds the real root `r` so many times.
    pub(super) fn add_reals(&mut self, r: f64, times: usize) {
        for _ in 0..times {
            self.reals.push(r);
        }
    }

    /// Adds both roots of `s^2 - 2*h*s + c = 0`. The larger is found first and gives the smaller,
    /// so that neither is the difference of two near numbers.
    pub(super) fn add_quadratic(&mut self, h: f64, c: f64) {
        let d = h * h - c;
        if d < 0.0 {
            self.pairs.push(Complex::new(h, libm::sqrt(-d)));
            return;
        }
        let larger = h + libm::copysign(libm::sqrt(d), h);
        self.reals.push(larger);
        self.reals.push(if larger == 0.0 { 0.0 } else { c / larger });
    }

    /// Every pair through `pair` and every real root through `real`.
    pub(super) fn map(&self, pair: impl Fn(Complex) -> Complex, real: impl Fn(f64) -> f64) -> Self {
        let mut out = Self::default();
        for p in self.pairs.iter() {
            out.pairs.push(pair(*p).upper());
        }
        for r in self.reals.iter() {
            out.reals.push(real(*r));
        }
        out
    }
}
