//! Slew limit: `y` follows `x` by at most `up_per_s` and `down_per_s`.
//!
//! `y += min(max(x - y, -down_per_s * period_s), up_per_s * period_s)`; starts at the first sample.

use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, Packed, Port, Real, WIDTH};

/// Config of the slew limit.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slew {
    /// Fastest rise, unit of `x` per second; positive.
    pub up_per_s: f64,
    /// Fastest fall, unit of `x` per second; positive.
    pub down_per_s: f64,
}

/// Coefficients of [`Slew`].
#[derive(Debug, Clone, Copy)]
pub struct SlewKernel<R = f64> {
    up: R,
    down: R,
}

/// State of [`Slew`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SlewState {
    y: f64,
    primed: u64,
}

impl Design for Slew {
    type Kernel = SlewKernel;
    const NAME: &'static str = "Slew";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<SlewKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("up_per_s", self.up_per_s)?;
        DesignError::positive("down_per_s", self.down_per_s)?;
        Ok(SlewKernel { up: self.up_per_s * period_s, down: self.down_per_s * period_s })
    }
}

impl Kernel for SlewKernel {
    type State = SlewState;
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut SlewState, _: &mut [f64], x: f64) -> f64 {
        let [y] = Self::advance(self, bytemuck::cast_mut(s), [x]);
        y
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for SlewKernel {
    type Of<R: Real> = SlewKernel<R>;
    type Words<R: Real> = [R; 2];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 1];

    fn widen(lanes: &[Self; WIDTH]) -> Option<SlewKernel<Pack>> {
        Some(SlewKernel { up: side_by_side!(lanes.up), down: side_by_side!(lanes.down) })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &SlewKernel<R>, [y, primed]: &mut [R; 2], [x]: [R; 1]) -> [R; 1] {
        let first = primed.is_unset();
        if R::any(first) {
            *y = R::select(first, x, *y);
            *primed = R::select(first, R::set(), *primed);
        }
        let wanted = x - *y;
        // Landing on `x` itself, not on `y + (x - y)`, leaves no rounding behind.
        let fallen = R::select(wanted.below(-of.down), *y - of.down, x);
        *y = R::select(wanted.above(of.up), *y + of.up, fallen);
        [*y]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn rises_and_falls_at_its_own_rates_and_arrives() {
        let kernel = Slew { up_per_s: 1.0, down_per_s: 4.0 }.design(0.5).unwrap();
        let mut running = Running::new(kernel, []);
        assert_eq!(running.update(10.0), 10.0);
        assert_eq!(running.update(11.2), 10.5);
        assert_eq!(running.update(11.2), 11.0);
        assert_eq!(running.update(11.2), 11.2);
        assert_eq!(running.update(0.0), 9.2);
    }
}
