//! What each operation does to values and qualities.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod exec_support;

use exec_support::{Rig, input, one_loop};
use linewright_runtime::exec::{MailboxSlot, Profile, Quality, Reading, Written};
use serde_json::json;

const GOOD: Quality = Quality::Good;
const BAD: Quality = Quality::Bad;

fn two_inputs(op: &str) -> Rig {
    Rig::new(&one_loop(json!([
        input("a", "x.a", "1"),
        input("b", "x.b", "1"),
        {"op": op, "a": "a", "b": "b", "out": ["y"]},
    ])))
}

#[test]
fn arithmetic_compares_and_logic() {
    for (op, a, b, y) in [
        ("add", 3.0, 2.0, 5.0),
        ("sub", 3.0, 2.0, 1.0),
        ("mul", 3.0, 2.0, 6.0),
        ("div", 3.0, 2.0, 1.5),
        ("min", 3.0, 2.0, 2.0),
        ("max", 3.0, 2.0, 3.0),
        ("gt", 3.0, 2.0, 1.0),
        ("gt", 2.0, 2.0, 0.0),
        ("lt", 2.0, 3.0, 1.0),
        ("ge", 2.0, 2.0, 1.0),
        ("le", 3.0, 2.0, 0.0),
        ("and", 1.0, 0.0, 0.0),
        ("and", 1.0, 0.5, 1.0),
        ("or", 0.49, 1.0, 1.0),
        ("or", 0.0, 0.0, 0.0),
        ("or", -1.0, 0.0, 1.0),
    ] {
        let mut rig = two_inputs(op);
        rig.run(0, &[a, b]);
        assert_eq!(rig.slot("y"), (y, GOOD), "{op} {a} {b}");
    }
}

#[test]
fn one_edge_operations_and_constants() {
    let mut rig = Rig::new(&one_loop(json!([
        input("x", "x.a", "m"),
        input("on", "x.on", "1"),
        {"op": "neg", "a": "x", "out": ["neg"]},
        {"op": "abs", "a": "neg", "out": ["abs"]},
        {"op": "not", "a": "on", "out": ["not"]},
        {"op": "convert", "x": "x", "unit": "um", "out": ["um"]},
        {"op": "const", "value": 7.5, "unit": "m", "out": ["c"]},
    ])));
    rig.run(0, &[2.0, 1.0]);
    assert_eq!(rig.slot("neg"), (-2.0, GOOD));
    assert_eq!(rig.slot("abs"), (2.0, GOOD));
    assert_eq!(rig.slot("not"), (0.0, GOOD));
    assert_eq!(rig.slot("um"), (2e6, GOOD));
    assert_eq!(rig.slot("c"), (7.5, GOOD));
}

#[test]
fn the_worst_quality_wins_and_a_value_that_is_none_is_bad() {
    for op in ["add", "mul", "max", "gt", "and"] {
        let mut rig = two_inputs(op);
        rig.run(0, &[1.0, 1.0]);
        rig.inputs[0].quality = Quality::Uncertain;
        rig.run_as_is(1);
        assert_eq!(rig.slot("y").1, Quality::Uncertain, "{op}");
        rig.inputs[1].quality = BAD;
        rig.run_as_is(2);
        assert_eq!(rig.slot("y").1, BAD, "{op}");
        rig.run(3, &[1.0, f64::INFINITY]);
        assert_eq!(rig.slot("y").1, BAD, "{op}");
        assert!(rig.slot("b").0.is_nan());
    }
    let mut rig = two_inputs("div");
    rig.run(0, &[1.0, 0.0]);
    let (value, quality) = rig.slot("y");
    assert!(value.is_nan() && quality == BAD, "a division by zero is no value");
}

#[test]
fn an_input_goes_bad_with_age() {
    let mut rig = Rig::new(&one_loop(json!([
        {"op": "input", "channel": "x.a", "unit": "m", "max_age_s": 0.3, "out": ["x"]},
    ])));
    rig.run(5, &[1.0]);
    rig.run_as_is(8);
    assert_eq!(rig.slot("x"), (1.0, GOOD), "0.3 s are three ticks at 10 Hz");
    rig.run_as_is(9);
    assert_eq!(rig.slot("x"), (1.0, BAD));
    rig.inputs[0] = Reading { value: 2.0, quality: GOOD, tick: 12 };
    rig.run_as_is(10);
    assert_eq!(rig.slot("x"), (2.0, GOOD), "a driver ahead of the tick is not old");
}

