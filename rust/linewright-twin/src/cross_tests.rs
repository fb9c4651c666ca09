use super::*;
use crate::fault::Fault;

fn silent() -> LineConfig {
    LineConfig { disturbances_on: false, ..LineConfig::default() }
}

/// A flat die: nothing but what a test adds.
fn flat() -> LineConfig {
    let mut config = silent();
    config.cross.bead_pct = 0.0;
    config.gauge.profile_pct = 0.0;
    config
}

fn faults(kind: FaultKind, size: f64) -> Effects {
    Effects::at(&[Fault { kind, at_s: 0.0, size, duration_s: 0.0, ramp_s: Some(0.0) }], 1.0)
}

fn settle(cross: &mut Cross, told: impl Fn(usize) -> f64, faults: &Effects) {
    (0..60).for_each(|_| cross.second(&told, 0.0, faults));
}

#[test]
fn a_bolt_opens_its_place_and_the_pump_closes_the_rest() {
    let mut cross = Cross::new(&flat(), 1);
    settle(&mut cross, |j| if j == 11 { 10.0 } else { 0.0 }, &Effects::default());
    let profile = cross.profile().to_vec();
    let mean = profile.iter().sum::<f64>() / 66.0;
    assert!((mean - 1.0).abs() < 1e-12, "mean {mean}");
    // 10 um * 0.266 of 600 um is 0.443 % of the gap, to the power 3.389, less the mean over 24 bolts
    let lip = 10.0 * bolt_shape(0.045 / 1.0, 1.5) / 600.0;
    let peak = profile.iter().copied().fold(0.0, f64::max) - 1.0;
    let expected = 3.389 * lip - 3.389 * 10.0 / 24.0 / 600.0;
    assert!((peak / expected - 1.0).abs() < 0.02, "peak {peak}, expected {expected}");
    assert!(profile[0] < 1.0 && profile[65] < 1.0, "side lobes");
}

#[test]
fn all_bolts_together_move_nothing_but_the_edges() {
    let mut cross = Cross::new(&flat(), 1);
    settle(&mut cross, |_| 5.0, &Effects::default());
    let inner = &cross.profile()[14..52];
    let (lo, hi) = inner.iter().fold((f64::MAX, f64::MIN), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
    assert!(hi - lo < 2e-4, "{lo} to {hi}");
}

#[test]
fn a_bolt_moves_in_steps_within_its_travel_and_takes_its_time() {
    let mut cross = Cross::new(&flat(), 1);
    cross.second(|j| [0.7, 80.0, f64::NAN][j.min(2)], 0.0, &Effects::default());
    let first = cross.bolts_um()[0];
    assert!((first - 0.5 * (1.0 - (-1.0f64 / 3.0).exp())).abs() < 1e-12, "after a second {first}");
    settle(&mut cross, |j| [0.7, 80.0, f64::NAN][j.min(2)], &Effects::default());
    let at = cross.bolts_um();
    assert!((at[0] - 0.5).abs() < 1e-6 && (at[1] - 50.0).abs() < 1e-6 && at[2] == 0.0);
}

#[test]
fn a_stuck_bolt_stays_and_is_free_again_afterwards() {
    let mut cross = Cross::new(&flat(), 1);
    settle(&mut cross, |_| 3.0, &faults(FaultKind::BoltStuck, 7.0));
    assert_eq!(cross.bolts_um()[6], 0.0);
    assert!((cross.bolts_um()[7] - 3.0).abs() < 1e-6);
    settle(&mut cross, |_| 3.0, &Effects::default());
    assert!((cross.bolts_um()[6] - 3.0).abs() < 1e-6);
}

#[test]
fn a_streak_thins_its_box_and_an_edge_bead_the_outermost() {
    let mut cross = Cross::new(&flat(), 1);
    cross.second(|_| 0.0, 0.0, &faults(FaultKind::Streak, -20.0));
    // 4 mm of the box from 210 to 220 mm
    assert!((cross.profile()[21] / cross.profile()[40] - 0.92).abs() < 1e-9);
    let thin = cross.profile().iter().filter(|x| **x < 0.99).count();
    assert_eq!(thin, 1);
    cross.second(|_| 0.0, 0.0, &faults(FaultKind::EdgeBead, 7.0));
    let edge = cross.profile()[0] / cross.profile()[30];
    assert!((edge - (1.0 + 0.07 * 0.8)).abs() < 1e-9, "edge {edge}");
    assert!((cross.profile()[65] - cross.profile()[0]).abs() < 1e-12);
}

#[test]
fn a_tilt_runs_from_edge_to_edge_and_viscosity_bows_the_profile() {
    let mut cross = Cross::new(&flat(), 1);
    cross.second(|_| 0.0, 0.0, &faults(FaultKind::CrossTilt, 1.0));
    let across = 100.0 * (cross.profile()[65] - cross.profile()[0]);
    assert!((across - 65.0 / 66.0).abs() < 1e-3, "{across} %");
    cross.second(|_| 0.0, 8.0, &Effects::default());
    let bow = 50.0 * (cross.profile()[0] - cross.profile()[33]);
    assert!((bow - 0.24).abs() < 0.002, "8 % viscosity bow the profile by {bow} %");
}

#[test]
fn the_gauge_sees_the_profile_when_its_metre_comes() {
    let mut cross = Cross::new(&flat(), 1);
    cross.advance(0.0);
    cross.advance(10.0);
    cross.second(|_| 0.0, 0.0, &faults(FaultKind::CrossTilt, 1.0));
    cross.advance(11.5);
    assert_eq!(cross.at(10.5, 0), 1.0);
    assert!(cross.at(11.2, 0) < 0.996);
    assert_eq!(cross.at(-60.0, 0), 1.0, "before the start");
}

#[test]
fn dies_of_other_seeds_are_uneven_in_other_ways_and_of_the_stated_size() {
    let config = LineConfig::default();
    let mut square = 0.0;
    for seed in 0..100 {
        let cross = Cross::new(&config, seed);
        let inner = &cross.still[..];
        square += inner.iter().map(|x| x * x).sum::<f64>() / inner.len() as f64;
    }
    let sd_um = (square / 100.0).sqrt();
    assert!((sd_um - 1.0).abs() < 0.1, "{sd_um} um");
    assert_ne!(Cross::new(&config, 1).profile(), Cross::new(&config, 2).profile());
}
