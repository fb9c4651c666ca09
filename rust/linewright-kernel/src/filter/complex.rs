//! The little complex arithmetic that filter design needs.

use core::ops::{Add, Div, Mul, Neg, Sub};

/// `re + i*im`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Complex {
    pub(super) re: f64,
    pub(super) im: f64,
}

impl Complex {
    pub(super) const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }

    pub(super) const fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    pub(super) fn scaled(self, by: f64) -> Self {
        Self::new(self.re * by, self.im * by)
    }

    /// Square of the magnitude.
    pub(super) fn square(self) -> f64 {
        self.re * self.re + self.im * self.im
    }

    pub(super) fn abs(self) -> f64 {
        libm::hypot(self.re, self.im)
    }

    /// Principal root: its real part is not negative.
    pub(super) fn sqrt(self) -> Self {
        let size = self.abs();
        if size == 0.0 {
            return Self::default();
        }
        let half = libm::sqrt(0.5 * (size + libm::fabs(self.re)));
        let other = 0.5 * libm::fabs(self.im) / half;
        let (re, im) = if self.re >= 0.0 { (half, other) } else { (other, half) };
        Self::new(re, libm::copysign(im, self.im))
    }

    /// The one of a conjugate pair with a positive imaginary part.
    pub(super) fn upper(self) -> Self {
        Self::new(self.re, libm::fabs(self.im))
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.re - other.re, self.im - other.im)
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

impl Div for Complex {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let size = other.square();
        Self::new(
            (self.re * other.re + self.im * other.im) / size,
            (self.im * other.re - self.re * other.im) / size,
        )
    }
}

impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_squared_is_the_number_and_a_quotient_times_the_divisor_too() {
        for (re, im) in [(3.0, 4.0), (-3.0, 4.0), (-3.0, -1e-9), (0.0, 2.0), (5.0, 0.0)] {
            let z = Complex::new(re, im);
            let w = Complex::new(0.3, -1.7);
            for again in [z.sqrt() * z.sqrt(), z / w * w] {
                assert!((again - z).abs() <= 1e-15 * z.abs(), "{again:?} for {z:?}");
            }
            assert!(z.sqrt().re >= 0.0);
        }
    }
}
