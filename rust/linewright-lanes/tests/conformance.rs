//! What lanes promise: each is to the bit its scalar kernel, for every exported kernel and every level
//! that this machine has.
//!
//! Made from `for_each_kernel!` with the example configs of the kernels' own suite: a kernel named there
//! enters by itself.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unused_imports)]

#[path = "../../linewright-kernel/tests/conformance/allocations.rs"]
mod allocations;
#[path = "../../linewright-kernel/tests/conformance/examples/mod.rs"]
mod examples;
#[path = "../../linewright-kernel/tests/conformance/signals.rs"]
mod signals;
#[path = "../../linewright-kernel/tests/conformance/vector.rs"]
mod vector;
