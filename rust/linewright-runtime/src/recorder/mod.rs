//! The record: everything that entered the loops, so that a run can be replayed bit for bit.
//!
//! An MCAP file without compression, readable by the usual viewers. One channel `cycles/<loop>` per
//! loop, one message per cycle (source slots, or all of them, their qualities, the executor's hash, and a
//! guard that finds a changed bit; bytes in `message.rs`); one channel `params` with the parameter changes,
//! one `keyframes` with what the executor remembers, one `gaps` that accounts for cycles left out, one
//! `signals/<loop>` in JSON for viewers; the plan, its hash and the provenance in the metadata record
//! `linewright`. At a keyframe a large file is sealed as `name.N.mcap` and the next begun. Of the wide blocks a driver
//! offers only what front ends made of them and loops read is recorded, as the input of a cycle that it is;
//! `not_recorded` in the metadata names the blocks. A chunk is closed every
//! second of the run or every MiB, so a killed process loses no more than that.

mod error;
mod files;
mod head;
mod message;
mod read;
mod view;
mod write;

pub use error::{Place, RecordError};
pub use head::{BUILD, Head, LoopSlots};
pub use message::Field;
pub use read::{Cycle, Item, RecordReader, Truncated, parts};
pub use write::{Options, Recorder};
