//! The absorbing Markov chain behind the average run lengths, and the charts it is made from.

use alloc::vec;
use alloc::vec::Vec;

/// Fewest and most Gauss-Legendre nodes of an integral. Over `W` standard deviations of a step, `n` nodes
/// lie `pi/2 * W/n` apart at most; at 0.74 the rule errs by `exp(-2 pi^2 / 0.74^2)`, below the rounding.
const NODES: (usize, usize) = (128, 512);
/// Widest range in standard deviations of a step that the most nodes resolve.
pub(super) const WIDEST: f64 = 240.0;

/// A chart whose memory is one number: where a sample leads from `u`. Readings are normal with unit
/// standard deviation and mean `shift`.
pub(super) trait Walk {
    /// Ends of the continuous part of the range short of the alarm.
    fn range(&self) -> (f64, f64);
    /// Standard deviation that one sample adds.
    fn step_sd(&self) -> f64;
    /// The value that has a probability of its own, if any.
    fn atom(&self) -> Option<f64>;
    /// Where the chart starts.
    fn start(&self) -> f64;
    /// Probability of going to the atom.
    fn to_atom(&self, u: f64, shift: f64) -> f64;
    /// Density of going to `y` in the range.
    fn density(&self, u: f64, y: f64, shift: f64) -> f64;
    /// Probability of alarm.
    fn to_alarm(&self, u: f64, shift: f64) -> f64;
}

/// A chart on its nodes: state 0 is the atom, if there is one; then the nodes, each with its weight.
pub(super) struct Nodes<'a, W> {
    walk: &'a W,
    states: Vec<(f64, f64)>,
    atoms: usize,
}

impl<'a, W: Walk> Nodes<'a, W> {
    pub(super) fn new(walk: &'a W) -> Self {
        let (lo, hi) = walk.range();
        let wanted = libm::ceil((hi - lo) / walk.step_sd() * (NODES.1 as f64 / WIDEST));
        let count = (wanted as usize).clamp(NODES.0, NODES.1);
        let atom = walk.atom().map(|at| (at, 1.0));
        let states = atom.into_iter().chain(legendre(count, lo, hi)).collect();
        Self { walk, states, atoms: usize::from(atom.is_some()) }
    }

    /// Nodes of the continuous part.
    pub(super) fn len(&self) -> usize {
        self.states.len() - self.atoms
    }

    /// Probability of going from `u` to state `j`.
    fn to(&self, u: f64, j: usize, shift: f64) -> f64 {
        let (y, weight) = self.states[j];
        if j < self.atoms {
            self.walk.to_atom(u, shift)
        } else {
            weight * self.walk.density(u, y, shift)
        }
    }

    pub(super) fn chain(&self, shift: f64) -> Chain {
        let from = |i: usize| self.states[i].0;
        Chain::new(
            self.states.len(),
            |i, j| self.to(from(i), j, shift),
            |i| self.walk.to_alarm(from(i), shift),
        )
    }

    /// Mean of `lengths` after one sample from `u`, which need be no node.
    pub(super) fn onward(&self, u: f64, lengths: &[f64], shift: f64) -> f64 {
        lengths.iter().enumerate().map(|(j, l)| self.to(u, j, shift) * l).sum()
    }

    /// Probabilities of the states after one sample from `u`.
    pub(super) fn first(&self, u: f64, shift: f64) -> Vec<f64> {
        (0..self.states.len()).map(|j| self.to(u, j, shift)).collect()
    }

    /// Mean run lengths from the start of the chart and from its atom (from the start again without one).
    pub(super) fn run_length(&self, shift: f64) -> (f64, f64) {
        let lengths = self.chain(shift).run_lengths();
        let start = self.walk.start();
        match lengths.first() {
            Some(&rest) if self.walk.atom() == Some(start) => (rest, rest),
            Some(&rest) if self.atoms > 0 => (1.0 + self.onward(start, &lengths, shift), rest),
            _ => [1.0 + self.onward(start, &lengths, shift); 2].into(),
        }
    }
}

