//! Published run lengths, and those of an independent discretisation (`tests/reference/multivariate.py`).

use super::*;

fn close(value: f64, expected: f64, relative: f64) {
    assert!((value / expected - 1.0).abs() <= relative, "{value} is not {expected}");
}

#[test]
fn published_charts_of_two_variables() {
    // Lowry et al. 1992, Runger and Prabhu 1996, to the digits known.
    close(mewma_arl(2, 0.1, 8.64, 0.0).unwrap(), 200.544, 3e-6);
    close(mewma_arl(2, 0.1, 8.64, 1.0).unwrap(), 10.1274, 3e-6);
}

#[test]
fn other_nodes_and_another_solver_agree() {
    let table = [
        (2, 0.1, 8.64, 0.0, 2.005443189699e2),
        (4, 0.05, 11.0, 0.0, 1.864177847369e2),
        (10, 0.2, 25.0, 0.0, 2.694252155255e2),
        (2, 0.1, 8.64, 1.0, 1.012737192557e1),
        (4, 0.2, 14.0, 0.5, 4.758169088974e1),
        (10, 0.3, 25.0, 2.0, 5.567291246285),
    ];
    for (variables, weight, limit, shift, arl) in table {
        close(mewma_arl(variables, weight, limit, shift).unwrap(), arl, 1e-9);
    }
}

#[test]
fn weight_one_is_hotelling() {
    let limit = mewma_limit_for_arl0(2, 1.0, 200.0).unwrap();
    close(limit, 10.596_634_733_1, 1e-9);
    close(mewma_arl(2, 1.0, limit, 0.0).unwrap(), 200.0, 1e-12);
    close(mewma_arl(2, 1.0, limit, 1.0).unwrap(), 41.915_902_288_7, 1e-11);
    close(mewma_arl(2, 1.0, limit, 2.0).unwrap(), 6.875_068_203_8, 1e-10);
    // A weight just below one is nearly the same chart, by the other method.
    close(mewma_arl(3, 0.999, 13.0, 1.5).unwrap(), mewma_arl(3, 1.0, 13.0, 1.5).unwrap(), 5e-3);
}

#[test]
fn one_variable_is_the_two_sided_ewma_chart() {
    close(mewma_arl(1, 0.1, 2.814 * 2.814, 0.0).unwrap(), 499.579_550_082_577_8, 1e-10);
    let (by_side, by_length) =
        (mewma_arl(1, 0.2, 9.0, 1e-9).unwrap(), mewma_arl(1, 0.2, 9.0, 0.0).unwrap());
    close(by_side, by_length, 1e-9);
}

#[test]
fn a_vanishing_shift_is_no_shift() {
    // Two different chains: on the disc, and on the length alone.
    for variables in [2, 3, 20] {
        let limit = mewma_limit_for_arl0(variables, 0.2, 370.0).unwrap();
        close(mewma_arl(variables, 0.2, limit, 1e-7).unwrap(), 370.0, 1e-8);
    }
    // Wide charts, on fewer nodes.
    for (variables, weight) in [(52, 0.1), (2, 0.02)] {
        let limit = mewma_limit_for_arl0(variables, weight, 1000.0).unwrap();
        close(mewma_arl(variables, weight, limit, 1e-7).unwrap(), 1000.0, 1e-5);
    }
}

#[test]
fn a_limit_is_found_for_fifty_channels_and_one_alarm_a_day() {
    for (variables, weight, arl0) in [(2, 0.1, 200.0), (52, 0.1, 8.64e7), (6, 0.05, 1e10)] {
        let limit = mewma_limit_for_arl0(variables, weight, arl0).unwrap();
        close(mewma_arl(variables, weight, limit, 0.0).unwrap(), arl0, 1e-9);
    }
}

#[test]
fn what_cannot_be_resolved_is_refused_by_name() {
    let parameter = |r: Result<f64, DesignError>| r.unwrap_err().parameter;
    assert_eq!(parameter(mewma_arl(0, 0.1, 8.0, 0.0)), "variables");
    assert_eq!(parameter(mewma_arl(2, 0.001, 8.0, 0.0)), "weight");
    assert_eq!(parameter(mewma_arl(2, 0.006, 12.0, 1.0)), "weight");
    assert_eq!(parameter(mewma_arl(2, 0.1, f64::NAN, 0.0)), "limit");
    assert_eq!(parameter(mewma_arl(2, 0.005, 1e3, 0.0)), "limit");
    assert_eq!(parameter(mewma_arl(2, 0.1, 8.0, -1.0)), "shift");
    assert_eq!(parameter(mewma_limit_for_arl0(2, 0.1, f64::NAN)), "arl0");
}
