//! Refused plans: each problem names loop, op, edge, unit, place and the way out.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

mod exec_support;

use exec_support::{input, one_loop};
use linewright_runtime::driver::Channel;
use linewright_runtime::plan::{Plan, Problem, check_plan};
use serde_json::{Value, json};

fn problems(plan: &Value) -> Vec<Problem> {
    check_plan(&plan.to_string())
}

/// The only problem of a plan.
fn problem(plan: &Value) -> Problem {
    let found = problems(plan);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap()
}

/// The only problem of a loop with these ops.
fn op_problem(ops: Value) -> Problem {
    problem(&one_loop(ops))
}

#[track_caller]
fn says(problem: &Problem, parts: &[&str]) {
    let line = problem.to_string();
    assert!(!line.contains('\n'), "{line}");
    for part in parts {
        assert!(line.contains(part), "no {part:?} in: {line}");
    }
}

#[test]
fn a_unit_mismatch_names_both_edges_both_units_the_line_and_the_fix() {
    let p = op_problem(json!([
        input("t.l.0", "x.a", "m"),
        input("t.l.1", "x.b", "um"),
        {"op": "add", "a": "t.l.0", "b": "t.l.1", "out": ["t.l.2"], "at": "plugin.py:31"},
        {"op": "tap", "topic": "t.y", "value": "t.l.2", "unit": "g/m2", "every_s": 1.0, "out": []},
    ]));
    assert_eq!((p.loop_name.as_str(), p.op.as_str(), p.edge.as_str()), ("t.l", "add", "t.l.1"));
    assert_eq!(p.at, "plugin.py:31");
    says(&p, &["plugin.py:31", "t.l.1", "\"m\" as t.l.0", "got \"um\"", ".to(\"m\")"]);
}

#[test]
fn what_measures_something_else_cannot_be_converted() {
    let p = op_problem(json!([
        input("t.l.0", "x.a", "g/m2"),
        {"op": "convert", "x": "t.l.0", "unit": "um", "out": ["t.l.1"], "at": "plugin.py:7"},
    ]));
    says(&p, &["plugin.py:7", "convert", "t.l.0", "\"um\"", "\"g/m2\"", "different things"]);
}

#[test]
fn an_unknown_op_kernel_or_unit_is_named() {
    let p = op_problem(json!([{"op": "integrate", "a": "x", "out": ["t.l.0"], "at": "p.py:1"}]));
    says(&p, &["p.py:1", "integrate", "unknown variant"]);
    let p = op_problem(json!([
        input("t.l.0", "x.a", "m"),
        {"op": "kernel", "kernel": "Magic", "config": {}, "inputs": ["t.l.0"], "out": [], "at": "p.py:2"},
    ]));
    says(&p, &["p.py:2", "Magic", "known are: Ewma"]);
    let p = op_problem(json!([
        {"op": "input", "channel": "x.a", "unit": "furlong", "max_age_s": 1.0, "out": ["t.l.0"], "at": "p.py:3"},
    ]));
    says(&p, &["p.py:3", "x.a", "furlong", "no symbol"]);
}

#[test]
fn a_kernel_says_what_its_config_lacks() {
    let ewma = |config: Value| {
        op_problem(json!([
            input("t.l.0", "x.a", "m"),
            {"op": "kernel", "kernel": "Ewma", "config": config, "inputs": ["t.l.0"], "out": ["t.l.1"], "at": "p.py:9"},
        ]))
    };
    says(&ewma(json!({"time_constant_s": -1.0})), &["p.py:9", "Ewma", "time_constant_s", "-1"]);
    says(&ewma(json!({"time_constant_s": 1.0, "tau": 2.0})), &["p.py:9", "unknown field `tau`"]);
    says(&ewma(json!({})), &["p.py:9", "missing field `time_constant_s`"]);
    says(&ewma(json!({"time_constant_s": {"param": "t.x"}})), &["p.py:9", "t.x", "declare it"]);
}

