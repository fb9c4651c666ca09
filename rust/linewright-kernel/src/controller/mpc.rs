//! Model predictive control within limits, condensed (Maciejowski 2002; Rawlings, Mayne and Diehl 2017).
//!
//! ```text
//! x[k+1] = a*x[k] + b*u[k] + d        y[k] = c*x[k]        k = 0 is now, x[0] = state, u[-1] = applied
//! min  sum k=1..horizon   of  output_weight*(y[k] - reference[k])^2         (the last: terminal_weight)
//!    + sum k=0..horizon-1 of  input_weight*u[k]^2 + move_weight*(u[k] - u[k-1])^2
//!    + output_limit_weight * (what y exceeds output_lo..output_hi by)^2
//! subject to  input_lo <= u[k] <= input_hi,   |u[k] - u[k-1]| <= move_limit
//! mv = u[0]
//! ```
//! `a`, `b`, `c` are the plant in discrete time at `period_s`. `applied` is the input the plant has had since
//! the last sample, as it was read back: what a gate or a limiter cut off is known, and the first sample
//! makes no bump. An `applied` outside its limits counts as standing at the nearer one; with that the limits
//! of input and move can always be met, and `mv` always meets them. Output limits are soft.
//!
//! `disturbance_gain > 0` makes it free of offset: `d += disturbance_gain*(x - a*x_before - b*applied - d)`,
//! so that a constant disturbance of any state, or a wrong gain, ends in the forecast and not in the output.
//! Give the inputs a `move_weight` then and no `input_weight`, which pulls towards zero.
//!
//! Everything but the bounds is designed: a step is one product with (state, reference, applied, d), then
//! the active set of [`super::qp`], started from that of the last sample moved on by one. `status` is 1 when
//! the optimum was reached; 0 when `max_iterations` ran out (`mv` is within its limits, not optimal; `cost`
//! is a lower bound of the optimum) or when the numbers overflow (`mv` is `applied` within its limits).
//! Condensing needs a forecast that stays in bounds: stabilise a fast unstable plant first, or keep
//! `horizon` short.

use super::mpc_design::{Condensed, condense};
use super::qp::factor::{add_columns, dot};
use super::qp::{Bounds, DualQp, cut};
use crate::number::{LARGEST, flag, limit, saturate};
use crate::{DesignError, Port, VectorDesign, VectorKernel};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Config of the predictive controller.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mpc {
    /// State matrix, one row per state; 1 to 64 states.
    pub a: Vec<Vec<f64>>,
    /// Input matrix, one row per state, one column per input.
    pub b: Vec<Vec<f64>>,
    /// Output matrix, one row per output; none: the outputs are the states.
    #[serde(default)]
    pub c: Vec<Vec<f64>>,
    /// Samples looked ahead; 1 to 200, with all inputs at most 256 numbers.
    pub horizon: usize,
    /// Weight of the error of each output; zero or more.
    pub output_weight: Vec<f64>,
    /// Weight of the error of the outputs at the end of the horizon, symmetric, not negative; none:
    /// `output_weight`. With `c` none, the cost-to-go of the unconstrained optimum makes a short horizon
    /// as good as an endless one.
    #[serde(default)]
    pub terminal_weight: Vec<Vec<f64>>,
    /// Weight of each input itself; zero or more; none: zero.
    #[serde(default)]
    pub input_weight: Vec<f64>,
    /// Weight of the change of each input per sample; zero or more; none: zero.
    #[serde(default)]
    pub move_weight: Vec<f64>,
    /// Lowest value of each input, unit of `mv`.
    pub input_lo: Vec<f64>,
    /// Highest value of each input, unit of `mv`; above `input_lo`.
    pub input_hi: Vec<f64>,
    /// Largest change of each input per sample, unit of `mv`; positive; none: no limit.
    #[serde(default)]
    pub move_limit: Vec<f64>,
    /// Lowest wanted value of each output; none: no limit.
    #[serde(default)]
    pub output_lo: Vec<f64>,
    /// Highest wanted value of each output, above `output_lo`; given together with it.
    #[serde(default)]
    pub output_hi: Vec<f64>,
    /// Weight of what an output exceeds its limits by; positive, large against `output_weight`.
    #[serde(default = "default_output_limit_weight")]
    pub output_limit_weight: f64,
    /// `reference` holds the outputs wanted at each of the next `horizon` samples, all outputs of the next
    /// sample first; off: one value per output, wanted throughout.
    #[serde(default)]
    pub preview: bool,
    /// Share of the forecast error taken over into `d` at each sample, 0 to 1; zero: `d` is zero.
    #[serde(default)]
    pub disturbance_gain: f64,
    /// Most exchanges of active limits in one step; 1 to 10,000.
    #[serde(default = "default_max_iterations")]
    pub max_iterations: usize,
}

