//! What a recipe comes to behind the dryer: residual, front, rates, adhesion, explosion limit, heat.
//!
//! A pure function of about ten microseconds, so that ten thousand draws of an uncertain recipe take a tenth of a second.

use super::film::vapour_g_per_m3;
use super::limits::{adhesion, evaporation_kw, exhaust_kw, explosion_share};
use super::march::{Coating, ZoneAir, march};
use super::vapour::Solvent;
use super::{ZONES, march::March};
use crate::config::{ConfigError, within};

/// Steps of a second at nominal speed: the share left is within 2 % of fine steps.
const STEPS_PER_ZONE: u32 = 12;

/// Air temperatures that the vapour pressures and the films are stated for, degC.
pub const AIR_RANGE_C: (f64, f64) = (5.0, 200.0);

/// A recipe as the dryer sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drying {
    /// Solvent.
    pub solvent: Solvent,
    /// Dry weight of one side, g/m2, above 0.
    pub dry_g_per_m2: f64,
    /// Solids mass fraction of the slurry, between 0 and 1.
    pub solids_fraction: f64,
    /// Critical moisture over initial moisture, dimensionless.
    pub critical_fraction: f64,
    /// Sorption constant X_s, kg/kg; 0 = none.
    pub sorption_x: f64,
    /// Web speed, m/s, above 0.
    pub web_m_per_s: f64,
    /// Coated width, m.
    pub width_m: f64,
    /// Length of one zone, m.
    pub zone_m: f64,
    /// Air of each zone.
    pub air: [ZoneAir; ZONES],
    /// Exhaust of each zone and side, m3/s, above 0.
    pub exhaust_m3_per_s: [f64; ZONES],
    /// Evaporation in the middle stage that halves the adhesion, g/m2/s.
    pub adhesion_g_per_m2_s: f64,
    /// Fresh air, degC.
    pub fresh_c: f64,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Solvent in the coating at the exit, ppm of the coating.
    pub residual_ppm: f64,
    /// Where the critical moisture is reached, m from the oven's entry; NaN when it is not.
    pub front_m: f64,
    /// Highest evaporation, g/m2/s.
    pub peak_g_per_m2_s: f64,
    /// Mean evaporation in the middle stage, g/m2/s; NaN when it is not reached.
    pub middle_g_per_m2_s: f64,
    /// Adhesion over that of a slowly dried coating, 0 to 1; NaN when the middle stage is not reached.
    pub adhesion: f64,
    /// Highest share of the lower explosion limit in any zone's exhaust; 0 for water.
    pub explosion_share: f64,
    /// Share of the solvent left behind each zone.
    pub left: [f64; ZONES],
    /// Temperature of the film at the end of each zone, degC.
    pub film_c: [f64; ZONES],
    /// Solvent in each zone's exhaust, g/m3.
    pub exhaust_g_per_m3: [f64; ZONES],
    /// Heat for evaporation and for the exhaust air of one side, kW; no recovery.
    pub heat_kw: f64,
}

impl Drying {
    /// Refuses what no dryer can be; names the first field found.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("drying.dry_g_per_m2", self.dry_g_per_m2, 1.0, 1000.0)?;
        within("drying.solids_fraction", self.solids_fraction, 0.05, 0.95)?;
        within("drying.critical_fraction", self.critical_fraction, 0.05, 0.95)?;
        within("drying.sorption_x", self.sorption_x, 0.0, 0.2)?;
        within("drying.web_m_per_s", self.web_m_per_s, 0.01, 10.0)?;
        within("drying.width_m", self.width_m, 0.05, 3.0)?;
        within("drying.zone_m", self.zone_m, 0.1, 50.0)?;
        within("drying.adhesion_g_per_m2_s", self.adhesion_g_per_m2_s, 0.1, 100.0)?;
        within("drying.fresh_c", self.fresh_c, -30.0, 60.0)?;
        for (air, exhaust_m3_per_s) in self.air.iter().zip(self.exhaust_m3_per_s) {
            within("drying.air_c", air.air_c, AIR_RANGE_C.0, AIR_RANGE_C.1)?;
            within("drying.heat_w_per_m2_k", air.heat_w_per_m2_k, 1.0, 500.0)?;
            within("drying.vapour_pa", air.vapour_pa, 0.0, 20_000.0)?;
            within("drying.exhaust_m3_per_s", exhaust_m3_per_s, 1e-3, 100.0)?;
        }
        Ok(())
    }

    /// Coating as it enters.
    pub fn coating(&self) -> Coating {
        Coating {
            solvent: self.solvent,
            dry_g_per_m2: self.dry_g_per_m2,
            solvent_g_per_m2: self.dry_g_per_m2 * (1.0 / self.solids_fraction - 1.0),
            critical_fraction: self.critical_fraction,
            sorption_x: self.sorption_x,
        }
    }

    /// The passage, in steps of a second at nominal speed.
    pub fn march(&self) -> March {
        march(&self.coating(), &self.air, self.zone_m / self.web_m_per_s, STEPS_PER_ZONE)
    }
}

