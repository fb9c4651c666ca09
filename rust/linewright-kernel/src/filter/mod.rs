//! Filters: what makes a signal quieter.

mod band;
mod bessel;
mod butterworth;
mod cascade;
mod cascade_step;
mod chebyshev1;
mod chebyshev2;
mod complex;
mod elliptic;
mod ewma;
mod fixed;
mod hampel;
mod median;
mod notch;
mod peak;
mod roots;
mod sample_hold;
mod sos;
mod window;

pub use band::Band;
pub use bessel::{Bessel, BesselNorm};
pub use butterworth::Butterworth;
pub use cascade::{Cascade, CascadeState, MOST_SECTIONS, Section};
pub use chebyshev1::Chebyshev1;
pub use chebyshev2::Chebyshev2;
pub use elliptic::Elliptic;
pub use ewma::{Ewma, EwmaKernel, EwmaState};
pub use hampel::{Hampel, HampelKernel, HampelState};
pub use median::{Median, MedianKernel, MedianState};
pub use notch::Notch;
pub use peak::Peak;
pub use sample_hold::{SampleHold, SampleHoldKernel, SampleHoldState};
pub use sos::Sos;
