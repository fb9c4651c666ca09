//! The whole frame of the worst cycle of a loop, kept in fixed memory and read from another thread
//! without a lock.
//!
//! A sequence lock over atomics: the number is odd while the loop writes, and a reader that saw it change
//! reads again. Every access is atomic, so a torn frame is noticed and never undefined.

use crate::record::Stages;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};

/// How often a reader tries before it gives up until the next time.
const TRIES: usize = 64;

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
            std::thread::yield_now();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn stages(response_ns: u64) -> Stages {
        Stages { scheduled_ns: 10, write_ns: 10 + response_ns, ..Stages::default() }
    }

    #[test]
    fn the_worst_is_kept_and_a_better_one_changes_nothing() {
        let worst = Worst::new(2);
        assert_eq!(worst.read(), None);
        worst.keep(7, stages(100), (&[1.0, 2.0], &[0, 2]));
        worst.keep(8, stages(99), (&[3.0, 4.0], &[0, 0]));
        let frame = worst.read().unwrap();
        assert_eq!((frame.tick, frame.stages.write_ns), (7, 110));
        assert_eq!((frame.values, frame.qualities), (vec![1.0, 2.0], vec![0, 2]));
        worst.keep(9, stages(101), (&[5.0, 6.0], &[1, 1]));
        assert_eq!(worst.read().unwrap().tick, 9);
    }

    #[test]
    fn a_reader_never_sees_half_a_frame() {
        let worst = Arc::new(Worst::new(64));
        let writer = Arc::clone(&worst);
        let wrote = std::thread::spawn(move || {
            for i in 1..200_000u64 {
                let frame = [i as f64; 64];
                writer.keep(i, stages(i), (&frame, &[(i % 3) as u8; 64]));
            }
        });
        let mut read = 0u64;
        while !wrote.is_finished() {
            let Some(frame) = worst.read() else { continue };
            let tick = frame.tick;
            assert!(frame.values.iter().all(|x| *x == tick as f64));
            assert!(frame.qualities.iter().all(|q| u64::from(*q) == tick % 3));
            assert_eq!(frame.stages.write_ns - 10, tick);
            read += 1;
        }
        wrote.join().unwrap();
        assert_eq!(worst.read().unwrap().tick, 199_999);
        assert!(read > 0);
    }
}
