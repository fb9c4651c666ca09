//! Laboratory: a sample every hour, its result twenty minutes later.

use crate::config::LabConfig;
use crate::random::Stream;

/// Result of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabResult {
    /// Dry weight of one side, g/m2.
    pub dry_g_per_m2: f64,
    /// Total thickness, um.
    pub thickness_um: f64,
}

/// The laboratory of one line.
#[derive(Clone, Debug)]
pub struct Lab {
    config: LabConfig,
    noise: f64,
    stream: Stream,
    next_s: f64,
    pending: Option<(f64, LabResult)>,
    last: LabResult,
    count: u64,
}

impl Lab {
    /// A laboratory whose first sample is due after one interval.
    pub fn new(config: LabConfig, noise_on: bool, stream: Stream) -> Self {
        Lab {
            config,
            noise: if noise_on { 1.0 } else { 0.0 },
            stream,
            next_s: config.every_s,
            pending: None,
            last: LabResult { dry_g_per_m2: f64::NAN, thickness_um: f64::NAN },
            count: 0,
        }
    }

    /// True when a sample is to be taken at `time_s`.
    pub fn due(&self, time_s: f64) -> bool {
        time_s >= self.next_s
    }

    /// Takes a sample of the true values.
    pub fn take(&mut self, time_s: f64, truth: LabResult) {
        self.next_s += self.config.every_s;
        let weight = 1.0 + 0.01 * self.noise * self.config.weight_sd_pct * self.stream.normal();
        let thickness = self.noise * self.config.thickness_sd_um * self.stream.normal();
        let result = LabResult {
            dry_g_per_m2: truth.dry_g_per_m2 * weight,
            thickness_um: truth.thickness_um + thickness,
        };
        self.pending = Some((time_s + self.config.delay_s, result));
    }

    /// The last result known at `time_s` (NaN before the first) and how many there were.
    pub fn known(&mut self, time_s: f64) -> (LabResult, u64) {
        if let Some((ready_s, result)) = self.pending
            && time_s >= ready_s
        {
            self.last = result;
            self.count += 1;
            self.pending = None;
        }
        (self.last, self.count)
    }
}
