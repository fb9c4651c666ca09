//! The factor of the active rows, and what it solves.

use super::active::Active;

/// A pivot below this share of its diagonal is that of a row which depends on those already active:
/// rounding is 1e-16 times the number of terms and the conditioning of the active rows.
const SINGULAR: f64 = 1e-11;

/// Taking a row out of the factor is worth it while rows out times rows behind stay below so many times
/// the active ones: an update costs some 8 cycles per number behind, a row made anew 30 per place.
const UPDATES: usize = 6;

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

/// Where row `i` of `L` stands: rows one after the other, left of the diagonal.
#[inline]
fn row_of(i: usize) -> core::ops::Range<usize> {
    let start = i * i.saturating_sub(1) / 2;
    start..start + i
}

/// `x` of `L*x = b` from place `from` on, where `x` holds `b`; before it `x` is known. Four rows at a time,
/// so that one sum need not wait for the other.
#[inline]
fn solve_forward(factor: &[f64], x: &mut [f64], from: usize) {
    let mut i = from;
    while i + 4 <= x.len() {
        let (known, rest) = x.split_at_mut(i);
        let rows: [&[f64]; 4] = core::array::from_fn(|j| &factor[row_of(i + j)]);
        let mut sums = [[0.0; 2]; 4];
        for at in (0..i / 2).map(|pair| 2 * pair) {
            for (sum, row) in sums.iter_mut().zip(rows) {
                sum[0] += row[at] * known[at];
                sum[1] += row[at + 1] * known[at + 1];
            }
        }
        for j in 0..4 {
            let mut sum = sums[j][0] + sums[j][1];
            if i % 2 == 1 {
                sum += rows[j][i - 1] * known[i - 1];
            }
            for k in 0..j {
                sum += rows[j][i + k] * rest[k];
            }
            rest[j] -= sum;
        }
        i += 4;
    }
    while i < x.len() {
        let (known, rest) = x.split_at_mut(i);
        rest[0] -= dot(&factor[row_of(i)], known);
        i += 1;
    }
}

/// `x` of `L'*x = b`, where `x` holds `b`; four rows of `L` at a time.
#[inline]
fn solve_backward(factor: &[f64], x: &mut [f64]) {
    let mut n = x.len();
    while n >= 4 {
        let (head, tail) = x.split_at_mut(n - 4);
        let [a, b, c, d]: [&[f64]; 4] = core::array::from_fn(|j| &factor[row_of(n - 4 + j)]);
        let at = n - 4;
        let s = tail[3];
        let r = tail[2] - d[at + 2] * s;
        let q = tail[1] - (c[at + 1] * r + d[at + 1] * s);
        let p = tail[0] - ((b[at] * q + c[at] * r) + d[at] * s);
        tail[..4].copy_from_slice(&[p, q, r, s]);
        let all = a.iter().zip(b).zip(c.iter().zip(d));
        for (to, ((a, b), (c, d))) in head.iter_mut().zip(all) {
            *to -= (a * p + b * q) + (c * r + d * s);
        }
        n -= 4;
    }
    while n > 1 {
        n -= 1;
        let (head, tail) = x.split_at_mut(n);
        add_scaled(head, &factor[row_of(n)], -tail[0]);
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
        let (done, rest) = w.factor.split_at_mut(row_of(k).start);
        let new = &mut rest[..k];
        for (to, row) in new.iter_mut().zip(&*w.set) {
            *to = gram[*row as usize];
        }
        solve_forward(done, new, 0);
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
        // `z` marks the rows that were in.
        w.z.fill(0.0);
        let mut standing = 0;
        while standing < left {
            let row = w.set[standing] as usize;
            if row >= rows || w.z[row] != 0.0 {
                break;
            }
            w.z[row] = 1.0;
            standing += 1;
        }
        w.active = standing;
        let first = (0..standing).find(|place| self.is_gone(*place)).unwrap_or(standing);
        self.know(0, first);
        self.close_ranks(first);
        for row in 0..rows {
            if self.w.side[row] != 0.0 && self.w.z[row] == 0.0 && !self.append(row) {
                self.w.side[row] = 0.0;
            }
        }
        standing > 0
    }

    /// Takes the rows without a side out of the set, the first of them at place `first`: the factor is
    /// updated for each of few, and made anew from `first` on for many.
    pub(super) fn close_ranks(&mut self, first: usize) {
        let before = self.w.active;
        if first == before {
            return;
        }
        let behind = before - first;
        let gone = (first..before).filter(|place| self.is_gone(*place)).count();
        if gone * behind <= UPDATES * before {
            for place in (first..before).rev() {
                if self.is_gone(place) {
                    self.remove(place);
                }
            }
            self.know(first, self.w.active);
            return;
        }
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

    fn is_gone(&self, place: usize) -> bool {
        self.w.side[self.w.set[place] as usize] == 0.0
    }

    /// Takes the row at `place` out of the set and the factor: what stood to the right of its column is
    /// the factor of a matrix that gains `d*l*l'`, `l` that column (method C1 of Gill, Golub, Murray and
    /// Saunders 1974), which is stable as `d` is positive. `y` from `place` on is left to `know`.
    fn remove(&mut self, place: usize) {
        let w = &mut *self.w;
        let last = w.active - 1;
        // One over what is left of `d`, then `l` and the share of the update of each row, in `y` and `aim`.
        let mut inverse = w.inverse_pivot[place];
        for to in place..last {
            let old = to + 1;
            let (from, start) = (old * (old - 1) / 2, to * to.saturating_sub(1) / 2);
            let mut l = w.factor[from + place];
            w.factor.copy_within(from..from + place, start);
            for at in place..to {
                let below = w.factor[from + at + 1];
                l -= w.y[at] * below;
                w.factor[start + at] = below + w.aim[at] * l;
            }
            // d' = d_old + l*l*d,   share = l*d/d',   d_next = d*d_old/d'
            let old_inverse = w.inverse_pivot[old];
            let sum = inverse + l * l * old_inverse;
            w.y[to] = l;
            w.aim[to] = l * old_inverse / sum;
            w.inverse_pivot[to] = old_inverse * inverse / sum;
            inverse = sum;
            w.set[to] = w.set[old];
            w.lambda[to] = w.lambda[old];
        }
        w.active = last;
    }

    /// `y` of the places `from..to`; before them it is known.
    fn know(&mut self, from: usize, to: usize) {
        for place in from..to {
            let row = self.w.set[place] as usize;
            self.w.y[place] = self.given.free[row] - self.bound(row);
        }
        let w = &mut *self.w;
        solve_forward(w.factor, &mut w.y[..to], from);
    }

    /// `aim` of `L'*aim = from`, which `aim` holds.
    #[inline]
    pub(super) fn solve_back(&mut self) {
        let w = &mut *self.w;
        solve_backward(w.factor, &mut w.aim[..w.active]);
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
            self.w.y[place] = self.w.z[row] - self.bound(row);
        }
        let w = &mut *self.w;
        solve_forward(w.factor, &mut w.y[..w.active], 0);
        self.aim();
        let w = &mut *self.w;
        for (aim, lambda) in w.aim.iter_mut().zip(w.lambda.iter_mut()).take(w.active) {
            *lambda += *aim;
            *aim = *lambda;
        }
        self.values();
    }
}
