//! Instruments of the coater: Coriolis meter, transmitters, wet gauge, dry scanner.

use crate::channel::sensor;
use crate::coater::CoaterState;
use crate::config::LineConfig;
use crate::fault::{Effects, FaultKind};
use crate::gauge::{Beat, Instrument, Scanner, averaged_sd};
use crate::random::{Stream, place};

/// Coriolis, drive and speed transmitters, Hz.
const TRANSMITTER_HZ: f64 = 10.0;
/// Raw rate of the wet spot gauge, Hz.
const WET_HZ: f64 = 1000.0;
/// Drive gain of the Coriolis tubes in clean liquid and what a vol% of air adds, dimensionless, at most 1.
const DRIVE_GAIN: (f64, f64) = (0.05, 0.30);
/// Noise of the drive gain, dimensionless.
const DRIVE_GAIN_SD: f64 = 0.005;

/// Instruments of the coater.
pub(crate) struct Instruments {
    transmitters: Beat,
    scanner: Scanner,
    density: Instrument,
    mass_flow: Instrument,
    temperature: Instrument,
    drive_gain: Instrument,
    pump_speed: Instrument,
    web_speed: Instrument,
    wet: Instrument,
    dry: Instrument,
    pressure: Instrument,
}

impl Instruments {
    /// Made with the biases of this seed.
    pub fn new(config: &LineConfig, seed: u64, base_hz: u32, bias: &mut Stream) -> Self {
        let on = config.noise_size();
        let gauge = &config.gauge;
        let exact = |stream| Instrument::exact(Stream::new(seed, stream));
        let mut lasting = |sd: f64| on * sd * bias.normal();
        let wet_sd_pct = on * averaged_sd(gauge.wet_sd_pct, WET_HZ, base_hz);
        Instruments {
            transmitters: Beat::new(TRANSMITTER_HZ, base_hz),
            scanner: Scanner::new(gauge, config.coater.width_m, base_hz),
            density: exact(place::DENSITY)
                .absolute(on * gauge.density_sd_kg_per_m3)
                .biased(0.0, lasting(gauge.density_bias_sd_kg_per_m3)),
            mass_flow: exact(place::MASS_FLOW)
                .relative(on * gauge.mass_flow_sd_pct)
                .biased(lasting(gauge.mass_flow_bias_sd_pct), 0.0),
            temperature: exact(place::TEMPERATURE).absolute(on * gauge.temperature_sd_k),
            drive_gain: exact(place::DRIVE_GAIN).absolute(on * DRIVE_GAIN_SD),
            pump_speed: exact(place::PUMP_SPEED).relative(on * gauge.pump_speed_sd_pct),
            web_speed: exact(place::WEB_SPEED).relative(on * gauge.web_speed_sd_pct),
            wet: exact(place::WET).relative(wet_sd_pct).biased(lasting(gauge.bias_sd_pct), 0.0),
            dry: exact(place::DRY)
                .relative(on * gauge.box_sd_pct)
                .biased(lasting(gauge.bias_sd_pct), 0.0),
            pressure: {
                let slot = &config.rheology;
                let z = Stream::new(seed, place::DIE_BIAS).normal();
                exact(place::DIE_PRESSURE)
                    .absolute(on * slot.pressure_sd_kpa)
                    .biased(0.0, on * slot.pressure_bias_sd_kpa * z)
            },
        }
    }

    /// True when the transmitters measure in this tick: then [`Instruments::transmit`] is next.
    pub fn due(&mut self) -> bool {
        self.transmitters.tick() > 0
    }

    /// Fills the coater's sensors: `wet` = true weight under the wet gauge, `dry` = that under the dry one by box, g/m2.
    pub fn sense(
        &mut self,
        state: &CoaterState,
        wet: f64,
        dry: impl Fn(usize) -> f64,
        faults: &Effects,
        out: &mut [f64],
    ) {
        out[sensor::SLURRY_DENSITY] = self.density.held();
        out[sensor::SLURRY_TEMPERATURE] = self.temperature.held();
        out[sensor::DRIVE_GAIN] = self.drive_gain.held();
        out[sensor::MASS_FLOW] = self.mass_flow.held();
        out[sensor::PUMP_SPEED_FLOW] = self.pump_speed.held();
        out[sensor::WEB_SPEED] = self.web_speed.held();
        out[sensor::WEB_POSITION] = state.position_m;
        let bias = 1.0 + 0.01 * faults.of(FaultKind::WetGaugeBias);
        out[sensor::WET_WEIGHT] = self.wet.read(wet * bias);
        if self.scanner.tick() {
            let bias = 1.0 + 0.01 * faults.of(FaultKind::GaugeBias);
            self.dry.read(dry(self.scanner.box_index() as usize) * bias);
        }
        out[sensor::DRY_WEIGHT] = self.dry.held();
        out[sensor::DIE_PRESSURE] = self.pressure.held();
        out[sensor::DRY_BOX] = self.scanner.box_index() as f64;
    }

    /// New readings of the transmitters.
    pub fn transmit(&mut self, state: &CoaterState) {
        self.density.read(state.density_kg_per_m3);
        self.temperature.read(state.slurry_c);
        self.drive_gain.read((DRIVE_GAIN.0 + DRIVE_GAIN.1 * state.air_pct).min(1.0));
        self.mass_flow.read(state.density_kg_per_m3 * state.flow_l_per_min * 1e-3);
        self.pump_speed.read(state.pump_l_per_min);
        self.web_speed.read(state.web_m_per_s);
        self.pressure.read(state.die_kpa);
    }
}
