//! Every fault: the sensors named see it, from the moment they can; all others stay the same to the last bit.

mod common;
use common::{HZ, Run, fault, silent};
use linewright_twin::{Fault, FaultKind, Line, LineConfig};

const ONSET_S: f64 = 100.0;

/// What the dryer shows of a fault that changes the film laid, or the air of a zone: from the zone on in which it begins.
/// Before the drying front, which is in zone 3, a film is at its wet bulb and gives off what the air takes, however thick it
/// is and however hard the nozzles blow.
fn dried(kind: FaultKind, laid: bool) -> Vec<String> {
    let from = |zone: usize| {
        let falling = (zone.max(3)..=6).flat_map(|k| ["web", "exhaust"].map(|s| (k, s)));
        let mut names: Vec<String> = falling.map(|(k, s)| format!("coater.zone_{k}_{s}")).collect();
        names.extend(["coater.residual", "coater.dry_weight"].map(String::from));
        names
    };
    let all =
        |sensor: &str| (1..=2).map(|k| format!("coater.zone_{k}_{sensor}")).collect::<Vec<_>>();
    let trip = kind.facts().name.strip_prefix("fan_trip_").map(|k| k.parse::<usize>().unwrap_or(0));
    match (kind, trip) {
        (_, Some(k)) => {
            [from(k), ["web", "exhaust"].map(|s| format!("coater.zone_{k}_{s}")).to_vec()].concat()
        }
        (FaultKind::InletSolvent, _) => [from(1), all("web"), all("exhaust")].concat(),
        (FaultKind::ZoneOverheat, _) => {
            [from(3), [3, 4].map(|k| format!("coater.zone_{k}_air")).to_vec()].concat()
        }
        (FaultKind::SpeedUpset, _) => [from(1), all("exhaust")].concat(),
        _ if laid => from(1),
        _ => Vec::new(),
    }
}

/// Kind, size, the sensors that see it within 200 s; those of the dryer see what [`dried`] says.
/// What the laboratory finds out about a weld.
const TESTED: &[&str] = &["welder.resistance", "welder.pull"];

