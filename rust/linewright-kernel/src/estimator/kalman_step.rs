//! One sample of [`KalmanFilter`](super::KalmanFilter); the equations stand there.

use super::KalmanFilterKernel;
use super::dense;
use super::kalman_filter::{MOST_MEASUREMENTS, MOST_STATES};
use crate::VectorKernel;
use crate::number::{LARGEST, saturate};

/// Largest variance kept; what would exceed it holds.
const LARGEST_VARIANCE: f64 = 1e90;
/// `P` has settled when it moves by less than this of itself in a sample.
const SETTLED: f64 = 4.0 * f64::EPSILON;
/// `log(2*pi)`.
const LN_TAU: f64 = 1.837_877_066_409_345_3;

/// States, measurements, controls. The step is compiled for a few sizes of their own, where the loops
/// below are written out, and once for any: `inline(always)` carries the constants to them.
type Size = (usize, usize, usize);

/// The state at work: the first numbers of it.
type State = [f64; MOST_STATES];

/// The memory of a filter, part by part.
struct Parts<'a> {
    /// Not zero once a sample was seen.
    seen: &'a mut f64,
    /// The tag of the coefficients whose gain below has settled; 0 while it has not.
    settled: &'a mut f64,
    /// `log det S + log(2*pi)*present`.
    normaliser: &'a mut f64,
    x: &'a mut [f64],
    p: &'a mut [f64],
    /// The last controls that were not missing.
    u: &'a mut [f64],
    /// Square roots of the diagonal of `P`; one over those of `S`.
    state_sd: &'a mut [f64],
    per_sd: &'a mut [f64],
    /// `S = l*l'` of the measurements present, rows as long as there are of them.
    l: &'a mut [f64],
    /// `inv(l)*H*P`, a row for each measurement present: `x += gain' * inv(l)*e`.
    gain: &'a mut [f64],
    work: Work<'a>,
}

/// Scratch: written before it is read.
struct Work<'a> {
    /// Rows of `H` and of `K'` present.
    h: &'a mut [f64],
    k: &'a mut [f64],
    s: &'a mut [f64],
    squares: [&'a mut [f64]; 3],
    /// `P` of the last sample.
    before: &'a mut [f64],
}

/// Cuts `len` words off the front of `rest`.
fn take<'a>(rest: &mut &'a mut [f64], len: usize) -> &'a mut [f64] {
    let whole = core::mem::take(rest);
    let (part, left) = whole.split_at_mut(len.min(whole.len()));
    *rest = left;
    part
}

/// Words of memory.
#[inline(always)]
fn words((n, m, controls): Size) -> usize {
    3 + 2 * n + m + controls + 5 * n * n + 3 * m * n + 2 * m * m
}

impl<'a> Parts<'a> {
    #[inline(always)]
    fn of(size: Size, memory: &'a mut [f64]) -> Option<Self> {
        let (n, m, controls) = size;
        // The compiler knows the length of every part from this one, where it knows the size.
        let memory = memory.get_mut(..words(size))?;
        let [seen, settled, normaliser, rest @ ..] = memory else { return None };
        let mut rest = rest;
        let mut take = |len| take(&mut rest, len);
        Some(Self {
            seen,
            settled,
            normaliser,
            x: take(n),
            p: take(n * n),
            u: take(controls),
            state_sd: take(n),
            per_sd: take(m),
            l: take(m * m),
            gain: take(m * n),
            work: Work {
                h: take(m * n),
                k: take(m * n),
                s: take(m * m),
                squares: [take(n * n), take(n * n), take(n * n)],
                before: take(n * n),
            },
        })
    }
}

/// Which measurements are present, in order.
struct Present {
    index: [usize; MOST_MEASUREMENTS],
    count: usize,
}

impl Present {
    #[inline]
    fn of(y: &[f64]) -> Self {
        let mut present = Self { index: [0; MOST_MEASUREMENTS], count: 0 };
        for (i, _) in y.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
            if let Some(to) = present.index.get_mut(present.count) {
                *to = i;
                present.count += 1;
            }
        }
        present
    }

    #[inline]
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.index.iter().copied().take(self.count)
    }
}

