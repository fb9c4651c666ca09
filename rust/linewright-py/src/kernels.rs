//! One class for each kernel of `linewright-kernel`.

use linewright_kernel::{Design, DesignError, Kernel, Port, Ports, for_each_kernel};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyList, PyTuple};
use serde::de::DeserializeOwned;

use crate::block::{Block, Lane, lane};
use crate::error::design_error;
use crate::fast::{Guarded, Update, add_update};
use crate::keywords;
use crate::value::Value;

include!(concat!(env!("OUT_DIR"), "/facts.rs"));

/// What every kernel class holds: a lane for each channel, and the arguments they were made from.
struct Lanes<K: Kernel> {
    first: Lane<K>,
    others: Vec<Lane<K>>,
    given: Vec<(String, Value)>,
}

impl<K: Kernel> Lanes<K> {
    /// Designs the kernel of config `D` from keyword arguments.
    fn make<D>(
        fields: &[&str],
        keywords: Option<&Bound<'_, PyDict>>,
        py: Python<'_>,
    ) -> PyResult<Self>
    where
        D: Design<Kernel = K> + DeserializeOwned,
    {
        let design = |config: D, period_s| config.design(period_s);
        let (kernel, given) = configure(D::NAME, fields, keywords, py, design)?;
        Ok(Self { first: lane(kernel), others: Vec::new(), given })
    }

    #[inline]
    fn update<'py>(&mut self, py: Python<'py>, input: &[f64]) -> PyResult<Bound<'py, PyAny>> {
        if !self.others.is_empty() {
            return Err(self.many());
        }
        let input = Ports::gather(|i| input.get(i).copied().unwrap_or(f64::NAN));
        to_python(py, self.first.update(input))
    }

    #[cold]
    fn many(&self) -> PyErr {
        let channels = self.others.len() + 1;
        PyRuntimeError::new_err(format!("holds {channels} channels: use process, or reset first"))
    }

    fn process<'py>(
        &mut self,
        arrays: &Bound<'py, PyTuple>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = arrays.py();
        let mut block = Block::new::<K>(arrays, out)?;
        self.hold(block.channels())?;
        if block.channels() == 1 {
            block.run(py, std::slice::from_mut(&mut self.first));
        } else if block.channels() > 1 {
            // The lanes stand in one slice while they work.
            let spare = lane(*self.first.kernel());
            let first = std::mem::replace(&mut self.first, spare);
            self.others.insert(0, first);
            block.run(py, &mut self.others);
            self.first = self.others.remove(0);
        }
        block.into_python(py)
    }

    /// Makes one lane for each of `channels`; refuses to change their number after a sample.
    fn hold(&mut self, channels: usize) -> PyResult<()> {
        let held = self.others.len() + 1;
        if channels == held || channels == 0 {
            return Ok(());
        }
        let begun = |lane: &Lane<K>| !lane.last().get(0).is_nan();
        if begun(&self.first) || self.others.iter().any(begun) {
            return Err(PyValueError::new_err(format!(
                "holds the state of {held} channels, got {channels}: reset first"
            )));
        }
        self.others = (1..channels).map(|_| lane(*self.first.kernel())).collect();
        Ok(())
    }

    fn reset(&mut self) {
        self.first.reset();
        self.others.clear();
    }

    fn save(&self) -> Vec<u8> {
        let each = self.first.state_len();
        let mut saved = vec![0; each * (1 + self.others.len())];
        for (lane, to) in self.lanes().zip(saved.chunks_exact_mut(each)) {
            let whole = lane.save(to);
            debug_assert!(whole);
        }
        saved
    }

    fn restore(&mut self, saved: &[u8]) -> PyResult<()> {
        let each = self.first.state_len();
        if saved.is_empty() || !saved.len().is_multiple_of(each) {
            let got = saved.len();
            return Err(PyValueError::new_err(format!(
                "state must be a multiple of {each} bytes, got {got}"
            )));
        }
        let channels = saved.len() / each;
        self.others = (1..channels).map(|_| lane(*self.first.kernel())).collect();
        let lanes = std::iter::once(&mut self.first).chain(&mut self.others);
        for (lane, from) in lanes.zip(saved.chunks_exact(each)) {
            let whole = lane.restore(from);
            debug_assert!(whole);
        }
        Ok(())
    }

    fn last<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.others.is_empty() {
            return to_python(py, self.first.last());
        }
        let each: Vec<_> =
            self.lanes().map(|l| to_python(py, l.last())).collect::<PyResult<_>>()?;
        Ok(PyList::new(py, each)?.into_any())
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane<K>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// Designs the kernel called `name` from keyword arguments; gives it with those arguments.
pub fn configure<D: DeserializeOwned, K>(
    name: &str,
    fields: &[&str],
    keywords: Option<&Bound<'_, PyDict>>,
    py: Python<'_>,
    design: impl FnOnce(D, f64) -> Result<K, DesignError>,
) -> PyResult<(K, Vec<(String, Value)>)> {
    let given = keywords::read(name, fields, keywords)?;
    let refuse = |e: &dyn std::fmt::Display| PyTypeError::new_err(format!("{name}: {e}"));
    let is_period = |(name, _): &&(String, Value)| name == "period_s";
    let period_s = match given.iter().find(is_period).map(|(_, value)| value) {
        Some(Value::Float(x)) => *x,
        Some(Value::Int(x)) => *x as f64,
        Some(other) => return Err(refuse(&format!("period_s: must be a number, was {other}"))),
        None => return Err(refuse(&"missing parameter 'period_s'")),
    };
    let fields = given.iter().filter(|pair| !is_period(pair)).cloned().collect();
    let config: D = Value::build(fields).map_err(|e| refuse(&e))?;
    let kernel = design(config, period_s).map_err(|e| design_error(py, name, e))?;
    Ok((kernel, given))
}

