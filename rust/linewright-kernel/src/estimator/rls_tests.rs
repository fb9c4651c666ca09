//! Against the sums it stands for, and over a long time.

use super::*;
use crate::RunningVector;

fn usual() -> Rls {
    Rls {
        regressors: 3,
        memory_s: Some(4.0),
        initial_covariance: 1e3,
        initial_parameters: vec![1.0, -1.0, 0.5],
        dead_zone: 0.0,
        covariance_bound: Some(1e9),
    }
}

fn start(config: &Rls) -> RunningVector<RlsKernel> {
    RunningVector::new::<Rls>(config.design(0.1).unwrap())
}

/// `[y, r...]` of sample `t`.
fn sample(t: u32) -> [f64; 4] {
    let t = f64::from(t);
    let r = [1.0, (0.7 * t).sin(), (0.05 * t * t).cos()];
    [2.0 + 3.0 * r[1] - 1.5 * r[2] + 0.1 * (2.9 * t).sin(), r[0], r[1], r[2]]
}

#[test]
fn it_is_weighted_least_squares_with_its_start_as_one_more_sample() {
    for memory_s in [None, Some(4.0)] {
        let config = Rls { memory_s, ..usual() };
        let forget = memory_s.map_or(1.0, |m: f64| (-0.1 / m).exp());
        let mut running = start(&config);
        // Normal equations, with the start at its weight.
        let (mut a, mut b) = ([0.0; 9], [0.0; 3]);
        for i in 0..3 {
            a[4 * i] = 1.0 / config.initial_covariance;
            b[i] = config.initial_parameters[i] / config.initial_covariance;
        }
        for t in 0..400 {
            let given = sample(t);
            let r = &given[1..];
            for i in 0..3 {
                b[i] = forget * b[i] + r[i] * given[0];
                for j in 0..3 {
                    a[3 * i + j] = forget * a[3 * i + j] + r[i] * r[j];
                }
            }
            let out = running.update(&given).to_vec();
            let mut solved = b;
            assert!(dense::solve(&mut a.clone(), 3, &mut solved, 1));
            for (x, y) in out.iter().zip(solved) {
                assert!((x - y).abs() < 1e-8, "{memory_s:?}, sample {t}: {out:?} {solved:?}");
            }
        }
    }
}

#[test]
fn the_error_is_that_of_the_prediction_before_the_update() {
    let mut running = start(&usual());
    let out = running.update(&[10.0, 1.0, 2.0, 4.0]);
    assert_eq!(out[3], 10.0 - (1.0 - 2.0 + 2.0));
}

#[test]
fn a_drift_of_a_gain_is_followed_over_the_memory() {
    let mut running = start(&Rls { regressors: 1, initial_parameters: vec![2.0], ..usual() });
    let excitation = |t: u32| (0.7 * f64::from(t)).sin();
    for t in 0..200 {
        running.update(&[2.0 * excitation(t), excitation(t)]);
    }
    for t in 200..600 {
        running.update(&[3.0 * excitation(t), excitation(t)]);
    }
    // 40 s of a memory of 4 s: e^-10 of the old gain is left.
    let gain = running.last()[0];
    assert!((gain - 3.0).abs() < 2e-4, "{gain}");
}

#[test]
fn regressors_that_stand_still_do_not_wind_it_up() {
    let shaken = |bound: Option<f64>| {
        let config = Rls { initial_covariance: 10.0, covariance_bound: bound, ..usual() };
        let mut running = start(&config);
        (0..400).for_each(|t| _ = running.update(&sample(t)));
        // An hour with nothing but the constant, then one disturbed reading with a small move.
        (0..36_000).for_each(|_| _ = running.update(&[2.0, 1.0, 0.0, 0.0]));
        running.update(&[2.0 + 1.0, 1.0, 0.01, 0.0])[1]
    };
    // 1/0.01 of a gain is what the single reading says; the bound keeps most of the 3 learnt before.
    assert!((shaken(None) - 3.0).abs() < 0.2, "{}", shaken(None));
    assert!((shaken(Some(1e9)) - 3.0).abs() > 50.0, "{}", shaken(Some(1e9)));
}

#[test]
fn within_the_dead_zone_nothing_moves() {
    let mut running = start(&Rls { dead_zone: 0.5, ..usual() });
    (0..300).for_each(|t| _ = running.update(&sample(t)));
    let mut bytes = vec![0; running.state_len()];
    assert!(running.save(&mut bytes));
    let before = running.last().to_vec();
    let told = before[0] + 0.4 * before[1];
    for off in [0.49, -0.49] {
        let out = running.update(&[told + off, 1.0, 0.4, 0.0]).to_vec();
        assert_eq!(out[..3], before[..3]);
    }
    assert_ne!(running.update(&[told + 0.6, 1.0, 0.4, 0.0])[..3], before[..3]);
}

/// Runs it on regressors that are almost the same; gives the smallest `D` and the parameters.
fn long_run(samples: u64, memory_s: Option<f64>) -> (f64, Vec<f64>) {
    let config = Rls { memory_s, covariance_bound: Some(1e12), ..usual() };
    let mut running = start(&config);
    let mut least = f64::INFINITY;
    let mut bytes = vec![0; running.state_len()];
    for t in 0..samples {
        let x = (t as f64 * 0.37).sin();
        let alike = x + 1e-7 * (t as f64 * 1.3).cos();
        let noise = 0.1 * (t as f64 * 2.1).sin();
        running.update(&[2.0 + x + 3.0 * alike + noise, 1.0, x, alike]);
        if t % 1000 == 999 {
            assert!(running.save(&mut bytes));
            let word = |i: usize| f64::from_le_bytes(bytes[8 * i..8 * i + 8].try_into().unwrap());
            least = (4..7).map(word).fold(least, f64::min);
        }
    }
    (least, running.last().to_vec())
}

#[test]
fn regressors_almost_alike_leave_it_a_covariance() {
    for memory_s in [None, Some(10.0)] {
        let (least, out) = long_run(200_000, memory_s);
        assert!(least >= 0.0, "{least}");
        assert!((out[0] - 2.0).abs() < 0.1 && (out[1] + out[2] - 4.0).abs() < 0.1, "{out:?}");
    }
}

#[test]
#[ignore = "ten million samples: half a minute"]
fn ten_million_samples_leave_it_a_covariance() {
    for memory_s in [None, Some(10.0)] {
        let (least, out) = long_run(10_000_000, memory_s);
        assert!(least >= 0.0, "{least}");
        assert!((out[0] - 2.0).abs() < 0.1 && (out[1] + out[2] - 4.0).abs() < 0.1, "{out:?}");
    }
}
