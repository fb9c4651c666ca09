//! Walking the chain.

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::chain::{self, Content};
use super::{Kind, LedgerError, Removed, removed, retention, schema};

/// A chain without fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Rows there are; numbered 1 to `last_seq` where none was removed.
    pub rows: u64,
    /// Number of the last row.
    pub last_seq: u64,
    /// Stretches that retention took out, each with a row of the chain that says so.
    pub removed: Vec<Removed>,
    /// Chain value of the last.
    pub head: [u8; 32],
    /// Tick of the last; 0 without rows.
    pub last_tick: u64,
}

/// The first fault of a chain. Rows before `seq` are as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The ledger.
    pub path: PathBuf,
    /// First row that is wrong.
    pub seq: u64,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Content and hash do not fit, and what follows was chained to the hash: the content was changed.
    RowChanged,
    /// Content and hash do not fit, and what follows was chained to the content: the hash was changed.
    HashChanged,
    /// Content and hash do not fit, and what follows fits neither: exchanged or rewritten.
    ChainBroken,
    /// The row is not there; the next one found.
    RowMissing {
        /// Number of the next row in the file.
        next: u64,
    },
    /// Rows stand as removed, and no row of the chain says that they were.
    NotSignedOff {
        /// The last of them.
        last: u64,
    },
    /// The row does not go on from what is kept of the removed rows before it: it was changed, or that.
    AnchorDiffers,
    /// Rows at the end are not there: the chain was longer.
    EndMissing {
        /// Number of the last row written.
        expected_last: u64,
    },
    /// Numbers do not rise.
    OutOfOrder {
        /// Number found here.
        found: i64,
    },
    /// The end the file remembers and the end of the rows differ.
    HeadDiffers {
        /// Last row by the `head` table.
        head_seq: u64,
    },
    /// A column holds something a ledger never writes.
    WrongType {
        /// The column.
        column: &'static str,
    },
    /// The page with the row cannot be read.
    Unreadable {
        /// What SQLite says.
        text: String,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ledger {}: row {}: ", self.path.display(), self.seq)?;
        match &self.reason {
            Reason::RowChanged => f.write_str("content was changed after it was written"),
            Reason::HashChanged => f.write_str("hash was changed after it was written"),
            Reason::ChainBroken => f.write_str("chain broken: neither content nor hash fit"),
            Reason::RowMissing { next } => write!(f, "missing; the next row is {next}"),
            Reason::NotSignedOff { last } => {
                write!(f, "missing up to row {last}; no retention row says that they were removed")
            }
            Reason::AnchorDiffers => f.write_str(
                "does not follow the removed rows before it: changed, or their anchor was",
            ),
            Reason::EndMissing { expected_last } => {
                write!(f, "missing; the chain was written up to row {expected_last}")
            }
            Reason::OutOfOrder { found } => write!(f, "out of order: row {found} stands here"),
            Reason::HeadDiffers { head_seq } => {
                write!(f, "not the end of the chain; the file remembers row {head_seq}")
            }
            Reason::WrongType { column } => write!(f, "column {column} holds a wrong type"),
            Reason::Unreadable { text } => write!(f, "unreadable: {text}"),
        }
    }
}

impl std::error::Error for Broken {}

/// Why a chain could not be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyError {
    /// A row is wrong.
    Broken(Broken),
    /// The file could not be walked.
    Ledger(LedgerError),
}

impl VerifyError {
    /// Exit code of a command that ends with this error: 65 for damaged data, 69 otherwise.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        match self {
            Self::Broken(_) => 65,
            Self::Ledger(error) => error.exit_code(),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(broken) => broken.fmt(f),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Where the walk stands.
struct Walk {
    seq: u64,
    hash: [u8; 32],
    last_tick: u64,
    rows: u64,
    removed: Vec<Removed>,
    /// Stretches gone past.
    passed: usize,
    /// Body of the newest retention row.
    signed_off: Vec<u8>,
}

impl Walk {
    /// Goes past removed rows, if they are next.
    fn pass(&mut self) -> bool {
        let Some(gone) = self.removed.get(self.passed).filter(|r| r.first == self.seq + 1) else {
            return false;
        };
        (self.seq, self.hash, self.last_tick) = (gone.last, gone.hash, gone.tick);
        self.passed += 1;
        true
    }