/// The call that makes a kernel again.
pub fn repr(name: &str, given: &[(String, Value)]) -> String {
    let given: Vec<_> = given.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{name}({})", given.join(", "))
}

/// The arguments of a kernel as a dictionary.
pub fn config<'py>(py: Python<'py>, given: &[(String, Value)]) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for (key, value) in given {
        all.set_item(key, value.to_python(py)?)?;
    }
    Ok(all)
}

/// One output as a float, several as a tuple.
#[inline]
fn to_python<P: Ports>(py: Python<'_>, output: P) -> PyResult<Bound<'_, PyAny>> {
    if P::LEN == 1 {
        return Ok(PyFloat::new(py, output.get(0)).into_any());
    }
    Ok(PyTuple::new(py, (0..P::LEN).map(|i| output.get(i)))?.into_any())
}

/// Ports as `(name, unit)` pairs.
pub fn ports<'py>(py: Python<'py>, ports: &[Port]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, ports.iter().map(|p| (p.name, p.unit)))
}

/// The class of one kernel.
macro_rules! class {
    ($Name:ident, [$($port:ident),+], [$($field:literal),*], [$($kind:literal),*], $signature:literal, $doc:literal) => {
        #[doc = $doc]
        #[pyclass(module = "linewright", frozen)]
        pub struct $Name(Guarded<Lanes<<linewright_kernel::$Name as Design>::Kernel>>);

        impl Update for $Name {
            const ARITY: usize = [$(stringify!($port)),+].len();

            #[inline]
            fn update_from<'py>(&self, py: Python<'py>, input: &[f64]) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(py, |lanes| lanes.update(py, input))
            }
        }

        #[pymethods]
        impl $Name {
            #[classattr]
            const NAME: &'static str = <linewright_kernel::$Name as Design>::NAME;

            #[classattr]
            #[pyo3(name = "INPUTS")]
            fn inputs(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                ports(py, <linewright_kernel::$Name as Design>::INPUTS)
            }

            #[classattr]
            #[pyo3(name = "OUTPUTS")]
            fn outputs(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                ports(py, <linewright_kernel::$Name as Design>::OUTPUTS)
            }

            #[classattr]
            #[pyo3(name = "FIELDS")]
            fn fields(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                PyTuple::new(py, [$(($field, $kind)),*] as [(&str, &str); _])
            }

            #[new]
            #[pyo3(signature = (**parameters), text_signature = $signature)]
            fn new(py: Python<'_>, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
                let made = Lanes::make::<linewright_kernel::$Name>(&[$($field),*], parameters, py)?;
                Ok(Self(Guarded::new(made)))
            }

            /// A block of samples: time on axis 0, channels on axis 1, one state for each channel.
            ///
            /// Equal bit for bit to `update` on each sample. The GIL is released. `out` takes the
            /// result (a float64 array, or a tuple of them) and may be an input.
            #[pyo3(signature = (*arrays, out=None))]
            fn process<'py>(
                &self,
                arrays: &Bound<'py, PyTuple>,
                out: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(arrays.py(), |lanes| lanes.process(arrays, out))
            }

            /// Forgets everything seen, the number of channels included.
            fn reset(&self, py: Python<'_>) -> PyResult<()> {
                self.0.enter(py, |lanes| { lanes.reset(); Ok(()) })
            }

            /// Everything the kernel remembers, as bytes; `restore` takes it back.
            #[getter]
            fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
                self.0.enter(py, |lanes| Ok(PyBytes::new(py, &lanes.save())))
            }

            /// Takes back a `state` of a kernel with the same memory.
            #[pyo3(signature = (state, /))]
            fn restore(&self, py: Python<'_>, state: &[u8]) -> PyResult<()> {
                self.0.enter(py, |lanes| lanes.restore(state))
            }

            /// The last output, NaN before the first; a list of them when there are channels.
            #[getter]
            fn last<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(py, |lanes| lanes.last(py))
            }

            /// The arguments it was made from.
            #[getter]
            fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                self.0.enter(py, |lanes| config(py, &lanes.given))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                self.0.enter(py, |lanes| Ok(repr(Self::NAME, &lanes.given)))
            }
        }

        impl $Name {
            fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
                module.add_class::<Self>()?;
                let ports = [$(stringify!($port)),+].map(|port| port.trim_start_matches("r#"));
                add_update::<Self>(module.py(), &format!("{}, /", ports.join(", ")), UPDATE_DOC)
            }
        }
    };
}

/// What `help` says of every `update`.
const UPDATE_DOC: &str = "One sample in, one output out; holds when any input is not finite.";

/// All classes, and their way into the module.
macro_rules! classes {
    ($($Name:ident)+) => {
        $(with_facts! { $Name class })+

        /// Adds every kernel class, and `KERNELS`, their names in order.
        pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
            $($Name::add(module)?;)+
            module.add("KERNELS", PyTuple::new(module.py(), [$(stringify!($Name)),+])?)
        }
    };
}

for_each_kernel!(classes);
