//! Instruments of the dryer: air and web temperature and exhaust solvent of each zone, exhaust air, residual solvent.

use super::ZONES;
use super::oven::OvenState;
use crate::channel::sensor;
use crate::config::LineConfig;
use crate::gauge::Instrument;
use crate::random::{Stream, place};

/// Exhaust air meter, % per reading.
const EXHAUST_AIR_SD_PCT: f64 = 0.5;

/// Instruments of the dryer; all read once a second.
pub(crate) struct DryerInstruments {
    air: [Instrument; ZONES],
    web: [Instrument; ZONES],
    exhaust: [Instrument; ZONES],
    exhaust_lagged: [f64; ZONES],
    keep: f64,
    exhaust_air: Instrument,
    residual: Instrument,
}

impl DryerInstruments {
    /// Made with the biases of this seed; the exhaust sensors have settled on `state`.
    pub fn new(config: &LineConfig, seed: u64, state: &OvenState) -> Self {
        let on = config.noise_size();
        let gauge = &config.gauge;
        let mut bias = Stream::new(seed, place::DRYER_BIAS);
        let mut lasting = |sd: f64| on * sd * bias.normal();
        let exact =
            |i: usize| Instrument::exact(Stream::new(seed, place::DRYER_SENSORS + i as u64));
        DryerInstruments {
            air: core::array::from_fn(|i| exact(i).absolute(on * gauge.zone_air_sd_k)),
            web: core::array::from_fn(|i| {
                exact(ZONES + i)
                    .absolute(on * gauge.film_temperature_sd_k)
                    .biased(0.0, lasting(gauge.film_temperature_bias_sd_k))
            }),
            exhaust: core::array::from_fn(|i| {
                exact(2 * ZONES + i)
                    .absolute(on * gauge.exhaust_sd_g_per_m3)
                    .biased(lasting(gauge.exhaust_bias_sd_pct), 0.0)
            }),
            exhaust_lagged: state.exhaust_g_per_m3,
            keep: libm::exp(-super::oven::STEP_S / config.dryer.sensor_tau_s),
            exhaust_air: exact(3 * ZONES).relative(on * EXHAUST_AIR_SD_PCT),
            residual: exact(3 * ZONES + 1)
                .absolute(on * gauge.residual_sd_ppm)
                .biased(0.0, lasting(gauge.residual_bias_sd_ppm)),
        }
    }

    /// New readings of `state`, one second after the last.
    pub fn read(&mut self, state: &OvenState) {
        for i in 0..ZONES {
            self.air[i].read(state.air_c[i]);
            self.web[i].read(state.film_c[i]);
            let truth = state.exhaust_g_per_m3[i];
            self.exhaust_lagged[i] = truth + (self.exhaust_lagged[i] - truth) * self.keep;
            self.exhaust[i].read(self.exhaust_lagged[i]);
        }
        self.exhaust_air.read(state.exhaust_m3_per_s);
        self.residual.read(state.residual_ppm);
    }

    /// Fills the dryer's sensors with the last readings. The residual may read below 0: noise of an empty web.
    pub fn sense(&self, out: &mut [f64]) {
        for i in 0..ZONES {
            out[sensor::ZONE_1_AIR + i] = self.air[i].held();
            out[sensor::ZONE_1_WEB + i] = self.web[i].held();
            out[sensor::ZONE_1_EXHAUST + i] = self.exhaust[i].held();
        }
        out[sensor::EXHAUST_AIR] = self.exhaust_air.held();
        out[sensor::RESIDUAL] = self.residual.held();
    }
}
