//! Rate of change, with a roll-off so that noise is not amplified without end.
//!
//! `y = p*y + (1 - p)*(x - x[t-1])/period_s`: a difference and a first-order low-pass. `p` is chosen so that the gain at
//! `cutoff_hz` is exactly 3.01 dB below that of a true derivative, `2*pi*f`; below it `y` is the derivative, late by
//! about `1/(2*pi*cutoff_hz)`, above it the gain stays near `2*pi*cutoff_hz`. A ramp gives its slope exactly. White noise of
//! standard deviation `s` gives `s*(1 - p)/period_s*sqrt(2/(1 + p))`. `y` has the unit of `x` per second; it
//! starts at zero.

use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the derivative.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derivative {
    /// Frequency where the gain is 3.01 dB below a true derivative, Hz; 1e-9 to 0.4 of the sample rate.
    pub cutoff_hz: f64,
}

/// Coefficients of [`Derivative`].
#[derive(Debug, Clone, Copy)]
pub struct DerivativeKernel {
    /// `1 - p`.
    a: f64,
    period_s: f64,
}

/// State of [`Derivative`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct DerivativeState {
    x: f64,
    y: f64,
    primed: u64,
}

impl Design for Derivative {
    type Kernel = DerivativeKernel;
    const NAME: &'static str = "Derivative";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "b")];

    fn design(&self, period_s: f64) -> Result<DerivativeKernel, DesignError> {
        DesignError::period(period_s)?;
        let cutoff = self.cutoff_hz * period_s;
        let usable = (1e-9..=0.4).contains(&cutoff);
        let range = "1e-9 to 0.4 of the sample rate";
        DesignError::unless(usable, "cutoff_hz", range, self.cutoff_hz)?;
        // The difference falls short of w by s = 2*sin(w/2)/w; what is left of 1/2 is the low-pass's:
        // (1-p)^2 / (1 - 2p*cos(w) + p^2) = 1/(2*s^2), a quadratic in p.
        let half = core::f64::consts::PI * cutoff;
        let sin = libm::sin(half);
        let (a, gap) = (2.0 * (sin / half) * (sin / half), 2.0 * sin * sin);
        let root = libm::sqrt(gap * (2.0 * (a - 1.0) + gap));
        Ok(DerivativeKernel { a: (gap + root) / (a - 1.0 + gap + root), period_s })
    }
}

impl Kernel for DerivativeKernel {
    type State = DerivativeState;
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut DerivativeState, _: &mut [f64], x: f64) -> f64 {
        if s.primed == 0 {
            *s = DerivativeState { x, y: 0.0, primed: 1 };
        }
        let slope = saturate((x - s.x) / self.period_s);
        s.y = saturate(s.y + self.a * (slope - s.y));
        s.x = x;
        s.y
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn gain_at_the_cutoff_is_3_db_below_a_true_derivative() {
        for cutoff_hz in [0.01, 1.0, 20.0, 40.0] {
            let kernel = Derivative { cutoff_hz }.design(0.01).unwrap();
            let p = 1.0 - kernel.a;
            let w = core::f64::consts::TAU * cutoff_hz * 0.01;
            let difference = 2.0 * (0.5 * w).sin() / 0.01;
            let lowpass = kernel.a / (1.0 - 2.0 * p * w.cos() + p * p).sqrt();
            let gain = difference * lowpass / (core::f64::consts::TAU * cutoff_hz);
            assert!((gain - 0.5_f64.sqrt()).abs() < 1e-9, "{cutoff_hz}: {gain}");
        }
    }

    #[test]
    fn a_ramp_gives_its_slope_and_a_constant_nothing() {
        let mut running = Running::new(Derivative { cutoff_hz: 1.0 }.design(0.01).unwrap(), []);
        assert_eq!(running.update(250.0), 0.0);
        assert_eq!(running.update(250.0), 0.0);
        let mut y = 0.0;
        for t in 0..1000 {
            y = running.update(250.0 + 0.03 * f64::from(t));
        }
        assert!((y - 3.0).abs() < 1e-9, "{y}");
    }
}
