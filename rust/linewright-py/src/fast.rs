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
use numpy::{PyArray1, PyArrayDescr, PyArrayMethods};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::sync::PyOnceLock;
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
    /// One sample.
    fn update_any<'py>(&self, given: &Arguments<'_, 'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// Gives `T` its `update` method.
pub fn add_update_any<T: UpdateAny>(py: Python<'_>, signature: &str, doc: &str) -> PyResult<()> {
    let form = (
        ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: any::<T> },
        ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
    );
    add_method::<T>(py, "update", form, signature, doc)
}

/// What an `update` was called with: any number of arguments, and `out`.
pub struct Arguments<'a, 'py> {
    py: Python<'py>,
    /// Objects that live as long as the call.
    objects: &'a [*mut ffi::PyObject],
    out: Option<&'a Bound<'py, PyAny>>,
}

impl<'a, 'py> Arguments<'a, 'py> {
    /// The interpreter that calls.
    pub fn py(&self) -> Python<'py> {
        self.py
    }

    /// How many there are, `out` not counted.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Argument `i`.
    pub fn get(&self, i: usize) -> &'a Bound<'py, PyAny> {
        // SAFETY: every object lives as long as the call, and with it this reference.
        unsafe { Bound::ref_from_ptr(self.py, &self.objects[i]) }
    }

    /// Takes every argument as one number; false when their count differs or when one is none.
    #[inline]
    pub fn numbers(&self, to: &mut [f64]) -> bool {
        if self.objects.len() != to.len() {
            return false;
        }
        for (to, object) in to.iter_mut().zip(self.objects) {
            // SAFETY: the GIL is held and the object lives as long as the call.
            let x = unsafe {
                let several = ffi::PyTuple_CheckExact(*object) != 0
                    || ffi::PyList_CheckExact(*object) != 0
                    || (ffi::PyFloat_CheckExact(*object) == 0
                        && plain(Bound::ref_from_ptr(self.py, object), false).is_some());
                if several { None } else { number(*object) }
            };
            let Some(x) = x else {
                // Not a number: it is tried as an array.
                drop(PyErr::take(self.py));
                return false;
            };
            *to = x;
        }
        true
    }

    /// Takes argument `i` when it is a plain array, or a tuple or list of floats, as long as `to`, or a
    /// float for one number; false for all else.
    #[inline]
    pub fn take(&self, i: usize, to: &mut [f64]) -> bool {
        let given = self.get(i);
        if let Some((from, len)) = plain(given, false) {
            if len == to.len() {
                // SAFETY: `plain` found `len` numbers at `from`; `to` belongs to no array.
                unsafe { ptr::copy_nonoverlapping(from, to.as_mut_ptr(), len) };
            }
            return len == to.len();
        }
        let object = given.as_ptr();
        // SAFETY: the GIL is held and `object` is alive; the items are borrowed from it, and nothing that
        // could change it runs meanwhile: a float of that very type has no `__float__` of its own.
        unsafe {
            let float = |item: *mut ffi::PyObject, to: &mut f64| {
                let is_float = ffi::PyFloat_CheckExact(item) != 0;
                if is_float {
                    *to = ffi::PyFloat_AsDouble(item);
                }
                is_float
            };
            let len = to.len();
            let mut items = (0..).zip(to.iter_mut());
            if ffi::PyTuple_CheckExact(object) != 0 {
                usize::try_from(ffi::PyTuple_Size(object)) == Ok(len)
                    && items.all(|(i, to)| float(ffi::PyTuple_GetItem(object, i), to))
            } else if ffi::PyList_CheckExact(object) != 0 {
                usize::try_from(ffi::PyList_Size(object)) == Ok(len)
                    && items.all(|(i, to)| float(ffi::PyList_GetItem(object, i), to))
            } else {
                len == 1 && items.all(|(_, to)| float(object, to))
            }
        }
    }

    /// Where `out` takes `len` numbers; none when there is no `out`. No Python code may run before the
    /// numbers are written.
    ///
    /// # Errors
    /// `ValueError` when `out` is not such an array.
    #[inline]
    pub fn room(&self, len: usize) -> PyResult<Option<Room<'a, 'py>>> {
        let Some(array) = self.out else { return Ok(None) };
        match plain(array, true) {
            Some((to, room)) if room == len => Ok(Some(Room { array, to })),
            _ => Err(PyValueError::new_err(format!(
                "out must be a writable float64 array of one axis with {len} numbers, without gaps"
            ))),
        }
    }
}

