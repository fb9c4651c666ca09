//! Notch in the encoder's domain: takes out a wave that repeats along the web, at any speed.
//!
//! A roll that is out of round, a pump, a coating bar leave a wave of one length on the web, whatever the speed;
//! its frequency in time moves with the speed and a [`Notch`](crate::Notch) loses it. Here, with `turn = 2*pi*position_m/wavelength_m`,
//! the wave is kept as `c*cos(turn) + s*sin(turn)` and learned from what is left of it:
//! `e = x - c*cos - s*sin; c += g*e*cos; s += g*e*sin; y = (1 - g/2)*e`, `g = 2*t/(1 + t)`, `t = tan(pi*bandwidth_per_m*moved)`: at
//! constant speed the notch of that width (feed-through form, Regalia 1991), and the same one in metres at any
//! other. Harmonics follow one another. `g` is zero while the web stands. It learns a wave of `n` per wavelength while less
//! than half of it passes per sample, and what it has learned it takes out at any speed. A constant passes from the
//! first sample on: what is filtered is `x` less its level over the last wavelength.
//!
//! `wave` is what was taken out, `amplitude` that of the fundamental, both in the unit of `x`; whatever else is in `x` ripples on
//! `amplitude` by about `bandwidth_per_m * wavelength_m` of its size. A wave that
//! appears is taken out with the length constant `1/(pi*bandwidth_per_m)`.

use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Harmonics there is room for.
const MOST_HARMONICS: usize = 8;

/// Config of the notch in the encoder's domain.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SynchronousNotch {
    /// Length of the wave along the web, m; positive. For a roll its circumference.
    pub wavelength_m: f64,
    /// Width of the notch between its half-power edges, waves per metre; positive, at most `0.5/wavelength_m`, usually
    /// a tenth of that. Narrow is quiet and slow to learn.
    pub bandwidth_per_m: f64,
    /// Number of multiples taken out, the fundamental included; 1 (default) to 8.
    #[serde(default = "one")]
    pub harmonics: u32,
}

fn one() -> u32 {
    1
}

/// Coefficients of [`SynchronousNotch`].
#[derive(Debug, Clone, Copy)]
pub struct SynchronousNotchKernel {
    wavelength_m: f64,
    /// `pi * bandwidth_per_m * wavelength_m`, the angle of the tangent per wavelength.
    rate: f64,
    harmonics: usize,
}

/// State of [`SynchronousNotch`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SynchronousNotchState {
    position_m: f64,
    level: f64,
    cosine: [f64; MOST_HARMONICS],
    sine: [f64; MOST_HARMONICS],
    primed: u64,
}

impl Design for SynchronousNotch {
    type Kernel = SynchronousNotchKernel;
    const NAME: &'static str = "SynchronousNotch";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("position_m", "m")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("y", "a"), Port::new("wave", "a"), Port::new("amplitude", "a")];

    fn design(&self, period_s: f64) -> Result<SynchronousNotchKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("wavelength_m", self.wavelength_m)?;
        DesignError::positive("bandwidth_per_m", self.bandwidth_per_m)?;
        let share = self.bandwidth_per_m * self.wavelength_m;
        let range = "at most 0.5/wavelength_m";
        DesignError::unless(share <= 0.5, "bandwidth_per_m", range, self.bandwidth_per_m)?;
        let harmonics = self.harmonics as usize;
        let fits = (1..=MOST_HARMONICS).contains(&harmonics);
        DesignError::unless(fits, "harmonics", "1 to 8", f64::from(self.harmonics))?;
        Ok(SynchronousNotchKernel {
            wavelength_m: self.wavelength_m,
            rate: core::f64::consts::PI * share,
            harmonics,
        })
    }
}

/// Place in a turn, 0 to 1, at `position_m`; a position of 1e17 turns and more has none and gives 0.
pub(super) fn place(position_m: f64, turn_m: f64) -> f64 {
    let turns = saturate(position_m / turn_m);
    turns - libm::floor(turns)
}

impl Kernel for SynchronousNotchKernel {
    type State = SynchronousNotchState;
    type Input = [f64; 2];
    type Output = [f64; 3];

