//! Closed loops whose figures are known from theory.
#![allow(clippy::unwrap_used)]

use linewright_kernel::controller::AntiWindup;
use linewright_kernel::controller::bound::simc_pi;
use linewright_kernel::{Design, Ewma, Kernel, Pid, Running, Smith, TimeDelay};

const PERIOD_S: f64 = 0.1;
const THETA_S: f64 = 80.0;
const TAU_S: f64 = 10.0;

fn start<C: Design>(config: &C) -> Running<C::Kernel, Vec<f64>> {
    let kernel = config.design(PERIOD_S).unwrap();
    Running::new(kernel, vec![0.0; kernel.memory_len()])
}

fn pi(kp: f64, ti_s: f64) -> Pid {
    Pid {
        kp,
        ti_s,
        td_s: 0.0,
        derivative_filter: 10.0,
        setpoint_weight: 1.0,
        integral: true,
        lo: -100.0,
        hi: 100.0,
        tracking_time_s: ti_s,
        derivative_setpoint_weight: 0.0,
        anti_windup: AntiWindup::default(),
    }
}

/// Unit step on the output of `exp(-80 s)/(10 s + 1)`; gives the integral of the error and of its
/// magnitude, both in s.
fn output_step(controller: &Pid, smith: Option<&Smith>) -> (f64, f64) {
    let mut controller = start(controller);
    let mut smith = smith.map(start);
    let mut dead = start(&TimeDelay { dead_time_s: THETA_S });
    let mut lag = start(&Ewma { time_constant_s: TAU_S });
    let (mut mv, mut ie, mut iae) = (0.0, 0.0, 0.0);
    for t in 0..40_000 {
        let disturbance = if t == 0 { 0.0 } else { 1.0 };
        let pv = dead.update(lag.update(mv)) + disturbance;
        let seen = smith.as_mut().map_or(pv, |s| s.update([mv, pv])[0]);
        mv = controller.update([0.0, seen, 0.0, 0.0, 1.0]);
        ie += pv * PERIOD_S;
        iae += pv.abs() * PERIOD_S;
    }
    (ie, iae)
}

fn close(value: f64, expected: f64, what: &str) {
    assert!((value / expected - 1.0).abs() < 0.01, "{what}: {value}, expected {expected}");
}

#[test]
fn c51_simc_pi_under_dead_time() {
    let (kc, ti_s) = simc_pi(1.0, TAU_S, THETA_S, THETA_S);
    assert_eq!((kc, ti_s), (0.0625, 10.0));
    // The integral of the error is ti/kc.
    let (ie, iae) = output_step(&pi(kc, ti_s), None);
    close(ie, 160.0, "IE, s");
    close(iae, 173.5, "IAE, s");
}

#[test]
fn c52_smith_predictor_under_dead_time() {
    let lambda_s = 20.0;
    let smith = Smith { gain: 1.0, time_constant_s: TAU_S, dead_time_s: THETA_S };
    let (_, iae) = output_step(&pi(TAU_S / lambda_s, TAU_S), Some(&smith));
    close(iae, THETA_S + lambda_s, "IAE, s");
}

#[test]
fn a_perfect_model_shows_the_disturbance_alone_as_mismatch() {
    let mut smith = start(&Smith { gain: 2.0, time_constant_s: 3.0, dead_time_s: 1.05 });
    let mut dead = start(&TimeDelay { dead_time_s: 1.05 });
    let mut lag = start(&Ewma { time_constant_s: 3.0 });
    for t in 0..2000_u32 {
        let mv = f64::from(t / 40 % 5) - 2.0;
        let disturbance = (f64::from(t) * 0.01).sin();
        let pv = dead.update(2.0 * lag.update(mv)) + disturbance;
        let [feedback, mismatch] = smith.update([mv, pv]);
        assert!((mismatch - disturbance).abs() < 1e-12);
        assert!((feedback - (2.0 * lag.last() + disturbance)).abs() < 1e-12);
    }
}
