//! Exceptions: one per kind of refusal.

use linewright_kernel::DesignError as Refused;
use linewright_runtime::ledger::{LedgerError as LedgerFault, VerifyError};
use linewright_runtime::plan::PlanErrors;
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;

create_exception!(
    linewright,
    DesignError,
    PyValueError,
    "A parameter outside its bound; carries `parameter`, `must_be` and `value`."
);
create_exception!(
    linewright,
    PlanError,
    PyValueError,
    "A plan that cannot run; `problems` holds one dict for each reason."
);
create_exception!(
    linewright,
    ConfigError,
    PyValueError,
    "A configuration that cannot be used; the message names the field, what it must be and what it was."
);
create_exception!(
    linewright,
    LedgerError,
    PyException,
    "A ledger that cannot be read or is not as it was written; carries `exit_code`, and `seq` of the row."
);
create_exception!(
    linewright,
    RecordError,
    PyException,
    "A record that cannot be read or does not replay; carries `exit_code`."
);

/// `error` with attributes.
pub fn carrying(
    py: Python<'_>,
    error: PyErr,
    attributes: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<()>,
) -> PyErr {
    attributes(error.value(py).as_any()).err().unwrap_or(error)
}

/// The exception for a refused parameter of `name`.
pub fn design_error(py: Python<'_>, name: &str, refused: Refused) -> PyErr {
    carrying(py, DesignError::new_err(format!("{name}: {refused}")), |error| {
        error.setattr("parameter", refused.parameter)?;
        error.setattr("must_be", refused.must_be)?;
        error.setattr("value", refused.value)
    })
}

/// The exception for a refused plan.
pub fn plan_error(py: Python<'_>, errors: &PlanErrors) -> PyErr {
    carrying(py, PlanError::new_err(errors.to_string()), |error| {
        let problems: Vec<_> =
            errors.0.iter().map(|p| crate::plan::problem(py, p)).collect::<PyResult<_>>()?;
        error.setattr("problems", problems)
    })
}

/// The exception for a ledger that cannot be used.
pub fn ledger_error(py: Python<'_>, fault: &LedgerFault) -> PyErr {
    carrying(py, LedgerError::new_err(fault.to_string()), |error| {
        error.setattr("exit_code", fault.exit_code())?;
        error.setattr("seq", py.None())
    })
}

/// The exception for a ledger whose chain does not hold.
pub fn verify_error(py: Python<'_>, fault: &VerifyError) -> PyErr {
    let seq = match fault {
        VerifyError::Broken(broken) => Some(broken.seq),
        VerifyError::Ledger(_) => None,
    };
    carrying(py, LedgerError::new_err(fault.to_string()), |error| {
        error.setattr("exit_code", fault.exit_code())?;
        error.setattr("seq", seq)
    })
}
