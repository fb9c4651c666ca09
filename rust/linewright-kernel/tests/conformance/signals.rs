//! Input that a plant never gives and an input that one does.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Cases per promise and config.
const CASES: u32 = 48;

/// Any finite value a kernel takes: plain ones, small whole ones (boxes, counts, flags), extremes.
pub fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -100.0..100.0,
        4 => (-2_i32..12).prop_map(f64::from),
        1 => prop::sample::select(vec![
            0.0, -0.0, 1e300, -1e300, 1e150, -1e-150, f64::MIN_POSITIVE, 5e-324, -5e-324, 1e17,
        ]),
    ]
}

/// A sample of every port.
pub type Sample = Vec<f64>;

/// Samples for `ports` ports: independent values, or walks (positions, counts, drifting readings).
pub fn signal(ports: usize) -> impl Strategy<Value = Vec<Sample>> {
    let free = prop::collection::vec(prop::collection::vec(value(), ports), 1..150);
    let steps = prop::collection::vec(prop::collection::vec(-0.5..1.5, ports), 1..150);
    let walks = steps.prop_map(move |mut samples: Vec<Sample>| {
        let mut sums = vec![0.0; ports];
        for sample in &mut samples {
            for (sum, step) in sums.iter_mut().zip(sample) {
                *sum += *step;
                *step = *sum;
            }
        }
        samples
    });
    prop_oneof![free, walks]
}

/// A sample with at least one port that is no number, or too large for one.
pub fn bad_sample(ports: usize) -> impl Strategy<Value = Sample> {
    let bad = prop::sample::select(vec![
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        -1.1e300,
        -f64::NAN,
    ]);
    (prop::collection::vec(value(), ports), 0..ports, bad).prop_map(|(mut sample, at, bad)| {
        sample[at] = bad;
        sample
    })
}

/// Runs `check` over the strategy, the same cases every time.
pub fn for_all<S: Strategy>(strategy: S, check: impl Fn(S::Value)) {
    cases(&strategy, &check);
}

/// Compiled once for each strategy, not once more for each kernel and promise.
fn cases<S: Strategy>(strategy: &S, check: &dyn Fn(S::Value)) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let outcome = TestRunner::new_with_rng(config, rng).run(strategy, |value| {
        check(value);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
#[should_panic(expected = "not below 50")]
fn a_case_that_fails_is_told() {
    for_all(0..100_u32, |x| assert!(x < 50, "not below 50"));
}
