//! How far a loop may take its actuator in a while: the answer to a plausible lie that drifts.

/// Parts the window is divided into.
const PARTS: usize = 16;
/// The parts that a window of any phase touches.
const KEPT: usize = PARTS + 1;

/// Lowest and highest place in some time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    lo: f64,
    hi: f64,
}

impl Range {
    const fn at(x: f64) -> Self {
        Self { lo: x, hi: x }
    }

    fn with(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }
}

/// Excursion of one actuator over a sliding window, as its loop took it: with `x` the sum of the
/// loop's steps, `max x - min x <= most` in every window of the given length. What operator and
/// fallback move is not the loop's and does not count.
///
/// The excursion and not the sum of `|step|`, because only that bounds a drift: a loop that follows
/// a noisy gauge travels its whole span many times in an hour without going anywhere.
///
/// Kept in 17 parts of a sixteenth of the window; the oldest counts whole until it is past, so that
/// no window of any phase holds more than the budget. What is older than the window is given back a
/// sixteenth at a time.
#[derive(Debug, Clone)]
pub struct Budget {
    most: f64,
    part_ticks: u64,
    part: u64,
    at: f64,
    now: Range,
    /// Of the parts before the present one.
    past: Range,
    parts: [Range; KEPT],
    told: bool,
}

impl Budget {
    /// At most `most` (unit of the actuator, above 0) in any `window_ticks` (at least one).
    #[must_use]
    pub fn new(most: f64, window_ticks: u64) -> Self {
        let part_ticks = window_ticks.max(1).div_ceil(PARTS as u64);
        let here = Range::at(0.0);
        let parts = [here; KEPT];
        Self { most, part_ticks, part: 0, at: 0.0, now: here, past: here, parts, told: false }
    }

    /// Starts anew from where the actuator stands: a person has said that it is right there.
    pub fn renew(&mut self) {
        let here = Range::at(0.0);
        self.at = 0.0;
        (self.now, self.past, self.parts) = (here, here, [here; KEPT]);
        self.told = false;
    }

    /// Lets go of what lies before the window that ends in `tick`; constant time.
    pub fn advance(&mut self, tick: u64) {
        let part = tick / self.part_ticks;
        if part <= self.part {
            return;
        }
        let kept = KEPT as u64;
        self.parts[(self.part % kept) as usize] = self.now;
        // In between nothing moved; the place of the present part is taken at its end.
        let here = Range::at(self.at);
        let passed = (part - self.part).min(kept);
        for i in 0..passed {
            self.parts[((part - i) % kept) as usize] = here;
        }
        self.part = part;
        self.now = here;
        self.past = self.parts.iter().copied().fold(here, Range::with);
    }

    /// How far the loop may still go up (`delta` above 0) or down.
    #[must_use]
    pub fn left(&self, delta: f64) -> f64 {
        let all = self.past.with(self.now);
        let left =
            if delta > 0.0 { all.lo + self.most - self.at } else { self.at - (all.hi - self.most) };
        left.max(0.0)
    }

    /// Counts a step that is about to be written.
    pub fn step(&mut self, delta: f64) {
        self.at += delta;
        self.now = self.now.with(Range::at(self.at));
    }

    /// The excursion in the window, unit of the actuator.
    #[must_use]
    pub fn spent(&self) -> f64 {
        let all = self.past.with(self.now);
        all.hi - all.lo
    }

    /// Says once that the budget held a step back; again only after half of it came back.
    pub fn tell(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// The step was not held back.
    pub fn relax(&mut self) {
        self.told &= self.spent() > 0.5 * self.most;
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact sums
mod tests {
    use super::*;

    #[test]
    fn back_and_forth_costs_nothing_and_away_costs_until_the_window_is_past() {
        let mut budget = Budget::new(4.0, 160);
        for tick in 0..20 {
            budget.advance(tick);
            budget.step(if tick % 2 == 0 { 1.0 } else { -1.0 });
        }
        assert_eq!((budget.spent(), budget.left(1.0), budget.left(-1.0)), (1.0, 4.0, 3.0));
        budget.step(4.0);
        assert_eq!((budget.left(1.0), budget.left(-1.0)), (0.0, 4.0));
        // Tick 19 lies in the part 10 to 19; a window of 160 that ends in 180 holds none of it.
        budget.advance(180);
        assert_eq!((budget.left(1.0), budget.left(-1.0)), (4.0, 4.0));
    }

    #[test]
    fn an_old_place_counts_as_long_as_a_window_holds_it() {
        let mut budget = Budget::new(10.0, 160);
        for tick in [5, 15, 25] {
            budget.advance(tick);
            budget.step(3.0);
        }
        assert_eq!((budget.spent(), budget.left(1.0)), (9.0, 1.0));
        budget.advance(170); // the part of tick 5 is past, that of tick 15 is not
        assert_eq!(budget.left(1.0), 4.0);
        budget.advance(185);
        assert_eq!(budget.left(1.0), 7.0);
    }

    #[test]
    fn a_long_silence_and_a_person_give_everything_back() {
        let mut budget = Budget::new(3.0, 7);
        budget.step(3.0);
        assert_eq!(budget.left(1.0), 0.0);
        budget.advance(u64::MAX);
        assert_eq!(budget.left(1.0), 3.0);
        budget.step(-3.0);
        budget.renew();
        assert_eq!((budget.left(-1.0), budget.spent()), (3.0, 0.0));
    }
}
