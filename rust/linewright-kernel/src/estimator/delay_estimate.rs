//! Dead time between two signals, from a record of both.
//!
//! An autoregression whitens `u`; the same filter is run over both, and the correlation
//! `r(k) = corr(u(t-k), y(t))` of what is left is looked through for `k = 0` up to the longest delay (Box
//! and Jenkins 1970). Without whitening, a `u` that moves slowly correlates with everything for a while
//! and the peak says little.

use alloc::vec::Vec;

use super::time_series::{self, Autoregression, Products, cross};
use crate::DesignError;

/// Order of the whitening fit at most.
const MOST_ORDER: usize = 20;
/// Windows needed beside the lags.
const LEAST: usize = 100;
/// A peak counts when chance alone would make it less often than this.
const DECIDED: f64 = 1e-3;
/// A lag belongs to the rise of the peak when it exceeds this many standard deviations of the noise.
const RISE_SIGMA: f64 = 3.0;

/// What [`estimate_delay`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelayEstimate {
    /// Delay at which the correlation is largest, s: the dead time of a plant that answers at once.
    pub delay_s: f64,
    /// First delay of the rise to that peak, s: the dead time of a plant that answers slowly.
    pub onset_s: f64,
    /// The correlation there, -1 to 1; its sign is that of the gain.
    pub correlation: f64,
    /// Probability that signals that have nothing to do with one another show such a peak.
    pub p_value: f64,
    /// `p_value` below 0.001: there is a delay to speak of.
    pub decided: bool,
}

/// Estimates the dead time from `u` to `y`, up to `max_delay_s`; samples are `period_s` apart.
///
/// `u` is what acted since the sample before (what was written then), so that a plant without dead time
/// that answers at once has a delay of 0. Where `u` is a controller's answer to `y` the feedback is part
/// of what is found: use a record with set-point moves, or of the open loop. Resolution is one sample.
///
/// # Errors
/// `u` and `y` of different length, too short (100 samples beyond the longest delay), not finite or
/// not moving; `period_s` not positive; `max_delay_s` negative.
pub fn estimate_delay(
    u: &[f64],
    y: &[f64],
    period_s: f64,
    max_delay_s: f64,
) -> Result<DelayEstimate, DesignError> {
    DesignError::period(period_s)?;
    DesignError::not_negative("max_delay_s", max_delay_s)?;
    let most = libm::floor(max_delay_s / period_s + 1e-9);
    let fits = most <= 1e6 && u.len() as f64 >= most + LEAST as f64;
    let must_be = "100 samples shorter than the record, at most a million samples";
    DesignError::unless(fits, "max_delay_s", must_be, max_delay_s)?;
    time_series::usable("u", u, LEAST)?;
    time_series::usable("y", y, LEAST)?;
    let same = u.len() == y.len();
    DesignError::unless(same, "y", "as long as u", y.len() as f64)?;
    let (cause, answer) = (time_series::centred(u), time_series::centred(y));
    let order = MOST_ORDER.min(u.len() / 20);
    // A cause that follows a recursion exactly, a ramp or a single sine, cannot be whitened.
    let still = |name| DesignError { parameter: name, must_be: "a record that moves", value: 0.0 };
    let fit = Products::of(&cause, order).best_fit().ok_or(still("u"))?;
    let white = whitened(&fit, &cause);
    let answer = whitened(&fit, &answer);
    let scale = libm::sqrt(cross(&white, &white, 0) * cross(&answer, &answer, 0));
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(still("y"));
    }
    let lags = most as usize + 1;
    let correlations: Vec<f64> = (0..lags).map(|k| cross(&white, &answer, k) / scale).collect();
    let size = |k: usize| correlations.get(k).map_or(0.0, |r| libm::fabs(*r));
    let peak = (0..lags).fold(0, |best, k| if size(k) > size(best) { k } else { best });
    let noise = 1.0 / libm::sqrt(white.len() as f64);
    let onset = (0..peak).rev().take_while(|k| size(*k) > RISE_SIGMA * noise).last();
    // Two-sided tail of one lag, then of the largest of all.
    let one = libm::erfc(size(peak) / noise * core::f64::consts::FRAC_1_SQRT_2);
    let p_value = -libm::expm1(lags as f64 * libm::log1p(-one.min(1.0 - 1e-16)));
    Ok(DelayEstimate {
        delay_s: peak as f64 * period_s,
        onset_s: onset.unwrap_or(peak) as f64 * period_s,
        correlation: correlations.get(peak).copied().unwrap_or(0.0).clamp(-1.0, 1.0),
        p_value,
        decided: p_value < DECIDED,
    })
}

