//! The line as a whole: reversal, marks, delays in metres, common random numbers, repeatability, refusals.

mod common;
use common::{HZ, Run, fault, silent};
use linewright_twin::{Fault, FaultKind, Line, LineConfig};

#[test]
fn without_disturbance_the_line_stays_on_target() {
    let run = Run::new(&silent(), 5, 400);
    let truth = run.line.truth();
    assert!(truth.parts.weight_pct.mean().abs() < 1e-9);
    assert!(truth.parts.weight_pct.sd() < 1e-6, "sd {}", truth.parts.weight_pct.sd());
    assert!(truth.porosity_pp.mean().abs() < 0.01, "pp {}", truth.porosity_pp.mean());
    assert!((truth.nominal_line_load_n_per_mm - 895.7).abs() < 0.9);
    assert!((truth.nominal_flow_l_per_min - 5.583).abs() < 0.006);
    assert!((truth.nominal_thickness_um - 143.37).abs() < 0.02);
    assert_eq!(truth.coated.total_m.round(), 400.0);
    assert_eq!(truth.coated.weight_out_m + truth.calendered.either_out_m, 0.0);
}

#[test]
fn the_anode_line_runs_at_its_own_target() {
    let config = LineConfig { electrode: linewright_twin::config::Electrode::Anode, ..silent() };
    let run = Run::new(&config, 5, 200);
    let truth = run.line.truth();
    assert!((truth.nominal_line_load_n_per_mm - 206.4).abs() < 0.3);
    assert!((truth.nominal_flow_l_per_min - 7.469).abs() < 0.008);
    assert!((truth.nominal_thickness_um - 184.8).abs() < 0.1);
    assert!(truth.porosity_pp.mean().abs() < 0.02);
}

#[test]
fn the_last_metre_coated_is_the_first_one_pressed() {
    // the batch is switched at 50 s; the die gets it 0.15 L of pipe later, at about metre 51.6 of roll 1
    let switch = fault(FaultKind::SolidsSwitch, 50.0, 0.5);
    let config = LineConfig { jumbo_m: 200.0, faults: vec![switch], ..silent() };
    let run = Run::new(&config, 1, 500);
    let heavier_from_m = (0..200).find(|&s| run.truth("weight_deviation", s) > 1.0);
    let heavier_from_m = heavier_from_m.expect("the switch reaches the die") as f64;
    assert!((heavier_from_m - 52.0).abs() <= 1.0, "metre {heavier_from_m}");
    // roll 1 is wound at metre 290 and unwound from metre 200 down to metre 0
    assert_eq!(run.second("calender.jumbo", 288), 0.0);
    assert_eq!(run.second("calender.jumbo", 290), 1.0);
    assert_eq!(run.second("coater.jumbo", 290), 2.0);
    let back_at_s = 290.0 + 200.0 - heavier_from_m;
    let (before, after) = (back_at_s as usize - 3, back_at_s as usize + 3);
    assert!(run.truth("calendered_weight_deviation", 295) > 1.5, "last metres first");
    assert!(run.truth("calendered_weight_deviation", before) > 1.5);
    assert!(run.truth("calendered_weight_deviation", after).abs() < 0.01);
}

#[test]
fn marks_carry_the_coating_metre_and_resynchronise_a_slipping_encoder() {
    let config = LineConfig { jumbo_m: 500.0, ..LineConfig::default() };
    let run = Run::new(&config, 3, 1100);
    let (mut at_mark, mut marks, mut worst_m, mut worst_blind_m) =
        ((0.0, 0.0), 0.0, 0.0f64, 0.0f64);
    for tick in 0..run.rows.len() {
        let (count, mark_m) =
            (run.at("calender.mark_count", tick), run.at("calender.mark_m", tick));
        let encoder_m = run.at("calender.encoder", tick);
        if count != marks {
            assert_eq!(mark_m.rem_euclid(100.0), 0.0);
            marks = count;
            at_mark = (mark_m, encoder_m);
        }
        if run.at("calender.jumbo", tick) != 1.0 {
            continue;
        }
        let second = tick / HZ as usize;
        let truth_m = run.truth("calender_coating_position", second);
        if tick % HZ as usize == HZ as usize / 2 && (truth_m - 0.5).abs() > 1.0 {
            let since_m = encoder_m - at_mark.1;
            worst_m = worst_m.max((at_mark.0 - since_m / (1.01 * 0.999) - truth_m).abs());
            worst_blind_m = worst_blind_m.max((at_mark.0 - since_m - truth_m).abs());
        }
    }
    assert!(worst_m < 0.2, "with scale {worst_m} m");
    assert!((0.5..1.2).contains(&worst_blind_m), "without scale {worst_blind_m} m per 100 m");
    assert_eq!(
        run.at("calender.mark_m", 590 * HZ as usize + 15),
        500.0,
        "mark on the cut of roll 1"
    );
}

