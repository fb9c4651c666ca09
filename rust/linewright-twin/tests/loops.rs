//! Plain controllers on the plant: signs are right, a loop helps, and none beats what the delay allows.
#![allow(clippy::unwrap_used)] // test code

mod common;
use common::{HZ, place};
use linewright_twin::{Line, LineConfig, Truth};

const SECONDS: u32 = 3600;

/// Steps a line for an hour; `control` turns the sensors of a tick into the actuator values of the next one.
fn closed(config: &LineConfig, seed: u64, mut control: impl FnMut(&[f64]) -> [f64; 2]) -> Truth {
    let mut line = Line::new(config, seed, HZ).unwrap();
    let mut sensors = vec![0.0; Line::sensors().len()];
    let mut actuators = [f64::NAN; 2];
    for _ in 0..SECONDS * HZ {
        line.step(&actuators, &mut sensors);
        actuators = control(&sensors);
    }
    line.truth().clone()
}

fn open(config: &LineConfig, seed: u64) -> Truth {
    closed(config, seed, |_| [f64::NAN; 2])
}

/// Only the weight's walk at the die; instruments exact.
fn walking() -> LineConfig {
    let mut config = LineConfig { noise_on: false, ..LineConfig::default() };
    config.disturbance.wander_sd_pct = 0.0;
    config.disturbance.ripple_pct = 0.0;
    config.disturbance.roll_sd_pct = 0.0;
    config.disturbance.slurry_sd_k = 0.0;
    config
}

#[test]
fn integral_control_on_the_wet_gauge_helps_and_respects_the_bound_of_its_delay() {
    let target = 220.0 / 0.70;
    let wet = place("coater.wet_weight");
    let config = walking();
    let (mut before, mut after) = (0.0, 0.0);
    for seed in 0..4 {
        before += open(&config, seed).parts.weight_pct.variance();
        let mut flow = 5.583;
        let truth = closed(&config, seed, |sensors| {
            flow += flow * (1.0 - sensors[wet] / target) / 15.0 / f64::from(HZ);
            [flow, f64::NAN]
        });
        after += truth.parts.weight_pct.variance();
    }
    let (before, after) = ((before / 4.0f64).sqrt(), (after / 4.0f64).sqrt());
    // minimum variance of a walk: 0.02 %/sqrt(s) over 3 s of transport, even with a pump without lag
    let bound = 0.02 * 3.0f64.sqrt();
    assert!(after < 0.25 * before, "open {before} %, closed {after} %");
    assert!(after > bound, "closed {after} % beats the bound {bound} %");
    assert!(after < 4.0 * bound, "closed {after} %, bound {bound} %");
}

#[test]
fn integral_control_on_thickness_holds_porosity_when_the_coating_gets_harder() {
    let mut config = walking();
    config.disturbance.walk_pct_per_sqrt_s = 0.0;
    let thickness = place("calender.thickness");
    let target = 143.37;
    let (mut before, mut after) = (0.0, 0.0);
    for seed in 0..4 {
        let open = open(&config, seed);
        before += open.porosity_pp.variance() + open.porosity_pp.mean().powi(2);
        let mut load = 895.7;
        let held = closed(&config, seed, |sensors| {
            if sensors[thickness].is_finite() {
                // 0.0179 um per N/mm
                load += (sensors[thickness] - target) / 0.0179 / 10.0 / f64::from(HZ);
            }
            [f64::NAN, load]
        });
        after += held.porosity_pp.variance() + held.porosity_pp.mean().powi(2);
    }
    let (before, after) = ((before / 4.0f64).sqrt(), (after / 4.0f64).sqrt());
    assert!(after < 0.4 * before, "open {before} pp, closed {after} pp");
}

#[test]
fn holding_thickness_against_a_heavier_coat_costs_porosity() {
    use linewright_twin::{Fault, FaultKind};
    let heavier =
        Fault { kind: FaultKind::PumpSlip, at_s: 0.0, size: -0.02, duration_s: 0.0, ramp_s: None };
    let config = LineConfig { jumbo_m: 500.0, faults: vec![heavier], ..common::silent() };
    let thickness = place("calender.thickness");
    let mut load = 895.7;
    let held = closed(&config, 1, |sensors| {
        if sensors[thickness].is_finite() {
            load += (sensors[thickness] - 143.37) / 0.0179 / 10.0 / f64::from(HZ);
        }
        [f64::NAN, load]
    });
    let left = open(&config, 1);
    let last = |truth: &Truth, name: &str| f64::from(truth.series(name).unwrap().values[3500]);
    // constant thickness: -0.75 pp per 1 % of weight and +171 N/mm for 2 %, all of it 2 % more because gamma rises with
    // the loading; left alone: +0.09 pp per 1 %
    assert!((last(&held, "porosity_deviation") + 1.5).abs() < 0.08);
    assert!((last(&held, "line_load_cell") - 895.7 - 171.0 - 0.02 * 1066.0).abs() < 12.0);
    assert!((last(&left, "porosity_deviation") - 0.18).abs() < 0.06);
}
