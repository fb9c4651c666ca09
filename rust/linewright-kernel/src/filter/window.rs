//! The last few values, in order of arrival and in order of size.

/// A sliding window kept in `2 * window` words: a ring of arrivals, then the same values sorted.
/// One insertion costs a binary search and one shift of at most `window` words.
pub(super) struct Window<'a> {
    ring: &'a mut [f64],
    sorted: &'a mut [f64],
    seen: &'a mut u64,
}

impl<'a> Window<'a> {
    /// Views `memory` (two words per value) as a window that has seen `seen` values.
    #[inline]
    pub(super) fn new(memory: &'a mut [f64], seen: &'a mut u64) -> Self {
        let half = memory.len() / 2;
        let (ring, sorted) = memory.split_at_mut(half);
        Self { ring, sorted, seen }
    }

    /// Takes `x` in, lets the oldest out when full, and gives the values present, sorted.
    pub(super) fn push(self, x: f64) -> &'a [f64] {
        let size = self.ring.len();
        if size == 0 {
            return &[];
        }
        let slot = (*self.seen % size as u64) as usize;
        let mut count = (*self.seen).min(size as u64) as usize;
        if let Some(oldest) = self.ring.get_mut(slot) {
            if count == size {
                remove(self.sorted, *oldest);
                count -= 1;
            }
            *oldest = x;
        }
        insert(self.sorted, count, x);
        *self.seen = self.seen.wrapping_add(1);
        self.sorted.get(..=count).unwrap_or_default()
    }
}

/// Removes one `x` from the full sorted slice; the last word is free afterwards.
fn remove(sorted: &mut [f64], x: f64) {
    let at = sorted.partition_point(|v| v.total_cmp(&x).is_lt());
    if at + 1 < sorted.len() {
        sorted.copy_within(at + 1.., at);
    }
}

/// Inserts `x` into the first `count` words.
fn insert(sorted: &mut [f64], count: usize, x: f64) {
    let Some(present) = sorted.get(..count) else { return };
    let at = present.partition_point(|v| v.total_cmp(&x).is_lt());
    if at < count && count < sorted.len() {
        sorted.copy_within(at..count, at + 1);
    }
    if let Some(free) = sorted.get_mut(at) {
        *free = x;
    }
}

/// Median of sorted values; the mean of the middle two when their number is even.
pub(super) fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    let at = |i: usize| sorted.get(i).copied().unwrap_or(0.0);
    if n % 2 == 1 { at(n / 2) } else { 0.5 * at((n / 2).wrapping_sub(1)) + 0.5 * at(n / 2) }
}

/// Median of `|x - centre|` over sorted values: the largest distances stand at the two ends, so
/// they are taken off from outside until the middle one (or two) is reached.
pub(super) fn median_distance(sorted: &[f64], centre: f64) -> f64 {
    let n = sorted.len();
    let distance = |i: usize| libm::fabs(sorted.get(i).copied().unwrap_or(centre) - centre);
    let (mut low, mut high) = (0, n.saturating_sub(1));
    let mut taken = 0.0;
    for _ in 0..n - n / 2 {
        if distance(low) >= distance(high) {
            taken = distance(low);
            low += 1;
        } else {
            taken = distance(high);
            high = high.saturating_sub(1);
        }
    }
    if n % 2 == 1 { taken } else { 0.5 * taken + 0.5 * distance(low).max(distance(high)) }
}
