//! Configs to run and configs to refuse, for every kernel.

pub use linewright_kernel::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Sample period of all examples, s.
pub const PERIOD_S: f64 = 0.1;

/// What the suite needs to know of a config.
pub trait Example: Design + Serialize + DeserializeOwned {
    /// Good configs, the edges of the range among them.
    fn examples() -> Vec<Self>;
    /// Configs that `design` refuses, each with the parameter it must name; every number at least once.
    fn nonsense() -> Vec<(Self, &'static str)>;
}

/// A copy of the first example with some fields changed.
macro_rules! but {
    ($($field:ident = $value:expr),*) => {{
        let mut config = Self::examples().remove(0);
        $( config.$field = $value; )*
        config
    }};
}

/// `nonsense` from `field: bad, bad; field: bad`.
macro_rules! refuse {
    ($($field:ident: $($value:expr),+);* $(;)?) => {
        vec![ $( $( (but!($field = $value), stringify!($field)), )+ )* ]
    };
}

pub const NAN: f64 = f64::NAN;
pub const INF: f64 = f64::INFINITY;

mod charts;
mod controller;
mod detector;
mod estimator;
mod filter;
mod limiter;
mod limits;
mod vector_estim;
mod vector_limits;
mod vector_mpc;
mod vector_multi;
