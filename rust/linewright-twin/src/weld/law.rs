//! Laws of a keyhole weld through a foil stack into a tab.
//!
//! Depth follows the normalised enthalpy `B = A*P/(pi*rho*h_s*sqrt(D*v*a^3))` times the beam radius `a` (Hann, Iammi,
//! Folkes 2011): `depth ~ A*P/sqrt(v*a)`. The plume's light goes with vapour flux times its area, `B^2*a^2`, so with
//! the square of the depth. A gap takes heat from the joint and, once wider than the melt can bridge, the joint itself.

use core::f64::consts::PI;

/// Gap that half of the melt bridges, um.
pub const BRIDGE_UM: f64 = 55.0;
/// Spread of that bridging, um.
const BRIDGE_SPREAD_UM: f64 = 5.0;
/// Gap at which half of the heat stays in the stack, um.
const INSULATION_UM: f64 = 60.0;

/// Beam radius, um: `a = a_0*sqrt(1 + (z/z_R)^2)`; `z` distance from the focus and `z_R` Rayleigh length, mm.
pub fn beam_radius_um(focus_um: f64, defocus_mm: f64, rayleigh_mm: f64) -> f64 {
    let z = defocus_mm / rayleigh_mm;
    focus_um * (1.0 + z * z).sqrt()
}

/// Depth against nominal, dimensionless: relative power, relative absorption, relative beam radius.
pub fn relative_depth(power: f64, absorption: f64, radius: f64) -> f64 {
    power * absorption / radius.sqrt()
}

/// Gap between stack and tab, um, at `clamp` (force over nominal, positive): a stack of foils stiffens as it closes,
/// `g = g_0*clamp^-3`.
pub fn gap_um(nominal_um: f64, clamp: f64) -> f64 {
    let clamp = clamp.max(0.05);
    nominal_um / (clamp * clamp * clamp)
}

/// Share of the heat that a gap keeps in the stack, 0 to 1: `g^2/(g^2 + 60^2)`.
pub fn kept_share(gap_um: f64) -> f64 {
    let square = gap_um * gap_um;
    square / (square + INSULATION_UM * INSULATION_UM)
}

/// Share of the melt that bridges a gap, 0 to 1; half at 55 um.
pub fn bridged_share(gap_um: f64) -> f64 {
    1.0 / (1.0 + libm::exp((gap_um - BRIDGE_UM) / BRIDGE_SPREAD_UM))
}

/// Width of the melt at the interface, mm: a parabola of `width_mm` at the top that ends at `depth_mm`.
pub fn interface_width_mm(width_mm: f64, depth_mm: f64, stack_mm: f64) -> f64 {
    if depth_mm <= stack_mm {
        return 0.0;
    }
    width_mm * (1.0 - stack_mm / depth_mm).sqrt()
}

/// Resistance of the joint, uOhm: foils and tab, and the interface over its share of the nominal joint.
pub fn resistance_uohm(joint_share: f64) -> f64 {
    20.0 + 30.0 / joint_share.max(0.01)
}

/// Force that pulls the joint apart, N, by its share of the nominal joint.
pub fn pull_n(joint_share: f64) -> f64 {
    400.0 * joint_share
}

/// Normalised enthalpy, dimensionless: absorbed power W, density kg/m3, enthalpy of melting J/kg, diffusivity m2/s,
/// speed m/s, beam radius m.
pub fn normalised_enthalpy(
    absorbed_w: f64,
    density_kg_per_m3: f64,
    melting_j_per_kg: f64,
    diffusivity_m2_per_s: f64,
    speed_m_per_s: f64,
    radius_m: f64,
) -> f64 {
    let length = (diffusivity_m2_per_s * speed_m_per_s * radius_m * radius_m * radius_m).sqrt();
    absorbed_w / (PI * density_kg_per_m3 * melting_j_per_kg * length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beam_doubles_its_area_one_rayleigh_length_away() {
        let radius = beam_radius_um(60.0, 1.0, 1.0);
        assert!((radius * radius / 3600.0 - 2.0).abs() < 1e-12);
        assert_eq!(beam_radius_um(60.0, 0.0, 1.0), 60.0);
    }

    #[test]
    fn relative_depth_is_enthalpy_times_radius() {
        let depth = |power: f64, radius: f64| {
            radius * normalised_enthalpy(power, 2700.0, 1.07e6, 6.9e-5, 0.15, radius)
        };
        let nominal = depth(900.0, 60e-6);
        let ratio = depth(990.0, 75e-6) / nominal;
        assert!((ratio - relative_depth(1.1, 1.0, 1.25)).abs() < 1e-12);
    }

    #[test]
    fn a_gap_beyond_the_bridge_leaves_no_joint_and_more_clamp_closes_it() {
        assert!(bridged_share(20.0) > 0.99 && bridged_share(90.0) < 0.01);
        assert!((bridged_share(BRIDGE_UM) - 0.5).abs() < 1e-12);
        assert!((kept_share(60.0) - 0.5).abs() < 1e-12);
        assert!((gap_um(30.0, 1.05) / 30.0 - 0.8638).abs() < 1e-3);
        assert!(gap_um(30.0, 0.0).is_finite());
    }

    #[test]
    fn a_weld_that_ends_in_the_stack_joins_nothing() {
        assert_eq!(interface_width_mm(1.0, 0.29, 0.30), 0.0);
        let nominal = interface_width_mm(1.0, 0.50, 0.30);
        assert!((nominal - 0.632_455_532_033_675_9).abs() < 1e-12);
        assert_eq!((resistance_uohm(1.0), pull_n(1.0)), (50.0, 400.0));
        assert!(resistance_uohm(0.0).is_finite());
    }
}
