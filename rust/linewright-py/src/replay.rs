//! Records: what is in them, and whether they replay.

use std::path::PathBuf;

use linewright_runtime::recorder::{RecordError as RecordFault, RecordReader};
use linewright_runtime::replay::{Progress, ReplayError, verify_with};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{RecordError, carrying};

fn record_error(py: Python<'_>, text: String, exit_code: i32) -> PyErr {
    carrying(py, RecordError::new_err(text), |error| error.setattr("exit_code", exit_code))
}

/// Runs the recorded inputs through the recorded plan and compares every hash:
/// `{"cycles", "param_changes", "ticks", "plan_hash", "truncated"}`.
///
/// `ticks` is the first and last tick; `truncated` says where a record that was cut off ends.
/// `progress(cycles, bytes, total_bytes)` is called after each chunk. Raises `RecordError` at the first
/// cycle that is damaged or gives other bits.
#[pyfunction]
#[pyo3(signature = (path, /, progress=None))]
pub fn replay_verify(
    py: Python<'_>,
    path: PathBuf,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'_, PyDict>> {
    let mut stopped = None;
    let report = py.detach(|| {
        verify_with(&path, |Progress { cycles, bytes, total_bytes }| {
            let Some(tell) = progress.as_ref().filter(|_| stopped.is_none()) else { return };
            stopped = Python::attach(|py| tell.call1(py, (cycles, bytes, total_bytes)).err());
        })
    });
    if let Some(error) = stopped {
        return Err(error);
    }
    let fault = |e: ReplayError| record_error(py, e.to_string(), e.exit_code());
    let report = report.map_err(fault)?;
    let dict = PyDict::new(py);
    dict.set_item("cycles", report.cycles)?;
    dict.set_item("param_changes", report.param_changes)?;
    dict.set_item("ticks", report.ticks)?;
    dict.set_item("plan_hash", report.plan_hash)?;
    dict.set_item("truncated", report.truncated.map(|t| t.to_string()))?;
    Ok(dict)
}

/// Who recorded what: `{"plan" (JSON text), "plan_hash", "provenance", "loops"}`; `loops` maps the name
/// of a loop to the labels of its source slots.
#[pyfunction]
#[pyo3(signature = (path, /))]
pub fn record_head(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let fault = |e: RecordFault| record_error(py, e.to_string(), e.exit_code());
    let reader = py.detach(|| RecordReader::open(&path)).map_err(fault)?;
    let head = reader.head();
    let loops = PyDict::new(py);
    for of in &head.loops {
        loops.set_item(&of.name, &of.slots)?;
    }
    let dict = PyDict::new(py);
    dict.set_item("plan", &head.plan_json)?;
    dict.set_item("plan_hash", &head.plan_hash)?;
    dict.set_item("provenance", &head.provenance)?;
    dict.set_item("loops", loops)?;
    Ok(dict)
}
