//! The core in this process, and its settings.

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::{Core as Machine, StartError, check};
use linewright_runtime::driver::Quality;
use linewright_runtime::drivers::ManualPlant;
use linewright_runtime::gate::ConfigError as Setting;
use linewright_runtime::unit::Unit;
use numpy::PyArrayMethods;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

use crate::block::as_float64;
use crate::error::{ConfigError, RecordError, carrying, ledger_error, plan_error};
use crate::fast::Guarded;
use crate::json::to_python;
use crate::keywords::nearest;
use crate::plant::Plant;

/// A whole core without clock, sockets and threads: frames in, ticks, frames out.
///
/// `config` is the core configuration as JSON text. With the driver `manual` the plant is in the
/// caller's hands: `set_input` gives a channel its value, `written` tells what an actuator was given.
/// Use it in a `with` block, or call `close`.
#[pyclass(module = "linewright", frozen)]
pub struct Core {
    machine: Guarded<Machine>,
    manual: Option<ManualPlant>,
    channels: Vec<String>,
    actuators: Vec<String>,
}

#[pymethods]
impl Core {
    #[new]
    #[pyo3(signature = (config, /))]
    fn new(py: Python<'_>, config: &str) -> PyResult<Self> {
        let config = CoreConfig::from_json(config).map_err(|e| settings_error(py, &[e]))?;
        let plant = Plant::new(&config.driver, config.seed, config.time.base_hz)
            .map_err(|e| settings_error(py, &[driver_setting(e)]))?;
        let Plant { driver, manual } = plant;
        let channels = driver.channels().iter().map(|c| c.name.clone()).collect();
        let actuators = driver.actuators().iter().map(|a| a.name.clone()).collect();
        let machine = py.detach(|| Machine::new(&config, driver));
        let machine = machine.map_err(|e| start_error(py, &e))?;
        Ok(Self { machine: Guarded::new(machine), manual, channels, actuators })
    }

    /// What a channel of the manual plant reads from the next tick on; NaN is no value.
    ///
    /// `quality`: 0 good, 1 uncertain, 2 bad.
    #[pyo3(signature = (channel, value, quality=0))]
    fn set_input(&self, channel: &str, value: f64, quality: u8) -> PyResult<()> {
        let plant = self.plant()?;
        let index = place("channel", channel, &self.channels)?;
        let quality = if value.is_finite() { Quality::from_u8(quality) } else { Quality::Bad };
        plant.set(index, value, quality);
        Ok(())
    }

    /// Completes a block of the manual plant in the next tick.
    #[pyo3(signature = (block, numbers, /))]
    fn set_block(&self, block: &str, numbers: &Bound<'_, PyAny>) -> PyResult<()> {
        let plant = self.plant()?;
        let names: Vec<String> = plant.blocks().iter().map(|b| b.channel.name.clone()).collect();
        let index = place("block", block, &names)?;
        let most = plant.blocks().get(index).map_or(0, |b| b.len);
        let numbers: Vec<f64> =
            as_float64(numbers)?.readonly().as_array().iter().copied().collect();
        if plant.set_block(index, &numbers) {
            return Ok(());
        }
        let got = numbers.len();
        Err(PyValueError::new_err(format!("{block} holds at most {most} numbers, got {got}")))
    }

    /// Moves an actuator of the manual plant by hand; a stuck one ignores what is written to it.
    #[pyo3(signature = (actuator, value, *, stuck=false))]
    fn put(&self, actuator: &str, value: f64, stuck: bool) -> PyResult<()> {
        let plant = self.plant()?;
        let index = place("actuator", actuator, &self.actuators)?;
        plant.put(index, value, stuck);
        Ok(())
    }

    /// Where an actuator of the manual plant stands; NaN when nothing is known of it.
    fn written(&self, actuator: &str) -> PyResult<f64> {
        let plant = self.plant()?;
        let index = place("actuator", actuator, &self.actuators)?;
        Ok(plant.position(index))
    }

    /// How often an actuator of the manual plant was written.
    fn writes(&self, actuator: &str) -> PyResult<u64> {
        let plant = self.plant()?;
        let index = place("actuator", actuator, &self.actuators)?;
        Ok(plant.writes(index))
    }

    /// Ends the manual plant, as a recording ends.
    fn finish(&self) -> PyResult<()> {
        self.plant()?.finish();
        Ok(())
    }

    /// Takes one frame from outside.
    #[pyo3(signature = (frame, /))]
    fn submit(&self, py: Python<'_>, frame: &[u8]) -> PyResult<()> {
        self.machine.enter(py, |core| {
            core.submit(frame);
            Ok(())
        })
    }

    /// Executes the base ticks below `until_tick`; gives the next tick. The GIL is released.
    #[pyo3(signature = (until_tick, /))]
    fn advance(&self, py: Python<'_>, until_tick: u64) -> PyResult<u64> {
        self.machine.enter(py, |core| Ok(py.detach(|| core.advance(until_tick))))
    }

