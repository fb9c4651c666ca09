//! Configs of the predictive controllers.

use super::{INF, NAN};
use crate::vector::VectorExample;
use linewright_kernel::{CdProfile, Mpc};

/// A copy of the first example with one field changed.
macro_rules! refuse {
    ($($field:ident: $($value:expr),+);* $(;)?) => {
        vec![ $( $( ({
            let mut config = Self::examples().remove(0);
            config.$field = $value;
            config
        }, stringify!($field)), )+ )* ]
    };
}

impl VectorExample for Mpc {
    fn examples() -> Vec<Self> {
        let full = Self {
            a: vec![vec![1.0, 0.1], vec![0.0, 0.95]],
            b: vec![vec![0.0], vec![0.1]],
            c: vec![vec![1.0, 0.0]],
            horizon: 6,
            output_weight: vec![1.0],
            terminal_weight: vec![vec![4.0]],
            input_weight: vec![0.01],
            move_weight: vec![0.1],
            input_lo: vec![-3.0],
            input_hi: vec![2.0],
            move_limit: vec![0.7],
            output_lo: vec![-1.0],
            output_hi: vec![1.0],
            output_limit_weight: 1e3,
            preview: true,
            disturbance_gain: 0.2,
            max_iterations: 50,
        };
        let plain = Self {
            c: vec![],
            output_weight: vec![1.0, 0.2],
            terminal_weight: vec![],
            move_limit: vec![],
            output_lo: vec![],
            output_hi: vec![],
            preview: false,
            disturbance_gain: 0.0,
            max_iterations: 1,
            ..full.clone()
        };
        let unstable = Self { a: vec![vec![3.0, 1.0], vec![0.0, -2.0]], ..full.clone() };
        vec![full, plain, unstable]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            a: vec![], vec![vec![1.0]; 2], vec![vec![1.0, NAN], vec![0.0, 1.0]], vec![vec![0.5; 65]; 65];
            b: vec![], vec![vec![1.0]], vec![vec![], vec![]], vec![vec![INF], vec![0.0]];
            c: vec![vec![1.0]], vec![vec![NAN, 0.0]], vec![vec![1.0, 0.0]; 65];
            horizon: 0, 201;
            output_weight: vec![], vec![-1.0], vec![1.0, 1.0], vec![NAN];
            terminal_weight: vec![vec![-1.0]], vec![vec![1.0, 0.0]], vec![vec![INF]];
            input_weight: vec![-1.0], vec![1.0, 1.0], vec![NAN];
            move_weight: vec![-1.0], vec![1.0, 1.0], vec![NAN];
            input_lo: vec![], vec![NAN], vec![-1.0, -1.0];
            input_hi: vec![], vec![-3.0], vec![INF], vec![1.0, 1.0];
            move_limit: vec![0.0], vec![-1.0], vec![1.0, 1.0], vec![NAN];
            output_lo: vec![NAN], vec![-1.0, -1.0];
            output_hi: vec![-1.0], vec![], vec![INF];
            output_limit_weight: 0.0, -1.0, NAN, INF;
            disturbance_gain: -0.1, 1.1, NAN;
            max_iterations: 0, 10_001;
        }
    }
}

impl VectorExample for CdProfile {
    fn examples() -> Vec<Self> {
        let usual = Self {
            response: vec![],
            lanes: 9,
            bolts: 5,
            response_gain: 1.2,
            response_width: 1.5,
            lane_weight: vec![1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0],
            move_weight: 0.1,
            travel_lo: -50.0,
            travel_hi: 50.0,
            bend_limit: 4.0,
            move_limit: 2.0,
            mode_share: 0.1,
            max_iterations: 100,
        };
        // More bolts than lanes, one of them without effect.
        let given = Self {
            response: vec![vec![1.0, 0.5, 0.0], vec![0.2, 1.0, 0.0]],
            lanes: 0,
            bolts: 0,
            lane_weight: vec![],
            mode_share: 0.0,
            max_iterations: 1,
            ..usual.clone()
        };
        let one = Self { bolts: 1, lanes: 2, lane_weight: vec![], ..usual.clone() };
        vec![usual, given, one]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            response: vec![vec![1.0]], vec![vec![1.0], vec![NAN]], vec![vec![0.0]; 3], vec![vec![1.0]; 1025];
            lanes: 0, 1, 1025;
            bolts: 0, 129;
            response_gain: 0.0, NAN, INF;
            response_width: 0.0, -1.0, NAN, INF;
            lane_weight: vec![1.0], vec![0.0; 9], vec![-1.0; 9], vec![NAN; 9];
            move_weight: 0.0, -1.0, NAN, INF;
            travel_lo: NAN, -INF;
            travel_hi: -50.0, NAN, INF;
            bend_limit: 0.0, NAN, INF;
            move_limit: 0.0, -1.0, NAN, INF;
            mode_share: -0.1, 1.0, NAN;
            max_iterations: 0, 10_001;
        }
    }
}
