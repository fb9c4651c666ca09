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

use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::PyTuple;
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

/// A new array with the samples of a call's one argument, when that is a plain array of one axis.
pub fn copy_of_one<'py>(arguments: &Bound<'py, PyTuple>) -> Option<Bound<'py, PyArray1<f64>>> {
    if arguments.len() != 1 {
        return None;
    }
    let given = arguments.get_borrowed_item(0).ok()?;
    let array = given.cast::<PyArray1<f64>>().ok()?;
    if !(array.data() as usize).is_multiple_of(align_of::<f64>()) {
        return None;
    }
    // SAFETY: the GIL is held until the samples are copied, the array is aligned, and `as_slice` gives only
    // what is contiguous.
    let samples = unsafe { array.as_slice() }.ok()?;
    Some(PyArray1::from_slice(arguments.py(), samples))
}

/// Samples from which on the GIL is released: giving it up costs about as much as a hundred samples,
/// and ten microseconds keep nobody waiting.
const LONG: usize = 4096;

/// Works on the samples of a new array in place.
pub fn fill<'py>(
    py: Python<'py>,
    array: Bound<'py, PyArray1<f64>>,
    work: impl FnOnce(&mut [f64]) + Send,
) -> Bound<'py, PyAny> {
    // SAFETY: `array` comes from `copy_of_one`: contiguous, and nobody else knows of it.
    if let Ok(samples) = unsafe { array.as_slice_mut() } {
        if samples.len() < LONG {
            work(samples);
        } else {
            py.detach(|| work(samples));
        }
    }
    array.into_any()
}
