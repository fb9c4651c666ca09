//! What an operator would notice: bumps, windup, sign.

use super::*;
use crate::Running;

const PERIOD_S: f64 = 0.1;

fn usual() -> Pid {
    Pid {
        kp: 2.0,
        ti_s: 5.0,
        td_s: 0.0,
        derivative_filter: 10.0,
        setpoint_weight: 1.0,
        integral: true,
        lo: 0.0,
        hi: 100.0,
        tracking_time_s: 2.0,
        derivative_setpoint_weight: 0.0,
        anti_windup: AntiWindup::BackCalculation,
    }
}

fn start(config: &Pid) -> Running<PidKernel, [f64; 0]> {
    Running::new(config.design(PERIOD_S).unwrap(), [])
}

#[test]
fn a_ti_of_zero_is_refused() {
    let refused = Pid { ti_s: 0.0, ..usual() }.design(PERIOD_S).unwrap_err();
    assert_eq!(refused.parameter, "ti_s");
}

#[test]
fn the_law_is_proportional_plus_integral_plus_filtered_derivative() {
    let config = Pid { td_s: 1.0, setpoint_weight: 0.5, ..usual() };
    let mut running = start(&config);
    running.update([10.0, 10.0, 0.0, 50.0, 1.0]);
    // One step of pv by +1: P falls by kp, D by kp*td/(tf + T), I starts one sample later.
    let mv = running.update([10.0, 11.0, 0.0, 0.0, 1.0]);
    let d = 2.0 * 1.0 / (0.1 + PERIOD_S);
    assert!((mv - (50.0 - 2.0 - d)).abs() < 1e-12, "{mv}");
    // D has lost half, I has gained kp*T/ti*(sp - pv).
    let mv = running.update([10.0, 11.0, 0.0, 0.0, 1.0]);
    assert!((mv - (50.0 - 2.0 - d / 2.0 - 0.04)).abs() < 1e-12, "{mv}");
    // The set-point acts with its weight, the feed-forward in full.
    let before = running.update([10.0, 11.0, 0.0, 0.0, 1.0]);
    let after = running.update([12.0, 11.0, 5.0, 0.0, 1.0]);
    assert!((after - before - (2.0 * 0.5 * 2.0 + 5.0 + d / 8.0 - 0.04)).abs() < 1e-12);
}

#[test]
fn manual_follows_track_and_the_way_back_has_no_bump() {
    let mut running = start(&usual());
    for t in 0..50 {
        let track = 20.0 + f64::from(t);
        assert_eq!(running.update([40.0, 33.0, 4.0, track, 0.0]), track);
    }
    let mv = running.update([40.0, 33.0, 4.0, 0.0, 1.0]);
    assert!((mv - 69.0).abs() < 1e-12, "{mv}");
    assert_eq!(running.update([40.0, 33.0, 4.0, 500.0, 0.0]), 100.0);
}

#[test]
fn the_first_sample_takes_over_what_was_last_written() {
    assert_eq!(start(&usual()).update([40.0, 10.0, 7.0, 37.5, 1.0]), 37.5);
}

#[test]
fn retuning_makes_no_bump() {
    let old = Pid { td_s: 1.0, setpoint_weight: 0.3, ..usual() };
    let news = [
        Pid { kp: 9.0, ..old.clone() },
        Pid { setpoint_weight: 1.0, ti_s: 50.0, ..old.clone() },
        Pid { td_s: 0.0, kp: 0.5, ..old.clone() },
    ];
    for new in news {
        let mut running = start(&old);
        for t in 0..30 {
            running.update([40.0, 38.0 + 0.01 * f64::from(t), 0.0, 50.0, 1.0]);
        }
        let input = [40.0, 38.29, 0.0, 50.0, 1.0];
        let (mut kept, before) = (running.clone(), running.last());
        let undisturbed = kept.update(input) - before;
        assert!(running.retune(new.design(PERIOD_S).unwrap()));
        let moved = running.update(input) - before;
        // Only what the law itself moves in one sample: a gain of 9 on a change of nothing.
        assert!((moved - undisturbed).abs() < 0.1, "{new:?}: {moved} {undisturbed}");
    }
}

