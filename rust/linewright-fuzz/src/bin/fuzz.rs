//! One target, named by `FUZZ_TARGET`, under libFuzzer.
#![no_main]
#![allow(clippy::panic)] // a wrong name

use std::sync::OnceLock;

use linewright_fuzz::{Target, named};

static TARGET: OnceLock<&Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        named(&name).unwrap_or_else(|| panic!("FUZZ_TARGET={name:?} is no target"))
    });
    (target.run)(data);
});
