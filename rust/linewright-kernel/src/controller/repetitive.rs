//! Repetitive controller over the angle of a roll (Hara et al. 1988, in bins of an encoder): learns what
//! comes back every revolution and takes it out.
//!
//! ```text
//! on entering bin k of a revolution:
//! u[k] = (1 - leak)*(q*u[k-1] + (1 - 2q)*u[k] + q*u[k+1] - mean(u)) + gain*(e[k + lead] - mean(e))
//! mv   = between u[bin] and u[bin + 1], linear in the position, within lo..hi
//! ```
//! with `q = smoothing`; on the right the values of the revolution before; `e[k]` is the mean of `error = sp - pv` in bin `k`. The
//! learning runs in metres, so it is right at any speed. `mv` is added to what the feedback loop gives; the
//! mean over a revolution is left to that loop, the two do not fight.
//!
//! A harmonic at `n` bins per wave is learned when `|(1 - leak)*Q - gain*P| < 1`, `Q = 1 - 2q*(1 -
//! cos(2*pi/n))`, `P` the plant's response there turned back by `lead_m`. So: `lead_m` is the way the web
//! runs between actuator and gauge, plus speed times lag; `gain` 0.2 to 0.5 over the plant's gain;
//! `smoothing` forgets what is too fast for the model to be trusted: at 0.25 a wave of two bins is gone at
//! once, one of six loses a quarter a revolution, so take 4 to 8 `bins` for the fastest wave worth learning;
//! a `leak` of `l` leaves about
//! `l/(l + gain*P)` of the wave and bounds what a wrong model can pile up.
//!
//! With `learn` off the table plays on and nothing is learned. So it is while the roll turns back, or moves
//! more than half a revolution in a sample.

use crate::number::{is_on, limit, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the repetitive controller.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repetitive {
    /// Web length of one revolution, m; positive.
    pub revolution_m: f64,
    /// Bins of a revolution, 8 to 4096.
    pub bins: u32,
    /// Learning gain, unit of `mv` per unit of `error`; not zero, at most 1e100 in magnitude, its sign that
    /// of the plant's gain.
    pub gain: f64,
    /// Part forgotten each revolution, 0 to 1, dimensionless; 0.01 when left out.
    #[serde(default = "a_hundredth")]
    pub leak: f64,
    /// Weight of each neighbour bin, 0 to 0.25, dimensionless; 0.1 when left out.
    #[serde(default = "a_tenth")]
    pub smoothing: f64,
    /// Web length between a move and its effect in `error`, m; zero or more, less than a revolution.
    #[serde(default)]
    pub lead_m: f64,
    /// Lowest output, unit of `mv`.
    pub lo: f64,
    /// Highest output, unit of `mv`; above `lo`.
    pub hi: f64,
}

fn a_hundredth() -> f64 {
    0.01
}

fn a_tenth() -> f64 {
    0.1
}

/// Coefficients of [`Repetitive`].
#[derive(Debug, Clone, Copy)]
pub struct RepetitiveKernel {
    revolution_m: f64,
    bins_per_m: f64,
    bins: usize,
    lead: usize,
    gain: f64,
    keep: f64,
    smoothing: f64,
    lo: f64,
    hi: f64,
}

/// State of [`Repetitive`]; the tables of `u` and `e` stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RepetitiveState {
    position_m: f64,
    /// `u[k-1]` as it was in the revolution before.
    before: f64,
    sum: f64,
    count: f64,
    mean_e: f64,
    mean_u: f64,
    bin: u64,
    primed: u64,
}

impl Design for Repetitive {
    type Kernel = RepetitiveKernel;
    const NAME: &'static str = "Repetitive";
    const INPUTS: &'static [Port] =
        &[Port::new("error", "a"), Port::new("position_m", "m"), Port::new("learn", "1")];
    const OUTPUTS: &'static [Port] = &[Port::new("mv", "b")];

