//! Python face of Linewright: converts and delegates, nothing else.
use pyo3::prelude::*;

/// Compiled core of Linewright.
#[pymodule]
mod _core {
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
