//! Limits that no probability softens: coating window, drying front, explosion limit, line load.

use super::{Reason, Tolerance};
use crate::config::{LineConfig, Recipe};
use crate::dryer::oven::{THERMOMETER_AT, drying};
use crate::dryer::{ZONES, outcome};
use crate::press::nominal_line_load_n_per_mm;

/// Coating gap over wet film that a viscous bead bears without drawing air or swelling out upstream.
pub const GAP_RATIO: (f64, f64) = (1.05, 1.9);

/// Zone (0 is the first) of the last web thermometer that the drying front is told by: the last zone finishes dry web.
const LAST_TELLING: f64 = 4.0;
/// The front must lie this far before it, share of a zone: it wanders.
const BEFORE_IT: f64 = 0.25;

/// Largest distance of the drying front from the oven's entry at which the coater's loop can tell it, m.
pub fn front_told_m(config: &LineConfig) -> f64 {
    (LAST_TELLING + THERMOMETER_AT - BEFORE_IT) * config.coater.oven_m / ZONES as f64
}

/// Wet film of one side, um; the density is that of the slurry at 25 degC.
pub fn film_um(recipe: &Recipe) -> f64 {
    let solids = recipe.solids_fraction;
    let m3_per_kg = solids / recipe.solid_kg_per_m3 + (1.0 - solids) / recipe.solvent_kg_per_m3;
    1000.0 * recipe.dry_weight_g_per_m2 / solids * m3_per_kg
}

/// Coating gap over wet film, dimensionless.
pub fn gap_ratio(recipe: &Recipe) -> f64 {
    recipe.coating_gap_um / film_um(recipe)
}

/// Reasons against the recipe as it is meant, without scatter; empty when there are none.
pub fn limits(config: &LineConfig, tolerance: &Tolerance) -> Vec<Reason> {
    let recipe = config.recipe();
    let mut reasons = Vec::new();
    let ratio = gap_ratio(&recipe);
    if !(GAP_RATIO.0..=GAP_RATIO.1).contains(&ratio) {
        reasons.push(Reason { about: "window", words: format!(
            "coating gap is {ratio:.2} times the wet film, the bead holds from {} to {}: at a gap of {} um the film must be {:.0} to {:.0} um",
            GAP_RATIO.0,
            GAP_RATIO.1,
            recipe.coating_gap_um,
            recipe.coating_gap_um / GAP_RATIO.1,
            recipe.coating_gap_um / GAP_RATIO.0,
        )});
    }
    let dried = outcome(&drying(config));
    let told_m = front_told_m(config);
    if dried.front_m.is_nan() || dried.front_m > told_m {
        let lies = if dried.front_m.is_nan() {
            "the web leaves the oven before its drying front".to_string()
        } else {
            format!("the drying front lies at {:.1} m of the oven", dried.front_m)
        };
        let words = format!(
            "{lies}, web thermometers tell it up to {told_m:.1} m: no coater can be made for it"
        );
        reasons.push(Reason { about: "front", words });
    }
    let share = dried.explosion_share;
    if share.is_nan() || share > tolerance.explosion_share {
        reasons.push(Reason {
            about: "explosion",
            words: format!(
                "exhaust reaches {:.1} % of the lower explosion limit, at most {:.1} % is allowed",
                100.0 * share,
                100.0 * tolerance.explosion_share
            ),
        });
    }
    let load = nominal_line_load_n_per_mm(config);
    if load.is_nan() || load > recipe.line_load_max_n_per_mm {
        reasons.push(Reason {
            about: "crush",
            words: format!(
                "porosity {:.1} % needs {load:.0} N/mm, particles crush above {:.0} N/mm",
                100.0 * recipe.porosity,
                recipe.line_load_max_n_per_mm
            ),
        });
    }
    reasons
}
