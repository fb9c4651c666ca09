//! What may go, and in which order: oldest first, in small steps, never what is pinned.
//!
//! A plan is a row of the chain (kind `retention`) that lists every stretch of rows that is gone or
//! about to go; the rows follow in steps, each carried by a commit that was due anyway. So a stretch
//! that is missing without a row that says so is found by [`super::verify`].

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};

use super::pins::Pin;
use super::removed::{self, Removed};

/// Rows a plan for age looks at, at most.
const LOOK: u64 = 2048;
/// Newest rows that always stay.
const STAY: u64 = 64;
/// Rows of a step at least.
const STEP: u64 = 256;
/// Rows of a step at most.
const MOST_STEP: u64 = 8192;

/// How long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Policy {
    /// Older rows go, s; `None` = age does not matter.
    pub keep_s: Option<f64>,
    /// Rows go before the file grows beyond this, bytes; `None` = size does not matter.
    pub quota_bytes: Option<u64>,
}

/// The present, for the age of rows and for the row that is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stamp {
    /// Base tick.
    pub tick: u64,
    /// Core clock, ns.
    pub mono_ns: u64,
    /// Seconds since 1970.
    pub wall_s: f64,
}

/// What a call of [`super::Ledger::prune`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruned {
    /// Nothing is due.
    Nothing,
    /// So many rows were taken out; durable with the next commit.
    Rows(u64),
    /// Something is due, and what could go is pinned or too new: the file grows.
    Held,
}

/// A stretch of rows that is being removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    pub until: u64,
    pub why: &'static str,
}

/// Rows of the next step: twice what was written since the last one, so that removal keeps up.
pub(super) fn step_rows(written: u64) -> u64 {
    (2 * written).clamp(STEP, MOST_STEP)
}

/// The oldest stretch that may go: from the first row that is there and not pinned, to before the
/// next that is. `end` is the last row on disk.
pub(super) fn oldest(gone: &[Removed], pins: &[Pin], end: u64) -> Option<(u64, u64)> {
    let mut first = 1;
    loop {
        let within = |low: u64, high: u64| low <= first && first <= high;
        let past_gone = gone.iter().find(|r| within(r.first, r.last)).map(|r| r.last + 1);
        let past_pin = pins.iter().find(|p| within(p.first, p.last)).map(|p| p.last + 1);
        match past_gone.or(past_pin) {
            Some(next) => first = next,
            None => break,
        }
    }
    let next_gone = gone.iter().map(|r| r.first).filter(|f| *f > first).min();
    let next_pin = pins.iter().map(|p| p.first).filter(|f| *f > first).min();
    let before = next_gone.into_iter().chain(next_pin).min().map_or(end, |next| next - 1);
    let last = before.min(end.saturating_sub(STAY));
    (first <= last).then_some((first, last))
}

/// Bytes of the pages that hold something, and bytes of a page.
pub(super) fn bytes_used(db: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| {
        db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
            .map(i64::cast_unsigned)
    };
    Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
}

/// What the quota asks for: the last row to go of `stretch`, some 1/32 of the quota further on.
pub(super) fn for_quota(
    used: u64,
    quota: u64,
    (first, last): (u64, u64),
    rows: u64,
) -> Option<u64> {
    let (most, target) = (quota / 8 * 7, quota / 32 * 27);
    if used <= most {
        return None;
    }
    let row_bytes = (used / rows.max(1)).max(1);
    let count = ((used - target) / row_bytes).max(STEP);
    Some(last.min(first + count - 1))
}

/// What age asks for: the last of the rows from `first` on that are older than `keep_s`.
/// `session_from` is the first row of the core that runs now.
pub(super) fn for_age(
    db: &Connection,
    gone: &[Removed],
    (first, last): (u64, u64),
    keep_s: f64,
    now: Stamp,
    session_from: u64,
) -> rusqlite::Result<Option<u64>> {
    let mut offset_s = gone.iter().rfind(|r| r.last < first).and_then(|r| r.offset_s);
    if let Some(of_first) = start_before(db, gone, first)? {
        offset_s = of_first;
    }
    let mut select = db.prepare_cached(
        "SELECT seq, mono_ns, CASE kind WHEN 'start' THEN body END FROM ledger
         WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
    )?;
    let most = last.min(first + LOOK - 1);
    let mut rows = select.query([first.cast_signed(), most.cast_signed()])?;
    let mut until = None;
    while let Some(row) = rows.next()? {
        let (seq, mono_ns) =
            (row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned());
        if let ValueRef::Text(body) = row.get_ref(2)? {
            offset_s = std::str::from_utf8(body).ok().and_then(|b| removed::offset_of(b, mono_ns));
        }
        let age_s = if seq >= session_from {
            Some(now.mono_ns.saturating_sub(mono_ns) as f64 * 1e-9)
        } else {
            offset_s.map(|offset_s| now.wall_s - offset_s - mono_ns as f64 * 1e-9)
        };
        if !age_s.is_some_and(|age_s| age_s > keep_s) {
            break;
        }
        until = Some(seq);
    }
    // A row of the chain for each plan: not for a handful of rows, unless the next are pinned.
    Ok(until.filter(|until| *until == last || until - first + 1 >= STEP))
}

/// What the newest start row between the last stretch gone and `first` says (it is pinned).
fn start_before(
    db: &Connection,
    gone: &[Removed],
    first: u64,
) -> rusqlite::Result<Option<Option<f64>>> {
    let from = gone.iter().rfind(|r| r.last < first).map_or(1, |r| r.last + 1);
    let found = db
        .prepare_cached(
            "SELECT mono_ns, body FROM ledger
             WHERE seq BETWEEN ?1 AND ?2 AND kind='start' ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([from.cast_signed(), first.cast_signed() - 1], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, String>(1)?))
        })
        .optional()?;
    Ok(found.map(|(mono_ns, body)| removed::offset_of(&body, mono_ns)))
}

/// Body of the row that signs a plan off: every stretch gone once it is done.
pub(super) fn body(gone: &[Removed], first: u64, plan: Plan, pins: &[Pin]) -> Value {
    let mut ranges: Vec<(u64, u64)> = gone.iter().map(|r| (r.first, r.last)).collect();
    ranges.push((first, plan.until));
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (low, high) in ranges {
        match merged.last_mut() {
            Some(last) if low <= last.1 + 1 => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    let pins: Vec<Value> = pins
        .iter()
        .map(|p| json!({"first": p.first, "last": p.last, "reason": p.reason}))
        .collect();
    json!({"why": plan.why, "first": first, "last": plan.until, "gone": merged, "pins": pins})
}

/// Whether a retention row allows `stretch` to be gone.
pub(super) fn allows(body: &[u8], stretch: &Removed) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let gone = body.get("gone").and_then(Value::as_array);
    gone.into_iter().flatten().any(|range| {
        let end = |i: usize| range.get(i).and_then(Value::as_u64);
        end(0).is_some_and(|low| low <= stretch.first)
            && end(1).is_some_and(|high| stretch.last <= high)
    })
}
