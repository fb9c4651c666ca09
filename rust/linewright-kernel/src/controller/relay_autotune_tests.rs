//! On plants whose ultimate point is known; bounds; what comes of it.

use super::super::Loop;
use super::super::bound::simc_pi;
use super::super::tuning::{Gains, first_order_from_ultimate};
use super::*;
use crate::estimator::TimeDelay;
use crate::filter::Ewma;
use crate::{Kernel, Running};

const PERIOD_S: f64 = 0.05;

fn usual() -> RelayAutotune {
    RelayAutotune {
        amplitude: 5.0,
        hysteresis: 0.1,
        cycles: 3,
        tolerance: 0.05,
        max_deviation: 20.0,
        max_duration_s: 600.0,
        lo: 0.0,
        hi: 100.0,
        reverse: false,
    }
}

fn start<C: Design>(config: &C) -> Running<C::Kernel, Vec<f64>> {
    let kernel = config.design(PERIOD_S).unwrap();
    Running::new(kernel, vec![0.0; kernel.memory_len()])
}

/// A test on `k*exp(-theta*s)/(tau*s + 1)` settled at 40 with an input of 40; gives the outputs.
fn test(config: &RelayAutotune, k: f64, tau_s: f64, theta_s: f64, noise: f64) -> Vec<[f64; 5]> {
    let (mut tuner, mut dead) = (start(config), start(&TimeDelay { dead_time_s: theta_s }));
    let mut lag = start(&Ewma { time_constant_s: tau_s });
    let (mut mv, mut seed) = (40.0, 3_u64);
    (0..(1.2 * config.max_duration_s / PERIOD_S) as usize)
        .map(|t| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let even = (seed >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
            let pv = 40.0 + dead.update(k * lag.update(mv - 40.0)) + noise * even;
            let out = tuner.update([40.0, pv, 40.0, f64::from(u8::from(t > 5))]);
            mv = out[0];
            out
        })
        .collect()
}

/// Ultimate gain and period from the phase condition, half a sample of hold included.
fn ultimate(k: f64, tau_s: f64, theta_s: f64) -> (f64, f64) {
    let theta_s = theta_s + 1.5 * PERIOD_S;
    let (mut low, mut high) = (0.0, core::f64::consts::PI / theta_s);
    for _ in 0..60 {
        let w: f64 = 0.5 * (low + high);
        if (w * tau_s).atan() + w * theta_s < core::f64::consts::PI { low = w } else { high = w }
    }
    ((1.0 + (low * tau_s).powi(2)).sqrt() / k, core::f64::consts::TAU / low)
}

#[test]
fn finds_the_ultimate_point_and_gives_the_actuator_back() {
    for (k, tau_s, theta_s) in [(1.5, 10.0, 2.0), (0.8, 6.0, 3.0), (2.0, 30.0, 1.0)] {
        let quiet = RelayAutotune { hysteresis: 0.01, ..usual() };
        let out = test(&quiet, k, tau_s, theta_s, 0.0);
        let [mv, state, ku, tu_s, confidence] = *out.last().unwrap();
        let (true_ku, true_tu_s) = ultimate(k, tau_s, theta_s);
        assert_eq!((mv, state), (40.0, 2.0));
        assert!((tu_s / true_tu_s - 1.0).abs() < 0.06, "{tu_s} {true_tu_s}");
        assert!((ku / true_ku - 1.0).abs() < 0.25, "{ku} {true_ku}");
        assert!(confidence > 0.9, "{confidence}");
        assert!(out.iter().all(|o| (35.0..=45.0).contains(&o[0])));
    }
}

#[test]
fn what_it_finds_tunes_a_robust_loop() {
    let (k, tau_s, theta_s) = (1.5, 10.0, 2.0);
    let [.., ku, tu_s, _] = *test(&usual(), k, tau_s, theta_s, 0.1).last().unwrap();
    let (tau, theta) = first_order_from_ultimate(k, ku, tu_s).unwrap();
    let (kp, ti_s) = simc_pi(k, tau, theta, theta);
    let gains = Gains { kp, ti_s, td_s: 0.0 };
    let derivative_filter = f64::INFINITY;
    let truth =
        Loop { k, tau_s, tau2_s: 0.0, theta_s, integrating: false, gains, derivative_filter };
    let m = truth.margins().unwrap();
    assert!(m.ms > 1.3 && m.ms < 1.9 && m.gain_margin > 2.3, "{m:?}");
}

#[test]
fn a_plant_of_negative_gain_gives_a_negative_ultimate_gain() {
    let reverse = RelayAutotune { reverse: true, ..usual() };
    let out = test(&reverse, -1.5, 10.0, 2.0, 0.0);
    let [_, state, ku, tu_s, _] = *out.last().unwrap();
    let [.., same_ku, same_tu_s, _] = *test(&usual(), 1.5, 10.0, 2.0, 0.0).last().unwrap();
    assert_eq!(state, 2.0);
    assert!((ku + same_ku).abs() < 0.02 * same_ku && (tu_s - same_tu_s).abs() < 0.02 * tu_s);
    // The other way round the loop runs away and the test gives up.
    let out = test(&usual(), -1.5, 10.0, 2.0, 0.0);
    assert_eq!(out.last().unwrap()[..3], [40.0, 3.0, 0.0]);
}

#[test]
fn gives_up_at_its_bounds() {
    let narrow = RelayAutotune { max_deviation: 0.6, ..usual() };
    let out = test(&narrow, 1.5, 10.0, 2.0, 0.0);
    assert_eq!(out.last().unwrap()[..2], [40.0, 3.0]);
    let short = RelayAutotune { max_duration_s: 8.0, ..usual() };
    let out = test(&short, 1.5, 10.0, 2.0, 0.0);
    let tested = out.iter().filter(|o| o[1] == 1.0).count();
    assert!(tested as f64 * PERIOD_S <= 8.0 && out.last().unwrap()[1] == 3.0, "{tested}");
    let no_room = RelayAutotune { lo: 40.0, ..usual() };
    assert!(test(&no_room, 1.5, 10.0, 2.0, 0.0).iter().all(|o| o[0] == 40.0 && o[1] != 1.0));
    // Near a limit it swings less, and evenly.
    let near = RelayAutotune { lo: 38.0, ..usual() };
    let out = test(&near, 1.5, 10.0, 2.0, 0.0);
    assert!(out.iter().all(|o| (38.0..=42.0).contains(&o[0])));
    assert_eq!(out.last().unwrap()[1], 2.0);
}

#[test]
fn off_it_passes_track_on_and_keeps_what_it_found() {
    let mut tuner = start(&usual());
    assert_eq!(tuner.update([0.0, 0.0, 33.0, 0.0]), [33.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(tuner.update([0.0, 0.0, 133.0, 0.0])[0], 100.0);
    assert_eq!(tuner.update([1.0, 0.0, 33.0, 1.0])[..2], [38.0, 1.0]);
    assert_eq!(tuner.update([1.0, 0.0, 12.0, 0.0])[..2], [12.0, 0.0]);
}
