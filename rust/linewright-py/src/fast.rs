//! The shortest way from a Python call into a kernel, and the only file of this crate with `unsafe`.
//!
//! A method made by PyO3 parses keyword arguments and takes an atomic borrow; on a kernel of a few
//! nanoseconds that is most of the cost. Here `update` is a method of CPython's own `METH_O` or
//! `METH_FASTCALL` form, and the state is guarded by the GIL.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use numpy::npyffi::array::PyArray_CheckExact;
use numpy::npyffi::flags::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_WRITEABLE};
use numpy::npyffi::objects::PyArrayObject;
use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::{PyString, PyTuple};
use pyo3::{PyClass, ffi};

/// A value that one Python call at a time may touch. The lock is the GIL; `busy` keeps others out
/// while the holder works without it.
pub struct Guarded<T> {
    busy: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: `busy` and `value` are only reached through `enter`, which needs the GIL (the module is
// declared as using it, so an interpreter without one turns it on), and `busy` stays set as long as
// a reference is out, so no second one is made even when the holder releases the GIL.
unsafe impl<T: Send> Sync for Guarded<T> {}

/// Clears `busy` when the work ends, also by a panic.
struct Leave<'a>(&'a Cell<bool>);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl<T> Guarded<T> {
    /// Guards `value`.
    pub fn new(value: T) -> Self {
        Self { busy: Cell::new(false), value: UnsafeCell::new(value) }
    }

    /// Works on the value.
    ///
    /// # Errors
    /// `RuntimeError` when another thread is at work on it.
    #[inline]
    pub fn enter<R>(
        &self,
        _py: Python<'_>,
        work: impl FnOnce(&mut T) -> PyResult<R>,
    ) -> PyResult<R> {
        if self.busy.replace(true) {
            return Err(PyRuntimeError::new_err("another thread is at work on this kernel"));
        }
        let _leave = Leave(&self.busy);
        // SAFETY: `busy` was clear and is set now, so this is the only reference; `_leave` outlives it.
        work(unsafe { &mut *self.value.get() })
    }
}

/// A class with an `update` of `ARITY` numbers.
pub trait Update: PyClass<Frozen = True> + Sync {
    /// How many numbers `update` takes.
    const ARITY: usize;

    /// One sample.
    fn update_from<'py>(&self, py: Python<'py>, input: &[f64]) -> PyResult<Bound<'py, PyAny>>;
}

/// Most numbers an `update` takes.
const MOST: usize = 8;

/// Gives `T` its `update` method; `signature` is what `help` shows, for example `"x, /"`.
pub fn add_update<T: Update>(py: Python<'_>, signature: &str, doc: &str) -> PyResult<()> {
    let form = if T::ARITY == 1 {
        (ffi::PyMethodDefPointer { PyCFunction: one::<T> }, ffi::METH_O)
    } else {
        (ffi::PyMethodDefPointer { PyCFunctionFast: many::<T> }, ffi::METH_FASTCALL)
    };
    add_method::<T>(py, "update", form, signature, doc)
}

/// Gives `T` a method of CPython's own form.
fn add_method<T: PyClass>(
    py: Python<'_>,
    name: &str,
    (ml_meth, ml_flags): (ffi::PyMethodDefPointer, std::ffi::c_int),
    signature: &str,
    doc: &str,
) -> PyResult<()> {
    let text = |s: String| CString::new(s).map_err(|e| PyRuntimeError::new_err(e.to_string()));
    // A method lives as long as its class, and the classes live as long as the process.
    let method = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: text(name.to_owned())?.into_raw(),
        ml_meth,
        ml_flags,
        ml_doc: text(format!("{name}($self, {signature})\n--\n\n{doc}"))?.into_raw(),
    }));
    let class = py.get_type::<T>();
    // SAFETY: the GIL is held; `class` is a type and `method` is never freed; the result is a new
    // reference or null with an exception set.
    let descriptor = unsafe {
        Bound::from_owned_ptr_or_err(py, ffi::PyDescr_NewMethod(class.as_type_ptr(), method))?
    };
    class.setattr(name, descriptor)
}

/// `update` of one number.
unsafe extern "C" fn one<T: Update>(
    this: *mut ffi::PyObject,
    x: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls with the GIL held, `this` an instance of the class the descriptor was
    // made for and `x` an object; both live through the call.
    unsafe {
        let Some(x) = number(x) else { return ptr::null_mut() };
        call::<T>(this, &[x])
    }
}

