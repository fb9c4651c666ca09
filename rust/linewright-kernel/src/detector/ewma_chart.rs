//! EWMA chart (Roberts 1959): finds small and middling shifts, quiet about single spikes.
//!
//! `e += weight * (u - e)` with `u = (x - mean)/sigma`; its variance in control after `t` samples is
//! `v(t) = weight/(2 - weight) * (1 - (1 - weight)^(2t))`. Output `z = e / sqrt(v)` and `alarm = +1`
//! when `z > limit_sigma`, `-1` when `z < -limit_sigma`. `exact_start` uses `v(t)`, which finds a shift
//! present from the start sooner ([`super::arl::ewma_arl_exact_start`]); else the limit `v(inf)` is used,
//! which is what the tabulated run lengths assume ([`super::arl::ewma_arl`]).

use super::arl::{
    ewma_arl, ewma_arl_exact_start, ewma_limit_for_arl0, ewma_limit_for_arl0_exact_start,
};
use super::{Baseline, Chart, side};
use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, PackBits, Packed, Port, Real, WIDTH};

/// Config of the EWMA chart.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EwmaChart {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Weight of the newest sample, more than 0 up to 1, dimensionless.
    pub weight: f64,
    /// Half width of the limits in standard deviations of the average; positive.
    pub limit_sigma: f64,
    /// Narrow the limits at the start as the variance of the average is still small.
    pub exact_start: bool,
}

/// Coefficients of [`EwmaChart`].
#[derive(Debug, Clone, Copy)]
pub struct EwmaChartKernel<R: Real = f64> {
    baseline: Baseline<R>,
    weight: R,
    settled_variance: R,
    limit: R,
    exact_start: R::Mask,
}

/// State of [`EwmaChart`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct EwmaChartState {
    e: f64,
    /// `1 - (1 - weight)^(2t)`.
    settled: f64,
}

impl Design for EwmaChart {
    type Kernel = EwmaChartKernel;
    const NAME: &'static str = "EwmaChart";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("z", "1"), Port::new("alarm", "1")];

    fn design(&self, period_s: f64) -> Result<EwmaChartKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        let usable = (1e-6..=1.0).contains(&self.weight);
        DesignError::unless(usable, "weight", "from 1e-6 to 1", self.weight)?;
        DesignError::positive("limit_sigma", self.limit_sigma)?;
        Ok(EwmaChartKernel {
            baseline,
            weight: self.weight,
            settled_variance: self.weight / (2.0 - self.weight),
            limit: self.limit_sigma,
            exact_start: self.exact_start,
        })
    }
}

impl Chart for EwmaChart {
    const THRESHOLD: &'static str = "limit_sigma";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        let arl = if self.exact_start { ewma_arl_exact_start } else { ewma_arl };
        arl(self.weight, self.limit_sigma, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        let exact = self.exact_start;
        let limit = if exact { ewma_limit_for_arl0_exact_start } else { ewma_limit_for_arl0 };
        Ok(Self { limit_sigma: limit(self.weight, arl0)?, ..self })
    }
}

impl Kernel for EwmaChartKernel {
    type State = EwmaChartState;
    type Input = f64;
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut EwmaChartState, _: &mut [f64], x: f64) -> [f64; 2] {
        Self::advance(self, bytemuck::cast_mut(s), [x])
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for EwmaChartKernel {
    type Of<R: Real> = EwmaChartKernel<R>;
    type Words<R: Real> = [R; 2];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 2];

    fn widen(lanes: &[Self; WIDTH]) -> Option<EwmaChartKernel<Pack>> {
        Some(EwmaChartKernel {
            baseline: Baseline::widen(lanes.map(|lane| lane.baseline)),
            weight: side_by_side!(lanes.weight),
            settled_variance: side_by_side!(lanes.settled_variance),
            limit: side_by_side!(lanes.limit),
            exact_start: PackBits::masks(lanes.map(|lane| lane.exact_start)),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &EwmaChartKernel<R>, [e, settled]: &mut [R; 2], [x]: [R; 1]) -> [R; 2] {
        let one = R::of(1.0);
        *e = *e + of.weight * (of.baseline.z(x) - *e);
        *settled = *settled + (one - *settled) * of.weight * (R::of(2.0) - of.weight);
        let v = of.settled_variance * R::select(of.exact_start, *settled, one);
        let z = (*e / v.sqrt()).saturate();
        [z, side(z, of.limit)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn chart(exact_start: bool) -> Running<EwmaChartKernel, [f64; 0]> {
        let config =
            EwmaChart { mean: 0.0, sigma: 1.0, weight: 0.2, limit_sigma: 3.0, exact_start };
        Running::new(config.design(1.0).unwrap(), [])
    }

    #[test]
    fn the_first_reading_with_an_exact_start_is_its_own_z() {
        // e = 0.2 * u has standard deviation 0.2, so z = u.
        assert!((chart(true).update(2.5)[0] - 2.5).abs() < 1e-12);
        assert!((chart(false).update(2.5)[0] - 0.5 / (0.2_f64 / 1.8).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_limits_agree_once_settled() {
        let (mut a, mut b) = (chart(true), chart(false));
        for t in 0..200u32 {
            let x = f64::from(t % 7) - 3.0;
            let (za, zb) = (a.update(x)[0], b.update(x)[0]);
            if t > 100 {
                assert!((za - zb).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_shift_of_two_sigma_alarms_on_its_own_side() {
        let mut running = chart(false);
        let first = (0..20).position(|_| running.update(-2.0)[1] == -1.0);
        assert_eq!(first, Some(3)); // e = -2 (1 - 0.8^t) passes -3/3 = -1 at t = 4
    }
}
