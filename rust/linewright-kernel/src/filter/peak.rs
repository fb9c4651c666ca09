//! Peak filter (resonator): passes one frequency and little else.
//!
//! `H = (1 - g)*(1 - 1/z^2) / (1 - 2gc/z + (2g - 1)/z^2)`, `c = cos(2*pi*hz*period_s)`, `g = 1/(1 + tan(pi*bandwidth_hz*period_s))`:
//! gain one and no phase at `frequency_hz`, -3.01 dB at the edges of a band `bandwidth_hz` wide, none at zero frequency: what
//! [`Notch`](crate::Notch) takes out. The first sample is taken as if it had been there for ever, so it gives zero; a
//! retuning starts from a signal that was constant. (Regalia, Mitra and Vaidyanathan 1988.)

use super::cascade::{Cascade, Reference, Section};
use super::notch::{check, cosine};
use crate::{Design, DesignError, Port};

/// Config of the peak filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peak {
    /// Frequency that passes, Hz; at least 1e-5 and less than half of the sample rate.
    pub frequency_hz: f64,
    /// Width between the half-power edges, Hz; at least 1e-6 of the sample rate, at most `frequency_hz`.
    pub bandwidth_hz: f64,
}

impl Design for Peak {
    type Kernel = Cascade;
    const NAME: &'static str = "Peak";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        let g = check(self.frequency_hz, self.bandwidth_hz, period_s)?;
        let frequency = self.frequency_hz * period_s;
        let cos = cosine(frequency);
        let sin = libm::sin(core::f64::consts::TAU * frequency);
        let section = Section { b: [1.0, 0.0, -1.0], a: [-2.0 * g * cos, 2.0 * g - 1.0] };
        let section = section.scaled(Reference::Angle { cos, sin }, 1.0);
        Ok(Cascade::from_sections(core::iter::once(section)))
    }
}
