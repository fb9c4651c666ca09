//! What one cell is: drawn from its number, so that slot, time and controller do not change it.

use super::config::FormationConfig;
use super::ocv::{self, Table};
use crate::config::ConfigError;
use crate::random::{Stream, place};
use serde::Serialize;

/// Cells in a tray.
pub const LANES: usize = 32;
/// Charge the anode can take over the capacity of the cell, dimensionless.
const ANODE_RATIO: f64 = 97.2 / 77.5;
/// Charge of the first reduction film over the capacity, dimensionless: 2 Ah of 77.5 Ah.
const FILM_RATIO: f64 = 2.0 / 77.5;
/// Share of the spread of the irreversible charge that film and growth have in common.
const COMMON: f64 = 0.9;

/// Where a cell comes from, as the rack alone has it: lots by running number. Where the line has stacks, its
/// truth says which roll a cell is from (`stack`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// Slurry batch of the anode.
    pub slurry_batch: u64,
    /// Roll of the coater.
    pub coater_roll: u64,
    /// Fixture of the tab welder.
    pub welder_fixture: u64,
    /// Lot of filling and wetting.
    pub wetting_lot: u64,
}

impl Origin {
    /// Of the cell `number`, counted from the start of the line.
    pub fn of(config: &FormationConfig, number: u64) -> Self {
        let group = |size: f64| number / size as u64;
        Origin {
            slurry_batch: group(config.cells_per_batch),
            coater_roll: group(config.cells_per_roll),
            welder_fixture: number % config.welder_fixtures as u64,
            wetting_lot: group(config.cells_per_lot),
        }
    }
}

/// What is wrong with a cell or its channel; `NAN` and 0 where nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Defect {
    /// Resistance of an internal short, ohm; infinite without one.
    pub short_ohm: f64,
    /// When the short closes, s after the tray was loaded; negative: closed from the start.
    pub short_from_s: f64,
    /// Resistance of the contacts above normal, mohm; belongs to the channel, not to the cell.
    pub contact_mohm: f64,
    /// Rise of the cell's resistance by poor wetting, %.
    pub wetting_pct: f64,
}

impl Default for Defect {
    fn default() -> Self {
        Defect { short_ohm: f64::INFINITY, short_from_s: -1.0, contact_mohm: 0.0, wetting_pct: 0.0 }
    }
}

/// The nominal cell: tables, and what the electrodes take so that charge, capacity and efficiency are the config's.
#[derive(Clone, Debug)]
pub struct Nominal {
    /// Anode potential over lithiation, V.
    pub anode: Table,
    /// Cathode potential over the share drawn, V.
    pub cathode: Table,
    /// Factor on the resistances over the lithiation of the anode, dimensionless: an empty anode resists.
    pub emptiness: Table,
    /// Charge the anode takes from empty to full, Ah.
    pub anode_ah: f64,
    /// Charge the cathode gives over the range of its table, Ah.
    pub cathode_ah: f64,
    /// Charge of the first reduction film, Ah.
    pub film_ah: f64,
    /// Share of the lithiation that goes into growth of the passivation.
    pub growth_share: f64,
    /// Irreversible charge of the first charge, Ah.
    pub lost_ah: f64,
}

impl Nominal {
    /// Of a checked config. Refuses voltages between which the electrodes hold no such capacity.
    pub fn new(config: &FormationConfig) -> Result<Self, ConfigError> {
        let refuse = |field: &str, must_be: &str, value| ConfigError {
            field: format!("formation.{field}"),
            must_be: must_be.to_string(),
            value,
        };
        let anode = Table::of(ocv::graphite_v);
        let cathode = Table::of(ocv::cathode_v);
        let charged_ah = config.capacity_ah / config.efficiency;
        let anode_ah = ANODE_RATIO * config.capacity_ah;
        // lithiation of the anode at which the discharge ends, cathode refilled but for what is lost
        let left = solve(0.0, 0.2, |x| cathode.at(0.03).0 - anode.at(x).0 - config.lowest_v);
        let lost_ah = charged_ah - config.capacity_ah - left * anode_ah;
        let film_ah = FILM_RATIO * config.capacity_ah;
        let growth_share = (lost_ah - film_ah) / (charged_ah - film_ah);
        if growth_share < 0.0 {
            let must_be = "low enough for a first film of 2.6 % of the capacity";
            return Err(refuse("efficiency", must_be, config.efficiency));
        }
        let full = (charged_ah - lost_ah) / anode_ah;
        if full > 0.99 {
            return Err(refuse("efficiency", "high enough for the anode", config.efficiency));
        }
        let drawn = solve(0.3, 1.2, |d| cathode.at(d).0 - anode.at(full).0 - config.highest_v);
        let cathode_ah = charged_ah / drawn;
        let emptiness = Table::of(|x| 1.0 + 1.2 * libm::exp(-x / 0.05));
        Ok(Nominal {
            anode,
            cathode,
            emptiness,
            anode_ah,
            cathode_ah,
            film_ah,
            growth_share,
            lost_ah,
        })
    }
}