/// An array that takes a result.
pub struct Room<'a, 'py> {
    array: &'a Bound<'py, PyAny>,
    to: *mut f64,
}

impl<'py> Room<'_, 'py> {
    /// Writes the numbers, as many as there is room for by [`Arguments::room`]; gives the array.
    #[inline]
    pub fn write(self, numbers: &[f64]) -> Bound<'py, PyAny> {
        // SAFETY: `plain` found an aligned, writable place for as many numbers, the array lives as long
        // as the call, and no Python code ran since; `numbers` belong to no array.
        unsafe { ptr::copy_nonoverlapping(numbers.as_ptr(), self.to, numbers.len()) };
        self.array.clone()
    }
}

/// A tuple of `len` items.
#[inline]
pub fn tuple<'py>(
    py: Python<'py>,
    len: usize,
    mut item: impl FnMut(usize) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the GIL is held; the tuple is new and nobody else knows of it until it is full.
    unsafe {
        let size = len as ffi::Py_ssize_t;
        let tuple = Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(size))?;
        for i in 0..len {
            ffi::PyTuple_SetItem(tuple.as_ptr(), i as ffi::Py_ssize_t, item(i)?.into_ptr());
        }
        Ok(tuple)
    }
}

/// `update` of any arguments.
unsafe extern "C" fn any<T: UpdateAny>(
    this: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: CPython calls with the GIL held, `this` an instance of the class the descriptor was made
    // for, `names` null or a tuple of strings, and `args` pointing to `count` objects and one more for
    // each name (it may be null when there is none); all of them live through the call.
    let (py, this, names, objects) = unsafe {
        let py = Python::assume_attached();
        let objects = if count == 0 { &[] } else { std::slice::from_raw_parts(args, count) };
        let names = Bound::from_borrowed_ptr_or_opt(py, names);
        (py, Bound::ref_from_ptr(py, &this).cast_unchecked::<T>(), names, objects)
    };
    let done = catch_unwind(AssertUnwindSafe(|| {
        let out = match &names {
            None => None,
            // SAFETY: as above; `i` is below the number of names.
            Some(names) => out_of(names, "update", |i| unsafe {
                Bound::ref_from_ptr(py, &*args.add(count + i))
            })?,
        };
        this.get().update_any(&Arguments { py, objects, out })
    }));
    finish(py, done)
}

/// The argument called `out`, `value(i)` being that of name `i`; none when it is None or not given.
///
/// # Errors
/// `TypeError` for every other name.
#[inline]
fn out_of<'a, 'py>(
    names: &Bound<'py, PyAny>,
    method: &str,
    value: impl Fn(usize) -> &'a Bound<'py, PyAny>,
) -> PyResult<Option<&'a Bound<'py, PyAny>>> {
    let known = intern!(names.py(), "out");
    let mut out = None;
    for (i, name) in names.cast::<PyTuple>()?.iter().enumerate() {
        // The names of a call are interned, as a rule: the same string is the same object.
        if !name.is(known) && name.cast::<PyString>()? != "out" {
            let message = format!("{method}() got an unexpected keyword argument '{name}'");
            return Err(PyTypeError::new_err(message));
        }
        out = Some(value(i)).filter(|out| !out.is_none());
    }
    Ok(out)
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
        let out = match &names {
            None => None,
            Some(names) => out_of(names, "process", |i| argument(count + i))?,
        };
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
        static FLOAT64: PyOnceLock<Py<PyArrayDescr>> = PyOnceLock::new();
        let float64 = FLOAT64.get_or_init(py, || numpy::dtype::<f64>(py).unbind());
        let is_plain = array.nd == 1
            && array.flags & wanted == wanted
            && array.descr.cast() == float64.as_ptr();
        is_plain.then(|| (array.data.cast(), usize::try_from(*array.dimensions).unwrap_or(0)))
    }
}
