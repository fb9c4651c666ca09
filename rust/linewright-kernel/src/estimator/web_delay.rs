//! Delay by web length: `y` is the `x` that stood `length_m` further up when this piece passed.
//!
//! `position_m` is how far the web has come (an encoder). Past values are kept on a grid of
//! `resolution_m` along the web, straight lines between, so the delay stays exact through speed changes
//! and a stop, whatever the sample rate: `y(p) = x at position p - length_m`.
//!
//! - Web not moving: the piece under the sensor keeps the value it first had, `y` does not change.
//! - Backward by less than the memory: what was recorded stays, `y` follows the position back for a grid
//!   step and holds the oldest value kept beyond it. Web that passes a second time is not recorded again.
//! - Backward by more than the memory holds (an encoder set to zero): starts anew, `y = x`.
//! - Forward by more than the memory in one sample: bridged with a straight line.
//! - Another `resolution_m` by retuning: starts anew.
//! - Before the first recorded piece has come through: the first sample.

use crate::number::limit;
use crate::{Design, DesignError, Kernel, Port};

/// Most grid points a delay may hold: 8 MB.
const MOST_CELLS: f64 = 1_000_000.0;

/// Config of the web delay.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebDelay {
    /// Web between the sensor and the place of use, m; positive.
    pub length_m: f64,
    /// Grid along the web, m; positive, at most `length_m`.
    pub resolution_m: f64,
}

/// Coefficients of [`WebDelay`].
#[derive(Debug, Clone, Copy)]
pub struct WebDelayKernel {
    length_m: f64,
    resolution_m: f64,
    cells: usize,
}

/// State of [`WebDelay`]; the grid stands in its memory, point `i` at `origin_m + i * resolution_m`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct WebDelayState {
    /// Position of grid point zero: where the first sample was taken.
    origin_m: f64,
    /// Furthest position recorded.
    front_m: f64,
    /// `x` there.
    front_x: f64,
    /// Grid of the points; a retuning to another grid starts anew.
    resolution_m: f64,
    /// Number of the newest grid point.
    newest: i64,
    primed: u64,
}

impl Design for WebDelay {
    type Kernel = WebDelayKernel;
    const NAME: &'static str = "WebDelay";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("position_m", "m")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a")];

    fn design(&self, period_s: f64) -> Result<WebDelayKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("length_m", self.length_m)?;
        DesignError::positive("resolution_m", self.resolution_m)?;
        let cells = libm::ceil(self.length_m / self.resolution_m);
        let fits = (1.0..=MOST_CELLS).contains(&cells) && self.resolution_m <= self.length_m;
        let bound = "at most length_m and at least a millionth of it";
        DesignError::unless(fits, "resolution_m", bound, self.resolution_m)?;
        Ok(WebDelayKernel {
            length_m: self.length_m,
            resolution_m: self.resolution_m,
            cells: cells as usize + 2,
        })
    }
}

impl WebDelayKernel {
    /// Number of grid point at or before `position_m`, and how far beyond it, in grid steps.
    #[inline]
    fn grid(&self, s: &WebDelayState, position_m: f64) -> (i64, f64) {
        let steps = (position_m - s.origin_m) / self.resolution_m;
        let below = libm::floor(steps);
        (below as i64, if below.is_finite() { steps - below } else { 0.0 })
    }

    #[inline]
    fn cell(&self, point: i64) -> usize {
        point.rem_euclid(self.cells as i64) as usize
    }

    /// Writes the grid points between the front and `(x, position_m)`, then moves the front there.
    #[inline]
    fn record(&self, s: &mut WebDelayState, memory: &mut [f64], x: f64, position_m: f64) {
        let (last, _) = self.grid(s, position_m);
        // Points older than the memory would be overwritten at once.
        let first = s.newest.saturating_add(1).max(last.saturating_sub(self.cells as i64 - 1));
        for point in first..=last {
            let at_m = s.origin_m + point as f64 * self.resolution_m;
            let way = limit((at_m - s.front_m) / (position_m - s.front_m), 0.0, 1.0);
            if let Some(word) = memory.get_mut(self.cell(point)) {
                *word = s.front_x + way * (x - s.front_x);
            }
        }
        (s.front_m, s.front_x, s.newest) = (position_m, x, last.max(s.newest));
    }

