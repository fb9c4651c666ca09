//! Ledger and record with their health; a loss is told, not raised.

use crate::clock::wall_label_s;
use crate::ledger::{Kind, Ledger, LedgerError, Policy, Pruned, Row, Stamp};
use crate::recorder::{RecordError, Recorder};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A disk with less is full, bytes: a file system of which others take what is left hands out its last pages
/// in no order that a ledger could rely on.
const FULL_BYTES: u64 = 1 << 20;
/// A full disk with as much is not full any more, bytes.
const ROOM_BYTES: u64 = 2 << 20;

/// What status says of a full disk before a row was lost.
const STILL_ROOM: &str = "no space left on its disk; rows go into the room the file has beforehand";

/// Where rows and cycles go.
#[derive(Debug, Default)]
pub struct Store {
    ledger: Option<Ledger>,
    recorder: Option<Recorder>,
    healthy: bool,
    uncommitted: bool,
    /// Rows appended since the last commit.
    waiting: u64,
    rows: u64,
    lost_rows: u64,
    /// Counters kept by this process: a lost transaction takes theirs along, and they are kept anew.
    kept: BTreeMap<String, u64>,
    full: bool,
    /// The disk is full, whether or not the ledger has found no room yet.
    no_room: bool,
    /// Since the loss the file has not been open: rows of the failed commit may be in it after all.
    unsettled: bool,
    error: String,
    /// How long rows are kept; by default for ever.
    policy: Policy,
    removed_rows: u64,
    retention_error: String,
    record_error: String,
    /// Without a record nothing may be moved.
    record_required: bool,
    record_lost: (u64, u64),
    record_gaps: u64,
}

impl Store {
    /// With whatever there is of the two.
    #[must_use]
    pub fn new(ledger: Option<Ledger>, recorder: Option<Recorder>, record_required: bool) -> Self {
        Self { ledger, recorder, healthy: true, record_required, ..Self::default() }
    }

    /// Rows are removed as `policy` says.
    pub fn keep(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// Removes a few old rows when that is due; durable with the next commit. Pins that cannot be
    /// read, or that leave nothing to remove, are told in status and stop nothing.
    pub fn prune(&mut self, tick: u64, mono_ns: u64) {
        if self.policy == Policy::default() || !self.healthy {
            return;
        }
        let Some(ledger) = self.ledger.as_mut() else { return };
        let now = Stamp { tick, mono_ns, wall_s: wall_label_s() };
        let pruned = ledger.prune(&self.policy, now);
        self.retention_error.clear();
        match pruned {
            Ok(Pruned::Nothing) => {}
            Ok(Pruned::Rows(count)) => {
                self.removed_rows += count;
                self.uncommitted = true;
            }
            Ok(Pruned::Held) => {
                self.retention_error.push_str("all that could be removed is pinned");
            }
            Err(e) if ledger.is_healthy() => self.retention_error = e.to_string(),
            Err(e) => self.lose(&e),
        }
    }

    /// Rows removed since start, and why no more can be.
    #[must_use]
    pub fn retention(&self) -> (u64, &str) {
        (self.removed_rows, &self.retention_error)
    }

    /// False from an error of the ledger until it could be opened again.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.healthy
    }

    /// Takes note of what the disk has free; true when that changed what [`Store::has_room`] says.
    pub fn mind_room(&mut self, free_bytes: u64) -> bool {
        let no_room = free_bytes < if self.no_room { ROOM_BYTES } else { FULL_BYTES };
        std::mem::replace(&mut self.no_room, no_room) != no_room
    }