    fn design(&self, period_s: f64) -> Result<RepetitiveKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("revolution_m", self.revolution_m)?;
        let bins = f64::from(self.bins);
        DesignError::unless((8..=4096).contains(&self.bins), "bins", "8 to 4096", bins)?;
        let usable = self.gain != 0.0 && libm::fabs(self.gain) <= 1e100;
        DesignError::unless(usable, "gain", "not zero, at most 1e100 in magnitude", self.gain)?;
        DesignError::unless((0.0..=1.0).contains(&self.leak), "leak", "0 to 1", self.leak)?;
        let smooth = (0.0..=0.25).contains(&self.smoothing);
        DesignError::unless(smooth, "smoothing", "0 to 0.25", self.smoothing)?;
        let inside = self.lead_m >= 0.0 && self.lead_m < self.revolution_m;
        let must_be = "zero or more, less than revolution_m";
        DesignError::unless(inside, "lead_m", must_be, self.lead_m)?;
        DesignError::unless(self.lo.is_finite(), "lo", "finite", self.lo)?;
        let above = self.hi.is_finite() && self.hi > self.lo;
        DesignError::unless(above, "hi", "finite and above lo", self.hi)?;
        let bins_per_m = bins / self.revolution_m;
        // `u[k]` stands at the start of a bin, `e[k]` is a mean about its middle.
        let lead = libm::round(self.lead_m * bins_per_m - 0.5).max(0.0).min(bins - 1.0);
        Ok(RepetitiveKernel {
            revolution_m: self.revolution_m,
            bins_per_m: bins_per_m.min(f64::MAX),
            bins: self.bins as usize,
            lead: lead as usize,
            gain: self.gain,
            keep: 1.0 - self.leak,
            smoothing: self.smoothing,
            lo: self.lo,
            hi: self.hi,
        })
    }
}

impl RepetitiveKernel {
    /// Bin of a position, and how far in it.
    #[inline]
    fn bin(&self, position_m: f64) -> (usize, f64) {
        let way = libm::fmod(position_m, self.revolution_m);
        let way = if way < 0.0 { way + self.revolution_m } else { way };
        let bins = way * self.bins_per_m;
        let bin = (bins as usize).min(self.bins - 1);
        (bin, limit(bins - bin as f64, 0.0, 1.0))
    }

    /// The roll has left bin `from`: its error is kept, and the next bin's move is worked out.
    #[inline]
    fn enter(
        &self,
        s: &mut RepetitiveState,
        u: &mut [f64],
        e: &mut [f64],
        from: usize,
        learn: bool,
    ) {
        let at = |table: &[f64], i: usize| table.get(i % self.bins).copied().unwrap_or(0.0);
        if let Some(error) = e.get_mut(from) {
            *error = if learn && s.count > 0.0 { saturate(s.sum / s.count) } else { 0.0 };
        }
        let k = (from + 1) % self.bins;
        if k == 0 {
            let mean = |of: &[f64]| of.iter().fold(0.0, |m, x| saturate(m + x / self.bins as f64));
            (s.mean_e, s.mean_u) = (mean(e), mean(u));
        }
        let (before, now, after) = (s.before, at(u, k), at(u, k + 1));
        s.before = now;
        if learn {
            let q = self.smoothing;
            let kept = q * (before + after) + (1.0 - 2.0 * q) * now;
            let kept = self.keep * saturate(saturate(kept) - s.mean_u);
            let seen = saturate(at(e, k + self.lead) - s.mean_e);
            if let Some(word) = u.get_mut(k) {
                // Within the limits in the table too: what cannot be done is not learned.
                *word = limit(saturate(kept + saturate(self.gain * seen)), self.lo, self.hi);
            }
        }
    }
}

impl Kernel for RepetitiveKernel {
    type State = RepetitiveState;
    type Input = [f64; 3];
    type Output = f64;

    fn memory_len(&self) -> usize {
        2 * self.bins
    }

