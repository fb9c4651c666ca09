//! Limits that no probability softens: coating window, explosion limit, line load.

use super::{Reason, Tolerance};
use crate::config::{LineConfig, Recipe};
use crate::dryer::{outcome, oven::drying};
use crate::press::nominal_line_load_n_per_mm;

/// Coating gap over wet film that a viscous bead bears without drawing air or swelling out upstream.
pub const GAP_RATIO: (f64, f64) = (1.05, 1.9);

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
    let share = outcome(&drying(config)).explosion_share;
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