    /// Every frame since the last call, after making durable what an answer waits for.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        self.machine.enter(py, |core| {
            let frames = py.detach(|| core.drain());
            Ok(frames.iter().map(|out| PyBytes::new(py, &out.frame)).collect())
        })
    }

    /// How the core is: tick, mode, loops, actuators, stations, ledger.
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.machine.enter(py, |core| to_python(py, &core.status()))
    }

    /// The next tick.
    #[getter]
    fn tick(&self, py: Python<'_>) -> PyResult<u64> {
        self.machine.enter(py, |core| Ok(core.next_tick()))
    }

    /// True when the plant has nothing more to give.
    #[getter]
    fn finished(&self, py: Python<'_>) -> PyResult<bool> {
        self.machine.enter(py, |core| Ok(core.finished()))
    }

    /// Ends the run: last counters, `stop` row, files and plant closed. A second call does nothing.
    #[pyo3(signature = (reason="closed by its host"))]
    fn close(&self, py: Python<'_>, reason: &str) -> PyResult<()> {
        self.machine
            .enter(py, |core| py.detach(|| core.close(reason)).map_err(PyRuntimeError::new_err))
    }

    fn __enter__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py, "closed by its host")
    }
}

impl Core {
    fn plant(&self) -> PyResult<&ManualPlant> {
        let other =
            || PyValueError::new_err("only a core with the driver 'manual' is moved by hand");
        self.manual.as_ref().ok_or_else(other)
    }
}

/// Index of `name` among `known`.
fn place(kind: &str, name: &str, known: &[String]) -> PyResult<usize> {
    known.iter().position(|k| k == name).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hint = nearest(name, &known).map(|n| format!("; did you mean '{n}'?"));
        PyValueError::new_err(format!("no {kind} '{name}'{}", hint.unwrap_or_default()))
    })
}

/// The refusal of a `driver` table.
pub fn driver_setting(why: String) -> Setting {
    Setting::new("driver", "", "a plant that can be made", why)
}

/// The exception for settings that are refused, with `problems` and `exit_code`.
fn settings_error(py: Python<'_>, settings: &[Setting]) -> PyErr {
    let lines: Vec<String> = settings.iter().map(ToString::to_string).collect();
    carrying(py, ConfigError::new_err(lines.join("\n")), |error| {
        error.setattr("problems", to_python(py, &json!(settings))?)?;
        error.setattr("exit_code", 78)
    })
}

/// The exception for a core that does not start.
fn start_error(py: Python<'_>, error: &StartError) -> PyErr {
    match error {
        StartError::Config(settings) => settings_error(py, settings),
        StartError::Plan(errors) => plan_error(py, errors),
        StartError::Ledger(fault) => ledger_error(py, fault),
        StartError::Record(why) => carrying(py, RecordError::new_err(why.clone()), |raised| {
            raised.setattr("exit_code", error.exit_code())
        }),
        StartError::Host(why) => PyRuntimeError::new_err(why.clone()),
    }
}

/// What a core would refuse of its configuration (JSON text), without opening a file: a list of dicts
/// `key` (dotted), `field`, `expected`, `got`. Problems of the plan come under the key `plan`.
#[pyfunction]
#[pyo3(signature = (config, /))]
pub fn check_config<'py>(py: Python<'py>, config: &str) -> PyResult<Bound<'py, PyAny>> {
    let found = py.detach(|| settings_refused(config));
    to_python(py, &json!(found))
}

fn settings_refused(config: &str) -> Vec<Setting> {
    let config = match CoreConfig::from_json(config) {
        Ok(config) => config,
        Err(refused) => return vec![refused],
    };
    let plant = match Plant::shape(&config.driver, config.seed, config.time.base_hz) {
        Ok(plant) => plant,
        Err(why) => return vec![driver_setting(why)],
    };
    match check(&config, &*plant.driver) {
        Ok(()) => Vec::new(),
        Err(StartError::Config(settings)) => settings,
        Err(StartError::Plan(errors)) => errors
            .0
            .iter()
            .map(|p| Setting::new("plan", &p.edge, "a plan that can run", p))
            .collect(),
        Err(other) => vec![Setting::new("", "", "a core that can start", other)],
    }
}

/// True when two unit strings mean the same unit, for example `"kg/m3"` and `"kg/m^3"`.
///
/// Raises `ValueError` for a string that is no unit.
#[pyfunction]
#[pyo3(signature = (a, b, /))]
pub fn same_unit(a: &str, b: &str) -> PyResult<bool> {
    let unit = |text: &str| Unit::parse(text).map_err(|e| PyValueError::new_err(e.to_string()));
    Ok(unit(a)? == unit(b)?)
}