#[test]
fn delays_are_metres_and_stay_exact_through_a_speed_change() {
    let upset = Fault { duration_s: 200.0, ..fault(FaultKind::SpeedUpset, 20.0, -0.4) };
    let slip = fault(FaultKind::PumpSlip, 40.0, 0.01);
    let plain = LineConfig { faults: vec![upset], ..silent() };
    let marked = LineConfig { faults: vec![upset, slip], ..silent() };
    let (plain, marked) = (Run::new(&plain, 1, 260), Run::new(&marked, 1, 260));
    let at_die_m = marked.at("coater.web_position", 40 * HZ as usize);
    for (sensor, distance_m) in [("coater.wet_weight", 3.0), ("coater.dry_weight", 80.0)] {
        let tick = marked.first_difference(&plain, sensor).expect("seen");
        let travelled_m = marked.at("coater.web_position", tick) - at_die_m;
        assert!((travelled_m - distance_m).abs() < 0.12, "{sensor}: {travelled_m} m");
        let expected_s = distance_m / 0.6;
        if distance_m < 50.0 {
            let seconds = (tick - 40 * HZ as usize) as f64 / f64::from(HZ);
            assert!((seconds - expected_s).abs() < 0.3, "{sensor}: {seconds} s at 0.6 m/s");
        }
    }
}

#[test]
fn the_web_drive_follows_its_set_point_as_fast_as_it_can_and_holds_without_one() {
    let mut line = Line::new(&silent(), 1, HZ).expect("config");
    let place = Line::actuators().iter().position(|c| c.name == "coater.web_drive");
    let mut told = vec![f64::NAN; Line::actuators().len()];
    let mut sensors = vec![0.0; Line::sensors().len()];
    let mut run = |told: &[f64], seconds: u32| {
        for _ in 0..seconds * HZ {
            line.step(told, &mut sensors);
        }
        (line.coater().drive_m_per_s(), line.coater().state().web_m_per_s)
    };
    assert_eq!(run(&told, 5), (1.0, 1.0));
    told[place.expect("a drive")] = 0.8;
    let (drive, _) = run(&told, 2);
    assert!((drive - 0.9).abs() < 1e-9, "0.05 m/s2 for 2 s, was {drive}");
    let (drive, web) = run(&told, 10);
    assert!((drive - 0.8).abs() < 1e-9 && drive == web, "{drive} {web}");
    told.fill(f64::NAN);
    assert_eq!(run(&told, 5), (drive, web));
}

#[test]
fn the_calender_waits_for_a_late_roll_and_its_gauge_is_silent() {
    let upset = Fault { duration_s: 60.0, ..fault(FaultKind::SpeedUpset, 30.0, -0.2) };
    let config = LineConfig { jumbo_m: 200.0, faults: vec![upset], ..silent() };
    let run = Run::new(&config, 1, 330);
    let standing: Vec<usize> =
        (0..run.rows.len()).filter(|&t| run.at("calender.web_speed", t) == 0.0).collect();
    let seconds = standing.len() as f64 / f64::from(HZ);
    assert!((seconds - 12.0).abs() < 0.2, "0.2*60 m late at 1 m/s: {seconds} s");
    assert!(standing.iter().all(|&t| run.at("calender.thickness", t).is_nan()));
    assert_eq!(run.at("calender.jumbo", standing[standing.len() - 1] + 1), 1.0);
}

