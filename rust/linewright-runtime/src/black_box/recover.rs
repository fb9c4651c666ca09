//! From the box of a dead core into the ledger.

use super::BlackBox;
use crate::clerk::intent_body;
use crate::ledger::{Filter, Kind, Ledger, LedgerError, Row, rows};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How many of the last rows are looked at: many times what a box holds.
const LOOK_ROWS: u64 = 400_000;

/// Rows of the last run that tell of intents.
#[derive(Debug, Default)]
struct Told {
    /// Actuator and station by command id, of writes without a result.
    open: BTreeMap<u64, (String, String)>,
    intents: BTreeSet<u64>,
}

/// Brings what the dead core wrote to the plant, and the ledger does not have, into the ledger; and says of
/// every write without a result that its outcome is unknown. Gives how many intents were brought.
///
/// `named`: name and owner of the gate's actuators.
///
/// # Errors
/// The ledger cannot be read or written.
pub fn recover(
    ledger: &mut Ledger,
    of: &mut BlackBox,
    named: &[(String, String)],
) -> Result<usize, LedgerError> {
    let mut told = told(ledger)?;
    let mut brought = 0;
    for kept in of.kept() {
        let id = kept.intent.id(kept.tick);
        if told.intents.contains(&id) {
            continue;
        }
        let unnamed = (format!("actuator {}", kept.intent.actuator), String::new());
        let (name, owner) = named.get(usize::from(kept.intent.actuator)).unwrap_or(&unnamed);
        let mut body = intent_body(name, &kept.intent, kept.tick);
        body["recovered"] = true.into();
        let text = body.to_string();
        ledger.append(&Row {
            tick: kept.tick,
            mono_ns: kept.mono_ns,
            kind: Kind::Intent,
            station: owner,
            body_json: &text,
        })?;
        told.open.insert(id, (name.clone(), owner.clone()));
        brought += 1;
    }
    for (id, (name, owner)) in &told.open {
        let body = json!({
            "actuator": name, "id": id, "written_tick": id >> 16, "confirmed": false,
            "outcome": "unknown", "read_back": null,
        });
        ledger.append(&Row {
            tick: id >> 16,
            mono_ns: 0,
            kind: Kind::Result,
            station: owner,
            body_json: &body.to_string(),
        })?;
    }
    ledger.commit()?;
    of.clear();
    Ok(brought)
}

fn told(ledger: &Ledger) -> Result<Told, LedgerError> {
    let kinds = vec![Kind::Start, Kind::Intent, Kind::Result, Kind::ReadBack];
    let since_seq = ledger.last_seq().saturating_sub(LOOK_ROWS);
    let mut told = Told::default();
    for row in rows(ledger.path(), Filter { since_seq, kinds, ..Filter::default() })? {
        let row = row?;
        let body: Value = serde_json::from_str(&row.body_json).unwrap_or_default();
        let Some(id) = body.get("id").and_then(Value::as_u64) else {
            if row.kind == Kind::Start.as_str() && row.station.is_empty() {
                told = Told::default();
            }
            continue;
        };
        if row.kind != Kind::Intent.as_str() {
            told.open.remove(&id);
        } else if body["advisory"] != true {
            let name = body["actuator"].as_str().unwrap_or_default().to_owned();
            told.open.insert(id, (name, row.station));
            told.intents.insert(id);
        }
    }
    Ok(told)
}
