//! Vector kernels of the plausibility checks.

use super::{INF, NAN};
use crate::vector::VectorExample;
use linewright_kernel::*;

impl VectorExample for CrossCheck {
    fn examples() -> Vec<Self> {
        [(3, 1.0, 0.0, 0.0), (2, 1e-300, 1.0, 0.5), (8, 1e300, 0.0, 3.0)]
            .map(|(channels, tolerance, raise_after_s, clear_after_s)| Self {
                channels,
                tolerance,
                raise_after_s,
                clear_after_s,
            })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        let but = |change: fn(&mut Self), parameter| {
            let mut config = Self::examples().remove(0);
            change(&mut config);
            (config, parameter)
        };
        vec![
            but(|c| c.channels = 1, "channels"),
            but(|c| c.channels = 9, "channels"),
            but(|c| c.tolerance = 0.0, "tolerance"),
            but(|c| c.tolerance = NAN, "tolerance"),
            but(|c| c.tolerance = INF, "tolerance"),
            but(|c| c.raise_after_s = -1.0, "raise_after_s"),
            but(|c| c.raise_after_s = NAN, "raise_after_s"),
            but(|c| c.clear_after_s = INF, "clear_after_s"),
        ]
    }
}
