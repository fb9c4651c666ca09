//! The plant: stepped from Python, or behind the driver border of the core.

use std::fs;
use std::path::{Path, PathBuf};

use linewright_runtime::driver::{BlockInfo, Channel, Driver, DriverError, Quality, Reading};
use linewright_runtime::frames::FrameWriter;
use linewright_runtime::gate::Admitted;
use linewright_twin::{Line, LineConfig};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::ConfigError;
use crate::json::to_python;
use crate::value::Value;

/// A whole line, from slurry to calender, stepped one base tick at a time. The same config, seed and
/// actuator values give the same bits.
///
/// `config` is a dict of what differs from the default line (unknown names are refused).
#[pyclass(module = "linewright.twin")]
pub struct Twin(Line);

#[pymethods]
impl Twin {
    /// Sensors as `(name, unit)`, in the order of what `step` gives.
    #[classattr]
    #[pyo3(name = "SENSORS")]
    fn sensors(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, Line::sensors().iter().map(|c| (c.name, c.unit)))
    }

    /// Actuators as `(name, unit)`, in the order of what `step` takes.
    #[classattr]
    #[pyo3(name = "ACTUATORS")]
    fn actuators(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, Line::actuators().iter().map(|c| (c.name, c.unit)))
    }

    #[new]
    #[pyo3(signature = (config=None, *, seed=0, base_hz=30))]
    fn new(config: Option<&Bound<'_, PyDict>>, seed: u64, base_hz: u32) -> PyResult<Self> {
        let given = config.map(|c| Value::from_python(c.as_any())).transpose()?;
        let pairs = match given {
            Some(Value::Dict(pairs)) => pairs,
            _ => Vec::new(),
        };
        let refuse = |e: &dyn std::fmt::Display| ConfigError::new_err(format!("twin: {e}"));
        let config: LineConfig = Value::build(pairs).map_err(|e| refuse(&e))?;
        Line::new(&config, seed, base_hz).map(Self).map_err(|e| refuse(&e))
    }

    /// One base tick: actuator values in (NaN holds, as do those left out at the end), sensor values out (NaN: the sensor
    /// gives nothing).
    #[pyo3(signature = (actuators, /))]
    fn step<'py>(
        &mut self,
        py: Python<'py>,
        actuators: Vec<f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        check_actuators(actuators.len())?;
        let mut sensors = vec![f64::NAN; Line::sensors().len()];
        self.0.step(&actuators, &mut sensors);
        Ok(PyArray1::from_vec(py, sensors))
    }

    /// Many base ticks: one row of actuator values for each, one row of sensor values out. The GIL is
    /// released.
    #[pyo3(signature = (actuators, /))]
    fn run<'py>(
        &mut self,
        py: Python<'py>,
        actuators: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        check_actuators(actuators.shape()[1])?;
        let ticks = actuators.shape()[0];
        let out = PyArray2::<f64>::zeros(py, [ticks, Line::sensors().len()], false);
        let told = actuators.as_array();
        let mut view = out.readwrite();
        let mut sensors = view.as_array_mut();
        let line = &mut self.0;
        py.detach(|| {
            let mut row = vec![f64::NAN; Line::sensors().len()];
            let mut moves = vec![f64::NAN; Line::actuators().len()];
            for (told, mut to) in told.rows().into_iter().zip(sensors.rows_mut()) {
                moves.iter_mut().zip(told).for_each(|(to, x)| *to = *x);
                line.step(&moves, &mut row);
                to.iter_mut().zip(&row).for_each(|(to, x)| *to = *x);
            }
        });
        drop(view);
        Ok(out)
    }

    /// Blocks this line offers, as `(name, unit, numbers)`: what is too wide for a sensor.
    #[getter]
    fn blocks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.blocks().iter().map(|b| (b.name, b.unit, b.len)))
    }

    /// A block, when the last step made it complete; else `None`.
    #[pyo3(signature = (name, /))]
    fn block<'py>(
        &self,
        py: Python<'py>,
        name: &str,
    ) -> PyResult<Option<Bound<'py, PyArray1<f64>>>> {
        let Some(i) = self.0.blocks().iter().position(|b| b.name == name) else {
            let known: Vec<_> = self.0.blocks().iter().map(|b| b.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(PyValueError::new_err(format!("no block {name:?}; the line has: {known}")));
        };
        Ok(self.0.block(i).map(|numbers| PyArray1::from_slice(py, numbers)))
    }

    /// Ticks made.
    #[getter]
    fn ticks(&self) -> u64 {
        self.0.ticks()
    }

    /// What the camera above the welding station sees of the last weld: grey levels 0 to 255, rows across
    /// the seam; `None` before the first weld and without a station.
    fn weld_picture<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray2<u8>>>> {
        self.0.weld_picture().map(|picture| crate::weld::grey(py, picture)).transpose()
    }

    /// What really happened, as a dict; `series` by name as arrays, one value per second. For
    /// evaluation only: no controller may see it.
    fn truth<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let truth = self.0.truth();
        let mut value =
            serde_json::to_value(truth).map_err(|e| PyValueError::new_err(e.to_string()))?;
        if let Some(fields) = value.as_object_mut() {
            fields.remove("series");
        }
        let dict = to_python(py, &value)?.cast_into::<PyDict>()?;
        let series = PyDict::new(py);
        for one in &truth.series {
            series.set_item(one.name, PyArray1::from_slice(py, &one.values))?;
        }
        dict.set_item("series", series)?;
        Ok(dict)
    }
}

fn check_actuators(got: usize) -> PyResult<()> {
    let want = Line::actuators().len();
    if got <= want {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("the line has {want} actuators, got {got} values")))
}

