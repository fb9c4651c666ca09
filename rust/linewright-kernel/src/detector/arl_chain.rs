//! The absorbing Markov chain behind the average run lengths.

/// Gauss-Legendre nodes of an integral. At the longest decision interval (60 sigma) they lie 0.74 sigma
/// apart at most, where the rule errs by `exp(-2 pi^2 / 0.74^2)`, below the rounding.
pub(super) const NODES: usize = 128;
const STATES: usize = NODES + 1;

/// Nodes and weights of the Gauss-Legendre rule on `[a, b]`, by Newton's method on the polynomial.
pub(super) fn legendre(a: f64, b: f64) -> [(f64, f64); NODES] {
    let n = NODES as f64;
    let (centre, half) = (0.5 * (a + b), 0.5 * (b - a));
    core::array::from_fn(|i| {
        let mut x = libm::cos(core::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5));
        let mut slope = 1.0;
        for _ in 0..10 {
            let (mut p, mut before) = (x, 1.0);
            for degree in 2..=NODES {
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
    })
}

/// Probabilities between `count` states, and of alarm from each; the self-loops are implied.
pub(super) struct Chain {
    to: [[f64; STATES]; STATES],
    alarm: [f64; STATES],
    count: usize,
}

impl Chain {
    /// Chain of `count` states with transition and alarm probabilities given by functions.
    pub(super) fn new(
        count: usize,
        to: impl Fn(usize, usize) -> f64,
        alarm: impl Fn(usize) -> f64,
    ) -> Self {
        let count = count.min(STATES);
        let mut chain = Self { to: [[0.0; STATES]; STATES], alarm: [0.0; STATES], count };
        for i in 0..count {
            for j in 0..count {
                chain.to[i][j] = to(i, j);
            }
            chain.alarm[i] = alarm(i);
        }
        chain
    }

    /// Mean number of steps to the alarm from each state. Elimination from the last state down; every
    /// number stays positive and none is subtracted, so each result keeps its relative accuracy. The
    /// probability of leaving a state is the sum of the ways out, not one less the self-loop.
    pub(super) fn run_lengths(mut self) -> [f64; STATES] {
        let mut steps = [1.0; STATES];
        let mut leave = [0.0; STATES];
        for last in (0..self.count).rev() {
            let (rest, row) = self.to.split_at_mut(last);
            let row = &row[0];
            leave[last] = row[..last].iter().sum::<f64>() + self.alarm[last];
            for (i, other) in rest.iter_mut().enumerate() {
                let share = other[last] / leave[last];
                for (p, through) in other[..last].iter_mut().zip(&row[..last]) {
                    *p += share * through;
                }
                self.alarm[i] += share * self.alarm[last];
                steps[i] += share * steps[last];
            }
        }
        let mut lengths = [0.0; STATES];
        for i in 0..self.count {
            let onward: f64 = self.to[i][..i].iter().zip(&lengths).map(|(p, l)| p * l).sum();
            lengths[i] = (steps[i] + onward) / leave[i];
        }
        lengths
    }
}