#[test]
fn every_policy_meets_the_same_random_numbers() {
    let config = LineConfig { jumbo_m: 150.0, ..LineConfig::default() };
    let lazy = Run::new(&config, 8, 600);
    let busy = Run::with(&config, 8, 600, |tick| {
        let wobble = (tick / 17 % 5) as f64 - 2.0;
        [5.583 * (1.0 + 0.01 * wobble), 895.7 + 20.0 * wobble]
    });
    for name in [
        "walk",
        "wander",
        "roll_wave",
        "ripple",
        "slurry_temperature",
        "roll_temperature",
        "resistance_deviation",
    ] {
        let (a, b) = (lazy.line.truth().series(name), busy.line.truth().series(name));
        assert_eq!(a, b, "{name}");
        let values = &a.expect(name).values;
        assert!(values.iter().any(|v| v != &values[0]), "{name} moves");
    }
    for name in [
        "coater.slurry_density",
        "coater.slurry_temperature",
        "coater.drive_gain",
        "coater.web_speed",
        "calender.roll_temperature",
        "coater.dry_box",
    ] {
        assert_eq!(lazy.first_difference(&busy, name), None, "{name}");
    }
    // gauges differ by what the policy did, not by their noise: reading over truth is the same
    let mut compared = 0;
    for tick in (600..lazy.rows.len()).step_by(7) {
        let ratio = |run: &Run| {
            run.at("coater.mass_flow", tick / 3 * 3)
                / (run.at("coater.slurry_density", tick / 3 * 3)
                    * run.at("coater.pump_speed_flow", tick / 3 * 3))
        };
        let (a, b) = (ratio(&lazy), ratio(&busy));
        assert!((a / b - 1.0).abs() < 1e-12, "tick {tick}: {a} {b}");
        compared += 1;
    }
    assert!(compared > 2000);
    let differs = lazy.first_difference(&busy, "coater.wet_weight");
    assert!(differs.is_some(), "the policies did differ");
}

fn fingerprint(run: &Run) -> u64 {
    let bits = run.rows.iter().flatten().map(|value| value.to_bits());
    bits.fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3))
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let config = LineConfig::default();
    let one = fingerprint(&Run::new(&config, 1, 120));
    assert_eq!(one, fingerprint(&Run::new(&config, 1, 120)));
    assert_ne!(one, fingerprint(&Run::new(&config, 2, 120)));
}

#[test]
fn laboratory_results_come_twenty_minutes_after_the_hour() {
    let run = Run::new(&silent(), 1, 4900);
    assert!(run.second("lab.dry_weight", 4790).is_nan());
    assert_eq!(run.second("lab.count", 4790), 0.0);
    assert_eq!(run.second("lab.count", 4801), 1.0);
    assert!((run.second("lab.dry_weight", 4801) - 220.0).abs() < 1e-6);
    assert!((run.second("lab.thickness", 4801) - 143.37).abs() < 0.05);
}

#[test]
fn the_laboratory_samples_the_web_under_the_dry_gauge() {
    for (onset_s, expected) in [(3515.0, 215.6), (3525.0, 220.0)] {
        let slip = fault(FaultKind::PumpSlip, onset_s, 0.02);
        let run = Run::new(&LineConfig { faults: vec![slip], ..silent() }, 1, 4802);
        let weight = run.second("lab.dry_weight", 4801);
        assert!((weight - expected).abs() < 1e-6, "onset {onset_s}: {weight} g/m2");
    }
}

#[test]
fn the_scanner_sees_the_bow_across_the_web() {
    let mut config = silent();
    config.cross.bead_pct = 0.0;
    let run = Run::new(&config, 1, 3);
    let (edge, middle) = (run.at("coater.dry_weight", 0), run.at("coater.dry_weight", 33));
    assert_eq!((run.at("coater.dry_box", 0), run.at("coater.dry_box", 33)), (0.0, 33.0));
    assert!((100.0 * (edge / middle - 1.0) - 0.4).abs() < 0.002, "edge {edge}, middle {middle}");
}

