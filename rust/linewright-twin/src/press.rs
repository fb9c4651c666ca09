//! Calender as a machine: a force press with a stiff path beside the nip.
//!
//! Line load is what the hydraulics hold by their load cells. An electrode is about 37 MN/mm stiff and a frame about
//! 2 MN/mm, so a machine without a gap gauge at the nip *is* a force press. What still disturbs it: the pre-load wedges
//! beside the nip (`K_w`) carry a part of the hydraulic force. When the rolls heat (9.2 um/K on 0.8 m), run out or meet
//! thicker web, the wedges are relieved and the nip gets `K_w*(heat + runout + dt)/w` more than the load cells tell.
//! With `K_w` = 0.5 MN/mm that is 7 N/mm per K; hot rolls soften the coating as well (`k_T`). Both make the web thinner.

use crate::calender::{Compaction, gap_closing_um_per_k, resistance_n_per_mm};
use crate::channel::sensor;
use crate::coater::Coater;
use crate::config::{CalenderConfig, LineConfig, Recipe};
use crate::disturbance::{Walk, Wander, wave};
use crate::fault::{Effects, FaultKind};
use crate::gauge::{Beat, Instrument, averaged_sd};
use crate::porosity;
use crate::random::{Stream, place};
use crate::web::{Roll, Track, Unwind};

/// Resolution of the web between nip and gauge, m.
const CELL_M: f64 = 0.05;
/// Raw rate of the thickness gauge, Hz.
const THICKNESS_HZ: f64 = 100.0;

/// What the calender truly does in one tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct PressState {
    /// Speed of the web entering the nip, m/s; 0 while it waits for a roll.
    pub web_m_per_s: f64,
    /// Length of web that entered in this tick, m.
    pub length_m: f64,
    /// Coating metre at the nip.
    pub coating_m: f64,
    /// Dry weight of one side at the nip, g/m2.
    pub dry_g_per_m2: f64,
    /// Line load by the load cells, N/mm.
    pub cell_n_per_mm: f64,
    /// True line load in the nip, N/mm.
    pub nip_n_per_mm: f64,
    /// Porosity behind the nip, dimensionless.
    pub porosity: f64,
    /// Total thickness behind the nip, um.
    pub thickness_um: f64,
    /// Roll surface temperature, degC.
    pub roll_c: f64,
    /// Compaction resistance against nominal, disturbance and fault only, %.
    pub resistance_pct: f64,
}

/// The calender of one line.
pub struct Press {
    recipe: Recipe,
    config: CalenderConfig,
    jumbo_m: f64,
    head_m: f64,
    width_mm: f64,
    dt_s: f64,
    reach: f64,
    limited_n_per_mm: f64,
    cell_n_per_mm: f64,
    target_um: f64,
    /// Line load that makes the sheet at its target one um thinner, N/mm.
    load_per_um: f64,
    heat_um_per_k: f64,
    runout_turns_per_m: f64,
    unwind: Unwind,
    outlet: Track,
    encoder_m: f64,
    second: Beat,
    resistance: Walk,
    roll_heat: Wander,
    resistance_walk_pct: f64,
    roll_warmth_k: f64,
    load_cell: Instrument,
    gauge: Instrument,
    roll_gauge: Instrument,
    state: PressState,
}

