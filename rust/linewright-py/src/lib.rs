//! Python face of Linewright: converts and delegates, nothing else.
use pyo3::prelude::*;

mod block;
mod error;
mod kernels;
mod keywords;
mod value;

/// Compiled core of Linewright.
#[pymodule]
mod _core {
    use super::*;

    #[pymodule_export]
    use super::error::DesignError;

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        kernels::add(module)
    }
}