#[test]
fn metres_are_out_of_tolerance_on_both_sides() {
    for (size, kind) in [(0.03, FaultKind::PumpSlip), (-0.03, FaultKind::PumpSlip)] {
        let config = LineConfig { faults: vec![fault(kind, 100.0, size)], ..silent() };
        let truth = Run::new(&config, 1, 200).line.truth().clone();
        assert!((truth.coated.weight_out_m - 100.0).abs() <= 1.0, "{}", truth.coated.weight_out_m);
        assert_eq!(truth.calendered.either_out_m, 0.0, "roll 0 is good");
    }
    for size in [0.3, -0.3] {
        let harder = fault(FaultKind::CompactionStep, 100.0, size);
        let truth =
            Run::new(&LineConfig { faults: vec![harder], ..silent() }, 1, 200).line.truth().clone();
        let pressed = truth.calendered;
        assert!((pressed.porosity_out_m - 100.0).abs() <= 1.0, "{}", pressed.porosity_out_m);
        assert_eq!(pressed.either_out_m, pressed.porosity_out_m);
        assert_eq!(pressed.thickness_out_m, pressed.porosity_out_m);
        assert_eq!(truth.coated.either_out_m, 0.0);
    }
}

#[test]
fn slow_temperatures_wander_on_both_sides_of_their_mean() {
    for (name, mean) in [("slurry_temperature", 25.0), ("roll_temperature", 60.0)] {
        let above = (0..40)
            .filter(|&seed| Run::new(&LineConfig::default(), seed, 1).truth(name, 0) > mean)
            .count();
        assert!((8..=32).contains(&above), "{name}: {above} of 40 seeds above");
    }
}

#[test]
fn background_has_the_stated_size_at_the_gauges() {
    let config = LineConfig::default();
    let mut boxes = [0.0f64; 2];
    let (mut n, mut wet_sq, mut wet_n) = (0.0, 0.0, 0.0);
    for seed in 0..4 {
        let run = Run::new(&config, seed, 120);
        for tick in 300..run.rows.len() {
            // successive differences: noise alone, the web hardly changes from tick to tick
            let d = |name| run.at(name, tick) / run.at(name, tick - 1) - 1.0;
            wet_sq += d("coater.wet_weight").powi(2) / 2.0;
            wet_n += 1.0;
            let at = run.at("coater.dry_box", tick);
            boxes[1] = boxes[1].max(at);
            // the edge beads lie in the outermost boxes
            if (2.0..=63.0).contains(&at) {
                n += 1.0;
                boxes[0] += d("coater.dry_weight").powi(2) / 2.0;
            }
        }
    }
    let (wet, dry) = (100.0 * f64::sqrt(wet_sq / wet_n), 100.0 * f64::sqrt(boxes[0] / n));
    assert!((wet - 0.5 * 0.03f64.sqrt()).abs() < 0.01, "wet gauge {wet} % per tick");
    assert!((dry - 0.30).abs() < 0.015, "dry gauge {dry} % per box");
    assert_eq!(boxes[1], 65.0);
}

#[test]
fn truth_counts_each_second_and_each_metre_and_serialises() {
    let run = Run::new(&LineConfig::default(), 2, 100);
    let truth = run.line.truth();
    assert!(truth.series.iter().all(|series| series.values.len() == 100));
    assert_eq!(truth.parts.weight_pct.n, 100 * u64::from(HZ));
    assert!((truth.coated.total_m - 100.0).abs() <= 1.0 && truth.calendered.total_m >= 99.0);
    let json = serde_json::to_value(truth).expect("serialises");
    assert_eq!(json["series"][0]["name"], "weight_deviation");
    assert_eq!(json["series"][0]["values"].as_array().map(Vec::len), Some(100));
    assert!(json["sums"].is_null());
}

