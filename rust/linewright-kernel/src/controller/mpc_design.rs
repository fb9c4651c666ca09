//! From plant and weights to the dual quadratic program of [`super::Mpc`].
//!
//! The cost is the square of `E*U + F*t`, `U` all inputs of the horizon, `t` = (state, reference, applied, d).
//! With `E = Q*R`: `U = -inv(R)*(Q'F)*t` without limits, the rows of `Q'F` below `R` leave the cost, and
//! `gram = (A*inv(R))*(A*inv(R))'` for the limited combinations `A*U`. No normal equations are formed.

use super::Mpc;
use super::qp::dense::Matrix;
use crate::DesignError;
use alloc::vec;
use alloc::vec::Vec;

/// Share of the largest diagonal of `R` below which an input is not determined.
const FREE: f64 = 1e-10;
/// A bound holds within this share of its range.
const TOLERANCE: f64 = 1e-9;

/// What the kernel is made of.
pub(super) struct Condensed {
    pub(super) states: usize,
    pub(super) inputs: usize,
    pub(super) references: usize,
    pub(super) free: Matrix,
    pub(super) cost: Matrix,
    pub(super) gram: Matrix,
    pub(super) most: usize,
    pub(super) lo: Vec<f64>,
    pub(super) hi: Vec<f64>,
    pub(super) tolerance: Vec<f64>,
    pub(super) stages: [(usize, usize); 3],
}

/// The checked plant, and where things stand in `t`.
struct Plant {
    a: Matrix,
    b: Matrix,
    c: Matrix,
    horizon: usize,
    references: usize,
    estimates: usize,
}

impl Plant {
    fn n(&self) -> usize {
        self.a.rows
    }
    fn m(&self) -> usize {
        self.b.columns
    }
    fn p(&self) -> usize {
        self.c.rows
    }
    /// Length of `t`.
    fn numbers(&self) -> usize {
        self.n() + self.references + self.m() + self.estimates
    }
}

fn refuse(parameter: &'static str, must_be: &'static str, value: f64) -> DesignError {
    DesignError { parameter, must_be, value }
}

fn matrix(
    rows: &[Vec<f64>],
    shape: (Option<usize>, Option<usize>),
    parameter: &'static str,
    must_be: &'static str,
) -> Result<Matrix, DesignError> {
    let m = Matrix::from_rows(rows).filter(|m| {
        shape.0.is_none_or(|r| r == m.rows)
            && shape.1.is_none_or(|c| c == m.columns)
            && m.largest() <= 1e100
    });
    m.ok_or(refuse(parameter, must_be, rows.len() as f64))
}

/// A list that is empty (then `fallback`) or of length `len`, each number accepted by `usable`.
fn list(
    given: &[f64],
    len: usize,
    fallback: Option<f64>,
    parameter: &'static str,
    must_be: &'static str,
    usable: impl Fn(usize, f64) -> bool,
) -> Result<Vec<f64>, DesignError> {
    if let (true, Some(x)) = (given.is_empty(), fallback) {
        return Ok(vec![x; len]);
    }
    DesignError::unless(given.len() == len, parameter, must_be, given.len() as f64)?;
    for (i, x) in given.iter().enumerate() {
        let good = libm::fabs(*x) <= 1e100 && usable(i, *x);
        DesignError::unless(good, parameter, must_be, *x)?;
    }
    Ok(given.to_vec())
}

fn plant(config: &Mpc) -> Result<Plant, DesignError> {
    let n = config.a.len();
    DesignError::unless((1..=64).contains(&n), "a", "square, 1 to 64 states, finite", n as f64)?;
    let a = matrix(&config.a, (None, Some(n)), "a", "square, 1 to 64 states, finite")?;
    let b = matrix(&config.b, (Some(n), None), "b", "one row per state, finite")?;
    let c = if config.c.is_empty() {
        Matrix::identity(n)
    } else {
        matrix(&config.c, (None, Some(n)), "c", "one column per state, finite")?
    };
    let fits = (1..=200).contains(&config.horizon) && config.horizon * b.columns <= 256;
    let must_be = "1 to 200, with all inputs at most 256 numbers";
    DesignError::unless(fits, "horizon", must_be, config.horizon as f64)?;
    DesignError::unless(c.rows <= 64, "c", "at most 64 rows", c.rows as f64)?;
    let gain = config.disturbance_gain;
    DesignError::unless((0.0..=1.0).contains(&gain), "disturbance_gain", "0 to 1", gain)?;
    let most = config.max_iterations;
    let usable = (1..=10_000).contains(&most);
    DesignError::unless(usable, "max_iterations", "1 to 10,000", most as f64)?;
    let weight = config.output_limit_weight;
    let usable = (1e-100..=1e100).contains(&weight);
    DesignError::unless(usable, "output_limit_weight", "positive, at most 1e100", weight)?;
    let references = c.rows * if config.preview { config.horizon } else { 1 };
    let estimates = if gain > 0.0 { n } else { 0 };
    Ok(Plant { a, b, c, horizon: config.horizon, references, estimates })
}

