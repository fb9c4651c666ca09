//! Cross direction: what the die lays across the web, bolt by bolt, and what the web still carries of it at the gauge.
//!
//! Local flow at one manifold pressure follows the slot gap, `q ~ h^(2 + 1/n)`; the pump fixes the total, so the profile
//! has mean 1. A bolt moves the lip like a Gaussian of `reach_pitches` standard deviation, scaled so that all bolts moved
//! together move the lip by as much. Beside the gap: a lasting bow of the manifold that grows with viscosity, the edge
//! beads, a tilt and a streak. Positions are metres from the left edge, box 0 first.

use crate::config::{ConfigError, LineConfig, section, within};
use crate::die;
use crate::disturbance::Wander;
use crate::fault::{Effects, FaultKind};
use crate::random::{Stream, place};
use serde::{Deserialize, Serialize};

/// Bolts that the line has actuators for.
pub const BOLTS: usize = 24;

section! {
    /// The die across the web.
    CrossConfig "cross" {
        /// Bolts, a whole number.
        bolts = 24.0, 2.0, 24.0;
        /// Standard deviation of a bolt's reach, pitches.
        reach_pitches = 1.5, 0.3, 6.0;
        /// Travel of a bolt to either side, um.
        travel_um = 50.0, 0.1, 1000.0;
        /// Step of a bolt's motor, um; 0 moves without steps.
        step_um = 0.5, 0.0, 50.0;
        /// Lag of a bolt, s.
        bolt_tau_s = 3.0, 0.0, 600.0;
        /// Standard deviation of the lip's unevenness at the start, um.
        uneven_sd_um = 1.0, 0.0, 100.0;
        /// Standard deviation of what the lip does by itself afterwards, um.
        drift_sd_um = 0.4, 0.0, 100.0;
        /// Correlation time of that, s.
        drift_tau_s = 7200.0, 1.0, 1e6;
        /// Width over which unevenness and drift are alike, m.
        uneven_m = 0.08, 0.005, 3.0;
        /// Height of the edge bead over the mean, %.
        bead_pct = 5.0, 0.0, 100.0;
        /// Width of the edge bead, m.
        bead_m = 0.008, 0.0, 0.1;
        /// Growth of the manifold's bow with viscosity, % of weight per %.
        bow_per_viscosity = 0.03, -1.0, 1.0;
        /// Place of a streak, m from the left edge.
        streak_at_m = 0.214, 0.0, 3.0;
        /// Width of a streak, m.
        streak_m = 0.004, 0.0005, 0.1;
    }
}

impl CrossConfig {
    /// Refuses what no die can be.
    pub(crate) fn check_whole(&self, width_m: f64) -> Result<(), ConfigError> {
        self.check()?;
        if self.bolts != self.bolts.floor() {
            let must_be = "a whole number".to_string();
            return Err(ConfigError {
                field: "cross.bolts".to_string(),
                must_be,
                value: self.bolts,
            });
        }
        within("cross.streak_at_m", self.streak_at_m, 0.0, width_m)
    }
}

/// Shape of a bolt at `from_pitches` from it, um of lip per um of bolt: a Gaussian whose sum over bolts is 1.
pub fn bolt_shape(from_pitches: f64, reach_pitches: f64) -> f64 {
    let s = from_pitches / reach_pitches;
    libm::exp(-0.5 * s * s) / (reach_pitches * core::f64::consts::TAU.sqrt())
}

/// Smooth random shape across the web: normal deviates at knots, Gaussian in between, `sd` everywhere.
#[derive(Clone, Debug)]
struct Shape {
    rows: Vec<f64>,
    knots: usize,
}

impl Shape {
    fn new(boxes: usize, width_m: f64, alike_m: f64) -> Self {
        let knots = ((width_m / alike_m).ceil() as usize + 3).max(4);
        let rows = (0..boxes)
            .flat_map(|i| {
                let x_m = (i as f64 + 0.5) / boxes as f64 * width_m;
                let row: Vec<f64> = (0..knots)
                    .map(|j| {
                        let s = x_m / alike_m - (j as f64 - 1.0);
                        libm::exp(-s * s)
                    })
                    .collect();
                let norm = row.iter().map(|g| g * g).sum::<f64>().sqrt();
                row.into_iter().map(move |g| g / norm)
            })
            .collect();
        Shape { rows, knots }
    }