/// Kind, size, the sensors that see it within 200 s.
const SEEN_BY: &[(FaultKind, f64, &[&str])] = &[
    (
        FaultKind::SolidsSwitch,
        0.5,
        &[
            "coater.slurry_density",
            "coater.mass_flow",
            "coater.wet_weight",
            "coater.dry_weight",
            "coater.die_pressure",
        ],
    ),
    (
        FaultKind::SolidsBatch,
        0.5,
        &[
            "coater.slurry_density",
            "coater.mass_flow",
            "coater.wet_weight",
            "coater.dry_weight",
            "coater.die_pressure",
        ],
    ),
    (
        FaultKind::AirBurst,
        1.0,
        &[
            "coater.slurry_density",
            "coater.drive_gain",
            "coater.mass_flow",
            "coater.wet_weight",
            "coater.dry_weight",
        ],
    ),
    (
        FaultKind::PumpSlip,
        0.01,
        &["coater.mass_flow", "coater.die_pressure", "coater.wet_weight", "coater.dry_weight"],
    ),
    (
        FaultKind::SpeedUpset,
        -0.2,
        &["coater.web_speed", "coater.web_position", "coater.wet_weight", "coater.dry_weight"],
    ),
    (FaultKind::GaugeBias, 0.5, &["coater.dry_weight"]),
    (FaultKind::WetGaugeBias, 0.5, &["coater.wet_weight"]),
    (FaultKind::RollHeat, 2.0, &["calender.thickness", "calender.roll_temperature"]),
    (FaultKind::LoadCellDrift, 50.0, &["calender.thickness"]),
    (FaultKind::CompactionStep, 0.05, &["calender.thickness"]),
    (FaultKind::MapOffset, 20.0, &["calender.mark_m"]),
    (FaultKind::EncoderSlip, 0.01, &["calender.encoder"]),
    (FaultKind::ViscosityDrift, 8.0, &["coater.die_pressure", "coater.dry_weight"]),
    (
        FaultKind::SlurryHeat,
        3.0,
        &[
            "coater.slurry_density",
            "coater.slurry_temperature",
            "coater.die_pressure",
            "coater.mass_flow",
            "coater.wet_weight",
            "coater.dry_weight",
        ],
    ),
    (
        FaultKind::StatorWear,
        0.3,
        &["coater.mass_flow", "coater.die_pressure", "coater.wet_weight", "coater.dry_weight"],
    ),
    (
        FaultKind::Pulsation,
        0.3,
        &["coater.mass_flow", "coater.die_pressure", "coater.wet_weight", "coater.dry_weight"],
    ),
    (FaultKind::Streak, -10.0, &["coater.dry_weight"]),
    (FaultKind::EdgeBead, 7.0, &["coater.dry_weight"]),
    (FaultKind::BoltStuck, 12.0, &[]),
    (FaultKind::CrossTilt, 1.0, &["coater.dry_weight"]),
    (FaultKind::FanTrip1, 0.4, &[]),
    (FaultKind::FanTrip2, 0.4, &[]),
    (FaultKind::FanTrip3, 0.4, &[]),
    (FaultKind::FanTrip4, 0.4, &[]),
    (FaultKind::FanTrip5, 0.4, &[]),
    (FaultKind::FanTrip6, 0.4, &[]),
    (FaultKind::InletSolvent, 5.0, &[]),
    (FaultKind::ZoneOverheat, 20.0, &[]),
    (FaultKind::RollBearing, 2.0, &["calender.thickness"]),
    (FaultKind::SlotOutage, 30.0, &["flow.slots_out", "flow.slots_free"]),
    (FaultKind::VehicleLoss, 2.0, &["flow.vehicles_in"]),
    (FaultKind::ArrivalBunching, 12.0, &["flow.trays_wetted"]),
    (FaultKind::ClampWear, 0.3, TESTED),
    (FaultKind::LensSoiling, 0.3, TESTED),
    (FaultKind::BlowOut, 0.5, TESTED),
    // What is wrong with the camera shows in its pictures alone.
    (FaultKind::CameraLost, 1.0, &[]),
    (FaultKind::CameraFrozen, 1.0, &[]),
    // What is wrong in the rack shows in its blocks alone.
    (FaultKind::SoftShort, 1.0, &[]),
    (FaultKind::ContactResistance, 5.0, &[]),
    (FaultKind::PoorWetting, 8.0, &[]),
];

fn faulty(base: &LineConfig, faults: &[Fault]) -> LineConfig {
    LineConfig { faults: faults.to_vec(), ..base.clone() }
}

#[test]
fn each_fault_is_seen_by_its_sensors_and_by_no_other() {
    let mut base = LineConfig::default();
    base.flow.on = true;
    base.weld.on = true;
    (base.formation.on, base.formation.slots) = (true, 3.0);
    (base.weld.check_every, base.weld.check_delay_s) = (1.0, 1.0);
    let healthy = Run::new(&base, 11, 300);
    assert_eq!(SEEN_BY.len(), FaultKind::ALL.len());
    for &(kind, size, seen_by) in SEEN_BY {
        let run = Run::new(&faulty(&base, &[fault(kind, ONSET_S, size)]), 11, 300);
        let laid = seen_by.contains(&"coater.wet_weight") && kind != FaultKind::WetGaugeBias;
        let dryer = dried(kind, laid);
        for channel in Line::sensors() {
            let first = run.first_difference(&healthy, channel.name);
            let expected =
                seen_by.contains(&channel.name) || dryer.iter().any(|d| d == channel.name);
            assert_eq!(first.is_some(), expected, "{kind:?} at {}", channel.name);
            let early = first.is_some_and(|tick| (tick as f64) < ONSET_S * f64::from(HZ));
            assert!(!early, "{kind:?} is seen by {} before it starts", channel.name);
        }
    }
}

