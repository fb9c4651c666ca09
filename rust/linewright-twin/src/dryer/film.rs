//! The wet film: what evaporates from it and how warm it gets.
//!
//! Stefan flow `mdot = M*beta*P/(R*T_m) * ln((P - p_inf)/(P - p_s(T_f)))`, kg/m2/s, with `beta = h/(rho*c_p)*Le^(-2/3)`
//! (Chilton, Colburn 1934) and `T_m` between air and film. The density of the air at `T_m` takes `T_m` out of it:
//! `mdot = M/(M_air*c_p)*Le^(-2/3)*h * ln(...)`, which is what the march uses.
//!
//! Balance `(h_top + h_bottom)*(T_air - T_f) = f*mdot(T_f)*dH`. The right side is convex and rises, so Newton's method comes
//! down to the one root from the air's temperature. Above a vapour share of 0.9 the logarithm goes on as its tangent: near
//! boiling the heat sets the rate.

use super::vapour::{COLDEST_K, Solvent, ZERO_C};

/// Pressure in the oven, Pa.
pub const PRESSURE_PA: f64 = 101_325.0;
/// Gas constant, J/mol/K.
pub const GAS_J_PER_MOL_K: f64 = 8.314_462_618;
/// Specific heat of air, J/kg/K.
pub const AIR_J_PER_KG_K: f64 = 1006.0;
/// Molar mass of air, kg/mol.
pub const AIR_KG_PER_MOL: f64 = 0.028_964;
/// Vapour share above which the logarithm is continued by its tangent, dimensionless.
const NEAR_BOILING: f64 = 0.9;
/// Newton's method ends when a step is below this, K; it converges with the square, so that less than 1e-6 K is left.
const CLOSE_K: f64 = 1e-3;

/// Density of air, kg/m3, at `air_c`.
pub fn air_density_kg_per_m3(air_c: f64) -> f64 {
    PRESSURE_PA * AIR_KG_PER_MOL / (GAS_J_PER_MOL_K * (air_c + ZERO_C))
}

/// Mass transfer coefficient `beta = h/(rho*c_p)*Le^(-2/3)`, m/s; `mean_c` between air and film.
pub fn mass_transfer_m_per_s(heat_w_per_m2_k: f64, mean_c: f64, lewis: f64) -> f64 {
    heat_w_per_m2_k / (air_density_kg_per_m3(mean_c) * AIR_J_PER_KG_K)
        * libm::pow(lewis, -2.0 / 3.0)
}

/// Evaporation by Stefan flow, kg/m2/s: `beta` in m/s, `mean_c` between air and film, partial pressures in Pa below the
/// pressure of the oven (101,325 Pa), molar mass in kg/mol.
pub fn stefan_flux_kg_per_m2_s(
    beta_m_per_s: f64,
    mean_c: f64,
    air_pa: f64,
    film_pa: f64,
    molar_kg_per_mol: f64,
) -> f64 {
    molar_kg_per_mol * beta_m_per_s * PRESSURE_PA / (GAS_J_PER_MOL_K * (mean_c + ZERO_C))
        * libm::log((PRESSURE_PA - air_pa) / (PRESSURE_PA - film_pa))
}

/// Vapour of `solvent` in air of `air_c`, g/m3, at the partial pressure `vapour_pa`.
pub fn vapour_g_per_m3(solvent: Solvent, vapour_pa: f64, air_c: f64) -> f64 {
    1e3 * vapour_pa * solvent.molar_kg_per_mol() / (GAS_J_PER_MOL_K * (air_c + ZERO_C))
}

/// Partial pressure, Pa, of `g_per_m3` of `solvent` in air of `air_c`; the inverse of [`vapour_g_per_m3`].
pub fn vapour_pa(solvent: Solvent, g_per_m3: f64, air_c: f64) -> f64 {
    1e-3 * g_per_m3 * GAS_J_PER_MOL_K * (air_c + ZERO_C) / solvent.molar_kg_per_mol()
}

/// A film under its air: solved once, then asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Film {
    solvent: Solvent,
    air_k: f64,
    heat_w_per_m2_k: f64,
    /// `M/(M_air*c_p)*Le^(-2/3)*h_top`, kg/m2/s per unit of the logarithm.
    transfer: f64,
    /// `ln(1 - p_inf/P)`.
    air_log: f64,
}

/// Where a film settles.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settled {
    /// Temperature of the film, K.
    pub film_k: f64,
    /// Evaporation of the fully wet film at this temperature, kg/m2/s. Times the wetness it is what evaporates.
    pub wet_kg_per_m2_s: f64,
}

impl Film {
    /// A film of `solvent` under air of `air_c` with `vapour_pa` of the solvent in it; heat transfer of the wet side and
    /// of the other side, W/m2/K (0 = not heated).
    pub fn new(
        solvent: Solvent,
        air_c: f64,
        wet_side_w_per_m2_k: f64,
        other_side_w_per_m2_k: f64,
        vapour_pa: f64,
    ) -> Self {
        let per_heat =
            solvent.molar_kg_per_mol() / (AIR_KG_PER_MOL * AIR_J_PER_KG_K) * lewis_factor(solvent);
        Film {
            solvent,
            air_k: air_c + ZERO_C,
            heat_w_per_m2_k: wet_side_w_per_m2_k + other_side_w_per_m2_k,
            transfer: per_heat * wet_side_w_per_m2_k,
            air_log: libm::log1p(-(vapour_pa / PRESSURE_PA).clamp(0.0, NEAR_BOILING)),
        }
    }

