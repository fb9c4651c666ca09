//! S7 in every test run: examples, what the fuzzer has kept, and both with some bytes changed.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::path::Path;

use linewright_fuzz::{Target, named};

/// Seeded random numbers (SplitMix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Some bytes changed, taken out, put in, or a piece of another example in its place.
fn changed(random: &mut Random, pool: &[Vec<u8>]) -> Vec<u8> {
    let mut out = pool[random.below(pool.len())].clone();
    for _ in 0..=random.below(4) {
        let at = random.below(out.len() + 1);
        let end = (at + 1 + random.below(8)).min(out.len());
        match random.below(6) {
            0 => drop(out.drain(at.min(end)..end)),
            1 => out.insert(at, random.next() as u8),
            2 => {
                let other = &pool[random.below(pool.len())];
                let from = random.below(other.len());
                let to = (from + random.below(32)).min(other.len());
                out.splice(at.min(end)..end, other[from..to].iter().copied());
            }
            3 if at < out.len() => out[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            4 if at < out.len() => out[at] = b"0123456789-.e\"{}[],"[random.below(19)],
            _ if at < out.len() => out[at] ^= 1 << random.below(8),
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
