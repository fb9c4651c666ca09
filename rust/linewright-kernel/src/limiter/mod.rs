//! Limiters: what keeps a command within what the machine may do.

mod clamp;
mod latch;
mod override_select;
mod s_curve;
mod setpoint_ramp;
mod slew;
mod split_range;

pub use clamp::{Clamp, ClampKernel};
pub use latch::{Latch, LatchKernel, LatchState};
pub use override_select::{Override, OverrideKernel, Select};
pub use s_curve::{SCurve, SCurveKernel, SCurveState};
pub use setpoint_ramp::{SetpointRamp, SetpointRampKernel, SetpointRampState};
pub use slew::{Slew, SlewKernel, SlewState};
pub use split_range::{SplitRange, SplitRangeKernel};
