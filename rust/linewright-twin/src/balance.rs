//! Cell balance: how much capacity a coating carries.

/// Areal capacity of one side in mAh/cm2: dry weight g/m2, active fraction of the dry matter, specific capacity mAh/g.
pub fn areal_capacity_mah_per_cm2(
    dry_g_per_m2: f64,
    active_fraction: f64,
    capacity_mah_per_g: f64,
) -> f64 {
    dry_g_per_m2 * active_fraction * capacity_mah_per_g * 1e-4
}

/// N/P ratio, dimensionless: areal capacity of the anode over that of the cathode facing it.
pub fn n_to_p_ratio(anode_mah_per_cm2: f64, cathode_mah_per_cm2: f64) -> f64 {
    anode_mah_per_cm2 / cathode_mah_per_cm2
}
