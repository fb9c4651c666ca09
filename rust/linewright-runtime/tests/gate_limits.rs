//! A missing, absurd or inconsistent limit refuses start and is named (A2).
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use linewright_runtime::gate::Limits;
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "unit": "L/min", "lo": 3.0, "hi": 8.0, "max_rate_per_s": 0.2, "fallback": {"kind": "hold"},
        "lease_ticks": 90, "nudge_budget": 1.0, "nudge_window_ticks": 108_000, "resolution": 0.001,
        "read_back_tolerance": 0.01, "owner": "coater",
    })
}

fn refused(table: &Value) -> Vec<(String, String)> {
    let errors = Limits::check("coater.pump_flow", table, "L/min", 3, 30).unwrap_err();
    errors.into_iter().map(|e| (e.key, e.field)).collect()
}

#[test]
fn a_whole_table_is_taken() {
    let limits = Limits::check("coater.pump_flow", &good(), "L/min", 3, 30).unwrap();
    assert_eq!((limits.lo, limits.hi, limits.lease_ticks), (3.0, 8.0, 90));
}

#[test]
fn every_missing_field_is_named() {
    for field in good().as_object().unwrap().keys() {
        let mut table = good();
        table.as_object_mut().unwrap().remove(field);
        let errors = refused(&table);
        assert!(
            errors.contains(&("actuators.coater.pump_flow".into(), field.clone())),
            "{field}: {errors:?}"
        );
    }
}

#[test]
fn every_absurd_value_is_named() {
    for (field, value) in [
        ("unit", json!("mL/min")),
        ("lo", json!("nan")),
        ("lo", json!(null)),
        ("lo", json!(8.0)),
        ("hi", json!(1e300)),
        ("hi", json!("inf")),
        ("hi", json!(2.0)),
        ("max_rate_per_s", json!(0.0)),
        ("max_rate_per_s", json!(-1.0)),
        ("fallback", json!("hold")),
        ("fallback", json!({"kind": "ramp"})),
        ("fallback.value", json!({"kind": "ramp_to"})),
        ("fallback.value", json!({"kind": "ramp_to", "value": 9.0})),
        ("fallback.value", json!({"kind": "ramp_to", "value": "nan"})),
        ("fallback.value", json!({"kind": "hold", "value": 5.0})),
        ("lease_ticks", json!(0)),
        ("lease_ticks", json!(2.5)),
        ("lease_ticks", json!(10_000_000)),
        ("nudge_budget", json!(0.0)),
        ("nudge_budget", json!(-1.0)),
        ("nudge_budget", json!("inf")),
        ("nudge_budget", json!(0.0005)),
        ("nudge_budget", json!(5.1)),
        ("nudge_window_ticks", json!(0)),
        ("nudge_window_ticks", json!(29)),
        ("nudge_window_ticks", json!(108_000.5)),
        ("nudge_window_ticks", json!(86_400 * 30 + 1)),
        ("resolution", json!(-0.1)),
        ("resolution", json!(0.1)),
        ("read_back_tolerance", json!(-0.1)),
        ("owner", json!("")),
        ("speed", json!(1.0)),
    ] {
        let mut table = good();
        let key = field.split('.').next().unwrap();
        table[key] = value.clone();
        let errors = refused(&table);
        let named = |f: &str| f == field || (field == "lo" && f == "hi");
        assert!(errors.iter().any(|(_, f)| named(f)), "{field} = {value}: {errors:?}");
    }
}
