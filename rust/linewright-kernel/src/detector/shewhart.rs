//! Shewhart chart of single readings (Shewhart 1931): finds spikes and large shifts at once.
//!
//! `z = (x - mean) / sigma`; `alarm = +1` when `z > limit_sigma`, `-1` when `z < -limit_sigma`, else 0.
//! `mean`, `sigma` carry the unit of `x`; the rest is dimensionless. The limit for a false-alarm
//! budget: [`super::arl::shewhart_limit_for_arl0`].

use super::arl::{shewhart_arl, shewhart_limit_for_arl0};
use super::{Baseline, Chart, side};
use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, Packed, Port, Real, WIDTH};

/// Config of the Shewhart chart.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shewhart {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Half width of the limits, sigma; positive, usually 3.
    pub limit_sigma: f64,
}

/// Coefficients of [`Shewhart`].
#[derive(Debug, Clone, Copy)]
pub struct ShewhartKernel<R = f64> {
    baseline: Baseline<R>,
    limit: R,
}

impl Design for Shewhart {
    type Kernel = ShewhartKernel;
    const NAME: &'static str = "Shewhart";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("z", "1"), Port::new("alarm", "1")];

    fn design(&self, period_s: f64) -> Result<ShewhartKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        DesignError::positive("limit_sigma", self.limit_sigma)?;
        Ok(ShewhartKernel { baseline, limit: self.limit_sigma })
    }
}

impl Chart for Shewhart {
    const THRESHOLD: &'static str = "limit_sigma";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        shewhart_arl(self.limit_sigma, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { limit_sigma: shewhart_limit_for_arl0(arl0)?, ..self })
    }
}

impl Kernel for ShewhartKernel {
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

impl Packed for ShewhartKernel {
    type Of<R: Real> = ShewhartKernel<R>;
    type Words<R: Real> = [R; 0];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 2];

    fn widen(lanes: &[Self; WIDTH]) -> Option<ShewhartKernel<Pack>> {
        Some(ShewhartKernel {
            baseline: Baseline::widen(lanes.map(|lane| lane.baseline)),
            limit: side_by_side!(lanes.limit),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &ShewhartKernel<R>, []: &mut [R; 0], [x]: [R; 1]) -> [R; 2] {
        let z = of.baseline.z(x);
        [z, side(z, of.limit)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn alarms_beyond_the_limit_and_not_at_it() {
        let kernel = Shewhart { mean: 10.0, sigma: 2.0, limit_sigma: 3.0 }.design(1.0).unwrap();
        let mut running = Running::new(kernel, []);
        assert_eq!(running.update(16.0), [3.0, 0.0]);
        assert_eq!(running.update(16.5), [3.25, 1.0]);
        assert_eq!(running.update(3.0), [-3.5, -1.0]);
        assert_eq!(running.update(10.0), [0.0, 0.0]);
    }
}
