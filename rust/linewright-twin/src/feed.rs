//! Slurry feed: batches from the mixer, one after the other, into the day tank or past it, and how thick they flow.
//!
//! A batch has solids of its own (`N(0, sd)` about a recipe offset that walks from batch to batch: an IMA(1,1)
//! disturbance), a viscosity of its own (lognormal) and loses solvent while it is used. It reaches the die through the
//! mixed day tank, or by a hard switch that exchanges the tank's content. Three numbers are drawn per batch whatever
//! happens, so that two policies meet the same batches.

use crate::config::{ConfigError, LineConfig, section, within};
use crate::disturbance::Walk;
use crate::random::{Stream, place};
use crate::rheology;
use crate::tank::Tank;
use serde::{Deserialize, Serialize};

section! {
    /// Batches of slurry and what they differ in. Without batches one slurry flows for ever.
    BatchConfig "batch" switch on {
        /// Volume of a batch over that of the recipe, dimensionless.
        volume_share = 1.0, 0.01, 10.0;
        /// Standard deviation of a batch's solids over that of the recipe, dimensionless.
        solids_share = 1.0, 0.0, 20.0;
        /// Walk of the recipe's solids from batch to batch, pp per batch.
        walk_pp = 0.05, 0.0, 5.0;
        /// Relative spread of a batch's viscosity, dimensionless.
        viscosity_sd = 0.065, 0.0, 1.0;
        /// Share of the changes that are hard switches past the mixed tank, 0 to 1.
        hard_share = 0.0, 0.0, 1.0;
        /// Gain of solids while a batch is used (solvent lost), pp per hour.
        drift_pp_per_h = 0.05, -5.0, 5.0;
        /// Rise of the viscosity at rest, share.
        ageing_rise = 0.04, 0.0, 2.0;
        /// Time constant of that rise, s.
        ageing_tau_s = 3600.0, 10.0, 1e6;
        /// Used share of the first batch at the start, dimensionless.
        used_at_start = 0.5, 0.0, 0.99;
        /// Batches mixed ahead: a corrected recipe comes so many batches later.
        mixed_ahead = 1.0, 0.0, 5.0;
    }
}

section! {
    /// How viscosity follows solids and temperature.
    RheologyConfig "rheology" {
        /// Rise of the viscosity per percentage point of solids, share.
        per_pp = 0.10, 0.0, 1.0;
        /// Change of the viscosity per kelvin, share, negative.
        per_k = -0.03, -0.2, 0.0;
        /// Length of the slot, m.
        slot_m = 0.040, 0.001, 0.5;
        /// Gap of the slot, um.
        slot_um = 600.0, 50.0, 5000.0;
        /// Die pressure sensor, kPa per reading (10 Hz).
        pressure_sd_kpa = 0.6, 0.0, 100.0;
        /// Die pressure sensor, bias, kPa.
        pressure_bias_sd_kpa = 1.0, 0.0, 100.0;
    }
}

/// One batch as it left the mixer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// Number; the first one of a run is 1.
    pub number: u64,
    /// Solids beside the recipe, pp.
    pub solids_pp: f64,
    /// Viscosity over the recipe's at equal solids and temperature, dimensionless.
    pub viscosity: f64,
    /// It was switched in hard, past the mixed tank.
    pub hard: bool,
}

/// The batches of one line and the logarithm of the viscosity in the day tank.
#[derive(Clone, Debug)]
pub struct Feed {
    config: BatchConfig,
    volume_l: f64,
    solids_sd_pp: f64,
    spread: f64,
    draws: Stream,
    walk: Walk,
    mixed: std::collections::VecDeque<f64>,
    batch: Batch,
    used_l: f64,
    age_s: f64,
    log_viscosity: Tank,
    inlet_log: f64,
}

impl Feed {
    /// The feed of a checked config. The first batch is the recipe itself when there are no batches.
    pub fn new(config: &LineConfig, seed: u64) -> Self {
        let recipe = config.recipe();
        let batch = config.batch;
        let spread = config.disturbance_size();
        let mut made = Feed {
            config: batch,
            volume_l: batch.volume_share * recipe.batch_l,
            solids_sd_pp: batch.solids_share * recipe.batch_solids_sd_pp,
            spread,
            draws: Stream::new(seed, place::BATCH),
            walk: Walk::new(Stream::new(seed, place::BATCH_WALK), spread * batch.walk_pp, 1.0),
            mixed: core::iter::repeat_n(0.0, batch.mixed_ahead.round() as usize).collect(),
            batch: Batch { number: 1, solids_pp: 0.0, viscosity: 1.0, hard: false },
            used_l: 0.0,
            age_s: 0.0,
            log_viscosity: Tank::new(config.coater.tank_l, 0.0),
            inlet_log: 0.0,
        };
        if batch.on {
            made.batch = made.draw(1, 0.0);
            made.used_l = batch.used_at_start * made.volume_l;
            made.age();
            made.log_viscosity.switch(made.inlet_log);
        }
        made
    }

    /// Solids of the first batch, fraction: what the tank holds at the start.
    pub fn solids_step(&self) -> f64 {
        0.01 * self.batch.solids_pp
    }

    fn draw(&mut self, number: u64, recipe_pp: f64) -> Batch {
        let (solids, thick) = (self.draws.normal(), self.draws.normal());
        let hard = self.draws.uniform() <= self.config.hard_share;
        let walk_pp = self.walk.step();
        Batch {
            number,
            solids_pp: self.spread * self.solids_sd_pp * solids + walk_pp + recipe_pp,
            viscosity: rheology::lognormal_factor(self.spread * self.config.viscosity_sd, thick),
            hard,
        }
    }

