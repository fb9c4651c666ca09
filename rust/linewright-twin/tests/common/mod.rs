//! Runs of a line for the behaviour tests.
#![allow(dead_code, clippy::expect_used)] // test code: each test file uses a part of it

use linewright_twin::{Fault, FaultKind, Line, LineConfig};

/// Base rate of all runs, Hz.
pub const HZ: u32 = 30;

/// Sensor rows, one per tick, and the line they came from.
pub struct Run {
    pub rows: Vec<Vec<f64>>,
    pub line: Line,
}

/// A sensor's place.
pub fn place(name: &str) -> usize {
    Line::sensors().iter().position(|c| c.name == name).expect(name)
}

impl Run {
    pub fn new(config: &LineConfig, seed: u64, seconds: u32) -> Self {
        Run::with(config, seed, seconds, |_| [f64::NAN; 2])
    }

    /// `policy` gives the actuator values of a tick.
    pub fn with(
        config: &LineConfig,
        seed: u64,
        seconds: u32,
        policy: impl Fn(u64) -> [f64; 2],
    ) -> Self {
        let mut line = Line::new(config, seed, HZ).expect("config");
        let mut rows = Vec::new();
        for tick in 0..u64::from(seconds * HZ) {
            let mut row = vec![0.0; Line::sensors().len()];
            line.step(&policy(tick), &mut row);
            rows.push(row);
        }
        Run { rows, line }
    }

    pub fn at(&self, name: &str, tick: usize) -> f64 {
        self.rows[tick][place(name)]
    }

    /// Value in the last tick of second `second`.
    pub fn second(&self, name: &str, second: u32) -> f64 {
        self.at(name, (second * HZ + HZ - 1) as usize)
    }

    pub fn truth(&self, name: &str, second: usize) -> f64 {
        f64::from(self.line.truth().series(name).expect(name).values[second])
    }

    /// First tick at which `name` differs from the other run.
    pub fn first_difference(&self, other: &Run, name: &str) -> Option<usize> {
        let i = place(name);
        self.rows.iter().zip(&other.rows).position(|(a, b)| a[i].to_bits() != b[i].to_bits())
    }
}

/// A line without disturbance, noise and bias.
pub fn silent() -> LineConfig {
    LineConfig { disturbances_on: false, noise_on: false, ..LineConfig::default() }
}

pub fn fault(kind: FaultKind, at_s: f64, size: f64) -> Fault {
    Fault { kind, at_s, size, duration_s: 0.0, ramp_s: None }
}
