//! Run lengths of the Shiryaev-Roberts chart.

use alloc::vec;
use alloc::vec::Vec;

use super::arl::{check_arl0, normal_cdf, normal_density, search};
use super::arl_chain::{Nodes, WIDEST, Walk, legendre};
use super::arl_panels::lengths;
use crate::DesignError;

/// Standard deviations beyond which a reading has no weight.
const FAR: f64 = 9.0;
/// Nodes of a panel of the two-sided chart, and the widest panel.
const ORDER: usize = 12;
const WIDEST_PANEL: f64 = 4.0;

/// `ln(1 + exp(x))`, for any `x`.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + libm::log1p(libm::exp(-libm::fabs(x)))
}

/// One side in `r = ln R`: `r' = softplus(r) + delta*x - delta^2/2`, alarm beyond `h`; the atom is `R = 0`.
struct OneSide {
    delta: f64,
    h: f64,
    lowest: f64,
}

impl OneSide {
    fn mean(&self, r: f64, shift: f64) -> f64 {
        softplus(r) + self.delta * (shift - 0.5 * self.delta)
    }
}

impl Walk for OneSide {
    fn range(&self) -> (f64, f64) {
        (self.lowest, self.h)
    }
    fn step_sd(&self) -> f64 {
        self.delta
    }
    fn atom(&self) -> Option<f64> {
        Some(f64::NEG_INFINITY)
    }
    fn start(&self) -> f64 {
        f64::NEG_INFINITY
    }
    fn to_atom(&self, r: f64, shift: f64) -> f64 {
        normal_cdf((self.lowest - self.mean(r, shift)) / self.delta)
    }
    fn density(&self, r: f64, to: f64, shift: f64) -> f64 {
        normal_density((to - self.mean(r, shift)) / self.delta) / self.delta
    }
    fn to_alarm(&self, r: f64, shift: f64) -> f64 {
        normal_cdf((self.mean(r, shift) - self.h) / self.delta)
    }
}

fn check(delta: f64, h: f64) -> Result<(), DesignError> {
    DesignError::unless((0.1..=5.0).contains(&delta), "delta", "from 0.1 to 5", delta)?;
    let resolved = h.is_finite() && h >= -5.0 && h <= (WIDEST - 30.0) * delta;
    DesignError::unless(resolved, "h", "from -5 to 210*delta", h)
}

/// ARL of the one-sided Shiryaev-Roberts chart for a shift of `delta` sigma, `R' = (1 + R)*exp(delta*x -
/// delta^2/2)` from zero, alarm when `ln R > h`.
///
/// # Errors
/// `delta` not in `[0.1, 5]`, `h` not in `[-5, 210*delta]`, or `shift` beyond 10.
pub fn shiryaev_roberts_arl(delta: f64, h: f64, shift: f64) -> Result<f64, DesignError> {
    check(delta, h)?;
    let near = libm::fabs(shift) <= 10.0;
    DesignError::unless(near, "shift", "at most 10 in magnitude", shift)?;
    let lowest = (delta * (shift.min(0.0) - 0.5 * delta - FAR)).min(h - FAR * delta);
    let walk = OneSide { delta, h, lowest };
    Ok(Nodes::new(&walk).run_length(shift).0)
}

/// Threshold from which the sides no longer feel each other: their alarms come together too seldom.
const APART: f64 = 10.0;

/// ARL of the two-sided Shiryaev-Roberts chart: two one-sided ones, for `delta` and `-delta`, fed the same
/// readings. Neither returns to zero when the other alarms, so up to `h = 10` this is an integral equation in
/// both, by collocation on a grid of Chebyshev nodes in `ln(1 + R)`; above, `1/ARL = 1/up + 1/down`, which is
/// then wrong by less than 1e-5.
///
/// # Errors
/// As [`shiryaev_roberts_arl`].
pub fn shiryaev_roberts_arl_two_sided(delta: f64, h: f64, shift: f64) -> Result<f64, DesignError> {
    let up = shiryaev_roberts_arl(delta, h, shift)?;
    if h <= APART {
        return Ok(TwoSides::new(delta, h, shift).run_length());
    }
    let down = shiryaev_roberts_arl(delta, h, -shift)?;
    Ok(1.0 / (1.0 / up + 1.0 / down))
}

/// The grid of the two-sided chart; a symmetric problem has half the unknowns. Panels, for the run length
/// differs by little where the chart mostly is and by much where it seldom is: each panel errs by its own
/// measure. The last is as wide as a few steps, for there the overshoot shows.
struct TwoSides {
    delta: f64,
    h: f64,
    shift: f64,
    edges: Vec<f64>,
    /// Chebyshev node in -1..1 and its weight of interpolation.
    base: Vec<(f64, f64)>,
    points: Vec<(f64, f64)>,
}

impl TwoSides {
    fn new(delta: f64, h: f64, shift: f64) -> Self {
        let top = softplus(h);
        let last = (5.0 * delta).min(WIDEST_PANEL).min(0.5 * top);
        let parts = libm::ceil((top - last) / WIDEST_PANEL);
        let mut edges: Vec<f64> =
            (0..=parts as usize).map(|i| (top - last) * i as f64 / parts).collect();
        edges.push(top);
        let node = |i: usize| {
            let angle = core::f64::consts::PI * (i as f64 + 0.5) / ORDER as f64;
            let sign = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
            (-libm::cos(angle), sign * libm::sin(angle))
        };
        let base = (0..ORDER).map(node).collect();
        Self { delta, h, shift, edges, base, points: legendre(12, 0.0, 1.0) }
    }

