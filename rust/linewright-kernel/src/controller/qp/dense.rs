//! Dense linear algebra of the designs: small matrices, row by row. Nothing here runs in a step.

use alloc::vec;
use alloc::vec::Vec;

/// A matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    words: Vec<f64>,
}

impl core::ops::Index<(usize, usize)> for Matrix {
    type Output = f64;
    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.words[i * self.columns + j]
    }
}

impl core::ops::IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.words[i * self.columns + j]
    }
}

impl Matrix {
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, words: vec![0.0; rows * columns] }
    }

    pub(crate) fn from_fn(
        rows: usize,
        columns: usize,
        value: impl Fn(usize, usize) -> f64,
    ) -> Self {
        let words = (0..rows * columns).map(|at| value(at / columns, at % columns)).collect();
        Self { rows, columns, words }
    }

    pub(crate) fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { 1.0 } else { 0.0 })
    }

    /// From rows of equal length; none when they are empty, differ in length or hold a number that is
    /// not finite.
    pub(crate) fn from_rows(rows: &[Vec<f64>]) -> Option<Self> {
        let columns = rows.first()?.len();
        let usable = |row: &Vec<f64>| row.len() == columns && row.iter().all(|x| x.is_finite());
        let good = columns > 0 && rows.iter().all(usable);
        good.then(|| Self { rows: rows.len(), columns, words: rows.concat() })
    }

    pub(crate) fn row(&self, i: usize) -> &[f64] {
        &self.words[i * self.columns..(i + 1) * self.columns]
    }

    pub(crate) fn words(&self) -> &[f64] {
        &self.words
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self[(j, i)])
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut out = Self::zeros(self.rows, other.columns);
        for i in 0..self.rows {
            for k in 0..self.columns {
                let x = self[(i, k)];
                if x != 0.0 {
                    for j in 0..other.columns {
                        out[(i, j)] += x * other[(k, j)];
                    }
                }
            }
        }
        out
    }

    /// `self + factor*other`.
    pub(crate) fn plus(&self, factor: f64, other: &Self) -> Self {
        Self::from_fn(self.rows, self.columns, |i, j| self[(i, j)] + factor * other[(i, j)])
    }

    /// Writes `part` with its first number at row `i`, column `j`.
    pub(crate) fn put(&mut self, i: usize, j: usize, part: &Self) {
        for k in 0..part.rows {
            for l in 0..part.columns {
                self[(i + k, j + l)] = part[(k, l)];
            }
        }
    }

    /// The first rows and columns.
    pub(crate) fn head(&self, rows: usize, columns: usize) -> Self {
        Self::from_fn(rows, columns, |i, j| self[(i, j)])
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.words.iter().all(|x| x.is_finite())
    }

    pub(crate) fn largest(&self) -> f64 {
        self.words.iter().fold(0.0, |most: f64, x| most.max(libm::fabs(*x)))
    }

    /// `R` of `self = Q*R` (Householder 1958), with `Q'` applied to `other` at the same time. Needs at
    /// least as many rows as columns.
    pub(crate) fn triangularised(mut self, other: &mut Self) -> Self {
        for k in 0..self.columns {
            let norm = libm::sqrt((k..self.rows).map(|i| self[(i, k)] * self[(i, k)]).sum());
            if norm == 0.0 {
                continue;
            }
            let alpha = if self[(k, k)] > 0.0 { -norm } else { norm };
            let mut v: Vec<f64> = (k..self.rows).map(|i| self[(i, k)]).collect();
            v[0] -= alpha;
            let squared: f64 = v.iter().map(|x| x * x).sum();
            reflect(&mut self, &v, squared, k, k);
            reflect(other, &v, squared, k, 0);
        }
        let columns = self.columns;
        Self::from_fn(columns, columns, |i, j| if j < i { 0.0 } else { self[(i, j)] })
    }

    /// `x` of `self*x = b` for upper triangular `self`.
    pub(crate) fn solve_upper(&self, b: &Self) -> Self {
        let mut x = b.clone();
        for column in 0..b.columns {
            for i in (0..self.rows).rev() {
                let known: f64 = (i + 1..self.rows).map(|j| self[(i, j)] * x[(j, column)]).sum();
                x[(i, column)] = (x[(i, column)] - known) / self[(i, i)];
            }
        }
        x
    }

    /// `x` of `self'*x = b` for upper triangular `self`.
    pub(crate) fn solve_upper_transposed(&self, b: &Self) -> Self {
        let mut x = b.clone();
        for column in 0..b.columns {
            for i in 0..self.rows {
                let known: f64 = (0..i).map(|j| self[(j, i)] * x[(j, column)]).sum();
                x[(i, column)] = (x[(i, column)] - known) / self[(i, i)];
            }
        }
        x
    }

    /// Upper triangular `R` of `self = R'*R` for symmetric `self`; a pivot at most `floor` times the
    /// largest diagonal becomes a row of zeros when `allow_zero`, else there is none.
    pub(crate) fn cholesky(&self, floor: f64, allow_zero: bool) -> Option<Self> {
        let n = self.rows;
        let least = floor * (0..n).fold(0.0, |most: f64, i| most.max(self[(i, i)]));
        let mut r = Self::zeros(n, n);
        for i in 0..n {
            let pivot = self[(i, i)] - (0..i).map(|k| r[(k, i)] * r[(k, i)]).sum::<f64>();
            if pivot > least && pivot.is_finite() {
                let root = libm::sqrt(pivot);
                for j in i..n {
                    let known: f64 = (0..i).map(|k| r[(k, i)] * r[(k, j)]).sum();
                    r[(i, j)] = (self[(i, j)] - known) / root;
                }
            } else if !allow_zero || !pivot.is_finite() || pivot < -least - f64::MIN_POSITIVE {
                return None;
            }
        }
        Some(r)
    }

    /// Singular values with their left and right vectors as columns, largest first, by one-sided
    /// rotations (Hestenes 1958). Needs at least as many rows as columns.
    pub(crate) fn singular(&self) -> (Vec<f64>, Self, Self) {
        let (mut left, mut right) = (self.clone(), Self::identity(self.columns));
        for _ in 0..60 {
            let mut turned = false;
            for p in 0..self.columns {
                for q in p + 1..self.columns {
                    turned |= rotate_apart(&mut left, &mut right, p, q);
                }
            }
            if !turned {
                break;
            }
        }
        let norm = |j: usize| libm::sqrt((0..left.rows).map(|i| left[(i, j)] * left[(i, j)]).sum());
        let norms: Vec<f64> = (0..self.columns).map(norm).collect();
        let mut order: Vec<usize> = (0..self.columns).collect();
        order.sort_by(|&a, &b| norms[b].total_cmp(&norms[a]));
        let values: Vec<f64> = order.iter().map(|&j| norms[j]).collect();
        let unit = |s: f64| if s > 0.0 { 1.0 / s } else { 0.0 };
        let u = Self::from_fn(left.rows, left.columns, |i, j| {
            left[(i, order[j])] * unit(norms[order[j]])
        });
        let v = Self::from_fn(right.rows, right.columns, |i, j| right[(i, order[j])]);
        (values, u, v)
    }
}

