//! One class for each vector kernel of `linewright-kernel`.

use linewright_kernel::{RunningVector, VectorDesign, VectorKernel, for_each_vector_kernel};
use numpy::ndarray::{ArrayView2, ArrayViewMut2, Axis};
use numpy::{
    PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyReadwriteArrayDyn, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyTuple};
use serde::de::DeserializeOwned;

use crate::block::{as_float64, given_outputs};
use crate::fast::{Arguments, Guarded, UpdateAny, add_update_any, tuple};
use crate::kernels::{configure, ports, repr};
use crate::value::Value;

include!(concat!(env!("OUT_DIR"), "/vector_facts.rs"));

/// One port of one instance.
struct Group {
    name: &'static str,
    width: usize,
}

/// What every vector kernel class holds.
struct Vector<K: VectorKernel> {
    running: RunningVector<K>,
    inputs: Vec<Group>,
    outputs: Vec<Group>,
    /// The sample that is being read.
    numbers: Box<[f64]>,
    given: Vec<(String, Value)>,
}

impl<K: VectorKernel> Vector<K> {
    fn make<D>(
        fields: &[&str],
        keywords: Option<&Bound<'_, PyDict>>,
        py: Python<'_>,
    ) -> PyResult<Self>
    where
        D: VectorDesign<Kernel = K> + DeserializeOwned,
    {
        let design = |config: D, period_s| config.design(period_s);
        let (kernel, given) = configure(D::NAME, fields, keywords, py, design)?;
        let groups = |ports: &[linewright_kernel::Port], width: &dyn Fn(usize) -> usize| {
            let each = ports.iter().enumerate();
            let each = each.map(|(i, port)| Group { name: port.name, width: width(i) });
            each.filter(|group| group.width > 0).collect::<Vec<_>>()
        };
        let inputs = groups(D::INPUTS, &|port| kernel.input_width(port));
        let outputs = groups(D::OUTPUTS, &|port| kernel.output_width(port));
        let running = RunningVector::new::<D>(kernel);
        let numbers = vec![0.0; running.inputs()].into();
        Ok(Self { running, inputs, outputs, numbers, given })
    }

