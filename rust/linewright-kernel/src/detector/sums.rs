//! The two sums of a CUSUM, for charts that judge in another way than [`super::Cusum`].

use crate::number::saturate;

/// Evidence for either side; zero is none.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Sums {
    pub(super) high: f64,
    pub(super) low: f64,
}

impl Sums {
    /// `high = max(0, high + z - k)`, `low = max(0, low - z - k)`.
    pub(super) fn add(&mut self, z: f64, k: f64) {
        self.high = saturate((self.high + z - k).max(0.0));
        self.low = saturate((self.low - z - k).max(0.0));
    }

    /// The larger of the two.
    pub(super) fn most(&self) -> f64 {
        self.high.max(self.low)
    }

    /// Limits both.
    pub(super) fn at_most(&mut self, most: f64) {
        self.high = self.high.min(most);
        self.low = self.low.min(most);
    }

    /// `+1` when `high > h`, `-1` when `low > h`, the larger when both are, else `0`.
    pub(super) fn alarm(&self, h: f64) -> f64 {
        if self.most() <= h {
            0.0
        } else if self.high >= self.low {
            1.0
        } else {
            -1.0
        }
    }
}
