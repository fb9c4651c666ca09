//! Fuzz targets of the kernels: what they share.

pub mod bytes;
pub mod kernels;
