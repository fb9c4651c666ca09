//! J4: a power cut under a record. Files that were finished are whole; the one that was being written gives what
//! is whole of it and says that there is no more; a start needs nobody's help and keeps everything.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test
#![allow(clippy::duplicate_mod)] // the ledger's and the record's helpers both bring folder and random numbers

mod ledger_support;
mod power_support;
mod record_support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ledger_support::Random;
use linewright_runtime::recorder::{
    Item, Options, RecordError, RecordReader, Recorder, Truncated, parts,
};
use linewright_runtime::replay::{ReplayError, verify};
use power_support::disk::{Image, Lies, read, write};
use power_support::run::{Cut, PLACE, Subject, Teller, cuts, life, power_cuts};
use record_support::{Style, fill, head, record_with};

const RECORD: &str = "line.mcap";

/// An item of a record: all its bits.
type Words = Vec<u64>;

/// Run, by its seed, and number of the file in it.
type Name = (u64, u32);

/// A record under power cuts.
#[derive(Default)]
struct Cycles {
    /// All items of the runs, by seed.
    runs: BTreeMap<u64, Vec<Words>>,
}

/// What was told to the world.
#[derive(Debug, Clone, Default, PartialEq)]
struct Told {
    /// Numbers of files that are written no more.
    kept: BTreeSet<u32>,
    /// The run whose last file is finished, and still has no number.
    finished: Option<u64>,
}

impl Subject for Cycles {
    type Told = Told;
    const FILES: &'static [&'static str] = &[RECORD];
    const DISKS: &'static [Lies] =
        &[Lies::None, Lies::Of(RECORD), Lies::OfFolder(PLACE), Lies::OfFolder("")];

    /// Records one to three runs, finished, dropped or, the last, left under way.
    fn live(folder: &Path, told: &mut Teller, seed: u64) {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(RECORD);
        let mut random = Random(seed);
        let runs = 1 + random.below(3);
        for last in (0..runs).rev() {
            let seed = random.next() / 3 * 3 + seed % 3;
            let (ticks, style) = style(seed);
            let head = head(seed, style);
            let mut recorder = Recorder::create_with(&path, &head, style.options).unwrap();
            let mut numbers = numbers(folder);
            let kept = numbers.last().map_or(String::new(), |n| format!("\nkept {n}"));
            told.tell(&format!("began {seed}{kept}"));
            fill(&mut recorder, seed, ticks, style, || {
                let now = self::numbers(folder);
                now.difference(&numbers).for_each(|n| told.tell(&format!("kept {n}")));
                numbers = now;
            });
            if last == 0 && random.below(2) == 0 {
                std::process::exit(0);
            } else if random.below(3) > 0 {
                recorder.finish().unwrap();
                told.tell(&format!("finished {seed}"));
            }
        }
    }

    fn hear(told: &mut Told, line: &str) {
        let (word, number) = line.split_once(' ').unwrap();
        match word {
            "began" => told.finished = None,
            "kept" => drop(told.kept.insert(number.parse().unwrap())),
            _ => told.finished = number.parse().ok(),
        }
    }

    fn look(
        &mut self,
        folder: &Path,
        cut: &Cut<'_>,
        told: &Told,
        random: &mut Random,
    ) -> Result<Told, String> {
        std::fs::create_dir_all(folder).unwrap();
        let seen = seen(cut);
        check_told(&read(folder), &seen, told)?;
        write(&seen, &cut.scratch);
        let written = Files::of(&cut.scratch)?;
        let found = Files::of(folder)?;
        found.check_against(&written, told, &cut.scratch)?;
        for (name, file) in &found.0 {
            self.check_items(name, file)?;
            let is_last = found.0.range(name..=&(name.0, u32::MAX)).count() == 1;
            if is_last {
                check_replay(folder, file, &found)?;
            }
        }
        self.go_on(folder, random)
    }
}

/// What the process saw in the place of the record.
fn seen(cut: &Cut<'_>) -> Image {
    let files = cut.seen().into_iter();
    let place = |(name, bytes): (String, Vec<u8>)| {
        let name = name.strip_prefix(PLACE)?.strip_prefix('/')?;
        Some((name.to_owned(), bytes))
    };
    files.filter_map(place).collect()
}

/// Length and style of a run: no rotation, with it, with a quota as well.
fn style(seed: u64) -> (u64, Style) {
    let mut random = Random(seed);
    let (part_bytes, quota_bytes) =
        [(0, 0), (8 << 10, 0), (6 << 10, 40 << 10)][(seed % 3) as usize];
    let ticks = 40 + random.below([100, 500, 500][(seed % 3) as usize]);
    let lost = random.below(ticks);
    let style = Style {
        all_slots: random.below(2) == 0,
        keyframe_ticks: 20 + random.below(60),
        lost: (lost, lost + random.below(2) * 10),
        options: Options {
            chunk_ticks: 2 + random.below(30),
            part_bytes,
            quota_bytes,
            ..Options::default()
        },
    };
    (ticks, style)
}

