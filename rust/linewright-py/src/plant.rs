//! Which plant stands behind a core, from the `driver` part of its configuration.

use std::path::PathBuf;

use linewright_runtime::driver::{Channel, Driver};
use linewright_runtime::drivers::{FileDriver, FileSource, ManualPlant};
use linewright_twin::LineConfig;
use serde::Deserialize;
use serde_json::Value;

use crate::twin::TwinDriver;

/// The `driver` part of a core's configuration.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum PlantConfig {
    /// The twin; `truth_file` is written when the core is closed.
    Twin(TwinPlant),
    /// A recording.
    File(FileSource),
    /// Values pushed by the program that holds the core.
    Manual(ManualChannels),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwinPlant {
    #[serde(default)]
    config: LineConfig,
    #[serde(default)]
    truth_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManualChannels {
    /// Name and unit.
    channels: Vec<(String, String)>,
    /// Name, unit and the value it stands at.
    #[serde(default)]
    actuators: Vec<(String, String, f64)>,
}

/// A driver, and the caller's side of it when the plant is in the caller's hands.
pub struct Plant {
    /// For the core.
    pub driver: Box<dyn Driver>,
    /// For the caller.
    pub manual: Option<ManualPlant>,
}

impl Plant {
    /// Makes the driver that `config` asks for.
    ///
    /// # Errors
    /// What is wrong with `config`, for a person.
    pub fn new(config: &Value, seed: u64, base_hz: u32) -> Result<Self, String> {
        let config = PlantConfig::deserialize(config).map_err(|e| format!("driver: {e}"))?;
        match config {
            PlantConfig::Twin(TwinPlant { config, truth_file }) => {
                let driver = TwinDriver::new(&config, seed, base_hz, truth_file)
                    .map_err(|e| format!("driver: twin: {e}"))?;
                Ok(Self { driver: Box::new(driver), manual: None })
            }
            PlantConfig::File(source) => {
                let driver = FileDriver::open(&source).map_err(|e| format!("driver: file: {e}"))?;
                Ok(Self { driver: Box::new(driver), manual: None })
            }
            PlantConfig::Manual(ManualChannels { channels, actuators }) => {
                let positions: Vec<f64> = actuators.iter().map(|(_, _, at)| *at).collect();
                let channel = |(name, unit): &(String, String)| Channel::new(name, unit);
                let manual = ManualPlant::new(
                    channels.iter().map(channel).collect(),
                    actuators.iter().map(|(name, unit, _)| Channel::new(name, unit)).collect(),
                    &positions,
                );
                Ok(Self { driver: Box::new(manual.driver()), manual: Some(manual) })
            }
        }
    }
}
