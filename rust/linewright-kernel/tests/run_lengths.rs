//! The charts themselves, run on normal readings, alarm as often as `detector::arl` says (C55).
#![allow(clippy::unwrap_used)]

use linewright_kernel::detector::arl::{
    cusum_arl_two_sided, ewma_arl, ewma_arl_exact_start, shewhart_arl,
};
use linewright_kernel::detector::{Chart, Watch};
use linewright_kernel::{
    AdaptiveEwma, Cusum, Design, EwmaChart, Glr, Kernel, Ports, Running, Shewhart, ShiryaevRoberts,
};

mod support;

use support::Random;

const RUNS: u32 = 20_000;

/// Mean run length of a chart whose last output is the alarm, and its standard error.
fn simulate<C: Design>(config: &C, shift: f64, seed: u64) -> (f64, f64) {
    let kernel = config.design(1.0).unwrap();
    let mut random = Random(seed);
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..RUNS {
        let mut chart = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let mut length = 0.0;
        loop {
            length += 1.0;
            let x = 50.0 + 4.0 * (random.normal() + shift);
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

/// The published table: each chart at each shift, by the chart itself.
#[test]
fn every_value_of_the_reference_table() {
    let cusum =
        |h, head_start| Cusum { mean: 50.0, sigma: 4.0, k: 0.5, h, restart: false, head_start };
    let ewma = |weight, limit_sigma| EwmaChart {
        mean: 50.0,
        sigma: 4.0,
        weight,
        limit_sigma,
        exact_start: false,
    };
    let shewhart = Shewhart { mean: 50.0, sigma: 4.0, limit_sigma: 3.0 };
    let table = [
        (0.0, [370.398, 499.580, 499.735, 167.684, 465.444, 430.391]),
        (0.5, [155.224, 31.2974, 41.7644, 26.6302, 37.9961, 28.6658]),
        (1.0, [43.8947, 10.3307, 10.5417, 8.38313, 10.3760, 6.34685]),
        (2.0, [6.30296, 4.36225, 3.74344, 3.34277, 4.00887, 2.36229]),
        (3.0, [2.00000, 2.86800, 2.38090, 2.19448, 2.57325, 1.53964]),
    ];
    for (row, (shift, arls)) in table.into_iter().enumerate() {
        let seed = 300 + 10 * row as u64;
        let simulated = [
            simulate(&shewhart, shift, seed),
            simulate(&ewma(0.1, 2.814), shift, seed + 1),
            simulate(&ewma(0.2, 2.962), shift, seed + 2),
            simulate(&cusum(4.0, 0.0), shift, seed + 3),
            simulate(&cusum(5.0, 0.0), shift, seed + 4),
            simulate(&cusum(5.0, 2.5), shift, seed + 5),
        ];
        for (column, (value, arl)) in simulated.into_iter().zip(arls).enumerate() {
            agrees(value, arl, &format!("shift {shift}, column {column}"));
        }
    }
}

#[test]
fn adaptive_ewma() {
    let any = AdaptiveEwma { mean: 50.0, sigma: 4.0, weight: 0.1354, k: 3.2587, h: 0.7615 };
    for (seed, shift) in [(21, 0.0), (22, 0.5), (23, -4.0)] {
        agrees(simulate(&any, shift, seed), any.arl(shift).unwrap(), "adaptive EWMA");
    }
    let corners = AdaptiveEwma { k: 1.0, h: 2.0, weight: 0.3, ..any };
    for (seed, shift) in [(24, 0.0), (25, 1.0)] {
        agrees(simulate(&corners, shift, seed), corners.arl(shift).unwrap(), "its corners");
    }
}

#[test]
fn shiryaev_roberts() {
    let base = |watch, delta| ShiryaevRoberts {
        mean: 50.0,
        sigma: 4.0,
        delta,
        h: 1.0,
        watch,
        restart: false,
    };
    let mut seed = 30;
    for (watch, delta) in
        [(Watch::Up, 1.0), (Watch::Down, 0.5), (Watch::Both, 1.0), (Watch::Both, 2.0)]
    {
        let chart = base(watch, delta).with_arl0(370.398).unwrap();
        for shift in [0.0, -1.0] {
            if watch == Watch::Up && shift < 0.0 {
                continue;
            }
            seed += 1;
            agrees(simulate(&chart, shift, seed), chart.arl(shift).unwrap(), "Shiryaev-Roberts");
        }
    }
}

#[test]
fn a_ramp() {
    let config = Cusum { mean: 0.0, sigma: 1.0, k: 0.5, h: 5.0, restart: false, head_start: 0.0 };
    let kernel = config.design(1.0).unwrap();
    for (slope, exact, seed) in [(0.01, 57.1589, 41), (0.1, 13.3150, 42)] {
        let mut random = Random(seed);
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..RUNS {
            let mut chart = Running::new(kernel, []);
            let mut t = 0.0;
            // The upper side alone.
            while t == 0.0 || chart.last()[0] <= 5.0 {
                t += 1.0;
                chart.update(slope * t + random.normal());
            }
            sum += t;
            squares += t * t;
        }
        let (mean, runs) = (sum / f64::from(RUNS), f64::from(RUNS));
        agrees((mean, ((squares / runs - mean * mean) / runs).sqrt()), exact, "ramp");
    }
}

/// The closed form of the likelihood-ratio chart on seeds it was not fitted to.
#[test]
fn likelihood_ratio() {
    for (seed, smallest_shift, arl0) in [(51, 0.25, 370.398), (52, 0.1, 200.0), (53, 1.0, 500.0)] {
        let any = Glr { mean: 50.0, sigma: 4.0, smallest_shift, h: 5.0, restart: false };
        let designed = any.with_arl0(arl0).unwrap();
        let (mean, error) = simulate(&designed, 0.0, seed);
        assert!((mean - arl0).abs() < 3.0 * error + 0.01 * arl0, "{arl0}: {mean} +- {error}");
        let (mean, error) = simulate(&designed, 1.0, seed);
        let told = designed.arl(1.0).unwrap();
        assert!((mean - told).abs() < 3.0 * 1.42 * error, "{told}: {mean} +- {error}");
    }
}
