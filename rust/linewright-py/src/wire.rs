//! Frames of the wire.

use linewright_wire::{Header, Kind, Message, Quality, Stamp, WireError, batch, open, seal};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

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

/// Checks a frame wholly: `(kind, fields of the header, payload bytes)`.
///
/// Raises `ValueError(text, class)` with the first check that fails.
#[pyfunction]
#[pyo3(signature = (frame, /))]
pub fn wire_open<'py>(
    py: Python<'py>,
    frame: &[u8],
) -> PyResult<(&'static str, Bound<'py, PyDict>, Bound<'py, PyBytes>)> {
    let (header, payload) = open(frame).map_err(|e| refused(&e))?;
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

/// Every frame of a datagram from the core: `(kind, topic, epoch, seq, tick, frame)`, checked wholly; `topic` is empty
/// where the kind has none. A frame that fails has the kind `""`.
#[pyfunction]
#[pyo3(signature = (datagram, /))]
pub fn wire_split<'py>(py: Python<'py>, datagram: &[u8]) -> PyResult<Bound<'py, PyList>> {
    let out = PyList::empty(py);
    for frame in batch(datagram) {
        let bytes = frame.as_ref().map_or(&[][..], |frame| frame);
        let read = open(bytes).and_then(|(header, payload)| {
            Message::from_payload(header.kind, payload).map(|message| (header, message))
        });
        let Ok((header, message)) = read else {
            out.append(("", PyBytes::new(py, b""), 0_u64, 0_u64, 0_u64, PyBytes::new(py, bytes)))?;
            continue;
        };
        let topic = match &message {
            Message::Sample(sample) => sample.topic.as_bytes(),
            Message::Event(event) => event.name.as_bytes(),
            Message::MapPoint(point) => point.map.as_bytes(),
            _ => b"",
        };
        let stamp = &header.stamp;
        out.append((
            header.kind.name(),
            PyBytes::new(py, topic),
            stamp.epoch,
            stamp.seq,
            stamp.based_on_tick,
            PyBytes::new(py, bytes),
        ))?;
    }
    Ok(out)
}