#[test]
fn select_takes_the_quality_of_the_branch_it_takes() {
    let mut rig = Rig::new(&one_loop(json!([
        input("on", "x.on", "1"),
        input("a", "x.a", "m"),
        input("b", "x.b", "m"),
        {"op": "select", "condition": "on", "a": "a", "b": "b", "out": ["y"]},
    ])));
    rig.run(0, &[1.0, 10.0, 20.0]);
    assert_eq!(rig.slot("y"), (10.0, GOOD));
    rig.run(1, &[0.0, 10.0, 20.0]);
    assert_eq!(rig.slot("y"), (20.0, GOOD));
    rig.run(2, &[0.0, f64::NAN, 20.0]);
    assert_eq!(rig.slot("y"), (20.0, GOOD));
    rig.run(3, &[f64::NAN, 10.0, 20.0]);
    assert_eq!(rig.slot("y").1, BAD);
}

#[test]
fn quality_operations() {
    let mut rig = Rig::new(&one_loop(json!([
        input("x", "x.a", "m"),
        input("spike", "x.spike", "1"),
        {"op": "bad_when", "x": "x", "condition": "spike", "out": ["clean"]},
        {"op": "is_good", "x": "clean", "out": ["good"]},
        {"op": "const", "value": -1.0, "out": ["c"]},
        {"op": "or_else", "x": "clean", "fallback": "c", "out": ["safe"]},
    ])));
    rig.run(0, &[3.0, 0.0]);
    assert_eq!(rig.slot("clean"), (3.0, GOOD));
    assert_eq!(rig.slot("good"), (1.0, GOOD));
    assert_eq!(rig.slot("safe"), (3.0, GOOD));
    for spike in [1.0, f64::NAN] {
        rig.run(1, &[3.0, spike]);
        assert_eq!(rig.slot("clean"), (3.0, BAD));
        assert_eq!(rig.slot("good"), (0.0, GOOD));
        assert_eq!(rig.slot("safe"), (-1.0, GOOD));
    }
}

#[test]
fn a_kernel_holds_on_bad_and_says_so() {
    let mut rig = Rig::new(&one_loop(json!([
        input("x", "x.a", "m"),
        {"op": "kernel", "kernel": "Ewma", "config": {"time_constant_s": 1.0}, "inputs": ["x"], "out": ["y"]},
    ])));
    rig.run(0, &[f64::NAN]);
    assert_eq!(rig.slot("y").1, BAD);
    rig.run(1, &[4.0]);
    assert_eq!(rig.slot("y"), (4.0, GOOD));
    rig.run(2, &[8.0]);
    let (moved, _) = rig.slot("y");
    let expected = 4.0 + (1.0 - (-0.1_f64).exp()) * 4.0;
    assert!((moved - expected).abs() < 1e-12, "{moved} {expected}");
    rig.inputs[0].quality = BAD;
    rig.inputs[0].value = 1e6;
    for tick in 3..50 {
        rig.run_as_is(tick);
        assert_eq!(rig.slot("y"), (moved, BAD));
    }
    rig.run(50, &[moved]);
    assert_eq!(rig.slot("y"), (moved, GOOD), "what was Bad left no trace");
}

