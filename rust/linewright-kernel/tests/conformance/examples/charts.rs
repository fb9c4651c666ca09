//! Of the charts.

use linewright_kernel::detector::{RuleSet, Watch};

use super::*;

impl Example for RunsRules {
    fn examples() -> Vec<Self> {
        let rules = List::new(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        let all = List::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]).unwrap();
        let set = RuleSet::WesternElectric;
        let usual = Self { mean: 10.0, sigma: 2.0, set, rules, limit_sigma: 3.0, restart: true };
        let every = Self { set: RuleSet::Nelson, rules: all, restart: false, ..usual.clone() };
        let extreme = Self { mean: -1e300, sigma: 1e-300, limit_sigma: 1e-9, ..every.clone() };
        vec![usual, every, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        let list = |numbers: &[f64]| List::new(numbers).unwrap();
        refuse! {
            mean: NAN, INF; sigma: 0.0, -1.0, NAN;
            rules: list(&[]), list(&[5.0]), list(&[0.0]), list(&[1.5]), list(&[1.0, NAN]);
            limit_sigma: 0.0, -3.0, NAN, INF
        }
    }
}

impl Example for AdaptiveEwma {
    fn examples() -> Vec<Self> {
        let usual = Self { mean: 10.0, sigma: 2.0, weight: 0.1, k: 3.0, h: 0.7 };
        let shewhart = Self { weight: 1.0, h: 3.0, ..usual.clone() };
        let extreme = Self { mean: 1e300, sigma: 1e-300, weight: 1e-6, ..usual.clone() };
        vec![usual, shewhart, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: NAN; sigma: 0.0, NAN; weight: 0.0, -0.1, 1.1, NAN; k: 0.0, -1.0, NAN, INF;
            h: 0.0, -1.0, NAN, INF
        }
    }
}

impl Example for SpreadCusum {
    fn examples() -> Vec<Self> {
        let fall = Some(0.7);
        let usual = Self { mean: 10.0, sigma: 2.0, rise: 1.5, fall, h: 4.0, restart: true };
        let growth = Self { fall: None, restart: false, rise: 5.0, ..usual.clone() };
        let extreme = Self { mean: 1e300, sigma: 1e-300, rise: 1.05, ..usual.clone() };
        vec![usual, growth, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: NAN; sigma: 0.0, NAN; rise: 1.0, 0.5, 5.1, NAN;
            fall: Some(1.5), Some(0.1), Some(NAN); h: 0.0, -1.0, NAN, INF
        }
    }
}

impl Example for Glr {
    fn examples() -> Vec<Self> {
        let usual = Self { mean: 10.0, sigma: 2.0, smallest_shift: 0.25, h: 6.0, restart: true };
        let without = Self { restart: false, smallest_shift: 0.1, ..usual.clone() };
        let extreme = Self { mean: -1e300, sigma: 1e-300, smallest_shift: 2.0, ..usual.clone() };
        vec![usual, without, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: NAN, INF; sigma: 0.0, NAN; smallest_shift: 0.0, 0.05, 2.1, NAN;
            h: 0.0, -1.0, NAN, INF
        }
    }
}

impl Example for PageHinkley {
    fn examples() -> Vec<Self> {
        let usual = Self { mean: None, sigma: 2.0, k: 0.5, h: 8.0, restart: true };
        let known = Self { mean: Some(10.0), restart: false, k: 0.0, ..usual.clone() };
        let extreme = Self { sigma: 1e-300, ..usual.clone() };
        vec![usual, known, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: Some(NAN), Some(INF); sigma: 0.0, NAN; k: -0.1, NAN, INF; h: 0.0, -1.0, NAN, INF
        }
    }
}

impl Example for ShiryaevRoberts {
    fn examples() -> Vec<Self> {
        let watch = Watch::Both;
        let usual = Self { mean: 10.0, sigma: 2.0, delta: 1.0, h: 5.0, watch, restart: true };
        let up = Self { watch: Watch::Up, restart: false, delta: 5.0, ..usual.clone() };
        let down = Self { watch: Watch::Down, h: 700.0, sigma: 1e-300, ..usual.clone() };
        vec![usual, up, down]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: NAN; sigma: 0.0, NAN; delta: 0.0, -1.0, 5.1, NAN; h: -6.0, 701.0, NAN, INF
        }
    }
}
