//! Clamp: `y = min(max(x, lo), hi)`, `limited = 1` when that changed `x`.
//!
//! All but `limited` carry one unit.

use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, Packed, Port, Real, WIDTH};

/// Config of the clamp.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clamp {
    /// Lowest output, unit of `x`.
    pub lo: f64,
    /// Highest output, unit of `x`; not below `lo`.
    pub hi: f64,
}

/// Coefficients of [`Clamp`].
#[derive(Debug, Clone, Copy)]
pub struct ClampKernel<R = f64> {
    lo: R,
    hi: R,
}

impl Design for Clamp {
    type Kernel = ClampKernel;
    const NAME: &'static str = "Clamp";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("limited", "1")];

    fn design(&self, period_s: f64) -> Result<ClampKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::unless(self.lo.is_finite(), "lo", "finite", self.lo)?;
        let above = self.hi.is_finite() && self.hi >= self.lo;
        DesignError::unless(above, "hi", "finite and not below lo", self.hi)?;
        Ok(ClampKernel { lo: self.lo, hi: self.hi })
    }
}

impl Kernel for ClampKernel {
    type State = ();
    type Input = f64;
    type Output = [f64; 2];

    #[inline]
    fn step(&self, (): &mut (), _: &mut [f64], x: f64) -> [f64; 2] {
        Self::advance(self, &mut [], [x])
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for ClampKernel {
    type Of<R: Real> = ClampKernel<R>;
    type Words<R: Real> = [R; 0];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 2];

    fn widen(lanes: &[Self; WIDTH]) -> Option<ClampKernel<Pack>> {
        Some(ClampKernel { lo: side_by_side!(lanes.lo), hi: side_by_side!(lanes.hi) })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &ClampKernel<R>, []: &mut [R; 0], [x]: [R; 1]) -> [R; 2] {
        [x.limit(of.lo, of.hi), R::flag(x.below(of.lo) | x.above(of.hi))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn stays_between_its_limits_and_says_when_it_limits() {
        let kernel = Clamp { lo: -1.0, hi: 2.0 }.design(1.0).unwrap();
        let mut running = Running::new(kernel, []);
        assert_eq!(running.update(-1.0), [-1.0, 0.0]);
        assert_eq!(running.update(-1.5), [-1.0, 1.0]);
        assert_eq!(running.update(9.0), [2.0, 1.0]);
        assert_eq!(running.update(0.5), [0.5, 0.0]);
    }
}
