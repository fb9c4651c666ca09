//! What a weld is, by its photodiodes: features of a 50 kHz burst, and the defect they look like.
//!
//! The burst is read once, in fifths of a millisecond; 4 ms at both ends, where the laser rises and falls, are left
//! out. Features, relative to the mean of their signal unless named otherwise: mean level (V, the energy intensity),
//! scatter (RMS above 1 kHz), slope over the burst, steps up and down of the plasma (means of 8 ms before and after),
//! means of its five segments, ripple (RMS of its milliseconds about their segment), longest run of milliseconds
//! outside of the envelope of good welds and longest drop-out below 0.4 (ms), highest flash, RMS of the keyhole's band
//! 0.5 to 2 kHz, ratio of plasma to thermal, warm-up of the thermal (1.6 to 8 ms over the rest) and
//! ```text
//! excess = ln(plasma) - (c0 + c1*ln(thermal) + c2*ln(warm_up) + c3*ln(reflection))
//! ```
//! with `c` of least squares over good welds: what of the plasma's level the other signals do not account for
//! (cause-selecting chart, Zhang 1985). The warm-up is free of the surface's brightness and tells the absorbed power.
//! Energy intensity and scatter level after J. Manuf. Sci. Eng. 144(7) 071004 (2022): a gap is a step in the plasma,
//! over-penetration scatters all three.
//!
//! With `z = (feature - centre)/sigma` of good welds the five scores are, in sigmas,
//! ```text
//! gap              = step_up - max(0, step_down)      over_penetration = mean of the three scatters
//! false_friend     = excess                           blow_out         = max(drop_out, flash)
//! shallow          = max(-(plasma + thermal)/2, step_down)
//! ```
//! The class is that of the largest `score/limit` when it is above 1, else good; a drop-out beyond the limit of the
//! blow-out and shorter than 4 ms is a blow-out whatever else is large, unless the whole weld is 5 sigmas brighter than
//! good ones. With `m` that ratio, the share of good welds beyond it is `p = 0.1*exp(-(m - tail_from)/tail_scale)`
//! (peaks over threshold, Pickands 1975), and confidence that the weld is good is `(1 - d)*p/((1 - d)*p + d)` for the
//! share `d` of defects, that it is not one less that.

use alloc::vec::Vec;

use super::{FrontEnd, FrontEndDesign};
use crate::number::LARGEST;
use crate::{DesignError, List, Port};

/// Features of a burst.
pub const WELD_FEATURES: usize = 24;
/// Classes that are no good weld: gap, false friend, over-penetration, blow-out, shallow.
pub const WELD_DEFECTS: usize = 5;
/// Samples of a fifth of a millisecond.
const BIN: usize = 10;
/// Fifths of a millisecond left out at both ends.
const SKIP: usize = 20;
/// Fifths of a millisecond on either side of a step.
const STEP: usize = 40;
/// Fifths of a millisecond of a point of the envelope.
const POINT: usize = 5;
/// Segments of the burst.
pub(super) const SEGMENTS: usize = 5;
/// Fifths of a millisecond between which the melt warms up, and from which on it is warm.
const WARMING: [usize; 3] = [8, 40, 75];
/// Sigmas of good welds beyond which a millisecond is outside of the envelope.
const OUTSIDE: f64 = 3.0;
/// Plasma over its mean below which it has dropped out: an open keyhole swings down to 0.5, a hole leaves a quarter.
const DARK: f64 = 0.4;
/// Plasma level from which the whole weld is too hot, sigmas.
const BRIGHT: f64 = 5.0;
/// Place of the blow-out among the scores.
const BLOW_OUT: usize = 3;
/// A drop-out as long as that is no hole, it is a dark part of the seam, ms: 600 um at 150 mm/s.
const LONGEST_HOLE_MS: f64 = 4.0;

pub(super) mod at {
    pub const MEAN: usize = 0;
    pub const SCATTER: usize = 3;
    pub const SLOPE: usize = 6;
    pub const STEP_UP: usize = 9;
    pub const STEP_DOWN: usize = 10;
    pub const SEGMENT: usize = 11;
    pub const RIPPLE: usize = 16;
    pub const OUTSIDE_MS: usize = 17;
    pub const DROP_OUT_MS: usize = 18;
    pub const FLASH: usize = 19;
    pub const KEYHOLE: usize = 20;
    pub const RATIO: usize = 21;
    pub const WARM_UP: usize = 22;
    pub const EXCESS: usize = 23;
}

