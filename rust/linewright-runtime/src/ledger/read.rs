//! Reading beside the writer.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::de::IgnoredAny;

use super::removed as gone;
use super::{Kind, LedgerError, Removed, StoredRow, schema};

/// Rows fetched at a time: no lock is held between two fetches.
const BATCH: u64 = 512;

/// Which rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only rows after this number; 0 = from the first.
    pub since_seq: u64,
    /// Only rows up to this number; `None` = to the last.
    pub until_seq: Option<u64>,
    /// Only these kinds; empty = all.
    pub kinds: Vec<Kind>,
    /// Only this station; `None` = all.
    pub station: Option<String>,
    /// At most so many; `None` = all.
    pub limit: Option<u64>,
}

/// Rows in order of their number.
#[derive(Debug)]
pub struct Rows {
    db: Connection,
    path: PathBuf,
    sql: String,
    filter: Filter,
    fetched: VecDeque<StoredRow>,
    left: u64,
    done: bool,
}

/// Opens `path` for reading, also while a core writes it; sees what was committed when each batch
/// of rows was fetched.
///
/// # Errors
/// Missing, not a ledger, damaged, unreadable.
pub fn rows(path: impl AsRef<Path>, filter: Filter) -> Result<Rows, LedgerError> {
    let path = path.as_ref().to_path_buf();
    let db = schema::open_reader(&path)?;
    let mut sql =
        String::from("SELECT seq,tick,mono_ns,kind,station,body,hash FROM ledger WHERE seq > ?1");
    if !filter.kinds.is_empty() {
        let words: Vec<String> = filter.kinds.iter().map(|kind| format!("'{kind}'")).collect();
        sql.push_str(&format!(" AND kind IN ({})", words.join(",")));
    }
    if filter.station.is_some() {
        sql.push_str(" AND station = ?3");
    }
    if filter.until_seq.is_some() {
        sql.push_str(" AND seq <= ?4");
    }
    sql.push_str(" ORDER BY seq LIMIT ?2");
    let left = filter.limit.unwrap_or(u64::MAX);
    Ok(Rows { db, path, sql, filter, fetched: VecDeque::new(), left, done: false })
}

/// Number of the newest committed row; 0 = none.
///
/// # Errors
/// As [`rows`].
pub fn newest(path: impl AsRef<Path>) -> Result<u64, LedgerError> {
    let path = path.as_ref();
    let db = schema::open_reader(path)?;
    db.query_row("SELECT seq FROM head WHERE id=0", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(|e| LedgerError::from_sqlite(path, &e))
}

/// Stretches of rows that retention took out, in order.
///
/// # Errors
/// As [`rows`].
pub fn removed(path: impl AsRef<Path>) -> Result<Vec<Removed>, LedgerError> {
    let path = path.as_ref();
    let db = schema::open_reader(path)?;
    gone::read(&db).map_err(|e| LedgerError::from_sqlite(path, &e))
}

/// How often a core has started with the ledger, start rows that are gone included.
///
/// # Errors
/// As [`rows`].
pub fn starts(path: impl AsRef<Path>) -> Result<u64, LedgerError> {
    let path = path.as_ref();
    let db = schema::open_reader(path)?;
    let count = "SELECT (SELECT count(*) FROM ledger WHERE kind='start')
                      + coalesce((SELECT value FROM retained WHERE key=?1), 0)";
    db.query_row(count, [gone::STARTS], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(|e| LedgerError::from_sqlite(path, &e))
}

impl Rows {
    fn fetch(&mut self) -> rusqlite::Result<()> {
        let want = self.left.min(BATCH);
        let mut binds = vec![
            Value::Integer(self.filter.since_seq.cast_signed()),
            Value::Integer(want.cast_signed()),
        ];
        if self.filter.station.is_some() || self.filter.until_seq.is_some() {
            binds.push(self.filter.station.clone().map_or(Value::Null, Value::Text));
        }
        binds.extend(self.filter.until_seq.map(|seq| Value::Integer(seq.cast_signed())));
        let mut select = self.db.prepare_cached(&self.sql)?;
        let mut found = select.query(params_from_iter(binds))?;
        while let Some(row) = found.next()? {
            self.fetched.push_back(StoredRow {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                tick: row.get::<_, i64>(1)?.cast_unsigned(),
                mono_ns: row.get::<_, i64>(2)?.cast_unsigned(),
                kind: row.get(3)?,
                station: row.get(4)?,
                body_json: row.get(5)?,
                hash: row.get(6)?,
            });
        }
        let got = self.fetched.len() as u64;
        self.left -= got.min(self.left);
        self.done = got < want || self.left == 0;
        if let Some(last) = self.fetched.back() {
            self.filter.since_seq = last.seq;
        }
        Ok(())
    }
}

impl Iterator for Rows {
    type Item = Result<StoredRow, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.fetched.is_empty()
            && !self.done
            && let Err(e) = self.fetch()
        {
            // Rows read before the error are given first; the error comes in their place in order.
            self.done = true;
            self.fetched.clear();
            return Some(Err(LedgerError::from_sqlite(&self.path, &e)));
        }
        self.fetched.pop_front().map(Ok)
    }
}

/// Writes the rows as one JSON object a line: `seq`, `tick`, `mono_ns`, `kind`, `station`, `body`,
/// `hash` (hexadecimal). Gives the number of lines.
///
/// # Errors
/// As [`rows`]; or `out` cannot be written.
pub fn export_json_lines(
    path: impl AsRef<Path>,
    filter: Filter,
    out: &mut impl Write,
) -> Result<u64, LedgerError> {
    let path = path.as_ref();
    let io = |e: std::io::Error| LedgerError::Io {
        path: path.to_path_buf(),
        reason: format!("cannot write the export: {e}"),
    };
    let mut count = 0;
    for row in rows(path, filter)? {
        let row = row?;
        writeln!(out, "{}", json_line(&row)).map_err(io)?;
        count += 1;
    }
    out.flush().map_err(io)?;
    Ok(count)
}

/// One row as one JSON object. A body that is not JSON comes as a string.
pub(super) fn json_line(row: &StoredRow) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let is_json = serde_json::from_str::<IgnoredAny>(&row.body_json).is_ok();
    let body = if is_json && !row.body_json.contains('\n') {
        row.body_json.clone()
    } else {
        quoted(&row.body_json)
    };
    format!(
        r#"{{"seq":{},"tick":{},"mono_ns":{},"kind":{},"station":{},"body":{body},"hash":"{}"}}"#,
        row.seq,
        row.tick,
        row.mono_ns,
        quoted(&row.kind),
        quoted(&row.station),
        hex(&row.hash),
    )
}

/// Hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