    fn at(&self, i: usize, heights: impl Iterator<Item = f64>) -> f64 {
        let row = self.rows.get(i * self.knots..(i + 1) * self.knots).unwrap_or(&[]);
        row.iter().zip(heights).map(|(g, z)| g * z).sum()
    }
}

/// The die across the web, and the web behind it.
#[derive(Clone, Debug)]
pub struct Cross {
    config: CrossConfig,
    boxes: usize,
    width_m: f64,
    exponent: f64,
    slot_um: f64,
    bow_pct: f64,
    shape: Shape,
    /// Lip over bolt, a row per box.
    reach: Vec<f64>,
    still: Vec<f64>,
    drift: Vec<Wander>,
    /// Where they stand, um.
    drift_um: Vec<f64>,
    told_um: [f64; BOLTS],
    bolt_um: [f64; BOLTS],
    now: Vec<f64>,
    sigma_pct: f64,
    /// Profiles of the last metres, a row of boxes each.
    web: Vec<f64>,
    rows: usize,
    metre: i64,
}

impl Cross {
    /// The die of a checked config, bolts at zero.
    pub fn new(config: &LineConfig, seed: u64) -> Self {
        let cross = config.cross;
        let boxes = config.gauge.boxes as usize;
        let width_m = config.coater.width_m;
        let on = config.disturbance_size();
        let shape = Shape::new(boxes, width_m, cross.uneven_m);
        let mut lips = Stream::new(seed, place::LIPS);
        let deviates: Vec<f64> = (0..shape.knots).map(|_| lips.normal()).collect();
        let still =
            (0..boxes).map(|i| on * cross.uneven_sd_um * shape.at(i, deviates.iter().copied()));
        let still: Vec<f64> = still.collect();
        let drift = (0..shape.knots as u64)
            .map(|k| {
                let stream = Stream::new(seed, place::LIP_DRIFT + (k << 8));
                Wander::new(stream, on * cross.drift_sd_um, cross.drift_tau_s, 1.0)
            })
            .collect();
        let rows = (config.coater.dry_gauge_m.ceil() as usize + 8).next_power_of_two();
        let mut made = Cross {
            config: cross,
            boxes,
            width_m,
            exponent: die::slot_flow_exponent(config.recipe().flow_exponent),
            slot_um: config.rheology.slot_um,
            bow_pct: config.gauge.profile_pct,
            reach: reach(&cross, boxes),
            drift_um: vec![0.0; shape.knots],
            shape,
            still,
            drift,
            told_um: [0.0; BOLTS],
            bolt_um: [0.0; BOLTS],
            now: vec![1.0; boxes],
            sigma_pct: 0.0,
            web: Vec::new(),
            rows,
            metre: i64::MIN,
        };
        made.lay_across(0.0, &Effects::default());
        made.web = made.now.repeat(rows);
        made
    }

    /// One second: `told` gives the set-point of a bolt by its number from 0, um (not finite = hold); `thicker_pct` is
    /// the viscosity above nominal.
    pub fn second(&mut self, told: impl Fn(usize) -> f64, thicker_pct: f64, faults: &Effects) {
        for (um, drift) in self.drift_um.iter_mut().zip(&mut self.drift) {
            *um = drift.step();
        }
        let stuck = faults.of(FaultKind::BoltStuck) as usize;
        let reach = if self.config.bolt_tau_s > 0.0 {
            -libm::expm1(-1.0 / self.config.bolt_tau_s)
        } else {
            1.0
        };
        for (i, (to, at)) in self.told_um.iter_mut().zip(&mut self.bolt_um).enumerate() {
            let wanted = told(i);
            if wanted.is_finite() {
                let step = self.config.step_um;
                let stepped = if step > 0.0 { (wanted / step).round() * step } else { wanted };
                *to = stepped.clamp(-self.config.travel_um, self.config.travel_um);
            }
            if i + 1 != stuck {
                *at += (*to - *at) * reach;
            }
        }
        self.lay_across(thicker_pct, faults);
    }