fn default_output_limit_weight() -> f64 {
    1e4
}

fn default_max_iterations() -> usize {
    200
}

/// Coefficients of [`Mpc`].
#[derive(Debug, Clone)]
pub struct MpcKernel {
    states: usize,
    inputs: usize,
    references: usize,
    /// Per unit of each number in (state, reference, applied, d) that matters: what the limits are compared
    /// with, `rows` numbers, then what the cost without limits is the sum of squares of, `roots` numbers.
    effect: Box<[f64]>,
    /// Which numbers these are.
    matters: Box<[usize]>,
    roots: usize,
    qp: DualQp,
    lo: Box<[f64]>,
    hi: Box<[f64]>,
    tolerance: Box<[f64]>,
    /// Sizes of the stages of each kind of row: inputs, moves, outputs.
    stages: [(usize, usize); 3],
    move_limit: Box<[f64]>,
    a: Box<[f64]>,
    b: Box<[f64]>,
    disturbance_gain: f64,
}

impl VectorDesign for Mpc {
    type Kernel = MpcKernel;
    const NAME: &'static str = "Mpc";
    const INPUTS: &'static [Port] =
        &[Port::new("state", "*"), Port::new("reference", "*"), Port::new("applied", "*")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("mv", "*"),
        Port::new("cost", "1"),
        Port::new("iterations", "1"),
        Port::new("status", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<MpcKernel, DesignError> {
        DesignError::period(period_s)?;
        let c: Condensed = condense(self)?;
        let (effect, matters, roots) = effects(&c);
        Ok(MpcKernel {
            states: c.states,
            inputs: c.inputs,
            references: c.references,
            effect,
            matters,
            roots,
            qp: DualQp::new(c.gram.rows, c.most, c.gram.words().to_vec(), self.max_iterations),
            lo: c.lo.into(),
            hi: c.hi.into(),
            tolerance: c.tolerance.into(),
            stages: c.stages,
            move_limit: self.move_limit.clone().into(),
            a: self.a.concat().into(),
            b: self.b.concat().into(),
            disturbance_gain: self.disturbance_gain,
        })
    }
}

/// Free values and roots of the cost per number, without the numbers that have no effect and the roots
/// that are zero: one column after the other.
fn effects(c: &Condensed) -> (Box<[f64]>, Box<[usize]>, usize) {
    let is_zero = |row: &usize| c.cost.row(*row).iter().all(|x| *x == 0.0);
    let roots = c.cost.rows - (0..c.cost.rows).rev().take_while(is_zero).count();
    let column = |number: usize| {
        let free = (0..c.free.rows).map(move |row| c.free[(row, number)]);
        free.chain((0..roots).map(move |row| c.cost[(row, number)]))
    };
    let has_effect = |number: &usize| column(*number).any(|x| x != 0.0);
    let matters: Box<[usize]> = (0..c.free.columns).filter(has_effect).collect();
    (matters.iter().flat_map(|number| column(*number)).collect(), matters, roots)
}

/// The words of [`MpcKernel`].
struct Memory<'a> {
    seen: &'a mut [f64],
    before: &'a mut [f64],
    disturbance: &'a mut [f64],
    numbers: &'a mut [f64],
    /// Free values, then the roots of the cost without limits.
    product: &'a mut [f64],
    lo: &'a mut [f64],
    hi: &'a mut [f64],
    work: &'a mut [f64],
}

impl MpcKernel {
    fn estimates(&self) -> usize {
        if self.disturbance_gain > 0.0 { self.states } else { 0 }
    }

    /// Length of (state, reference, applied, d).
    fn numbers(&self) -> usize {
        self.states + self.references + self.inputs + self.estimates()
    }

