//! What the driver shows to others while the loop runs.

use crate::driver::DriverShown;
use crate::executive::add;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counters, written by the loop thread alone.
#[derive(Debug, Default)]
pub struct UnixShown {
    pub joined: AtomicBool,
    pub safe: AtomicBool,
    pub connections: AtomicU64,
    pub refused: AtomicU64,
    pub lost_peers: AtomicU64,
    pub datagrams: AtomicU64,
    pub bad: AtomicU64,
    pub duplicate: AtomicU64,
    pub late: AtomicU64,
    pub future: AtomicU64,
    pub not_finite: AtomicU64,
    pub gaps: AtomicU64,
    pub writes: AtomicU64,
    pub unsent_writes: AtomicU64,
    pub unsent_ticks: AtomicU64,
    /// Why the last hello was refused.
    pub refusal: Mutex<String>,
}

pub(super) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

impl DriverShown for UnixShown {
    fn to_json(&self) -> Value {
        let n = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let refusal = self.refusal.lock().map_or_else(|e| e.into_inner().clone(), |r| r.clone());
        json!({
            "driver": "unix",
            "connected": self.joined.load(Ordering::Relaxed),
            "safe": self.safe.load(Ordering::Relaxed),
            "connections": n(&self.connections), "refused": n(&self.refused),
            "refusal": if refusal.is_empty() { Value::Null } else { refusal.into() },
            "lost_peers": n(&self.lost_peers), "datagrams": n(&self.datagrams),
            "bad": n(&self.bad), "duplicate": n(&self.duplicate), "late": n(&self.late),
            "future": n(&self.future), "not_finite": n(&self.not_finite), "gaps": n(&self.gaps),
            "writes": n(&self.writes), "unsent_writes": n(&self.unsent_writes),
            "unsent_ticks": n(&self.unsent_ticks),
        })
    }
}
