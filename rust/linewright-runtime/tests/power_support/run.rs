//! Power cuts at any step of processes that write, are killed and start again.
//!
//! A process writes while each step it makes on the disk is traced. Then the power is cut at any of the steps,
//! many times: the folder is rebuilt as the cut may have left it ([`super::disk`]) and handed to who knows what
//! must be in it ([`Subject::look`]).

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::disk::{Disk, Image, Lies, TOLD, Trace, read, write};
use crate::ledger_support::{Folder, Random, preload};

const LIFE: &str = "LIFE_TO_TRACE";
const RUN: &str = "POWER_CUTS";
/// Exit code of a life that `KILLED_AFTER` ended.
const KILLED: i32 = 9;
/// Where a process puts its files; it makes the folder.
pub const PLACE: &str = "run";

/// What is written.
pub trait Subject: Default {
    /// What was told to the world.
    type Told: Clone + Default + PartialEq;
    /// Ends of the names of its files.
    const FILES: &'static [&'static str];
    /// What its disk lies about: nothing first.
    const DISKS: &'static [Lies];

    /// A process: makes `folder` if need be, writes there, tells, and dies at the end. `seed % 3` says what kind.
    fn live(folder: &Path, told: &mut Teller, seed: u64);
    /// What a line of [`Teller`] means.
    fn hear(told: &mut Self::Told, line: &str);
    /// Starts with what a cut has left in `folder`, as a core would; looks for all that was told, and goes on.
    /// Gives what may be told then.
    fn look(
        &mut self,
        folder: &Path,
        cut: &Cut<'_>,
        told: &Self::Told,
        random: &mut Random,
    ) -> Result<Self::Told, String>;
}

/// Tells the world.
#[derive(Debug)]
pub struct Teller(File);

impl Teller {
    /// In one write: from then on the world knows.
    pub fn tell(&mut self, lines: &str) {
        self.0.write_all(format!("{lines}\n").as_bytes()).unwrap();
    }
}

/// A moment at which the power is cut.
pub struct Cut<'a> {
    disk: &'a Disk,
    trace: &'a Trace,
    /// For whatever `look` wants to write.
    pub scratch: PathBuf,
}

impl Cut<'_> {
    /// What the process saw then.
    pub fn seen(&self) -> Image {
        self.disk.whole(self.trace)
    }
}

/// One run, and what came of it.
struct Run<S> {
    subject: S,
    folder: PathBuf,
    random: Random,
    lies: Lies,
    /// Cuts in each trace.
    each: usize,
    cuts: u64,
    steps: usize,
    /// Cuts with something unsynced in each kind of file, and among the names.
    unsynced: Vec<u64>,
    in_names: u64,
    /// Cuts with nothing told to the world.
    untold: u64,
    faults: Vec<String>,
}

impl<S: Subject> Run<S> {
    fn new(folder: &Path, seed: u64, each: usize, lies: Lies) -> Self {
        Self {
            subject: S::default(),
            folder: folder.to_path_buf(),
            random: Random(seed),
            lies,
            each,
            cuts: 0,
            steps: 0,
            unsynced: vec![0; S::FILES.len()],
            in_names: 0,
            untold: 0,
            faults: Vec::new(),
        }
    }

