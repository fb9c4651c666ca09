//! Porosity: never measured, always computed from weight, thickness and recipe density, with its error.
//!
//! `eps = 1 - M/(t*rho_solid)`, M and t of one side. g/m2 divided by um is g/cm3; densities here are kg/m3.

/// Porosity, 0 to 1: dry weight g/m2, thickness um, solid density kg/m3.
pub fn porosity(dry_g_per_m2: f64, thickness_um: f64, solid_kg_per_m3: f64) -> f64 {
    1.0 - dry_g_per_m2 * 1000.0 / (thickness_um * solid_kg_per_m3)
}

/// Thickness of one side in um that gives `porosity`.
pub fn thickness_um(dry_g_per_m2: f64, porosity: f64, solid_kg_per_m3: f64) -> f64 {
    dry_g_per_m2 * 1000.0 / ((1.0 - porosity) * solid_kg_per_m3)
}

/// `d eps/dt = (1 - eps)/t` in percentage points per um.
pub fn slope_pp_per_um(porosity: f64, thickness_um: f64) -> f64 {
    100.0 * (1.0 - porosity) / thickness_um
}

/// `d eps/(dM/M) = -(1 - eps)` in percentage points per percent of weight.
pub fn slope_pp_per_pct_weight(porosity: f64) -> f64 {
    -(1.0 - porosity)
}

/// Standard deviation of porosity in pp from independent errors of weight (%) and thickness (um).
pub fn sd_pp(porosity: f64, thickness_um: f64, weight_sd_pct: f64, thickness_sd_um: f64) -> f64 {
    let by_weight = slope_pp_per_pct_weight(porosity) * weight_sd_pct;
    let by_thickness = slope_pp_per_um(porosity, thickness_um) * thickness_sd_um;
    (by_weight * by_weight + by_thickness * by_thickness).sqrt()
}

/// Probability that a centred normal error of standard deviation `sd` stays within `±tolerance` (same unit).
pub fn probability_within(tolerance: f64, sd: f64) -> f64 {
    if sd <= 0.0 {
        return 1.0;
    }
    libm::erf(tolerance / sd * core::f64::consts::FRAC_1_SQRT_2)
}