/// `dense::dot`, limited where it would leave the finite numbers.
#[inline(always)]
fn dot_within(a: &[f64], b: &[f64]) -> f64 {
    let sum = dense::dot(a, b);
    if libm::fabs(sum) <= LARGEST { sum } else { dot_saturating(a, b) }
}

/// [`saturate`] where the limit is hardly ever met: nothing waits for the comparison.
#[inline(always)]
fn within_largest(x: f64) -> f64 {
    if libm::fabs(x) <= LARGEST { x } else { saturated(x) }
}

#[cold]
fn saturated(x: f64) -> f64 {
    saturate(x)
}

#[cold]
fn dot_saturating(a: &[f64], b: &[f64]) -> f64 {
    saturate(a.iter().zip(b).map(|(x, y)| saturate(x * y)).sum())
}

/// True when every variance and covariance may be kept.
fn within(p: &[f64]) -> bool {
    p.iter().all(|x| libm::fabs(*x) <= LARGEST_VARIANCE)
}

/// `a += factor * left * right'`.
#[inline(always)]
fn add_outer(a: &mut [f64], factor: f64, left: &[f64], right: &[f64]) {
    for (row, x) in a.chunks_exact_mut(right.len().max(1)).zip(left) {
        let weight = factor * x;
        row.iter_mut().zip(right).for_each(|(to, y)| *to += weight * y);
    }
}

impl KalmanFilterKernel {
    /// `x = F*x + B*u`.
    #[inline(always)]
    fn predict(&self, (n, _, controls): Size, x: &mut State, u: &[f64]) {
        let before = *x;
        let f = self.f.get(..n * n).unwrap_or_default();
        for (to, row) in x.iter_mut().zip(f.chunks_exact(n)) {
            *to = dot_within(row, &before);
        }
        if controls > 0 {
            for (to, row) in x.iter_mut().zip(self.b.chunks_exact(controls)) {
                *to = within_largest(*to + dot_within(row, u));
            }
        }
    }

    /// `P = F*P*F' + Q`; with `steady` the settled `P` instead.
    #[inline(always)]
    fn spread(&self, (n, ..): Size, s: &mut Parts<'_>, first: bool) {
        if first || self.steady {
            dense::copy(s.p, &self.p0);
            return;
        }
        let [moved, next, ..] = &mut s.work.squares;
        dense::product(&self.f, s.p, n, n, moved);
        dense::product_transposed(moved, &self.f, n, n, next);
        dense::add(next, &self.q);
        dense::symmetrise(next, n);
        if within(next) {
            dense::copy(s.p, next);
        }
    }

    /// `S` and the gain of the measurements present, from `P` before them; false when `S` has no factor.
    #[inline(always)]
    fn weigh(&self, (n, m, _): Size, s: &mut Parts<'_>, present: &Present) -> bool {
        let k = present.count;
        for (to, i) in s.work.h.chunks_exact_mut(n).zip(present.iter()) {
            dense::copy(to, self.h.get(i * n..(i + 1) * n).unwrap_or_default());
        }
        let (Some(h), Some(gain), Some(joint)) =
            (s.work.h.get(..k * n), s.gain.get_mut(..k * n), s.work.s.get_mut(..k * k))
        else {
            return false;
        };
        dense::product(h, s.p, n, n, gain);
        dense::product_transposed(gain, h, n, k, joint);
        for (line, i) in joint.chunks_exact_mut(k.max(1)).zip(present.iter()) {
            for (x, j) in line.iter_mut().zip(present.iter()) {
                *x += self.r.get(i * m + j).copied().unwrap_or(0.0);
            }
        }
        dense::symmetrise(joint, k);
        if !dense::cholesky(joint, k, s.l) {
            return false;
        }
        let mut half_log = 0.0;
        for (i, row) in s.l.chunks_exact(k.max(1)).enumerate().take(k) {
            let pivot = row.get(i).copied().unwrap_or(1.0);
            let (done, rest) = gain.split_at_mut(i * n);
            let to = rest.get_mut(..n).unwrap_or_default();
            for (above, x) in done.chunks_exact(n).zip(row) {
                to.iter_mut().zip(above).for_each(|(g, a)| *g -= x * a);
            }
            to.iter_mut().for_each(|g| *g /= pivot);
            half_log += libm::log(pivot);
            if let Some(per_sd) = s.per_sd.get_mut(i) {
                *per_sd = 1.0 / libm::sqrt(dense::dot(row, row));
            }
        }
        *s.normaliser = 2.0 * half_log + LN_TAU * k as f64;
        within(gain)
    }