    fn nodes(&self) -> Vec<f64> {
        let place = |pair: &[f64], t: f64| pair[0] + 0.5 * (pair[1] - pair[0]) * (1.0 + t);
        let panels = self.edges.windows(2);
        panels.flat_map(|pair| self.base.iter().map(move |(t, _)| place(pair, *t))).collect()
    }

    /// Where the unknown of grid point `(i, j)` stands.
    fn place(&self, i: usize, j: usize) -> usize {
        if self.shift == 0.0 {
            let (low, high) = (i.min(j), i.max(j));
            high * (high + 1) / 2 + low
        } else {
            i * (self.edges.len() - 1) * ORDER + j
        }
    }

    /// First node and the shares of the panel's nodes in the value at `y`.
    fn shares(&self, y: f64) -> (usize, [f64; ORDER]) {
        let last = self.edges.len() - 2;
        let panel = self.edges.partition_point(|e| *e <= y).saturating_sub(1).min(last);
        let (a, b) = (self.edges[panel], self.edges[panel + 1]);
        let t = 2.0 * (y - a) / (b - a) - 1.0;
        let mut shares = [0.0; ORDER];
        if let Some(at) = self.base.iter().position(|(node, _)| *node == t) {
            shares[at] = 1.0;
            return (panel * ORDER, shares);
        }
        for (share, (node, weight)) in shares.iter_mut().zip(&self.base) {
            *share = weight / (t - node);
        }
        let total: f64 = shares.iter().sum();
        (panel * ORDER, shares.map(|s| s / total))
    }

    /// Calls `piece(lo, hi)` for readings from `lo` to `hi`, cut where either side crosses an edge.
    fn pieces(&self, (p, q): (f64, f64), (lo, hi): (f64, f64), mut piece: impl FnMut(f64, f64)) {
        let half = 0.5 * self.delta;
        let mut marks = vec![hi];
        for edge in &self.edges {
            let r = libm::log(libm::expm1(*edge).max(1e-300));
            marks.extend([(r - p) / self.delta + half, (q - r) / self.delta - half]);
        }
        marks.retain(|x| *x > lo && *x <= hi);
        marks.sort_by(f64::total_cmp);
        // The exponentials bend within 1/delta, the density within 1.
        let longest = (1.5 / self.delta).min(1.5);
        let mut from = lo;
        for to in marks {
            let parts = libm::ceil((to - from) / longest);
            for i in 0..parts as usize {
                let at = |i: usize| from + (to - from) * i as f64 / parts;
                piece(at(i), at(i + 1));
            }
            from = to;
        }
    }

    /// Where one sample leads from evidence `(p, q)` short of the alarm.
    fn row(&self, (p, q): (f64, f64), row: &mut [f64]) {
        let (delta, half) = (self.delta, 0.5 * self.delta);
        let lo = (-(self.h - q) / delta - half).max(self.shift - FAR);
        let hi = ((self.h - p) / delta + half).min(self.shift + FAR);
        if lo >= hi {
            return;
        }
        self.pieces((p, q), (lo, hi), |from, to| {
            for (t, weight) in &self.points {
                let x = from + (to - from) * t;
                let share = weight * (to - from) * normal_density(x - self.shift);
                let (i0, up) = self.shares(softplus(p + delta * (x - half)));
                let (j0, down) = self.shares(softplus(q - delta * (x + half)));
                for (i, a) in up.iter().enumerate() {
                    for (j, b) in down.iter().enumerate() {
                        row[self.place(i0 + i, j0 + j)] += share * a * b;
                    }
                }
            }
        });
    }

    fn run_length(&self) -> f64 {
        let nodes = self.nodes();
        let count = self.place(nodes.len() - 1, nodes.len() - 1) + 1;
        let mut rows = vec![0.0; count * count];
        for (i, p) in nodes.iter().enumerate() {
            for (j, q) in nodes.iter().enumerate() {
                let at = self.place(i, j);
                if self.shift != 0.0 || i <= j {
                    self.row((*p, *q), &mut rows[at * count..(at + 1) * count]);
                }
            }
        }
        let lengths = lengths(rows, count);
        let mut first = vec![0.0; count];
        self.row((0.0, 0.0), &mut first);
        1.0 + first.iter().zip(&lengths).map(|(p, l)| p * l).sum::<f64>()
    }
}

/// Threshold `h` with which the Shiryaev-Roberts chart has this ARL in control.
///
/// # Errors
/// As [`shiryaev_roberts_arl`]; `arl0` not in `[2, 1e15]`.
pub fn shiryaev_roberts_h_for_arl0(
    delta: f64,
    arl0: f64,
    two_sided: bool,
) -> Result<f64, DesignError> {
    check(delta, 0.0)?;
    check_arl0(arl0)?;
    // `R - n` (two-sided: the mean of both) is a martingale in control: the ARL is at least `exp(h)` (half of it).
    let above = libm::log(arl0) + if two_sided { core::f64::consts::LN_2 } else { 0.0 };
    let arl = if two_sided { shiryaev_roberts_arl_two_sided } else { shiryaev_roberts_arl };
    search(arl0, (above - 2.0 - delta).max(-5.0), above, |h| arl(delta, h, 0.0))
}
