//! Records: what is in them, and whether they replay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linewright_runtime::plan::Plan;
use linewright_runtime::recorder::{Item, RecordError as RecordFault, RecordReader, parts};
use linewright_runtime::replay::{
    Change, Onset, Progress, ReplayError, Report, Span, verify_with, what_if,
};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{RecordError, carrying, plan_error};

fn record_error(py: Python<'_>, text: String, exit_code: i32) -> PyErr {
    carrying(py, RecordError::new_err(text), |error| error.setattr("exit_code", exit_code))
}

/// Tells Python how far a replay is; what Python raised ends the telling, not the replay.
fn telling(
    progress: Option<&Py<PyAny>>,
    stopped: &mut Option<PyErr>,
    Progress { cycles, bytes, total_bytes }: Progress,
) {
    let Some(tell) = progress.filter(|_| stopped.is_none()) else { return };
    *stopped = Python::attach(|py| tell.call1(py, (cycles, bytes, total_bytes)).err());
}

fn report_dict<'py>(py: Python<'py>, report: &Report) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("files", report.files)?;
    dict.set_item("cycles", report.cycles)?;
    dict.set_item("keyframes", report.keyframes)?;
    dict.set_item("param_changes", report.param_changes)?;
    dict.set_item("ticks", report.ticks)?;
    dict.set_item("plan_hash", &report.plan_hash)?;
    dict.set_item("lost_cycles", report.lost_cycles)?;
    dict.set_item("gaps", report.gaps)?;
    dict.set_item("starts_late", report.starts_late)?;
    dict.set_item("truncated", report.truncated.as_ref().map(ToString::to_string))?;
    Ok(dict)
}

/// Runs the recorded inputs through the recorded plan and compares every hash and keyframe: `{"files",
/// "cycles", "keyframes", "param_changes", "ticks", "plan_hash", "lost_cycles", "gaps", "starts_late",
/// "truncated"}`.
///
/// `path` is the last file of the run; earlier ones are found beside it. From the keyframe at or before
/// `from_tick` to `to_tick`. `ticks` is the first and last tick; `truncated` says where a record that was cut off
/// ends. `progress(cycles, bytes, total_bytes)` is called after each chunk. Raises `RecordError` at the
/// first cycle that is damaged or gives other bits.
#[pyfunction]
#[pyo3(signature = (path, /, progress=None, *, from_tick=0, to_tick=None))]
pub fn replay_verify(
    py: Python<'_>,
    path: PathBuf,
    progress: Option<Py<PyAny>>,
    from_tick: u64,
    to_tick: Option<u64>,
) -> PyResult<Bound<'_, PyDict>> {
    let span = Span { from_tick, to_tick: to_tick.unwrap_or(u64::MAX) };
    let mut stopped = None;
    let report =
        py.detach(|| verify_with(&path, span, |at| telling(progress.as_ref(), &mut stopped, at)));
    if let Some(error) = stopped {
        return Err(error);
    }
    let report = report.map_err(|e: ReplayError| record_error(py, e.to_string(), e.exit_code()))?;
    report_dict(py, &report)
}

