//! From Student's t to the normal variable that is as rare: what makes a statistic with an estimated scale
//! comparable with limits made for a known one.

use super::arl::normal_cdf;

/// Farthest normal variable given: the tail beyond it (6e-300) is as small as numbers go.
pub(super) const FARTHEST: f64 = 37.0;
/// Degrees of freedom from which Hill's expansion is used: from here on it errs by less than one part in 1e5 up to
/// `t = 40`, and by less than one in 1e8 up to `t = 5`.
const EXPANSION_FROM: f64 = 24.0;
/// Largest `|t|` told apart from more.
const LARGEST_T: f64 = 1e140;

/// The normal variable whose distribution function equals that of Student's `t` with `freedom` degrees of
/// freedom (more than zero); within -37 to 37.
///
/// Up to 24 degrees the tail is integrated (continued fraction of the incomplete beta function), beyond
/// Hill's expansion (1970, algorithm 395) is used.
pub(super) fn normal_of_t(t: f64, freedom: f64) -> f64 {
    let size = libm::fabs(t).min(LARGEST_T);
    let z = if freedom >= EXPANSION_FROM {
        expansion(size, freedom)
    } else {
        tail_quantile(t_tail(size, freedom))
    };
    libm::copysign(z.clamp(0.0, FARTHEST), t)
}

fn expansion(t: f64, freedom: f64) -> f64 {
    let a = freedom - 0.5;
    let b = 48.0 * a * a;
    let y = a * libm::log1p(t * t / freedom);
    let correction =
        (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0;
    (correction / b + 1.0) * libm::sqrt(y)
}

/// `P(T > t)` for `t >= 0`: half the incomplete beta function `I_x(freedom/2, 1/2)` at
/// `x = freedom/(freedom + t^2)`.
fn t_tail(t: f64, freedom: f64) -> f64 {
    let (a, b) = (0.5 * freedom, 0.5);
    let x = freedom / (freedom + t * t);
    let rest = t * t / (freedom + t * t);
    if rest == 0.0 {
        return 0.5;
    }
    let log_front = a * libm::log(x) + b * libm::log(rest) + libm::lgamma(a + b)
        - libm::lgamma(a)
        - libm::lgamma(b);
    let front = libm::exp(log_front);
    if x < (a + 1.0) / (a + b + 2.0) {
        0.5 * front * beta_fraction(a, b, x) / a
    } else {
        0.5 - 0.5 * front * beta_fraction(b, a, rest) / b
    }
}

/// Continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by the method of
/// Lentz.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |v: f64| if libm::fabs(v) < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for i in 1..200_u32 {
        let m = f64::from(i);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if libm::fabs(change - 1.0) < 1e-15 {
            break;
        }
    }
    value
}

/// About the `t` that is as rare as the normal variable `z`: the expansion of Cornish and Fisher (Peiser 1943),
/// within 5 % from 10 degrees of freedom up to `z = 3`.
pub(super) fn t_of_normal(z: f64, freedom: f64) -> f64 {
    let square = z * z;
    let first = (square + 1.0) / (4.0 * freedom);
    let second = ((5.0 * square + 16.0) * square + 3.0) / (96.0 * freedom * freedom);
    z * (1.0 + first + second)
}

/// Normal variable with this upper tail, for a tail of at most one half: a rational start (Abramowitz and
/// Stegun 26.2.23) polished by two steps of Halley's method.
pub(super) fn tail_quantile(tail: f64) -> f64 {
    if tail < 1e-299 {
        return FARTHEST;
    }
    let r = libm::sqrt(-2.0 * libm::log(tail));
    let above = 2.515_517 + r * (0.802_853 + r * 0.010_328);
    let below = 1.0 + r * (1.432_788 + r * (0.189_269 + r * 0.001_308));
    let mut z = r - above / below;
    for _ in 0..2 {
        let off = (normal_cdf(-z) - tail) * SQRT_TAU * libm::exp(0.5 * z * z);
        z += off / (1.0 - 0.5 * z * off);
    }
    z
}

