//! A formation rack of the twin by itself, and its laws.

use linewright_twin::Fault;
use linewright_twin::formation::{Defect, Formation, FormationConfig, LANES, law};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;

use crate::error::ConfigError;
use crate::json::to_python;
use crate::value::Value;

fn refuse(error: &dyn std::fmt::Display) -> PyErr {
    ConfigError::new_err(format!("formation: {error}"))
}

type Rows<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>);

/// A formation rack of the twin, stepped by seconds: trays of 32 cells under their first charge.
///
/// `config` is a dict of what differs from the default rack (unknown names are refused), `faults` are dicts
/// as a line's. Trays come by `load`, or by `feed` as on a line. The same config, faults, seed and calls
/// give the same bits.
#[pyclass(module = "linewright.twin")]
pub struct FormationTwin(Formation);

#[pymethods]
impl FormationTwin {
    #[new]
    #[pyo3(signature = (config=None, *, faults=None, seed=0))]
    fn new(
        config: Option<&Bound<'_, PyDict>>,
        faults: Option<&Bound<'_, PyAny>>,
        seed: u64,
    ) -> PyResult<Self> {
        let pairs = match config.map(|c| Value::from_python(c.as_any())).transpose()? {
            Some(Value::Dict(pairs)) => pairs,
            _ => Vec::new(),
        };
        let config: FormationConfig = Value::build(pairs).map_err(|e| refuse(&e))?;
        let faults: Vec<Fault> = match faults.map(Value::from_python).transpose()? {
            Some(list) => Vec::deserialize(list).map_err(|e| refuse(&e))?,
            None => Vec::new(),
        };
        Formation::new(&config, &faults, seed).map(Self).map_err(|e| refuse(&e))
    }

    /// Plugs tray number `tray` into `slot`; its cells are `32*tray` and the 31 that follow.
    fn load(&mut self, slot: usize, tray: u64) -> PyResult<()> {
        self.0.load(slot, tray).map_err(|e| refuse(&e))
    }

    /// Takes the tray out of `slot`: its number, `None` when the slot was empty.
    fn unload(&mut self, slot: usize) -> Option<u64> {
        self.0.unload(slot)
    }

    /// Takes out what is done and loads the next tray that is due, as a line does each second.
    fn feed(&mut self) {
        self.0.feed();
    }

    /// Gives the cell in `channel` another defect from now on: a short of `short_ohm` that closes `closes_s` after
    /// the tray was loaded (left out: at once), a contact of `contact_mohm`, poor wetting by `wetting_pct`.
    #[pyo3(signature = (channel, *, short_ohm=None, closes_s=None, contact_mohm=0.0, wetting_pct=0.0))]
    fn put_defect(
        &mut self,
        channel: usize,
        short_ohm: Option<f64>,
        closes_s: Option<f64>,
        contact_mohm: f64,
        wetting_pct: f64,
    ) -> PyResult<()> {
        let sound = Defect::default();
        let defect = Defect {
            short_ohm: short_ohm.unwrap_or(sound.short_ohm),
            short_from_s: closes_s.unwrap_or(sound.short_from_s),
            contact_mohm,
            wetting_pct,
        };
        self.0.put_defect(channel, defect).map_err(|e| refuse(&e))
    }

    /// So many seconds of the whole rack: voltage (V), current (A) and temperature (degC), a row for each second, a
    /// column for each channel; NaN without a cell. The GIL is released.
    fn run<'py>(&mut self, py: Python<'py>, seconds: usize) -> PyResult<Rows<'py>> {
        let shape = [seconds, self.0.voltage_v().len()];
        let arrays = [(); 3].map(|()| PyArray2::<f64>::zeros(py, shape, false));
        {
            let mut views = arrays.each_ref().map(|a| a.readwrite());
            let [mut volts, mut amps, mut degrees] = views.each_mut().map(|v| v.as_array_mut());
            let rack = &mut self.0;
            py.detach(|| {
                let rows = volts.rows_mut().into_iter().zip(amps.rows_mut());
                for ((mut volt, mut amp), mut degc) in rows.zip(degrees.rows_mut()) {
                    rack.step();
                    volt.iter_mut().zip(rack.voltage_v()).for_each(|(to, x)| *to = *x);
                    amp.iter_mut().zip(rack.current_a()).for_each(|(to, x)| *to = *x);
                    degc.iter_mut().zip(rack.temperature_c()).for_each(|(to, x)| *to = *x);
                }
            });
        }
        let [volt, amp, degc] = arrays;
        Ok((volt, amp, degc))
    }

    /// Number of the tray in each slot; NaN without one.
    #[getter]
    fn trays<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.0.tray_numbers())
    }

    /// Seconds made.
    #[getter]
    fn second(&self) -> u64 {
        self.0.second()
    }

    /// Length of the programme, s.
    #[getter]
    fn programme_s(&self) -> u32 {
        self.0.programme().length_s()
    }

    /// Cells of a tray.
    #[classattr]
    const TRAY: usize = LANES;

    /// Every cell with something wrong that was ever loaded, as dicts: truth, for evaluation only.
    #[getter]
    fn defects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = serde_json::to_value(self.0.defects()).map_err(|e| refuse(&e))?;
        to_python(py, &value)
    }
}

/// Current through an internal short, A: `I = V/R`.
#[pyfunction]
fn short_current_a(cell_v: f64, short_ohm: f64) -> f64 {
    law::short_current_a(cell_v, short_ohm)
}

/// Self-discharge, % of the capacity per day: `100*24*I/Q`.
#[pyfunction]
fn self_discharge_pct_per_day(current_a: f64, capacity_ah: f64) -> f64 {
    law::self_discharge_pct_per_day(current_a, capacity_ah)
}

/// Fall of the rest voltage, mV/day: self-discharge times the slope of the rest voltage in mV per % of charge.
#[pyfunction]
fn voltage_fall_mv_per_day(current_a: f64, capacity_ah: f64, slope_mv_per_pct: f64) -> f64 {
    law::voltage_fall_mv_per_day(current_a, capacity_ah, slope_mv_per_pct)
}

/// Normal leakage of a cell, A: 500 uA per 100 Ah.
#[pyfunction]
fn leakage_a(capacity_ah: f64) -> f64 {
    law::leakage_a(capacity_ah)
}

/// Energy of the first charge of a cell, Wh: `Q/efficiency*V`.
#[pyfunction]
fn charge_energy_wh(capacity_ah: f64, efficiency: f64, charge_v: f64) -> f64 {
    law::charge_energy_wh(capacity_ah, efficiency, charge_v)
}

/// Energy a cell takes from the grid in formation, Wh: charged less the share of the discharge that is fed back.
#[pyfunction]
fn net_energy_wh(charged_wh: f64, discharged_wh: f64, recovered: f64) -> f64 {
    law::net_energy_wh(charged_wh, discharged_wh, recovered)
}

/// Adds the laws.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(short_current_a, module)?)?;
    module.add_function(wrap_pyfunction!(self_discharge_pct_per_day, module)?)?;
    module.add_function(wrap_pyfunction!(voltage_fall_mv_per_day, module)?)?;
    module.add_function(wrap_pyfunction!(leakage_a, module)?)?;
    module.add_function(wrap_pyfunction!(charge_energy_wh, module)?)?;
    module.add_function(wrap_pyfunction!(net_energy_wh, module)?)
}
