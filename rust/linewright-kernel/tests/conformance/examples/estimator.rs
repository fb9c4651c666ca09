//! Of the estimators.

use super::*;

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

impl Example for DisturbanceObserver {
    fn examples() -> Vec<Self> {
        let usual = Self {
            gain: 2.0,
            time_constant_s: 3.0,
            dead_time_s: 1.03,
            level_weight: 0.3,
            scale_memory_s: 20.0,
        };
        let still = Self { gain: 0.0, time_constant_s: 0.0, level_weight: 0.0, ..usual.clone() };
        let extreme =
            Self { gain: -1e100, time_constant_s: 1e-9, dead_time_s: 0.0, ..usual.clone() };
        let quick = Self { level_weight: 1.0, scale_memory_s: 1e-9, ..usual.clone() };
        vec![usual, still, extreme, quick]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            gain: NAN, INF, 2e100;
            time_constant_s: -1.0, NAN, INF;
            dead_time_s: -1.0, NAN, INF, 1e6;
            level_weight: -0.1, 1.1, NAN;
            scale_memory_s: 0.0, -1.0, NAN, INF;
        }
    }
}
