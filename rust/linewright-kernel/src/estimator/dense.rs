//! Small dense matrices in flat slices, row by row. Nothing here allocates; lengths that do not fit are
//! cut to the shortest.

/// `sum(a_i * b_i)`.
#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// `out = a * b`; `b` has `columns` columns, `a` as many columns as `b` has rows: `inner`.
#[inline(always)]
pub(crate) fn product(a: &[f64], b: &[f64], inner: usize, columns: usize, out: &mut [f64]) {
    let rows = out.chunks_exact_mut(columns.max(1)).zip(a.chunks_exact(inner.max(1)));
    for (to, left) in rows {
        to.fill(0.0);
        for (x, right) in left.iter().zip(b.chunks_exact(columns.max(1))) {
            for (sum, y) in to.iter_mut().zip(right) {
                *sum += x * y;
            }
        }
    }
}

/// `out = a * b^T`; both have `inner` columns, `b` has `rows` rows.
#[inline(always)]
pub(crate) fn product_transposed(a: &[f64], b: &[f64], inner: usize, rows: usize, out: &mut [f64]) {
    let lines = out.chunks_exact_mut(rows.max(1)).zip(a.chunks_exact(inner.max(1)));
    for (to, left) in lines {
        for (sum, right) in to.iter_mut().zip(b.chunks_exact(inner.max(1))) {
            *sum = dot(left, right);
        }
    }
}

/// `a = b`.
#[inline(always)]
pub(crate) fn copy(a: &mut [f64], b: &[f64]) {
    for (x, y) in a.iter_mut().zip(b) {
        *x = *y;
    }
}

/// `a += b`.
#[inline(always)]
pub(crate) fn add(a: &mut [f64], b: &[f64]) {
    for (x, y) in a.iter_mut().zip(b) {
        *x += y;
    }
}

/// Makes the `n` by `n` matrix equal to the mean of itself and its transpose.
#[inline(always)]
pub(crate) fn symmetrise(a: &mut [f64], n: usize) {
    for i in 1..n {
        let (above, rest) = a.split_at_mut((i * n).min(a.len()));
        let row = rest.iter_mut().take(i);
        for (x, line) in row.zip(above.chunks_exact_mut(n)) {
            if let Some(y) = line.get_mut(i) {
                let mean = 0.5 * (*x + *y);
                (*x, *y) = (mean, mean);
            }
        }
    }
}

/// Cholesky factor of the leading `n` by `n` part of `a`, whose rows are `n` long: `a = l*l^T`, `l` lower,
/// zero above. False when `a` is not positive definite; `l` is of no use then.
#[inline(always)]
pub(crate) fn cholesky(a: &[f64], n: usize, l: &mut [f64]) -> bool {
    for i in 0..n {
        let (done, rest) = l.split_at_mut((i * n).min(l.len()));
        let (Some(row), Some(given)) = (rest.get_mut(..n), a.get(i * n..(i + 1) * n)) else {
            return false;
        };
        row.fill(0.0);
        for (j, above) in done.chunks_exact(n).enumerate() {
            let (Some(x), Some(pivot)) = (given.get(j), above.get(j)) else { return false };
            let left = x - dot(above.get(..j).unwrap_or_default(), row);
            if let Some(to) = row.get_mut(j) {
                *to = left / pivot;
            }
        }
        let square = dot(row, row);
        let (Some(x), Some(to)) = (given.get(i), row.get_mut(i)) else { return false };
        let pivot = x - square;
        // Written so that NaN is refused.
        if !(pivot > 0.0 && pivot < f64::INFINITY) {
            return false;
        }
        *to = libm::sqrt(pivot);
    }
    true
}

/// Solves `a*x = b` by elimination with pivoting, `b` and so `x` with `columns` columns; both are
/// overwritten, `x` stands in `b`. False when `a` is singular.
pub(crate) fn solve(a: &mut [f64], n: usize, b: &mut [f64], columns: usize) -> bool {
    for i in 0..n {
        let size = |a: &[f64], r: usize| a.get(r * n + i).map_or(0.0, |x| libm::fabs(*x));
        let best = (i..n).fold(i, |best, r| if size(a, r) > size(a, best) { r } else { best });
        if !(size(a, best) > 0.0 && size(a, best) < f64::INFINITY) {
            return false;
        }
        swap_rows(a, n, i, best);
        swap_rows(b, columns, i, best);
        for r in (0..n).filter(|r| *r != i) {
            let at = |a: &[f64], r: usize| a.get(r * n + i).copied().unwrap_or(0.0);
            let factor = at(a, r) / at(a, i);
            subtract_row(a, n, r, i, factor);
            subtract_row(b, columns, r, i, factor);
        }
    }
    for (i, row) in b.chunks_exact_mut(columns.max(1)).enumerate().take(n) {
        let pivot = a.get(i * n + i).copied().unwrap_or(1.0);
        row.iter_mut().for_each(|x| *x /= pivot);
    }
    true
}

fn swap_rows(a: &mut [f64], columns: usize, i: usize, j: usize) {
    for k in 0..columns {
        let (p, q) = (i * columns + k, j * columns + k);
        if p < a.len() && q < a.len() {
            a.swap(p, q);
        }
    }
}

/// `row r -= factor * row i`.
fn subtract_row(a: &mut [f64], columns: usize, r: usize, i: usize, factor: f64) {
    for k in 0..columns {
        let y = a.get(i * columns + k).copied().unwrap_or(0.0);
        if let Some(x) = a.get_mut(r * columns + k) {
            *x -= factor * y;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_rows_times_columns() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 0.0, 2.0, 1.0, -1.0, 3.0]);
        let mut out = [9.0; 4];
        product(&a, &b, 3, 2, &mut out);
        assert_eq!(out, [2.0, 11.0, 8.0, 23.0]);
        product_transposed(&a, &b, 3, 2, &mut out);
        assert_eq!(out, [7.0, 8.0, 16.0, 17.0]);
    }

    #[test]
    fn a_factor_times_its_transpose_is_the_matrix() {
        let a = [4.0, 2.0, -1.0, 2.0, 5.0, 0.5, -1.0, 0.5, 3.0];
        let (mut l, mut back) = ([7.0; 9], [0.0; 9]);
        assert!(cholesky(&a, 3, &mut l));
        assert_eq!((l[1], l[2], l[5]), (0.0, 0.0, 0.0));
        product_transposed(&l, &l, 3, 3, &mut back);
        assert!(a.iter().zip(back).all(|(x, y)| (x - y).abs() < 1e-14));
        for bad in [[1.0, 2.0, 2.0, 1.0], [f64::NAN, 0.0, 0.0, 1.0], [0.0; 4]] {
            assert!(!cholesky(&bad, 2, &mut [0.0; 4]));
        }
    }

    #[test]
    fn a_system_is_solved_also_when_it_needs_pivoting() {
        let mut a = [0.0, 2.0, 1.0, 1.0, 1.0, 1.0, 3.0, 0.0, -1.0];
        let whole = a;
        let mut x = [5.0, 1.0, 6.0, 2.0, 0.0, 3.0];
        assert!(solve(&mut a, 3, &mut x, 2));
        let mut back = [0.0; 6];
        product(&whole, &x, 3, 2, &mut back);
        let right = [5.0, 1.0, 6.0, 2.0, 0.0, 3.0];
        assert!(right.iter().zip(back).all(|(x, y)| (x - y).abs() < 1e-14), "{back:?}");
        assert!(!solve(&mut [1.0, 1.0, 1.0, 1.0], 2, &mut [0.0; 2], 1));
    }
}