    /// Where it settles with `wetness` f (1 = wet surface, 0 = dry) and `activity` a of the solvent (1 = pure liquid);
    /// `near_k` is a guess. Vapour of the air does not condense: the rate is never below 0.
    pub fn settle(&self, wetness: f64, activity: f64, near_k: f64) -> Settled {
        let latent = self.solvent.latent_j_per_kg();
        let mut film_k = near_k.clamp(COLDEST_K, self.air_k.max(COLDEST_K));
        let mut wet_kg_per_m2_s = 0.0;
        for _ in 0..60 {
            let (wet, slope) = self.flux(film_k, activity);
            let miss = self.heat_w_per_m2_k * (self.air_k - film_k) - wetness * wet * latent;
            let step = miss / (self.heat_w_per_m2_k + wetness * slope * latent);
            let next = (film_k + step).clamp(COLDEST_K, self.air_k.max(COLDEST_K));
            let moved = next - film_k;
            film_k = next;
            wet_kg_per_m2_s = wet + slope * moved;
            if moved.abs() < CLOSE_K {
                break;
            }
        }
        Settled { film_k, wet_kg_per_m2_s }
    }

    /// Evaporation of the wet film at `film_k`, kg/m2/s, and its slope over temperature.
    fn flux(&self, film_k: f64, activity: f64) -> (f64, f64) {
        let (pure_pa, relative_slope) = self.solvent.vapour_pa_and_slope(film_k);
        let share = activity * pure_pa / PRESSURE_PA;
        let (log, slope) = if share <= NEAR_BOILING {
            (-libm::log1p(-share), 1.0 / (1.0 - share))
        } else {
            // -ln(1 - 0.9) + (share - 0.9)/(1 - 0.9)
            (core::f64::consts::LN_10 + 10.0 * (share - NEAR_BOILING), 10.0)
        };
        let drive = log + self.air_log;
        if drive <= 0.0 {
            return (0.0, 0.0);
        }
        (self.transfer * drive, self.transfer * slope * share * relative_slope)
    }
}

/// `Le^(-2/3)`; 2.63 and 0.872 by hand, so that no film pays for a power.
fn lewis_factor(solvent: Solvent) -> f64 {
    match solvent {
        Solvent::Nmp => 0.524_843_110_885,
        Solvent::Water => 1.095609215834,
    }
}

/// Temperature, degC, and evaporation, g/m2/s, of a wet film: the wet bulb of its air.
pub fn wet_bulb(
    solvent: Solvent,
    air_c: f64,
    wet_side_w_per_m2_k: f64,
    other_side_w_per_m2_k: f64,
    vapour_pa: f64,
) -> (f64, f64) {
    let film = Film::new(solvent, air_c, wet_side_w_per_m2_k, other_side_w_per_m2_k, vapour_pa);
    let settled = film.settle(1.0, 1.0, air_c + ZERO_C);
    (settled.film_k - ZERO_C, 1e3 * settled.wet_kg_per_m2_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factors_by_hand_are_powers_of_the_lewis_numbers() {
        for solvent in [Solvent::Nmp, Solvent::Water] {
            let power = libm::pow(solvent.lewis(), -2.0 / 3.0);
            assert!((lewis_factor(solvent) / power - 1.0).abs() < 1e-8, "{solvent:?} {power}");
        }
    }

    #[test]
    fn the_short_form_is_stefan_flow_with_chilton_and_colburn() {
        let (film_c, flux) = wet_bulb(Solvent::Nmp, 120.0, 50.0, 50.0, 100.0);
        let mean_c = 0.5 * (120.0 + film_c);
        let beta = mass_transfer_m_per_s(50.0, mean_c, Solvent::Nmp.lewis());
        let film_pa = super::super::vapour::nmp_vapour_pa(film_c);
        let long = stefan_flux_kg_per_m2_s(beta, mean_c, 100.0, film_pa, 0.09913);
        assert!((1e3 * long / flux - 1.0).abs() < 1e-7, "{long} {flux}");
    }

    #[test]
    fn the_film_takes_as_much_heat_as_it_spends() {
        for (solvent, air_c, wetness) in [
            (Solvent::Nmp, 125.0, 1.0),
            (Solvent::Nmp, 90.0, 0.2),
            (Solvent::Water, 70.0, 1.0),
            (Solvent::Water, 130.0, 0.01),
            (Solvent::Water, 150.0, 0.0),
        ] {
            let film = Film::new(solvent, air_c, 50.0, 50.0, 500.0);
            let from_air = film.settle(wetness, 1.0, air_c + ZERO_C);
            let heat = 100.0 * (air_c + ZERO_C - from_air.film_k);
            let spent = wetness * from_air.wet_kg_per_m2_s * solvent.latent_j_per_kg();
            assert!((heat - spent).abs() < 1e-3, "{solvent:?} {air_c} {wetness}: {heat} {spent}");
            let from_cold = film.settle(wetness, 1.0, 280.0);
            assert!((from_air.film_k - from_cold.film_k).abs() < 1e-5, "one root");
        }
    }

    #[test]
    fn air_more_humid_than_the_film_dries_nothing() {
        let film = Film::new(Solvent::Water, 30.0, 50.0, 50.0, 6000.0);
        let settled = film.settle(1.0, 1.0, 300.0);
        assert_eq!(settled.wet_kg_per_m2_s, 0.0);
        assert!((settled.film_k - 303.15).abs() < 1e-6);
    }

    #[test]
    fn partial_pressure_and_content_are_inverse() {
        let content = vapour_g_per_m3(Solvent::Nmp, 100.0, 105.0);
        assert!((content - 3.153).abs() < 0.001, "{content}");
        assert!((vapour_pa(Solvent::Nmp, content, 105.0) - 100.0).abs() < 1e-9);
    }
}