/// `update` of several numbers.
unsafe extern "C" fn many<T: Update>(
    this: *mut ffi::PyObject,
    args: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: as in `one`; `args` points to `count` objects.
    unsafe {
        if count != T::ARITY as ffi::Py_ssize_t {
            let want = T::ARITY;
            let message = format!("update takes {want} numbers, got {count}");
            PyTypeError::new_err(message).restore(Python::assume_attached());
            return ptr::null_mut();
        }
        let mut input = [0.0; MOST];
        for (i, to) in input.iter_mut().take(T::ARITY).enumerate() {
            let Some(x) = number(*args.add(i)) else { return ptr::null_mut() };
            *to = x;
        }
        call::<T>(this, &input[..T::ARITY])
    }
}

/// `object` as a number; `None` with an exception set when it is none.
///
/// # Safety
/// The GIL is held and `object` is alive.
#[inline]
unsafe fn number(object: *mut ffi::PyObject) -> Option<f64> {
    // SAFETY: by the contract above.
    unsafe {
        let x = ffi::PyFloat_AsDouble(object);
        if x == -1.0 && !ffi::PyErr_Occurred().is_null() { None } else { Some(x) }
    }
}

/// Runs the update; a refusal or a panic becomes an exception.
///
/// # Safety
/// The GIL is held and `this` is a living instance of `T`.
#[inline]
unsafe fn call<T: Update>(this: *mut ffi::PyObject, input: &[f64]) -> *mut ffi::PyObject {
    // SAFETY: by the contract above.
    let (py, this) = unsafe {
        let py = Python::assume_attached();
        (py, Bound::ref_from_ptr(py, &this).cast_unchecked::<T>())
    };
    finish(py, catch_unwind(AssertUnwindSafe(|| this.get().update_from(py, input))))
}

/// The result as CPython wants it; a refusal or a panic becomes an exception.
#[inline]
fn finish(
    py: Python<'_>,
    done: std::thread::Result<PyResult<Bound<'_, PyAny>>>,
) -> *mut ffi::PyObject {
    let refused = match done {
        Ok(Ok(output)) => return output.into_ptr(),
        Ok(Err(refused)) => refused,
        Err(_) => PyRuntimeError::new_err("update panicked; please report this"),
    };
    refused.restore(py);
    ptr::null_mut()
}

/// A class whose `update` takes numbers or arrays, as many as its instance needs.
pub trait UpdateAny: PyClass<Frozen = True> + Sync {
    /// One sample of `count` numbers; none when that is not how many it takes, or when one of them is
    /// no number.
    fn update_numbers<'py>(
        &self,
        py: Python<'py>,
        count: usize,
        numbers: impl FnMut(usize) -> Option<f64>,
    ) -> Option<PyResult<Bound<'py, PyAny>>>;

    /// One sample, an argument for each port.
    fn update_arrays<'py>(&self, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>>;
}

/// Gives `T` its `update` method.
pub fn add_update_any<T: UpdateAny>(py: Python<'_>, signature: &str, doc: &str) -> PyResult<()> {
    let form = (ffi::PyMethodDefPointer { PyCFunctionFast: any::<T> }, ffi::METH_FASTCALL);
    add_method::<T>(py, "update", form, signature, doc)
}

/// `update` of any arguments.
unsafe extern "C" fn any<T: UpdateAny>(
    this: *mut ffi::PyObject,
    args: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: CPython calls with the GIL held, `this` an instance of the class the descriptor was made
    // for, and `args` pointing to `count` objects; all of them live through the call.
    let (py, this) = unsafe {
        let py = Python::assume_attached();
        (py, Bound::ref_from_ptr(py, &this).cast_unchecked::<T>())
    };
    let read = |i: usize| {
        // SAFETY: as above; `i` is below `count`.
        let x = if i < count { unsafe { number(*args.add(i)) } } else { None };
        if x.is_none() {
            // Not a number: it is tried as an array.
            drop(PyErr::take(py));
        }
        x
    };
    let done = catch_unwind(AssertUnwindSafe(|| {
        if let Some(done) = this.get().update_numbers(py, count, read) {
            return done;
        }
        // SAFETY: as above.
        let each = (0..count).map(|i| unsafe { Bound::from_borrowed_ptr(py, *args.add(i)) });
        this.get().update_arrays(&PyTuple::new(py, each)?)
    }));
    finish(py, done)
}

/// A class with a `process` of blocks.
pub trait Process: PyClass<Frozen = True> + Sync {
    /// True for one input and one output.
    const ONE: bool;

    /// One channel, one input and one output: the samples that `take` gives, in place. `None`, and nothing
    /// taken, when it holds many channels.
    fn process_one<'py, 'a>(
        &self,
        py: Python<'py>,
        take: impl FnOnce() -> (Bound<'py, PyAny>, &'a mut [f64]),
    ) -> PyResult<Option<Bound<'py, PyAny>>>;

