//! By simulation: the inflation of check case C54, ramps, late measurements, limits.

use super::super::bound::{run_to_run_inflation, run_to_run_ramp_offset};
use super::super::double_ewma::{DoubleEwma, DoubleEwmaKernel};
use super::*;
use crate::Running;

fn usual() -> RunToRun {
    RunToRun { gain: 2.0, weight: 0.3, max_move: 1e6, lo: -1e6, hi: 1e6, max_age_runs: 1 }
}

fn double() -> DoubleEwma {
    DoubleEwma {
        gain: 2.0,
        weight: 0.4,
        drift_weight: 0.2,
        max_move: 1e6,
        lo: -1e6,
        hi: 1e6,
        max_age_runs: 8,
    }
}

fn start(config: &RunToRun) -> Running<RunToRunKernel, Vec<f64>> {
    let kernel = config.design(1.0).unwrap();
    Running::new(kernel, vec![0.0; kernel.memory_len()])
}

fn start_double(config: &DoubleEwma) -> Running<DoubleEwmaKernel, Vec<f64>> {
    let kernel = config.design(1.0).unwrap();
    Running::new(kernel, vec![0.0; kernel.memory_len()])
}

/// Standard normal numbers: a linear congruence (Knuth 1997), twelve uniforms to a sum.
fn normal(seed: &mut u64) -> f64 {
    let mut sum = -6.0;
    for _ in 0..12 {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sum += (*seed >> 11) as f64 / (1_u64 << 53) as f64;
    }
    sum
}

#[test]
fn c54_variance_under_an_ima_disturbance_is_inflated_as_the_formula_says() {
    let (theta, blocks, length) = (0.5, 200, 5000);
    let mut run = start(&usual());
    let (mut seed, mut d, mut last, mut u) = (54, 0.0, 0.0, 0.0);
    let mut variances = vec![];
    for _ in 0..blocks {
        let mut sum = 0.0;
        for _ in 0..length {
            let a = normal(&mut seed);
            d += a - theta * last;
            last = a;
            let y = 2.0 * u + d;
            sum += y * y;
            [u, ..] = run.update([0.0, y, 1.0, 1.0, u]);
        }
        variances.push(sum / f64::from(length));
    }
    let n = f64::from(blocks);
    let mean = variances.iter().sum::<f64>() / n;
    let spread = variances.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = (spread / n).sqrt();
    let expected = run_to_run_inflation(0.3, theta);
    assert!((expected - 1.0784).abs() < 1e-4);
    assert!((mean - expected).abs() < 3.0 * error, "{mean} +- {error}, expected {expected}");
    // The error bar is small enough to tell the inflation from none.
    assert!(error < 0.02 * (expected - 1.0) * 5.0 && mean - 3.0 * error > 1.0, "{error}");
}

#[test]
fn a_ramp_leaves_the_offset_of_the_formula_and_the_double_ewma_none() {
    let (mut single, mut both) = (start(&usual()), start_double(&double()));
    let (mut u, mut v, mut offsets) = (0.0, 0.0, (0.0, 0.0));
    for t in 0..400 {
        let d = 0.6 * f64::from(t);
        offsets = (2.0 * u + d, 2.0 * v + d);
        [u, ..] = single.update([0.0, offsets.0, 1.0, 1.0, u]);
        [v, ..] = both.update([0.0, offsets.1, 1.0, 1.0, v]);
    }
    assert!((offsets.0 - run_to_run_ramp_offset(0.3, 0.6)).abs() < 1e-9, "{offsets:?}");
    assert!(offsets.1.abs() < 1e-9, "{offsets:?}");
    assert!((both.last()[2] - 0.6).abs() < 1e-9);
}

