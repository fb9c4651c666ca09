//! CUSUM of spread (after Page 1954; Hawkins 1981): finds a change of the standard deviation.
//!
//! `z = (x - mean)/sigma`; `up = max(0, up + a*z^2 - b)` with `a = (1 - 1/rise^2)/2`, `b = ln(rise)`: the log
//! likelihood ratio of `rise*sigma` to `sigma`; `down` the same with `fall` for `rise`. Alarm `+1` when
//! `up > h`, `-1` when `down > h`, of the larger when both are. One threshold serves both sides, for both
//! are log likelihood ratios. A shift of the mean makes `z^2` larger too: watch the mean beside it. With
//! `restart` both sums go to zero after the sample that alarmed. `mean`, `sigma` in the unit of `x`; the rest
//! is dimensionless. The threshold: [`super::arl::spread_cusum_h_for_arl0`].

use super::arl::{check_arl0, search, spread_cusum_arl, spread_cusum_h_for_arl0};
use super::arl_spread::{check_ratio, likelihood};
use super::{Baseline, Chart};
use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the CUSUM of spread.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpreadCusum {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Growth of the standard deviation to be found, as a factor, 1.05 to 5.
    pub rise: f64,
    /// Decline to be found, as a factor, 0.2 to 0.95; none: only growth is watched (default).
    #[serde(default)]
    pub fall: Option<f64>,
    /// Threshold of the log likelihood ratio; positive.
    pub h: f64,
    /// Forget the evidence after an alarm.
    pub restart: bool,
}

/// Coefficients of [`SpreadCusum`].
#[derive(Debug, Clone, Copy)]
pub struct SpreadCusumKernel {
    baseline: Baseline,
    up: (f64, f64),
    down: (f64, f64),
    h: f64,
    restart: bool,
}

/// State of [`SpreadCusum`]: the evidence for either side; zero is none.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SpreadCusumState {
    up: f64,
    down: f64,
}

impl SpreadCusum {
    fn check(&self) -> Result<(), DesignError> {
        let resolved = (1.05..=5.0).contains(&self.rise);
        DesignError::unless(resolved, "rise", "from 1.05 to 5", self.rise)?;
        if let Some(fall) = self.fall {
            check_ratio("fall", fall)?;
            DesignError::unless(fall < 1.0, "fall", "from 0.2 to 0.95", fall)?;
        }
        DesignError::positive("h", self.h)
    }

    /// Mean run length when readings have the mean `shift` and the standard deviation `spread`, in sigma.
    ///
    /// The sides are combined by `1/ARL = 1/up + 1/down`, which is exact when neither can alarm while the
    /// other holds evidence: `fall >= 1/rise`.
    ///
    /// # Errors
    /// A parameter out of range; `fall` below `1/rise`.
    pub fn arl_of(&self, shift: f64, spread: f64) -> Result<f64, DesignError> {
        self.check()?;
        let up = spread_cusum_arl(self.rise, self.h, shift, spread)?;
        let Some(fall) = self.fall else { return Ok(up) };
        let apart = fall * self.rise >= 1.0 - 1e-9;
        DesignError::unless(apart, "fall", "at least 1/rise for a run length", fall)?;
        let down = spread_cusum_arl(fall, self.h, shift, spread)?;
        Ok(1.0 / (1.0 / up + 1.0 / down))
    }
}

impl Design for SpreadCusum {
    type Kernel = SpreadCusumKernel;
    const NAME: &'static str = "SpreadCusum";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("up", "1"), Port::new("down", "1"), Port::new("alarm", "1")];

    fn design(&self, period_s: f64) -> Result<SpreadCusumKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        self.check()?;
        // Without a lower side its sum stays at zero.
        let down = self.fall.map_or((0.0, 0.0), likelihood);
        let (up, h, restart) = (likelihood(self.rise), self.h, self.restart);
        Ok(SpreadCusumKernel { baseline, up, down, h, restart })
    }
}

