//! Which plant stands behind a core, from the `driver` part of its configuration.

use std::path::PathBuf;

use linewright_runtime::driver::{BlockInfo, Channel, Driver};
use linewright_runtime::drivers::{FileDriver, FileSource, ManualPlant, UnixDriver, UnixPlace};
use linewright_twin::LineConfig;
use serde::Deserialize;
use serde_json::Value;

use crate::twin::TwinDriver;

/// The `driver` part of a core's configuration.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum PlantConfig {
    /// The twin; `truth_file` is written when the core is closed.
    Twin(Box<TwinPlant>),
    /// A recording.
    File(FilePlant),
    /// Values pushed by the program that holds the core.
    Manual(ManualPlace),
    /// A process of its own.
    Unix(UnixPlace),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwinPlant {
    #[serde(default)]
    config: LineConfig,
    #[serde(default)]
    truth_file: Option<PathBuf>,
    /// Where the camera's pictures go; none are made when left out.
    #[serde(default)]
    camera_file: Option<PathBuf>,
}

/// A recording; `counts` says what was read, for the ledger.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePlant {
    path: String,
    channels: Vec<(String, String)>,
    rows: usize,
    #[serde(default)]
    actuators: Vec<(String, String)>,
    #[serde(default, rename = "counts")]
    _counts: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManualPlace {
    channels: Vec<(String, String)>,
    #[serde(default)]
    actuators: Vec<ManualActuator>,
    /// Name, unit and most numbers of each block.
    #[serde(default)]
    blocks: Vec<(String, String, usize)>,
}

/// Name and unit, and where it stands when that is known.
#[derive(Deserialize)]
#[serde(untagged)]
enum ManualActuator {
    Unknown(String, String),
    At(String, String, f64),
}

/// A driver, and the caller's side of it when the plant is in the caller's hands.
pub struct Plant {
    /// For the core.
    pub driver: Box<dyn Driver>,
    /// For the caller.
    pub manual: Option<ManualPlant>,
}

impl Plant {
    /// Makes the driver that the `driver` part of a core's configuration asks for.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn new(driver: &Value, seed: u64, base_hz: u32) -> Result<Self, String> {
        Self::make(read(driver)?, seed, base_hz)
    }

    /// A driver with the same channels and actuators that opens no file.
    ///
    /// # Errors
    /// As [`Plant::new`], but for files.
    pub fn shape(driver: &Value, seed: u64, base_hz: u32) -> Result<Self, String> {
        match read(driver)? {
            PlantConfig::File(FilePlant { channels, actuators, .. }) => {
                Ok(Self::manual(&channels, &actuators, &[], &[]))
            }
            PlantConfig::Unix(UnixPlace { channels, actuators, .. }) => {
                Ok(Self::manual(&channels, &actuators, &[], &[]))
            }
            PlantConfig::Twin(mut plant) => {
                plant.camera_file = None;
                Self::make(PlantConfig::Twin(plant), seed, base_hz)
            }
            other => Self::make(other, seed, base_hz),
        }
    }

    fn make(config: PlantConfig, seed: u64, base_hz: u32) -> Result<Self, String> {
        match config {
            PlantConfig::Twin(plant) => {
                let TwinPlant { config, truth_file, camera_file } = *plant;
                let mut driver = TwinDriver::new(&config, seed, base_hz, truth_file)
                    .map_err(|e| format!("twin: {e}"))?;
                if let Some(path) = camera_file {
                    driver.film(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                }
                Ok(Self { driver: Box::new(driver), manual: None })
            }
            PlantConfig::File(FilePlant { path, channels, rows, actuators, .. }) => {
                let source = FileSource { path, channels, rows, actuators };
                let driver = FileDriver::open(&source).map_err(|e| format!("file: {e}"))?;
                Ok(Self { driver: Box::new(driver), manual: None })
            }
            PlantConfig::Manual(ManualPlace { channels, actuators, blocks }) => {
                let place = |a: ManualActuator| match a {
                    ManualActuator::Unknown(name, unit) => ((name, unit), f64::NAN),
                    ManualActuator::At(name, unit, at) => ((name, unit), at),
                };
                let (actuators, at): (Vec<_>, Vec<_>) = actuators.into_iter().map(place).unzip();
                Ok(Self::manual(&channels, &actuators, &at, &blocks))
            }
            PlantConfig::Unix(place) => {
                let driver =
                    UnixDriver::listen(&place, base_hz).map_err(|e| format!("unix: {e}"))?;
                Ok(Self { driver: Box::new(driver), manual: None })
            }
        }
    }

    fn manual(
        channels: &[(String, String)],
        actuators: &[(String, String)],
        at: &[f64],
        blocks: &[(String, String, usize)],
    ) -> Self {
        let named = |list: &[(String, String)]| -> Vec<Channel> {
            list.iter().map(|(name, unit)| Channel::new(name, unit)).collect()
        };
        let blocks = blocks.iter().map(|(name, unit, len)| BlockInfo::new(name, unit, *len));
        let manual = ManualPlant::new(named(channels), named(actuators), at);
        let manual = manual.with_blocks(blocks.collect());
        Self { driver: Box::new(manual.driver()), manual: Some(manual) }
    }
}

fn read(driver: &Value) -> Result<PlantConfig, String> {
    PlantConfig::deserialize(driver).map_err(|e| e.to_string())
}
