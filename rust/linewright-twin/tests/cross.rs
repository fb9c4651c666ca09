//! Across the web, through the whole line: what the scanner makes of a ripple, how bolts show, what batches do.

mod common;
use common::{HZ, Run, fault, place, silent};
use linewright_twin::{FaultKind, Line, LineConfig};

/// A line whose only disturbance is a wave of `period_s` and 1 % amplitude at the die, scanned at exactly 30 boxes a
/// second; the wave's cosine or sine phase falls on box 0.
fn rippled(period_s: f64) -> LineConfig {
    let mut config = LineConfig { noise_on: false, ..LineConfig::default() };
    config.disturbance.walk_pct_per_sqrt_s = 0.0;
    config.disturbance.wander_sd_pct = 0.0;
    config.disturbance.ripple_pct = 0.0;
    config.disturbance.roll_sd_pct = 1.0 / std::f64::consts::SQRT_2;
    config.disturbance.roll_hz = 1.0 / period_s;
    config.disturbance.slurry_sd_k = 0.0;
    config.cross.uneven_sd_um = 0.0;
    config.cross.drift_sd_um = 0.0;
    config.cross.bead_pct = 0.0;
    config.gauge.profile_pct = 0.0;
    config
}

/// Mean reading per box, relative to the mean of all: (out, back), from second 100 on.
fn mean_profiles(config: &LineConfig, traverses: usize) -> ([f64; 66], [f64; 66]) {
    let first = 66 * 46; // a whole number of forth and back
    let seconds = ((first + 66 * traverses) as f64 / f64::from(HZ)).ceil() as u32;
    let run = Run::new(config, 1, seconds);
    let (mut sums, mut counts) = ([[0.0; 66]; 2], [[0.0f64; 66]; 2]);
    for tick in first..first + 66 * traverses {
        let at = run.at("coater.dry_box", tick) as usize;
        let way = tick / 66 % 2;
        sums[way][at] += run.at("coater.dry_weight", tick) / 220.0;
        counts[way][at] += 1.0;
    }
    let mean =
        |way: usize| -> [f64; 66] { std::array::from_fn(|i| sums[way][i] / counts[way][i] - 1.0) };
    (mean(0), mean(1))
}

/// Amplitude of the cosine that has `waves` half waves across.
fn cosine(profile: &[f64; 66], waves: f64) -> f64 {
    let part =
        |(i, y): (usize, &f64)| y * (std::f64::consts::PI * waves * (i as f64 + 0.5) / 66.0).cos();
    profile.iter().enumerate().map(part).sum::<f64>() * 2.0 / 66.0
}

#[test]
fn c56_a_ripple_in_step_with_the_traverse_is_scanned_as_a_standing_profile() {
    // the phase on box 0 is set by the path from die to gauge: try a whole wave of it in steps of a box
    let mut amplitudes = Vec::new();
    for shift in 0..8 {
        let mut config = rippled(2.2);
        config.coater.dry_gauge_m = 79.0 + 2.2 * f64::from(shift) / 8.0;
        let (out, back) = mean_profiles(&config, 60);
        let both: [f64; 66] = std::array::from_fn(|i| 0.5 * (out[i] + back[i]));
        let (one, other, mean) = (cosine(&out, 2.0), cosine(&back, 2.0), cosine(&both, 2.0));
        assert!((one - other).abs() < 0.0008, "both ways show it: {one} {other}");
        amplitudes.push(mean);
    }
    let largest = amplitudes.iter().copied().fold(0.0, |a: f64, b| a.max(b.abs()));
    let smallest = amplitudes.iter().copied().fold(1.0, |a: f64, b| a.min(b.abs()));
    assert!((largest - 0.01).abs() < 0.0005, "cosine phase: {largest}");
    assert!(smallest < 0.004, "near the sine phase nothing is left: {smallest}");
    // cosine and sine phase together are the whole wave, so the false profile is that of one phase
    let quarter: Vec<f64> = (0..8).map(|i| amplitudes[i].hypot(amplitudes[(i + 2) % 8])).collect();
    assert!(quarter.iter().all(|a| (a - 0.01).abs() < 0.0006), "{quarter:?}");
}

#[test]
fn a_ripple_out_of_step_leaves_no_profile() {
    let (out, back) = mean_profiles(&rippled(3.1), 100);
    let both: [f64; 66] = std::array::from_fn(|i| 0.5 * (out[i] + back[i]));
    assert!(both.iter().all(|y| y.abs() < 0.0015), "{both:?}");
}

