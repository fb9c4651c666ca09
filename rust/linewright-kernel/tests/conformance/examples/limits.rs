//! Of the limits that are learned and the plausibility checks.

use super::*;

impl Example for SelfStartingCusum {
    fn examples() -> Vec<Self> {
        let usual = Self { k: 0.5, h: 5.0, restart: true, first: 2, wild_sigma: None };
        let robust = Self { first: 20, wild_sigma: Some(3.0), restart: false, ..usual.clone() };
        let most = Self { first: 100, k: 0.0, h: 1e-9, wild_sigma: Some(1.0), ..usual.clone() };
        vec![usual, robust, most]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            k: -0.1, NAN, INF; h: 0.0, -5.0, NAN, INF; first: 0, 1, 101;
            wild_sigma: Some(0.9), Some(NAN), Some(INF)
        }
    }
}

impl Example for GuardedCusum {
    fn examples() -> Vec<Self> {
        let usual = Self {
            k: 0.5,
            h: 5.0,
            restart: true,
            open: 50,
            guard: 0.1,
            caution: 0.4,
            memory: None,
            wild_sigma: None,
            resolution: 0.0,
        };
        let short = Self { open: 10, memory: Some(10.0), restart: false, ..usual.clone() };
        let robust = Self { wild_sigma: Some(2.5), resolution: 1.0, open: 12, ..usual.clone() };
        let edge = Self { guard: 1.0, caution: 3.0, k: 0.0, h: 1e300, open: 10, ..usual.clone() };
        vec![usual, short, robust, edge]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            k: -0.1, NAN, INF; h: 0.0, -5.0, NAN, INF; open: 0, 9, 1_000_001;
            guard: 0.0, -0.1, 1.1, NAN; caution: -0.1, 3.1, NAN;
            memory: Some(49.0), Some(NAN), Some(INF); wild_sigma: Some(0.9), Some(NAN);
            resolution: -1.0, NAN, INF
        }
    }
}

impl Example for ArResidual {
    fn examples() -> Vec<Self> {
        let none = List::default();
        let learned = Self { order: 1, learn: 20, coefficients: none, mean: 0.0, sigma: 1.0 };
        let coefficients = List::new(&[0.7, -0.2]).unwrap();
        let given = Self { order: 2, learn: 500, coefficients, mean: 1e300, sigma: 1e-300 };
        let high = Self { order: 8, learn: 160, ..learned.clone() };
        vec![learned, given, high]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            order: 0, 9; learn: 0, 19, 1_000_001; mean: NAN, INF, 2e300; sigma: 0.0, -1.0, NAN, INF;
            coefficients: List::new(&[NAN]).unwrap(), List::new(&[0.5, 0.1]).unwrap(),
                List::new(&[1e4]).unwrap()
        }
    }
}

impl Example for ArCusum {
    fn examples() -> Vec<Self> {
        let usual = Self {
            order: 1,
            k: 0.5,
            h: 5.0,
            restart: true,
            learn: 30,
            caution: 0.4,
            wild_sigma: None,
        };
        let other =
            Self { order: 3, learn: 60, restart: false, wild_sigma: Some(3.0), ..usual.clone() };
        vec![usual, other]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            order: 0, 9; k: -0.1, NAN, INF; h: 0.0, -5.0, NAN, INF; learn: 19, 1_000_001;
            caution: -0.1, 3.1, NAN; wild_sigma: Some(0.9), Some(NAN)
        }
    }
}

impl Example for Stale {
    fn examples() -> Vec<Self> {
        [(0.3, 0.0), (0.1, 0.5), (1e7, 1e7)]
            .map(|(max_age_s, clear_after_s)| Self { max_age_s, clear_after_s })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { max_age_s: 0.0, 0.09, NAN, INF; clear_after_s: -1.0, NAN, INF, 1e9 }
    }
}

impl Example for Stuck {
    fn examples() -> Vec<Self> {
        [(0.1, 0.3, 0.0), (0.0, 0.1, 1.0), (1e300, 1e7, 1e7)]
            .map(|(resolution, time_s, clear_after_s)| Self { resolution, time_s, clear_after_s })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            resolution: -0.1, NAN, INF; time_s: 0.0, 0.09, NAN, INF, 1e9; clear_after_s: -1.0, NAN, INF
        }
    }
}

impl Example for Spike {
    fn examples() -> Vec<Self> {
        [(5.0, 1), (1e-300, 1000)].map(|(height, width)| Self { height, width }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { height: 0.0, -1.0, NAN, INF; width: 0, 1001 }
    }
}

impl Example for RangeCheck {
    fn examples() -> Vec<Self> {
        [(-1.0, 50.0, 2.0, 0.0), (0.0, 1e-300, 0.0, 1.0), (-1e300, 1e300, 1e300, 0.3)]
            .map(|(lo, hi, hysteresis, clear_after_s)| Self { lo, hi, hysteresis, clear_after_s })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            lo: NAN, -INF, -2e300; hi: -1.0, NAN, INF; hysteresis: -1.0, 25.6, NAN;
            clear_after_s: -1.0, NAN, INF
        }
    }
}

impl Example for RateCheck {
    fn examples() -> Vec<Self> {
        [(20.0, 0.0, 0.0), (1e-300, 1.0, 0.5), (1e300, 409.6, 10.0)]
            .map(|(max_per_s, over_s, clear_after_s)| Self { max_per_s, over_s, clear_after_s })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            max_per_s: 0.0, -1.0, NAN, INF; over_s: -1.0, 409.8, NAN, INF; clear_after_s: -1.0, NAN, INF
        }
    }
}