/// Numbers of the files that are written no more.
fn numbers(folder: &Path) -> BTreeSet<u32> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| number_of(name.to_str()?)).collect()
}

fn number_of(name: &str) -> Option<u32> {
    name.strip_prefix("line.")?.strip_suffix(".mcap")?.parse().ok()
}

/// A file that may be read.
struct File {
    path: PathBuf,
    items: Vec<Words>,
    cycles: u64,
    end: Result<Option<Truncated>, RecordError>,
}

/// All that can be opened.
struct Files(BTreeMap<Name, File>);

impl Files {
    fn of(folder: &Path) -> Result<Self, String> {
        let mut files = BTreeMap::new();
        for name in read(folder).keys() {
            let path = folder.join(name);
            let reader = match RecordReader::open(&path) {
                Ok(reader) => reader,
                Err(e) if e.exit_code() == 65 => continue,
                Err(e) => return Err(format!("open: {e}")),
            };
            let of = (reader.head().provenance["seed"].parse().unwrap(), reader.head().part);
            if files.insert(of, File::read(path, reader)).is_some() {
                return Err(format!("{name}: {of:?} is there twice"));
            }
        }
        Ok(Self(files))
    }

    /// Each file with cycles is there, and gives what is whole of it; less than what was written it gives with
    /// a word.
    fn check_against(&self, written: &Self, told: &Told, scratch: &Path) -> Result<(), String> {
        for (name, was) in &written.0 {
            let Some(is) = self.0.get(name) else {
                if was.cycles > 0 {
                    return Err(format!("{name:?}: {} cycles and no word of them", was.cycles));
                }
                continue;
            };
            let (from, to) = (std::fs::read(&was.path).unwrap(), std::fs::read(&is.path).unwrap());
            let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            let cut_off = scratch.join("cut-off");
            std::fs::write(&cut_off, &from[..same]).unwrap();
            let least = RecordReader::open(&cut_off)
                .map_or(0, |r| File::read(cut_off.clone(), r).items.len());
            if is.items.len() < least {
                return Err(format!("{name:?}: {} of {least} whole items", is.items.len()));
            }
            let whole = is.items.len() == was.items.len() && was.end == Ok(None);
            if is.end == Ok(None) && !whole {
                let counts = (is.items.len(), was.items.len());
                return Err(format!("{name:?}: no word that {counts:?} items are there"));
            }
        }
        let ended = |name| self.0.get(name).is_some_and(|file| file.end == Ok(None));
        let finished = written.0.keys().filter(|(seed, _)| Some(*seed) == told.finished);
        match finished.into_iter().find(|name| !ended(name)) {
            Some(name) => Err(format!("{name:?} was finished, and is not whole")),
            None => Ok(()),
        }
    }
}

impl File {
    fn read(path: PathBuf, mut reader: RecordReader) -> Self {
        let (mut items, mut end) = (Vec::new(), Ok(None));
        loop {
            match reader.next() {
                Ok(Some(item)) => items.push(words(&item)),
                Ok(None) => break,
                Err(e) => {
                    end = Err(e);
                    break;
                }
            }
        }
        let cycles = reader.cycles();
        let end = end.map(|_: Option<Truncated>| reader.truncated());
        Self { path, items, cycles, end }
    }
}

fn words(item: &Item<'_>) -> Words {
    let of_params = |params: &[(u16, f64)]| -> Words {
        params.iter().flat_map(|(i, value)| [u64::from(*i), value.to_bits()]).collect()
    };
    match item {
        Item::Cycle(c) => {
            let mut words = vec![0, c.loop_index as u64, c.tick, c.hash];
            words.extend(c.values.iter().map(|value| value.to_bits()));
            words.extend(c.qualities.iter().map(|quality| u64::from(*quality)));
            words
        }
        Item::Params { tick, epoch, values } => {
            [vec![1, *tick, *epoch], of_params(values)].concat()
        }
        Item::Keyframe { tick, epoch, params, state } => {
            let state = state.iter().map(|byte| u64::from(*byte)).collect();
            [vec![2, *tick, *epoch], of_params(params), state].concat()
        }
        Item::Gap { first_tick, last_tick, cycles } => vec![3, *first_tick, *last_tick, *cycles],
    }
}

/// Files that are written no more stand as they were, and those that the quota took are the oldest.
fn check_told(found: &Image, seen: &Image, told: &Told) -> Result<(), String> {
    let name = |n: &u32| format!("line.{n}.mcap");
    for name in told.kept.iter().map(name) {
        if seen.contains_key(&name) && seen.get(&name) != found.get(&name) {
            let bytes = (seen[&name].len(), found.get(&name).map(Vec::len));
            return Err(format!("{name} is not as it was: {bytes:?} bytes"));
        }
    }
    let mut left = told.kept.iter().map(name).skip_while(|name| !found.contains_key(name));
    match left.find(|name| !found.contains_key(name)) {
        Some(name) => Err(format!("{name} is gone, and an older one is not")),
        None => Ok(()),
    }
}