#[test]
fn a_mailbox_is_fresh_then_falls_back_as_declared_and_stays_in_bounds() {
    let mailbox = |fallback: &str| {
        Rig::new(&one_loop(json!([
            {"op": "mailbox", "name": "t.sp", "unit": "m", "default": 1.0, "lo": 0.0, "hi": 5.0, "ttl_s": 1.0,
             "fallback": fallback, "out": ["sp", "fresh"]},
        ])))
    };
    for (fallback, after) in [("hold", 3.0), ("default", 1.0)] {
        let mut rig = mailbox(fallback);
        assert_eq!(rig.plan.mailboxes()[0].ttl_ticks, 10);
        rig.run_as_is(0);
        assert_eq!((rig.slot("sp"), rig.slot("fresh")), ((1.0, GOOD), (0.0, GOOD)));
        rig.mailboxes[0] = MailboxSlot { value: 3.0, not_after_tick: 11, set: true };
        rig.run_as_is(11);
        assert_eq!((rig.slot("sp"), rig.slot("fresh")), ((3.0, GOOD), (1.0, GOOD)));
        rig.run_as_is(12);
        assert_eq!((rig.slot("sp"), rig.slot("fresh")), ((after, GOOD), (0.0, GOOD)));
        rig.mailboxes[0] = MailboxSlot { value: 9.0, not_after_tick: 20, set: true };
        rig.run_as_is(13);
        assert_eq!(rig.slot("sp"), (5.0, GOOD));
    }
}

#[test]
fn a_profile_gives_a_value_where_it_has_one() {
    let mut rig = Rig::new(&one_loop(json!([
        input("at", "x.position", "m"),
        {"op": "profile", "name": "t.map", "unit": "g/m2", "position": "at", "out": ["v", "valid"]},
    ])));
    rig.run(0, &[11.0]);
    assert_eq!((rig.slot("v").1, rig.slot("valid")), (BAD, (0.0, GOOD)));
    rig.profiles[0] =
        Profile { origin_m: 10.0, step_m: 2.0, values: vec![1.0, 3.0], ..Profile::default() };
    rig.run(1, &[11.0]);
    assert_eq!((rig.slot("v"), rig.slot("valid")), ((2.0, GOOD), (1.0, GOOD)));
    rig.run(2, &[12.5]);
    assert_eq!((rig.slot("v").1, rig.slot("valid")), (BAD, (0.0, GOOD)));
    rig.run(3, &[f64::NAN]);
    assert_eq!((rig.slot("v").1, rig.slot("valid")), (BAD, (0.0, GOOD)));
}

#[test]
fn what_was_written_comes_back_and_an_output_carries_its_quality() {
    let mut rig = Rig::new(&one_loop(json!([
        {"op": "written", "actuator": "x.pump", "unit": "L/min", "out": ["w", "in"]},
        input("x", "x.a", "L/min"),
        {"op": "output", "actuator": "x.pump", "value": "x", "out": []},
    ])));
    assert_eq!(rig.plan.actuators()[0].unit, "L/min");
    rig.run(0, &[2.0]);
    assert_eq!((rig.slot("w").1, rig.slot("in")), (BAD, (0.0, GOOD)));
    rig.written[0] = Written { value: 2.0, in_control: true };
    rig.run(1, &[f64::NAN]);
    assert_eq!((rig.slot("w"), rig.slot("in")), ((2.0, GOOD), (1.0, GOOD)));
    assert_eq!(rig.log.outputs[0], (0, 2.0, GOOD));
    assert_eq!(rig.log.outputs[1].2, BAD);
}

fn event(refractory_s: f64) -> Rig {
    Rig::new(&one_loop(json!([
        input("when", "x.when", "1"),
        input("x", "x.a", "m"),
        {"op": "event", "name": "t.shift", "when": "when", "evidence": {"z": "when", "a": "x"}, "rule": "r/1",
         "decision": "d", "priority": "alarm", "refractory_s": refractory_s, "out": []},
    ])))
}

#[test]
fn an_event_fires_once_per_rise_with_its_evidence() {
    let mut rig = event(0.0);
    for (tick, when) in [0.0, 1.0, 1.0, 0.4, -0.6, -0.6, 0.0].into_iter().enumerate() {
        rig.run(tick as u64, &[when, 10.0 + tick as f64]);
    }
    let labels: Vec<_> = rig.plan.events()[0].evidence.iter().map(|e| e.label.as_str()).collect();
    assert_eq!(labels, ["a", "z"]);
    assert_eq!(rig.log.events, [(1, 0, vec![11.0, 1.0]), (4, 0, vec![14.0, -0.6])]);
}

