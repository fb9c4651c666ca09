//! Of the controllers.

use linewright_kernel::controller::AntiWindup;

use super::*;

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
            derivative_setpoint_weight: 0.0,
            anti_windup: AntiWindup::BackCalculation,
        };
        let proportional = Self { integral: false, td_s: 0.0, kp: -0.5, ..usual.clone() };
        let extreme = Self { kp: 1e100, ti_s: 1e-100, lo: -1e300, hi: 1e300, ..usual.clone() };
        let fast = Self { tracking_time_s: 1e-9, derivative_filter: 1e-6, ..usual.clone() };
        let clamping = Self {
            anti_windup: AntiWindup::Clamping,
            derivative_setpoint_weight: 1.0,
            ..usual.clone()
        };
        let external = Self { anti_windup: AntiWindup::External, ..usual.clone() };
        vec![usual, proportional, extreme, fast, clamping, external]
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
            derivative_setpoint_weight: -0.1, 1.1, NAN;
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

impl Example for Imc {
    fn examples() -> Vec<Self> {
        let usual = Self {
            gain: 2.0,
            time_constant_s: 3.0,
            dead_time_s: 1.03,
            lambda_s: 0.5,
            mismatch_filter_s: 0.4,
            lo: -10.0,
            hi: 50.0,
        };
        let plain = Self { mismatch_filter_s: 0.0, dead_time_s: 0.0, gain: -0.5, ..usual.clone() };
        let extreme = Self {
            gain: 1e-100,
            time_constant_s: 1e300,
            lambda_s: 1e297,
            lo: -1e300,
            hi: 1e300,
            ..usual.clone()
        };
        let fast = Self { gain: 1e100, time_constant_s: 1e-9, lambda_s: 1e-9, ..usual.clone() };
        vec![usual, plain, extreme, fast]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            gain: 0.0, NAN, INF, 1e101;
            time_constant_s: 0.0, -1.0, NAN, INF;
            dead_time_s: -1.0, NAN, INF, 1e6;
            lambda_s: 0.0, -1.0, NAN, INF, 2e-3;
            mismatch_filter_s: -1.0, NAN, INF;
            lo: NAN, -INF;
            hi: -10.0, NAN, INF;
        }
    }
}

impl Example for Ratio {
    fn examples() -> Vec<Self> {
        let usual = Self {
            min_ratio: 0.2,
            max_ratio: 0.8,
            ratio_rate_per_s: 0.5,
            least_wild: 0.5,
            lo: -10.0,
            hi: 50.0,
        };
        let extreme = Self {
            min_ratio: -1e308,
            max_ratio: 1e308,
            ratio_rate_per_s: 1e300,
            least_wild: 5e-324,
            lo: -1e300,
            hi: 1e300,
        };
        vec![usual, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            min_ratio: NAN, -INF;
            max_ratio: 0.2, 0.1, NAN, INF;
            ratio_rate_per_s: 0.0, -1.0, NAN, INF;
            least_wild: 0.0, -1.0, NAN, INF;
            lo: NAN, -INF;
            hi: -10.0, NAN, INF;
        }
    }
}

impl Example for RunToRun {
    fn examples() -> Vec<Self> {
        let usual =
            Self { gain: 2.0, weight: 0.3, max_move: 1.5, lo: -9.0, hi: 9.0, max_age_runs: 5 };
        let one = Self { weight: 1.0, max_age_runs: 1, gain: -1e-100, ..usual.clone() };
        let extreme = Self { gain: 1e100, max_move: 1e300, lo: -1e300, hi: 1e300, ..usual.clone() };
        vec![usual, one, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            gain: 0.0, NAN, INF, 1e101;
            weight: 0.0, -0.1, 1.1, NAN;
            max_move: 0.0, -1.0, NAN, INF;
            lo: NAN, -INF;
            hi: -9.0, NAN, INF;
            max_age_runs: 0, 1001;
        }
    }
}

impl Example for DoubleEwma {
    fn examples() -> Vec<Self> {
        let usual = Self {
            gain: 2.0,
            weight: 0.3,
            drift_weight: 0.2,
            max_move: 1.5,
            lo: -9.0,
            hi: 9.0,
            max_age_runs: 5,
        };
        let one = Self { weight: 1.0, drift_weight: 1.0, max_age_runs: 1, ..usual.clone() };
        let extreme =
            Self { gain: 1e-100, max_move: 1e300, lo: -1e300, hi: 1e300, ..usual.clone() };
        vec![usual, one, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            gain: 0.0, NAN, INF, 1e101;
            weight: 0.0, -0.1, 1.1, NAN;
            drift_weight: 0.0, -0.1, 1.1, NAN;
            max_move: 0.0, -1.0, NAN, INF;
            lo: NAN, -INF;
            hi: -9.0, NAN, INF;
            max_age_runs: 0, 1001;
        }
    }
}
