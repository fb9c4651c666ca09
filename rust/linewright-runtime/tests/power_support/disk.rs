//! The disk under a traced process (`ledger_support/traced_disk.c`), and what of it a power cut leaves.
//!
//! What was synced before the cut is there. Of what came later each write is there, is not, or is torn at
//! sectors of 512 bytes, in any combination and not in order; a length may have come through without its
//! bytes; a name made, renamed or removed counts once its folder was synced, and may count before; what stands
//! in a folder whose own name is gone is gone with it. What of a sector was not written stays as it was, as
//! SQLite takes for granted ("powersafe overwrite").

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::ledger_support::Random;

const SECTOR: usize = 512;
/// What is written to the file of this name is no part of the disk, but what was told to the world then.
pub const TOLD: &str = "told";

/// Files of the folder and of the folders in it, by name from there.
pub type Image = BTreeMap<String, Vec<u8>>;

enum Step {
    Made {
        file: u64,
        name: String,
        is_folder: bool,
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
    FolderSynced {
        folder: u64,
    },
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
                made @ (b'C' | b'M') => Step::Made { file, name: name(), is_folder: made == b'M' },
                b'W' => Step::Wrote { file, at, bytes: bytes.clone() },
                b'T' => Step::Length { file, bytes: at },
                b'S' => Step::Synced { file },
                b'D' => Step::FolderSynced { folder: file },
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
    /// Those of the folder of this name; empty: of the one that holds all.
    OfFolder(&'static str),
}

impl Lies {
    pub fn is_honest(self) -> bool {
        self == Self::None
    }
}

#[derive(Clone)]
struct File {
    name: String,
    is_folder: bool,
    synced: Vec<u8>,
    /// Steps since the last sync.
    since: Vec<usize>,
}

/// What became of a name; the folder it stands in is that of its first.
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
        let (files, by_inode, names) = (Vec::new(), HashMap::new(), BTreeMap::new());
        let mut disk =
            Self { files, by_inode, seen: names, names: BTreeMap::new(), since: Vec::new(), lies };
        for name in names_in(folder) {
            let path = folder.join(&name);
            let is_folder = path.is_dir();
            let file = disk.add(path.metadata().unwrap().ino(), &name, is_folder);
            if !is_folder {
                disk.files[file].synced = std::fs::read(path).unwrap();
            }
        }
        disk.names = disk.seen.clone();
        disk
    }

    fn add(&mut self, inode: u64, name: &str, is_folder: bool) -> usize {
        let (synced, since) = (Vec::new(), Vec::new());
        self.by_inode.insert(inode, self.files.len());
        self.seen.insert(name.to_owned(), self.files.len());
        self.files.push(File { name: name.to_owned(), is_folder, synced, since });
        self.files.len() - 1
    }

    /// Makes step `i`; gives what was told to the world with it.
    pub fn step<'t>(&mut self, trace: &'t Trace, i: usize) -> Option<&'t str> {
        match &trace.steps[i] {
            Step::Made { file, name, is_folder } => {
                let file = self.add(*file, name, *is_folder);
                self.since.push(Entry::Is(name.clone(), file));
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
            Step::FolderSynced { folder } => self.sync_folder(*folder),
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

    fn sync_folder(&mut self, inode: u64) {
        let folder = self.by_inode.get(&inode).map_or("", |folder| &self.files[*folder].name);
        if !matches!(self.lies, Lies::OfFolder(name) if name == folder) {
            let within = |entry: &mut Entry| parent(entry.name()) == folder;
            for entry in self.since.extract_if(.., within) {
                entry.apply(&mut self.names);
            }
        }
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
        let files = self.seen.iter().filter(|(_, file)| !self.files[**file].is_folder);
        files.map(|(name, file)| (name.clone(), all(file))).collect()
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
        for (name, file) in names.iter().filter(|(name, _)| *name != TOLD) {
            let file = &self.files[*file];
            let held = |of: &Path| of == Path::new("") || names.contains_key(of.to_str().unwrap());
            if file.is_folder || !Path::new(name).ancestors().all(held) {
                continue;
            }
            let mut bytes = file.synced.clone();
            let kept = Kept::draw(file.since.len(), random);
            for (k, i) in file.since.iter().enumerate() {
                let ends = apply(&mut bytes, trace, *i, &mut || kept.sector(k, random));
                // The length came through, its bytes did not.
                if ends > bytes.len() && kept.some(k) && random.below(2) == 0 {
                    bytes.resize(ends, 0);
                }
            }
            image.insert(name.clone(), bytes);
        }
        image
    }
}

/// The folder that a name stands in; empty: the one that holds all.
fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Names of all files and folders in `folder`, each from there and after the folder it stands in.
fn names_in(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        names.push(name.clone());
        if entry.path().is_dir() {
            let within = names_in(&entry.path());
            names.extend(within.into_iter().map(|inner| format!("{name}/{inner}")));
        }
    }
    names
}

/// All files of a folder.
pub fn read(folder: &Path) -> Image {
    let files = names_in(folder).into_iter().filter(|name| folder.join(name).is_file());
    files.map(|name| (name.clone(), std::fs::read(folder.join(name)).unwrap())).collect()
}

/// Makes a folder of an image.
pub fn write(image: &Image, folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    for (name, bytes) in image {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Self::Is(name, _) | Self::Gone(name) | Self::Moved(name, ..) => name,
        }
    }

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
