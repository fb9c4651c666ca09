//! Replay: the recorded sources through the recorded plan must give the recorded hashes, bit for bit.
//!
//! Each cycle is checked twice. First whether its inputs are as they were written (the record's own
//! check, which names a changed slot); only then is it computed and its hash compared. A divergence
//! therefore means that this build computes something else from the very same inputs. Keyframes are
//! compared as well: they hold what the kernels remember. Behind a gap, and where a replay starts within a
//! run, it takes up the next keyframe instead.

mod against;
mod error;
mod held;
mod leaves;
mod reads;
mod run;
mod what_if;

use std::path::{Path, PathBuf};

pub use self::against::Agreement;
pub use self::error::{Divergence, Node, ReplayError};
pub use self::leaves::{Onset, OutputDifference};
pub use self::what_if::{Change, EventDifference, WhatIf, what_if};

use self::run::Run;
use crate::exec::NoSinks;
use crate::recorder::{Item, RecordReader, Truncated, parts};

/// A record that replays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The record.
    pub path: PathBuf,
    /// Files it has.
    pub files: usize,
    /// Cycles replayed, all with the recorded hash.
    pub cycles: u64,
    /// Keyframes compared.
    pub keyframes: u64,
    /// Parameter changes applied.
    pub param_changes: u64,
    /// Base tick of the first and last cycle; none without cycles.
    pub ticks: Option<(u64, u64)>,
    /// SHA-256 of the plan, hexadecimal.
    pub plan_hash: String,
    /// Cycles the record says are missing, and in how many places.
    pub lost_cycles: u64,
    /// See `lost_cycles`.
    pub gaps: u64,
    /// True when the start of the run is no longer there: files removed, or a later start asked for.
    pub starts_late: bool,
    /// Where the record was cut off, when it was: what came before replays.
    pub truncated: Option<Truncated>,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Cycles replayed.
    pub cycles: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// The part of a record to replay, in base ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Replay starts at the last keyframe at or before this tick.
    pub from_tick: u64,
    /// And ends after this one.
    pub to_tick: u64,
}

impl Span {
    /// All of it.
    pub const ALL: Self = Self { from_tick: 0, to_tick: u64::MAX };
}

/// Replays a whole record.
///
/// # Errors
/// The first damaged or diverging cycle; a record that cannot be read.
pub fn verify(path: impl AsRef<Path>) -> Result<Report, ReplayError> {
    verify_with(path, Span::ALL, |_| {})
}

/// As [`verify`] for a part of it, telling `progress` after each chunk of the record. `path` is the last file of
/// the run; the earlier ones are found beside it.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    path: impl AsRef<Path>,
    span: Span,
    mut progress: impl FnMut(Progress),
) -> Result<Report, ReplayError> {
    let path = path.as_ref();
    let (mut run, files) = begin(path)?;
    let step = |run: &mut Run, item: &Item<'_>| run.item(item, &mut NoSinks);
    through(&mut run, &files, span, step, &mut progress)?;
    run.end()
}

/// A replay of the run that `path` is the last file of, and its files.
fn begin(path: &Path) -> Result<(Run, Vec<PathBuf>), ReplayError> {
    let files = parts(path).map_err(ReplayError::Record)?;
    let first = RecordReader::open(&files[0]).map_err(ReplayError::Record)?;
    let mut run = Run::new(path, first.head())?;
    run.report.files = files.len();
    run.report.starts_late = first.head().part > 0;
    Ok((run, files))
}

/// Gives every item of `files` within `span` to `step`, until that says `Ok(false)`.
fn through(
    run: &mut Run,
    files: &[PathBuf],
    span: Span,
    mut step: impl FnMut(&mut Run, &Item<'_>) -> Result<bool, ReplayError>,
    progress: &mut impl FnMut(Progress),
) -> Result<(), ReplayError> {
    let total_bytes = files.iter().filter_map(|f| f.metadata().ok()).map(|of| of.len()).sum();
    let mut before = 0;
    let mut sought = span.from_tick == 0;
    for (i, file) in files.iter().enumerate() {
        let mut reader = RecordReader::open(file).map_err(ReplayError::Record)?;
        let (_, own) = reader.progress();
        if !sought {
            if files.get(i + 1).is_some_and(|next| starts_by(next, span.from_tick)) {
                before += own;
                continue;
            }
            reader.seek(span.from_tick).map_err(ReplayError::Record)?;
            (sought, run.report.starts_late) = (true, reader.jumped() || i > 0);
            if run.report.starts_late {
                run.jump();
            }
        }
        let mut told = 0;
        loop {
            let item = match reader.next() {
                Ok(Some(item)) => item,
                Ok(None) => break,
                Err(_) if run.diverged() => return Ok(()),
                Err(e) => return Err(ReplayError::Record(e)),
            };
            let beyond = matches!(item, Item::Cycle(c) if c.tick > span.to_tick);
            if beyond || !step(run, &item)? {
                return Ok(());
            }
            let (bytes, _) = reader.progress();
            if bytes != told {
                told = bytes;
                let bytes = before + bytes;
                progress(Progress { cycles: run.report.cycles, bytes, total_bytes });
            }
        }
        before += own;
        progress(Progress { cycles: run.report.cycles, bytes: before, total_bytes });
        run.report.truncated = reader.truncated();
        if run.report.truncated.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether the keyframe that a file of a run starts with is at or before `tick`.
fn starts_by(file: &Path, tick: u64) -> bool {
    let item = RecordReader::open(file).and_then(|mut reader| {
        let item = reader.next()?;
        Ok(matches!(item, Some(Item::Keyframe { tick: first, .. }) if first <= tick))
    });
    item.unwrap_or(false)
}
