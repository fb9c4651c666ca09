//! Signals for viewers: what entered a loop, once a second, as JSON that PlotJuggler and Foxglove read
//! as it is. Replay looks at none of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Encoding of the channels and of their schemas, as MCAP's registry names them.
pub(super) const ENCODING: &str = "json";
/// See [`ENCODING`].
pub(super) const SCHEMA_ENCODING: &str = "jsonschema";

/// The signals of one loop.
#[derive(Debug)]
pub(super) struct View {
    /// Index of the slot and its name as JSON text.
    names: Vec<(usize, String)>,
    due_tick: u64,
}

impl View {
    /// `slots` are labels like `"input coater.weight [coater.3]"`: what stands in brackets is left out, and
    /// a name that comes twice is shown once.
    pub fn new(slots: &[String]) -> Self {
        let mut seen = BTreeSet::new();
        let name = |label: &String| label.split(" [").next().unwrap_or_default().to_owned();
        let names = slots.iter().map(name).enumerate().filter(|(_, n)| seen.insert(n.clone()));
        let names = names.map(|(i, n)| (i, serde_json::Value::from(n).to_string()));
        Self { names: names.collect(), due_tick: 0 }
    }

    /// JSON schema of the messages.
    pub fn schema(&self) -> String {
        let mut out = String::from(r#"{"type":"object","properties":{"tick":{"type":"integer"}"#);
        for (_, name) in &self.names {
            let _ = write!(out, r#",{name}:{{"type":["number","null"]}}"#);
        }
        out.push_str("}}");
        out
    }

    /// Writes a message over `out` when one is due at `tick`; a value that is none becomes `null`.
    pub fn message(&mut self, out: &mut Vec<u8>, tick: u64, every: u64, values: &[f64]) -> bool {
        if tick < self.due_tick {
            return false;
        }
        self.due_tick = (tick - tick % every.max(1)).saturating_add(every.max(1));
        let mut text = String::with_capacity(32 * (self.names.len() + 1));
        let _ = write!(text, r#"{{"tick":{tick}"#);
        for (i, name) in &self.names {
            let value = values.get(*i).copied().filter(|v| v.is_finite());
            let _ = match value {
                Some(value) => write!(text, ",{name}:{value}"),
                None => write!(text, ",{name}:null"),
            };
        }
        text.push('}');
        out.clear();
        out.extend_from_slice(text.as_bytes());
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is a failed test
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_message_is_json_of_the_slots_and_comes_on_the_grid() {
        let slots = ["input a \"b\" [f.0]", "mailbox c [f.1]", "input a \"b\" [f.2]"];
        let mut view = View::new(&slots.map(str::to_owned));
        let mut out = Vec::new();
        assert!(view.message(&mut out, 7, 10, &[1e300, f64::NAN, 3.0]));
        let got: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(got, json!({"tick": 7, "input a \"b\"": 1e300, "mailbox c": null}));
        assert!(!view.message(&mut out, 9, 10, &[0.0; 3]));
        assert!(view.message(&mut out, 10, 10, &[-0.0, 5e-324, 0.0]));
        let schema: Value = serde_json::from_str(&view.schema()).unwrap();
        assert_eq!(schema["properties"].as_object().unwrap().len(), 3);
    }
}
