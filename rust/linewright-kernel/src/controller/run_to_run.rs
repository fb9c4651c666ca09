//! EWMA run-to-run controller (Ingolfsson and Sachs 1993): corrects the recipe of the next run.
//!
//! ```text
//! y = gain*u + disturbance                                   u the recipe of the run that was measured
//! disturbance += weight * (y - gain*u - disturbance)
//! u_next = used + min(max((target - disturbance)/gain - used, -max_move), max_move), within lo..hi
//! ```
//! A sample is a run boundary. `used` is the recipe the run just ended really had (an operator may have
//! changed it); it is kept for `max_age_runs` runs, so that a measurement meets the recipe it belongs to:
//! `age_runs` is 1 for the run just ended, 3 for the third last. `measured` off, or an age that is not kept,
//! is a run without a measurement; the recipe stands. The first recipe is `used`: no bump at the start.
//!
//! On an IMA(1,1) disturbance of parameter `theta` the best weight is `1 - theta`, see
//! [`bound::run_to_run_inflation`](super::bound::run_to_run_inflation). On a ramp `y` lags by
//! `drift/weight`: use [`DoubleEwma`](super::DoubleEwma) for wear. Stable for any delay when the true gain
//! is between 0 and twice `gain` and `weight` is at most 1.

use crate::number::{flag, is_on, limit, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the EWMA run-to-run controller.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunToRun {
    /// Change of `y` for a unit change of the recipe; finite, not zero, 1e-100 to 1e100 in magnitude.
    pub gain: f64,
    /// Weight of a new measurement, above 0 to 1, dimensionless.
    pub weight: f64,
    /// Largest change of the recipe from run to run, its unit; positive.
    pub max_move: f64,
    /// Lowest recipe.
    pub lo: f64,
    /// Highest recipe; above `lo`.
    pub hi: f64,
    /// Oldest measurement that is still used, runs, 1 to 1000; 1 when left out.
    #[serde(default = "one")]
    pub max_age_runs: u32,
}

pub(super) fn one() -> u32 {
    1
}

/// Coefficients of [`RunToRun`].
#[derive(Debug, Clone, Copy)]
pub struct RunToRunKernel {
    recipe: Recipe,
    weight: f64,
}

/// What both run-to-run controllers share: model gain, limits, past recipes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    pub(super) gain: f64,
    max_move: f64,
    lo: f64,
    hi: f64,
    runs: usize,
}

impl Recipe {
    pub(super) fn design(
        [gain, max_move, lo, hi]: [f64; 4],
        runs: u32,
        period_s: f64,
    ) -> Result<Self, DesignError> {
        DesignError::period(period_s)?;
        let usable = (1e-100..=1e100).contains(&libm::fabs(gain));
        DesignError::unless(usable, "gain", "1e-100 to 1e100 in magnitude", gain)?;
        DesignError::positive("max_move", max_move)?;
        DesignError::unless(lo.is_finite(), "lo", "finite", lo)?;
        let above = hi.is_finite() && hi > lo;
        DesignError::unless(above, "hi", "finite and above lo", hi)?;
        let kept = (1..=1000).contains(&runs);
        DesignError::unless(kept, "max_age_runs", "1 to 1000", f64::from(runs))?;
        Ok(Self { gain, max_move, lo, hi, runs: runs as usize })
    }

    pub(super) fn memory_len(&self) -> usize {
        self.runs
    }

    /// Keeps the recipe of the run just ended; `runs` counts those kept before.
    #[inline]
    pub(super) fn keep(&self, memory: &mut [f64], runs: &mut u64, used: f64) {
        let slot = (*runs % memory.len().max(1) as u64) as usize;
        if let Some(word) = memory.get_mut(slot) {
            *word = used;
        }
        *runs = runs.wrapping_add(1);
    }

    /// The recipe that ran `age_runs` ago, 1 the last kept; none when it is not kept.
    #[inline]
    pub(super) fn of_age(&self, memory: &[f64], runs: u64, age_runs: f64) -> Option<f64> {
        let age = libm::round(age_runs);
        if !(age >= 1.0 && age <= self.runs as f64) || age > runs as f64 {
            return None;
        }
        let slot = (runs - age as u64) % memory.len().max(1) as u64;
        memory.get(slot as usize).copied()
    }

    /// The recipe that brings `y` to `target` over `level`, within the move and the limits.
    #[inline]
    pub(super) fn next(&self, target: f64, level: f64, used: f64) -> (f64, f64) {
        let wanted = saturate(saturate(target - level) / self.gain);
        let moved = used + limit(wanted - used, -self.max_move, self.max_move);
        let u = limit(saturate(moved), self.lo, self.hi);
        (u, flag(moved != wanted && saturate(used + (wanted - used)) != u))
    }
}

/// State of [`RunToRun`]; the recipes of past runs stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RunToRunState {
    disturbance: f64,
    runs: u64,
}

impl Design for RunToRun {
    type Kernel = RunToRunKernel;
    const NAME: &'static str = "RunToRun";
    const INPUTS: &'static [Port] = &[
        Port::new("target", "a"),
        Port::new("y", "a"),
        Port::new("measured", "1"),
        Port::new("age_runs", "1"),
        Port::new("used", "b"),
    ];
    const OUTPUTS: &'static [Port] =
        &[Port::new("u", "b"), Port::new("disturbance", "a"), Port::new("limited", "1")];

    fn design(&self, period_s: f64) -> Result<RunToRunKernel, DesignError> {
        let numbers = [self.gain, self.max_move, self.lo, self.hi];
        let recipe = Recipe::design(numbers, self.max_age_runs, period_s)?;
        let usable = self.weight > 0.0 && self.weight <= 1.0;
        DesignError::unless(usable, "weight", "above 0, at most 1", self.weight)?;
        Ok(RunToRunKernel { recipe, weight: self.weight })
    }
}

impl Kernel for RunToRunKernel {
    type State = RunToRunState;
    type Input = [f64; 5];
    type Output = [f64; 3];

    fn memory_len(&self) -> usize {
        self.recipe.memory_len()
    }

    #[inline]
    fn step(&self, s: &mut RunToRunState, memory: &mut [f64], input: [f64; 5]) -> [f64; 3] {
        let [target, y, measured, age_runs, used] = input;
        let gain = self.recipe.gain;
        if s.runs == 0 {
            s.disturbance = saturate(target - saturate(gain * used));
        }
        self.recipe.keep(memory, &mut s.runs, used);
        let ran = self.recipe.of_age(memory, s.runs, age_runs).filter(|_| is_on(measured));
        if let Some(ran) = ran {
            let seen = saturate(y - saturate(gain * ran));
            s.disturbance = saturate(s.disturbance + self.weight * saturate(seen - s.disturbance));
        }
        let (u, limited) = self.recipe.next(target, s.disturbance, used);
        [u, s.disturbance, limited]
    }
}

#[cfg(test)]
#[path = "run_to_run_tests.rs"]
mod tests;
