//! Scanning gauge: separates machine direction (MD) from cross direction (CD) of a zig-zag scan.
//!
//! Model `y = m(t) + c(box) + v`: `m` a random walk, `c` a slow profile of mean zero, `v` white noise.
//! ```text
//! e = y - m - c[b]        m += g*e              (Kalman gain g of the walk in the box noise)
//! at the end of each visit of a box, r = mean of (y - m) over the visit:
//! d[b] += w*(way*(r - c[b]) - d[b])             (way = +1 out, -1 back; d: half the difference of ways)
//! c[b] += w*(r - c[b])                          (w = cd_weight; at first 1/traverses, if that is larger)
//! md = m + mean(c)        cd = c[b] - mean(c)
//! ```
//! (After Bergh and MacGregor 1987.) `md`, `cd`, `innovation` carry the unit of `value`. `box` is the
//! number of the box under the gauge, 0 to `boxes - 1`; another number holds everything. The profile is
//! learnt from the first turn on; the variance of a settled `c[b]` is `cd_weight/(2 - cd_weight)` of the
//! box noise's.
//!
//! **Aliasing.** MD variation in step with the traverse looks like a standing profile. `observable` is
//! - 0 until both ways were scanned;
//! - 0 while the half difference of the ways shows such a variation, and `3/cd_weight` traverses after;
//! - 0 while the whole profile is, within its noise, one cosine that a variation of the traverse's own
//!   period (or a half, a third of it) would draw. Traverse times that vary by 5 % or more lift this
//!   doubt: they make such a variation average out;
//! - else 1.
//!
//! The doubtful cosine is left out of `cd`: no correction is better than a false one. What stays
//! undetected is a variation of exactly the traverse's period and cosine phase on top of a real profile;
//! an uneven scan or a gauge at a fixed place is the remedy.

use super::kalman::{next_gain, variance_ratio};
use super::synchronous::{self, Finding, Wave};
use crate::number::{flag, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Traverse times that vary less than this (standard deviation over mean) count as regular.
const REGULAR: f64 = 0.05;
/// Traverses before anything is called observable: one to start, one each way.
const FIRST_TRAVERSES: u32 = 3;

/// Config of the scanning gauge.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanningGauge {
    /// Boxes across the web; 4 to 512.
    pub boxes: u32,
    /// Weight of the newest visit in the profile, more than 0 up to 1; usually 0.1 to 0.3.
    pub cd_weight: f64,
    /// Standard deviation of the MD walk after one second, unit of `value` per square root of a second.
    pub md_walk_sd_per_sqrt_s: f64,
    /// Standard deviation of the noise of one sample, unit of `value`; positive.
    pub box_noise_sd: f64,
}

/// Coefficients of [`ScanningGauge`].
#[derive(Debug, Clone, Copy)]
pub struct ScanningGaugeKernel {
    boxes: usize,
    weight: f64,
    /// Walk variance over noise variance, per sample.
    ratio: f64,
    noise_sd: f64,
    /// Traverses for which a proven synchronous variation is remembered.
    remembered: u32,
}

/// State of [`ScanningGauge`]; `c` and `d` stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ScanningGaugeState {
    m: f64,
    gain: f64,
    profile_sum: f64,
    /// Sum of `y - m` over the visit, and its samples.
    visit_sum: f64,
    visit_samples: f64,
    /// `+1` out, `-1` back, `0` not yet known.
    way: f64,
    /// Samples of this traverse; mean and mean square deviation of the traverses before.
    traverse_samples: f64,
    traverse_mean: f64,
    traverse_variance: f64,
    /// The doubtful component.
    harmonic: f64,
    amplitude: f64,
    out: [f64; 4],
    current_box: u32,
    traverses: u32,
    doubtful_for: u32,
    primed: u32,
}

impl Design for ScanningGauge {
    type Kernel = ScanningGaugeKernel;
    const NAME: &'static str = "ScanningGauge";
    const INPUTS: &'static [Port] = &[Port::new("value", "a"), Port::new("box", "1")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("md", "a"),
        Port::new("cd", "a"),
        Port::new("innovation", "a"),
        Port::new("observable", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<ScanningGaugeKernel, DesignError> {
        DesignError::period(period_s)?;
        let boxes = f64::from(self.boxes);
        DesignError::unless((4..=512).contains(&self.boxes), "boxes", "4 to 512", boxes)?;
        let usable = (0.001..=1.0).contains(&self.cd_weight);
        DesignError::unless(usable, "cd_weight", "from 0.001 to 1", self.cd_weight)?;
        let walk = self.md_walk_sd_per_sqrt_s;
        DesignError::not_negative("md_walk_sd_per_sqrt_s", walk)?;
        DesignError::positive("box_noise_sd", self.box_noise_sd)?;
        let ratio = variance_ratio(walk, self.box_noise_sd, period_s)
            .map_err(|e| DesignError { parameter: "md_walk_sd_per_sqrt_s", ..e })?;
        Ok(ScanningGaugeKernel {
            boxes: self.boxes as usize,
            weight: self.cd_weight,
            ratio,
            noise_sd: self.box_noise_sd,
            remembered: libm::ceil(3.0 / self.cd_weight) as u32,
        })
    }
}

/// The two profiles of the memory: `c` and `d`.
fn split(memory: &mut [f64]) -> (&mut [f64], &mut [f64]) {
    let half = memory.len() / 2;
    memory.split_at_mut(half)
}

impl ScanningGaugeKernel {
    /// Number of the box, when there is such a box.
    fn box_number(&self, x: f64) -> Option<u32> {
        let number = libm::round(x);
        (number >= 0.0 && number < self.boxes as f64).then_some(number as u32)
    }

