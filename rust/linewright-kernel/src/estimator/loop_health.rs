//! How well a loop does, from its record alone: the Harris index, and whether it swings.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::time_series::{self, Products, autocorrelation, detrended};
use crate::DesignError;

/// Blocks of the jackknife.
const BLOCKS: usize = 10;
/// Orders tried when none is given.
const MOST_ORDER: usize = 30;

/// What [`harris_index`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarrisIndex {
    /// Least variance over actual variance, more than 0 up to 1; 1: no controller does better.
    pub eta: f64,
    /// Standard error of `eta`, by leaving out one tenth of the record after the other (Quenouille 1956).
    pub eta_se: f64,
    /// Least variance, square of the unit of `y`.
    pub minimum_variance: f64,
    /// Actual variance, square of the unit of `y`.
    pub variance: f64,
    /// Order of the autoregression.
    pub order: u32,
}

/// Harris index (1989) of a loop's record: an autoregression is fitted to `y`, the variance of what no
/// controller can answer within the dead time is `var a * (1 + psi_1^2 + ... + psi_(b-1)^2)`.
///
/// `dead_time_samples` is `b`, the sample of the move included, at least 1. The order of the fit is the
/// one of least Schwarz criterion up to 30 unless given. `y` is the error of a loop in one mode: a change
/// of set-point or a fault within the record counts as poor control.
///
/// # Errors
/// Fewer than 20 samples per parameter of the fit, a value that is not finite, a record that does not move.
pub fn harris_index(
    y: &[f64],
    dead_time_samples: u32,
    order: Option<u32>,
) -> Result<HarrisIndex, DesignError> {
    let b = f64::from(dead_time_samples);
    let fits = (1..=100_000).contains(&dead_time_samples);
    DesignError::unless(fits, "dead_time_samples", "1 to 100000", b)?;
    time_series::usable("y", y, 40)?;
    let most = match order {
        Some(order) => order as usize,
        None => MOST_ORDER.min(y.len() / 20 - 1),
    };
    let must_be = "1 to 100, a twentieth of the record at most";
    let enough = (1..=100).contains(&most) && y.len() >= 20 * most;
    DesignError::unless(enough, "order", must_be, most as f64)?;
    let x = time_series::centred(y);
    let variance = time_series::cross(&x, &x, 0);
    let still = DesignError { parameter: "y", must_be: "a record that moves", value: variance };
    let whole = Products::of(&x, most);
    let chosen = if order.is_some() { whole.fit(most) } else { whole.best_fit() }.ok_or(still)?;
    let order = chosen.phi.len();
    let least = |fit: &time_series::Autoregression| {
        fit.variance * fit.impulse(dead_time_samples as usize).iter().map(|w| w * w).sum::<f64>()
    };
    let minimum_variance = least(&chosen).min(variance);
    let eta = minimum_variance / variance;
    // Each tenth left out in turn, the windows that reach over its edges left in.
    let size = x.len().div_ceil(BLOCKS);
    let parts: Vec<f64> = x
        .chunks(size)
        .filter_map(|block| {
            let fit = whole.without(&Products::of(block, most)).fit(order)?;
            let squares: f64 = block.iter().map(|v| v * v).sum();
            let rest = (variance * x.len() as f64 - squares) / (x.len() - block.len()) as f64;
            (rest > 0.0).then(|| (least(&fit) / rest).min(1.0))
        })
        .collect();
    let middle = time_series::mean(&parts);
    let spread: f64 = parts.iter().map(|p| (p - middle) * (p - middle)).sum();
    let count = parts.len().max(1) as f64;
    let eta_se = libm::sqrt(spread * (count - 1.0) / count);
    Ok(HarrisIndex { eta, eta_se, minimum_variance, variance, order: order as u32 })
}

/// What [`oscillation`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Oscillation {
    /// True when the record swings regularly: `regularity > 1` and `decay_ratio > 0.5`.
    pub oscillating: bool,
    /// Mean period, s; none when the autocorrelation does not cross zero often enough to have one.
    pub period_s: Option<f64>,
    /// A third of the mean period over its standard deviation (Thornhill, Huang and Zhang 2003).
    pub regularity: f64,
    /// How much of a swing is left after half a period (Miao and Seborg 1999), 0 to 1; a lasting one
    /// has 1, or the swing's share of the variance when noise lies on it.
    pub decay_ratio: f64,
    /// Amplitude of the swing, unit of `y`.
    pub amplitude: f64,
}

