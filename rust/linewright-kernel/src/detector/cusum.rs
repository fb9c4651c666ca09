//! Two-sided tabular CUSUM (after Page 1954): finds a lasting shift of the mean.
//!
//! `z = (x - mean)/sigma`; `high = max(0, high + z - k)`; `low = max(0, low - z - k)`; alarm `+1` when
//! `high > h`, `-1` when `low > h`, of the larger sum when both are. Both sums begin at `head_start`: zero,
//! or `h/2` for a fast initial response to a fault that is there from the start (Lucas and Crosier 1982).
//! With `restart` both go back to the head start after the sample that alarmed; without, they go on and
//! the alarm lasts as long as the sum. `mean`, `sigma` in the unit of `x`; `k`, `h` dimensionless (usual:
//! `k` half the shift sought, `h` by [`super::arl::cusum_h_for_arl0`]).

use super::arl::{cusum_arl_two_sided, cusum_h_for_arl0_from};
use super::{Baseline, Chart};
use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, PackBits, Packed, Port, Real, WIDTH};

/// Config of the CUSUM.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cusum {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Allowance, sigma; zero or more, half the shift to be found.
    pub k: f64,
    /// Decision interval, sigma; positive.
    pub h: f64,
    /// Forget the evidence after an alarm.
    pub restart: bool,
    /// Evidence that both sums begin with, and take up again at a restart, sigma; zero to less than `h`
    /// (default 0; `h/2`: fast initial response).
    #[serde(default)]
    pub head_start: f64,
}

/// Coefficients of [`Cusum`].
#[derive(Debug, Clone, Copy)]
pub struct CusumKernel<R: Real = f64> {
    baseline: Baseline<R>,
    k: R,
    h: R,
    restart: R::Mask,
    head_start: R,
}

/// State of [`Cusum`]: the evidence for either side.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CusumState {
    high: f64,
    low: f64,
    /// 0: nothing seen since the start or the restart, the sums stand at the head start; else 1.
    started: f64,
}

impl Design for Cusum {
    type Kernel = CusumKernel;
    const NAME: &'static str = "Cusum";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("high", "1"), Port::new("low", "1"), Port::new("alarm", "1")];

    fn design(&self, period_s: f64) -> Result<CusumKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        let usable = self.k.is_finite() && self.k >= 0.0;
        DesignError::unless(usable, "k", "zero or more and finite", self.k)?;
        DesignError::positive("h", self.h)?;
        let below = (0.0..self.h).contains(&self.head_start);
        DesignError::unless(below, "head_start", "zero to less than h", self.head_start)?;
        let Self { k, h, restart, head_start, .. } = *self;
        Ok(CusumKernel { baseline, k, h, restart, head_start })
    }
}

impl Chart for Cusum {
    const THRESHOLD: &'static str = "h";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        cusum_arl_two_sided(self.k, self.h, shift, self.head_start)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { h: cusum_h_for_arl0_from(self.k, arl0, self.head_start)?, ..self })
    }
}

impl Kernel for CusumKernel {
    type State = CusumState;
    type Input = f64;
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut CusumState, _: &mut [f64], x: f64) -> [f64; 3] {
        Self::advance(self, bytemuck::cast_mut(s), [x])
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for CusumKernel {
    type Of<R: Real> = CusumKernel<R>;
    type Words<R: Real> = [R; 3];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 3];

    fn widen(lanes: &[Self; WIDTH]) -> Option<CusumKernel<Pack>> {
        Some(CusumKernel {
            baseline: Baseline::widen(lanes.map(|lane| lane.baseline)),
            k: side_by_side!(lanes.k),
            h: side_by_side!(lanes.h),
            restart: PackBits::masks(lanes.map(|lane| lane.restart)),
            head_start: side_by_side!(lanes.head_start),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &CusumKernel<R>, words: &mut [R; 3], [x]: [R; 1]) -> [R; 3] {
        let [high, low, started] = words;
        let (z, zero) = (of.baseline.z(x), R::of(0.0));
        let begun = started.above(zero);
        let from = |sum: R| R::select(begun, sum, of.head_start);
        let (from_high, from_low) = (from(*high), from(*low));
        *high = (from_high + z - of.k).larger(zero).saturate();
        *low = (from_low - z - of.k).larger(zero).saturate();
        let (over, under) = (high.above(of.h), low.above(of.h));
        let alarmed = over | under;
        let down = R::select(alarmed, R::of(-1.0), zero);
        let alarm = R::select(over & (!under | high.at_least(*low)), R::of(1.0), down);
        let out = [*high, *low, alarm];
        let forget = of.restart & alarmed;
        *high = R::select(forget, zero, *high);
        *low = R::select(forget, zero, *low);
        *started = R::select(forget, zero, R::of(1.0));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn cusum(restart: bool) -> Running<CusumKernel, [f64; 0]> {
        let config = Cusum { mean: 10.0, sigma: 1.0, k: 0.5, h: 5.0, restart, head_start: 0.0 };
        Running::new(config.design(1.0).unwrap(), [])
    }

    #[test]
    fn montgomery_example_alarms_at_sample_29() {
        // Montgomery, Introduction to Statistical Quality Control, table 9.1 and 9.2: mean 10,
        // sigma 1, K 0.5, H 5; the upper sum is 5.28 at sample 29.
        let xs = [
            9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51,
            9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08,
            10.38, 11.62, 11.31, 10.52,
        ];
        let mut running = cusum(false);
        let out: Vec<[f64; 3]> = xs.iter().map(|x| running.update(*x)).collect();
        assert!((out[28][0] - 5.28).abs() < 1e-9);
        assert_eq!(out.iter().position(|o| o[2] != 0.0), Some(28));
        assert_eq!(out[28][2], 1.0);
    }

    #[test]
    fn restart_forgets_both_sums_and_no_restart_keeps_alarming() {
        let (mut with, mut without) = (cusum(true), cusum(false));
        let alarms = |r: &mut Running<CusumKernel, [f64; 0]>| {
            (0..18).filter(|_| r.update(12.0)[2] == 1.0).count()
        };
        assert_eq!(alarms(&mut without), 15);
        assert_eq!(alarms(&mut with), 4);
    }

    #[test]
    fn a_sum_of_years_stays_finite() {
        let config =
            Cusum { mean: 0.0, sigma: 1.0, k: 0.5, h: 5.0, restart: false, head_start: 0.0 };
        let mut state = CusumState { high: 1e300, low: 0.0, started: 1.0 };
        let out = config.design(1.0).unwrap().step(&mut state, &mut [], 1e300);
        assert_eq!((out[0], state.high), (1e300, 1e300));
    }

    #[test]
    fn a_head_start_is_there_at_the_start_and_again_after_an_alarm() {
        let config =
            Cusum { mean: 0.0, sigma: 1.0, k: 0.5, h: 5.0, restart: true, head_start: 2.5 };
        let mut running = Running::new(config.design(1.0).unwrap(), []);
        assert_eq!(running.update(1.0), [3.0, 1.0, 0.0]);
        assert_eq!(running.update(3.0), [5.5, 0.0, 1.0]);
        assert_eq!(running.update(1.0), [3.0, 1.0, 0.0]);
    }

    #[test]
    fn a_bad_sample_holds_the_evidence() {
        let mut running = cusum(false);
        let before = running.update(12.0);
        assert_eq!(running.update(f64::NAN), before);
        assert_eq!(running.update(12.0)[0], 3.0);
    }
}
