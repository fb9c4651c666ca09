//! Coater: tank, pump, meter, pipe, die, web and the two gauges of one side. Both sides are equal, so the tank drains twice.
//!
//! `M = x*rho*Q/(U*w)*(1 + d)`: solids, density and pump slip act before the Coriolis meter sees the flow, `d` acts behind it.

use crate::channel::{actuator, sensor};
use crate::config::{LineConfig, Recipe};
use crate::cross::Cross;
use crate::disturbance::{Wander, WeightDisturbance, WeightDisturbances};
use crate::dryer::{Oven, OvenState, ZONES};
use crate::fault::{Effects, FaultKind};
use crate::feed::Feed;
use crate::gauge::Beat;
use crate::instruments::Instruments;
use crate::pump::{Pipe, Pump};
use crate::random::{Stream, place};
use crate::tank::Tank;
use crate::thickness::Thickness;
use crate::web::{Roll, Track};
use crate::{die, slurry};

/// Resolution of the web, m.
const CELL_M: f64 = 0.1;
/// Fastest change of the web speed, m/s2.
const DRIVE_M_PER_S2: f64 = 0.05;
/// Rolls of web kept: one being wound, one being pressed, three of slack.
const ROLLS_KEPT: f64 = 5.0;

/// What the coater truly does in one tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoaterState {
    /// Web speed, m/s.
    pub web_m_per_s: f64,
    /// Metre at the die.
    pub position_m: f64,
    /// Flow truly displaced, L/min, ripple and slip included.
    pub flow_l_per_min: f64,
    /// Flow by pump speed, L/min.
    pub pump_l_per_min: f64,
    /// Solids fraction at the die, dimensionless.
    pub solids: f64,
    /// Density at the meter, kg/m3, air included.
    pub density_kg_per_m3: f64,
    /// Slurry temperature, degC.
    pub slurry_c: f64,
    /// Entrained air, vol%.
    pub air_pct: f64,
    /// Dry weight of one side laid at the die, g/m2.
    pub dry_g_per_m2: f64,
    /// Background disturbances.
    pub disturbance: WeightDisturbance,
    /// Viscosity at the wall of the slot, Pa s.
    pub viscosity_pa_s: f64,
    /// Pressure at the die, kPa.
    pub die_kpa: f64,
    /// Spread of the profile across the web, the outermost boxes left out, %.
    pub cross_sigma_pct: f64,
    /// Number of the batch that feeds the line; 0 without batches.
    pub batch: f64,
    /// Dryer.
    pub oven: OvenState,
}

/// Mean dry and wet weight of the metre of web around `at_m`, g/m2.
fn metre(dry: &Track, wet: &Track, at_m: f64) -> (f64, f64) {
    let cells = (1.0 / CELL_M) as u32;
    let mean = |track: &Track| {
        let at = |i: u32| track.at(at_m - 0.5 + (f64::from(i) + 0.5) * CELL_M);
        (0..cells).map(at).sum::<f64>() / f64::from(cells)
    };
    (mean(dry), mean(wet))
}

/// The coating machine of one line.
pub struct Coater {
    recipe: Recipe,
    config: crate::config::CoaterConfig,
    jumbo_m: f64,
    dt_s: f64,
    tank: Tank,
    switched: f64,
    pump: Pump,
    pipe: Pipe,
    oven: Oven,
    since_dried_s: f64,
    slurry_heat: Wander,
    slurry_c: f64,
    second: Beat,
    weight: WeightDisturbances,
    feed: Feed,
    thickness: Thickness,
    cross: Cross,
    instruments: Instruments,
    dry: Track,
    wet: Track,
    position_m: f64,
    drive_m_per_s: f64,
    state: CoaterState,
}

