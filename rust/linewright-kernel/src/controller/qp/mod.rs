//! Quadratic program in its dual: the solver below the predictive controllers.
//!
//! ```text
//! min 1/2 x'Px + q'x   subject to   lo <= A*x <= hi
//! free = -A*inv(P)*q     gram = A*inv(P)*A'     z = A*x = free - gram*lambda
//! lo <= z <= hi,   lambda_i > 0 only where z_i = hi_i,   lambda_i < 0 only where z_i = lo_i
//! ```
//! What does not change from sample to sample (`gram`) is designed once; a step brings `free` and the
//! bounds. Active set in the dual (Goldfarb and Idnani 1983; Arnstrom, Bemporad and Axehill 2022): first a
//! few rounds that exchange every row on the wrong side at once (Hintermueller, Ito and Kunisch 2002),
//! started from the rows that were active last; when they do not settle, rows enter and leave one at a
//! time, which ends after finitely many steps. A row is active at its upper (+1) or lower (-1) side. A soft
//! row, one that may be exceeded by `s` for `weight*s^2/2`, has `1/weight` added to its diagonal of `gram`.
//!
//! Bounded: at most `max_iterations` exchanges; then `solved` is false, and `z` lies outside of its bounds
//! by up to `residual`.

mod active;
pub(crate) mod dense;
pub(crate) mod factor;
mod problem;

pub use problem::{QpSolution, QuadraticProgram};

use active::Active;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Rounds of exchanging all rows at once, before one at a time.
const ROUNDS: usize = 8;
/// Beyond this nothing can be computed.
const HUGE: f64 = 1e100;

/// The part of a quadratic program that stays.
#[derive(Debug, Clone)]
pub(crate) struct DualQp {
    rows: usize,
    /// Most rows that can be independent.
    most: usize,
    gram: Box<[f64]>,
    /// `1/sqrt(gram_ii)`: distances beyond bounds are compared in units of what they cost.
    scale: Box<[f64]>,
    max_iterations: usize,
    /// Tells the factor of this `gram` from that of another one in the same words.
    stamp: u64,
}

/// The part that changes, one number per row; `tolerance` is what a bound may be exceeded by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds<'a> {
    pub(crate) free: &'a [f64],
    pub(crate) lo: &'a [f64],
    pub(crate) hi: &'a [f64],
    pub(crate) tolerance: &'a [f64],
}

/// What [`DualQp::solve`] reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome {
    /// All bounds hold within their tolerance and every multiplier has its sign.
    pub(crate) solved: bool,
    /// No `x` within the bounds exists.
    pub(crate) infeasible: bool,
    /// Exchanges made.
    pub(crate) iterations: usize,
    /// Largest distance beyond a bound, in the unit of its row.
    pub(crate) residual: f64,
    /// What the bounds add to the minimum without them; a lower bound of it unless `solved`.
    pub(crate) added_cost: f64,
}

/// The words of a solve: per row, then per active row.
pub(crate) struct Work<'a> {
    /// Side of every row; what the next solve starts from.
    pub(crate) side: &'a mut [f64],
    /// `A*x`.
    pub(crate) z: &'a mut [f64],
    /// Rows in the active set, in the order of the factor.
    set: &'a mut [u64],
    lambda: &'a mut [f64],
    /// Multipliers that make all active rows meet their bounds.
    aim: &'a mut [f64],
    /// `L*y = free - bound` of the active rows.
    y: &'a mut [f64],
    inverse_pivot: &'a mut [f64],
    /// Rows of `L` in `gram = L*D*L'` left of the diagonal of ones, one after the other.
    factor: &'a mut [f64],
    /// What the factor was left as: number of active rows, and the stamp of its `gram`.
    left: &'a mut [u64],
    /// Active rows.
    active: usize,
}

impl Work<'_> {
    /// The active rows with their multipliers.
    pub(crate) fn multipliers(&self) -> impl Iterator<Item = (usize, f64)> {
        self.set
            .iter()
            .zip(self.lambda.iter())
            .take(self.active)
            .map(|(row, x)| (*row as usize, *x))
    }
}

/// Cuts `len` words off the front.
pub(crate) fn cut<'a>(words: &mut &'a mut [f64], len: usize) -> Option<&'a mut [f64]> {
    let (front, rest) = core::mem::take(words).split_at_mut_checked(len)?;
    *words = rest;
    Some(front)
}

impl DualQp {
    /// `gram` is symmetric, row by row, its diagonal positive; at most `most` of its rows are independent.
    pub(crate) fn new(rows: usize, most: usize, gram: Vec<f64>, max_iterations: usize) -> Self {
        let scale = (0..rows).map(|i| 1.0 / libm::sqrt(gram[i * rows + i])).collect();
        // FNV-1a over the words; never zero, which is what a new memory holds.
        let mix = |hash: u64, x: &f64| (hash ^ x.to_bits()).wrapping_mul(0x100_0000_01b3);
        let stamp = gram.iter().fold(0xcbf2_9ce4_8422_2325, mix) | 1;
        Self { rows, most: most.min(rows), gram: gram.into(), scale, max_iterations, stamp }
    }

    /// Words a solve needs.
    pub(crate) fn work_len(&self) -> usize {
        let places = self.most + 1;
        2 * self.rows + 5 * places + places * places / 2 + 2
    }

    /// The words of a solve, from memory. Kept from solve to solve: the sides, and the factor of the rows
    /// that were active, of which a solve takes over the rows that still are.
    pub(crate) fn work<'a>(&self, mut words: &'a mut [f64]) -> Option<Work<'a>> {
        let places = self.most + 1;
        Some(Work {
            side: cut(&mut words, self.rows)?,
            z: cut(&mut words, self.rows)?,
            set: bytemuck::cast_slice_mut(cut(&mut words, places)?),
            lambda: cut(&mut words, places)?,
            aim: cut(&mut words, places)?,
            y: cut(&mut words, places)?,
            inverse_pivot: cut(&mut words, places)?,
            factor: cut(&mut words, places * places / 2)?,
            left: bytemuck::cast_slice_mut(cut(&mut words, 2)?),
            active: 0,
        })
    }

    /// Solves, starting from the sides in `work`; the solution does not depend on them, beyond rounding.
    pub(crate) fn solve(&self, work: &mut Work<'_>, given: Bounds<'_>) -> Outcome {
        let mut outcome = Outcome {
            solved: false,
            infeasible: false,
            iterations: 0,
            residual: HUGE,
            added_cost: 0.0,
        };
        let lists = [given.free, given.lo, given.hi, given.tolerance];
        let usable = lists.iter().all(|list| list.len() == self.rows)
            && given.free.iter().all(|x| x.abs() <= HUGE);
        if !usable {
            work.side.fill(0.0);
            work.z.fill(0.0);
            work.left.fill(0);
            return outcome;
        }
        let mut active = Active { qp: self, given, w: work };
        // A factor that does not fit (words restored from garbage) shows at the end; then once anew.
        for _ in 0..2 {
            let taken_over = active.start();
            active.exchange_all(&mut outcome);
            if !outcome.solved {
                active.exchange_one_by_one(&mut outcome);
            }
            active.finish(&mut outcome);
            if outcome.solved || !taken_over || outcome.iterations >= self.max_iterations {
                break;
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
