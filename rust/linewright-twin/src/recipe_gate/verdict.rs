//! Probabilities, verdict and its reasons.

use super::draw::{Made, Model};
use super::{Scatter, Tolerance, limits};
use crate::config::{ConfigError, LineConfig, within};
use crate::porosity::{slope_pp_per_pct_weight, slope_pp_per_um, thickness_um};
use serde::Serialize;

/// Why a recipe is blocked, in words with numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// What it is about: a quality of [`Chance`] or a limit, one word.
    pub about: &'static str,
    /// The reason.
    pub words: String,
}

/// One quality over all draws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chance {
    /// Quality, one word.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Least value in tolerance; none = only the most is limited.
    pub lo: Option<f64>,
    /// Largest value in tolerance; none = only the least is limited.
    pub hi: Option<f64>,
    /// Share of the draws in tolerance, 0 to 1.
    pub probability: f64,
    /// Mean over the draws.
    pub mean: f64,
    /// Standard deviation over the draws.
    pub sd: f64,
}

/// What the gate found.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    let made = drawn(config, scatter, draws, seed, threads)?;
    tolerance.check()?;
    let bands = bands(config, tolerance);
    let n = draws as f64;
    let chances: [Chance; 5] = core::array::from_fn(|i| {
        let Band { name, unit, get, lo, hi } = bands[i];
        let mean = made.iter().map(get).sum::<f64>() / n;
        let square = made.iter().map(|m| (get(m) - mean) * (get(m) - mean)).sum::<f64>();
        let probability = made.iter().filter(|m| bands[i].holds(m)).count() as f64 / n;
        Chance { name, unit, lo, hi, probability, mean, sd: (square / (n - 1.0)).sqrt() }
    });
    let joint = made.iter().filter(|m| bands.iter().all(|band| band.holds(m))).count() as f64 / n;
    let mut reasons = limits(config, tolerance);
    for chance in chances.iter().filter(|c| c.probability < tolerance.required) {
        reasons.push(too_unlikely(chance, config, scatter, tolerance));
    }
    Ok(Assessment { chances, joint, reasons })
}

/// The qualities of every draw, in the order of [`Assessment::chances`].
///
/// # Errors
/// As [`assess`].
pub fn sample(
    config: &LineConfig,
    scatter: &Scatter,
    draws: usize,
    seed: u64,
    threads: usize,
) -> Result<Vec<[f64; 5]>, ConfigError> {
    let made = drawn(config, scatter, draws, seed, threads)?;
    let bands = bands(config, &Tolerance::default());
    Ok(made.iter().map(|m| core::array::from_fn(|i| (bands[i].get)(m))).collect())
}

fn drawn(
    config: &LineConfig,
    scatter: &Scatter,
    draws: usize,
    seed: u64,
    threads: usize,
) -> Result<Vec<Made>, ConfigError> {
    config.check()?;
    scatter.check()?;
    within("draws", draws as f64, 100.0, 1e6)?;
    within("threads", threads as f64, 1.0, 256.0)?;
    Ok(Model::new(config, scatter).draws(draws, seed, threads))
}

/// One quality and where it must lie.
#[derive(Clone, Copy)]
struct Band {
    name: &'static str,
    unit: &'static str,
    get: fn(&Made) -> f64,
    lo: Option<f64>,
    hi: Option<f64>,
}

impl Band {
    /// A NaN, as of a coating that never dries, compares false: out of tolerance.
    fn holds(&self, made: &Made) -> bool {
        let value = (self.get)(made);
        value >= self.lo.unwrap_or(f64::NEG_INFINITY) && value <= self.hi.unwrap_or(f64::INFINITY)
    }
}

fn bands(config: &LineConfig, tolerance: &Tolerance) -> [Band; 5] {
    let recipe = config.recipe();
    let (target, weight) = (recipe.porosity, recipe.dry_weight_g_per_m2);
    let side_um = thickness_um(weight, target, recipe.solid_kg_per_m3);
    let around = |middle: f64, by: f64| (Some(middle - by), Some(middle + by));
    let band = |name, unit, get, (lo, hi)| Band { name, unit, get, lo, hi };
    [
        band("porosity", "1", |m| m.porosity, around(target, 0.01 * tolerance.porosity_pp)),
        band("thickness", "um", |m| m.thickness_um, around(side_um, tolerance.thickness_um)),
        band(
            "weight",
            "g/m2",
            |m| m.weight_g_per_m2,
            around(weight, 0.01 * tolerance.weight_pct * weight),
        ),
        band("residual", "ppm", |m| m.residual_ppm, (None, Some(tolerance.residual_ppm))),
        band("adhesion", "1", |m| m.adhesion, (Some(tolerance.adhesion), None)),
    ]
}

fn too_unlikely(
    chance: &Chance,
    config: &LineConfig,
    scatter: &Scatter,
    tolerance: &Tolerance,
) -> Reason {
    let recipe = config.recipe();
    let side_um = thickness_um(recipe.dry_weight_g_per_m2, recipe.porosity, recipe.solid_kg_per_m3);
    let words = format!(
        "{} in tolerance only {:.1} % likely, {:.1} % required (mean {:.4}, SD {:.4}){}",
        chance.name,
        100.0 * chance.probability,
        100.0 * tolerance.required,
        chance.mean,
        chance.sd,
        if chance.name == "porosity" {
            parts(scatter, recipe.porosity, side_um)
        } else {
            String::new()
        }
    );
    Reason { about: chance.name, words }
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
