//! Chebyshev filter of the second kind: flat in the pass band, ripple in the stop band.
//!
//! `|H|^2 = 1 / (1 + 1/(e*T(wc/w))^2)`, `T` the Chebyshev polynomial of the order, `e^2 = 1/(10^(stop_db/10) - 1)`;
//! from `cutoff_hz` on, the edge of the stop band, the gain stays at or below -`stop_db`. The pass band is as flat as
//! Butterworth's. Discretised by the bilinear map with edges prewarped. The first sample is taken as if it had been
//! there for ever, so there is no start-up transient; after a retuning the last output is, so there
//! is no bump.
//! (Parks and Burrus 1987.)

use super::band::{Band, Edges, Prototype};
use super::butterworth::check_order;
use super::cascade::Cascade;
use super::chebyshev1::excess;
use super::complex::Complex;
use crate::{Design, DesignError, Port};

/// Config of the Chebyshev filter of the second kind.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chebyshev2 {
    /// Edge of the stop band, Hz; the lower edge of a band-pass or band-stop. At least 1e-5 and less than
    /// half of the sample rate.
    pub cutoff_hz: f64,
    /// Number of poles of the low-pass it is made from, 1 to 8; a band-pass or band-stop has twice as many.
    pub order: u32,
    /// Least attenuation in the stop band, dB; 1 to 200.
    pub stop_db: f64,
    /// `"lowpass"` (default), `"highpass"`, `"bandpass"` or `"bandstop"`.
    #[serde(default)]
    pub band: Band,
    /// Upper edge of a band-pass or band-stop, Hz; above `cutoff_hz` and less than half of the sample
    /// rate. Left out for the others.
    #[serde(default)]
    pub second_cutoff_hz: Option<f64>,
}

impl Design for Chebyshev2 {
    type Kernel = Cascade;
    const NAME: &'static str = "Chebyshev2";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        DesignError::period(period_s)?;
        check_order(self.order)?;
        check_stop(self.stop_db)?;
        let edges = Edges::new(self.band, self.cutoff_hz, self.second_cutoff_hz, period_s)?;
        Ok(edges.cascade(&prototype(self.order, self.stop_db)))
    }
}

/// Refuses an attenuation that is none, or beyond double precision.
pub(super) fn check_stop(stop_db: f64) -> Result<(), DesignError> {
    DesignError::unless((1.0..=200.0).contains(&stop_db), "stop_db", "1 to 200", stop_db)
}

/// Poles and zeros of the first kind's inverse: `1/pole` on an ellipse, zeros on the imaginary axis.
fn prototype(order: u32, stop_db: f64) -> Prototype {
    let mut prototype = Prototype { level: 1.0, ..Prototype::default() };
    let mu = libm::asinh(excess(stop_db)) / f64::from(order);
    let (short, long) = (libm::sinh(mu), libm::cosh(mu));
    for pair in 0..order / 2 {
        let angle = core::f64::consts::PI * f64::from(2 * pair + 1) / f64::from(2 * order);
        let (sin, cos) = libm::sincos(angle);
        let inverse = Complex::new(-short * sin, -long * cos);
        prototype.poles.pairs.push(Complex::real(1.0) / inverse);
        prototype.zeros.pairs.push(Complex::new(0.0, 1.0 / cos));
    }
    prototype.poles.add_reals(-1.0 / short, order as usize % 2);
    prototype
}
