//! J4: a power cut under a ledger. What was told as synced is there, the ledger opens without anybody's help,
//! and its numbers and its chain go on.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod ledger_support;
mod power_support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ledger_support::Random;
use linewright_runtime::ledger::{
    Filter, Kind, Ledger, Options, Policy, Row, Stamp, pin, pins, rows, unpin, verify,
};
use power_support::disk::Lies;
use power_support::run::{Cut, PLACE, Subject, Teller, cuts, life, power_cuts};

const LEDGER: &str = "line.ledger";

/// A ledger under power cuts.
#[derive(Default)]
struct Rows;

/// What was told to the world.
#[derive(Debug, Clone, Default, PartialEq)]
struct Told {
    synced: u64,
    pins: BTreeSet<(u64, u64)>,
}

impl Subject for Rows {
    type Told = Told;
    const FILES: &'static [&'static str] = &["-wal", LEDGER];
    const DISKS: &'static [Lies] = &[
        Lies::None,
        Lies::Of("-wal"),
        Lies::Of(".ledger"),
        Lies::Of(".pins.part"),
        Lies::OfFolder(PLACE),
        Lies::OfFolder(""),
    ];

    /// Opens the ledger some times, as it was closed, dropped or, at the end, left with rows under way. A few
    /// rows; pages enough to be moved; rows enough to be removed.
    fn live(folder: &Path, told: &mut Teller, seed: u64) {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(LEDGER);
        let mut random = Random(seed);
        let (groups, most_rows, most_bytes, quota_bytes) = [
            (1 + random.below(4), 5, 400, None),
            (60, 8, 16_000, None),
            (50, 60, 200, Some(256 * 1024)),
        ][(seed % 3) as usize];
        let policy = Policy { quota_bytes, keep_s: None };
        let opens = 1 + random.below(2);
        for last in (0..opens).rev() {
            let options = Options { ready: random.below(2) == 0, ..Options::default() };
            let ledger = Ledger::open_with(&path, options).unwrap();
            told.tell(&format!("synced {}", ledger.synced_seq()));
            let (path, random) = (path.clone(), Random(random.next()));
            let mut life = Life { ledger, path, random, most_rows, most_bytes, policy, told };
            (0..groups).for_each(|_| life.group());
            if last == 0 {
                life.append(5);
                // Killed while rows wait, or once they are committed and nobody knows.
                if life.random.below(2) == 0 {
                    life.ledger.retain("epoch", life.ledger.last_seq()).unwrap();
                    life.ledger.commit().unwrap();
                }
                std::process::exit(0);
            } else if life.random.below(2) == 0 {
                life.ledger.close().unwrap();
            }
        }
    }

    fn hear(told: &mut Told, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |i: usize| words[i].parse::<u64>().unwrap();
        match words[0] {
            "synced" => told.synced = told.synced.max(number(1)),
            "pin" => drop(told.pins.insert((number(1), number(2)))),
            _ => drop(told.pins.remove(&(number(1), number(2)))),
        }
    }

    fn look(
        &mut self,
        folder: &Path,
        _: &Cut<'_>,
        told: &Told,
        random: &mut Random,
    ) -> Result<Told, String> {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(LEDGER);
        if told.synced > 0 && random.below(3) == 0 {
            let seen = verify(&path).map_err(|e| format!("verify before the start: {e}"))?;
            if seen.last_seq < told.synced {
                return Err(format!("{} told, {} verified", told.synced, seen.last_seq));
            }
        }
        let options = Options { ready: random.below(4) == 0, ..Options::default() };
        let mut ledger = Ledger::open_with(&path, options).map_err(|e| format!("start: {e}"))?;
        check_start(&ledger, told)?;
        let found = ledger.synced_seq();
        for seq in found + 1..=found + 1 + random.below(3) {
            let given = append(&mut ledger, &body(seq, 100));
            if given != Ok(seq) {
                return Err(format!("row {seq} got number {given:?}"));
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
        Ok(Told { synced: end, pins: told.pins.clone() })
    }
}

/// A process that writes, until it is killed.
struct Life<'a> {
    ledger: Ledger,
    path: PathBuf,
    random: Random,
    most_rows: u64,
    most_bytes: u64,
    policy: Policy,
    told: &'a mut Teller,
}