#[test]
fn the_truth_names_every_fault_with_its_onset_and_place() {
    let faults: Vec<Fault> = SEEN_BY
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &(kind, size, _))| fault(kind, 50.0 - i as f64, size))
        .collect();
    let mut base = silent();
    base.flow.on = true;
    base.weld.on = true;
    (base.formation.on, base.formation.slots) = (true, 1.0);
    let run = Run::new(&faulty(&base, &faults), 1, 1);
    let onsets = &run.line.truth().faults;
    assert_eq!(onsets.len(), SEEN_BY.len());
    assert!(onsets.windows(2).all(|pair| pair[0].at_s < pair[1].at_s));
    for (onset, (kind, size, _)) in onsets.iter().zip(SEEN_BY) {
        assert_eq!((onset.name, onset.size), (kind.facts().name, *size));
        assert!(!onset.place.is_empty());
    }
}

/// Change of a sensor from second 99 to second `second`, on a silent line with one fault.
fn change(one: Fault, sensor: &str, second: u32) -> f64 {
    let run = Run::new(&faulty(&silent(), &[one]), 1, second + 1);
    run.second(sensor, second) - run.second(sensor, 99)
}

/// The same in % of the value before.
fn change_pct(one: Fault, sensor: &str, second: u32) -> f64 {
    // the bow that viscosity gives is another test's
    let mut base = silent();
    base.cross.bow_per_viscosity = 0.0;
    let run = Run::new(&faulty(&base, &[one]), 1, second + 1);
    // a full forth and back of the scanner apart, so that the same box is compared
    100.0 * (run.second(sensor, second) / run.second(sensor, second - 132) - 1.0)
}

fn near(got: f64, expected: f64, slack: f64, what: &str) {
    assert!((got - expected).abs() <= slack, "{what}: {got}, expected {expected} ± {slack}");
}

#[test]
fn a_hard_switch_raises_density_and_weight_at_once() {
    let switch = fault(FaultKind::SolidsSwitch, ONSET_S, 0.5);
    near(change(switch, "coater.slurry_density", 100), 18.7, 0.2, "kg/m3 by 0.5 pp");
    near(change_pct(switch, "coater.dry_weight", 200), 1.562, 0.02, "% weight by 0.5 pp");
}

#[test]
fn a_mixed_batch_comes_with_the_time_constant_of_the_tank() {
    let batch = fault(FaultKind::SolidsBatch, ONSET_S, 0.5);
    let run = Run::new(&faulty(&silent(), &[batch]), 1, 100 + 2687);
    let share = (run.truth("solids", 100 + 2686) - 70.0) / 0.5;
    near(share, 0.632, 0.003, "share reached after 44.78 min");
}

#[test]
fn air_lowers_density_and_weight_but_not_the_solids() {
    let air = fault(FaultKind::AirBurst, ONSET_S, 1.0);
    near(change(air, "coater.slurry_density", 100), -22.3, 0.1, "kg/m3 by 1 vol%");
    near(change(air, "coater.drive_gain", 100), 0.30, 1e-9, "drive gain");
    let run = Run::new(&faulty(&silent(), &[air]), 1, 110);
    near(run.truth("solids", 109), 70.0, 1e-5, "solids");
    near(run.truth("weight_deviation", 109), -1.0, 1e-4, "weight %");
}

#[test]
fn pump_slip_shows_in_the_meter_and_not_in_the_pump_speed() {
    let slip = fault(FaultKind::PumpSlip, ONSET_S, 0.02);
    near(change_pct(slip, "coater.mass_flow", 231), -2.0, 1e-6, "mass flow %");
    near(change(slip, "coater.pump_speed_flow", 101), 0.0, 0.0, "pump speed");
}

