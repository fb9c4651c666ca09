//! The oven as it runs: zones that follow their set points slowly, fans, exhaust, and the web that passes.
//!
//! Air temperature: the set point moves at most `rate_k_per_min` towards what was told, the air follows it with `tau_s`.
//! Nozzle air comes from the recovery and carries `inlet_vapour_pa`; it is what the film meets (after Martin 1977). The
//! exhaust carries that and what evaporated: `c = c_in + E/V`; its dampers are set for the recipe, so that at target each
//! zone's exhaust is equally rich, but no zone gets less than [`LEAST_SHARE`] of the air. One step a second.

use super::limits::{adhesion, explosion_share};
use super::march::{Coating, ZoneAir};
use super::recipe::{Drying, exhaust_g_per_m3, outcome};
use super::sensing::DryerInstruments;
use super::strip::{Blown, PIECE_M, Strip};
use super::vapour::{Solvent, ZERO_C};
use super::{ZONES, film};
use crate::config::{DryerConfig, Electrode, LineConfig};
use crate::disturbance::Wander;
use crate::fault::{Effects, FaultKind};
use crate::random::{Stream, place};

/// Usual time of a step, s.
pub const STEP_S: f64 = 1.0;
/// Least share of the exhaust air that a zone gets, dimensionless.
pub const LEAST_SHARE: f64 = 0.04;
/// Where in its zone a web thermometer looks, share of the zone's length.
pub const THERMOMETER_AT: f64 = 0.85;
/// Zones that run hot by `zone_overheat`: the two in the middle.
const OVERHEATED: core::ops::Range<usize> = 2..4;
/// Exhaust air that a fan can move, m3/s of one side.
const EXHAUST_RANGE: (f64, f64) = (0.5, 60.0);

const TRIPS: [FaultKind; ZONES] = [
    FaultKind::FanTrip1,
    FaultKind::FanTrip2,
    FaultKind::FanTrip3,
    FaultKind::FanTrip4,
    FaultKind::FanTrip5,
    FaultKind::FanTrip6,
];

/// What the dryer truly does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OvenState {
    /// Air of each zone, degC.
    pub air_c: [f64; ZONES],
    /// Film under each zone's thermometer, degC.
    pub film_c: [f64; ZONES],
    /// Solvent in each zone's exhaust, g/m3.
    pub exhaust_g_per_m3: [f64; ZONES],
    /// Exhaust air of one side, m3/s.
    pub exhaust_m3_per_s: f64,
    /// Solvent in the coating at the exit, ppm of the coating.
    pub residual_ppm: f64,
    /// Drying front, m from the entry.
    pub front_m: f64,
    /// Highest evaporation that the web at the exit went through, g/m2/s.
    pub peak_g_per_m2_s: f64,
    /// Mean evaporation in its middle stage, g/m2/s; 0 when it left too wet to have one.
    pub middle_g_per_m2_s: f64,
    /// Its adhesion index, 0 to 1.
    pub adhesion: f64,
    /// Highest share of the lower explosion limit in any exhaust.
    pub explosion_share: f64,
}

#[derive(Clone, Copy, Debug)]
struct Zone {
    told_c: f64,
    set_c: f64,
    air_c: f64,
    fan: f64,
    damper: f64,
}

/// The oven of one side of one line; both sides are equal.
pub struct Oven {
    config: DryerConfig,
    coating: Coating,
    heat_w_per_m2_k: [f64; ZONES],
    inlet_pa: f64,
    width_m: f64,
    zones: [Zone; ZONES],
    exhaust_told: f64,
    exhaust_m3_per_s: f64,
    keep_air: f64,
    keep_fan: f64,
    keep_exhaust: f64,
    inlet: Wander,
    heat: Wander,
    strip: Strip,
    zone_m: f64,
    position_m: f64,
    instruments: DryerInstruments,
    state: OvenState,
}

/// The recipe as the dryer sees it.
pub fn drying(config: &LineConfig) -> Drying {
    let (recipe, coater, dryer) = (config.recipe(), &config.coater, &config.dryer);
    let (hot, heat) = (recipe.zones_c(), recipe.zones_heat_w_per_m2_k());
    let air = core::array::from_fn(|i| ZoneAir {
        air_c: hot[i],
        heat_w_per_m2_k: heat[i],
        vapour_pa: recipe.inlet_vapour_pa,
    });
    let even = recipe.exhaust_m3_per_s / ZONES as f64;
    let mut drying = Drying {
        solvent: solvent(config.electrode),
        dry_g_per_m2: recipe.dry_weight_g_per_m2,
        solids_fraction: recipe.solids_fraction,
        critical_fraction: recipe.critical_fraction,
        sorption_x: dryer.sorption_x,
        web_m_per_s: coater.web_m_per_s,
        width_m: coater.width_m,
        zone_m: coater.oven_m / ZONES as f64,
        air,
        exhaust_m3_per_s: [even; ZONES],
        adhesion_g_per_m2_s: dryer.adhesion_g_per_m2_s,
        fresh_c: dryer.fresh_c,
    };
    let evaporated = drying.march().evaporated_g_per_m2;
    let shares = dampers(&evaporated);
    drying.exhaust_m3_per_s = shares.map(|share| share * recipe.exhaust_m3_per_s);
    drying
}

