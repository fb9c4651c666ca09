//! One step towards a wanted value under limits, rate and resolution.

use super::Limits;

/// The outcome of [`step`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Finite, within the limits, within the rate from `last`.
    pub value: f64,
    /// `wanted` lay beyond a limit.
    pub limited: bool,
    /// The rate did not allow all of the way.
    pub rate_limited: bool,
    /// The nudge budget did not allow all that the rate did.
    pub budget_limited: bool,
}

/// From `last` (finite, within the limits) towards `wanted` (finite) within `max_step` (0 or more):
/// `value = last + clip(grid(clamp(wanted)) - last, +-max_step)`, the clipped step being whole grid
/// steps so that a written value changes by no less than the resolution.
#[must_use]
pub fn step(limits: &Limits, last: f64, wanted: f64, max_step: f64) -> Step {
    let clamped = wanted.clamp(limits.lo, limits.hi);
    let limited = clamped != wanted;
    let target = grid(limits, clamped);
    let delta = target - last;
    if delta.abs() <= max_step {
        return Step { value: target, limited, rate_limited: false, budget_limited: false };
    }
    let resolution = limits.resolution;
    // 1e-9: a rate of exactly one grid step per cycle must not be lost to rounding.
    let length = if resolution > 0.0 {
        (libm::floor(max_step / resolution + 1e-9) * resolution).min(max_step)
    } else {
        max_step
    };
    let reached = (last + length.copysign(delta)).clamp(limits.lo, limits.hi);
    let on_grid = grid(limits, reached);
    let mut value = if (on_grid - last).abs() <= max_step { on_grid } else { reached };
    for _ in 0..2 {
        if (value - last).abs() > max_step {
            value = if value > last { value.next_down() } else { value.next_up() };
        }
    }
    Step { value, limited, rate_limited: true, budget_limited: false }
}

/// The grid value nearest to `x`, kept within the limits (a limit itself is always allowed).
fn grid(limits: &Limits, x: f64) -> f64 {
    if limits.resolution > 0.0 {
        let value = libm::rint(x / limits.resolution) * limits.resolution;
        value.clamp(limits.lo, limits.hi)
    } else {
        x
    }
}
