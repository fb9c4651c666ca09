//! Steps of .5, 1 and 2 sigma at an ARL of 1000, neither size nor sign told: how much of the least possible
//! delay each detector needs. `--ignored --nocapture` runs the full counts and prints the table.
#![allow(clippy::unwrap_used)]

mod support;

use linewright_kernel::detector::Chart;
use linewright_kernel::{AdaptiveEwma, Cusum, EwmaChart, Glr};
use support::{Alone, Bank, Detector, efficiency};

const DELTAS: [f64; 3] = [0.5, 1.0, 2.0];

fn glr() -> Alone<linewright_kernel::detector::GlrKernel> {
    let any = Glr { mean: 0.0, sigma: 1.0, smallest_shift: 0.25, h: 1.0, restart: false };
    Alone::new(&any.with_arl0(1000.0).unwrap())
}

fn cusum(k: f64, arl0: f64) -> Alone<linewright_kernel::detector::CusumKernel> {
    let any = Cusum { mean: 0.0, sigma: 1.0, k, h: 1.0, restart: false, head_start: 0.0 };
    Alone::new(&any.with_arl0(arl0).unwrap())
}

/// Two CUSUMs, for small and for large shifts; alone each would alarm every 1750 samples in control.
fn two_cusums() -> Bank {
    Bank(vec![Box::new(cusum(0.3, 1750.0)), Box::new(cusum(0.9, 1750.0))])
}

/// Prints the table, gives the least and the mean efficiency.
fn score(name: &str, detector: &mut dyn Detector, runs: usize, seed: u64) -> (f64, f64) {
    let (arl0, rows) = efficiency(detector, &DELTAS, runs, seed);
    println!("{name}: ARL0 {:.1} +- {:.1}", arl0.mean, arl0.error);
    for row in &rows {
        println!(
            "  {}: delay {:.3} +- {:.3}, efficiency {:.3}, against the settled bound {:.3}",
            row.delta, row.delay.mean, row.delay.error, row.efficiency, row.strict
        );
    }
    // The stricter of the two: the bound's own delay once settled.
    let least = rows.iter().map(|r| r.strict).fold(1.0, f64::min);
    (least, rows.iter().map(|r| r.strict).sum::<f64>() / rows.len() as f64)
}

fn promise(name: &str, detector: &mut dyn Detector, runs: usize, seed: u64) {
    let (least, mean) = score(name, detector, runs, seed);
    println!("  least {least:.3}, mean {mean:.3}");
    assert!(least >= 0.70 && mean >= 0.80, "{name}: least {least}, mean {mean}");
}

#[test]
fn neither_size_nor_sign_is_told() {
    promise("GLR", &mut glr(), 1600, 1);
    promise("two CUSUMs", &mut two_cusums(), 1600, 2);
}

#[test]
#[ignore = "full counts: a minute"]
fn table() {
    promise("GLR", &mut glr(), 20_000, 11);
    promise("two CUSUMs", &mut two_cusums(), 20_000, 12);
    score("CUSUM .5", &mut cusum(0.5, 1000.0), 20_000, 13);
    let any =
        EwmaChart { mean: 0.0, sigma: 1.0, weight: 0.1, limit_sigma: 1.0, exact_start: false };
    score("EWMA .1", &mut Alone::new(&any.with_arl0(1000.0).unwrap()), 20_000, 14);
    let any = AdaptiveEwma { mean: 0.0, sigma: 1.0, weight: 0.1, k: 3.3, h: 1.0 };
    score("adaptive EWMA", &mut Alone::new(&any.with_arl0(1000.0).unwrap()), 20_000, 15);
}
