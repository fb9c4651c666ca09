//! Charts that learn their limits: what they promise, measured.
#![allow(clippy::unwrap_used)]

mod random;

use linewright_kernel::detector::Chart;
use linewright_kernel::{ArCusum, Cusum, Design, GuardedCusum, Running};
use random::Random;

type Guarded = Running<<GuardedCusum as Design>::Kernel, [f64; 0]>;

const ALARM: usize = 3;

/// The chart as it comes, with the threshold for `arl0`.
fn guarded(arl0: f64) -> GuardedCusum {
    let any = r#"{"k": 0.5, "h": 1.0, "restart": true}"#;
    serde_json::from_str::<GuardedCusum>(any).unwrap().with_arl0(arl0).unwrap()
}

fn start(config: &GuardedCusum) -> Guarded {
    Running::new(config.design(1.0).unwrap(), [])
}

/// Readings until the first alarm (to either side, or up to `most`).
fn run_length(chart: &mut Guarded, most: u32, mut reading: impl FnMut(u32) -> f64) -> u32 {
    (0..most).find(|t| chart.update([reading(*t), 0.0])[ALARM] != 0.0).map_or(most, |t| t + 1)
}

/// Mean run length in control given the first readings, for each of many sets of them; as shares of the
/// nominal, in order.
fn conditional(arl0: f64, first: u32, sets: u32, futures: u32, seed: u64) -> Vec<f64> {
    let config = guarded(arl0);
    let mut random = Random(seed);
    let mut shares: Vec<f64> = (0..sets)
        .map(|_| {
            let mut chart = start(&config);
            for _ in 0..first {
                chart.update([random.normal(), 0.0]);
            }
            let most = (30.0 * arl0) as u32;
            let total: f64 = (0..futures)
                .map(|_| f64::from(run_length(&mut chart.clone(), most, |_| random.normal())))
                .sum();
            total / f64::from(futures) / arl0
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    shares
}

fn quantile(sorted: &[f64], p: f64) -> f64 {
    sorted[(p * (sorted.len() - 1) as f64).round() as usize]
}

/// Prints what was measured and asks for the promise.
fn promises_its_run_length(arl0: f64, first: u32, sets: u32, futures: u32, seed: u64) {
    let shares = conditional(arl0, first, sets, futures, seed);
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let (low, middle) = (quantile(&shares, 0.1), quantile(&shares, 0.5));
    println!("ARL0 {arl0} after {first}: 10 % {low:.3}, median {middle:.3}, mean {mean:.3}");
    assert!(low >= 0.6, "10 % quantile {low} of nominal");
    assert!((0.9..1.5).contains(&mean), "mean {mean} of nominal");
}

/// Mean delay to `shift(t)` after `good` readings in control that did not alarm, and how many of the runs
/// needed 1000 readings or more.
fn delay(
    config: &GuardedCusum,
    good: u32,
    shift: impl Fn(u32) -> f64,
    runs: u32,
    seed: u64,
) -> (f64, u32) {
    let mut random = Random(seed);
    let (mut total, mut late, mut done) = (0.0, 0, 0);
    while done < runs {
        let mut chart = start(config);
        if run_length(&mut chart, good, |_| random.normal()) < good {
            continue;
        }
        let length = run_length(&mut chart, 20_000, |t| shift(t) + random.normal());
        total += f64::from(length);
        late += u32::from(length >= 1000);
        done += 1;
    }
    (total / f64::from(runs), late)
}

/// As [`delay`], of a chart that is told mean and sigma.
fn delay_when_known(shift: impl Fn(u32) -> f64, arl0: f64, runs: u32, seed: u64) -> f64 {
    let any = Cusum { mean: 0.0, sigma: 1.0, k: 0.5, h: 1.0, restart: true, head_start: 0.0 };
    let kernel = any.with_arl0(arl0).unwrap().design(1.0).unwrap();
    let mut random = Random(seed);
    let lengths = (0..runs).map(|_| {
        let mut chart = Running::new(kernel, []);
        let found = |t: &u32| chart.update(shift(*t) + random.normal())[2] != 0.0;
        (0..20_000).find(found).map_or(20_000, |t| t + 1)
    });
    lengths.map(f64::from).sum::<f64>() / f64::from(runs)
}

#[test]
fn fifty_readings_are_enough_for_the_run_length_promised() {
    promises_its_run_length(370.398, 50, 120, 120, 1);
}

#[test]
#[ignore = "full count: half a minute"]
fn fifty_readings_are_enough_for_the_run_length_promised_full() {
    for (seed, first) in [(2, 50), (3, 100), (4, 400)] {
        promises_its_run_length(370.398, first, 1000, 400, seed);
        promises_its_run_length(5000.0, first, 150, 150, seed + 10);
    }
}

#[test]
fn a_slow_ramp_is_found_while_limits_adapt() {
    let ramp = |t| 0.005 * f64::from(t);
    let known = delay_when_known(ramp, 1000.0, 400, 5);
    for (memory, most) in [(None, 1.25 * known), (Some(200.0), 1.4 * known)] {
        let config = GuardedCusum { memory, ..guarded(1000.0) };
        let (mean, late) = delay(&config, 200, ramp, 400, 5);
        println!(
            "ramp of .005 sigma, memory {memory:?}: {mean:.1} readings ({known:.1} when known), {late} of 400 late"
        );
        assert!(mean < most && late == 0, "{memory:?}: {mean}, {late} late");
    }
}

#[test]
fn a_shift_after_few_readings_is_found() {
    for good in [50, 100, 400] {
        let (mean, late) = delay(&guarded(370.398), good, |_| 1.0, 1000, 6);
        println!("1 sigma after {good}: {mean:.1} readings, {late} of 1000 late");
        let known = delay_when_known(|_| 1.0, 370.398, 1000, 6);
        assert!(mean < if good < 100 { 2.5 } else { 1.5 } * known && late <= 10, "{mean} {known}");
    }
}

/// A stream of AR(1) with standard deviation 1 about 200.
struct Wander {
    phi: f64,
    x: f64,
    random: Random,
}

impl Wander {
    fn new(phi: f64, seed: u64) -> Self {
        let mut random = Random(seed);
        Self { phi, x: random.normal(), random }
    }
    fn next(&mut self) -> f64 {
        self.x = self.phi * self.x + (1.0 - self.phi * self.phi).sqrt() * self.random.normal();
        200.0 + self.x
    }
}

/// Mean run length of the chart in control after it has learned, as a share of the nominal; each run learns
/// a model of its own.
fn share_when_autocorrelated(phi: f64, learn: u32, arl0: f64, runs: u32, seed: u64) -> f64 {
    let any = format!(r#"{{"order": 1, "k": 0.5, "h": 1.0, "restart": true, "learn": {learn}}}"#);
    let config = serde_json::from_str::<ArCusum>(&any).unwrap().with_arl0(arl0).unwrap();
    let kernel = config.design(1.0).unwrap();
    let mut total = 0.0;
    for run in 0..runs {
        let mut wander = Wander::new(phi, seed + u64::from(run) * 7919);
        let mut chart = Running::new(kernel, []);
        for _ in 0..learn {
            assert_eq!(chart.update([wander.next(), 0.0])[ALARM], 0.0);
        }
        let alarms = |_: &u32| chart.update([wander.next(), 0.0])[ALARM] != 0.0;
        let most = (50.0 * arl0) as u32;
        total += f64::from((0..most).find(alarms).map_or(most, |t| t + 1));
    }
    let share = total / f64::from(runs) / arl0;
    println!("AR(1) {phi}, {learn} readings, ARL0 {arl0}: {share:.3} of it");
    share
}

#[test]
fn an_autocorrelated_stream_keeps_its_run_length() {
    assert!(share_when_autocorrelated(0.75, 500, 370.398, 1000, 7) >= 0.8);
}

#[test]
#[ignore = "full count: half a minute"]
fn an_autocorrelated_stream_keeps_its_run_length_full() {
    for phi in [0.5, 0.75, 0.9] {
        for (learn, arl0) in [(200, 370.398), (500, 370.398), (500, 1000.0), (2000, 5000.0)] {
            let share = share_when_autocorrelated(phi, learn, arl0, 2000, 8);
            assert!(share >= if learn < 500 { 0.7 } else { 0.8 }, "{share}");
        }
    }
}
