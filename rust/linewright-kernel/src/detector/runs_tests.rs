//! Published run lengths, and each rule on its own pattern.

use super::*;
use crate::Running;
use crate::detector::normal::Normal;

fn rules(set: RuleSet, rules: &[f64]) -> RunsRules {
    let rules = List::new(rules).unwrap();
    RunsRules { mean: 0.0, sigma: 1.0, set, rules, limit_sigma: 3.0, restart: false }
}

fn western(numbers: &[f64]) -> RunsRules {
    rules(RuleSet::WesternElectric, numbers)
}

#[test]
fn champ_and_woodall() {
    let table: [(&[f64], f64); 3] =
        [(&[1.0], 370.398), (&[1.0, 2.0], 225.438), (&[1.0, 2.0, 3.0, 4.0], 91.7508)];
    for (numbers, arl) in table {
        let value = western(numbers).arl(0.0).unwrap();
        assert!((value - arl).abs() < 5.1e-6 * arl, "{numbers:?}: {value} is not {arl}");
    }
}

#[test]
fn a_run_on_one_side_follows_its_closed_form() {
    // First run of n of either sign: 2^n - 1 samples.
    assert!((western(&[4.0]).arl(0.0).unwrap() - 255.0).abs() < 1e-8);
    assert!((rules(RuleSet::Nelson, &[2.0]).arl(0.0).unwrap() - 511.0).abs() < 1e-8);
}

#[test]
fn all_of_nelsons() {
    let arl = rules(RuleSet::Nelson, &[1., 2., 3., 4., 5., 6., 7., 8.]).arl(0.0).unwrap();
    println!("{arl}");
    assert!((arl - 74.5).abs() < 3.0 * 0.5, "{arl}");
}

#[test]
fn the_chain_and_the_kernel_agree() {
    let cases = [
        (western(&[1.0, 2.0, 3.0, 4.0]), 0.0),
        (western(&[2.0, 3.0]), -1.0),
        (rules(RuleSet::Nelson, &[1.0, 2.0, 5.0, 6.0, 7.0, 8.0]), 0.0),
        (rules(RuleSet::Nelson, &[7.0, 8.0]), 0.5),
    ];
    for (seed, (config, shift)) in cases.into_iter().enumerate() {
        let exact = config.arl(shift).unwrap();
        let kernel = config.design(1.0).unwrap();
        let mut normal = Normal::new(40 + seed as u64);
        let (runs, mut sum, mut squares) = (8_000, 0.0, 0.0);
        for _ in 0..runs {
            let mut running = Running::new(kernel, []);
            let mut length = 1.0;
            while running.update(shift + normal.next())[2] == 0.0 {
                length += 1.0;
            }
            sum += length;
            squares += length * length;
        }
        let mean = sum / f64::from(runs);
        let error = ((squares / f64::from(runs) - mean * mean) / f64::from(runs)).sqrt();
        assert!((mean - exact).abs() < 3.0 * error, "{config:?}: {exact} {mean} {error}");
    }
}

#[test]
fn each_rule_fires_on_its_own_pattern_and_says_so() {
    let nelson = RuleSet::Nelson;
    let turns: Vec<f64> = (0..14).map(|i| if i % 2 == 0 { 0.5 } else { -0.4 }).collect();
    let beyond: Vec<f64> = (0..8).map(|i| if i % 2 == 0 { 1.5 } else { -1.4 }).collect();
    let rising: Vec<f64> = (0..6).map(|i| f64::from(i) - 2.5).collect();
    let four = [-1.5, -1.5, 0.5, -1.5, -1.5];
    let patterns: [(f64, &[f64], f64); 8] = [
        (1.0, &[3.1], 1.0),
        (2.0, &[-0.5; 9], -1.0),
        (3.0, &rising, 1.0),
        (4.0, &turns, -1.0),
        (5.0, &[2.1, 0.0, 2.2], 1.0),
        (6.0, &four, -1.0),
        (7.0, &[0.3; 15], 1.0),
        (8.0, &beyond, -1.0),
    ];
    for (rule, zs, side) in patterns {
        let mut running = Running::new(rules(nelson, &[rule]).design(1.0).unwrap(), []);
        let out: Vec<[f64; 3]> = zs.iter().map(|z| running.update(*z)).collect();
        let (last, before) = out.split_last().unwrap();
        assert!(before.iter().all(|o| o[1] == 0.0), "rule {rule} too early: {out:?}");
        assert_eq!((last[1], last[2]), (rule, side), "rule {rule}");
    }
}

#[test]
fn the_lowest_rule_is_told_and_a_restart_forgets() {
    let config = RunsRules { restart: true, ..western(&[1.0, 2.0]) };
    let mut running = Running::new(config.design(1.0).unwrap(), []);
    running.update(2.5);
    assert_eq!(running.update(3.5), [3.5, 1.0, 1.0]);
    assert_eq!(running.update(2.5)[1], 0.0);
    assert_eq!(running.update(2.5)[1], 2.0);
}

#[test]
fn a_budget_moves_the_limits() {
    let designed = western(&[1.0, 2.0, 3.0]).with_arl0(370.398).unwrap();
    assert!(designed.limit_sigma > 3.0);
    assert!((designed.arl(0.0).unwrap() / 370.398 - 1.0).abs() < 1e-9);
    assert_eq!(western(&[4.0]).with_arl0(300.0).unwrap_err().parameter, "arl0");
    let trends = rules(RuleSet::Nelson, &[3.0]).with_arl0(300.0).unwrap_err();
    assert_eq!(trends.parameter, "rules");
}
