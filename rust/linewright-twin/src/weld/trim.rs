//! The fast loop beside the laser: a [`BurstTrim`] on the photodiodes while the beam is on.

use super::config::{SAMPLE_HZ, STEP, WeldConfig};
use super::shot::Shot;
use crate::config::ConfigError;
use linewright_kernel::controller::{BurstTrim, BurstTrimKernel};
use linewright_kernel::{Design, Kernel, Running};

/// The loop, and what it did to the last weld.
pub(crate) struct Trim {
    kernel: BurstTrimKernel,
    memory: Vec<f64>,
    /// Mean move, share of the power, and whether it was held on a gap; `None` at constant power.
    pub last: Option<(f64, bool)>,
}

impl Trim {
    /// The trim as it comes; steps of 100 us.
    pub fn new(config: &WeldConfig) -> Result<Self, ConfigError> {
        let trim = BurstTrim { lag_s: 50e-6 + 1e-6 * config.laser_tau_us, ..BurstTrim::default() };
        let kernel = trim.design(STEP as f64 / SAMPLE_HZ).map_err(|e| ConfigError {
            field: "weld.laser_tau_us".to_string(),
            must_be: e.to_string(),
            value: config.laser_tau_us,
        })?;
        Ok(Trim { kernel, memory: vec![0.0; kernel.memory_len()], last: None })
    }

    /// The whole weld at `power_w`, moved within `band`.
    pub fn run(&mut self, shot: &mut Shot, power_w: f64, band: f64, signals: [&mut [f64]; 3]) {
        self.last = None;
        if band <= 0.0 {
            return shot.run(power_w, signals);
        }
        self.memory.fill(0.0);
        let mut running = Running::new(self.kernel, &mut self.memory[..]);
        let (mut sum, mut steps, mut held) = (0.0, 0_u32, false);
        shot.run_with(signals, |place, seen| {
            let [plasma, reflection, thermal] = seen.map(|v| v.iter().sum::<f64>() / STEP as f64);
            let [trim, hold] = running.update([plasma, reflection, thermal, place, band]);
            sum += trim;
            steps += 1;
            held |= hold > 0.5;
            power_w * (1.0 + trim)
        });
        self.last = Some((sum / f64::from(steps.max(1)), held));
    }
}
