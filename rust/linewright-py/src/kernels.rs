//! One class for each kernel of `linewright-kernel`.

use linewright_kernel::{Design, DesignError, Kernel, Port, Ports, for_each_kernel};
use linewright_lanes::Lanes;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyList, PyTuple, PyType};
use serde::de::DeserializeOwned;

use crate::block::{Block, Lane, lane};
use crate::error::design_error;
use crate::fast::{Guarded, Process, Update, add_process, add_update, at_work};
use crate::keywords;
use crate::value::Value;

include!(concat!(env!("OUT_DIR"), "/facts.rs"));

/// What every kernel class holds: one lane, or the lanes of many channels, and the arguments they were
/// made from.
struct Channels<K: Kernel> {
    /// At work as long as there are not many.
    first: Lane<K>,
    many: Option<Lanes<K>>,
    /// Made for so many channels, and for no other number.
    fixed: bool,
    given: Vec<(String, Value)>,
}

impl<K: Kernel> Channels<K> {
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
        Ok(Self { first: lane(kernel), many: None, fixed: false, given })
    }

    /// Designs one kernel for each of `channels`: a field of `floats` may be given as one number for each.
    fn make_lanes<D>(
        channels: usize,
        fields: &[&str],
        floats: &[&str],
        keywords: Option<&Bound<'_, PyDict>>,
        py: Python<'_>,
    ) -> PyResult<Self>
    where
        D: Design<Kernel = K> + DeserializeOwned,
    {
        let name = D::NAME;
        let given = keywords::read(name, fields, keywords)?;
        if channels == 0 {
            return Err(PyValueError::new_err(format!("{name}: channels must be at least 1")));
        }
        for (key, value) in &given {
            if let Value::List(items) = value
                && floats.contains(&key.as_str())
                && items.len() != channels
            {
                let got = items.len();
                let want = format!("one number, or one for each of {channels} channels");
                return Err(PyValueError::new_err(format!(
                    "{name}: {key} must be {want}, got {got}"
                )));
            }
        }
        let of_channel = |i: usize| {
            let value = |key: &String, value: &Value| match value {
                Value::List(items) if floats.contains(&key.as_str()) => items[i].clone(),
                shared => shared.clone(),
            };
            let own = given.iter().map(|(key, given)| (key.clone(), value(key, given))).collect();
            let design = |config: D, period_s| config.design(period_s);
            design_one(name, own, py, design)
        };
        let lists = |(key, value): &(String, Value)| {
            matches!(value, Value::List(_)) && floats.contains(&key.as_str())
        };
        let kernels: Vec<K> = if given.iter().any(lists) {
            (0..channels).map(of_channel).collect::<PyResult<_>>()?
        } else {
            vec![of_channel(0)?]
        };
        let first = lane(kernels[0]);
        let many = match kernels.len() {
            1 => Lanes::new(kernels[0], channels),
            _ => Lanes::of(kernels),
        };
        Ok(Self { first, many: Some(many), fixed: true, given })
    }

    #[inline]
    fn update<'py>(&mut self, py: Python<'py>, input: &[f64]) -> PyResult<Bound<'py, PyAny>> {
        if self.many.is_some() {
            return Err(self.is_many());
        }
        let input = Ports::gather(|i| input.get(i).copied().unwrap_or(f64::NAN));
        to_python(py, self.first.update(input))
    }

    #[cold]
    fn is_many(&self) -> PyErr {
        let advice = if self.fixed { "use process" } else { "use process, or reset first" };
        PyRuntimeError::new_err(format!("holds {} channels: {advice}", self.held()))
    }

    fn held(&self) -> usize {
        self.many.as_ref().map_or(1, Lanes::lanes)
    }

    #[inline]
    fn process_one<'py, 'a>(
        &mut self,
        py: Python<'py>,
        take: impl FnOnce() -> (Bound<'py, PyAny>, &'a mut [f64]),
    ) -> Option<Bound<'py, PyAny>> {
        if self.many.is_some() {
            return None;
        }
        let (array, samples) = take();
        let first = &mut self.first;
        at_work(py, samples, |samples| {
            first.pass(samples);
        });
        Some(array)
    }

    fn process<'py>(
        &mut self,
        arrays: &Bound<'py, PyTuple>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = arrays.py();
        let mut block = Block::new::<K>(arrays, out)?;
        self.hold(block.channels())?;
        match &mut self.many {
            Some(lanes) => block.run_many(py, lanes),
            None if block.channels() == 1 => block.run(py, &mut self.first),
            None => (),
        }
        block.into_python(py)
    }

    /// Makes one lane for each of `channels`; refuses to change their number after a sample.
    fn hold(&mut self, channels: usize) -> PyResult<()> {
        let held = self.held();
        if channels == held || channels == 0 {
            return Ok(());
        }
        let begun = match &self.many {
            Some(lanes) => (0..held).any(|i| lanes.last(i).is_some_and(|y| !y.get(0).is_nan())),
            None => !self.first.last().get(0).is_nan(),
        };
        if begun || self.fixed {
            let advice = if self.fixed { "" } else { ": reset first" };
            return Err(PyValueError::new_err(format!(
                "holds the state of {held} channels, got {channels}{advice}"
            )));
        }
        self.many = (channels > 1).then(|| Lanes::new(*self.first.kernel(), channels));
        Ok(())
    }

    fn reset(&mut self) {
        self.first.reset();
        match &mut self.many {
            Some(lanes) if self.fixed => lanes.reset(),
            many => *many = None,
        }
    }

    fn save(&self) -> Vec<u8> {
        let Some(lanes) = &self.many else {
            let mut saved = vec![0; self.first.state_len()];
            let whole = self.first.save(&mut saved);
            debug_assert!(whole);
            return saved;
        };
        let mut saved = vec![0; (0..lanes.lanes()).map(|i| lanes.state_len(i)).sum()];
        let mut rest = &mut saved[..];
        for i in 0..lanes.lanes() {
            let (to, behind) = rest.split_at_mut(lanes.state_len(i));
            let whole = lanes.save(i, to);
            debug_assert!(whole);
            rest = behind;
        }
        saved
    }

    fn restore(&mut self, saved: &[u8]) -> PyResult<()> {
        let got = saved.len();
        let refuse = |want: String| {
            Err(PyValueError::new_err(format!("state must be {want} bytes, got {got}")))
        };
        if !self.fixed {
            let each = self.first.state_len();
            if saved.is_empty() || !got.is_multiple_of(each) {
                return refuse(format!("a multiple of {each}"));
            }
            let channels = got / each;
            self.many = (channels > 1).then(|| Lanes::new(*self.first.kernel(), channels));
        }
        let Some(lanes) = &mut self.many else {
            let whole = self.first.restore(saved);
            debug_assert!(whole);
            return Ok(());
        };
        let all: usize = (0..lanes.lanes()).map(|i| lanes.state_len(i)).sum();
        if all != got {
            return refuse(all.to_string());
        }
        let mut rest = saved;
        for i in 0..lanes.lanes() {
            let (from, behind) = rest.split_at(lanes.state_len(i));
            let whole = lanes.restore(i, from);
            debug_assert!(whole);
            rest = behind;
        }
        Ok(())
    }

    fn last<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Some(lanes) = &self.many else { return to_python(py, self.first.last()) };
        let each: Vec<_> = (0..lanes.lanes())
            .filter_map(|i| lanes.last(i))
            .map(|y| to_python(py, y))
            .collect::<PyResult<_>>()?;
        Ok(PyList::new(py, each)?.into_any())
    }

    fn repr(&self, name: &str) -> String {
        if !self.fixed {
            return repr(name, &self.given);
        }
        let each = |(key, value): &(String, Value)| match value {
            Value::List(items) if items.len() > 4 => {
                format!("{key}=[{}, ..., {}]", items[0], items[items.len() - 1])
            }
            short => format!("{key}={short}"),
        };
        let given: Vec<_> = self.given.iter().map(each).collect();
        format!("{name}.lanes({}, {})", self.held(), given.join(", "))
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
    Ok((design_one(name, given.clone(), py, design)?, given))
}