    /// Draws `drawn_l` L from the tank; `offset_pp` is what the mixer is told to add to the recipe of the batch it begins
    /// now. Returns the solids of the inlet beside the recipe, and the step of the tank's content after a hard switch,
    /// both fractions.
    pub fn draw_l(&mut self, drawn_l: f64, offset_pp: f64) -> (f64, f64) {
        if !self.config.on {
            return (0.0, 0.0);
        }
        self.used_l += drawn_l;
        let mut step = 0.0;
        if self.used_l >= self.volume_l {
            self.used_l -= self.volume_l;
            self.age_s = 0.0;
            let before = self.inlet();
            self.mixed.push_back(if offset_pp.is_finite() { offset_pp } else { 0.0 });
            let recipe_pp = self.mixed.pop_front().unwrap_or(0.0);
            self.batch = self.draw(self.batch.number + 1, recipe_pp);
            if self.batch.hard {
                step = self.inlet() - before;
                let thicker = libm::log(self.batch.viscosity) - self.log_viscosity.solids();
                self.log_viscosity.switch(thicker);
            }
        }
        self.log_viscosity.draw(drawn_l, self.inlet_log);
        (self.inlet(), step)
    }

    /// One second of rest and loss.
    pub fn second(&mut self) {
        if self.config.on {
            self.age_s += 1.0;
            self.age();
        }
    }

    fn age(&mut self) {
        let rise =
            rheology::age_factor(self.age_s, self.config.ageing_rise, self.config.ageing_tau_s);
        self.inlet_log = libm::log(self.batch.viscosity * rise);
    }

    fn inlet(&self) -> f64 {
        0.01 * (self.batch.solids_pp + self.config.drift_pp_per_h * self.age_s / 3600.0)
    }

    /// Logarithm of the viscosity that leaves the tank over the recipe's, at equal solids and temperature.
    pub fn log_viscosity(&self) -> f64 {
        self.log_viscosity.solids()
    }

    /// The batch that feeds the line; `None` when the line has no batches.
    pub fn batch(&self) -> Option<&Batch> {
        self.config.on.then_some(&self.batch)
    }

    /// What is left of it, L; NaN when the line has no batches.
    pub fn left_l(&self) -> f64 {
        if self.config.on { self.volume_l - self.used_l } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(batch: BatchConfig) -> LineConfig {
        LineConfig { batch, ..LineConfig::default() }
    }

    /// Solids of the first `count` batches and the litres at which each began.
    fn batches(config: &LineConfig, seed: u64, count: usize, offset_pp: f64) -> Vec<(f64, f64)> {
        let mut feed = Feed::new(config, seed);
        let mut seen = vec![(feed.batch().expect("on").solids_pp, 0.0)];
        let mut drawn = 0.0;
        while seen.len() < count {
            let before = feed.batch().expect("on").number;
            feed.draw_l(1.0, offset_pp);
            drawn += 1.0;
            let now = feed.batch().expect("on");
            if now.number != before {
                seen.push((now.solids_pp, drawn));
            }
        }
        seen
    }

    #[test]
    fn batches_last_their_volume_and_spread_as_stated() {
        let config = line(BatchConfig {
            on: true,
            walk_pp: 0.0,
            used_at_start: 0.0,
            ..BatchConfig::default()
        });
        let seen = batches(&config, 3, 400, 0.0);
        for pair in seen.windows(2) {
            assert!((pair[1].1 - pair[0].1 - 1890.0).abs() <= 1.0);
        }
        let sd = (seen.iter().map(|b| b.0 * b.0).sum::<f64>() / 400.0).sqrt();
        assert!((sd - 0.15).abs() < 0.02, "sd {sd} pp");
    }

    #[test]
    fn a_corrected_recipe_comes_after_the_batches_mixed_ahead() {
        let config = line(BatchConfig { on: true, ..BatchConfig::default() });
        let (plain, told) = (batches(&config, 5, 5, 0.0), batches(&config, 5, 5, 0.3));
        let moved: Vec<f64> = plain.iter().zip(&told).map(|(a, b)| b.0 - a.0).collect();
        assert_eq!(moved.iter().filter(|m| m.abs() < 1e-12).count(), 2, "{moved:?}");
        assert!(moved[2..].iter().all(|m| (m - 0.3).abs() < 1e-12), "{moved:?}");
    }

    #[test]
    fn a_hard_switch_steps_the_tank_and_a_mixed_one_does_not() {
        for (hard_share, stepped) in [(1.0, true), (0.0, false)] {
            let config = line(BatchConfig { on: true, hard_share, ..BatchConfig::default() });
            let mut feed = Feed::new(&config, 2);
            let steps = (0..6000).filter(|_| feed.draw_l(1.0, 0.0).1 != 0.0).count();
            assert_eq!(steps > 0, stepped);
        }
    }

    #[test]
    fn a_batch_thickens_and_dries_while_it_is_used() {
        let config = line(BatchConfig { on: true, ..BatchConfig::default() });
        let mut feed = Feed::new(&config, 2);
        let (start, thin) = (feed.draw_l(0.0, 0.0).0, feed.inlet_log);
        (0..3600).for_each(|_| feed.second());
        assert!((feed.draw_l(0.0, 0.0).0 - start - 0.0005).abs() < 1e-9, "0.05 pp in an hour");
        assert!(feed.inlet_log > thin + 0.02);
    }

    #[test]
    fn without_batches_nothing_changes() {
        let mut feed = Feed::new(&LineConfig::default(), 2);
        assert_eq!((0..10_000).map(|_| feed.draw_l(1.0, 0.5)).find(|d| *d != (0.0, 0.0)), None);
        assert!(feed.batch().is_none() && feed.left_l().is_nan() && feed.log_viscosity() == 0.0);
    }
}
