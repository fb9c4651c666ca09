//! One tray of 32 cells, stepped once a second.
//!
//! Open-circuit potentials minus resistance (three parts: at once, within 30 s, within 20 min). Charge of a cell:
//! `dq = (I - V/R_short - I_leak)*dt`; the cathode gives `dq`, the anode takes `dq` less what the passivation takes:
//! the first film by a reduction current `I_f = I_0*exp(a*(0.8 V - U_anode))*(1 - u/u_film)` and growth in proportion to
//! the lithiation (after Attia, Das, Harris, Bazant and Chueh 2019) plus a part that falls with time.
//!
//! Potentials are looked up every second while the film grows and every 8 s later; in between they follow their slopes.
//! What is done each second is additions and multiplications over rows of 32.

use super::cell::{Cell, Defect, LANES, Nominal};
use super::config::FormationConfig;
use super::noise::NoiseTable;
use super::programme::{Phase, Programme, Step};
use serde::Serialize;

/// One number for each cell of a tray.
pub type Row = [f64; LANES];

/// Potential below which the electrolyte is reduced on the anode, V (ethylene carbonate).
const REDUCTION_V: f64 = 0.8;
/// `alpha*F/(R*T)` of the reduction, 1/V, for a transfer coefficient of 0.5.
const REDUCTION_PER_V: f64 = 19.46;
/// Reduction current at the potential of the reduction over the capacity, 1/h.
const REDUCTION_RATE: f64 = 0.005;
/// Passivation that goes on growing with the logarithm of time, share of the capacity per e-fold.
const SLOW_GROWTH: f64 = 6.5e-4;
/// Seconds from the start in which potentials are looked up each second: the anode falls by 2 V.
const STEEP_S: u32 = 300;
/// Seconds from the start in which the film grows.
const FILM_S: u32 = 3600;
/// Seconds between look-ups while the film grows, and later.
const FILM_LOOK_UP_S: u32 = 4;
const LOOK_UP_S: u32 = 16;
/// Time constants of the fast and the slow resistance, s.
const FAST_TAU_S: f64 = 30.0;
const SLOW_TAU_S: f64 = 1200.0;
/// Time constant of the temperature, s.
const HEAT_TAU_S: f64 = 900.0;
/// Softening of the resistances, 1/K.
const RESISTANCE_PER_K: f64 = 0.02;

/// Sums of one cell over its programme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Charge put in by the first charge, Ah.
    pub charged_ah: f64,
    /// Charge taken out by the discharge, Ah.
    pub discharged_ah: f64,
    /// Energy put in by the first charge, Wh.
    pub charged_wh: f64,
    /// Energy taken out by the discharge, Wh.
    pub discharged_wh: f64,
}

/// What a channel's instruments add.
#[derive(Clone, Debug)]
pub struct Channels {
    /// Offset of the voltage, V.
    pub offset_v: Row,
    /// Gain of the current, dimensionless.
    pub gain: Row,
}

/// What a tray shows.
pub struct Shown<'a> {
    /// V.
    pub voltage: &'a mut Row,
    /// A, charge positive.
    pub current: &'a mut Row,
    /// degC.
    pub temperature: &'a mut Row,
}

/// Where the noise of this second is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    /// Of the voltage.
    pub voltage: usize,
    /// Of the current.
    pub current: usize,
    /// Of the temperature.
    pub temperature: usize,
}

/// What a look-up needs of the cells as they were made, row by row.
struct Made {
    cathode_per_ah: Row,
    anode_per_ah: Row,
    film_ah: Row,
    /// Share of the lithiation that goes into growth.
    growth: Row,
    ohmic: Row,
    fast: Row,
    slow: Row,
    /// Temperature without current, degC.
    still_c: Row,
    /// Conductance of the short, once closed, and when it closes.
    short_s: Row,
    short_from_s: Row,
}

