//! Four variables on a plane: two that move together, two that move apart.

use super::*;
use crate::RunningVector;

fn plane(lags: u32) -> PcaChart {
    let h = 0.5_f64.sqrt();
    let mut loadings = vec![vec![h, 0.0], vec![h, 0.0], vec![0.0, h], vec![0.0, -h]];
    loadings.extend((0..4 * lags).map(|_| vec![0.0; 2]));
    PcaChart {
        mean: vec![10.0, 20.0, 30.0, 40.0],
        scale: vec![1.0, 2.0, 1.0, 4.0],
        loadings,
        variances: vec![1.8, 1.5],
        lags,
        t2_limit: 10.0,
        q_limit: 1.0,
    }
}

fn start(config: &PcaChart) -> RunningVector<PcaChartKernel> {
    RunningVector::new::<PcaChart>(config.design(1.0).unwrap())
}

fn at(z: [f64; 4]) -> [f64; 4] {
    let config = plane(0);
    core::array::from_fn(|i| config.mean[i] + config.scale[i] * z[i])
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9 * (1.0 + b.abs())
}

#[test]
fn t2_is_within_the_plane_and_q_outside() {
    let mut chart = start(&plane(0));
    let within = chart.update(&at([2.9, 2.9, 0.0, 0.0])).to_vec();
    assert!(close(within[0], 2.0 * 2.9 * 2.9 / 1.8) && close(within[1], 0.0), "{within:?}");
    let outside = chart.update(&at([1.0, -1.0, 0.0, 0.0])).to_vec();
    assert!(close(outside[0], 0.0) && close(outside[1], 2.0), "{outside:?}");
    assert_eq!((within[2], outside[2]), (0.0, 1.0));
    assert_eq!(chart.update(&at([3.1, 3.1, 0.0, 0.0]))[2], 1.0);
}

#[test]
fn a_single_wrong_reading_is_named_whichever_it_is() {
    for wrong in 0..4 {
        for size in [-5.0, 3.0, 40.0] {
            let mut z = [1.0, 1.0, -0.7, 0.7];
            z[wrong] += size;
            let out = start(&plane(0)).update(&at(z)).to_vec();
            assert_eq!(out[2], 1.0);
            let partner = wrong ^ 1;
            // Two variables that are read through one relation cannot be told apart by it alone: the one
            // whose size is less usual is named.
            let named = out[3] as usize;
            assert!(named == wrong || named == partner);
            if size.abs() > 4.0 {
                assert_eq!(named, wrong, "{size}");
            }
        }
    }
}

#[test]
fn lagged_samples_stand_behind_the_newest() {
    // Weight on the lagged first variable alone: its score is the reading before.
    let mut config = plane(1);
    config.loadings = (0..8).map(|k| vec![if k == 4 { 1.0 } else { 0.0 }]).collect();
    config.variances = vec![2.0];
    config.q_limit = 1e9;
    let mut chart = start(&config);
    let first = chart.update(&at([7.0, 0.0, 0.0, 0.0])).to_vec();
    assert!(close(first[0], 24.5), "{first:?}");
    assert_eq!(first[2], 0.0, "no alarm before the lags are there");
    assert!(close(chart.update(&at([1.0, 0.0, 0.0, 0.0]))[0], 24.5));
    assert_eq!(chart.last()[2], 1.0);
    assert!(close(chart.update(&at([0.0, 0.0, 0.0, 0.0]))[0], 0.5));
    let q = chart.update(&at([0.0, 2.0, 0.0, 0.0]))[1];
    assert!(close(q, 4.0), "{q}");
}

#[test]
fn the_named_variable_is_the_one_whose_reconstruction_helps_the_most() {
    // By search: replace one reading by whatever makes the index least.
    let config = plane(0);
    let index = |z: [f64; 4]| {
        let out = start(&config).update(&at(z)).to_vec();
        out[0] / config.t2_limit + out[1] / config.q_limit
    };
    for z in [[2.0, -1.0, 0.5, 3.0], [0.3, 0.2, -2.0, -2.5], [4.0, 1.0, 1.0, 1.0]] {
        let least = |i: usize| {
            (-800..800)
                .map(|step| {
                    let mut y = z;
                    y[i] = f64::from(step) * 0.01;
                    index(y)
                })
                .fold(f64::INFINITY, f64::min)
        };
        let rest: Vec<f64> = (0..4).map(least).collect();
        let named = start(&config).update(&at(z))[3] as usize;
        assert!(rest.iter().all(|r| rest[named] <= r + 1e-3), "{z:?}: {named} {rest:?}");
    }
}
