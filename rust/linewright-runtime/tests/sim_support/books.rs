//! The ledger on the disk against the plant's book, whenever a core has ended.

use super::line::{Line, OPERATOR};
use super::plant::Write;
use super::watch::Seen;
use linewright_runtime::ledger::{Filter, Kind, newest, rows, verify};
use linewright_wire::{Ack, AckStatus};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use xxhash_rust::xxh3::Xxh3;

/// What a core did in its life, and where its ledger is.
pub struct Books {
    path: PathBuf,
    names: Vec<String>,
    labels: BTreeMap<u64, String>,
    black_box: bool,
    /// Every write of this life: tick, actuator, bits.
    writes: Vec<(u64, usize, u64)>,
    /// Ticks below it were made durable.
    committed: u64,
    /// Highest number acknowledged, by sender: epoch, number.
    acked: BTreeMap<u64, (u64, u64)>,
    token: u64,
    since: u64,
    pub missed: u64,
    /// A life that ended in a crash and whose box is still to be read.
    owed: bool,
}

impl Books {
    pub fn new(line: &Line, path: PathBuf) -> Self {
        let mut labels: BTreeMap<u64, String> =
            line.keys.iter().enumerate().map(|(i, key)| (*key, format!("s{i}"))).collect();
        labels.insert(OPERATOR, "operator".to_owned());
        Self {
            path,
            names: line.actuators.iter().map(|a| a.name.clone()).collect(),
            labels,
            black_box: line.black_box,
            writes: Vec::new(),
            committed: 0,
            acked: BTreeMap::new(),
            token: 0,
            since: 0,
            missed: 0,
            owed: false,
        }
    }

    /// Counters that a core keeps across restarts, as the file has them. None of what was acknowledged
    /// is forgotten.
    pub fn kept(&self) -> BTreeMap<String, u64> {
        if !self.path.exists() {
            return BTreeMap::new();
        }
        let db = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut select = db.prepare("SELECT key, value FROM retained").unwrap();
        let found = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?))).unwrap();
        let kept: BTreeMap<String, u64> = found
            .map(|row| row.map(|(key, value)| (key, value.cast_unsigned())).unwrap())
            .collect();
        let of = |key: &str| kept.get(key).copied().unwrap_or(0);
        assert!(of("lease.token") >= self.token, "a token that was given is forgotten");
        for (key, acked) in &self.acked {
            let label = &self.labels[key];
            let known = (of(&format!("sender.{label}.epoch")), of(&format!("sender.{label}.seq")));
            assert!(known >= *acked, "{label}: {acked:?} was acknowledged, {known:?} is known");
        }
        kept
    }

    pub fn acknowledged(&mut self, ack: &Ack) {
        if let Some(token) = ack.token {
            self.token = self.token.max(token);
        }
        if matches!(ack.status, AckStatus::Applied | AckStatus::Limited | AckStatus::Advisory) {
            let acked = self.acked.entry(ack.to).or_default();
            *acked = (*acked).max((ack.epoch, ack.seq));
        }
    }

    pub fn wrote(&mut self, tick: u64, write: &Write) {
        self.writes.push((tick, write.actuator, write.value.to_bits()));
    }

    /// Everything up to `tick` is on the disk.
    pub fn committed(&mut self, tick: u64) {
        self.committed = tick;
    }

    /// The next core has read the box of the one before.
    pub fn start(&mut self, seen: &mut Seen) {
        if std::mem::take(&mut self.owed) {
            let intents = self.intents(seen);
            for (tick, actuator, bits) in &self.writes {
                let told = intents.get(&(*tick, *actuator)) == Some(bits);
                assert!(told, "I4: the write of tick {tick} to actuator {actuator} is in no book");
            }
        }
        self.writes.clear();
        self.committed = 0;
        self.since = newest(&self.path).unwrap_or(0);
    }

    /// I4, I5, I7: the chain holds, and every write has its intent, but for those that are counted as
    /// `lost` (rows, records), and after a crash those since the last commit.
    pub fn end(&mut self, crashed: bool, lost: (u64, u64), seen: &mut Seen, hash: &mut Xxh3) {
        let verified = verify(&self.path).unwrap_or_else(|e| panic!("I5: {e}"));
        assert_eq!(verified.rows, verified.last_seq, "I5: numbers without a gap");
        hash.update(&verified.head);
        let intents = self.intents(seen);
        let lost_all = lost.0 + lost.1;
        let durable = |tick: u64| !crashed || tick < self.committed;
        let untold = self.writes.iter().filter(|(tick, actuator, bits)| {
            durable(*tick) && intents.get(&(*tick, *actuator)) != Some(bits)
        });
        let untold = untold.count() as u64;
        assert!(untold <= lost_all, "I4: {untold} writes without intent, {lost:?} lost");
        (seen.lost_rows, seen.lost_records) = (seen.lost_rows + lost.0, seen.lost_records + lost.1);
        seen.explained += self.writes.len() as u64 - untold;
        let written = |key: &(u64, usize)| self.writes.iter().any(|w| (w.0, w.1) == *key);
        if intents.len() as u64 > self.writes.len() as u64 {
            let invented = intents.keys().find(|key| !written(key));
            panic!("an intent without a write: {invented:?}");
        }
        self.owed = crashed && self.black_box && lost_all == 0;
    }

    /// Bits of the intents of this life that were to be written, by tick and actuator.
    fn intents(&self, seen: &mut Seen) -> BTreeMap<(u64, usize), u64> {
        let filter =
            Filter { since_seq: self.since, kinds: vec![Kind::Intent], ..Filter::default() };
        let mut found = BTreeMap::new();
        for row in rows(&self.path, filter).unwrap() {
            let row = row.unwrap();
            let body: Value = serde_json::from_str(&row.body_json).unwrap();
            if body["advisory"] == true {
                continue;
            }
            seen.out_of_the_box += u64::from(body["recovered"] == true);
            let actuator = self.names.iter().position(|name| body["actuator"] == **name).unwrap();
            let value = body["value"].as_f64().unwrap();
            let before = found.insert((row.tick, actuator), value.to_bits());
            assert!(
                before.is_none(),
                "I3: two intents for actuator {actuator} in tick {}",
                row.tick
            );
        }
        found
    }
}
