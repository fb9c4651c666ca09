//! The core as a process of its own.

use std::fs;
use std::path::{Path, PathBuf};

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::StartError;
use linewright_runtime::gate::ConfigError as Setting;
use linewright_runtime::live;
use pyo3::prelude::*;

use crate::core::driver_setting;
use crate::plant::Plant;

/// Runs a core process to its end; gives its exit code. Does not come back to the interpreter between.
///
/// `config_path`: a file with the core configuration. What prevents a start is written to standard
/// error as one line of JSON.
#[pyfunction]
#[pyo3(signature = (config_path, /))]
pub fn run_core(py: Python<'_>, config_path: PathBuf) -> i32 {
    py.detach(|| match prepare(&config_path) {
        Ok((config, plant)) => live::run(&config, plant.driver),
        Err(refused) => {
            let error = StartError::Config(vec![refused]);
            eprintln!("{}", error.to_json());
            error.exit_code()
        }
    })
}

fn prepare(path: &Path) -> Result<(CoreConfig, Plant), Setting> {
    let unread = |e| Setting::new("", "", format!("a file at {}", path.display()), e);
    let text = fs::read_to_string(path).map_err(unread)?;
    let config = CoreConfig::from_json(&text)?;
    let plant = Plant::new(&config.driver, config.seed, config.time.base_hz);
    Ok((config, plant.map_err(driver_setting)?))
}
