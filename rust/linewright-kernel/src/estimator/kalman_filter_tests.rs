//! Against other people's filters (`tests/reference/kalman_filter.py`), and what the model promises.

use super::*;
use crate::RunningVector;

type Rows<'a> = &'a [&'a [f64]];

fn rows(of: Rows<'_>) -> Vec<Vec<f64>> {
    of.iter().map(|row| row.to_vec()).collect()
}

fn diagonal(of: &[f64]) -> Vec<Vec<f64>> {
    let row = |i: usize| (0..of.len()).map(|j| if i == j { of[i] } else { 0.0 }).collect();
    (0..of.len()).map(row).collect()
}

fn four() -> KalmanFilter {
    let (a, b, c) = (0.1, 0.1 * 0.1 / 2.0, 0.1 * 0.1 * 0.1 / 6.0);
    KalmanFilter {
        transition: rows(&[
            &[1.0, a, b, c],
            &[0.0, 1.0, a, b],
            &[0.0, 0.0, 1.0, a],
            &[0.0, 0.0, 0.0, 1.0],
        ]),
        measurement: rows(&[&[1.0, 0.0, 0.0, 0.0]]),
        process_noise: diagonal(&[0.0, 1e-4, 1e-3, 1e-2]),
        measurement_noise: rows(&[&[0.25]]),
        initial_state: vec![],
        initial_covariance: diagonal(&[4.0, 1.0, 1.0, 0.5]),
        control: vec![],
        continuous: false,
        steady_state: false,
        state_only: false,
    }
}

fn three() -> KalmanFilter {
    KalmanFilter {
        transition: rows(&[&[0.9, 0.1, 0.0], &[-0.2, 0.8, 0.1], &[0.0, 0.05, 0.95]]),
        measurement: rows(&[&[1.0, 0.0, 0.5], &[0.0, 1.0, -1.0]]),
        process_noise: rows(&[&[0.04, 0.01, 0.0], &[0.01, 0.09, 0.02], &[0.0, 0.02, 0.05]]),
        measurement_noise: rows(&[&[0.5, 0.2], &[0.2, 0.3]]),
        initial_covariance: diagonal(&[1.0, 1.0, 1.0]),
        ..four()
    }
}

fn oscillator() -> KalmanFilter {
    KalmanFilter {
        transition: rows(&[&[0.0, 1.0], &[-2.0, -0.3]]),
        measurement: rows(&[&[1.0, 0.0]]),
        process_noise: diagonal(&[0.0, 0.7]),
        measurement_noise: rows(&[&[0.04]]),
        initial_covariance: diagonal(&[1.0, 1.0]),
        control: rows(&[&[0.0], &[1.5]]),
        continuous: true,
        ..four()
    }
}

fn reading(t: usize, i: usize) -> f64 {
    let (t, i) = (t as f64, i as f64);
    2.0 * (0.3 * t + i).sin() + 0.5 * (1.7 * t * (i + 1.0)).cos() + 0.05 * t
}

fn start(config: &KalmanFilter) -> RunningVector<KalmanFilterKernel> {
    RunningVector::new::<KalmanFilter>(config.design(0.1).unwrap())
}

/// Sixty samples; gives the last output and the sum of the log-likelihoods.
fn run(config: &KalmanFilter, missing: impl Fn(usize, usize) -> bool) -> (Vec<f64>, f64) {
    let mut running = start(config);
    let m = config.measurement.len();
    let (mut out, mut total) = (Vec::new(), 0.0);
    for t in 0..60 {
        let read = |i: usize| if missing(t, i) { f64::NAN } else { reading(t, i) };
        let mut input: Vec<f64> = (0..m).map(read).collect();
        if !config.control.is_empty() {
            input.push((0.11 * (t * t) as f64).sin());
        }
        out = running.update(&input).to_vec();
        total += out.last().unwrap();
    }
    (out, total)
}

/// Compares state, standard deviations, last nis and total likelihood.
fn agrees(found: (Vec<f64>, f64), state: &[f64], sd: &[f64], nis: f64, total: f64) {
    let (out, sum) = found;
    let given = state.iter().chain(sd).copied();
    let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * y.abs().max(1.0);
    for (x, y) in out.iter().zip(given) {
        assert!(close(*x, y), "{out:?}: {x} is not {y}");
    }
    assert!(close(out[out.len() - 2], nis), "nis {}", out[out.len() - 2]);
    assert!(close(sum, total), "log-likelihood {sum}");
}

#[test]
fn four_states_one_measurement_as_filterpy() {
    agrees(
        run(&four(), |_, _| false),
        &[1.194041703399747, -2.844219119202233, -3.245023839981382, -1.4115931720064014],
        &[0.26045085462253464, 0.49936966060093807, 0.6135464380238327, 0.475440982075485],
        0.9569323916328522,
        -240.61066872760213,
    );
    agrees(
        run(&four(), |t, _| t % 7 == 3),
        &[0.9509308492579291, -3.024249771377184, -3.2789498817101714, -1.3978596983957206],
        &[0.30962307540586387, 0.5688351131131126, 0.6633862481409318, 0.48837844418488424],
        0.0,
        -208.71653217762213,
    );
}

#[test]
fn correlated_measurements_and_a_control_as_filterpy() {
    let config = KalmanFilter {
        initial_state: vec![1.0, -1.0, 0.5],
        control: rows(&[&[0.5], &[0.0], &[-0.3]]),
        ..three()
    };
    agrees(
        run(&config, |_, _| false),
        &[0.37021789093092866, -0.04880396333094428, -1.2375046424936826],
        &[0.31932674968825564, 0.5446495321162744, 0.4909425438331434],
        17.622129923504033,
        -269.36613427625235,
    );
}

#[test]
fn measurements_that_are_missing_one_by_one_are_left_out() {
    agrees(
        run(&three(), |t, i| (t + 2 * i) % 5 == 0 || t % 11 == 4),
        &[0.7475935763369173, -0.9160016797048421, -1.215912881006242],
        &[0.35321149795287965, 0.5775715845213136, 0.556808150978638],
        0.0,
        -202.9295365166447,
    );
}

#[test]
fn a_continuous_model_is_taken_over_the_period_exactly() {
    agrees(
        run(&oscillator(), |_, _| false),
        &[0.44373473021052967, -3.2027032330815555],
        &[0.12018180015063334, 0.45656428399349014],
        53.36490483871691,
        -368.35199345227386,
    );
    // A stiff one: e^(-1e5) over a period, and the variance a first-order lag settles at.
    let stiff = KalmanFilter {
        transition: rows(&[&[-1e6]]),
        measurement: rows(&[&[1.0]]),
        process_noise: rows(&[&[8e6]]),
        initial_covariance: rows(&[&[0.0]]),
        control: rows(&[&[2e6]]),
        ..oscillator()
    };
    let kernel = stiff.design(0.1).unwrap();
    assert!(kernel.f[0].abs() < 1e-300 && (kernel.q[0] - 4.0).abs() < 1e-9);
    assert!((kernel.b[0] - 2.0).abs() < 1e-9);
}

#[test]
fn the_settled_gain_is_that_of_the_riccati_equation() {
    let config = KalmanFilter { steady_state: true, initial_covariance: vec![], ..three() };
    agrees(
        run(&config, |_, _| false),
        &[0.9596029082508417, -0.33466914953075677, -1.7091408149195768],
        &[0.3193267495942719, 0.5446495238931557, 0.49094253538797605],
        14.25926237055691,
        -261.784242374955,
    );
    // A filter that was left to settle gives the same.
    let (mut settling, mut settled) = (start(&three()), start(&config));
    for t in 0..2000 {
        let y = [reading(t, 0), reading(t, 1)];
        let (a, b) = (settling.update(&y).to_vec(), settled.update(&y).to_vec());
        if t > 1000 {
            let same = a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 1e-9 * y.abs().max(1.0));
            assert!(same, "{t}: {a:?} {b:?}");
        }
    }
}