/// Root of a rising function by halving, to 1e-12 of the range.
fn solve(mut lo: f64, mut hi: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (lo + hi);
        if f(middle) < 0.0 { lo = middle } else { hi = middle }
    }
    0.5 * (lo + hi)
}

/// One cell as made, and what is wrong with it: truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Number of the cell, counted from the start of the line.
    pub number: u64,
    /// Where it comes from.
    pub origin: Origin,
    /// What is wrong with it.
    pub defect: Defect,
    /// Factor on the charge both electrodes take, dimensionless.
    pub capacity: f64,
    /// Factor on the charge of the first film, dimensionless.
    pub film: f64,
    /// Factor on the growth of the passivation, dimensionless.
    pub growth: f64,
    /// Factors on the three resistances, at once, fast and slow, dimensionless.
    pub resistance: [f64; 3],
    /// Temperature against the slot's, K.
    pub warmth_k: f64,
}

impl Cell {
    /// The cell `number` of `seed`.
    pub fn draw(config: &FormationConfig, nominal: &Nominal, seed: u64, number: u64) -> Self {
        let mut stream = Stream::new(seed, place::FORMATION_CELL + (number << 8));
        let mut factor = |sd: f64| (1.0 + sd * stream.normal()).clamp(0.5, 1.5);
        let capacity = factor(0.01 * config.capacity_sd_pct);
        let charged_ah = config.capacity_ah / config.efficiency;
        let lost_sd = config.efficiency_sd * charged_ah / nominal.lost_ah;
        let common = factor(COMMON * lost_sd);
        let own = (1.0 - COMMON * COMMON).sqrt() * lost_sd;
        let (film, growth) = (common * factor(own), common * factor(own));
        let r_sd = 0.01 * config.resistance_sd_pct;
        let (body, ohmic, fast, slow) =
            (factor(0.8 * r_sd), factor(0.6 * r_sd), factor(0.6 * r_sd), factor(0.6 * r_sd));
        let warmth_k = config.place_sd_k * stream.normal();
        let defect = Defect { short_ohm: f64::INFINITY, ..Self::draw_defect(config, &mut stream) };
        let short = Self::draw_short(config, &mut stream);
        Cell {
            number,
            origin: Origin::of(config, number),
            defect: Defect { short_ohm: short.0, short_from_s: short.1, ..defect },
            capacity,
            film,
            growth,
            resistance: [body * ohmic, body * fast, body * slow],
            warmth_k,
        }
    }

    fn draw_defect(config: &FormationConfig, stream: &mut Stream) -> Defect {
        // a tray has 32 channels: the chance of one is that of the tray over 32
        let share = config.background().contact_share / LANES as f64;
        let hit = stream.uniform() <= share;
        let size = 1.0 + 4.0 * stream.uniform();
        Defect { contact_mohm: if hit { size } else { 0.0 }, ..Defect::default() }
    }

    /// Soft shorts of particles: 1 ohm to 10 kohm, even in the logarithm; half of them closed from the start, the
    /// others close within the first two hours.
    fn draw_short(config: &FormationConfig, stream: &mut Stream) -> (f64, f64) {
        let hit = stream.uniform() <= config.background().short_share;
        let ohm = libm::exp(core::f64::consts::LN_10 * 4.0 * stream.uniform());
        let latent = stream.uniform() < 0.5;
        let from_s = 7200.0 * stream.uniform();
        match (hit, latent) {
            (false, _) => (f64::INFINITY, -1.0),
            (true, false) => (ohm, -1.0),
            (true, true) => (ohm, from_s),
        }
    }

    /// The same cell, poorly wetted: resistance higher by `pct` %, efficiency lower by 1/8 point per %.
    pub fn wetted_poorly(mut self, pct: f64, config: &FormationConfig, nominal: &Nominal) -> Self {
        self.defect.wetting_pct = pct;
        self.resistance = self.resistance.map(|r| r * (1.0 + 0.01 * pct));
        let more_ah = 0.01 * pct / 8.0 * config.capacity_ah / config.efficiency;
        self.film *= 1.0 + more_ah / nominal.lost_ah;
        self.growth *= 1.0 + more_ah / nominal.lost_ah;
        self
    }

    /// True when something is wrong with cell or channel.
    pub fn is_defective(&self) -> bool {
        self.defect != Defect::default()
    }
}
