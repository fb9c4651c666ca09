//! A twin that is the plant of a live line is stepped by the loop thread, which allocates nothing.
#![allow(unsafe_code, clippy::unwrap_used)] // the counting allocator; a failed unwrap is a failed test

#[path = "../../linewright-kernel/tests/conformance/allocations.rs"]
mod allocations;

use linewright_twin::{Line, LineConfig};

const HZ: u64 = 30;

#[test]
fn a_warm_line_allocates_nothing() {
    let mut line = Line::new(&LineConfig::default(), 1, HZ as u32).unwrap();
    let mut row = vec![0.0; Line::sensors().len()];
    let mut seconds = |n: u64| (0..n * HZ).for_each(|_| line.step(&[f64::NAN; 2], &mut row));
    // The series of the truth are of a number a second: between 128 and 256 they do not grow.
    seconds(130);
    assert_eq!(allocations::during(|| seconds(120)), 0);
}