    fn step(&self, s: &mut SynchronousNotchState, _: &mut [f64], input: [f64; 2]) -> [f64; 3] {
        let [x, position_m] = input;
        if s.primed == 0 {
            (s.position_m, s.level, s.primed) = (position_m, x, 1);
        }
        // In wavelengths.
        let moved = saturate(libm::fabs(position_m - s.position_m) / self.wavelength_m);
        s.position_m = position_m;
        let (sin, cos) =
            libm::sincos(core::f64::consts::TAU * place(position_m, self.wavelength_m));
        let t = libm::tan(self.rate * moved.min(0.5));
        let gain = 2.0 * t / (1.0 + t);
        let mut left = saturate(x - s.level);
        let (mut sin_n, mut cos_n) = (sin, cos);
        let waves = s.cosine.iter_mut().zip(&mut s.sine).take(self.harmonics);
        for (n, (c, s)) in (1..).zip(waves) {
            let gain = if moved * f64::from(n) < 0.5 { gain } else { 0.0 };
            let e = saturate(left - (*c * cos_n + *s * sin_n));
            *c = saturate(*c + gain * e * cos_n);
            *s = saturate(*s + gain * e * sin_n);
            left = (1.0 - 0.5 * gain) * e;
            (sin_n, cos_n) = (sin_n * cos + cos_n * sin, cos_n * cos - sin_n * sin);
        }
        let y = saturate(s.level + left);
        s.level = saturate(s.level + left * (moved / (1.0 + moved)));
        let [first, ..] = s.cosine;
        let [other, ..] = s.sine;
        [y, saturate(x - y), libm::hypot(first, other).min(crate::number::LARGEST)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;
    use core::f64::consts::TAU;

    fn start(harmonics: u32) -> Running<SynchronousNotchKernel, [f64; 0]> {
        let config = SynchronousNotch { wavelength_m: 1.5, bandwidth_per_m: 0.03, harmonics };
        Running::new(config.design(0.01).unwrap(), [])
    }

    /// Largest remainder of a wave and its third harmonic over the last tenth of `samples` at the given speeds.
    fn remainder(speed: impl Fn(u32) -> f64, samples: u32) -> f64 {
        let mut notch = start(3);
        let (mut position_m, mut worst) = (0.0, 0.0_f64);
        for t in 0..samples {
            position_m += speed(t) * 0.01;
            let turn = TAU * position_m / 1.5;
            let wave = (turn + 0.3).sin() + 0.4 * (3.0 * turn).cos();
            let [y, ..] = notch.update([200.0 + wave, position_m]);
            if t > samples / 10 * 9 {
                worst = worst.max((y - 200.0).abs());
            }
        }
        worst
    }

    #[test]
    fn the_wave_is_gone_at_three_speeds_and_through_a_change() {
        for speed in [0.2, 1.0, 5.0] {
            let worst = remainder(|_| speed, (150.0 / speed / 0.01) as u32);
            assert!(worst < 1e-3, "{speed} m/s: {worst}");
        }
        let ramp = |t: u32| 0.5 + 4.0 * (f64::from(t) / 20_000.0);
        let worst = remainder(ramp, 20_000);
        assert!(worst < 2e-2, "{worst}");
    }

    #[test]
    fn at_constant_speed_it_is_the_notch_in_time() {
        let (speed, period_s) = (0.7, 0.01);
        let mut notch = start(1);
        let config =
            crate::Notch { frequency_hz: speed / 1.5, bandwidth_hz: 0.03 * speed, harmonics: 1 };
        let mut in_time = Running::new(config.design(period_s).unwrap(), []);
        let mut word = 9_u32;
        for t in 0..20_000_u32 {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let x = f64::from(word >> 8) / f64::from(1_u32 << 24) - 0.5;
            let x = if t == 0 { 0.0 } else { x };
            let [y, ..] = notch.update([x, speed * period_s * f64::from(t)]);
            let want = in_time.update(x);
            // The level that is filtered apart moves the response a little below the notch.
            assert!((y - want).abs() < 0.05, "sample {t}: {y} for {want}");
        }
    }

    #[test]
    fn a_constant_and_a_standing_web_pass_unchanged() {
        let mut notch = start(2);
        for t in 0..100 {
            assert_eq!(notch.update([250.0, 0.01 * f64::from(t)]), [250.0, 0.0, 0.0]);
        }
        assert_eq!(notch.update([260.0, 0.99]), [260.0, 0.0, 0.0]);
    }
}
