//! Every type that crosses a process: envelope, messages, limits, codec.
//!
//! A frame is a fixed header of [`HEADER_BYTES`] bytes, little endian, and a msgpack map. `docs/wire.md` describes it byte by
//! byte, so that a program with ZeroMQ and msgpack alone can speak it. Nothing here reads a clock, a socket or a file.
//!
//! ```
//! use linewright_wire::{decode, encode, Message, Stamp, StepDone};
//! let stamp = Stamp { sender: 7, epoch: 1, seq: 42, based_on_tick: 300, not_after_tick: 330, ..Stamp::default() };
//! let frame = encode(&stamp, &Message::StepDone(StepDone { tick: 300 }))?;
//! let (header, message) = decode(&frame)?;
//! assert_eq!(header.stamp, stamp);
//! assert_eq!(message, Message::StepDone(StepDone { tick: 300 }));
//! # Ok::<(), linewright_wire::WireError>(())
//! ```
#![forbid(unsafe_code)]

mod batch;
mod codec;
mod error;
mod header;
mod limits;
mod message;
mod part;
mod value;

pub use batch::{Frames, batch, batches};
pub use codec::{check_payload, decode, encode, open, seal};
pub use error::WireError;
pub use header::{HEADER_BYTES, Header, Kind, MAGIC, Quality, Stamp, VERSION, peek};
pub use limits::{
    MAX_CONTROL_BYTES, MAX_CORE_BYTES, MAX_DATA_BYTES, MAX_DEPTH, MAX_ELEMENTS, MAX_LINK_BYTES,
    MAX_NUMBERS, MAX_STRING_BYTES, check_limits,
};
pub use message::{
    Ack, AckStatus, Action, ActuatorState, Certificate, Command, Event, Fetch, Hello, MapPoint,
    Message, Mode, Page, Priority, Progress, Publish, RecordKind, Rights, RightsRequest, Sample,
    Snapshot, SnapshotRequest, State, Status, StatusRequest, Step, StepDone,
};
pub use part::{MAX_PART_BYTES, Part, frames, parts};
pub use value::Value;
