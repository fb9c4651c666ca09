//! Front ends: wide blocks in, a few numbers out.
//!
//! A driver may offer more than fits a cycle frame: a burst of 10,000 samples of one weld, the voltages of
//! 15,000 formation channels. A front end reduces such blocks to the few numbers a loop decides by; those
//! are channels like a driver's own, and are what is recorded. It runs once in every base tick, after the
//! driver has read, whether a block is complete in that tick or not.
//!
//! As everywhere a *config* in engineering units ([`FrontEndDesign`]) is checked once; all storage is made
//! then, a step allocates nothing and does not panic.

mod block_statistics;
mod formation;
mod weld_burst;
mod weld_learn;

pub use block_statistics::{BlockStatistics, BlockStatisticsFrontEnd};
pub use formation::{FormationClass, FormationWatch, FormationWatchFrontEnd, TRAY};
pub use weld_burst::{WELD_DEFECTS, WELD_FEATURES, WeldBurst, WeldBurstFrontEnd};

use crate::{DesignError, Port};

/// A config that can be made into a front end.
///
/// Units follow [`Port`]: an output whose letter stands on a block carries the unit of that block, one with
/// a letter of its own has the unit the plan gives it, `"1"` is dimensionless.
pub trait FrontEndDesign: Clone + Send + 'static {
    /// What this config designs.
    type FrontEnd: FrontEnd;
    /// Name of the kernel, as in Python and in a plan.
    const NAME: &'static str;
    /// Blocks it takes, in the order of a step; at most [`MOST_BLOCKS`].
    const BLOCKS: &'static [Port];
    /// Channels it gives, in the order of a step.
    const OUTPUTS: &'static [Port];

    /// Checks every parameter and makes all the storage there will ever be.
    ///
    /// # Errors
    /// The first parameter out of its bound.
    fn design(&self) -> Result<Self::FrontEnd, DesignError>;
}

/// Most blocks one front end takes.
pub const MOST_BLOCKS: usize = 16;

/// A front end at work.
pub trait FrontEnd: Send + 'static {
    /// How many numbers block `block` must hold; none when any number will do.
    fn block_len(&self, _block: usize) -> Option<usize> {
        None
    }

    /// One base tick. A block is there only in the tick in which it became complete.
    ///
    /// `out` holds one number per output and keeps its content between calls, all NaN at first. What is
    /// left alone stands, with the time of its block; NaN says that there is nothing to say, and makes the
    /// channel Bad.
    fn step(&mut self, blocks: &[Option<&[f64]>], out: &mut [f64]);

    /// Forgets everything seen.
    fn reset(&mut self);
}