#[test]
fn bad_never_fires_and_never_rearms() {
    let mut rig = event(0.0);
    rig.inputs[0] = Reading { value: 1.0, quality: BAD, tick: 0 };
    rig.run_as_is(0);
    rig.run(1, &[f64::NAN, 0.0]);
    rig.run(2, &[f64::INFINITY, 0.0]);
    assert!(rig.log.events.is_empty());
    rig.run(3, &[1.0, 0.0]);
    rig.run(4, &[f64::NAN, 0.0]);
    rig.run(5, &[1.0, 0.0]);
    assert_eq!(rig.log.events.len(), 1, "a gap in the data is not a second event");
}

#[test]
fn a_refractory_time_delays_what_is_still_on_and_forgets_what_is_not() {
    let mut rig = event(0.5);
    for tick in 0..20 {
        let on = [0, 2, 7, 8, 9, 10, 11, 12, 13].contains(&tick);
        rig.run(tick, &[if on { 1.0 } else { 0.0 }, 0.0]);
    }
    let ticks: Vec<_> = rig.log.events.iter().map(|e| e.0).collect();
    assert_eq!(ticks, [0, 7]);
    let mut rig = event(0.5);
    for tick in 0..10 {
        rig.run(tick, &[if tick == 1 { 0.0 } else { 1.0 }, 0.0]);
    }
    let ticks: Vec<_> = rig.log.events.iter().map(|e| e.0).collect();
    assert_eq!(ticks, [0, 5], "came on again at 2, told at 5");
}

#[test]
fn a_tap_gives_its_value_at_its_own_pace() {
    let mut rig = Rig::new(&one_loop(json!([
        input("x", "x.a", "m"),
        {"op": "tap", "topic": "t.x", "value": "x", "every_s": 0.5, "out": []},
    ])));
    for tick in 3..20 {
        rig.run(tick, &[tick as f64]);
    }
    let ticks: Vec<_> = rig.log.taps.iter().map(|t| (t.0, t.2)).collect();
    assert_eq!(ticks, [(3, 3.0), (5, 5.0), (10, 10.0), (15, 15.0)]);
}

fn points(positions: &[f64]) -> Vec<f64> {
    let mut rig = Rig::new(&one_loop(json!([
        input("at", "x.position", "m"),
        {"op": "web_map", "name": "t.map", "position": "at", "value": "at", "step_m": 0.5, "out": []},
    ])));
    for (tick, position) in positions.iter().enumerate() {
        rig.run(tick as u64, &[*position]);
    }
    rig.log.points.iter().map(|p| p.1).collect()
}

#[test]
fn a_web_map_gives_one_point_per_multiple_passed() {
    assert_eq!(points(&[0.1, 0.3, 0.51, 0.9, 1.0, 1.0, 1.2]), [0.5, 1.0]);
    assert_eq!(points(&[0.4, 0.5]), [0.5], "reaching a multiple is passing it");
    assert!(points(&[0.1, 0.1, 0.1]).is_empty(), "standing still gives nothing");
    assert_eq!(points(&[0.1, 7.3]), [7.0], "a jump gives its last multiple");
    assert_eq!(points(&[2.2, 1.9, 1.6, 1.4]), [2.0, 1.5], "a roll that runs backwards");
    assert_eq!(points(&[0.9, 1.01, 0.99, 1.01, 0.99, 1.6]), [1.0, 1.5], "trembling counts once");
    assert_eq!(points(&[0.4, f64::NAN, 0.6, f64::INFINITY, 1.1]), [0.5, 1.0]);
    assert_eq!(points(&[0.4, 1e300, 0.6]), [0.5], "not a position");
}

#[test]
fn a_web_map_point_tells_a_bad_value() {
    let mut rig = Rig::new(&one_loop(json!([
        input("at", "x.position", "m"),
        input("x", "x.a", "g/m2"),
        {"op": "web_map", "name": "t.map", "position": "at", "value": "x", "step_m": 1.0, "out": []},
    ])));
    rig.run(0, &[0.5, 7.0]);
    rig.run(1, &[1.5, 8.0]);
    rig.run(2, &[2.5, f64::NAN]);
    assert_eq!(rig.log.points[0], (0, 1.0, 8.0, GOOD));
    assert_eq!((rig.log.points[1].1, rig.log.points[1].3), (2.0, BAD));
}
