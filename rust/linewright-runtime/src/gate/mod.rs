//! The gate: the only writer.

mod admitted;

pub use admitted::Admitted;
