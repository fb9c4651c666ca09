//! Filters: what makes a signal quieter.

mod butterworth;
mod ewma;
mod hampel;
mod median;
mod sample_hold;
mod window;

pub use butterworth::{Butterworth, ButterworthKernel, ButterworthState, Section};
pub use ewma::{Ewma, EwmaKernel, EwmaState};
pub use hampel::{Hampel, HampelKernel, HampelState};
pub use median::{Median, MedianKernel, MedianState};
pub use sample_hold::{SampleHold, SampleHoldKernel, SampleHoldState};