    /// Value at `position_m`, by a straight line between grid points that are still kept.
    #[inline]
    fn recall(&self, s: &WebDelayState, memory: &[f64], position_m: f64) -> f64 {
        let (point, beyond) = self.grid(s, position_m);
        let oldest = s.newest.saturating_sub(self.cells as i64 - 1).max(0);
        let at = |point: i64| {
            let kept = point.clamp(oldest, s.newest.max(oldest));
            memory.get(self.cell(kept)).copied().unwrap_or(s.front_x)
        };
        let value = at(point);
        value + beyond * (at(point.saturating_add(1)) - value)
    }
}

impl Kernel for WebDelayKernel {
    type State = WebDelayState;
    type Input = [f64; 2];
    type Output = f64;

    fn memory_len(&self) -> usize {
        self.cells
    }

    #[inline]
    fn step(&self, s: &mut WebDelayState, memory: &mut [f64], [x, position_m]: [f64; 2]) -> f64 {
        let kept_m = (self.cells as f64 - 1.0) * self.resolution_m;
        let same_grid = s.primed == 1 && s.resolution_m == self.resolution_m;
        if !same_grid || s.front_m - position_m > kept_m {
            *s = WebDelayState {
                origin_m: position_m,
                front_m: position_m,
                front_x: x,
                resolution_m: self.resolution_m,
                newest: 0,
                primed: 1,
            };
            if let Some(word) = memory.get_mut(0) {
                *word = x;
            }
        }
        if position_m > s.front_m {
            self.record(s, memory, x, position_m);
        }
        self.recall(s, memory, position_m - self.length_m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn delay() -> Running<WebDelayKernel, Vec<f64>> {
        let kernel = WebDelay { length_m: 8.0, resolution_m: 0.1 }.design(0.1).unwrap();
        Running::new(kernel, vec![0.0; kernel.memory_len()])
    }

    /// A property of the web: what is on the piece at `m`.
    fn web(m: f64) -> f64 {
        200.0 + (m / 3.0).sin()
    }

    #[test]
    fn is_exact_through_speed_changes_and_a_stop() {
        let mut running = delay();
        let mut m = 0.0;
        for t in 0..4000_u32 {
            let speed = if t % 900 > 700 { 0.0 } else { 0.5 + 0.4 * (f64::from(t) / 70.0).sin() };
            m += speed * 0.1;
            let y = running.update([web(m), m]);
            if m > 8.1 {
                // Straight lines over 0.1 m of a 3 m radian: below 0.1^2 / 8 / 3^2 per line.
                assert!((y - web(m - 8.0)).abs() < 4e-4, "at {m}: {y}");
            }
        }
        assert!(m > 100.0);
    }

    #[test]
    fn a_standing_web_does_not_change_and_a_backed_web_comes_out_the_same() {
        let mut running = delay();
        let mut m = 0.0;
        while m < 20.0 {
            running.update([web(m), m]);
            m += 0.05;
        }
        let standing = running.update([web(m), m]);
        for _ in 0..50 {
            assert_eq!(running.update([-1e6, m]), standing);
        }
        // 0.1 m back: within the two spare points of the memory.
        let back = running.update([-1e6, m - 0.1]);
        assert!((back - web(m - 8.1)).abs() < 2e-3);
        assert_eq!(running.update([-1e6, m]), standing);
        // Onward, what was read while backing has left no trace.
        for _ in 0..400 {
            m += 0.05;
            let y = running.update([web(m), m]);
            assert!((y - web(m - 8.0)).abs() < 4e-4, "at {m}: {y}");
        }
    }

    #[test]
    fn an_encoder_set_to_zero_starts_anew() {
        let mut running = delay();
        for i in 0..400 {
            running.update([5.0, f64::from(i) * 0.1]);
        }
        assert_eq!(running.update([9.0, 0.0]), 9.0);
        assert_eq!(running.update([10.0, 4.0]), 9.0);
    }

    #[test]
    fn a_jump_beyond_the_memory_is_bridged() {
        let mut running = delay();
        running.update([0.0, 0.0]);
        let y = running.update([100.0, 100.0]);
        assert!((y - 92.0).abs() < 1e-6);
    }
}
