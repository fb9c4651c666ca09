//! Profile of a scan: one mean per box across the web, gathered anew after each stretch that does not count.
//!
//! A scanner says one box at a time; whoever acts on the profile wants all boxes at once, of the same piece
//! of time, and none from before the last action has come to the gauge.
//! ```text
//! at - begun < skip                    nothing is gathered
//! else                                 sum[box] += value, readings[box] += 1
//! every box was visited `visits` times  mean[b] = sum[b]/readings[b]
//!                                      profile[b] = mean[b] - mean of all,  count += 1,  begun = at
//! ```
//! `skip` is in the unit of `at`: metres of web, so that a transport of 80 m is skipped at any speed, or
//! seconds. The first stretch begins with the first sample; an `at` that goes back begins a new one. `sd` is
//! the spread of the last profile without the `edge` outermost boxes on either side. Before the first profile
//! all outputs are 0. A `box` that is none holds everything. Variance of `profile[b]`: that of a reading over
//! its readings. Feed it what is left when the machine direction is taken out ([`ScanningGauge`]'s `md`, or
//! a gauge at a fixed place), else the profile carries its drift.
//!
//! [`ScanningGauge`]: super::ScanningGauge

use crate::number::saturate;
use crate::{DesignError, Port, VectorDesign, VectorKernel};

/// Config of the profile of a scan.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanProfile {
    /// Boxes across the web; 4 to 512.
    pub boxes: u32,
    /// Visits of every box that make a profile, 1 to 10,000; a zig-zag visits the outermost boxes half as often.
    pub visits: u32,
    /// Stretch after a profile that is left out, unit of `at`; zero or more.
    pub skip: f64,
    /// Boxes on either side that have no part in `sd`; less than half of `boxes`.
    #[serde(default)]
    pub edge: u32,
}

/// Coefficients of [`ScanProfile`].
#[derive(Debug, Clone, Copy)]
pub struct ScanProfileKernel {
    boxes: usize,
    visits: f64,
    skip: f64,
    edge: usize,
}

impl VectorDesign for ScanProfile {
    type Kernel = ScanProfileKernel;
    const NAME: &'static str = "ScanProfile";
    const INPUTS: &'static [Port] =
        &[Port::new("value", "a"), Port::new("box", "1"), Port::new("at", "b")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("profile", "a"), Port::new("count", "1"), Port::new("sd", "a")];

    fn design(&self, period_s: f64) -> Result<ScanProfileKernel, DesignError> {
        DesignError::period(period_s)?;
        let boxes = f64::from(self.boxes);
        DesignError::unless((4..=512).contains(&self.boxes), "boxes", "4 to 512", boxes)?;
        let visits = f64::from(self.visits);
        DesignError::unless((1..=10_000).contains(&self.visits), "visits", "1 to 10,000", visits)?;
        DesignError::not_negative("skip", self.skip)?;
        let inner = self.edge < self.boxes.div_ceil(2);
        let edge = f64::from(self.edge);
        DesignError::unless(inner, "edge", "less than half of boxes", edge)?;
        Ok(ScanProfileKernel {
            boxes: self.boxes as usize,
            visits,
            skip: self.skip,
            edge: self.edge as usize,
        })
    }
}

/// Words before the lists: primed, where the stretch began, box under the gauge from 1, profiles made, spread
/// of the last, boxes visited often enough.
const HEAD: usize = 6;

/// The words of [`ScanProfileKernel`].
struct Memory<'a> {
    head: &'a mut [f64],
    sum: &'a mut [f64],
    readings: &'a mut [f64],
    seen: &'a mut [f64],
    profile: &'a mut [f64],
}

const PRIMED: usize = 0;
const BEGUN: usize = 1;
const BOX: usize = 2;
const COUNT: usize = 3;
const SD: usize = 4;
const FULL: usize = 5;

impl ScanProfileKernel {
    fn memory<'a>(&self, words: &'a mut [f64]) -> Option<Memory<'a>> {
        let (head, rest) = words.split_at_mut_checked(HEAD)?;
        let (sum, rest) = rest.split_at_mut_checked(self.boxes)?;
        let (readings, rest) = rest.split_at_mut_checked(self.boxes)?;
        let (seen, profile) = rest.split_at_mut_checked(self.boxes)?;
        Some(Memory { head, sum, readings, seen, profile })
    }

    /// One reading in box `at_box`; true when the profile is complete with it.
    fn gather(&self, m: &mut Memory<'_>, value: f64, at_box: usize) -> bool {
        let arrived = m.head[BOX] != (at_box + 1) as f64;
        m.head[BOX] = (at_box + 1) as f64;
        let words = (m.sum.get_mut(at_box), m.readings.get_mut(at_box), m.seen.get_mut(at_box));
        let (Some(sum), Some(readings), Some(seen)) = words else { return false };
        *sum = saturate(*sum + value);
        *readings += 1.0;
        if arrived || *seen == 0.0 {
            *seen += 1.0;
            if *seen == self.visits {
                m.head[FULL] += 1.0;
            }
        }
        m.head[FULL] >= self.boxes as f64
    }

    fn publish(&self, m: &mut Memory<'_>) {
        for ((to, sum), readings) in m.profile.iter_mut().zip(m.sum.iter()).zip(m.readings.iter()) {
            *to = sum / readings.max(1.0);
        }
        let mean = mean(m.profile);
        m.profile.iter_mut().for_each(|y| *y = saturate(*y - mean));
        let inner = m.profile.get(self.edge..self.boxes - self.edge).unwrap_or(&[]);
        let level = self::mean(inner);
        let square = inner.iter().map(|y| (y - level) * (y - level)).sum::<f64>();
        m.head[SD] = saturate(libm::sqrt(square / inner.len().max(1) as f64));
        m.head[COUNT] += 1.0;
    }
}

