//! Decimator: one sample out of many, with nothing folded into it.
//!
//! An elliptic low-pass of order 8 in front; of its output every `factor`th sample is taken. The pass band ends at 0.8 of
//! half the slow rate, within `ripple_db`; with the usual 60 dB the stop band begins at 0.96 of it, so nothing folds at
//! all; with 80 dB at 1.15, so what folds lands above the pass band. `fresh` is on at the samples taken, which follow the
//! first at multiples of `factor`; between them `y` holds. Late by 1.7 slow samples at low frequencies (80 dB: 2.0),
//! 4.5 at 0.7 and more towards the edge. The first sample is taken as if it had been there for ever.

use super::band::{Band, Edges};
use super::cascade::{Cascade, CascadeState};
use super::elliptic::{check_stop_above, prototype};
use crate::number::flag;
use crate::{Design, DesignError, Kernel, Port};

/// Pass band in parts of half the slow rate.
const PASS: f64 = 0.8;

/// Config of the decimator.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decimator {
    /// Samples in for one out; 2 to 1000.
    pub factor: u32,
    /// Ripple in the pass band, dB; 0.0001 to 10, 0.05 by default.
    #[serde(default = "usual_ripple")]
    pub ripple_db: f64,
    /// Least attenuation beyond the transition, dB; 1 dB more than `ripple_db` to 200, 60 by default. More makes the
    /// transition wider.
    #[serde(default = "usual_stop")]
    pub stop_db: f64,
}

fn usual_ripple() -> f64 {
    0.05
}

fn usual_stop() -> f64 {
    60.0
}

/// Coefficients of [`Decimator`].
#[derive(Debug, Clone, Copy)]
pub struct DecimatorKernel {
    cascade: Cascade,
    factor: u64,
}

/// State of [`Decimator`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct DecimatorState {
    cascade: CascadeState,
    y: f64,
    /// Samples since the last one taken; zero at first.
    since: u64,
}

impl Design for Decimator {
    type Kernel = DecimatorKernel;
    const NAME: &'static str = "Decimator";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("fresh", "1")];

    fn design(&self, period_s: f64) -> Result<DecimatorKernel, DesignError> {
        DesignError::period(period_s)?;
        let factor = f64::from(self.factor);
        DesignError::unless((2..=1000).contains(&self.factor), "factor", "2 to 1000", factor)?;
        check_stop_above(self.ripple_db, self.stop_db)?;
        // In parts of the fast rate, so that no period is too short.
        let edges = Edges::new(Band::Lowpass, 0.5 * PASS / factor, None, 1.0)?;
        let cascade = edges.cascade(&prototype(8, self.ripple_db, self.stop_db));
        Ok(DecimatorKernel { cascade, factor: u64::from(self.factor) })
    }
}

impl Kernel for DecimatorKernel {
    type State = DecimatorState;
    type Input = f64;
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut DecimatorState, _: &mut [f64], x: f64) -> [f64; 2] {
        let level = self.cascade.step(&mut s.cascade, &mut [], x);
        let fresh = s.since == 0;
        if fresh {
            s.y = level;
        }
        s.since = s.since.wrapping_add(1) % self.factor.max(1);
        [s.y, flag(fresh)]
    }
}
