//! Conditions of optimality, checked on random problems; a reference would be no better.

use super::*;
use alloc::vec;

/// Numbers in -1..1, the same on every machine.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    fn rows(&mut self, rows: usize, columns: usize) -> Vec<Vec<f64>> {
        (0..rows).map(|_| (0..columns).map(|_| self.next()).collect()).collect()
    }
}

/// A positive definite matrix of which some eigenvalues are small.
fn definite(numbers: &mut Numbers, n: usize, floor: f64) -> Vec<Vec<f64>> {
    let e = numbers.rows(n, n);
    let at = |i: usize, j: usize| {
        let sum: f64 = (0..n).map(|k| e[k][i] * e[k][j]).sum();
        if i == j { sum + floor } else { sum }
    };
    (0..n).map(|i| (0..n).map(|j| at(i, j)).collect()).collect()
}

fn check(s: &QpSolution, lo: &[f64], hi: &[f64], size: f64) {
    assert!(s.solved, "{s:?}");
    assert!(s.primal_residual <= 1e-8 * size, "{}", s.primal_residual);
    assert!(s.dual_residual <= 1e-8 * size, "{}", s.dual_residual);
    for (i, m) in s.multipliers.iter().enumerate() {
        assert!(lo[i] == hi[i] || *m <= 0.0 || hi[i] < f64::INFINITY);
    }
}

#[test]
fn random_programs_meet_the_conditions_of_optimality() {
    let mut numbers = Numbers(7);
    let mut one_by_one = 0;
    for case in 0..600 {
        let n = 2 + case % 19;
        let m = case % 37;
        let p = definite(&mut numbers, n, 1e-4);
        let mut a = numbers.rows(m, n);
        let inside: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
        let mut lo = Vec::new();
        let mut hi = Vec::new();
        for (i, row) in a.iter_mut().enumerate() {
            let z: f64 = row.iter().zip(&inside).map(|(a, x)| a * x).sum();
            let kind = (i + case) % 5;
            lo.push(if kind == 0 {
                f64::NEG_INFINITY
            } else {
                z - 0.3 * libm::fabs(numbers.next())
            });
            hi.push(if kind == 1 { f64::INFINITY } else { z + 0.3 * libm::fabs(numbers.next()) });
            if kind == 2 && i < n / 2 {
                (lo[i], hi[i]) = (z, z);
            }
        }
        let q: Vec<f64> = (0..n).map(|_| 10.0 * numbers.next()).collect();
        let program = QuadraticProgram::new(&p, &a, 500).unwrap();
        let s = program.solve(&q, &lo, &hi).unwrap();
        check(&s, &lo, &hi, 100.0);
        one_by_one += usize::from(s.iterations > ROUNDS);
    }
    assert!(one_by_one > 20, "the second phase is hardly tried: {one_by_one}");
}

#[test]
fn what_cannot_be_met_is_said() {
    let p = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
    let a = vec![vec![1.0, 1.0], vec![1.0, 1.0], vec![1.0, -1.0]];
    let program = QuadraticProgram::new(&p, &a, 50).unwrap();
    let s = program.solve(&[0.0, 0.0], &[1.0, -9.0, 0.5], &[2.0, 0.5, 3.0]).unwrap();
    assert!(s.infeasible && !s.solved, "{s:?}");
    let s = program.solve(&[0.0, 0.0], &[1.0, -9.0, 0.5], &[2.0, 1.5, 3.0]).unwrap();
    assert!(s.solved && !s.infeasible);
    assert!(libm::fabs(s.x[0] - 0.75) < 1e-12 && libm::fabs(s.x[1] - 0.25) < 1e-12);
}

