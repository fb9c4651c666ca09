//! Published and independently computed run lengths.

use super::*;

/// Asserts that `value` equals `expected` to the digits shown.
fn digits(value: f64, expected: f64, digits: i32, what: &str) {
    let unit = 10.0_f64.powi(expected.abs().log10().floor() as i32 + 1 - digits);
    assert!((value - expected).abs() <= 0.51 * unit, "{what}: {value} is not {expected}");
}

const SHIFTS: [f64; 5] = [0.0, 0.5, 1.0, 2.0, 3.0];

#[test]
fn shewhart_table() {
    for (shift, arl) in SHIFTS.iter().zip([370.398, 155.224, 43.8947, 6.30296, 2.0]) {
        digits(shewhart_arl(3.0, *shift).unwrap(), arl, 6, "Shewhart");
    }
}

#[test]
fn ewma_table() {
    // Lucas and Saccucci 1990, Crowder 1987.
    for (shift, arl) in SHIFTS.iter().zip([499.580, 31.2974, 10.3307, 4.36225, 2.86800]) {
        digits(ewma_arl(0.1, 2.814, *shift).unwrap(), arl, 6, "EWMA .1");
    }
    for (shift, arl) in SHIFTS.iter().zip([499.735, 41.7644, 10.5417, 3.74344, 2.38090]) {
        digits(ewma_arl(0.2, 2.962, *shift).unwrap(), arl, 6, "EWMA .2");
    }
}

#[test]
fn cusum_tables() {
    let of = |h: f64, start: f64, arls: [f64; 5]| {
        for (shift, arl) in SHIFTS.iter().zip(arls) {
            let value = cusum_arl_two_sided(0.5, h, *shift, start).unwrap();
            digits(value, arl, 6, "CUSUM");
        }
    };
    of(4.0, 0.0, [167.684, 26.6302, 8.38313, 3.34277, 2.19448]);
    of(5.0, 0.0, [465.444, 37.9961, 10.3760, 4.00887, 2.57325]);
    // Lucas and Crosier 1982.
    of(5.0, 2.5, [430.391, 28.6658, 6.34685, 2.36229, 1.53964]);
}

#[test]
fn limits_for_three_sigma_silence() {
    for (k, h) in [(0.25, 8.010337), (0.5, 4.774892), (1.0, 2.516791)] {
        digits(cusum_h_for_arl0(k, 370.398).unwrap(), h, 7, "h");
    }
    for (weight, limit) in [(0.05, 2.490144), (0.1, 2.701459), (0.2, 2.859336)] {
        digits(ewma_limit_for_arl0(weight, 370.398).unwrap(), limit, 7, "limit");
    }
    assert!((shewhart_limit_for_arl0(370.398_347).unwrap() - 3.0).abs() < 1e-9);
}

#[test]
fn one_false_alarm_a_day_at_a_kilohertz() {
    let arl0 = arl0_for_false_alarm_budget(1.0, 1000.0, 1).unwrap();
    assert_eq!(arl0, 8.64e7);
    let h = cusum_h_for_arl0(0.5, arl0).unwrap();
    digits(h, 17.116, 5, "h");
    assert!((cusum_arl_two_sided(0.5, h, 1.0, 0.0).unwrap() - 35.0).abs() < 1.0);
}

#[test]
fn bound_table() {
    let table = [
        (0.5, [23.6759, 31.0829, 49.1331, 121.588]),
        (1.0, [8.57512, 10.5171, 15.0937, 33.2178]),
        (2.0, [2.91762, 3.41322, 4.56112, 9.09300]),
    ];
    for (delta, bounds) in table {
        // The first column is the three-sigma chart's ARL, 370.398.
        for (arl0, least) in [370.398, 1000.0, 1e4, 8.64e7].into_iter().zip(bounds) {
            digits(bound(delta, arl0).unwrap(), least, 6, "bound");
        }
    }
}

#[test]
fn long_run_lengths_follow_their_exponential_law() {
    // For large h the ARL grows as exp(2 k h) (Siegmund 1985): the ratio per unit of h is e at k 0.5.
    for h in [20.0, 25.0, 30.0, 39.0] {
        let ratio =
            cusum_arl(0.5, h + 1.0, 0.0, 0.0).unwrap() / cusum_arl(0.5, h, 0.0, 0.0).unwrap();
        assert!((ratio / core::f64::consts::E - 1.0).abs() < 1e-6, "h {h}: {ratio}");
    }
    let (arl, by_siegmund) = (cusum_arl(0.5, 40.0, 0.0, 0.0).unwrap(), {
        let b: f64 = 40.0 + 1.166;
        2.0 * (b.exp() - 1.0 - b)
    });
    assert!((arl / by_siegmund - 1.0).abs() < 0.02, "{arl} {by_siegmund}");
}

#[test]
fn what_cannot_be_resolved_is_refused_by_name() {
    assert_eq!(cusum_arl(0.5, 241.0, 0.0, 0.0).unwrap_err().parameter, "h");
    assert_eq!(cusum_arl(-0.5, 5.0, 0.0, 0.0).unwrap_err().parameter, "k");
    assert_eq!(ewma_arl(0.0001, 3.0, 0.0).unwrap_err().parameter, "weight");
    assert_eq!(ewma_arl(0.001, 6.0, 0.0).unwrap_err().parameter, "limit_sigma");
    assert_eq!(ewma_arl_exact_start(0.001, 3.0, 0.0).unwrap_err().parameter, "weight");
    assert_eq!(spread_cusum_arl(1.5, 4.0, 1e9, 1.0).unwrap_err().parameter, "shift");
    assert_eq!(spread_cusum_arl(1.5, 4.0, 0.0, 1e-9).unwrap_err().parameter, "spread");
    assert_eq!(cusum_h_for_arl0(0.5, f64::NAN).unwrap_err().parameter, "arl0");
}

