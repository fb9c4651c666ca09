//! What the signals of a weld show, and what became of the joint.

use super::*;

fn quiet(conditions: Conditions) -> (Joint, [Vec<f64>; 3]) {
    weld(&WeldConfig::default(), conditions, 0.0, 1)
}

fn weld(
    config: &WeldConfig,
    conditions: Conditions,
    noise: f64,
    slot: u64,
) -> (Joint, [Vec<f64>; 3]) {
    let mut shot = Shot::new(config, &conditions, noise, 9, slot);
    let mut signals = [(); 3].map(|()| vec![0.0; shot.samples()]);
    let [plasma, reflection, thermal] = &mut signals;
    shot.run(config.power_w, [plasma, reflection, thermal]);
    (shot.joint(), signals)
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn sd(x: &[f64]) -> f64 {
    let m = mean(x);
    mean(&x.iter().map(|x| (x - m) * (x - m)).collect::<Vec<_>>()).sqrt()
}

#[test]
fn a_nominal_weld_is_at_its_levels_and_good() {
    let (joint, [plasma, reflection, thermal]) = quiet(Conditions::default());
    assert!((joint.share - 1.0).abs() < 1e-3 && (joint.depth - 1.0).abs() < 1e-3, "{joint:?}");
    for (signal, nominal) in [(plasma, 2.0), (reflection, 0.8), (thermal, 1.5)] {
        assert!((mean(&signal[2500..9500]) / nominal - 1.0).abs() < 1e-3);
        assert!(signal[0] < 0.1 * nominal);
    }
    assert_eq!(WeldClass::of(&Conditions::default(), &joint), WeldClass::Good);
}

#[test]
fn a_gap_is_a_step_in_the_plasma_and_nothing_in_the_back_reflection() {
    let happening = Happening::Gap { from: 0.5, gap_um: 90.0 };
    let conditions = Conditions { happening, ..Conditions::default() };
    let (joint, [plasma, reflection, _]) = quiet(conditions);
    assert!(plasma[6000] / plasma[4000] > 1.15);
    assert!((reflection[6000] / reflection[4000] - 1.0).abs() < 1e-6);
    assert!((0.3..0.7).contains(&joint.share));
    assert_eq!(WeldClass::of(&conditions, &joint), WeldClass::Gap);
}

#[test]
fn a_false_friend_looks_fine_and_joins_nothing() {
    let happening = Happening::FalseFriend { gap_um: 80.0 };
    let conditions = Conditions { happening, ..Conditions::default() };
    let (joint, [plasma, _, _]) = quiet(conditions);
    assert!((plasma[8000] / plasma[3000] - 1.0).abs() < 1e-6, "no step");
    assert_eq!(WeldClass::of(&conditions, &joint), WeldClass::FalseFriend);
    assert!(
        Seam::of(&WeldConfig::default(), &conditions, &joint).looks_good(&WeldConfig::default())
    );
}

#[test]
fn over_penetration_raises_the_scatter_of_all_three() {
    let config = WeldConfig::default();
    let happening = Happening::Excess { share: 0.35 };
    let conditions = Conditions { happening, ..Conditions::default() };
    let (joint, deep) = weld(&config, conditions, 1.0, 4);
    let (_, usual) = weld(&config, Conditions::default(), 1.0, 4);
    for (deep, usual) in deep.iter().zip(&usual) {
        let relative = |x: &[f64]| sd(&x[2000..9500]) / mean(&x[2000..9500]);
        assert!(relative(deep) > 1.5 * relative(usual));
    }
    assert_eq!(WeldClass::of(&conditions, &joint), WeldClass::OverPenetration);
}

#[test]
fn dirt_on_the_glass_costs_light_twice_and_depth_once() {
    let (joint, [plasma, _, thermal]) = quiet(Conditions { lens: 0.95, ..Conditions::default() });
    assert!((joint.depth - 0.95).abs() < 1e-3);
    assert!((mean(&plasma[2500..9500]) / 2.0 - 0.95_f64.powi(3)).abs() < 2e-3);
    assert!((mean(&thermal[2500..9500]) / 1.5 - 0.95 * 0.95).abs() < 2e-3);
}

#[test]
fn a_blow_out_flashes_and_drops_out() {
    let happening = Happening::BlowOut { at: 0.5, hole_um: 200.0 };
    let conditions = Conditions { happening, ..Conditions::default() };
    let (_, [plasma, _, _]) = quiet(conditions);
    assert!(plasma[5005] > 4.0);
    let out = plasma.iter().skip(1000).take(8000).filter(|x| **x < 1.0).count();
    assert_eq!(out, 66, "200 um at 150 mm/s take 1.3 ms");
}

#[test]
fn oscillation_stands_at_its_frequency() {
    let config = WeldConfig {
        plasma_noise_pct: 0.0,
        thermal_noise_pct: 0.0,
        reflection_noise_pct: 0.0,
        ..WeldConfig::default()
    };
    let (_, [plasma, reflection, _]) = weld(&config, Conditions::default(), 1.0, 2);
    let x: Vec<f64> = plasma[1000..9500].iter().map(|x| x / 2.0 - 1.0).collect();
    assert!((sd(&x) - 0.06).abs() < 0.006, "{}", sd(&x));
    let crossings = x.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    let hz = crossings as f64 / (8500.0 / SAMPLE_HZ);
    assert!((600.0..1500.0).contains(&hz), "{hz}");
    let y: Vec<f64> = reflection[1000..9500].iter().map(|y| y / 0.8 - 1.0).collect();
    let product = mean(&x.iter().zip(&y).map(|(x, y)| x * y).collect::<Vec<_>>());
    assert!(product / (sd(&x) * sd(&y)) < -0.9, "a deeper keyhole swallows more light");
}

#[test]
fn the_laser_hears_one_sample_late_and_follows_with_its_lag() {
    let config = WeldConfig { melt_tau_ms: 0.1, ..WeldConfig::default() };
    let mut shot = Shot::new(&config, &Conditions::default(), 0.0, 1, 1);
    for _ in 0..500 {
        shot.step(1500.0);
    }
    let before = shot.step(1500.0).unwrap()[0][4];
    let after = shot.step(1650.0).unwrap()[0];
    assert!((after[0] - before).abs() < 1e-9, "dead time of one sample: {before} {after:?}");
    let depth = |v: f64| (v / 2.0).sqrt();
    // Two samples after the dead time: 1 - exp(-40/50).
    let expected = 1.0 + 0.1 * (1.0 - libm::exp(-0.8));
    assert!((depth(after[2]) - expected).abs() < 1e-6, "{} {expected}", depth(after[2]));
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let config = WeldConfig::default();
    let conditions = Conditions::draw(&config, 3, 8, 1.0, 0.0);
    let (a, first) = weld(&config, conditions, 1.0, 8);
    let (b, second) = weld(&config, conditions, 1.0, 8);
    assert_eq!(a, b);
    for (x, y) in first.iter().zip(&second) {
        assert!(x.iter().zip(y).all(|(x, y)| x.to_bits() == y.to_bits()));
    }
    let (_, other) = weld(&config, conditions, 1.0, 9);
    assert_ne!(first[0], other[0]);
}

#[test]
fn a_power_that_is_no_number_holds_and_a_shot_ends() {
    let mut shot = Shot::new(&WeldConfig::default(), &Conditions::default(), 0.0, 1, 1);
    shot.step(1500.0);
    let mut steps = 1;
    while let Some(out) = shot.step(f64::NAN) {
        assert!(out.iter().flatten().all(|v| v.is_finite()));
        steps += 1;
    }
    assert_eq!(steps * STEP, 10_000);
    assert!((shot.joint().power - 1.0).abs() < 1e-3);
}
