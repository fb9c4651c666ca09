//! Pictures beside the bus.

use std::path::PathBuf;

use linewright_runtime::frames::{FrameWriter as Writer, read};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The writing end of a file of frames: a ring of `slots` pictures, `rows` by `columns` grey levels.
///
/// A file of that name is replaced. Raises `OSError` when it cannot be made and `ValueError` for a shape
/// that is none.
#[pyclass(module = "linewright.frames")]
pub struct FrameWriter {
    writer: Writer,
    shape: [usize; 2],
}

#[pymethods]
impl FrameWriter {
    #[new]
    #[pyo3(signature = (path, *, rows, columns, slots=32))]
    fn new(path: PathBuf, rows: usize, columns: usize, slots: u32) -> PyResult<Self> {
        let writer = Writer::create(&path, rows, columns, slots).map_err(refusal)?;
        Ok(Self { writer, shape: [rows, columns] })
    }

    /// Puts the picture of weld `number` (from 1), of fixture `part`, taken in base tick `tick`.
    #[pyo3(signature = (number, grey, /, *, part=0, tick=0))]
    fn put(
        &mut self,
        number: u64,
        grey: PyReadonlyArray2<'_, u8>,
        part: u32,
        tick: u64,
    ) -> PyResult<()> {
        if grey.shape() != self.shape {
            let (want, got) = (self.shape, grey.shape());
            return Err(PyValueError::new_err(format!("a frame must be {want:?}, was {got:?}")));
        }
        let pixels: Vec<u8> = grey.as_array().iter().copied().collect();
        self.writer.put(number, tick, part, &pixels).map_err(refusal)
    }
}

/// A frame: base tick, part, grey levels in rows.
type FrameRow<'py> = (u64, u32, Bound<'py, PyArray2<u8>>);

/// Frame `number` of the file at `path` as `(tick, part, grey)`; `None` while it is not there, any more or yet.
///
/// Raises `ValueError` for a file that holds no frames and for a frame that is damaged.
#[pyfunction]
#[pyo3(signature = (path, number, /))]
pub fn read_frame(py: Python<'_>, path: PathBuf, number: u64) -> PyResult<Option<FrameRow<'_>>> {
    let frame = py.detach(|| read(&path, number)).map_err(refusal)?;
    let Some(frame) = frame else { return Ok(None) };
    let grey = PyArray1::from_vec(py, frame.grey).reshape(frame.shape)?;
    Ok(Some((frame.tick, frame.part, grey)))
}

fn refusal(error: std::io::Error) -> PyErr {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => PyValueError::new_err(error.to_string()),
        _ => error.into(),
    }
}
