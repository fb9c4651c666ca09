//! One class for each front end of `linewright-kernel`.

use linewright_kernel::{FrontEnd, FrontEndDesign, for_each_front_end};
use numpy::{PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use serde::de::DeserializeOwned;

use crate::block::as_float64;
use crate::error::design_error;
use crate::fast::Guarded;
use crate::kernels::{ports, repr};
use crate::keywords;
use crate::value::Value;

include!(concat!(env!("OUT_DIR"), "/front_facts.rs"));

/// What every front end class holds.
struct Front<D: FrontEndDesign> {
    work: D::FrontEnd,
    last: Vec<f64>,
    given: Vec<(String, Value)>,
}

impl<D: FrontEndDesign + DeserializeOwned> Front<D> {
    fn make(fields: &[&str], given: Option<&Bound<'_, PyDict>>, py: Python<'_>) -> PyResult<Self> {
        let given = keywords::read(D::NAME, fields, given)?;
        let refuse = |e: &dyn std::fmt::Display| PyTypeError::new_err(format!("{}: {e}", D::NAME));
        if given.iter().any(|(key, _)| key == "period_s") {
            return Err(refuse(&"takes no period_s: a block has its own time"));
        }
        let config: D = Value::build(given.clone()).map_err(|e| refuse(&e))?;
        let work = config.design().map_err(|e| design_error(py, D::NAME, e))?;
        Ok(Self { work, last: vec![f64::NAN; D::OUTPUTS.len()], given })
    }

    /// One tick: a block or `None` for each port.
    fn update<'py>(&mut self, given: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = given.py();
        if given.len() != D::BLOCKS.len() {
            let names: Vec<_> = D::BLOCKS.iter().map(|port| port.name).collect();
            let (want, names, got) = (names.len(), names.join(", "), given.len());
            return Err(PyTypeError::new_err(format!(
                "update takes {want} blocks ({names}), got {got}"
            )));
        }
        let mut arrays = Vec::new();
        for (i, (port, block)) in D::BLOCKS.iter().zip(given).enumerate() {
            arrays.push(self.block(i, port.name, &block)?);
        }
        // An array that does not lie in one piece is read from a copy.
        let views: Vec<Option<PyReadonlyArrayDyn<'py, f64>>> = arrays
            .iter()
            .map(|a| a.as_ref().map(|a| a.try_readonly()).transpose())
            .collect::<Result<_, _>>()
            .map_err(|e| PyValueError::new_err(e.to_string()))?;
        let copies: Vec<Option<Vec<f64>>> = views
            .iter()
            .map(|v| v.as_ref().filter(|v| v.as_slice().is_err()))
            .map(|v| v.map(|v| v.as_array().iter().copied().collect()))
            .collect();
        let blocks: Vec<Option<&[f64]>> = views
            .iter()
            .zip(&copies)
            .map(|(view, copy)| match (view, copy) {
                (_, Some(copy)) => Some(copy.as_slice()),
                (Some(view), None) => view.as_slice().ok(),
                (None, None) => None,
            })
            .collect();
        let (work, last) = (&mut self.work, &mut self.last);
        py.detach(|| work.step(&blocks, last));
        self.last(py)
    }

    fn block<'py>(
        &self,
        i: usize,
        name: &str,
        given: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyArrayDyn<f64>>>> {
        if given.is_none() {
            return Ok(None);
        }
        let array = as_float64(given)?;
        let fits = self.work.block_len(i).is_none_or(|len| len == array.len());
        if array.ndim() != 1 || !fits {
            let want = match self.work.block_len(i) {
                Some(len) => format!("{len} numbers"),
                None => "numbers in a row".into(),
            };
            let shape = array.shape();
            return Err(PyValueError::new_err(format!(
                "{name} must be {want}, was an array of shape {shape:?}"
            )));
        }
        Ok(Some(array))
    }

    fn last<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.last.as_slice() {
            [one] => Ok(one.into_pyobject(py)?.into_any()),
            many => Ok(PyTuple::new(py, many)?.into_any()),
        }
    }
}

/// The class of one front end.
macro_rules! class {
    ($Name:ident, [$($port:ident),+], [$($field:literal),*], [$($kind:literal),*], $signature:literal, $doc:literal) => {
        #[doc = $doc]
        #[pyclass(module = "linewright", frozen)]
        pub struct $Name(Guarded<Front<linewright_kernel::$Name>>);

        #[pymethods]
        impl $Name {
            #[classattr]
            const NAME: &'static str = <linewright_kernel::$Name as FrontEndDesign>::NAME;

            #[classattr]
            #[pyo3(name = "BLOCKS")]
            fn blocks(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                ports(py, <linewright_kernel::$Name as FrontEndDesign>::BLOCKS)
            }

            #[classattr]
            #[pyo3(name = "OUTPUTS")]
            fn outputs(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                ports(py, <linewright_kernel::$Name as FrontEndDesign>::OUTPUTS)
            }

            #[classattr]
            #[pyo3(name = "FIELDS")]
            fn fields(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                PyTuple::new(py, [$(($field, $kind)),*] as [(&str, &str); _])
            }

            #[new]
            #[pyo3(signature = (**parameters), text_signature = $signature)]
            fn new(py: Python<'_>, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
                let made = Front::<linewright_kernel::$Name>::make(&[$($field),*], parameters, py)?;
                Ok(Self(Guarded::new(made)))
            }

            /// One tick: for each block an array, or `None` when it is not complete in this tick; gives
            /// the outputs. What a tick says nothing about stands. The GIL is released.
            #[pyo3(signature = (*blocks))]
            fn update<'py>(&self, blocks: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(blocks.py(), |front| front.update(blocks))
            }

            /// Forgets everything seen.
            fn reset(&self, py: Python<'_>) -> PyResult<()> {
                self.0.enter(py, |front| {
                    front.work.reset();
                    front.last.fill(f64::NAN);
                    Ok(())
                })
            }

            /// The last outputs; NaN before the first.
            #[getter]
            fn last<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(py, |front| front.last(py))
            }

            /// The arguments it was made from.
            #[getter]
            fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                self.0.enter(py, |front| crate::kernels::config(py, &front.given))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                self.0.enter(py, |front| Ok(repr(Self::NAME, &front.given)))
            }
        }
    };
}

/// All classes, and their way into the module.
macro_rules! classes {
    ($($Name:ident)*) => {
        $(with_front_facts! { $Name class })*

        /// Adds every front end class, and `FRONT_ENDS`, their names in order.
        pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $(module.add_class::<$Name>()?;)*
            module.add("FRONT_ENDS", PyTuple::new(module.py(), [$(stringify!($Name)),*] as [&str; _])?)
        }
    };
}

for_each_front_end!(classes);