    /// Every stretch gone must have been passed and signed off.
    fn check_removed(&self) -> Result<(), Fault> {
        for (i, gone) in self.removed.iter().enumerate() {
            if i >= self.passed || !retention::allows(&self.signed_off, gone) {
                return Err(Fault::Row(gone.first, Reason::NotSignedOff { last: gone.last }));
            }
        }
        Ok(())
    }
}

/// A row whose hash does not fit; what follows it tells what was changed.
struct Suspect {
    seq: u64,
    stored: [u8; 32],
    computed: [u8; 32],
    after_removed: bool,
}

impl Suspect {
    /// `chained(hash)`: does what follows fit a row with this hash?
    fn judge(&self, chained: impl Fn(&[u8; 32]) -> bool) -> Fault {
        let reason = if chained(&self.stored) && self.after_removed {
            Reason::AnchorDiffers
        } else if chained(&self.stored) {
            Reason::RowChanged
        } else if chained(&self.computed) {
            Reason::HashChanged
        } else {
            Reason::ChainBroken
        };
        Fault::Row(self.seq, reason)
    }
}

enum Fault {
    Row(u64, Reason),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Walks the whole chain of `path`, which a core may be writing, and names the first row that is wrong.
///
/// # Errors
/// The first bad row and why; or the file cannot be opened at all.
pub fn verify(path: impl AsRef<Path>) -> Result<Verified, VerifyError> {
    let path = path.as_ref();
    let db = schema::open_reader(path).map_err(VerifyError::Ledger)?;
    let mut walk = Walk {
        seq: 0,
        hash: chain::GENESIS,
        last_tick: 0,
        rows: 0,
        removed: Vec::new(),
        passed: 0,
        signed_off: Vec::new(),
    };
    let broken =
        |seq, reason| VerifyError::Broken(Broken { path: path.to_path_buf(), seq, reason });
    match walk_rows(&db, &mut walk) {
        Ok(()) => Ok(Verified {
            rows: walk.rows,
            last_seq: walk.seq,
            removed: walk.removed,
            head: walk.hash,
            last_tick: walk.last_tick,
        }),
        Err(Fault::Row(seq, reason)) => Err(broken(seq, reason)),
        Err(Fault::Sqlite(e)) => Err(match LedgerError::from_sqlite(path, &e) {
            LedgerError::Corrupt { reason, .. } | LedgerError::NotALedger { reason, .. } => {
                broken(walk.seq + 1, Reason::Unreadable { text: reason })
            }
            other => VerifyError::Ledger(other),
        }),
    }
}

fn walk_rows(db: &Connection, walk: &mut Walk) -> Result<(), Fault> {
    // One snapshot: the end of the chain must be that of the rows walked.
    db.execute_batch("BEGIN")?;
    walk.removed = removed::read(db)?;
    let mut select =
        db.prepare("SELECT seq,tick,mono_ns,kind,station,body,hash FROM ledger ORDER BY seq")?;
    let mut rows = select.query([])?;
    let mut suspect: Option<Suspect> = None;
    while let Some(row) = rows.next()? {
        let after_removed = walk.pass();
        let expected = walk.seq + 1;
        let found = row.get::<_, i64>(0)?;
        if found < expected.cast_signed() {
            return Err(Fault::Row(expected, Reason::OutOfOrder { found }));
        }
        let seq = found.cast_unsigned();
        if seq > expected {
            return Err(Fault::Row(expected, Reason::RowMissing { next: seq }));
        }
        let (content, stored) = columns(row, seq)?;
        if let Some(suspect) = suspect {
            return Err(suspect.judge(|hash| chain::link(hash, &content) == stored));
        }
        let computed = chain::link(&walk.hash, &content);
        if computed != stored {
            suspect = Some(Suspect { seq, stored, computed, after_removed });
        }
        if content.kind == Kind::Retention.as_str().as_bytes() {
            walk.signed_off = content.body.to_vec();
        }
        (walk.seq, walk.hash, walk.last_tick) = (seq, stored, content.tick);
        walk.rows += 1;
    }
    let (head_seq, head_hash) =
        db.query_row("SELECT seq, hash FROM head WHERE id=0", [], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, [u8; 32]>(1)?))
        })?;
    if let Some(suspect) = suspect {
        return Err(suspect.judge(|hash| *hash == head_hash));
    }
    if head_seq > walk.seq {
        return Err(Fault::Row(walk.seq + 1, Reason::EndMissing { expected_last: head_seq }));
    }
    if (head_seq, head_hash) != (walk.seq, walk.hash) {
        return Err(Fault::Row(walk.seq, Reason::HeadDiffers { head_seq }));
    }
    walk.check_removed()
}

/// The columns as bytes, so that damaged text is judged by its hash and not refused as text.
fn columns<'a>(row: &'a rusqlite::Row<'_>, seq: u64) -> Result<(Content<'a>, [u8; 32]), Fault> {
    let wrong = |column| Fault::Row(seq, Reason::WrongType { column });
    let number = |i, column| match row.get_ref(i)? {
        ValueRef::Integer(n) => Ok(n.cast_unsigned()),
        _ => Err(wrong(column)),
    };
    let text = |i, column| match row.get_ref(i)? {
        ValueRef::Text(bytes) => Ok(bytes),
        _ => Err(wrong(column)),
    };
    let content = Content {
        seq,
        tick: number(1, "tick")?,
        mono_ns: number(2, "mono_ns")?,
        kind: text(3, "kind")?,
        station: text(4, "station")?,
        body: text(5, "body")?,
    };
    match row.get_ref(6)? {
        ValueRef::Blob(hash) => {
            hash.try_into().map(|hash| (content, hash)).map_err(|_| wrong("hash"))
        }
        _ => Err(wrong("hash")),
    }
}
