//! Notch: takes out one frequency, and multiples of it when asked, and leaves the rest.
//!
//! `H = g*(1 - 2c/z + 1/z^2) / (1 - 2gc/z + (2g - 1)/z^2)`, `c = cos(2*pi*hz*period_s)`, `g = 1/(1 + tan(pi*bandwidth_hz*period_s))`:
//! zero gain at `frequency_hz`, -3.01 dB at the edges of a band `bandwidth_hz` wide around it, one far away. A change of the
//! wave's size is forgotten with time constant `1/(pi*bandwidth_hz)`. The first sample is taken as if it had been
//! there for ever, so there is no start-up transient; after a retuning the last output is, so there is no
//! bump. For a wave that follows the web and not the clock take
//! [`SynchronousNotch`](crate::SynchronousNotch). (Regalia, Mitra and Vaidyanathan 1988.)

use super::cascade::{Cascade, MOST_SECTIONS, Reference, Section};
use crate::{Design, DesignError, Port};

/// Config of the notch.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notch {
    /// Frequency taken out, Hz; at least 1e-5 and less than half of the sample rate.
    pub frequency_hz: f64,
    /// Width between the half-power edges, Hz; at least 1e-6 of the sample rate, at most `frequency_hz`.
    pub bandwidth_hz: f64,
    /// Number of multiples of `frequency_hz` taken out, itself included; 1 (default) to 8, all below half of the
    /// sample rate.
    #[serde(default = "one")]
    pub harmonics: u32,
}

fn one() -> u32 {
    1
}

impl Design for Notch {
    type Kernel = Cascade;
    const NAME: &'static str = "Notch";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        let g = check(self.frequency_hz, self.bandwidth_hz, period_s)?;
        let count = f64::from(self.harmonics);
        let fits = self.harmonics >= 1
            && self.harmonics as usize <= MOST_SECTIONS
            && count * self.frequency_hz * period_s < 0.5;
        let range = "1 to 8, all multiples below half of the sample rate";
        DesignError::unless(fits, "harmonics", range, count)?;
        let sections = (1..=self.harmonics).map(|n| {
            let c = cosine(f64::from(n) * self.frequency_hz * period_s);
            let section = Section { b: [1.0, -2.0 * c, 1.0], a: [-2.0 * g * c, 2.0 * g - 1.0] };
            section.scaled(Reference::Zero, 1.0)
        });
        Ok(Cascade::from_sections(sections))
    }
}

/// Cosine of a frequency in parts of the sample rate.
pub(super) fn cosine(frequency: f64) -> f64 {
    libm::cos(core::f64::consts::TAU * frequency)
}

/// Checks frequency and width; gives `1/(1 + tan(pi*bandwidth_hz*period_s))`.
pub(super) fn check(
    frequency_hz: f64,
    bandwidth_hz: f64,
    period_s: f64,
) -> Result<f64, DesignError> {
    DesignError::period(period_s)?;
    let usable = (1e-5..0.5).contains(&(frequency_hz * period_s));
    let range = "at least 1e-5 and less than half of the sample rate";
    DesignError::unless(usable, "frequency_hz", range, frequency_hz)?;
    let width = bandwidth_hz * period_s;
    let usable = width >= 1e-6 && bandwidth_hz <= frequency_hz;
    let range = "at least 1e-6 of the sample rate and at most frequency_hz";
    DesignError::unless(usable, "bandwidth_hz", range, bandwidth_hz)?;
    Ok(1.0 / (1.0 + libm::tan(core::f64::consts::PI * width)))
}