/// Config: what good welds are like, and the limits. Made by [`WeldBurst::learn`]; by default it measures a burst of
/// 10,000 samples and judges nothing.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeldBurst {
    /// Samples of a burst at 50 kHz; 2000 to 1e6.
    pub samples: u32,
    /// Means of the features over good welds, in the order of the outputs.
    pub centre: List<WELD_FEATURES>,
    /// Their standard deviations; positive.
    pub sigma: List<WELD_FEATURES>,
    /// Means of the plasma's five segments over good welds, V.
    pub envelope_v: List<SEGMENTS>,
    /// Standard deviation of one millisecond about them, V; positive.
    pub envelope_sigma_v: f64,
    /// `c0` to `c3` of the excess; dimensionless.
    pub explained_by: List<4>,
    /// Limits of the scores, sigmas; positive: gap, false friend, over-penetration, blow-out, shallow.
    pub limits: List<WELD_DEFECTS>,
    /// Ratio that one good weld in ten goes beyond; dimensionless.
    pub tail_from: f64,
    /// Mean excess beyond it; positive, dimensionless.
    pub tail_scale: f64,
    /// Share of welds that are defective; 0 to 1, both excluded.
    pub defect_share: f64,
}

/// [`WeldBurst`] at work.
#[derive(Debug, Clone)]
pub struct WeldBurstFrontEnd {
    config: WeldBurst,
    high: Section,
    band: Section,
    bins: [Vec<f64>; 3],
}

/// A second-order section, direct form II transposed.
#[derive(Debug, Clone, Copy)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
}

impl Section {
    /// High-pass or band-pass of unit peak about `hz` (Bristow-Johnson's cookbook form).
    fn of(hz: f64, q: f64, high: bool) -> Self {
        let w = core::f64::consts::TAU * hz / 50_000.0;
        let (sin, cos) = libm::sincos(w);
        let alpha = sin / (2.0 * q);
        let a0 = 1.0 + alpha;
        let half = 0.5 * (1.0 + cos);
        let b = if high { [half, -2.0 * half, half] } else { [alpha, 0.0, -alpha] };
        Section { b: b.map(|b| b / a0), a: [-2.0 * cos / a0, (1.0 - alpha) / a0] }
    }

