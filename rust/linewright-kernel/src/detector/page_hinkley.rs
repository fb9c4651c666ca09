//! Page-Hinkley test (Page 1954, Hinkley 1971): a lasting shift of the mean, with its onset, also when the
//! mean is not known beforehand.
//!
//! `z = (x - mean)/sigma`; `up` is the running sum of `z - k` less its least value so far, `down` the same of
//! `-z`; alarm `+1` when `up > h`, `-1` when `down > h`, of the larger when both are; `age` counts the samples
//! since the larger sum's least value, the likeliest onset (Hinkley). Without a `mean` it is the average of
//! all samples since the start or the restart, the newest among them: such a chart has no run length of its
//! own and learns a slow drift. With `restart` sums, onset and average begin anew after the sample that
//! alarmed. `mean`, `sigma` in the unit of `x`; the rest is dimensionless. With a `mean` it alarms as the CUSUM
//! does: [`super::arl::cusum_arl_two_sided`].

use super::arl::{cusum_arl_two_sided, cusum_h_for_arl0};
use super::{Baseline, Chart};
use crate::number::{LARGEST, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the Page-Hinkley test.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageHinkley {
    /// Mean in control, unit of `x`; none: the running average (default).
    #[serde(default)]
    pub mean: Option<f64>,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Allowance, sigma; zero or more, half the shift to be found.
    pub k: f64,
    /// Threshold, sigma; positive.
    pub h: f64,
    /// Begin anew after an alarm.
    pub restart: bool,
}

/// Coefficients of [`PageHinkley`].
#[derive(Debug, Clone, Copy)]
pub struct PageHinkleyKernel {
    mean: Option<f64>,
    sigma: f64,
    k: f64,
    h: f64,
    restart: bool,
}

/// State of [`PageHinkley`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PageHinkleyState {
    samples: f64,
    average: f64,
    up: f64,
    down: f64,
    up_age: f64,
    down_age: f64,
}

impl PageHinkley {
    fn known(&self) -> Result<(), DesignError> {
        DesignError::unless(self.mean.is_some(), "mean", "given for a run length", f64::NAN)
    }
}

impl Design for PageHinkley {
    type Kernel = PageHinkleyKernel;
    const NAME: &'static str = "PageHinkley";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("up", "1"),
        Port::new("down", "1"),
        Port::new("age", "1"),
        Port::new("alarm", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<PageHinkleyKernel, DesignError> {
        DesignError::period(period_s)?;
        Baseline::new(self.mean.unwrap_or(0.0), self.sigma)?;
        DesignError::not_negative("k", self.k)?;
        DesignError::positive("h", self.h)?;
        let Self { mean, sigma, k, h, restart } = *self;
        Ok(PageHinkleyKernel { mean, sigma, k, h, restart })
    }
}

impl Chart for PageHinkley {
    const THRESHOLD: &'static str = "h";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        self.known()?;
        cusum_arl_two_sided(self.k, self.h, shift, 0.0)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        self.known()?;
        Ok(Self { h: cusum_h_for_arl0(self.k, arl0)?, ..self })
    }
}

/// A sum above its least value, and the samples since.
fn risen(sum: f64, age: f64, by: f64) -> (f64, f64) {
    let sum = saturate((sum + by).max(0.0));
    (sum, if sum > 0.0 { age + 1.0 } else { 0.0 })
}

impl Kernel for PageHinkleyKernel {
    type State = PageHinkleyState;
    type Input = f64;
    type Output = [f64; 4];

    #[inline]
    fn step(&self, s: &mut PageHinkleyState, _: &mut [f64], x: f64) -> [f64; 4] {
        s.samples = (s.samples + 1.0).clamp(1.0, LARGEST);
        s.average = saturate(s.average + (x - s.average) / s.samples);
        let z = saturate((x - self.mean.unwrap_or(s.average)) / self.sigma);
        (s.up, s.up_age) = risen(s.up, s.up_age, z - self.k);
        (s.down, s.down_age) = risen(s.down, s.down_age, -z - self.k);
        let above = s.up >= s.down;
        let (sum, age) = if above { (s.up, s.up_age) } else { (s.down, s.down_age) };
        let alarm = match (sum > self.h, above) {
            (false, _) => 0.0,
            (true, true) => 1.0,
            (true, false) => -1.0,
        };
        let out = [s.up, s.down, age, alarm];
        if self.restart && alarm != 0.0 {
            *s = bytemuck::Zeroable::zeroed();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::{Cusum, normal::Normal};
    use crate::{Kernel, Running};

    fn test(mean: Option<f64>) -> Running<PageHinkleyKernel, [f64; 0]> {
        let config = PageHinkley { mean, sigma: 2.0, k: 0.5, h: 8.0, restart: true };
        Running::new(config.design(1.0).unwrap(), [])
    }

    #[test]
    fn with_a_mean_it_is_the_cusum() {
        let config =
            Cusum { mean: 5.0, sigma: 2.0, k: 0.5, h: 8.0, restart: true, head_start: 0.0 };
        let (mut a, mut b) = (test(Some(5.0)), Running::new(config.design(1.0).unwrap(), []));
        let mut normal = Normal::new(2);
        for t in 0..2000 {
            let x = 5.0 + 2.0 * normal.next() + f64::from(u8::from(t % 300 > 250));
            let (got, expected) = (a.update(x), b.update(x));
            let [up, down, _, alarm] = got;
            assert!((up - expected[0]).abs() < 1e-9 && (down - expected[1]).abs() < 1e-9);
            assert_eq!(alarm, expected[2]);
        }
    }

    #[test]
    fn finds_onset_and_side_without_knowing_the_mean() {
        let mut running = test(None);
        let mut normal = Normal::new(4);
        for _ in 0..200 {
            assert_eq!(running.update(70.0 + 2.0 * normal.next())[3], 0.0);
        }
        let out: Vec<[f64; 4]> =
            (0..30).map(|_| running.update(67.0 + 0.2 * normal.next())).collect();
        let at = out.iter().position(|o| o[3] == -1.0).unwrap();
        assert!((out[at][2] - (at as f64 + 1.0)).abs() <= 3.0, "{:?} at {at}", out[at]);
    }

    #[test]
    fn has_a_run_length_with_a_mean_only() {
        let config = PageHinkley { mean: None, sigma: 2.0, k: 0.5, h: 5.0, restart: true };
        assert_eq!(config.arl(0.0).unwrap_err().parameter, "mean");
        let known = PageHinkley { mean: Some(0.0), ..config };
        assert!((known.arl(1.0).unwrap() - 10.3760).abs() < 1e-4);
    }

    #[test]
    fn an_average_of_garbage_stays_a_number() {
        let kernel = *test(None).kernel();
        let mut state: PageHinkleyState = bytemuck::Zeroable::zeroed();
        for x in [1e300, -1e300, 1e300, 0.0] {
            assert!(kernel.step(&mut state, &mut [], x).iter().all(|y| y.is_finite()));
        }
    }
}