    /// One sample: all numbers, or a number or array for each port.
    #[inline]
    fn update<'py>(&mut self, given: &Arguments<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        if !given.numbers(&mut self.numbers) {
            self.read_sample(given)?;
        }
        let room = given.room(self.running.last().len())?;
        let result = self.running.update(&self.numbers);
        match room {
            Some(room) => Ok(room.write(result)),
            None => self.last(given.py()),
        }
    }

    /// Reads a number or array for each port.
    fn read_sample(&mut self, given: &Arguments<'_, '_>) -> PyResult<()> {
        if given.len() != self.inputs.len() {
            let ports: Vec<_> =
                self.inputs.iter().map(|g| format!("{} ({})", g.name, g.width)).collect();
            let (ports, numbers, got) = (ports.join(", "), self.numbers.len(), given.len());
            return Err(PyTypeError::new_err(format!(
                "update takes {numbers} numbers, or one array for each of {ports}; got {got}"
            )));
        }
        let mut rest = &mut *self.numbers;
        for (i, group) in self.inputs.iter().enumerate() {
            let (to, behind) = rest.split_at_mut(group.width);
            rest = behind;
            if given.take(i, to) {
                continue;
            }
            let array = as_float64(given.get(i))?;
            if array.len() != group.width || array.ndim() > 1 {
                let (name, want, shape) = (group.name, group.width, array.shape());
                return Err(PyValueError::new_err(format!(
                    "{name} must be {want} numbers, was an array of shape {shape:?}"
                )));
            }
            to.iter_mut().zip(array.readonly().as_array()).for_each(|(to, x)| *to = *x);
        }
        Ok(())
    }

    /// The last output: a number or a tuple for each port, one port as it is.
    fn last<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let number = |x: &f64| PyFloat::new(py, *x).into_any();
        let mut rest = self.running.last();
        let mut take = |group: &Group| {
            let (front, back) = rest.split_at_checked(group.width).unwrap_or((rest, &[]));
            rest = back;
            match front {
                [one] => Ok(number(one)),
                many => tuple(py, many.len(), |i| Ok(number(&many[i]))),
            }
        };
        match self.outputs.as_slice() {
            [one] => take(one),
            several => tuple(py, several.len(), |i| take(&several[i])),
        }
    }

    /// A block: for each port an array of samples by numbers, or of samples when it is one number.
    fn process<'py>(
        &mut self,
        arrays: &Bound<'py, PyTuple>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = arrays.py();
        let inputs = self.read_block(arrays)?;
        let samples = inputs.first().map_or(0, |a| a.shape()[0]);
        let shape = |group: &Group| match group.width {
            1 => vec![samples],
            width => vec![samples, width],
        };
        let shapes: Vec<Vec<usize>> = self.outputs.iter().map(shape).collect();
        let outputs = match out {
            None => {
                shapes.iter().map(|s| PyArrayDyn::<f64>::zeros(py, s.as_slice(), false)).collect()
            }
            Some(out) => given_outputs(out, &shapes)?,
        };
        let writable = |a: &Bound<'py, PyArrayDyn<f64>>| {
            a.try_readwrite().map_err(|e| PyValueError::new_err(format!("out: {e}")))
        };
        let mut written: Vec<_> = outputs.iter().map(writable).collect::<PyResult<_>>()?;
        // An input that is written as well is read from a copy.
        let read = |a: Bound<'py, PyArrayDyn<f64>>| -> PyResult<PyReadonlyArrayDyn<'py, f64>> {
            match a.try_readonly() {
                Ok(view) => Ok(view),
                Err(_) => Ok(a.call_method0("copy")?.cast_into::<PyArrayDyn<f64>>()?.readonly()),
            }
        };
        let inputs: Vec<_> = inputs.into_iter().map(read).collect::<PyResult<_>>()?;
        self.run(py, samples, &inputs, &mut written)?;
        match <[_; 1]>::try_from(outputs) {
            Ok([one]) => Ok(one.into_any()),
            Err(many) => Ok(PyTuple::new(py, many)?.into_any()),
        }
    }

    fn read_block<'py>(
        &self,
        arrays: &Bound<'py, PyTuple>,
    ) -> PyResult<Vec<Bound<'py, PyArrayDyn<f64>>>> {
        if arrays.len() != self.inputs.len() {
            let names: Vec<_> = self.inputs.iter().map(|g| g.name).collect();
            let (want, names, got) = (names.len(), names.join(", "), arrays.len());
            return Err(PyTypeError::new_err(format!(
                "process takes {want} arrays ({names}), got {got}"
            )));
        }
        let mut samples = None;
        let mut read = Vec::new();
        for (group, given) in self.inputs.iter().zip(arrays) {
            let array = as_float64(&given)?;
            let fits = match *array.shape() {
                [n] => group.width == 1 && *samples.get_or_insert(n) == n,
                [n, width] => group.width == width && *samples.get_or_insert(n) == n,
                _ => false,
            };
            if !fits {
                let (name, width, shape) = (group.name, group.width, array.shape());
                let n = samples.map_or("samples".into(), |n| n.to_string());
                return Err(PyValueError::new_err(format!(
                    "{name} must have shape [{n}, {width}], got {shape:?}"
                )));
            }
            read.push(array);
        }
        Ok(read)
    }

    /// Steps through the block without the GIL.
    fn run(
        &mut self,
        py: Python<'_>,
        samples: usize,
        inputs: &[PyReadonlyArrayDyn<'_, f64>],
        outputs: &mut [PyReadwriteArrayDyn<'_, f64>],
    ) -> PyResult<()> {
        let wrong = |e: numpy::ndarray::ShapeError| PyValueError::new_err(e.to_string());
        let mut x: Vec<ArrayView2<'_, f64>> = Vec::new();
        for array in inputs {
            let view = array.as_array();
            let view = if view.ndim() == 1 { view.insert_axis(Axis(1)) } else { view };
            x.push(view.into_dimensionality().map_err(wrong)?);
        }
        let mut y: Vec<ArrayViewMut2<'_, f64>> = Vec::new();
        for array in outputs {
            let view = array.as_array_mut();
            let view = if view.ndim() == 1 { view.insert_axis(Axis(1)) } else { view };
            y.push(view.into_dimensionality().map_err(wrong)?);
        }
        let running = &mut self.running;
        let mut numbers = vec![0.0; running.inputs()];
        py.detach(|| {
            for t in 0..samples {
                let row = x.iter().flat_map(|a| a.row(t));
                numbers.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
                let result = running.update(&numbers);
                let row = y.iter_mut().flat_map(|a| a.row_mut(t));
                row.zip(result).for_each(|(to, from)| *to = *from);
            }
        });
        Ok(())
    }

    fn save(&self) -> Vec<u8> {
        let mut saved = vec![0; self.running.state_len()];
        let whole = self.running.save(&mut saved);
        debug_assert!(whole);
        saved
    }

    fn restore(&mut self, saved: &[u8]) -> PyResult<()> {
        if self.running.restore(saved) {
            return Ok(());
        }
        let (want, got) = (self.running.state_len(), saved.len());
        Err(PyValueError::new_err(format!("state must be {want} bytes, got {got}")))
    }

    fn widths<'py>(py: Python<'py>, groups: &[Group]) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, groups.iter().map(|g| (g.name, g.width)))
    }
}