#[test]
fn kernel_ports_bind_units_by_letter() {
    let pid = json!({"kp": 1.0, "ti_s": 10.0, "td_s": 0.0, "derivative_filter": 10.0, "setpoint_weight": 1.0,
                     "integral": true, "lo": 0.0, "hi": 9.0, "tracking_time_s": 5.0});
    let with = |pv: &str, ff: Value, unit: Value, tap: &str| {
        problems(&one_loop(json!([
            input("sp", "x.sp", "g/m2"),
            input("pv", "x.pv", pv),
            ff,
            {"op": "const", "value": 1.0, "out": ["auto"]},
            {"op": "kernel", "kernel": "Pid", "config": pid, "inputs": ["sp", "pv", "ff", "ff", "auto"],
             "unit": unit, "out": ["mv"], "at": "p.py:5"},
            {"op": "tap", "topic": "t.mv", "value": "mv", "unit": tap, "every_s": 1.0, "out": [], "at": "p.py:6"},
        ])))
    };
    let free = json!({"op": "const", "value": 0.0, "out": ["ff"]});
    let bound = input("ff", "x.ff", "L/min");
    assert_eq!(with("g/m2", bound.clone(), Value::Null, "L/min"), []);
    assert_eq!(with("g/m2", free.clone(), json!("L/min"), "L/min"), []);
    assert_eq!(with("g/m2", free.clone(), json!({"b": "L/min"}), "L/min"), []);
    let found = with("um", bound.clone(), Value::Null, "L/min");
    says(&found[0], &["p.py:5", "pv", "\"g/m2\" on port pv", "\"um\""]);
    let found = with("g/m2", bound.clone(), Value::Null, "N/mm");
    says(&found[0], &["p.py:6", "mv", "\"N/mm\"", "\"L/min\""]);
    let found = with("g/m2", free, Value::Null, "L/min");
    says(&found[0], &["p.py:5", "Pid", "a unit for its outputs", "unit="]);
    let found = with("g/m2", bound, json!("L/min"), "L/min");
    says(&found[0], &["p.py:5", "leave `unit` out"]);
}

#[test]
fn a_kernel_needs_every_input() {
    let p = op_problem(json!([
        input("t.l.0", "x.a", "m"),
        {"op": "kernel", "kernel": "Latch", "config": {}, "inputs": ["t.l.0"], "out": ["t.l.1"], "at": "p.py:4"},
    ]));
    says(&p, &["p.py:4", "Latch", "2 inputs (trip, reset)", "got 1"]);
}

#[test]
fn a_bare_number_takes_the_unit_it_meets() {
    let plan = one_loop(json!([
        input("t.l.0", "x.a", "g/m2"),
        {"op": "const", "value": 100.0, "out": ["t.l.1"]},
        {"op": "sub", "a": "t.l.0", "b": "t.l.1", "out": ["t.l.2"]},
        {"op": "const", "value": 2.0, "out": ["t.l.3"]},
        {"op": "mul", "a": "t.l.3", "b": "t.l.2", "out": ["t.l.4"]},
        {"op": "div", "a": "t.l.3", "b": "t.l.2", "out": ["t.l.5"]},
        {"op": "gt", "a": "t.l.2", "b": "t.l.3", "out": ["t.l.6"]},
    ]));
    let plan = Plan::from_json(&plan.to_string()).unwrap();
    let units: Vec<_> = plan.loops()[0].slots.iter().map(|s| s.unit.as_str()).collect();
    assert_eq!(units, ["g/m2", "1", "g/m2", "1", "g/m2", "m2/g", "1"]);
}

#[test]
fn flags_and_positions_have_their_units() {
    let p = op_problem(json!([
        input("t.l.0", "x.a", "m"),
        {"op": "not", "a": "t.l.0", "out": ["t.l.1"], "at": "p.py:1"},
    ]));
    says(&p, &["p.py:1", "t.l.0", "\"1\"", "\"m\""]);
    let p = op_problem(json!([
        input("t.l.0", "x.a", "mm"),
        {"op": "profile", "name": "t.p", "unit": "um", "position": "t.l.0", "out": ["t.l.1", "t.l.2"], "at": "p.py:2"},
    ]));
    says(&p, &["p.py:2", "t.l.0", ".to(\"m\")"]);
}

#[test]
fn an_edge_must_exist_before_it_is_used() {
    let found = problems(&one_loop(json!([
        {"op": "neg", "a": "t.l.9", "out": ["t.l.0"], "at": "p.py:1"},
        {"op": "neg", "a": "t.l.2", "out": ["t.l.1"], "at": "p.py:2"},
        {"op": "const", "value": 1.0, "out": ["t.l.2"], "at": "p.py:3"},
    ])));
    assert_eq!(found.len(), 2, "{found:#?}");
    says(&found[0], &["p.py:1", "t.l.9", "no such edge"]);
    says(&found[1], &["p.py:2", "t.l.2", "before it exists", "p.py:3"]);
}

fn two_loops(read: Value) -> Value {
    json!({"version": 1, "base_hz": 30, "loops": [
        {"name": "t.slow", "station": "t", "rate_hz": 10, "ops": [input("t.slow.0", "x.a", "m")]},
        {"name": "t.fast", "station": "t", "rate_hz": 30, "ops": [read]},
    ]})
}

