//! Configs to run and configs to refuse, for every kernel.

use linewright_kernel::*;
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

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

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

impl Example for Shewhart {
    fn examples() -> Vec<Self> {
        [(10.0, 2.0, 3.0), (-1e300, 1e-300, 1e-3)]
            .map(|(mean, sigma, limit_sigma)| Self { mean, sigma, limit_sigma })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { mean: NAN, INF, 2e300; sigma: 0.0, -1.0, NAN, INF; limit_sigma: 0.0, -3.0, NAN }
    }
}

impl Example for Cusum {
    fn examples() -> Vec<Self> {
        let usual = Self { mean: 10.0, sigma: 2.0, k: 0.5, h: 5.0, restart: true };
        let without = Self { restart: false, k: 0.0, ..usual.clone() };
        let extreme = Self { mean: 1e300, sigma: 1e-300, ..usual.clone() };
        vec![usual, without, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { mean: NAN; sigma: 0.0, -1.0, NAN; k: -0.1, NAN, INF; h: 0.0, -5.0, NAN, INF }
    }
}

impl Example for EwmaChart {
    fn examples() -> Vec<Self> {
        let usual =
            Self { mean: 10.0, sigma: 2.0, weight: 0.2, limit_sigma: 2.962, exact_start: true };
        let settled = Self { exact_start: false, weight: 1.0, ..usual.clone() };
        let extreme = Self { weight: 1e-6, sigma: 1e-300, ..usual.clone() };
        vec![usual, settled, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: NAN; sigma: 0.0, NAN; weight: 0.0, -0.1, 1.1, NAN; limit_sigma: 0.0, -1.0, NAN, INF
        }
    }
}

impl Example for Pid {
    fn examples() -> Vec<Self> {
        let usual = Self {
            kp: 2.0,
            ti_s: 5.0,
            td_s: 1.0,
            derivative_filter: 10.0,
            setpoint_weight: 0.7,
            integral: true,
            lo: -10.0,
            hi: 50.0,
            tracking_time_s: 2.0,
        };
        let proportional = Self { integral: false, td_s: 0.0, kp: -0.5, ..usual.clone() };
        let extreme = Self { kp: 1e100, ti_s: 1e-100, lo: -1e300, hi: 1e300, ..usual.clone() };
        let fast = Self { tracking_time_s: 1e-9, derivative_filter: 1e-6, ..usual.clone() };
        vec![usual, proportional, extreme, fast]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            kp: NAN, INF, -1e101;
            ti_s: 0.0, -1.0, NAN, INF;
            td_s: -1.0, NAN, INF;
            derivative_filter: 0.0, -1.0, NAN, INF;
            setpoint_weight: -0.1, 1.1, NAN;
            lo: NAN, -INF;
            hi: -10.0, -11.0, NAN, INF;
            tracking_time_s: 0.0, -1.0, NAN, INF;
        }
    }
}

impl Example for FeedForward {
    fn examples() -> Vec<Self> {
        [(2.0, 3.0, 1.0), (-1e9, 0.0, 0.0), (1.0, 1e6, 1.0), (1e300, 0.0, 5.0)]
            .map(|(gain, lead_s, lag_s)| Self { gain, lead_s, lag_s })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { gain: NAN, INF; lead_s: -1.0, NAN, INF, 2e6; lag_s: -1.0, 0.0, NAN, INF }
    }
}

impl Example for Smith {
    fn examples() -> Vec<Self> {
        [(2.0, 3.0, 1.0), (-1e100, 1e-9, 0.0), (0.5, 10.0, 1.03)]
            .map(|(gain, time_constant_s, dead_time_s)| Self { gain, time_constant_s, dead_time_s })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            gain: 0.0, NAN, INF; time_constant_s: 0.0, -1.0, NAN, INF; dead_time_s: -1.0, NAN, INF, 1e6
        }
    }
}

impl Example for TimeDelay {
    fn examples() -> Vec<Self> {
        [0.3, 0.0, 1.234].map(|dead_time_s| Self { dead_time_s }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { dead_time_s: -0.1, NAN, INF, 1e6 }
    }
}

impl Example for WebDelay {
    fn examples() -> Vec<Self> {
        [(8.0, 0.5), (8.05, 0.51), (1.0, 1.0), (1e-9, 1e-12)]
            .map(|(length_m, resolution_m)| Self { length_m, resolution_m })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { length_m: 0.0, -1.0, NAN, INF; resolution_m: 0.0, -1.0, NAN, INF, 9.0, 1e-9 }
    }
}

impl Example for Kalman {
    fn examples() -> Vec<Self> {
        [(0.1, 1.0), (0.0, 1e-300), (1e100, 1.0)]
            .map(|(walk_sd_per_sqrt_s, noise_sd)| Self { walk_sd_per_sqrt_s, noise_sd })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { walk_sd_per_sqrt_s: -0.1, NAN, INF, 1e101; noise_sd: 0.0, -1.0, NAN, INF }
    }
}

impl Example for ScanningGauge {
    fn examples() -> Vec<Self> {
        let usual =
            Self { boxes: 8, cd_weight: 0.2, md_walk_sd_per_sqrt_s: 0.02, box_noise_sd: 0.3 };
        let still = Self { md_walk_sd_per_sqrt_s: 0.0, cd_weight: 1.0, ..usual.clone() };
        let wide = Self { boxes: 512, cd_weight: 0.001, ..usual.clone() };
        let few =
            Self { boxes: 4, md_walk_sd_per_sqrt_s: 1.0, box_noise_sd: 1e-6, ..usual.clone() };
        vec![usual, still, wide, few]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            boxes: 0, 3, 513;
            cd_weight: 0.0, -0.1, 1.1, NAN;
            md_walk_sd_per_sqrt_s: -0.1, NAN, INF, 1e101;
            box_noise_sd: 0.0, -1.0, NAN, INF;
        }
    }
}

impl Example for Registration {
    fn examples() -> Vec<Self> {
        [(100.0, 250.0), (1.0, 1.0)]
            .map(|(mark_pitch_m, max_coast_m)| Self { mark_pitch_m, max_coast_m })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { mark_pitch_m: 0.0, -1.0, NAN, INF; max_coast_m: 0.0, 99.0, NAN, INF }
    }
}

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

impl Example for SampleHold {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        vec![]
    }
}