/// Reflects the columns of `m` from `first` on, in the rows from `k` on, by `1 - 2*v*v'/squared`.
fn reflect(m: &mut Matrix, v: &[f64], squared: f64, k: usize, first: usize) {
    for j in first..m.columns {
        let along: f64 = v.iter().enumerate().map(|(i, x)| x * m[(k + i, j)]).sum();
        let factor = 2.0 * along / squared;
        for (i, x) in v.iter().enumerate() {
            m[(k + i, j)] -= factor * x;
        }
    }
}

/// Makes columns `p` and `q` of `left` orthogonal; false when they were.
fn rotate_apart(left: &mut Matrix, right: &mut Matrix, p: usize, q: usize) -> bool {
    let (mut pp, mut qq, mut pq) = (0.0, 0.0, 0.0);
    for i in 0..left.rows {
        let (x, y) = (left[(i, p)], left[(i, q)]);
        pp += x * x;
        qq += y * y;
        pq += x * y;
    }
    if libm::fabs(pq) <= 1e-15 * libm::sqrt(pp * qq) || pq == 0.0 {
        return false;
    }
    let zeta = (qq - pp) / (2.0 * pq);
    let t = libm::copysign(1.0, zeta) / (libm::fabs(zeta) + libm::sqrt(1.0 + zeta * zeta));
    let c = 1.0 / libm::sqrt(1.0 + t * t);
    let s = c * t;
    for m in [left, right] {
        for i in 0..m.rows {
            let (x, y) = (m[(i, p)], m[(i, q)]);
            m[(i, p)] = c * x - s * y;
            m[(i, q)] = s * x + c * y;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: usize, columns: usize) -> Matrix {
        Matrix::from_fn(rows, columns, |i, j| libm::sin((7 * i + 3 * j * j + 1) as f64))
    }

    fn apart(a: &Matrix, b: &Matrix) -> f64 {
        a.plus(-1.0, b).largest()
    }

    #[test]
    fn the_triangle_solves_least_squares() {
        let (e, f) = (sample(9, 4), sample(9, 2));
        let mut turned = f.clone();
        let r = e.clone().triangularised(&mut turned);
        let x = r.solve_upper(&turned.head(4, 2));
        let residual = e.times(&x).plus(-1.0, &f);
        assert!(e.transposed().times(&residual).largest() < 1e-13);
        assert!(apart(&r.transposed().times(&r), &e.transposed().times(&e)) < 1e-13);
        let b = sample(4, 3);
        assert!(apart(&r.transposed().times(&r.solve_upper_transposed(&b)), &b) < 1e-13);
    }

    #[test]
    fn the_root_of_a_square_is_found_also_when_it_is_singular() {
        let e = sample(3, 5);
        let square = e.transposed().times(&e);
        assert!(square.cholesky(1e-12, false).is_none());
        let r = square.cholesky(1e-12, true).unwrap();
        assert!(apart(&r.transposed().times(&r), &square) < 1e-12);
        assert!(
            Matrix::identity(2).plus(-2.0, &Matrix::identity(2)).cholesky(1e-12, true).is_none()
        );
    }

    #[test]
    fn singular_values_put_the_matrix_together_again() {
        let g = sample(8, 5);
        let (s, u, v) = g.singular();
        assert!(s.windows(2).all(|w| w[0] >= w[1]));
        let scaled = Matrix::from_fn(8, 5, |i, j| u[(i, j)] * s[j]);
        assert!(apart(&scaled.times(&v.transposed()), &g) < 1e-13);
        assert!(apart(&u.transposed().times(&u), &Matrix::identity(5)) < 1e-13);
    }
}