/// A zero crossing of the autocorrelation, and the extreme before it.
struct Swing {
    crossing: f64,
    extreme_lag: f64,
    extreme: f64,
}

/// Crossings counted at most: ten intervals.
const MOST_CROSSINGS: usize = 11;
/// Intervals needed to speak of a period.
const LEAST_INTERVALS: usize = 4;

/// The swings of an autocorrelation, as far as they stand out from `noise`.
fn swings(rho: &[f64], noise: f64) -> Vec<Swing> {
    let mut found: Vec<Swing> = Vec::new();
    let (mut side, mut crossing) = (1.0, 0.0);
    let (mut extreme, mut extreme_lag) = (0.0_f64, 0.0);
    let pairs = rho.iter().zip(rho.iter().skip(1)).enumerate();
    let _ = pairs.map(|(lag, (a, b))| (lag as f64, *a, *b)).try_for_each(|(lag, a, b)| {
        if a * side > extreme {
            (extreme, extreme_lag) = (a * side, lag);
        }
        if a * side >= 0.0 && b * side < 0.0 {
            crossing = lag + a / (a - b);
        }
        // It counts once the other side is reached beyond the noise.
        if b * side < -noise {
            found.push(Swing { crossing, extreme_lag, extreme: extreme * side });
            (side, extreme) = (-side, 0.0);
        }
        if found.len() > MOST_CROSSINGS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    found
}

/// Finds out whether a record swings, and how regularly: from the zero crossings of its autocorrelation,
/// after a straight line was taken out. Noise on the swing does little; a second swing of another period
/// makes it irregular.
///
/// # Errors
/// `period_s` (between samples) not positive; fewer than 40 samples; a value that is not finite.
pub fn oscillation(y: &[f64], period_s: f64) -> Result<Oscillation, DesignError> {
    DesignError::period(period_s)?;
    time_series::usable("y", y, 40)?;
    let x = detrended(y);
    let rho = autocorrelation(&x);
    let found = swings(&rho, 2.0 / libm::sqrt(x.len() as f64));
    let crossings: Vec<f64> = found.iter().map(|s| s.crossing).collect();
    let intervals: Vec<f64> =
        crossings.windows(2).filter_map(|w| Some(w.last()? - w.first()?)).collect();
    let none = Oscillation {
        oscillating: false,
        period_s: None,
        regularity: 0.0,
        decay_ratio: 0.0,
        amplitude: 0.0,
    };
    if intervals.len() < LEAST_INTERVALS {
        return Ok(none);
    }
    let half = time_series::mean(&intervals);
    let spread: f64 = intervals.iter().map(|i| (i - half) * (i - half)).sum();
    let sd = libm::sqrt(spread / (intervals.len() - 1) as f64);
    // The periods are read to a fraction of a sample: a spread below a tenth of one is none.
    let regularity = 2.0 * half / (3.0 * 2.0 * sd.max(0.1));
    let decay_ratio = decay(&found);
    let variance = time_series::cross(&x, &x, 0);
    let back = found.get(2).map_or(0.0, |s| s.extreme.max(0.0));
    Ok(Oscillation {
        oscillating: regularity > 1.0 && decay_ratio > 0.5,
        period_s: Some(2.0 * half * period_s),
        regularity,
        decay_ratio,
        amplitude: libm::sqrt(2.0 * variance * back),
    })
}

/// Height of the first maximum over the line between the minima beside it, over the depth of the first
/// minimum below the line between the maxima beside it.
fn decay(found: &[Swing]) -> f64 {
    let [_, low, high, next, ..] = found else { return 0.0 };
    let line = |from: (f64, f64), to: (f64, f64), at: f64| {
        from.1 + (to.1 - from.1) * (at - from.0) / (to.0 - from.0)
    };
    let place = |s: &Swing| (s.extreme_lag, s.extreme);
    let height = high.extreme - line(place(low), place(next), high.extreme_lag);
    let depth = line((0.0, 1.0), place(high), low.extreme_lag) - low.extreme;
    if depth > 0.0 { (height / depth).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
#[path = "loop_health_tests.rs"]
mod tests;
