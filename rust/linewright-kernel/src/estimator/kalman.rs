//! Kalman filter of a random walk seen in white noise (Kalman 1960), one variable.
//!
//! ```text
//! x(t) = x(t-1) + w,  var w = q = walk_sd_per_sqrt_s^2 * period_s      y = x + v,  var v = r = noise_sd^2
//! g = (p + q) / (p + q + r)        e = y - estimate        sd = sqrt(p + q + r)
//! estimate += g * e                p = g * r               z = e / sd
//! ```
//! The first sample is taken as the estimate with `p = r`. In white noise of the given size `z` is
//! standard normal, so a detector may stand on it. The settled gain for `q/r = 0.1` is 0.2702. A missed
//! sample holds the filter; the walk during the gap is not added to `p`.

use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, Packed, Port, Real, WIDTH};

/// Config of the Kalman filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kalman {
    /// Standard deviation of the walk after one second, unit of `x` per square root of a second;
    /// zero or more.
    pub walk_sd_per_sqrt_s: f64,
    /// Standard deviation of the measurement noise, unit of `x`; positive.
    pub noise_sd: f64,
}

/// Coefficients of [`Kalman`].
#[derive(Debug, Clone, Copy)]
pub struct KalmanKernel<R = f64> {
    /// `q / r`.
    ratio: R,
    noise_sd: R,
}

/// State of [`Kalman`]. `p / r` equals the last gain, so the gain stands for the variance.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct KalmanState {
    estimate: f64,
    gain: f64,
    primed: u64,
}

impl Design for Kalman {
    type Kernel = KalmanKernel;
    const NAME: &'static str = "Kalman";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("estimate", "a"), Port::new("innovation", "a"), Port::new("z", "1")];

    fn design(&self, period_s: f64) -> Result<KalmanKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::not_negative("walk_sd_per_sqrt_s", self.walk_sd_per_sqrt_s)?;
        DesignError::positive("noise_sd", self.noise_sd)?;
        Ok(KalmanKernel {
            ratio: variance_ratio(self.walk_sd_per_sqrt_s, self.noise_sd, period_s)?,
            noise_sd: self.noise_sd,
        })
    }
}

/// `q / r`, refused when it cannot be told from infinity.
pub(super) fn variance_ratio(
    walk_sd_per_sqrt_s: f64,
    noise_sd: f64,
    period_s: f64,
) -> Result<f64, DesignError> {
    let per_noise = walk_sd_per_sqrt_s / noise_sd;
    let ratio = per_noise * per_noise * period_s;
    let bound = "at most 1e100 times the noise within a sample";
    DesignError::unless(ratio <= 1e200, "walk_sd_per_sqrt_s", bound, walk_sd_per_sqrt_s)?;
    Ok(ratio)
}

/// The gain that follows `gain`, for variance ratio `q/r`.
#[inline(always)]
pub(super) fn next_gain<R: Real>(gain: R, ratio: R) -> R {
    let predicted = gain + ratio;
    predicted / (predicted + R::of(1.0))
}

impl Kernel for KalmanKernel {
    type State = KalmanState;
    type Input = f64;
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut KalmanState, _: &mut [f64], x: f64) -> [f64; 3] {
        Self::advance(self, bytemuck::cast_mut(s), [x])
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for KalmanKernel {
    type Of<R: Real> = KalmanKernel<R>;
    type Words<R: Real> = [R; 3];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 3];

    fn widen(lanes: &[Self; WIDTH]) -> Option<KalmanKernel<Pack>> {
        Some(KalmanKernel {
            ratio: side_by_side!(lanes.ratio),
            noise_sd: side_by_side!(lanes.noise_sd),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(
        of: &KalmanKernel<R>,
        [estimate, gain, primed]: &mut [R; 3],
        [x]: [R; 1],
    ) -> [R; 3] {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let innovation = x - *estimate;
        let sd = of.noise_sd * (*gain + of.ratio + one).sqrt();
        let next = next_gain(*gain, of.ratio);
        let moved = (*estimate + next * innovation).saturate();
        let out = [moved, innovation.saturate(), (innovation / sd).saturate()];
        let first = primed.is_unset();
        if !R::any(first) {
            (*estimate, *gain) = (moved, next);
            return out;
        }
        let [y, innovation, z] = out;
        *estimate = R::select(first, x, moved);
        *gain = R::select(first, one, next);
        *primed = R::select(first, R::set(), *primed);
        let (innovation, z) = (R::select(first, zero, innovation), R::select(first, zero, z));
        [R::select(first, x, y), innovation, z]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn settled_gain_for_a_tenth_is_0_2702() {
        // q = 0.1, r = 1 at one sample a second.
        let config = Kalman { walk_sd_per_sqrt_s: 0.1_f64.sqrt(), noise_sd: 1.0 };
        let mut running = Running::new(config.design(1.0).unwrap(), []);
        for _ in 0..100 {
            running.update(0.0);
        }
        let [estimate, innovation, z] = running.update(1.0);
        assert!((estimate - 0.2702).abs() < 5e-5);
        assert_eq!(innovation, 1.0);
        // Innovation variance r / (1 - g).
        assert!((z - (1.0_f64 - 0.270_156).sqrt()).abs() < 1e-5);
    }

    #[test]
    fn without_a_walk_it_is_the_mean() {
        let config = Kalman { walk_sd_per_sqrt_s: 0.0, noise_sd: 2.0 };
        let mut running = Running::new(config.design(0.1).unwrap(), []);
        let xs = [3.0, 5.0, 4.0, 8.0];
        let last = xs.map(|x| running.update(x))[3];
        assert!((last[0] - 5.0).abs() < 1e-12);
    }
}
