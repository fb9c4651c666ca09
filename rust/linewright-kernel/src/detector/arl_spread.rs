//! Run lengths of the CUSUM of spread.

use alloc::vec;

use super::arl::{check_arl0, normal_cdf, normal_density, search};
use super::arl_panels::{Panels, lengths};
use crate::DesignError;

/// Largest threshold that the panels resolve.
const LARGEST_H: f64 = 40.0;
/// Panels are cut at this many multiples of the allowance, where the run length has a root.
const CUTS: i32 = 6;

/// One side: `u' = max(0, u + gain*z^2 - drift)`, of the log likelihood ratio of `sigma * ratio` to `sigma`.
#[derive(Clone, Copy)]
struct Side {
    gain: f64,
    drift: f64,
}

/// Gain and drift for a spread that grows (`ratio > 1`) or shrinks by this factor.
pub(super) fn likelihood(ratio: f64) -> (f64, f64) {
    (0.5 * (1.0 - 1.0 / (ratio * ratio)), libm::log(ratio))
}

/// ARL of the one-sided CUSUM of spread that watches for `sigma * ratio`, when readings have the mean
/// `shift` and the standard deviation `spread`, both in units of the `sigma` in control. The square of a
/// normal reading has a density without bound at zero: collocation on panels cut and graded at its roots.
///
/// # Errors
/// `ratio` not in `[0.2, 0.95]` or `[1.05, 5]`, `h` not in `(0, 40]`, `shift` beyond 20, or `spread` not in
/// `[0.05, 20]`.
pub fn spread_cusum_arl(ratio: f64, h: f64, shift: f64, spread: f64) -> Result<f64, DesignError> {
    check_ratio("ratio", ratio)?;
    DesignError::unless(h > 0.0 && h <= LARGEST_H, "h", "more than 0 up to 40", h)?;
    let near = libm::fabs(shift) <= 20.0;
    DesignError::unless(near, "shift", "at most 20 in magnitude", shift)?;
    let resolved = (0.05..=20.0).contains(&spread);
    DesignError::unless(resolved, "spread", "from 0.05 to 20", spread)?;
    let (gain, drift) = likelihood(ratio);
    Ok(Side { gain, drift }.run_length(h, shift, spread))
}

pub(super) fn check_ratio(name: &'static str, ratio: f64) -> Result<(), DesignError> {
    let resolved = (0.2..=0.95).contains(&ratio) || (1.05..=5.0).contains(&ratio);
    DesignError::unless(resolved, name, "0.2 to 0.95 or 1.05 to 5", ratio)
}

impl Side {
    /// The reading's magnitude that leads from `u` to `y`.
    fn reading(&self, u: f64, y: f64) -> f64 {
        libm::sqrt(((y - u + self.drift) / self.gain).max(0.0))
    }

    /// From evidence `u`: magnitudes that lead short of the alarm and above zero, and beyond which (below
    /// which, for a spread that shrinks) the evidence is gone.
    fn open(&self, u: f64, h: f64) -> (f64, f64) {
        let (a, b) = (self.reading(u, 0.0), self.reading(u, h));
        if self.gain > 0.0 { (a, b) } else { (b, a) }
    }

    fn run_length(&self, h: f64, shift: f64, spread: f64) -> f64 {
        let root = |i: i32| {
            let steps = f64::from(i) * libm::fabs(self.drift);
            if self.gain > 0.0 { steps } else { h - steps }
        };
        let cuts: [f64; CUTS as usize] = core::array::from_fn(|i| root(i as i32 + 1));
        let panels = Panels::new(0.0, h, &cuts, 1.0, true);
        let folded = |z: f64| {
            (normal_density((z - shift) / spread) + normal_density((z + shift) / spread)) / spread
        };
        let below = |z: f64| normal_cdf((z - shift) / spread) - normal_cdf((-z - shift) / spread);
        let above = |z: f64| normal_cdf((shift - z) / spread) + normal_cdf((-z - shift) / spread);
        let far = libm::fabs(shift) + 9.0 * spread;
        // State 0 is no evidence.
        let row = |u: f64, row: &mut [f64]| {
            let (lo, hi) = self.open(u, h);
            row[0] = if self.gain > 0.0 { below(lo) } else { above(hi) };
            let cuts = panels.edges().iter().map(|e| self.reading(u, *e));
            panels.integral((lo, hi.min(far.max(lo))), cuts, spread, |z, w| {
                let y = u + self.gain * z * z - self.drift;
                panels.spread(y, w * folded(z), &mut row[1..]);
            });
        };
        let nodes = panels.nodes();
        let count = nodes.len() + 1;
        let mut rows = vec![0.0; count * count];
        for (u, to) in [0.0].iter().chain(&nodes).zip(rows.chunks_exact_mut(count)) {
            row(*u, to);
        }
        lengths(rows, count).first().copied().unwrap_or(1.0)
    }
}

/// Threshold `h` with which the one-sided CUSUM of spread has this ARL in control.
///
/// # Errors
/// As [`spread_cusum_arl`]; `arl0` not in `[2, 1e9]`, or not reached by any `h`.
pub fn spread_cusum_h_for_arl0(ratio: f64, arl0: f64) -> Result<f64, DesignError> {
    check_ratio("ratio", ratio)?;
    check_arl0(arl0)?;
    DesignError::unless(arl0 <= 1e9, "arl0", "from 2 to 1e9", arl0)?;
    // The ARL is at least exp(h) (Lorden 1971).
    let above = libm::log(arl0).min(LARGEST_H);
    search(arl0, (above - 6.0).max(1e-3), above, |h| spread_cusum_arl(ratio, h, 0.0, 1.0))
}