/// Solvent in the exhaust of one zone and side, g/m3: what the air brings and what evaporates into it.
pub fn exhaust_g_per_m3(
    solvent: Solvent,
    air: &ZoneAir,
    evaporated_g_per_s: f64,
    exhaust_m3_per_s: f64,
) -> f64 {
    vapour_g_per_m3(solvent, air.vapour_pa, air.air_c) + evaporated_g_per_s / exhaust_m3_per_s
}

/// What `drying` comes to. Every field finite and positive, as [`Drying`] says; nothing is checked here.
pub fn outcome(drying: &Drying) -> Outcome {
    let made = drying.march();
    let coating = drying.coating();
    let area_m2_per_s = drying.web_m_per_s * drying.width_m;
    let middle = made.exit.middle_g_per_m2_s(&coating);
    let exhaust: [f64; ZONES] = core::array::from_fn(|i| {
        let evaporated = area_m2_per_s * made.evaporated_g_per_m2[i];
        exhaust_g_per_m3(drying.solvent, &drying.air[i], evaporated, drying.exhaust_m3_per_s[i])
    });
    let lost = coating.solvent_g_per_m2 - made.exit.left_g_per_m2;
    let heat_kw = evaporation_kw(drying.solvent, area_m2_per_s * lost)
        + (0..ZONES)
            .map(|i| exhaust_kw(drying.exhaust_m3_per_s[i], drying.air[i].air_c, drying.fresh_c))
            .sum::<f64>();
    Outcome {
        residual_ppm: 1e6 * made.exit.left_g_per_m2
            / (drying.dry_g_per_m2 + made.exit.left_g_per_m2),
        front_m: made.front_zones * drying.zone_m,
        peak_g_per_m2_s: made.exit.peak_g_per_m2_s,
        middle_g_per_m2_s: middle,
        adhesion: adhesion(middle, drying.adhesion_g_per_m2_s),
        explosion_share: exhaust
            .iter()
            .map(|g| explosion_share(drying.solvent, *g))
            .fold(0.0, f64::max),
        left: made.left,
        film_c: made.film_c,
        exhaust_g_per_m3: exhaust,
        heat_kw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cathode() -> Drying {
        let (hot, heat) =
            ([90.0, 110.0, 120.0, 125.0, 120.0, 100.0], [32.0, 46.0, 50.0, 50.0, 48.0, 40.0]);
        Drying {
            solvent: Solvent::Nmp,
            dry_g_per_m2: 220.0,
            solids_fraction: 0.70,
            critical_fraction: 0.40,
            sorption_x: 0.0,
            web_m_per_s: 1.0,
            width_m: 0.66,
            zone_m: 12.0,
            air: core::array::from_fn(|i| ZoneAir {
                air_c: hot[i],
                heat_w_per_m2_k: heat[i],
                vapour_pa: 100.0,
            }),
            exhaust_m3_per_s: [1.2, 3.2, 4.2, 2.0, 0.5, 0.5],
            adhesion_g_per_m2_s: 1.5,
            fresh_c: 20.0,
        }
    }

    #[test]
    fn what_evaporates_is_what_the_exhaust_carries() {
        let drying = cathode();
        let made = outcome(&drying);
        let carried: f64 = (0..ZONES)
            .map(|i| {
                let came = vapour_g_per_m3(Solvent::Nmp, 100.0, drying.air[i].air_c);
                (made.exhaust_g_per_m3[i] - came) * drying.exhaust_m3_per_s[i]
            })
            .sum();
        let lost = 0.66 * drying.coating().solvent_g_per_m2 * (1.0 - made.left[5]);
        assert!((carried / lost - 1.0).abs() < 1e-9, "{carried} {lost}");
        assert!(made.explosion_share > 0.1 && made.explosion_share < 0.25);
        assert!((made.residual_ppm - 945.0).abs() < 60.0, "{}", made.residual_ppm);
    }

    #[test]
    fn more_load_or_speed_moves_the_front_out_and_leaves_more() {
        let base = outcome(&cathode());
        for changed in [
            Drying { web_m_per_s: 1.1, ..cathode() },
            Drying { solids_fraction: 0.69, ..cathode() },
            Drying { dry_g_per_m2: 235.0, ..cathode() },
        ] {
            let made = outcome(&changed);
            assert!(made.front_m > base.front_m && made.residual_ppm > base.residual_ppm);
        }
    }

    #[test]
    fn hotter_middle_zones_cost_adhesion() {
        let mut hot = cathode();
        hot.air[2].air_c += 25.0;
        let (base, made) = (outcome(&cathode()), outcome(&hot));
        assert!(made.middle_g_per_m2_s > 1.1 * base.middle_g_per_m2_s);
        assert!(made.adhesion < base.adhesion);
        assert!(made.residual_ppm < base.residual_ppm);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let mut wrong = cathode();
        wrong.air[3].air_c = 400.0;
        let error = wrong.check().unwrap_err();
        assert_eq!(error.to_string(), "drying.air_c must be 5 to 200, was 400");
        assert!(Drying { web_m_per_s: f64::NAN, ..cathode() }.check().is_err());
    }
}
