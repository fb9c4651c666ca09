//! What the record-wide estimators share: moments, autocorrelation, an autoregressive fit.

use alloc::vec;
use alloc::vec::Vec;

use super::dense;
use crate::DesignError;

/// Refuses a record that is too short, longer than ten million samples or not finite.
pub(super) fn usable(name: &'static str, x: &[f64], least: usize) -> Result<(), DesignError> {
    let enough = x.len() >= least && x.len() <= 10_000_000;
    let must_be = "long enough for this estimate and at most ten million samples";
    DesignError::unless(enough, name, must_be, x.len() as f64)?;
    let wrong = x.iter().find(|v| v.is_nan() || libm::fabs(**v) > 1e100);
    let must_be = "finite, at most 1e100 in magnitude";
    wrong.map_or(Ok(()), |v| DesignError::unless(false, name, must_be, *v))
}

pub(super) fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len().max(1) as f64
}

/// `x` less its mean.
pub(super) fn centred(x: &[f64]) -> Vec<f64> {
    let middle = mean(x);
    x.iter().map(|v| v - middle).collect()
}

/// `x` less the straight line that fits it best.
pub(super) fn detrended(x: &[f64]) -> Vec<f64> {
    let off = 0.5 * (x.len() as f64 - 1.0);
    let middle = mean(x);
    let (mut up, mut square) = (0.0, 0.0);
    for (t, v) in x.iter().enumerate() {
        let along = t as f64 - off;
        up += along * (v - middle);
        square += along * along;
    }
    let slope = if square > 0.0 { up / square } else { 0.0 };
    x.iter().enumerate().map(|(t, v)| v - middle - slope * (t as f64 - off)).collect()
}

/// Mean of `x[t]*y[t+lag]` over the record, divided by its whole length.
pub(super) fn cross(x: &[f64], y: &[f64], lag: usize) -> f64 {
    let later = y.get(lag..).unwrap_or_default();
    dense::dot(x, later) / x.len().max(1) as f64
}

/// Autocorrelation of a centred record at lags `0..x.len()/2`, by way of its spectrum.
pub(super) fn autocorrelation(x: &[f64]) -> Vec<f64> {
    let size = (2 * x.len()).next_power_of_two();
    let mut wave: Vec<(f64, f64)> = x.iter().map(|v| (*v, 0.0)).collect();
    wave.resize(size, (0.0, 0.0));
    transform(&mut wave);
    for bin in &mut wave {
        *bin = (bin.0 * bin.0 + bin.1 * bin.1, 0.0);
    }
    // The power spectrum is even, so the forward transform serves as the inverse.
    transform(&mut wave);
    let whole = wave.first().map_or(1.0, |w| w.0);
    wave.iter().take(x.len() / 2).map(|w| if whole > 0.0 { w.0 / whole } else { 0.0 }).collect()
}

/// Fourier transform in place (Cooley and Tukey 1965); the length must be a power of two.
fn transform(wave: &mut [(f64, f64)]) {
    let size = wave.len();
    let bits = size.trailing_zeros();
    for i in 0..size {
        let j = i.reverse_bits().checked_shr(usize::BITS - bits).unwrap_or(0);
        if j > i {
            wave.swap(i, j);
        }
    }
    let mut half = 1;
    while half < size {
        for k in 0..half {
            let (s, c) = libm::sincos(-core::f64::consts::PI * k as f64 / half as f64);
            for block in wave.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                if let (Some(a), Some(b)) = (low.get_mut(k), high.get_mut(k)) {
                    let turned = (b.0 * c - b.1 * s, b.0 * s + b.1 * c);
                    *b = (a.0 - turned.0, a.1 - turned.1);
                    *a = (a.0 + turned.0, a.1 + turned.1);
                }
            }
        }
        half *= 2;
    }
}

/// `x[t] = phi_1*x[t-1] + ... + phi_p*x[t-p] + a[t]`.
#[derive(Debug, Clone)]
pub(super) struct Autoregression {
    pub(super) phi: Vec<f64>,
    /// Variance of `a`.
    pub(super) variance: f64,
}

impl Autoregression {
    /// `a` of a record; the first `p` samples give none.
    pub(super) fn residuals(&self, x: &[f64]) -> Vec<f64> {
        let p = self.phi.len();
        let told = |window: &[f64]| -> f64 {
            let past = window.iter().rev().skip(1);
            past.zip(&self.phi).map(|(v, f)| v * f).sum()
        };
        x.windows(p + 1).map(|w| w.last().copied().unwrap_or(0.0) - told(w)).collect()
    }