impl Press {
    /// The calender of a checked config, roll 0 mounted, at the line load of its target.
    pub fn new(config: &LineConfig, seed: u64, base_hz: u32, bias: &mut Stream) -> Self {
        let recipe = config.recipe();
        let calender = config.calender;
        let dt_s = 1.0 / f64::from(base_hz);
        let load = nominal_line_load_n_per_mm(config);
        let noise = config.noise_size();
        let sizes = config.disturbance_size();
        let target_um = nominal_thickness_um(config);
        let thickness_sd = averaged_sd(config.gauge.thickness_sd_um, THICKNESS_HZ, base_hz);
        let exact = |s| Instrument::exact(Stream::new(seed, s));
        let roll = Roll::new(0, config.jumbo_m, config.coater.winder_m);
        Press {
            recipe,
            config: calender,
            jumbo_m: config.jumbo_m,
            head_m: config.coater.winder_m,
            width_mm: config.coater.width_m * 1000.0,
            dt_s,
            reach: -libm::expm1(-dt_s / calender.servo_tau_s),
            limited_n_per_mm: load,
            cell_n_per_mm: load,
            target_um,
            load_per_um: load_n_per_mm_per_um(config),
            heat_um_per_k: gap_closing_um_per_k(
                500.0 * calender.roll_diameter_m,
                calender.expansion_per_k,
            ),
            runout_turns_per_m: crate::calender::roll_hz(1.0, calender.roll_diameter_m),
            unwind: Unwind::new(roll, config.coater.mark_every_m),
            outlet: Track::new(CELL_M, calender.gauge_m + 2.0, 0.0, f64::NAN),
            encoder_m: 0.0,
            second: Beat::new(1.0, base_hz),
            resistance: Walk::new(
                Stream::new(seed, place::RESISTANCE),
                sizes * config.disturbance.resistance_pct_per_sqrt_s,
                1.0,
            ),
            roll_heat: Wander::new(
                Stream::new(seed, place::ROLL_HEAT),
                sizes * config.disturbance.roll_heat_sd_k,
                config.disturbance.roll_heat_tau_s,
                1.0,
            ),
            resistance_walk_pct: 0.0,
            roll_warmth_k: 0.0,
            load_cell: exact(place::LINE_LOAD).absolute(noise * config.gauge.line_load_sd_n_per_mm),
            gauge: exact(place::THICKNESS)
                .absolute(noise * thickness_sd)
                .biased(0.0, noise * config.gauge.thickness_bias_sd_um * bias.normal()),
            roll_gauge: exact(place::ROLL_TEMPERATURE)
                .absolute(noise * config.gauge.roll_temperature_sd_k),
            state: PressState { thickness_um: target_um, ..PressState::default() },
        }
    }

    /// One tick: `load_setpoint_n_per_mm` (not finite = hold), web from `coater`.
    pub fn step(&mut self, load_setpoint_n_per_mm: f64, faults: &Effects, coater: &Coater) {
        self.servo(load_setpoint_n_per_mm);
        if self.second.tick() > 0 {
            self.resistance_walk_pct = self.resistance.step();
            self.roll_warmth_k = self.roll_heat.step();
        }
        if self.unwind.empty() {
            let next = (self.unwind.roll().number + 1).max(coater.oldest_roll());
            if next < coater.roll_wound() {
                self.unwind.mount(Roll::new(next, self.jumbo_m, self.head_m));
            }
        }
        let wanted_m = self.config.web_m_per_s * self.dt_s;
        let length_m = self.unwind.pull(wanted_m, faults.of(FaultKind::MapOffset));
        let coating_m = self.unwind.at_m() + 0.5 * length_m;
        let roll_k = self.roll_warmth_k + faults.of(FaultKind::RollHeat);
        self.state.length_m = length_m;
        self.state.web_m_per_s = length_m / self.dt_s;
        self.state.coating_m = coating_m;
        self.state.roll_c = self.config.roll_c + roll_k;
        self.state.cell_n_per_mm = self.cell_n_per_mm;
        self.state.resistance_pct =
            self.resistance_walk_pct + 100.0 * faults.of(FaultKind::CompactionStep);
        if length_m > 0.0 {
            self.press(coater.laid_g_per_m2(coating_m), roll_k, faults);
            let out_m = length_m * (1.0 + self.config.elongation);
            self.outlet.lay(out_m, self.state.thickness_um);
            let slip = self.config.encoder_slip + faults.of(FaultKind::EncoderSlip);
            self.encoder_m += out_m * (1.0 - slip);
        }
    }

    fn servo(&mut self, setpoint_n_per_mm: f64) {
        if setpoint_n_per_mm.is_finite() {
            let reachable = setpoint_n_per_mm.clamp(0.0, self.recipe.line_load_max_n_per_mm);
            let most = self.config.slew_n_per_mm_s * self.dt_s;
            self.limited_n_per_mm += (reachable - self.limited_n_per_mm).clamp(-most, most);
        }
        self.cell_n_per_mm += (self.limited_n_per_mm - self.cell_n_per_mm) * self.reach;
    }

