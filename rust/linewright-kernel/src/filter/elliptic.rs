//! Elliptic filter (Cauer 1931): ripple in both bands, the steepest for its order.
//!
//! `|H|^2 = 1 / (1 + e^2*R(w/wc)^2)`, `R` the elliptic rational function of the order. The gain stays between one
//! and -`ripple_db` up to `cutoff_hz`, the edge of the pass band, and below -`stop_db` beyond the transition,
//! which is as narrow as the order allows. The gain at zero frequency (half the sample rate for a high-pass, the centre of a
//! band-pass) is one for an odd order and -`ripple_db` for an even one. Discretised by the bilinear map with edges
//! prewarped. The first sample is taken as if it had been
//! there for ever, so there is no start-up transient; after a retuning the last output is, so there
//! is no bump.
//! Its poles are found through theta functions, whose series hold double precision for any
//! accepted ripple. (Antoniou 1993, Orfanidis 2006.)

use super::band::{Band, Edges, Prototype};
use super::butterworth::check_order;
use super::cascade::Cascade;
use super::chebyshev1::{check_ripple, excess};
use super::complex::Complex;
use crate::{Design, DesignError, Port};

/// Config of the elliptic filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elliptic {
    /// Edge of the pass band, Hz; the lower edge of a band-pass or band-stop. At least 1e-5 and less than
    /// half of the sample rate.
    pub cutoff_hz: f64,
    /// Number of poles of the low-pass it is made from, 1 to 8; a band-pass or band-stop has twice as many.
    pub order: u32,
    /// Ripple in the pass band, dB; 0.0001 to 10.
    pub ripple_db: f64,
    /// Least attenuation in the stop band, dB; 1 dB more than `ripple_db` to 200.
    pub stop_db: f64,
    /// `"lowpass"` (default), `"highpass"`, `"bandpass"` or `"bandstop"`.
    #[serde(default)]
    pub band: Band,
    /// Upper edge of a band-pass or band-stop, Hz; above `cutoff_hz` and less than half of the sample
    /// rate. Left out for the others.
    #[serde(default)]
    pub second_cutoff_hz: Option<f64>,
}

impl Design for Elliptic {
    type Kernel = Cascade;
    const NAME: &'static str = "Elliptic";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        DesignError::period(period_s)?;
        check_order(self.order)?;
        check_stop_above(self.ripple_db, self.stop_db)?;
        let edges = Edges::new(self.band, self.cutoff_hz, self.second_cutoff_hz, period_s)?;
        Ok(edges.cascade(&prototype(self.order, self.ripple_db, self.stop_db)))
    }
}

/// Refuses ripples that leave no transition.
pub(super) fn check_stop_above(ripple_db: f64, stop_db: f64) -> Result<(), DesignError> {
    check_ripple(ripple_db)?;
    let usable = (ripple_db + 1.0..=200.0).contains(&stop_db);
    DesignError::unless(usable, "stop_db", "1 dB more than ripple_db to 200", stop_db)
}

/// Terms of a theta series. The nome is at most 0.75 for any ripple and attenuation accepted, and
/// `0.75^(12^2)` is below 1e-17.
const TERMS: i32 = 14;

/// Theta functions of one nome `q`, the first two over `q^(1/4)`.
#[derive(Debug, Clone, Copy)]
struct Theta {
    q: f64,
}

impl Theta {
    /// `2*sum((-1)^n q^(n(n+1)) sin((2n+1)z))`.
    fn first(self, z: Complex) -> Complex {
        let mut sum = Complex::default();
        for n in 0..TERMS {
            let sign = if n % 2 == 0 { 2.0 } else { -2.0 };
            sum = sum + sine(z.scaled(f64::from(2 * n + 1))).scaled(sign * self.power(n * (n + 1)));
        }
        sum
    }

    /// `1 + 2*sum((-1)^n q^(n^2) cos(2nz))`.
    fn fourth(self, z: Complex) -> Complex {
        let mut sum = Complex::real(1.0);
        let quarter = Complex::real(core::f64::consts::FRAC_PI_2);
        for n in 1..TERMS {
            let sign = if n % 2 == 0 { 2.0 } else { -2.0 };
            let cosine = sine(z.scaled(f64::from(2 * n)) + quarter);
            sum = sum + cosine.scaled(sign * self.power(n * n));
        }
        sum
    }

