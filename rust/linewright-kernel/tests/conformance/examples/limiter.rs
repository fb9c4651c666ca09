//! Of the limiters.

use super::*;

impl Example for Clamp {
    fn examples() -> Vec<Self> {
        [(-1.0, 2.0), (0.0, 0.0), (-1e308, 1e308)].map(|(lo, hi)| Self { lo, hi }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { lo: NAN, -INF; hi: -2.0, NAN, INF }
    }
}

impl Example for Slew {
    fn examples() -> Vec<Self> {
        [(1.0, 4.0), (1e-300, 1e300)]
            .map(|(up_per_s, down_per_s)| Self { up_per_s, down_per_s })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { up_per_s: 0.0, -1.0, NAN, INF; down_per_s: 0.0, -1.0, NAN, INF }
    }
}

impl Example for Latch {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        vec![]
    }
}