fn solvent(electrode: Electrode) -> Solvent {
    match electrode {
        Electrode::Cathode => Solvent::Nmp,
        Electrode::Anode => Solvent::Water,
    }
}

/// Shares of the exhaust air by what evaporates, each at least [`LEAST_SHARE`].
fn dampers(evaporated: &[f64; ZONES]) -> [f64; ZONES] {
    let total = evaporated.iter().sum::<f64>().max(1e-9);
    let free = 1.0 - LEAST_SHARE * ZONES as f64;
    evaporated.map(|e| LEAST_SHARE + free * e / total)
}

/// Metres from the die to the oven's entry; its exit is as far before the dry gauge as a quarter of what is left of the path.
pub fn entry_m(coater: &crate::config::CoaterConfig) -> f64 {
    0.75 * (coater.dry_gauge_m - coater.oven_m)
}

impl Oven {
    /// The oven of a checked config in steady operation; `laid` tells dry and wet weight at a coating metre, g/m2.
    pub fn new(config: &LineConfig, seed: u64, laid: impl Fn(f64) -> (f64, f64)) -> Self {
        let (recipe, dryer) = (config.recipe(), config.dryer);
        let drying = drying(config);
        let coating = drying.coating();
        let entry = entry_m(&config.coater);
        let keep_m = config.coater.dry_gauge_m - entry + 4.0;
        let size = config.disturbance_size();
        let disturbance = &config.disturbance;
        let zones = core::array::from_fn(|i| Zone {
            told_c: drying.air[i].air_c,
            set_c: drying.air[i].air_c,
            air_c: drying.air[i].air_c,
            fan: 1.0,
            damper: drying.exhaust_m3_per_s[i] / recipe.exhaust_m3_per_s,
        });
        let mut made = Oven {
            config: dryer,
            coating,
            heat_w_per_m2_k: recipe.zones_heat_w_per_m2_k(),
            inlet_pa: recipe.inlet_vapour_pa,
            width_m: config.coater.width_m,
            zones,
            exhaust_told: recipe.exhaust_m3_per_s,
            exhaust_m3_per_s: recipe.exhaust_m3_per_s,
            keep_air: libm::exp(-STEP_S / dryer.tau_s),
            keep_fan: libm::exp(-STEP_S / dryer.fan_tau_s),
            keep_exhaust: libm::exp(-STEP_S / dryer.exhaust_tau_s),
            inlet: Wander::new(
                Stream::new(seed, place::DRYER_INLET),
                size * disturbance.inlet_sd_g_per_m3,
                disturbance.inlet_tau_s,
                STEP_S,
            ),
            heat: Wander::new(
                Stream::new(seed, place::DRYER_HEAT),
                size * 0.01 * disturbance.nozzle_sd_pct,
                disturbance.nozzle_tau_s,
                STEP_S,
            ),
            strip: Strip::new(coating, entry, drying.zone_m, keep_m, -keep_m - entry),
            zone_m: drying.zone_m,
            position_m: 0.0,
            instruments: DryerInstruments::new(config, seed, &OvenState::default()),
            state: OvenState::default(),
        };
        made.dry_before_the_shift(keep_m + entry, config.coater.web_m_per_s, laid);
        let exhaust = outcome(&drying).exhaust_g_per_m3;
        made.state.exhaust_g_per_m3 = exhaust;
        made.instruments = DryerInstruments::new(config, seed, &made.state);
        made
    }

    /// Runs the web in the machine through the zones at the recipe's air.
    fn dry_before_the_shift(
        &mut self,
        length_m: f64,
        web_m_per_s: f64,
        laid: impl Fn(f64) -> (f64, f64),
    ) {
        let steps = (length_m / (web_m_per_s * STEP_S)).ceil();
        let step_m = length_m / steps;
        let blown = self.blown(0.0, 1.0);
        let mut lost = [0.0; ZONES];
        for step in 0..steps as u64 {
            let from = -length_m + step as f64 * step_m;
            let coating = self.coating;
            let (strip, dt_s) = (&mut self.strip, step_m / web_m_per_s);
            strip.advance(
                from,
                from + step_m,
                dt_s,
                &blown,
                |m| carried(coating, laid(m)),
                &mut lost,
            );
        }
        self.observe();
    }

