//! The multivariate charts, run on normal readings, alarm as often as they say.
#![allow(clippy::unwrap_used)]

mod random;

use linewright_kernel::detector::Chart;
use linewright_kernel::{Hotelling, Mewma, RunningVector, VectorDesign};
use random::Random;

const RUNS: u32 = 4_000;

/// Correlated readings: `x = mean + lower * n`; their covariance is `lower * lower'`.
const LOWER: [[f64; 3]; 3] = [[2.0, 0.0, 0.0], [1.5, 0.5, 0.0], [-0.3, 0.8, 3.0]];
const MEAN: [f64; 3] = [50.0, 7.0, -1.0];

fn covariance(p: usize) -> Vec<Vec<f64>> {
    let at = |i: usize, j: usize| (0..3).map(|k| LOWER[i][k] * LOWER[j][k]).sum();
    (0..p).map(|i| (0..p).map(|j| at(i, j)).collect()).collect()
}

/// The first `p` readings of one sample, shifted by the Mahalanobis length `shift` along `way`.
fn reading(random: &mut Random, p: usize, shift: f64, way: [f64; 3]) -> Vec<f64> {
    let length = way[..p].iter().map(|w| w * w).sum::<f64>().sqrt();
    let n: Vec<f64> = (0..p).map(|k| random.normal() + shift * way[k] / length).collect();
    (0..p).map(|i| MEAN[i] + (0..=i).map(|k| LOWER[i][k] * n[k]).sum::<f64>()).collect()
}

/// Asserts that the mean run length is within three standard errors of what the chart says.
fn agrees<C: VectorDesign + Chart>(config: &C, p: usize, shift: f64, way: [f64; 3], seed: u64) {
    let kernel = config.design(1.0).unwrap();
    let mut random = Random(seed);
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..RUNS {
        let mut chart = RunningVector::new::<C>(kernel.clone());
        let mut length = 0.0;
        loop {
            length += 1.0;
            if chart.update(&reading(&mut random, p, shift, way))[1] != 0.0 {
                break;
            }
        }
        sum += length;
        squares += length * length;
    }
    let runs = f64::from(RUNS);
    let mean = sum / runs;
    let error = ((squares / runs - mean * mean) / runs).sqrt();
    let exact = config.arl(shift).unwrap();
    assert!((mean - exact).abs() < 3.0 * error, "{}: {mean} +- {error}, exact {exact}", C::NAME);
    assert!(error < 0.03 * exact);
}

#[test]
fn mewma_of_two_and_of_three() {
    let chart = |p: usize, weight, limit| Mewma {
        mean: MEAN[..p].to_vec(),
        covariance: covariance(p),
        weight,
        limit,
        exact_start: false,
    };
    agrees(&chart(2, 0.1, 8.64), 2, 0.0, [1.0, 0.0, 0.0], 1);
    agrees(&chart(2, 0.1, 8.64), 2, 1.0, [1.0, 0.0, 0.0], 2);
    let three = chart(3, 0.2, 1.0).with_arl0(200.0).unwrap();
    agrees(&three, 3, 0.0, [1.0, 0.0, 0.0], 3);
    // The way of the shift does not matter, its Mahalanobis length does.
    agrees(&three, 3, 0.7, [1.0, -2.0, 0.5], 4);
    agrees(&three, 3, 2.0, [0.0, 0.3, 1.0], 5);
}

#[test]
fn hotelling_of_two() {
    let any = Hotelling { mean: MEAN[..2].to_vec(), covariance: covariance(2), limit: 1.0 };
    let chart = any.with_arl0(200.0).unwrap();
    for (seed, shift) in [(6, 0.0), (7, 1.0), (8, 2.0)] {
        agrees(&chart, 2, shift, [0.4, 1.0, 0.0], seed);
    }
}
