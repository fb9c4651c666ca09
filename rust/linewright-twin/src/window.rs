//! Coating window: between which gap-to-film ratios a slot bead stays whole.
//!
//! Small capillary numbers: the downstream meniscus limits (Ruschak 1976). Battery slurry runs at `Ca` about 25, where
//! viscosity rules and the small-`Ca` limit is meaningless; there the pressures along the bead balance (Higgins, Scriven
//! 1980): `0 = 1.34*Ca^(2/3)*sigma/t + (6*eta*U*L_d/H^2)*(1 - 2t/H) + 6*eta*U*x_u/H^2 - dP_vac`, with the upstream
//! meniscus somewhere on its lip, `0 <= x_u <= L_u`. No vacuum: air enters below `t_low` (`x_u` = 0), slurry swells out
//! above `t_high` (`x_u = L_u`).

use crate::config::{ConfigError, within};

/// Capillary number up to which [`low_flow_limit_um`] may be used.
pub const SMALL_CA: f64 = 0.1;

/// `Ca = eta*U/sigma`, dimensionless; viscosity Pa s, web speed m/s, surface tension N/m.
pub fn capillary_number(viscosity_pa_s: f64, web_m_per_s: f64, tension_n_per_m: f64) -> f64 {
    viscosity_pa_s * web_m_per_s / tension_n_per_m
}

/// Thinnest film at small `Ca`, um: `t = H/(1 + 1.49*Ca^(-2/3))` (Ruschak 1976; Carvalho, Kheshgi 2000), gap `H` in um.
///
/// # Errors
/// `Ca` that is not above 0 and at most [`SMALL_CA`]: the limit does not hold there.
pub fn low_flow_limit_um(capillary: f64, gap_um: f64) -> Result<f64, ConfigError> {
    within("capillary", capillary, f64::MIN_POSITIVE, SMALL_CA)?;
    Ok(gap_um / (1.0 + 1.49 * libm::pow(capillary, -2.0 / 3.0)))
}

/// The same limit the other way: capillary number at which film `t` is the thinnest, `0.645*(2/(H/t - 1))^1.5`; both
/// lengths in one unit.
pub fn critical_capillary(film_um: f64, gap_um: f64) -> f64 {
    let ratio = 2.0 / (gap_um / film_um - 1.0);
    0.645 * ratio * ratio.sqrt()
}

/// A slot bead: gap, lips and what flows in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bead {
    /// Viscosity at the shear of the bead, Pa s.
    pub viscosity_pa_s: f64,
    /// Web speed, m/s.
    pub web_m_per_s: f64,
    /// Surface tension, N/m.
    pub tension_n_per_m: f64,
    /// Coating gap H, um.
    pub gap_um: f64,
    /// Length of the downstream lip, um.
    pub downstream_um: f64,
    /// Length of the upstream lip, um.
    pub upstream_um: f64,
}

/// Films a bead can lay, um.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Below it air enters.
    pub low_um: f64,
    /// Above it the bead swells out upstream.
    pub high_um: f64,
}

impl Bead {
    /// Capillary pressure of the downstream meniscus over the viscous one, dimensionless:
    /// `e = 1.34*Ca^(2/3)*(sigma/t)*H^2/(6*eta*U*L_d)` at film `t` in um.
    pub fn capillary_share(&self, film_um: f64) -> f64 {
        let Bead { viscosity_pa_s, web_m_per_s, tension_n_per_m, gap_um, .. } = *self;
        let ca = capillary_number(viscosity_pa_s, web_m_per_s, tension_n_per_m);
        // um^2 over um*um: the lengths cancel but for one, which is in the viscous gradient
        1.34 * libm::pow(ca, 2.0 / 3.0) * tension_n_per_m * gap_um * gap_um
            / (film_um * 6.0 * viscosity_pa_s * web_m_per_s * self.downstream_um)
    }

    /// The window with `share(t)` at a film `t` given once: `t_low = (H/2)*(1 + e)`,
    /// `t_high = (H/2)*(1 + L_u/L_d) + (H/2)*e`.
    pub fn window_at(&self, film_um: f64) -> Window {
        let (half, e) = (0.5 * self.gap_um, self.capillary_share(film_um));
        Window {
            low_um: half * (1.0 + e),
            high_um: half * (1.0 + self.upstream_um / self.downstream_um) + half * e,
        }
    }

