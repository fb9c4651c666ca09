//! Probabilities, verdict and its reasons.

use super::draw::{Made, Model};
use super::{Scatter, Tolerance, limits};
use crate::config::{ConfigError, LineConfig, within};
use crate::porosity::{slope_pp_per_pct_weight, slope_pp_per_um, thickness_um};

/// Why a recipe is blocked, in words with numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason(pub String);

/// One quality over all draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Chance {
    /// Quality, with its unit.
    pub name: &'static str,
    /// Share of the draws in tolerance, 0 to 1.
    pub probability: f64,
    /// Mean over the draws.
    pub mean: f64,
    /// Standard deviation over the draws.
    pub sd: f64,
}

/// What the gate found.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// Porosity, thickness, weight, residual solvent, adhesion, in this order.
    pub chances: [Chance; 5],
    /// Share of the draws with all five in tolerance, 0 to 1.
    pub joint: f64,
    /// Empty for a release.
    pub reasons: Vec<Reason>,
}

impl Assessment {
    /// Whether the recipe may run.
    pub fn release(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Draws the recipe of `config` `draws` times (100 to 1,000,000) on `threads` threads (1 to 256) and judges it.
///
/// # Errors
/// A config, scatter, tolerance or count out of bounds, with its field, bound and value.
pub fn assess(
    config: &LineConfig,
    scatter: &Scatter,
    tolerance: &Tolerance,
    draws: usize,
    seed: u64,
    threads: usize,
) -> Result<Assessment, ConfigError> {
    config.check()?;
    scatter.check()?;
    tolerance.check()?;
    within("draws", draws as f64, 100.0, 1e6)?;
    within("threads", threads as f64, 1.0, 256.0)?;
    let recipe = config.recipe();
    let (target, weight) = (recipe.porosity, recipe.dry_weight_g_per_m2);
    let side_um = thickness_um(weight, target, recipe.solid_kg_per_m3);
    let made = Model::new(config, scatter).draws(draws, seed, threads);
    type Get = fn(&Made) -> f64;
    let names: [(&'static str, Get); 5] = [
        ("porosity [1]", |m| m.porosity),
        ("thickness [um]", |m| m.thickness_um),
        ("weight [g/m2]", |m| m.weight_g_per_m2),
        ("residual solvent [ppm]", |m| m.residual_ppm),
        ("adhesion [1]", |m| m.adhesion),
    ];
    // a NaN, as of a coating that never dries, compares false: out of tolerance
    let good = |m: &Made| {
        [
            100.0 * (m.porosity - target).abs() <= tolerance.porosity_pp,
            (m.thickness_um - side_um).abs() <= tolerance.thickness_um,
            100.0 * (m.weight_g_per_m2 / weight - 1.0).abs() <= tolerance.weight_pct,
            m.residual_ppm <= tolerance.residual_ppm,
            m.adhesion >= tolerance.adhesion,
        ]
    };
    let n = draws as f64;
    let chances = core::array::from_fn(|i| {
        let (name, get) = names[i];
        let mean = made.iter().map(get).sum::<f64>() / n;
        let square = made.iter().map(|m| (get(m) - mean) * (get(m) - mean)).sum::<f64>();
        let probability = made.iter().filter(|m| good(m)[i]).count() as f64 / n;
        Chance { name, probability, mean, sd: (square / (n - 1.0)).sqrt() }
    });
    let joint = made.iter().filter(|m| good(m).iter().all(|ok| *ok)).count() as f64 / n;
    let mut reasons = limits(config, tolerance);
    for chance in chances.iter().filter(|c| c.probability < tolerance.required) {
        reasons.push(Reason(format!(
            "{} in tolerance only {:.1} % likely, {:.1} % required (mean {:.4}, SD {:.4}){}",
            chance.name,
            100.0 * chance.probability,
            100.0 * tolerance.required,
            chance.mean,
            chance.sd,
            if chance.name.starts_with("porosity") {
                parts(scatter, target, side_um)
            } else {
                String::new()
            }
        )));
    }
    Ok(Assessment { chances, joint, reasons })
}

/// Which error the scatter of porosity comes from.
fn parts(scatter: &Scatter, porosity: f64, side_um: f64) -> String {
    let by_weight = (slope_pp_per_pct_weight(porosity) * scatter.weight_pct).abs();
    let by_thickness = slope_pp_per_um(porosity, side_um) * scatter.thickness_um;
    format!(
        ": weight {} % gives {by_weight:.2} pp, thickness {} um gives {by_thickness:.2} pp",
        scatter.weight_pct, scatter.thickness_um
    )
}
