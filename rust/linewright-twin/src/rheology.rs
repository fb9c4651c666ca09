//! Rheology beyond the flow curve of [`crate::slurry`]: plateaus, solids, temperature, rest, and what the die makes of it.
//!
//! Every factor here multiplies a viscosity or a consistency; 1 is the recipe's slurry at 25 degC, fresh from the mixer.

/// Apparent viscosity in Pa s after Carreau (1972) and Yasuda (1981):
/// `eta = eta_inf + (eta_0 - eta_inf)*(1 + (lambda*g)^a)^((n - 1)/a)`. Both plateaus in Pa s, `lambda` in s, shear rate
/// `g` in 1/s from zero, `a` (2 = Carreau) and `n` dimensionless, positive.
///
/// ```
/// use linewright_twin::rheology::carreau_yasuda_pa_s;
/// let at = |shear_per_s| carreau_yasuda_pa_s(20.0, 0.4, 3.0, 2.0, 0.6, shear_per_s);
/// assert_eq!(at(0.0), 20.0);
/// assert!(at(100.0) < 0.2 * at(0.0) && at(1e9) > 0.4);
/// ```
pub fn carreau_yasuda_pa_s(
    rest_pa_s: f64,
    fast_pa_s: f64,
    lambda_s: f64,
    transition: f64,
    exponent: f64,
    shear_per_s: f64,
) -> f64 {
    let bend = 1.0 + libm::pow(lambda_s * shear_per_s, transition);
    fast_pa_s + (rest_pa_s - fast_pa_s) * libm::pow(bend, (exponent - 1.0) / transition)
}

/// Factor by solids: `(1 + per_pp)^dx`, `dx` in percentage points above the recipe. Krieger and Dougherty give 0.067
/// (cathode) and 0.046 (anode) per pp; binder and carbon network make it 0.08 to 0.15.
pub fn solids_factor(above_pp: f64, per_pp: f64) -> f64 {
    libm::exp(above_pp * libm::log1p(per_pp))
}

/// Factor by temperature: `exp(slope*dT)`, slope -0.02 to -0.04 per K, `dT` in K above the reference.
pub fn temperature_factor(above_k: f64, slope_per_k: f64) -> f64 {
    libm::exp(slope_per_k * above_k)
}

/// Factor by age: a network rebuilds at rest, `1 + rise*(1 - exp(-t/tau))`; `rise` dimensionless, `t` and `tau` in s.
pub fn age_factor(age_s: f64, rise: f64, tau_s: f64) -> f64 {
    1.0 - rise * libm::expm1(-age_s.max(0.0) / tau_s)
}

/// Factor of one batch: lognormal of median 1, relative spread `sd`, at the normal deviate `z`. The logarithm's standard
/// deviation is `sqrt(ln(1 + sd^2))`.
pub fn lognormal_factor(sd: f64, z: f64) -> f64 {
    libm::exp(libm::log1p(sd * sd).sqrt() * z)
}

/// Shear rate at the wall of the slot in 1/s for a power-law liquid: `(2*(2n + 1)/n)*Q/(w*h^2)`. Lengths in m.
pub fn slot_shear_per_s(exponent: f64, flow_l_per_min: f64, gap_m: f64, width_m: f64) -> f64 {
    2.0 * (2.0 * exponent + 1.0) / exponent * (flow_l_per_min / crate::die::L_PER_MIN)
        / (width_m * gap_m * gap_m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_flow_curve_goes_from_one_plateau_to_the_other_and_never_rises() {
        let mut before = f64::INFINITY;
        for decade in -40..60 {
            let shear = libm::pow(10.0, f64::from(decade) / 10.0);
            let now = carreau_yasuda_pa_s(20.0, 0.4, 3.0, 1.5, 0.6, shear);
            assert!(now < before && now > 0.4 && now < 20.0, "{now} at {shear}");
            before = now;
        }
        // far in the power-law range each decade of shear costs a factor 10^(n - 1)
        let ratio = (carreau_yasuda_pa_s(20.0, 0.0, 3.0, 1.5, 0.6, 1e6))
            / carreau_yasuda_pa_s(20.0, 0.0, 3.0, 1.5, 0.6, 1e5);
        assert!((ratio - libm::pow(10.0, -0.4)).abs() < 1e-4, "{ratio}");
    }

    #[test]
    fn the_factors_are_one_at_the_reference_and_go_the_right_way() {
        assert_eq!(solids_factor(0.0, 0.1), 1.0);
        assert!((solids_factor(1.0, 0.1) - 1.1).abs() < 1e-12);
        assert!((temperature_factor(3.0, -0.03) - 0.9139).abs() < 1e-4);
        assert_eq!(age_factor(-5.0, 0.05, 600.0), 1.0);
        assert!((age_factor(600.0, 0.05, 600.0) - 1.0316).abs() < 1e-4);
    }

    #[test]
    fn batches_spread_as_stated_about_a_median_of_one() {
        let mut stream = Stream::new(4, 1);
        let logs: Vec<f64> =
            (0..40_000).map(|_| libm::log(lognormal_factor(0.065, stream.normal()))).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance =
            logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / logs.len() as f64;
        let spread = libm::expm1(variance).sqrt();
        assert!(mean.abs() < 0.002 && (spread - 0.065).abs() < 0.002, "{mean} {spread}");
    }
}
