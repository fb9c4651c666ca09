//! Mean and scale learned from the readings themselves.

use super::arl::cusum_arl_two_sided;
use super::student::{normal_of_t, t_of_normal};
use crate::DesignError;
use crate::number::{limit, saturate};

/// What some readings tell: how many, their mean, the sum of their squared distances from it
/// (Welford 1962). Zero is nothing.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Learned {
    pub(super) count: f64,
    pub(super) mean: f64,
    squares: f64,
}

impl Learned {
    /// As if `count` readings had had mean 0 and standard deviation 1.
    pub(super) fn standard(count: f64) -> Self {
        Self { count, mean: 0.0, squares: (count - 1.0).max(0.0) }
    }

    /// Takes one reading in.
    pub(super) fn add(&mut self, x: f64) {
        self.count = saturate(self.count + 1.0);
        let off = x - self.mean;
        self.mean = saturate(self.mean + off / self.count);
        self.squares = saturate(self.squares + off * (x - self.mean));
    }

    /// Takes in what others told (Chan, Golub and LeVeque 1979).
    pub(super) fn merge(&mut self, other: &Self) {
        if other.count < 1.0 {
            return;
        }
        if self.count < 1.0 {
            *self = *other;
            return;
        }
        let count = saturate(self.count + other.count);
        let off = other.mean - self.mean;
        let share = other.count / count;
        self.mean = saturate(self.mean + off * share);
        self.squares = saturate(self.squares + other.squares + off * off * (self.count * share));
        self.count = count;
    }

    /// Weighs what was learned as at most `most` readings, so that later ones count for more.
    pub(super) fn forget(&mut self, most: f64) {
        if self.count > most {
            self.squares *= most / self.count;
            self.count = most;
        }
    }

    /// Standard deviation; zero before two readings.
    pub(super) fn sigma(&self) -> f64 {
        if self.count >= 2.0 {
            libm::sqrt((self.squares / (self.count - 1.0)).max(0.0))
        } else {
            0.0
        }
    }

    /// Standard deviation of a new reading about the mean.
    fn spread(&self, sigma: f64) -> f64 {
        sigma * libm::sqrt(1.0 + 1.0 / self.count)
    }

    /// How far `x` is from what was learned, as a normal variable: `t = (x - mean)/(sigma*sqrt(1 + 1/n))` has
    /// Student's distribution with `n - 1` degrees of freedom when all readings are normal; the variable given
    /// is as rare (the Q statistic of Quesenberry 1991). Zero when nothing can be said: fewer than two
    /// readings, or a `sigma` of zero.
    pub(super) fn q(&self, x: f64, sigma: f64) -> f64 {
        if self.count >= 2.0 && sigma > 0.0 {
            let t = (x - self.mean) / self.spread(sigma);
            normal_of_t(saturate(t), self.count - 1.0)
        } else {
            0.0
        }
    }
}

/// Where a wild reading is cut off, and what that takes from the scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    wild_sigma: f64,
    /// Standard deviation of a normal variable over that of the same cut off.
    scale: f64,
}

/// A reading seen from what was learned before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// The reading as a standard normal variable, cut off.
    pub(super) z: f64,
    /// The reading as it may be learned.
    pub(super) x: f64,
}

impl Cut {
    /// Refuses a limit of less than 1 sigma.
    pub(super) fn new(wild_sigma: Option<f64>) -> Result<Self, DesignError> {
        let Some(w) = wild_sigma else {
            return Ok(Self { wild_sigma: f64::INFINITY, scale: 1.0 });
        };
        DesignError::unless((1.0..=37.0).contains(&w), "wild_sigma", "from 1 to 37", w)?;
        Ok(Self { wild_sigma: w, scale: 1.0 / libm::sqrt(variance_within(w)) })
    }

    /// Standard deviation, of the readings before they were cut off, when they are normal; at least `least`.
    pub(super) fn sigma(&self, learned: &Learned, least: f64) -> f64 {
        saturate(learned.sigma() * self.scale).max(least)
    }

    /// See [`Judged`].
    pub(super) fn judge(&self, learned: &Learned, x: f64, least: f64) -> Judged {
        let sigma = self.sigma(learned, least);
        let q = learned.q(x, sigma);
        let z = limit(q, -self.wild_sigma, self.wild_sigma);
        if z == q {
            return Judged { z, x };
        }
        let reach = t_of_normal(self.wild_sigma, learned.count - 1.0) * learned.spread(sigma);
        Judged { z, x: saturate(learned.mean + libm::copysign(reach, z)) }
    }
}

/// Variance of a standard normal variable that is cut off at `-w` and `w`.
fn variance_within(w: f64) -> f64 {
    use super::arl::{normal_cdf, normal_density};
    1.0 - 2.0 * (w * normal_density(w) + (1.0 - w * w) * normal_cdf(-w))
}

/// Run length of a chart that learns its baseline, in control: what it is aimed at once it has learned.
///
/// # Errors
/// A shift other than zero; `k` or `h` beyond what the computation resolves.
pub(super) fn arl_in_control(k: f64, h: f64, shift: f64) -> Result<f64, DesignError> {
    let known = "zero: what a chart that learns makes of a shift depends on its past";
    DesignError::unless(shift == 0.0, "shift", known, shift)?;
    cusum_arl_two_sided(k, h, 0.0, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(xs: &[f64]) -> Learned {
        let mut learned = Learned::default();
        xs.iter().for_each(|x| learned.add(*x));
        learned
    }

    #[test]
    fn parts_learned_apart_are_the_whole() {
        let xs = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, 6.0];
        let mut parts = of(&xs[..3]);
        parts.merge(&of(&xs[3..]));
        parts.merge(&Learned::default());
        let whole = of(&xs);
        assert!((parts.mean - whole.mean).abs() < 1e-12);
        assert!((parts.sigma() - whole.sigma()).abs() < 1e-12);
        let mean = xs.iter().sum::<f64>() / 8.0;
        let squares: f64 = xs.iter().map(|x| (x - mean).powi(2)).sum();
        assert!((whole.sigma() - (squares / 7.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn with_two_readings_the_third_is_judged_by_cauchy() {
        let learned = of(&[1.0, 3.0]);
        // t = (5 - 2)/(sqrt(2)*sqrt(1.5)) = sqrt(3): one chance in six on one side.
        let q = learned.q(5.0, learned.sigma());
        assert!((q - 0.967_421_566_101_701).abs() < 1e-12, "{q}");
        assert_eq!(of(&[1.0]).q(5.0, 1.0), 0.0);
        assert_eq!(of(&[1.0, 1.0]).q(5.0, 0.0), 0.0);
    }

    #[test]
    fn a_cut_normal_variable_varies_less() {
        // By numerical integration: E[min(z^2, w^2)].
        for w in [0.5, 1.5, 2.5, 4.0_f64] {
            let n = 40_000;
            let step = 20.0 / f64::from(n);
            let sum: f64 = (0..n)
                .map(|i| -10.0 + (f64::from(i) + 0.5) * step)
                .map(|z| (z * z).min(w * w) * super::super::arl::normal_density(z) * step)
                .sum();
            assert!((variance_within(w) - sum).abs() < 1e-6, "{w}");
        }
    }
}