/// Actuator values with every bolt at `um(j)`.
fn bolts(um: impl Fn(usize) -> f64) -> Vec<f64> {
    let first = Line::actuators().iter().position(|c| c.name == "coater.bolt_01");
    let number = |i: usize| first.and_then(|first| i.checked_sub(first)).filter(|j| *j < 24);
    (0..Line::actuators().len()).map(|i| number(i).map_or(f64::NAN, &um)).collect()
}

#[test]
fn a_bolt_shows_at_the_dry_gauge_eighty_metres_later() {
    let mut config = silent();
    config.cross.bead_pct = 0.0;
    let mut line = Line::new(&config, 1, HZ).expect("config");
    let told = bolts(|j| if j == 11 { 20.0 } else { 0.0 });
    let mut row = vec![0.0; Line::sensors().len()];
    let mut reads = Vec::new();
    for _ in 0..160 * HZ {
        line.step(&told, &mut row);
        reads.push((row[place("coater.dry_box")], row[place("coater.dry_weight")]));
    }
    let under_it = |from_s: usize, to_s: usize| {
        let range = &reads[from_s * HZ as usize..to_s * HZ as usize];
        let (n, sum) = range
            .iter()
            .filter(|r| (30.0..=33.0).contains(&r.0))
            .fold((0.0, 0.0), |(n, sum), r| (n + 1.0, sum + r.1));
        sum / n
    };
    assert!((under_it(120, 160) / under_it(20, 78) - 1.0) > 0.02, "{}", under_it(120, 160));
    assert_eq!(line.coater().cross().bolts_um()[11].round(), 20.0);
    let sigma = line.truth().series("cross_sigma").expect("series").values.clone();
    assert!(sigma[100] > sigma[0] + 0.5);
}

#[test]
fn die_pressure_is_that_of_the_default_line_and_follows_viscosity() {
    let run = Run::new(&silent(), 1, 10);
    // 311.4 kPa by the power law and 0.27 kPa by the yield stress
    assert!((run.second("coater.die_pressure", 9) - 311.7).abs() < 1.5);
    let thick = LineConfig { faults: vec![fault(FaultKind::ViscosityDrift, 0.0, 8.0)], ..silent() };
    let thick = Run::new(&thick, 1, 1900);
    let rise = thick.second("coater.die_pressure", 1890) / run.second("coater.die_pressure", 9);
    assert!((rise - 1.08).abs() < 1e-3, "{rise}");
    let hot = LineConfig { faults: vec![fault(FaultKind::SlurryHeat, 0.0, 3.0)], ..silent() };
    let hot = Run::new(&hot, 1, 1900);
    let fall = hot.second("coater.die_pressure", 1890) / run.second("coater.die_pressure", 9);
    assert!((fall - 0.914).abs() < 2e-3, "{fall}");
}

#[test]
fn batches_come_through_the_tank_or_past_it_and_carry_a_number() {
    let mut config = silent();
    config.disturbances_on = true;
    config.batch.on = true;
    config.batch.used_at_start = 0.97;
    config.batch.solids_share = 3.0;
    let steps = |hard_share: f64| {
        let mut config = config.clone();
        config.batch.hard_share = hard_share;
        let run = Run::new(&config, 4, 900);
        let solids = run.line.truth().series("solids").expect("series").values.clone();
        let most = solids.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        let numbers = (run.second("slurry.batch", 0), run.second("slurry.batch", 899));
        (most, numbers, run.second("slurry.batch_left", 0))
    };
    let (mixed, numbers, left_l) = steps(0.0);
    let (hard, hard_numbers, _) = steps(1.0);
    assert_eq!((numbers, hard_numbers), ((1.0, 2.0), (1.0, 2.0)));
    assert!((left_l - 0.03 * 1890.0).abs() < 0.5, "{left_l} L");
    assert!(hard > 0.02 && mixed < 0.001, "pp in a second: hard {hard}, mixed {mixed}");
    let off = Run::new(&silent(), 1, 2);
    assert!(off.second("slurry.batch", 1).is_nan());
}

#[test]
fn a_die_that_cannot_be_is_refused() {
    for (json, field) in [
        (r#"{"cross":{"bolts":2.5}}"#, "cross.bolts"),
        (r#"{"cross":{"bolts":40}}"#, "cross.bolts"),
        (r#"{"cross":{"streak_at_m":0.9}}"#, "cross.streak_at_m"),
        (r#"{"batch":{"hard_share":1.5}}"#, "batch.hard_share"),
        (r#"{"rheology":{"per_k":0.1}}"#, "rheology.per_k"),
    ] {
        let config: LineConfig = serde_json::from_str(json).expect(json);
        assert_eq!(Line::new(&config, 0, HZ).err().expect(json).field, field);
    }
}