#[test]
fn late_and_missing_measurements_of_a_ramp_leave_no_offset_either() {
    let late = DoubleEwma { weight: 0.2, drift_weight: 0.1, ..double() };
    let mut run = start_double(&late);
    let (mut u, mut past, mut worst) = (0.0, vec![], 0.0_f64);
    for t in 0..3000 {
        past.push(2.0 * u + 0.6 * f64::from(t));
        // Known three runs later, every fourth lost.
        let known = past.len().checked_sub(4).filter(|i| i % 4 != 0);
        let y = known.map_or(0.0, |i| past[i]);
        [u, ..] = run.update([0.0, y, f64::from(u8::from(known.is_some())), 4.0, u]);
        worst = if t > 2500 { worst.max(past[past.len() - 1].abs()) } else { 0.0 };
    }
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn a_late_measurement_meets_its_own_recipe() {
    // A step of the target: a controller that blamed today's recipe would correct for its own move.
    let mut run = start(&RunToRun { max_age_runs: 5, ..usual() });
    let (mut u, mut past) = (0.0, vec![]);
    for t in 0..40 {
        let target = if t < 10 { 0.0 } else { 7.0 };
        past.push(2.0 * u);
        let known = past.len().checked_sub(5);
        let y = known.map_or(0.0, |i| past[i]);
        [u, ..] = run.update([target, y, f64::from(u8::from(known.is_some())), 5.0, u]);
        assert!((2.0 * u - target).abs() < 1e-12, "{t}");
    }
}

#[test]
fn what_an_operator_ran_is_what_counts() {
    let mut run = start(&usual());
    let mut u = 0.0;
    for _ in 0..30 {
        // Whatever is proposed, 1 is run; the process gives 2*1 + 5.
        [u, ..] = run.update([10.0, 7.0, 1.0, 1.0, 1.0]);
    }
    assert!((u - 2.5).abs() < 1e-3, "{u}");
}

#[test]
fn starts_without_a_bump_and_keeps_its_limits() {
    let config = RunToRun { max_move: 0.5, lo: 0.0, hi: 4.0, ..usual() };
    let mut run = start(&config);
    assert_eq!(run.update([3.0, 99.0, 0.0, 1.0, 1.25])[0], 1.25);
    let mut u = 1.25;
    for _ in 0..60 {
        let [next, _, limited] = run.update([500.0, 0.0, 1.0, 1.0, u]);
        assert!((next - u).abs() <= 0.5 && next <= 4.0 && limited == 1.0);
        u = next;
    }
    assert_eq!(u, 4.0);
    for _ in 0..60 {
        [u, ..] = run.update([-500.0, 0.0, 1.0, 1.0, u]);
    }
    assert_eq!(u, 0.0);
}

#[test]
fn a_measurement_of_no_kept_run_changes_nothing() {
    let mut run = start(&RunToRun { max_age_runs: 3, ..usual() });
    run.update([0.0, 50.0, 0.0, 1.0, 1.0]);
    for (measured, age) in [(0.0, 1.0), (1.0, 4.0), (1.0, 0.0), (1.0, -3.0), (1.0, 1e300)] {
        let before = run.last()[1];
        assert_eq!(run.update([0.0, 50.0, measured, age, 1.0])[1], before, "{age}");
    }
    assert_ne!(run.update([0.0, 50.0, 1.0, 3.0, 1.0])[1], -2.0);
}

#[test]
fn a_wrong_model_gain_is_survived_at_any_delay() {
    for age in 1..=12_usize {
        let mut run = start(&RunToRun { weight: 0.5, max_age_runs: 12, ..usual() });
        let (mut u, mut past) = (0.0, vec![]);
        for _ in 0..3000 {
            past.push(3.8 * u + 4.0);
            let known = past.len().checked_sub(age);
            let y = known.map_or(0.0, |i| past[i]);
            let on = f64::from(u8::from(known.is_some()));
            [u, ..] = run.update([1.0, y, on, age as f64, u]);
        }
        assert!((3.8 * u + 4.0 - 1.0).abs() < 1e-6, "{age}: {u}");
    }
}
