//! The exact closed loop of a true model, limits, wrong models, transfers.

use super::*;
use crate::estimator::TimeDelay;
use crate::filter::Ewma;
use crate::{Kernel, Running};

const PERIOD_S: f64 = 0.1;

fn usual() -> Imc {
    Imc {
        gain: 2.0,
        time_constant_s: 3.0,
        dead_time_s: 1.0,
        lambda_s: 0.5,
        mismatch_filter_s: 0.0,
        lo: -100.0,
        hi: 100.0,
    }
}

fn start<C: Design>(config: &C) -> Running<C::Kernel, Vec<f64>> {
    let kernel = config.design(PERIOD_S).unwrap();
    Running::new(kernel, vec![0.0; kernel.memory_len()])
}

/// Runs the loop on a plant; `dead_s` and `gain` are the plant's own. Gives `pv` and `mv`.
fn run(
    config: &Imc,
    (gain, tau_s, dead_s): (f64, f64, f64),
    samples: usize,
    inputs: impl Fn(usize) -> (f64, f64, f64),
) -> Vec<(f64, f64)> {
    let (mut imc, mut dead) = (start(config), start(&TimeDelay { dead_time_s: dead_s }));
    let mut lag = start(&Ewma { time_constant_s: tau_s });
    let mut mv = 0.0;
    (0..samples)
        .map(|t| {
            let (sp, disturbance, automatic) = inputs(t);
            let pv = dead.update(gain * lag.update(mv)) + disturbance;
            [mv, _] = imc.update([sp, pv, 0.0, automatic]);
            (pv, mv)
        })
        .collect()
}

#[test]
fn a_true_model_gives_the_closed_loop_it_says_at_every_sample() {
    let loop_ = run(&usual(), (2.0, 3.0, 1.0), 200, |t| (f64::from(u8::from(t > 0)), 0.0, 1.0));
    for (t, (pv, _)) in loop_.iter().enumerate() {
        // The step is answered in sample 1, reaches the model in sample 2 and pv ten samples later.
        let after = t.saturating_sub(11) as f64 * PERIOD_S;
        assert!((pv - (1.0 - (-after / 0.5).exp())).abs() < 1e-12, "{t}: {pv}");
    }
}

#[test]
fn c52_an_output_step_costs_dead_time_plus_lambda() {
    let config =
        Imc { gain: 1.0, time_constant_s: 10.0, dead_time_s: 80.0, lambda_s: 20.0, ..usual() };
    let step = |t: usize| (0.0, f64::from(u8::from(t > 0)), 1.0);
    let loop_ = run(&config, (1.0, 10.0, 80.0), 4000, step);
    let iae: f64 = loop_.iter().map(|(pv, _)| pv.abs() * PERIOD_S).sum();
    assert!((iae / 100.0 - 1.0).abs() < 0.01, "{iae}");
}

#[test]
fn a_dead_time_wrong_by_a_fifth_and_a_gain_by_a_third_are_borne() {
    let config = Imc { lambda_s: 0.4, ..usual() };
    for (gain, dead_s) in [(2.0, 1.2), (2.0, 0.8), (2.6, 1.0), (1.4, 1.2)] {
        let loop_ = run(&config, (gain, 3.0, dead_s), 1500, |_| (1.0, 0.5, 1.0));
        let settled = loop_.iter().skip(1000).all(|(pv, _)| (pv - 1.0).abs() < 1e-6);
        assert!(settled, "{gain} {dead_s}: {:?}", loop_.last());
    }
}

#[test]
fn a_long_saturation_is_left_without_overshoot() {
    // The set-point cannot be reached for a while, then falls to one that can.
    let config = Imc { lo: 0.0, hi: 1.0, ..usual() };
    let sp = |t: usize| if t < 300 { 5.0 } else { 1.5 };
    let loop_ = run(&config, (2.0, 3.0, 1.0), 600, |t| (sp(t), 0.0, 1.0));
    assert!(loop_.iter().all(|(_, mv)| (0.0..=1.0).contains(mv)));
    assert_eq!(loop_[290].1, 1.0);
    let lowest = loop_.iter().skip(300).map(|(pv, _)| *pv).fold(f64::INFINITY, f64::min);
    assert!(lowest > 1.5 - 1e-9, "{lowest}");
    assert!((loop_[599].0 - 1.5).abs() < 1e-6);
    // It leaves the limit in the very sample.
    assert!(loop_[300].1 < 1.0);
}

#[test]
fn no_transfer_bumps() {
    let mut imc = start(&usual());
    for _ in 0..100 {
        assert_eq!(imc.update([5.0, 3.0, 12.0, 0.0])[0], 12.0);
    }
    let mv = imc.update([5.0, 3.0, 0.0, 1.0])[0];
    // Only what fades in the first sample: b times the distance of the aims.
    let jump = (mv - 12.0).abs();
    let law = usual().design(PERIOD_S).unwrap();
    let whole = (law.law(24.0, 5.0 - (3.0 - 24.0)) - 12.0).abs();
    assert!(jump < 1.01 * law.b * whole && whole > 1.0, "{jump} {whole}");
    assert_eq!(start(&usual()).update([9.0, 1.0, 37.5, 1.0])[0], 37.5);
}

#[test]
fn retuning_makes_no_bump() {
    let mut imc = start(&usual());
    for _ in 0..30 {
        imc.update([5.0, 3.0, 1.0, 1.0]);
    }
    let mut kept = imc.clone();
    let [before, _] = imc.last();
    let undisturbed = kept.update([5.0, 3.0, 1.0, 1.0])[0] - before;
    let slow = Imc { lambda_s: 4.0, ..usual() };
    assert!(imc.retune(slow.design(PERIOD_S).unwrap()));
    let moved = imc.update([5.0, 3.0, 1.0, 1.0])[0] - before;
    assert!((moved - undisturbed).abs() < 0.2 * before.abs().max(1.0), "{moved} {undisturbed}");
}
