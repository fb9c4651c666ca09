//! Split range: one `mv` over two actuators, the first below `split`, the second above it.
//!
//! ```text
//! first  = line through (lo, first_at_lo) and (split - deadband/2, first_at_split), held beyond both
//! second = line through (split + deadband/2, second_at_split) and (hi, second_at_hi), held beyond both
//! ```
//! Cooling and heating: `first` falls from 100 at `lo` to 0 at the split, `second` rises from 0 to 100. The
//! loop keeps one gain when `(split - lo)/(hi - lo) = g1/(g1 + g2)`, `g` the plant's gain for the whole
//! travel of each actuator (its size). A `deadband` keeps both from working against each other near the
//! split, at the price of a stretch where `mv` moves nothing; zero when they may overlap.

use crate::number::limit;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the split range.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitRange {
    /// `mv` at which `first` is `first_at_lo`; at most 1e100 in magnitude.
    pub lo: f64,
    /// `mv` at which one hands over to the other; above `lo`.
    pub split: f64,
    /// `mv` at which `second` is `second_at_hi`; above `split`, at most 1e100.
    pub hi: f64,
    /// `first` at `lo`; at most 1e100 in magnitude.
    pub first_at_lo: f64,
    /// `first` at `split` and above; at most 1e100 in magnitude.
    pub first_at_split: f64,
    /// `second` at `split` and below; at most 1e100 in magnitude.
    pub second_at_split: f64,
    /// `second` at `hi`; at most 1e100 in magnitude.
    pub second_at_hi: f64,
    /// Width around `split` in which both rest, unit of `mv`; zero or more, less than either part twice.
    #[serde(default)]
    pub deadband: f64,
}

/// A line held beyond both its ends.
#[derive(Debug, Clone, Copy)]
struct Line {
    from: f64,
    per_width: f64,
    start: f64,
    end: f64,
}

impl Line {
    #[inline]
    fn at(&self, x: f64) -> f64 {
        let part = limit((x - self.from) * self.per_width, 0.0, 1.0);
        // Both ends to the bit.
        self.start * (1.0 - part) + self.end * part
    }
}

/// Coefficients of [`SplitRange`].
#[derive(Debug, Clone, Copy)]
pub struct SplitRangeKernel {
    first: Line,
    second: Line,
}

impl Design for SplitRange {
    type Kernel = SplitRangeKernel;
    const NAME: &'static str = "SplitRange";
    const INPUTS: &'static [Port] = &[Port::new("mv", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("first", "b"), Port::new("second", "c")];

    fn design(&self, period_s: f64) -> Result<SplitRangeKernel, DesignError> {
        DesignError::period(period_s)?;
        let small = |name, x: f64| {
            DesignError::unless(libm::fabs(x) <= 1e100, name, "at most 1e100 in magnitude", x)
        };
        small("lo", self.lo)?;
        small("hi", self.hi)?;
        let above = self.split.is_finite() && self.split > self.lo;
        DesignError::unless(above, "split", "finite and above lo", self.split)?;
        DesignError::unless(self.hi > self.split, "hi", "above split", self.hi)?;
        small("first_at_lo", self.first_at_lo)?;
        small("first_at_split", self.first_at_split)?;
        small("second_at_split", self.second_at_split)?;
        small("second_at_hi", self.second_at_hi)?;
        DesignError::not_negative("deadband", self.deadband)?;
        let (below, above) = (self.split - 0.5 * self.deadband, self.split + 0.5 * self.deadband);
        let narrow = below > self.lo && above < self.hi;
        let must_be = "less than twice the part below and the part above split";
        DesignError::unless(narrow, "deadband", must_be, self.deadband)?;
        let line = |from: f64, to: f64, start: f64, end: f64| Line {
            from,
            per_width: (1.0 / (to - from)).min(f64::MAX),
            start,
            end,
        };
        Ok(SplitRangeKernel {
            first: line(self.lo, below, self.first_at_lo, self.first_at_split),
            second: line(above, self.hi, self.second_at_split, self.second_at_hi),
        })
    }
}

impl Kernel for SplitRangeKernel {
    type State = ();
    type Input = f64;
    type Output = [f64; 2];

    #[inline]
    fn step(&self, (): &mut (), _: &mut [f64], mv: f64) -> [f64; 2] {
        [self.first.at(mv), self.second.at(mv)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn cool_and_heat(deadband: f64) -> SplitRange {
        SplitRange {
            lo: 0.0,
            split: 40.0,
            hi: 100.0,
            first_at_lo: 100.0,
            first_at_split: 0.0,
            second_at_split: 0.0,
            second_at_hi: 100.0,
            deadband,
        }
    }

    #[test]
    fn one_works_at_a_time_and_both_ends_are_met_to_the_bit() {
        let mut split = Running::new(cool_and_heat(4.0).design(1.0).unwrap(), []);
        assert_eq!(split.update(0.0), [100.0, 0.0]);
        assert_eq!(split.update(-9.0), [100.0, 0.0]);
        assert_eq!(split.update(19.0), [50.0, 0.0]);
        for at in [38.0, 40.0, 42.0] {
            assert_eq!(split.update(at), [0.0, 0.0]);
        }
        assert_eq!(split.update(71.0), [0.0, 50.0]);
        assert_eq!(split.update(130.0), [0.0, 100.0]);
        for i in 0..1000 {
            let [first, second] = split.update(f64::from(i) * 0.1);
            assert!(first * second == 0.0 && (0.0..=100.0).contains(&first));
        }
    }

    #[test]
    fn the_split_of_the_doc_keeps_the_loop_gain() {
        // Sizes 2 and 3 to 40:60 of the range.
        let mut split = Running::new(cool_and_heat(0.0).design(1.0).unwrap(), []);
        let mut heat = |mv: f64| {
            let [first, second] = split.update(mv);
            3.0 * second - 2.0 * first
        };
        let (below, above) = (heat(21.0) - heat(20.0), heat(81.0) - heat(80.0));
        assert!((below - above).abs() < 1e-12 && below > 0.0);
    }
}
