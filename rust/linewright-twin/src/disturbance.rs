//! Background disturbances: what a healthy line does by itself.
//!
//! At the die, behind the Coriolis meter, so that only the gauges see them: a random walk, a fast wander (first-order
//! autoregression) and the wave of the backing roll, which turns with the web. In the pump, so that the meter sees it:
//! the ripple. At the calender: a random walk of the compaction resistance and a wandering roll temperature.

use crate::config::LineConfig;
use crate::random::{Stream, place};
use core::f64::consts::{SQRT_2, TAU};

/// First-order autoregression with a given standard deviation, begun in its stationary state.
#[derive(Clone, Debug)]
pub struct Wander {
    stream: Stream,
    keep: f64,
    push: f64,
    value: f64,
}

impl Wander {
    /// Standard deviation `sd`, correlation time `tau_s`, stepped every `dt_s`.
    pub fn new(mut stream: Stream, sd: f64, tau_s: f64, dt_s: f64) -> Self {
        let keep = libm::exp(-dt_s / tau_s);
        let push = sd * (1.0 - keep * keep).sqrt();
        let value = sd * stream.normal();
        Wander { stream, keep, push, value }
    }

    /// Next value, in the unit of `sd`.
    pub fn step(&mut self) -> f64 {
        self.value = self.keep * self.value + self.push * self.stream.normal();
        self.value
    }
}

/// Random walk from zero.
#[derive(Clone, Debug)]
pub struct Walk {
    stream: Stream,
    push: f64,
    value: f64,
}

impl Walk {
    /// Growth `per_sqrt_s` (unit per square root of a second), stepped every `dt_s`.
    pub fn new(stream: Stream, per_sqrt_s: f64, dt_s: f64) -> Self {
        Walk { stream, push: per_sqrt_s * dt_s.sqrt(), value: 0.0 }
    }

    /// Next value, in the unit of `per_sqrt_s`.
    pub fn step(&mut self) -> f64 {
        self.value += self.push * self.stream.normal();
        self.value
    }
}

/// Sine of a phase in turns: only the fraction counts, so large counts of turns stay exact.
pub fn wave(turns: f64) -> f64 {
    libm::sin(TAU * (turns - turns.floor()))
}

/// Weight disturbances of one moment, in % of the weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WeightDisturbance {
    /// Random walk at the die.
    pub walk_pct: f64,
    /// Fast wander at the die.
    pub wander_pct: f64,
    /// Backing roll wave at the die.
    pub roll_pct: f64,
    /// Pump ripple (in the flow).
    pub ripple_pct: f64,
}

impl WeightDisturbance {
    /// What is added at the die, as a share of the weight.
    pub fn at_die(&self) -> f64 {
        0.01 * (self.walk_pct + self.wander_pct + self.roll_pct)
    }
}

/// Source of the weight disturbances.
#[derive(Clone, Debug)]
pub struct WeightDisturbances {
    walk: Walk,
    wander: Wander,
    roll_amplitude_pct: f64,
    roll_turns_per_m: f64,
    ripple_pct: f64,
    ripple_hz: f64,
}

impl WeightDisturbances {
    /// All of them, or silence when they are off; the random streams run either way.
    pub fn new(line: &LineConfig, seed: u64, dt_s: f64) -> Self {
        let config = &line.disturbance;
        let size = line.disturbance_size();
        let (walk, wander) = (Stream::new(seed, place::WALK), Stream::new(seed, place::WANDER));
        WeightDisturbances {
            walk: Walk::new(walk, size * config.walk_pct_per_sqrt_s, dt_s),
            wander: Wander::new(wander, size * config.wander_sd_pct, config.wander_tau_s, dt_s),
            roll_amplitude_pct: size * config.roll_sd_pct * SQRT_2,
            roll_turns_per_m: config.roll_hz / line.coater.web_m_per_s,
            ripple_pct: size * config.ripple_pct,
            ripple_hz: config.ripple_hz,
        }
    }

    /// Disturbances at `time_s` with the web at `web_m`; `pulsation_pct` is what a fault adds to the ripple's amplitude.
    pub fn step(&mut self, time_s: f64, web_m: f64, pulsation_pct: f64) -> WeightDisturbance {
        WeightDisturbance {
            walk_pct: self.walk.step(),
            wander_pct: self.wander.step(),
            roll_pct: self.roll_amplitude_pct * wave(self.roll_turns_per_m * web_m),
            ripple_pct: (self.ripple_pct + pulsation_pct) * wave(self.ripple_hz * time_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wander_has_the_stated_spread_and_memory() {
        let mut wander = Wander::new(Stream::new(3, 1), 0.15, 20.0, 1.0);
        let xs: Vec<f64> = (0..200_000).map(|_| wander.step()).collect();
        let var = xs.iter().map(|x| x * x).sum::<f64>() / xs.len() as f64;
        let lag = xs.windows(21).map(|w| w[0] * w[20]).sum::<f64>() / (xs.len() - 20) as f64;
        assert!((var.sqrt() - 0.15).abs() < 0.006, "sd {}", var.sqrt());
        assert!((lag / var - (-1.0f64).exp()).abs() < 0.05, "correlation at tau {}", lag / var);
    }

    #[test]
    fn a_walk_grows_with_the_root_of_time_whatever_the_step() {
        for dt_s in [0.1, 1.0] {
            let ends: Vec<f64> = (0..2000)
                .map(|seed| {
                    let mut walk = Walk::new(Stream::new(seed, 0), 0.02, dt_s);
                    (0..(100.0 / dt_s) as usize).fold(0.0, |_, _| walk.step())
                })
                .collect();
            let sd = (ends.iter().map(|x| x * x).sum::<f64>() / ends.len() as f64).sqrt();
            assert!((sd - 0.2).abs() < 0.012, "sd {sd} at step {dt_s}");
        }
    }
}