    #[inline]
    fn step(&self, s: &mut RepetitiveState, memory: &mut [f64], input: [f64; 3]) -> f64 {
        let [error, position_m, learn] = input;
        let (u, e) = memory.split_at_mut(self.bins.min(memory.len()));
        let (bin, part) = self.bin(position_m);
        let moved = position_m - s.position_m;
        let forward = s.primed != 0 && moved >= 0.0 && moved <= 0.5 * self.revolution_m;
        let mut from = (s.bin as usize).min(self.bins - 1);
        if !forward {
            (s.sum, s.count, s.primed) = (0.0, 0.0, 1);
            s.before = u.get((bin + self.bins - 1) % self.bins).copied().unwrap_or(0.0);
        } else if from != bin {
            for _ in 0..self.bins {
                self.enter(s, u, e, from, is_on(learn));
                from = (from + 1) % self.bins;
                if from == bin {
                    break;
                }
            }
            (s.sum, s.count) = (0.0, 0.0);
        }
        s.sum = saturate(s.sum + error);
        s.count = saturate(s.count + 1.0);
        (s.position_m, s.bin) = (position_m, bin as u64);
        let at = |i: usize| u.get(i % self.bins).copied().unwrap_or(0.0);
        limit(saturate(at(bin) * (1.0 - part) + at(bin + 1) * part), self.lo, self.hi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn usual() -> Repetitive {
        Repetitive {
            revolution_m: 1.5,
            bins: 100,
            gain: 0.2,
            leak: 0.0,
            smoothing: 0.1,
            lead_m: 0.45,
            lo: -10.0,
            hi: 10.0,
        }
    }

    /// Runs `revolutions` on a plant of gain 2 that answers 0.45 m later; gives the error of the last one.
    /// The speed goes up and down by half; the roll carries `runout(angle)` and an offset of 0.7.
    fn run(config: &Repetitive, revolutions: f64, runout: impl Fn(f64) -> f64) -> Vec<f64> {
        let kernel = config.design(0.01).unwrap();
        let mut learner = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let (mut position, mut moves, mut last) = (0.0, vec![(0.0, 0.0)], vec![]);
        let mut t = 0.0_f64;
        while position < revolutions * 1.5 {
            t += 0.002;
            position += 0.001 * (1.0 + 0.5 * (0.3 * t).sin());
            let at = position - 0.45;
            let i = moves.partition_point(|(x, _)| *x <= at).max(1) - 1;
            let angle = position / 1.5 * core::f64::consts::TAU;
            let pv = 2.0 * moves[i].1 + runout(angle) + 0.7;
            let mv = learner.update([-pv, position, 1.0]);
            moves.push((position, mv));
            if position > (revolutions - 1.0) * 1.5 {
                last.push(pv - 0.7);
            }
        }
        last
    }

    fn rms(of: &[f64]) -> f64 {
        (of.iter().map(|x| x * x).sum::<f64>() / of.len() as f64).sqrt()
    }

    #[test]
    fn takes_a_runout_out_at_changing_speed_and_leaves_the_offset_alone() {
        let runout = |a: f64| a.sin() + 0.4 * (3.0 * a + 1.0).cos() + 0.2 * (7.0 * a).sin();
        let (open, closed) = (run(&usual(), 1.0, runout), run(&usual(), 40.0, runout));
        assert!(rms(&open) > 0.75, "{}", rms(&open));
        assert!(rms(&closed) < 0.05 * rms(&open), "{}", rms(&closed));
        let mean = closed.iter().sum::<f64>() / closed.len() as f64;
        assert!(mean.abs() < 0.02, "{mean}");
    }

    #[test]
    fn a_leak_leaves_the_part_it_says() {
        let config = Repetitive { leak: 0.05, ..usual() };
        let left = rms(&run(&config, 60.0, f64::sin)) / 0.5_f64.sqrt();
        let expected = 0.05 / (0.05 + 0.2 * 2.0);
        assert!((left - expected).abs() < 0.25 * expected, "{left} {expected}");
    }

    #[test]
    fn smoothing_bounds_a_lead_that_is_wrong() {
        // 0.09 m short of the truth: waves of under 0.36 m are learned the wrong way round.
        let wrong = Repetitive { lead_m: 0.36, smoothing: 0.0, ..usual() };
        let noisy = |a: f64| a.sin() + 0.02 * (17.0 * a).sin();
        let diverged = rms(&run(&wrong, 60.0, noisy));
        let bounded =
            rms(&run(&Repetitive { bins: 24, smoothing: 0.25, leak: 0.02, ..wrong }, 60.0, noisy));
        assert!(diverged > 1.0 && bounded < 0.2, "{diverged} {bounded}");
    }

    #[test]
    fn plays_on_without_learning_and_holds_while_turning_back() {
        let kernel = usual().design(0.01).unwrap();
        let mut learner = Running::new(kernel, vec![0.0; kernel.memory_len()]);
        let at = |i: u32| f64::from(i) * 0.015 + 0.001;
        let wave = |i: u32| (f64::from(i) / 100.0 * core::f64::consts::TAU).sin();
        for i in 0..400 {
            learner.update([wave(i), at(i), 1.0]);
        }
        let played: Vec<f64> = (400..500).map(|i| learner.update([9.0, at(i), 0.0])).collect();
        let again: Vec<f64> = (500..600).map(|i| learner.update([-5.0, at(i), 0.0])).collect();
        let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(same(&played[1..], &again[1..]) && played.iter().any(|u| *u > 0.3));
        let back: Vec<f64> =
            (0..100).rev().map(|i| learner.update([77.0, at(500 + i), 1.0])).collect();
        let reversed: Vec<f64> = again.into_iter().rev().collect();
        assert!(same(&back, &reversed));
    }
}