impl Life<'_> {
    fn append(&mut self, count: u64) {
        for _ in 0..count {
            let seq = self.ledger.last_seq() + 1;
            append(&mut self.ledger, &body(seq, self.random.below(self.most_bytes))).unwrap();
        }
    }

    /// As the clerk does it: rows, a step of retention, a counter, one commit; then the world may know.
    fn group(&mut self) {
        let rows = 1 + self.random.below(self.most_rows);
        self.append(rows);
        let now = Stamp { tick: 0, mono_ns: 0, wall_s: 0.0 };
        self.ledger.prune(&self.policy, now).unwrap();
        self.ledger.retain("epoch", self.ledger.last_seq()).unwrap();
        let synced = self.ledger.commit().unwrap();
        self.told.tell(&format!("synced {synced}"));
        if self.random.below(12) == 0 {
            self.change_pins(synced);
        }
    }

    fn change_pins(&mut self, synced: u64) {
        let all = pins(&self.path).unwrap();
        if let Some(one) = all.first().filter(|_| all.len() > 2) {
            self.told.tell(&format!("unpin {} {}", one.first, one.last));
            unpin(&self.path, one.first, one.last).unwrap();
        } else {
            let first = synced.saturating_sub(self.random.below(20)).max(1);
            if pin(&self.path, first, synced, "held", "shift").is_ok() {
                self.told.tell(&format!("pin {first} {synced}"));
            }
        }
    }
}

/// Text of row `seq`, of so many bytes: what was written can be told from anything else.
fn body(seq: u64, bytes: u64) -> String {
    let text = format!("{seq} ").repeat(1 + bytes as usize / 4);
    format!(r#"{{"seq":{seq},"bytes":{bytes},"text":"{text}"}}"#)
}

/// Appends the next row.
fn append(ledger: &mut Ledger, body_json: &str) -> Result<u64, String> {
    let (seq, kind) = (ledger.last_seq() + 1, Kind::Detection);
    let row = Row { tick: seq * 3, mono_ns: seq * 7, kind, station: "coater", body_json };
    ledger.append(&row).map_err(|e| e.to_string())
}

/// A start has found all that was told, and the counter that was kept with the last row.
fn check_start(ledger: &Ledger, told: &Told) -> Result<(), String> {
    let found = ledger.synced_seq();
    if found < told.synced {
        return Err(format!("{} told, {found} found", told.synced));
    }
    let epoch = ledger.retained("epoch").map_err(|e| format!("retained: {e}"))?;
    if epoch.unwrap_or(0) != found {
        return Err(format!("the counter is {epoch:?} with {found} rows"));
    }
    let held = pins(ledger.path()).map_err(|e| format!("pins: {e}"))?;
    let gone = |one: &&(u64, u64)| !held.iter().any(|pin| (pin.first, pin.last) == **one);
    match told.pins.iter().find(gone) {
        Some(one) => Err(format!("pin {one:?} is gone")),
        None => Ok(()),
    }
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

/// Not a test by itself.
#[test]
#[ignore = "started by another test as a process of its own"]
fn life_to_trace() {
    life::<Rows>();
}

/// Not a test by itself.
#[test]
#[ignore = "started by another test as a process of its own"]
fn cuts_without_syncs() {
    cuts::<Rows>();
}

#[test]
fn j4_power_cuts_lose_nothing_that_was_told_as_synced() {
    power_cuts(1, 12, 40, 0);
}

#[test]
fn j4_a_disk_that_lies_about_its_syncs_is_found_out() {
    for disk in 1..Rows::DISKS.len() {
        power_cuts(2, 3, 20, disk);
    }
}

#[test]
#[ignore = "soak: 5,000 power cuts"]
fn j4_five_thousand_power_cuts() {
    power_cuts(3, 100, 50, 0);
}
