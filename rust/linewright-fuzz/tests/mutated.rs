//! S7 in every test run: examples, what the fuzzer has kept, and both with some bytes changed.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

#[path = "../../linewright-kernel/tests/random/mod.rs"]
mod random;

use std::path::Path;

use linewright_fuzz::{Target, named};
use random::Random;

fn below(random: &mut Random, n: usize) -> usize {
    random.below(n.max(1) as u64) as usize
}

/// Some bytes changed, taken out, put in, or a piece of another example in its place.
fn changed(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    let mut out = pool[below(random, pool.len())].clone();
    for _ in 0..=below(random, 4) {
        let at = below(random, out.len() + 1);
        let end = (at + 1 + below(random, 8)).min(out.len());
        match below(random, 6) {
            0 => drop(out.drain(at.min(end)..end)),
            1 => out.insert(at, random.next() as u8),
            2 => {
                let other = &pool[below(random, pool.len())];
                let from = below(random, other.len());
                let to = (from + below(random, 32)).min(other.len());
                out.splice(at.min(end)..end, other[from..to].iter().copied());
            }
            3 if at < out.len() => out[at] = [0, 1, 0x7f, 0x80, 0xff][below(random, 5)],
            4 if at < out.len() => out[at] = b"0123456789-.e\"{}[],"[below(random, 19)],
            _ if at < out.len() => out[at] ^= 1 << below(random, 8),
            _ => {}
        }
    }
    out
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target.name);
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn survives(name: &str, seed: u64, rounds: u32) {
    let target = named(name).unwrap();
    let mut pool = (target.examples)();
    pool.extend(seeds(target));
    assert!(!pool.is_empty());
    pool.iter().for_each(|data| (target.run)(data));
    let mut random = Random(seed);
    for _ in 0..rounds {
        (target.run)(&changed(&mut random, &pool));
    }
}

macro_rules! targets {
    ($($name:ident $test:ident $rounds:literal)*) => {
        $(#[test]
        fn $test() {
            survives(stringify!($name), 20_261_129, $rounds);
        })*

        #[test]
        fn every_target_has_its_test() {
            let named = [$(stringify!($name)),*];
            assert_eq!(linewright_fuzz::TARGETS.iter().map(|t| t.name).collect::<Vec<_>>(), named);
        }
    };
}

targets! {
    wire s7_changed_frames_are_refused_or_read 20_000
    commands s7_changed_commands_do_not_end_a_core 1_000
    plan s7_changed_plans_are_refused_or_run 2_000
    config s7_changed_settings_are_refused_or_start 1_000
    record s7_changed_records_are_refused_or_read 500
    ledger s7_changed_ledgers_are_refused_or_read 100
    black_box s7_changed_black_boxes_are_brought_or_left 100
    frames s7_changed_pictures_are_refused_or_read 500
}
