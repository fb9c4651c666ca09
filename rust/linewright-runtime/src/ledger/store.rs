//! The writer.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::chain::{self, Content};
use super::checkpoint::{self, Checkpoint};
use super::retention::{self, Plan, Policy, Pruned, Stamp};
use super::{Kind, LedgerError, Row, pins, removed, schema};

/// How a ledger is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Most bytes the file may take (rounded to pages); beyond it appending gives
    /// [`LedgerError::Full`] as a full disk would. `None` = as much as the disk has.
    pub max_bytes: Option<u64>,
    /// The write-ahead file gets its full length at once (6 MiB, if the disk has them), so that no commit
    /// has to make it longer: a sync that does takes twice as long. For whoever waits for commits.
    pub ready: bool,
}

/// The one writer of a ledger file.
///
/// Rows gather in a transaction until [`Ledger::commit`]. After an error nothing is written until
/// [`Ledger::reopen`] succeeds; rows not committed by then are gone and their numbers are used again.
#[derive(Debug)]
pub struct Ledger {
    db: Option<Connection>,
    /// With the connection; none without it.
    checkpoint: Option<Checkpoint>,
    /// Bytes of the rows since the last commit.
    bytes: usize,
    /// Held for its lock; the file itself stays.
    _lock: File,
    path: PathBuf,
    options: Options,
    synced: End,
    /// Last row appended, committed or not.
    last: End,
    in_transaction: bool,
    /// The last failure was a full disk.
    was_full: bool,
    /// First row of this writer.
    session_from: u64,
    plan: Option<Plan>,
    /// Last row when the last step of retention was made.
    stepped_at: u64,
    /// Held from a step of retention to its commit, so that no pin comes in between.
    pin_lock: Option<File>,
}

/// Bytes of a row beside its texts: numbers, hash, headers.
const ROW_BYTES: usize = 80;

/// An end of the chain.
#[derive(Debug, Clone, Copy)]
struct End {
    seq: u64,
    hash: [u8; 32],
}

