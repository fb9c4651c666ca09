//! The whole line: coater, then calender one roll behind, laboratory beside them.

use crate::channel::{ACTUATORS, Block, Channel, SENSORS, actuator, sensor};
use crate::coater::Coater;
use crate::config::{ConfigError, LineConfig, within};
use crate::fault::{Effects, Fault};
use crate::lab::{Lab, LabResult};
use crate::press::Press;
use crate::random::{Stream, place};
use crate::truth::Truth;

/// A battery electrode line, stepped by base ticks. Deterministic: the same config, seed and actuator values give the
/// same bits on every machine.
pub struct Line {
    base_hz: f64,
    tick: u64,
    faults: Vec<Fault>,
    coater: Coater,
    press: Press,
    lab: Lab,
    truth: Truth,
}

impl Line {
    /// A line running at its target. Refuses a config that is no line and a base rate outside 1 to 10,000 Hz.
    pub fn new(config: &LineConfig, seed: u64, base_hz: u32) -> Result<Self, ConfigError> {
        config.check()?;
        within("base_hz", f64::from(base_hz), 1.0, 10_000.0)?;
        let mut bias = Stream::new(seed, place::BIAS);
        let coater = Coater::new(config, seed, base_hz, &mut bias);
        let press = Press::new(config, seed, base_hz, &mut bias);
        Ok(Line {
            base_hz: f64::from(base_hz),
            tick: 0,
            faults: config.faults.clone(),
            coater,
            press,
            lab: Lab::new(config.lab, config.noise_on, Stream::new(seed, place::LAB)),
            truth: Truth::new(config, seed, base_hz),
        })
    }

    /// What `step` fills, in order.
    pub fn sensors() -> &'static [Channel] {
        SENSORS
    }

    /// What `step` reads, in order.
    pub fn actuators() -> &'static [Channel] {
        ACTUATORS
    }

    /// What this line offers that is too wide for a sensor; fixed for its life. An electrode line offers none.
    pub fn blocks(&self) -> &[Block] {
        &[]
    }

    /// Block `i` of [`Line::blocks`], when the last step made it complete.
    pub fn block(&self, _i: usize) -> Option<&[f64]> {
        None
    }

    /// One base tick: reads `actuators` (not finite or missing = hold), fills `sensors`. NaN = the sensor gives nothing.
    /// A `sensors` slice that is too short is left alone, the plant moves on all the same.
    pub fn step(&mut self, actuators: &[f64], sensors: &mut [f64]) {
        let told = |i: usize| actuators.get(i).copied().unwrap_or(f64::NAN);
        let time_s = self.tick as f64 / self.base_hz;
        let effects = if self.faults.is_empty() {
            Effects::default()
        } else {
            Effects::at(&self.faults, time_s)
        };
        self.coater.step(time_s, &told, &effects);
        self.press.step(told(actuator::PRESS_LOAD), &effects, &self.coater);
        self.truth.tick(self.coater.state(), self.press.state());
        if self.lab.due(time_s) {
            let truth = LabResult {
                dry_g_per_m2: self.coater.laid_under_gauge_g_per_m2(),
                thickness_um: self.press.thickness_at_gauge_um(),
            };
            self.lab.take(time_s, truth);
        }
        if let Some(out) = sensors.get_mut(..SENSORS.len()) {
            self.coater.sense(&effects, out);
            self.press.sense(out);
            let (result, count) = self.lab.known(time_s);
            out[sensor::LAB_DRY_WEIGHT] = result.dry_g_per_m2;
            out[sensor::LAB_THICKNESS] = result.thickness_um;
            out[sensor::LAB_COUNT] = count as f64;
        }
        self.tick += 1;
    }

    /// Ticks made.
    pub fn ticks(&self) -> u64 {
        self.tick
    }

    /// The coating machine as it truly stands; for evaluation only.
    pub fn coater(&self) -> &Coater {
        &self.coater
    }

    /// What really happened; for evaluation only.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }
}
