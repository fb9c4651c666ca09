//! The small line of the core's tests at its base rate, with more in it: a second loop that filters the flow, and a
//! detector of what is left.

#[path = "../../linewright-runtime/tests/core_support/line.rs"]
mod small;

use serde_json::{Value, json};
pub use small::plant;

/// Keys of the two stations and the operator.
pub const KEYS: [u64; 3] = [small::COATER, small::CALENDER, small::OPERATOR];

pub fn plan() -> Value {
    let mut plan = small::plan();
    list(&mut plan["params"]).push(json!(
        {"name": "coater.tau", "station": "coater", "unit": "s", "value": 1.0, "lo": 0.1, "hi": 10.0, "at": "t.py:2"}));
    plan["loops"][0]["rate_hz"] = json!(30);
    let ops = list(&mut plan["loops"][0]["ops"]);
    let event = ops.iter().position(|op| op["op"] == "event").unwrap();
    ops.splice(event..event, [
        json!({"op": "latest", "slot": "s.1", "out": ["slow"]}),
        json!({"op": "sub", "a": "flow", "b": "slow", "out": ["off"]}),
        json!({"op": "kernel", "kernel": "Cusum", "config": {"mean": 0.0, "sigma": 1.0, "k": 0.5, "h": 5.0, "restart": true},
               "inputs": ["off"], "out": ["alarm", "up", "down"]}),
    ]);
    list(&mut plan["loops"]).insert(0, json!({"name": "coater.slow", "station": "coater", "rate_hz": 10, "ops": [
        {"op": "input", "channel": "coater.mass_flow", "unit": "kg/min", "max_age_s": 1.0, "out": ["s.0"]},
        {"op": "kernel", "kernel": "Ewma", "config": {"time_constant_s": {"param": "coater.tau"}}, "inputs": ["s.0"], "out": ["s.1"]},
    ]}));
    plan
}

/// Simulated, closed loop permitted, armed at tick 0, no files.
pub fn config() -> Value {
    let mut config = small::config();
    config["plan"] = plan();
    list(&mut config["stations"]["coater"]["params"]).push(json!("coater.tau"));
    config
}

fn list(of: &mut Value) -> &mut Vec<Value> {
    of.as_array_mut().unwrap()
}