    /// False while the disk is full. Rows are still taken while [`Store::healthy`]: they go into what a live
    /// ledger has beforehand.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.no_room
    }

    /// Whether rows wait for a commit.
    #[must_use]
    pub fn uncommitted(&self) -> bool {
        self.uncommitted
    }

    /// Whether cycles are recorded.
    #[must_use]
    pub fn records(&self) -> bool {
        self.recorder.is_some()
    }

    /// Whether nothing may be moved without a record.
    #[must_use]
    pub fn record_required(&self) -> bool {
        self.record_required
    }

    /// How often the record lost something: gaps, and its end.
    #[must_use]
    pub fn record_losses(&self) -> u64 {
        self.record_gaps + u64::from(!self.record_error.is_empty())
    }

    /// Cycles missing in the record, and files removed to stay within its quota.
    #[must_use]
    pub fn record_lost(&self) -> (u64, u64) {
        self.record_lost
    }

    /// `ok`, `none`, `full` or `lost`, and why.
    #[must_use]
    pub fn ledger_state(&self) -> (&'static str, &str) {
        match (&self.ledger, self.healthy) {
            (None, _) => ("none", &self.error),
            (Some(_), true) if self.no_room => ("full", STILL_ROOM),
            (Some(_), true) => ("ok", &self.error),
            (Some(_), false) if self.full => ("full", &self.error),
            (Some(_), false) => ("lost", &self.error),
        }
    }

    /// Why recording ended; empty while it goes on.
    #[must_use]
    pub fn record_error(&self) -> &str {
        &self.record_error
    }

    /// Rows that came since start, and those of them that are in no ledger.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.rows, self.lost_rows)
    }

    /// Adds a row and gives its number in the ledger, or a number of its own without a ledger.
    pub fn append(
        &mut self,
        tick: u64,
        mono_ns: u64,
        kind: Kind,
        station: &str,
        body: &Value,
    ) -> u64 {
        self.rows += 1;
        let Some(ledger) = self.ledger.as_mut() else { return self.rows };
        if !self.healthy {
            self.lost_rows += 1;
            return 0;
        }
        let text = body.to_string();
        match ledger.append(&Row { tick, mono_ns, kind, station, body_json: &text }) {
            Ok(seq) => {
                self.uncommitted = true;
                self.waiting += 1;
                seq
            }
            Err(e) => {
                self.lost_rows += 1;
                self.lose(&e);
                0
            }
        }
    }

    /// Keeps a counter across restarts, durable with the next commit.
    pub fn retain(&mut self, key: &str, value: u64) {
        self.kept.insert(key.to_owned(), value);
        let Some(ledger) = self.ledger.as_mut().filter(|_| self.healthy) else { return };
        match ledger.retain(key, value) {
            Ok(()) => self.uncommitted = true,
            Err(e) => self.lose(&e),
        }
    }

    /// A counter kept across restarts; 0 when there is none.
    #[must_use]
    pub fn retained(&self, key: &str) -> u64 {
        let kept = self.ledger.as_ref().and_then(|l| l.retained(key).ok().flatten());
        kept.unwrap_or(0)
    }

    /// Makes everything durable; false when the ledger was lost over it.
    pub fn commit(&mut self) -> bool {
        let Some(ledger) = self.ledger.as_mut() else { return true };
        if self.healthy && self.uncommitted {
            match ledger.commit() {
                Ok(_) => (self.uncommitted, self.waiting) = (false, 0),
                Err(e) => self.lose(&e),
            }
        }
        self.healthy
    }

    /// The transaction is gone, and its rows with it.
    fn lose(&mut self, error: &LedgerError) {
        self.unsettled = self.unsettled || self.healthy;
        self.healthy = false;
        self.uncommitted = false;
        self.lost_rows += std::mem::take(&mut self.waiting);
        self.full = matches!(error, LedgerError::Full { .. });
        self.error = error.to_string();
    }

    /// Tries to open a lost ledger again and to write to it a row that says so; true when that is
    /// on disk. Rows of the failed commit that the disk has after all are not lost.
    pub fn recover(&mut self, tick: u64, mono_ns: u64) -> bool {
        match self.try_recover(tick, mono_ns) {
            Ok(()) => {
                self.rows += 1;
                self.healthy = true;
                self.full = false;
                self.error.clear();
            }
            Err(e) => self.lose(&e),
        }
        self.healthy
    }

    fn try_recover(&mut self, tick: u64, mono_ns: u64) -> Result<(), LedgerError> {
        let Some(ledger) = self.ledger.as_mut() else { return Ok(()) };
        let before = ledger.synced_seq();
        let stored = ledger.reopen()? - before;
        if std::mem::take(&mut self.unsettled) {
            self.lost_rows = self.lost_rows.saturating_sub(stored);
        }
        let body = json!({"cause": "ledger_recovered", "lost_rows": self.lost_rows}).to_string();
        let row = Row { tick, mono_ns, kind: Kind::Alarm, station: "", body_json: &body };
        ledger.append(&row)?;
        for (key, value) in &self.kept {
            ledger.retain(key, *value)?;
        }
        ledger.commit().map(drop)
    }

    /// Records a cycle.
    pub fn cycle(&mut self, loop_i: usize, tick: u64, values: &[f64], qualities: &[u8], hash: u64) {
        self.record(|to| to.cycle(loop_i, tick, values, qualities, hash));
    }

    /// Records a parameter change.
    pub fn params(&mut self, tick: u64, epoch: u64, values: &[(u16, f64)]) {
        self.record(|to| to.params(tick, epoch, values));
    }

    /// Records what the executor remembers.
    pub fn keyframe(&mut self, tick: u64, state: &[u8]) {
        self.record(|to| to.keyframe(tick, state));
    }

    /// Records that cycles are missing.
    pub fn gap(&mut self, first_tick: u64, last_tick: u64, cycles: u64) {
        self.record_gaps += 1;
        self.record(|to| to.gap(first_tick, last_tick, cycles));
    }

    fn record(&mut self, work: impl FnOnce(&mut Recorder) -> Result<(), RecordError>) {
        let Some(recorder) = self.recorder.as_mut() else { return };
        let done = work(recorder);
        self.record_lost = recorder.lost();
        if let Err(e) = done {
            self.record_error = e.to_string();
            self.recorder = None;
        }
    }

    /// Closes both.
    ///
    /// # Errors
    /// What could not be made durable.
    pub fn close(&mut self) -> Result<(), String> {
        let record = self.recorder.take().map_or(Ok(0), |r| r.finish().map_err(|e| e.to_string()));
        let lost = if self.healthy { Ok(()) } else { Err(self.error.clone()) };
        let ledger = self.ledger.take().map_or(Ok(0), |l| l.close().map_err(|e| e.to_string()));
        lost.and(ledger.map(drop)).and(record.map(drop))
    }
}
