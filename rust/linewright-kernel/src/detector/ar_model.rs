//! Autoregressive model of a stream: learned from its first readings, or given.

use crate::number::saturate;

/// Highest order.
pub(super) const MOST: usize = 8;

/// `x - mean = sum of phi_j (x_j readings ago - mean) + residual`; the residual has standard deviation `sigma`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct ArModel {
    pub(super) phi: [f64; MOST],
    pub(super) mean: f64,
    pub(super) sigma: f64,
}

impl ArModel {
    /// What the readings before, newest first, lead to.
    pub(super) fn predict(&self, past: &[f64; MOST]) -> f64 {
        let off: f64 =
            self.phi.iter().zip(past).map(|(phi, x)| saturate(phi * (x - self.mean))).sum();
        saturate(self.mean + off)
    }
}

/// What the first readings tell of their correlation; zero is nothing.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Correlation {
    pub(super) count: f64,
    /// The first reading: all others are taken from it, so that a large mean costs no digits.
    origin: f64,
    sum: f64,
    /// Sums of the products of readings 0 to `MOST` apart.
    products: [f64; MOST + 1],
    /// The first few.
    head: [f64; MOST],
}

impl Correlation {
    /// Takes in `x`; `past` are the readings before it, newest first.
    pub(super) fn add(&mut self, x: f64, past: &[f64; MOST]) {
        if self.count < 1.0 {
            self.origin = x;
        }
        let off = saturate(x - self.origin);
        let count = self.count as usize;
        if let Some(place) = self.head.get_mut(count) {
            *place = off;
        }
        self.sum = saturate(self.sum + off);
        let lagged = past.iter().take(count).map(|x| saturate(x - self.origin));
        let readings = core::iter::once(off).chain(lagged);
        for (sum, other) in self.products.iter_mut().zip(readings) {
            *sum = saturate(*sum + saturate(off * other));
        }
        self.count = saturate(self.count + 1.0);
    }

    /// The model of this order with the same autocovariances (Yule and Walker), by the recursion of Levinson and
    /// Durbin; always stationary. `past` as after the last reading. The residuals lose as many degrees of freedom
    /// as the model has parameters.
    pub(super) fn model(&self, order: usize, past: &[f64; MOST]) -> ArModel {
        let n = self.count.max(1.0);
        let mean = self.sum / n;
        let mut covariance = [0.0; MOST + 1];
        let (mut head, mut tail) = (0.0, 0.0);
        for (lag, to) in covariance.iter_mut().enumerate() {
            let product = self.products.get(lag).copied().unwrap_or(0.0);
            // Readings with a partner so far before, and those with one so far after.
            let both = 2.0 * self.sum - head - tail;
            let square = saturate(mean * mean);
            let of_mean = saturate((n - lag as f64) * square) - saturate(mean * saturate(both));
            *to = saturate((product + of_mean) / n);
            head += self.head.get(lag).copied().unwrap_or(0.0);
            tail += past.get(lag).map_or(0.0, |x| saturate(x - self.origin));
        }
        let (phi, variance) = levinson(&covariance, order);
        let freedom = (n - 2.0 * order as f64 - 1.0).max(1.0);
        let sigma = libm::sqrt(saturate(variance * (n / freedom)).max(0.0));
        ArModel { phi, mean: saturate(self.origin + mean), sigma }
    }
}

/// Coefficients and residual variance from autocovariances; stops at the order where nothing is left.
fn levinson(covariance: &[f64; MOST + 1], order: usize) -> ([f64; MOST], f64) {
    let at = |j: usize| covariance.get(j).copied().unwrap_or(0.0);
    let mut phi = [0.0; MOST];
    let mut variance = at(0);
    for m in 0..order.min(MOST) {
        if variance <= at(0) * 1e-14 {
            break;
        }
        let explained: f64 =
            phi.iter().take(m).enumerate().map(|(j, p)| saturate(p * at(m - j))).sum();
        let reflection = ((at(m + 1) - explained) / variance).clamp(-1.0, 1.0);
        let before = phi;
        for j in 0..m {
            if let (Some(to), Some(mirror)) = (phi.get_mut(j), before.get(m - 1 - j)) {
                *to -= reflection * mirror;
            }
        }
        if let Some(to) = phi.get_mut(m) {
            *to = reflection;
        }
        variance *= 1.0 - reflection * reflection;
    }
    (phi, variance)
}

/// Puts `x` in front of the readings before.
pub(super) fn remember(past: &mut [f64; MOST], x: f64) {
    past.copy_within(..MOST - 1, 1);
    past[0] = x;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(xs: &[f64], order: usize) -> ArModel {
        let mut correlation: Correlation = bytemuck::Zeroable::zeroed();
        let mut past = [0.0; MOST];
        for x in xs {
            correlation.add(*x, &past);
            remember(&mut past, *x);
        }
        correlation.model(order, &past)
    }

    #[test]
    fn stays_finite_on_readings_at_the_edge_of_what_a_number_holds() {
        // Numbers that a plant never gives; a product of two of them is beyond all.
        let xs: Vec<f64> = (0..40_u32).map(|t| f64::from(t * 7919 % 5) * 4e299 - 8e299).collect();
        for order in 1..=MOST {
            let model = learn(&xs, order);
            assert!(model.phi.iter().all(|p| p.is_finite()), "{order}: {:?}", model.phi);
            assert!(model.mean.is_finite() && model.sigma.is_finite(), "{order}");
        }
    }

    #[test]
    fn agrees_with_the_autocovariances_of_the_whole_record() {
        let xs: Vec<f64> = (0..300_u32)
            .map(|t| 1e6 + (f64::from(t) * 0.7).sin() + f64::from(t * 7919 % 13) * 0.3)
            .collect();
        let n = xs.len();
        let mean = xs.iter().sum::<f64>() / n as f64;
        let c =
            |j: usize| (j..n).map(|t| (xs[t] - mean) * (xs[t - j] - mean)).sum::<f64>() / n as f64;
        let model = learn(&xs, 3);
        assert!((model.mean - mean).abs() < 1e-8);
        // Yule and Walker: the model's coefficients solve these.
        for lag in 1..=3_usize {
            let given: f64 = (1..=3_usize).map(|j| model.phi[j - 1] * c(lag.abs_diff(j))).sum();
            assert!((given - c(lag)).abs() < 1e-8, "lag {lag}: {given} {}", c(lag));
        }
        let left = c(0) - (1..=3_usize).map(|j| model.phi[j - 1] * c(j)).sum::<f64>();
        assert!((model.sigma - (left * 300.0 / 293.0).sqrt()).abs() < 1e-7);
    }

    #[test]
    fn a_constant_has_no_scale() {
        let model = learn(&[7.0; 50], 2);
        assert_eq!((model.mean, model.sigma, model.phi), (7.0, 0.0, [0.0; MOST]));
    }
}
