//! A piece of web on its way through the zones.
//!
//! In the constant-rate period the film is at its wet bulb and loses `mdot*dt`; below the critical moisture the wetness is
//! `f = s/s_c` and `ds/dt = -mdot(T_f(f))*s/s_c`, integrated exactly for the rate at the middle of the step.

use super::ZONES;
use super::curve::activity;
use super::film::Film;
use super::vapour::{Solvent, ZERO_C};

/// Middle stage of drying, share of the initial solvent left: it begins when the particles touch and the pores begin to
/// empty, which for both electrodes is at about half of the solvent; there a high rate carries the binder upward.
pub const MIDDLE_STAGE: (f64, f64) = (0.50, 0.25);

/// Air of one zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneAir {
    /// Temperature, degC.
    pub air_c: f64,
    /// Heat transfer of each side, W/m2/K.
    pub heat_w_per_m2_k: f64,
    /// Partial pressure of the solvent in the air blown on the web, Pa.
    pub vapour_pa: f64,
}

/// What comes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coating {
    /// Solvent.
    pub solvent: Solvent,
    /// Dry weight of one side, g/m2.
    pub dry_g_per_m2: f64,
    /// Solvent of one side when it enters, g/m2.
    pub solvent_g_per_m2: f64,
    /// Critical moisture over initial moisture, dimensionless.
    pub critical_fraction: f64,
    /// Sorption constant X_s, kg solvent per kg dry coating; 0 = none.
    pub sorption_x: f64,
}

impl Coating {
    /// The film under `air`, both sides blown on.
    pub fn film(&self, air: &ZoneAir) -> Film {
        Film::new(self.solvent, air.air_c, air.heat_w_per_m2_k, air.heat_w_per_m2_k, air.vapour_pa)
    }
}

/// Solvent of a piece of web and what it went through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Piece {
    /// Solvent left, g/m2.
    pub left_g_per_m2: f64,
    /// Temperature of the film, K.
    pub film_k: f64,
    /// Evaporation of a wet film at this temperature, g/m2/s.
    pub wet_g_per_m2_s: f64,
    /// Evaporation in the last step, g/m2/s.
    pub flux_g_per_m2_s: f64,
    /// Highest evaporation so far, g/m2/s.
    pub peak_g_per_m2_s: f64,
    /// Time spent in the middle stage, s.
    pub middle_s: f64,
}

impl Piece {
    /// A piece that enters with all its solvent.
    pub fn enter(coating: &Coating) -> Self {
        Piece { left_g_per_m2: coating.solvent_g_per_m2, film_k: ZERO_C + 60.0, ..Piece::default() }
    }

    /// Dries for `dt_s` under `film`; `wet` = where the fully wet film settles under it, when that is known already.
    /// Returns what evaporated, g/m2.
    pub fn dry(
        &mut self,
        coating: &Coating,
        film: &Film,
        dt_s: f64,
        wet: Option<(f64, f64)>,
    ) -> f64 {
        let before = self.left_g_per_m2;
        let critical = coating.critical_fraction * coating.solvent_g_per_m2;
        let (mut rest_s, mut lost) = (dt_s, 0.0);
        if before > critical {
            let (film_k, rate) = wet.unwrap_or_else(|| self.settle(coating, film, 1.0, before));
            (self.film_k, self.wet_g_per_m2_s) = (film_k, rate);
            let to_critical_s = if rate > 0.0 { (before - critical) / rate } else { f64::INFINITY };
            if to_critical_s >= dt_s {
                lost = rate * dt_s;
                self.left_g_per_m2 = before - lost;
                rest_s = 0.0;
            } else {
                lost = before - critical;
                self.left_g_per_m2 = critical;
                rest_s -= to_critical_s;
            }
        }
        if rest_s > 0.0 && critical > 0.0 {
            let start = self.left_g_per_m2;
            let middle = start * libm::exp(-0.5 * rest_s * self.wet_g_per_m2_s / critical);
            let (film_k, rate) = self.settle(coating, film, middle / critical, middle);
            (self.film_k, self.wet_g_per_m2_s) = (film_k, rate);
            self.left_g_per_m2 = start * libm::exp(-rest_s * rate / critical);
            lost += start - self.left_g_per_m2;
        }
        self.note(coating, before, lost, dt_s);
        lost
    }

    fn settle(&self, coating: &Coating, film: &Film, wetness: f64, left: f64) -> (f64, f64) {
        let held = activity(left / coating.dry_g_per_m2.max(1e-9), coating.sorption_x);
        let settled = film.settle(wetness.min(1.0), held, self.film_k);
        (settled.film_k, 1e3 * settled.wet_kg_per_m2_s)
    }

    fn note(&mut self, coating: &Coating, before: f64, lost: f64, dt_s: f64) {
        self.flux_g_per_m2_s = lost / dt_s;
        self.peak_g_per_m2_s = self.peak_g_per_m2_s.max(self.flux_g_per_m2_s);
        if lost > 0.0 {
            let from = before.min(MIDDLE_STAGE.0 * coating.solvent_g_per_m2);
            let to = self.left_g_per_m2.max(MIDDLE_STAGE.1 * coating.solvent_g_per_m2);
            self.middle_s += dt_s * ((from - to) / lost).clamp(0.0, 1.0);
        }
    }

    /// Mean evaporation in the middle stage, g/m2/s; NaN before it began.
    pub fn middle_g_per_m2_s(&self, coating: &Coating) -> f64 {
        let (begin, end) = MIDDLE_STAGE;
        let lost = (begin * coating.solvent_g_per_m2)
            - self.left_g_per_m2.max(end * coating.solvent_g_per_m2);
        if self.middle_s > 0.0 && lost > 0.0 { lost / self.middle_s } else { f64::NAN }
    }
}