    /// Ends the visit of a box: what it read beyond `m` goes into the profile.
    fn learn(&self, s: &mut ScanningGaugeState, memory: &mut [f64]) {
        let at = s.current_box as usize;
        let (profile, difference) = split(memory);
        if let (Some(c), Some(d)) = (profile.get_mut(at), difference.get_mut(at))
            && s.traverses > 0
            && s.visit_samples > 0.0
        {
            let weight = self.weight.max(1.0 / f64::from(s.traverses));
            let news = saturate(s.visit_sum / s.visit_samples - *c);
            *d += weight * (s.way * news - *d);
            *c += weight * news;
            s.profile_sum = saturate(s.profile_sum + weight * news);
        }
        (s.visit_sum, s.visit_samples) = (0.0, 0.0);
    }

    /// Ends a traverse: its time, and what of the profile is in doubt.
    fn turn(&self, s: &mut ScanningGaugeState, memory: &mut [f64]) {
        s.traverses = s.traverses.saturating_add(1);
        let (profile, difference) = split(memory);
        // The sum is carried along; taking it afresh keeps its rounding from growing.
        s.profile_sum = saturate(profile.iter().sum());
        // The first traverse is a part of one.
        if s.traverses > 1 {
            let weight = self.weight.max(1.0 / f64::from(s.traverses - 1));
            let off = s.traverse_samples - s.traverse_mean;
            s.traverse_mean += weight * off;
            s.traverse_variance += weight * (off * off * (1.0 - weight) - s.traverse_variance);
        }
        let regular =
            s.traverse_variance < (REGULAR * s.traverse_mean) * (REGULAR * s.traverse_mean);
        s.doubtful_for = s.doubtful_for.saturating_sub(1);
        if s.traverses >= FIRST_TRAVERSES {
            let weight = self.weight.max(1.0 / f64::from(s.traverses));
            // A harmonic averages the noise of all boxes and takes up the walk of one traverse.
            let per_visit = 2.0 / self.boxes as f64 + self.ratio * s.traverse_mean;
            let sd = self.noise_sd * libm::sqrt(weight / (2.0 - weight) * per_visit);
            let found = synchronous::find(profile, difference, sd, sd, regular);
            self.judge(s, found);
        }
        s.traverse_samples = 0.0;
    }

    /// Notes which component is in doubt, and for how many traverses.
    fn judge(&self, s: &mut ScanningGaugeState, found: Finding) {
        let (wave, traverses) = match found {
            Finding::Synchronous(wave) => (wave, self.remembered),
            // What was proven lately is not forgotten for a weaker finding.
            Finding::Doubtful(wave) => (wave, s.doubtful_for.max(1)),
            Finding::Trusted if s.doubtful_for > 0 => return,
            Finding::Trusted => (Wave { harmonic: 0.0, amplitude: 0.0 }, 0),
        };
        (s.harmonic, s.amplitude) = (wave.harmonic, saturate(wave.amplitude));
        s.doubtful_for = traverses;
    }

    /// Follows the gauge to box `to`.
    fn travel(&self, s: &mut ScanningGaugeState, memory: &mut [f64], to: u32) {
        self.learn(s, memory);
        let way = if to > s.current_box { 1.0 } else { -1.0 };
        if way != s.way && s.way != 0.0 {
            self.turn(s, memory);
        }
        (s.way, s.current_box) = (way, to);
    }
}

impl Kernel for ScanningGaugeKernel {
    type State = ScanningGaugeState;
    type Input = [f64; 2];
    type Output = [f64; 4];

    fn memory_len(&self) -> usize {
        2 * self.boxes
    }

    #[inline]
    fn step(&self, s: &mut ScanningGaugeState, memory: &mut [f64], input: [f64; 2]) -> [f64; 4] {
        let Some(at) = self.box_number(input[1]) else {
            return if s.primed == 1 { s.out } else { [input[0], 0.0, 0.0, 0.0] };
        };
        let y = input[0];
        if s.primed == 0 {
            (s.m, s.gain, s.current_box, s.primed) = (y, 1.0, at, 1);
        } else {
            if at != s.current_box {
                self.travel(s, memory, at);
            }
            s.gain = next_gain(s.gain, self.ratio);
        }
        s.traverse_samples += 1.0;
        s.visit_sum = saturate(s.visit_sum + (y - s.m));
        s.visit_samples += 1.0;
        let c = memory.get(at as usize).copied().unwrap_or(0.0);
        let innovation = saturate(y - s.m - c);
        s.m = saturate(s.m + s.gain * innovation);
        let mean = s.profile_sum / self.boxes as f64;
        let doubtful = Wave { harmonic: s.harmonic, amplitude: s.amplitude };
        let cd =
            c - mean - if s.harmonic > 0.0 { doubtful.at(at as usize, self.boxes) } else { 0.0 };
        let observable = s.traverses >= FIRST_TRAVERSES && s.doubtful_for == 0;
        s.out = [saturate(s.m + mean), saturate(cd), innovation, flag(observable)];
        s.out
    }
}