impl Made {
    fn of(cells: &[Cell; LANES], config: &FormationConfig, nominal: &Nominal, slot_c: f64) -> Self {
        let row = |of: &dyn Fn(&Cell) -> f64| core::array::from_fn(|i| of(&cells[i]));
        Made {
            cathode_per_ah: row(&|c| 1.0 / (nominal.cathode_ah * c.capacity)),
            anode_per_ah: row(&|c| 1.0 / (nominal.anode_ah * c.capacity)),
            film_ah: row(&|c| nominal.film_ah * c.film),
            growth: row(&|c| nominal.growth_share * c.growth),
            ohmic: row(&|c| 1e-3 * config.resistance_mohm * c.resistance[0]),
            fast: row(&|c| 1e-3 * config.fast_mohm * c.resistance[1]),
            slow: row(&|c| 1e-3 * config.slow_mohm * c.resistance[2]),
            still_c: row(&|c| slot_c + c.warmth_k),
            short_s: row(&|c| 1.0 / c.defect.short_ohm),
            short_from_s: row(&|c| c.defect.short_from_s),
        }
    }
}

/// A tray in a slot.
pub struct Tray {
    number: u64,
    cells: Box<[Cell; LANES]>,
    made: Made,
    step_index: usize,
    in_step_s: u32,
    age_s: u32,
    slot_c: f64,
    // charge of the electrodes and of the film at the last look-up
    cathode: Row,
    anode: Row,
    film_ah: Row,
    temperature_c: Row,
    // potential, and its slopes over the charge since and over the reduction since, at the last look-up
    rest_v: Row,
    per_ah: Row,
    film_v_per_s: Row,
    since_s: f64,
    since_ah: Row,
    ohmic: Row,
    fast: Row,
    slow: Row,
    fast_v: Row,
    slow_v: Row,
    short_s: Row,
    conduct_s: Row,
    contact_ohm: Row,
    film_a: Row,
    moved_ah: Row,
    moved_wh: Row,
    totals: [Totals; LANES],
}

impl Tray {
    /// A tray just plugged in.
    pub fn new(
        number: u64,
        cells: [Cell; LANES],
        config: &FormationConfig,
        nominal: &Nominal,
        slot_c: f64,
    ) -> Self {
        let zero = [0.0; LANES];
        let start_v = nominal.cathode.at(0.0).0 - nominal.anode.at(0.0).0;
        Tray {
            number,
            step_index: 0,
            in_step_s: 0,
            age_s: 0,
            slot_c,
            cathode: zero,
            anode: zero,
            film_ah: zero,
            temperature_c: core::array::from_fn(|i| slot_c + cells[i].warmth_k),
            rest_v: [start_v; LANES],
            per_ah: zero,
            film_v_per_s: zero,
            since_s: 0.0,
            since_ah: zero,
            ohmic: zero,
            fast: zero,
            slow: zero,
            fast_v: zero,
            slow_v: zero,
            short_s: zero,
            conduct_s: zero,
            contact_ohm: core::array::from_fn(|i| 1e-3 * cells[i].defect.contact_mohm),
            film_a: zero,
            moved_ah: zero,
            moved_wh: zero,
            totals: [Totals::default(); LANES],
            made: Made::of(&cells, config, nominal, slot_c),
            cells: Box::new(cells),
        }
    }

    /// Number of the tray.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Seconds since it was loaded.
    pub fn age_s(&self) -> u32 {
        self.age_s
    }

    /// Its cells: truth.
    pub fn cells(&self) -> &[Cell; LANES] {
        &self.cells
    }

    /// Another defect for the cell `lane`, as from now.
    pub(crate) fn set_defect(
        &mut self,
        lane: usize,
        defect: Defect,
        config: &FormationConfig,
        nominal: &Nominal,
    ) {
        let mut cell = self.cells[lane];
        if defect.wetting_pct != cell.defect.wetting_pct {
            let pct = 100.0
                * ((1.0 + 0.01 * defect.wetting_pct) / (1.0 + 0.01 * cell.defect.wetting_pct)
                    - 1.0);
            cell = cell.wetted_poorly(pct, config, nominal);
        }
        cell.defect = defect;
        self.contact_ohm[lane] = 1e-3 * defect.contact_mohm;
        self.cells[lane] = cell;
        self.made = Made::of(&self.cells, config, nominal, self.slot_c);
    }

    /// Sums of its cells: truth.
    pub fn totals(&self) -> &[Totals; LANES] {
        &self.totals
    }

