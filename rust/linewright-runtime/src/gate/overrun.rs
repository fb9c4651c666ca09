//! Missed ticks within a sliding window.

/// Incidents kept; a burst of more single misses than this within the window trips regardless.
const INCIDENTS: usize = 64;

/// Counts missed ticks of the last `window_ticks`; fixed memory.
#[derive(Debug, Clone)]
pub struct Overruns {
    window_ticks: u64,
    most: u64,
    incidents: [(u64, u64); INCIDENTS],
    next: usize,
}

impl Overruns {
    /// Bursts of more than `most` missed ticks within `window_ticks` trip; `most` 0 = never.
    #[must_use]
    pub fn new(window_ticks: u64, most: u64) -> Self {
        Self { window_ticks, most, incidents: [(0, 0); INCIDENTS], next: 0 }
    }

    /// Notes `count` ticks missed just before `tick`; true when that is a burst.
    pub fn missed(&mut self, tick: u64, count: u64) -> bool {
        let oldest = self.incidents[self.next];
        self.incidents[self.next] = (tick, count);
        self.next = (self.next + 1) % INCIDENTS;
        if self.most == 0 {
            return false;
        }
        let since = tick.saturating_sub(self.window_ticks);
        let recent = self.incidents.iter().filter(|(t, n)| *n > 0 && *t >= since);
        let total: u64 = recent.map(|(_, n)| *n).fold(0, u64::saturating_add);
        total > self.most || (oldest.1 > 0 && oldest.0 >= since)
    }
}