impl Ledger {
    /// Opens `path` for writing and takes its lock; makes the file when it does not exist. The chain
    /// goes on after the last committed row, also after a kill.
    ///
    /// # Errors
    /// Folder not writable, second writer, not a ledger, damaged end, disk full.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LedgerError> {
        Self::open_with(path, Options::default())
    }

    /// As [`Ledger::open`], with options.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, LedgerError> {
        let path = path.as_ref().to_path_buf();
        let lock = take_lock(&path)?;
        let (db, end) = connect(&path, options)?;
        Ok(Self {
            db: Some(db),
            checkpoint: Some(Checkpoint::of(&path)),
            bytes: 0,
            _lock: lock,
            path,
            options,
            synced: end,
            last: end,
            in_transaction: false,
            was_full: false,
            session_from: end.seq + 1,
            plan: None,
            stepped_at: end.seq,
            pin_lock: None,
        })
    }

    /// Number of the last row appended; 0 without any.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.last.seq
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of the last row known to be on disk; 0 = none.
    #[must_use]
    pub const fn synced_seq(&self) -> u64 {
        self.synced.seq
    }

    /// Rows appended and not yet committed.
    #[must_use]
    pub const fn pending(&self) -> u64 {
        self.last.seq - self.synced.seq
    }

    /// Chain value of the last row appended; zero bytes before the first.
    #[must_use]
    pub const fn head(&self) -> [u8; 32] {
        self.last.hash
    }

    /// False after an error, until [`Ledger::reopen`].
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        self.db.is_some()
    }

    /// Adds a row and gives its number. Not yet durable.
    ///
    /// # Errors
    /// Disk full or failing; every row since the last commit is then dropped.
    pub fn append(&mut self, row: &Row<'_>) -> Result<u64, LedgerError> {
        let seq = self.last.seq + 1;
        let kind = row.kind.as_str();
        let content = Content {
            seq,
            tick: row.tick,
            mono_ns: row.mono_ns,
            kind: kind.as_bytes(),
            station: row.station.as_bytes(),
            body: row.body_json.as_bytes(),
        };
        let hash = chain::link(&self.last.hash, &content);
        self.write(|db| {
            let mut insert =
                db.prepare_cached("INSERT INTO ledger VALUES (?1,?2,?3,?4,?5,?6,?7)")?;
            insert.execute(params![
                seq.cast_signed(),
                row.tick.cast_signed(),
                row.mono_ns.cast_signed(),
                kind,
                row.station,
                row.body_json,
                &hash[..]
            ])?;
            Ok(())
        })?;
        self.last = End { seq, hash };
        self.bytes += row.body_json.len() + row.station.len() + ROW_BYTES;
        Ok(seq)
    }

    /// Makes all rows and retained values durable and gives the number of the last row on disk.
    /// Nothing to commit costs nothing.
    ///
    /// # Errors
    /// Disk full or failing; every row since the last commit is then dropped (after a failing disk
    /// [`Ledger::reopen`] may find that they were stored after all).
    pub fn commit(&mut self) -> Result<u64, LedgerError> {
        if !self.in_transaction {
            return if self.is_healthy() { Ok(self.synced.seq) } else { Err(self.failed()) };
        }
        let end = self.last;
        self.write(|db| {
            db.prepare_cached("UPDATE head SET seq=?1, hash=?2 WHERE id=0")?
                .execute(params![end.seq.cast_signed(), &end.hash[..]])?;
            db.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        })?;
        self.in_transaction = false;
        self.pin_lock = None;
        let (rows, bytes) = (end.seq - self.synced.seq, std::mem::take(&mut self.bytes));
        if let (Some(checkpoint), Some(db)) = (&mut self.checkpoint, &self.db)
            && let Err(error) = checkpoint.committed(db, rows, bytes)
        {
            self.was_full = false;
            self.fail(); // `reopen` will find that the rows are there
            return Err(error);
        }
        self.synced = end;
        Ok(end.seq)
    }

    /// Keeps `value` under `key`, durable with the next [`Ledger::commit`].
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn retain(&mut self, key: &str, value: u64) -> Result<(), LedgerError> {
        self.write(|db| {
            db.prepare_cached("INSERT OR REPLACE INTO retained VALUES (?1,?2)")?
                .execute(params![key, value.cast_signed()])?;
            Ok(())
        })
    }

    /// Takes out a few of the oldest rows if `policy` asks for it: twice as many as were appended
    /// since the last call, 256 at least. Call it after a commit; what it did is durable with the
    /// next one, so that no sync is added. Rows within a pin stay ([`super::pin`]), and the newest 64.
    ///
    /// # Errors
    /// Disk full or failing, as [`Ledger::append`]. Pins that cannot be read: nothing is removed.
    pub fn prune(&mut self, policy: &Policy, now: Stamp) -> Result<Pruned, LedgerError> {
        let Some(db) = self.db.as_ref() else { return Err(self.failed()) };
        let from = |e: rusqlite::Error| LedgerError::from_sqlite(&self.path, &e);
        let due = self.plan.is_some()
            || policy.keep_s.is_some()
            || match policy.quota_bytes {
                Some(quota) => retention::bytes_used(db).map_err(from)? > quota / 8 * 7,
                None => false,
            };
        if !due || self.synced.seq == 0 {
            return Ok(Pruned::Nothing);
        }
        if self.pin_lock.is_none() {
            self.pin_lock = pins::try_hold(&self.path)?;
        }
        if self.pin_lock.is_none() {
            return Ok(Pruned::Nothing);
        }
        let done = self.step(policy, now);
        if !self.in_transaction {
            self.pin_lock = None;
        }
        done
    }

    fn step(&mut self, policy: &Policy, now: Stamp) -> Result<Pruned, LedgerError> {
        let Some(db) = self.db.as_ref() else { return Err(self.failed()) };
        let from = |e: rusqlite::Error| LedgerError::from_sqlite(&self.path, &e);
        let pins = pins::pins(&self.path)?;
        let gone = removed::read(db).map_err(from)?;
        let Some(stretch) = retention::oldest(&gone, &pins, self.synced.seq) else {
            self.plan = None;
            return Ok(Pruned::Held);
        };
        let there = self.synced.seq - gone.iter().map(|r| r.last - r.first + 1).sum::<u64>();
        let plan = match self.plan.filter(|plan| stretch.0 <= plan.until) {
            Some(plan) => plan,
            None => {
                let made = self.make_plan(policy, now, &gone, stretch, there).map_err(from)?;
                self.plan = made;
                let Some(plan) = made else { return Ok(Pruned::Nothing) };
                let body = retention::body(&gone, stretch.0, plan, &pins).to_string();
                let (tick, mono_ns) = (now.tick, now.mono_ns);
                let kind = Kind::Retention;
                self.append(&Row { tick, mono_ns, kind, station: "", body_json: &body })?;
                plan
            }
        };
        let rows = retention::step_rows(self.last.seq - self.stepped_at);
        let last = stretch.1.min(plan.until).min(stretch.0 + rows - 1);
        self.write(|db| removed::take_out(db, (stretch.0, last), now.wall_s, plan.why))?;
        self.stepped_at = self.last.seq;
        if last == plan.until {
            self.plan = None;
        }
        Ok(Pruned::Rows(last - stretch.0 + 1))
    }

    /// What is to go next by age, else by size.
    fn make_plan(
        &self,
        policy: &Policy,
        now: Stamp,
        gone: &[removed::Removed],
        stretch: (u64, u64),
        there: u64,
    ) -> rusqlite::Result<Option<Plan>> {
        let Some(db) = self.db.as_ref() else { return Ok(None) };
        if let Some(keep_s) = policy.keep_s {
            let until = retention::for_age(db, gone, stretch, keep_s, now, self.session_from)?;
            if let Some(until) = until {
                return Ok(Some(Plan { until, why: "age" }));
            }
        }
        let Some(quota) = policy.quota_bytes else { return Ok(None) };
        let used = retention::bytes_used(db)?;
        let until = retention::for_quota(used, quota, stretch, there);
        Ok(until.map(|until| Plan { until, why: "quota" }))
    }

    /// The value kept under `key`, committed or not.
    ///
    /// # Errors
    /// File damaged or failing.
    pub fn retained(&self, key: &str) -> Result<Option<u64>, LedgerError> {
        let db = self.db.as_ref().ok_or_else(|| self.failed())?;
        db.prepare_cached("SELECT value FROM retained WHERE key=?1")
            .and_then(|mut select| select.query_row([key], |row| row.get::<_, i64>(0)).optional())
            .map(|value| value.map(i64::cast_unsigned))
            .map_err(|e| LedgerError::from_sqlite(&self.path, &e))
    }

    /// Opens the file anew after an error and gives the last row that is on disk. What the failed
    /// disk may have kept in memory only is written once more, through a fresh descriptor: a sync that
    /// failed once is never trusted when it succeeds the second time.
    ///
    /// # Errors
    /// As [`Ledger::open`]; may be tried again later.
    pub fn reopen(&mut self) -> Result<u64, LedgerError> {
        self.fail();
        let (db, end) = connect(&self.path, self.options)?;
        // A full disk has refused a write, and lied about none.
        if !self.was_full {
            let moved = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            if moved != Ok(0) {
                let _ = db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            }
            let busy: i64 = moved.map_err(|e| LedgerError::from_sqlite(&self.path, &e))?;
            if busy != 0 {
                let reason = String::from("a reader holds the write-ahead file");
                return Err(LedgerError::Io { path: self.path.clone(), reason });
            }
            if self.options.ready {
                checkpoint::lengthen(&self.path);
            }
        }
        self.db = Some(db);
        self.checkpoint = Some(Checkpoint::of(&self.path));
        self.synced = end;
        self.last = end;
        Ok(end.seq)
    }

    /// Changes the quota of [`Options::max_bytes`]; takes effect at once, also in a failed ledger's
    /// next [`Ledger::reopen`].
    ///
    /// # Errors
    /// File failing.
    pub fn set_max_bytes(&mut self, max_bytes: Option<u64>) -> Result<(), LedgerError> {
        self.options.max_bytes = max_bytes;
        match &self.db {
            Some(db) => limit(db, max_bytes).map_err(|e| LedgerError::from_sqlite(&self.path, &e)),
            None => Ok(()),
        }
    }

    /// Commits, moves everything into the one file and closes it.
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub fn close(mut self) -> Result<u64, LedgerError> {
        let seq = self.commit()?;
        self.checkpoint = None;
        match self.db.take().map(Connection::close) {
            Some(Err((_, e))) => Err(LedgerError::from_sqlite(&self.path, &e)),
            _ => Ok(seq),
        }
    }

    /// Runs `work` inside the transaction, which it opens; any error ends both.
    fn write(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Result<(), LedgerError> {
        let Some(db) = &self.db else { return Err(self.failed()) };
        let begun = if self.in_transaction {
            Ok(())
        } else {
            db.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([]).map(|_| ()))
        };
        match begun.and_then(|()| work(db)) {
            Ok(()) => {
                self.in_transaction = true;
                Ok(())
            }
            Err(e) => {
                let error = LedgerError::from_sqlite(&self.path, &e);
                self.was_full = matches!(error, LedgerError::Full { .. });
                self.fail();
                Err(error)
            }
        }
    }

    /// Drops the connection and every row since the last commit.
    fn fail(&mut self) {
        // First: a descriptor of a connection that goes while another is there would be used again.
        self.checkpoint = None;
        if let Some(db) = self.db.take() {
            // No checkpoint through a descriptor whose sync may have failed.
            let _ = db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
        self.in_transaction = false;
        self.bytes = 0;
        self.pin_lock = None;
        self.plan = None;
        self.last = self.synced;
    }

    fn failed(&self) -> LedgerError {
        LedgerError::Failed { path: self.path.clone() }
    }
}

