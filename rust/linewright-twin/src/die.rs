//! Slot die: a pre-metered coater lays down what the pump delivers.
//!
//! `M = x*rho*Q/(U*w)`, one side. Flow through the slot after the lubrication limit, Newtonian and power law.

/// L/min in one m3/s.
pub const L_PER_MIN: f64 = 60_000.0;

/// Wet film thickness in um: `M/(x*rho)`, with the dry weight in g/m2 and the slurry density in kg/m3.
pub fn wet_film_um(dry_g_per_m2: f64, solids: f64, slurry_kg_per_m3: f64) -> f64 {
    dry_g_per_m2 / solids / slurry_kg_per_m3 * 1000.0
}

/// Pump flow of one side in L/min that lays `dry_g_per_m2` at web speed U over coated width w.
pub fn flow_l_per_min(
    dry_g_per_m2: f64,
    solids: f64,
    slurry_kg_per_m3: f64,
    web_m_per_s: f64,
    width_m: f64,
) -> f64 {
    dry_g_per_m2 * 1e-3 / (solids * slurry_kg_per_m3) * web_m_per_s * width_m * L_PER_MIN
}

/// Wet weight of one side in g/m2: `rho*Q/(U*w)`. Zero speed lays nothing that could be measured: returns 0.
pub fn wet_weight_g_per_m2(
    flow_l_per_min: f64,
    slurry_kg_per_m3: f64,
    web_m_per_s: f64,
    width_m: f64,
) -> f64 {
    if web_m_per_s <= 0.0 {
        return 0.0;
    }
    slurry_kg_per_m3 * flow_l_per_min / L_PER_MIN / (web_m_per_s * width_m) * 1000.0
}

/// Pressure drop of a Newtonian liquid: `12*eta*Q*L/(w*h^3)` in Pa. Lengths in m.
pub fn slot_pressure_pa(
    viscosity_pa_s: f64,
    flow_l_per_min: f64,
    slot_m: f64,
    gap_m: f64,
    width_m: f64,
) -> f64 {
    12.0 * viscosity_pa_s * flow_l_per_min / L_PER_MIN * slot_m / (width_m * gap_m * gap_m * gap_m)
}

/// Pressure drop of a power-law liquid: `(2*K*L/h)*((2*(2n+1)/n)*Q/(w*h^2))^n` in Pa. Lengths in m; the yield stress is left out.
pub fn slot_pressure_power_law_pa(
    consistency_pa_sn: f64,
    exponent: f64,
    flow_l_per_min: f64,
    slot_m: f64,
    gap_m: f64,
    width_m: f64,
) -> f64 {
    let shear = 2.0 * (2.0 * exponent + 1.0) / exponent * (flow_l_per_min / L_PER_MIN)
        / (width_m * gap_m * gap_m);
    2.0 * consistency_pa_sn * slot_m / gap_m * libm::pow(shear, exponent)
}

/// Pressure drop of a yield-stress liquid: wall stress `tau_y + K*g^n` at the power law's shear rate, Pa. Within 1 % as
/// long as the yield stress is below a twentieth of the wall stress, as it is in battery slurries at a slot.
pub fn slot_pressure_yield_pa(
    yield_pa: f64,
    consistency_pa_sn: f64,
    exponent: f64,
    flow_l_per_min: f64,
    slot_m: f64,
    gap_m: f64,
    width_m: f64,
) -> f64 {
    2.0 * yield_pa * slot_m / gap_m
        + slot_pressure_power_law_pa(
            consistency_pa_sn,
            exponent,
            flow_l_per_min,
            slot_m,
            gap_m,
            width_m,
        )
}

/// How the local flow follows the slot gap at fixed manifold pressure: `q ~ h^(2 + 1/n)`; the exponent, dimensionless.
pub fn slot_flow_exponent(exponent: f64) -> f64 {
    2.0 + 1.0 / exponent
}
