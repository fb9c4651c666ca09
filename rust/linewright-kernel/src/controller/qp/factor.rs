//! The factor of the active rows, and what it solves.

use super::active::Active;

/// A pivot below this share of its diagonal is that of a row which depends on those already active:
/// rounding is 1e-16 times the number of terms and the conditioning of the active rows.
const SINGULAR: f64 = 1e-11;

/// Sum of products, in four sums so that one need not wait for the other.
#[inline]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (fours, others) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest = fours.remainder().iter().zip(others.remainder());
    let mut sums = [0.0; 4];
    for (x, y) in fours.zip(others) {
        for i in 0..4 {
            sums[i] += x[i] * y[i];
        }
    }
    rest.fold(0.0, |sum, (x, y)| sum + x * y) + ((sums[0] + sums[2]) + (sums[1] + sums[3]))
}

/// `to += x*by`.
#[inline]
fn add_scaled(to: &mut [f64], x: &[f64], by: f64) {
    for (to, x) in to.iter_mut().zip(x) {
        *to += x * by;
    }
}

/// `to += sum of factor*column`, four columns at a time so that `to` is read and written less often;
/// columns and factors come in the same order.
#[inline]
pub(crate) fn add_columns<'a>(to: &mut [f64], mut columns: impl Iterator<Item = (&'a [f64], f64)>) {
    while let Some((a, p)) = columns.next() {
        let Some((b, q)) = columns.next() else {
            add_scaled(to, a, p);
            return;
        };
        let (Some((c, r)), after) = (columns.next(), columns.next()) else {
            add_scaled(to, a, p);
            add_scaled(to, b, q);
            return;
        };
        let Some((d, s)) = after else {
            add_scaled(to, a, p);
            add_scaled(to, b, q);
            add_scaled(to, c, r);
            return;
        };
        let all = a.iter().zip(b).zip(c.iter().zip(d));
        for (to, ((a, b), (c, d))) in to.iter_mut().zip(all) {
            *to += (a * p + b * q) + (c * r + d * s);
        }
    }
}

impl Active<'_, '_> {
    #[inline]
    pub(super) fn bound(&self, row: usize) -> f64 {
        if self.w.side[row] > 0.0 { self.given.hi[row] } else { self.given.lo[row] }
    }

    /// Appends `row` to the factor; false when it depends on the rows there, or no place is left. Its part
    /// of `L` stands behind the factor in any case.
    #[inline]
    pub(super) fn append(&mut self, row: usize) -> bool {
        let mut y = self.given.free[row] - self.bound(row);
        let gram = &self.qp.gram[row * self.qp.rows..(row + 1) * self.qp.rows];
        let w = &mut *self.w;
        let k = w.active;
        let (mut done, rest) = w.factor.split_at_mut(k * k.saturating_sub(1) / 2);
        let new = &mut rest[..k];
        for i in 0..k {
            let (l, below) = core::mem::take(&mut done).split_at_mut(i);
            done = below;
            new[i] = gram[w.set[i] as usize] - dot(l, &new[..i]);
        }
        let mut pivot = gram[row];
        for ((new, inverse), known) in new.iter_mut().zip(&*w.inverse_pivot).zip(&*w.y) {
            let l = *new * inverse;
            pivot -= *new * l;
            y -= l * known;
            *new = l;
        }
        let independent = pivot > SINGULAR * gram[row] && k < self.qp.most;
        if independent {
            w.set[k] = row as u64;
            w.inverse_pivot[k] = 1.0 / pivot;
            w.y[k] = y;
            w.active = k + 1;
        }
        independent
    }

