//! The published margins of the published rules, and an independent Nyquist check.

use super::super::bound::simc_pi;
use super::super::tuning::{amigo_pi, amigo_pid, simc_pid};
use super::*;

fn with(k: f64, tau_s: f64, theta_s: f64, gains: Gains) -> Margins {
    let derivative_filter = f64::INFINITY;
    let plain =
        Loop { k, tau_s, tau2_s: 0.0, theta_s, integrating: false, gains, derivative_filter };
    plain.margins().unwrap()
}

fn near(a: f64, b: f64, off: f64) -> bool {
    (a - b).abs() <= off
}

#[test]
fn simc_pi_of_a_first_order_plant_has_its_published_margins() {
    // Skogestad 2003, table 1: tau <= 8*theta, so ti = tau and L = exp(-theta*s)/(2*theta*s).
    for (k, tau_s, theta_s) in [(1.0, 10.0, 80.0), (-3.0, 5.0, 5.0), (0.2, 16.0, 2.0)] {
        let (kp, ti_s) = simc_pi(k, tau_s, theta_s, theta_s);
        let m = with(k, tau_s, theta_s, Gains { kp, ti_s, td_s: 0.0 });
        assert!(near(m.gain_margin, PI, 1e-9), "{m:?}");
        // 90 degrees less w*theta = 1/2 rad.
        assert!(near(m.phase_margin_deg, 90.0 - 0.5_f64.to_degrees(), 1e-9), "{m:?}");
        assert!(near(m.ms, 1.59, 0.005) && near(m.mt, 1.00, 0.005), "{m:?}");
        assert!(near(m.delay_margin_s / theta_s, 2.14, 0.005), "{m:?}");
        assert!(near(m.phase_crossover_rad_per_s * theta_s, FRAC_PI_2, 1e-9));
    }
}

#[test]
fn simc_pi_of_an_integrating_plant_has_its_published_margins() {
    // Skogestad 2003, table 1: kp = 1/(2*k*theta), ti = 8*theta.
    let gains = Gains { kp: 1.0 / (2.0 * 0.3 * 4.0), ti_s: 32.0, td_s: 0.0 };
    let m = Loop {
        k: 0.3,
        tau_s: 0.0,
        tau2_s: 0.0,
        theta_s: 4.0,
        integrating: true,
        gains,
        derivative_filter: f64::INFINITY,
    };
    let m = m.margins().unwrap();
    assert!(near(m.gain_margin, 2.96, 0.005) && near(m.phase_margin_deg, 46.9, 0.05), "{m:?}");
    assert!(near(m.ms, 1.70, 0.005) && near(m.mt, 1.30, 0.005), "{m:?}");
    assert!(near(m.delay_margin_s / 4.0, 1.59, 0.005), "{m:?}");
}

#[test]
fn simc_pid_of_a_second_order_plant_is_as_robust_as_the_pi_of_a_first_order_one() {
    let gains = simc_pid(2.0, 10.0, 6.0, 2.0, 2.0).unwrap();
    let plant = Loop {
        k: 2.0,
        tau_s: 10.0,
        tau2_s: 6.0,
        theta_s: 2.0,
        integrating: false,
        gains,
        derivative_filter: f64::INFINITY,
    };
    let m = plant.margins().unwrap();
    assert!(near(m.gain_margin, PI, 1e-6) && near(m.ms, 1.59, 0.005), "{m:?}");
    let filtered = Loop { derivative_filter: 8.0, ..plant }.margins().unwrap();
    assert!(filtered.ms > m.ms && filtered.ms < 2.0, "{filtered:?}");
}

#[test]
fn margins_are_where_the_loop_starts_to_oscillate() {
    // A first-order plant with dead time under a P controller: ku from the phase condition.
    let gains = Gains { kp: 1.0, ti_s: f64::INFINITY, td_s: 0.0 };
    let m = with(1.0, 3.0, 1.0, gains);
    let w = m.phase_crossover_rad_per_s;
    assert!(near((3.0 * w).atan() + w, PI, 1e-12));
    assert!(near(m.gain_margin, (1.0 + 9.0 * w * w).sqrt(), 1e-9));
    assert_eq!(m.phase_margin_deg, f64::INFINITY);
    let unstable = with(1.0, 3.0, 1.0, Gains { kp: 1.2 * m.gain_margin, ..gains });
    assert!(unstable.gain_margin < 1.0 && unstable.phase_margin_deg < 0.0, "{unstable:?}");
    assert!(with(1.0, 3.0, 0.0, gains).gain_margin.is_infinite());
}

