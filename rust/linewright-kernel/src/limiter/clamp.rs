//! Clamp: `y = min(max(x, lo), hi)`, `limited = 1` when that changed `x`.
//!
//! All but `limited` carry one unit.

use crate::number::{flag, limit};
use crate::{Design, DesignError, Kernel, Port};

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
pub struct ClampKernel {
    lo: f64,
    hi: f64,
}

impl Design for Clamp {
    type Kernel = ClampKernel;
    const NAME: &'static str = "Clamp";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("limited", "1")];

    fn design(&self, period_s: f64) -> Result<ClampKernel, DesignError> {
        DesignError::positive("period_s", period_s)?;
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
        [limit(x, self.lo, self.hi), flag(x < self.lo || x > self.hi)]
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
