//! One run of any kernel, made from the lists of exported kernels.

use linewright_kernel::{
    Design, Kernel, Ports, Running, RunningVector, VectorDesign, for_each_kernel,
    for_each_vector_kernel,
};
use serde::de::DeserializeOwned;
use std::fmt::Debug;

use crate::bytes::Bytes;

/// Samples of one run.
const SAMPLES: usize = 40;

/// What a run begins with.
#[derive(Clone, Copy, PartialEq)]
pub enum Start {
    /// Nothing seen: finite input must give finite output.
    New,
    /// A state of any bytes: nothing may panic.
    AnyState,
}

/// Where the samples come from: walks, steps, edges.
fn sample(bytes: &mut Bytes<'_>, before: f64) -> f64 {
    match bytes.byte() {
        b @ 0..=99 => before + f64::from(b) / 50.0 - 1.0,
        b @ 100..=149 => f64::from(b - 100),
        _ => bytes.number(),
    }
}

fn state(bytes: &mut Bytes<'_>, len: usize) -> Vec<u8> {
    (0..len).map(|_| bytes.byte()).collect()
}

fn scalar<D: Design + DeserializeOwned + Debug>(bytes: &mut Bytes<'_>, start: Start) {
    let Some(config) = bytes.config::<D>() else { return };
    let period_s = bytes.number();
    let Ok(kernel) = config.design(period_s) else { return };
    // A config that asks for a lot of memory is a good one, but slow to try.
    if kernel.memory_len() > 100_000 {
        return;
    }
    let mut running = Running::new(kernel, vec![0.0; kernel.memory_len()].into_boxed_slice());
    if start == Start::AnyState {
        let saved = state(bytes, running.state_len());
        assert!(running.restore(&saved));
    }
    let mut values = [0.0; 8];
    let mut good = false;
    for _ in 0..SAMPLES {
        for value in values.iter_mut().take(<D::Kernel as Kernel>::Input::LEN) {
            *value = sample(bytes, if value.is_finite() { *value } else { 0.0 });
        }
        let used = &values[..<D::Kernel as Kernel>::Input::LEN];
        good |= used.iter().all(|x| x.abs() <= 1e300);
        let out = running.update(Ports::gather(|i| values[i]));
        let holds = start == Start::AnyState || !good || out.is_finite();
        assert!(holds, "no number from {config:?} at {period_s:e} s for {used:?}");
    }
}

fn vector<D: VectorDesign + DeserializeOwned + Debug>(bytes: &mut Bytes<'_>, start: Start) {
    let Some(config) = bytes.config::<D>() else { return };
    let period_s = bytes.number();
    let Ok(kernel) = config.design(period_s) else { return };
    let mut running = RunningVector::new::<D>(kernel);
    if start == Start::AnyState {
        let saved = state(bytes, running.state_len());
        assert!(running.restore(&saved));
    }
    let mut values = vec![0.0; running.inputs()];
    let mut good = false;
    for _ in 0..SAMPLES {
        for value in &mut values {
            *value = sample(bytes, if value.is_finite() { *value } else { 0.0 });
        }
        good |= values.iter().all(|x| x.abs() <= 1e300);
        let finite = running.update(&values).iter().all(|y| y.is_finite());
        let holds = start == Start::AnyState || !good || finite;
        assert!(holds, "no number from {config:?} at {period_s:e} s for {values:?}");
    }
}

type Run = fn(&mut Bytes<'_>, Start);

macro_rules! scalar_runs {
    ($($name:ident)*) => { const SCALAR: &[Run] = &[$(scalar::<linewright_kernel::$name>),*]; };
}
macro_rules! vector_runs {
    ($($name:ident)*) => { const VECTOR: &[Run] = &[$(vector::<linewright_kernel::$name>),*]; };
}
for_each_kernel!(scalar_runs);
for_each_vector_kernel!(vector_runs);

/// Runs the kernel that the first byte names.
pub fn run(data: &[u8], start: Start) {
    let mut bytes = Bytes(data);
    let which = usize::from(bytes.byte()) % (SCALAR.len() + VECTOR.len());
    let run = SCALAR.iter().chain(VECTOR).nth(which);
    if let Some(run) = run {
        run(&mut bytes, start);
    }
}
