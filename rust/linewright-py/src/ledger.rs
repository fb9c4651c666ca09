//! Reading ledgers.

use std::path::PathBuf;

use linewright_runtime::ledger::{Filter, Kind, StoredRow, newest, rows, verify};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{ledger_error, verify_error};
use crate::json::to_python;

/// Walks the chain of a ledger: `{"rows", "head" (hexadecimal), "last_tick"}`.
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
    Ok(dict)
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
