//! Double EWMA run-to-run controller: level and drift, for tools that wear (Butler and Stefani 1994; in the
//! form of Holt 1957).
//!
//! ```text
//! level += drift                                                    one run on
//! e = y - gain*u - (level - (age_runs - 1)*drift)                   against what was expected of that run
//! level += weight*e        drift += weight*drift_weight*e
//! u_next = used + min(max((target - level - drift)/gain - used, -max_move), max_move), within lo..hi
//! ```
//! A steady drift leaves no offset, also when measurements come late or stay away for some runs (the
//! drift goes on). Ports, ages and start as [`RunToRun`](super::RunToRun). It pays for that with a larger
//! variance when there is no drift; keep `drift_weight` small (0.05 to 0.3), smaller still with late
//! measurements.

use super::run_to_run::{Recipe, one};
use crate::number::{is_on, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the double EWMA run-to-run controller.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleEwma {
    /// Change of `y` for a unit change of the recipe; finite, not zero, 1e-100 to 1e100 in magnitude.
    pub gain: f64,
    /// Weight of a new measurement in the level, above 0 to 1, dimensionless.
    pub weight: f64,
    /// Weight in the drift, relative to that in the level, above 0 to 1, dimensionless.
    pub drift_weight: f64,
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

/// Coefficients of [`DoubleEwma`].
#[derive(Debug, Clone, Copy)]
pub struct DoubleEwmaKernel {
    recipe: Recipe,
    weight: f64,
    drift_weight: f64,
}

/// State of [`DoubleEwma`]; the recipes of past runs stand in its memory.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct DoubleEwmaState {
    level: f64,
    drift: f64,
    runs: u64,
}

impl Design for DoubleEwma {
    type Kernel = DoubleEwmaKernel;
    const NAME: &'static str = "DoubleEwma";
    const INPUTS: &'static [Port] = &[
        Port::new("target", "a"),
        Port::new("y", "a"),
        Port::new("measured", "1"),
        Port::new("age_runs", "1"),
        Port::new("used", "b"),
    ];
    const OUTPUTS: &'static [Port] = &[
        Port::new("u", "b"),
        Port::new("level", "a"),
        Port::new("drift", "a"),
        Port::new("limited", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<DoubleEwmaKernel, DesignError> {
        let numbers = [self.gain, self.max_move, self.lo, self.hi];
        let recipe = Recipe::design(numbers, self.max_age_runs, period_s)?;
        for (name, weight) in [("weight", self.weight), ("drift_weight", self.drift_weight)] {
            let usable = weight > 0.0 && weight <= 1.0;
            DesignError::unless(usable, name, "above 0, at most 1", weight)?;
        }
        let drift_weight = self.weight * self.drift_weight;
        Ok(DoubleEwmaKernel { recipe, weight: self.weight, drift_weight })
    }
}

impl Kernel for DoubleEwmaKernel {
    type State = DoubleEwmaState;
    type Input = [f64; 5];
    type Output = [f64; 4];

    fn memory_len(&self) -> usize {
        self.recipe.memory_len()
    }

    #[inline]
    fn step(&self, s: &mut DoubleEwmaState, memory: &mut [f64], input: [f64; 5]) -> [f64; 4] {
        let [target, y, measured, age_runs, used] = input;
        let gain = self.recipe.gain;
        if s.runs == 0 {
            s.level = saturate(target - saturate(gain * used));
        }
        self.recipe.keep(memory, &mut s.runs, used);
        s.level = saturate(s.level + s.drift);
        let ran = self.recipe.of_age(memory, s.runs, age_runs).filter(|_| is_on(measured));
        if let Some(ran) = ran {
            let then = saturate(s.level - saturate((libm::round(age_runs) - 1.0) * s.drift));
            let e = saturate(saturate(y - saturate(gain * ran)) - then);
            s.level = saturate(s.level + self.weight * e);
            s.drift = saturate(s.drift + self.drift_weight * e);
        }
        let (u, limited) = self.recipe.next(target, saturate(s.level + s.drift), used);
        [u, s.level, s.drift, limited]
    }
}