    /// Any arrays.
    fn process_any<'py>(
        &self,
        arrays: &Bound<'py, PyTuple>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// Gives `T` its `process` method.
pub fn add_process<T: Process>(py: Python<'_>, doc: &str) -> PyResult<()> {
    let form = (
        ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: process::<T> },
        ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
    );
    add_method::<T>(py, "process", form, "*arrays, out=None", doc)
}

/// `process` of any arguments.
unsafe extern "C" fn process<T: Process>(
    this: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: CPython calls with the GIL held, `this` an instance of the class the descriptor was made
    // for, `names` null or a tuple of strings, and `args` pointing to `count` objects and one more for
    // each name; all of them live through the call.
    let (py, this, names) = unsafe {
        let py = Python::assume_attached();
        let names = Bound::from_borrowed_ptr_or_opt(py, names);
        (py, Bound::ref_from_ptr(py, &this).cast_unchecked::<T>(), names)
    };
    // SAFETY: as above; `i` is below the number of arguments.
    let argument = |i: usize| unsafe { Bound::ref_from_ptr(py, &*args.add(i)) };
    let done = catch_unwind(AssertUnwindSafe(|| {
        let mut out = None;
        if let Some(names) = &names {
            for (i, name) in names.cast::<PyTuple>()?.iter().enumerate() {
                if name.cast::<PyString>()? != "out" {
                    let message = format!("process() got an unexpected keyword argument '{name}'");
                    return Err(PyTypeError::new_err(message));
                }
                out = Some(argument(count + i)).filter(|out| !out.is_none());
            }
        }
        if T::ONE
            && count == 1
            && let Some(done) = process_plain(this.get(), argument(0), out)?
        {
            return Ok(done);
        }
        this.get().process_any(&PyTuple::new(py, (0..count).map(argument))?, out)
    }));
    finish(py, done)
}

/// Samples from which on the GIL is released: giving it up costs about as much as a hundred samples,
/// and ten microseconds keep nobody waiting.
const LONG: usize = 4096;

/// A block of one channel from a plain array; `None` when it is for [`Process::process_any`].
#[inline]
fn process_plain<'py, T: Process>(
    kernel: &T,
    given: &Bound<'py, PyAny>,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = given.py();
    let Some((from, samples)) = plain(given, false) else { return Ok(None) };
    let to = match out {
        None => None,
        Some(out) => match plain(out, true) {
            Some((to, room)) if room == samples && samples < LONG => Some((out, to)),
            _ => return Ok(None),
        },
    };
    kernel.process_one(py, || {
        let (array, to) = match to {
            Some((out, to)) => (out.clone(), to),
            None => {
                // SAFETY: the GIL is held; all elements are written below, before anybody reads them.
                let array = unsafe { PyArray1::<f64>::new(py, [samples], false) };
                let to = array.data();
                (array.into_any(), to)
            }
        };
        // SAFETY: `plain` found `samples` aligned numbers at `from`, and there is room for as many at `to`;
        // the two may overlap. The slice is the only reference to them: `array` keeps them alive, and
        // either nobody else knows of it, or it is shorter than `LONG` and the GIL is held to the end.
        let samples = unsafe {
            ptr::copy(from, to, samples);
            std::slice::from_raw_parts_mut(to, samples)
        };
        (array, samples)
    })
}

/// Works on samples that `process_plain` took.
#[inline]
pub fn at_work(py: Python<'_>, samples: &mut [f64], work: impl FnOnce(&mut [f64]) + Send) {
    if samples.len() < LONG {
        work(samples);
    } else {
        py.detach(|| work(samples));
    }
}

/// Where the numbers of an array stand, and how many: one axis, float64, aligned and without gaps.
#[inline]
fn plain(object: &Bound<'_, PyAny>, written: bool) -> Option<(*mut f64, usize)> {
    let py = object.py();
    let wanted =
        NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED | if written { NPY_ARRAY_WRITEABLE } else { 0 };
    // SAFETY: the GIL is held and `object` is alive; its fields are read after numpy's own check that it
    // is an array; an array of one axis has one dimension.
    unsafe {
        if PyArray_CheckExact(py, object.as_ptr()) == 0 {
            return None;
        }
        let array = &(*object.as_ptr().cast::<PyArrayObject>()).fields;
        // The float64 of this machine is one object, which all arrays share that were not made oddly.
        let float64 = numpy::dtype::<f64>(py);
        let is_plain = array.nd == 1
            && array.flags & wanted == wanted
            && array.descr == float64.as_dtype_ptr();
        is_plain.then(|| (array.data.cast(), usize::try_from(*array.dimensions).unwrap_or(0)))
    }
}