/// As `replay_verify`, and what other parameters (value by name), or another plan (JSON text), would have made
/// of the same inputs: also `"events"` (name: ticks as recorded, ticks with the changes) and `"outputs"` (actuator:
/// `{"unit", "compared", "only_one", "rms", "largest", "largest_tick", "first_tick"}`, before the gate). The
/// plant's answer to other outputs, and the stations' to what they would have been told, is not in a record:
/// `"acted_from"`, `"told_from"` and `"read_from"` (`{"tick", "names"}` or none) say since when the gate may have
/// written, the stations been told, and the loops read something else; `"gap_from"` which tick is missing first.
/// Up to and with `"certain_to_tick"` (none: of no tick) the changed line would have done just this.
///
/// `gate` (JSON with `"permit"`, `"actuators"`, `"gate"`) is the changed line's gate; what in it is not as recorded
/// stands in `"gate"` (none when the record does not tell its gate). `against` is the record of a run that was really made
/// so: `"against"` then has `{"cycles", "last_tick", "first_other" (tick and loop, or none)}`.
#[pyfunction]
#[pyo3(signature = (path, params, /, progress=None, *, plan=None, gate=None, against=None, from_tick=0, to_tick=None))]
#[allow(clippy::too_many_arguments)] // by name, from Python
pub fn replay_what_if<'py>(
    py: Python<'py>,
    path: PathBuf,
    params: BTreeMap<String, f64>,
    progress: Option<Py<PyAny>>,
    plan: Option<&str>,
    gate: Option<&str>,
    against: Option<PathBuf>,
    from_tick: u64,
    to_tick: Option<u64>,
) -> PyResult<Bound<'py, PyDict>> {
    let span = Span { from_tick, to_tick: to_tick.unwrap_or(u64::MAX) };
    let plan = plan.map(Plan::from_json).transpose().map_err(|e| plan_error(py, &e))?;
    let gate = gate.map(serde_json::from_str).transpose();
    let gate = gate.map_err(|e| PyValueError::new_err(format!("gate: {e}")))?;
    let change = Change { plan, params: params.into_iter().collect(), gate, against };
    let mut stopped = None;
    let found = py
        .detach(|| what_if(&path, span, change, |at| telling(progress.as_ref(), &mut stopped, at)));
    if let Some(error) = stopped {
        return Err(error);
    }
    let found = found.map_err(|e: ReplayError| record_error(py, e.to_string(), e.exit_code()))?;
    let dict = report_dict(py, &found.report)?;
    dict.set_item("certain_to_tick", found.certain_to_tick())?;
    dict.set_item("acted_from", onset(py, found.acted_from.as_ref())?)?;
    dict.set_item("told_from", onset(py, found.told_from.as_ref())?)?;
    dict.set_item("read_from", onset(py, found.read_from.as_ref())?)?;
    dict.set_item("gap_from", found.gap_from)?;
    dict.set_item("gate", found.gate)?;
    if let Some(of) = found.against {
        let one = PyDict::new(py);
        one.set_item("cycles", of.cycles)?;
        one.set_item("last_tick", of.last_tick)?;
        one.set_item("first_other", of.first_other)?;
        dict.set_item("against", one)?;
    }
    let events = PyDict::new(py);
    for of in found.events {
        events.set_item(of.name, (of.recorded_ticks, of.changed_ticks))?;
    }
    let outputs = PyDict::new(py);
    for of in found.outputs {
        let one = PyDict::new(py);
        one.set_item("unit", of.unit)?;
        one.set_item("compared", of.compared)?;
        one.set_item("only_one", of.only_one)?;
        one.set_item("rms", of.rms)?;
        one.set_item("largest", of.largest.0)?;
        one.set_item("largest_tick", of.largest.1)?;
        one.set_item("first_tick", of.first_tick)?;
        outputs.set_item(of.name, one)?;
    }
    dict.set_item("events", events)?;
    dict.set_item("outputs", outputs)?;
    Ok(dict)
}

fn onset<'py>(py: Python<'py>, of: Option<&Onset>) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(of) = of else { return Ok(None) };
    let one = PyDict::new(py);
    one.set_item("tick", of.tick)?;
    one.set_item("names", &of.names)?;
    Ok(Some(one))
}

/// Channels of a record by name, and taps that another loop reads by topic: `(time_s, values)` of the first loop
/// that reads each, one value per `every_s` at most, NaN where it was not good. A record that was cut off gives
/// what it holds.
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
    let files = parts(path)?;
    let head = RecordReader::open(&files[0])?.head().clone();
    let hz = f64::from(head.base_hz.max(1));
    let taps = tapped(&head.plan_json);
    let mut series = Series::new();
    let mut places: Vec<Vec<(usize, String)>> = Vec::new();
    for of in &head.loops {
        let mut here = Vec::new();
        for (slot, label) in of.slots.iter().enumerate() {
            let label = label.split(" [").next().unwrap_or_default();
            let input = label.strip_prefix("input ");
            let tap = || taps.get(label.strip_prefix("latest ")?).map(String::as_str);
            if let Some(name) = input.or_else(tap).filter(|name| !series.contains_key(*name)) {
                series.insert(name.to_owned(), (Vec::new(), Vec::new()));
                here.push((slot, name.to_owned()));
            }
        }
        places.push(here);
    }
    let mut next_s = vec![f64::NEG_INFINITY; places.len()];
    for file in &files {
        let mut reader = RecordReader::open(file)?;
        while let Some(item) = reader.next()? {
            let Item::Cycle(cycle) = item else { continue };
            let i = cycle.loop_index;
            let (Some(here), Some(next)) = (places.get(i), next_s.get_mut(i)) else { continue };
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
    }
    Ok(series)
}

/// Topics of a plan's taps by the value that each tells.
fn tapped(plan_json: &str) -> BTreeMap<String, String> {
    let plan: serde_json::Value = serde_json::from_str(plan_json).unwrap_or_default();
    let list = |of: &serde_json::Value, key| of[key].as_array().cloned().unwrap_or_default();
    let ops = list(&plan, "loops").iter().flat_map(|of| list(of, "ops")).collect::<Vec<_>>();
    let taps = ops.iter().filter(|op| op["op"] == "tap");
    taps.filter_map(|op| Some((op["value"].as_str()?.to_owned(), op["topic"].as_str()?.to_owned())))
        .collect()
}

/// Who recorded what: `{"plan" (JSON text), "plan_hash", "base_hz", "part", "provenance", "loops"}`; `loops` maps the name
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
    dict.set_item("base_hz", head.base_hz)?;
    dict.set_item("part", head.part)?;
    dict.set_item("provenance", &head.provenance)?;
    dict.set_item("loops", loops)?;
    Ok(dict)
}
