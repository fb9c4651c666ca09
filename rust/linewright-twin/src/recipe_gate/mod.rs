//! Recipe gate: what a recipe would make, with the uncertainty of the line, before any web is coated.
//!
//! Draws go through the same laws as the line: weight, compaction, porosity and the dryer's passage. Draw `i` has a random
//! stream of its own, so the answer is the same bits on any number of threads.
//!
//! The draws follow what the line does about its errors: see [`draw`].

mod draw;
mod limits;
mod range;
mod verdict;

pub use limits::{GAP_RATIO, film_um, front_told_m, gap_ratio, limits};
pub use range::{Machine, Outside, out_of_range, out_of_reach};
pub use verdict::{Assessment, Chance, Reason, assess, sample};

use crate::config::{ConfigError, within};
use serde::{Deserialize, Serialize};

/// Standard deviations of what the recipe does not decide. The defaults are about twice what the
/// default line holds in closed loop (biases of its gauges included), on a twin fitted once; supply air as the twin's own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scatter {
    /// Dry weight that no gauge shows, % of target: the press cannot follow it.
    pub weight_pct: f64,
    /// Dry weight that moves along the web, % of target: the press follows it by the weight map.
    pub wander_pct: f64,
    /// Thickness of one side beside what the press is to hold, um.
    pub thickness_um: f64,
    /// Compaction resistance, % of the recipe's: it moves the line load.
    pub resistance_pct: f64,
    /// Heat transfer of the dryer, % of the recipe's.
    pub heat_pct: f64,
    /// Solvent (anode: water) in the dryer's nozzle air, g/m3 beside the recipe's.
    pub inlet_g_per_m3: f64,
    /// Solids of the slurry, percentage points beside the recipe's.
    pub solids_pp: f64,
}

/// What a product may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tolerance {
    /// Porosity around target, pp.
    pub porosity_pp: f64,
    /// Dry weight around target, %.
    pub weight_pct: f64,
    /// Thickness of one side around target, um.
    pub thickness_um: f64,
    /// Most solvent in the coating behind the dryer, ppm.
    pub residual_ppm: f64,
    /// Least adhesion over that of a slowly dried coating, 0 to 1.
    pub adhesion: f64,
    /// Largest share of the lower explosion limit in any exhaust, 0 to 1.
    pub explosion_share: f64,
    /// Probability that each of the five must reach, 0 to 1.
    pub required: f64,
}

impl Default for Scatter {
    fn default() -> Self {
        Scatter {
            weight_pct: 0.4,
            wander_pct: 0.25,
            thickness_um: 0.4,
            resistance_pct: 2.0,
            heat_pct: 2.0,
            inlet_g_per_m3: 0.2,
            solids_pp: 0.15,
        }
    }
}

impl Default for Tolerance {
    fn default() -> Self {
        Tolerance {
            porosity_pp: 1.5,
            weight_pct: 1.5,
            thickness_um: 2.0,
            residual_ppm: 500.0,
            adhesion: 0.6,
            explosion_share: 0.25,
            required: 0.95,
        }
    }
}

impl Scatter {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        within("scatter.weight_pct", self.weight_pct, 0.0, 10.0)?;
        within("scatter.wander_pct", self.wander_pct, 0.0, 10.0)?;
        within("scatter.thickness_um", self.thickness_um, 0.0, 20.0)?;
        within("scatter.resistance_pct", self.resistance_pct, 0.0, 20.0)?;
        within("scatter.heat_pct", self.heat_pct, 0.0, 20.0)?;
        within("scatter.inlet_g_per_m3", self.inlet_g_per_m3, 0.0, 5.0)?;
        within("scatter.solids_pp", self.solids_pp, 0.0, 2.0)
    }
}

impl Tolerance {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        within("tolerance.porosity_pp", self.porosity_pp, 0.01, 20.0)?;
        within("tolerance.weight_pct", self.weight_pct, 0.01, 20.0)?;
        within("tolerance.thickness_um", self.thickness_um, 0.01, 50.0)?;
        within("tolerance.residual_ppm", self.residual_ppm, 1.0, 100_000.0)?;
        within("tolerance.adhesion", self.adhesion, 0.0, 1.0)?;
        within("tolerance.explosion_share", self.explosion_share, 0.01, 1.0)?;
        within("tolerance.required", self.required, 0.5, 0.9999)
    }
}
