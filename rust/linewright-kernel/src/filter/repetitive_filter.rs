//! Repetitive filter: learns what repeats with every turn of a roll, whatever its shape.
//!
//! The turn is cut into `bins`; between their middles the pattern is a straight line. At each sample `periodic` is the
//! pattern at this place, less its mean, `y = x - periodic`, and the two nearest bins learn what is left of `y` less its
//! level over the last turn: `bin += w*g*e`, `w` the weight of the bin here, `g = bins*moved/(turn_m*turns)`. So a pattern
//! is forgotten with a constant of `turns` turns, at any speed and in either direction; the first turns count as many as there were.
//! Nothing is learned while the web stands, nor when more than half a turn passes in one sample. What does not
//! repeat passes, but for a share `1/turns` near multiples of the turn. Waves shorter than two bins are beyond it. Against one clean
//! wave [`SynchronousNotch`](crate::SynchronousNotch) is quieter. (Hara et al. 1988, in the encoder's domain.)

use super::synchronous_notch::place;
use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the repetitive filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepetitiveFilter {
    /// Web per turn, m; positive: the circumference of the roll.
    pub turn_m: f64,
    /// Number of places a turn is cut into; 4 to 256.
    pub bins: u32,
    /// Turns after which a pattern is forgotten to 37 %; 1 to 10000, 20 by default.
    #[serde(default = "usual")]
    pub turns: f64,
}

fn usual() -> f64 {
    20.0
}

/// Coefficients of [`RepetitiveFilter`].
#[derive(Debug, Clone, Copy)]
pub struct RepetitiveFilterKernel {
    turn_m: f64,
    bins: usize,
    turns: f64,
}

/// State of [`RepetitiveFilter`]; the pattern stands in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RepetitiveFilterState {
    position_m: f64,
    level: f64,
    /// Turns learned from, up to `turns`.
    learned: f64,
    primed: u64,
}

impl Design for RepetitiveFilter {
    type Kernel = RepetitiveFilterKernel;
    const NAME: &'static str = "RepetitiveFilter";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("position_m", "m")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("periodic", "a")];

    fn design(&self, period_s: f64) -> Result<RepetitiveFilterKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("turn_m", self.turn_m)?;
        let fits = (4..=256).contains(&self.bins);
        DesignError::unless(fits, "bins", "4 to 256", f64::from(self.bins))?;
        let fits = (1.0..=10_000.0).contains(&self.turns);
        DesignError::unless(fits, "turns", "1 to 10000", self.turns)?;
        let (turn_m, bins, turns) = (self.turn_m, self.bins as usize, self.turns);
        Ok(RepetitiveFilterKernel { turn_m, bins, turns })
    }
}

impl Kernel for RepetitiveFilterKernel {
    type State = RepetitiveFilterState;
    type Input = [f64; 2];
    type Output = [f64; 2];

    fn memory_len(&self) -> usize {
        self.bins
    }

    fn step(&self, s: &mut RepetitiveFilterState, bins: &mut [f64], input: [f64; 2]) -> [f64; 2] {
        let [x, position_m] = input;
        if s.primed == 0 {
            (s.position_m, s.level, s.primed) = (position_m, x, 1);
        }
        let moved = saturate(libm::fabs(position_m - s.position_m) / self.turn_m);
        s.position_m = position_m;

        let count = self.bins as f64;
        let at = place(position_m, self.turn_m) * count;
        let share = at - libm::floor(at);
        let here = at as usize % self.bins.max(1);
        let next = (here + 1) % self.bins.max(1);
        let value = |i: usize| bins.get(i).copied().unwrap_or(0.0);
        let mean = bins.iter().map(|bin| bin / count).sum::<f64>();
        let pattern = (1.0 - share) * value(here) + share * value(next);
        let periodic = saturate(pattern - mean);
        let y = saturate(x - periodic);

        let e = saturate(y - s.level);
        s.level = saturate(s.level + e * (moved / (1.0 + moved)));
        if moved <= 0.5 {
            s.learned = (s.learned + moved).min(self.turns);
            let gain = (count * moved / s.learned.max(1.0)).min(0.5);
            for (i, weight) in [(here, 1.0 - share), (next, share)] {
                if let Some(bin) = bins.get_mut(i) {
                    *bin = saturate(*bin + weight * gain * e);
                }
            }
        }
        [y, periodic]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;
    use core::f64::consts::TAU;

    /// Root mean squares of input and remainder over the last fifth, a pattern with an edge.
    fn run(speed: impl Fn(u32) -> f64, samples: u32) -> (f64, f64) {
        let config = RepetitiveFilter { turn_m: 2.0, bins: 64, turns: 10.0 };
        let kernel = config.design(0.01).unwrap();
        let mut filter = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let (mut position_m, mut sums, mut count) = (0.0, (0.0, 0.0), 0.0);
        for t in 0..samples {
            position_m += speed(t) * 0.01;
            let turn = TAU * position_m / 2.0;
            let wave = turn.sin() + 0.5 * (2.0 * turn + 1.0).cos() + 0.25 * (5.0 * turn).sin();
            let [y, _] = filter.update([50.0 + wave, position_m]);
            if t > samples / 5 * 4 {
                sums = (sums.0 + wave * wave, sums.1 + (y - 50.0) * (y - 50.0));
                count += 1.0;
            }
        }
        ((sums.0 / count).sqrt(), (sums.1 / count).sqrt())
    }

    #[test]
    fn a_pattern_is_gone_at_three_speeds_and_through_a_change() {
        for speed in [0.3, 1.0, 4.0] {
            let (before, after) = run(|_| speed, (200.0 / speed / 0.01) as u32);
            assert!(after < 0.03 * before, "{speed} m/s: {after} of {before}");
        }
        let (before, after) = run(|t| 0.5 + 3.0 * f64::from(t) / 10_000.0, 10_000);
        assert!(after < 0.03 * before, "{after} of {before}");
    }

    #[test]
    fn a_constant_passes_and_a_standing_web_teaches_nothing() {
        let kernel = RepetitiveFilter { turn_m: 2.0, bins: 8, turns: 5.0 }.design(0.1).unwrap();
        let mut filter = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        for t in 0..100 {
            assert_eq!(filter.update([7.0, 0.1 * f64::from(t)]), [7.0, 0.0]);
        }
        for _ in 0..100 {
            assert_eq!(filter.update([9.0, 9.9]), [9.0, 0.0]);
        }
    }
}
