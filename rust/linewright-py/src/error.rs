//! Exceptions: one per kind of refusal.

use linewright_kernel::DesignError as Refused;
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

create_exception!(
    linewright,
    DesignError,
    PyValueError,
    "A parameter outside its bound; carries `parameter`, `must_be` and `value`."
);

/// The exception for a refused config of the kernel `name`.
pub fn design_error(py: Python<'_>, name: &str, refused: Refused) -> PyErr {
    let error = DesignError::new_err(format!("{name}: {refused}"));
    let carry = || {
        let value = error.value(py);
        value.setattr("parameter", refused.parameter)?;
        value.setattr("must_be", refused.must_be)?;
        value.setattr("value", refused.value)
    };
    carry().err().unwrap_or(error)
}
