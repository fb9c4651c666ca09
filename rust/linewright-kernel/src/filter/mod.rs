//! Filters: what makes a signal quieter.

mod butterworth;
mod ewma;
mod hampel;
mod median;
mod window;

pub use butterworth::{Butterworth, ButterworthKernel, ButterworthState, Section};
pub use ewma::{Ewma, EwmaKernel, EwmaState};
pub use hampel::{Hampel, HampelKernel, HampelState};
pub use median::{Median, MedianKernel, MedianState};
