//! Butterworth low-pass (Butterworth 1930), flat in the pass band, as second-order sections.
//!
//! `|H|^2 = 1 / (1 + (w/wc)^(2 order))`, discretised by the bilinear map with the cutoff prewarped,
//! so the gain at `cutoff_hz` is exactly -3.01 dB. Each section runs in direct form II transposed:
//! `y = b0*x + s1; s1 = b1*x - a1*y + s2; s2 = b2*x - a2*y`. The sections stand in order of rising
//! resonance, as in the usual numeric libraries, but each has unit gain at zero frequency;
//! [`ButterworthKernel::sections`] gives the usual form. The first sample is taken as if it had been
//! there for ever, so there is no start-up transient; after a retuning the last output is, so there
//! is no bump.

use crate::{Design, DesignError, Kernel, Port};

/// Sections of the highest order.
const MOST_SECTIONS: usize = 4;

/// Config of the Butterworth low-pass.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Butterworth {
    /// Frequency of half power, Hz; at least 1e-5 and less than half of the sample rate.
    pub cutoff_hz: f64,
    /// Number of poles, 1 to 8; the fall is 20 dB per decade each.
    pub order: u32,
}

/// One section `(b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Section {
    /// Numerator `b0, b1, b2`.
    pub b: [f64; 3],
    /// Denominator `a1, a2`; the leading one is not stored.
    pub a: [f64; 2],
}

/// Coefficients of [`Butterworth`].
#[derive(Debug, Clone, Copy)]
pub struct ButterworthKernel {
    /// Each with unit gain at zero frequency, so that the states of all have the scale of `x`.
    sections: [Section; MOST_SECTIONS],
    order: u64,
    /// Prewarped cutoff.
    k: f64,
}

/// State of [`Butterworth`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ButterworthState {
    s: [[f64; 2]; MOST_SECTIONS],
    y: f64,
    /// Order and cutoff the state belongs to; zero before the first sample.
    order: u64,
    k: f64,
}

impl Design for Butterworth {
    type Kernel = ButterworthKernel;
    const NAME: &'static str = "Butterworth";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<ButterworthKernel, DesignError> {
        DesignError::positive("period_s", period_s)?;
        DesignError::unless(
            (1..=8).contains(&self.order),
            "order",
            "1 to 8",
            f64::from(self.order),
        )?;
        let cutoff = self.cutoff_hz * period_s;
        DesignError::unless(
            (1e-5..0.5).contains(&cutoff),
            "cutoff_hz",
            "at least 1e-5 and less than half of the sample rate",
            self.cutoff_hz,
        )?;
        Ok(ButterworthKernel::from_prewarped(
            libm::tan(core::f64::consts::PI * cutoff),
            self.order as usize,
        ))
    }
}

impl ButterworthKernel {
    /// Sections for the prewarped cutoff `k = tan(pi * cutoff_hz * period_s)`.
    fn from_prewarped(k: f64, order: usize) -> Self {
        let count = order.div_ceil(2);
        let mut sections = [Section::default(); MOST_SECTIONS];
        // An odd order has one zero too few: one section lacks one at -1. As in the usual libraries
        // that is the most resonant section whose poles lie right of -1/2.
        let mut short = order % 2 == 1;
        for (i, section) in sections.iter_mut().take(count).enumerate().rev() {
            let real_pole = order % 2 == 1 && i == 0;
            // Sum of the denominator's coefficients, without the cancellation of adding them.
            let sum_a = if real_pole {
                section.a = [(k - 1.0) / (1.0 + k), 0.0];
                2.0 * k / (1.0 + k)
            } else {
                // Pair number from the imaginary axis; damping is the sine of its angle from it.
                let pair = (count - 1 - i) as f64;
                let angle = core::f64::consts::PI * (2.0 * pair + 1.0) / (2.0 * order as f64);
                let damping = libm::sin(angle);
                let d = 1.0 + 2.0 * damping * k + k * k;
                section.a = [2.0 * (k * k - 1.0) / d, (1.0 - 2.0 * damping * k + k * k) / d];
                4.0 * k * k / d
            };
            let takes_short = short && (real_pole || -section.a[0] / 2.0 > -0.5);
            section.b = if takes_short {
                [0.5 * sum_a, 0.5 * sum_a, 0.0]
            } else {
                [0.25 * sum_a, 0.5 * sum_a, 0.25 * sum_a]
            };
            short &= !takes_short;
        }
        Self { sections, order: order as u64, k }
    }

    fn count(&self) -> usize {
        self.order.div_ceil(2) as usize
    }

    /// The sections in the order in which a sample passes them, in the usual form: `b0` of all but
    /// the first is one and the first carries the whole gain.
    pub fn sections(&self) -> impl Iterator<Item = Section> + '_ {
        let gain: f64 = self.sections.iter().take(self.count()).map(|c| c.b[0]).product();
        self.sections.iter().take(self.count()).enumerate().map(move |(i, c)| {
            let scale = if i == 0 { gain } else { 1.0 };
            Section { b: c.b.map(|b| b / c.b[0] * scale), a: c.a }
        })
    }

    /// State of a filter that has seen `level` for ever.
    fn settled(&self, level: f64) -> ButterworthState {
        let mut s = [[0.0; 2]; MOST_SECTIONS];
        for (c, s) in self.sections.iter().zip(&mut s) {
            s[1] = (c.b[2] - c.a[1]) * level;
            s[0] = (c.b[1] - c.a[0]) * level + s[1];
        }
        ButterworthState { s, y: level, order: self.order, k: self.k }
    }
}

impl Kernel for ButterworthKernel {
    type State = ButterworthState;
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, state: &mut ButterworthState, _: &mut [f64], x: f64) -> f64 {
        if state.k != self.k || state.order != self.order {
            let first = state.order == 0;
            *state = self.settled(if first { x } else { state.y });
        }
        let mut level = x;
        for (c, s) in self.sections.iter().zip(&mut state.s).take(self.count()) {
            let y = c.b[0] * level + s[0];
            s[0] = c.b[1] * level - c.a[0] * y + s[1];
            s[1] = c.b[2] * level - c.a[1] * y;
            level = y;
        }
        state.y = level;
        level
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    include!("butterworth_reference.rs");

    #[test]
    fn sections_equal_the_reference_library() {
        for (order, cutoff, rows) in REFERENCE {
            let kernel = Butterworth { cutoff_hz: *cutoff, order: *order }.design(0.5).unwrap();
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
            let kernel = Butterworth { cutoff_hz: 1.0, order }.design(0.001).unwrap();
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
            let kernel = Butterworth { cutoff_hz: 0.3, order }.design(0.01).unwrap();
            let mut running = Running::new(kernel, []);
            for _ in 0..100 {
                assert!((running.update(250.0) - 250.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_retuning_from_4_hz_to_a_millihertz_makes_no_bump() {
        let design = |cutoff_hz, order| Butterworth { cutoff_hz, order }.design(0.1).unwrap();
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
        let refused = Butterworth { cutoff_hz: 50.0, order: 2 }.design(0.01).unwrap_err();
        assert_eq!(refused.parameter, "cutoff_hz");
    }
}
