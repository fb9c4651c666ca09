//! The disk under a traced process (`ledger_support/traced_disk.c`), and what of it a power cut leaves.
//!
//! What was synced before the cut is there. Of what came later each write is there, is not, or is torn at
//! sectors of 512 bytes, in any combination and not in order; a length may have come through without its
//! bytes; a name made, renamed or removed counts once its folder was synced, and may count before. What of a
//! sector was not written stays as it was, as SQLite takes for granted ("powersafe overwrite").

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::ledger_support::Random;

const SECTOR: usize = 512;
/// What is written to the file of this name is no part of the disk, but what was told to the world then.
pub const TOLD: &str = "told";

/// Files of the folder by name.
pub type Image = BTreeMap<String, Vec<u8>>;

enum Step {
    Made {
        file: u64,
        name: String,
    },
    Wrote {
        file: u64,
        at: usize,
        bytes: Range<usize>,
    },
    Length {
        file: u64,
        bytes: usize,
    },
    Synced {
        file: u64,
    },
    FolderSynced,
    Renamed {
        from: String,
        to: String,
    },
    Removed {
        name: String,
    },
    /// A process began.
    Begun,
}

/// What a process did to the folder, in order.
pub struct Trace {
    text: Vec<u8>,
    steps: Vec<Step>,
}

impl Trace {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read(path).unwrap();
        let (mut steps, mut next) = (Vec::new(), 0);
        while next < text.len() {
            let number = |i: usize| {
                let from = next + 1 + 8 * i;
                u64::from_le_bytes(text[from..from + 8].try_into().unwrap())
            };
            let (file, at) = (number(0), number(1) as usize);
            let bytes = next + 25..next + 25 + number(2) as usize;
            let name = || String::from_utf8_lossy(&text[bytes.clone()]).into_owned();
            steps.push(match text[next] {
                b'C' => Step::Made { file, name: name() },
                b'W' => Step::Wrote { file, at, bytes: bytes.clone() },
                b'T' => Step::Length { file, bytes: at },
                b'S' => Step::Synced { file },
                b'D' => Step::FolderSynced,
                b'L' => Step::Begun,
                b'U' => Step::Removed { name: name() },
                b'R' => {
                    let both = name();
                    let (from, to) = both.split_once('\0').unwrap();
                    Step::Renamed { from: from.to_owned(), to: to.to_owned() }
                }
                other => panic!("step {other} at byte {next}"),
            });
            next = bytes.end;
        }
        Self { text, steps }
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Steps at which the power is cut, in order: any, and each other one soon after a process began, where
    /// files are made and found.
    pub fn draw(&self, count: usize, random: &mut Random) -> Vec<usize> {
        let begun = |i: &usize| matches!(self.steps[*i], Step::Begun);
        let begun: Vec<usize> = (0..self.len()).filter(begun).collect();
        let mut at: Vec<usize> = (0..count)
            .map(|i| {
                let any = random.below(self.len() as u64) as usize;
                let start = begun[any % begun.len()] + random.below(50) as usize;
                if i % 2 == 0 { any } else { start.min(self.len() - 1) }
            })
            .collect();
        at.sort_unstable();
        at
    }
}

/// Syncs that the disk acknowledges and does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    None,
    /// Those of files with this end of their names.
    Of(&'static str),
    OfFolder,
}

impl Lies {
    pub const ALL: [Self; 5] =
        [Self::None, Self::Of("-wal"), Self::Of(".ledger"), Self::Of(".pins.part"), Self::OfFolder];

    pub fn is_honest(self) -> bool {
        self == Self::None
    }
}

#[derive(Clone)]
struct File {
    name: String,
    synced: Vec<u8>,
    /// Steps since the last sync.
    since: Vec<usize>,
}

#[derive(Clone)]
enum Entry {
    Is(String, usize),
    Gone(String),
    Moved(String, String, usize),
}

/// A disk, and the steps it has not made durable.
#[derive(Clone)]
pub struct Disk {
    files: Vec<File>,
    by_inode: HashMap<u64, usize>,
    /// Names as the process sees them, and as they are on disk.
    seen: BTreeMap<String, usize>,
    names: BTreeMap<String, usize>,
    since: Vec<Entry>,
    lies: Lies,
}

