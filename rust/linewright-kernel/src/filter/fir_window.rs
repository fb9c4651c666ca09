//! Designed finite impulse response: an ideal band, cut to a number of taps by a window.
//!
//! `h[m] = window[m] * (2*f2*sinc(2*f2*m) - 2*f1*sinc(2*f1*m))`, `m` from the middle, scaled to unit gain at zero frequency
//! (half the sample rate for a high-pass, the middle of a band-pass). Symmetric: every frequency is late by
//! `(taps - 1)/2` samples, so the shape of a signal is kept exactly. The gain at `cutoff_hz` is half (-6 dB), and the
//! transition about `3.3/taps` (Hamming), `5.5/taps` (Blackman) or `(attenuation_db - 8)/(14.4*taps)` (Kaiser) of the
//! sample rate wide. The first sample is taken as if it had been there for ever. (Kaiser 1974, Oppenheim and Schafer 1975.)

use super::band::{Band, Edges};
use super::fir::{FirKernel, MOST_TAPS};
use crate::{Design, DesignError, Port};

/// Config of the windowed filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirWindow {
    /// Frequency of half the gain, Hz; the lower edge of a band-pass or band-stop. At least 1e-5 and less than
    /// half of the sample rate.
    pub cutoff_hz: f64,
    /// Number of taps; odd, 3 to 255.
    pub taps: u32,
    /// `"lowpass"` (default), `"highpass"`, `"bandpass"` or `"bandstop"`.
    #[serde(default)]
    pub band: Band,
    /// Upper edge of a band-pass or band-stop, Hz; above `cutoff_hz` and less than half of the sample
    /// rate. Left out for the others.
    #[serde(default)]
    pub second_cutoff_hz: Option<f64>,
    /// `"hamming"` (default; stop band 53 dB down), `"blackman"` (74 dB) or `"kaiser"` (as `attenuation_db` has it).
    #[serde(default)]
    pub window: FirShape,
    /// Ripple of a Kaiser window's bands, dB down; 21 to 200, 60 by default. Other windows ignore it.
    #[serde(default = "usual")]
    pub attenuation_db: f64,
}

fn usual() -> f64 {
    60.0
}

/// What cuts the ideal response of a [`FirWindow`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirShape {
    /// Raised cosine of least side lobe (Hamming 1977).
    #[default]
    Hamming,
    /// Two cosines (Blackman and Tukey 1958).
    Blackman,
    /// Bessel function, most energy in the main lobe (Kaiser 1974).
    Kaiser,
}

impl Design for FirWindow {
    type Kernel = FirKernel;
    const NAME: &'static str = "FirWindow";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<FirKernel, DesignError> {
        DesignError::period(period_s)?;
        let count = self.taps as usize;
        let fits = count % 2 == 1 && (3..=MOST_TAPS).contains(&count);
        DesignError::unless(fits, "taps", "odd, 3 to 255", count as f64)?;
        let db = self.attenuation_db;
        DesignError::unless((21.0..=200.0).contains(&db), "attenuation_db", "21 to 200", db)?;
        Edges::new(self.band, self.cutoff_hz, self.second_cutoff_hz, period_s)?;
        let lower = 2.0 * self.cutoff_hz * period_s;
        let upper = 2.0 * self.second_cutoff_hz.unwrap_or(self.cutoff_hz) * period_s;
        let taps = (0..count).map(|n| self.tap(n, lower, upper));
        let middle = 0.5 * (count - 1) as f64;
        let unit = match self.band {
            Band::Lowpass | Band::Bandstop => 0.0,
            Band::Highpass => 1.0,
            Band::Bandpass => 0.5 * (lower + upper),
        };
        let turn = |n: usize| core::f64::consts::PI * unit * (n as f64 - middle);
        let sum: f64 = taps.clone().enumerate().map(|(n, tap)| tap * libm::cos(turn(n))).sum();
        Ok(FirKernel::new(taps.map(|tap| tap / sum)))
    }
}

impl FirWindow {
    /// Tap `n` before scaling; edges in parts of half the sample rate.
    fn tap(&self, n: usize, lower: f64, upper: f64) -> f64 {
        let middle = 0.5 * (self.taps as f64 - 1.0);
        let m = n as f64 - middle;
        let ideal = match self.band {
            Band::Lowpass => below(upper, m),
            Band::Highpass => below(1.0, m) - below(lower, m),
            Band::Bandpass => below(upper, m) - below(lower, m),
            Band::Bandstop => below(lower, m) + (below(1.0, m) - below(upper, m)),
        };
        ideal * self.weight(m / middle)
    }

    /// The window at `place`, -1 to 1.
    fn weight(&self, place: f64) -> f64 {
        let cos = |k: f64| libm::cos(core::f64::consts::PI * k * place);
        match self.window {
            FirShape::Hamming => 0.54 + 0.46 * cos(1.0),
            FirShape::Blackman => 0.42 + 0.5 * cos(1.0) + 0.08 * cos(2.0),
            FirShape::Kaiser => {
                let beta = kaiser(self.attenuation_db);
                let inside = libm::sqrt(((1.0 - place) * (1.0 + place)).max(0.0));
                bessel(beta * inside) / bessel(beta)
            }
        }
    }
}

/// Response of the ideal low-pass of cutoff `w` half sample rates, `m` samples from its middle.
fn below(w: f64, m: f64) -> f64 {
    if m == 0.0 {
        w
    } else {
        libm::sin(core::f64::consts::PI * w * m) / (core::f64::consts::PI * m)
    }
}

/// Kaiser's shape factor for a ripple (Kaiser 1974).
fn kaiser(db: f64) -> f64 {
    if db > 50.0 {
        0.1102 * (db - 8.7)
    } else {
        0.5842 * libm::pow(db - 21.0, 0.4) + 0.07886 * (db - 21.0)
    }
}

/// Modified Bessel function of order zero, `sum((x/2)^(2k) / k!^2)`; at most 64 terms for 200 dB.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..64 {
        let factor = 0.5 * x / f64::from(k);
        term *= factor * factor;
        sum += term;
    }
    sum
}
