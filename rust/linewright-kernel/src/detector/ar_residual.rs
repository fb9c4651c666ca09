//! What an autoregressive model does not explain: makes an autocorrelated stream fit for a chart.
//!
//! `prediction = mean + sum over j of phi_j*(x_j readings ago - mean)`; `residual = x - prediction`; `z = residual/sigma`. In
//! control the `z` are nearly independent and standard normal, as the charts assume; on the stream itself a correlation
//! of 0.5 cuts the run length of a CUSUM to a ninth.
//!
//! The model is given (`coefficients`, `mean`, `sigma`) or learned (Yule and Walker) from the first `learn` readings, which
//! must be in control; until then `ready = 0`, `z` and `residual` are 0 and `prediction` is the reading: mark what follows
//! as bad while it is off. A rising edge of `relearn` learns anew; nothing else changes a model.
//!
//! **What it costs.** A shift of the mean by `d` shows in the residuals as `d` once and as `d*(1 - sum of phi)` from then
//! on: with a correlation of 0.75 a quarter of it. That is the nature of such a stream, whose mean wanders like that.
//! With 500 readings a CUSUM on `z` of a stream of correlation 0.75 has at least 0.8 of its nominal run length; see
//! [`ArCusum`](super::ArCusum). A missing reading closes up: its neighbours count as one period apart.

use super::ar_model::{ArModel, Correlation, MOST, remember};
use crate::number::{flag, is_on, saturate};
use crate::{Design, DesignError, Kernel, List, Port};

/// Config of the residuals.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArResidual {
    /// Readings before that matter; 1 to 8.
    pub order: u32,
    /// First readings, from which the model is learned; at least `20*order`, at most 1e6 (default 500). Of no effect
    /// when the model is given.
    #[serde(default = "learn")]
    pub learn: u32,
    /// Coefficients `phi`, newest reading first, dimensionless; `order` of them, or none: learned (default).
    #[serde(default)]
    pub coefficients: List<8>,
    /// Mean in control that goes with given coefficients, unit of `x` (default 0).
    #[serde(default)]
    pub mean: f64,
    /// Standard deviation of the residuals that goes with given coefficients, unit of `x`; positive (default 1).
    #[serde(default = "one")]
    pub sigma: f64,
}

fn learn() -> u32 {
    500
}

fn one() -> f64 {
    1.0
}

/// Coefficients of [`ArResidual`].
#[derive(Debug, Clone, Copy)]
pub struct ArResidualKernel {
    order: usize,
    pub(super) learn: f64,
    given: Option<ArModel>,
}

/// State of [`ArResidual`]; zero is nothing seen.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ArResidualState {
    correlation: Correlation,
    model: ArModel,
    /// The readings before, newest first.
    past: [f64; MOST],
    /// How many of them are there.
    seen: f64,
    ready: u32,
    /// On while `relearn` is on.
    relearning: u32,
}

/// One reading seen from the model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Explained {
    pub(super) z: f64,
    pub(super) residual: f64,
    pub(super) prediction: f64,
    pub(super) ready: bool,
    /// A model was dropped before this reading.
    pub(super) anew: bool,
}

