//! Laser welding of a foil stack to its tab: photodiode bursts, camera image, and the joint behind them.
//!
//! One weld is 0.2 s, 30 mm at 150 mm/s and 1500 W: 10 J/mm, three photodiodes at 50 kHz. What is published and kept
//! here: a part-to-part gap is a step in the plasma signal and adds nothing to the back-reflection, over-penetration
//! raises the scatter of all signals (J. Manuf. Sci. Eng. 144(7) 071004, 2022). A weld whose stack gapes over its
//! whole length has no step: a false friend, seen only by its level.
//!
//! Not modelled, on purpose: single foils, pores, ultrasonic pre-weld, spectra.

mod class;
mod config;
mod happening;
mod hiss;
mod image;
pub mod law;
mod section;
mod shot;
mod trim;

pub use class::{EDGE_MM, Seam, WeldClass};
pub use config::{SAMPLE_HZ, STEP, WeldConfig};
pub use happening::{Conditions, Happening, Placement};
pub use image::{HEIGHT_MM, MARGIN_MM, MM_PER_PX, Picture};
pub use section::{Check, Told, WeldRecord, WeldTruth, Welder};
pub use shot::{Joint, NOMINAL_V, RISE_MS, Shot};

#[cfg(test)]
mod tests;
