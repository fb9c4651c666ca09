//! Vector kernels of the estimators.

use super::{INF, NAN};
use crate::vector::VectorExample;
use linewright_kernel::*;

fn eye(n: usize, x: f64) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| if i == j { x } else { 0.0 }).collect()).collect()
}

impl VectorExample for KalmanFilter {
    fn examples() -> Vec<Self> {
        let usual = Self {
            transition: vec![vec![1.0, 0.1], vec![0.0, 0.9]],
            measurement: vec![vec![1.0, 0.0], vec![0.5, 1.0]],
            process_noise: eye(2, 0.01),
            measurement_noise: eye(2, 0.5),
            initial_state: vec![],
            initial_covariance: eye(2, 1.0),
            control: vec![vec![1.0], vec![0.5]],
            continuous: false,
            steady_state: false,
            state_only: false,
        };
        let settled = Self {
            steady_state: true,
            initial_covariance: vec![],
            state_only: true,
            ..usual.clone()
        };
        let continuous = Self { continuous: true, control: vec![], ..usual.clone() };
        let unstable = Self {
            transition: vec![vec![1e30]],
            measurement: vec![vec![1e-30]; 8],
            process_noise: vec![vec![1e30]],
            measurement_noise: eye(8, 1e-30),
            initial_covariance: vec![vec![1e30]],
            control: vec![vec![1e30]],
            ..usual.clone()
        };
        let blind = Self {
            transition: eye(12, 1.1),
            measurement: vec![vec![0.0; 12]],
            process_noise: eye(12, 0.0),
            measurement_noise: eye(1, 1e-300),
            initial_covariance: eye(12, 0.0),
            control: vec![],
            ..usual.clone()
        };
        vec![usual, settled, continuous, unstable, blind]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        let mut all = refuse! {
            transition: vec![], vec![vec![1.0]; 2], eye(13, 1.0), eye(2, NAN), eye(2, 2e30);
            measurement: vec![], vec![vec![1.0]], vec![vec![1.0, 0.0]; 9], vec![vec![INF, 0.0]];
            process_noise: vec![], eye(3, 1.0), eye(2, -1.0), eye(2, NAN), vec![vec![0.0, 1.0]; 2];
            measurement_noise: vec![], eye(2, 0.0), eye(2, -1.0), eye(2, INF), eye(1, 1.0);
            initial_state: vec![1.0], vec![1.0, NAN], vec![1e31, 0.0];
            initial_covariance: vec![], eye(2, -1.0), eye(2, NAN), eye(1, 1.0);
            control: vec![vec![1.0]], vec![vec![]; 2], vec![vec![1.0; 9]; 2], vec![vec![NAN]; 2];
        };
        all.push((
            but!(steady_state = true, transition = eye(2, 1.0), process_noise = eye(2, 0.0)),
            "steady_state",
        ));
        all
    }
}

impl VectorExample for Rls {
    fn examples() -> Vec<Self> {
        let usual = Self {
            regressors: 3,
            memory_s: Some(5.0),
            initial_covariance: 100.0,
            initial_parameters: vec![0.0, 1.0, -2.0],
            dead_zone: 0.1,
            covariance_bound: Some(1e4),
        };
        let plain = Self {
            memory_s: None,
            initial_parameters: vec![],
            dead_zone: 0.0,
            covariance_bound: None,
            ..usual.clone()
        };
        let extreme = Self {
            regressors: 16,
            memory_s: Some(0.1),
            initial_covariance: 1e60,
            initial_parameters: vec![1e100; 16],
            covariance_bound: Some(1e60),
            ..usual.clone()
        };
        vec![usual, plain, extreme]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            regressors: 0, 17;
            memory_s: Some(0.0), Some(0.05), Some(NAN), Some(INF);
            initial_covariance: 0.0, -1.0, NAN, INF, 2e60;
            initial_parameters: vec![1.0], vec![NAN; 3], vec![2e100; 3];
            dead_zone: -0.1, NAN, INF;
            covariance_bound: Some(0.0), Some(-1.0), Some(NAN), Some(INF);
        }
    }
}

impl VectorExample for ScanProfile {
    fn examples() -> Vec<Self> {
        let usual = Self { boxes: 6, visits: 2, skip: 0.5, edge: 1 };
        let all = Self { visits: 1, skip: 0.0, edge: 0, ..usual.clone() };
        let far = Self { boxes: 4, skip: 1e200, ..usual.clone() };
        vec![usual, all, far]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            boxes: 0, 3, 513;
            visits: 0, 10_001;
            skip: -1.0, NAN, INF;
            edge: 3, 600;
        }
    }
}
