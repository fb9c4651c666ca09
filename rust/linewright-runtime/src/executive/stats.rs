//! Times of the loops in fixed memory, readable from another thread without a lock.
//!
//! A histogram is log-linear: 32 equal classes per power of two, so a quantile is exact to 1/32.

use super::worst::Worst;
use crate::driver::DriverShown;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const BITS: usize = 5;
const CLASSES: usize = 1 << BITS;
const POWERS: usize = 43; // up to 2^47 ns, a day and a half

/// Counts of times in ns. One thread adds, any thread reads.
#[derive(Debug)]
pub struct Histogram {
    counts: Box<[AtomicU64]>,
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        let counts = (0..CLASSES * POWERS).map(|_| AtomicU64::new(0)).collect();
        Self { counts, max: AtomicU64::new(0) }
    }
}

fn class(ns: u64) -> usize {
    let power = (ns | 1).ilog2() as usize;
    if power < BITS {
        return ns as usize;
    }
    let within = (ns >> (power - BITS)) as usize & (CLASSES - 1);
    ((power - BITS + 1) * CLASSES + within).min(CLASSES * POWERS - 1)
}

/// Largest time of a class.
fn upper(class: usize) -> u64 {
    let (power, within) = (class / CLASSES, (class % CLASSES) as u64);
    if power == 0 { within } else { ((CLASSES as u64 + within + 1) << (power - 1)) - 1 }
}

impl Histogram {
    /// Adds one time. Relaxed: a reader may see it one tick late, never torn.
    pub fn add(&self, ns: u64) {
        if let Some(count) = self.counts.get(class(ns)) {
            count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        if ns > self.max.load(Ordering::Relaxed) {
            self.max.store(ns, Ordering::Relaxed);
        }
    }

    /// Counts by class.
    #[must_use]
    pub fn counts(&self) -> Vec<u64> {
        self.counts.iter().map(|c| c.load(Ordering::Relaxed)).collect()
    }

    /// Upper bound of the class that holds quantile `q` of counts by class; 0 without any.
    #[must_use]
    pub fn quantile_of(counts: &[u64], q: f64) -> u64 {
        let total: u64 = counts.iter().sum();
        let rank = libm::ceil(q * total as f64).max(1.0) as u64;
        let mut seen = 0;
        let found = counts.iter().position(|count| {
            seen += count;
            total > 0 && seen >= rank
        });
        found.map_or(0, upper)
    }

    /// How many were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|c| c.load(Ordering::Relaxed)).sum()
    }

    /// Upper bound of the class that holds quantile `q` (0 to 1); 0 without any time.
    #[must_use]
    pub fn quantile_ns(&self, q: f64) -> u64 {
        Self::quantile_of(&self.counts(), q).min(self.max.load(Ordering::Relaxed))
    }

    /// Quantiles for status, ns.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "count": self.count(),
            "p50_ns": self.quantile_ns(0.5),
            "p90_ns": self.quantile_ns(0.9),
            "p99_ns": self.quantile_ns(0.99),
            "p99_9_ns": self.quantile_ns(0.999),
            "p99_99_ns": self.quantile_ns(0.9999),
            "max_ns": self.max.load(Ordering::Relaxed),
        })
    }
}

/// Times and counts of one loop.
#[derive(Debug, Default)]
pub struct LoopStats {
    /// Cycles executed.
    pub cycles: AtomicU64,
    /// Cycles left out.
    pub missed: AtomicU64,
    /// Most cycles left out in a row.
    pub missed_in_a_row: AtomicU64,
    /// Cycles executed and not in time, the start apart.
    pub late: AtomicU64,
    /// Cycles left out for the sake of a faster loop.
    pub shed: AtomicU64,
    /// Cycles whose outputs were held.
    pub held: AtomicU64,
    /// [`crate::record::Rung::to_u64`] of the rung it is on.
    pub rung: AtomicU64,
    /// Cycles that are still not judged.
    pub startup_left: AtomicU64,
    /// Late cycles in a row, those left out included.
    pub late_in_a_row: AtomicU64,
    /// The same in the window.
    pub late_in_window: AtomicU64,
    /// Actual start minus scheduled start.
    pub lateness: Histogram,
    /// Reading the plant.
    pub read: Histogram,
    /// The loops of its ticks.
    pub execute: Histogram,
    /// Gate and writing.
    pub write: Histogram,
    /// End of the last write minus actual start.
    pub execution: Histogram,
    /// End of the last write minus scheduled start: what a deadline is about.
    pub response: Histogram,
    /// The frame of the longest response.
    pub worst: Worst,
}

/// Adds to a counter that only one thread writes.
pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Ordering::Relaxed) + n, Ordering::Relaxed);
}

/// What the loop thread shows to others.
#[derive(Debug, Default)]
pub struct Shown {
    /// Last base tick executed plus one; 0 before the first.
    pub ticks: AtomicU64,
    /// Clock at the start of that tick, ns.
    pub wake_ns: AtomicU64,
    /// Base ticks left out.
    pub missed_ticks: AtomicU64,
    /// Records lost because their ring was full.
    pub lost_records: AtomicU64,
    /// Telemetry dropped because nobody kept up.
    pub dropped_telemetry: AtomicU64,
    /// Ticks that a plant which paces the line did not ask for in time.
    pub untriggered: AtomicU64,
    /// Outputs dropped because their tick stood still between reading and writing.
    pub stale_outputs: AtomicU64,
    /// Telemetry dropped because a loop did not keep its time.
    pub shed_telemetry: AtomicU64,
    /// Cycles not recorded because the writer did not keep up.
    pub dropped_cycles: AtomicU64,
    /// By loop.
    pub loops: Vec<LoopStats>,
    /// By chain: time the input is of, to output written.
    pub chains: Vec<Histogram>,
    /// What the driver shows.
    pub driver: Option<Arc<dyn DriverShown>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_every_time_in_order_and_are_a_thirty_second_wide() {
        let mut last = 0;
        for ns in (0..5000).chain((13..46).map(|p| (1u64 << p) + 3)) {
            let c = class(ns);
            assert!(c >= last, "{ns}");
            assert!(upper(c) >= ns && (upper(c) - ns) as f64 <= ns as f64 / 32.0, "{ns} in {c}");
            last = c;
        }
    }

    #[test]
    fn quantiles_of_known_times() {
        let h = Histogram::default();
        (1..=1000).for_each(|i| h.add(i * 1000));
        let p50 = h.quantile_ns(0.5);
        assert!((500_000..=516_000).contains(&p50), "{p50}");
        assert_eq!(h.quantile_ns(1.0), 1_000_000);
        assert_eq!(Histogram::default().quantile_ns(0.99), 0);
    }
}