#[test]
fn too_few_iterations_are_no_solution() {
    let mut numbers = Numbers(3);
    let n = 12;
    let p = definite(&mut numbers, n, 1e-3);
    let a = numbers.rows(30, n);
    let q: Vec<f64> = (0..n).map(|_| 30.0 * numbers.next()).collect();
    let (lo, hi) = (vec![-0.1; 30], vec![0.1; 30]);
    let whole = QuadraticProgram::new(&p, &a, 500).unwrap().solve(&q, &lo, &hi).unwrap();
    assert!(whole.solved && whole.iterations > 3);
    for most in 0..whole.iterations {
        let s = QuadraticProgram::new(&p, &a, most).unwrap().solve(&q, &lo, &hi).unwrap();
        assert!(s.iterations <= most + ROUNDS, "{} of {most}", s.iterations);
        assert!(!s.solved || s.primal_residual < 1e-8, "{most}: {s:?}");
        assert!(s.solved || s.primal_residual > 0.0 || s.iterations == most);
    }
}

#[test]
fn nonsense_is_refused_by_name() {
    let name =
        |p: &[Vec<f64>], a: &[Vec<f64>]| QuadraticProgram::new(p, a, 50).err().map(|e| e.parameter);
    let good = vec![vec![2.0, 1.0], vec![1.0, 2.0]];
    assert_eq!(name(&[vec![1.0, 2.0], vec![2.0, 1.0]], &[]), Some("p"));
    assert_eq!(name(&[vec![1.0, 2.0], vec![0.0, 1.0]], &[]), Some("p"));
    assert_eq!(name(&[vec![1.0, 0.0]], &[]), Some("p"));
    assert_eq!(name(&good, &[vec![1.0]]), Some("a"));
    assert_eq!(name(&good, &[vec![0.0, 0.0]]), Some("a"));
    assert_eq!(name(&good, &[vec![f64::NAN, 0.0]]), Some("a"));
    let program = QuadraticProgram::new(&good, &[vec![1.0, 0.0]], 50).unwrap();
    let refused =
        |q: &[f64], lo: &[f64], hi: &[f64]| program.solve(q, lo, hi).err().map(|e| e.parameter);
    assert_eq!(refused(&[0.0], &[0.0], &[0.0]), Some("q"));
    assert_eq!(refused(&[0.0, 0.0], &[f64::NAN], &[0.0]), Some("lo"));
    assert_eq!(refused(&[0.0, 0.0], &[1.0], &[0.0]), Some("hi"));
    assert_eq!(refused(&[0.0, 0.0], &[0.0], &[0.0]), None);
}

/// Limits that wander, so that rows leave from the middle of the factor: what is taken over from solve to
/// solve must not wear out.
#[test]
fn a_factor_kept_through_many_solves_is_as_good_as_a_new_one() {
    let mut numbers = Numbers(11);
    let (n, rows) = (24, 20);
    let p = definite(&mut numbers, n, 1e-2);
    let a = numbers.rows(rows, n);
    let program = QuadraticProgram::new(&p, &a, 500).unwrap();
    let dual = program.dual();
    let (lo, hi, tolerance) = (vec![-1.0; rows], vec![1.0; rows], vec![1e-9; rows]);
    let mut kept = vec![0.0; dual.work_len()];
    let mut free = vec![0.0; rows];
    let (mut changes, mut with_kept, mut with_new) = (0, 0, 0);
    for _ in 0..4000 {
        for x in &mut free {
            *x = 0.97 * *x + 0.5 * numbers.next();
        }
        let given = Bounds { free: &free, lo: &lo, hi: &hi, tolerance: &tolerance };
        let mut work = dual.work(&mut kept).unwrap();
        let outcome = dual.solve(&mut work, given);
        assert!(outcome.solved, "{outcome:?}");
        let mut words = vec![0.0; dual.work_len()];
        let mut new = dual.work(&mut words).unwrap();
        let from_nothing = dual.solve(&mut new, given);
        assert!(from_nothing.solved);
        for (x, y) in work.z.iter().zip(&*new.z) {
            assert!(libm::fabs(x - y) < 1e-8, "{x} {y}");
        }
        changes += usize::from(outcome.iterations > 0);
        with_kept += outcome.iterations;
        with_new += from_nothing.iterations;
    }
    assert!(changes > 1000, "the active rows hardly change: {changes}");
    assert!(with_kept < with_new, "{with_kept} {with_new}");
}