    fn lay_across(&mut self, thicker_pct: f64, faults: &Effects) {
        let bolts = self.config.bolts as usize;
        let tilt = 0.01 * faults.of(FaultKind::CrossTilt);
        let bow = 0.01 * (self.bow_pct + self.config.bow_per_viscosity * thicker_pct);
        let bead = 0.01 * (self.config.bead_pct + faults.of(FaultKind::EdgeBead));
        let streak = 0.01 * faults.of(FaultKind::Streak);
        let box_m = self.width_m / self.boxes as f64;
        let (streak_lo, streak_hi) = (
            self.config.streak_at_m - 0.5 * self.config.streak_m,
            self.config.streak_at_m + 0.5 * self.config.streak_m,
        );
        let covered =
            |lo: f64, hi: f64, from: f64, to: f64| (hi.min(to) - lo.max(from)).max(0.0) / (hi - lo);
        let mut sum = 0.0;
        for i in 0..self.boxes {
            let row = self.reach.get(i * BOLTS..i * BOLTS + bolts).unwrap_or(&[]);
            let by_bolts: f64 = row.iter().zip(&self.bolt_um).map(|(g, u)| g * u).sum();
            let lip_um = self.still[i] + self.shape.at(i, self.drift_um.iter().copied()) + by_bolts;
            let opened = (1.0 + lip_um / self.slot_um).max(1e-3);
            let flow = libm::exp(self.exponent * libm::log(opened));
            let phase = (i as f64 + 0.5) / self.boxes as f64;
            let (lo, hi) = (i as f64 * box_m, (i as f64 + 1.0) * box_m);
            let edge = covered(lo, hi, 0.0, self.config.bead_m)
                + covered(lo, hi, self.width_m - self.config.bead_m, self.width_m);
            let x = flow
                * (1.0 + bow * libm::cos(core::f64::consts::TAU * phase) + tilt * (phase - 0.5))
                * (1.0 + bead * edge)
                * (1.0 + streak * covered(lo, hi, streak_lo, streak_hi));
            self.now[i] = x.max(0.0);
            sum += self.now[i];
        }
        let scale = self.boxes as f64 / sum.max(1e-12);
        self.now.iter_mut().for_each(|x| *x *= scale);
        self.sigma_pct = spread_pct(self.now.get(1..self.boxes - 1).unwrap_or(&self.now));
    }

    /// The web has come to `position_m`: the metre that begins carries the profile of now.
    pub fn advance(&mut self, position_m: f64) {
        let metre = position_m.floor() as i64;
        if self.metre == i64::MIN {
            self.metre = metre;
        }
        while self.metre < metre {
            self.metre += 1;
            let at = (self.metre & (self.rows as i64 - 1)) as usize * self.boxes;
            if let Some(row) = self.web.get_mut(at..at + self.boxes) {
                row.copy_from_slice(&self.now);
            }
        }
    }

    /// What the web carries at coating metre `at_m` in box `index`, relative to its mean across.
    pub fn at(&self, at_m: f64, index: usize) -> f64 {
        let metre = at_m.floor() as i64;
        let row = (metre & (self.rows as i64 - 1)) as usize * self.boxes;
        self.web.get(row + index).copied().unwrap_or(1.0)
    }

    /// The profile laid now, relative to its mean.
    pub fn profile(&self) -> &[f64] {
        &self.now
    }

    /// Spread of the profile laid now over all boxes but the outermost, which are trimmed, %.
    pub fn sigma_pct(&self) -> f64 {
        self.sigma_pct
    }

    /// Where the bolts truly are, um.
    pub fn bolts_um(&self) -> &[f64; BOLTS] {
        &self.bolt_um
    }
}

fn reach(cross: &CrossConfig, boxes: usize) -> Vec<f64> {
    let bolts = cross.bolts as usize;
    let mut made = vec![0.0; boxes * BOLTS];
    for i in 0..boxes {
        for j in 0..bolts {
            let at = (i as f64 + 0.5) * bolts as f64 / boxes as f64;
            made[i * BOLTS + j] = bolt_shape(at - (j as f64 + 0.5), cross.reach_pitches);
        }
    }
    made
}

/// Standard deviation of a relative profile about its mean, %.
fn spread_pct(profile: &[f64]) -> f64 {
    let n = profile.len() as f64;
    let mean = profile.iter().sum::<f64>() / n;
    let square = profile.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    100.0 * square.sqrt() / mean
}

#[cfg(test)]
#[path = "cross_tests.rs"]
mod tests;