#[test]
fn leaves_a_limit_as_soon_as_the_error_turns() {
    let mut running = start(&usual());
    for _ in 0..3000 {
        running.update([90.0, 20.0, 30.0, 50.0, 1.0]);
    }
    assert_eq!(running.last(), 100.0);
    // An unbounded integral would hold 100 for minutes; tracking lets go within a second.
    let back = (0..100).position(|_| running.update([90.0, 95.0, 30.0, 50.0, 1.0]) < 100.0);
    assert!(back.is_some_and(|samples| samples < 10), "{back:?}");
}

#[test]
fn a_retained_bias_fades_without_integral() {
    let mut running = start(&Pid { integral: false, ..usual() });
    assert_eq!(running.update([40.0, 30.0, 5.0, 60.0, 1.0]), 60.0);
    let settled = (0..1000).map(|_| running.update([40.0, 30.0, 5.0, 60.0, 1.0])).last();
    assert!((settled.unwrap() - 25.0).abs() < 1e-9);
}

#[test]
fn every_anti_windup_leaves_a_limit_and_comes_back_without_a_long_overshoot() {
    use crate::filter::Ewma;
    // A lag of 5 s under a set-point it cannot reach for 60 s, then one it can.
    // An integral that ran free for a minute would hold `mv` at its end for another. Conditional
    // integration comes off the clamp with the integral it went in with: the deepest of the three.
    for (anti_windup, least) in [
        (AntiWindup::BackCalculation, 52.0),
        (AntiWindup::Clamping, 45.0),
        (AntiWindup::External, 52.0),
    ] {
        let mut running = start(&Pid { anti_windup, ..usual() });
        let mut lag = Running::new(Ewma { time_constant_s: 5.0 }.design(PERIOD_S).unwrap(), []);
        let (mut mv, mut pvs) = (0.0, vec![]);
        for t in 0..1800 {
            let sp = if t < 600 { 150.0 } else { 60.0 };
            let pv = lag.update(mv);
            mv = running.update([sp, pv, 0.0, mv, 1.0]);
            pvs.push(pv);
        }
        let left = pvs.windows(2).position(|w| w[1] < w[0] - 0.1).unwrap();
        assert!((600..606).contains(&left), "{anti_windup:?} leaves the limit at {left}");
        let lowest = pvs[600..].iter().fold(f64::INFINITY, |a, b| a.min(*b));
        assert!(lowest > least, "{anti_windup:?} undershoots to {lowest}");
        assert!((pvs[1799] - 60.0).abs() < 1e-6, "{anti_windup:?}");
    }
}

#[test]
fn clamping_integrates_freely_inside_and_never_outwards() {
    let clamping = Pid { anti_windup: AntiWindup::Clamping, ..usual() };
    let mut running = start(&clamping);
    running.update([50.0, 40.0, 0.0, 99.0, 1.0]);
    // 99.0, 99.4, 99.8, then the integral stops at the first value beyond the clamp.
    let mvs: Vec<f64> = (0..50).map(|_| running.update([50.0, 40.0, 0.0, 0.0, 1.0])).collect();
    assert!((mvs[1] - 99.4).abs() < 1e-9 && mvs[5] == 100.0);
    // The error turns: P moves by 2*11, I has at most one step to give back.
    let mv = running.update([50.0, 51.0, 0.0, 0.0, 1.0]);
    assert!(mv < 100.0 - 22.0 + 0.5, "{mv}");
}