    /// Starts from the sides left from the last solve, and from as much of its factor as still stands.
    /// True when some of it does.
    pub(super) fn start(&mut self) -> bool {
        let rows = self.qp.rows;
        let w = &mut *self.w;
        let mut any = false;
        for side in &mut *w.side {
            *side = if *side > 0.0 {
                1.0
            } else if *side < 0.0 {
                -1.0
            } else {
                0.0
            };
            any |= *side != 0.0;
        }
        let left = if w.left[1] == self.qp.stamp { w.left[0] } else { 0 };
        let left = usize::try_from(left).map_or(0, |k| k.min(self.qp.most));
        w.left.fill(0);
        w.active = 0;
        if !any {
            return false;
        }
        // `z` marks the rows that are in.
        w.z.fill(0.0);
        let mut standing = 0;
        while standing < left {
            let row = w.set[standing] as usize;
            if row >= rows || w.side[row] == 0.0 || w.z[row] != 0.0 {
                break;
            }
            w.z[row] = 1.0;
            standing += 1;
        }
        for place in 0..standing {
            let row = self.w.set[place] as usize;
            let y = self.given.free[row] - self.bound(row);
            let w = &mut *self.w;
            let start = place * place.saturating_sub(1) / 2;
            w.y[place] = y - dot(&w.factor[start..start + place], &w.y[..place]);
        }
        self.w.active = standing;
        for row in 0..rows {
            if self.w.side[row] != 0.0 && self.w.z[row] == 0.0 && !self.append(row) {
                self.w.side[row] = 0.0;
            }
        }
        standing > 0
    }

    /// Takes the rows without a side out of the set; those from place `first` on enter the factor anew.
    pub(super) fn close_ranks(&mut self, first: usize) {
        let before = self.w.active;
        self.w.active = first;
        for place in first..before {
            let (row, lambda) = (self.w.set[place] as usize, self.w.lambda[place]);
            if self.w.side[row] == 0.0 {
                continue;
            }
            let to = self.w.active;
            if self.append(row) {
                self.w.lambda[to] = lambda;
            } else {
                self.w.side[row] = 0.0;
            }
        }
    }

    /// `aim` of `L'*aim = from`, which `aim` holds.
    #[inline]
    pub(super) fn solve_back(&mut self) {
        for i in (1..self.w.active).rev() {
            let (head, tail) = self.w.aim.split_at_mut(i);
            let start = i * (i - 1) / 2;
            for (to, l) in head.iter_mut().zip(&self.w.factor[start..start + i]) {
                *to -= l * tail[0];
            }
        }
    }

    /// Multipliers with which every active row meets its bound.
    #[inline]
    pub(super) fn aim(&mut self) {
        let w = &mut *self.w;
        let parts = w.y.iter().zip(&*w.inverse_pivot).take(w.active);
        for (to, (y, inverse)) in w.aim.iter_mut().zip(parts) {
            *to = y * inverse;
        }
        self.solve_back();
    }

    /// `z = free - gram*aim`.
    #[inline]
    pub(super) fn values(&mut self) {
        let w = &mut *self.w;
        w.z.copy_from_slice(self.given.free);
        let (qp, active) = (self.qp, w.set.iter().zip(&*w.aim).take(w.active));
        let columns = active.map(|(row, x)| {
            let at = *row as usize * qp.rows;
            (&qp.gram[at..at + qp.rows], -x)
        });
        add_columns(w.z, columns);
    }

    pub(super) fn keep_aim(&mut self) {
        let w = &mut *self.w;
        w.lambda[..w.active].copy_from_slice(&w.aim[..w.active]);
    }

    /// How far the active rows are from their bounds at most, in tolerances.
    pub(super) fn distance(&self) -> f64 {
        let mut most = 0.0;
        for place in 0..self.w.active {
            let row = self.w.set[place] as usize;
            let off = (self.w.z[row] - self.bound(row)).abs() / self.given.tolerance[row];
            most = if off <= most { most } else { off };
        }
        most
    }

    /// One more digit or two: what the active rows miss goes through the factor again.
    pub(super) fn refine(&mut self) {
        for place in 0..self.w.active {
            let row = self.w.set[place] as usize;
            let off = self.w.z[row] - self.bound(row);
            let w = &mut *self.w;
            let start = place * place.saturating_sub(1) / 2;
            w.y[place] = off - dot(&w.factor[start..start + place], &w.y[..place]);
        }
        self.aim();
        let w = &mut *self.w;
        for (aim, lambda) in w.aim.iter_mut().zip(w.lambda.iter_mut()).take(w.active) {
            *lambda += *aim;
            *aim = *lambda;
        }
        self.values();
    }
}