    /// One step of `dt_s`, usually a second: the web is at `position_m`; zones in degC and exhaust air in m3/s as told (not finite = hold).
    pub fn step(
        &mut self,
        dt_s: f64,
        position_m: f64,
        zones_c: &[f64; ZONES],
        exhaust_m3_per_s: f64,
        faults: &Effects,
        laid: impl Fn(f64) -> (f64, f64),
    ) {
        self.follow(zones_c, exhaust_m3_per_s, faults);
        let inlet = self.inlet.step() + faults.of(FaultKind::InletSolvent);
        let heat = 1.0 + self.heat.step();
        let blown = self.blown(inlet, heat);
        let coating = self.coating;
        let mut lost = [0.0; ZONES];
        self.strip.advance(
            self.position_m,
            position_m,
            dt_s,
            &blown,
            |m| carried(coating, laid(m)),
            &mut lost,
        );
        self.position_m = position_m;
        self.observe();
        for (zone, content) in lost.iter().enumerate() {
            let air = self.air(zone, inlet, heat);
            let exhaust = self.exhaust_m3_per_s * self.zones[zone].damper;
            self.state.exhaust_g_per_m3[zone] =
                exhaust_g_per_m3(coating.solvent, &air, content * self.width_m / dt_s, exhaust);
        }
        self.state.explosion_share = self
            .state
            .exhaust_g_per_m3
            .iter()
            .map(|g| explosion_share(coating.solvent, *g))
            .fold(0.0, f64::max);
        self.instruments.read(&self.state);
    }

    /// Fills the dryer's sensors.
    pub fn sense(&self, out: &mut [f64]) {
        self.instruments.sense(out);
    }

    fn follow(&mut self, zones_c: &[f64; ZONES], exhaust_m3_per_s: f64, faults: &Effects) {
        let step_k = self.config.rate_k_per_min / 60.0 * STEP_S;
        let overheat = faults.of(FaultKind::ZoneOverheat);
        for (i, zone) in self.zones.iter_mut().enumerate() {
            if zones_c[i].is_finite() {
                zone.told_c = zones_c[i].clamp(self.config.fresh_c, self.config.air_max_c);
            }
            zone.set_c += (zone.told_c - zone.set_c).clamp(-step_k, step_k);
            let hot = if OVERHEATED.contains(&i) { overheat } else { 0.0 };
            let aim = zone.set_c + hot;
            zone.air_c = aim + (zone.air_c - aim) * self.keep_air;
            let fan = 1.0 - faults.of(TRIPS[i]);
            zone.fan = fan + (zone.fan - fan) * self.keep_fan;
        }
        if exhaust_m3_per_s.is_finite() {
            self.exhaust_told = exhaust_m3_per_s.clamp(EXHAUST_RANGE.0, EXHAUST_RANGE.1);
        }
        self.exhaust_m3_per_s =
            self.exhaust_told + (self.exhaust_m3_per_s - self.exhaust_told) * self.keep_exhaust;
    }

    fn air(&self, zone: usize, inlet_g_per_m3: f64, heat: f64) -> ZoneAir {
        let air_c = self.zones[zone].air_c;
        let more_pa = film::vapour_pa(self.coating.solvent, inlet_g_per_m3, air_c);
        ZoneAir {
            air_c,
            heat_w_per_m2_k: self.heat_w_per_m2_k[zone] * heat * self.zones[zone].fan,
            vapour_pa: (self.inlet_pa + more_pa).max(0.0),
        }
    }

    fn blown(&self, inlet_g_per_m3: f64, heat: f64) -> Blown {
        let film = core::array::from_fn(|i| self.coating.film(&self.air(i, inlet_g_per_m3, heat)));
        let wet = core::array::from_fn(|i: usize| {
            if self.coating.sorption_x > 0.0 {
                return None;
            }
            let settled = film[i].settle(1.0, 1.0, self.state.film_c[i] + ZERO_C);
            Some((settled.film_k, 1e3 * settled.wet_kg_per_m2_s))
        });
        Blown { film, wet }
    }

    fn observe(&mut self) {
        let state = &mut self.state;
        for (i, zone) in self.zones.iter().enumerate() {
            let x = (i as f64 + THERMOMETER_AT) * self.zone_m;
            state.air_c[i] = zone.air_c;
            state.film_c[i] = self.strip.film_c(x, self.position_m);
        }
        state.exhaust_m3_per_s = self.exhaust_m3_per_s;
        state.front_m = self.strip.front_m(self.position_m);
        // The first metre whose centre has left the oven.
        let exit_m = self.zone_m * ZONES as f64 + 0.5 * PIECE_M;
        let (piece, coating) = self.strip.at(exit_m, self.position_m);
        state.residual_ppm =
            1e6 * piece.left_g_per_m2 / (coating.dry_g_per_m2 + piece.left_g_per_m2).max(1e-9);
        state.peak_g_per_m2_s = piece.peak_g_per_m2_s;
        let middle = piece.middle_g_per_m2_s(coating);
        state.middle_g_per_m2_s = if middle.is_nan() { 0.0 } else { middle };
        state.adhesion = adhesion(state.middle_g_per_m2_s, self.config.adhesion_g_per_m2_s);
    }

    /// Solvent left on coating metre `at_m`, g/m2.
    pub fn left_g_per_m2(&self, at_m: f64) -> f64 {
        self.strip.left_g_per_m2(at_m)
    }

    /// What the dryer truly does.
    pub fn state(&self) -> &OvenState {
        &self.state
    }
}

/// The recipe's coating with what was truly laid: dry and wet weight, g/m2.
fn carried(coating: Coating, (dry, wet): (f64, f64)) -> Coating {
    Coating { dry_g_per_m2: dry, solvent_g_per_m2: (wet - dry).max(0.0), ..coating }
}
