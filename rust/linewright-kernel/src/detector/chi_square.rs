//! Chi-square, F and their kin: the distributions behind the multivariate limits.
//!
//! Tails are computed as tails, never as one less the rest, so that one false alarm in 10^12 samples is
//! as exact as one in ten.

use crate::DesignError;

/// Largest number of degrees of freedom served.
const MOST_FREEDOM: f64 = 1e5;

/// `ln(x^a e^-x / gamma(a + 1))`.
fn log_poisson(a: f64, x: f64) -> f64 {
    if x == 0.0 {
        return if a == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    a * libm::log(x) - x - libm::lgamma(a + 1.0)
}

/// Regularised incomplete gamma functions `(lower, upper)` of `a > 0` at `x >= 0`; both keep their
/// relative accuracy where they are the smaller one. Series and continued fraction (Lentz 1976).
pub(super) fn gamma_parts(a: f64, x: f64) -> (f64, f64) {
    let front = libm::exp(log_poisson(a, x));
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0, 1.0);
        for i in 1..100_000 {
            term *= x / (a + f64::from(i));
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        let lower = front * sum;
        return (lower, 1.0 - lower);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..100_000 {
        let n = f64::from(i);
        let part = -n * (n - a);
        b += 2.0;
        d = 1.0 / (part * d + b);
        c = b + part / c;
        let change = c * d;
        fraction *= change;
        if libm::fabs(change - 1.0) <= f64::EPSILON {
            break;
        }
    }
    let upper = front * a * fraction;
    (1.0 - upper, upper)
}

/// Probability that a chi-square variable of `freedom` degrees exceeds `x`.
pub fn chi_square_tail(x: f64, freedom: f64) -> f64 {
    gamma_parts(0.5 * freedom, 0.5 * x.max(0.0)).1
}

/// What a chi-square variable of `freedom` degrees exceeds with probability `tail`.
///
/// # Errors
/// `tail` not in `[1e-16, 1)`, or `freedom` not positive or beyond 1e5.
pub fn chi_square_limit(tail: f64, freedom: f64) -> Result<f64, DesignError> {
    check_tail(tail)?;
    let served = freedom > 0.0 && freedom <= MOST_FREEDOM;
    DesignError::unless(served, "freedom", "more than 0 up to 1e5", freedom)?;
    Ok(falling(tail, |x| chi_square_tail(x, freedom)))
}

/// Probability that an F variable of `over` and `under` degrees of freedom exceeds `x`.
pub fn f_tail(x: f64, over: f64, under: f64) -> f64 {
    beta_part(0.5 * under, 0.5 * over, under / (under + over * x.max(0.0)))
}

/// What an F variable of `over` and `under` degrees of freedom exceeds with probability `tail`.
///
/// # Errors
/// `tail` not in `[1e-16, 1)`, or a number of degrees of freedom not positive or beyond 1e5.
pub fn f_limit(tail: f64, over: f64, under: f64) -> Result<f64, DesignError> {
    check_tail(tail)?;
    for (name, freedom) in [("over", over), ("under", under)] {
        let served = freedom > 0.0 && freedom <= MOST_FREEDOM;
        DesignError::unless(served, name, "more than 0 up to 1e5", freedom)?;
    }
    Ok(falling(tail, |x| f_tail(x, over, under)))
}

/// Probability that the squared length of `freedom` independent normal variables of unit variance
/// whose means have the squared length `offset` exceeds `x` (noncentral chi-square): a Poisson mixture
/// of central ones.
pub fn shifted_tail(x: f64, freedom: f64, offset: f64) -> f64 {
    let (x, half) = (0.5 * x.max(0.0), 0.5 * offset.max(0.0));
    if half == 0.0 {
        return gamma_parts(0.5 * freedom, x).1;
    }
    if x == 0.0 {
        return 1.0;
    }
    // Below this count the Poisson weight is under 1e-22 of its sum, and the tails only fall.
    let first = libm::floor((half - 10.0 * libm::sqrt(half) - 10.0).max(0.0));
    // The product of weight and tail peaks at the latest here.
    let peak = libm::sqrt(half * x).max(half);
    let mut count = first;
    let mut shape = 0.5 * freedom + first;
    let mut tail = gamma_parts(shape, x).1;
    let (mut log_weight, mut log_step) = (log_poisson(count, half), log_poisson(shape, x));
    let mut sum = 0.0;
    for _ in 0..200_000 {
        let term = libm::exp(log_weight) * tail;
        sum += term;
        if count > peak && term <= 1e-18 * sum {
            break;
        }
        tail = (tail + libm::exp(log_step)).min(1.0);
        count += 1.0;
        shape += 1.0;
        log_weight += libm::log(half / count);
        log_step += libm::log(x / shape);
    }
    sum.min(1.0)
}

/// Density at `length` of the length of `freedom` independent normal variables of unit variance whose
/// means have the length `mean_length` (noncentral chi).
pub(super) fn shifted_length_density(length: f64, freedom: f64, mean_length: f64) -> f64 {
    if length <= 0.0 {
        return if freedom == 1.0 { length_density_at_zero(mean_length) } else { 0.0 };
    }
    // y^(p-1) 2^(1-p/2) exp(-(y^2+m^2)/2) * sum_j z^j / (j! gamma(p/2+j)), z = (m y/2)^2.
    let half = 0.5 * freedom;
    let z = 0.25 * mean_length * mean_length * length * length;
    let order = half - 1.0;
    let peak = libm::floor((0.5 * (libm::sqrt(order * order + 4.0 * z) - order)).max(0.0));
    let log_peak = if z > 0.0 { peak * libm::log(z) } else { 0.0 }
        - libm::lgamma(peak + 1.0)
        - libm::lgamma(half + peak);
    let mut sum = 1.0;
    let (mut term, mut j) = (1.0, peak);
    while term > 1e-18 * sum {
        j += 1.0;
        term *= z / (j * (order + j));
        sum += term;
    }
    (term, j) = (1.0, peak);
    while j > 0.0 && term > 1e-18 * sum {
        term *= j * (order + j) / z;
        j -= 1.0;
        sum += term;
    }
    let square = 0.5 * (length * length + mean_length * mean_length);
    let log_front =
        (freedom - 1.0) * libm::log(length) + (1.0 - half) * core::f64::consts::LN_2 - square;
    libm::exp(log_front + log_peak) * sum
}

/// Twice the normal density: the folded normal at zero.
fn length_density_at_zero(mean: f64) -> f64 {
    2.0 * super::arl::normal_density(mean)
}

/// Regularised incomplete beta function `I_x(a, b)`, by its continued fraction (Lentz 1976).
fn beta_part(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let front = libm::exp(log_front);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |value: f64| if libm::fabs(value) < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for i in 1..100_000 {
        let m = f64::from(i);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        fraction *= d * c;
        if libm::fabs(d * c - 1.0) <= f64::EPSILON {
            break;
        }
    }
    fraction
}

fn check_tail(tail: f64) -> Result<(), DesignError> {
    DesignError::unless((1e-16..1.0).contains(&tail), "tail", "from 1e-16 to below 1", tail)
}

/// Where the falling `tail_at` reaches `tail`, by bisection of the exponent: 200 halvings pass every
/// double between 1e-300 and 1e300.
fn falling(tail: f64, tail_at: impl Fn(f64) -> f64) -> f64 {
    let (mut lo, mut hi) = (-690.0, 690.0);
    for _ in 0..200 {
        let middle = 0.5 * (lo + hi);
        if tail_at(libm::exp(middle)) > tail { lo = middle } else { hi = middle }
    }
    libm::exp(0.5 * (lo + hi))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64, relative: f64) {
        assert!((value / expected - 1.0).abs() <= relative, "{value} is not {expected}");
    }

    // Expected numbers by scipy 1.17: `tests/reference/multivariate.py`.

    #[test]
    fn chi_square() {
        for (x, p, tail) in [
            (0.1, 1.0, 7.518_296_340_458_492e-1),
            (10.0, 2.0, 6.737_946_999_085_468e-3),
            (90.0, 52.0, 8.440_810_717_844_177e-4),
            (60.0, 2.0, 9.357_622_968_840_163e-14),
            (1100.0, 1000.0, 1.461_440_812_629_519e-2),
        ] {
            close(chi_square_tail(x, p), tail, 1e-11);
        }
        for (tail, p, x) in [
            (0.005, 2.0, 1.059_663_473_309_607e1),
            (1e-8, 52.0, 1.307_926_008_046_048e2),
            (0.5, 3.7, 3.058_889_359_041_863),
        ] {
            close(chi_square_limit(tail, p).unwrap(), x, 1e-12);
        }
    }

    #[test]
    fn f() {
        for (tail, over, under, x) in [
            (0.01, 2.0, 48.0, 5.076_663_807_086_122),
            (0.005, 30.0, 470.0, 1.838_133_594_245_523),
            (1e-6, 3.0, 20.0, 2.324_293_537_428_618e1),
        ] {
            close(f_limit(tail, over, under).unwrap(), x, 1e-10);
        }
    }

    #[test]
    fn shifted() {
        for (x, p, offset, tail) in [
            (8.0, 2.0, 1.0, 6.354_088_272_879_943e-2),
            (90.0, 52.0, 25.0, 1.780_108_315_515_927e-1),
            (200.0, 3.0, 20.0, 6.439_603_043_253_488e-22),
            (3.0, 4.0, 900.0, 1.0),
        ] {
            close(shifted_tail(x, p, offset), tail, 1e-10);
        }
        for (y, p, m, density) in [
            (0.5, 1.0, 2.0, 1.470_458_961_594_603e-1),
            (3.0, 2.0, 2.5, 3.926_647_819_426_941e-1),
            (9.0, 52.0, 4.0, 2.979_477_207_409_314e-1),
            (40.0, 3.0, 38.0, 5.683_259_632_967_167e-2),
        ] {
            close(shifted_length_density(y, p, m), density, 1e-10);
        }
    }

    #[test]
    fn tails_that_no_table_holds_are_refused() {
        for tail in [0.0, 1.0, -0.1, f64::NAN] {
            assert_eq!(chi_square_limit(tail, 2.0).unwrap_err().parameter, "tail");
            assert_eq!(f_limit(tail, 2.0, 9.0).unwrap_err().parameter, "tail");
        }
        assert_eq!(chi_square_limit(0.1, 0.0).unwrap_err().parameter, "freedom");
        assert_eq!(f_limit(0.1, 2.0, f64::NAN).unwrap_err().parameter, "under");
    }
}
