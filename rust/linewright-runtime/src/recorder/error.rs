//! What can be wrong with a record file.

use std::fmt;
use std::path::{Path, PathBuf};

use mcap::McapError;

use super::Field;

/// Why a record could not be written or read; every variant names the file.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordError {
    /// No such file.
    Missing {
        /// The record.
        path: PathBuf,
    },
    /// The folder or the file cannot be written.
    NotWritable {
        /// The record.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// No space left; what was flushed before stays readable.
    Full {
        /// The record.
        path: PathBuf,
    },
    /// Writing failed before; the record stays as it is.
    Failed {
        /// The record.
        path: PathBuf,
    },
    /// Not a record of this project, or one of another version.
    NotARecord {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Changed after it was written.
    Damaged {
        /// The record.
        path: PathBuf,
        /// Byte of the file where the damaged part starts.
        at_byte: u64,
        /// The cycle, when the damage lies in one.
        place: Option<Box<Place>>,
        /// What was found.
        reason: String,
    },
    /// The disk or the system gave an error.
    Io {
        /// The record.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// A damaged cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Name of the loop.
    pub loop_name: String,
    /// Base tick; when the tick itself was changed, the one that was written, as far as known.
    pub tick: u64,
    /// The field that was changed.
    pub field: Field,
    /// Label of the source slot, when one was changed.
    pub slot: Option<String>,
    /// The slot's value (or quality, as a number) as written and as found.
    pub written_found: Option<(f64, f64)>,
    /// True when the chunk's own CRC differs too.
    pub chunk_crc_differs: bool,
}

impl RecordError {
    /// The file concerned.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing { path }
            | Self::NotWritable { path, .. }
            | Self::Full { path }
            | Self::Failed { path }
            | Self::NotARecord { path, .. }
            | Self::Damaged { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// Exit code of a command that ends with this error: 65 for damaged data, 69 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        match self {
            Self::Damaged { .. } | Self::NotARecord { .. } => 65,
            _ => 69,
        }
    }

    pub(super) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let path = path.to_path_buf();
        let reason = error.to_string();
        match error.kind() {
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Self::Full { path },
            K::NotFound
            | K::NotADirectory
            | K::PermissionDenied
            | K::ReadOnlyFilesystem
            | K::IsADirectory => Self::NotWritable { path, reason },
            _ => Self::Io { path, reason },
        }
    }

    pub(super) fn from_mcap(path: &Path, error: &McapError) -> Self {
        match error {
            McapError::Io(e) => Self::from_io(path, e),
            other => Self::Io { path: path.to_path_buf(), reason: other.to_string() },
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        match self {
            Self::Missing { .. } => write!(f, "record {path}: no such file"),
            Self::NotWritable { reason, .. } => {
                write!(f, "record {path}: cannot be opened or written: {reason}")
            }
            Self::Full { .. } => write!(f, "record {path}: no space left"),
            Self::Failed { .. } => write!(f, "record {path}: writing failed before"),
            Self::NotARecord { reason, .. } => write!(f, "{path} is not a record: {reason}"),
            Self::Damaged { at_byte, place: None, reason, .. } => {
                write!(f, "record {path}: damaged at byte {at_byte}: {reason}")
            }
            Self::Damaged { at_byte, place: Some(place), reason, .. } => {
                write!(f, "record {path}: {place} damaged at byte {at_byte}: {reason}")
            }
            Self::Io { reason, .. } => write!(f, "record {path}: {reason}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tick {}, loop {}", self.tick, self.loop_name)?;
        match (&self.field, &self.slot) {
            (Field::Quality(_), Some(slot)) => write!(f, ", quality of {slot}")?,
            (_, Some(slot)) => write!(f, ", {slot}")?,
            (Field::Tick, _) => f.write_str(", the tick itself")?,
            (Field::Count, _) => f.write_str(", the number of slots")?,
            (Field::Hash, _) => f.write_str(", the recorded hash")?,
            (Field::Guard, _) => f.write_str(", its check alone (the cycle is whole)")?,
            _ => f.write_str(", several bits")?,
        }
        if let Some((written, found)) = self.written_found {
            write!(f, " (written {written:?}, found {found:?})")?;
        }
        Ok(())
    }
}

impl std::error::Error for RecordError {}