#[test]
fn a_slower_web_gets_heavier_and_recovers() {
    let upset = Fault { duration_s: 60.0, ..fault(FaultKind::SpeedUpset, ONSET_S, -0.2) };
    let run = Run::new(&faulty(&silent(), &[upset]), 1, 180);
    near(run.truth("weight_deviation", 130), 25.0, 1e-3, "% at -20 % speed");
    near(run.truth("weight_deviation", 175), 0.0, 1e-3, "% afterwards");
}

#[test]
fn roll_heat_makes_the_web_thinner_behind_the_load_cells_back() {
    let heat = Fault { ramp_s: Some(0.0), ..fault(FaultKind::RollHeat, ONSET_S, 2.0) };
    let run = Run::new(&faulty(&silent(), &[heat]), 1, 200);
    near(change(heat, "calender.line_load", 150), 0.0, 0.0, "load cells");
    let nip = run.truth("line_load_nip", 150) - run.truth("line_load_nip", 90);
    near(nip, 2.0 * 9.2 * 500.0 / 660.0, 2.5, "N/mm more in the nip (runout included)");
    let porosity = run.truth("porosity_deviation", 150) - run.truth("porosity_deviation", 90);
    near(porosity, -0.20, 0.03, "pp by 2 K");
}

#[test]
fn a_drifting_load_cell_takes_load_from_the_nip() {
    let drift = Fault { ramp_s: Some(0.0), ..fault(FaultKind::LoadCellDrift, ONSET_S, 50.0) };
    let run = Run::new(&faulty(&silent(), &[drift]), 1, 200);
    let nip = run.truth("line_load_nip", 150) - run.truth("line_load_nip", 90);
    near(nip, -50.0, 3.0, "N/mm");
    near(change(drift, "calender.line_load", 150), 0.0, 0.0, "load cells");
    assert!(change(drift, "calender.thickness", 150) > 0.5);
}

#[test]
fn a_harder_coating_stays_thicker() {
    let harder = fault(FaultKind::CompactionStep, ONSET_S, 0.05);
    // gamma +5 %: d rho = -(rho_max - rho)*(q/gamma)*0.05 = -0.0199 g/cm3 = +0.78 um of both sides
    near(change(harder, "calender.thickness", 150), 0.78, 0.10, "um");
}

#[test]
fn a_wrong_registration_shifts_the_marks_only() {
    let config = LineConfig { jumbo_m: 400.0, ..silent() };
    let wrong = faulty(&config, &[fault(FaultKind::MapOffset, 150.0, 20.0)]);
    let run = Run::new(&wrong, 1, 300);
    assert_eq!(run.second("calender.mark_m", 140), -100.0);
    assert_eq!(run.second("calender.mark_m", 210), -180.0);
    assert_eq!(run.second("calender.mark_count", 210), 3.0);
}

#[test]
fn a_line_without_formation_refuses_its_faults() {
    for kind in FaultKind::ALL.into_iter().filter(|kind| kind.in_formation()) {
        let config = LineConfig { faults: vec![fault(kind, 0.0, 5.0)], ..LineConfig::default() };
        let refused = config.check().unwrap_err();
        assert_eq!(refused.field, "formation.on");
    }
}

#[test]
fn the_truth_names_the_cells_that_a_fault_hit() {
    let mut config = silent();
    (config.formation.on, config.formation.slots) = (true, 3.0);
    (config.formation.short_ppm, config.formation.contact_pct) = (0.0, 0.0);
    config.faults = vec![
        fault(FaultKind::ContactResistance, 0.0, 4.0),
        fault(FaultKind::SoftShort, 150.0, 2.0),
    ];
    let run = Run::new(&config, 1, 160);
    let cells: Vec<_> = run.line.truth().cells.iter().map(|found| found.cell.defect).collect();
    assert_eq!(cells.len(), 2);
    assert_eq!((cells[0].contact_mohm, cells[0].short_ohm), (4.0, f64::INFINITY));
    assert_eq!((cells[1].contact_mohm, cells[1].short_ohm), (0.0, 2.0));
    assert_eq!(run.line.truth().cells, run.line.formation().unwrap().defects());
}
