//! Many lanes of one kernel: a formation rack of 15,000 channels, the boxes of a web, a weld tool's
//! electrodes.
//!
//! [`Lanes`] holds them eight side by side and uses the widest vectors the machine has, chosen when the
//! program runs ([`Level`]). Whatever the level, the bits are those of a
//! [`Running`](linewright_kernel::Running) for each lane, holds on bad input, saved states and all.
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
