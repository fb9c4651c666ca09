//! One draw of an uncertain recipe, and many of them over threads.
//!
//! The line is drawn as it controls itself, `M` and `t` target weight and thickness of a side, `b`, `f`, `e` drawn:
//!
//! - weight `M*(1 + b + f)`: the coater holds its gauge on target, so what the gauge is off, `b`, stands; `f` moves along
//!   the web and is in the weight map;
//! - the press plans the load for the map's weight at the target's density and trims it by the thickness gauge: the sheet
//!   is held at `t*(1 + f) + e`, thick where the web is heavy. What no gauge shows, `b` and `e`, goes into the porosity;
//! - compaction resistance `gamma*(1 + r)*(1 + b + f)^a` sets the load that this takes. Where it is above what the press
//!   gives or the particles bear, the sheet stays thicker, by the compaction law at that load.

use super::Scatter;
use crate::calender::{Compaction, resistance_n_per_mm};
use crate::config::{LineConfig, Recipe};
use crate::dryer::{Drying, film, outcome};
use crate::porosity;
use crate::random::{Stream, place};

/// What one draw came to: one side of the web.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Made {
    pub porosity: f64,
    pub thickness_um: f64,
    pub weight_g_per_m2: f64,
    pub residual_ppm: f64,
    pub adhesion: f64,
}

pub(super) struct Model<'a> {
    recipe: Recipe,
    side_um: f64,
    drying: Drying,
    scatter: &'a Scatter,
}

impl<'a> Model<'a> {
    pub fn new(config: &LineConfig, scatter: &'a Scatter) -> Self {
        let recipe = config.recipe();
        let weight = recipe.dry_weight_g_per_m2;
        Model {
            recipe,
            side_um: porosity::thickness_um(weight, recipe.porosity, recipe.solid_kg_per_m3),
            drying: crate::dryer::oven::drying(config),
            scatter,
        }
    }

    fn draw(&self, seed: u64, number: usize) -> Made {
        let mut stream = Stream::new(seed, place::RECIPE_GATE + ((number as u64) << 16));
        let mut normal = |sd: f64| sd * stream.normal();
        let (recipe, scatter) = (&self.recipe, self.scatter);
        let standing = 0.01 * normal(scatter.weight_pct);
        let harder = 0.01 * normal(scatter.resistance_pct);
        let off_um = normal(scatter.thickness_um);
        let heat = 1.0 + 0.01 * normal(scatter.heat_pct);
        let moving = 0.01 * normal(scatter.wander_pct);
        let inlet_g_per_m3 = normal(scatter.inlet_g_per_m3);
        let solids = 0.01 * normal(scatter.solids_pp);
        let loading = 1.0 + standing + moving;
        let weight = recipe.dry_weight_g_per_m2 * loading;
        let held_um = self.side_um * (1.0 + moving) + off_um;
        let thickness_um = self.pressed_um(weight, loading, harder, held_um);
        let dried = outcome(&self.drying(weight, heat, inlet_g_per_m3, solids));
        Made {
            porosity: porosity::porosity(weight, thickness_um, recipe.solid_kg_per_m3),
            thickness_um,
            weight_g_per_m2: weight,
            residual_ppm: dried.residual_ppm,
            adhesion: dried.adhesion,
        }
    }

    /// Thickness that the press comes to when it is to hold `held_um`.
    fn pressed_um(&self, weight_g_per_m2: f64, loading: f64, harder: f64, held_um: f64) -> f64 {
        let recipe = &self.recipe;
        let law = Compaction {
            start_kg_per_m3: recipe.start_kg_per_m3,
            max_kg_per_m3: recipe.max_kg_per_m3,
            resistance_n_per_mm: resistance_n_per_mm(
                recipe.resistance_n_per_mm * (1.0 + harder),
                loading,
                recipe.loading_exponent,
                recipe.softening_per_k,
                0.0,
            ),
        };
        let needed = law.line_load_n_per_mm(1000.0 * weight_g_per_m2 / held_um);
        let load = needed.min(recipe.line_load_max_n_per_mm);
        1000.0 * weight_g_per_m2 / law.density_kg_per_m3(load)
    }

    /// The recipe's passage with what was drawn; solids as a fraction beside the recipe's.
    fn drying(&self, weight_g_per_m2: f64, heat: f64, inlet_g_per_m3: f64, solids: f64) -> Drying {
        let mut drying = self.drying;
        drying.dry_g_per_m2 = weight_g_per_m2;
        drying.solids_fraction = (drying.solids_fraction + solids).clamp(0.05, 0.95);
        for zone in &mut drying.air {
            zone.heat_w_per_m2_k *= heat;
            let more_pa = film::vapour_pa(drying.solvent, inlet_g_per_m3, zone.air_c);
            zone.vapour_pa = (zone.vapour_pa + more_pa).max(0.0);
        }
        drying
    }

    /// Draws 0 to `draws`, over `threads` threads, in order.
    pub fn draws(&self, draws: usize, seed: u64, threads: usize) -> Vec<Made> {
        let mut made = vec![Made::default(); draws];
        let share = draws.div_ceil(threads.max(1));
        std::thread::scope(|scope| {
            for (part, chunk) in made.chunks_mut(share).enumerate() {
                scope.spawn(move || {
                    for (i, slot) in chunk.iter_mut().enumerate() {
                        *slot = self.draw(seed, part * share + i);
                    }
                });
            }
        });
        made
    }
}
