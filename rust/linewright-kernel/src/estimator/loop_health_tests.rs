//! Against loops whose quality is known.

use super::*;
use crate::controller::bound::minimum_variance_ar1;
use crate::random::Random;

fn ar1(phi: f64, count: usize, seed: u64) -> Vec<f64> {
    let mut noise = Random(seed);
    let mut x = 0.0;
    let step = |_| {
        x = phi * x + noise.bell();
        x
    };
    (0..count + 500).map(step).skip(500).collect()
}

#[test]
fn c53_harris_index_of_an_ar1_disturbance_without_control() {
    let known = minimum_variance_ar1(0.9, 5, 1.0) * (1.0 - 0.81);
    assert!((known - 0.651_f64).abs() < 5e-4);
    let found: Vec<_> =
        (1..=10).map(|seed| harris_index(&ar1(0.9, 20_000, seed), 5, None).unwrap()).collect();
    let mean = found.iter().map(|f| f.eta).sum::<f64>() / 10.0;
    assert!((mean - known).abs() < 0.0065, "{mean}");
    for f in &found {
        assert!((f.eta - known).abs() < 4.0 * f.eta_se, "{f:?}");
        assert!(f.eta_se > 0.003 && f.eta_se < 0.03, "{f:?}");
        assert!(f.order <= 3, "{f:?}");
    }
}

#[test]
fn the_standard_error_is_that_of_repeated_records() {
    let found: Vec<_> =
        (1..=200).map(|seed| harris_index(&ar1(0.8, 3000, seed), 3, Some(4)).unwrap()).collect();
    let mean = found.iter().map(|f| f.eta).sum::<f64>() / 200.0;
    let sd = (found.iter().map(|f| (f.eta - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
    let told = found.iter().map(|f| f.eta_se).sum::<f64>() / 200.0;
    assert!((told / sd - 1.0).abs() < 0.25, "{told} {sd}");
}

#[test]
fn a_loop_at_minimum_variance_scores_one_and_a_sluggish_one_less() {
    // Random walk, dead time of one sample: the deadbeat move leaves white noise.
    let mut noise = Random(5);
    let mut run = |share: f64| -> Vec<f64> {
        let mut y = 0.0;
        (0..20_000)
            .map(|_| {
                y = y * (1.0 - share) + noise.bell();
                y
            })
            .collect()
    };
    let tight = harris_index(&run(1.0), 1, None).unwrap();
    let slack = harris_index(&run(0.1), 1, None).unwrap();
    assert!(tight.eta > 0.99, "{tight:?}");
    // Known: variance 1/(1 - 0.81), so 0.19.
    assert!((slack.eta - 0.19).abs() < 0.02, "{slack:?}");
}

#[test]
fn a_record_that_says_nothing_is_refused() {
    assert_eq!(harris_index(&[1.0; 500], 3, None).unwrap_err().parameter, "y");
    assert_eq!(harris_index(&[1.0; 20], 3, None).unwrap_err().parameter, "y");
    assert_eq!(
        harris_index(&ar1(0.5, 100, 1), 0, None).unwrap_err().parameter,
        "dead_time_samples"
    );
    assert_eq!(harris_index(&ar1(0.5, 100, 1), 1, Some(6)).unwrap_err().parameter, "order");
    assert_eq!(oscillation(&[f64::NAN; 50], 1.0).unwrap_err().parameter, "y");
    assert_eq!(oscillation(&[0.0; 50], 0.0).unwrap_err().parameter, "period_s");
}

fn swing(period: f64, amplitude: f64, noise_sd: f64, count: usize, seed: u64) -> Vec<f64> {
    let mut noise = Random(seed);
    let turn = core::f64::consts::TAU / period;
    let at = |t: usize| 0.01 * t as f64 + amplitude * (turn * t as f64 + 1.0).sin();
    (0..count).map(|t| at(t) + noise_sd * noise.bell()).collect()
}

#[test]
fn a_swing_is_found_in_noise_of_its_own_size_on_a_drift() {
    for seed in 1..=20 {
        let found = oscillation(&swing(37.0, 1.5, 1.0, 3000, seed), 0.5).unwrap();
        assert!(found.oscillating, "seed {seed}: {found:?}");
        assert!((found.period_s.unwrap() - 18.5).abs() < 0.3, "seed {seed}: {found:?}");
        assert!((found.amplitude - 1.5).abs() < 0.15, "seed {seed}: {found:?}");
        assert!(found.regularity > 3.0 && found.decay_ratio > 0.7, "seed {seed}: {found:?}");
    }
}

#[test]
fn noise_of_any_colour_does_not_swing() {
    for phi in [0.0, 0.5, 0.9, 0.99] {
        let false_ones = (1..=50)
            .filter(|seed| oscillation(&ar1(phi, 2000, *seed), 1.0).unwrap().oscillating)
            .count();
        assert!(false_ones <= 1, "phi {phi}: {false_ones} of 50");
    }
    assert_eq!(oscillation(&[3.0; 100], 1.0).unwrap().period_s, None);
}

#[test]
fn a_swing_that_dies_out_is_told_from_a_lasting_one() {
    // Shocks into a resonance that loses seven tenths per period, so 0.54 is left of half a one.
    let mut noise = Random(3);
    let (r, turn) = (0.94_f64, core::f64::consts::TAU / 20.0);
    let (mut a, mut b) = (0.0, 0.0);
    let mut step = || {
        (a, b) = (2.0 * r * turn.cos() * a - r * r * b + noise.bell(), a);
        a
    };
    let record: Vec<f64> = (0..5000).map(|_| step()).collect();
    let found = oscillation(&record, 1.0).unwrap();
    assert!(!found.oscillating, "{found:?}");
    assert!((found.decay_ratio - 0.54).abs() < 0.1, "{found:?}");
}
