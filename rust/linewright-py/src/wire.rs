//! Frames of the wire.

use linewright_wire::{Header, Kind, Quality, Stamp, open, seal};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// A header before msgpack bytes, after the limits and the fields of the kind were checked.
///
/// Raises `ValueError` with the first check that fails.
#[pyfunction]
#[pyo3(signature = (kind, payload, *, sender, epoch, seq, mono_ns, based_on_tick, not_after_tick, quality=0))]
#[allow(clippy::too_many_arguments)]
pub fn wire_encode<'py>(
    py: Python<'py>,
    kind: &str,
    payload: &[u8],
    sender: u64,
    epoch: u64,
    seq: u64,
    mono_ns: u64,
    based_on_tick: u64,
    not_after_tick: u64,
    quality: u8,
) -> PyResult<Bound<'py, PyBytes>> {
    let unknown = || PyValueError::new_err(format!("kind: '{kind}' is not a known kind"));
    let kind = Kind::from_name(kind).ok_or_else(unknown)?;
    let quality = match quality {
        0 => Quality::Good,
        1 => Quality::Uncertain,
        2 => Quality::Bad,
        other => {
            return Err(PyValueError::new_err(format!("quality: expected 0, 1 or 2, was {other}")));
        }
    };
    let stamp = Stamp { sender, epoch, seq, mono_ns, based_on_tick, not_after_tick, quality };
    let frame = seal(kind, &stamp, payload).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok(PyBytes::new(py, &frame))
}

/// Checks a frame wholly: `(kind, fields of the header, payload bytes)`.
///
/// Raises `ValueError` with the first check that fails.
#[pyfunction]
#[pyo3(signature = (frame, /))]
pub fn wire_open<'py>(
    py: Python<'py>,
    frame: &[u8],
) -> PyResult<(&'static str, Bound<'py, PyDict>, Bound<'py, PyBytes>)> {
    let (header, payload) = open(frame).map_err(|e| PyValueError::new_err(e.to_string()))?;
    Ok((header.kind.name(), fields(py, &header)?, PyBytes::new(py, payload)))
}

fn fields<'py>(py: Python<'py>, header: &Header) -> PyResult<Bound<'py, PyDict>> {
    let stamp = &header.stamp;
    let dict = PyDict::new(py);
    dict.set_item(pyo3::intern!(py, "sender"), stamp.sender)?;
    dict.set_item(pyo3::intern!(py, "epoch"), stamp.epoch)?;
    dict.set_item(pyo3::intern!(py, "seq"), stamp.seq)?;
    dict.set_item(pyo3::intern!(py, "mono_ns"), stamp.mono_ns)?;
    dict.set_item(pyo3::intern!(py, "based_on_tick"), stamp.based_on_tick)?;
    dict.set_item(pyo3::intern!(py, "not_after_tick"), stamp.not_after_tick)?;
    dict.set_item(pyo3::intern!(py, "quality"), stamp.quality as u8)?;
    Ok(dict)
}
