//! Of the limiters.

use linewright_kernel::limiter::Select;

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

impl Example for SCurve {
    fn examples() -> Vec<Self> {
        [(2.0, 5.0, 40.0), (1e60, 1e60, 1e60), (1e60, 1e-60, 1e60), (1e-3, 1e60, 1e-60)]
            .map(|(velocity_per_s, acceleration_per_s2, jerk_per_s3)| Self {
                velocity_per_s,
                acceleration_per_s2,
                jerk_per_s3,
            })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            velocity_per_s: 0.0, -1.0, NAN, INF, 1e61, 1e-61;
            acceleration_per_s2: 0.0, -1.0, NAN, INF, 1e61, 1e-61;
            jerk_per_s3: 0.0, -1.0, NAN, INF, 1e61, 1e-61;
        }
    }
}

impl Example for SetpointRamp {
    fn examples() -> Vec<Self> {
        [(1.0, 4.0, Some(2.0)), (0.5, 0.5, None), (1e-300, 1e300, Some(1e-9))]
            .map(|(up_per_s, down_per_s, holdback)| Self { up_per_s, down_per_s, holdback })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            up_per_s: 0.0, -1.0, NAN, INF;
            down_per_s: 0.0, -1.0, NAN, INF;
            holdback: Some(0.0), Some(-1.0), Some(NAN), Some(INF);
        }
    }
}

impl Example for SplitRange {
    fn examples() -> Vec<Self> {
        let usual = Self {
            lo: 0.0,
            split: 4.0,
            hi: 10.0,
            first_at_lo: 100.0,
            first_at_split: 0.0,
            second_at_split: 0.0,
            second_at_hi: 50.0,
            deadband: 1.0,
        };
        let extreme =
            Self { lo: -1e100, split: 1e-300, hi: 1e100, second_at_hi: -1e100, ..usual.clone() };
        let narrow = Self { lo: 0.0, split: 5e-324, hi: 1e-323, deadband: 0.0, ..usual.clone() };
        vec![usual, extreme, narrow]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            lo: NAN, -INF, -1e101;
            split: 0.0, -1.0, NAN, INF;
            hi: 4.0, 3.0, NAN, INF;
            first_at_lo: NAN, INF, 1e101;
            first_at_split: NAN, INF, 1e101;
            second_at_split: NAN, INF, 1e101;
            second_at_hi: NAN, INF, 1e101;
            deadband: -1.0, 8.0, NAN, INF;
        }
    }
}

impl Example for Override {
    fn examples() -> Vec<Self> {
        [Select::Min, Select::Max, Select::Median].map(|select| Self { select }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        vec![]
    }
}
