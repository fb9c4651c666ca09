//! Run lengths of the adaptive EWMA chart.

use alloc::vec;

use super::arl::{check_arl0, check_weight, finite, normal_density, search};
use super::arl_panels::{Panels, lengths};
use crate::DesignError;

/// Most panels; the widest chart is this many times twice the weight.
const MOST_PANELS: f64 = 64.0;

/// ARL of the two-sided adaptive EWMA chart with Huber's score: `e = x - y`, `y += weight*e` while
/// `|e| <= k`, else `y += e -+ (1 - weight)*k`; alarm when `|y| > h` (Capizzi and Masarotto 2003). By
/// collocation on panels cut at the corners of the score.
///
/// # Errors
/// `weight` not in `[5e-4, 1]`, `k` not positive, `h` not in `(0, 64*weight]`, or `shift` not finite.
pub fn adaptive_ewma_arl(weight: f64, k: f64, h: f64, shift: f64) -> Result<f64, DesignError> {
    check_weight(weight)?;
    DesignError::positive("k", k)?;
    let resolved = h > 0.0 && h <= MOST_PANELS * weight;
    DesignError::unless(resolved, "h", "more than 0 up to 64*weight", h)?;
    finite("shift", shift)?;
    let corner = weight * k;
    let panels = Panels::new(-h, h, &[h - corner, corner - h], 2.0 * weight, false);
    let density = |u: f64, y: f64| {
        let move_by = y - u;
        let small = libm::fabs(move_by) <= corner;
        let outside = libm::copysign((1.0 - weight) * k, move_by);
        let e = if small { move_by / weight } else { move_by + outside };
        normal_density(u + e - shift) / if small { weight } else { 1.0 }
    };
    let row = |u: f64, row: &mut [f64]| {
        let cuts = panels.edges().iter().copied().chain([u - corner, u + corner]);
        panels.integral((-h, h), cuts, 2.0 * weight, |y, w| {
            panels.spread(y, w * density(u, y), row);
        });
    };
    let nodes = panels.nodes();
    let mut rows = vec![0.0; nodes.len() * nodes.len()];
    for (u, to) in nodes.iter().zip(rows.chunks_exact_mut(nodes.len())) {
        row(*u, to);
    }
    let lengths = lengths(rows, nodes.len());
    let mut first = vec![0.0; nodes.len()];
    row(0.0, &mut first);
    Ok(1.0 + first.iter().zip(&lengths).map(|(p, l)| p * l).sum::<f64>())
}

/// Limit `h` with which the adaptive EWMA chart has this ARL in control.
///
/// # Errors
/// As [`adaptive_ewma_arl`]; `arl0` not in `[2, 1e9]`, or beyond what `h` up to `64*weight` reaches.
pub fn adaptive_ewma_h_for_arl0(weight: f64, k: f64, arl0: f64) -> Result<f64, DesignError> {
    check_weight(weight)?;
    check_arl0(arl0)?;
    DesignError::unless(arl0 <= 1e9, "arl0", "from 2 to 1e9", arl0)?;
    let widest = MOST_PANELS * weight;
    let mut above = libm::sqrt(weight / (2.0 - weight)).min(widest);
    while above < widest && adaptive_ewma_arl(weight, k, above, 0.0)? < arl0 {
        above = (1.4 * above).min(widest);
    }
    search(arl0, 0.02 * above, above, |h| adaptive_ewma_arl(weight, k, h, 0.0))
}
