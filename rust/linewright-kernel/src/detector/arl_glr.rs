//! Run length in control of the likelihood-ratio chart: limit theory and what it lacks, fitted.
//!
//! No recursion in a few numbers describes this chart, so no integral equation gives its run length. Limit
//! theory (Siegmund and Venkatraman 1995) does for a high threshold; the polynomial below was fitted to
//! seeded simulations of the kernel itself, direct up to an ARL of some 2*10^4 and by importance sampling from
//! 3*10^5 up to 10^17 (`tests/glr_calibration.rs`, `tests/reference/glr_fit.py`). The 168 points lie about it as
//! their standard errors let expect (1.2 of them); two fits to two sets of seeds differ by at most 1 % up to an
//! ARL of 2*10^4 and 3 % beyond.

use super::Glr;
use super::arl::{check_arl0, normal_cdf, normal_density, search};
use super::arl_chain::legendre;
use super::arl_runs::simulated;
use crate::{Design, DesignError};

/// Correction by powers of `1/sqrt(h)` from the first (rows) and of `smallest_shift` from zero.
const LACKING: [[f64; 4]; 5] = [
    [2.067138, -4.904588, 3.433584, -0.749263],
    [-25.532603, 51.214507, -36.403283, 8.400430],
    [114.210550, -194.898223, 139.653686, -33.359136],
    [-193.628184, 314.441887, -231.267946, 56.856902],
    [110.966664, -181.327820, 137.758851, -34.637199],
];

/// Overshoot correction `nu`, in the approximation of Siegmund and Yakir (2007).
fn nu(x: f64) -> f64 {
    let half = 0.5 * x;
    (normal_cdf(half) - 0.5) / half / (half * normal_cdf(half) + normal_density(half))
}

pub(super) fn check_smallest(smallest_shift: f64) -> Result<(), DesignError> {
    let usable = (0.1..=2.0).contains(&smallest_shift);
    DesignError::unless(usable, "smallest_shift", "from 0.1 to 2", smallest_shift)
}

/// ARL of the two-sided likelihood-ratio chart [`Glr`]: in control the fitted closed form, to about 1 % up to
/// an ARL of 10^4 and 3 % up to 10^15; at a shift the mean of 20,000 seeded runs, to 0.75 %.
///
/// # Errors
/// `smallest_shift` not in `[0.1, 2]`, `h` not in `[2.5, 40]`, or a shift that takes more than 500 samples.
pub fn glr_arl(smallest_shift: f64, h: f64, shift: f64) -> Result<f64, DesignError> {
    check(smallest_shift, h)?;
    if shift == 0.0 {
        return Ok(in_control(smallest_shift, h));
    }
    let standard = Glr { mean: 0.0, sigma: 1.0, smallest_shift, h, restart: false };
    simulated(&standard.design(1.0)?, 4, shift)
}

fn check(smallest_shift: f64, h: f64) -> Result<(), DesignError> {
    check_smallest(smallest_shift)?;
    DesignError::unless((2.5..=40.0).contains(&h), "h", "from 2.5 to 40", h)
}

/// The closed form; `m` is the smallest shift.
fn in_control(m: f64, h: f64) -> f64 {
    let sizes: f64 = legendre(64, m, m + 10.0).iter().map(|(x, w)| w * x * nu(*x) * nu(*x)).sum();
    let edge = m * nu(m);
    let rate = libm::sqrt(h / core::f64::consts::PI) * sizes + 0.5 * edge * edge;
    let root = 1.0 / libm::sqrt(h);
    let powers = |row: &[f64; 4]| row.iter().rev().fold(0.0, |sum, c| sum * m + c);
    let lacking = LACKING.iter().rev().fold(0.0, |sum, row| root * (sum + powers(row)));
    libm::exp(h - libm::log(rate) + lacking)
}

/// Threshold `h` with which the likelihood-ratio chart has this ARL in control.
///
/// # Errors
/// As [`glr_arl`]; `arl0` not in `[2, 1e15]`, or below what `h = 2.5` gives (some 25).
pub fn glr_h_for_arl0(smallest_shift: f64, arl0: f64) -> Result<f64, DesignError> {
    check_smallest(smallest_shift)?;
    check_arl0(arl0)?;
    search(arl0, 2.5, 40.0, |h| Ok(in_control(smallest_shift, h)))
}
