//! From one unit to another: `y = gain*x + offset`.
//!
//! A raw signal becomes a physical one (4 to 20 mA to kPa), or one unit another; in a plan the output edge carries the
//! new unit. `gain` is in units of `y` per unit of `x`, `offset` in units of `y`. What does not fit into 1e300 is
//! limited to it.

use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the unit conversion.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitConversion {
    /// Units of `y` per unit of `x`; not zero, at most 1e100 in magnitude.
    pub gain: f64,
    /// `y` at `x = 0`, in units of `y`; 0 by default, at most 1e300 in magnitude.
    #[serde(default)]
    pub offset: f64,
}

/// Coefficients of [`UnitConversion`].
#[derive(Debug, Clone, Copy)]
pub struct UnitConversionKernel {
    gain: f64,
    offset: f64,
}

impl Design for UnitConversion {
    type Kernel = UnitConversionKernel;
    const NAME: &'static str = "UnitConversion";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "b")];

    fn design(&self, period_s: f64) -> Result<UnitConversionKernel, DesignError> {
        DesignError::period(period_s)?;
        let size = libm::fabs(self.gain);
        let usable = size > 0.0 && size <= 1e100;
        DesignError::unless(usable, "gain", "not zero and at most 1e100", self.gain)?;
        let usable = libm::fabs(self.offset) <= 1e300;
        DesignError::unless(usable, "offset", "at most 1e300 in magnitude", self.offset)?;
        Ok(UnitConversionKernel { gain: self.gain, offset: self.offset })
    }
}

impl Kernel for UnitConversionKernel {
    type State = ();
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, (): &mut (), _: &mut [f64], x: f64) -> f64 {
        saturate(saturate(self.gain * x) + self.offset)
    }
}