/// What the fit leaves of a record, centred.
fn whitened(fit: &Autoregression, x: &[f64]) -> Vec<f64> {
    time_series::centred(&fit.residuals(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// A slow cause and the answer of `gain*(1 - keep)/(1 - keep*q^-1)*q^-dead` in noise.
    fn record(dead: usize, keep: f64, gain: f64, noise_sd: f64, seed: u64) -> (Vec<f64>, Vec<f64>) {
        let mut noise = Random(seed);
        let (mut level, mut x) = (0.0, 0.0);
        let mut u = Vec::new();
        let mut y = Vec::new();
        for t in 0..3000_usize {
            level = 0.95 * level + noise.bell();
            u.push(level);
            let delayed = t.checked_sub(dead).map_or(0.0, |i| u[i]);
            x = keep * x + (1.0 - keep) * delayed;
            y.push(50.0 + gain * x + noise_sd * noise.bell());
        }
        (u, y)
    }

    #[test]
    fn a_pure_delay_is_found_to_the_sample_in_noise_of_its_own_size() {
        for seed in 1..=20 {
            let (u, y) = record(17, 0.0, -1.0, 3.2, seed);
            let found = estimate_delay(&u, &y, 0.5, 30.0).unwrap();
            assert_eq!((found.delay_s, found.decided), (8.5, true), "seed {seed}: {found:?}");
            assert!(found.correlation < 0.0 && found.onset_s <= 8.5 && found.onset_s >= 8.0);
        }
    }

    #[test]
    fn the_onset_is_the_dead_time_of_a_slow_plant() {
        for seed in 1..=20 {
            let (u, y) = record(12, 0.8, 2.0, 0.5, seed);
            let found = estimate_delay(&u, &y, 1.0, 60.0).unwrap();
            assert!(found.decided && (found.onset_s - 12.0).abs() <= 1.0, "seed {seed}: {found:?}");
            assert!((found.delay_s - 12.0).abs() <= 2.0, "seed {seed}: {found:?}");
        }
    }

    #[test]
    fn signals_that_have_nothing_in_common_have_no_delay() {
        let alone = |seed: u64| {
            let (u, _) = record(0, 0.0, 1.0, 0.0, seed);
            let (y, _) = record(0, 0.0, 1.0, 0.0, seed + 1000);
            estimate_delay(&u, &y, 1.0, 100.0).unwrap()
        };
        let found: Vec<_> = (1..=200).map(alone).collect();
        assert!(found.iter().filter(|f| f.decided).count() <= 2);
        // The p-value is one: uniform where nothing is there.
        let below = found.iter().filter(|f| f.p_value < 0.5).count();
        assert!((70..=130).contains(&below), "{below}");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let (u, y) = record(3, 0.0, 1.0, 1.0, 1);
        let refused = |u: &[f64], y: &[f64], period_s, max| {
            estimate_delay(u, y, period_s, max).unwrap_err().parameter
        };
        assert_eq!(refused(&u, &y[1..], 1.0, 10.0), "y");
        assert_eq!(refused(&u, &y, 0.0, 10.0), "period_s");
        assert_eq!(refused(&u, &y, 1.0, 2950.0), "max_delay_s");
        assert_eq!(refused(&[1.0; 3000], &y, 1.0, 10.0), "u");
        assert_eq!(refused(&u, &[1.0; 3000], 1.0, 10.0), "y");
    }
}