    /// True open-circuit potential of a cell, V.
    pub fn rest_v(&self, lane: usize) -> f64 {
        self.rest_v[lane] + self.per_ah[lane] * self.since_ah[lane]
    }

    /// Phase it is in.
    pub fn phase(&self, programme: &Programme) -> Phase {
        programme.steps().get(self.step_index).map_or(Phase::Done, |s| s.phase)
    }

    /// Share of the programme that is behind it, 0..1.
    pub fn progress(&self, programme: &Programme) -> f64 {
        (f64::from(self.age_s) / f64::from(programme.length_s())).min(1.0)
    }

    /// One second: current by the programme, then what the instruments show.
    pub fn step(
        &mut self,
        config: &FormationConfig,
        nominal: &Nominal,
        programme: &Programme,
        channels: &Channels,
        noise: (&NoiseTable, Places, usize),
        shown: Shown<'_>,
    ) {
        let done = Step { phase: Phase::Done, length_s: u32::MAX, current_a: 0.0 };
        let step = programme.steps().get(self.step_index).copied().unwrap_or(done);
        let every = match self.age_s {
            ..STEEP_S => 1,
            STEEP_S..FILM_S => FILM_LOOK_UP_S,
            _ => LOOK_UP_S,
        };
        if self.age_s.is_multiple_of(every) || self.in_step_s == 0 {
            self.look_up(config, nominal, step);
        }
        let (mut current, mut voltage) = ([0.0; LANES], [0.0; LANES]);
        self.drive(config, step, &mut current, &mut voltage);
        self.show(config, channels, noise, (&current, &voltage), shown);
        self.age_s += 1;
        self.in_step_s += 1;
        if self.in_step_s >= step.length_s {
            self.close_step(step);
        }
    }

    fn close_step(&mut self, step: Step) {
        for (i, total) in self.totals.iter_mut().enumerate() {
            match step.phase {
                Phase::FirstCharge | Phase::Charge => {
                    total.charged_ah += self.moved_ah[i];
                    total.charged_wh += self.moved_wh[i];
                }
                Phase::Discharge => {
                    total.discharged_ah -= self.moved_ah[i];
                    total.discharged_wh -= self.moved_wh[i];
                }
                _ => {}
            }
        }
        (self.moved_ah, self.moved_wh) = ([0.0; LANES], [0.0; LANES]);
        self.step_index += 1;
        self.in_step_s = 0;
    }

    /// Books the charge moved since the last look-up, then reads potentials, resistances and film current anew.
    fn look_up(&mut self, config: &FormationConfig, nominal: &Nominal, step: Step) {
        let elapsed_s = self.since_s;
        self.since_s = 0.0;
        let third = config.capacity_ah / 3.0;
        let heat_k = config.heating_k * (step.current_a / third) * (step.current_a / third);
        let reach = elapsed_s / (HEAT_TAU_S + elapsed_s);
        let age_s = f64::from(self.age_s);
        let charging = if step.current_a > 0.0 { 1.0 } else { 0.0 };
        let growing_a =
            SLOW_GROWTH * config.capacity_ah / nominal.growth_share / (0.2 + age_s / 3600.0);
        let filming = self.age_s < FILM_S && step.phase != Phase::Contact;
        for i in 0..LANES {
            let share = charging * self.made.growth[i];
            let moved = self.since_ah[i];
            self.since_ah[i] = 0.0;
            let film_ah = self.film_a[i] * elapsed_s / 3600.0;
            self.film_ah[i] += film_ah;
            let cathode_per_ah = self.made.cathode_per_ah[i];
            let anode_per_ah = self.made.anode_per_ah[i];
            self.cathode[i] += moved * cathode_per_ah;
            self.anode[i] += (moved * (1.0 - share) - film_ah) * anode_per_ah;
            let (cathode_v, cathode_slope) = nominal.cathode.at(self.cathode[i]);
            let (anode_v, anode_slope) = nominal.anode.at(self.anode[i]);
            self.rest_v[i] = cathode_v - anode_v;
            self.per_ah[i] =
                cathode_slope * cathode_per_ah - anode_slope * anode_per_ah * (1.0 - share);
            let mut film_a = growing_a * self.made.growth[i];
            if filming {
                let whole_ah = self.made.film_ah[i];
                film_a += film_current_a(config, nominal, whole_ah, anode_v, self.film_ah[i]);
            }
            self.film_a[i] = film_a;
            self.film_v_per_s[i] = anode_slope * anode_per_ah * film_a / 3600.0;
            let target_c = self.made.still_c[i] + heat_k;
            self.temperature_c[i] += (target_c - self.temperature_c[i]) * reach;
            let warm = 1.0 - RESISTANCE_PER_K * (self.temperature_c[i] - 25.0);
            let factor = warm * nominal.emptiness.at(self.anode[i]).0;
            self.ohmic[i] = self.made.ohmic[i] * factor;
            self.fast[i] = self.made.fast[i] * factor;
            self.slow[i] = self.made.slow[i] * factor;
            self.conduct_s[i] = 1.0 / (self.ohmic[i] + self.contact_ohm[i]);
            let closed = age_s >= self.made.short_from_s[i];
            self.short_s[i] = if closed { self.made.short_s[i] } else { 0.0 };
        }
    }