    /// `P = (1 - K*H)*P*(1 - K*H)' + K*R*K'`; false when it leaves its bound.
    #[inline(always)]
    fn shrink(&self, (n, m, _): Size, s: &mut Parts<'_>, present: &Present) -> bool {
        let k = present.count;
        // K' = inv(l')*gain, from the last row up.
        dense::copy(s.work.k, s.gain);
        for i in (0..k).rev() {
            let (rows, below) = s.work.k.split_at_mut((i + 1) * n);
            let row = rows.get_mut(i * n..).unwrap_or_default();
            let l = |r: usize| s.l.get(r * k + i).copied().unwrap_or(0.0);
            for (r, other) in (i + 1..k).zip(below.chunks_exact(n)) {
                row.iter_mut().zip(other).for_each(|(g, a)| *g -= l(r) * a);
            }
            row.iter_mut().for_each(|g| *g /= l(i));
        }
        let [left, moved, next] = &mut s.work.squares;
        left.fill(0.0);
        left.iter_mut().step_by(n + 1).for_each(|x| *x = 1.0);
        for (gain, h) in s.work.k.chunks_exact(n).zip(s.work.h.chunks_exact(n)).take(k) {
            add_outer(left, -1.0, gain, h);
        }
        dense::product(left, s.p, n, n, moved);
        dense::product_transposed(moved, left, n, n, next);
        for (i, gain) in present.iter().zip(s.work.k.chunks_exact(n)) {
            for (j, other) in present.iter().zip(s.work.k.chunks_exact(n)) {
                let r = self.r.get(i * m + j).copied().unwrap_or(0.0);
                add_outer(next, r, gain, other);
            }
        }
        dense::symmetrise(next, n);
        let fits = within(next);
        if fits {
            dense::copy(s.p, next);
        }
        fits
    }

    /// Brings `P` and the gain to this sample.
    #[inline(always)]
    fn learn(&self, size: Size, s: &mut Parts<'_>, present: &Present, first: bool) {
        let (n, m, _) = size;
        dense::copy(s.work.before, s.p);
        self.spread(size, s, first);
        if !(self.weigh(size, s, present) && self.shrink(size, s, present)) {
            // Nothing is learnt from a sample whose weight cannot be told.
            s.gain.fill(0.0);
            s.per_sd.fill(1.0);
            s.l.fill(0.0);
            s.l.iter_mut().step_by(present.count + 1).for_each(|x| *x = 1.0);
            *s.normaliser = 0.0;
        }
        let variance = |i: usize| s.p.get(i * (n + 1)).copied().unwrap_or(0.0).max(0.0);
        let still = |k: usize, old: f64, new: f64| {
            let (moved, scale) = (new - old, variance(k / n) * variance(k % n));
            moved * moved <= SETTLED * SETTLED * scale
        };
        let mut pairs = s.work.before.iter().zip(s.p.iter()).enumerate();
        let repeats = !first && pairs.all(|(k, (old, new))| still(k, *old, *new));
        let settled = present.count == m && (self.steady || repeats);
        *s.settled = if settled { self.tag } else { 0.0 };
        for (i, sd) in s.state_sd.iter_mut().enumerate() {
            *sd = libm::sqrt(variance(i));
        }
    }

