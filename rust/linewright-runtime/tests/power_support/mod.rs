//! What writes to the disk, and has its power cut.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // a failed unwrap is a failed test

pub mod disk;
pub mod run;
