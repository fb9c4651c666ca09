//! A quadratic program as one writes it: for designs, for tests, for Python.

use super::dense::Matrix;
use super::{Bounds, DualQp};
use crate::DesignError;
use alloc::vec;
use alloc::vec::Vec;

/// A bound that is not finite stands here: far from everything, and no less exact.
const FAR: f64 = 1e30;

/// `min 1/2 x'Px + q'x` subject to `lo <= A*x <= hi`, `P` symmetric and positive definite; a bound of
/// infinity is none, `lo = hi` an equation.
#[derive(Debug, Clone)]
pub struct QuadraticProgram {
    root: Matrix,
    p: Matrix,
    a: Matrix,
    /// `inv(P)*A'`.
    reach: Matrix,
    dual: DualQp,
}

/// What [`QuadraticProgram::solve`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct QpSolution {
    /// The minimiser; when not `solved`, the last point, which lies outside of some bounds.
    pub x: Vec<f64>,
    /// One multiplier per row of `A`: positive at the upper bound, negative at the lower, zero between.
    pub multipliers: Vec<f64>,
    /// `1/2 x'Px + q'x`.
    pub cost: f64,
    /// Exchanges of active rows.
    pub iterations: usize,
    /// All bounds hold and all multipliers have their sign. False: stopped early, or infeasible.
    pub solved: bool,
    /// No point is within all bounds.
    pub infeasible: bool,
    /// Largest distance beyond a bound, in the unit of its row.
    pub primal_residual: f64,
    /// Largest component of `P*x + q + A'*multipliers`.
    pub dual_residual: f64,
}

impl QuadraticProgram {
    /// Factors `p` (rows of equal length) and prepares the rows `a`.
    ///
    /// # Errors
    /// `p` is not symmetric and positive definite; `a` does not fit or has a row of zeros.
    pub fn new(p: &[Vec<f64>], a: &[Vec<f64>], max_iterations: usize) -> Result<Self, DesignError> {
        let n = p.len();
        let shape = "square, symmetric, positive definite and finite";
        let matrix = Matrix::from_rows(p).filter(|m| m.columns == n);
        let p = matrix.ok_or(DesignError { parameter: "p", must_be: shape, value: n as f64 })?;
        let off = p.plus(-1.0, &p.transposed()).largest();
        DesignError::unless(off <= 1e-9 * p.largest(), "p", shape, off)?;
        let root = p.cholesky(1e-15, false);
        let root = root.ok_or(DesignError { parameter: "p", must_be: shape, value: n as f64 })?;
        let a = if a.is_empty() { Some(Matrix::zeros(0, n)) } else { Matrix::from_rows(a) };
        let usable =
            a.filter(|m| m.columns == n && (0..m.rows).all(|i| m.row(i).iter().any(|x| *x != 0.0)));
        let must_be = "rows as long as p, finite, none of zeros";
        let a = usable.ok_or(DesignError { parameter: "a", must_be, value: n as f64 })?;
        let half = root.solve_upper_transposed(&a.transposed());
        let gram = half.transposed().times(&half);
        let reach = root.solve_upper(&half);
        let dual = DualQp::new(a.rows, n, gram.words().to_vec(), max_iterations);
        Ok(Self { root, p, a, reach, dual })
    }

    #[cfg(test)]
    pub(super) fn dual(&self) -> &DualQp {
        &self.dual
    }

    /// Solves for `q` within `lo..hi`, from nothing known.
    ///
    /// # Errors
    /// A list of another length, or with a number that is not finite (`q`) or NaN; `hi` below `lo`.
    pub fn solve(&self, q: &[f64], lo: &[f64], hi: &[f64]) -> Result<QpSolution, DesignError> {
        let (n, rows) = (self.p.rows, self.a.rows);
        let finite = q.len() == n && q.iter().all(|x| x.is_finite());
        DesignError::unless(finite, "q", "as long as p, finite", q.len() as f64)?;
        let usable = lo.len() == rows && lo.iter().all(|x| *x < f64::INFINITY);
        DesignError::unless(usable, "lo", "one number per row of a", lo.len() as f64)?;
        let above = |(hi, lo): (&f64, &f64)| hi >= lo && *hi > f64::NEG_INFINITY;
        let usable = hi.len() == rows && hi.iter().zip(lo).all(above);
        DesignError::unless(
            usable,
            "hi",
            "one number per row of a, not below lo",
            hi.len() as f64,
        )?;
        Ok(self.solve_checked(q, lo, hi))
    }

    fn solve_checked(&self, q: &[f64], lo: &[f64], hi: &[f64]) -> QpSolution {
        let column = |v: &[f64]| Matrix::from_fn(v.len(), 1, |i, _| v[i]);
        let near = |v: &[f64]| v.iter().map(|x| x.clamp(-FAR, FAR)).collect::<Vec<f64>>();
        let (lo, hi) = (near(lo), near(hi));
        let minimum = self.root.solve_upper(&self.root.solve_upper_transposed(&column(q)));
        let mut x: Vec<f64> = minimum.words().iter().map(|x| -x).collect();
        let free = self.a.times(&column(&x));
        let size = |(l, h): (&f64, &f64)| {
            let finite = |x: &f64| if libm::fabs(*x) < FAR { libm::fabs(*x) } else { 0.0 };
            1e-9 * (1.0 + finite(l).max(finite(h)))
        };
        let tolerance: Vec<f64> = lo.iter().zip(&hi).map(size).collect();
        let mut words = vec![0.0; self.dual.work_len()];
        let mut multipliers = vec![0.0; lo.len()];
        let given = Bounds { free: free.words(), lo: &lo, hi: &hi, tolerance: &tolerance };
        // `work` gives none only when there are too few words.
        let outcome = self.dual.work(&mut words).map(|mut work| {
            let outcome = self.dual.solve(&mut work, given);
            for (row, lambda) in work.multipliers() {
                multipliers[row] = lambda;
                x.iter_mut().enumerate().for_each(|(i, x)| *x -= self.reach[(i, row)] * lambda);
            }
            outcome
        });
        let pull = |i: usize| -> f64 {
            (0..multipliers.len()).map(|r| self.a[(r, i)] * multipliers[r]).sum()
        };
        let force = self.p.times(&column(&x));
        let dual = (0..x.len()).map(|i| libm::fabs(force[(i, 0)] + q[i] + pull(i)));
        let z = self.a.times(&column(&x));
        let beyond = (0..lo.len()).map(|r| (z[(r, 0)] - hi[r]).max(lo[r] - z[(r, 0)]));
        QpSolution {
            cost: (0..x.len()).map(|i| x[i] * (0.5 * force[(i, 0)] + q[i])).sum(),
            iterations: outcome.map_or(0, |o| o.iterations),
            solved: outcome.is_some_and(|o| o.solved),
            infeasible: outcome.is_some_and(|o| o.infeasible),
            primal_residual: beyond.fold(0.0, f64::max),
            dual_residual: dual.fold(0.0, f64::max),
            x,
            multipliers,
        }
    }
}
