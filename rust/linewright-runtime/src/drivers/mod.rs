//! Drivers that need no plant.

mod file;
mod manual;

pub use file::{FileDriver, FileSource};
pub use manual::{ManualDriver, ManualPlant};
