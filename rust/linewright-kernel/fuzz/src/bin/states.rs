//! Any bytes as the state of any kernel: nothing panics.
#![no_main]

use linewright_kernel_fuzz::kernels::{Start, run};

libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data, Start::AnyState));
