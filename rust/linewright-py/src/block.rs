//! Blocks of samples: numpy arrays in, numpy arrays out, the GIL released in between.

use linewright_kernel::{Kernel, Ports, Running};
use linewright_lanes::{Input, Lanes, Output};
use numpy::ndarray::{ArrayView2, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Axis, IxDyn};
use numpy::{
    PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyReadwriteArrayDyn, PyUntypedArrayMethods,
    get_array_module,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// A kernel with its history on the heap.
pub type Lane<K> = Running<K, Box<[f64]>>;

/// A fresh lane.
pub fn lane<K: Kernel>(kernel: K) -> Lane<K> {
    Running::new(kernel, vec![0.0; kernel.memory_len()].into_boxed_slice())
}

/// The arrays of one call, all of `shape`: samples, or samples by channels.
pub struct Block<'py> {
    inputs: Vec<PyReadonlyArrayDyn<'py, f64>>,
    outputs: Vec<PyReadwriteArrayDyn<'py, f64>>,
    shape: Vec<usize>,
}

impl<'py> Block<'py> {
    /// Takes the inputs as they are when they are float64, and makes or checks the outputs.
    pub fn new<K: Kernel>(
        arrays: &Bound<'py, PyTuple>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let py = arrays.py();
        if arrays.len() != K::Input::LEN {
            let (want, got) = (K::Input::LEN, arrays.len());
            return Err(PyTypeError::new_err(format!("process takes {want} arrays, got {got}")));
        }
        let inputs: Vec<_> = arrays.iter().map(|a| as_float64(&a)).collect::<PyResult<_>>()?;
        let shape = common_shape(&inputs)?;
        let outputs: Vec<_> = match out {
            None => (0..K::Output::LEN)
                .map(|_| PyArrayDyn::<f64>::zeros(py, IxDyn(&shape), false))
                .collect(),
            Some(out) => given_outputs(out, &vec![shape.clone(); K::Output::LEN])?,
        };
        let writable = |a: Bound<'py, PyArrayDyn<f64>>| {
            a.try_readwrite().map_err(|e| PyValueError::new_err(format!("out: {e}")))
        };
        let outputs: Vec<_> = outputs.into_iter().map(writable).collect::<PyResult<_>>()?;
        let readable = |a: Bound<'py, PyArrayDyn<f64>>| match a.try_readonly() {
            Ok(view) => Ok(view),
            // The same memory is read and written: read from a copy.
            Err(_) => Ok(a.call_method0("copy")?.cast_into::<PyArrayDyn<f64>>()?.readonly()),
        };
        let inputs = inputs.into_iter().map(readable).collect::<PyResult<_>>()?;
        Ok(Self { inputs, outputs, shape })
    }

    /// How many channels, each with a state of its own.
    pub fn channels(&self) -> usize {
        self.shape.get(1).copied().unwrap_or(1)
    }

    /// Runs a block of one channel.
    pub fn run<K: Kernel>(&mut self, py: Python<'_>, lane: &mut Lane<K>) {
        self.with_views(py, |inputs, outputs| run_one(lane, inputs, outputs));
    }

    /// Runs the block through the lanes, one for each channel.
    pub fn run_many<K: Kernel>(&mut self, py: Python<'_>, lanes: &mut Lanes<K>) {
        self.with_views(py, |inputs, outputs| run_many(lanes, inputs, outputs));
    }

    /// Works on the arrays as samples by channels, the GIL released.
    fn with_views(
        &mut self,
        py: Python<'_>,
        work: impl FnOnce(&[ArrayView2<'_, f64>], &mut [ArrayViewMut2<'_, f64>]) + Send,
    ) {
        let shape = IxDyn(&self.shape);
        let inputs: Vec<_> = self.inputs.iter().map(|a| a.as_array()).collect();
        let inputs: Vec<_> =
            inputs.iter().filter_map(|a| by_channel(a.broadcast(shape.clone())?)).collect();
        let mut outputs: Vec<_> =
            self.outputs.iter_mut().filter_map(|a| by_channel_mut(a.as_array_mut())).collect();
        py.detach(|| work(&inputs, &mut outputs));
    }

    /// The output arrays: one, or a tuple.
    pub fn into_python(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let arrays: Vec<_> = self.outputs.into_iter().map(|a| a.as_any().clone()).collect();
        match <[_; 1]>::try_from(arrays) {
            Ok([one]) => Ok(one),
            Err(many) => Ok(PyTuple::new(py, many)?.into_any()),
        }
    }
}

