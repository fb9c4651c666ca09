//! Limits and run lengths of the charts over many variables.

use linewright_kernel::{DesignError, detector};
use pyo3::prelude::*;

use crate::error::design_error;

fn design(
    py: Python<'_>,
    name: &str,
    f: impl FnOnce() -> Result<f64, DesignError> + Send,
) -> PyResult<f64> {
    py.detach(f).map_err(|e| design_error(py, name, e))
}

/// ARL of the multivariate EWMA chart with its settled limit, samples; `shift` is the Mahalanobis length
/// of a change of the mean that is there from the first sample. Weight 1 is Hotelling's T2.
#[pyfunction]
#[pyo3(signature = (variables, weight, limit, shift = 0.0))]
fn mewma_arl(
    py: Python<'_>,
    variables: usize,
    weight: f64,
    limit: f64,
    shift: f64,
) -> PyResult<f64> {
    design(py, "mewma_arl", || detector::mewma_arl(variables, weight, limit, shift))
}

/// Limit with which the multivariate EWMA chart has this ARL in control.
#[pyfunction]
fn mewma_limit_for_arl0(py: Python<'_>, variables: usize, weight: f64, arl0: f64) -> PyResult<f64> {
    design(py, "mewma_limit_for_arl0", || detector::mewma_limit_for_arl0(variables, weight, arl0))
}

/// Limit of T2 of `variables` variables or components for a false-alarm probability per sample: chi-square
/// when mean and covariance are known, F when they were estimated from `samples` samples.
#[pyfunction]
#[pyo3(signature = (variables, false_alarm, samples = None))]
fn t2_limit(
    py: Python<'_>,
    variables: usize,
    false_alarm: f64,
    samples: Option<usize>,
) -> PyResult<f64> {
    design(py, "t2_limit", || detector::t2_limit(variables, false_alarm, samples))
}

/// Limit of Q for a false-alarm probability per sample, from the variances of the components left out
/// (Jackson and Mudholkar 1979).
#[pyfunction]
fn q_limit(py: Python<'_>, variances: Vec<f64>, false_alarm: f64) -> PyResult<f64> {
    design(py, "q_limit", || detector::q_limit(&variances, false_alarm))
}

/// What a chi-square variable of `freedom` degrees of freedom exceeds with probability `tail`.
#[pyfunction]
fn chi_square_limit(py: Python<'_>, tail: f64, freedom: f64) -> PyResult<f64> {
    design(py, "chi_square_limit", || detector::chi_square_limit(tail, freedom))
}

/// Adds these functions to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(mewma_arl, module)?)?;
    module.add_function(wrap_pyfunction!(mewma_limit_for_arl0, module)?)?;
    module.add_function(wrap_pyfunction!(t2_limit, module)?)?;
    module.add_function(wrap_pyfunction!(q_limit, module)?)?;
    module.add_function(wrap_pyfunction!(chi_square_limit, module)?)
}
