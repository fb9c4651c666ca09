//! What can be wrong with a ledger file.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a ledger could not be opened, written or read; every variant names the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerError {
    /// No such file (reading only; a writer makes it).
    Missing {
        /// The ledger.
        path: PathBuf,
    },
    /// The folder or the file cannot be written.
    NotWritable {
        /// The ledger.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Another process, or this one, has it open for writing.
    SecondWriter {
        /// The ledger.
        path: PathBuf,
    },
    /// Disk or quota full. Rows after the last commit are not stored.
    Full {
        /// The ledger.
        path: PathBuf,
    },
    /// The file is damaged.
    Corrupt {
        /// The ledger.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Not a ledger at all, or of another version.
    NotALedger {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A write failed before and [`super::Ledger::reopen`] has not succeeded since.
    Failed {
        /// The ledger.
        path: PathBuf,
    },
    /// The disk or the system gave an error.
    Io {
        /// The ledger.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl LedgerError {
    /// The file concerned.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing { path }
            | Self::NotWritable { path, .. }
            | Self::SecondWriter { path }
            | Self::Full { path }
            | Self::Corrupt { path, .. }
            | Self::NotALedger { path, .. }
            | Self::Failed { path }
            | Self::Io { path, .. } => path,
        }
    }

    /// Exit code of a command that ends with this error: 65 for damaged data, 69 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        match self {
            Self::Corrupt { .. } | Self::NotALedger { .. } => 65,
            _ => 69,
        }
    }

    pub(super) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            return match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::Corrupt { path, reason },
                _ => Self::Io { path, reason },
            };
        };
        match failure.code {
            ErrorCode::DiskFull => Self::Full { path },
            ErrorCode::DatabaseCorrupt => Self::Corrupt { path, reason },
            ErrorCode::NotADatabase => Self::NotALedger { path, reason },
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Self::NotWritable { path, reason }
            }
            _ => Self::Io { path, reason },
        }
    }

    pub(super) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full { path }
            }
            std::io::ErrorKind::Interrupted | std::io::ErrorKind::TimedOut => {
                Self::Io { path, reason: error.to_string() }
            }
            _ => Self::NotWritable { path, reason: error.to_string() },
        }
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path().display();
        match self {
            Self::Missing { .. } => write!(f, "ledger {path}: no such file"),
            Self::NotWritable { reason, .. } => {
                write!(f, "ledger {path}: cannot be opened or written: {reason}")
            }
            Self::SecondWriter { .. } => write!(
                f,
                "ledger {path}: another core has it open for writing; stop that one or name another file"
            ),
            Self::Full { .. } => write!(f, "ledger {path}: no space left"),
            Self::Corrupt { reason, .. } => write!(f, "ledger {path}: damaged: {reason}"),
            Self::NotALedger { reason, .. } => write!(f, "{path} is not a ledger: {reason}"),
            Self::Failed { .. } => {
                write!(f, "ledger {path}: a write failed before; waiting to open it again")
            }
            Self::Io { reason, .. } => write!(f, "ledger {path}: {reason}"),
        }
    }
}

impl std::error::Error for LedgerError {}
