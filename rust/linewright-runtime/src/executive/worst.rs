//! The whole frame of the worst cycle of a loop, kept in fixed memory and read from another thread
//! without a lock.
//!
//! A sequence lock over atomics: the number is odd while the loop writes, and a reader that saw it change
//! reads again. Every access is atomic, so a torn frame is noticed and never undefined.

use super::atomics::{AtomicU8, AtomicU64, Ordering, TRIES, fence, yield_now};
use crate::record::Stages;

/// One thread keeps, any thread reads.
#[derive(Debug, Default)]
pub struct Worst {
    /// Odd while it is being written.
    sequence: AtomicU64,
    /// Response of the cycle kept, ns; 0 = none yet. Read by the writer alone.
    response_ns: AtomicU64,
    tick: AtomicU64,
    stages: [AtomicU64; 5],
    values: Box<[AtomicU64]>,
    qualities: Box<[AtomicU8]>,
}

/// A frame as read.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstFrame {
    /// Base tick of the cycle.
    pub tick: u64,
    /// Its times.
    pub stages: Stages,
    /// Every slot of the loop.
    pub values: Vec<f64>,
    /// Their qualities.
    pub qualities: Vec<u8>,
}

impl Worst {
    /// For a loop of `slots` slots; nothing kept yet.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            values: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            qualities: (0..slots).map(|_| AtomicU8::new(0)).collect(),
            ..Self::default()
        }
    }

    /// Keeps a cycle that answered later than any before.
    pub fn keep(&self, tick: u64, at: Stages, (values, qualities): (&[f64], &[u8])) {
        let response_ns = at.write_ns.saturating_sub(at.scheduled_ns);
        if response_ns <= self.response_ns.load(Ordering::Relaxed) {
            return;
        }
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence + 1, Ordering::Relaxed);
        // Release: no store below is seen before the odd number; partner of the reader's Acquire fence.
        fence(Ordering::Release);
        self.response_ns.store(response_ns, Ordering::Relaxed);
        self.tick.store(tick, Ordering::Relaxed);
        let stages = [at.scheduled_ns, at.wake_ns, at.read_ns, at.execute_ns, at.write_ns];
        self.stages.iter().zip(stages).for_each(|(to, ns)| to.store(ns, Ordering::Relaxed));
        for (to, from) in self.values.iter().zip(values) {
            to.store(from.to_bits(), Ordering::Relaxed);
        }
        for (to, from) in self.qualities.iter().zip(qualities) {
            to.store(*from, Ordering::Relaxed);
        }
        // Release: whoever sees the even number sees all of it; partner of the reader's first load.
        self.sequence.store(sequence + 2, Ordering::Release);
    }

    /// The worst cycle so far; none before the first, or while the loop keeps writing.
    #[must_use]
    pub fn read(&self) -> Option<WorstFrame> {
        for _ in 0..TRIES {
            // Acquire: partner of the writer's last store.
            let before = self.sequence.load(Ordering::Acquire);
            if before == 0 {
                return None;
            }
            let load = |x: &AtomicU64| x.load(Ordering::Relaxed);
            let [scheduled_ns, wake_ns, read_ns, execute_ns, write_ns] =
                [0, 1, 2, 3, 4].map(|i: usize| load(&self.stages[i]));
            let frame = WorstFrame {
                tick: load(&self.tick),
                stages: Stages { scheduled_ns, wake_ns, read_ns, execute_ns, write_ns },
                values: self.values.iter().map(|x| f64::from_bits(load(x))).collect(),
                qualities: self.qualities.iter().map(|q| q.load(Ordering::Relaxed)).collect(),
            };
            // Acquire: no load above is done after the second look; partner of the writer's fence.
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == before {
                return Some(frame);
            }
            yield_now();
        }
        None
    }
}
