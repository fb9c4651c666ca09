//! Truth: what really happened. For evaluation only; no controller may see it.

use crate::coater::CoaterState;
use crate::config::{LineConfig, Recipe, ToleranceConfig};
use crate::formation::Found;
use crate::press::PressState;
use crate::stack::Use;
use crate::weld::WeldTruth;
use serde::Serialize;

/// One quantity, one value per second: the mean over that second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// Name.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Values; the first one belongs to the second from 0 to 1.
    pub values: Vec<f32>,
}

/// Sums that give mean and spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Moments {
    /// How many.
    pub n: u64,
    /// Sum of the values.
    pub sum: f64,
    /// Sum of their squares.
    pub sum_sq: f64,
}

impl Moments {
    /// Adds one value.
    pub fn add(&mut self, x: f64) {
        self.n += 1;
        self.sum += x;
        self.sum_sq += x * x;
    }

    /// Mean, 0 when empty.
    pub fn mean(&self) -> f64 {
        self.sum / self.n.max(1) as f64
    }

    /// Variance about the mean, 0 when empty.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        (self.sum_sq / self.n.max(1) as f64 - mean * mean).max(0.0)
    }

    /// Standard deviation about the mean.
    pub fn sd(&self) -> f64 {
        self.variance().sqrt()
    }
}

/// Metres counted by one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Metres {
    /// Whole metres closed.
    pub total_m: f64,
    /// Of these, mean weight out of tolerance.
    pub weight_out_m: f64,
    /// Of these, mean porosity out of tolerance (0 at the coater).
    pub porosity_out_m: f64,
    /// Of these, weight or porosity out of tolerance.
    pub either_out_m: f64,
    /// Of these, mean total thickness out of tolerance (0 at the coater).
    pub thickness_out_m: f64,
    /// Weight deviation per metre, %.
    pub weight_pct: Moments,
    /// Porosity deviation per metre, pp.
    pub porosity_pp: Moments,
    /// Total thickness deviation per metre, um.
    pub thickness_um: Moments,
}

/// Deviations of a piece of web from target.
#[derive(Clone, Copy, Debug, Default)]
struct Deviation {
    weight_pct: f64,
    porosity_pp: f64,
    thickness_um: f64,
}

/// A fault and its true onset.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Onset {
    /// Kind.
    pub name: &'static str,
    /// True onset, s.
    pub at_s: f64,
    /// Final size.
    pub size: f64,
    /// Unit of the size.
    pub unit: &'static str,
    /// Duration, s; 0 = to the end.
    pub duration_s: f64,
    /// Where in the plant it starts.
    pub place: &'static str,
}

/// Moments per tick of the weight deviation and of its parts, %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct WeightParts {
    /// The whole deviation at the die.
    pub weight_pct: Moments,
    /// Random walk at the die.
    pub walk_pct: Moments,
    /// Fast wander at the die.
    pub wander_pct: Moments,
    /// Wave of the backing roll: no controller of the pump can remove it.
    pub roll_pct: Moments,
    /// Pump ripple: no controller slower than it can remove it.
    pub ripple_pct: Moments,
}

macro_rules! series {
    ($($name:literal, $unit:literal, |$coater:ident, $press:ident, $target:ident| $value:expr;)*) => {
        const NAMES: &[(&str, &str)] = &[$(($name, $unit),)*];
        fn row(coater: &CoaterState, press: &PressState, target: &Recipe) -> [f64; NAMES.len()] {
            [$({ let ($coater, $press, $target) = (coater, press, target);
                 let _ = ($coater, $press, $target); $value },)*]
        }
    };
}

