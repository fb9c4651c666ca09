//! Of the detectors.

use super::*;

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
        let usual = Self { mean: 10.0, sigma: 2.0, k: 0.5, h: 5.0, restart: true, head_start: 0.0 };
        let without = Self { restart: false, k: 0.0, head_start: 2.5, ..usual.clone() };
        let extreme = Self { mean: 1e300, sigma: 1e-300, ..usual.clone() };
        vec![usual, without, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { mean: NAN; sigma: 0.0, -1.0, NAN; k: -0.1, NAN, INF; h: 0.0, -5.0, NAN, INF;
        head_start: -1.0, 5.0, NAN }
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