/// `sqrt(2 pi)`.
const SQRT_TAU: f64 = 2.506_628_274_631_000_5;

#[cfg(test)]
mod tests {
    use super::*;

    /// `(freedom, t, z)` by scipy 1.17, `norm.isf(t.sf(t, freedom))`; see tests/reference/student.py.
    const REFERENCE: &[(f64, f64, f64)] = &[
        (1.0, 0.01, 0.00797866431406),
        (1.0, 0.5, 0.378804878071),
        (1.0, 2.5, 1.16941148892),
        (1.0, 5.0, 1.53141881731),
        (1.0, 12.0, 1.93549687219),
        (1.0, 40.0, 2.41092363326),
        (2.0, 0.01, 0.00886216370743),
        (2.0, 0.5, 0.430727299295),
        (2.0, 2.5, 1.51563480877),
        (2.0, 5.0, 2.07756382078),
        (2.0, 12.0, 2.70293910425),
        (2.0, 40.0, 3.42078154356),
        (3.0, 0.01, 0.00921310292308),
        (3.0, 0.5, 0.451751566616),
        (3.0, 2.5, 1.70762122735),
        (3.0, 5.0, 2.4230115314),
        (3.0, 12.0, 3.22836138684),
        (3.0, 40.0, 4.14232224915),
        (5.0, 0.01, 0.00951528190207),
        (5.0, 0.5, 0.470078587599),
        (5.0, 2.5, 1.92291998611),
        (5.0, 5.0, 2.87000015482),
        (5.0, 12.0, 3.97326222918),
        (5.0, 40.0, 5.21469530696),
        (10.0, 0.01, 0.00975347660042),
        (10.0, 0.5, 0.484693742746),
        (10.0, 2.5, 2.15137206558),
        (10.0, 5.0, 3.46142009619),
        (10.0, 12.0, 5.12844779626),
        (10.0, 40.0, 7.01613739448),
        (23.0, 0.01, 0.00989191603729),
        (23.0, 0.5, 0.493265113336),
        (23.0, 2.5, 2.3264581546),
        (23.0, 5.0, 4.07183942186),
        (23.0, 12.0, 6.69141763414),
        (23.0, 40.0, 9.82115879007),
        (30.0, 0.01, 0.00991701996925),
        (30.0, 0.5, 0.494825921795),
        (30.0, 2.5, 2.36324581583),
        (30.0, 5.0, 4.23069840596),
        (30.0, 12.0, 7.21036558932),
        (30.0, 40.0, 10.8840914741),
        (60.0, 0.01, 0.00995841779527),
        (60.0, 0.5, 0.497404320507),
        (60.0, 2.5, 2.42827631254),
        (60.0, 5.0, 4.55302398263),
        (60.0, 12.0, 8.53690633016),
        (60.0, 40.0, 14.0706294807),
        (1000.0, 0.01, 0.00999750006297),
        (1000.0, 0.5, 0.49984378029),
        (1000.0, 2.5, 2.49548329437),
        (1000.0, 5.0, 4.96792660747),
        (1000.0, 12.0, 11.5958785059),
        (1000.0, 40.0, 30.9042321237),
    ];

    #[test]
    fn agrees_with_the_reference() {
        for (freedom, t, z) in REFERENCE {
            let got = normal_of_t(*t, *freedom);
            let close = if *freedom < EXPANSION_FROM { 1e-10 } else { 1e-5 };
            assert!((got / z - 1.0).abs() < close, "{freedom} {t}: {got}, {z}");
            assert_eq!(normal_of_t(-t, *freedom), -got);
            if *freedom >= 10.0 && got < 3.5 {
                assert!((t_of_normal(got, *freedom) / t - 1.0).abs() < 0.05, "{freedom} {t}");
            }
        }
    }
}
