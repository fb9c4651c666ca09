//! How soon a detector finds a shift, against the least delay there can be.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "../random/mod.rs"]
mod random;

pub use random::Random;

use linewright_kernel::detector::arl::{bound, bound_settled};
use linewright_kernel::{Design, Kernel, Ports, Running};

/// What is asked whether it alarms: anything that eats one reading at a time.
pub trait Detector {
    fn reset(&mut self);
    /// True at an alarm.
    fn alarms(&mut self, x: f64) -> bool;
}

/// A kernel of one input whose last output is the alarm.
pub struct Alone<K: Kernel>(Running<K, Vec<f64>>);

impl<K: Kernel<Input = f64>> Alone<K> {
    pub fn new<C: Design<Kernel = K>>(config: &C) -> Self {
        let kernel = config.design(1.0).unwrap();
        Self(Running::new(kernel, vec![0.0; kernel.memory_len()]))
    }
}

impl<K: Kernel<Input = f64>> Detector for Alone<K> {
    fn reset(&mut self) {
        self.0.reset();
    }
    fn alarms(&mut self, x: f64) -> bool {
        self.0.update(x).get(K::Output::LEN - 1) != 0.0
    }
}

/// A bank: alarms when one of its members does.
pub struct Bank(pub Vec<Box<dyn Detector>>);

impl Detector for Bank {
    fn reset(&mut self) {
        self.0.iter_mut().for_each(|d| d.reset());
    }
    fn alarms(&mut self, x: f64) -> bool {
        self.0.iter_mut().fold(false, |any, d| d.alarms(x) | any)
    }
}

/// A mean and its standard error.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub mean: f64,
    pub error: f64,
}

fn measured(values: &[f64]) -> Measured {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    Measured { mean, error: (variance / n).sqrt() }
}

/// Run length from the start, at a shift of `shift` sigma.
pub fn run_length(detector: &mut dyn Detector, shift: f64, runs: usize, seed: u64) -> Measured {
    let mut random = Random(seed);
    let mut run = || {
        detector.reset();
        let mut length = 1.0;
        while !detector.alarms(shift + random.normal()) {
            length += 1.0;
        }
        length
    };
    measured(&(0..runs).map(|_| run()).collect::<Vec<f64>>())
}

/// Delay to a shift after 200 samples in control; runs that alarmed before are dropped.
pub fn delay(detector: &mut dyn Detector, shift: f64, runs: usize, seed: u64) -> Measured {
    let mut random = Random(seed);
    let mut delays = Vec::new();
    while delays.len() < runs {
        detector.reset();
        if (0..200).any(|_| detector.alarms(random.normal())) {
            continue;
        }
        let mut length = 1.0;
        while !detector.alarms(shift + random.normal()) {
            length += 1.0;
        }
        delays.push(length);
    }
    measured(&delays)
}

/// Of one shift: the delay, and the bound over it; the sign is not told, so the bound is that of twice the
/// run length in control. `strict` is against the bound's own mean delay once settled.
#[derive(Debug, Clone, Copy)]
pub struct Efficiency {
    pub delta: f64,
    pub delay: Measured,
    pub efficiency: f64,
    pub strict: f64,
}

/// Run length in control from `runs` runs, then the efficiency at each shift from as many.
pub fn efficiency(
    detector: &mut dyn Detector,
    deltas: &[f64],
    runs: usize,
    seed: u64,
) -> (Measured, Vec<Efficiency>) {
    let arl0 = run_length(detector, 0.0, runs, seed);
    let of = |(i, &delta): (usize, &f64)| {
        let delay = delay(detector, delta, runs, seed + 1 + i as u64);
        let efficiency = bound(delta, 2.0 * arl0.mean).unwrap() / delay.mean;
        let strict = bound_settled(delta, 2.0 * arl0.mean).unwrap() / delay.mean;
        Efficiency { delta, delay, efficiency, strict }
    };
    (arl0, deltas.iter().enumerate().map(of).collect())
}
