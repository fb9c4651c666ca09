//! From an analog low-pass of cutoff 1 rad/s to the band that was asked for, as a digital cascade.
//!
//! `zeros and poles -> band transform -> bilinear map -> sections`, in this one place for every design.
//! With `w = tan(pi * hz * period_s)` (prewarped, so edges are met exactly) the transforms are
//! low-pass `s -> s/w`, high-pass `s -> w/s`, band-pass `s -> (s^2 + w1*w2) / (s*(w2 - w1))`, band-stop
//! the inverse of that, and the bilinear map is `z = (1 + s)/(1 - s)`.

use super::cascade::{Cascade, Reference};
use super::complex::Complex;
use super::roots::Roots;
use crate::DesignError;

/// Lowest cutoff, and narrowest band, in parts of the sample rate: below it the coefficients of a
/// section, which are rounded to 53 bits, do not hold its poles any more.
const LOWEST: f64 = 1e-5;

/// Which frequencies pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Those below `cutoff_hz`.
    #[default]
    Lowpass,
    /// Those above `cutoff_hz`.
    Highpass,
    /// Those from `cutoff_hz` to `second_cutoff_hz`.
    Bandpass,
    /// All but those from `cutoff_hz` to `second_cutoff_hz`.
    Bandstop,
}

/// An analog low-pass with its edge at 1 rad/s.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Prototype {
    /// At most as many as poles.
    pub(super) zeros: Roots,
    pub(super) poles: Roots,
    /// Gain at zero frequency.
    pub(super) level: f64,
}

/// A band with its edges prewarped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edges {
    band: Band,
    /// `tan(pi * hz * period_s)` of the lower and the upper edge; equal when there is one.
    lower: f64,
    upper: f64,
}

impl Edges {
    /// Checks the edges of a band.
    pub(super) fn new(
        band: Band,
        cutoff_hz: f64,
        second_cutoff_hz: Option<f64>,
        period_s: f64,
    ) -> Result<Self, DesignError> {
        let usable = (LOWEST..0.5).contains(&(cutoff_hz * period_s));
        let range = "at least 1e-5 and less than half of the sample rate";
        DesignError::unless(usable, "cutoff_hz", range, cutoff_hz)?;
        let second_hz = match band {
            Band::Lowpass | Band::Highpass => {
                let needless = second_cutoff_hz.unwrap_or(0.0);
                let must_be = "left out for a low-pass or high-pass";
                let alone = second_cutoff_hz.is_none();
                DesignError::unless(alone, "second_cutoff_hz", must_be, needless)?;
                cutoff_hz
            }
            Band::Bandpass | Band::Bandstop => {
                let second_hz = second_cutoff_hz.unwrap_or(f64::NAN);
                let width = (second_hz - cutoff_hz) * period_s;
                let usable = width >= LOWEST && second_hz * period_s < 0.5;
                let range = "above cutoff_hz by 1e-5 of the sample rate, and less than half of it";
                DesignError::unless(usable, "second_cutoff_hz", range, second_hz)?;
                second_hz
            }
        };
        let prewarped = |hz: f64| libm::tan(core::f64::consts::PI * hz * period_s);
        Ok(Self { band, lower: prewarped(cutoff_hz), upper: prewarped(second_hz) })
    }

    /// The digital filter of this band.
    pub(super) fn cascade(&self, prototype: &Prototype) -> Cascade {
        let missing = prototype.poles.degree().saturating_sub(prototype.zeros.degree());
        let mut zeros = self.analog(&prototype.zeros);
        let poles = self.analog(&prototype.poles);
        // Zeros of the prototype at infinity.
        match self.band {
            Band::Lowpass => {}
            Band::Highpass | Band::Bandpass => zeros.add_reals(0.0, missing),
            Band::Bandstop => {
                for _ in 0..missing {
                    zeros.pairs.push(Complex::new(0.0, self.centre()));
                }
            }
        }
        let (mut zeros, poles) = (bilinear(&zeros), bilinear(&poles));
        zeros.add_reals(-1.0, poles.degree().saturating_sub(zeros.degree()));
        Cascade::from_roots(zeros, poles, self.reference(), prototype.level)
    }

    fn centre(&self) -> f64 {
        libm::sqrt(self.lower * self.upper)
    }

    /// Where the prototype's zero frequency goes.
    fn reference(&self) -> Reference {
        match self.band {
            Band::Lowpass | Band::Bandstop => Reference::Zero,
            Band::Highpass => Reference::Half,
            // cos(2*atan(w)) and sin(2*atan(w)).
            Band::Bandpass => {
                let square = self.lower * self.upper;
                let cos = (1.0 - square) / (1.0 + square);
                Reference::Angle { cos, sin: 2.0 * self.centre() / (1.0 + square) }
            }
        }
    }

    /// Finite roots of the prototype, moved to the band.
    fn analog(&self, roots: &Roots) -> Roots {
        let (w, width) = (self.upper, self.upper - self.lower);
        match self.band {
            Band::Lowpass => roots.map(|p| p.scaled(w), |r| r * w),
            Band::Highpass => roots.map(|p| Complex::real(w) / p, |r| w / r),
            Band::Bandpass => self.split(roots, |p| p.scaled(0.5 * width), |r| 0.5 * r * width),
            Band::Bandstop => {
                self.split(roots, |p| Complex::real(0.5 * width) / p, |r| 0.5 * width / r)
            }
        }
    }

    /// Each root becomes the two of `s^2 - 2*h*s + centre^2 = 0`, `h` made from the root.
    fn split(
        &self,
        roots: &Roots,
        pair: impl Fn(Complex) -> Complex,
        real: impl Fn(f64) -> f64,
    ) -> Roots {
        let square = self.lower * self.upper;
        let mut out = Roots::default();
        for p in roots.pairs.iter() {
            let h = pair(*p);
            let root = (h * h - Complex::real(square)).sqrt();
            let same_way = h.re * root.re + h.im * root.im >= 0.0;
            let larger = if same_way { h + root } else { h - root };
            out.pairs.push(larger.upper());
            out.pairs.push((Complex::real(square) / larger).upper());
        }
        for r in roots.reals.iter() {
            out.add_quadratic(real(*r), square);
        }
        out
    }
}

/// `z = (1 + s)/(1 - s)`.
fn bilinear(roots: &Roots) -> Roots {
    let one = Complex::real(1.0);
    roots.map(|s| (one + s) / (one - s), |s| (1.0 + s) / (1.0 - s))
}
