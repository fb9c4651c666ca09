//! Against other people's numbers (`tests/reference/capability.py`) and against its own confidence.

use super::*;
use crate::random::Random;

fn readings(count: u32) -> Vec<f64> {
    let at = |t: f64| {
        100.0 + (1.7 * t * t).sin() + 0.6 * (0.9 * t * t + 1.0).cos() + 0.3 * (5.0 * t).sin()
    };
    (0..count).map(|t| at(f64::from(t))).collect()
}

fn agrees(index: Index, value: f64, low: f64, high: f64) {
    for (x, y) in [(index.value, value), (index.low, low), (index.high, high)] {
        assert!((x - y).abs() < 1e-9, "{index:?}: {x} is not {y}");
    }
}

#[test]
fn single_readings_as_scipy() {
    let c = capability(&readings(60), Some(96.0), Some(103.5), 1, 0.95).unwrap();
    agrees(c.cp.unwrap(), 1.3693182720958532, 1.0528340553455942, 1.6851707952753936);
    agrees(c.cpk, 1.3180995665852275, 1.0009218938827282, 1.6352772392877268);
    agrees(c.pp.unwrap(), 1.458684830493095, 1.1959747089120165, 1.7208898441101204);
    agrees(c.ppk, 1.404123410925174, 1.1371074739502327, 1.671139347900115);
    assert!((c.normal_p - 0.6076939098635237).abs() < 1e-9, "{}", c.normal_p);
    assert!((c.autocorrelation + 0.13423657006371129).abs() < 1e-12);
}

#[test]
fn subgroups_as_scipy() {
    let c = capability(&readings(62), Some(96.0), Some(103.5), 5, 0.99).unwrap();
    agrees(c.cp.unwrap(), 1.3741503939592292, 1.0212295027640141, 1.7400868090429398);
    agrees(c.cpk, 1.3249662193029703, 0.9599707285814366, 1.689961710024504);
    agrees(c.pp.unwrap(), 1.4756707417776256, 1.1383632239932524, 1.823896539869829);
    agrees(c.ppk, 1.4228529077051817, 1.0735789813500356, 1.7721268340603278);
    assert!((c.normal_p - 0.6394795691290516).abs() < 1e-9, "{}", c.normal_p);
}

#[test]
fn one_limit_has_no_cp_and_the_room_of_its_side() {
    let x = readings(60);
    let both = capability(&x, Some(96.0), Some(103.5), 1, 0.95).unwrap();
    let upper = capability(&x, None, Some(103.5), 1, 0.95).unwrap();
    assert!(upper.cp.is_none() && upper.pp.is_none());
    assert_eq!(upper.cpk, both.cpk);
    assert!(capability(&x, Some(96.0), None, 1, 0.95).unwrap().cpk.value > both.cpk.value);
}

/// Share of 2000 records of normal readings whose limits hold the truth: `(cp, cpk)`.
fn coverage(count: usize, subgroup: u32) -> (f64, f64) {
    let mut noise = Random(11);
    let (mut cp, mut cpk) = (0, 0);
    for _ in 0..2000 {
        let x: Vec<f64> = (0..count).map(|_| 10.0 + 0.5 * noise.bell()).collect();
        let c = capability(&x, Some(8.0), Some(11.5), subgroup, 0.95).unwrap();
        let holds = |index: Index, truth: f64| u32::from(index.low <= truth && truth <= index.high);
        cp += holds(c.cp.unwrap(), 3.5 / 3.0);
        cpk += holds(c.cpk, 1.0);
    }
    (f64::from(cp) / 2000.0, f64::from(cpk) / 2000.0)
}

#[test]
fn ninety_five_percent_of_the_limits_hold_the_truth() {
    for (count, subgroup) in [(50, 1), (50, 5), (200, 4)] {
        let (cp, cpk) = coverage(count, subgroup);
        assert!((cp - 0.95).abs() < 0.015, "{count} by {subgroup}: cp {cp}");
        assert!((cpk - 0.95).abs() < 0.02, "{count} by {subgroup}: cpk {cpk}");
    }
}

/// Share of 400 records that are warned of: `(autocorrelated, not normal)`.
fn warned(mut reading: impl FnMut(&mut Random) -> f64) -> (f64, f64) {
    let mut noise = Random(4);
    let (mut correlated, mut skew) = (0, 0);
    for _ in 0..400 {
        let x: Vec<f64> = (0..100).map(|_| reading(&mut noise)).collect();
        let c = capability(&x, Some(-100.0), Some(100.0), 1, 0.95).unwrap();
        correlated += u32::from(c.autocorrelated);
        skew += u32::from(c.not_normal);
    }
    (f64::from(correlated) / 400.0, f64::from(skew) / 400.0)
}

#[test]
fn warnings_come_where_they_should_and_hardly_elsewhere() {
    let (correlated, skew) = warned(Random::bell);
    assert!(correlated < 0.025 && skew < 0.025, "{correlated} {skew}");
    let mut last = 0.0;
    let (correlated, _) = warned(|noise| {
        last = 0.5 * last + noise.bell();
        last
    });
    assert!(correlated > 0.95, "{correlated}");
    let (_, skew) = warned(|noise| -noise.uniform().max(1e-12).ln());
    assert!(skew > 0.95, "{skew}");
}

#[test]
fn limits_are_exact_from_few_readings_to_a_million() {
    // chi2.isf(tail, freedom) of scipy 1.17.1.
    let known = [
        (4.0, 0.975, 0.48441855708793014),
        (4.0, 0.025, 11.143286781877796),
        (4.0, 0.9999, 0.02841847524355345),
        (36.3, 0.005, 61.9722643859693),
        (1e6, 0.975, 997_230.0871432901),
        (1e6, 0.025, 1_002_773.701467926),
    ];
    for (freedom, tail, x) in known {
        let spread = Spread { sd: 1.0, freedom, count: freedom, confidence: 0.95 };
        let found = freedom * spread.chi_square_per_degree(tail).unwrap();
        assert!((found / x - 1.0).abs() < 1e-9, "{freedom} {tail}: {found}");
    }
}

#[test]
fn nonsense_is_refused_by_name() {
    let x = readings(60);
    let refused = |x: &[f64], lo, hi, subgroup, confidence| {
        capability(x, lo, hi, subgroup, confidence).unwrap_err().parameter
    };
    assert_eq!(refused(&x, None, None, 1, 0.95), "lo");
    assert_eq!(refused(&x, Some(f64::NAN), Some(1.0), 1, 0.95), "lo");
    assert_eq!(refused(&x, Some(2.0), Some(1.0), 1, 0.95), "hi");
    assert_eq!(refused(&x, Some(0.0), Some(1.0), 0, 0.95), "subgroup");
    assert_eq!(refused(&x, Some(0.0), Some(1.0), 31, 0.95), "x");
    assert_eq!(refused(&[1.0; 60], Some(0.0), Some(1.0), 1, 0.95), "x");
    assert_eq!(refused(&x, Some(0.0), Some(1.0), 1, 1.0), "confidence");
}
