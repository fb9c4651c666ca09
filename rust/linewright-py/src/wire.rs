//! Frames of the wire.

use linewright_wire::{Header, Kind, Quality, Stamp, WireError, frames, open, parts, seal};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// A header before msgpack bytes, after the limits and the fields of the kind were checked.
///
/// Raises `ValueError(text, class)` with the first check that fails.
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
    let frame = seal(kind, &stamp, payload).map_err(|e| refused(&e))?;
    Ok(PyBytes::new(py, &frame))
}

/// Text and class of a refusal.
fn refused(error: &WireError) -> PyErr {
    PyValueError::new_err((error.to_string(), error.class()))
}

/// A header as the Python class takes it: kind, sender, epoch, seq, mono_ns, based_on_tick, not_after_tick, quality.
type Fields = (&'static str, u64, u64, u64, u64, u64, u64, u8);

fn fields(header: &Header) -> Fields {
    let stamp = &header.stamp;
    (
        header.kind.name(),
        stamp.sender,
        stamp.epoch,
        stamp.seq,
        stamp.mono_ns,
        stamp.based_on_tick,
        stamp.not_after_tick,
        stamp.quality as u8,
    )
}

/// Checks a frame wholly: `(fields of the header, payload bytes)`.
///
/// Raises `ValueError(text, class)` with the first check that fails.
#[pyfunction]
#[pyo3(signature = (frame, /))]
pub fn wire_open<'py>(py: Python<'py>, frame: &[u8]) -> PyResult<(Fields, Bound<'py, PyBytes>)> {
    let (header, payload) = open(frame).map_err(|e| refused(&e))?;
    Ok((fields(&header), PyBytes::new(py, payload)))
}

/// The frames of a telemetry part, in order; they are not looked at.
#[pyfunction]
#[pyo3(signature = (part, /))]
pub fn wire_frames<'py>(py: Python<'py>, part: &[u8]) -> PyResult<Bound<'py, PyList>> {
    let found: Vec<_> = frames(part).map(|frame| PyBytes::new(py, frame)).collect();
    PyList::new(py, found)
}

/// The frames of a datagram from the core as telemetry parts of at most `most` frames, checked wholly: `(kind, topic, epoch,
/// first number, last number, tick, part, last frame)`; `topic` is empty where the kind has none. A frame that fails has the
/// kind `""`.
#[pyfunction]
#[pyo3(signature = (datagram, most, /))]
pub fn wire_parts<'py>(
    py: Python<'py>,
    datagram: &[u8],
    most: u64,
) -> PyResult<Bound<'py, PyList>> {
    let out = PyList::empty(py);
    for part in parts(datagram, most) {
        let bytes = PyBytes::new(py, &part.bytes);
        let newest = match part.last_at {
            0 => bytes.clone(),
            at => PyBytes::new(py, &part.bytes[at..]),
        };
        let topic = PyBytes::new(py, part.topic.as_bytes());
        let kind = part.kind.map_or("", Kind::name);
        out.append((kind, topic, part.epoch, part.first, part.last, part.tick, bytes, newest))?;
    }
    Ok(out)
}