    fn press(&mut self, dry_g_per_m2: f64, roll_k: f64, faults: &Effects) {
        let turn = wave(self.outlet.end_m() * self.runout_turns_per_m);
        let runout_um = self.config.runout_um * turn;
        // the thickness of the tick before: the wedge's feedback is about 1 % of the nip's stiffness
        let relief_um =
            self.heat_um_per_k * roll_k + runout_um + self.state.thickness_um - self.target_um;
        let beside = self.config.wedge_mn_per_mm * 1e3 * relief_um / self.width_mm;
        let hammer = faults.of(FaultKind::RollBearing) * turn * self.load_per_um;
        let lost = faults.of(FaultKind::LoadCellDrift) + hammer;
        let nip = (self.cell_n_per_mm - lost + beside).max(0.0);
        let loading_ratio = dry_g_per_m2 / self.recipe.dry_weight_g_per_m2;
        let resistance = resistance_n_per_mm(
            self.recipe.resistance_n_per_mm * (1.0 + 0.01 * self.state.resistance_pct),
            loading_ratio,
            self.recipe.loading_exponent,
            self.recipe.softening_per_k,
            roll_k,
        );
        let density = compaction(&self.recipe, resistance).density_kg_per_m3(nip);
        self.state.dry_g_per_m2 = dry_g_per_m2;
        self.state.nip_n_per_mm = nip;
        self.state.porosity = 1.0 - density / self.recipe.solid_kg_per_m3;
        self.state.thickness_um = 2000.0 * dry_g_per_m2 / density + self.recipe.foil_um;
    }

    /// Fills the calender's sensors. The thickness gauge gives nothing while the web stands.
    pub fn sense(&mut self, out: &mut [f64]) {
        let thickness = self.outlet.at(self.outlet.end_m() - self.config.gauge_m);
        let reading = self.gauge.read(thickness);
        let moving = self.state.length_m > 0.0;
        out[sensor::LINE_LOAD] = self.load_cell.read(self.state.cell_n_per_mm);
        out[sensor::CALENDER_SPEED] = self.state.web_m_per_s;
        out[sensor::ENCODER] = self.encoder_m;
        out[sensor::THICKNESS] = if moving { reading } else { f64::NAN };
        let roll_c = self.roll_gauge.read(self.state.roll_c);
        out[sensor::ROLL_TEMPERATURE] = roll_c;
        out[sensor::MARK_M] = self.unwind.mark_m();
        out[sensor::MARK_COUNT] = self.unwind.marks() as f64;
        out[sensor::CALENDER_JUMBO] = self.unwind.roll().number as f64;
    }

    /// True total thickness under the gauge, um; NaN before web has reached it.
    pub fn thickness_at_gauge_um(&self) -> f64 {
        self.outlet.at(self.outlet.end_m() - self.config.gauge_m)
    }

    /// The roll in the calender.
    pub fn roll(&self) -> Roll {
        self.unwind.roll()
    }

    /// What the calender truly does.
    pub fn state(&self) -> &PressState {
        &self.state
    }
}

fn compaction(recipe: &Recipe, resistance_n_per_mm: f64) -> Compaction {
    Compaction {
        start_kg_per_m3: recipe.start_kg_per_m3,
        max_kg_per_m3: recipe.max_kg_per_m3,
        resistance_n_per_mm,
    }
}

/// Line load that presses target weight to target porosity, N/mm.
pub fn nominal_line_load_n_per_mm(config: &LineConfig) -> f64 {
    let recipe = config.recipe();
    compaction(&recipe, recipe.resistance_n_per_mm)
        .line_load_n_per_mm((1.0 - recipe.porosity) * recipe.solid_kg_per_m3)
}

/// Line load that makes the sheet at target weight and porosity one um thinner, N/mm:
/// `dq/dt = rho/(t*drho/dq)`, t of both sides.
pub fn load_n_per_mm_per_um(config: &LineConfig) -> f64 {
    let recipe = config.recipe();
    let density = (1.0 - recipe.porosity) * recipe.solid_kg_per_m3;
    let law = compaction(&recipe, recipe.resistance_n_per_mm);
    let coated_um = nominal_thickness_um(config) - recipe.foil_um;
    density / (coated_um * law.slope_kg_per_m3_per_n_per_mm(density))
}

/// Total thickness (two sides and foil) at target weight and porosity, um.
pub fn nominal_thickness_um(config: &LineConfig) -> f64 {
    let recipe = config.recipe();
    let side =
        porosity::thickness_um(recipe.dry_weight_g_per_m2, recipe.porosity, recipe.solid_kg_per_m3);
    2.0 * side + recipe.foil_um
}