    /// `2*sum(q^(n(n+1)))`, the second at zero.
    fn second_at_zero(self) -> f64 {
        (0..TERMS).map(|n| 2.0 * self.power(n * (n + 1))).sum()
    }

    /// `1 + 2*sum(q^(n^2))`, the third at zero.
    fn third_at_zero(self) -> f64 {
        1.0 + (1..TERMS).map(|n| 2.0 * self.power(n * n)).sum::<f64>()
    }

    fn power(self, n: i32) -> f64 {
        libm::pow(self.q, f64::from(n))
    }
}

/// Sine of a complex number.
fn sine(z: Complex) -> Complex {
    let (sin, cos) = libm::sincos(z.re);
    Complex::new(sin * libm::cosh(z.im), cos * libm::sinh(z.im))
}

/// Arithmetic-geometric mean (Gauss 1799): `K(k) = pi / (2*agm(1, k'))`.
fn mean(mut a: f64, mut b: f64) -> f64 {
    while libm::fabs(a - b) > 1e-15 * a {
        (a, b) = (0.5 * (a + b), libm::sqrt(a * b));
    }
    0.5 * (a + b)
}

/// Carlson's integral `R_F(x, y, 1)` (Carlson 1995).
fn carlson(mut x: f64, mut y: f64) -> f64 {
    let mut z = 1.0;
    loop {
        let centre = (x + y + z) / 3.0;
        let (dx, dy, dz) = (1.0 - x / centre, 1.0 - y / centre, 1.0 - z / centre);
        let off = libm::fabs(dx).max(libm::fabs(dy)).max(libm::fabs(dz));
        // The first neglected term is of the order of `off^6`.
        if off < 1e-3 {
            let (e2, e3) = (dx * dy - dz * dz, dx * dy * dz);
            let series = 1.0 - e2 / 10.0 + e3 / 14.0 + e2 * e2 / 24.0 - 3.0 * e2 * e3 / 44.0;
            return series / libm::sqrt(centre);
        }
        let (rx, ry, rz) = (libm::sqrt(x), libm::sqrt(y), libm::sqrt(z));
        let shift = rx * ry + ry * rz + rz * rx;
        (x, y, z) = (0.25 * (x + shift), 0.25 * (y + shift), 0.25 * (z + shift));
    }
}

/// With `k1` the ratio of the ripples, `q1` its nome and `q = q1^(1/order)` that of the frequencies:
/// zeros `1/(k*sn(u*K/order))`, poles `i*sn(u*K/order + i*v)`, `sn` by theta functions.
pub(super) fn prototype(order: u32, ripple_db: f64, stop_db: f64) -> Prototype {
    use core::f64::consts::PI;
    let n = f64::from(order);
    let e = excess(ripple_db);
    let k1 = e / excess(stop_db);
    // pi / (2*K(k1)).
    let unit = mean(1.0, libm::sqrt((1.0 - k1) * (1.0 + k1)));
    let theta = Theta { q: libm::exp(-PI * unit / mean(1.0, k1) / n) };
    let ratio = theta.third_at_zero() / theta.second_at_zero();
    // The pass band's ripple as an imaginary argument: F(atan(1/e), k1') over K(k1), per order.
    let e2 = e * e;
    let integral = carlson(e2 / (1.0 + e2), (e2 + k1 * k1) / (1.0 + e2)) / libm::sqrt(1.0 + e2);
    let shift = integral * unit / n;
    let sn = |z: Complex| theta.first(z).scaled(ratio) / theta.fourth(z);
    let even = order.is_multiple_of(2);
    let level = if even { 1.0 / libm::sqrt(1.0 + e2) } else { 1.0 };
    let mut prototype = Prototype { level, ..Prototype::default() };
    for pair in 0..order / 2 {
        let turn = PI * f64::from(order - 1 - 2 * pair) / (2.0 * n);
        let s = sn(Complex::new(turn, shift));
        prototype.poles.pairs.push(Complex::new(-libm::fabs(s.im), libm::fabs(s.re)));
        let real = Complex::real(turn);
        // Both the first and the second theta lack a factor `q^(1/4)` here.
        let scale = ratio / libm::sqrt(theta.q);
        let zero = scale * theta.fourth(real).re / theta.first(real).re;
        prototype.zeros.pairs.push(Complex::new(0.0, zero));
    }
    if !even {
        prototype.poles.reals.push(-libm::fabs(sn(Complex::new(0.0, shift)).im));
    }
    prototype
}