#[test]
fn another_loops_edge_is_read_with_latest_only() {
    let p = problem(&two_loops(
        json!({"op": "neg", "a": "t.slow.0", "out": ["t.fast.0"], "at": "p.py:8"}),
    ));
    says(&p, &["p.py:8", "t.fast", "t.slow.0", "30 Hz", "10 Hz", "L.latest(edge)"]);
    let ok = two_loops(json!({"op": "latest", "slot": "t.slow.0", "out": ["t.fast.0"]}));
    assert_eq!(problems(&ok), []);
    let p = op_problem(json!([
        input("t.l.0", "x.a", "m"),
        {"op": "latest", "slot": "t.l.0", "out": ["t.l.1"], "at": "p.py:9"},
    ]));
    says(&p, &["p.py:9", "t.l.0", "of this loop"]);
}

#[test]
fn rates_must_divide_the_base_rate_and_the_base_rate_must_be_sane() {
    let plan = |base: Value, rate: Value| json!({"version": 1, "base_hz": base, "loops": [{"name": "t.l", "station": "t", "rate_hz": rate, "ops": []}]});
    assert_eq!(problems(&plan(json!(30), json!(10))), []);
    says(
        &problem(&plan(json!(30), json!(7))),
        &["t.l", "rate_hz", "divides the base rate 30", "7"],
    );
    says(&problem(&plan(json!(30), json!(0.5))), &["rate_hz", "0.5"]);
    says(&problem(&plan(json!(20_001), json!(1))), &["base_hz", "20000", "20001"]);
    says(&problems(&plan(Value::Null, json!(1)))[0], &["base_hz"]);
}

#[test]
fn an_actuator_is_claimed_once() {
    let p = op_problem(json!([
        input("t.l.0", "x.a", "L/min"),
        {"op": "output", "actuator": "x.pump", "value": "t.l.0", "out": [], "at": "p.py:1"},
        {"op": "output", "actuator": "x.pump", "value": "t.l.0", "out": [], "at": "p.py:2"},
    ]));
    says(&p, &["p.py:2", "x.pump", "claimed already at p.py:1"]);
}

#[test]
fn one_name_has_one_unit() {
    let p = op_problem(json!([
        input("t.l.0", "x.a", "m"),
        {"op": "input", "channel": "x.a", "unit": "um", "max_age_s": 1.0, "out": ["t.l.1"], "at": "p.py:2"},
    ]));
    says(&p, &["p.py:2", "x.a", "\"m\"", "\"um\""]);
    let p = op_problem(json!([
        {"op": "written", "actuator": "x.pump", "unit": "L/min", "out": ["t.l.0", "t.l.1"], "at": "p.py:1"},
        input("t.l.2", "x.a", "kg/min"),
        {"op": "output", "actuator": "x.pump", "value": "t.l.2", "out": [], "at": "p.py:3"},
    ]));
    says(&p, &["p.py:3", "x.pump", "\"L/min\" as at p.py:1", "\"kg/min\""]);
}

#[test]
fn an_event_carries_at_most_eight_numbers() {
    let evidence = |n: usize| {
        let map: serde_json::Map<_, _> =
            (0..n).map(|i| (format!("e{i}"), json!("t.l.0"))).collect();
        problems(&one_loop(json!([
            input("t.l.0", "x.a", "1"),
            {"op": "event", "name": "t.e", "when": "t.l.0", "evidence": map, "rule": "r", "decision": "d",
             "priority": "log", "refractory_s": 0.0, "out": [], "at": "p.py:1"},
        ])))
    };
    assert_eq!(evidence(8), []);
    says(&evidence(9)[0], &["p.py:1", "t.e", "at most 8", "got 9"]);
}

#[test]
fn numbers_are_finite_and_within_their_bounds() {
    let p = op_problem(json!([{"op": "const", "value": null, "out": ["t.l.0"], "at": "p.py:1"}]));
    says(&p, &["p.py:1", "const", "invalid type: null"]);
    let nan = one_loop(json!([])).to_string();
    let nan = nan.replace("\"ops\":[]", "\"ops\":[{\"op\":\"const\",\"value\":NaN}]");
    assert!(nan.contains("NaN") && check_plan(&nan).len() == 1, "{nan}");
    let mailbox = |default: f64, ttl_s: f64| {
        problems(&one_loop(json!([
            {"op": "mailbox", "name": "t.sp", "unit": "m", "default": default, "lo": 0.0, "hi": 1.0,
             "ttl_s": ttl_s, "fallback": "hold", "out": ["t.l.0", "t.l.1"], "at": "p.py:2"},
        ])))
    };
    assert_eq!(mailbox(0.5, 1.0), []);
    says(&mailbox(2.0, 1.0)[0], &["p.py:2", "default", "0 to 1 m", "2"]);
    says(&mailbox(0.5, 0.0)[0], &["p.py:2", "ttl_s", "positive", "0"]);
    let param = |value: f64, lo: f64, hi: f64| {
        let mut plan = one_loop(json!([]));
        plan["params"] = json!([{"name": "t.p", "station": "t", "unit": "m", "value": value, "lo": lo, "hi": hi, "at": "p.py:3"}]);
        problems(&plan)
    };
    assert_eq!(param(0.5, 0.0, 1.0), []);
    says(&param(1.5, 0.0, 1.0)[0], &["p.py:3", "t.p", "0 to 1 m", "1.5"]);
    says(&param(0.5, 1.0, 0.0)[0], &["p.py:3", "t.p"]);
    let age = |max_age_s: f64| {
        problems(&one_loop(json!([
            {"op": "input", "channel": "x.a", "unit": "m", "max_age_s": max_age_s, "out": ["t.l.0"], "at": "p.py:4"},
        ])))
    };
    says(&age(-1.0)[0], &["p.py:4", "max_age_s"]);
}

