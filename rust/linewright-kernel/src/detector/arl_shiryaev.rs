//! Run lengths of the Shiryaev-Roberts chart.

use alloc::vec;
use alloc::vec::Vec;

use super::arl::{check_arl0, finite, normal_cdf, normal_density, search};
use super::arl_chain::{Nodes, WIDEST, Walk, legendre};
use super::arl_panels::lengths;
use crate::DesignError;

/// Standard deviations beyond which a reading has no weight.
const FAR: f64 = 9.0;
/// Nodes a side of the two-sided chart.
const GRID: usize = 26;

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

/// ARL of the two-sided Shiryaev-Roberts chart: two one-sided ones, for `delta` and `-delta`, fed the same
/// readings. Neither returns to zero when the other alarms, so this is an integral equation in both: by
/// collocation on a grid of Chebyshev nodes in `ln(1 + R)`.
///
/// # Errors
/// As [`shiryaev_roberts_arl`]; `h` beyond 25.
pub fn shiryaev_roberts_arl_two_sided(delta: f64, h: f64, shift: f64) -> Result<f64, DesignError> {
    check(delta, h)?;
    DesignError::unless(h <= 25.0, "h", "from -5 to 25", h)?;
    finite("shift", shift)?;
    Ok(TwoSides::new(delta, h, shift).run_length())
}

/// The grid of the two-sided chart; a symmetric problem has half the unknowns.
struct TwoSides {
    delta: f64,
    h: f64,
    shift: f64,
    top: f64,
    /// Chebyshev node in `0..top` and its weight of interpolation.
    nodes: Vec<(f64, f64)>,
    points: Vec<(f64, f64)>,
}

impl TwoSides {
    fn new(delta: f64, h: f64, shift: f64) -> Self {
        let top = softplus(h);
        let node = |i: usize| {
            let angle = core::f64::consts::PI * (i as f64 + 0.5) / GRID as f64;
            let sign = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
            (0.5 * top * (1.0 - libm::cos(angle)), sign * libm::sin(angle))
        };
        let nodes = (0..GRID).map(node).collect();
        Self { delta, h, shift, top, nodes, points: legendre(12, 0.0, 1.0) }
    }

    /// Where the unknown of grid point `(i, j)` stands.
    fn place(&self, i: usize, j: usize) -> usize {
        if self.shift == 0.0 {
            let (low, high) = (i.min(j), i.max(j));
            high * (high + 1) / 2 + low
        } else {
            i * GRID + j
        }
    }

    /// Shares of the nodes in the value at `y`.
    fn shares(&self, y: f64) -> [f64; GRID] {
        let mut shares = [0.0; GRID];
        if let Some(at) = self.nodes.iter().position(|(node, _)| *node == y) {
            shares[at] = 1.0;
            return shares;
        }
        for (share, (node, weight)) in shares.iter_mut().zip(&self.nodes) {
            *share = weight / (y - node);
        }
        let total: f64 = shares.iter().sum();
        shares.map(|s| s / total)
    }

    /// Where one sample leads from evidence `(p, q)` short of the alarm.
    fn row(&self, (p, q): (f64, f64), row: &mut [f64]) {
        let (delta, half) = (self.delta, 0.5 * self.delta);
        let lo = (-(self.h - q) / delta - half).max(self.shift - FAR);
        let hi = ((self.h - p) / delta + half).min(self.shift + FAR);
        if lo >= hi {
            return;
        }
        // The exponentials bend within 1/delta, the density within 1.
        let parts = libm::ceil((hi - lo) / (1.5 / delta).min(1.5));
        let width = (hi - lo) / parts;
        for piece in 0..parts as usize {
            for (t, weight) in &self.points {
                let x = lo + width * (piece as f64 + t);
                let share = weight * width * normal_density(x - self.shift);
                let up = self.shares(softplus(p + delta * (x - half)).min(self.top));
                let down = self.shares(softplus(q - delta * (x + half)).min(self.top));
                for (i, a) in up.iter().enumerate() {
                    for (j, b) in down.iter().enumerate() {
                        row[self.place(i, j)] += share * a * b;
                    }
                }
            }
        }
    }

    fn run_length(&self) -> f64 {
        let count = self.place(GRID - 1, GRID - 1) + 1;
        let mut rows = vec![0.0; count * count];
        for (i, (p, _)) in self.nodes.iter().enumerate() {
            for (j, (q, _)) in self.nodes.iter().enumerate() {
                let at = self.place(i, j);
                let row = &mut rows[at * count..(at + 1) * count];
                row.fill(0.0);
                self.row((*p, *q), row);
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
/// As [`shiryaev_roberts_arl`]; `arl0` not in `[2, 1e15]` (two-sided: `[2, 1e9]`).
pub fn shiryaev_roberts_h_for_arl0(
    delta: f64,
    arl0: f64,
    two_sided: bool,
) -> Result<f64, DesignError> {
    check(delta, 0.0)?;
    check_arl0(arl0)?;
    DesignError::unless(!two_sided || arl0 <= 1e9, "arl0", "from 2 to 1e9", arl0)?;
    // `R - n` (two-sided: the mean of both) is a martingale in control: the ARL is at least `exp(h)` (half of it).
    let above = libm::log(arl0) + if two_sided { core::f64::consts::LN_2 } else { 0.0 };
    let arl = if two_sided { shiryaev_roberts_arl_two_sided } else { shiryaev_roberts_arl };
    search(arl0, (above - 2.0 - delta).max(-5.0), above, |h| arl(delta, h, 0.0))
}