/// Nodes and weights of the Gauss-Legendre rule of `count` points on `[a, b]`, descending, by Newton's
/// method on the polynomial.
pub(super) fn legendre(count: usize, a: f64, b: f64) -> Vec<(f64, f64)> {
    let n = count as f64;
    let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
    let node = |i: usize| {
        let mut x = libm::cos(core::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5));
        let mut slope = 1.0;
        for _ in 0..10 {
            let (mut p, mut before) = (x, 1.0);
            for degree in 2..=count {
                let d = degree as f64;
                (p, before) = (((2.0 * d - 1.0) * x * p - (d - 1.0) * before) / d, p);
            }
            slope = n * (x * p - before) / (x * x - 1.0);
            let move_by = p / slope;
            x -= move_by;
            if libm::fabs(move_by) < 1e-16 {
                break;
            }
        }
        (centre + half * x, half * 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..count).map(node).collect()
}

/// Probabilities between states, row by row, and of alarm from each; the self-loops are implied.
pub(super) struct Chain {
    to: Vec<f64>,
    alarm: Vec<f64>,
    count: usize,
}

impl Chain {
    /// Chain of `count` states with transition and alarm probabilities given by functions.
    pub(super) fn new(
        count: usize,
        to: impl Fn(usize, usize) -> f64,
        alarm: impl Fn(usize) -> f64,
    ) -> Self {
        let to = (0..count * count).map(|at| to(at / count, at % count)).collect();
        Self { to, alarm: (0..count).map(alarm).collect(), count }
    }

    /// Probabilities of the states one sample after `from`.
    pub(super) fn next(&self, from: &[f64]) -> Vec<f64> {
        let mut to = vec![0.0; self.count];
        for (share, row) in from.iter().zip(self.to.chunks_exact(self.count)) {
            for (sum, p) in to.iter_mut().zip(row) {
                *sum += share * p;
            }
        }
        to
    }

    /// Probabilities of the states, given no alarm, once the start is forgotten: the chain's left
    /// eigenvector, by repeated steps from `from`.
    pub(super) fn settled(&self, from: &[f64]) -> Vec<f64> {
        let mut now = from.to_vec();
        for _ in 0..20_000 {
            let mut next = self.next(&now);
            let total: f64 = next.iter().sum();
            next.iter_mut().for_each(|p| *p /= total);
            let moved: f64 = next.iter().zip(&now).map(|(a, b)| libm::fabs(a - b)).sum();
            now = next;
            if moved < 1e-12 {
                break;
            }
        }
        now
    }

    /// Mean number of steps to the alarm from each state. Elimination from the last state down; every
    /// number stays positive and none is subtracted, so each result keeps its relative accuracy. The
    /// probability of leaving a state is the sum of the ways out, not one less the self-loop.
    pub(super) fn run_lengths(mut self) -> Vec<f64> {
        let count = self.count;
        let mut steps = vec![1.0; count];
        let mut leave = vec![0.0; count];
        for last in (0..count).rev() {
            let (rest, row) = self.to.split_at_mut(last * count);
            let row = &row[..last];
            leave[last] = row.iter().sum::<f64>() + self.alarm[last];
            for (i, other) in rest.chunks_exact_mut(count).enumerate() {
                let share = other[last] / leave[last];
                if share == 0.0 {
                    continue;
                }
                for (p, through) in other[..last].iter_mut().zip(row) {
                    *p += share * through;
                }
                self.alarm[i] += share * self.alarm[last];
                steps[i] += share * steps[last];
            }
        }
        let mut lengths = vec![0.0; count];
        for i in 0..count {
            let row = &self.to[i * count..i * count + i];
            let onward: f64 = row.iter().zip(&lengths).map(|(p, l)| p * l).sum();
            lengths[i] = (steps[i] + onward) / leave[i];
        }
        lengths
    }
}
