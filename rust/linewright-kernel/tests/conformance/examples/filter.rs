//! Of the filters.

use super::*;

impl Example for Ewma {
    fn examples() -> Vec<Self> {
        [2.0, 1e-9, 1e9].map(|time_constant_s| Self { time_constant_s }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { time_constant_s: 0.0, -1.0, NAN, INF }
    }
}

impl Example for Butterworth {
    fn examples() -> Vec<Self> {
        [(1.0, 3), (1e-4, 8), (4.999, 8), (0.3, 1)]
            .map(|(cutoff_hz, order)| Self { cutoff_hz, order })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { cutoff_hz: 0.0, -1.0, 5.0, 9e-5, NAN, INF; order: 0, 9 }
    }
}

impl Example for Median {
    fn examples() -> Vec<Self> {
        [5, 1, 255].map(|window| Self { window }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { window: 0, 4, 257 }
    }
}

impl Example for Hampel {
    fn examples() -> Vec<Self> {
        [(7, 3.0), (1, 3.0), (255, 0.1)]
            .map(|(window, threshold_sigma)| Self { window, threshold_sigma })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { window: 0, 4, 257; threshold_sigma: 0.0, -3.0, NAN, INF }
    }
}

impl Example for SampleHold {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        vec![]
    }
}
