//! Chebyshev filter of the first kind: ripple in the pass band, steeper than Butterworth for its order.
//!
//! `|H|^2 = 1 / (1 + e^2*T(w/wc)^2)`, `T` the Chebyshev polynomial of the order, `e^2 = 10^(ripple_db/10) - 1`;
//! at `cutoff_hz` the gain leaves the ripple band for good, at -`ripple_db`. The gain at zero
//! frequency (half the sample rate for a high-pass, the centre of a band-pass) is one for an odd order and
//! -`ripple_db` for an even one. Discretised by the bilinear map with edges prewarped. The first sample is taken as if it had been
//! there for ever, so there is no start-up transient; after a retuning the last output is, so there
//! is no bump.
//! Take [`Butterworth`](crate::Butterworth) where the shape of the signal matters. (Orchard 1967, Parks and Burrus 1987.)

use super::band::{Band, Edges, Prototype};
use super::butterworth::check_order;
use super::cascade::Cascade;
use super::complex::Complex;
use crate::{Design, DesignError, Port};

/// Config of the Chebyshev filter of the first kind.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chebyshev1 {
    /// Edge of the pass band, Hz; the lower edge of a band-pass or band-stop. At least 1e-5 and less than
    /// half of the sample rate.
    pub cutoff_hz: f64,
    /// Number of poles of the low-pass it is made from, 1 to 8; a band-pass or band-stop has twice as many.
    pub order: u32,
    /// Ripple in the pass band, dB; 0.0001 to 10.
    pub ripple_db: f64,
    /// `"lowpass"` (default), `"highpass"`, `"bandpass"` or `"bandstop"`.
    #[serde(default)]
    pub band: Band,
    /// Upper edge of a band-pass or band-stop, Hz; above `cutoff_hz` and less than half of the sample
    /// rate. Left out for the others.
    #[serde(default)]
    pub second_cutoff_hz: Option<f64>,
}

impl Design for Chebyshev1 {
    type Kernel = Cascade;
    const NAME: &'static str = "Chebyshev1";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        DesignError::period(period_s)?;
        check_order(self.order)?;
        check_ripple(self.ripple_db)?;
        let edges = Edges::new(self.band, self.cutoff_hz, self.second_cutoff_hz, period_s)?;
        Ok(edges.cascade(&prototype(self.order, self.ripple_db)))
    }
}

/// Refuses a ripple that is none, or no filter any more.
pub(super) fn check_ripple(ripple_db: f64) -> Result<(), DesignError> {
    DesignError::unless((1e-4..=10.0).contains(&ripple_db), "ripple_db", "0.0001 to 10", ripple_db)
}

/// `sqrt(10^(db/10) - 1)`.
pub(super) fn excess(db: f64) -> f64 {
    libm::sqrt(libm::expm1(db * (core::f64::consts::LN_10 / 10.0)))
}

/// Butterworth's poles with the circle pressed to an ellipse of half axes `sinh(mu)`, `cosh(mu)`.
fn prototype(order: u32, ripple_db: f64) -> Prototype {
    let e = excess(ripple_db);
    let even = order.is_multiple_of(2);
    let level = if even { 1.0 / libm::sqrt(1.0 + e * e) } else { 1.0 };
    let mut prototype = Prototype { level, ..Prototype::default() };
    let mu = libm::asinh(1.0 / e) / f64::from(order);
    let (short, long) = (libm::sinh(mu), libm::cosh(mu));
    for pair in 0..order / 2 {
        let angle = core::f64::consts::PI * f64::from(2 * pair + 1) / f64::from(2 * order);
        let (sin, cos) = libm::sincos(angle);
        prototype.poles.pairs.push(Complex::new(-short * sin, long * cos));
    }
    prototype.poles.add_reals(-short, order as usize % 2);
    prototype
}