impl Chart for SpreadCusum {
    const THRESHOLD: &'static str = "h";

    /// At a shift of the **mean**; [`SpreadCusum::arl_of`] takes a change of spread.
    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        self.arl_of(shift, 1.0)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        let h = spread_cusum_h_for_arl0(self.rise, arl0)?;
        if self.fall.is_none() {
            return Ok(Self { h, ..self });
        }
        check_arl0(arl0)?;
        let of = |h: f64| Self { h, ..self.clone() }.arl_of(0.0, 1.0);
        let h = search(arl0, h, h + 3.0, of)?;
        Ok(Self { h, ..self })
    }
}

impl Kernel for SpreadCusumKernel {
    type State = SpreadCusumState;
    type Input = f64;
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut SpreadCusumState, _: &mut [f64], x: f64) -> [f64; 3] {
        let z = self.baseline.z(x);
        let square = saturate(z * z);
        s.up = saturate((s.up + (self.up.0 * square - self.up.1)).max(0.0));
        s.down = saturate((s.down + (self.down.0 * square - self.down.1)).max(0.0));
        let sign = if s.up >= s.down { 1.0 } else { -1.0 };
        let found = s.up.max(s.down) > self.h;
        let out = [s.up, s.down, if found { sign } else { 0.0 }];
        if self.restart && found {
            *s = bytemuck::Zeroable::zeroed();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;
    use crate::detector::normal::Normal;

    fn chart(fall: Option<f64>) -> SpreadCusum {
        SpreadCusum { mean: 0.0, sigma: 1.0, rise: 1.5, fall, h: 4.0, restart: false }
    }

    fn simulated(config: &SpreadCusum, shift: f64, spread: f64, seed: u64) -> (f64, f64) {
        let (mut normal, runs) = (Normal::new(seed), 20_000);
        let kernel = config.design(1.0).unwrap();
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..runs {
            let mut running = Running::new(kernel, []);
            let mut length = 1.0;
            while running.update(shift + spread * normal.next())[2] == 0.0 {
                length += 1.0;
            }
            sum += length;
            squares += length * length;
        }
        let mean = sum / f64::from(runs);
        (mean, ((squares / f64::from(runs) - mean * mean) / f64::from(runs)).sqrt())
    }

    #[test]
    fn alarms_as_often_as_computed() {
        let cases = [
            (None, 0.0, 1.0),
            (None, 0.0, 1.5),
            (None, 1.0, 1.0),
            (Some(0.6667), 0.0, 1.0),
            (Some(0.6667), 0.0, 0.5),
            (Some(0.6667), 0.3, 2.0),
        ];
        for (seed, (fall, shift, spread)) in cases.into_iter().enumerate() {
            let config = chart(fall);
            let exact = config.arl_of(shift, spread).unwrap();
            let (mean, error) = simulated(&config, shift, spread, 100 + seed as u64);
            println!("{exact} {mean} {error}");
            assert!((mean - exact).abs() < 3.0 * error, "{exact} {mean} {error}");
        }
    }

    #[test]
    fn the_threshold_is_solved_for_the_budget() {
        for fall in [None, Some(0.7)] {
            let designed = chart(fall).with_arl0(1000.0).unwrap();
            assert!((designed.arl(0.0).unwrap() / 1000.0 - 1.0).abs() < 1e-8);
        }
        let apart = chart(Some(0.5)).arl(0.0).unwrap_err();
        assert_eq!(apart.parameter, "fall");
    }

    #[test]
    fn growth_and_decline_are_told_apart() {
        let mut running = Running::new(chart(Some(0.7)).design(1.0).unwrap(), []);
        let quiet: Vec<f64> = (0..40).map(|_| running.update(0.1)[2]).collect();
        assert_eq!(quiet.iter().find(|a| **a != 0.0), Some(&-1.0));
        running.reset();
        assert_eq!(running.update(6.0)[2], 1.0);
    }
}