impl Coater {
    /// The coater of a checked config, running at its target.
    pub fn new(config: &LineConfig, seed: u64, base_hz: u32, bias: &mut Stream) -> Self {
        let recipe = config.recipe();
        let coater = config.coater;
        let dt_s = 1.0 / f64::from(base_hz);
        let rho = slurry::slurry_density_kg_per_m3(
            recipe.solids_fraction,
            recipe.solid_kg_per_m3,
            recipe.solvent_kg_per_m3,
        );
        let flow = nominal_flow_l_per_min(config);
        let sizes = config.disturbance_size();
        let plugs = (20 * base_hz).max(64) as usize;
        let wet_g_per_m2 = recipe.dry_weight_g_per_m2 / recipe.solids_fraction;
        let first = Roll::new(0, config.jumbo_m, coater.winder_m);
        let keep_m = ROLLS_KEPT * config.jumbo_m + 2.0 * coater.winder_m;
        let track = |value| Track::new(CELL_M, keep_m, first.start_m, value);
        let feed = Feed::new(config, seed);
        let solids = recipe.solids_fraction + feed.solids_step();
        let mut made = Coater {
            recipe,
            config: coater,
            jumbo_m: config.jumbo_m,
            dt_s,
            tank: Tank::new(coater.tank_l, solids),
            switched: 0.0,
            pump: Pump::new(flow, coater.pump_tau_s, coater.pump_slew_per_s, dt_s),
            pipe: Pipe::new(coater.meter_to_die_l, plugs, solids, rho),
            oven: Oven::new(config, seed, |_| (recipe.dry_weight_g_per_m2, wet_g_per_m2)),
            since_dried_s: 0.0,
            slurry_heat: Wander::new(
                Stream::new(seed, place::SLURRY_HEAT),
                sizes * config.disturbance.slurry_sd_k,
                config.disturbance.slurry_tau_s,
                1.0,
            ),
            slurry_c: coater.slurry_c,
            second: Beat::new(1.0, base_hz),
            weight: WeightDisturbances::new(config, seed, dt_s),
            feed,
            thickness: Thickness::new(config),
            cross: Cross::new(config, seed),
            instruments: Instruments::new(config, seed, base_hz, bias),
            dry: track(recipe.dry_weight_g_per_m2),
            wet: track(wet_g_per_m2),
            position_m: 0.0,
            drive_m_per_s: coater.web_m_per_s,
            state: CoaterState::default(),
        };
        made.coat_before_the_shift(config, seed);
        let (dry, wet) = (&made.dry, &made.wet);
        made.oven = Oven::new(config, seed, |at_m| metre(dry, wet, at_m));
        made.state.oven = *made.oven.state();
        made
    }

    /// Lays roll 0 and the web in the machine: a line under control, so the slow part wanders instead of walking away.
    fn coat_before_the_shift(&mut self, config: &LineConfig, seed: u64) {
        let sizes = config.disturbance_size();
        let disturbance = &config.disturbance;
        let dt_s = CELL_M / self.config.web_m_per_s;
        let slow_tau_s = 600.0;
        let slow_sd = disturbance.walk_pct_per_sqrt_s * (0.5f64 * slow_tau_s).sqrt();
        let before = |s| Stream::new(seed, s);
        let mut slow = Wander::new(before(place::BEFORE_WALK), sizes * slow_sd, slow_tau_s, dt_s);
        let mut fast = Wander::new(
            before(place::BEFORE_WANDER),
            sizes * disturbance.wander_sd_pct,
            disturbance.wander_tau_s,
            dt_s,
        );
        while self.dry.end_m() < -1e-6 {
            let length_m = CELL_M.min(-self.dry.end_m());
            let dry_g_per_m2 =
                self.recipe.dry_weight_g_per_m2 * (1.0 + 0.01 * (slow.step() + fast.step()));
            self.dry.lay(length_m, dry_g_per_m2);
            self.wet.lay(length_m, dry_g_per_m2 / self.recipe.solids_fraction);
        }
    }

    /// Web drive: follows its set-point as fast as [`DRIVE_M_PER_S2`] lets it; not finite holds.
    fn drive(&mut self, told_m_per_s: f64) {
        if told_m_per_s.is_finite() {
            let step = DRIVE_M_PER_S2 * self.dt_s;
            self.drive_m_per_s += (told_m_per_s.max(0.0) - self.drive_m_per_s).clamp(-step, step);
        }
    }

