//! Likelihood-ratio chart for a shift of unknown size, sign and onset (Lorden 1971; the candidates as in
//! Romano, Eckley, Fearnhead and Rigaill 2023): one threshold for what a bank of CUSUMs does.
//!
//! `z = (x - mean)/sigma`; `up = max over onset t and size m >= smallest_shift of
//! sum over samples after t of (m*z - m^2/2)`, `down` the same of `-z`; alarm `+1` when `up > h`, `-1` when
//! `down > h`, of the larger when both are. `age` is the number of samples since the onset that the larger
//! side puts forward, `shift` the size it puts forward, sigma with its sign; both zero without evidence.
//!
//! An onset can be the best one for some size only while it is a corner of the lower convex hull of the
//! running sum, with slopes above `smallest_shift/2`; all others are dropped as they arise, so a sample costs
//! one look at each corner: three on average, eleven at most in 200,000 samples in control. There is
//! room for 32 a side. Only a signal that bends upwards without noise can fill it; then the corner whose
//! loss lowers the statistic least is given up: never a false alarm, and `age` is coarser by its segment.
//! Readings beyond a million sigma count as a million. The threshold: [`super::arl::glr_h_for_arl0`].

use super::arl::{glr_arl, glr_h_for_arl0};
use super::arl_glr::check_smallest;
use super::{Baseline, Chart};
use crate::number::limit;
use crate::{Design, DesignError, Kernel, Port};

/// Onsets kept a side.
const MOST: usize = 32;
/// Largest reading that counts, sigma.
const LARGEST_Z: f64 = 1e6;

/// Config of the likelihood-ratio chart.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glr {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// Smallest shift worth finding, sigma; 0.1 to 2 (default 0.25). Smaller: more onsets to compare, a
    /// higher threshold for the same silence.
    #[serde(default = "quarter")]
    pub smallest_shift: f64,
    /// Threshold of the log likelihood ratio, dimensionless; positive.
    pub h: f64,
    /// Forget the evidence after an alarm.
    pub restart: bool,
}

fn quarter() -> f64 {
    0.25
}

/// Coefficients of [`Glr`].
#[derive(Debug, Clone, Copy)]
pub struct GlrKernel {
    baseline: Baseline,
    smallest: f64,
    h: f64,
    restart: bool,
}

/// State of [`Glr`]: each side's samples and sum since its oldest onset, and how many onsets it has.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct GlrState {
    up: Side,
    down: Side,
}

/// One side; its onsets stand in memory, oldest first: samples and sum at each.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Side {
    samples: f64,
    sum: f64,
    count: u64,
}

/// The best explanation of one side.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Evidence {
    ratio: f64,
    age: f64,
    size: f64,
}

impl Side {
    /// One reading, seen from this side.
    fn step(&mut self, onsets: &mut [[f64; 2]], smallest: f64, z: f64) -> Evidence {
        let mut count = usize::try_from(self.count).unwrap_or(0).min(onsets.len());
        let here = [self.samples, self.sum];
        // The change may come with this reading: a corner of the hull, and what it hides goes.
        while let Some(&last) = count.checked_sub(1).and_then(|i| onsets.get(i)) {
            let before = count.checked_sub(2).and_then(|i| onsets.get(i));
            let bend = before.map_or(0.5 * smallest, |b| slope(*b, last));
            if slope(last, here) > bend {
                break;
            }
            count -= 1;
        }
        if count == 0 {
            (self.samples, self.sum) = (0.0, 0.0);
        }
        if count == onsets.len() {
            give_up_one(onsets);
            count -= 1;
        }
        if let Some(place) = onsets.get_mut(count) {
            *place = [self.samples, self.sum];
            count += 1;
        }
        self.count = count as u64;
        self.samples += 1.0;
        self.sum += z;
        let none = Evidence { ratio: 0.0, age: 0.0, size: 0.0 };
        onsets.iter().take(count).fold(none, |best, [samples, sum]| {
            let (age, risen) = (self.samples - samples, self.sum - sum);
            let size = (risen / age).max(smallest);
            let ratio = size * (risen - 0.5 * age * size);
            if ratio > best.ratio { Evidence { ratio, age, size } } else { best }
        })
    }
}

fn slope(from: [f64; 2], to: [f64; 2]) -> f64 {
    (to[1] - from[1]) / (to[0] - from[0])
}

/// Drops the inner corner without which the ratio falls least, at the size where its neighbours meet.
fn give_up_one(onsets: &mut [[f64; 2]]) {
    let (mut at, mut least) = (1, f64::INFINITY);
    for (i, three) in onsets.windows(3).enumerate() {
        if let [a, b, c] = *three {
            let meet = slope(a, c);
            let loss = 2.0 * meet * (b[0] - a[0]) * (meet - slope(a, b));
            if loss < least {
                (at, least) = (i + 1, loss);
            }
        }
    }
    if let Some(from) = onsets.get_mut(at..) {
        from.rotate_left(1);
    }
}

impl Design for Glr {
    type Kernel = GlrKernel;
    const NAME: &'static str = "Glr";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("up", "1"),
        Port::new("down", "1"),
        Port::new("age", "1"),
        Port::new("shift", "1"),
        Port::new("alarm", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<GlrKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        check_smallest(self.smallest_shift)?;
        DesignError::positive("h", self.h)?;
        let (smallest, h, restart) = (self.smallest_shift, self.h, self.restart);
        Ok(GlrKernel { baseline, smallest, h, restart })
    }
}

