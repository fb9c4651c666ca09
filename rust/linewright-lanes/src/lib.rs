//! Many lanes of one kernel: a formation rack of 15,000 channels, the boxes of a web, a weld tool's
//! electrodes.
//!
//! [`Lanes`] holds them eight side by side, [`pass`] takes one lane through a long block; both use the
//! widest vectors the machine has, chosen when the program runs ([`Level`]). Whatever the level, the
//! bits are those of [`Running`] fed one sample at a time, holds on bad input, saved states and all.
//!
//! ```
//! use linewright_kernel::{Cusum, Design};
//! use linewright_lanes::Lanes;
//!
//! let config = |mean| Cusum { mean, sigma: 0.004, k: 0.5, h: 5.0, restart: true, head_start: 0.0 };
//! let kernels = (0..20).map(|cell| config(3.7 + 0.001 * f64::from(cell)).design(1.0));
//! let mut lanes = Lanes::of(kernels.collect::<Result<Vec<_>, _>>()?);
//! let volts = vec![3.7; 20];
//! let (mut high, mut low, mut alarm) = (vec![0.0; 20], vec![0.0; 20], vec![0.0; 20]);
//! assert!(lanes.step(&[&volts], &mut [&mut high, &mut low, &mut alarm]));
//! assert!(low[19] > 4.0 && high[0] == 0.0);
//! # Ok::<(), linewright_kernel::DesignError>(())
//! ```

mod block;
mod dispatch;
mod lanes;
mod packs;
mod plain;

pub use block::{Input, Output};
pub use dispatch::Level;
pub use lanes::Lanes;
use linewright_kernel::{Kernel, Running};

/// Takes a block through one lane of a kernel with one input and one output, in place; false, and nothing
/// changed, when the kernel has more ports. See [`Running::pass`].
pub fn pass<K, M>(level: Level, lane: &mut Running<K, M>, samples: &mut [f64]) -> bool
where
    K: Kernel,
    M: AsRef<[f64]> + AsMut<[f64]>,
{
    dispatch::run(level, Pass { lane, samples })
}

struct Pass<'a, K: Kernel, M> {
    lane: &'a mut Running<K, M>,
    samples: &'a mut [f64],
}

impl<K: Kernel, M: AsRef<[f64]> + AsMut<[f64]>> dispatch::Job for Pass<'_, K, M> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        self.lane.pass(self.samples)
    }
}
