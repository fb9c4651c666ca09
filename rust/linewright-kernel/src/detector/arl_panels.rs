//! Run lengths of charts whose step has corners: an integral equation on panels cut at the corners.
//!
//! `L(u) = 1 + sum over reachable y of weight(u, y) * L(y)`; `L` is a polynomial on each panel, through its
//! values at Gauss nodes, and the equation holds at these (collocation). Panels may be graded: a square root
//! at either end of a panel is a polynomial in the graded variable.

use alloc::vec;
use alloc::vec::Vec;

use super::arl_chain::legendre;

/// Nodes of a panel, and points of a piece of an integral.
const ORDER: usize = 16;

/// `g(t)` on 0..1 with flat ends.
fn graded(t: f64) -> f64 {
    t * t * (3.0 - 2.0 * t)
}

fn graded_inverse(s: f64) -> f64 {
    0.5 - libm::sin(libm::asin((1.0 - 2.0 * s).clamp(-1.0, 1.0)) / 3.0)
}

/// Panels between ascending edges.
pub(super) struct Panels {
    edges: Vec<f64>,
    /// Node in 0..1, Gauss weight, weight of the interpolation formula.
    base: Vec<(f64, f64, f64)>,
    graded: bool,
}

impl Panels {
    /// Panels cut at `cuts` inside `(lo, hi)`, none wider than `widest`.
    pub(super) fn new(lo: f64, hi: f64, cuts: &[f64], widest: f64, graded: bool) -> Self {
        let near = 1e-9 * (hi - lo);
        let mut marks: Vec<f64> =
            cuts.iter().copied().filter(|c| *c > lo + near && *c < hi - near).collect();
        marks.push(hi);
        marks.sort_by(f64::total_cmp);
        let mut edges = vec![lo];
        let mut from = lo;
        for to in marks {
            if to - from > near {
                let parts = libm::ceil((to - from) / widest).max(1.0);
                edges.extend((1..=parts as usize).map(|i| from + (to - from) * i as f64 / parts));
                from = to;
            }
        }
        let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
        let base = legendre(ORDER, -1.0, 1.0)
            .iter()
            .enumerate()
            .map(|(i, (x, w))| (0.5 * (1.0 + x), 0.5 * w, sign(i) * libm::sqrt((1.0 - x * x) * w)))
            .collect();
        Self { edges, base, graded }
    }

    pub(super) fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// All nodes, panel by panel.
    pub(super) fn nodes(&self) -> Vec<f64> {
        let mut nodes = Vec::new();
        for pair in self.edges.windows(2) {
            let place = |t: f64| if self.graded { graded(t) } else { t };
            nodes.extend(self.base.iter().map(|(t, ..)| pair[0] + (pair[1] - pair[0]) * place(*t)));
        }
        nodes
    }

    /// Adds `share * L(y)` to `row`, one number per node.
    pub(super) fn spread(&self, y: f64, share: f64, row: &mut [f64]) {
        let last = self.edges.len() - 2;
        let panel = self.edges.partition_point(|e| *e <= y).saturating_sub(1).min(last);
        let (a, b) = (self.edges[panel], self.edges[panel + 1]);
        let s = ((y - a) / (b - a)).clamp(0.0, 1.0);
        let t = if self.graded { graded_inverse(s) } else { s };
        let row = &mut row[panel * ORDER..(panel + 1) * ORDER];
        if let Some(at) = self.base.iter().position(|(node, ..)| *node == t) {
            row[at] += share;
            return;
        }
        let mut parts = [0.0; ORDER];
        for (part, (node, _, weight)) in parts.iter_mut().zip(&self.base) {
            *part = weight / (t - node);
        }
        let total: f64 = parts.iter().sum();
        for (to, part) in row.iter_mut().zip(parts) {
            *to += share * part / total;
        }
    }

    /// Calls `point(x, weight)` for an integral from `lo` to `hi`, cut at `cuts`, in pieces no longer than
    /// `longest`, each graded at both ends.
    pub(super) fn integral(
        &self,
        (lo, hi): (f64, f64),
        cuts: impl Iterator<Item = f64>,
        longest: f64,
        mut point: impl FnMut(f64, f64),
    ) {
        let mut marks: Vec<f64> = cuts.filter(|c| *c > lo && *c < hi).collect();
        marks.push(hi);
        marks.sort_by(f64::total_cmp);
        let mut from = lo;
        for to in marks {
            let parts = libm::ceil((to - from) / longest);
            let width = (to - from) / parts.max(1.0);
            for i in 0..parts as usize {
                let start = from + width * i as f64;
                for (t, weight, _) in &self.base {
                    point(start + width * graded(*t), weight * width * 6.0 * t * (1.0 - t));
                }
            }
            from = to;
        }
    }
}

/// Solves `x = 1 + rows * x` by elimination with pivoting; `rows` is square, row by row.
pub(super) fn lengths(mut rows: Vec<f64>, count: usize) -> Vec<f64> {
    for (at, p) in rows.iter_mut().enumerate() {
        *p = f64::from(u8::from(at / count == at % count)) - *p;
    }
    let mut right = vec![1.0; count];
    for c in 0..count {
        let size = |r: usize| libm::fabs(rows[r * count + c]);
        let pivot = (c..count).max_by(|a, b| size(*a).total_cmp(&size(*b))).unwrap_or(c);
        if pivot != c {
            let (upper, lower) = rows.split_at_mut(pivot * count);
            upper[c * count..(c + 1) * count].swap_with_slice(&mut lower[..count]);
            right.swap(c, pivot);
        }
        let (upper, lower) = rows.split_at_mut((c + 1) * count);
        let row = &upper[c * count..];
        let at = right[c];
        for (other, value) in lower.chunks_exact_mut(count).zip(&mut right[c + 1..]) {
            let f = other[c] / row[c];
            if f != 0.0 {
                other[c..].iter_mut().zip(&row[c..]).for_each(|(to, x)| *to -= f * x);
                *value -= f * at;
            }
        }
    }
    for r in (0..count).rev() {
        let row = &rows[r * count..(r + 1) * count];
        let known: f64 = row[r + 1..].iter().zip(&right[r + 1..]).map(|(p, x)| p * x).sum();
        right[r] = (right[r] - known) / row[r];
    }
    right
}