series! {
    "weight_deviation", "%", |c, p, r| 100.0 * (c.dry_g_per_m2 / r.dry_weight_g_per_m2 - 1.0);
    "solids", "%", |c, p, r| 100.0 * c.solids;
    "air", "%", |c, p, r| c.air_pct;
    "slurry_density", "kg/m3", |c, p, r| c.density_kg_per_m3;
    "slurry_temperature", "degC", |c, p, r| c.slurry_c;
    "pump_flow", "L/min", |c, p, r| c.flow_l_per_min;
    "coater_speed", "m/s", |c, p, r| c.web_m_per_s;
    "coater_position", "m", |c, p, r| c.position_m;
    "walk", "%", |c, p, r| c.disturbance.walk_pct;
    "wander", "%", |c, p, r| c.disturbance.wander_pct;
    "roll_wave", "%", |c, p, r| c.disturbance.roll_pct;
    "ripple", "%", |c, p, r| c.disturbance.ripple_pct;
    "porosity_deviation", "pp", |c, p, r| 100.0 * (p.porosity - r.porosity);
    "thickness", "um", |c, p, r| p.thickness_um;
    "calendered_weight_deviation", "%", |c, p, r| 100.0 * (p.dry_g_per_m2 / r.dry_weight_g_per_m2 - 1.0);
    "line_load_cell", "N/mm", |c, p, r| p.cell_n_per_mm;
    "line_load_nip", "N/mm", |c, p, r| p.nip_n_per_mm;
    "roll_temperature", "degC", |c, p, r| p.roll_c;
    "resistance_deviation", "%", |c, p, r| p.resistance_pct;
    "calender_speed", "m/s", |c, p, r| p.web_m_per_s;
    "calender_coating_position", "m", |c, p, r| p.coating_m;
    "cross_sigma", "%", |c, p, r| c.cross_sigma_pct;
    "viscosity", "Pa s", |c, p, r| c.viscosity_pa_s;
    "die_pressure", "kPa", |c, p, r| c.die_kpa;
    "batch", "1", |c, p, r| c.batch;
    "residual_solvent", "ppm", |c, p, r| c.oven.residual_ppm;
    "drying_front", "m", |c, p, r| c.oven.front_m;
    "peak_drying_rate", "g/m2/s", |c, p, r| c.oven.peak_g_per_m2_s;
    "middle_drying_rate", "g/m2/s", |c, p, r| c.oven.middle_g_per_m2_s;
    "adhesion", "1", |c, p, r| c.oven.adhesion;
    "explosion_share", "1", |c, p, r| c.oven.explosion_share;
}

/// One metre of web being filled.
#[derive(Clone, Copy, Debug, Default)]
struct Metre {
    length_m: f64,
    sum: Deviation,
}

impl Metre {
    fn add(&mut self, length_m: f64, by: Deviation, limit: &ToleranceConfig, metres: &mut Metres) {
        self.length_m += length_m;
        self.sum.weight_pct += length_m * by.weight_pct;
        self.sum.porosity_pp += length_m * by.porosity_pp;
        self.sum.thickness_um += length_m * by.thickness_um;
        if self.length_m < 1.0 - 1e-9 {
            return;
        }
        let length_m = self.length_m;
        let weight_pct = self.sum.weight_pct / length_m;
        let porosity_pp = self.sum.porosity_pp / length_m;
        let thickness_um = self.sum.thickness_um / length_m;
        let weight_out = weight_pct.abs() > limit.weight_pct;
        let porosity_out = porosity_pp.abs() > limit.porosity_pp;
        let counted = |out: bool| if out { length_m } else { 0.0 };
        metres.total_m += length_m;
        metres.weight_out_m += counted(weight_out);
        metres.porosity_out_m += counted(porosity_out);
        metres.either_out_m += counted(weight_out || porosity_out);
        metres.thickness_out_m += counted(thickness_um.abs() > limit.thickness_um);
        metres.weight_pct.add(weight_pct);
        metres.porosity_pp.add(porosity_pp);
        metres.thickness_um.add(thickness_um);
        *self = Metre::default();
    }
}

/// What really happened on one line since its start.
#[derive(Clone, Debug, Serialize)]
pub struct Truth {
    /// Seed of the run.
    pub seed: u64,
    /// Ticks per second.
    pub base_hz: u32,
    /// Ticks made.
    pub ticks: u64,
    /// Recipe, complete.
    pub recipe: Recipe,
    /// Tolerances that the metres were counted by.
    pub tolerance: ToleranceConfig,
    /// Line load at target, N/mm.
    pub nominal_line_load_n_per_mm: f64,
    /// Pump flow at target, L/min.
    pub nominal_flow_l_per_min: f64,
    /// Total thickness at target, um.
    pub nominal_thickness_um: f64,
    /// Faults and their onsets, by onset.
    pub faults: Vec<Onset>,
    /// Metres made by the coater.
    pub coated: Metres,
    /// Metres pressed by the calender, by the length that entered; roll 0 included.
    pub calendered: Metres,
    /// Weight and its parts, per tick.
    pub parts: WeightParts,
    /// Porosity deviation per tick while the web runs, pp.
    pub porosity_pp: Moments,
    /// Welds, when the line has a welding station.
    pub weld: WeldTruth,
    /// Cells with something wrong, in the order they were loaded or hit, when the line has a rack.
    pub cells: Vec<Found>,
    /// Rolls in the order their web was stacked, when the line has stacks.
    pub stack: Vec<Use>,
    /// Per-second series.
    pub series: Vec<Series>,
    #[serde(skip)]
    sums: [f64; NAMES.len()],
    #[serde(skip)]
    in_second: u32,
    #[serde(skip)]
    coated_metre: Metre,
    #[serde(skip)]
    calendered_metre: Metre,
}