    /// One tick: `told` tells an actuator's value by its place (not finite = hold).
    pub fn step(&mut self, time_s: f64, told: &impl Fn(usize) -> f64, faults: &Effects) {
        self.drive(told(actuator::WEB_DRIVE));
        let web_m_per_s = self.drive_m_per_s * (1.0 + faults.of(FaultKind::SpeedUpset));
        let pulsation_pct = faults.of(FaultKind::Pulsation);
        let disturbance = self.weight.step(time_s, self.position_m, pulsation_pct);
        let second = self.second.tick() > 0;
        if second {
            self.second(told, faults);
        }
        let pump_l_per_min = self.pump.step(told(actuator::PUMP_FLOW));
        let flow_l_per_min = pump_l_per_min
            * (1.0 - faults.of(FaultKind::PumpSlip) - 0.01 * faults.of(FaultKind::StatorWear))
            * (1.0 + 0.01 * disturbance.ripple_pct);
        let drawn_l = flow_l_per_min * self.dt_s / 60.0;
        let meter_solids = self.mix(2.0 * drawn_l, told(actuator::SOLIDS_OFFSET), faults);
        let air_pct = faults.of(FaultKind::AirBurst);
        let density = self.density(meter_solids, air_pct);
        let (solids, die_density) = self.pipe.push(drawn_l, meter_solids, density);
        let wet =
            die::wet_weight_g_per_m2(flow_l_per_min, die_density, web_m_per_s, self.config.width_m)
                * (1.0 + disturbance.at_die());
        let length_m = web_m_per_s * self.dt_s;
        self.wet.lay(length_m, wet);
        self.dry.lay(length_m, solids * wet);
        self.position_m += length_m;
        self.cross.advance(self.position_m);
        self.since_dried_s += self.dt_s;
        if second {
            self.dry_web(told, faults);
        }
        self.state = CoaterState {
            web_m_per_s,
            position_m: self.position_m,
            flow_l_per_min,
            pump_l_per_min,
            solids,
            density_kg_per_m3: density,
            slurry_c: self.slurry_c,
            air_pct,
            dry_g_per_m2: solids * wet,
            disturbance,
            viscosity_pa_s: self.thickness.viscosity_pa_s(),
            die_kpa: self.state.die_kpa,
            cross_sigma_pct: self.cross.sigma_pct(),
            batch: self.feed.batch().map_or(0.0, |batch| batch.number as f64),
            oven: *self.oven.state(),
        };
    }

    /// What is slow enough for once a second: temperature, viscosity, the die across the web.
    fn second(&mut self, told: &impl Fn(usize) -> f64, faults: &Effects) {
        let warmth_k = self.slurry_heat.step() + faults.of(FaultKind::SlurryHeat);
        self.slurry_c = self.config.slurry_c + warmth_k;
        self.feed.second();
        let above_pp = 100.0 * (self.tank.solids() - self.recipe.solids_fraction);
        let drift_pct = faults.of(FaultKind::ViscosityDrift);
        self.thickness.set(self.feed.log_viscosity(), above_pp, self.slurry_c, drift_pct);
        let bolts = |j: usize| told(actuator::BOLT_01 + j);
        self.cross.second(bolts, self.thickness.thicker_pct(), faults);
    }

    /// The web of the last second through the oven.
    fn dry_web(&mut self, told: &impl Fn(usize) -> f64, faults: &Effects) {
        let zones_c: [f64; ZONES] = core::array::from_fn(|i| told(actuator::ZONE_1 + i));
        let (dry, wet) = (&self.dry, &self.wet);
        let laid = |at_m: f64| metre(dry, wet, at_m);
        self.oven.step(
            self.since_dried_s,
            self.position_m,
            &zones_c,
            told(actuator::EXHAUST),
            faults,
            laid,
        );
        self.since_dried_s = 0.0;
    }

    fn mix(&mut self, drawn_l: f64, offset_pp: f64, faults: &Effects) -> f64 {
        let switched = 0.01 * faults.of(FaultKind::SolidsSwitch);
        if switched != self.switched {
            self.tank.switch(switched - self.switched);
            self.switched = switched;
        }
        let (batch, step) = self.feed.draw_l(drawn_l, offset_pp);
        if step != 0.0 {
            self.tank.switch(step);
        }
        let inlet = self.recipe.solids_fraction
            + switched
            + batch
            + 0.01 * faults.of(FaultKind::SolidsBatch);
        self.tank.draw(drawn_l, inlet)
    }

