//! Rules against their published figures, forms against each other, the feed-forward by simulation.

use super::*;

fn near(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * b.abs()
}

#[test]
fn the_forms_are_the_same_controller() {
    let gains = Gains::from_series(2.0, 8.0, 1.5).unwrap();
    // Frequency response of the series form at w = 0.3: 2*(1 + 1/(jw*8))*(1 + jw*1.5).
    let w = 0.3;
    let (i, d) = (-1.0 / (w * 8.0), w * 1.5);
    let series = (2.0 * (1.0 - i * d), 2.0 * (i + d));
    let ideal = (gains.kp, gains.kp * (w * gains.td_s - 1.0 / (w * gains.ti_s)));
    assert!(near(ideal.0, series.0, 1e-14) && near(ideal.1, series.1, 1e-13));
    let (kc, ti_s, td_s) = gains.to_series().unwrap();
    assert!(near(kc, 2.0, 1e-14) && near(ti_s, 8.0, 1e-14) && near(td_s, 1.5, 1e-13));
    let (kp, ki, kd) = gains.to_parallel();
    let back = Gains::from_parallel(kp, ki, kd).unwrap();
    assert!(near(back.ti_s, gains.ti_s, 1e-14) && near(back.td_s, gains.td_s, 1e-14));
    assert_eq!(Gains::from_parallel(-1.0, 0.0, -2.0).unwrap().ti_s, f64::INFINITY);
}

#[test]
fn gains_without_a_form_are_refused() {
    let complex = Gains { kp: 1.0, ti_s: 1.0, td_s: 0.3 };
    assert_eq!(complex.to_series().unwrap_err().parameter, "td_s");
    assert_eq!(Gains::from_parallel(1.0, -1.0, 0.0).unwrap_err().parameter, "ki_per_s");
    assert_eq!(Gains::from_series(0.0, 1.0, 0.0).unwrap_err().parameter, "kc");
    assert_eq!(imc_pi(1.0, 10.0, 5.0, 8.0).unwrap_err().parameter, "lambda_s");
    assert_eq!(amigo_pi(1.0, 10.0, 0.0).unwrap_err().parameter, "theta_s");
    assert_eq!(simc_pid(1.0, 10.0, 11.0, 1.0, 1.0).unwrap_err().parameter, "tau2_s");
    assert_eq!(first_order_from_ultimate(1.0, 0.9, 3.0).unwrap_err().parameter, "ku");
}

#[test]
fn amigo_at_its_limits_meets_its_integrating_rule() {
    // A lag much longer than the dead time integrates with slope k/tau.
    let (tau_s, theta_s) = (1e6, 2.0);
    let pi = amigo_pi(3.0, tau_s, theta_s).unwrap();
    let same = amigo_pi_integrating(3.0 / tau_s, theta_s).unwrap();
    assert!(near(pi.kp, same.kp, 1e-4) && near(pi.ti_s, 13.35 * theta_s, 1e-3), "{pi:?} {same:?}");
    let pid = amigo_pid(3.0, tau_s, theta_s).unwrap();
    let same = amigo_pid_integrating(3.0 / tau_s, theta_s).unwrap();
    assert!(near(pid.kp, same.kp, 1e-4) && near(pid.ti_s, same.ti_s, 1e-3));
    assert!(near(pid.td_s, same.td_s, 1e-4));
}

#[test]
fn the_ultimate_point_gives_the_model_back() {
    // w: atan(w*tau) + w*theta = pi; ku = sqrt(1 + (w*tau)^2)/k.
    let (k, tau_s, theta_s) = (2.5, 12.0, 4.0);
    let (mut low, mut high) = (0.0, core::f64::consts::PI / theta_s);
    for _ in 0..60 {
        let w: f64 = 0.5 * (low + high);
        if (w * tau_s).atan() + w * theta_s < core::f64::consts::PI { low = w } else { high = w }
    }
    let ku = (1.0 + (low * tau_s).powi(2)).sqrt() / k;
    let (tau, theta) = first_order_from_ultimate(k, ku, core::f64::consts::TAU / low).unwrap();
    assert!(near(tau, tau_s, 1e-12) && near(theta, theta_s, 1e-12), "{tau} {theta}");
}

/// Standard normal numbers from a linear congruence (Knuth 1997) through twelve uniforms' sum.
fn normal(seed: &mut u64) -> f64 {
    (0..12)
        .map(|_| {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 11) as f64 / (1_u64 << 53) as f64
        })
        .sum::<f64>()
        - 6.0
}

/// Variance left of an AR(1) disturbance by a feed-forward on its noisy measurement.
fn left_by(gain: f64, lag_s: f64, ask: &NoisyDisturbance, late: usize) -> f64 {
    use crate::controller::FeedForward;
    use crate::{Design, Running};
    let forward = FeedForward { gain, lead_s: 0.0, lag_s };
    let mut forward = Running::new(forward.design(1.0).unwrap(), []);
    let phi = (-1.0 / ask.correlation_s).exp();
    let (mut seed, mut d, mut sum, samples) = (7, 0.0, 0.0, 400_000);
    let mut answers = vec![0.0; late + 1];
    for t in 0..samples {
        d = phi * d + ask.signal_sd * (1.0 - phi * phi).sqrt() * normal(&mut seed);
        let at = t % answers.len();
        answers[at] = forward.update(d + ask.noise_sd * normal(&mut seed));
        let y = ask.kd * d + ask.k * answers[(t + 1) % answers.len()];
        sum += y * y;
    }
    sum / f64::from(samples as u32) / (ask.kd * ask.signal_sd).powi(2)
}

#[test]
fn the_noisy_feed_forward_leaves_what_it_says_and_no_other_leaves_less() {
    let ask = NoisyDisturbance {
        k: -2.0,
        kd: 1.5,
        signal_sd: 0.8,
        noise_sd: 0.6,
        correlation_s: 8.0,
        late_s: 0.0,
    };
    let best = feed_forward_gain(&ask, 1.0).unwrap();
    assert!(near(best.static_gain, 0.75 * 0.64, 1e-12));
    let at = |g: f64, lag: f64| left_by(best.gain * g, best.lag_s * lag, &ask, 0);
    let (with, alone) = (at(1.0, 1.0), left_by(best.static_gain, 0.0, &ask, 0));
    assert!(near(with, best.left, 0.02), "{with} {best:?}");
    assert!(near(alone, best.static_left, 0.02), "{alone} {best:?}");
    assert!(with < alone && alone < left_by(0.75, 0.0, &ask, 0));
    for (g, lag) in [(0.8, 1.0), (1.2, 1.0), (1.0, 0.6), (1.0, 1.6)] {
        assert!(at(g, lag) > with, "{g} {lag}");
    }
    let late = NoisyDisturbance { late_s: 3.0, ..ask };
    let best = feed_forward_gain(&late, 1.0).unwrap();
    let with = left_by(best.gain, best.lag_s, &late, 3);
    assert!(near(with, best.left, 0.02), "{with} {best:?}");
}

#[test]
fn a_perfect_measurement_takes_the_whole_disturbance_out() {
    let ask = NoisyDisturbance {
        k: 4.0,
        kd: 2.0,
        signal_sd: 1.0,
        noise_sd: 0.0,
        correlation_s: 5.0,
        late_s: 0.0,
    };
    let best = feed_forward_gain(&ask, 0.1).unwrap();
    assert_eq!((best.gain, best.lag_s, best.static_gain), (-0.5, 0.0, -0.5));
    assert!(best.left.abs() < 1e-15);
}
