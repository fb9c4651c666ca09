//! Run lengths of the charts, and the thresholds that give them.

use linewright_kernel::detector::Chart;
use linewright_kernel::{DesignError, for_each_chart};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::design_error;
use crate::value::Value;

/// What is asked of a chart.
#[derive(Clone, Copy)]
enum Question {
    /// Its run length at a shift.
    Arl(f64),
    /// The threshold for a run length in control.
    Threshold(f64),
}

/// Answers for the chart of config `D`; `given` lacks the threshold when it is asked for.
fn answer<D: Chart + Serialize + DeserializeOwned + Send>(
    py: Python<'_>,
    name: &str,
    mut given: Vec<(String, Value)>,
    question: Question,
) -> PyResult<f64> {
    let refuse = |e: &dyn std::fmt::Display| PyTypeError::new_err(format!("{name}: {e}"));
    if matches!(question, Question::Threshold(_)) {
        if given.iter().any(|(key, _)| key == D::THRESHOLD) {
            return Err(refuse(&format!("'{}' is what is being solved for", D::THRESHOLD)));
        }
        given.push((D::THRESHOLD.to_owned(), Value::Float(1.0)));
    }
    let config: D = Value::build(given).map_err(|e| refuse(&e))?;
    let solve = || match question {
        Question::Arl(shift) => config.arl(shift),
        Question::Threshold(arl0) => {
            config.with_arl0(arl0).map(|solved| field(&solved, D::THRESHOLD))
        }
    };
    py.detach(solve).map_err(|e: DesignError| design_error(py, name, e))
}

/// A number of a config by its name.
fn field<D: Serialize>(config: &D, name: &str) -> f64 {
    let fields = serde_json::to_value(config).unwrap_or_default();
    fields.get(name).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN)
}

macro_rules! charts {
    ($($Name:ident)+) => {
        fn ask(
            py: Python<'_>,
            name: &str,
            config: &Bound<'_, PyDict>,
            question: Question,
        ) -> PyResult<f64> {
            let mut given = Vec::new();
            for (key, value) in config {
                let key: String = key.extract()?;
                if key != "period_s" {
                    given.push((key, Value::from_python(&value)?));
                }
            }
            match name {
                $(stringify!($Name) => answer::<linewright_kernel::$Name>(py, name, given, question),)+
                _ => Err(PyKeyError::new_err(name.to_owned())),
            }
        }

        /// Charts with the field that is their threshold.
        const CHARTS: &[(&str, &str)] = &[
            $((stringify!($Name), <linewright_kernel::$Name as Chart>::THRESHOLD)),+
        ];
    };
}

for_each_chart!(charts);

/// Mean run length of the chart `name` with this config at a shift, samples.
#[pyfunction]
fn chart_arl(py: Python<'_>, name: &str, config: &Bound<'_, PyDict>, shift: f64) -> PyResult<f64> {
    ask(py, name, config, Question::Arl(shift))
}

/// Threshold at which the chart `name` has the mean run length `arl0` in control.
#[pyfunction]
fn chart_threshold(
    py: Python<'_>,
    name: &str,
    config: &Bound<'_, PyDict>,
    arl0: f64,
) -> PyResult<f64> {
    ask(py, name, config, Question::Threshold(arl0))
}

/// Adds the functions and `CHARTS`.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(chart_arl, module)?)?;
    module.add_function(wrap_pyfunction!(chart_threshold, module)?)?;
    module.add("CHARTS", PyTuple::new(module.py(), CHARTS.iter().copied())?)
}