#[test]
fn the_largest_sensitivity_is_the_largest_on_any_grid() {
    let gains = Gains { kp: 0.9, ti_s: 4.0, td_s: 1.2 };
    let plant = Loop {
        k: 1.3,
        tau_s: 6.0,
        tau2_s: 1.0,
        theta_s: 2.0,
        integrating: false,
        gains,
        derivative_filter: 7.0,
    };
    let m = plant.margins().unwrap();
    let finest = (1..200_000)
        .map(|i| sensitivities(plant.at(f64::from(i) * 1e-4)))
        .fold((0.0_f64, 0.0_f64), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    assert!(near(m.ms, finest.0, 1e-6) && near(m.mt, finest.1, 1e-6), "{m:?} {finest:?}");
}

#[test]
fn nonsense_is_refused() {
    let gains = Gains { kp: 1.0, ti_s: 1.0, td_s: 0.0 };
    let good = Loop {
        k: 1.0,
        tau_s: 1.0,
        tau2_s: 0.0,
        theta_s: 1.0,
        integrating: false,
        gains,
        derivative_filter: 10.0,
    };
    let refused = |of: Loop| of.margins().unwrap_err().parameter;
    assert_eq!(refused(Loop { k: -1.0, ..good }), "kp");
    assert_eq!(refused(Loop { theta_s: f64::NAN, ..good }), "theta_s");
    assert_eq!(refused(Loop { tau_s: 0.0, theta_s: 0.0, ..good }), "tau_s");
    assert_eq!(refused(Loop { gains: Gains { ti_s: 0.0, ..gains }, ..good }), "ti_s");
}

/// Members of the test batch of Astrom and Hagglund 2006 whose step response is a formula: `a` lags of
/// `lag_s` and a dead time. Gives the response and the first-order model of the step response (largest
/// slope for the dead time, 63 % for the time constant).
fn batch(lags: u32, lag_s: f64, dead_s: f64) -> (impl Fn(f64) -> (f64, f64), f64, f64) {
    // Unit step through n lags: 1 - exp(-x)*sum(x^i/i!, i < n); steepest at x = n - 1.
    let tail = move |x: f64| {
        let mut term = 1.0;
        let mut sum = 1.0;
        for i in 1..lags {
            term *= x / f64::from(i);
            sum += term;
        }
        ((-x).exp() * sum, (-x).exp() * term)
    };
    let steepest = f64::from(lags - 1);
    let (left, slope) = tail(steepest);
    let apparent = steepest - (1.0 - left) / slope;
    let reached = root(|x| 1.0 - tail(x).0 - (1.0 - (-1.0_f64).exp()), 0.0, 10.0 * f64::from(lags));
    let response = move |w: f64| {
        let n = f64::from(lags);
        (-0.5 * n * (w * lag_s).powi(2).ln_1p(), -n * (w * lag_s).atan() - w * dead_s)
    };
    (response, lag_s * (reached - apparent), dead_s + lag_s * apparent)
}

#[test]
fn amigo_is_robust_over_the_batch_it_was_fitted_to() {
    let mut members: Vec<(u32, f64, f64)> = (3..=8).map(|n| (n, 1.0, 0.0)).collect();
    for lag_s in [0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0] {
        members.extend([(1, lag_s, 1.0), (2, lag_s, 1.0)]);
    }
    let mut worst = [0.0_f64; 2];
    for (lags, lag_s, dead_s) in members {
        let (plant, tau_s, theta_s) = batch(lags, lag_s, dead_s);
        for (gains, which) in [
            (amigo_pi(1.0, tau_s, theta_s).unwrap(), 0),
            (amigo_pid(1.0, tau_s, theta_s).unwrap(), 1),
        ] {
            let controller = Loop {
                k: 1.0,
                tau_s: 0.0,
                tau2_s: 0.0,
                theta_s: 0.0,
                integrating: false,
                gains,
                derivative_filter: f64::INFINITY,
            };
            let l = |w: f64| {
                let ((a, p), (b, q)) = (controller.at(w), plant(w));
                (a + b, p + q)
            };
            let m = margins_of(l, 1e-5, 1e3);
            assert!(m.ms > 1.2, "{gains:?} {m:?}");
            worst[which] = worst[which].max(m.ms).max(m.mt);
            // One lag and a dead time is what the rule sees, so nothing is left to the model there.
            if lags == 1 && which == 1 && lag_s > 0.05 {
                assert!((m.ms - 1.4).abs() < 0.02, "{lag_s}: {m:?}");
            }
        }
    }
    // The design aim is 1.4; many equal lags under an ideal derivative are the worst of the batch.
    assert!(worst[0] < 1.49 && worst[1] < 1.65, "{worst:?}");
}
