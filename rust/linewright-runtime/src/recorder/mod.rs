//! The record: everything that entered the loops, so that a run can be replayed bit for bit.
//!
//! An MCAP file without compression, readable by the usual viewers. One channel `cycles/<loop>` per
//! loop, one message per cycle (source slots, their qualities, the executor's hash, and a guard that
//! finds a changed bit; bytes in `message.rs`); one channel `params` with the parameter changes; the
//! plan, its hash and the provenance in the metadata record `linewright`. Of the wide blocks a driver
//! offers only what front ends made of them and loops read is recorded, as the input of a cycle that it is;
//! `not_recorded` in the metadata names the blocks. A chunk is closed every
//! second of the run or every MiB, so a killed process loses no more than that.

mod error;
mod head;
mod message;
mod read;
mod write;

pub use error::{Place, RecordError};
pub use head::{BUILD, Head, LoopSlots};
pub use message::Field;
pub use read::{Cycle, Item, RecordReader, Truncated};
pub use write::Recorder;
