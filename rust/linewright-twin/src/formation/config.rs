//! What a formation rack is made of.

use crate::config::{ConfigError, section, within};
use serde::{Deserialize, Serialize};

section! {
    /// Formation: trays of 32 cells in the slots of a rack. Cell values are those of a 77.5 Ah pouch cell.
    FormationConfig "formation" switch on {
        /// Slots of the rack, each for one tray of 32 cells.
        slots = 469.0, 1.0, 10_000.0;
        /// Trays that reach the rack per hour while the line feeds it; 0 = trays come only when loaded.
        trays_per_h = 46.9, 0.0, 10_000.0;
        /// Capacity of a cell at its discharge, Ah.
        capacity_ah = 77.5, 0.1, 1000.0;
        /// Standard deviation of the capacity of cells of one lot, %.
        capacity_sd_pct = 0.3, 0.0, 10.0;
        /// Coulombic efficiency: charge of the first discharge over that of the first charge, dimensionless.
        efficiency = 0.8727, 0.6, 0.98;
        /// Standard deviation of the coulombic efficiency from cell to cell, dimensionless.
        efficiency_sd = 0.009, 0.0, 0.05;
        /// Resistance of a cell at once, at 25 degC and half charge, mohm.
        resistance_mohm = 0.8, 0.01, 100.0;
        /// Resistance that answers within 30 s, mohm.
        fast_mohm = 0.4, 0.0, 100.0;
        /// Resistance that answers within 20 min, mohm.
        slow_mohm = 0.4, 0.0, 100.0;
        /// Standard deviation of each resistance from cell to cell, %.
        resistance_sd_pct = 3.0, 0.0, 30.0;
        /// Normal leakage of a cell, A: 500 uA per 100 Ah.
        leakage_a = 3.875e-4, 0.0, 1.0;
        /// Temperature of the rack, degC.
        rack_c = 25.0, 5.0, 60.0;
        /// Standard deviation of the temperature from slot to slot, K.
        slot_sd_k = 0.8, 0.0, 10.0;
        /// Standard deviation of the temperature from place to place within a tray, K.
        place_sd_k = 0.4, 0.0, 10.0;
        /// Rise of the temperature of a cell at a third of an hour's rate, K.
        heating_k = 2.0, 0.0, 20.0;
        /// Noise of the voltage, mV per reading (1 Hz).
        voltage_sd_mv = 0.3, 0.0, 50.0;
        /// Offset of the voltage, mV, drawn once for each channel.
        voltage_offset_sd_mv = 1.0, 0.0, 50.0;
        /// Noise of the current, mA per reading (1 Hz).
        current_sd_ma = 5.0, 0.0, 1000.0;
        /// Gain error of the current, %, drawn once for each channel.
        current_gain_sd_pct = 0.02, 0.0, 5.0;
        /// Noise of the temperature, K per reading (1 Hz).
        temperature_sd_k = 0.1, 0.0, 5.0;
        /// Cells with a soft short by a particle, per million.
        short_ppm = 500.0, 0.0, 500_000.0;
        /// Trays with a channel of high contact resistance, %.
        contact_pct = 0.1, 0.0, 100.0;
        /// Cells per lot of the wetting.
        cells_per_lot = 300.0, 1.0, 1.0e6;
        /// Cells made from one slurry batch.
        cells_per_batch = 3400.0, 1.0, 1.0e7;
        /// Cells made from one roll of the coater.
        cells_per_roll = 1190.0, 1.0, 1.0e7;
        /// Fixtures of the welders; cells take them in turn.
        welder_fixtures = 4.0, 1.0, 1000.0;
        /// Current of the first charge, 1/h of the capacity.
        first_rate_per_h = 0.1, 0.005, 2.0;
        /// Current of the further charge, 1/h of the capacity.
        charge_rate_per_h = 0.333_333, 0.005, 3.0;
        /// Current of the discharge, 1/h of the capacity.
        discharge_rate_per_h = 0.333_333, 0.005, 3.0;
        /// Current and voltage are held below this, V.
        highest_v = 4.2, 3.0, 5.0;
        /// Current and voltage are held above this, V.
        lowest_v = 3.0, 1.0, 3.6;
        /// Length of the first charge, s.
        first_charge_s = 2880.0, 60.0, 200_000.0;
        /// Rest behind the first charge, s.
        first_rest_s = 1440.0, 0.0, 200_000.0;
        /// Length of the further charge, s.
        charge_s = 12_000.0, 60.0, 400_000.0;
        /// Rest behind the charge, s.
        rest_s = 600.0, 0.0, 200_000.0;
        /// Length of the discharge, s.
        discharge_s = 10_980.0, 60.0, 400_000.0;
        /// Charge put back for the resistance at low charge, % of the capacity.
        pulse_soc_pct = 5.0, 1.0, 50.0;
        /// Rest before the pulse, s.
        pulse_rest_s = 240.0, 10.0, 10_000.0;
    }
}

/// Shares of cells and trays in which a seed draws a defect of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Background {
    pub short_share: f64,
    pub contact_share: f64,
}

impl FormationConfig {
    /// Refuses what no rack can be; names the first field found.
    pub fn refuse_nonsense(&self) -> Result<(), ConfigError> {
        self.check()?;
        for (field, value) in [
            ("formation.slots", self.slots),
            ("formation.cells_per_lot", self.cells_per_lot),
            ("formation.cells_per_batch", self.cells_per_batch),
            ("formation.cells_per_roll", self.cells_per_roll),
            ("formation.welder_fixtures", self.welder_fixtures),
        ] {
            if value != value.floor() {
                let must_be = "a whole number".to_string();
                return Err(ConfigError { field: field.to_string(), must_be, value });
            }
        }
        within("formation.lowest_v", self.lowest_v, 1.0, self.highest_v - 0.1)
    }

    pub(crate) fn background(&self) -> Background {
        Background { short_share: 1e-6 * self.short_ppm, contact_share: 0.01 * self.contact_pct }
    }
}
