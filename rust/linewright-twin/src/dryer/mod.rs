//! Dryer: solvent leaves a film that hot air blows on, zone after zone.
//!
//! [`vapour`] solvents and their vapour pressure · [`film`] Stefan flow and the heat balance of the film · [`curve`] how the
//! rate falls when the pores empty · [`march`] the film through the zones · [`limits`] lower explosion limit, binder
//! migration, heat · [`recipe`] what a recipe comes to, fast enough for thousands of draws.
//!
//! Quasi-steady: the film is at the temperature at which the heat it takes is the heat of what evaporates; its own heat
//! capacity (about a second's worth) is left out, and so is radiation. Both sides of the web are blown on, one film is wet.

pub mod curve;
pub mod film;
pub mod limits;
pub mod march;
pub mod oven;
pub mod recipe;
mod sensing;
mod strip;
pub mod vapour;

pub use march::{Coating, March, ZoneAir, march};
pub use oven::{Oven, OvenState};
pub use recipe::{Drying, Outcome, outcome};
pub use vapour::Solvent;

/// Zones of the oven.
pub const ZONES: usize = 6;
