//! Filters: what makes a signal quieter.

mod band;
mod butterworth;
mod cascade;
mod cascade_step;
mod complex;
mod ewma;
mod fixed;
mod hampel;
mod median;
mod roots;
mod sample_hold;
mod window;

pub use band::Band;
pub use butterworth::Butterworth;
pub use cascade::{Cascade, CascadeState, MOST_SECTIONS, Section};
pub use ewma::{Ewma, EwmaKernel, EwmaState};
pub use hampel::{Hampel, HampelKernel, HampelState};
pub use median::{Median, MedianKernel, MedianState};
pub use sample_hold::{SampleHold, SampleHoldKernel, SampleHoldState};
