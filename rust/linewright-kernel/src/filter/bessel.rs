//! Bessel filter (Thomson 1949): the flattest delay, so that edges and peaks keep their shape.
//!
//! `H(s) = P(0)/P(s/w0)`, `P` the reverse Bessel polynomial of the order; a step comes out with under 1 % of
//! overshoot. What `cutoff_hz` means is said by `norm`. Discretised by the bilinear map with edges prewarped, which keeps
//! the shape while `cutoff_hz` is well below the sample rate (a tenth or less). The first sample is taken as if it had been
//! there for ever, so there is no start-up transient; after a retuning the last output is, so there
//! is no bump.

use super::band::{Band, Edges, Prototype};
use super::butterworth::check_order;
use super::cascade::Cascade;
use super::complex::Complex;
use crate::{Design, DesignError, Port};

/// Config of the Bessel filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bessel {
    /// Cutoff, as `norm` has it, Hz; the lower edge of a band-pass or band-stop. At least 1e-5 and less than
    /// half of the sample rate.
    pub cutoff_hz: f64,
    /// Number of poles of the low-pass it is made from, 1 to 8; a band-pass or band-stop has twice as many.
    pub order: u32,
    /// What `cutoff_hz` is. `"phase"` (default): the phase there is half of its final value, as for a
    /// Butterworth filter of the order. `"magnitude"`: the gain there is -3.01 dB. `"delay"`: signals well below it are
    /// late by `1 / (2*pi*cutoff_hz)`.
    #[serde(default)]
    pub norm: BesselNorm,
    /// `"lowpass"` (default), `"highpass"`, `"bandpass"` or `"bandstop"`.
    #[serde(default)]
    pub band: Band,
    /// Upper edge of a band-pass or band-stop, Hz; above `cutoff_hz` and less than half of the sample
    /// rate. Left out for the others.
    #[serde(default)]
    pub second_cutoff_hz: Option<f64>,
}

impl Design for Bessel {
    type Kernel = Cascade;
    const NAME: &'static str = "Bessel";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        DesignError::period(period_s)?;
        check_order(self.order)?;
        let edges = Edges::new(self.band, self.cutoff_hz, self.second_cutoff_hz, period_s)?;
        Ok(edges.cascade(&prototype(self.order, self.norm)))
    }
}

/// What the cutoff of a [`Bessel`] filter is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BesselNorm {
    /// Half of the final phase.
    #[default]
    Phase,
    /// Half power.
    Magnitude,
    /// One over the delay.
    Delay,
}

/// Half-power frequency, last coefficient and roots of the reverse Bessel polynomials of order 1 to 8,
/// one of each pair; made by `tests/reference/bessel.py`.
type Row = (f64, f64, &'static [(f64, f64)]);
#[rustfmt::skip]
const POLYNOMIALS: [Row; 8] = [
    (1.0, 1.0, &[(-1.0, 0.0)]),
    (1.3616541287161306, 3.0, &[(-1.5, 0.8660254037844386)]),
    (1.7556723686812106, 15.0, &[(-1.8389073226869572, 1.7543809597837217), (-2.3221853546260856, 0.0)]),
    (2.113917674904216, 105.0, &[(-2.1037893971796278, 2.6574180418567526), (-2.8962106028203722, 0.8672341289345038)]),
    (2.427410702152628, 945.0, &[(-2.324674303181645, 3.571022920337976), (-3.3519563991535333, 1.7426614161831977), (-3.6467385953296434, 0.0)]),
    (2.703395061202922, 10395.0, &[(-2.5159322478108215, 4.492672953653942), (-3.735708356325815, 2.6262723114471256), (-4.248359395863364, 0.8675096732313656)]),
    (2.9517221470387227, 135135.0, &[(-2.6856768789432657, 5.420694130716749), (-4.070139163638138, 3.5171740477097533), (-4.758290528154629, 1.7392860611305365), (-4.971786858527936, 0.0)]),
    (3.1796172375106515, 2027025.0, &[(-2.8389839488976305, 6.353911298604877), (-4.368289217202403, 4.414442500471539), (-5.204840790636882, 2.6161751526425276), (-5.587886043263085, 0.8676144453527864)]),
];

fn prototype(order: u32, norm: BesselNorm) -> Prototype {
    let mut prototype = Prototype { level: 1.0, ..Prototype::default() };
    let row = POLYNOMIALS.get((order as usize).wrapping_sub(1));
    let Some((half_power, last, roots)) = row.copied() else { return prototype };
    let unit = match norm {
        BesselNorm::Phase => libm::pow(last, 1.0 / f64::from(order)),
        BesselNorm::Magnitude => half_power,
        BesselNorm::Delay => 1.0,
    };
    for (re, im) in roots {
        if *im == 0.0 {
            prototype.poles.reals.push(re / unit);
        } else {
            prototype.poles.pairs.push(Complex::new(re / unit, im / unit));
        }
    }
    prototype
}
