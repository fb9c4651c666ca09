//! Ratio station: `mv = ratio_now * wild`, with a ratio that is limited and moves at a rate.
//!
//! ```text
//! ratio_now += min(max(min(max(ratio, min_ratio), max_ratio) - ratio_now, -r), r)    r = ratio_rate_per_s*period_s
//! mv = min(max(ratio_now * wild, lo), hi)
//! ```
//! Blending, solids to wet weight, line speed to pump speed: `wild` is measured and not under control,
//! `mv` is the set-point of the stream that follows it. While `automatic` is off `mv` is `track` and
//! `ratio_now` is the ratio really run, `track/wild`; the first sample is treated so too. The way back to
//! automatic starts from that ratio and runs to the wanted one, so nothing jumps. Below `least_wild` in
//! magnitude a quotient says nothing: `ratio_now` holds there.

use crate::number::{is_on, limit, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the ratio station.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// Lowest ratio, unit of `mv` per unit of `wild`.
    pub min_ratio: f64,
    /// Highest ratio; above `min_ratio`.
    pub max_ratio: f64,
    /// Fastest change of the ratio, its unit per second; positive.
    pub ratio_rate_per_s: f64,
    /// Smallest magnitude of `wild` that still tells a ratio, unit of `wild`; positive.
    pub least_wild: f64,
    /// Lowest `mv`.
    pub lo: f64,
    /// Highest `mv`; above `lo`.
    pub hi: f64,
}

/// Coefficients of [`Ratio`].
#[derive(Debug, Clone, Copy)]
pub struct RatioKernel {
    min_ratio: f64,
    max_ratio: f64,
    rate: f64,
    least_wild: f64,
    lo: f64,
    hi: f64,
}

/// State of [`Ratio`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RatioState {
    ratio_now: f64,
    primed: u64,
}

impl Design for Ratio {
    type Kernel = RatioKernel;
    const NAME: &'static str = "Ratio";
    const INPUTS: &'static [Port] = &[
        Port::new("wild", "a"),
        Port::new("ratio", "c"),
        Port::new("track", "b"),
        Port::new("automatic", "1"),
    ];
    const OUTPUTS: &'static [Port] = &[Port::new("mv", "b"), Port::new("ratio_now", "c")];

    fn design(&self, period_s: f64) -> Result<RatioKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::unless(self.min_ratio.is_finite(), "min_ratio", "finite", self.min_ratio)?;
        let above = self.max_ratio.is_finite() && self.max_ratio > self.min_ratio;
        DesignError::unless(above, "max_ratio", "finite and above min_ratio", self.max_ratio)?;
        DesignError::positive("ratio_rate_per_s", self.ratio_rate_per_s)?;
        DesignError::positive("least_wild", self.least_wild)?;
        DesignError::unless(self.lo.is_finite(), "lo", "finite", self.lo)?;
        let above = self.hi.is_finite() && self.hi > self.lo;
        DesignError::unless(above, "hi", "finite and above lo", self.hi)?;
        Ok(RatioKernel {
            min_ratio: self.min_ratio,
            max_ratio: self.max_ratio,
            rate: self.ratio_rate_per_s * period_s,
            least_wild: self.least_wild,
            lo: self.lo,
            hi: self.hi,
        })
    }
}

impl Kernel for RatioKernel {
    type State = RatioState;
    type Input = [f64; 4];
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut RatioState, _: &mut [f64], input: [f64; 4]) -> [f64; 2] {
        let [wild, ratio, track, automatic] = input;
        let wanted = limit(ratio, self.min_ratio, self.max_ratio);
        let first = s.primed == 0;
        if first {
            *s = RatioState { ratio_now: saturate(wanted), primed: 1 };
        }
        if first || !is_on(automatic) {
            let mv = limit(track, self.lo, self.hi);
            if libm::fabs(wild) >= self.least_wild {
                s.ratio_now = saturate(mv / wild);
            }
            return [mv, s.ratio_now];
        }
        let off = wanted - s.ratio_now;
        s.ratio_now = if libm::fabs(off) <= self.rate {
            saturate(wanted)
        } else {
            saturate(s.ratio_now + limit(off, -self.rate, self.rate))
        };
        [limit(saturate(s.ratio_now * wild), self.lo, self.hi), s.ratio_now]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn start() -> Running<RatioKernel, [f64; 0]> {
        let config = Ratio {
            min_ratio: 0.2,
            max_ratio: 0.8,
            ratio_rate_per_s: 0.1,
            least_wild: 0.5,
            lo: 0.0,
            hi: 50.0,
        };
        Running::new(config.design(1.0).unwrap(), [])
    }

    #[test]
    fn takes_over_the_ratio_that_is_run_and_moves_to_the_wanted_one() {
        let mut station = start();
        assert_eq!(station.update([20.0, 0.5, 5.0, 1.0]), [5.0, 0.25]);
        assert_eq!(station.update([20.0, 0.5, 0.0, 1.0]), [7.0, 0.35]);
        assert_eq!(station.update([40.0, 0.5, 0.0, 1.0])[0], 18.0);
        assert_eq!(station.update([40.0, 0.5, 0.0, 1.0]), [20.0, 0.5]);
        assert_eq!(station.update([40.0, 0.5, 30.0, 0.0]), [30.0, 0.75]);
        let [mv, _] = station.update([40.0, 0.5, 0.0, 1.0]);
        assert!((mv - 26.0).abs() < 1e-12, "{mv}");
    }

    #[test]
    fn keeps_its_limits_and_learns_nothing_from_a_stream_that_stands() {
        let mut station = start();
        station.update([20.0, 9.0, 10.0, 1.0]);
        let settled = (0..20).map(|_| station.update([20.0, 9.0, 0.0, 1.0])).last();
        assert_eq!(settled, Some([16.0, 0.8]));
        assert_eq!(station.update([200.0, 9.0, 0.0, 1.0])[0], 50.0);
        assert_eq!(station.update([0.1, 9.0, 3.0, 0.0]), [3.0, 0.8]);
    }
}
