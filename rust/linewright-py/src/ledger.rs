//! Reading ledgers.

use std::path::PathBuf;

use linewright_runtime::ledger::{
    self, Filter, Kind, Pin, PinError, Removed, StoredRow, newest, rows, verify,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::error::{ledger_error, verify_error};
use crate::json::to_python;

/// Walks the chain of a ledger: `{"rows", "last_seq", "head" (hexadecimal), "last_tick", "removed"}`.
///
/// Raises `LedgerError` at the first row that is not as it was written; its `seq` names the row.
#[pyfunction]
#[pyo3(signature = (path, /))]
pub fn ledger_verify(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let verified = py.detach(|| verify(&path)).map_err(|e| verify_error(py, &e))?;
    let dict = PyDict::new(py);
    dict.set_item("rows", verified.rows)?;
    dict.set_item("head", hex(&verified.head))?;
    dict.set_item("last_tick", verified.last_tick)?;
    dict.set_item("last_seq", verified.last_seq)?;
    dict.set_item("removed", stretches(py, &verified.removed)?)?;
    Ok(dict)
}

/// Stretches of rows that retention took out, in order: `first`, `last`, `why`, `wall_s`, `offset_s`
/// (wall time minus core clock of the rows that follow; none in a simulated line).
#[pyfunction]
#[pyo3(signature = (path, /))]
pub fn ledger_removed(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyList>> {
    let found = py.detach(|| ledger::removed(&path)).map_err(|e| ledger_error(py, &e))?;
    stretches(py, &found)
}

fn stretches<'py>(py: Python<'py>, removed: &[Removed]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for gone in removed {
        let dict = PyDict::new(py);
        dict.set_item("first", gone.first)?;
        dict.set_item("last", gone.last)?;
        dict.set_item("why", &gone.why)?;
        dict.set_item("wall_s", gone.wall_s)?;
        dict.set_item("offset_s", gone.offset_s)?;
        list.append(dict)?;
    }
    Ok(list)
}

/// How often a core has started with a ledger, removed start rows included.
#[pyfunction]
#[pyo3(signature = (path, /))]
pub fn ledger_starts(py: Python<'_>, path: PathBuf) -> PyResult<u64> {
    py.detach(|| ledger::starts(&path)).map_err(|e| ledger_error(py, &e))
}

/// Ranges that retention must not remove: `first`, `last`, `reason`, `by`, `wall_s`.
#[pyfunction]
#[pyo3(signature = (path, /))]
pub fn ledger_pins(py: Python<'_>, path: PathBuf) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let found = py.detach(|| ledger::pins(&path)).map_err(|e| ledger_error(py, &e))?;
    found.iter().map(|pin| pin_dict(py, pin)).collect()
}

/// Keeps rows `first` to `last` of a ledger, also beside a running core. `ValueError`: not there (any
/// more), pinned already, no reason.
#[pyfunction]
#[pyo3(signature = (path, /, first, last, reason, by))]
pub fn ledger_pin(
    py: Python<'_>,
    path: PathBuf,
    first: u64,
    last: u64,
    reason: String,
    by: String,
) -> PyResult<Bound<'_, PyDict>> {
    let made = py.detach(|| ledger::pin(&path, first, last, &reason, &by));
    pin_dict(py, &made.map_err(|e| pin_error(py, &e))?)
}

/// Takes the pin of rows `first` to `last` back. `ValueError`: there is none.
#[pyfunction]
#[pyo3(signature = (path, /, first, last))]
pub fn ledger_unpin(
    py: Python<'_>,
    path: PathBuf,
    first: u64,
    last: u64,
) -> PyResult<Bound<'_, PyDict>> {
    let taken = py.detach(|| ledger::unpin(&path, first, last));
    pin_dict(py, &taken.map_err(|e| pin_error(py, &e))?)
}

fn pin_dict<'py>(py: Python<'py>, pin: &Pin) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("first", pin.first)?;
    dict.set_item("last", pin.last)?;
    dict.set_item("reason", &pin.reason)?;
    dict.set_item("by", &pin.by)?;
    dict.set_item("wall_s", pin.wall_s)?;
    Ok(dict)
}

fn pin_error(py: Python<'_>, error: &PinError) -> PyErr {
    match error {
        PinError::Refused(why) => PyValueError::new_err(why.clone()),
        PinError::Ledger(fault) => ledger_error(py, fault),
    }
}

/// Rows of a ledger in order, each a dict: `seq`, `tick`, `mono_ns`, `kind`, `station`, `body`, `hash`.
///
/// `since`: only rows after this number, `until`: up to this one; `kinds` and `station`: only these; `limit`: at most so many;
/// `text`: the body as the text that was chained, not parsed. Serves beside a running core.
#[pyfunction]
#[pyo3(signature = (path, /, since=0, kinds=None, limit=None, station=None, until=None, text=false))]
#[allow(clippy::too_many_arguments)] // keywords in Python
pub fn ledger_rows(
    py: Python<'_>,
    path: PathBuf,
    since: u64,
    kinds: Option<Vec<String>>,
    limit: Option<u64>,
    station: Option<String>,
    until: Option<u64>,
    text: bool,
) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let kind = |word: String| {
        word.parse::<Kind>().map_err(|e| PyValueError::new_err(format!("kinds: {e}")))
    };
    let kinds = kinds.unwrap_or_default().into_iter().map(kind).collect::<PyResult<_>>()?;
    let filter = Filter { since_seq: since, until_seq: until, kinds, station, limit };
    let found: Result<Vec<StoredRow>, _> = py.detach(|| rows(&path, filter)?.collect());
    found.map_err(|e| ledger_error(py, &e))?.iter().map(|row| as_dict(py, row, text)).collect()
}

/// Number of the newest row on disk; 0 when there is none. Serves beside a running core.
#[pyfunction]
#[pyo3(signature = (path, /))]
pub fn ledger_newest(py: Python<'_>, path: PathBuf) -> PyResult<u64> {
    py.detach(|| newest(&path)).map_err(|e| ledger_error(py, &e))
}

fn as_dict<'py>(py: Python<'py>, row: &StoredRow, text: bool) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("seq", row.seq)?;
    dict.set_item("tick", row.tick)?;
    dict.set_item("mono_ns", row.mono_ns)?;
    dict.set_item("kind", &row.kind)?;
    dict.set_item("station", &row.station)?;
    match serde_json::from_str(&row.body_json) {
        Ok(body) if !text => dict.set_item("body", to_python(py, &body)?)?,
        _ => dict.set_item("body", &row.body_json)?,
    }
    dict.set_item("hash", hex(&row.hash))?;
    Ok(dict)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
