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
