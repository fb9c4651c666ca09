//! Opening the file: marks, tables, pragmas.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::LedgerError;
use crate::folder;

/// "LWL1" in the header of the file tells a ledger from any other SQLite file.
pub(super) const APPLICATION_ID: i64 = 0x4C57_4C31;
/// Version of the tables.
pub(super) const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE ledger(
  seq INTEGER PRIMARY KEY, tick INTEGER NOT NULL, mono_ns INTEGER NOT NULL,
  kind TEXT NOT NULL, station TEXT NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL);
CREATE TABLE head(id INTEGER PRIMARY KEY CHECK (id = 0), seq INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE retained(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO head VALUES (0, 0, zeroblob(32));
";

/// Opens for writing; makes tables in an empty file.
pub(super) fn open_writer(path: &Path) -> Result<Connection, LedgerError> {
    check_length(path)?;
    let from = |e: rusqlite::Error| LedgerError::from_sqlite(path, &e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(from)?;
    db.busy_timeout(std::time::Duration::from_secs(2)).map_err(from)?;
    // A read comes first: a foreign file must be refused before a pragma can change it.
    let empty =
        table_count(&db).map_err(from)? == 0 && mark(&db, "application_id").map_err(from)? == 0;
    if !empty {
        check_marks(&db, path)?;
    }
    // Rows are moved out of the write-ahead file by `super::checkpoint`, never within a commit.
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=OFF;",
    )
    .map_err(from)?;
    if empty {
        let make = format!(
            "BEGIN IMMEDIATE; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; {TABLES} COMMIT;"
        );
        db.execute_batch(&make).map_err(from)?;
        sync_way_to(path)?;
    }
    Ok(db)
}

/// Opens for reading beside a writer, or a file nobody writes, even in a folder nobody may write.
pub(super) fn open_reader(path: &Path) -> Result<Connection, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::Missing { path: path.to_path_buf() });
    }
    match try_reader(path, false) {
        // Without a write-ahead file there is nothing to share, and SQLite need not make one.
        Err(LedgerError::NotWritable { .. }) if !wal_holds_rows(path) => try_reader(path, true),
        other => other,
    }
}

fn try_reader(path: &Path, immutable: bool) -> Result<Connection, LedgerError> {
    let from = |e: rusqlite::Error| LedgerError::from_sqlite(path, &e);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = if immutable {
        Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    }
    .map_err(from)?;
    db.busy_timeout(std::time::Duration::from_secs(5)).map_err(from)?;
    check_marks(&db, path)?;
    Ok(db)
}

/// Whether the write-ahead file may hold pages: it has a header that is not all zeros ([`super::checkpoint`]
/// makes it longer than it is used).
fn wal_holds_rows(path: &Path) -> bool {
    is_begun(&wal_of(path))
}

/// Whether a file begins with anything but zeros.
fn is_begun(file: &Path) -> bool {
    use std::io::Read as _;
    let mut header = Vec::new();
    let read = std::fs::File::open(file).and_then(|f| f.take(32).read_to_end(&mut header));
    match read {
        Ok(_) => header.iter().any(|byte| *byte != 0),
        Err(e) => e.kind() != std::io::ErrorKind::NotFound,
    }
}

/// The write-ahead file of a ledger.
pub(super) fn wal_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn immutable_uri(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(byte as char);
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    uri
}

fn mark(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
}

fn table_count(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
}

fn check_marks(db: &Connection, path: &Path) -> Result<(), LedgerError> {
    let from = |e: rusqlite::Error| LedgerError::from_sqlite(path, &e);
    let not = |reason: String| LedgerError::NotALedger { path: path.to_path_buf(), reason };
    let id = mark(db, "application_id").map_err(from)?;
    if id != APPLICATION_ID {
        return Err(not(format!("application id {id:#x}, expected {APPLICATION_ID:#x}")));
    }
    let version = mark(db, "user_version").map_err(from)?;
    if version != VERSION {
        return Err(not(format!("ledger version {version}, this build reads {VERSION}")));
    }
    Ok(())
}

/// Refuses a file shorter than its header says: SQLite notices only when it reads a page that is
/// gone, and appending would first fill the hole. With a write-ahead file the pages may stand there, and with
/// a rollback journal, left by a power cut while the file was made, SQLite goes back to what was before.
fn check_length(path: &Path) -> Result<(), LedgerError> {
    use std::io::Read as _;
    if wal_holds_rows(path) || is_begun(&beside(path, "-journal")) {
        return Ok(());
    }
    let mut header = [0_u8; 32];
    let Ok(mut file) = std::fs::File::open(path) else { return Ok(()) };
    let len = file.metadata().map_err(|e| LedgerError::from_io(path, &e))?.len();
    if file.read_exact(&mut header).is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Ok(());
    }
    // Bytes 16..18: page size, big endian, 1 = 65536; bytes 28..32: pages.
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u32::from_be_bytes([header[28], header[29], header[30], header[31]]);
    let whole = page * u64::from(pages);
    if len < whole {
        let reason = format!("cut off at byte {len} of {whole}");
        return Err(LedgerError::Corrupt { path: path.to_path_buf(), reason });
    }
    Ok(())
}

/// Makes the names of a new ledger and of its folder durable.
fn sync_way_to(path: &Path) -> Result<(), LedgerError> {
    folder::sync_way_to(path).map_err(|e| LedgerError::from_io(path, &e))
}

/// Makes durable what an earlier writer has left in the write-ahead file: killed before its sync, it leaves
/// rows that are read and that a power cut would take.
pub(super) fn settle(path: &Path) -> Result<(), LedgerError> {
    if !wal_holds_rows(path) {
        return Ok(());
    }
    std::fs::File::open(wal_of(path))
        .and_then(|wal| wal.sync_all())
        .map_err(|e| LedgerError::from_io(path, &e))?;
    sync_way_to(path)
}
