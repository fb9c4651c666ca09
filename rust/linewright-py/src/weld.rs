//! One weld of the twin at a time: conditions in, photodiodes, joint and picture out.

use linewright_kernel::front::{WELD_FEATURES, WeldBurst};
use linewright_twin::weld::{Conditions, Picture, Seam, Shot, WeldClass, WeldConfig, law};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{ConfigError, design_error};
use crate::json::to_python;
use crate::value::Value;

/// A laser welding station of the twin, weld by weld. The same config, seed, slot and conditions give
/// the same bits.
///
/// `config` is a dict of what differs from the default station (unknown names are refused).
#[pyclass(module = "linewright.twin")]
pub struct WeldTwin {
    config: WeldConfig,
    seed: u64,
}

/// A weld as it was made: signals of the three photodiodes, what became of the joint, what a camera sees.
#[pyclass(module = "linewright.twin", frozen)]
pub struct Weld {
    signals: [Py<PyArray1<f64>>; 3],
    truth: serde_json::Value,
    picture: Scene,
}

struct Scene {
    config: WeldConfig,
    seam: Seam,
    seed: u64,
    slot: u64,
}

/// The config of a `WeldBurst` from welds known to be good (resistance, pull test), one row of its features each, in
/// the order of its outputs behind `score`; `false_rejects`: share of good welds refused, 0.0001 to 0.2.
#[pyfunction]
#[pyo3(signature = (good, /, *, samples=10_000, false_rejects=0.01))]
pub fn learn_welds<'py>(
    py: Python<'py>,
    good: PyReadonlyArray2<'py, f64>,
    samples: u32,
    false_rejects: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let rows: Vec<[f64; WELD_FEATURES]> = good
        .as_array()
        .rows()
        .into_iter()
        .map(|row| row.iter().copied().collect::<Vec<_>>().try_into())
        .collect::<Result<_, _>>()
        .map_err(|_| {
            let shape = good.shape();
            PyValueError::new_err(format!(
                "good must be rows of {WELD_FEATURES} features, was an array of shape {shape:?}"
            ))
        })?;
    let learnt = WeldBurst::learn(samples, &rows, false_rejects);
    let learnt = learnt.map_err(|e| design_error(py, "WeldBurst", e))?;
    to_python(py, &json(&learnt)?)
}

fn refuse(error: &dyn std::fmt::Display) -> PyErr {
    ConfigError::new_err(format!("weld: {error}"))
}

fn pairs_of(given: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<(String, Value)>> {
    let given = given.map(|dict| Value::from_python(dict.as_any())).transpose()?;
    Ok(match given {
        Some(Value::Dict(pairs)) => pairs,
        _ => Vec::new(),
    })
}

#[pymethods]
impl WeldTwin {
    #[new]
    #[pyo3(signature = (config=None, *, seed=0))]
    fn new(config: Option<&Bound<'_, PyDict>>, seed: u64) -> PyResult<Self> {
        let config: WeldConfig = Value::build(pairs_of(config)?).map_err(|e| refuse(&e))?;
        config.check_whole().map_err(|e| refuse(&e))?;
        Ok(Self { config, seed })
    }

    /// What is true of the weld in slot number `slot` before the beam is on, as drawn for it.
    #[pyo3(signature = (slot, /))]
    fn conditions<'py>(&self, py: Python<'py>, slot: u64) -> PyResult<Bound<'py, PyAny>> {
        let drawn = Conditions::draw(&self.config, self.seed, slot, 1.0, 0.0);
        to_python(py, &json(&drawn)?)
    }

    /// Welds slot number `slot` at `power_w` (the station's own when left out), under its drawn conditions
    /// or under those given as a dict (what is left out is nominal).
    #[pyo3(signature = (slot, conditions=None, *, power_w=None))]
    fn weld(
        &self,
        py: Python<'_>,
        slot: u64,
        conditions: Option<&Bound<'_, PyDict>>,
        power_w: Option<f64>,
    ) -> PyResult<Weld> {
        let conditions = match conditions {
            None => Conditions::draw(&self.config, self.seed, slot, 1.0, 0.0),
            given => {
                let given: Conditions = Value::build(pairs_of(given)?).map_err(|e| refuse(&e))?;
                given.check().map_err(|e| refuse(&e))?;
                given
            }
        };
        let power_w = power_w.unwrap_or(self.config.power_w);
        let mut shot = Shot::new(&self.config, &conditions, 1.0, self.seed, slot);
        let mut signals = [(); 3].map(|()| vec![0.0; shot.samples()]);
        let [plasma, reflection, thermal] = &mut signals;
        py.detach(|| shot.run(power_w, [plasma, reflection, thermal]));
        let joint = shot.joint();
        let seam = Seam::of(&self.config, &conditions, &joint);
        let truth = serde_json::json!({
            "class": WeldClass::of(&conditions, &joint).name(),
            "joint": json(&joint)?,
            "resistance_uohm": law::resistance_uohm(joint.share),
            "pull_n": law::pull_n(joint.share),
            "seam": json(&seam)?,
            "looks_good": seam.looks_good(&self.config),
            "conditions": json(&conditions)?,
        });
        let signals = signals.map(|signal| PyArray1::from_vec(py, signal).unbind());
        let picture = Scene { config: self.config, seam, seed: self.seed, slot };
        Ok(Weld { signals, truth, picture })
    }
}

fn json(what: &impl serde::Serialize) -> PyResult<serde_json::Value> {
    serde_json::to_value(what).map_err(|e| refuse(&e))
}

#[pymethods]
impl Weld {
    /// Plasma photodiode, V, 50 kHz.
    #[getter]
    fn plasma(&self, py: Python<'_>) -> Py<PyArray1<f64>> {
        self.signals[0].clone_ref(py)
    }

    /// Back-reflection photodiode, V, 50 kHz.
    #[getter]
    fn reflection(&self, py: Python<'_>) -> Py<PyArray1<f64>> {
        self.signals[1].clone_ref(py)
    }

    /// Thermal photodiode, V, 50 kHz.
    #[getter]
    fn thermal(&self, py: Python<'_>) -> Py<PyArray1<f64>> {
        self.signals[2].clone_ref(py)
    }

    /// What the weld really is: class, joint, resistance, pull force, seam, conditions. For evaluation only.
    #[getter]
    fn truth<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.truth)
    }

    /// What the camera sees: grey levels 0 to 255, rows across the seam, columns along it, 0.04 mm apart.
    fn picture<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u8>>> {
        let Scene { config, seam, seed, slot } = &self.picture;
        let picture = py.detach(|| Picture::of(config, seam, 1.0, *seed, *slot));
        grey(py, picture)
    }
}

/// A picture as an array of rows.
pub fn grey(py: Python<'_>, picture: Picture) -> PyResult<Bound<'_, PyArray2<u8>>> {
    let shape = [picture.height_px, picture.width_px];
    PyArray1::from_vec(py, picture.grey).reshape(shape)
}
