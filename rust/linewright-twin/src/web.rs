//! Web: what lies at metre x. Delays are lengths, so they stay exact through speed changes.
//!
//! A [`Track`] is a ring of cells along the web; each holds the length-weighted mean of what was laid on it.
//! A [`Roll`] is a stretch of coating metres that the calender unwinds backwards, last coated metre first.

/// One quantity along the web.
#[derive(Clone, Debug)]
pub struct Track {
    cells: Vec<f64>,
    mask: i64,
    per_m: f64,
    cell_m: f64,
    current: i64,
    end_m: f64,
    sum: f64,
    length_m: f64,
}

impl Track {
    /// A track with cells of `cell_m` that keeps at least `keep_m` of web, begun at `start_m`; all before it is `value`.
    pub fn new(cell_m: f64, keep_m: f64, start_m: f64, value: f64) -> Self {
        let cells = ((keep_m / cell_m).ceil() as usize + 2).next_power_of_two();
        let per_m = 1.0 / cell_m;
        Track {
            cells: vec![value; cells],
            mask: cells as i64 - 1,
            per_m,
            cell_m,
            current: (start_m * per_m).floor() as i64,
            end_m: start_m,
            sum: 0.0,
            length_m: 0.0,
        }
    }

    /// Lays `value` on the next `length_m` of web.
    pub fn lay(&mut self, length_m: f64, value: f64) {
        let to_m = self.end_m + length_m;
        let last = (to_m * self.per_m).floor() as i64;
        while self.current < last {
            let edge_m = (self.current + 1) as f64 * self.cell_m;
            self.add((edge_m - self.end_m).max(0.0), value);
            let mean = if self.length_m > 0.0 { self.sum / self.length_m } else { value };
            self.put(mean);
            self.end_m = edge_m;
            self.current += 1;
            self.sum = 0.0;
            self.length_m = 0.0;
        }
        self.add((to_m - self.end_m).max(0.0), value);
        self.end_m = to_m;
        if self.length_m > 0.0 {
            self.put(self.sum / self.length_m);
        }
    }

    fn add(&mut self, length_m: f64, value: f64) {
        self.sum += length_m * value;
        self.length_m += length_m;
    }

    fn put(&mut self, value: f64) {
        let slot = (self.current & self.mask) as usize;
        if let Some(cell) = self.cells.get_mut(slot) {
            *cell = value;
        }
    }

    /// What lies at `position_m`. Metres not laid yet read as the newest cell; metres long gone read as the ring has them.
    pub fn at(&self, position_m: f64) -> f64 {
        let cell = ((position_m * self.per_m).floor() as i64).min(self.current);
        self.cells.get((cell & self.mask) as usize).copied().unwrap_or(f64::NAN)
    }

    /// Where the next piece will be laid, m.
    pub fn end_m(&self) -> f64 {
        self.end_m
    }
}

/// A jumbo roll: coating metres above `start_m` up to and with `end_m`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roll {
    /// Number; 0 was coated before the shift.
    pub number: i64,
    /// First coated metre.
    pub start_m: f64,
    /// Last coated metre: the first one the calender sees.
    pub end_m: f64,
}

impl Roll {
    /// Roll `number` of length `jumbo_m`. Roll 0 is `head_m` longer, so that it ends when roll 1 is wound.
    pub fn new(number: i64, jumbo_m: f64, head_m: f64) -> Self {
        let end_m = number as f64 * jumbo_m;
        let start_m = if number == 0 { -(jumbo_m + head_m) } else { end_m - jumbo_m };
        Roll { number, start_m, end_m }
    }
}

/// The calender's end of the web: where on which roll the nip is.
#[derive(Clone, Debug)]
pub struct Unwind {
    roll: Roll,
    at_m: f64,
    mark_every_m: f64,
    next_mark_m: f64,
    mark_m: f64,
    marks: u64,
}

impl Unwind {
    /// Mounts `roll`; marks are printed at every multiple of `mark_every_m`, also on the cut at the roll's end.
    pub fn new(roll: Roll, mark_every_m: f64) -> Self {
        let mut unwind =
            Unwind { roll, at_m: 0.0, mark_every_m, next_mark_m: 0.0, mark_m: f64::NAN, marks: 0 };
        unwind.mount(roll);
        unwind
    }

    /// Mounts the next roll; the marks seen so far stay counted.
    pub fn mount(&mut self, roll: Roll) {
        self.roll = roll;
        self.at_m = roll.end_m;
        self.next_mark_m = (roll.end_m / self.mark_every_m).floor() * self.mark_every_m;
    }

    /// Unwinds up to `length_m`, returns how much there was. A mark that passes reads `offset_m` too high.
    pub fn pull(&mut self, length_m: f64, offset_m: f64) -> f64 {
        let length_m = length_m.min(self.at_m - self.roll.start_m);
        self.at_m -= length_m;
        while length_m > 0.0
            && self.next_mark_m >= self.at_m
            && self.next_mark_m > self.roll.start_m
        {
            self.mark_m = self.next_mark_m + offset_m;
            self.marks += 1;
            self.next_mark_m -= self.mark_every_m;
        }
        length_m
    }

    /// True when less than a micrometre of web is left.
    pub fn empty(&self) -> bool {
        self.at_m - self.roll.start_m < 1e-6
    }

    /// Coating metre at the nip.
    pub fn at_m(&self) -> f64 {
        self.at_m
    }

    /// The roll mounted.
    pub fn roll(&self) -> Roll {
        self.roll
    }

    /// Coating metre read from the last mark; NaN before the first.
    pub fn mark_m(&self) -> f64 {
        self.mark_m
    }

    /// Marks seen.
    pub fn marks(&self) -> u64 {
        self.marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_returns_what_was_laid_whatever_the_steps() {
        for step_m in [0.01, 0.033, 0.1, 0.37, 1.7] {
            let mut track = Track::new(0.1, 50.0, 0.0, -1.0);
            let mut at = 0.0;
            while at < 40.0 {
                track.lay(step_m, if at < 20.0 { 1.0 } else { 2.0 });
                at += step_m;
            }
            assert_eq!(track.at(-0.5), -1.0, "before the start, step {step_m}");
            assert_eq!(track.at(19.85), 1.0, "step {step_m}");
            assert_eq!(track.at(20.0 + 2.0 * step_m.max(0.1)), 2.0, "step {step_m}");
        }
    }

    #[test]
    fn a_cell_holds_the_mean_by_length() {
        let mut track = Track::new(1.0, 10.0, 0.0, 0.0);
        track.lay(0.25, 4.0);
        track.lay(0.75, 0.0);
        track.lay(0.1, 9.0);
        assert!((track.at(0.5) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_roll_is_unwound_backwards_and_its_marks_come_in_falling_order() {
        let mut unwind = Unwind::new(Roll::new(1, 300.0, 0.0), 100.0);
        let (mut seen, mut pulled) = (Vec::new(), 0.0);
        while !unwind.empty() {
            pulled += unwind.pull(0.7, 0.0);
            if seen.last() != Some(&unwind.mark_m()) {
                seen.push(unwind.mark_m());
            }
        }
        assert_eq!(seen, [300.0, 200.0, 100.0]);
        assert!((pulled - 300.0).abs() < 1e-9, "pulled {pulled}");
        assert_eq!(unwind.marks(), 3);
    }

    #[test]
    fn roll_zero_is_longer_by_the_web_in_the_machine() {
        let roll = Roll::new(0, 2000.0, 90.0);
        assert_eq!((roll.start_m, roll.end_m), (-2090.0, 0.0));
    }
}
