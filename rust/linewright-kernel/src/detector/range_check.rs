//! Range check: finds a reading that cannot be, with hysteresis.
//!
//! `side = +1` when `x > hi`, until `x <= hi - hysteresis`; `-1` when `x < lo`, until `x >= lo + hysteresis`; in both
//! cases until that has been so for `clear_after_s`. `y = x` while `side = 0`, else the last `y`: what the reading was
//! before. Before a reading was inside, `y` is the limit nearest to it.

use super::linger::Linger;
use crate::number::limit;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the range check.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeCheck {
    /// Least possible reading, unit of `x`.
    pub lo: f64,
    /// Largest possible reading, unit of `x`; above `lo`.
    pub hi: f64,
    /// How far inside a reading must come back, unit of `x`; zero up to half the range (default 0).
    #[serde(default)]
    pub hysteresis: f64,
    /// Time for which it must be inside before the flag goes, s; zero or more (default 0).
    #[serde(default)]
    pub clear_after_s: f64,
}

/// Coefficients of [`RangeCheck`].
#[derive(Debug, Clone, Copy)]
pub struct RangeCheckKernel {
    lo: f64,
    hi: f64,
    hysteresis: f64,
    linger: Linger,
}

/// State of [`RangeCheck`]; zero is no reading yet.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RangeCheckState {
    y: f64,
    side: f64,
    left: f64,
    /// On when `y` was a reading.
    has_y: u64,
}

impl Design for RangeCheck {
    type Kernel = RangeCheckKernel;
    const NAME: &'static str = "RangeCheck";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("side", "1")];

    fn design(&self, period_s: f64) -> Result<RangeCheckKernel, DesignError> {
        DesignError::period(period_s)?;
        let largest = crate::number::LARGEST;
        let bound = "finite, at most 1e300 in magnitude";
        DesignError::unless(libm::fabs(self.lo) <= largest, "lo", bound, self.lo)?;
        let usable = self.hi > self.lo && self.hi <= largest;
        DesignError::unless(usable, "hi", "above lo, at most 1e300", self.hi)?;
        let half = 0.5 * self.hi - 0.5 * self.lo;
        let inside = (0.0..=half).contains(&self.hysteresis);
        DesignError::unless(inside, "hysteresis", "zero up to half the range", self.hysteresis)?;
        let linger = Linger::new(self.clear_after_s, period_s)?;
        Ok(RangeCheckKernel { lo: self.lo, hi: self.hi, hysteresis: self.hysteresis, linger })
    }
}

impl Kernel for RangeCheckKernel {
    type State = RangeCheckState;
    type Input = f64;
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut RangeCheckState, _: &mut [f64], x: f64) -> [f64; 2] {
        let hi = self.hi - if s.side > 0.0 { self.hysteresis } else { 0.0 };
        let lo = self.lo + if s.side < 0.0 { self.hysteresis } else { 0.0 };
        let side = f64::from(i8::from(x > hi) - i8::from(x < lo));
        let flagged = self.linger.flag(&mut s.left, side != 0.0);
        if !flagged {
            *s = RangeCheckState { y: x, side: 0.0, left: 0.0, has_y: 1 };
        } else if side != 0.0 {
            s.side = side;
        }
        if s.has_y == 0 {
            s.y = limit(x, self.lo, self.hi);
        }
        [limit(s.y, self.lo, self.hi), limit(s.side, -1.0, 1.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn run(clear_after_s: f64, xs: &[f64]) -> Vec<[f64; 2]> {
        let config = RangeCheck { lo: 0.0, hi: 10.0, hysteresis: 1.0, clear_after_s };
        let mut running = Running::new(config.design(0.1).unwrap(), []);
        xs.iter().map(|x| running.update(*x)).collect()
    }

    #[test]
    fn holds_the_last_good_reading_until_well_inside() {
        let out = run(0.0, &[5.0, 10.0, 10.5, 9.5, 9.0, -0.5, 0.5, 1.0]);
        let expected = [
            [5.0, 0.0],
            [10.0, 0.0],
            [10.0, 1.0],
            [10.0, 1.0],
            [9.0, 0.0],
            [9.0, -1.0],
            [9.0, -1.0],
            [1.0, 0.0],
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn starts_at_the_nearest_limit_and_changes_sides_at_once() {
        assert_eq!(run(0.0, &[12.0, -3.0, 4.0]), [[10.0, 1.0], [0.0, -1.0], [4.0, 0.0]]);
    }

    #[test]
    fn must_be_inside_for_a_while() {
        let sides: Vec<f64> = run(0.2, &[5.0, 11.0, 5.0, 5.0, 5.0]).iter().map(|o| o[1]).collect();
        assert_eq!(sides, [0.0, 1.0, 1.0, 1.0, 0.0]);
    }
}
