//! Static feed-forward with lead and lag: `Y(s) = gain * (lead_s*s + 1) / (lag_s*s + 1) * X(s)`.
//!
//! Written as `y = gain * (r*x + (1 - r)*f)`, `r = lead_s/lag_s`, `f += a*(x - f)`,
//! `a = 1 - exp(-period_s/lag_s)`; starts at steady state, `y = gain * x`. `gain` carries the unit of
//! `y` over that of `x`. With `lag_s = 0` the lead must be zero as well and `y = gain * x`.

use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, Packed, Port, Real, WIDTH};

/// Config of the feed-forward.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedForward {
    /// Change of `y` for a lasting unit change of `x`; finite, sign as wanted.
    pub gain: f64,
    /// Lead time constant, s; zero or more.
    pub lead_s: f64,
    /// Lag time constant, s; zero or more, positive when there is a lead.
    pub lag_s: f64,
}

/// Coefficients of [`FeedForward`].
#[derive(Debug, Clone, Copy)]
pub struct FeedForwardKernel<R = f64> {
    gain: R,
    r: R,
    a: R,
}

/// State of [`FeedForward`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct FeedForwardState {
    f: f64,
    primed: u64,
}

impl Design for FeedForward {
    type Kernel = FeedForwardKernel;
    const NAME: &'static str = "FeedForward";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "b")];

    fn design(&self, period_s: f64) -> Result<FeedForwardKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::unless(self.gain.is_finite(), "gain", "finite", self.gain)?;
        DesignError::not_negative("lead_s", self.lead_s)?;
        DesignError::not_negative("lag_s", self.lag_s)?;
        let proper = self.lead_s == 0.0 || self.lag_s > 0.0;
        DesignError::unless(proper, "lag_s", "positive when there is a lead", self.lag_s)?;
        if self.lag_s == 0.0 {
            return Ok(FeedForwardKernel { gain: self.gain, r: 0.0, a: 1.0 });
        }
        let r = self.lead_s / self.lag_s;
        DesignError::unless(r <= 1e6, "lead_s", "at most a million times lag_s", self.lead_s)?;
        Ok(FeedForwardKernel { gain: self.gain, r, a: -libm::expm1(-period_s / self.lag_s) })
    }
}

impl Kernel for FeedForwardKernel {
    type State = FeedForwardState;
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut FeedForwardState, _: &mut [f64], x: f64) -> f64 {
        let [y] = Self::advance(self, bytemuck::cast_mut(s), [x]);
        y
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for FeedForwardKernel {
    type Of<R: Real> = FeedForwardKernel<R>;
    type Words<R: Real> = [R; 2];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 1];

    fn widen(lanes: &[Self; WIDTH]) -> Option<FeedForwardKernel<Pack>> {
        Some(FeedForwardKernel {
            gain: side_by_side!(lanes.gain),
            r: side_by_side!(lanes.r),
            a: side_by_side!(lanes.a),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(
        of: &FeedForwardKernel<R>,
        [f, primed]: &mut [R; 2],
        [x]: [R; 1],
    ) -> [R; 1] {
        let first = primed.is_unset();
        if R::any(first) {
            *f = R::select(first, x, *f);
            *primed = R::select(first, R::set(), *primed);
        }
        *f = *f + of.a * (x - *f);
        let led = (of.r * x + (R::of(1.0) - of.r) * *f).saturate();
        [(of.gain * led).saturate()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn a_lead_overshoots_by_its_ratio_and_settles_at_the_gain() {
        let config = FeedForward { gain: -2.0, lead_s: 3.0, lag_s: 1.0 };
        let mut running = Running::new(config.design(1e-4).unwrap(), []);
        assert_eq!(running.update(0.0), 0.0);
        assert!((running.update(1.0) + 6.0).abs() < 1e-3);
        let settled = (0..200_000).map(|_| running.update(1.0)).last().unwrap();
        assert!((settled + 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_lead_without_a_lag_is_refused() {
        let refused = FeedForward { gain: 1.0, lead_s: 1.0, lag_s: 0.0 }.design(1.0).unwrap_err();
        assert_eq!(refused.parameter, "lag_s");
    }
}
