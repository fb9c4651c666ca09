//! What a dryer must not exceed: explosion limit, binder migration; and what it costs: heat.

use super::film::{AIR_J_PER_KG_K, air_density_kg_per_m3};
use super::vapour::Solvent;

/// Air, m3/s, that keeps `solvent_g_per_s` at `share` (0 to 1) of the lower explosion limit, when it comes in clean.
pub fn safety_air_m3_per_s(solvent_g_per_s: f64, limit_g_per_m3: f64, share: f64) -> f64 {
    solvent_g_per_s / (limit_g_per_m3 * share)
}

/// Share of the lower explosion limit that `g_per_m3` of `solvent` is; 0 for a solvent that does not burn.
pub fn explosion_share(solvent: Solvent, g_per_m3: f64) -> f64 {
    solvent.explosion_limit_g_per_m3().map_or(0.0, |limit| g_per_m3 / limit)
}

/// Binder Peclet number `Pe = v*L/D`: `surface_um_per_s` = mdot over the liquid's density, film in um, diffusivity of the
/// binder in m2/s. Well above 1 the binder goes up with the liquid (Font et al. 2018).
pub fn binder_peclet(surface_um_per_s: f64, film_um: f64, diffusivity_m2_per_s: f64) -> f64 {
    1e-12 * surface_um_per_s * film_um / diffusivity_m2_per_s
}

/// Adhesion over that of a slowly dried coating: `1/(1 + (mdot_mid/mdot_ref)^1.5)`, dimensionless, 0 to 1. An index, not a
/// measurement: the shape is assumed, after high-low-high drying (Jaiser et al. 2017). NaN without a middle stage.
pub fn adhesion(middle_g_per_m2_s: f64, reference_g_per_m2_s: f64) -> f64 {
    let ratio = middle_g_per_m2_s / reference_g_per_m2_s;
    1.0 / (1.0 + ratio * ratio.sqrt())
}

/// Highest evaporation in the middle stage, g/m2/s, that leaves `adhesion` (0 to 1, ends excluded); inverse of [`adhesion`].
pub fn middle_limit_g_per_m2_s(adhesion: f64, reference_g_per_m2_s: f64) -> f64 {
    reference_g_per_m2_s * libm::cbrt((1.0 / adhesion - 1.0) * (1.0 / adhesion - 1.0))
}

/// Heat of evaporation, kW, of `solvent_g_per_s`.
pub fn evaporation_kw(solvent: Solvent, solvent_g_per_s: f64) -> f64 {
    1e-6 * solvent_g_per_s * solvent.latent_j_per_kg()
}

/// Heat, kW, of `exhaust_m3_per_s` of air (measured at `air_c`) that is replaced by fresh air of `fresh_c`; no recovery.
pub fn exhaust_kw(exhaust_m3_per_s: f64, air_c: f64, fresh_c: f64) -> f64 {
    1e-3 * exhaust_m3_per_s * air_density_kg_per_m3(air_c) * AIR_J_PER_KG_K * (air_c - fresh_c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adhesion_and_its_limit_are_inverse() {
        let limit = middle_limit_g_per_m2_s(0.6, 1.5);
        assert!((limit - 1.1447).abs() < 1e-3, "{limit}");
        assert!((adhesion(limit, 1.5) - 0.6).abs() < 1e-12);
        assert!((adhesion(1.5, 1.5) - 0.5).abs() < 1e-12);
        assert!(adhesion(f64::NAN, 1.5).is_nan());
    }

    #[test]
    fn water_does_not_explode() {
        assert_eq!(explosion_share(Solvent::Water, 50.0), 0.0);
        assert!((explosion_share(Solvent::Nmp, 11.25) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn heat_of_evaporation_and_of_exhaust() {
        assert!((evaporation_kw(Solvent::Nmp, 62.2) - 30.85).abs() < 0.01);
        let kw = exhaust_kw(1.0, 100.0, 20.0);
        assert!((kw - 76.2).abs() < 0.5, "{kw}");
    }
}
