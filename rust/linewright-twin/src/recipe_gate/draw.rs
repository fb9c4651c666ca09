//! One draw of an uncertain recipe, and many of them over threads.

use super::Scatter;
use crate::calender::Compaction;
use crate::config::{LineConfig, Recipe};
use crate::dryer::{Drying, outcome};
use crate::porosity;
use crate::press::nominal_line_load_n_per_mm;
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
    load_n_per_mm: f64,
    drying: Drying,
    scatter: &'a Scatter,
}

impl<'a> Model<'a> {
    pub fn new(config: &LineConfig, scatter: &'a Scatter) -> Self {
        Model {
            recipe: config.recipe(),
            load_n_per_mm: nominal_line_load_n_per_mm(config),
            drying: crate::dryer::oven::drying(config),
            scatter,
        }
    }

    fn draw(&self, seed: u64, number: usize) -> Made {
        let mut stream = Stream::new(seed, place::RECIPE_GATE + ((number as u64) << 16));
        let (recipe, scatter) = (&self.recipe, self.scatter);
        let weight =
            recipe.dry_weight_g_per_m2 * (1.0 + 0.01 * scatter.weight_pct * stream.normal());
        let law = Compaction {
            start_kg_per_m3: recipe.start_kg_per_m3,
            max_kg_per_m3: recipe.max_kg_per_m3,
            resistance_n_per_mm: recipe.resistance_n_per_mm
                * (1.0 + 0.01 * scatter.resistance_pct * stream.normal()),
        };
        let density = law.density_kg_per_m3(self.load_n_per_mm);
        let thickness_um =
            1000.0 * recipe.dry_weight_g_per_m2 / density + scatter.thickness_um * stream.normal();
        let mut drying = self.drying;
        drying.dry_g_per_m2 = weight;
        let heat = 1.0 + 0.01 * scatter.heat_pct * stream.normal();
        drying.air.iter_mut().for_each(|zone| zone.heat_w_per_m2_k *= heat);
        let dried = outcome(&drying);
        Made {
            porosity: porosity::porosity(weight, thickness_um, recipe.solid_kg_per_m3),
            thickness_um,
            weight_g_per_m2: weight,
            residual_ppm: dried.residual_ppm,
            adhesion: dried.adhesion,
        }
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
