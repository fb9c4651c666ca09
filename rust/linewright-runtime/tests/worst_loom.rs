//! R5: the frame of the worst cycle under loom: a reader sees whole frames alone, in every order of the
//! accesses, with every older value a relaxed load may give, up to a number of preemptions.
//!
//! `cargo test -p linewright-runtime --features loom --test worst_loom`
#![cfg(feature = "loom")]
#![allow(clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

/// What `executive/worst.rs` finds around it.
mod record {
    pub use linewright_runtime::record::Stages;
}
#[path = "../src/executive"]
mod executive {
    pub mod atomics {
        pub use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
        pub use loom::thread::yield_now;
        pub const TRIES: usize = 2;
    }
    pub mod worst;
}

use executive::worst::{Worst, WorstFrame};
use loom::sync::Arc;
use loom::thread;
use record::Stages;

/// Keeps cycle `n`, the one whose every number says `n`.
fn keep(worst: &Worst, n: u64) {
    let at = Stages { scheduled_ns: n, wake_ns: n, read_ns: n, execute_ns: n, write_ns: 2 * n };
    worst.keep(n, at, (&[n as f64], &[n as u8]));
}

/// The cycle of a frame, all of whose numbers must be of it.
fn whole(frame: &WorstFrame) -> u64 {
    let (n, at) = (frame.tick, frame.stages);
    let of = [at.scheduled_ns, at.wake_ns, at.read_ns, at.execute_ns, at.write_ns / 2];
    assert_eq!(of, [n; 5], "{frame:?}");
    assert_eq!((&frame.values[..], &frame.qualities[..]), (&[n as f64][..], &[n as u8][..]));
    n
}

/// `keeps` worse and worse cycles beside readers; each order with at most so many preemptions.
fn model(keeps: u64, readers: usize, preemptions: usize) {
    let mut of = loom::model::Builder::new();
    of.preemption_bound = Some(preemptions);
    of.max_branches = 10_000;
    of.check(move || {
        let worst = Arc::new(Worst::new(1));
        let readers: Vec<_> = (0..readers)
            .map(|_| {
                let worst = Arc::clone(&worst);
                // A look before the first cycle, or that gives up while the loop writes, says nothing.
                thread::spawn(move || assert!(worst.read().map_or(0, |f| whole(&f)) <= keeps))
            })
            .collect();
        (1..=keeps).for_each(|n| keep(&worst, n));
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(whole(&worst.read().unwrap()), keeps, "nobody writes any more");
    });
}

#[test]
fn r5_a_cycle_and_a_reader() {
    model(1, 1, 3);
}

#[test]
#[ignore = "soak: three threads, and a frame that is written anew while it is read"]
fn r5_two_cycles_and_two_readers() {
    model(2, 1, 1);
    model(1, 2, 1);
}
