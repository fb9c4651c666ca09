//! Any config of any kernel: it is refused, or finite input gives finite output.
#![no_main]

use linewright_kernel_fuzz::kernels::{Start, run};

libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data, Start::New));
