//! The atomics of [`super::worst`]: the test of every order of their accesses puts loom's in place of std's,
//! and fewer tries.

pub use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
pub use std::thread::yield_now;

/// How often a reader tries before it gives up until the next time.
pub const TRIES: usize = 64;
