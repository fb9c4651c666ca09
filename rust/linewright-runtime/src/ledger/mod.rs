//! The ledger: what was detected, decided and done, one row each, on disk before it is acknowledged.
//!
//! An SQLite file in WAL mode with `synchronous=FULL`: a row is durable when [`Ledger::commit`]
//! returns. One process writes ([`Ledger`], guarded by an OS lock on `<file>.lock` that dies with its
//! holder); any number read beside it ([`rows`], [`verify`]). Rows are chained by hash ([`chain`]),
//! so a changed, missing or exchanged row is found and named.
//!
//! Tables: `ledger(seq INTEGER PRIMARY KEY, tick, mono_ns, kind TEXT, station TEXT, body TEXT, hash
//! BLOB)`; `head(seq, hash)` with one row, the end of the chain, so that rows cut off at the end are
//! missed too; `retained(key, value)` for counters that must survive (lease tokens, epochs).
//! `tick` and `mono_ns` are 64 bit without sign, stored in SQLite's signed integers.
//!
//! Rows that [`Ledger::prune`] took out stand in `removed`, with the chain value that the next row goes
//! on from, and in a row of kind `retention`; a range in `<file>.pins` stays ([`pin`]).
//!
//! What the chain does not show: a write-ahead file whose tail was damaged after a crash reads as if
//! the tail had never been written; and who owns the disk can rewrite the whole chain. Ship the head
//! to another machine against the second.

pub mod chain;
mod checkpoint;
mod error;
mod pins;
mod read;
mod removed;
mod retention;
mod row;
mod schema;
mod store;
mod verify;

pub use error::LedgerError;
pub use pins::{MOST_PINS, Pin, PinError, pin, pins, unpin};
pub use read::{Filter, Rows, export_json_lines, hex, newest, removed, rows, starts};
pub use removed::Removed;
pub use retention::{Policy, Pruned, Stamp};
pub use row::{Kind, Row, StoredRow, UnknownKind};
pub use store::{Ledger, Options};
pub use verify::{Broken, Reason, Verified, VerifyError, verify};