/// The class of one vector kernel.
macro_rules! class {
    ($Name:ident, [$($port:ident),+], [$($field:literal),*], [$($kind:literal),*], $signature:literal, $doc:literal) => {
        #[doc = $doc]
        #[pyclass(module = "linewright", frozen)]
        pub struct $Name(Guarded<Vector<<linewright_kernel::$Name as VectorDesign>::Kernel>>);

        impl UpdateAny for $Name {
            #[inline]
            fn update_any<'py>(&self, given: &Arguments<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(given.py(), |vector| vector.update(given))
            }
        }

        #[pymethods]
        impl $Name {
            #[classattr]
            const NAME: &'static str = <linewright_kernel::$Name as VectorDesign>::NAME;

            #[classattr]
            #[pyo3(name = "INPUTS")]
            fn inputs(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                ports(py, <linewright_kernel::$Name as VectorDesign>::INPUTS)
            }

            #[classattr]
            #[pyo3(name = "OUTPUTS")]
            fn outputs(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                ports(py, <linewright_kernel::$Name as VectorDesign>::OUTPUTS)
            }

            #[classattr]
            #[pyo3(name = "FIELDS")]
            fn fields(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                PyTuple::new(py, [$(($field, $kind)),*] as [(&str, &str); _])
            }

            #[new]
            #[pyo3(signature = (**parameters), text_signature = $signature)]
            fn new(py: Python<'_>, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
                let made = Vector::make::<linewright_kernel::$Name>(&[$($field),*], parameters, py)?;
                Ok(Self(Guarded::new(made)))
            }

            /// How many numbers each input port takes, as `(port, numbers)` pairs; ports of none are
            /// left out.
            #[getter]
            fn input_widths<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
                self.0.enter(py, |v| Vector::<<linewright_kernel::$Name as VectorDesign>::Kernel>::widths(py, &v.inputs))
            }

            /// How many numbers each output port gives, as `(port, numbers)` pairs.
            #[getter]
            fn output_widths<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
                self.0.enter(py, |v| Vector::<<linewright_kernel::$Name as VectorDesign>::Kernel>::widths(py, &v.outputs))
            }

            /// A block of samples: for each input port an array of samples by numbers (of samples when
            /// the port is one number).
            ///
            /// Equal bit for bit to `update` on each sample. The GIL is released. `out` takes the
            /// result (a float64 array, or a tuple of them, one for each output port).
            #[pyo3(signature = (*arrays, out=None))]
            fn process<'py>(
                &self,
                arrays: &Bound<'py, PyTuple>,
                out: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(arrays.py(), |vector| vector.process(arrays, out))
            }

            /// Forgets everything seen.
            fn reset(&self, py: Python<'_>) -> PyResult<()> {
                self.0.enter(py, |vector| { vector.running.reset(); Ok(()) })
            }

            /// Everything the kernel remembers, as bytes; `restore` takes it back.
            #[getter]
            fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
                self.0.enter(py, |vector| Ok(PyBytes::new(py, &vector.save())))
            }

            /// Takes back a `state` of a kernel with the same memory.
            #[pyo3(signature = (state, /))]
            fn restore(&self, py: Python<'_>, state: &[u8]) -> PyResult<()> {
                self.0.enter(py, |vector| vector.restore(state))
            }

            /// The last output; NaN before the first.
            #[getter]
            fn last<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(py, |vector| vector.last(py))
            }

            /// The arguments it was made from.
            #[getter]
            fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                self.0.enter(py, |vector| crate::kernels::config(py, &vector.given))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                self.0.enter(py, |vector| Ok(repr(Self::NAME, &vector.given)))
            }
        }
    };
}

/// What `help` says of every `update`.
const UPDATE_DOC: &str = "One sample in, one output out: all numbers in the order of the ports, or a \
number or array for each port. `out` takes the result instead of a tuple: a float64 array of all output \
numbers in the order of the ports, which is given back; that is the quickest way. Holds when any number is \
not finite, unless the kernel takes missing ones.";

/// All classes, and their way into the module.
macro_rules! classes {
    ($($Name:ident)*) => {
        $(with_vector_facts! { $Name class })*

        /// Adds every vector kernel class, and `VECTOR_KERNELS`, their names in order.
        pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(
                module.add_class::<$Name>()?;
                add_update_any::<$Name>(module.py(), "*sample, out=None", UPDATE_DOC)?;
            )*
            module.add("VECTOR_KERNELS", PyTuple::new(module.py(), [$(stringify!($Name)),*] as [&str; _])?)
        }
    };
}

for_each_vector_kernel!(classes);
