//! How thick the slurry flows at the die now: batch, solids, temperature and drift as one factor on the recipe's curve.

use crate::coater::SOLVENT_REFERENCE_C;
use crate::config::{LineConfig, Recipe};
use crate::feed::RheologyConfig;
use crate::rheology::{slot_shear_per_s, solids_factor, temperature_factor};
use crate::{die, slurry};

/// Viscosity and die pressure of one line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thickness {
    config: RheologyConfig,
    recipe: Recipe,
    width_m: f64,
    nominal_pa_s: f64,
    nominal_factor: f64,
    factor: f64,
}

impl Thickness {
    /// The recipe's slurry at the temperature of a checked config.
    pub fn new(config: &LineConfig) -> Self {
        let (recipe, slot) = (config.recipe(), config.rheology);
        let width_m = config.coater.width_m;
        let flow = crate::coater::nominal_flow_l_per_min(config);
        let shear = slot_shear_per_s(recipe.flow_exponent, flow, slot.slot_um * 1e-6, width_m);
        let nominal_pa_s = slurry::herschel_bulkley_pa_s(
            recipe.yield_pa,
            recipe.consistency_pa_sn,
            recipe.flow_exponent,
            shear,
        );
        let above_k = config.coater.slurry_c - SOLVENT_REFERENCE_C;
        let nominal_factor = temperature_factor(above_k, slot.per_k);
        let factor = nominal_factor;
        Thickness { config: slot, recipe, width_m, nominal_pa_s, nominal_factor, factor }
    }

    /// The state of now: logarithm of the batch's factor, solids above the recipe in pp, slurry temperature, drift in %.
    pub fn set(&mut self, log_batch: f64, above_pp: f64, slurry_c: f64, drift_pct: f64) {
        self.factor = libm::exp(log_batch)
            * solids_factor(above_pp, self.config.per_pp)
            * temperature_factor(slurry_c - SOLVENT_REFERENCE_C, self.config.per_k)
            * (1.0 + 0.01 * drift_pct);
    }

    /// Viscosity at the wall of the slot, Pa s.
    pub fn viscosity_pa_s(&self) -> f64 {
        self.nominal_pa_s * self.factor
    }

    /// Viscosity above that of the recipe at the configured temperature, %.
    pub fn thicker_pct(&self) -> f64 {
        100.0 * (self.factor / self.nominal_factor - 1.0)
    }

    /// Pressure at the die, kPa.
    pub fn die_kpa(&self, flow_l_per_min: f64) -> f64 {
        1e-3 * self.factor
            * die::slot_pressure_yield_pa(
                self.recipe.yield_pa,
                self.recipe.consistency_pa_sn,
                self.recipe.flow_exponent,
                flow_l_per_min,
                self.config.slot_m,
                self.config.slot_um * 1e-6,
                self.width_m,
            )
    }
}
