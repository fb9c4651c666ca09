//! Butterworth filter (Butterworth 1930), flat in the pass band, as second-order sections.
//!
//! `|H|^2 = 1 / (1 + (w/wc)^(2 order))`, discretised by the bilinear map with the cutoff prewarped,
//! so the gain at `cutoff_hz` is exactly -3.01 dB. The first sample is taken as if it had been
//! there for ever, so there is no start-up transient; after a retuning the last output is, so there
//! is no bump.

use super::band::{Band, Edges, Prototype};
use super::cascade::Cascade;
use super::complex::Complex;
use crate::{Design, DesignError, Port};

/// Config of the Butterworth filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Butterworth {
    /// Frequency of half power, Hz; the lower edge of a band-pass or band-stop. At least 1e-5 and less than
    /// half of the sample rate.
    pub cutoff_hz: f64,
    /// Number of poles of the low-pass it is made from, 1 to 8, each with a fall of 20 dB per decade;
    /// a band-pass or band-stop has twice as many.
    pub order: u32,
    /// `"lowpass"` (default), `"highpass"`, `"bandpass"` or `"bandstop"`.
    #[serde(default)]
    pub band: Band,
    /// Upper edge of a band-pass or band-stop, Hz; above `cutoff_hz` and less than half of the sample
    /// rate. Left out for the others.
    #[serde(default)]
    pub second_cutoff_hz: Option<f64>,
}

impl Design for Butterworth {
    type Kernel = Cascade;
    const NAME: &'static str = "Butterworth";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<Cascade, DesignError> {
        DesignError::period(period_s)?;
        check_order(self.order)?;
        let edges = Edges::new(self.band, self.cutoff_hz, self.second_cutoff_hz, period_s)?;
        Ok(edges.cascade(&prototype(self.order)))
    }
}

/// Refuses an order that the cascade has no room for.
pub(super) fn check_order(order: u32) -> Result<(), DesignError> {
    DesignError::unless((1..=8).contains(&order), "order", "1 to 8", f64::from(order))
}

/// Poles evenly spaced on the left half of the unit circle.
fn prototype(order: u32) -> Prototype {
    let mut prototype = Prototype { level: 1.0, ..Prototype::default() };
    for pair in 0..order / 2 {
        // Angle from the imaginary axis.
        let angle = core::f64::consts::PI * f64::from(2 * pair + 1) / f64::from(2 * order);
        let (sin, cos) = libm::sincos(angle);
        prototype.poles.pairs.push(Complex::new(-sin, cos));
    }
    prototype.poles.add_reals(-1.0, order as usize % 2);
    prototype
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    include!("butterworth_reference.rs");

    const LOWPASS: Butterworth =
        Butterworth { cutoff_hz: 1.0, order: 1, band: Band::Lowpass, second_cutoff_hz: None };

    #[test]
    fn sections_equal_the_reference_library() {
        for (order, cutoff, rows) in REFERENCE {
            let kernel =
                Butterworth { cutoff_hz: *cutoff, order: *order, ..LOWPASS }.design(0.5).unwrap();
            assert_eq!(kernel.sections().count(), rows.len());
            for (c, row) in kernel.sections().zip(*rows) {
                let ours = [c.b[0], c.b[1], c.b[2], 1.0, c.a[0], c.a[1]];
                for (a, b) in ours.iter().zip(row) {
                    assert!(
                        (a - b).abs() <= 1e-12 * b.abs().max(1e-3),
                        "{order} {cutoff}: {a} {b}"
                    );
                }
            }
        }
    }

    #[test]
    fn gain_is_half_power_at_the_cutoff_and_falls_20_db_per_pole_and_decade() {
        for order in 1..=8 {
            let kernel = Butterworth { cutoff_hz: 1.0, order, ..LOWPASS }.design(0.001).unwrap();
            let gain = |hz: f64| {
                let mut running = Running::new(kernel, []);
                let phase = |t: u32| core::f64::consts::TAU * hz * 0.001 * f64::from(t);
                let (mut peak, settle) = (0.0_f64, 20_000);
                for t in 0..settle + 2000 {
                    let y = running.update(phase(t).sin());
                    if t > settle {
                        peak = peak.max(y.abs());
                    }
                }
                20.0 * peak.log10()
            };
            assert!((gain(1.0) + 3.0103).abs() < 0.01, "order {order}: {}", gain(1.0));
            let fall = gain(4.0) + 20.0 * f64::from(order) * 4.0_f64.log10();
            assert!(fall.abs() < 0.3, "order {order}: {fall}");
        }
    }

    #[test]
    fn a_constant_passes_from_the_first_sample() {
        for order in 1..=8 {
            let kernel = Butterworth { cutoff_hz: 0.3, order, ..LOWPASS }.design(0.01).unwrap();
            let mut running = Running::new(kernel, []);
            for _ in 0..100 {
                assert!((running.update(250.0) - 250.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_retuning_from_4_hz_to_a_millihertz_makes_no_bump() {
        let design =
            |cutoff_hz, order| Butterworth { cutoff_hz, order, ..LOWPASS }.design(0.1).unwrap();
        let mut running = Running::new(design(4.0, 8), []);
        for _ in 0..100 {
            running.update(250.0);
        }
        assert!(running.retune(design(0.001, 5)));
        for _ in 0..100 {
            assert!((running.update(251.0) - 250.0).abs() < 0.01);
        }
    }

    #[test]
    fn a_cutoff_at_half_the_rate_is_refused() {
        let refused =
            Butterworth { cutoff_hz: 50.0, order: 2, ..LOWPASS }.design(0.01).unwrap_err();
        assert_eq!(refused.parameter, "cutoff_hz");
    }
}