/// Forecast outputs: `y = of_inputs*U + of_numbers*t`, all outputs of a sample together.
fn forecast(plant: &Plant) -> (Matrix, Matrix) {
    let (n, m, p, h) = (plant.n(), plant.m(), plant.p(), plant.horizon);
    let mut of_inputs = Matrix::zeros(h * p, h * m);
    let mut of_numbers = Matrix::zeros(h * p, plant.numbers());
    // c*a^k, and the sum of c*a^j for j up to k.
    let mut ca = plant.c.clone();
    let mut summed = Matrix::zeros(p, n);
    for k in 0..h {
        let response = ca.times(&plant.b);
        for stage in k..h {
            of_inputs.put(stage * p, (stage - k) * m, &response);
        }
        summed = summed.plus(1.0, &ca);
        ca = ca.times(&plant.a);
        of_numbers.put(k * p, 0, &ca);
        if plant.estimates > 0 {
            of_numbers.put(k * p, plant.numbers() - n, &summed);
        }
    }
    (of_inputs, of_numbers)
}

/// `u[k] - u[k-1]` from `U` and `t`.
fn moves(plant: &Plant) -> (Matrix, Matrix) {
    let (m, h) = (plant.m(), plant.horizon);
    let before = |i: usize, j: usize| i >= m && j == i - m;
    let one = |on: bool| if on { 1.0 } else { 0.0 };
    let of_inputs = Matrix::from_fn(h * m, h * m, |i, j| one(i == j) - one(before(i, j)));
    let at = plant.n() + plant.references;
    let of_numbers = Matrix::from_fn(h * m, plant.numbers(), |i, j| -one(i < m && j == at + i));
    (of_inputs, of_numbers)
}

/// Square root of the weight of the last outputs.
fn terminal(config: &Mpc, weights: &[f64]) -> Result<Matrix, DesignError> {
    let p = weights.len();
    if config.terminal_weight.is_empty() {
        let root = |i: usize, j: usize| if i == j { libm::sqrt(weights[i]) } else { 0.0 };
        return Ok(Matrix::from_fn(p, p, root));
    }
    let must_be = "one row and column per output, symmetric, not negative, finite";
    let w = matrix(&config.terminal_weight, (Some(p), Some(p)), "terminal_weight", must_be)?;
    let off = w.plus(-1.0, &w.transposed()).largest();
    DesignError::unless(off <= 1e-9 * w.largest(), "terminal_weight", must_be, off)?;
    w.cholesky(1e-13, true).ok_or(refuse("terminal_weight", must_be, w.largest()))
}

/// `E` and `F`.
fn weighted(
    config: &Mpc,
    plant: &Plant,
    (y_u, y_t): &(Matrix, Matrix),
) -> Result<(Matrix, Matrix), DesignError> {
    let (m, p, h) = (plant.m(), plant.p(), plant.horizon);
    let not_negative = "one number of zero or more per output";
    let weight = |_, w| w >= 0.0;
    let output = list(&config.output_weight, p, None, "output_weight", not_negative, weight)?;
    let last = terminal(config, &output)?;
    let not_negative = "one number of zero or more per input";
    let input = list(&config.input_weight, m, Some(0.0), "input_weight", not_negative, weight)?;
    let step = list(&config.move_weight, m, Some(0.0), "move_weight", not_negative, weight)?;
    let (du_u, du_t) = moves(plant);
    let mut e = Matrix::zeros(h * (p + 2 * m), h * m);
    let mut f = Matrix::zeros(h * (p + 2 * m), plant.numbers());
    let wanted = |i: usize, j: usize| {
        let at = plant.n() + if config.preview { i } else { i % p };
        if j == at { 1.0 } else { 0.0 }
    };
    let error = y_t.plus(-1.0, &Matrix::from_fn(h * p, plant.numbers(), wanted));
    let roots = Matrix::from_fn(h * p, h * p, |i, j| match (i / p, j / p) {
        (k, l) if k != l => 0.0,
        (k, _) if k + 1 == h => last[(i % p, j % p)],
        _ if i == j => libm::sqrt(output[i % p]),
        _ => 0.0,
    });
    e.put(0, 0, &roots.times(y_u));
    f.put(0, 0, &roots.times(&error));
    for i in 0..h * m {
        e[(h * p + i, i)] = libm::sqrt(input[i % m]);
        let root = libm::sqrt(step[i % m]);
        for j in 0..h * m {
            e[(h * (p + m) + i, j)] = root * du_u[(i, j)];
        }
        for j in 0..plant.numbers() {
            f[(h * (p + m) + i, j)] = root * du_t[(i, j)];
        }
    }
    Ok((e, f))
}

/// Limited combinations `z = A*U + B*t` with their bounds.
struct Limits {
    of_inputs: Matrix,
    of_numbers: Matrix,
    lo: Vec<f64>,
    hi: Vec<f64>,
    stages: [(usize, usize); 3],
}

