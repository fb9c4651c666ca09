//! Plans: checking, and what a plan declares.

use linewright_runtime::plan::{Plan, Problem, check_plan as check};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::plan_error;
use crate::json::to_python;

/// One problem as a dict: `loop`, `op`, `edge`, `expected`, `got`, `at`, `message`.
pub fn problem<'py>(py: Python<'py>, problem: &Problem) -> PyResult<Bound<'py, PyAny>> {
    to_python(py, &serde_json::to_value(problem).unwrap_or_default())
}

/// Every problem of a plan (JSON text), none when it can run.
///
/// Each is a dict: `loop`, `op`, `edge`, `expected`, `got`, `at` (file and line), `message`.
#[pyfunction]
#[pyo3(signature = (plan, /))]
pub fn check_plan<'py>(py: Python<'py>, plan: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    py.detach(|| check(plan)).iter().map(|p| problem(py, p)).collect()
}

/// SHA-256 of a plan's canonical form; the files and lines of its wiring do not count.
///
/// Raises `PlanError` when the plan cannot run.
#[pyfunction]
#[pyo3(signature = (plan, /))]
pub fn plan_hash<'py>(py: Python<'py>, plan: &str) -> PyResult<Bound<'py, PyBytes>> {
    let plan = py.detach(|| Plan::from_json(plan)).map_err(|e| plan_error(py, &e))?;
    Ok(PyBytes::new(py, &plan.hash()))
}

/// What a plan declares, as a dict of lists: `front_ends`, `loops`, `channels`, `actuators`, `mailboxes`,
/// `profiles`, `params`, `events`, `taps`, `maps`; and `base_hz`.
///
/// Raises `PlanError` when the plan cannot run.
#[pyfunction]
#[pyo3(signature = (plan, /))]
pub fn plan_summary<'py>(py: Python<'py>, plan: &str) -> PyResult<Bound<'py, PyAny>> {
    let plan = py.detach(|| Plan::from_json(plan)).map_err(|e| plan_error(py, &e))?;
    let summary = serde_json::json!({
        "base_hz": plan.base_hz(),
        "front_ends": plan.front_ends(),
        "loops": plan.loops(),
        "channels": plan.channels(),
        "actuators": plan.actuators(),
        "mailboxes": plan.mailboxes(),
        "profiles": plan.profiles(),
        "params": plan.params(),
        "events": plan.events(),
        "taps": plan.taps(),
        "maps": plan.maps(),
    });
    to_python(py, &summary)
}
