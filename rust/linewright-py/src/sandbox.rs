//! What a process may touch.

use std::path::PathBuf;

use linewright_runtime::sandbox::{self, Places};
use pyo3::prelude::*;

/// What this kernel offers to confine a process: `calls`, `files`, `truncation`, `tcp`, `devices`, `signals`,
/// or less.
#[pyfunction]
pub fn confinement_offered() -> Vec<&'static str> {
    sandbox::offered()
}

/// Confines this process and all it starts, for good; gives what was obtained, in the words of
/// `confinement_offered`.
///
/// `places`: what it may read, the folders it may list, what it may write; without them files stay free.
/// `network`: sockets that leave this machine. Raises `OSError` with `places` when other threads have begun, which would
/// go free, and when the kernel does not take the rules.
#[pyfunction]
#[pyo3(signature = (places=None, *, network=true))]
pub fn confine(
    places: Option<(Vec<PathBuf>, Vec<PathBuf>, Vec<PathBuf>)>,
    network: bool,
) -> PyResult<Vec<&'static str>> {
    let places = places.map(|(read, list, write)| Places { read, list, write });
    Ok(sandbox::confine(places.as_ref(), network)?)
}
