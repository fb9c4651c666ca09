//! A ledger whose power is cut.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

pub mod disk;
pub mod life;
pub mod look;
