//! Process capability: how much room a process leaves within its limits, and how sure that is.
//!
//! ```text
//! cp  = (hi - lo)/(6*within)       cpk = min(hi - mean, mean - lo)/(3*within)
//! pp, ppk: the same with `overall`, the standard deviation of all readings
//! ```
//! `within` is the pooled standard deviation of subgroups, or for single readings the mean moving range
//! over 1.128. Confidence limits: chi-square for `cp` and `pp` (exact for normal readings in subgroups),
//! Bissell (1990) for `cpk` and `ppk`. With one limit there is no `cp`.

use super::time_series::{self, centred, cross, mean};
use crate::DesignError;
use crate::detector::arl::normal_cdf;
use crate::detector::{chi_square_limit, chi_square_tail};

/// Mean range of two standard normal readings: `2/sqrt(pi)`.
const MEAN_RANGE_OF_TWO: f64 = core::f64::consts::FRAC_2_SQRT_PI;
/// Degrees of freedom of the mean moving range per reading: `1/(2*0.8260)`, from its asymptotic variance
/// `0.8260 sigma^2 / n` (Hoel 1946).
const MOVING_RANGE_FREEDOM: f64 = 0.605;

/// An index with its two-sided confidence limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Index {
    /// The estimate.
    pub value: f64,
    /// Lower confidence limit.
    pub low: f64,
    /// Upper confidence limit.
    pub high: f64,
}

/// What [`capability`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capability {
    /// Two-sided room over short-term spread; none with one limit.
    pub cp: Option<Index>,
    /// Room on the nearer side over short-term spread.
    pub cpk: Index,
    /// Two-sided room over overall spread; none with one limit.
    pub pp: Option<Index>,
    /// Room on the nearer side over overall spread.
    pub ppk: Index,
    /// Mean of the readings, their unit.
    pub mean: f64,
    /// Short-term standard deviation, unit of the readings.
    pub within: f64,
    /// Standard deviation of all readings, their unit.
    pub overall: f64,
    /// Correlation of a reading with the one before it.
    pub autocorrelation: f64,
    /// The readings are correlated beyond chance (1 in 100): the confidence limits are too narrow, and
    /// `within` misses what moves slowly.
    pub autocorrelated: bool,
    /// Probability of such an Anderson-Darling statistic were the readings normal.
    pub normal_p: f64,
    /// The readings are not normal (`normal_p` below 0.01): the indices do not tell the share outside.
    pub not_normal: bool,
}

/// Capability of readings against `lo` and `hi`, in their order of time.
///
/// Either limit may be missing, not both. `subgroup` is the number of readings taken together, 1 for
/// single readings; a last subgroup that is not full counts for the mean only. `confidence` is that of
/// the limits, two-sided, usually 0.95.
///
/// # Errors
/// Fewer than 8 readings or 2 full subgroups, a reading that is not finite, readings that do not differ,
/// limits in the wrong order, `confidence` not within 0.5 to 0.9999.
pub fn capability(
    x: &[f64],
    lo: Option<f64>,
    hi: Option<f64>,
    subgroup: u32,
    confidence: f64,
) -> Result<Capability, DesignError> {
    let size = subgroup as usize;
    let fits = (1..=1000).contains(&size);
    DesignError::unless(fits, "subgroup", "1 to 1000", f64::from(subgroup))?;
    time_series::usable("x", x, 8.max(2 * size))?;
    check_limits(lo, hi)?;
    let usable = (0.5..=0.9999).contains(&confidence);
    DesignError::unless(usable, "confidence", "0.5 to 0.9999", confidence)?;
    let middle = mean(x);
    let off = centred(x);
    let count = x.len() as f64;
    let overall = libm::sqrt(cross(&off, &off, 0) * count / (count - 1.0));
    let (within, freedom) = short_term(&off, size);
    let differ = within > 0.0 && overall > 0.0;
    DesignError::unless(differ, "x", "readings that differ", overall)?;
    let short = Spread { sd: within, freedom, count, confidence };
    let long = Spread { sd: overall, freedom: count - 1.0, count, confidence };
    let wide = lo.zip(hi).map(|(lo, hi)| hi - lo);
    let room = hi.map_or(f64::INFINITY, |hi| hi - middle);
    let room = lo.map_or(room, |lo| room.min(middle - lo));
    let autocorrelation = cross(&off, &off, 1) / cross(&off, &off, 0);
    let normal_p = anderson_darling_p(x, middle, overall);
    Ok(Capability {
        cp: wide.map(|wide| short.two_sided(wide)).transpose()?,
        cpk: short.nearer(room)?,
        pp: wide.map(|wide| long.two_sided(wide)).transpose()?,
        ppk: long.nearer(room)?,
        mean: middle,
        within,
        overall,
        autocorrelation,
        // Of white readings it is normal with mean -1/n and variance 1/n.
        autocorrelated: libm::fabs(autocorrelation + 1.0 / count) * libm::sqrt(count) > 2.575_829_3,
        normal_p,
        not_normal: normal_p < 0.01,
    })
}

