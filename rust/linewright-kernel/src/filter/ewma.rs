//! Exponentially weighted moving average, the discrete first-order lag.
//!
//! `y += a * (x - y)` with `a = 1 - exp(-period_s / time_constant_s)`; the first sample is taken
//! as it is, so there is no start-up transient. `y` carries the unit of `x`.

use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, Packed, Port, Real, WIDTH};

/// Config of the moving average.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ewma {
    /// Time to reach 63 % of a step, s; positive.
    pub time_constant_s: f64,
}

/// Coefficients of [`Ewma`].
#[derive(Debug, Clone, Copy)]
pub struct EwmaKernel<R = f64> {
    a: R,
}

/// State of [`Ewma`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct EwmaState {
    y: f64,
    primed: u64,
}

impl Design for Ewma {
    type Kernel = EwmaKernel;
    const NAME: &'static str = "Ewma";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<EwmaKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("time_constant_s", self.time_constant_s)?;
        Ok(EwmaKernel { a: -libm::expm1(-period_s / self.time_constant_s) })
    }
}

impl Kernel for EwmaKernel {
    type State = EwmaState;
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut EwmaState, _: &mut [f64], x: f64) -> f64 {
        let [y] = Self::advance(self, bytemuck::cast_mut(s), [x]);
        y
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for EwmaKernel {
    type Of<R: Real> = EwmaKernel<R>;
    type Words<R: Real> = [R; 2];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 1];

    fn widen(lanes: &[Self; WIDTH]) -> Option<EwmaKernel<Pack>> {
        Some(EwmaKernel { a: side_by_side!(lanes.a) })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &EwmaKernel<R>, [y, primed]: &mut [R; 2], [x]: [R; 1]) -> [R; 1] {
        let first = primed.is_unset();
        if R::any(first) {
            *y = R::select(first, x, *y);
            *primed = R::select(first, R::set(), *primed);
        }
        *y = *y + of.a * (x - *y);
        [*y]
    }
}
