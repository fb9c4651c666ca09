//! What a drive would notice: limits, overshoot, arrival.

use super::*;
use crate::Running;

const PERIOD_S: f64 = 0.01;
const V: f64 = 2.0;
const A: f64 = 5.0;
const J: f64 = 40.0;

fn start() -> Running<SCurveKernel, [f64; 0]> {
    let config = SCurve { velocity_per_s: V, acceleration_per_s2: A, jerk_per_s3: J };
    let mut running = Running::new(config.design(PERIOD_S).unwrap(), []);
    assert_eq!(running.update([7.0, 0.0, 1.0]), [0.0, 0.0, 0.0]);
    running
}

/// Moves to `target`; gives every position until it stands there.
fn go(running: &mut Running<SCurveKernel, [f64; 0]>, target: f64) -> Vec<f64> {
    let mut way = vec![];
    while way.len() < 100_000 {
        let [y, v, a] = running.update([target, 0.0, 1.0]);
        assert!(v.abs() <= V + 1e-9 && a.abs() <= A + 1e-9, "{v} {a}");
        way.push(y);
        if y == target && v == 0.0 && a == 0.0 {
            return way;
        }
    }
    panic!("{target} is never reached");
}

/// Largest first, second and third difference over the powers of the period.
fn rates(way: &[f64]) -> [f64; 3] {
    let mut found = [0.0_f64; 3];
    let mut line = way.to_vec();
    for rate in &mut found {
        line = line.windows(2).map(|w| (w[1] - w[0]) / PERIOD_S).collect();
        *rate = line.iter().fold(0.0, |a, b| a.max(b.abs()));
    }
    found
}

#[test]
fn long_short_and_tiny_moves_keep_every_limit_and_arrive_without_overshoot() {
    for target in [10.0, -3.0, 1.0, 0.1, -0.004, 1e-7, 1e3] {
        let mut running = start();
        let mut way = vec![0.0; 4];
        way.extend(go(&mut running, target));
        let [v, a, j] = rates(&way);
        assert!(v <= V * (1.0 + 1e-7) && a <= A + 1e-6 && j <= J + 1e-2, "{target}: {v} {a} {j}");
        let passed = way.iter().any(|y| y / target > 1.0 || y / target < 0.0);
        assert!(!passed, "{target}");
        assert!(way.windows(2).all(|w| (w[1] - w[0]) * target >= 0.0), "{target} turns back");
    }
}

#[test]
fn a_move_from_rest_takes_the_least_time_there_is() {
    // Full shape: distance/v + v/a + a/j. Too short for the velocity: 2 ramps of triangular or cut jerk.
    let least = |d: f64| {
        let full = d / V + V / A + A / J;
        let no_cruise = A / J + ((A / J).powi(2) + 4.0 * d / A).sqrt();
        let no_hold = 4.0 * (d / (2.0 * J)).cbrt();
        if d >= V * (V / A + A / J) {
            full
        } else if d >= 2.0 * A.powi(3) / J.powi(2) {
            no_cruise
        } else {
            no_hold
        }
    };
    for d in [50.0, 3.0, 1.05, 1.0, 0.5, 0.16, 0.1, 1e-3] {
        let samples = go(&mut start(), d).len();
        let expected = (least(d) / PERIOD_S - 1e-9).ceil() as usize;
        assert!(samples.abs_diff(expected) <= 1, "{d}: {samples} {expected}");
    }
}

#[test]
fn a_target_that_changes_at_any_time_breaks_no_limit() {
    let mut seed = 11_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut running = start();
    let (mut way, mut target) = (vec![0.0; 4], 0.0);
    for _ in 0..400_000 {
        if random() < 0.02 {
            target = 6.0 * random() - 3.0;
        } else if random() < 0.02 {
            target += 1e-3 * (random() - 0.5);
        }
        let [y, v, a] = running.update([target, 0.0, 1.0]);
        assert!(v.abs() <= V + 1e-9 && a.abs() <= A + 1e-9, "{v} {a}");
        way.push(y);
    }
    let [v, a, j] = rates(&way);
    assert!(v <= V + 1e-9 && a <= A + 1e-6 && j <= J + 1e-2, "{v} {a} {j}");
    // Bounds that nothing reaches would prove nothing.
    assert!(v > 0.99 * V && a > 0.99 * A && j > 0.9 * J, "{v} {a} {j}");
    go(&mut running, 1.25);
}

#[test]
fn a_target_that_moves_away_is_not_passed() {
    let mut running = start();
    let mut target = 1.0;
    let mut last = 0.0;
    for t in 0..600 {
        target += if t < 300 { 0.004 } else { 0.0 };
        let [y, ..] = running.update([target, 0.0, 1.0]);
        assert!(y <= target && y >= last, "{t}: {y} {target}");
        last = y;
    }
    assert_eq!(last, target);
}

#[test]
fn a_plan_from_any_motion_ends_at_its_target() {
    let limits = Limits { v: V, a: A, j: J };
    for i in 0..=40 {
        let a = A * (f64::from(i) / 20.0 - 1.0);
        for k in 0..=40 {
            // Velocities that the acceleration does not carry beyond the limit.
            let v = (V - a * a / (2.0 * J)) * (f64::from(k) / 20.0 - 1.0);
            for gap in [-30.0, -0.8, -0.05, 0.0, 0.02, 0.3, 2.0] {
                let mut s: SCurveState = bytemuck::Zeroable::zeroed();
                s.motion = Motion { gap, v, a };
                s.plan(limits);
                let way = limits.over(v, a, s.peak).2 + s.peak * s.left_s[3];
                assert!((way - gap).abs() < 1e-9, "{v} {a} {gap}: {way}");
            }
        }
    }
}

#[test]
fn off_it_follows_and_the_way_back_begins_there_at_rest() {
    let mut running = start();
    for _ in 0..50 {
        running.update([5.0, 0.0, 1.0]);
    }
    assert_eq!(running.update([5.0, 3.25, 0.0]), [3.25, 0.0, 0.0]);
    let [y, v, _] = running.update([5.0, 0.0, 1.0]);
    assert!((y - 3.25).abs() < J * PERIOD_S.powi(3) && v > 0.0);
}

#[test]
fn a_lower_limit_is_met_and_kept() {
    let mut running = start();
    for _ in 0..150 {
        running.update([20.0, 0.0, 1.0]);
    }
    let slow = SCurve { velocity_per_s: 0.5, acceleration_per_s2: 2.0, jerk_per_s3: 10.0 };
    assert!(running.retune(slow.design(PERIOD_S).unwrap()));
    let mut steps = vec![];
    let mut last = running.last()[0];
    while last < 20.0 && steps.len() < 10_000 {
        let [y, ..] = running.update([20.0, 0.0, 1.0]);
        steps.push((y - last) / PERIOD_S);
        last = y;
    }
    assert_eq!(last, 20.0);
    // From 2 to 0.5 at 2 per s^2 under a jerk of 10 takes 0.95 s.
    assert!(steps.iter().skip(97).all(|v| *v <= 0.5 + 1e-9));
}
