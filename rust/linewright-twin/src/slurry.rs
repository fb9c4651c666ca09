//! Slurry: what is in it, how heavy it is, how it flows.
//!
//! Densities in kg/m3, fractions dimensionless. Only ratios of densities enter, so g/cm3 gives g/cm3.

/// Density of the dry mixture: `1/rho_solid = sum w_i/rho_i`. `parts` = (mass fraction of dry matter, density kg/m3).
pub fn solid_density_kg_per_m3(parts: &[(f64, f64)]) -> f64 {
    1.0 / parts.iter().map(|(w, rho)| w / rho).sum::<f64>()
}

/// Slurry density: `1/rho = x/rho_solid + (1 - x)/rho_solv`, kg/m3. `solids` = mass fraction x, 0 to 1.
pub fn slurry_density_kg_per_m3(solids: f64, solid_kg_per_m3: f64, solvent_kg_per_m3: f64) -> f64 {
    1.0 / (solids / solid_kg_per_m3 + (1.0 - solids) / solvent_kg_per_m3)
}

/// Solids volume fraction `phi = (x/rho_solid)*rho_slurry`, dimensionless.
pub fn volume_fraction(solids: f64, solid_kg_per_m3: f64, slurry_kg_per_m3: f64) -> f64 {
    solids / solid_kg_per_m3 * slurry_kg_per_m3
}

/// Soft sensor, the inverse of the slurry density: `x = (1/rho - 1/rho_solv)/(1/rho_solid - 1/rho_solv)`.
/// Entrained air makes it read low: 1 vol% is about 0.6 pp in the cathode and 1.3 pp in the anode.
pub fn solids_fraction(slurry_kg_per_m3: f64, solid_kg_per_m3: f64, solvent_kg_per_m3: f64) -> f64 {
    (1.0 / slurry_kg_per_m3 - 1.0 / solvent_kg_per_m3)
        / (1.0 / solid_kg_per_m3 - 1.0 / solvent_kg_per_m3)
}

/// Solvent density at `temperature_c` when `reference_kg_per_m3` holds at `reference_c`; `slope_kg_per_m3_k` is negative.
pub fn solvent_density_kg_per_m3(
    reference_kg_per_m3: f64,
    slope_kg_per_m3_k: f64,
    temperature_c: f64,
    reference_c: f64,
) -> f64 {
    reference_kg_per_m3 + slope_kg_per_m3_k * (temperature_c - reference_c)
}

/// Density with entrained air: `rho*(1 - a)`, `air` = volume fraction 0 to 1 (the mass of the air is left out).
pub fn aerated_density_kg_per_m3(slurry_kg_per_m3: f64, air: f64) -> f64 {
    slurry_kg_per_m3 * (1.0 - air)
}

/// Relative viscosity `(1 - phi/phi_m)^(-[eta]*phi_m)` (Krieger, Dougherty 1959), for `phi < phi_m`.
pub fn krieger_dougherty(phi: f64, phi_max: f64, intrinsic: f64) -> f64 {
    libm::pow(1.0 - phi / phi_max, -intrinsic * phi_max)
}

/// Apparent viscosity `tau_y/g + K*g^(n-1)` in Pa s (Herschel, Bulkley 1926): yield stress Pa, consistency Pa s^n,
/// exponent dimensionless, shear rate 1/s above zero.
pub fn herschel_bulkley_pa_s(
    yield_pa: f64,
    consistency_pa_sn: f64,
    exponent: f64,
    shear_per_s: f64,
) -> f64 {
    yield_pa / shear_per_s + consistency_pa_sn * libm::pow(shear_per_s, exponent - 1.0)
}