fn mean(list: &[f64]) -> f64 {
    list.iter().sum::<f64>() / list.len().max(1) as f64
}

impl VectorKernel for ScanProfileKernel {
    fn input_width(&self, _port: usize) -> usize {
        1
    }

    fn output_width(&self, port: usize) -> usize {
        if port == 0 { self.boxes } else { 1 }
    }

    fn memory_len(&self) -> usize {
        HEAD + 4 * self.boxes
    }

    fn step(&self, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        let &[value, number, at] = input else { return };
        let Some(mut m) = self.memory(memory) else { return };
        let number = libm::round(number);
        let inside = number >= 0.0 && number < self.boxes as f64;
        if inside {
            let begin = m.head[PRIMED] == 0.0 || at < m.head[BEGUN];
            let complete = !begin
                && at - m.head[BEGUN] >= self.skip
                && self.gather(&mut m, value, number as usize);
            if complete {
                self.publish(&mut m);
            }
            if begin || complete {
                (m.head[PRIMED], m.head[BEGUN]) = (1.0, at);
                (m.head[BOX], m.head[FULL]) = (0.0, 0.0);
                m.sum.fill(0.0);
                m.readings.fill(0.0);
                m.seen.fill(0.0);
            }
        }
        let (profile, told) = output.split_at_mut(self.boxes);
        profile.copy_from_slice(m.profile);
        for (to, word) in told.iter_mut().zip([COUNT, SD]) {
            *to = m.head[word];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunningVector;
    use crate::random::Random;
    use alloc::vec::Vec;

    fn made(visits: u32, skip: f64, edge: u32) -> RunningVector<ScanProfileKernel> {
        let config = ScanProfile { boxes: 10, visits, skip, edge };
        RunningVector::new::<ScanProfile>(config.design(0.1).unwrap())
    }

    /// Box of sample `i` of a zig-zag over ten boxes, the edge box twice at each turn.
    fn zigzag(i: usize) -> usize {
        let at = i % 20;
        if at < 10 { at } else { 19 - at }
    }

    #[test]
    fn the_profile_is_the_mean_per_box_less_the_mean_of_all() {
        let mut scan = made(4, 0.0, 1);
        let truth = |b: usize| 200.0 + if b == 0 { 10.0 } else { b as f64 };
        let mut i = 0;
        while scan.last()[10].is_nan() || scan.last()[10] < 1.0 {
            scan.update(&[truth(zigzag(i)), zigzag(i) as f64, i as f64 * 0.1]);
            i += 1;
        }
        let mean = (0..10).map(truth).sum::<f64>() / 10.0;
        for b in 0..10 {
            assert!((scan.last()[b] - (truth(b) - mean)).abs() < 1e-12, "box {b}");
        }
        let inner: Vec<f64> = (1..9).map(truth).collect();
        let level = inner.iter().sum::<f64>() / 8.0;
        let sd = (inner.iter().map(|y| (y - level).powi(2)).sum::<f64>() / 8.0).sqrt();
        assert!((scan.last()[11] - sd).abs() < 1e-12);
    }

    #[test]
    fn what_comes_before_the_stretch_is_over_does_not_count() {
        let mut scan = made(2, 30.0, 0);
        let mut counts = Vec::new();
        for i in 0..1200 {
            let at = i as f64 * 0.1;
            // a step that has come to the gauge 30 m after a profile
            let value = if at < 29.9 { 100.0 * zigzag(i) as f64 } else { zigzag(i) as f64 };
            let out = scan.update(&[value, zigzag(i) as f64, at]);
            if out[10] > counts.len() as f64 {
                counts.push(at);
                assert!((out[9] - 4.5).abs() < 1e-9, "only the new one: {}", out[9]);
            }
        }
        assert_eq!(counts.len(), 3);
        assert!(counts.windows(2).all(|c| c[1] - c[0] >= 30.0 + 2.0), "{counts:?}");
    }

    #[test]
    fn noise_falls_with_the_visits() {
        let mut noise = Random(5);
        let mut scan = made(25, 0.0, 0);
        let (mut square, mut profiles) = (0.0, 0.0);
        for i in 0..60_000 {
            let out = scan.update(&[noise.bell(), zigzag(i) as f64, i as f64]);
            if out[10] > profiles {
                profiles = out[10];
                square += out[..10].iter().map(|y| y * y).sum::<f64>() / 9.0;
            }
        }
        let sd = (square / profiles).sqrt();
        // 25 visits of the edge, two readings each, are 50 of every box between
        assert!((sd - 50.0f64.powf(-0.5)).abs() < 0.005, "{sd} after {profiles} profiles");
    }

    #[test]
    fn a_gauge_beside_the_web_holds_and_a_way_that_goes_back_begins_anew() {
        let mut scan = made(1, 0.0, 0);
        (0..9).for_each(|i| _ = scan.update(&[1.0, zigzag(i) as f64, i as f64]));
        let before = scan.last().to_vec();
        assert_eq!(scan.update(&[9.0, 10.0, 9.0]), &before[..]);
        assert_eq!(scan.update(&[9.0, -1.0, 9.0]), &before[..]);
        scan.update(&[1.0, 9.0, -5.0]);
        assert_eq!(scan.update(&[1.0, 9.0, -4.0])[10], 0.0, "the old boxes are forgotten");
    }
}
