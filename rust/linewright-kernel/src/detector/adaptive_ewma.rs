//! Adaptive EWMA chart (Capizzi and Masarotto 2003): slow averaging for small shifts, a near-Shewhart
//! answer to large ones.
//!
//! `e = u - y` with `u = (x - mean)/sigma`; `y += weight*e` while `|e| <= k`, `y += e - (1 - weight)*k` above,
//! `y += e + (1 - weight)*k` below (Huber's score); alarm `+1` when `y > h`, `-1` when `y < -h`. `mean`,
//! `sigma` in the unit of `x`; the rest is dimensionless. The limit by
//! [`super::arl::adaptive_ewma_h_for_arl0`].

use super::arl::{adaptive_ewma_arl, adaptive_ewma_h_for_arl0};
use super::{Baseline, Chart, side};
use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the adaptive EWMA chart.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveEwma {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Weight of a small error, more than 0 up to 1, dimensionless.
    pub weight: f64,
    /// Error up to which it counts as small, sigma; positive, usual 3.2 to 3.6.
    pub k: f64,
    /// Half width of the limits of the average, sigma; positive.
    pub h: f64,
}

/// Coefficients of [`AdaptiveEwma`].
#[derive(Debug, Clone, Copy)]
pub struct AdaptiveEwmaKernel {
    baseline: Baseline,
    weight: f64,
    k: f64,
    h: f64,
}

/// State of [`AdaptiveEwma`]: the average, sigma.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct AdaptiveEwmaState {
    y: f64,
}

impl Design for AdaptiveEwma {
    type Kernel = AdaptiveEwmaKernel;
    const NAME: &'static str = "AdaptiveEwma";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("average", "1"), Port::new("alarm", "1")];

    fn design(&self, period_s: f64) -> Result<AdaptiveEwmaKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        let usable = (1e-6..=1.0).contains(&self.weight);
        DesignError::unless(usable, "weight", "from 1e-6 to 1", self.weight)?;
        DesignError::positive("k", self.k)?;
        DesignError::positive("h", self.h)?;
        Ok(AdaptiveEwmaKernel { baseline, weight: self.weight, k: self.k, h: self.h })
    }
}

impl Chart for AdaptiveEwma {
    const THRESHOLD: &'static str = "h";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        adaptive_ewma_arl(self.weight, self.k, self.h, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { h: adaptive_ewma_h_for_arl0(self.weight, self.k, arl0)?, ..self })
    }
}

impl Kernel for AdaptiveEwmaKernel {
    type State = AdaptiveEwmaState;
    type Input = f64;
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut AdaptiveEwmaState, _: &mut [f64], x: f64) -> [f64; 2] {
        let e = self.baseline.z(x) - s.y;
        // weight*e within k, slope one beyond.
        let beyond = e - e.max(-self.k).min(self.k);
        s.y = saturate(s.y + (self.weight * e + (1.0 - self.weight) * beyond));
        [s.y, side(s.y, self.h)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;
    use crate::detector::arl::ewma_arl;

    fn chart() -> AdaptiveEwma {
        AdaptiveEwma { mean: 10.0, sigma: 2.0, weight: 0.1, k: 3.0, h: 0.7 }
    }

    #[test]
    fn a_small_error_is_averaged_and_a_large_one_followed() {
        let mut running = Running::new(chart().design(1.0).unwrap(), []);
        let near = |got: [f64; 2], y: f64, alarm: f64| {
            assert!((got[0] - y).abs() < 1e-12 && got[1] == alarm, "{got:?}");
        };
        near(running.update(12.0), 0.1, 0.0);
        near(running.update(10.2), 0.1, 0.0);
        near(running.update(0.2), 0.1 - 5.0 + 0.9 * 3.0, -1.0);
    }

    #[test]
    fn without_corners_in_reach_it_is_the_ewma_chart() {
        for shift in [0.0, 0.5, 1.0, 3.0] {
            let edge = 2.814 * (0.1 / 1.9_f64).sqrt();
            let (wide, plain) =
                (adaptive_ewma_arl(0.1, 60.0, edge, shift), ewma_arl(0.1, 2.814, shift));
            let (wide, plain) = (wide.unwrap(), plain.unwrap());
            assert!((wide / plain - 1.0).abs() < 1e-9, "{wide} {plain}");
        }
    }

    #[test]
    fn the_limit_is_solved_for_the_budget() {
        let designed = chart().with_arl0(370.398).unwrap();
        assert!((designed.arl(0.0).unwrap() / 370.398 - 1.0).abs() < 1e-9);
        assert_eq!(chart().with_arl0(1.0).unwrap_err().parameter, "arl0");
    }
}
