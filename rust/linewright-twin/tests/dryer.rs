//! The dryer on the running line: it holds its recipe, carries the solvent by the metre, follows its actuators slowly.
#![allow(clippy::unwrap_used)] // test code

mod common;
use common::{HZ, Run, fault, place, silent};
use linewright_twin::config::Electrode;
use linewright_twin::dryer::{self, oven};
use linewright_twin::{Fault, FaultKind, Line, LineConfig};

/// Actuator values that hold everything but `name`.
fn only(name: &str, value: f64) -> Vec<f64> {
    Line::actuators().iter().map(|c| if c.name == name { value } else { f64::NAN }).collect()
}

/// Runs `seconds` with the actuators as `told` says.
fn told(config: &LineConfig, seconds: u32, told: impl Fn(u32) -> Vec<f64>) -> Line {
    let mut line = Line::new(config, 1, HZ).unwrap();
    let mut sensors = vec![0.0; Line::sensors().len()];
    for tick in 0..seconds * HZ {
        line.step(&told(tick / HZ), &mut sensors);
    }
    line
}

fn truth(line: &Line, name: &str, second: usize) -> f64 {
    f64::from(line.truth().series(name).unwrap().values[second])
}

#[test]
fn at_target_the_line_dries_as_the_recipe_comes_to() {
    for electrode in [Electrode::Cathode, Electrode::Anode] {
        let config = LineConfig { electrode, ..silent() };
        let expected = dryer::outcome(&oven::drying(&config));
        let run = Run::new(&config, 1, 120);
        for second in [0, 1, 60, 119] {
            let near = |name: &str, value: f64, share: f64| {
                let got = run.truth(name, second);
                assert!((got / value - 1.0).abs() < share, "{name} at {second}: {got}, {value}");
            };
            near("residual_solvent", expected.residual_ppm, 0.03);
            near("drying_front", expected.front_m, 0.002);
            near("peak_drying_rate", expected.peak_g_per_m2_s, 0.002);
            near("middle_drying_rate", expected.middle_g_per_m2_s, 0.01);
            near("adhesion", expected.adhesion, 0.01);
        }
        let share = run.truth("explosion_share", 119);
        assert!((share - expected.explosion_share).abs() < 0.002, "{share}");
        let burns = electrode == Electrode::Cathode;
        assert_eq!(expected.explosion_share > 0.0, burns);
    }
}

#[test]
fn the_front_does_not_depend_on_the_base_rate() {
    let mut fronts = Vec::new();
    for base_hz in [5, 30, 200] {
        let mut config = silent();
        config.coater.web_m_per_s = 0.87;
        let mut line = Line::new(&config, 1, base_hz).unwrap();
        for _ in 0..60 * base_hz {
            line.step(&[], &mut []);
        }
        fronts.push((truth(&line, "drying_front", 50), truth(&line, "residual_solvent", 50)));
    }
    for (front_m, residual_ppm) in &fronts {
        assert!((front_m - fronts[0].0).abs() < 0.02, "{fronts:?}");
        assert!((residual_ppm / fronts[0].1 - 1.0).abs() < 0.05, "{fronts:?}");
    }
}

#[test]
fn a_zone_follows_its_set_point_with_rate_and_lag_and_no_further_than_its_heater() {
    let row = only("coater.zone_3", 500.0);
    let line = told(&silent(), 1500, |_| row.clone());
    let mut sensors = vec![0.0; Line::sensors().len()];
    let mut again = Line::new(&silent(), 1, HZ).unwrap();
    let mut air = Vec::new();
    for tick in 0..1500 * HZ {
        again.step(&row, &mut sensors);
        if tick % HZ == HZ - 1 {
            air.push(sensors[place("coater.zone_3_air")]);
        }
    }
    // 3 K/min: a ramp of 0.05 K/s that the air follows 120 s late, up to the heater's 150 degC.
    assert!(
        (air[60] - 120.0 - 0.05 * (61.0 - 120.0 * (1.0 - (-61.0f64 / 120.0).exp()))).abs() < 0.1
    );
    let slope = (air[500] - air[440]) / 60.0;
    assert!((slope - 0.05).abs() < 0.002, "{slope}");
    assert!((air[1499] - 150.0).abs() < 0.1, "{}", air[1499]);
    assert!(truth(&line, "residual_solvent", 1499) < 0.1 * truth(&line, "residual_solvent", 0));
}

