//! Ranges of rows that retention must not remove, in a small file beside the ledger.
//!
//! `<ledger>.pins` is JSON and replaced whole; it is no table of the ledger, because who pins must
//! never hold the lock of the one writer. `<ledger>.pins.lock` is held by who changes the pins, and
//! by the writer from the first row it removes to the commit: a pin that was made holds.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{LedgerError, newest, removed, schema};
use crate::clock::wall_label_s;
use crate::folder;

/// Pins of one ledger at most.
pub const MOST_PINS: usize = 256;

/// A range that stays, both ends included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// First row.
    pub first: u64,
    /// Last row.
    pub last: u64,
    /// Why it stays.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When, seconds since 1970.
    pub wall_s: f64,
}

/// Why a pin was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinError {
    /// Not a range of the ledger, or too many; the text says which.
    Refused(String),
    /// The ledger or the file of the pins.
    Ledger(LedgerError),
}

impl std::fmt::Display for PinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => f.write_str(why),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PinError {}

impl From<LedgerError> for PinError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn lock_file(path: &Path) -> Result<File, LedgerError> {
    let name = beside(path, ".pins.lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(name);
    open.map_err(|e| LedgerError::from_io(path, &e))
}

/// The lock of the pins for the writer, or nothing while somebody changes them.
pub(super) fn try_hold(path: &Path) -> Result<Option<File>, LedgerError> {
    let lock = lock_file(path)?;
    match lock.try_lock_shared() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(LedgerError::from_io(path, &e)),
    }
}

/// Pins of the ledger `path`, by their first row.
///
/// # Errors
/// The file cannot be read or is damaged; retention then removes nothing.
pub fn pins(path: impl AsRef<Path>) -> Result<Vec<Pin>, LedgerError> {
    let file = beside(path.as_ref(), ".pins");
    let text = match std::fs::read(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(LedgerError::Io { path: file, reason: e.to_string() }),
    };
    let found: Result<Vec<Pin>, _> = serde_json::from_slice(&text);
    let mut found =
        found.map_err(|e| LedgerError::Corrupt { path: file, reason: e.to_string() })?;
    found.sort_by_key(|pin| pin.first);
    Ok(found)
}

/// Keeps rows `first` to `last` until [`unpin`]; also beside a running core.
///
/// # Errors
/// Rows that are not there (any more), no reason, too many pins; files.
pub fn pin(
    path: impl AsRef<Path>,
    first: u64,
    last: u64,
    reason: &str,
    by: &str,
) -> Result<Pin, PinError> {
    let path = path.as_ref();
    let refuse = |why: String| Err(PinError::Refused(why));
    let end = newest(path)?;
    if first < 1 || last < first || last > end {
        return refuse(format!("rows {first} to {last}: must be a range within 1 to {end}"));
    }
    if reason.trim().is_empty() {
        return refuse("a pin needs a reason".to_owned());
    }
    let lock = lock_file(path)?;
    lock.lock().map_err(|e| LedgerError::from_io(path, &e))?;
    let db = schema::open_reader(path)?;
    let gone = removed::read(&db).map_err(|e| LedgerError::from_sqlite(path, &e))?;
    if let Some(gone) = gone.iter().find(|gone| gone.first <= last && first <= gone.last) {
        return refuse(format!("rows {} to {} were removed already", gone.first, gone.last));
    }
    let mut all = pins(path)?;
    if all.iter().any(|pin| (pin.first, pin.last) == (first, last)) {
        return refuse(format!("rows {first} to {last} are pinned already"));
    }
    if all.len() >= MOST_PINS {
        return refuse(format!("there are {MOST_PINS} pins already; remove one first"));
    }
    let made =
        Pin { first, last, reason: reason.to_owned(), by: by.to_owned(), wall_s: wall_label_s() };
    all.push(made.clone());
    write(path, &all)?;
    Ok(made)
}

/// Takes back the pin of exactly these rows.
///
/// # Errors
/// There is none; files.
pub fn unpin(path: impl AsRef<Path>, first: u64, last: u64) -> Result<Pin, PinError> {
    let path = path.as_ref();
    let lock = lock_file(path)?;
    lock.lock().map_err(|e| LedgerError::from_io(path, &e))?;
    let mut all = pins(path)?;
    let Some(i) = all.iter().position(|pin| (pin.first, pin.last) == (first, last)) else {
        return Err(PinError::Refused(format!("rows {first} to {last} are not pinned as such")));
    };
    let taken = all.remove(i);
    write(path, &all)?;
    Ok(taken)
}

/// Replaces the file: the old pins or the new ones, never half.
fn write(path: &Path, all: &[Pin]) -> Result<(), LedgerError> {
    let io = |e: std::io::Error| LedgerError::from_io(path, &e);
    let part = beside(path, ".pins.part");
    let text = serde_json::to_vec_pretty(all)
        .map_err(|e| LedgerError::Io { path: part.clone(), reason: e.to_string() })?;
    let mut file = File::create(&part).map_err(io)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(io)?;
    std::fs::rename(&part, beside(path, ".pins")).and_then(|()| folder::sync_of(path)).map_err(io)
}
