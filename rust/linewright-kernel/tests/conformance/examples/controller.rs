//! Of the controllers.

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