    /// Every fourth trace begins with nothing, on a disk that lies each; the others go on from what a cut has left.
    fn traces(&mut self, count: u64) {
        let live = self.folder.join("live");
        let mut told = S::Told::default();
        for i in 0..count {
            if i % 4 == 0 || !self.lies.is_honest() || !live.exists() {
                told = S::Told::default();
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
        let (steps, syncs) = (1 << self.random.below(13), 1 << self.random.below(7));
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

    fn one_trace(&mut self, i: u64, live: &Path, told: &mut S::Told) {
        let mut disk = Disk::of(live, self.lies);
        let trace = self.lives(i, live);
        self.steps += trace.len();
        let at = trace.draw(self.each, &mut self.random);
        let (mut at, mut next) = (at.into_iter().peekable(), None);
        let goes_on = self.random.below(self.each as u64) as usize;
        for step in 0..trace.len() {
            for line in disk.step(&trace, step).into_iter().flat_map(str::lines) {
                S::hear(told, line);
            }
            while at.next_if_eq(&step).is_some() {
                let end = self.one_cut(&disk, &trace, told);
                match end {
                    Ok(end) if next.is_none() && at.len() <= goes_on => {
                        let kept = self.folder.join("next");
                        std::fs::rename(self.folder.join("after"), kept).unwrap();
                        next = Some(end);
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

    /// Cuts the power now, starts again, and gives what may be told then.
    fn one_cut(&mut self, disk: &Disk, trace: &Trace, told: &S::Told) -> Result<S::Told, String> {
        self.cuts += 1;
        for (count, end) in self.unsynced.iter_mut().zip(S::FILES) {
            *count += u64::from(disk.unsynced(end));
        }
        self.in_names += u64::from(disk.names_unsynced());
        self.untold += u64::from(*told == S::Told::default());
        let mut image = disk.cut(trace, &mut self.random);
        spoil_shared_memory(&mut image, &mut self.random);
        let after = self.folder.join("after");
        write(&image, &after);
        let cut = Cut { disk, trace, scratch: self.folder.join("scratch") };
        let looked = self.subject.look(&after.join(PLACE), &cut, told, &mut self.random);
        looked.inspect_err(|_| self.keep(&image))
    }

    /// For whoever looks into the fault.
    fn keep(&self, image: &Image) {
        if self.lies.is_honest() {
            let name = format!("power-cut-{}-{}", std::process::id(), self.faults.len());
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            write(image, &kept);
            println!("{}", kept.display());
        }
    }
}

/// Written through memory and never synced: anything, if it is there at all.
fn spoil_shared_memory(image: &mut Image, random: &mut Random) {
    image.retain(|name, _| !name.ends_with("-shm") || random.below(2) == 0);
    for (_, bytes) in image.iter_mut().filter(|(name, _)| name.ends_with("-shm")) {
        *bytes = (0..4096).flat_map(|_| random.next().to_le_bytes()).collect();
    }
}

/// Without what is written through memory, and what is no part of the disk; lengths and hashes.
fn stored(image: Image) -> Vec<(String, usize, u64)> {
    use xxhash_rust::xxh3::xxh3_64;
    let files = image.into_iter().filter(|(name, _)| !name.ends_with("-shm") && name != TOLD);
    files.map(|(name, bytes)| (name, bytes.len(), xxh3_64(&bytes))).collect()
}

/// The process whose disk is traced; does nothing where it was not started as that.
pub fn life<S: Subject>() {
    let Ok(seed) = std::env::var(LIFE) else { return };
    let folder = PathBuf::from(std::env::var_os("TRACED_FOLDER").unwrap());
    let told = OpenOptions::new().create(true).append(true).open(folder.join(TOLD)).unwrap();
    S::live(&folder.join(PLACE), &mut Teller(told), seed.parse().unwrap());
    std::process::exit(0);
}

/// The process that cuts, in which syncs cost nothing because the disk library is loaded; does nothing where it
/// was not started as that.
pub fn cuts<S: Subject>() {
    let Ok(words) = std::env::var(RUN) else { return };
    let words: Vec<u64> = words.split(' ').map(|word| word.parse().unwrap()).collect();
    let [seed, traces, each, lies] = words[..] else { return };
    let folder = PathBuf::from(std::env::var_os("TMPDIR").unwrap());
    let mut run = Run::<S>::new(&folder, seed, each as usize, S::DISKS[lies as usize]);
    run.traces(traces);
    let (faults, cuts) = (std::mem::take(&mut run.faults), run.cuts);
    let (steps, unsynced) = (run.steps, S::FILES.iter().zip(&run.unsynced).collect::<Vec<_>>());
    let counts = format!("{steps} steps, unsynced {unsynced:?}, {} of names", run.in_names);
    println!(
        "{counts}, nothing told {}\n{} of {cuts} cuts lost something",
        run.untold,
        faults.len()
    );
    if run.lies.is_honest() {
        assert!(faults.is_empty(), "{faults:#?}");
        let mut weak = vec![run.in_names, run.untold, cuts - run.untold];
        weak.extend(&run.unsynced);
        assert!(weak.iter().all(|n| *n * 50 > cuts), "too few of a kind: {counts}");
    } else {
        println!("{}", faults.join("\n"));
        assert!(!faults.is_empty(), "nobody noticed");
    }
}

/// Starts [`cuts`] with the disk library: so many cuts in each of so many traces, on a disk of
/// [`Subject::DISKS`].
pub fn power_cuts(seed: u64, traces: u64, each: u64, disk: usize) {
    let (folder, built) = (Folder::in_memory("power"), Folder::new("power"));
    let library = preload(&built, "traced_disk.c");
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "cuts_without_syncs", "--nocapture"])
        .env(RUN, format!("{seed} {traces} {each} {disk}"))
        .env("TMPDIR", folder.file(""))
        .env("LD_PRELOAD", library)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    println!("{text}");
    assert!(ran.status.success(), "{text}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(text.contains("cuts lost something"), "nothing ran: {text}");
}