impl Chart for Glr {
    const THRESHOLD: &'static str = "h";

    /// In control a fitted closed form, to about 1 %; at a shift 20,000 seeded runs, to 0.75 %.
    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        glr_arl(self.smallest_shift, self.h, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { h: glr_h_for_arl0(self.smallest_shift, arl0)?, ..self })
    }
}

impl Kernel for GlrKernel {
    type State = GlrState;
    type Input = f64;
    type Output = [f64; 5];

    fn memory_len(&self) -> usize {
        4 * MOST
    }

    #[inline]
    fn step(&self, s: &mut GlrState, memory: &mut [f64], x: f64) -> [f64; 5] {
        let z = limit(self.baseline.z(x), -LARGEST_Z, LARGEST_Z);
        let (onsets, _) = memory.as_chunks_mut::<2>();
        let (above, below) = onsets.split_at_mut(onsets.len() / 2);
        let up = s.up.step(above, self.smallest, z);
        let down = s.down.step(below, self.smallest, -z);
        let (best, sign) = if up.ratio >= down.ratio { (up, 1.0) } else { (down, -1.0) };
        let found = best.ratio > self.h;
        let alarm = if found { sign } else { 0.0 };
        if self.restart && found {
            *s = bytemuck::Zeroable::zeroed();
        }
        [up.ratio, down.ratio, best.age, sign * best.size, alarm]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;
    use crate::detector::normal::Normal;

    const USUAL: Glr = Glr { mean: 0.0, sigma: 1.0, smallest_shift: 0.25, h: 1e9, restart: false };

    fn start(config: &Glr) -> Running<GlrKernel, Vec<f64>> {
        let kernel = config.design(1.0).unwrap();
        Running::new(kernel, vec![0.0; kernel.memory_len()])
    }

    /// The definition: every onset there ever was.
    fn by_definition(zs: &[f64], smallest: f64) -> (f64, f64) {
        let (mut best, mut sum) = ((0.0, 0.0), 0.0);
        for (i, z) in zs.iter().rev().enumerate() {
            sum += z;
            let age = i as f64 + 1.0;
            let size = (sum / age).max(smallest);
            let ratio = size * (sum - 0.5 * age * size);
            if ratio > best.0 {
                best = (ratio, age);
            }
        }
        best
    }

    #[test]
    fn equals_its_definition_over_all_onsets_and_sizes() {
        for smallest_shift in [0.1, 0.25, 1.0] {
            let mut running = start(&Glr { smallest_shift, ..USUAL });
            let mut normal = Normal::new(7);
            let mut zs = Vec::new();
            for t in 0..3000 {
                let shift = if t % 500 > 400 { 1.0 } else { 0.0 };
                zs.push(normal.next() + shift);
                let [up, down, age, ..] = running.update(zs[t]);
                let expected = by_definition(&zs, smallest_shift);
                let mirrored: Vec<f64> = zs.iter().map(|z| -z).collect();
                assert!((up - expected.0).abs() < 1e-9, "{t}: {up} {expected:?}");
                assert!((down - by_definition(&mirrored, smallest_shift).0).abs() < 1e-9);
                assert!(up <= down || age == expected.1);
            }
        }
    }

    #[test]
    fn a_clean_step_gives_its_onset_and_size() {
        let mut running = start(&Glr { h: 8.0, ..USUAL });
        let mut normal = Normal::new(3);
        for _ in 0..300 {
            running.update(normal.next());
        }
        let out: Vec<[f64; 5]> =
            (0..12).map(|_| running.update(-2.0 + 0.1 * normal.next())).collect();
        let at = out.iter().position(|o| o[4] == -1.0).unwrap();
        assert!((out[at][2] - (at as f64 + 1.0)).abs() <= 2.0, "{:?}", out[at]);
        assert!((out[at][3] + 2.0).abs() < 0.3, "{:?}", out[at]);
    }

    #[test]
    fn a_full_memory_loses_little_and_invents_nothing() {
        // A noiseless parabola of readings makes every sample a corner.
        let (mut running, mut zs) = (start(&USUAL), Vec::new());
        for t in 0..400 {
            zs.push(0.2 + 0.01 * f64::from(t));
            let up = running.update(zs[zs.len() - 1])[0];
            let exact = by_definition(&zs, USUAL.smallest_shift).0;
            assert!(up <= exact + 1e-9 && up > 0.99 * exact, "{t}: {up} of {exact}");
        }
    }

    #[test]
    fn few_onsets_are_kept_in_control() {
        let kernel = USUAL.design(1.0).unwrap();
        let (mut state, mut memory): (GlrState, _) =
            (bytemuck::Zeroable::zeroed(), vec![0.0; kernel.memory_len()]);
        let (mut normal, mut most, mut sum) = (Normal::new(11), 0, 0);
        for _ in 0..200_000 {
            kernel.step(&mut state, &mut memory, normal.next());
            most = most.max(state.up.count);
            sum += state.up.count;
        }
        println!("most {most} mean {}", sum as f64 / 2e5);
        assert!(most <= 16 && sum < 4 * 200_000, "{most} {sum}");
    }
}
