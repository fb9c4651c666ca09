//! Limiters: what keeps a command within what the machine may do.

mod clamp;
mod latch;
mod slew;

pub use clamp::{Clamp, ClampKernel};
pub use latch::{Latch, LatchKernel, LatchState};
pub use slew::{Slew, SlewKernel, SlewState};