impl Drop for Ledger {
    /// Rows not committed are dropped with it: only [`Ledger::commit`] makes them durable.
    fn drop(&mut self) {
        self.checkpoint = None;
        if self.in_transaction
            && let Some(db) = &self.db
        {
            let _ = db.execute_batch("ROLLBACK");
        }
    }
}

fn take_lock(path: &Path) -> Result<File, LedgerError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|e| LedgerError::from_io(path, &e))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(LedgerError::SecondWriter { path: path.to_path_buf() })
        }
        Err(TryLockError::Error(e)) => Err(LedgerError::from_io(path, &e)),
    }
}

fn connect(path: &Path, options: Options) -> Result<(Connection, End), LedgerError> {
    let db = schema::open_writer(path)?;
    let end = read_end(&db, path)?;
    schema::settle(path)?;
    if options.ready {
        checkpoint::lengthen(path);
    }
    limit(&db, options.max_bytes).map_err(|e| LedgerError::from_sqlite(path, &e))?;
    Ok((db, end))
}

fn limit(db: &Connection, max_bytes: Option<u64>) -> rusqlite::Result<()> {
    let page: i64 = db.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let most = i64::from(u32::MAX - 1);
    let pages = max_bytes.map_or(most, |b| (b.cast_signed().max(0) / page.max(1)).clamp(1, most));
    db.query_row(&format!("PRAGMA max_page_count={pages}"), [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

/// End of the chain, after checking that `head` and the last row agree.
fn read_end(db: &Connection, path: &Path) -> Result<End, LedgerError> {
    let from = |e: rusqlite::Error| LedgerError::from_sqlite(path, &e);
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?));
    let (seq, hash) =
        db.query_row("SELECT seq, hash FROM head WHERE id=0", [], read).map_err(from)?;
    let last = db
        .query_row("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", [], read)
        .optional()
        .map_err(from)?
        .unwrap_or((0, chain::GENESIS));
    if last != (seq, hash) {
        let reason = format!(
            "the chain should end with row {seq}, the last row is {}; run `linewright ledger verify`",
            last.0
        );
        return Err(LedgerError::Corrupt { path: path.to_path_buf(), reason });
    }
    Ok(End { seq: seq.cast_unsigned(), hash })
}