impl Design for ArResidual {
    type Kernel = ArResidualKernel;
    const NAME: &'static str = "ArResidual";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("relearn", "1")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("z", "1"),
        Port::new("residual", "a"),
        Port::new("prediction", "a"),
        Port::new("ready", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<ArResidualKernel, DesignError> {
        DesignError::period(period_s)?;
        let order = f64::from(self.order);
        DesignError::unless(
            (1..=MOST as u32).contains(&self.order),
            "order",
            "from 1 to 8",
            order,
        )?;
        let enough = (20 * self.order..=1_000_000).contains(&self.learn);
        let learn = f64::from(self.learn);
        DesignError::unless(enough, "learn", "from 20*order to 1e6", learn)?;
        DesignError::finite_list("coefficients", &self.coefficients)?;
        let count = self.coefficients.len();
        let complete = count == 0 || count == self.order as usize;
        DesignError::unless(complete, "coefficients", "none or as many as `order`", count as f64)?;
        let bounded = self.coefficients.iter().all(|phi| libm::fabs(*phi) <= 1e3);
        let largest = self.coefficients.iter().fold(0.0, |m: f64, phi| m.max(libm::fabs(*phi)));
        DesignError::unless(bounded, "coefficients", "at most 1e3 in magnitude", largest)?;
        let usable = libm::fabs(self.mean) <= crate::number::LARGEST;
        DesignError::unless(usable, "mean", "finite, at most 1e300 in magnitude", self.mean)?;
        DesignError::positive("sigma", self.sigma)?;
        let mut phi = [0.0; MOST];
        phi.iter_mut().zip(self.coefficients.iter()).for_each(|(to, from)| *to = *from);
        let given = (count > 0).then_some(ArModel { phi, mean: self.mean, sigma: self.sigma });
        Ok(ArResidualKernel { order: self.order as usize, learn, given })
    }
}

impl ArResidualKernel {
    /// One reading.
    pub(super) fn explain(&self, s: &mut ArResidualState, x: f64, relearn: bool) -> Explained {
        let anew = relearn && s.relearning == 0 && self.given.is_none();
        if anew {
            *s = bytemuck::Zeroable::zeroed();
        }
        s.relearning = u32::from(relearn);
        let model = self.given.unwrap_or(s.model);
        let known = self.given.is_some() || s.ready == 1;
        // A given model needs its past too.
        let ready = known && s.seen >= self.order as f64;
        let prediction = if ready { model.predict(&s.past) } else { x };
        let residual = saturate(x - prediction);
        let z = if model.sigma > 0.0 { saturate(residual / model.sigma) } else { 0.0 };
        if !known {
            s.correlation.add(x, &s.past);
        }
        remember(&mut s.past, x);
        s.seen = (s.seen + 1.0).clamp(0.0, 1e12);
        if !known && s.correlation.count >= self.learn {
            s.model = s.correlation.model(self.order, &s.past);
            s.ready = 1;
        }
        Explained { z, residual, prediction, ready, anew }
    }
}

impl Kernel for ArResidualKernel {
    type State = ArResidualState;
    type Input = [f64; 2];
    type Output = [f64; 4];

    fn step(&self, s: &mut ArResidualState, _: &mut [f64], [x, relearn]: [f64; 2]) -> [f64; 4] {
        let e = self.explain(s, x, is_on(relearn));
        [e.z, e.residual, e.prediction, flag(e.ready)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn start(coefficients: &[f64]) -> Running<ArResidualKernel, [f64; 0]> {
        let config = ArResidual {
            order: 2,
            learn: 400,
            coefficients: List::new(coefficients).unwrap(),
            mean: 10.0,
            sigma: 2.0,
        };
        Running::new(config.design(1.0).unwrap(), [])
    }

    #[test]
    fn a_given_model_predicts_once_it_has_its_past() {
        let mut running = start(&[0.5, 0.25]);
        assert_eq!(running.update([14.0, 0.0]), [0.0, 0.0, 14.0, 0.0]);
        assert_eq!(running.update([12.0, 0.0])[3], 0.0);
        // 10 + 0.5*2 + 0.25*4 = 12.
        assert_eq!(running.update([15.0, 0.0]), [1.5, 3.0, 12.0, 1.0]);
    }

    #[test]
    fn what_a_recurrence_gives_is_explained_once_learned() {
        // A decaying oscillation kicked by noise of a repeating pattern.
        let mut running = start(&[]);
        let (mut a, mut b) = (0.0, 0.0);
        let mut late = (0.0, 0.0);
        for t in 0..1400_u32 {
            let mixed = (t ^ 0x9E37).wrapping_mul(2_654_435_761);
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519);
            let kick = f64::from((mixed ^ (mixed >> 13)) & 0xffff) / 65_535.0 - 0.5;
            (a, b) = (1.2 * a - 0.6 * b + kick, a);
            let [_, residual, _, ready] = running.update([50.0 + a, 0.0]);
            assert_eq!(ready, f64::from(u8::from(t >= 400)));
            if t >= 400 {
                late = (late.0 + (residual - kick).powi(2), late.1 + kick * kick);
            }
        }
        assert!(late.0 < 0.02 * late.1, "{late:?}");
    }

    #[test]
    fn learns_anew_on_an_edge() {
        let mut running = start(&[]);
        (0..500_u32).for_each(|t| {
            running.update([f64::from(t * 7919 % 13), 0.0]);
        });
        assert_eq!(running.last()[3], 1.0);
        assert_eq!(running.update([1.0, 1.0])[3], 0.0);
        (0..400_u32).for_each(|t| {
            running.update([f64::from(t * 7919 % 13), 1.0]);
        });
        assert_eq!(running.last()[3], 1.0);
    }
}
