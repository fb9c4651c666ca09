//! What a loop with dead time can reach at best, and the tuning rule that comes close.
//!
//! `b` is the dead time in samples, the sample of the move included (`b >= 1`): a disturbance seen now
//! can be answered `b` samples later at the earliest. Variances are in the square of the unit of the
//! signal; `sigma_a` is the standard deviation of the white shocks that drive the disturbance. (Box and
//! Jenkins 1970; Harris 1989.)

/// Least output variance under a random-walk disturbance: `b * sigma_a^2`.
pub fn minimum_variance_random_walk(b: u32, sigma_a: f64) -> f64 {
    f64::from(b) * sigma_a * sigma_a
}

/// Least output variance under an AR(1) disturbance `d[t] = phi*d[t-1] + a[t]`, `|phi| < 1`:
/// `sigma_a^2 * (1 - phi^(2b)) / (1 - phi^2)`. Without control it is the same with `b` infinite.
pub fn minimum_variance_ar1(phi: f64, b: u32, sigma_a: f64) -> f64 {
    let square = phi * phi;
    sigma_a * sigma_a * (1.0 - libm::pow(square, f64::from(b))) / (1.0 - square)
}

/// Least output variance under an IMA(1,1) disturbance `d[t] = d[t-1] + a[t] - theta*a[t-1]`:
/// `sigma_a^2 * (1 + (b - 1)*(1 - theta)^2)`.
pub fn minimum_variance_ima(theta: f64, b: u32, sigma_a: f64) -> f64 {
    let step = 1.0 - theta;
    sigma_a * sigma_a * (1.0 + f64::from(b.saturating_sub(1)) * step * step)
}

/// SIMC tuning of a PI controller (Skogestad 2003) for `k*exp(-theta_s*s) / (tau_s*s + 1)`:
/// `kc = tau/(k*(tau_c + theta))`, `ti = min(tau, 4*(tau_c + theta))`; tight: `tau_c_s = theta_s`.
/// Gives `(kc, ti_s)`; `kc` carries the inverse unit of `k`.
pub fn simc_pi(k: f64, tau_s: f64, theta_s: f64, tau_c_s: f64) -> (f64, f64) {
    let closed_s = tau_c_s + theta_s;
    (tau_s / (k * closed_s), tau_s.min(4.0 * closed_s))
}

/// Output variance of an EWMA run-to-run controller of weight `lambda` (0 to 2) over the least one,
/// under an IMA(1,1) disturbance: `1 + ((1 - theta) - lambda)^2 / (lambda*(2 - lambda))`. It is 1 at
/// `lambda = 1 - theta` (Ingolfsson and Sachs 1993).
pub fn run_to_run_inflation(lambda: f64, theta: f64) -> f64 {
    let off = (1.0 - theta) - lambda;
    1.0 + off * off / (lambda * (2.0 - lambda))
}

/// Lasting offset of an EWMA run-to-run controller on a ramp of `drift_per_run`: `drift / lambda`.
pub fn run_to_run_ramp_offset(lambda: f64, drift_per_run: f64) -> f64 {
    drift_per_run / lambda
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c53_minimum_variance_of_an_ar1_disturbance() {
        let open = 1.0 / (1.0 - 0.81);
        let least = minimum_variance_ar1(0.9, 5, 1.0);
        assert!((open - 5.263_f64).abs() < 1e-3);
        assert!((least - 3.428).abs() < 1e-3);
        assert!((least / open - 0.651).abs() < 1e-3);
    }

    #[test]
    fn c54_inflation_of_a_run_to_run_controller() {
        assert!((run_to_run_inflation(0.3, 0.5) - 1.0784).abs() < 1e-4);
        assert!((run_to_run_inflation(0.5, 0.5) - 1.0).abs() < 1e-12);
        assert!((run_to_run_ramp_offset(0.3, 0.6) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_bounds_meet_where_their_disturbances_do() {
        // theta = 0 is the random walk; phi near 1 approaches it.
        assert_eq!(minimum_variance_ima(0.0, 7, 2.0), minimum_variance_random_walk(7, 2.0));
        let near = minimum_variance_ar1(1.0 - 1e-9, 7, 2.0);
        assert!((near - minimum_variance_random_walk(7, 2.0)).abs() < 1e-5);
    }
}