impl Disk {
    /// All that is in the folder, synced.
    pub fn of(folder: &Path, lies: Lies) -> Self {
        let (mut files, mut by_inode, mut names) = (Vec::new(), HashMap::new(), BTreeMap::new());
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            by_inode.insert(entry.metadata().unwrap().ino(), files.len());
            names.insert(name.clone(), files.len());
            let synced = std::fs::read(entry.path()).unwrap();
            files.push(File { name, synced, since: Vec::new() });
        }
        Self { files, by_inode, seen: names.clone(), names, since: Vec::new(), lies }
    }

    /// Makes step `i`; gives what was told to the world with it.
    pub fn step<'t>(&mut self, trace: &'t Trace, i: usize) -> Option<&'t str> {
        match &trace.steps[i] {
            Step::Made { file, name } => {
                self.by_inode.insert(*file, self.files.len());
                self.seen.insert(name.clone(), self.files.len());
                self.since.push(Entry::Is(name.clone(), self.files.len()));
                let name = name.clone();
                self.files.push(File { name, synced: Vec::new(), since: Vec::new() });
            }
            Step::Wrote { file, bytes, .. } => {
                let file = &mut self.files[self.by_inode[file]];
                if file.name == TOLD {
                    return std::str::from_utf8(&trace.text[bytes.clone()]).ok();
                }
                file.since.push(i);
            }
            Step::Length { file, .. } => self.files[self.by_inode[file]].since.push(i),
            Step::Synced { file } => {
                let file = &mut self.files[self.by_inode[file]];
                if !matches!(self.lies, Lies::Of(end) if file.name.ends_with(end)) {
                    for i in std::mem::take(&mut file.since) {
                        apply(&mut file.synced, trace, i, &mut || true);
                    }
                }
            }
            Step::Begun => {}
            Step::FolderSynced if self.lies == Lies::OfFolder => {}
            Step::FolderSynced => {
                for entry in std::mem::take(&mut self.since) {
                    entry.apply(&mut self.names);
                }
            }
            Step::Removed { name } => {
                self.seen.remove(name);
                self.since.push(Entry::Gone(name.clone()));
            }
            Step::Renamed { from, to } => {
                let file = self.seen.remove(from).unwrap();
                self.seen.insert(to.clone(), file);
                self.since.push(Entry::Moved(from.clone(), to.clone(), file));
            }
        }
        None
    }

    /// Whether a file with this end of its name has writes that are not synced.
    pub fn unsynced(&self, end: &str) -> bool {
        self.files.iter().any(|file| file.name.ends_with(end) && !file.since.is_empty())
    }

    /// Whether names were made, renamed or removed that are not synced.
    pub fn names_unsynced(&self) -> bool {
        !self.since.is_empty()
    }

    /// What the process sees.
    pub fn whole(&self, trace: &Trace) -> Image {
        let all = |file: &usize| {
            let file = &self.files[*file];
            let mut bytes = file.synced.clone();
            for i in &file.since {
                apply(&mut bytes, trace, *i, &mut || true);
            }
            bytes
        };
        self.seen.iter().map(|(name, file)| (name.clone(), all(file))).collect()
    }

    /// What is left after a power cut now.
    pub fn cut(&self, trace: &Trace, random: &mut Random) -> Image {
        let mut names = self.names.clone();
        let kept = Kept::draw(self.since.len(), random);
        for (k, entry) in self.since.iter().enumerate() {
            if kept.whole(k, random) {
                entry.clone().apply(&mut names);
            }
        }
        let mut image = Image::new();
        for (name, file) in names.into_iter().filter(|(name, _)| name != TOLD) {
            let file = &self.files[file];
            let mut bytes = file.synced.clone();
            let kept = Kept::draw(file.since.len(), random);
            for (k, i) in file.since.iter().enumerate() {
                let ends = apply(&mut bytes, trace, *i, &mut || kept.sector(k, random));
                // The length came through, its bytes did not.
                if ends > bytes.len() && kept.some(k) && random.below(2) == 0 {
                    bytes.resize(ends, 0);
                }
            }
            image.insert(name, bytes);
        }
        image
    }
}

impl Entry {
    fn apply(self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Is(name, file) => drop(names.insert(name, file)),
            Self::Gone(name) => drop(names.remove(&name)),
            Self::Moved(from, to, file) => {
                names.remove(&from);
                names.insert(to, file);
            }
        }
    }
}

/// What of the steps since the last sync the disk has kept.
enum Kept {
    Nothing,
    All,
    /// So many, and a part of the next.
    First(usize),
    /// Each as a coin falls.
    Any,
    /// Each sector as a coin falls.
    AnySector,
}

impl Kept {
    fn draw(steps: usize, random: &mut Random) -> Self {
        match random.below(6) {
            0 => Self::Nothing,
            1 => Self::All,
            2 | 3 => Self::First(random.below(steps as u64 + 1) as usize),
            4 => Self::Any,
            _ => Self::AnySector,
        }
    }

    /// Whether step `k` may have left anything.
    fn some(&self, k: usize) -> bool {
        match self {
            Self::Nothing => false,
            Self::First(whole) => k <= *whole,
            Self::All | Self::Any | Self::AnySector => true,
        }
    }

    fn whole(&self, k: usize, random: &mut Random) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::First(whole) => k < *whole,
            Self::Any | Self::AnySector => random.below(2) == 0,
        }
    }

    fn sector(&self, k: usize, random: &mut Random) -> bool {
        match self {
            Self::First(whole) if k == *whole => random.below(2) == 0,
            // One coin for the whole write: the same at every sector of step `k`.
            Self::Any => Random(random.0 ^ k as u64).next() & 1 == 0,
            _ => self.whole(k, random),
        }
    }
}

/// Applies what step `i` does to a file, sector by sector where `keep` says so; gives where it ends.
fn apply(file: &mut Vec<u8>, trace: &Trace, i: usize, keep: &mut impl FnMut() -> bool) -> usize {
    match &trace.steps[i] {
        Step::Length { bytes, .. } => {
            if keep() {
                file.resize(*bytes, 0);
            }
            file.len()
        }
        Step::Wrote { at, bytes, .. } => {
            let (mut from, ends) = (*at, *at + bytes.len());
            while from < ends {
                let to = ends.min((from / SECTOR + 1) * SECTOR);
                if keep() {
                    file.resize(file.len().max(to), 0);
                    let source = bytes.start + from - at..bytes.start + to - at;
                    file[from..to].copy_from_slice(&trace.text[source]);
                }
                from = to;
            }
            ends
        }
        _ => panic!("step {i} is none of a file"),
    }
}