#[test]
fn a_state_that_never_settles_is_refused_only_with_a_settled_gain() {
    // The second state is neither seen nor dies out.
    let config = KalmanFilter {
        transition: diagonal(&[0.9, 1.0]),
        measurement: rows(&[&[1.0, 0.0]]),
        process_noise: diagonal(&[1.0, 1.0]),
        measurement_noise: rows(&[&[1.0]]),
        initial_covariance: diagonal(&[1.0, 1.0]),
        ..four()
    };
    assert!(config.design(0.1).is_ok());
    let unseen = KalmanFilter { steady_state: true, ..config.clone() };
    assert_eq!(unseen.design(0.1).unwrap_err().parameter, "steady_state");
    // A constant that nothing moves: its gain goes to zero and never gets there.
    let constant = KalmanFilter {
        transition: rows(&[&[1.0]]),
        measurement: rows(&[&[1.0]]),
        process_noise: rows(&[&[0.0]]),
        ..unseen
    };
    assert_eq!(constant.design(0.1).unwrap_err().parameter, "steady_state");
}

#[test]
fn a_kept_gain_gives_what_a_fresh_one_gives() {
    // The oscillator settles within a few hundred samples; a filter whose kept gain is taken away each
    // sample goes the long way.
    let config = KalmanFilter { control: vec![], ..oscillator() };
    let (mut kept, mut fresh) = (start(&config), start(&config));
    let mut bytes = vec![0; fresh.state_len()];
    let mut quick = 0;
    for t in 0..3000 {
        // Word 1 of the state names the coefficients whose gain has settled.
        assert!(fresh.save(&mut bytes));
        quick += u32::from(bytes[8..16] != [0; 8]);
        bytes[8..16].fill(0);
        assert!(fresh.restore(&bytes));
        let y = [if t == 1500 { f64::NAN } else { reading(t, 0) }];
        let (a, b) = (kept.update(&y).to_vec(), fresh.update(&y).to_vec());
        let same = a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 1e-10 * y.abs().max(1.0));
        assert!(same, "{t}: {a:?} {b:?}");
    }
    assert!(quick > 2000, "{quick}");
}

