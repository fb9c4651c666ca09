//! A small line: one loop moves a pump to a mailbox and watches a flow.

use linewright_runtime::driver::{Channel, Quality};
use linewright_runtime::drivers::ManualPlant;
use serde_json::{Value, json};

/// Keys of the two stations and of the operator.
pub const COATER: u64 = 11;
pub const CALENDER: u64 = 12;
pub const OPERATOR: u64 = 99;

pub fn plan() -> Value {
    json!({"version": 1, "base_hz": 30, "params": [
        {"name": "coater.limit", "station": "coater", "unit": "kg/min", "value": 9.0, "lo": 1.0, "hi": 20.0, "at": "t.py:1"},
    ], "loops": [{"name": "coater.flow", "station": "coater", "rate_hz": 10, "ops": [
        {"op": "input", "channel": "coater.mass_flow", "unit": "kg/min", "max_age_s": 1.0, "out": ["flow"]},
        {"op": "input", "channel": "coater.web_position", "unit": "m", "max_age_s": 1.0, "out": ["at"]},
        {"op": "mailbox", "name": "coater.pump", "unit": "L/min", "default": 5.0, "lo": 3.5, "hi": 7.5,
         "ttl_s": 5.0, "fallback": "hold", "out": ["pump", "fresh"]},
        {"op": "param", "name": "coater.limit", "out": ["limit"]},
        {"op": "written", "actuator": "coater.pump_flow", "unit": "L/min", "out": ["was", "in_control"]},
        {"op": "profile", "name": "coater.map", "unit": "L/min", "position": "at", "lookup": "linear", "out": ["map", "known"]},
        {"op": "gt", "a": "flow", "b": "limit", "out": ["high"]},
        {"op": "event", "name": "coater.flow_high", "when": "high", "evidence": {"flow": "flow", "limit": "limit"},
         "rule": "flow/1", "decision": "look at the pump", "priority": "alarm", "refractory_s": 1.0, "out": []},
        {"op": "tap", "topic": "coater.flow", "value": "flow", "every_s": 1.0, "out": []},
        {"op": "web_map", "name": "coater.flow_map", "position": "at", "value": "flow", "step_m": 10.0, "out": []},
        {"op": "output", "actuator": "coater.pump_flow", "value": "pump", "out": []},
    ]}]})
}

/// Simulated, closed loop permitted, armed at tick 0, no files.
pub fn config() -> Value {
    json!({
        "line": "test", "plan": plan(), "permit": "closed", "operator_key": OPERATOR, "seed": 7,
        "time": {"mode": "simulated", "base_hz": 30, "lockstep_ticks": 30, "until_tick": null},
        "actuators": {"coater.pump_flow": {
            "unit": "L/min", "lo": 3.0, "hi": 8.0, "max_rate_per_s": 0.5, "fallback": {"kind": "hold"},
            "lease_ticks": 90, "nudge_budget": 5.0, "nudge_window_ticks": 108_000, "resolution": 0.001,
            "read_back_tolerance": 0.01, "owner": "coater",
        }},
        "stations": {
            "coater": {"key": COATER, "mailboxes": ["coater.pump"], "profiles": ["coater.map"],
                       "params": ["coater.limit"], "actuators": ["coater.pump_flow"]},
            "calender": {"key": CALENDER},
        },
        "gate": {"arm_at_start": "test"},
    })
}

pub fn plant() -> ManualPlant {
    let channels =
        vec![Channel::new("coater.web_position", "m"), Channel::new("coater.mass_flow", "kg/min")];
    let plant = ManualPlant::new(channels, vec![Channel::new("coater.pump_flow", "L/min")], &[5.0]);
    plant.set(0, 0.0, Quality::Good);
    plant.set(1, 7.0, Quality::Good);
    plant
}