#[test]
fn a_tripped_fan_shows_in_its_exhaust_first_and_at_the_exit_when_the_web_has_come_there() {
    let trip = fault(FaultKind::FanTrip3, 100.0, 0.4);
    let run = Run::new(&LineConfig { faults: vec![trip], ..silent() }, 1, 250);
    let exhaust = |second| run.second("coater.zone_3_exhaust", second);
    assert!(exhaust(99) - exhaust(110) > 1.0, "{} {}", exhaust(99), exhaust(110));
    let front = |second| run.truth("drying_front", second);
    assert!((front(99) - 29.69).abs() < 0.05);
    assert!(front(240) - front(99) > 3.0, "{}", front(240));
    // The exit is 42 m behind the middle of zone 3: nothing before the web has come there.
    let residual = |second| run.truth("residual_solvent", second);
    assert!((residual(130) / residual(99) - 1.0).abs() < 0.01);
    assert!(residual(200) > 2.0 * residual(99));
}

#[test]
fn solvent_in_the_supply_adds_to_the_exhaust_and_more_air_takes_it_away() {
    let more = Fault { ramp_s: Some(0.0), ..fault(FaultKind::InletSolvent, 100.0, 5.0) };
    let config = LineConfig { faults: vec![more], ..silent() };
    let more_air = only("coater.exhaust_air", 16.0);
    let line =
        told(&config, 400, |second| if second < 250 { Vec::new() } else { more_air.clone() });
    let share = |second| truth(&line, "explosion_share", second);
    // 5 g/m3 of 45 g/m3, less what the moister air takes from the evaporation.
    assert!((share(240) - share(99) - 5.0 / 45.0).abs() < 0.02, "{} {}", share(99), share(240));
    assert!(share(240) > 0.25);
    assert!(share(390) < share(240) - 0.03);
    let residual = |second| truth(&line, "residual_solvent", second);
    assert!(residual(240) > 1.15 * residual(99));
    assert!((residual(390) / residual(240) - 1.0).abs() < 0.02, "exhaust air dries nothing");
}

#[test]
fn overheated_middle_zones_dry_too_fast_for_the_binder() {
    let hot = fault(FaultKind::ZoneOverheat, 100.0, 20.0);
    let run = Run::new(&LineConfig { faults: vec![hot], ..silent() }, 1, 900);
    let middle = |second| run.truth("middle_drying_rate", second);
    assert!(middle(890) > 1.5 * middle(99), "{} {}", middle(99), middle(890));
    assert!(run.truth("adhesion", 890) < 0.7 * run.truth("adhesion", 99));
}

#[test]
fn a_slow_web_carries_its_own_history() {
    // The speed drops while a metre is in the oven: it dries longer only for the rest of its way.
    let slow = Fault { ramp_s: Some(1.0), ..fault(FaultKind::SpeedUpset, 100.0, -0.5) };
    let run = Run::new(&LineConfig { faults: vec![slow], ..silent() }, 1, 400);
    let residual = |second| run.truth("residual_solvent", second);
    assert!(residual(112) < residual(99), "zone 6 at half speed");
    assert!(residual(112) > residual(130), "zones 5 and 6 at half speed");
    assert!(residual(130) > residual(240), "all zones at half speed");
    assert!(
        residual(300) > 10.0 * residual(240),
        "the pump laid twice as much on a web at half speed"
    );
}

#[test]
fn what_the_dry_gauge_sees_is_dry_weight_and_residual_solvent() {
    let trip = fault(FaultKind::FanTrip4, 100.0, 0.9);
    let wet = Run::new(&LineConfig { faults: vec![trip], ..silent() }, 1, 301);
    let dry = Run::new(&silent(), 1, 301);
    let total = |run: &Run| 220.0 / (1.0 - 1e-6 * run.truth("residual_solvent", 300));
    let gauge = |run: &Run| run.second("coater.dry_weight", 300);
    let (expected, got) = (total(&wet) / total(&dry), gauge(&wet) / gauge(&dry));
    assert!(expected > 1.003, "{expected}");
    assert!((got - expected).abs() < 1e-5, "{got} {expected}");
}
