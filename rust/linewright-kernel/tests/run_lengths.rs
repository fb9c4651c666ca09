//! The charts themselves, run on normal readings, alarm as often as `detector::arl` says (C55).
#![allow(clippy::unwrap_used)]

use linewright_kernel::detector::arl::{
    cusum_arl_two_sided, ewma_arl, ewma_arl_exact_start, shewhart_arl,
};
use linewright_kernel::{Cusum, Design, EwmaChart, Kernel, Ports, Running, Shewhart};

const RUNS: u32 = 20_000;

/// Normal numbers by Box and Muller from a 64-bit mixing generator (Steele et al. 2014).
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
    fn next(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (core::f64::consts::TAU * self.uniform()).cos()
    }
}

/// Mean run length of a chart whose last output is the alarm, and its standard error.
fn simulate<C: Design>(config: &C, shift: f64, seed: u64) -> (f64, f64) {
    let kernel = config.design(1.0).unwrap();
    let mut normal = Normal(seed);
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..RUNS {
        let mut chart = Running::new(kernel, []);
        let mut length = 0.0;
        loop {
            length += 1.0;
            let x = 50.0 + 4.0 * (normal.next() + shift);
            let out = chart.update(Ports::splat(x));
            if out.get(<C::Kernel as Kernel>::Output::LEN - 1) != 0.0 {
                break;
            }
        }
        sum += length;
        squares += length * length;
    }
    let runs = f64::from(RUNS);
    let mean = sum / runs;
    (mean, ((squares / runs - mean * mean) / runs).sqrt())
}

fn agrees((mean, error): (f64, f64), exact: f64, what: &str) {
    assert!((mean - exact).abs() < 3.0 * error, "{what}: {mean} +- {error}, exact {exact}");
    assert!(error < 0.02 * exact);
}

#[test]
fn cusum() {
    let config = Cusum { mean: 50.0, sigma: 4.0, k: 0.5, h: 5.0, restart: false, head_start: 0.0 };
    for (seed, shift) in [(1, 0.0), (2, 1.0), (3, -1.0), (4, 2.0)] {
        let exact = cusum_arl_two_sided(0.5, 5.0, shift, 0.0).unwrap();
        agrees(simulate(&config, shift, seed), exact, "CUSUM");
    }
    let fast = Cusum { head_start: 2.5, ..config };
    for (seed, shift) in [(12, 0.0), (13, 1.0), (14, -3.0)] {
        let exact = cusum_arl_two_sided(0.5, 5.0, shift, 2.5).unwrap();
        agrees(simulate(&fast, shift, seed), exact, "CUSUM with a head start");
    }
}

#[test]
fn ewma() {
    let config =
        EwmaChart { mean: 50.0, sigma: 4.0, weight: 0.1, limit_sigma: 2.814, exact_start: false };
    for (seed, shift) in [(5, 0.0), (6, 1.0), (7, -1.0)] {
        let exact = ewma_arl(0.1, 2.814, shift).unwrap();
        agrees(simulate(&config, shift, seed), exact, "EWMA");
    }
    let exact_start = EwmaChart { exact_start: true, ..config };
    for (seed, shift) in [(8, 0.0), (15, 1.0), (16, -2.0)] {
        let exact = ewma_arl_exact_start(0.1, 2.814, shift).unwrap();
        agrees(simulate(&exact_start, shift, seed), exact, "EWMA with an exact start");
    }
}

#[test]
fn shewhart() {
    let config = Shewhart { mean: 50.0, sigma: 4.0, limit_sigma: 3.0 };
    for (seed, shift) in [(9, 0.0), (10, 1.0), (11, -2.0)] {
        let exact = shewhart_arl(3.0, shift).unwrap();
        agrees(simulate(&config, shift, seed), exact, "Shewhart");
    }
}
