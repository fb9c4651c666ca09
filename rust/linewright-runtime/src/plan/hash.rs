//! The plan's hash: SHA-256 of its canonical text.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Integers a f64 holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// SHA-256 of the plan without its `at` notes: keys sorted, no white space, `10.0` and `10` alike.
pub(super) fn hash(plan: &Value) -> [u8; 32] {
    let mut plan = plan.clone();
    forget_places(plan.get_mut("params"));
    forget_places(plan.get_mut("front_ends"));
    for of in plan.get_mut("loops").and_then(Value::as_array_mut).into_iter().flatten() {
        forget_places(of.get_mut("ops"));
    }
    let mut text = String::new();
    write(&plan, &mut text);
    Sha256::digest(text.as_bytes()).into()
}

fn forget_places(list: Option<&mut Value>) {
    for entry in list.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(entry) = entry.as_object_mut() {
            entry.remove("at");
        }
    }
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            list(out, ['{', '}'], &entries, |(key, value), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(value, out);
            });
        }
        Value::Array(entries) => list(out, ['[', ']'], entries, write),
        Value::Number(number) => match number.as_f64() {
            Some(x) if number.is_f64() && x == x.trunc() && x.abs() < EXACT => {
                out.push_str(&(x as i64).to_string());
            }
            _ => out.push_str(&number.to_string()),
        },
        _ => out.push_str(&value.to_string()),
    }
}

fn list<T>(out: &mut String, ends: [char; 2], entries: &[T], each: impl Fn(&T, &mut String)) {
    out.push(ends[0]);
    for (i, entry) in entries.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        each(entry, out);
    }
    out.push(ends[1]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_key_order_and_number_spelling_do_not_count() {
        let a = json!({"version": 1, "loops": [{"name": "l", "ops": [{"op": "const", "value": 2.0, "at": "a.py:1"}]}]});
        let b = json!({"loops": [{"ops": [{"at": "b.py:9", "value": 2, "op": "const"}], "name": "l"}], "version": 1});
        assert_eq!(hash(&a), hash(&b));
        let c =
            json!({"version": 1, "loops": [{"name": "l", "ops": [{"op": "const", "value": 2.5}]}]});
        assert_ne!(hash(&a), hash(&c));
    }

    #[test]
    fn a_config_key_called_at_does_count() {
        let plan = |at: f64| json!({"loops": [{"ops": [{"config": {"at": at}}]}]});
        assert_ne!(hash(&plan(1.0)), hash(&plan(2.0)));
    }
}
