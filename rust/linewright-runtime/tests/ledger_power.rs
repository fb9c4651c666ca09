//! J4: a power cut. What was told as synced is there, the ledger opens without anybody's help, and its
//! numbers and its chain go on.
//!
//! A process writes a ledger while each step it makes on the disk is traced. Then the power is cut at any of
//! the steps, many times: the folder is rebuilt as the cut may have left it ([`power_support::disk`]), opened,
//! checked and written to ([`power_support::look`]).
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test

mod ledger_support;
mod power_support;

use std::path::{Path, PathBuf};
use std::process::Command;

use ledger_support::{Folder, Random, preload};
use power_support::disk::{Disk, Image, Lies, TOLD, Trace};
use power_support::life::{LEDGER, live};
use power_support::look::{Told, look};

const LIFE: &str = "LIFE_TO_TRACE";
const RUN: &str = "POWER_CUTS";
/// Exit code of a life that `KILLED_AFTER` ended.
const KILLED: i32 = 9;

/// Not a test by itself: the process whose disk is traced.
#[test]
#[ignore = "started by another test as a process of its own"]
fn life_to_trace() {
    let Ok(seed) = std::env::var(LIFE) else { return };
    let folder = PathBuf::from(std::env::var_os("TRACED_FOLDER").unwrap());
    live(&folder, seed.parse().unwrap());
}

/// One run, and what came of it.
#[derive(Debug)]
struct Run {
    folder: PathBuf,
    random: Random,
    lies: Lies,
    /// Cuts in each trace.
    each: usize,
    cuts: u64,
    steps: usize,
    /// Cuts with something unsynced in the write-ahead file, in the ledger, among the names.
    in_wal: u64,
    in_ledger: u64,
    in_names: u64,
    /// Cuts with nothing told to the world.
    untold: u64,
    faults: Vec<String>,
}

impl Run {
    fn new(folder: &Path, seed: u64, each: usize, lies: Lies) -> Self {
        Self {
            folder: folder.to_path_buf(),
            random: Random(seed),
            lies,
            each,
            cuts: 0,
            steps: 0,
            in_wal: 0,
            in_ledger: 0,
            in_names: 0,
            untold: 0,
            faults: Vec::new(),
        }
    }

    /// Every fourth trace is of a ledger that is made, the others go on from what a cut has left.
    fn traces(&mut self, count: u64) {
        let live = self.folder.join("live");
        let mut told = Told::default();
        for i in 0..count {
            if i % 4 == 0 || !live.exists() {
                told = Told::default();
                let _ = std::fs::remove_dir_all(&live);
                std::fs::create_dir_all(&live).unwrap();
            }
            self.one_trace(i, &live, &mut told);
        }
    }

    /// Two lives in a row: the second finds what the first, killed at any step or before a sync, has left in the
    /// memory of the system.
    fn lives(&mut self, i: u64, live: &Path) -> Trace {
        let trace = self.folder.join("trace");
        let _ = std::fs::remove_file(&trace);
        let (steps, syncs) = (16 << self.random.below(9), 4 << self.random.below(5));
        let (steps, syncs) = (steps + self.random.below(steps), syncs + self.random.below(syncs));
        let killed =
            if self.random.below(2) == 0 { format!("{steps}") } else { format!("-{syncs}") };
        // Each kind of life in turn, the second one short.
        for (kind, killed_after) in [(i % 3, killed.as_str()), (0, "0")] {
            let seed = self.random.next() / 3 * 3 + kind;
            let ran = Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", "life_to_trace", "--nocapture"])
                .envs([("TRACED_FOLDER", live), ("TRACE", &trace)])
                .env("KILLED_AFTER", killed_after)
                .env(LIFE, seed.to_string())
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&ran.stderr);
            assert!(matches!(ran.status.code(), Some(0 | KILLED)), "{:?}: {text}", ran.status);
        }
        Trace::read(&trace)
    }

    fn one_trace(&mut self, i: u64, live: &Path, told: &mut Told) {
        let mut disk = Disk::of(live, self.lies);
        let trace = self.lives(i, live);
        self.steps += trace.len();
        let at = trace.draw(self.each, &mut self.random);
        let (mut at, mut next) = (at.into_iter().peekable(), None);
        let goes_on = self.random.below(self.each as u64) as usize;
        for step in 0..trace.len() {
            if let Some(text) = disk.step(&trace, step) {
                told.hear(text);
            }
            while at.next_if_eq(&step).is_some() {
                let end = self.one_cut(&disk, &trace, told);
                match end {
                    Ok(end) if next.is_none() && at.len() <= goes_on => {
                        let kept = self.folder.join("next");
                        std::fs::rename(self.folder.join("after"), kept).unwrap();
                        next = Some(Told { synced: end, pins: told.pins.clone() });
                    }
                    Ok(_) => {}
                    Err(e) => self.faults.push(format!("trace {i}, step {step}: {e}")),
                }
            }
        }
        assert_eq!(stored(disk.whole(&trace)), stored(read(live)), "a step was not traced");
        std::fs::remove_dir_all(live).unwrap();
        if let Some(next) = next {
            *told = next;
            std::fs::rename(self.folder.join("next"), live).unwrap();
        }
    }

    /// Cuts the power now, starts again, and gives the last row written then.
    fn one_cut(&mut self, disk: &Disk, trace: &Trace, told: &Told) -> Result<u64, String> {
        self.cuts += 1;
        self.in_wal += u64::from(disk.unsynced("-wal"));
        self.in_ledger += u64::from(disk.unsynced(LEDGER));
        self.in_names += u64::from(disk.names_unsynced());
        self.untold += u64::from(told.synced == 0);
        let image = disk.cut(trace, &mut self.random);
        let after = self.folder.join("after");
        write_out(&image, &after, &mut self.random);
        look(&after, told, &mut self.random).inspect_err(|_| self.keep(&image))
    }

    /// For whoever looks into the fault.
    fn keep(&mut self, image: &Image) {
        if self.lies.is_honest() {
            let name = format!("power-cut-{}-{}", std::process::id(), self.faults.len());
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            write_out(image, &kept, &mut self.random);
            println!("{}", kept.display());
        }
    }
}