#[test]
fn an_override_takes_over_without_delay_or_bump_when_those_outside_track() {
    use crate::limiter::{Override, Select};
    let external = Pid { anti_windup: AntiWindup::External, tracking_time_s: PERIOD_S, ..usual() };
    let (mut flow, mut pressure) = (start(&external), start(&Pid { kp: 5.0, ..external }));
    let mut least = Running::new(Override { select: Select::Min }.design(PERIOD_S).unwrap(), []);
    let (mut mv, mut lag) = (20.0, 20.0);
    let (mut charge, mut highest) = (vec![], 0.0_f64);
    for t in 0..3000 {
        lag += 0.02 * (mv - lag);
        // Pressure rises with mv and, from sample 1000 on, with something from outside.
        let outside = if (1000..2000).contains(&t) { 30.0 } else { 0.0 };
        let limit = 70.0;
        let a = flow.update([60.0, lag, 0.0, mv, 1.0]);
        let b = pressure.update([limit, lag + outside, 0.0, mv, 1.0]);
        let before = mv;
        let [next, selected] = least.update([a, b, a]);
        mv = next;
        charge.push(selected);
        // Nothing moves faster than the gains on what the plant did (and the step from outside).
        if t > 1 && t != 1000 && t != 2000 {
            assert!((mv - before).abs() < 12.0, "{t}: {before} {mv}");
        }
        highest = if t > 1300 { highest.max(lag + outside) } else { 0.0 };
    }
    assert!(charge[800..1000].iter().all(|s| *s == 0.0));
    assert!(charge[1003..1990].iter().filter(|s| **s == 1.0).count() > 900);
    assert!((charge[2010..].iter().sum::<f64>()) < 1.0);
    assert!(highest < 70.5, "{highest}");
    assert!((lag - 60.0).abs() < 1e-6);
}

#[test]
fn the_incremental_form_moves_from_what_was_done() {
    let config = Pid { anti_windup: AntiWindup::External, tracking_time_s: PERIOD_S, ..usual() };
    let mut running = start(&config);
    running.update([10.0, 9.0, 0.0, 50.0, 1.0]);
    // The actuator went elsewhere: the next move starts there. I gains 2*0.1/5*1 a sample.
    let first = running.update([10.0, 9.0, 0.0, 43.0, 1.0]);
    assert!((first - 43.04).abs() < 1e-9 || (first - 43.0).abs() < 1e-9, "{first}");
    let second = running.update([10.0, 8.5, 0.0, 30.0, 1.0]);
    assert!((second - (30.0 + 2.0 * 0.5 + 0.04)).abs() < 1e-9, "{second}");
}

#[test]
fn the_derivative_sees_the_set_point_by_its_weight() {
    let config = Pid { td_s: 1.0, setpoint_weight: 0.0, ..usual() };
    let mut without = start(&config);
    let mut half = start(&Pid { derivative_setpoint_weight: 0.5, ..config });
    for running in [&mut without, &mut half] {
        running.update([10.0, 10.0, 0.0, 50.0, 1.0]);
    }
    // A step of the set-point by 4: D gives half of kp*td/(tf + T) times 4, and fades by half.
    let d = 2.0 * 1.0 / (0.1 + PERIOD_S) * 0.5 * 4.0;
    for part in [1.0, 0.5, 0.25] {
        let input = [14.0, 10.0, 0.0, 0.0, 1.0];
        let off = half.update(input) - without.update(input);
        assert!((off - d * part).abs() < 1e-9, "{off}");
    }
}

#[test]
fn the_default_config_is_the_old_one() {
    let old = r#"{"kp": 2.0, "ti_s": 5.0, "td_s": 0.0, "derivative_filter": 10.0, "setpoint_weight": 1.0,
        "integral": true, "lo": 0.0, "hi": 100.0, "tracking_time_s": 2.0}"#;
    let config: Pid = serde_json::from_str(old).unwrap();
    assert_eq!(config.anti_windup, AntiWindup::BackCalculation);
    assert_eq!(config.derivative_setpoint_weight, 0.0);
}