    fn memory<'a>(&self, mut words: &'a mut [f64]) -> Option<Memory<'a>> {
        let rows = self.lo.len();
        Some(Memory {
            seen: cut(&mut words, 1)?,
            before: cut(&mut words, self.estimates())?,
            disturbance: cut(&mut words, self.estimates())?,
            numbers: cut(&mut words, self.numbers())?,
            product: cut(&mut words, rows + self.roots)?,
            lo: cut(&mut words, rows)?,
            hi: cut(&mut words, rows)?,
            work: cut(&mut words, self.qp.work_len())?,
        })
    }

    /// Takes over the share of what the forecast of this sample missed.
    fn estimate(&self, m: &mut Memory<'_>, state: &[f64], applied: &[f64]) {
        let first = m.seen[0] == 0.0;
        let rows = self.a.chunks_exact(self.states).zip(self.b.chunks_exact(self.inputs));
        for ((d, x), (a, b)) in m.disturbance.iter_mut().zip(state).zip(rows) {
            let past = a.iter().zip(&*m.before).map(|(a, x)| a * x);
            let forecast: f64 = past.chain(b.iter().zip(applied).map(|(b, u)| b * u)).sum();
            let missed = if first { 0.0 } else { x - forecast };
            let next = saturate(*d + self.disturbance_gain * (missed - *d));
            *d = if next.is_finite() { next } else { 0.0 };
        }
        m.before.copy_from_slice(state);
        m.seen[0] = 1.0;
    }

    /// Moves the sides of the last solution on by one sample; the last stage stays.
    fn move_on(&self, sides: &mut [f64]) {
        let mut rest = sides;
        for (width, stages) in self.stages {
            let Some(part) = cut(&mut rest, width * stages) else { return };
            if stages > 1 {
                part.copy_within(width.., 0);
            }
        }
    }

    /// Bounds of this sample: those of the first input depend on where it stands.
    fn bounds<'a>(
        &self,
        to_lo: &mut [f64],
        to_hi: &mut [f64],
        applied: impl Iterator<Item = &'a f64>,
    ) {
        to_lo.copy_from_slice(&self.lo);
        to_hi.copy_from_slice(&self.hi);
        let first = to_lo.iter_mut().zip(to_hi.iter_mut());
        for ((lo, hi), (u, most)) in first.zip(applied.zip(&*self.move_limit)) {
            *lo = lo.max(u - most);
            *hi = hi.min(u + most);
        }
    }
}

impl VectorKernel for MpcKernel {
    fn input_width(&self, port: usize) -> usize {
        [self.states, self.references, self.inputs].get(port).copied().unwrap_or(0)
    }

    fn output_width(&self, port: usize) -> usize {
        if port == 0 { self.inputs } else { 1 }
    }

    fn memory_len(&self) -> usize {
        let rows = self.lo.len();
        1 + 2 * self.estimates() + self.numbers() + 3 * rows + self.roots + self.qp.work_len()
    }

    #[inline]
    fn step(&self, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        let Some(mut m) = self.memory(memory) else { return };
        let (state, rest) = input.split_at(self.states);
        let (reference, applied) = rest.split_at(self.references);
        if self.disturbance_gain > 0.0 {
            self.estimate(&mut m, state, applied);
        }
        let limits = self.lo.iter().zip(&*self.hi);
        let within = applied.iter().zip(limits).map(|(u, (lo, hi))| limit(*u, *lo, *hi));
        let known = state.iter().chain(reference).copied().chain(within);
        for (to, x) in m.numbers.iter_mut().zip(known.chain(m.disturbance.iter().copied())) {
            *to = x;
        }
        m.product.fill(0.0);
        let columns = self.effect.chunks_exact(m.product.len());
        let of = |number: &usize| m.numbers.get(*number).copied().unwrap_or(0.0);
        add_columns(m.product, columns.zip(self.matters.iter().map(of)));
        let (free, roots) = m.product.split_at(self.lo.len());
        let unlimited_cost = dot(roots, roots);
        let (lo, hi) = if self.move_limit.is_empty() {
            (&*self.lo, &*self.hi)
        } else {
            let applied = m.numbers.iter().skip(self.states + self.references);
            self.bounds(m.lo, m.hi, applied);
            (&*m.lo, &*m.hi)
        };
        let Some(mut work) = self.qp.work(m.work) else { return };
        self.move_on(work.side);
        let given = Bounds { free, lo, hi, tolerance: &self.tolerance };
        let outcome = self.qp.solve(&mut work, given);
        let computed = outcome.residual.is_finite() && outcome.residual < LARGEST;
        let stay = m.numbers.iter().skip(self.states + self.references);
        let first = work.z.iter().zip(stay).zip(lo.iter().zip(hi));
        for (to, ((z, stay), (lo, hi))) in output.iter_mut().zip(first).take(self.inputs) {
            *to = limit(if computed && z.is_finite() { *z } else { *stay }, *lo, *hi);
        }
        let cost = unlimited_cost + 2.0 * outcome.added_cost;
        let cost = if cost.is_finite() { saturate(cost) } else { LARGEST };
        let told = [cost, outcome.iterations as f64, flag(outcome.solved)];
        for (to, x) in output.iter_mut().skip(self.inputs).zip(told) {
            *to = x;
        }
    }
}

#[cfg(test)]
#[path = "mpc_tests.rs"]
mod tests;
