//! Exponentially weighted moving average, the discrete first-order lag.
//!
//! `y += a * (x - y)` with `a = 1 - exp(-period_s / time_constant_s)`; the first sample is taken
//! as it is, so there is no start-up transient. `y` carries the unit of `x`.

use crate::{Design, DesignError, Kernel, Port};

/// Config of the moving average.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ewma {
    /// Time to reach 63 % of a step, s; positive.
    pub time_constant_s: f64,
}

/// Coefficients of [`Ewma`].
#[derive(Debug, Clone, Copy)]
pub struct EwmaKernel {
    a: f64,
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
        DesignError::positive("period_s", period_s)?;
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
        if s.primed == 0 {
            *s = EwmaState { y: x, primed: 1 };
        }
        s.y += self.a * (x - s.y);
        s.y
    }
}
