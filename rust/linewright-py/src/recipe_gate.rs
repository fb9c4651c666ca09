//! The recipe gate: chances, limits, range of the twin and reach of the machine.

use linewright_twin::LineConfig;
use linewright_twin::recipe_gate::{
    Machine, Scatter, Tolerance, assess, film_um, gap_ratio, out_of_range, out_of_reach, sample,
};
use numpy::PyArray2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ConfigError, carrying};
use crate::json::to_python;
use crate::value::Value;

fn built<T: DeserializeOwned>(given: &Bound<'_, PyDict>) -> PyResult<T> {
    let pairs = match Value::from_python(given.as_any())? {
        Value::Dict(pairs) => pairs,
        _ => Vec::new(),
    };
    Value::build(pairs).map_err(|e| ConfigError::new_err(e.to_string()))
}

fn refused(py: Python<'_>, error: &linewright_twin::ConfigError) -> PyErr {
    carrying(py, ConfigError::new_err(error.to_string()), |object| {
        object.setattr("field", &error.field)?;
        object.setattr("must_be", &error.must_be)?;
        object.setattr("value", error.value)
    })
}

fn shown<'py, T: Serialize>(py: Python<'py>, found: &T) -> PyResult<Bound<'py, PyAny>> {
    let value = serde_json::to_value(found).map_err(|e| PyValueError::new_err(e.to_string()))?;
    to_python(py, &value)
}

/// The recipe of a line, complete, as `[io.twin.recipe]` names it, and what follows from it:
/// `film_um` (wet film) and `gap_ratio` (coating gap over it).
#[pyfunction]
#[pyo3(signature = (config, /))]
fn whole_recipe<'py>(py: Python<'py>, config: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let config: LineConfig = built(config)?;
    config.check().map_err(|e| refused(py, &e))?;
    let recipe = config.recipe();
    let dict = shown(py, &recipe)?;
    dict.set_item("film_um", film_um(&recipe))?;
    dict.set_item("gap_ratio", gap_ratio(&recipe))?;
    Ok(dict)
}

/// Chances of each quality and the reasons against a recipe, as a dict. The GIL is released.
#[pyfunction]
#[pyo3(signature = (config, /, *, scatter, tolerance, draws, seed, threads))]
fn recipe_chances<'py>(
    py: Python<'py>,
    config: &Bound<'py, PyDict>,
    scatter: &Bound<'py, PyDict>,
    tolerance: &Bound<'py, PyDict>,
    draws: usize,
    seed: u64,
    threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let config: LineConfig = built(config)?;
    let (scatter, tolerance): (Scatter, Tolerance) = (built(scatter)?, built(tolerance)?);
    let made = py
        .detach(|| assess(&config, &scatter, &tolerance, draws, seed, threads))
        .map_err(|e| refused(py, &e))?;
    let dict = shown(py, &made)?;
    dict.set_item("release", made.release())?;
    Ok(dict)
}

/// Each draw of a recipe, one row: porosity, thickness, weight, residual, adhesion.
#[pyfunction]
#[pyo3(signature = (config, /, *, scatter, draws, seed, threads))]
fn recipe_draws<'py>(
    py: Python<'py>,
    config: &Bound<'py, PyDict>,
    scatter: &Bound<'py, PyDict>,
    draws: usize,
    seed: u64,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (config, scatter): (LineConfig, Scatter) = (built(config)?, built(scatter)?);
    let made = py
        .detach(|| sample(&config, &scatter, draws, seed, threads))
        .map_err(|e| refused(py, &e))?;
    let rows: Vec<Vec<f64>> = made.iter().map(|row| row.to_vec()).collect();
    PyArray2::from_vec2(py, &rows).map_err(|e| PyValueError::new_err(e.to_string()))
}

/// Figures of a recipe that the twin's laws are not stated for, a list of dicts.
#[pyfunction]
#[pyo3(signature = (config, /))]
fn recipe_out_of_range<'py>(
    py: Python<'py>,
    config: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let config: LineConfig = built(config)?;
    shown(py, &out_of_range(&config).map_err(|e| refused(py, &e))?)
}

/// Figures of a recipe that a machine cannot give, a list of dicts.
#[pyfunction]
#[pyo3(signature = (config, machine, /))]
fn recipe_out_of_reach<'py>(
    py: Python<'py>,
    config: &Bound<'py, PyDict>,
    machine: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let (config, machine): (LineConfig, Machine) = (built(config)?, built(machine)?);
    shown(py, &out_of_reach(&config, &machine).map_err(|e| refused(py, &e))?)
}

/// What a product may be, what a line scatters and what its machines can do, where nothing else is
/// said: `{"tolerance": ..., "scatter": ..., "machine": ...}`.
#[pyfunction]
fn recipe_defaults(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("tolerance", shown(py, &Tolerance::default())?)?;
    dict.set_item("scatter", shown(py, &Scatter::default())?)?;
    dict.set_item("machine", shown(py, &Machine::default())?)?;
    Ok(dict)
}

/// Adds the recipe gate to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(whole_recipe, module)?)?;
    module.add_function(wrap_pyfunction!(recipe_chances, module)?)?;
    module.add_function(wrap_pyfunction!(recipe_draws, module)?)?;
    module.add_function(wrap_pyfunction!(recipe_out_of_range, module)?)?;
    module.add_function(wrap_pyfunction!(recipe_out_of_reach, module)?)?;
    module.add_function(wrap_pyfunction!(recipe_defaults, module)?)
}