    /// The second itself: current within the voltage limits, charge, potential, resistances.
    fn drive(
        &mut self,
        config: &FormationConfig,
        step: Step,
        current: &mut Row,
        voltage: &mut Row,
    ) {
        let (wanted, hours) = (step.current_a, 1.0 / 3600.0);
        let (lo, hi) = (wanted.min(0.0), wanted.max(0.0));
        let limit_v = if wanted < 0.0 { config.lowest_v } else { config.highest_v };
        let (fast_reach, slow_reach) = (1.0 / FAST_TAU_S, 1.0 / SLOW_TAU_S);
        let since_s = self.since_s;
        self.since_s += 1.0;
        for i in 0..LANES {
            let rest_v =
                self.rest_v[i] + self.per_ah[i] * self.since_ah[i] + self.film_v_per_s[i] * since_s;
            let inner_v = rest_v + self.fast_v[i] + self.slow_v[i];
            let amps = (limit_v - inner_v) * self.conduct_s[i];
            let amps = if amps < lo { lo } else { amps };
            let amps = if amps > hi { hi } else { amps };
            let inside = amps - inner_v * self.short_s[i] - config.leakage_a;
            self.since_ah[i] += inside * hours;
            self.fast_v[i] += (inside * self.fast[i] - self.fast_v[i]) * fast_reach;
            self.slow_v[i] += (inside * self.slow[i] - self.slow_v[i]) * slow_reach;
            let cell_v = inner_v + inside * self.ohmic[i];
            self.moved_ah[i] += amps * hours;
            self.moved_wh[i] += amps * cell_v * hours;
            current[i] = amps;
            voltage[i] = cell_v + amps * self.contact_ohm[i];
        }
    }

    fn show(
        &self,
        config: &FormationConfig,
        channels: &Channels,
        (noise, places, first): (&NoiseTable, Places, usize),
        (current, voltage): (&Row, &Row),
        shown: Shown<'_>,
    ) {
        let (v_sd, i_sd) = (1e-3 * config.voltage_sd_mv, 1e-3 * config.current_sd_ma);
        let of_v = noise.read(places.voltage, first);
        let of_i = noise.read(places.current, first);
        let of_t = noise.read(places.temperature, first);
        for i in 0..LANES {
            shown.voltage[i] = voltage[i] + channels.offset_v[i] + v_sd * f64::from(of_v[i]);
            shown.current[i] = current[i] * channels.gain[i] + i_sd * f64::from(of_i[i]);
            shown.temperature[i] =
                self.temperature_c[i] + config.temperature_sd_k * f64::from(of_t[i]);
        }
    }
}

/// Current of the first film, A: never more than what finishes it within 10 s.
fn film_current_a(
    config: &FormationConfig,
    nominal: &Nominal,
    whole_ah: f64,
    anode_v: f64,
    film_ah: f64,
) -> f64 {
    let left_ah = whole_ah - film_ah;
    if left_ah < 1e-6 * whole_ah {
        return 0.0;
    }
    let driven = libm::exp((REDUCTION_PER_V * (REDUCTION_V - anode_v)).min(12.0));
    let rate = REDUCTION_RATE * config.capacity_ah / nominal.film_ah * driven;
    left_ah * rate.min(360.0)
}
