//! Solvents of the two electrodes: vapour pressure, latent heat, transport.
//!
//! NMP: `log10(p[kPa]) = 7.4 - 2570/T` holds for 361 to 477 K only. At 20 degC it would give 43 Pa, measured are 32 Pa; so
//! below 361 K the line `ln p` over `1/T` through 32 Pa at 293.15 K and the formula's own value at 361 K is used (53 kJ/mol
//! instead of 49 kJ/mol, as a latent heat grows towards the cold). Water: Antoine's equation in its two published ranges,
//! 1 to 100 degC and 100 to 374 degC, made to meet.

/// Celsius to Kelvin, K.
pub const ZERO_C: f64 = 273.15;

/// Lowest film temperature that the vapour pressures are stated for, K.
pub const COLDEST_K: f64 = 274.15;

/// Ends of the range of the NMP formula, K.
const NMP_RANGE_K: (f64, f64) = (361.0, 477.0);
/// NMP at 20 degC: temperature K, pressure Pa.
const NMP_COLD: (f64, f64) = (293.15, 32.0);
/// Highest temperature of the second Antoine equation of water, K.
const WATER_HOTTEST_K: f64 = 647.0;
/// Antoine's equation of water, `log10(p[mmHg]) = a - b/(c + T[degC])`, below and above 100 degC. The published `a` of the
/// second, 8.14019, is 0.55 % high at 100 degC; lowered so that the two meet there.
const WATER_COLD: (f64, f64, f64) = (8.071_31, 1730.63, 233.426);
const WATER_HOT: (f64, f64, f64) = {
    let (a, b, c) = WATER_COLD;
    (a - b / (c + WATER_SEAM_C) + 1810.94 / (244.485 + WATER_SEAM_C), 1810.94, 244.485)
};
const WATER_SEAM_C: f64 = 100.0;
const PA_PER_MMHG: f64 = 133.322;
const LN_10: f64 = core::f64::consts::LN_10;

/// What the slurry is thinned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solvent {
    /// N-methyl-2-pyrrolidone, cathode. Flammable.
    Nmp,
    /// Water, anode.
    Water,
}

impl Solvent {
    /// The solvent named `nmp` or `water`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "nmp" => Some(Solvent::Nmp),
            "water" => Some(Solvent::Water),
            _ => None,
        }
    }

    /// Molar mass, kg/mol.
    pub fn molar_kg_per_mol(self) -> f64 {
        match self {
            Solvent::Nmp => 0.09913,
            Solvent::Water => 0.018_015,
        }
    }

    /// Latent heat used in the heat balance, J/kg: NMP from the slope of its formula, water at 33 degC.
    pub fn latent_j_per_kg(self) -> f64 {
        match self {
            Solvent::Nmp => 496e3,
            Solvent::Water => 2.42e6,
        }
    }

    /// Lewis number of the vapour in air (thermal over mass diffusivity), dimensionless.
    pub fn lewis(self) -> f64 {
        match self {
            Solvent::Nmp => 2.63,
            Solvent::Water => 0.872,
        }
    }

    /// Lower explosion limit, g/m3; none for water.
    pub fn explosion_limit_g_per_m3(self) -> Option<f64> {
        match self {
            Solvent::Nmp => Some(45.0),
            Solvent::Water => None,
        }
    }

    /// Vapour pressure over the pure liquid, Pa, and its slope over temperature relative to it, 1/K. NaN outside of
    /// 274.15 K to 477 K (NMP) or 647 K (water).
    pub fn vapour_pa_and_slope(self, film_k: f64) -> (f64, f64) {
        match self {
            Solvent::Nmp if (COLDEST_K..NMP_RANGE_K.0).contains(&film_k) => {
                let (slope_k, at) = nmp_cold();
                (libm::exp(at - slope_k / film_k), slope_k / (film_k * film_k))
            }
            Solvent::Nmp if (NMP_RANGE_K.0..=NMP_RANGE_K.1).contains(&film_k) => {
                let slope_k = 2570.0 * LN_10;
                (1e3 * libm::exp(7.4 * LN_10 - slope_k / film_k), slope_k / (film_k * film_k))
            }
            Solvent::Water if (COLDEST_K..=WATER_HOTTEST_K).contains(&film_k) => {
                let film_c = film_k - ZERO_C;
                let (a, b, c) = if film_c <= WATER_SEAM_C { WATER_COLD } else { WATER_HOT };
                let base = c + film_c;
                (PA_PER_MMHG * libm::exp(LN_10 * (a - b / base)), LN_10 * b / (base * base))
            }
            _ => (f64::NAN, f64::NAN),
        }
    }
}

/// Slope in K and intercept of `ln p` over `1/T` below the range of the NMP formula.
fn nmp_cold() -> (f64, f64) {
    // Both logarithms by hand, so that no run pays for them: ln(1000) + LN_10*(7.4 - 2570/361) and ln(32).
    const LN_WARM: f64 = LN_10 * (3.0 + 7.4 - 2570.0 / 361.0);
    const LN_COLD: f64 = 3.465_735_902_799_726_5;
    const SLOPE_K: f64 = (LN_WARM - LN_COLD) / (1.0 / NMP_COLD.0 - 1.0 / NMP_RANGE_K.0);
    (SLOPE_K, LN_COLD + SLOPE_K / NMP_COLD.0)
}

/// Vapour pressure of NMP, Pa, at `film_c`; 1 to 204 degC, NaN outside.
pub fn nmp_vapour_pa(film_c: f64) -> f64 {
    Solvent::Nmp.vapour_pa_and_slope(film_c + ZERO_C).0
}

/// Vapour pressure of water, Pa, at `film_c` (Antoine 1888); 1 to 374 degC, NaN outside.
pub fn water_vapour_pa(film_c: f64) -> f64 {
    Solvent::Water.vapour_pa_and_slope(film_c + ZERO_C).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_its_range_the_nmp_formula_is_not_used() {
        assert!((nmp_vapour_pa(20.0) - 32.0).abs() < 1e-6, "{}", nmp_vapour_pa(20.0));
        let (below, above) = (nmp_vapour_pa(87.8499), nmp_vapour_pa(87.8501));
        assert!((above / below - 1.0).abs() < 1e-4, "no step: {below} {above}");
        assert!(nmp_vapour_pa(250.0).is_nan() && nmp_vapour_pa(-5.0).is_nan());
    }

    #[test]
    fn water_boils_at_one_hundred_degrees_in_both_ranges() {
        for film_c in [99.999, 100.001] {
            assert!((water_vapour_pa(film_c) / 101_325.0 - 1.0).abs() < 2e-3, "at {film_c}");
        }
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for (solvent, film_c) in [
            (Solvent::Nmp, 40.0),
            (Solvent::Nmp, 110.0),
            (Solvent::Water, 40.0),
            (Solvent::Water, 115.0),
        ] {
            let p = |k: f64| solvent.vapour_pa_and_slope(k).0;
            let k = film_c + ZERO_C;
            let by_difference = (p(k + 0.01) - p(k - 0.01)) / 0.02 / p(k);
            let slope = solvent.vapour_pa_and_slope(k).1;
            assert!((slope / by_difference - 1.0).abs() < 1e-5, "{solvent:?} at {film_c}");
        }
    }
}