#[test]
fn long_and_short_run_lengths_equal_a_fifty_digit_solution() {
    // Printed by `tests/reference/arl.py`.
    let cusums = [
        (0.5, 5.0, 0.0, 930.8870120641235),
        (0.5, 5.0, 1.0, 10.375975300207667),
        (0.5, 17.116, 0.0, 172768333.12399158),
        (0.5, 40.0, 0.0, 1.4991985865603648e18),
        (0.25, 60.0, 0.0, 152956669729639.5),
        (0.25, 60.0, 0.5, 236.68149764866286),
    ];
    let ewmas = [
        (0.1, 2.814, 0.0, 499.5795500825778),
        (0.1, 2.814, 1.0, 10.33066515522314),
        (0.02, 6.0, 0.0, 1385172756.8455396),
        (0.005, 3.0, 0.0, 9925.32244262236),
    ];
    let cusums = cusums.map(|(k, h, d, arl)| (cusum_arl(k, h, d, 0.0).unwrap(), arl));
    let ewmas = ewmas.map(|(w, l, d, arl)| (ewma_arl(w, l, d).unwrap(), arl));
    for (value, arl) in cusums.into_iter().chain(ewmas) {
        assert!((value / arl - 1.0).abs() < 1e-12, "{value} is not {arl}");
    }
}

#[test]
fn a_head_start_is_designed_for_too() {
    let h = cusum_h_for_arl0_from(0.5, 430.391, 2.5).unwrap();
    assert!((h - 5.0).abs() < 1e-5, "{h}");
    assert_eq!(cusum_h_for_arl0_from(0.5, 20.0, 8.0).unwrap_err().parameter, "arl0");
}

#[test]
fn ramps_are_found_as_tabulated() {
    digits(cusum_arl_ramp(0.5, 5.0, 0.01, 0.0).unwrap(), 57.1589, 6, "ramp .01");
    digits(cusum_arl_ramp(0.5, 5.0, 0.1, 0.0).unwrap(), 13.3150, 6, "ramp .1");
    assert!(cusum_arl_ramp(0.5, 5.0, 0.1, 2.5).unwrap() < 13.0);
    assert_eq!(cusum_arl_ramp(0.5, 5.0, 1e-6, 0.0).unwrap_err().parameter, "slope");
    assert_eq!(cusum_arl_ramp(0.5, 5.0, -0.1, 0.0).unwrap_err().parameter, "slope");
}

#[test]
fn bound_table_of_the_settled_chart() {
    let table = [
        (0.5, [20.97, 27.94, 45.51, 117.8]),
        (1.0, [7.906, 9.788, 14.31, 32.42]),
        (2.0, [2.821, 3.307, 4.450, 8.980]),
    ];
    for (delta, bounds) in table {
        for (arl0, least) in [370.398, 1000.0, 1e4, 8.64e7].into_iter().zip(bounds) {
            digits(bound_settled(delta, arl0).unwrap(), least, 4, "settled bound");
        }
    }
}

#[test]
fn an_exact_start_costs_little_in_control_and_finds_an_early_shift_sooner() {
    let of = |shift| {
        (ewma_arl_exact_start(0.1, 2.7, shift).unwrap(), ewma_arl(0.1, 2.7, shift).unwrap())
    };
    let ((in_control, settled), (early, late)) = (of(0.0), of(1.0));
    assert!(0.95 * settled < in_control && in_control < settled);
    assert!(early < 0.8 * late);
    let limit = ewma_limit_for_arl0_exact_start(0.1, 370.398).unwrap();
    assert!((ewma_arl_exact_start(0.1, limit, 0.0).unwrap() / 370.398 - 1.0).abs() < 1e-9);
}

/// Thresholds at the ends of what is offered come back or are refused; nothing runs away.
#[test]
fn any_budget_has_an_answer() {
    for arl0 in [2.0, 10.0, 1e5, 1e9, 1e15] {
        let answers = [
            cusum_h_for_arl0(0.25, arl0),
            cusum_h_for_arl0_from(0.5, arl0, 2.0),
            ewma_limit_for_arl0(0.05, arl0),
            ewma_limit_for_arl0_exact_start(0.2, arl0),
            adaptive_ewma_h_for_arl0(0.2, 3.0, arl0),
            spread_cusum_h_for_arl0(1.2, arl0),
            spread_cusum_h_for_arl0(0.5, arl0),
            glr_h_for_arl0(0.5, arl0),
            shiryaev_roberts_h_for_arl0(0.5, arl0, false),
            shiryaev_roberts_h_for_arl0(2.0, arl0, true),
        ];
        for (i, answer) in answers.into_iter().enumerate() {
            let kept = answer.map_or_else(|e| e.parameter == "arl0", f64::is_finite);
            assert!(kept, "{i} at {arl0}: {answer:?}");
        }
    }
}
