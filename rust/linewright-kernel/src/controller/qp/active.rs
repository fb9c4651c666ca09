//! The active set: how rows enter and leave.

use super::{Bounds, DualQp, Outcome, ROUNDS, Work};

/// Active rows may miss their bounds by this many tolerances; they are put on them.
const LOOSE: f64 = 1e3;

/// One solve at work.
pub(super) struct Active<'a, 'w> {
    pub(super) qp: &'a DualQp,
    pub(super) given: Bounds<'a>,
    pub(super) w: &'a mut Work<'w>,
}

impl Active<'_, '_> {
    /// How far `z` is beyond its upper (positive) or lower (negative) bound; zero within tolerance.
    #[inline]
    fn beyond(&self, row: usize) -> f64 {
        let (z, tolerance) = (self.w.z[row], self.given.tolerance[row]);
        if z > self.given.hi[row] + tolerance {
            z - self.given.hi[row]
        } else if z < self.given.lo[row] - tolerance {
            z - self.given.lo[row]
        } else {
            0.0
        }
    }

    /// True when no row is beyond its bounds.
    #[inline]
    fn is_inside(&self) -> bool {
        let bounds = self.given.lo.iter().zip(self.given.hi).zip(self.given.tolerance);
        let mut outside = false;
        for (z, ((lo, hi), tolerance)) in self.w.z.iter().zip(bounds) {
            outside |= (*z > hi + tolerance) | (*z < lo - tolerance);
        }
        !outside
    }

    /// True when a multiplier has the wrong sign for the side; none is wrong where both bounds are one.
    #[inline]
    fn is_wrong(&self, row: usize, lambda: f64) -> bool {
        self.w.side[row] * lambda < 0.0 && self.given.lo[row] < self.given.hi[row]
    }

    /// Lets go of every row whose `aim` has the wrong sign; the first place that changed.
    fn release_wrong(&mut self) -> usize {
        let mut first = self.w.active;
        for place in (0..self.w.active).rev() {
            let row = self.w.set[place] as usize;
            if self.is_wrong(row, self.w.aim[place]) {
                self.w.side[row] = 0.0;
                first = place;
            }
        }
        first
    }

    /// Rounds that exchange all rows on the wrong side at once.
    pub(super) fn exchange_all(&mut self, outcome: &mut Outcome) {
        for _ in 0..ROUNDS.min(self.qp.max_iterations) {
            self.aim();
            self.values();
            let before = self.w.active;
            let first = self.release_wrong();
            self.close_ranks(first);
            let mut changed = first < before;
            let rows = if self.is_inside() { 0 } else { self.qp.rows };
            for row in 0..rows {
                let beyond = self.beyond(row);
                if beyond != 0.0 && self.w.side[row] == 0.0 {
                    changed = true;
                    self.w.side[row] = if beyond > 0.0 { 1.0 } else { -1.0 };
                    if !self.append(row) {
                        self.w.side[row] = 0.0;
                    }
                }
            }
            if !changed {
                self.keep_aim();
                outcome.solved = true;
                return;
            }
            outcome.iterations += 1;
        }
    }

    /// Rows enter and leave one at a time: the dual rises with every step.
    pub(super) fn exchange_one_by_one(&mut self, outcome: &mut Outcome) {
        loop {
            self.aim();
            let (before, first) = (self.w.active, self.release_wrong());
            if first == before {
                break;
            }
            outcome.iterations += 1;
            self.close_ranks(first);
        }
        self.keep_aim();
        loop {
            self.values();
            let Some(row) = self.worst() else {
                outcome.solved = true;
                return;
            };
            if outcome.iterations >= self.qp.max_iterations {
                return;
            }
            outcome.iterations += 1;
            if !self.enter(row, outcome) || !self.rise(outcome) {
                // The multipliers reached are not those `aim` would have: `z` is that of the former.
                let w = &mut *self.w;
                w.aim[..w.active].copy_from_slice(&w.lambda[..w.active]);
                self.values();
                return;
            }
        }
    }

    /// The row farthest beyond its bound.
    fn worst(&self) -> Option<usize> {
        let mut worst = (None, 0.0);
        for row in 0..self.qp.rows {
            let cost = self.beyond(row).abs() * self.qp.scale[row];
            if cost > worst.1 && self.w.side[row] == 0.0 {
                worst = (Some(row), cost);
            }
        }
        worst.0
    }

