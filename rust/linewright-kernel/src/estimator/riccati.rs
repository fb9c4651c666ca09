//! What a state-space filter is designed from: a model in samples, and the covariance it settles at.

use alloc::vec;
use alloc::vec::Vec;

use super::dense;

/// Terms of the power series below: with `|A h| <= 1/2` the last is below `1/25!`.
const TERMS: usize = 24;
/// Doublings tried: each squares what is left, so a filter that settles within `2^60` samples is found.
const MOST_DOUBLINGS: usize = 60;

/// A model in samples: `x(t+1) = f*x(t) + b*u(t) + w`, `var w = q`; `n` states.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) f: Vec<f64>,
    pub(super) b: Vec<f64>,
    pub(super) q: Vec<f64>,
    pub(super) n: usize,
}

fn multiply(a: &[f64], b: &[f64], inner: usize, columns: usize) -> Vec<f64> {
    let mut out = vec![0.0; a.len() / inner.max(1) * columns];
    dense::product(a, b, inner, columns, &mut out);
    out
}

fn transposed(a: &[f64], n: usize) -> Vec<f64> {
    let at = |i: usize, j: usize| a.get(i * n + j).copied().unwrap_or(0.0);
    (0..n * n).map(|k| at(k % n, k / n)).collect()
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|k| if k % (n + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

fn diagonal(a: &[f64], n: usize, i: usize) -> f64 {
    a.get(i * (n + 1)).copied().unwrap_or(0.0)
}

fn add_scaled(a: &mut [f64], b: &[f64], factor: f64) {
    a.iter_mut().zip(b).for_each(|(x, y)| *x += factor * y);
}

impl Model {
    /// The model of `dx/dt = a*x + b*u + w`, `w` white of spectral density `q`, over `period_s` with `u`
    /// held: `f = e^(a*T)`, `b = int e^(a*s) ds b`, `q = int e^(a*s) q e^(a's) ds`.
    ///
    /// By power series over a step `h = T/2^k` with `|a*h| <= 1/2`, then `k` doublings
    /// (`f(2h) = f*f`, `b(2h) = b + f*b`, `q(2h) = q + f*q*f'`). None when it leaves the finite numbers.
    pub(super) fn over(self, period_s: f64) -> Option<Self> {
        let n = self.n;
        let controls = self.b.len() / n;
        let norm = self.f.chunks_exact(n).map(|row| row.iter().map(|x| libm::fabs(*x)).sum());
        let size = norm.fold(0.0, f64::max) * period_s;
        let doublings = if size > 0.5 { libm::ceil(libm::log2(2.0 * size)) } else { 0.0 };
        if !(0.0..=1000.0).contains(&doublings) {
            return None;
        }
        let h = libm::ldexp(period_s, -(doublings as i32));
        let mut model = self.series(h);
        for _ in 0..doublings as usize {
            let f = &model.f;
            let moved = multiply(f, &model.b, n, controls.max(1));
            dense::add(&mut model.b, &moved);
            let spread = multiply(&multiply(f, &model.q, n, n), &transposed(f, n), n, n);
            dense::add(&mut model.q, &spread);
            model.f = multiply(f, f, n, n);
        }
        dense::symmetrise(&mut model.q, n);
        let finite = |words: &[f64]| words.iter().all(|x| x.is_finite());
        (finite(&model.f) && finite(&model.b) && finite(&model.q)).then_some(model)
    }

    /// The integrals over a short step `h`.
    fn series(&self, h: f64) -> Self {
        let n = self.n;
        let a = &self.f;
        let mut out = Self { f: identity(n), b: vec![0.0; self.b.len()], q: vec![0.0; n * n], n };
        // `power = a^k h^k/k!`, `driven = a^k b h^(k+1)/(k+1)!`, `spread` the k-th derivative of `q`.
        let mut power = identity(n);
        let mut driven: Vec<f64> = self.b.iter().map(|x| x * h).collect();
        let mut spread: Vec<f64> = self.q.iter().map(|x| x * h).collect();
        for k in 1..=TERMS {
            let step = h / k as f64;
            let next = h / (k + 1) as f64;
            dense::add(&mut out.b, &driven);
            dense::add(&mut out.q, &spread);
            power = multiply(a, &power, n, n).iter().map(|x| x * step).collect();
            dense::add(&mut out.f, &power);
            driven = multiply(a, &driven, n, (self.b.len() / n).max(1));
            driven.iter_mut().for_each(|x| *x *= next);
            let half = multiply(a, &spread, n, n);
            let other = transposed(&half, n);
            spread = half.iter().zip(&other).map(|(x, y)| (x + y) * next).collect();
        }
        out
    }

    /// The covariance before a measurement at which the filter settles, by doubling (Chu, Fan, Lin and
    /// Wang 2005); `h` is the measurement matrix, `r` its noise, `m` rows. None when there is none: a
    /// state that neither decays nor is seen.
    pub(super) fn settled(&self, h: &[f64], r: &[f64], m: usize) -> Option<Vec<f64>> {
        let n = self.n;
        // g = h' r^-1 h, the information of one sample.
        let mut weighted = h.to_vec();
        if !dense::solve(&mut r.to_vec(), m, &mut weighted, n) {
            return None;
        }
        let mut g = vec![0.0; n * n];
        for (row, weight) in h.chunks_exact(n).zip(weighted.chunks_exact(n)) {
            for (line, x) in g.chunks_exact_mut(n).zip(row) {
                add_scaled(line, weight, *x);
            }
        }
        let mut a = transposed(&self.f, n);
        let mut p = self.q.clone();
        for _ in 0..MOST_DOUBLINGS {
            // w = (1 + g*p)^-1 * [a, g*a'], one elimination for both.
            let mut w = multiply(&g, &p, n, n);
            add_scaled(&mut w, &identity(n), 1.0);
            let mut of_a = a.clone();
            let mut of_g = multiply(&g, &transposed(&a, n), n, n);
            if !dense::solve(&mut w.clone(), n, &mut of_a, n)
                || !dense::solve(&mut w, n, &mut of_g, n)
            {
                return None;
            }
            dense::add(&mut g, &multiply(&a, &of_g, n, n));
            let gain = multiply(&multiply(&transposed(&a, n), &p, n, n), &of_a, n, n);
            dense::add(&mut p, &gain);
            dense::symmetrise(&mut g, n);
            dense::symmetrise(&mut p, n);
            a = multiply(&a, &of_a, n, n);
            let size = |words: &[f64]| words.iter().fold(0.0_f64, |m, x| m.max(libm::fabs(*x)));
            if !(size(&p).is_finite() && size(&g).is_finite()) {
                return None;
            }
            // `a` is the closed loop over `2^k` samples: what does not die out there never settles.
            let still = (0..n).all(|i| diagonal(&gain, n, i) <= 1e-15 * diagonal(&p, n, i));
            if still && size(&a) < 1e-6 {
                return Some(p);
            }
        }
        None
    }
}