/// Steps one lane through the block.
fn run_one<K: Kernel>(
    lane: &mut Lane<K>,
    inputs: &[ArrayView2<'_, f64>],
    outputs: &mut [ArrayViewMut2<'_, f64>],
) {
    if let ([x], [y]) = (inputs, &mut *outputs) {
        y.assign(x);
        if y.as_slice_mut().is_some_and(|samples| lane.pass(samples)) {
            return;
        }
    }
    let samples = outputs.first().map_or(0, |y| y.len_of(Axis(0)));
    for t in 0..samples {
        let result = lane.update(Ports::gather(|i| inputs[i][[t, 0]]));
        for (i, y) in outputs.iter_mut().enumerate() {
            y[[t, 0]] = result.get(i);
        }
    }
}

/// Steps all lanes through the block; arrays that lie neither by rows nor by columns go by a copy.
fn run_many<K: Kernel>(
    lanes: &mut Lanes<K>,
    inputs: &[ArrayView2<'_, f64>],
    outputs: &mut [ArrayViewMut2<'_, f64>],
) {
    let (samples, channels) = outputs.first().map_or((0, 0), |y| y.dim());
    let (rows, columns) = ((channels, 1), (1, samples));
    let copies: Vec<Option<Vec<f64>>> = inputs
        .iter()
        .map(|x| {
            (!x.is_standard_layout() && !x.t().is_standard_layout())
                .then(|| x.iter().copied().collect())
        })
        .collect();
    let ins: Vec<_> = inputs
        .iter()
        .zip(&copies)
        .map(|(x, copy)| {
            let by_rows = x.as_slice().or(copy.as_deref());
            let (data, strides) = match by_rows {
                Some(data) => (data, rows),
                None => (x.t().to_slice().unwrap_or_default(), columns),
            };
            Input { data, time_stride: strides.0, lane_stride: strides.1 }
        })
        .collect();
    let lies_well =
        |y: &ArrayViewMut2<'_, f64>| y.is_standard_layout() || y.t().is_standard_layout();
    let mut spares: Vec<Vec<f64>> = outputs
        .iter()
        .map(|y| if lies_well(y) { Vec::new() } else { vec![0.0; samples * channels] })
        .collect();
    let mut outs = Vec::new();
    for (y, spare) in outputs.iter_mut().zip(&mut spares) {
        let (data, strides) = if y.is_standard_layout() {
            (y.as_slice_mut().unwrap_or_default(), rows)
        } else if spare.is_empty() {
            // By columns: its memory in order is its transpose by rows.
            (y.as_slice_memory_order_mut().unwrap_or_default(), columns)
        } else {
            (&mut spare[..], rows)
        };
        outs.push(Output { data, time_stride: strides.0, lane_stride: strides.1 });
    }
    let whole = lanes.process(samples, &ins, &mut outs);
    debug_assert!(whole);
    for (y, spare) in outputs.iter_mut().zip(&spares).filter(|(_, spare)| !spare.is_empty()) {
        y.iter_mut().zip(spare).for_each(|(y, x)| *y = *x);
    }
}

/// As samples by channels; a block has one or two axes.
fn by_channel(a: ArrayViewD<'_, f64>) -> Option<ArrayView2<'_, f64>> {
    let a = if a.ndim() == 1 { a.insert_axis(Axis(1)) } else { a };
    a.into_dimensionality().ok()
}

fn by_channel_mut(a: ArrayViewMutD<'_, f64>) -> Option<ArrayViewMut2<'_, f64>> {
    let a = if a.ndim() == 1 { a.insert_axis(Axis(1)) } else { a };
    a.into_dimensionality().ok()
}

/// `object` as a native, aligned float64 array: itself when it is one, converted when that is safe.
pub fn as_float64<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDyn<f64>>> {
    let py = object.py();
    if let Ok(array) = object.cast::<PyArrayDyn<f64>>()
        && is_aligned(array)
    {
        return Ok(array.clone());
    }
    let array = get_array_module(py)?.call_method1("asarray", (object,))?;
    let how = PyDict::new(py);
    how.set_item("casting", "safe")?;
    let converted = array.call_method("astype", ("=f8",), Some(&how))?;
    Ok(converted.cast_into::<PyArrayDyn<f64>>()?)
}

/// True when every element starts on a multiple of its size.
fn is_aligned(array: &Bound<'_, PyArrayDyn<f64>>) -> bool {
    let size = size_of::<f64>();
    (array.data() as usize).is_multiple_of(size)
        && array.strides().iter().all(|s| s.unsigned_abs().is_multiple_of(size))
}

/// The shape all inputs share; a single number goes with any shape.
fn common_shape(inputs: &[Bound<'_, PyArrayDyn<f64>>]) -> PyResult<Vec<usize>> {
    let shape = inputs.iter().map(|a| a.shape()).find(|s| !s.is_empty()).unwrap_or(&[]).to_vec();
    if !matches!(shape.len(), 1 | 2) {
        let axes = shape.len();
        return Err(PyValueError::new_err(format!(
            "samples must be on one axis, or on two with channels second; got {axes} axes"
        )));
    }
    match inputs.iter().map(|a| a.shape()).find(|s| !s.is_empty() && *s != shape) {
        None => Ok(shape),
        Some(other) => Err(PyValueError::new_err(format!(
            "inputs must have one shape, got {shape:?} and {other:?}"
        ))),
    }
}

/// The arrays of `out=`: one array, or a tuple of them.
pub fn given_outputs<'py>(
    out: &Bound<'py, PyAny>,
    shapes: &[Vec<usize>],
) -> PyResult<Vec<Bound<'py, PyArrayDyn<f64>>>> {
    let arrays: Vec<Bound<'py, PyAny>> = match out.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter().collect(),
        Err(_) => vec![out.clone()],
    };
    if arrays.len() != shapes.len() {
        let (count, got) = (shapes.len(), arrays.len());
        return Err(PyValueError::new_err(format!("out must hold {count} arrays, got {got}")));
    }
    let check = |(array, shape): (Bound<'py, PyAny>, &Vec<usize>)| {
        let array = array
            .cast_into::<PyArrayDyn<f64>>()
            .map_err(|_| PyTypeError::new_err("out must be a float64 array"))?;
        if array.shape() != shape || !is_aligned(&array) {
            let got = array.shape();
            return Err(PyValueError::new_err(format!(
                "out must have shape {shape:?}, got {got:?}"
            )));
        }
        Ok(array)
    };
    arrays.into_iter().zip(shapes).map(check).collect()
}