/// A whole passage under steady air.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct March {
    /// Share of the solvent left behind each zone, dimensionless.
    pub left: [f64; ZONES],
    /// Temperature of the film at the end of each zone, degC.
    pub film_c: [f64; ZONES],
    /// Evaporated in each zone, g/m2.
    pub evaporated_g_per_m2: [f64; ZONES],
    /// The piece at the exit.
    pub exit: Piece,
    /// Where the critical moisture is reached, zones from the entry (2.4 = in the third); NaN when it is not.
    pub front_zones: f64,
}

/// Passage of `coating` through `air`, `zone_s` seconds in each zone, `steps` steps in each (24 is exact to 0.1 % of the
/// share left; 1 at least).
pub fn march(coating: &Coating, air: &[ZoneAir; ZONES], zone_s: f64, steps: u32) -> March {
    let steps = steps.max(1);
    let dt_s = zone_s / f64::from(steps);
    let mut piece = Piece::enter(coating);
    let critical = coating.critical_fraction * coating.solvent_g_per_m2;
    let mut made = March {
        left: [1.0; ZONES],
        film_c: [f64::NAN; ZONES],
        evaporated_g_per_m2: [0.0; ZONES],
        exit: piece,
        front_zones: f64::NAN,
    };
    for (zone, air) in air.iter().enumerate() {
        let film = coating.film(air);
        let entered = piece.left_g_per_m2;
        let wet = if piece.left_g_per_m2 > critical && coating.sorption_x <= 0.0 {
            let settled = film.settle(1.0, 1.0, piece.film_k);
            Some((settled.film_k, 1e3 * settled.wet_kg_per_m2_s))
        } else {
            None
        };
        for step in 0..steps {
            let before = piece.left_g_per_m2;
            piece.dry(coating, &film, dt_s, wet);
            if before > critical && piece.left_g_per_m2 <= critical {
                let rate = wet.map_or(piece.wet_g_per_m2_s, |(_, rate)| rate);
                let part_s = ((before - critical) / rate).min(dt_s);
                made.front_zones = zone as f64 + (f64::from(step) * dt_s + part_s) / zone_s;
            }
        }
        made.left[zone] = piece.left_g_per_m2 / coating.solvent_g_per_m2;
        made.film_c[zone] = piece.film_k - ZERO_C;
        made.evaporated_g_per_m2[zone] = entered - piece.left_g_per_m2;
    }
    made.exit = piece;
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cathode() -> (Coating, [ZoneAir; ZONES]) {
        let coating = Coating {
            solvent: Solvent::Nmp,
            dry_g_per_m2: 220.0,
            solvent_g_per_m2: 94.3,
            critical_fraction: 0.40,
            sorption_x: 0.0,
        };
        let (hot, heat) =
            ([90.0, 110.0, 120.0, 125.0, 120.0, 100.0], [32.0, 46.0, 50.0, 50.0, 48.0, 40.0]);
        let air = core::array::from_fn(|i| ZoneAir {
            air_c: hot[i],
            heat_w_per_m2_k: heat[i],
            vapour_pa: 100.0,
        });
        (coating, air)
    }

    #[test]
    fn steps_of_a_second_are_as_good_as_fine_ones() {
        let (coating, air) = cathode();
        let (fine, coarse) = (march(&coating, &air, 12.0, 400), march(&coating, &air, 12.0, 12));
        for zone in 0..ZONES {
            let (a, b) = (fine.left[zone], coarse.left[zone]);
            assert!((a - b).abs() < 0.02 * a + 1e-4, "zone {zone}: {a} {b}");
        }
        assert!((fine.front_zones - coarse.front_zones).abs() < 0.01);
        let middle = |m: &March| m.exit.middle_g_per_m2_s(&coating);
        assert!((middle(&fine) / middle(&coarse) - 1.0).abs() < 0.02);
    }

    #[test]
    fn a_passage_too_short_has_no_front_and_no_middle() {
        let (coating, air) = cathode();
        let made = march(&coating, &air, 1.0, 24);
        assert!(made.front_zones.is_nan());
        assert!(made.exit.middle_g_per_m2_s(&coating).is_nan());
        assert!(made.left[5] > 0.8);
    }

    #[test]
    fn a_binder_that_holds_solvent_ends_above_the_airs_equilibrium() {
        let (mut coating, air) = cathode();
        let free = march(&coating, &air, 12.0, 24);
        coating.sorption_x = 0.03;
        let held = march(&coating, &air, 12.0, 24);
        assert!(held.exit.left_g_per_m2 > 1.5 * free.exit.left_g_per_m2);
        let long = march(&coating, &air, 1200.0, 2400);
        // In the hottest zone a(X)*p_s(125 degC) = p_inf: X = -X_s*ln(1 - p_inf/p_s); cooler air takes nothing back.
        let equilibrium = -0.03 * libm::log1p(-100.0 / crate::dryer::vapour::nmp_vapour_pa(125.0));
        let moisture = long.exit.left_g_per_m2 / coating.dry_g_per_m2;
        assert!((moisture / equilibrium - 1.0).abs() < 0.02, "{moisture} {equilibrium}");
    }

    #[test]
    fn cold_humid_air_dries_nothing() {
        let (coating, _) = cathode();
        let air = [ZoneAir { air_c: 15.0, heat_w_per_m2_k: 50.0, vapour_pa: 500.0 }; ZONES];
        let made = march(&coating, &air, 12.0, 12);
        assert_eq!(made.left, [1.0; ZONES]);
        assert_eq!(made.exit.peak_g_per_m2_s, 0.0);
    }
}
