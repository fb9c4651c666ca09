//! How the rate falls once the pores empty: characteristic drying curve and sorption.
//!
//! `dX/dt = -(mdot/M)*f(Phi)`, `Phi = (X - X_eq)/(X_c - X_eq)`, `f = min(1, Phi^n)` (van Meel 1958). With n = 1, X_eq = 0,
//! c = X_c/X_0 and r = X_end/X_0 the time is `t*mdot/(M*X_0) = (1 - c) + c*ln(c/r)`.

/// Relative rate `f = min(1, Phi^n)`, dimensionless, of the characteristic moisture `phi` (0 to 1) and exponent `n` above 0.
pub fn relative_rate(phi: f64, exponent: f64) -> f64 {
    if phi >= 1.0 { 1.0 } else { libm::pow(phi.max(0.0), exponent) }
}

/// Drying time in units of `M*X_0/mdot` down to the share `left` of the initial solvent, exponent 1; `critical` = X_c/X_0.
pub fn relative_time(critical: f64, left: f64) -> f64 {
    if left >= critical {
        return 1.0 - left;
    }
    (1.0 - critical) + critical * libm::log(critical / left)
}

/// Activity of the solvent over a binder that holds it: `a = 1 - exp(-X/X_s)`, dimensionless. `moisture` X and `sorption_x`
/// X_s (0.02 to 0.05 for PVDF and NMP; 0 = the binder holds nothing) in kg solvent per kg dry coating.
pub fn activity(moisture: f64, sorption_x: f64) -> f64 {
    if sorption_x <= 0.0 { 1.0 } else { -libm::expm1(-moisture.max(0.0) / sorption_x) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_percent_leaves_in_about_half_of_the_drying_time() {
        let share = relative_time(0.35, 0.10) / relative_time(0.35, 0.005);
        assert!((share - 0.509).abs() < 0.01, "{share}");
        let later = relative_time(0.40, 0.10) / relative_time(0.40, 0.005);
        assert!((later - 0.491).abs() < 0.01, "{later}");
    }

    #[test]
    fn the_rate_falls_from_the_critical_moisture_on() {
        assert_eq!(relative_rate(1.2, 1.0), 1.0);
        assert!((relative_rate(0.5, 2.0) - 0.25).abs() < 1e-12);
        assert_eq!(relative_rate(-0.1, 1.0), 0.0);
        assert!((relative_time(0.4, 0.7) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn a_binder_holds_the_last_of_the_solvent() {
        assert_eq!(activity(0.001, 0.0), 1.0);
        assert!((activity(0.03, 0.03) - 0.632_120_558).abs() < 1e-8);
        assert!(activity(0.4, 0.03) > 0.999);
    }
}
