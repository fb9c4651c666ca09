//! Process physics of a battery electrode line: slurry, coater, dryer, calender, and the web between them.
//!
//! [`Line`] is the whole: give it actuator values, it fills sensor values, one base tick at a time. The single laws are
//! pure functions in modules of their own and serve alone. Everything that depends on distance is indexed by metres of
//! web, so delays stay exact through speed changes. Same seed, same bits: transcendental functions come from `libm`,
//! every noise has its own random stream, and nothing reads a clock.
//!
//! Not modelled, on purpose: the profile across the web behind the coater (calender and laboratory see its mean),
//! viscosity feeding back on the flow (the coater is pre-metered), springback beyond what the compaction law contains.
#![forbid(unsafe_code)]

pub mod balance;
pub mod calender;
pub mod channel;
pub mod coater;
pub mod config;
pub mod cross;
pub mod die;
pub mod disturbance;
pub mod dryer;
pub mod fault;
pub mod feed;
pub mod flow;
pub mod formation;
pub mod gauge;
mod instruments;
pub mod lab;
pub mod line;
pub mod porosity;
pub mod press;
pub mod pump;
pub mod random;
pub mod recipe_gate;
pub mod rheology;
pub mod slurry;
pub mod stack;
pub mod tank;
mod thickness;
pub mod truth;
pub mod web;
pub mod weld;
pub mod window;

pub use channel::{Block, Channel};
pub use config::{ConfigError, LineConfig};
pub use fault::{Fault, FaultKind};
pub use line::Line;
pub use truth::Truth;
