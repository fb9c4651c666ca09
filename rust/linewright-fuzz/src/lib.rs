//! What comes from outside, fed with any bytes: one function for each kind of it. libFuzzer drives them (`run.sh`), and every
//! test run feeds them changed examples (`tests/mutated.rs`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a panic is what is looked for

#[cfg(feature = "libfuzzer")]
mod bytes;
#[cfg(feature = "libfuzzer")]
mod kernels;

mod black_box;
mod commands;
mod config;
#[path = "../../linewright-runtime/tests/folder/mod.rs"]
mod folder;
mod frames;
mod ledger;
mod line;
mod plan;
mod record;
mod steps;
mod wire;

/// A kind of thing that comes from outside.
#[derive(Debug)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Takes any bytes; a panic is a fault of what is under test.
    pub run: fn(&[u8]),
    /// Good ones, to begin from.
    pub examples: fn() -> Vec<Vec<u8>>,
}

/// What every test run tries.
pub const TARGETS: &[Target] = &[
    Target { name: "wire", run: wire::run, examples: wire::examples },
    Target { name: "commands", run: commands::run, examples: commands::examples },
    Target { name: "plan", run: plan::run, examples: plan::examples },
    Target { name: "config", run: config::run, examples: config::examples },
    Target { name: "record", run: record::run, examples: record::examples },
    Target { name: "ledger", run: ledger::run, examples: ledger::examples },
    Target { name: "black_box", run: black_box::run, examples: black_box::examples },
    Target { name: "frames", run: frames::run, examples: frames::examples },
];

/// Kernels have their own tests; here they are for the fuzzer alone.
#[cfg(feature = "libfuzzer")]
const KERNELS: &[Target] = &[
    Target {
        name: "constructors",
        run: |data| kernels::run(data, kernels::Start::New),
        examples: Vec::new,
    },
    Target {
        name: "states",
        run: |data| kernels::run(data, kernels::Start::AnyState),
        examples: Vec::new,
    },
];

#[cfg(not(feature = "libfuzzer"))]
const KERNELS: &[Target] = &[];

/// All there are.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().chain(KERNELS)
}

/// The one of this name.
pub fn named(name: &str) -> Option<&'static Target> {
    targets().find(|target| target.name == name)
}
