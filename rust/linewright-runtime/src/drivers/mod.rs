//! Drivers of the core's own: a recording, a plant in the caller's hands, a plant in another process.

mod file;
mod manual;
mod unix;

pub use file::{FileDriver, FileSource};
pub use manual::{ManualDriver, ManualPlant};
pub use unix::{UnixDriver, UnixPlace};
