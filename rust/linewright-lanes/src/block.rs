//! Blocks of samples by lanes, as they lie in memory.

use linewright_kernel::{LARGEST, Pack, WIDTH};

/// One input port of a block: sample `t` of lane `i` stands at `t * time_stride + i * lane_stride`.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Where the samples stand.
    pub data: &'a [f64],
    /// From one sample of a lane to its next.
    pub time_stride: usize,
    /// From one lane to the next; zero when all lanes share one.
    pub lane_stride: usize,
}

/// One output port of a block, as [`Input`].
#[derive(Debug)]
pub struct Output<'a> {
    /// Where the samples go.
    pub data: &'a mut [f64],
    /// From one sample of a lane to its next.
    pub time_stride: usize,
    /// From one lane to the next.
    pub lane_stride: usize,
}

/// Words from the first to the last, both included.
fn extent(samples: usize, lanes: usize, time_stride: usize, lane_stride: usize) -> Option<usize> {
    let last_sample = samples.checked_sub(1)?.checked_mul(time_stride)?;
    let last_lane = lanes.checked_sub(1)?.checked_mul(lane_stride)?;
    last_sample.checked_add(last_lane)?.checked_add(1)
}

impl<'a> Input<'a> {
    /// A block of rows: all lanes of a sample stand side by side.
    pub fn rows(data: &'a [f64], lanes: usize) -> Self {
        Self { data, time_stride: lanes, lane_stride: 1 }
    }

    pub(crate) fn holds(&self, samples: usize, lanes: usize) -> bool {
        extent(samples, lanes, self.time_stride, self.lane_stride)
            .is_none_or(|words| words <= self.data.len())
    }

    /// Sample `t` of lane `i`; NaN where there is none.
    #[inline(always)]
    pub(crate) fn at(&self, t: usize, i: usize) -> f64 {
        self.data.get(t * self.time_stride + i * self.lane_stride).copied().unwrap_or(f64::NAN)
    }

    /// True when samples `start` to before `end` lie row on row without a gap and all are usable.
    #[inline(always)]
    pub(crate) fn usable_rows(&self, start: usize, end: usize, lanes: usize) -> bool {
        let close = self.lane_stride == 1 && self.time_stride == lanes;
        let rows = self.data.get(start * lanes..end * lanes).filter(|_| close);
        rows.is_some_and(|all| all.iter().fold(true, |usable, x| usable & (x.abs() <= LARGEST)))
    }

    /// Sample `t` of the eight lanes from `first`, which stand side by side.
    #[inline(always)]
    pub(crate) fn pack(&self, t: usize, first: usize) -> Pack {
        let start = t * self.time_stride + first;
        let found = self.data.get(start..).and_then(|rest| rest.first_chunk::<WIDTH>());
        Pack(found.copied().unwrap_or([f64::NAN; WIDTH]))
    }
}

impl<'a> Output<'a> {
    /// A block of rows: all lanes of a sample stand side by side.
    pub fn rows(data: &'a mut [f64], lanes: usize) -> Self {
        Self { data, time_stride: lanes, lane_stride: 1 }
    }

    pub(crate) fn holds(&self, samples: usize, lanes: usize) -> bool {
        extent(samples, lanes, self.time_stride, self.lane_stride)
            .is_none_or(|words| words <= self.data.len())
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, t: usize, i: usize, y: f64) {
        if let Some(to) = self.data.get_mut(t * self.time_stride + i * self.lane_stride) {
            *to = y;
        }
    }

    #[inline(always)]
    pub(crate) fn set_pack(&mut self, t: usize, first: usize, pack: Pack) {
        let start = t * self.time_stride + first;
        if let Some(to) =
            self.data.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<WIDTH>())
        {
            *to = pack.0;
        }
    }
}