fn limits(config: &Mpc, plant: &Plant, y: &(Matrix, Matrix)) -> Result<Limits, DesignError> {
    let (m, p, h) = (plant.m(), plant.p(), plant.horizon);
    let (lo, hi) = (&config.input_lo, &config.input_hi);
    list(lo, m, None, "input_lo", "one finite number per input", |_, _| true)?;
    let above = "one finite number per input, above input_lo";
    list(hi, m, None, "input_hi", above, |i, x| x > lo[i])?;
    let most = &config.move_limit;
    let must_be = "none, or one positive number per input";
    list(most, m, Some(0.0), "move_limit", must_be, |_, x| x > 0.0)?;
    let (y_lo, y_hi) = (&config.output_lo, &config.output_hi);
    let must_be = "none, or one finite number per output";
    list(y_lo, p, Some(0.0), "output_lo", must_be, |_, _| true)?;
    let must_be = "one finite number per output above output_lo, or none as there";
    let same = y_hi.len() == y_lo.len();
    DesignError::unless(same, "output_hi", must_be, y_hi.len() as f64)?;
    list(y_hi, p, Some(0.0), "output_hi", must_be, |i, x| x > y_lo[i])?;
    let moving = if most.is_empty() { 0 } else { h - 1 };
    let watched = if y_lo.is_empty() { 0 } else { h };
    let rows = h * m + moving * m + watched * p;
    let mut of_inputs = Matrix::zeros(rows, h * m);
    let mut of_numbers = Matrix::zeros(rows, plant.numbers());
    of_inputs.put(0, 0, &Matrix::identity(h * m));
    if moving > 0 {
        // The first move is a bound of the first input.
        let (du, _) = moves(plant);
        let later = Matrix::from_fn(moving * m, h * m, |i, j| du[(i + m, j)]);
        of_inputs.put(h * m, 0, &later);
    }
    if watched > 0 {
        of_inputs.put(rows - h * p, 0, &y.0);
        of_numbers.put(rows - h * p, 0, &y.1);
    }
    let all = |input: &[f64], step: Vec<f64>, output: &[f64]| {
        [input.repeat(h), step.repeat(moving), output.repeat(watched)].concat()
    };
    Ok(Limits {
        of_inputs,
        of_numbers,
        lo: all(lo, most.iter().map(|x| -x).collect(), y_lo),
        hi: all(hi, most.clone(), y_hi),
        stages: [(m, h), (m, moving), (p, watched)],
    })
}

pub(super) fn condense(config: &Mpc) -> Result<Condensed, DesignError> {
    let plant = plant(config)?;
    let (m, p, h, numbers) = (plant.m(), plant.p(), plant.horizon, plant.numbers());
    let y = forecast(&plant);
    let in_bounds = y.0.is_finite() && y.1.is_finite() && y.0.largest().max(y.1.largest()) <= 1e50;
    let must_be_short = "short enough for the forecast to stay in bounds";
    DesignError::unless(in_bounds, "horizon", must_be_short, h as f64)?;
    let (e, mut f) = weighted(config, &plant, &y)?;
    let limits = limits(config, &plant, &y)?;
    let r = e.triangularised(&mut f);
    let pivots = (0..h * m).map(|i| libm::fabs(r[(i, i)]));
    let (least, most) = pivots.fold((f64::MAX, 0.0), |(l, m): (f64, f64), x| (l.min(x), m.max(x)));
    let must_be = "positive for every input that the other weights do not determine";
    DesignError::unless(least > FREE * most, "move_weight", must_be, least)?;
    let unlimited = r.solve_upper(&f.head(h * m, numbers));
    let free = limits.of_numbers.plus(-1.0, &limits.of_inputs.times(&unlimited));
    let left = f.rows - h * m;
    let rest =
        Matrix::from_fn(
            left.max(numbers),
            numbers,
            |i, j| {
                if i < left { f[(h * m + i, j)] } else { 0.0 }
            },
        );
    let cost = rest.triangularised(&mut Matrix::zeros(left.max(numbers), 0));
    let half = r.solve_upper_transposed(&limits.of_inputs.transposed()).transposed();
    let mut gram = half.times(&half.transposed());
    let hard = limits.lo.len() - limits.stages[2].0 * limits.stages[2].1;
    for i in hard..limits.lo.len() {
        gram[(i, i)] += 1.0 / config.output_limit_weight;
    }
    let computed = free.is_finite() && cost.is_finite() && gram.is_finite();
    DesignError::unless(computed, "horizon", must_be_short, h as f64)?;
    let tolerance = limits.lo.iter().zip(&limits.hi).map(|(l, h)| TOLERANCE * (h - l)).collect();
    Ok(Condensed {
        states: plant.n(),
        inputs: m,
        references: plant.references,
        free,
        cost,
        gram,
        most: h * m + limits.stages[2].1 * p,
        lo: limits.lo,
        hi: limits.hi,
        tolerance,
        stages: limits.stages,
    })
}