    /// The first `count` weights with which a shock lives on: 1, `phi_1`, ...
    pub(super) fn impulse(&self, count: usize) -> Vec<f64> {
        let mut weights: Vec<f64> = Vec::with_capacity(count);
        for i in 0..count {
            let before = weights.iter().rev().zip(&self.phi).map(|(w, f)| w * f).sum::<f64>();
            weights.push(if i == 0 { 1.0 } else { before });
        }
        weights
    }
}

/// Sums of products of a record's windows: what every fit up to an order is made from.
#[derive(Debug, Clone)]
pub(super) struct Products {
    /// `sum(x[t-i]*x[t-j])`, rows as long as `most + 1`.
    sums: Vec<f64>,
    windows: f64,
    most: usize,
}

impl Products {
    /// Of the windows of a centred record.
    pub(super) fn of(x: &[f64], most: usize) -> Self {
        let size = most + 1;
        let mut sums = vec![0.0; size * size];
        let mut windows = 0.0;
        for window in x.windows(size) {
            for (i, (row, a)) in sums.chunks_exact_mut(size).zip(window.iter().rev()).enumerate() {
                for (sum, b) in row.iter_mut().zip(window.iter().rev()).skip(i) {
                    *sum += a * b;
                }
            }
            windows += 1.0;
        }
        for i in 0..size {
            for j in 0..i {
                let above = sums.get(j * size + i).copied().unwrap_or(0.0);
                if let Some(below) = sums.get_mut(i * size + j) {
                    *below = above;
                }
            }
        }
        Self { sums, windows, most }
    }

    /// All of these less `part`.
    pub(super) fn without(&self, part: &Self) -> Self {
        let sums = self.sums.iter().zip(&part.sums).map(|(a, b)| a - b).collect();
        Self { sums, windows: self.windows - part.windows, most: self.most }
    }

    /// The least-squares fit of this order; none when the record does not move.
    pub(super) fn fit(&self, order: usize) -> Option<Autoregression> {
        let at = |i: usize, j: usize| self.sums.get(i * (self.most + 1) + j).copied();
        let mut a = Vec::with_capacity(order * order);
        let mut phi = Vec::with_capacity(order);
        for i in 1..=order {
            for j in 1..=order {
                a.push(at(i, j)?);
            }
            phi.push(at(i, 0)?);
        }
        let right = phi.clone();
        if order > 0 && !dense::solve(&mut a, order, &mut phi, 1) {
            return None;
        }
        let left = at(0, 0)? - dense::dot(&phi, &right);
        let freedom = self.windows - order as f64 - 1.0;
        (left > 0.0 && freedom > 0.0).then(|| Autoregression { phi, variance: left / freedom })
    }

    /// The fit whose order has the least Schwarz criterion (1978).
    pub(super) fn best_fit(&self) -> Option<Autoregression> {
        let score = |fit: &Autoregression| {
            self.windows * libm::log(fit.variance) + fit.phi.len() as f64 * libm::log(self.windows)
        };
        let fits = (0..=self.most).filter_map(|order| self.fit(order));
        fits.min_by(|a, b| score(a).total_cmp(&score(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_autocorrelation_is_that_of_the_plain_sums() {
        let x = centred(&(0..101).map(|t| f64::from(t * t % 17)).collect::<Vec<_>>());
        let rho = autocorrelation(&x);
        assert_eq!(rho.len(), 50);
        for (lag, r) in rho.iter().enumerate() {
            let plain = cross(&x, &x, lag) / cross(&x, &x, 0);
            assert!((r - plain).abs() < 1e-12, "lag {lag}: {r} {plain}");
        }
    }

    #[test]
    fn a_fit_finds_the_recursion_that_made_the_record() {
        // Two cosines obey a recursion of order four exactly; two terms leave an error.
        let x: Vec<f64> =
            (0..500).map(|t| f64::from(t).cos() + (2.1 * f64::from(t)).cos()).collect();
        let products = Products::of(&x, 4);
        let left = |order| products.fit(order).map_or(0.0, |f| f.variance);
        assert!(left(4) < 1e-12 && left(2) > 1e-3);
        let model = Autoregression { phi: vec![0.5, 0.25], variance: 1.0 };
        assert_eq!(model.impulse(4), [1.0, 0.5, 0.5, 0.375]);
        assert_eq!(model.residuals(&[1.0, 2.0, 3.0, 4.0]), [3.0 - 1.25, 4.0 - 2.0]);
    }

    #[test]
    fn a_line_is_taken_out() {
        let x: Vec<f64> = (0..40).map(|t| 3.0 + 0.25 * f64::from(t)).collect();
        assert!(detrended(&x).iter().all(|v| v.abs() < 1e-12));
    }
}
