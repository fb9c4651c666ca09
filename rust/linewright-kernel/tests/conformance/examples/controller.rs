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
            time_constant_s: 1e14,
            lambda_s: 1e11,
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
            lambda_s: 0.0, -1.0, NAN, INF, 2e-3, 1e12;
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

impl Example for GainSchedule {
    fn examples() -> Vec<Self> {
        let table = |at: &[f64], values: &[f64]| Self {
            at: List::new(at).unwrap(),
            values: List::new(values).unwrap(),
        };
        vec![
            table(&[-5.0, 0.0, 3.0], &[1.0, -2.0, 1e100]),
            table(&[7.0], &[-1e100]),
            table(&[-1e100, -5e-324, 5e-324, 1e100], &[1e100, -1e100, 0.0, 1e100]),
        ]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        let list = |of: &[f64]| List::new(of).unwrap();
        refuse! {
            at: list(&[]), list(&[1.0, 1.0, 2.0]), list(&[1.0, NAN, 2.0]), list(&[0.0, 1.0, INF]),
                list(&[0.0, 1.0, 2e100]);
            values: list(&[]), list(&[1.0, 2.0]), list(&[1.0, 2.0, NAN]), list(&[1.0, -2e100, 0.0]);
        }
    }
}

impl Example for ScheduledPid {
    fn examples() -> Vec<Self> {
        let usual = Self {
            derivative_filter: 10.0,
            setpoint_weight: 0.7,
            lo: -10.0,
            hi: 50.0,
            tracking_time_s: 2.0,
            derivative_setpoint_weight: 0.3,
            anti_windup: AntiWindup::BackCalculation,
        };
        let extreme = Self {
            derivative_filter: 1e-300,
            lo: -1e300,
            hi: 1e300,
            tracking_time_s: 1e-300,
            anti_windup: AntiWindup::External,
            ..usual.clone()
        };
        vec![usual.clone(), extreme, Self { anti_windup: AntiWindup::Clamping, ..usual }]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            derivative_filter: 0.0, -1.0, NAN, INF;
            setpoint_weight: -0.1, 1.1, NAN;
            lo: NAN, -INF;
            hi: -10.0, NAN, INF;
            tracking_time_s: 0.0, -1.0, NAN, INF;
            derivative_setpoint_weight: -0.1, 1.1, NAN;
        }
    }
}

impl Example for CascadePid {
    fn examples() -> Vec<Self> {
        let usual = Self {
            outer_kp: 2.0,
            outer_ti_s: 10.0,
            outer_td_s: 0.5,
            outer_setpoint_weight: 0.8,
            sp_lo: -50.0,
            sp_hi: 50.0,
            inner_kp: -1.5,
            inner_ti_s: 2.0,
            inner_td_s: 0.0,
            derivative_filter: 10.0,
            lo: -20.0,
            hi: 20.0,
        };
        let extreme = Self {
            outer_kp: 1e100,
            outer_ti_s: 1e-100,
            sp_lo: -1e300,
            sp_hi: 1e300,
            inner_kp: -1e100,
            inner_ti_s: 1e-300,
            inner_td_s: 1e300,
            lo: -1e300,
            hi: 1e300,
            ..usual.clone()
        };
        vec![usual, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            outer_kp: NAN, INF, 1e101;
            outer_ti_s: 0.0, -1.0, NAN, INF;
            outer_td_s: -1.0, NAN, INF;
            outer_setpoint_weight: -0.1, 1.1, NAN;
            sp_lo: NAN, -INF;
            sp_hi: -50.0, NAN, INF;
            inner_kp: NAN, INF, 1e101;
            inner_ti_s: 0.0, -1.0, NAN, INF;
            inner_td_s: -1.0, NAN, INF;
            derivative_filter: 0.0, NAN, INF;
            lo: NAN, -INF;
            hi: -20.0, NAN, INF;
        }
    }
}

impl Example for Repetitive {
    fn examples() -> Vec<Self> {
        let usual = Self {
            revolution_m: 4.0,
            bins: 16,
            gain: 0.4,
            leak: 0.01,
            smoothing: 0.1,
            lead_m: 0.9,
            lo: -3.0,
            hi: 3.0,
        };
        let extreme = Self {
            revolution_m: 1e300,
            bins: 8,
            gain: -1e100,
            leak: 0.0,
            smoothing: 0.25,
            lead_m: 0.0,
            lo: -1e300,
            hi: 1e300,
        };
        let tiny = Self { revolution_m: 1e-300, lead_m: 0.0, leak: 1.0, ..usual.clone() };
        let wide = Self { bins: 4096, lead_m: 3.9999, ..usual.clone() };
        vec![usual, extreme, tiny, wide]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            revolution_m: 0.0, -1.0, NAN, INF;
            bins: 0, 7, 4097;
            gain: 0.0, NAN, INF, 1e101;
            leak: -0.1, 1.1, NAN;
            smoothing: -0.1, 0.26, NAN;
            lead_m: -0.1, 4.0, NAN, INF;
            lo: NAN, -INF;
            hi: -3.0, NAN, INF;
        }
    }
}

impl Example for RelayAutotune {
    fn examples() -> Vec<Self> {
        let usual = Self {
            amplitude: 2.0,
            hysteresis: 0.1,
            cycles: 2,
            tolerance: 0.3,
            max_deviation: 50.0,
            max_duration_s: 8.0,
            lo: -10.0,
            hi: 10.0,
            reverse: false,
        };
        let extreme = Self {
            amplitude: 1e300,
            hysteresis: 0.0,
            cycles: 8,
            tolerance: 0.5,
            max_deviation: 1e308,
            max_duration_s: 1e300,
            lo: -1e300,
            hi: 1e300,
            reverse: true,
        };
        vec![usual, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            amplitude: 0.0, -1.0, NAN, INF;
            hysteresis: -0.1, NAN, INF;
            cycles: 0, 1, 9;
            tolerance: 0.0, -0.1, 0.6, NAN;
            max_deviation: 0.1, 0.0, NAN, INF;
            max_duration_s: 0.0, -1.0, NAN, INF;
            lo: NAN, -INF;
            hi: -10.0, NAN, INF;
        }
    }
}
