//! Filters: what makes a signal quieter.

mod ewma;

pub use ewma::{Ewma, EwmaKernel, EwmaState};