#[test]
fn nonsense_is_refused_with_field_bound_and_value() {
    let cases = [
        (r#"{"jumbo_m":-5}"#, "jumbo_m", -5.0),
        (r#"{"coater":{"web_m_per_s":0}}"#, "coater.web_m_per_s", 0.0),
        (r#"{"recipe":{"solids_fraction":1.2}}"#, "recipe.solids_fraction", 1.2),
        (r#"{"recipe":{"porosity":0.15}}"#, "recipe.porosity", 0.15),
        (r#"{"coater":{"wet_gauge_m":50,"dry_gauge_m":40}}"#, "coater.wet_gauge_m", 50.0),
        (r#"{"coater":{"winder_m":70}}"#, "coater.winder_m", 70.0),
        (r#"{"lab":{"delay_s":4000}}"#, "lab.delay_s", 4000.0),
        (r#"{"gauge":{"boxes":6.5}}"#, "gauge.boxes", 6.5),
        (r#"{"calender":{"web_m_per_s":0.3}}"#, "calender.web_m_per_s", 0.3),
        (
            r#"{"faults":[{"kind":"air_burst","at_s":1,"size":50}]}"#,
            "faults[0].size (air_burst)",
            50.0,
        ),
        (
            r#"{"faults":[{"kind":"pump_slip","at_s":-1,"size":0.1}]}"#,
            "faults[0].at_s (pump_slip)",
            -1.0,
        ),
    ];
    for (json, field, value) in cases {
        let config: LineConfig = serde_json::from_str(json).expect(json);
        let error = Line::new(&config, 0, HZ).err().expect(json);
        assert_eq!((error.field.as_str(), error.value), (field, value), "{json}");
        assert!(error.to_string().contains(&error.must_be));
    }
    assert_eq!(Line::new(&LineConfig::default(), 0, 0).err().expect("rate").field, "base_hz");
    for json in [
        r#"{"jumbo":5}"#,
        r#"{"coater":{"speed":1}}"#,
        r#"{"faults":[{"kind":"gremlin","at_s":1,"size":1}]}"#,
        r#"{"faults":[{"kind":"air_burst","at_s":1,"size":1,"sise":2}]}"#,
    ] {
        assert!(serde_json::from_str::<LineConfig>(json).is_err(), "{json}");
    }
}

#[test]
fn a_short_sensor_slice_and_bad_actuator_values_do_no_harm() {
    let mut line = Line::new(&silent(), 0, HZ).expect("config");
    let mut few = [0.0; 3];
    line.step(&[], &mut few);
    line.step(&[f64::NAN, f64::INFINITY], &mut few);
    assert_eq!(few, [0.0; 3]);
    for _ in 0..600 {
        line.step(&[-1.0, -100.0], &mut few);
    }
    assert_eq!(line.ticks(), 602);
    let truth = line.truth();
    assert!(truth.series.iter().all(|s| s.values.iter().all(|v| v.is_finite())));
}

#[test]
fn wide_data_comes_in_blocks_when_it_is_complete_and_not_before() {
    let mut config = LineConfig::default();
    assert!(Line::new(&config, 1, HZ).unwrap().blocks().is_empty());
    config.weld.on = true;
    (config.formation.on, config.formation.slots, config.formation.trays_per_h) =
        (true, 2.0, 3600.0);
    let mut line = Line::new(&config, 1, HZ).unwrap();
    let names: Vec<_> = line.blocks().iter().map(|b| (b.name, b.unit, b.len)).collect();
    assert_eq!(names[0], ("welder.plasma", "V", 10_000));
    assert_eq!(names[3], ("formation.voltage", "V", 64));
    let mut given = vec![0u64; names.len()];
    let mut sensors = vec![0.0; Line::sensors().len()];
    for _ in 0..60 * u64::from(HZ) {
        line.step(&[], &mut sensors);
        for (i, count) in given.iter_mut().enumerate() {
            if let Some(block) = line.block(i) {
                assert_eq!(block.len(), names[i].2);
                *count += 1;
            }
        }
    }
    assert_eq!(names[6], ("formation.tray", "1", 2));
    assert_eq!(given[3..], [60, 60, 60, 60]);
    assert_eq!(given[0], given[2]);
    let welds = sensors[Line::sensors().iter().position(|c| c.name == "welder.count").unwrap()];
    assert_eq!(given[0] as f64, welds);
    assert!((16.0..=18.0).contains(&welds), "{welds} welds in a minute");
    let voltage = line.formation().unwrap().voltage_v();
    assert!(voltage.iter().all(|v| (0.0..4.5).contains(v)), "two trays are in the rack");
}
