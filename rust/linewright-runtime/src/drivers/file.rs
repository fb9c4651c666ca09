//! A recording as the plant: one row per base tick, no actuators.

use crate::driver::{Channel, Driver, DriverError, Quality, Reading};
use crate::gate::Admitted;
use serde::Deserialize;

/// Where a recording is: raw little-endian `f64`, row after row, one column per channel. NaN = the
/// channel gave nothing in that row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSource {
    /// File of the values.
    pub path: String,
    /// Columns: name and unit.
    pub channels: Vec<(String, String)>,
    /// Number of rows; the file must have exactly as many.
    pub rows: usize,
    /// Actuators that may be named by the plan; nothing is ever written to them.
    #[serde(default)]
    pub actuators: Vec<(String, String)>,
}

/// Reads a [`FileSource`]. After the last row every channel is Bad and `finished` is true.
#[derive(Debug)]
pub struct FileDriver {
    channels: Vec<Channel>,
    actuators: Vec<Channel>,
    values: Vec<f64>,
    rows: usize,
    next: usize,
}

impl FileDriver {
    /// Reads the whole file.
    ///
    /// # Errors
    /// File missing, no channels, or of another size than rows times channels.
    pub fn open(source: &FileSource) -> Result<Self, DriverError> {
        let bytes = std::fs::read(&source.path)
            .map_err(|e| DriverError::new(format!("{}: {e}", source.path)))?;
        let columns = source.channels.len();
        let expected = source.rows.saturating_mul(columns).saturating_mul(8);
        if columns == 0 || bytes.len() != expected {
            return Err(DriverError::new(format!(
                "{}: expected {} rows of {columns} channels = {expected} bytes, got {}",
                source.path,
                source.rows,
                bytes.len()
            )));
        }
        let named = |list: &[(String, String)]| -> Vec<Channel> {
            list.iter().map(|(name, unit)| Channel::new(name, unit)).collect()
        };
        let (words, _) = bytes.as_chunks::<8>();
        Ok(Self {
            channels: named(&source.channels),
            actuators: named(&source.actuators),
            values: words.iter().map(|w| f64::from_le_bytes(*w)).collect(),
            rows: source.rows,
            next: 0,
        })
    }
}

impl Driver for FileDriver {
    fn channels(&self) -> &[Channel] {
        &self.channels
    }

    fn actuators(&self) -> &[Channel] {
        &self.actuators
    }

    fn read(&mut self, tick: u64, inputs: &mut [Reading]) {
        let columns = self.channels.len();
        let row = usize::try_from(tick).unwrap_or(usize::MAX);
        let start = row.saturating_mul(columns);
        let values = self.values.get(start..).and_then(|rest| rest.get(..columns));
        for (i, input) in inputs.iter_mut().enumerate() {
            *input = match values.and_then(|v| v.get(i)) {
                Some(x) if x.is_finite() => Reading { value: *x, quality: Quality::Good, tick },
                _ => Reading { tick, ..Reading::NONE },
            };
        }
        self.next = row.saturating_add(1);
    }

    fn write(&mut self, _tick: u64, _admitted: &Admitted) {}

    fn read_back(&mut self, _actuator: usize) -> Option<f64> {
        None
    }

    fn finished(&self) -> bool {
        self.next >= self.rows
    }
}
