//! Records: what is in them, and whether they replay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linewright_runtime::recorder::{Item, RecordError as RecordFault, RecordReader};
use linewright_runtime::replay::{Progress, ReplayError, verify_with};
use numpy::PyArray1;
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

/// Channels of a record by name: `(time_s, values)` of the first loop that reads each, one value per
/// `every_s` at most, NaN where it was not good. A record that was cut off gives what it holds.
#[pyfunction]
#[pyo3(signature = (path, /, *, every_s=0.0))]
pub fn record_series(py: Python<'_>, path: PathBuf, every_s: f64) -> PyResult<Bound<'_, PyDict>> {
    let fault = |e: RecordFault| record_error(py, e.to_string(), e.exit_code());
    let series = py.detach(|| read_series(&path, every_s)).map_err(fault)?;
    let dict = PyDict::new(py);
    for (name, (time_s, values)) in series {
        let pair = (PyArray1::from_vec(py, time_s), PyArray1::from_vec(py, values));
        dict.set_item(name, pair)?;
    }
    Ok(dict)
}

type Series = BTreeMap<String, (Vec<f64>, Vec<f64>)>;

fn read_series(path: &Path, every_s: f64) -> Result<Series, RecordFault> {
    let mut reader = RecordReader::open(path)?;
    let hz = f64::from(reader.head().base_hz.max(1));
    let mut series = Series::new();
    let mut places: Vec<Vec<(usize, String)>> = Vec::new();
    for of in &reader.head().loops {
        let mut here = Vec::new();
        for (slot, label) in of.slots.iter().enumerate() {
            let name = label.strip_prefix("input ").and_then(|rest| rest.split(" [").next());
            if let Some(name) = name.filter(|name| !series.contains_key(*name)) {
                series.insert(name.to_owned(), (Vec::new(), Vec::new()));
                here.push((slot, name.to_owned()));
            }
        }
        places.push(here);
    }
    let mut next_s = vec![f64::NEG_INFINITY; places.len()];
    while let Some(item) = reader.next()? {
        let Item::Cycle(cycle) = item else { continue };
        let (Some(here), Some(next)) =
            (places.get(cycle.loop_index), next_s.get_mut(cycle.loop_index))
        else {
            continue;
        };
        let time_s = cycle.tick as f64 / hz;
        if time_s < *next {
            continue;
        }
        *next = time_s + every_s;
        for (slot, name) in here {
            let good = cycle.qualities.get(*slot) == Some(&0);
            let value = cycle.values.get(*slot).copied().filter(|_| good).unwrap_or(f64::NAN);
            if let Some((times, values)) = series.get_mut(name) {
                times.push(time_s);
                values.push(value);
            }
        }
    }
    Ok(series)
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
