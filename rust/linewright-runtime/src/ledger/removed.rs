//! Rows that retention took out: where the chain goes on, and what is known of them.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

/// One stretch of rows that are gone, and the anchor of what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Removed {
    /// First row gone.
    pub first: u64,
    /// Last row gone.
    pub last: u64,
    /// Chain value of the last: the next row is chained to it.
    pub hash: [u8; 32],
    /// Tick of the last.
    pub tick: u64,
    /// When the last of them was removed, seconds since 1970.
    pub wall_s: f64,
    /// Wall time minus core clock of the rows after it, up to the next start row; `None` =
    /// simulated or unknown.
    pub offset_s: Option<f64>,
    /// `quota` or `age`.
    pub why: String,
}

/// Key under which the number of start rows gone is kept.
pub(super) const STARTS: &str = "ledger.removed_starts";

const TABLE: &str = "CREATE TABLE IF NOT EXISTS removed(
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, hash BLOB NOT NULL, tick INTEGER NOT NULL,
  wall_s REAL NOT NULL, offset_s REAL, why TEXT NOT NULL)";

/// Stretches in order; none in a ledger that never removed a row.
pub(super) fn read(db: &Connection) -> rusqlite::Result<Vec<Removed>> {
    let there = db
        .query_row("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='removed'", [], |_| {
            Ok(())
        })
        .optional()?;
    if there.is_none() {
        return Ok(Vec::new());
    }
    let mut select = db.prepare_cached(
        "SELECT first,last,hash,tick,wall_s,offset_s,why FROM removed ORDER BY first",
    )?;
    let found = select.query_map([], |row| {
        Ok(Removed {
            first: row.get::<_, i64>(0)?.cast_unsigned(),
            last: row.get::<_, i64>(1)?.cast_unsigned(),
            hash: row.get(2)?,
            tick: row.get::<_, i64>(3)?.cast_unsigned(),
            wall_s: row.get(4)?,
            offset_s: row.get(5)?,
            why: row.get(6)?,
        })
    })?;
    found.collect()
}

/// Wall time minus core clock as a start row states it.
pub(super) fn offset_of(body: &str, mono_ns: u64) -> Option<f64> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get("wall_s")?.as_f64().map(|wall_s| wall_s - mono_ns as f64 * 1e-9)
}

/// Takes rows `first` to `last` out, inside the transaction of the caller. `last` must be there.
/// Neighbouring stretches become one.
pub(super) fn take_out(
    db: &Connection,
    (first, last): (u64, u64),
    wall_s: f64,
    why: &str,
) -> rusqlite::Result<()> {
    db.execute_batch(TABLE)?;
    let (low, high) = (first.cast_signed(), last.cast_signed());
    let (hash, tick): ([u8; 32], i64) = db
        .prepare_cached("SELECT hash, tick FROM ledger WHERE seq=?1")?
        .query_row([high], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let stretches = read(db)?;
    let before = stretches.iter().find(|gone| gone.last + 1 == first);
    let after = stretches.iter().find(|gone| last + 1 == gone.first);
    let (starts, newest) = starts_between(db, low, high)?;
    let offset_s = newest.unwrap_or_else(|| before.and_then(|gone| gone.offset_s));
    if starts > 0 {
        db.prepare_cached(
            "INSERT INTO retained VALUES (?1,?2) ON CONFLICT(key) DO UPDATE SET value=value+?2",
        )?
        .execute(params![STARTS, starts])?;
    }
    db.prepare_cached("DELETE FROM ledger WHERE seq BETWEEN ?1 AND ?2")?.execute([low, high])?;
    let begin = before.map_or(first, |gone| gone.first);
    db.prepare_cached("INSERT OR REPLACE INTO removed VALUES (?1,?2,?3,?4,?5,?6,?7)")?
        .execute(params![begin.cast_signed(), high, &hash[..], tick, wall_s, offset_s, why])?;
    if let Some(after) = after {
        db.prepare_cached("DELETE FROM removed WHERE first=?1")?
            .execute([after.first.cast_signed()])?;
        db.prepare_cached(
            "UPDATE removed SET last=?2, hash=?3, tick=?4, offset_s=?5 WHERE first=?1",
        )?
        .execute(params![
            begin.cast_signed(),
            after.last.cast_signed(),
            &after.hash[..],
            after.tick.cast_signed(),
            after.offset_s
        ])?;
    }
    Ok(())
}

/// Number of start rows in a range, and what the newest of them says of the wall time.
fn starts_between(
    db: &Connection,
    low: i64,
    high: i64,
) -> rusqlite::Result<(i64, Option<Option<f64>>)> {
    let mut select = db.prepare_cached(
        "SELECT mono_ns, body FROM ledger WHERE seq BETWEEN ?1 AND ?2 AND kind='start' ORDER BY seq",
    )?;
    let mut rows = select.query([low, high])?;
    let (mut count, mut newest) = (0, None);
    while let Some(row) = rows.next()? {
        count += 1;
        let mono_ns = row.get::<_, i64>(0)?.cast_unsigned();
        newest = Some(match row.get_ref(1)? {
            ValueRef::Text(body) => {
                std::str::from_utf8(body).ok().and_then(|body| offset_of(body, mono_ns))
            }
            _ => None,
        });
    }
    Ok((count, newest))
}