#[test]
fn names_are_given_once() {
    let tap = json!({"op": "tap", "topic": "t.x", "value": "t.l.0", "every_s": 1.0, "out": [], "at": "p.py:2"});
    let p = op_problem(json!([input("t.l.0", "x.a", "m"), tap, tap]));
    says(&p, &["p.py:2", "t.x", "taken"]);
    let p = op_problem(json!([input("t.l.0", "x.a", "m"), input("t.l.0", "x.b", "m")]));
    says(&p, &["t.l.0", "two ops write the same slot"]);
}

#[test]
fn every_problem_is_told_and_one_mistake_is_told_once() {
    let found = problems(&one_loop(json!([
        input("t.l.0", "x.a", "m"),
        {"op": "input", "channel": "x.b", "unit": "wat", "max_age_s": 1.0, "out": ["t.l.1"], "at": "p.py:1"},
        {"op": "add", "a": "t.l.0", "b": "t.l.1", "out": ["t.l.2"], "at": "p.py:2"},
        {"op": "bogus", "out": ["t.l.3"], "at": "p.py:3"},
        {"op": "add", "a": "t.l.3", "b": "t.l.2", "out": ["t.l.4"], "at": "p.py:4"},
        {"op": "neg", "a": "t.l.77", "out": ["t.l.5"], "at": "p.py:5"},
        {"op": "output", "actuator": "x.p", "unit": "N/mm", "value": "t.l.0", "out": [], "at": "p.py:6"},
    ])));
    let places: Vec<_> = found.iter().map(|p| p.at.as_str()).collect();
    assert_eq!(places, ["p.py:1", "p.py:3", "p.py:5", "p.py:6"], "{found:#?}");
}

#[test]
fn nonsense_is_refused_without_a_panic() {
    for text in
        ["", "[]", "3", "{}", "{\"version\":1}", "{\"version\":2,\"base_hz\":1,\"loops\":[]}"]
    {
        assert!(!check_plan(text).is_empty(), "{text}");
    }
    for ops in
        [json!([3]), json!([{}]), json!([{"op": "add", "out": 7}]), json!([[]]), json!([null])]
    {
        assert!(!problems(&one_loop(ops.clone())).is_empty(), "{ops}");
    }
    let typo =
        json!([{"op": "input", "channel": "x.a", "unit": "m", "max_age": 1.0, "out": ["t.l.0"]}]);
    says(&op_problem(typo), &["max_age"]);
}

#[test]
fn the_hash_is_of_what_runs() {
    let hash = |plan: &Value| Plan::from_json(&plan.to_string()).unwrap().hash();
    let mut plan = one_loop(json!([input("t.l.0", "x.a", "m")]));
    let first = hash(&plan);
    plan["loops"][0]["ops"][0]["at"] = json!("elsewhere.py:99");
    assert_eq!(hash(&plan), first);
    plan["loops"][0]["ops"][0]["max_age_s"] = json!(2.0);
    assert_ne!(hash(&plan), first);
}

#[test]
fn a_driver_must_offer_what_the_plan_asks_for() {
    let plan = one_loop(json!([
        {"op": "input", "channel": "x.a", "unit": "g/m^2", "max_age_s": 1.0, "out": ["t.l.0"], "at": "p.py:1"},
        {"op": "input", "channel": "x.b", "unit": "m", "max_age_s": 1.0, "out": ["t.l.1"], "at": "p.py:2"},
        {"op": "output", "actuator": "x.pump", "value": "t.l.1", "out": [], "at": "p.py:3"},
    ]));
    let plan = Plan::from_json(&plan.to_string()).unwrap();
    let channels = [Channel::new("x.a", "g/m2"), Channel::new("x.b", "m")];
    let actuators = [Channel::new("x.pump", "m")];
    plan.check_driver(&channels, &actuators, &[]).unwrap();
    let wrong = [Channel::new("x.a", "g/m2"), Channel::new("x.b", "mm")];
    let error = plan.check_driver(&wrong, &[], &[]).unwrap_err();
    says(&error.0[0], &["p.py:2", "x.b", "\"mm\"", "\"m\""]);
    says(&error.0[1], &["p.py:3", "x.pump", "no such actuator"]);
}
