//! Modes without bumps, recovery from an inner limit, and why one cascades.

use super::*;
use crate::Running;
use crate::filter::{Ewma, EwmaKernel};

const PERIOD_S: f64 = 0.1;

fn usual() -> CascadePid {
    CascadePid {
        outer_kp: 2.0,
        outer_ti_s: 10.0,
        outer_td_s: 0.0,
        outer_setpoint_weight: 1.0,
        sp_lo: 0.0,
        sp_hi: 200.0,
        inner_kp: 1.5,
        inner_ti_s: 2.0,
        inner_td_s: 0.0,
        derivative_filter: 10.0,
        lo: 0.0,
        hi: 100.0,
    }
}

/// Jacket of 1 s, vessel of 10 s.
struct Plant {
    jacket: Running<EwmaKernel, [f64; 0]>,
    vessel: Running<EwmaKernel, [f64; 0]>,
}

impl Plant {
    fn new() -> Self {
        let lag =
            |time_constant_s| Running::new(Ewma { time_constant_s }.design(PERIOD_S).unwrap(), []);
        Self { jacket: lag(1.0), vessel: lag(10.0) }
    }

    fn step(&mut self, mv: f64, upset: f64) -> (f64, f64) {
        let jacket = self.jacket.update(mv + upset);
        (self.vessel.update(jacket), jacket)
    }
}

fn start(config: &CascadePid) -> Running<CascadePidKernel, [f64; 0]> {
    Running::new(config.design(PERIOD_S).unwrap(), [])
}

#[test]
fn no_change_of_mode_bumps() {
    let mut cascade = start(&usual());
    let mut plant = Plant::new();
    let (mut mv, mut worst) = (40.0, 0.0_f64);
    for t in 0..3000 {
        let mode = [0.0, 1.0, 2.0, 0.0, 2.0, 1.0][t / 500];
        let (pv, inner_pv) = plant.step(mv, 0.0);
        // Manual holds, the inner target is what stands, the outer set-point is far from pv.
        let [next, inner_sp] = cascade.update([pv, pv, inner_pv, inner_pv, mv, mode]);
        if mode == 0.0 {
            assert_eq!((next, inner_sp), (mv, inner_pv));
        }
        worst = worst.max((next - mv).abs());
        mv = next;
    }
    assert!(worst < 1e-9, "{worst}");
    // With errors in both loops the first automatic sample moves by one step of the integrals.
    let mut cascade = start(&usual());
    for _ in 0..10 {
        cascade.update([60.0, 50.0, 45.0, 45.0, 30.0, 0.0]);
    }
    let [mv, inner_sp] = cascade.update([60.0, 50.0, 45.0, 45.0, 0.0, 2.0]);
    assert!((mv - 30.0).abs() < 1e-9 && (inner_sp - 45.0).abs() < 1e-9, "{mv} {inner_sp}");
    assert_eq!(start(&usual()).update([60.0, 50.0, 45.0, 0.0, 37.5, 2.0])[0], 37.5);
}

#[test]
fn the_inner_loop_takes_its_own_target() {
    let mut cascade = start(&usual());
    let mut plant = Plant::new();
    let mut mv = 0.0;
    let mut inner = 0.0;
    for _ in 0..600 {
        let (pv, inner_pv) = plant.step(mv, 0.0);
        let [next, inner_sp] = cascade.update([99.0, pv, inner_pv, 33.0, mv, 1.0]);
        assert!(inner_sp == 33.0 || mv == 0.0);
        (mv, inner) = (next, inner_pv);
    }
    assert!((inner - 33.0).abs() < 1e-3, "{inner}");
}

#[test]
fn an_inner_limit_does_not_wind_the_outer_loop_up() {
    // Out of reach for five minutes, then not: how far below the new set-point does it fall?
    let mut cascade = start(&usual());
    let mut plant = Plant::new();
    let (mut mv, mut pvs, mut asked) = (0.0, vec![], vec![]);
    for t in 0..6000 {
        let sp = if t < 3000 { 130.0 } else { 70.0 };
        let (pv, inner_pv) = plant.step(mv, 0.0);
        let [next, inner_sp] = cascade.update([sp, pv, inner_pv, 0.0, mv, 2.0]);
        (mv, asked, pvs) = (next, [asked, vec![inner_sp]].concat(), [pvs, vec![pv]].concat());
    }
    assert!(pvs[2999] > 99.9, "{}", pvs[2999]);
    // Drawn to what the inner loop reaches, plus what the outer integral asks in its tracking time.
    assert!(asked[2999] < 100.0 + 2.0 * 30.0 + 1.0, "{}", asked[2999]);
    let left = (3000..6000).find(|t| pvs[*t] < 99.5).unwrap();
    assert!(left < 3000 + 30, "{left}");
    let lowest = pvs[3000..].iter().fold(f64::INFINITY, |a, b| a.min(*b));
    assert!(lowest > 70.0 - 0.2 * 60.0, "{lowest}");
    assert!((pvs[5999] - 70.0).abs() < 1e-3, "{}", pvs[5999]);
}

#[test]
fn an_upset_of_the_inner_loop_hardly_reaches_the_outer_one() {
    let upset = |t: usize| if t > 2000 { 15.0 } else { 0.0 };
    let worst = |mut act: Box<dyn FnMut(f64, f64, f64) -> f64>| {
        let mut plant = Plant::new();
        let (mut mv, mut worst) = (50.0, 0.0_f64);
        for t in 0..4000 {
            let (pv, inner_pv) = plant.step(mv, upset(t));
            mv = act(pv, inner_pv, mv);
            worst = if t > 2000 { worst.max((pv - 50.0).abs()) } else { 0.0 };
        }
        worst
    };
    let mut cascade = start(&usual());
    let with =
        worst(Box::new(move |pv, inner, mv| cascade.update([50.0, pv, inner, 0.0, mv, 2.0])[0]));
    let single = Pid {
        kp: 4.0,
        ti_s: 8.0,
        td_s: 0.0,
        derivative_filter: 10.0,
        setpoint_weight: 1.0,
        integral: true,
        lo: 0.0,
        hi: 100.0,
        tracking_time_s: 8.0,
        derivative_setpoint_weight: 0.0,
        anti_windup: AntiWindup::BackCalculation,
    };
    let mut single = Running::new(single.design(PERIOD_S).unwrap(), []);
    let alone = worst(Box::new(move |pv, _, mv| single.update([50.0, pv, 0.0, mv, 1.0])));
    assert!(with < 0.6 * alone && alone > 1.0, "{with} {alone}");
}