    #[inline(always)]
    fn step(&self, s: &mut [f64; 2], x: f64) -> f64 {
        let y = self.b[0] * x + s[0];
        s[0] = self.b[1] * x - self.a[0] * y + s[1];
        s[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

pub(super) fn scores(features: &[f64], centre: &[f64], sigma: &[f64]) -> [f64; WELD_DEFECTS] {
    let mut z = [0.0; WELD_FEATURES];
    for (i, z) in z.iter_mut().enumerate() {
        *z = (features[i] - centre[i]) / sigma[i];
    }
    let down = z[at::STEP_DOWN];
    [
        z[at::STEP_UP] - down.max(0.0),
        z[at::EXCESS],
        (z[at::SCATTER] + z[at::SCATTER + 1] + z[at::SCATTER + 2]) / 3.0,
        z[at::DROP_OUT_MS].max(z[at::FLASH]),
        (-0.5 * (z[at::MEAN] + z[at::MEAN + 2])).max(down),
    ]
}

/// The score that is largest over its limit: which, and that ratio.
pub(super) fn largest(scores: &[f64; WELD_DEFECTS], limits: &[f64]) -> (usize, f64) {
    let mut most = (0, f64::NEG_INFINITY);
    for (i, (score, limit)) in scores.iter().zip(limits).enumerate() {
        if score / limit > most.1 {
            most = (i, score / limit);
        }
    }
    most
}

impl FrontEndDesign for WeldBurst {
    type FrontEnd = WeldBurstFrontEnd;
    const NAME: &'static str = "WeldBurst";
    const BLOCKS: &'static [Port] =
        &[Port::new("plasma", "a"), Port::new("reflection", "b"), Port::new("thermal", "c")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("weld_class", "1"),
        Port::new("confidence", "1"),
        Port::new("score", "1"),
        Port::new("plasma_mean", "a"),
        Port::new("reflection_mean", "b"),
        Port::new("thermal_mean", "c"),
        Port::new("plasma_scatter", "1"),
        Port::new("reflection_scatter", "1"),
        Port::new("thermal_scatter", "1"),
        Port::new("plasma_slope", "1"),
        Port::new("reflection_slope", "1"),
        Port::new("thermal_slope", "1"),
        Port::new("step_up", "1"),
        Port::new("step_down", "1"),
        Port::new("segment_1", "1"),
        Port::new("segment_2", "1"),
        Port::new("segment_3", "1"),
        Port::new("segment_4", "1"),
        Port::new("segment_5", "1"),
        Port::new("ripple", "1"),
        Port::new("outside_ms", "1"),
        Port::new("drop_out_ms", "1"),
        Port::new("flash", "1"),
        Port::new("keyhole", "1"),
        Port::new("ratio", "1"),
        Port::new("warm_up", "1"),
        Port::new("excess", "1"),
    ];

    fn design(&self) -> Result<WeldBurstFrontEnd, DesignError> {
        let served = (2000..=1_000_000).contains(&self.samples);
        DesignError::unless(served, "samples", "2000 to 1e6", f64::from(self.samples))?;
        for (name, list, len) in [
            ("centre", &self.centre[..], WELD_FEATURES),
            ("sigma", &self.sigma[..], WELD_FEATURES),
            ("limits", &self.limits[..], WELD_DEFECTS),
            ("envelope_v", &self.envelope_v[..], SEGMENTS),
            ("explained_by", &self.explained_by[..], 4),
        ] {
            DesignError::finite_list(name, list)?;
            let right = list.len() == len;
            DesignError::unless(right, name, "one number each", list.len() as f64)?;
            let positive = matches!(name, "sigma" | "limits");
            let wrong = list.iter().find(|x| positive && **x <= 0.0);
            wrong.map_or(Ok(()), |x| DesignError::positive(name, *x))?;
        }
        DesignError::unless(self.tail_from.is_finite(), "tail_from", "finite", self.tail_from)?;
        DesignError::positive("tail_scale", self.tail_scale)?;
        DesignError::positive("envelope_sigma_v", self.envelope_sigma_v)?;
        let between = self.defect_share > 0.0 && self.defect_share < 1.0;
        DesignError::unless(between, "defect_share", "between 0 and 1", self.defect_share)?;
        let bins = self.samples as usize / BIN;
        Ok(WeldBurstFrontEnd {
            config: self.clone(),
            high: Section::of(1000.0, core::f64::consts::FRAC_1_SQRT_2, true),
            band: Section::of(1000.0, 0.667, false),
            bins: [(); 3].map(|()| alloc::vec![0.0; bins]),
        })
    }
}

impl WeldBurstFrontEnd {
    /// Features in the order of the outputs behind `score`; none when a sample is no measurement or a signal is dark.
    pub fn features(&mut self, signals: [&[f64]; 3]) -> Option<[f64; WELD_FEATURES]> {
        let bins = self.bins[0].len();
        let used = (bins - 2 * SKIP) as f64;
        let mut f = [0.0; WELD_FEATURES];
        for (k, x) in signals.into_iter().enumerate() {
            let (mut high, mut band) = ([0.0; 2], [0.0; 2]);
            let (mut rough, mut ring) = (0.0, 0.0);
            let to = &mut self.bins[k];
            for (i, (bin, x)) in to.iter_mut().zip(x.as_chunks::<BIN>().0).enumerate() {
                let (mut sum, mut fast, mut tone) = (0.0, 0.0, 0.0);
                for x in x {
                    sum += x;
                    let h = self.high.step(&mut high, *x);
                    fast += h * h;
                    if k == 0 {
                        let b = self.band.step(&mut band, *x);
                        tone += b * b;
                    }
                }
                *bin = sum * (1.0 / BIN as f64);
                if (SKIP..bins - SKIP).contains(&i) {
                    rough += fast;
                    ring += tone;
                }
            }
            let inner = &to[SKIP..bins - SKIP];
            let mean = inner.iter().sum::<f64>() / used;
            if !(mean > 1e-6 && mean <= 1e100 && rough <= LARGEST) {
                return None;
            }
            let middle = 0.5 * (used - 1.0);
            let tilt: f64 = inner.iter().enumerate().map(|(i, x)| (i as f64 - middle) * x).sum();
            f[at::MEAN + k] = mean;
            f[at::SCATTER + k] = libm::sqrt(rough / (used * BIN as f64)) / mean;
            // Slope of least squares, over the whole of the burst.
            f[at::SLOPE + k] = tilt * 12.0 / (used * used * mean);
            if k == 0 {
                f[at::KEYHOLE] = libm::sqrt(ring / (used * BIN as f64)) / mean;
            }
        }
        let plasma = &self.bins[0][SKIP..bins - SKIP];
        shape(plasma, &mut f);
        self.levels(plasma, &mut f);
        f[at::RATIO] = f[at::MEAN] / f[at::MEAN + 2];
        let thermal = &self.bins[2][..bins - SKIP];
        let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
        f[at::WARM_UP] = mean(&thermal[WARMING[0]..WARMING[1]]) / mean(&thermal[WARMING[2]..]);
        f[at::EXCESS] = excess(&f, &self.config.explained_by)?;
        Some(f)
    }

    /// Segments, ripple and the longest run outside of the envelope, by milliseconds of the plasma.
    fn levels(&self, plasma: &[f64], f: &mut [f64; WELD_FEATURES]) {
        let c = &self.config;
        let scale = 1.0 / f[at::MEAN];
        let long = plasma.len() / SEGMENTS;
        let (mut run, mut longest, mut square, mut points) = (0u32, 0u32, 0.0, 0.0);
        for (k, segment) in plasma.chunks_exact(long).take(SEGMENTS).enumerate() {
            let mean = segment.iter().sum::<f64>() / long as f64;
            f[at::SEGMENT + k] = mean * scale;
            let usual_v = c.envelope_v.get(k).copied().unwrap_or(mean);
            for point in segment.as_chunks::<POINT>().0 {
                let v = point.iter().sum::<f64>() * (1.0 / POINT as f64);
                square += (v - mean) * (v - mean);
                points += 1.0;
                let outside = libm::fabs(v - usual_v) > OUTSIDE * c.envelope_sigma_v;
                run = if outside { run + 1 } else { 0 };
                longest = longest.max(run);
            }
        }
        f[at::RIPPLE] = libm::sqrt(square / points) * scale;
        f[at::OUTSIDE_MS] = f64::from(longest);
    }
}

/// What the plasma's level has beyond what the other signals account for; none for a dark or broken one.
pub(super) fn excess(f: &[f64; WELD_FEATURES], by: &[f64]) -> Option<f64> {
    let [constant, slopes @ ..] = by else { return None };
    let from = explains(f)?;
    let told: f64 = slopes.iter().zip(from).map(|(slope, x)| slope * x).sum();
    Some(libm::log(f[at::MEAN]) - constant - told)
}

/// Logarithms of thermal, warm-up and reflection.
pub(super) fn explains(f: &[f64; WELD_FEATURES]) -> Option<[f64; 3]> {
    let from = [f[at::MEAN + 2], f[at::WARM_UP], f[at::MEAN + 1]];
    let lit = from.iter().all(|x| *x > 1e-9 && *x < 1e100);
    lit.then(|| from.map(libm::log))
}

/// Steps, drop-outs and flashes of the plasma, by its fifths of a millisecond.
fn shape(plasma: &[f64], f: &mut [f64; WELD_FEATURES]) {
    let scale = 1.0 / f[at::MEAN];
    let (mut before, mut after) = (0.0, 0.0);
    let (mut run, mut longest, mut flash) = (0u32, 0u32, 0.0_f64);
    let (mut up, mut down) = (0.0_f64, 0.0_f64);
    for (i, x) in plasma.iter().enumerate() {
        run = if x * scale < DARK { run + 1 } else { 0 };
        longest = longest.max(run);
        flash = flash.max(x * scale);
        // Windows of 8 ms whose border moves along.
        if i < STEP {
            before += x;
        } else if i < 2 * STEP {
            after += x;
        } else {
            before += plasma[i - STEP] - plasma[i - 2 * STEP];
            after += x - plasma[i - STEP];
        }
        if i + 1 >= 2 * STEP {
            let step = (after - before) * scale / STEP as f64;
            up = up.max(step);
            down = down.max(-step);
        }
    }
    f[at::STEP_UP] = up;
    f[at::STEP_DOWN] = down;
    f[at::DROP_OUT_MS] = f64::from(longest) * 0.2;
    f[at::FLASH] = flash;
}

impl FrontEnd for WeldBurstFrontEnd {
    fn block_len(&self, _: usize) -> Option<usize> {
        Some(self.config.samples as usize)
    }

    fn step(&mut self, blocks: &[Option<&[f64]>], out: &mut [f64]) {
        let [Some(plasma), Some(reflection), Some(thermal)] = blocks else { return };
        let len = self.config.samples as usize;
        let whole = [plasma, reflection, thermal].iter().all(|x| x.len() == len);
        let [weld_class, confidence, score, rest @ ..] = out else { return };
        let features = if whole { self.features([plasma, reflection, thermal]) } else { None };
        let Some(features) = features else {
            out.fill(f64::NAN);
            return;
        };
        let c = &self.config;
        let scores = scores(&features, &c.centre, &c.sigma);
        let (mut defect, ratio) = largest(&scores, &c.limits);
        let out_ms = features[at::DROP_OUT_MS];
        let out_z = (out_ms - c.centre[at::DROP_OUT_MS]) / c.sigma[at::DROP_OUT_MS];
        let bright_z = (features[at::MEAN] - c.centre[at::MEAN]) / c.sigma[at::MEAN];
        if out_ms < LONGEST_HOLE_MS && out_z > c.limits[BLOW_OUT] && bright_z < BRIGHT {
            // Melt thrown out scatters and steps as well; but for a keyhole open at its root, which is much brighter,
            // nothing drops out so briefly.
            defect = BLOW_OUT;
        }
        let share = (0.1 * libm::exp((c.tail_from - ratio) / c.tail_scale)).min(1.0);
        let good = (1.0 - c.defect_share) * share;
        let good = good / (good + c.defect_share);
        let refused = ratio > 1.0;
        *weld_class = if refused { 1.0 + defect as f64 } else { 0.0 };
        *confidence = if refused { 1.0 - good } else { good };
        *score = ratio;
        rest.iter_mut().zip(features).for_each(|(to, x)| *to = x);
    }

    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front() -> WeldBurstFrontEnd {
        WeldBurst::unlearned(10_000).design().unwrap()
    }

    fn sine(hz: f64, size: f64) -> Vec<f64> {
        (0..10_000)
            .map(|i| {
                2.0 * (1.0 + size * libm::sin(core::f64::consts::TAU * hz * f64::from(i) / 5e4))
            })
            .collect()
    }

    #[test]
    fn a_fast_ripple_is_scatter_and_one_of_a_kilohertz_is_keyhole() {
        let flat = vec![1.0; 10_000];
        let of = |hz| front().features([&sine(hz, 0.1), &flat, &flat]).unwrap();
        let (fast, tone) = (of(8000.0), of(1000.0));
        assert!((fast[at::SCATTER] - 0.1 / 2f64.sqrt()).abs() < 2e-3, "{}", fast[at::SCATTER]);
        assert!((tone[at::KEYHOLE] - 0.1 / 2f64.sqrt()).abs() < 2e-3, "{}", tone[at::KEYHOLE]);
        assert!(fast[at::KEYHOLE] < 0.3 * tone[at::KEYHOLE]);
        assert!((fast[at::RATIO] - 2.0).abs() < 1e-3);
    }

    #[test]
    fn a_step_has_its_height_and_a_drop_out_its_length() {
        let flat = vec![1.0; 10_000];
        let mut plasma = vec![1.0; 10_000];
        plasma[5000..].fill(1.2);
        let f = front().features([&plasma, &flat, &flat]).unwrap();
        assert!((f[at::STEP_UP] - 0.2 / 1.1).abs() < 1e-3 && f[at::STEP_DOWN] < 1e-9);
        assert!(f[at::SLOPE] > 0.1);
        plasma.fill(1.0);
        plasma[5000..5100].fill(0.2);
        let f = front().features([&plasma, &flat, &flat]).unwrap();
        assert!((f[at::DROP_OUT_MS] - 2.0).abs() < 1e-9, "100 samples are 2 ms");
    }

    #[test]
    fn a_bad_sample_a_dark_signal_and_a_wrong_length_say_nothing() {
        let good = sine(900.0, 0.05);
        let mut bad = good.clone();
        bad[3000] = f64::NAN;
        for plasma in [&bad[..], &vec![0.0; 10_000], &good[..5000]] {
            let mut out = [1.0; WELD_FEATURES + 3];
            front().step(&[Some(plasma), Some(&good), Some(&good)], &mut out);
            assert!(out.iter().all(|x| x.is_nan()));
        }
    }

    #[test]
    fn milliseconds_outside_of_the_envelope_are_counted_in_one_run() {
        let flat = vec![2.0; 10_000];
        let config = WeldBurst {
            envelope_v: List::new(&[2.0; SEGMENTS]).unwrap(),
            envelope_sigma_v: 0.1,
            ..WeldBurst::unlearned(10_000)
        };
        let mut front = config.design().unwrap();
        let mut plasma = flat.clone();
        plasma[3000..3500].fill(2.2); // 2 sigmas: inside
        plasma[6000..6600].fill(2.6);
        let f = front.features([&plasma, &flat, &flat]).unwrap();
        assert!((11.0..=12.0).contains(&f[at::OUTSIDE_MS]), "{}", f[at::OUTSIDE_MS]);
        assert!(f[at::SEGMENT + 3] > f[at::SEGMENT + 1] && f[at::RIPPLE] > 0.0);
    }
}
