//! Charts over many variables, and the tray.

use super::*;
use crate::vector::VectorExample;

/// Symmetric, positive definite, not diagonal.
fn covariance(p: usize, scale: f64) -> Vec<Vec<f64>> {
    let at = |i: usize, j: usize| scale * 0.6_f64.powi(i32::try_from(i.abs_diff(j)).unwrap());
    (0..p).map(|i| (0..p).map(|j| at(i, j)).collect()).collect()
}

fn with(mut rows: Vec<Vec<f64>>, i: usize, j: usize, value: f64) -> Vec<Vec<f64>> {
    rows[i][j] = value;
    rows
}

impl VectorExample for Hotelling {
    fn examples() -> Vec<Self> {
        let usual = |p| Self { mean: vec![3.0; p], covariance: covariance(p, 2.0), limit: 12.0 };
        let extreme = Self { covariance: vec![vec![1e-290]], mean: vec![-1e300], limit: 1e-3 };
        let singular = vec![vec![1.0, 0.999_999_999], vec![0.999_999_999, 1.0]];
        let near = Self { mean: vec![0.0; 2], covariance: singular, limit: 1e9 };
        vec![usual(3), usual(1), usual(20), extreme, near]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: vec![], vec![1.0, NAN, 2.0], vec![1.0, 2e300, 0.0], vec![0.0; 513];
            covariance: vec![], covariance(2, 1.0), covariance(4, 1.0), vec![vec![1.0; 2]; 3],
                with(covariance(3, 1.0), 0, 1, NAN), with(covariance(3, 1.0), 0, 1, 0.5),
                with(covariance(3, 1.0), 1, 1, 0.0), with(covariance(3, 1.0), 1, 1, -1.0),
                vec![vec![1.0; 3]; 3], covariance(3, 1e-300), covariance(3, 1e295);
            limit: 0.0, -1.0, NAN, INF
        }
    }
}

impl VectorExample for Mewma {
    fn examples() -> Vec<Self> {
        let usual = |p, weight, exact_start| Self {
            mean: vec![3.0; p],
            covariance: covariance(p, 2.0),
            weight,
            limit: 12.0,
            exact_start,
        };
        let extreme = Self {
            mean: vec![1e300; 2],
            covariance: covariance(2, 1e-290),
            weight: 1e-6,
            limit: 1e-9,
            exact_start: true,
        };
        vec![usual(3, 0.1, false), usual(1, 1.0, true), usual(20, 0.3, true), extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            mean: vec![], vec![1.0, INF, 2.0];
            covariance: covariance(2, 1.0), vec![vec![1.0; 3]; 3];
            weight: 0.0, 1e-7, 1.1, -0.1, NAN;
            limit: 0.0, -1.0, NAN, INF
        }
    }
}

impl VectorExample for PcaChart {
    fn examples() -> Vec<Self> {
        let h = 0.5_f64.sqrt();
        let usual = Self {
            mean: vec![10.0, -2.0, 0.0],
            scale: vec![2.0, 0.5, 1.0],
            loadings: vec![vec![h, 0.0], vec![-h, 0.0], vec![0.0, 1.0]],
            variances: vec![1.7, 1.0],
            lags: 0,
            t2_limit: 10.0,
            q_limit: 2.0,
        };
        let lagged = Self {
            mean: vec![5.0],
            scale: vec![1e-300],
            loadings: vec![vec![0.6], vec![0.8], vec![0.0], vec![0.0]],
            variances: vec![1e-12],
            lags: 3,
            t2_limit: 1e-12,
            q_limit: 1e-12,
        };
        let two = Self { lags: 1, ..usual.clone() };
        let zeros = |row: Vec<f64>| vec![row[0], row[1]];
        let doubled = usual.loadings.iter().cloned().map(zeros).chain(vec![vec![0.0; 2]; 3]);
        vec![usual.clone(), lagged, Self { loadings: doubled.collect(), ..two }]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        let usual = Self::examples().remove(0).loadings;
        refuse! {
            mean: vec![], vec![1.0, NAN, 2.0], vec![2e300, 0.0, 0.0];
            scale: vec![1.0; 2], vec![1.0, 0.0, 1.0], vec![1.0, NAN, 1.0], vec![-1.0; 3], vec![INF; 3];
            loadings: vec![], vec![vec![1.0; 2]; 2], vec![vec![1.0; 2]; 3], vec![vec![0.6]; 3],
                with(usual.clone(), 0, 0, NAN), with(usual, 2, 1, 0.9);
            variances: vec![1.0, 0.0], vec![1.0, NAN], vec![1.0, -1.0], vec![1.0, 1e13];
            lags: 341, u32::MAX;
            t2_limit: 0.0, -1.0, NAN, 1e13;
            q_limit: 0.0, -1.0, NAN, 1e13
        }
    }
}

impl VectorExample for TrayMedian {
    fn examples() -> Vec<Self> {
        [(4, 0.1, 3), (1, 1e-300, 1), (32, 1e9, 32), (7, 1e-3, 1)]
            .map(|(channels, least_spread, least_present)| Self {
                channels,
                least_spread,
                least_present,
            })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            channels: 0, 1025;
            least_spread: 0.0, -1.0, NAN, INF, 1e-301;
            least_present: 0, 5
        }
    }
}