    /// `x += gain' * inv(l)*e`; writes `e`, `z`, `nis` and the likelihood. `present` gives the `k`
    /// measurements present, in order.
    #[inline(always)]
    fn correct(
        &self,
        (n, m, _): Size,
        (s, x): (&Parts<'_>, &mut State),
        (k, present): (usize, impl Iterator<Item = usize>),
        y: &[f64],
        out: &mut [f64],
    ) {
        let (innovation, rest) = out.split_at_mut(m.min(out.len()));
        let (z, last) = rest.split_at_mut(m.min(rest.len()));
        let mut whitened = [0.0; MOST_MEASUREMENTS];
        let mut nis = 0.0;
        innovation.fill(0.0);
        z.fill(0.0);
        for (at, (i, per_sd)) in present.zip(s.per_sd.iter()).enumerate() {
            let h = self.h.get(i * n..(i + 1) * n).unwrap_or_default();
            let e = within_largest(y.get(i).copied().unwrap_or(0.0) - dot_within(h, x));
            if let (Some(to_e), Some(to_z)) = (innovation.get_mut(i), z.get_mut(i)) {
                (*to_e, *to_z) = (e, within_largest(e * per_sd));
            }
            let row = s.l.get(at * k..at * k + at + 1).unwrap_or_default();
            let (pivot, left) = row.split_last().map_or((1.0, row), |(p, left)| (*p, left));
            let white = within_largest((e - dot_within(left, &whitened)) / pivot);
            if let Some(to) = whitened.get_mut(at) {
                *to = white;
            }
            nis += white * white;
        }
        for (white, gain) in whitened.iter().zip(s.gain.chunks_exact(n)).take(k) {
            for (x, g) in x.iter_mut().zip(gain) {
                *x = within_largest(*x + within_largest(white * g));
            }
        }
        if let [to_nis, likelihood] = last {
            *to_nis = saturate(nis);
            *likelihood = if k > 0 { saturate(-0.5 * (nis + *s.normaliser)) } else { 0.0 };
        }
    }

    fn run_any(&self, size: Size, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        self.run(size, memory, input, output);
    }

    /// One sample.
    #[inline(always)]
    fn run(&self, size: Size, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        let (n, m, _) = size;
        let Some(mut s) = Parts::of(size, memory) else { return };
        let Some((y, u)) = input.split_at_checked(m) else { return };
        for (kept, x) in s.u.iter_mut().zip(u) {
            if !x.is_nan() {
                *kept = *x;
            }
        }
        let first = *s.seen == 0.0;
        *s.seen = 1.0;
        let mut x = [0.0; MOST_STATES];
        for (i, to) in x.iter_mut().enumerate().take(n) {
            let from = if first { self.x0.get(i) } else { s.x.get(i) };
            *to = from.copied().unwrap_or(0.0);
        }
        if !first {
            self.predict(size, &mut x, s.u);
        }
        let (states, rest) = output.split_at_mut((2 * n).min(output.len()));
        let whole = !y.iter().any(|y| y.is_nan());
        if whole && *s.settled == self.tag {
            self.correct(size, (&s, &mut x), (m, 0..m), y, rest);
        } else {
            let present = Present::of(y);
            self.learn(size, &mut s, &present, first);
            self.correct(size, (&s, &mut x), (present.count, present.iter()), y, rest);
        }
        dense::copy(s.x, &x);
        for (to, x) in states.iter_mut().zip(s.x.iter().chain(s.state_sd.iter())) {
            *to = *x;
        }
    }
}

impl VectorKernel for KalmanFilterKernel {
    const TAKES_MISSING: bool = true;

    fn input_width(&self, port: usize) -> usize {
        if port == 0 { self.m } else { self.controls }
    }

    fn output_width(&self, port: usize) -> usize {
        let all = [self.n, self.n, self.m, self.m, 1, 1];
        let given = if self.state_only { all.get(..1).unwrap_or_default() } else { &all };
        given.get(port).copied().unwrap_or(0)
    }

    fn memory_len(&self) -> usize {
        words((self.n, self.m, self.controls))
    }

    #[inline]
    fn step(&self, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        match (self.n, self.m, self.controls) {
            (2, 1, 0) => self.run((2, 1, 0), memory, input, output),
            (3, 1, 0) => self.run((3, 1, 0), memory, input, output),
            (4, 1, 0) => self.run((4, 1, 0), memory, input, output),
            (4, 2, 0) => self.run((4, 2, 0), memory, input, output),
            size => self.run_any(size, memory, input, output),
        }
    }
}