/// Gives the same cycles, and the same end, as the files that it says it has.
fn check_replay(folder: &Path, file: &File, found: &Files) -> Result<(), String> {
    let path = &file.path;
    let files = parts(path).map_err(|e| format!("parts: {e}"))?;
    let files: Vec<&File> = files
        .iter()
        .filter_map(|part| found.0.values().find(|of| folder.join(part) == of.path))
        .collect();
    let damaged = files.iter().find_map(|of| of.end.clone().err());
    let cycles: u64 = files.iter().map(|of| of.cycles).sum();
    let truncated = files.iter().find_map(|of| of.end.clone().ok().flatten());
    match (verify(path), damaged) {
        (Ok(report), None) if report.cycles == cycles && report.truncated == truncated => Ok(()),
        (Err(ReplayError::Record(e)), Some(damage)) if e == damage => Ok(()),
        (replayed, damage) => Err(format!(
            "{}: {cycles} cycles, {truncated:?}, {damage:?}; replay: {replayed:?}",
            path.display()
        )),
    }
}

impl Cycles {
    /// Each item is what was written then, bit for bit, and nothing between two is left out.
    fn check_items(&mut self, (seed, part): &Name, file: &File) -> Result<(), String> {
        let run = self.runs.entry(*seed).or_insert_with(|| whole(*seed));
        let place = |first| run.iter().position(|item| item == first);
        let from = file.items.first().map_or(Some(0), place);
        let follows = |from: usize| run[from..].starts_with(&file.items);
        let same = from.is_some_and(|from| (*part > 0 || from == 0) && follows(from));
        let what = format!("part {part} of run {seed}: {} items", file.items.len());
        match &file.end {
            _ if !same => Err(format!("{what} are not those that were written")),
            Err(e) if e.exit_code() != 65 => Err(format!("{what}, then {e}")),
            _ => Ok(()),
        }
    }

    /// A new run beside what is there.
    fn go_on(&mut self, folder: &Path, random: &mut Random) -> Result<Told, String> {
        let before = read(folder);
        let path = folder.join(RECORD);
        // Without a quota, which may take older files.
        let seed = random.next() / 3 * 3 + random.below(2);
        let (ticks, style) = style(seed);
        let begun = Recorder::create_with(&path, &head(seed, style), style.options);
        let mut recorder = begun.map_err(|e| format!("start: {e}"))?;
        fill(&mut recorder, seed, ticks, style, || {});
        let cycles = recorder.finish().map_err(|e| format!("finish: {e}"))?;
        let report = verify(&path).map_err(|e| format!("the next run: {e}"))?;
        let as_it_is = report.cycles == cycles && report.truncated.is_none() && !report.starts_late;
        if !as_it_is {
            return Err(format!("the next run of {cycles} cycles: {report:?}"));
        }
        let after = read(folder);
        let last = before.keys().filter_map(|name| number_of(name)).max().unwrap_or(0);
        for (name, bytes) in &before {
            let now = if name == RECORD { format!("line.{}.mcap", last + 1) } else { name.clone() };
            if after.get(&now) != Some(bytes) {
                return Err(format!("a start has changed {name}"));
            }
        }
        Ok(Told { kept: numbers(folder), finished: Some(seed) })
    }
}

/// All items of a run, by a record in one file.
fn whole(seed: u64) -> Vec<Words> {
    let (ticks, style) = style(seed);
    let path = std::env::temp_dir().join(format!("whole-{seed}.mcap"));
    let in_one = Style { options: Options { part_bytes: 0, ..style.options }, ..style };
    record_with(&path, seed, ticks, in_one).finish().unwrap();
    verify(&path).unwrap();
    let file = File::read(path.clone(), RecordReader::open(&path).unwrap());
    assert_eq!(file.end, Ok(None));
    std::fs::remove_file(path).unwrap();
    file.items
}

/// Not a test by itself.
#[test]
#[ignore = "started by another test as a process of its own"]
fn life_to_trace() {
    life::<Cycles>();
}

/// Not a test by itself.
#[test]
#[ignore = "started by another test as a process of its own"]
fn cuts_without_syncs() {
    cuts::<Cycles>();
}

#[test]
fn j4_power_cuts_take_no_finished_file_and_leave_what_can_be_read() {
    power_cuts(1, 12, 20, 0);
}

#[test]
fn j4_a_disk_that_lies_about_its_syncs_is_found_out() {
    for disk in 1..Cycles::DISKS.len() {
        power_cuts(2, 3, 20, disk);
    }
}

#[test]
#[ignore = "soak: 5,000 power cuts"]
fn j4_five_thousand_power_cuts() {
    power_cuts(3, 100, 50, 0);
}