fn write_out(image: &Image, folder: &Path, random: &mut Random) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    for (name, bytes) in image {
        let path = folder.join(name);
        if !name.ends_with("-shm") {
            std::fs::write(path, bytes).unwrap();
        } else if random.below(2) == 0 {
            // Written through memory and never synced: anything, if it is there at all.
            let any: Vec<u8> = (0..4096).flat_map(|_| random.next().to_le_bytes()).collect();
            std::fs::write(path, any).unwrap();
        }
    }
}

fn read(folder: &Path) -> Image {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let file = |entry: std::fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

/// Without what is written through memory, and what is no part of the disk; lengths and hashes.
fn stored(image: Image) -> Vec<(String, usize, u64)> {
    use xxhash_rust::xxh3::xxh3_64;
    let files = image.into_iter().filter(|(name, _)| !name.ends_with("-shm") && name != TOLD);
    files.map(|(name, bytes)| (name, bytes.len(), xxh3_64(&bytes))).collect()
}

/// Not a test by itself: here syncs cost nothing, because the disk library is loaded.
#[test]
#[ignore = "started by another test as a process of its own"]
fn cuts_without_syncs() {
    let Ok(words) = std::env::var(RUN) else { return };
    let words: Vec<u64> = words.split(' ').map(|word| word.parse().unwrap()).collect();
    let [seed, traces, each, lies] = words[..] else { return };
    let folder = PathBuf::from(std::env::var_os("TMPDIR").unwrap());
    let mut run = Run::new(&folder, seed, each as usize, Lies::ALL[lies as usize]);
    run.traces(traces);
    let (faults, cuts) = (std::mem::take(&mut run.faults), run.cuts);
    println!("{run:?}\n{} of {cuts} cuts lost something", faults.len());
    if run.lies.is_honest() {
        assert!(faults.is_empty(), "{faults:#?}");
        let weak = [run.in_wal, run.in_ledger, run.in_names, run.untold, cuts - run.untold];
        assert!(weak.iter().all(|n| *n * 50 > cuts), "too few of a kind: {run:?}");
    } else {
        println!("{}", faults.join("\n"));
        assert!(!faults.is_empty(), "nobody noticed");
    }
}

fn power_cuts(seed: u64, traces: u64, each: u64, lies: usize) {
    let folder = Folder::new("power");
    let library = preload(&folder, "traced_disk.c");
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "cuts_without_syncs", "--nocapture"])
        .env(RUN, format!("{seed} {traces} {each} {lies}"))
        .env("TMPDIR", folder.file(""))
        .env("LD_PRELOAD", library)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    println!("{text}");
    assert!(ran.status.success(), "{text}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(text.contains("cuts lost something"), "nothing ran: {text}");
}

#[test]
fn j4_power_cuts_lose_nothing_that_was_told_as_synced() {
    power_cuts(1, 12, 40, 0);
}

#[test]
fn j4_a_disk_that_lies_about_its_syncs_is_found_out() {
    for lies in 1..Lies::ALL.len() {
        power_cuts(2, 3, 20, lies);
    }
}

#[test]
#[ignore = "soak: 5,000 power cuts"]
fn j4_five_thousand_power_cuts() {
    power_cuts(3, 100, 50, 0);
}
