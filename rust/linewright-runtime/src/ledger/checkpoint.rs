//! Moving committed rows from the write-ahead file into the ledger, off the way of a commit.
//!
//! SQLite would do it within the commit that makes the write-ahead file long enough, and whoever waits for
//! that commit would wait for the sync of the whole ledger too. So a thread with a connection of its own
//! does it, from the first time there is enough to move. It never holds up a writer; a writer that
//! is faster than the disk moves the rest itself ([`MOST_PAGES`]), so that the file stays bounded.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{Builder, JoinHandle};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{LedgerError, schema};

/// Pages in the write-ahead file that are worth moving: 2 MiB.
const ENOUGH_PAGES: i64 = 500;
/// Pages at which the writer waits until they are moved, so that the file begins anew: 6 MiB.
const MOST_PAGES: i64 = 1500;
/// Bytes of a page in the write-ahead file, with its header; [`MOST_PAGES`] of them and what a commit beyond
/// them takes.
const READY_BYTES: u64 = (4096 + 24) * (MOST_PAGES as u64 + 50);
/// The thread opens a file and copies pages.
const STACK_BYTES: usize = 256 * 1024;

/// The mover of one connected ledger.
#[derive(Debug)]
pub(super) struct Checkpoint {
    path: PathBuf,
    thread: Option<Mover>,
    /// Pages written since the write-ahead file was looked at, at most.
    unseen_pages: i64,
}

#[derive(Debug)]
struct Mover {
    ask: SyncSender<()>,
    done: Receiver<Result<(), LedgerError>>,
    handle: JoinHandle<()>,
    busy: bool,
}

impl Checkpoint {
    pub fn of(path: &Path) -> Self {
        // What an earlier process left is looked at with the first commit.
        Self { path: path.to_path_buf(), thread: None, unseen_pages: ENOUGH_PAGES }
    }

    /// After a commit of `bytes` in `rows` on `db`: moves what is worth moving.
    ///
    /// # Errors
    /// Pages could not be moved or synced. The rows are on disk; this connection and the thread's must not
    /// be used again, because a sync that failed once proves nothing when it succeeds the second time.
    pub fn committed(
        &mut self,
        db: &Connection,
        rows: u64,
        bytes: usize,
    ) -> Result<(), LedgerError> {
        // A commit writes the head, a row at most two pages more than its bytes fill.
        self.unseen_pages += 2 + (bytes / 1024).max(rows as usize / 8) as i64;
        if let Some(thread) = &mut self.thread {
            thread.heard()?;
        }
        if self.unseen_pages < ENOUGH_PAGES {
            return Ok(());
        }
        let (pages, moved) =
            run(db, "NOOP").map_err(|e| LedgerError::from_sqlite(&self.path, &e))?;
        self.unseen_pages = pages - moved;
        if pages >= MOST_PAGES && moved < pages {
            passive(db, &self.path)?;
            self.unseen_pages = 0;
        } else if self.unseen_pages >= ENOUGH_PAGES {
            self.ask()?;
        }
        Ok(())
    }

    fn ask(&mut self) -> Result<(), LedgerError> {
        let thread = match &mut self.thread {
            Some(thread) => thread,
            none => none.insert(Mover::start(&self.path)?),
        };
        if !thread.busy && thread.ask.try_send(()).is_ok() {
            thread.busy = true;
        }
        Ok(())
    }
}

impl Drop for Checkpoint {
    /// Waits for the thread: the file is its owner's alone afterwards.
    fn drop(&mut self) {
        if let Some(Mover { ask, handle, .. }) = self.thread.take() {
            drop(ask);
            drop(handle.join());
        }
    }
}

impl Mover {
    fn start(path: &Path) -> Result<Self, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || -> rusqlite::Result<Connection> {
            let db = Connection::open_with_flags(path, flags)?;
            db.execute_batch("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;")?;
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            Ok(db)
        };
        let db = open().map_err(|e| LedgerError::from_sqlite(path, &e))?;
        let (ask, asked) = sync_channel::<()>(1);
        let (tell, done) = sync_channel(1);
        let path = path.to_path_buf();
        let work = {
            let path = path.clone();
            move || {
                while asked.recv().is_ok() {
                    let moved = passive(&db, &path);
                    let ends = moved.is_err();
                    if tell.send(moved).is_err() || ends {
                        return;
                    }
                }
            }
        };
        let thread = Builder::new().name("linewright-move".into()).stack_size(STACK_BYTES);
        let handle = thread.spawn(work).map_err(|e| LedgerError::from_io(&path, &e))?;
        Ok(Self { ask, done, handle, busy: false })
    }

    /// What the thread says of the last time it was asked.
    fn heard(&mut self) -> Result<(), LedgerError> {
        match self.done.try_recv() {
            Ok(moved) => {
                self.busy = false;
                moved
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(()),
        }
    }
}

/// Makes the write-ahead file of an open ledger as long as it will get, with zeros: no page reads as one
/// that was written. A disk that has no room for that leaves it as it is.
pub(super) fn lengthen(path: &Path) {
    let wal = schema::wal_of(path);
    let Ok(mut file) = OpenOptions::new().append(true).open(&wal) else { return };
    let Ok(before) = file.metadata().map(|m| m.len()) else { return };
    let zeros = vec![0; READY_BYTES.saturating_sub(before) as usize];
    if file.write_all(&zeros).and_then(|()| file.sync_all()).is_err() {
        drop(file.set_len(before));
    }
}

/// Moves what can be moved without waiting for anyone. A full disk has refused a write and lied about
/// none: the pages stay where they are, and it is tried again.
fn passive(db: &Connection, path: &Path) -> Result<(), LedgerError> {
    match run(db, "PASSIVE").map_err(|e| LedgerError::from_sqlite(path, &e)) {
        Ok(_) | Err(LedgerError::Full { .. }) => Ok(()),
        Err(e) => Err(e),
    }
}

/// Pages in the write-ahead file, and how many of them are moved.
fn run(db: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    let mut pragma = db.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    pragma.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
}
