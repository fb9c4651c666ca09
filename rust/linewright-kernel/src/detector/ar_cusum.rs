//! CUSUM of an autocorrelated stream of which nothing is known: [`ArResidual`](super::ArResidual), whose residuals
//! [`GuardedCusum`](super::GuardedCusum) watches.
//!
//! The first `learn` readings must be in control: from them the autoregressive model is learned, and its residual scale
//! is what the chart begins with, as a baseline of `learn` readings. Then `high`, `low`, `alarm`, `frozen` are those of the
//! chart on the residuals `z`; its baseline goes on learning behind its guard, the model stays. A rising edge of `relearn`
//! (a change confirmed **and** accepted) drops both; `ready` is 0 until the model is learned again.
//!
//! `k`, `h` in sigma of the residuals; `h` for a run length as for [`Cusum`](super::Cusum). A shift of the mean by `d` shows
//! in the residuals as `d*(1 - sum of phi)`: choose `k` as half of that, and know that it cannot be found sooner.

use super::ar_residual::{ArResidual, ArResidualKernel, ArResidualState};
use super::guarded::{GuardedCusum, GuardedCusumKernel, GuardedCusumState};
use super::learned::arl_in_control;
use super::{Chart, arl};
use crate::number::{flag, is_on};
use crate::{Design, DesignError, Kernel, List, Port};

/// Config of the CUSUM of an autocorrelated stream.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArCusum {
    /// Readings before that matter; 1 to 8.
    pub order: u32,
    /// Allowance, sigma of the residuals; zero or more.
    pub k: f64,
    /// Decision interval, sigma of the residuals; positive.
    pub h: f64,
    /// Forget the evidence after an alarm.
    pub restart: bool,
    /// First readings, from which the model is learned; at least `20*order`, at most 1e6 (default 500).
    #[serde(default = "learn")]
    pub learn: u32,
    /// Standard errors of the baseline that the limits allow for; 0 to 3 (default 0.4).
    #[serde(default = "caution")]
    pub caution: f64,
    /// Farthest a residual counts, sigma; at least 1, nothing is cut off when left out.
    #[serde(default)]
    pub wild_sigma: Option<f64>,
}

fn learn() -> u32 {
    500
}

fn caution() -> f64 {
    0.4
}

/// Coefficients of [`ArCusum`].
#[derive(Debug, Clone, Copy)]
pub struct ArCusumKernel {
    residual: ArResidualKernel,
    chart: GuardedCusumKernel,
}

/// State of [`ArCusum`]; zero is nothing seen.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ArCusumState {
    residual: ArResidualState,
    chart: GuardedCusumState,
}

impl Design for ArCusum {
    type Kernel = ArCusumKernel;
    const NAME: &'static str = "ArCusum";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("relearn", "1")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("z", "1"),
        Port::new("high", "1"),
        Port::new("low", "1"),
        Port::new("alarm", "1"),
        Port::new("prediction", "a"),
        Port::new("frozen", "1"),
        Port::new("ready", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<ArCusumKernel, DesignError> {
        let residual = ArResidual {
            order: self.order,
            learn: self.learn,
            coefficients: List::default(),
            mean: 0.0,
            sigma: 1.0,
        };
        let chart = GuardedCusum {
            k: self.k,
            h: self.h,
            restart: self.restart,
            open: 10,
            guard: 0.1,
            caution: self.caution,
            memory: None,
            wild_sigma: self.wild_sigma,
            resolution: 0.0,
        };
        Ok(ArCusumKernel { residual: residual.design(period_s)?, chart: chart.design(period_s)? })
    }
}

impl Kernel for ArCusumKernel {
    type State = ArCusumState;
    type Input = [f64; 2];
    type Output = [f64; 7];

    fn step(&self, s: &mut ArCusumState, _: &mut [f64], [x, relearn]: [f64; 2]) -> [f64; 7] {
        let e = self.residual.explain(&mut s.residual, x, is_on(relearn));
        if e.anew {
            s.chart = bytemuck::Zeroable::zeroed();
        }
        if !e.ready {
            return [0.0, 0.0, 0.0, 0.0, e.prediction, 0.0, 0.0];
        }
        s.chart.begin_with_standard(self.residual.learn);
        let [z, high, low, alarm, _, _, _, frozen, ..] =
            self.chart.step(&mut s.chart, &mut [], [e.z, 0.0]);
        [z, high, low, alarm, e.prediction, frozen, flag(e.ready)]
    }
}

impl Chart for ArCusum {
    const THRESHOLD: &'static str = "h";

    /// In control only (`shift` zero), and once the model is learned: what the chart is aimed at.
    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        arl_in_control(self.k, self.h, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { h: arl::cusum_h_for_arl0(self.k, arl0)?, ..self })
    }
}
