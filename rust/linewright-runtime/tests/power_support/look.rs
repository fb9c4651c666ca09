//! What a power cut has left, held against what was told to the world.

use std::collections::BTreeSet;
use std::path::Path;

use linewright_runtime::ledger::{Filter, Kind, Ledger, Options, Row, pins, rows, verify};

use super::life::LEDGER;
use crate::ledger_support::Random;

/// Row `seq` with a text of so many bytes: what was written can be told from anything else.
pub fn body(seq: u64, bytes: u64) -> String {
    let text = format!("{seq} ").repeat(1 + bytes as usize / 4);
    format!(r#"{{"seq":{seq},"bytes":{bytes},"text":"{text}"}}"#)
}

/// What was told to the world.
#[derive(Clone, Default)]
pub struct Told {
    pub synced: u64,
    pub pins: BTreeSet<(u64, u64)>,
}

impl Told {
    pub fn hear(&mut self, text: &str) {
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |i: usize| words[i].parse::<u64>().unwrap();
            match words[0] {
                "synced" => self.synced = self.synced.max(number(1)),
                "pin" => drop(self.pins.insert((number(1), number(2)))),
                _ => drop(self.pins.remove(&(number(1), number(2)))),
            }
        }
    }
}

/// Opens what a cut left as a core would, looks for all that was told, and goes on. Gives the last row.
pub fn look(folder: &Path, told: &Told, random: &mut Random) -> Result<u64, String> {
    let path = folder.join(LEDGER);
    if told.synced > 0 && random.below(3) == 0 {
        let seen = verify(&path).map_err(|e| format!("verify before the start: {e}"))?;
        if seen.last_seq < told.synced {
            return Err(format!("{} told, {} verified", told.synced, seen.last_seq));
        }
    }
    let options = Options { ready: random.below(4) == 0, ..Options::default() };
    let mut ledger = Ledger::open_with(&path, options).map_err(|e| format!("start: {e}"))?;
    let found = ledger.synced_seq();
    if found < told.synced {
        return Err(format!("{} told, {found} found", told.synced));
    }
    let epoch = ledger.retained("epoch").map_err(|e| format!("retained: {e}"))?;
    if epoch.unwrap_or(0) != found {
        return Err(format!("the counter is {epoch:?} with {found} rows"));
    }
    let held = pins(&path).map_err(|e| format!("pins: {e}"))?;
    for one in &told.pins {
        if !held.iter().any(|pin| (pin.first, pin.last) == *one) {
            return Err(format!("pin {one:?} is gone"));
        }
    }
    for seq in found + 1..=found + 1 + random.below(3) {
        let body = body(seq, 100);
        let kind = Kind::Detection;
        let row =
            Row { tick: seq * 3, mono_ns: seq * 7, kind, station: "coater", body_json: &body };
        let given = ledger.append(&row).map_err(|e| format!("append: {e}"))?;
        if given != seq {
            return Err(format!("row {seq} got number {given}"));
        }
    }
    let end = ledger.last_seq();
    ledger.retain("epoch", end).map_err(|e| format!("retain: {e}"))?;
    ledger.commit().map_err(|e| format!("commit: {e}"))?;
    if random.below(2) == 0 {
        ledger.close().map_err(|e| format!("close: {e}"))?;
    } else {
        drop(ledger);
    }
    check_rows(&path, end, &told.pins)?;
    Ok(end)
}

/// The chain is whole up to `end`, each row says what was written, and none that is pinned was removed.
fn check_rows(path: &Path, end: u64, held: &BTreeSet<(u64, u64)>) -> Result<(), String> {
    let seen = verify(path).map_err(|e| format!("verify: {e}"))?;
    if seen.last_seq != end {
        return Err(format!("{end} written, {} verified", seen.last_seq));
    }
    let gone = |(first, last): &(u64, u64)| {
        seen.removed.iter().any(|gone| gone.first <= *last && *first <= gone.last)
    };
    if let Some(one) = held.iter().find(|one| gone(one)) {
        return Err(format!("pinned rows {one:?} were removed"));
    }
    for row in rows(path, Filter::default()).map_err(|e| format!("rows: {e}"))? {
        let row = row.map_err(|e| format!("row: {e}"))?;
        if row.kind == Kind::Retention.as_str() {
            continue;
        }
        let stated: serde_json::Value = serde_json::from_str(&row.body_json).unwrap_or_default();
        let bytes = stated["bytes"].as_u64().unwrap_or(0);
        if row.body_json != body(row.seq, bytes) || row.tick != row.seq * 3 {
            return Err(format!("row {} is not what was written: {}", row.seq, row.body_json));
        }
    }
    Ok(())
}