fn check_limits(lo: Option<f64>, hi: Option<f64>) -> Result<(), DesignError> {
    let given = lo.or(hi);
    DesignError::unless(given.is_some(), "lo", "given, or hi", f64::NAN)?;
    for (name, limit) in [("lo", lo), ("hi", hi)] {
        let usable = limit.is_none_or(|x| libm::fabs(x) <= 1e100);
        DesignError::unless(usable, name, "finite, or left out", limit.unwrap_or(0.0))?;
    }
    let ordered = lo.zip(hi).is_none_or(|(lo, hi)| hi > lo);
    DesignError::unless(ordered, "hi", "above lo", hi.unwrap_or(0.0))
}

/// Short-term standard deviation and its degrees of freedom.
fn short_term(off: &[f64], size: usize) -> (f64, f64) {
    if size == 1 {
        let ranges = off.windows(2).map(|w| match w {
            [a, b] => libm::fabs(b - a),
            _ => 0.0,
        });
        let count = (off.len() - 1) as f64;
        return (ranges.sum::<f64>() / count / MEAN_RANGE_OF_TWO, MOVING_RANGE_FREEDOM * count);
    }
    let groups = off.chunks_exact(size);
    let freedom = (groups.len() * (size - 1)) as f64;
    let squares = |group: &[f64]| {
        let own = centred(group);
        cross(&own, &own, 0) * size as f64
    };
    (libm::sqrt(groups.map(squares).sum::<f64>() / freedom), freedom)
}

/// A standard deviation and how well it is known.
struct Spread {
    sd: f64,
    freedom: f64,
    count: f64,
    confidence: f64,
}

impl Spread {
    fn two_sided(&self, wide: f64) -> Result<Index, DesignError> {
        let value = wide / (6.0 * self.sd);
        let tail = 0.5 * (1.0 - self.confidence);
        let at = |tail: f64| Ok(value * libm::sqrt(self.chi_square_per_degree(tail)?));
        Ok(Index { value, low: at(1.0 - tail)?, high: at(tail)? })
    }

    /// What a chi-square variable exceeds with probability `tail`, over its degrees of freedom: from the
    /// cube of Wilson and Hilferty (1931) by Newton's steps.
    fn chi_square_per_degree(&self, tail: f64) -> Result<f64, DesignError> {
        let freedom = self.freedom;
        let square = chi_square_limit(2.0 * tail.min(1.0 - tail), 1.0)?;
        let z = if tail < 0.5 { libm::sqrt(square) } else { -libm::sqrt(square) };
        let part = 2.0 / (9.0 * freedom);
        let root = (1.0 - part + z * libm::sqrt(part)).max(0.01);
        let mut x = freedom * root * root * root;
        let half = 0.5 * freedom;
        let front = half * core::f64::consts::LN_2 + libm::lgamma(half);
        for _ in 0..8 {
            let density = libm::exp((half - 1.0) * libm::log(x) - 0.5 * x - front);
            let step = (chi_square_tail(x, freedom) - tail) / density;
            x = (x + step).clamp(0.1 * x, 10.0 * x);
            if libm::fabs(step) < 1e-14 * x {
                break;
            }
        }
        Ok(x / freedom)
    }

    fn nearer(&self, room: f64) -> Result<Index, DesignError> {
        let value = room / (3.0 * self.sd);
        // A chi-square variable of one degree is the square of a normal one.
        let z = libm::sqrt(chi_square_limit(1.0 - self.confidence, 1.0)?);
        let variance = 1.0 / (9.0 * self.count) + value * value / (2.0 * self.freedom);
        let reach = z * libm::sqrt(variance);
        Ok(Index { value, low: value - reach, high: value + reach })
    }
}

/// Probability of the Anderson-Darling statistic of normal readings whose mean and standard deviation
/// were estimated (Stephens 1986).
fn anderson_darling_p(x: &[f64], middle: f64, sd: f64) -> f64 {
    let mut sorted = x.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let z = |v: &f64| (v - middle) / sd;
    let pairs = sorted.iter().zip(sorted.iter().rev()).enumerate();
    let sum: f64 = pairs
        .map(|(i, (low, high))| {
            let below = normal_cdf(z(low)).max(f64::MIN_POSITIVE);
            let above = normal_cdf(-z(high)).max(f64::MIN_POSITIVE);
            (2.0 * i as f64 + 1.0) * (libm::log(below) + libm::log(above))
        })
        .sum();
    let a = (-n - sum / n) * (1.0 + 0.75 / n + 2.25 / (n * n));
    let p = if a >= 0.6 {
        libm::exp(1.2937 - 5.709 * a + 0.0186 * a * a)
    } else if a > 0.34 {
        libm::exp(0.9177 - 4.279 * a - 1.38 * a * a)
    } else if a > 0.2 {
        1.0 - libm::exp(-8.318 + 42.796 * a - 59.938 * a * a)
    } else {
        1.0 - libm::exp(-13.436 + 101.14 * a - 223.73 * a * a)
    };
    // Beyond 153 the parabola of the first branch would rise again.
    if a > 100.0 { 0.0 } else { p.clamp(0.0, 1.0) }
}

#[cfg(test)]
#[path = "capability_tests.rs"]
mod tests;
