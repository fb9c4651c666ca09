//! Dryer, thin: the web takes its metres to pass, and a little solvent stays.
//!
//! Characteristic drying curve with n = 1: constant rate down to the critical moisture `c = X_c/X_0`, then exponential.
//! With time in units of the constant-rate time, `T = (1 - c) + c*ln(c/r)`, so `r = c*exp(-(T - (1 - c))/c)`.

/// Drying curve of one recipe in one oven.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dryer {
    critical: f64,
    nominal_time: f64,
    nominal_web_m_per_s: f64,
}

impl Dryer {
    /// A dryer that leaves `residual` of the solvent at `web_m_per_s`, critical moisture over initial `critical`.
    pub fn new(residual: f64, critical: f64, web_m_per_s: f64) -> Self {
        let residual = residual.max(1e-9);
        let nominal_time = if residual >= critical {
            1.0 - residual
        } else {
            (1.0 - critical) + critical * libm::log(critical / residual)
        };
        Dryer { critical, nominal_time, nominal_web_m_per_s: web_m_per_s }
    }

    /// Share of the solvent left at `web_m_per_s` with `load_ratio` = solvent load over nominal, dimensionless, 0 to 1.
    pub fn residual(&self, web_m_per_s: f64, load_ratio: f64) -> f64 {
        let time = self.nominal_time * self.nominal_web_m_per_s / (web_m_per_s * load_ratio);
        let constant = 1.0 - self.critical;
        if time < constant {
            return 1.0 - time.max(0.0);
        }
        self.critical * libm::exp(-(time - constant) / self.critical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dryer_leaves_the_stated_residual_and_more_when_faster() {
        let dryer = Dryer::new(0.0021, 0.40, 1.0);
        assert!((dryer.residual(1.0, 1.0) - 0.0021).abs() < 1e-12);
        assert!(dryer.residual(1.2, 1.0) > 2.0 * 0.0021);
        assert!(dryer.residual(1.0, 1.1) > 0.0021);
        assert!(dryer.residual(0.8, 1.0) < 0.0021);
    }

    #[test]
    fn ninety_percent_leaves_in_about_half_of_the_drying_time() {
        // c = 0.35, r = 0.005: t90/t_tot = 0.509 (published shape)
        let total = 0.65 + 0.35 * libm::log(0.35 / 0.005);
        let t90 = 0.65 + 0.35 * libm::log(0.35 / 0.10);
        assert!((t90 / total - 0.509).abs() < 0.01);
        let dryer = Dryer::new(0.005, 0.35, 1.0);
        assert!((dryer.residual(total / t90, 1.0) - 0.10).abs() < 1e-9);
    }
}