    /// Moves the multipliers along `aim` times `step` until the first is zero; the place of that one.
    fn first_to_vanish(&self, slope: impl Fn(usize) -> f64) -> Option<(usize, f64)> {
        let mut first: Option<(usize, f64)> = None;
        for place in 0..self.w.active {
            let (row, slope) = (self.w.set[place] as usize, slope(place));
            if self.is_wrong(row, slope) {
                let step = -self.w.lambda[place] / slope;
                if first.is_none_or(|(_, least)| step < least) {
                    first = Some((place, step));
                }
            }
        }
        first.map(|(place, step)| (place, step.max(0.0)))
    }

    /// Brings `row` into the set; false when no point is within all bounds.
    fn enter(&mut self, row: usize, outcome: &mut Outcome) -> bool {
        let side = if self.beyond(row) > 0.0 { 1.0 } else { -1.0 };
        self.w.side[row] = side;
        let mut multiplier = 0.0;
        while !self.append(row) {
            // It depends on the active rows: the dual rises along the combination until one of them goes.
            let k = self.w.active;
            let at = k * k.saturating_sub(1) / 2;
            for (to, l) in self.w.aim.iter_mut().zip(&self.w.factor[at..at + k]) {
                *to = -side * l;
            }
            self.solve_back();
            let Some((place, step)) = self.first_to_vanish(|place| self.w.aim[place]) else {
                self.w.side[row] = 0.0;
                outcome.infeasible = true;
                return false;
            };
            for (lambda, slope) in self.w.lambda.iter_mut().zip(&*self.w.aim).take(k) {
                *lambda += step * slope;
            }
            multiplier += step * side;
            self.release(place);
        }
        let last = self.w.active - 1;
        self.w.lambda[last] = multiplier;
        true
    }

    fn release(&mut self, place: usize) {
        let row = self.w.set[place] as usize;
        self.w.side[row] = 0.0;
        self.close_ranks(place);
    }

    /// Raises the dual to where all active rows meet their bounds; rows whose multiplier would change its
    /// sign leave on the way. False when the iterations ran out.
    fn rise(&mut self, outcome: &mut Outcome) -> bool {
        loop {
            self.aim();
            let w = &*self.w;
            let blocked = self.first_to_vanish(|place| {
                if self.is_wrong(w.set[place] as usize, w.aim[place]) {
                    w.aim[place] - w.lambda[place]
                } else {
                    0.0
                }
            });
            let Some((place, step)) = blocked else {
                self.keep_aim();
                return true;
            };
            for (lambda, aim) in self.w.lambda.iter_mut().zip(&*self.w.aim).take(self.w.active) {
                *lambda += step.min(1.0) * (aim - *lambda);
            }
            self.release(place);
            if outcome.iterations >= self.qp.max_iterations {
                return false;
            }
            outcome.iterations += 1;
        }
    }

    /// Puts active rows exactly on their bounds when solved, and states what was reached.
    pub(super) fn finish(&mut self, outcome: &mut Outcome) {
        let near = |distance: f64, most: f64| distance <= most; // NaN is not near
        if outcome.solved && !near(self.distance(), 1.0) {
            self.refine();
            outcome.solved = near(self.distance(), LOOSE) && self.worst().is_none();
        }
        let mut added = 0.0;
        for place in 0..self.w.active {
            let (row, lambda) = (self.w.set[place] as usize, self.w.lambda[place]);
            let (bound, free) = (self.bound(row), self.given.free[row]);
            added += lambda * (free - bound - 0.5 * (free - self.w.z[row]));
            if outcome.solved {
                self.w.z[row] = bound;
            }
        }
        outcome.added_cost = added;
        outcome.residual = 0.0;
        if outcome.solved {
            self.w.left.copy_from_slice(&[self.w.active as u64, self.qp.stamp]);
            return;
        }
        self.w.left.fill(0);
        for row in 0..self.qp.rows {
            let off = self.beyond(row).abs();
            outcome.residual = if off <= outcome.residual { outcome.residual } else { off };
        }
    }
}