    fn density(&self, solids: f64, air_pct: f64) -> f64 {
        let recipe = &self.recipe;
        let solvent = slurry::solvent_density_kg_per_m3(
            recipe.solvent_kg_per_m3,
            recipe.solvent_slope_kg_per_m3_k,
            self.slurry_c,
            SOLVENT_REFERENCE_C,
        );
        let liquid = slurry::slurry_density_kg_per_m3(solids, recipe.solid_kg_per_m3, solvent);
        slurry::aerated_density_kg_per_m3(liquid, 0.01 * air_pct)
    }

    /// Fills the coater's sensors.
    pub fn sense(&mut self, faults: &Effects, out: &mut [f64]) {
        let wet = self.wet.at(self.position_m - self.config.wet_gauge_m);
        let dry = self.dry_at_gauge_g_per_m2();
        if self.instruments.due() {
            self.state.die_kpa = self.thickness.die_kpa(self.state.flow_l_per_min);
            self.instruments.transmit(&self.state);
        }
        let (cross, at_m) = (&self.cross, self.position_m - self.config.dry_gauge_m);
        let dry = |index: usize| dry * cross.at(at_m, index);
        self.instruments.sense(&self.state, wet, dry, faults, out);
        out[sensor::BATCH] = self.feed.batch().map_or(f64::NAN, |batch| batch.number as f64);
        out[sensor::BATCH_LEFT] = self.feed.left_l();
        self.oven.sense(out);
        out[sensor::COATER_JUMBO] = self.roll_wound() as f64;
    }

    /// True dry weight of one side under the dry gauge, as a laboratory finds it, g/m2.
    pub fn laid_under_gauge_g_per_m2(&self) -> f64 {
        self.dry.at(self.position_m - self.config.dry_gauge_m)
    }

    /// True weight under the dry gauge, residual solvent included, g/m2.
    fn dry_at_gauge_g_per_m2(&self) -> f64 {
        let at_m = self.position_m - self.config.dry_gauge_m;
        self.dry.at(at_m) + self.oven.left_g_per_m2(at_m)
    }

    /// Number of the roll being wound: it changes when the metre of the cut reaches the winder. The first is 1.
    pub fn roll_wound(&self) -> i64 {
        let at_winder_m = self.position_m - self.config.winder_m + 1e-6;
        ((at_winder_m / self.jumbo_m).floor() as i64 + 1).max(1)
    }

    /// Dry weight of one side at coating metre `at_m`, g/m2.
    pub fn laid_g_per_m2(&self, at_m: f64) -> f64 {
        self.dry.at(at_m)
    }

    /// Speed that the web drive is at, m/s; an upset of the speed is not in it.
    pub fn drive_m_per_s(&self) -> f64 {
        self.drive_m_per_s
    }

    /// What the coater truly does.
    pub fn state(&self) -> &CoaterState {
        &self.state
    }

    /// The die across the web.
    pub fn cross(&self) -> &Cross {
        &self.cross
    }

    /// Oldest roll that is still wholly known while another is being pressed.
    pub fn oldest_roll(&self) -> i64 {
        let kept_m = (ROLLS_KEPT - 2.0) * self.jumbo_m;
        ((self.position_m - kept_m) / self.jumbo_m).ceil() as i64 + 1
    }
}

/// Temperature that the recipe's solvent density belongs to, degC.
pub(crate) const SOLVENT_REFERENCE_C: f64 = 25.0;

/// Pump flow of one side that lays the target weight at the configured slurry temperature and web speed, L/min.
pub fn nominal_flow_l_per_min(config: &LineConfig) -> f64 {
    let recipe = config.recipe();
    let solvent = slurry::solvent_density_kg_per_m3(
        recipe.solvent_kg_per_m3,
        recipe.solvent_slope_kg_per_m3_k,
        config.coater.slurry_c,
        SOLVENT_REFERENCE_C,
    );
    let rho =
        slurry::slurry_density_kg_per_m3(recipe.solids_fraction, recipe.solid_kg_per_m3, solvent);
    die::flow_l_per_min(
        recipe.dry_weight_g_per_m2,
        recipe.solids_fraction,
        rho,
        config.coater.web_m_per_s,
        config.coater.width_m,
    )
}