    /// The window itself: each limit is the film it is stated for, by fixed point. `None` where a capillary bead rules
    /// so strongly that the iteration finds none (`e` of the half gap above 1).
    pub fn window(&self) -> Option<Window> {
        let share = self.capillary_share(0.5 * self.gap_um);
        if share.is_nan() || share >= 1.0 {
            return None;
        }
        let settle = |limit: fn(&Window) -> f64| {
            let mut film_um = 0.5 * self.gap_um;
            for _ in 0..200 {
                film_um = limit(&self.window_at(film_um));
            }
            film_um
        };
        Some(Window { low_um: settle(|w| w.low_um), high_um: settle(|w| w.high_um) })
    }
}

/// Parts of the gap that [`lip_film_um`] sums over.
const PARTS: u32 = 400;

/// Film a power-law liquid leaves under a lip, um: drag of the web against a pressure gradient `dp/dx` along the web
/// (Pa/m, positive drives against it). Consistency Pa s^n, exponent dimensionless, gap um, web speed m/s.
///
/// The stress is `s(y) = s_m + (dp/dx)*(y - H/2)`, the slope `u' = sign(s)*|s/K|^(1/n)`, web at `y = 0`, lip at rest at
/// `H`; `s_m` is found by bisection. Without a gradient it is drag flow, half the gap for every exponent.
pub fn lip_film_um(
    consistency_pa_sn: f64,
    exponent: f64,
    gradient_pa_per_m: f64,
    gap_um: f64,
    web_m_per_s: f64,
) -> f64 {
    let gap_m = gap_um * 1e-6;
    let slope = |middle_pa: f64, y_m: f64| {
        let stress = (middle_pa + gradient_pa_per_m * (y_m - 0.5 * gap_m)) / consistency_pa_sn;
        stress.signum() * libm::pow(stress.abs(), 1.0 / exponent)
    };
    // sums of u' and y*u' over the gap, by midpoints
    let sums = |middle_pa: f64| {
        let dy_m = gap_m / f64::from(PARTS);
        (0..PARTS).fold((0.0, 0.0), |(all, moment), i| {
            let y_m = (f64::from(i) + 0.5) * dy_m;
            let part = slope(middle_pa, y_m) * dy_m;
            (all + part, moment + y_m * part)
        })
    };
    let drag_pa = consistency_pa_sn * libm::pow(web_m_per_s / gap_m, exponent);
    let far_pa = 10.0 * drag_pa + gradient_pa_per_m.abs() * gap_m;
    let (mut lo, mut hi) = (-far_pa, far_pa);
    for _ in 0..100 {
        let middle = 0.5 * (lo + hi);
        if sums(middle).0 < -web_m_per_s {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    -sums(0.5 * (lo + hi)).1 / web_m_per_s * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEAD: Bead = Bead {
        viscosity_pa_s: 1.0,
        web_m_per_s: 1.0,
        tension_n_per_m: 0.0407,
        gap_um: 250.0,
        downstream_um: 1000.0,
        upstream_um: 1000.0,
    };

    #[test]
    fn the_small_capillary_limit_refuses_battery_slurry() {
        let ca = capillary_number(1.0, 1.0, 0.0407);
        let refused = low_flow_limit_um(ca, 200.0).expect_err("Ca 25");
        assert_eq!((refused.field.as_str(), refused.value), ("capillary", ca));
        assert!(
            low_flow_limit_um(0.0, 200.0).is_err() && low_flow_limit_um(f64::NAN, 200.0).is_err()
        );
    }

    #[test]
    fn the_limits_are_fixed_points_and_enclose_the_drag_film() {
        let window = BEAD.window().expect("viscous");
        let again = (BEAD.window_at(window.low_um).low_um, BEAD.window_at(window.high_um).high_um);
        assert!((again.0 - window.low_um).abs() < 1e-9 && (again.1 - window.high_um).abs() < 1e-9);
        assert!(window.low_um > 0.5 * BEAD.gap_um && window.high_um > window.low_um);
    }

    #[test]
    fn pressure_against_the_web_thins_the_film_as_poiseuille_says() {
        for gradient in [-3.0e6, 2.0e6] {
            let expected_um = 125.0 - gradient * 250e-6f64.powi(3) / 12.0 * 1e6;
            let film_um = lip_film_um(1.0, 1.0, gradient, 250.0, 1.0);
            assert!((film_um - expected_um).abs() < 0.01, "{film_um} for {expected_um}");
        }
        assert!(lip_film_um(8.0, 0.72, 2.0e6, 250.0, 1.0) < 125.0);
    }

    #[test]
    fn a_capillary_bead_has_no_viscous_window() {
        let water = Bead { viscosity_pa_s: 1e-3, web_m_per_s: 0.05, tension_n_per_m: 0.07, ..BEAD };
        assert_eq!(water.window(), None);
    }
}