/// The twin as a plant of the core: steps in `read`, echoes what was written.
pub struct TwinDriver {
    line: Line,
    channels: Vec<Channel>,
    actuators: Vec<Channel>,
    blocks: Vec<BlockInfo>,
    moves: Vec<f64>,
    sensors: Vec<f64>,
    truth_file: Option<PathBuf>,
    camera: Option<FrameWriter>,
}

impl TwinDriver {
    /// A line at its start; `truth_file` is written when the driver is closed.
    ///
    /// # Errors
    /// What of the config is no line.
    pub fn new(
        config: &LineConfig,
        seed: u64,
        base_hz: u32,
        truth_file: Option<PathBuf>,
    ) -> Result<Self, linewright_twin::ConfigError> {
        let channel = |c: &linewright_twin::Channel| Channel::new(c.name, c.unit);
        let line = Line::new(config, seed, base_hz)?;
        let moves = Line::actuators().iter().map(|c| standing(&line, c.name)).collect();
        let blocks = line.blocks().iter().map(|b| BlockInfo::new(b.name, b.unit, b.len)).collect();
        Ok(Self {
            blocks,
            line,
            channels: Line::sensors().iter().map(channel).collect(),
            actuators: Line::actuators().iter().map(channel).collect(),
            moves,
            sensors: vec![f64::NAN; Line::sensors().len()],
            truth_file,
            camera: None,
        })
    }

    /// Puts a picture of each weld into a file of frames from now on.
    ///
    /// # Errors
    /// A line without a welding station, or a file that cannot be made.
    pub fn film(&mut self, path: &Path) -> std::io::Result<()> {
        let Some(welder) = self.line.welder() else {
            return Err(std::io::Error::other("there is no weld to film: io.twin.weld is off"));
        };
        let [rows, columns] = welder.picture_shape();
        self.camera = Some(FrameWriter::create(path, rows, columns, FRAMES)?);
        Ok(())
    }

    /// The picture of the weld that this tick completed. A disk that takes none is a camera that is lost.
    fn shoot(&mut self, tick: u64) {
        let (Some(camera), Some(welder)) = (&mut self.camera, self.line.welder()) else { return };
        if welder.burst().is_none() {
            return;
        }
        let Some(picture) = welder.picture() else { return };
        let fixture = welder.fixture().unwrap_or(0) as u32;
        let _lost = camera.put(welder.count(), tick, fixture, &picture.grey);
    }
}

/// Pictures that are kept: at 18 welds a minute those of nearly two minutes.
const FRAMES: u32 = 32;

/// Where an actuator stands before anything was written: a line starts running at its target.
fn standing(line: &Line, actuator: &str) -> f64 {
    match actuator {
        "coater.pump_flow" => line.truth().nominal_flow_l_per_min,
        "calender.line_load" => line.truth().nominal_line_load_n_per_mm,
        "slurry.solids_offset" => 0.0,
        bolt if bolt.starts_with("coater.bolt_") => 0.0,
        "coater.web_drive" => line.coater().drive_m_per_s(),
        "coater.exhaust_air" => line.truth().recipe.exhaust_m3_per_s,
        "welder.power" => line.welder().map_or(f64::NAN, |w| w.told().power_w),
        "welder.clamp" => line.welder().map_or(f64::NAN, |w| w.told().clamp_n),
        "welder.defocus" => line.welder().map_or(f64::NAN, |w| w.told().defocus_mm),
        "welder.trim_band" => line.welder().map_or(f64::NAN, |w| w.told().trim_band),
        "welder.fixture_hold" => line.welder().map_or(f64::NAN, |w| w.told().fixture_hold),
        _ => zone(actuator)
            .and_then(|zone| line.truth().recipe.zones_c().get(zone).copied())
            .unwrap_or(f64::NAN),
    }
}

/// Place of a dryer zone's actuator among the zones.
fn zone(actuator: &str) -> Option<usize> {
    actuator.strip_prefix("coater.zone_")?.parse::<usize>().ok()?.checked_sub(1)
}

impl Driver for TwinDriver {
    fn channels(&self) -> &[Channel] {
        &self.channels
    }

    fn actuators(&self) -> &[Channel] {
        &self.actuators
    }

    fn read(&mut self, tick: u64, inputs: &mut [Reading]) {
        while self.line.ticks() <= tick {
            self.line.step(&self.moves, &mut self.sensors);
            self.shoot(tick);
        }
        for (input, value) in inputs.iter_mut().zip(&self.sensors) {
            let quality = if value.is_finite() { Quality::Good } else { Quality::Bad };
            *input = Reading { value: *value, quality, tick };
        }
    }

    fn blocks(&self) -> &[BlockInfo] {
        &self.blocks
    }

    fn block(&self, i: usize) -> Option<&[f64]> {
        self.line.block(i)
    }

    fn write(&mut self, _tick: u64, admitted: &Admitted) {
        if let Some(to) = self.moves.get_mut(admitted.actuator()) {
            *to = admitted.value();
        }
    }

    fn read_back(&mut self, actuator: usize) -> Option<f64> {
        self.moves.get(actuator).copied().filter(|x| x.is_finite())
    }

    fn release(&mut self, _tick: u64, actuator: usize) {
        if let Some(to) = self.moves.get_mut(actuator) {
            *to = f64::NAN;
        }
    }

    fn close(&mut self) -> Result<(), DriverError> {
        let Some(path) = &self.truth_file else { return Ok(()) };
        let failed = |e: &dyn std::fmt::Display| {
            DriverError::new(format!("cannot write truth file {}: {e}", path.display()))
        };
        let text = serde_json::to_string(self.line.truth()).map_err(|e| failed(&e))?;
        fs::write(path, text).map_err(|e| failed(&e))
    }
}
