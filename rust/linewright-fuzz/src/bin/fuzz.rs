//! One target, named by `FUZZ_TARGET`, under libFuzzer; without one the targets are listed. With `FUZZ_EXAMPLES` good examples
//! of each are written into that folder instead, a folder each.
#![no_main]
#![allow(clippy::unwrap_used)] // a tool

use std::path::Path;
use std::sync::OnceLock;

use linewright_fuzz::{Target, named, targets};

static TARGET: OnceLock<&Target> = OnceLock::new();

fn begin() {
    if let Some(folder) = std::env::var_os("FUZZ_EXAMPLES") {
        for target in targets() {
            let folder = Path::new(&folder).join(target.name);
            std::fs::create_dir_all(&folder).unwrap();
            for (i, example) in (target.examples)().into_iter().enumerate() {
                std::fs::write(folder.join(format!("example-{i}")), example).unwrap();
            }
        }
        std::process::exit(0);
    }
    let Some(target) = std::env::var("FUZZ_TARGET").ok().and_then(|name| named(&name)) else {
        targets().for_each(|target| println!("{}", target.name));
        std::process::exit(0);
    };
    TARGET.get_or_init(|| target);
}

libfuzzer_sys::fuzz_target!(
    init: begin(),
    |data: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(data);
        }
    }
);