#[test]
fn other_coefficients_do_not_use_the_gain_that_was_kept() {
    let mut running = start(&three());
    for t in 0..1000 {
        running.update(&[reading(t, 0), reading(t, 1)]);
    }
    let deaf = KalmanFilter { measurement_noise: diagonal(&[1e12, 1e12]), ..three() };
    assert!(running.retune::<KalmanFilter>(deaf.design(0.1).unwrap()));
    let z = running.update(&[1e6, -1e6])[8];
    // Innovations of a million, standard deviations of a million.
    assert!(z.abs() < 1.1, "{z}");
}

#[test]
fn a_gap_widens_and_a_missing_control_keeps_its_value() {
    let config = KalmanFilter { control: rows(&[&[0.5], &[0.0], &[-0.3]]), ..three() };
    let (mut running, mut other) = (start(&config), start(&config));
    for t in 0..50 {
        let y = [reading(t, 0), reading(t, 1)];
        running.update(&[y[0], y[1], 2.0]);
        other.update(&[y[0], y[1], 2.0]);
    }
    let before = running.last()[3];
    let gap = [f64::NAN, f64::NAN, f64::NAN];
    let out = running.update(&gap).to_vec();
    assert_eq!(out, other.update(&[f64::NAN, f64::NAN, 2.0]));
    assert!(out[3] > before && out[6..].iter().all(|x| *x == 0.0), "{out:?}");
}

#[test]
fn a_variance_that_is_measured_ten_thousand_times_finer_stays_positive() {
    // Joseph's form against the cancellation that the short form suffers from.
    let config = KalmanFilter {
        measurement_noise: rows(&[&[1e-13]]),
        initial_covariance: diagonal(&[1e6, 1e6, 1e6, 1e6]),
        ..four()
    };
    let mut running = start(&config);
    for t in 0..2000 {
        let out = running.update(&[reading(t, 0)]);
        assert!(out[4..8].iter().all(|sd| *sd > 0.0 && *sd < 1e4), "{t}: {out:?}");
    }
}

#[test]
fn matrices_that_do_not_fit_are_refused_by_name() {
    let cases = [
        (KalmanFilter { transition: vec![], ..four() }, "transition"),
        (KalmanFilter { measurement: rows(&[&[1.0]]), ..four() }, "measurement"),
        (
            KalmanFilter { process_noise: diagonal(&[-1.0, 1.0, 1.0, 1.0]), ..four() },
            "process_noise",
        ),
        (KalmanFilter { measurement_noise: rows(&[&[0.0]]), ..four() }, "measurement_noise"),
        (KalmanFilter { initial_covariance: vec![], ..four() }, "initial_covariance"),
        (KalmanFilter { initial_state: vec![1.0], ..four() }, "initial_state"),
        (KalmanFilter { control: rows(&[&[1.0]]), ..four() }, "control"),
        (
            KalmanFilter { measurement_noise: rows(&[&[1.0, 0.5], &[0.4, 1.0]]), ..three() },
            "measurement_noise",
        ),
        (
            KalmanFilter { measurement_noise: rows(&[&[1.0, 2.0], &[2.0, 1.0]]), ..three() },
            "measurement_noise",
        ),
    ];
    for (config, name) in cases {
        assert_eq!(config.design(0.1).unwrap_err().parameter, name);
    }
    // Noise that moves two states as one has no inverse and is fine.
    let one = rows(&[&[1.0, 2.0, 0.0], &[2.0, 4.0, 0.0], &[0.0, 0.0, 0.0]]);
    assert!(KalmanFilter { process_noise: one, ..three() }.design(0.1).is_ok());
}

#[test]
fn the_state_alone_is_the_same_state() {
    let (mut whole, mut alone) =
        (start(&three()), start(&KalmanFilter { state_only: true, ..three() }));
    for t in 0..100 {
        let y = [reading(t, 0), if t % 9 == 4 { f64::NAN } else { reading(t, 1) }];
        assert_eq!(whole.update(&y)[..3], *alone.update(&y));
    }
}