/// Seconds of series allocated ahead: one shift of 8 h.
const SECONDS_AHEAD: usize = 28_800;

impl Truth {
    /// Nothing happened yet.
    pub fn new(config: &LineConfig, seed: u64, base_hz: u32) -> Self {
        let mut faults: Vec<Onset> = config
            .faults
            .iter()
            .map(|fault| {
                let facts = fault.kind.facts();
                let (at_s, size, duration_s) = (fault.at_s, fault.size, fault.duration_s);
                Onset {
                    name: facts.name,
                    at_s,
                    size,
                    unit: facts.unit,
                    duration_s,
                    place: facts.place,
                }
            })
            .collect();
        faults.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let empty = |&(name, unit): &(&'static str, &'static str)| Series {
            name,
            unit,
            values: Vec::with_capacity(SECONDS_AHEAD),
        };
        Truth {
            seed,
            base_hz,
            ticks: 0,
            recipe: config.recipe(),
            tolerance: config.tolerance,
            nominal_line_load_n_per_mm: crate::press::nominal_line_load_n_per_mm(config),
            nominal_flow_l_per_min: crate::coater::nominal_flow_l_per_min(config),
            nominal_thickness_um: crate::press::nominal_thickness_um(config),
            faults,
            coated: Metres::default(),
            calendered: Metres::default(),
            parts: WeightParts::default(),
            porosity_pp: Moments::default(),
            weld: WeldTruth::default(),
            cells: Vec::new(),
            stack: Vec::new(),
            series: NAMES.iter().map(empty).collect(),
            sums: [0.0; NAMES.len()],
            in_second: 0,
            coated_metre: Metre::default(),
            calendered_metre: Metre::default(),
        }
    }

    /// The series `name`, if there is one.
    pub fn series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    /// Takes over the cells with something wrong; a new one comes last.
    pub(crate) fn follow_cells(&mut self, known: &[Found]) {
        if (self.cells.len(), self.cells.last()) != (known.len(), known.last()) {
            self.cells.clear();
            self.cells.extend_from_slice(known);
        }
    }

    /// Takes over which rolls were used.
    pub(crate) fn follow_stack(&mut self, known: &[Use]) {
        self.stack.extend_from_slice(known.get(self.stack.len()..).unwrap_or_default());
    }

    pub(crate) fn tick(&mut self, coater: &CoaterState, press: &PressState) {
        self.ticks += 1;
        for (sum, x) in self.sums.iter_mut().zip(row(coater, press, &self.recipe)) {
            *sum += x;
        }
        self.in_second += 1;
        if self.in_second == self.base_hz {
            let share = 1.0 / f64::from(self.base_hz);
            for (series, sum) in self.series.iter_mut().zip(&mut self.sums) {
                series.values.push((*sum * share) as f32);
                *sum = 0.0;
            }
            self.in_second = 0;
        }
        self.count_coated(coater);
        self.count_calendered(press);
    }

    fn count_coated(&mut self, coater: &CoaterState) {
        let weight_pct = 100.0 * (coater.dry_g_per_m2 / self.recipe.dry_weight_g_per_m2 - 1.0);
        let parts = &mut self.parts;
        parts.weight_pct.add(weight_pct);
        parts.walk_pct.add(coater.disturbance.walk_pct);
        parts.wander_pct.add(coater.disturbance.wander_pct);
        parts.roll_pct.add(coater.disturbance.roll_pct);
        parts.ripple_pct.add(coater.disturbance.ripple_pct);
        let length_m = coater.web_m_per_s / f64::from(self.base_hz);
        let by = Deviation { weight_pct, ..Deviation::default() };
        self.coated_metre.add(length_m, by, &self.tolerance, &mut self.coated);
    }

    fn count_calendered(&mut self, press: &PressState) {
        if press.length_m <= 0.0 {
            return;
        }
        let weight_pct = 100.0 * (press.dry_g_per_m2 / self.recipe.dry_weight_g_per_m2 - 1.0);
        let porosity_pp = 100.0 * (press.porosity - self.recipe.porosity);
        self.porosity_pp.add(porosity_pp);
        let thickness_um = press.thickness_um - self.nominal_thickness_um;
        let by = Deviation { weight_pct, porosity_pp, thickness_um };
        self.calendered_metre.add(press.length_m, by, &self.tolerance, &mut self.calendered);
    }
}