/// Designs the kernel called `name` from its arguments.
fn design_one<D: DeserializeOwned, K>(
    name: &str,
    given: Vec<(String, Value)>,
    py: Python<'_>,
    design: impl FnOnce(D, f64) -> Result<K, DesignError>,
) -> PyResult<K> {
    let refuse = |e: &dyn std::fmt::Display| PyTypeError::new_err(format!("{name}: {e}"));
    let is_period = |(name, _): &&(String, Value)| name == "period_s";
    let period_s = match given.iter().find(is_period).map(|(_, value)| value) {
        Some(Value::Float(x)) => *x,
        Some(Value::Int(x)) => *x as f64,
        Some(other) => return Err(refuse(&format!("period_s: must be a number, was {other}"))),
        None => return Err(refuse(&"missing parameter 'period_s'")),
    };
    let fields = given.into_iter().filter(|pair| !is_period(&pair)).collect();
    let config: D = Value::build(fields).map_err(|e| refuse(&e))?;
    design(config, period_s).map_err(|e| design_error(py, name, e))
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
        pub struct $Name(Guarded<Channels<<linewright_kernel::$Name as Design>::Kernel>>);

        impl Update for $Name {
            const ARITY: usize = [$(stringify!($port)),+].len();

            #[inline]
            fn update_from<'py>(&self, py: Python<'py>, input: &[f64]) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(py, |lanes| lanes.update(py, input))
            }
        }

        impl Process for $Name {
            const ONE: bool = {
                type Kernel = <linewright_kernel::$Name as Design>::Kernel;
                let inputs = <<Kernel as linewright_kernel::Kernel>::Input as Ports>::LEN;
                inputs == 1 && <<Kernel as linewright_kernel::Kernel>::Output as Ports>::LEN == 1
            };

            #[inline]
            fn process_one<'py, 'a>(
                &self,
                py: Python<'py>,
                take: impl FnOnce() -> (Bound<'py, PyAny>, &'a mut [f64]),
            ) -> PyResult<Option<Bound<'py, PyAny>>> {
                self.0.enter(py, |lanes| Ok(lanes.process_one(py, take)))
            }

            fn process_any<'py>(
                &self,
                arrays: &Bound<'py, PyTuple>,
                out: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                self.0.enter(arrays.py(), |lanes| lanes.process(arrays, out))
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
                let made = Channels::make::<linewright_kernel::$Name>(&[$($field),*], parameters, py)?;
                Ok(Self(Guarded::new(made)))
            }

            /// One kernel for each of `channels`: a field that is a number may be given as one number for
            /// each. It takes blocks of samples by channels (`process`) and keeps the number of channels.
            #[classmethod]
            #[pyo3(signature = (channels, /, **parameters))]
            fn lanes(
                class: &Bound<'_, PyType>,
                channels: usize,
                parameters: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<Self> {
                let kinds: &[(&str, &str)] = &[$(($field, $kind)),*];
                let floats = kinds.iter().filter(|(_, kind)| kind.starts_with("float"));
                let floats: Vec<&str> = floats.map(|(field, _)| *field).collect();
                let fields = &[$($field),*];
                let made = Channels::make_lanes::<linewright_kernel::$Name>(
                    channels, fields, &floats, parameters, class.py(),
                )?;
                Ok(Self(Guarded::new(made)))
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

            /// How many channels it holds.
            #[getter]
            fn channels(&self, py: Python<'_>) -> PyResult<usize> {
                self.0.enter(py, |lanes| Ok(lanes.held()))
            }

            /// True when `lanes` made it: the number of channels never changes.
            #[getter]
            fn fixed(&self, py: Python<'_>) -> PyResult<bool> {
                self.0.enter(py, |lanes| Ok(lanes.fixed))
            }

            /// The arguments it was made from.
            #[getter]
            fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                self.0.enter(py, |lanes| config(py, &lanes.given))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                self.0.enter(py, |lanes| Ok(lanes.repr(Self::NAME)))
            }
        }

        impl $Name {
            fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
                module.add_class::<Self>()?;
                let ports = [$(stringify!($port)),+].map(|port| port.trim_start_matches("r#"));
                add_update::<Self>(module.py(), &format!("{}, /", ports.join(", ")), UPDATE_DOC)?;
                add_process::<Self>(module.py(), PROCESS_DOC)
            }
        }
    };
}

/// What `help` says of every `update`.
const UPDATE_DOC: &str = "One sample in, one output out; holds when any input is not finite.";

/// What `help` says of every `process`.
const PROCESS_DOC: &str = "A block of samples: time on axis 0, channels on axis 1, one state for each channel.

Equal bit for bit to `update` on each sample. The GIL is released, but for one channel of fewer than 4096
samples. `out` takes the result (a float64 array, or a tuple of them) and may be an input.";

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
