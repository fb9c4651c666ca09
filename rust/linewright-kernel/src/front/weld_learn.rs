//! How a weld burst's limits are learnt: from the features of welds that a test called good, and from nothing else.

use alloc::vec::Vec;

use super::weld_burst::{
    SEGMENTS, WELD_DEFECTS, WELD_FEATURES, WeldBurst, at, excess, explains, largest, scores,
};
use crate::{DesignError, List};

type Features = [f64; WELD_FEATURES];

impl Default for WeldBurst {
    fn default() -> Self {
        Self::unlearned(10_000)
    }
}

impl WeldBurst {
    /// A front end that measures and judges nothing: limits that no weld reaches; the excess is the logarithm of plasma
    /// over thermal.
    pub fn unlearned(samples: u32) -> Self {
        WeldBurst {
            samples,
            centre: list(&[0.0; WELD_FEATURES]),
            sigma: list(&[1.0; WELD_FEATURES]),
            envelope_v: list(&[0.0; SEGMENTS]),
            envelope_sigma_v: 1e9,
            explained_by: list(&[0.0, 1.0, 0.0, 0.0]),
            limits: list(&[1e9; WELD_DEFECTS]),
            tail_from: 1.0,
            tail_scale: 1.0,
            defect_share: 0.01,
        }
    }

    /// Limits from the features of welds known to be good (resistance, pull test): each score has its part of the share
    /// `false_rejects`, then all limits are moved by one factor until that share of the reference is refused.
    ///
    /// A good weld lies inside of the envelope by definition: that feature's centre is 0 ms and its sigma 1 ms.
    ///
    /// # Errors
    /// Fewer than 100 welds, or `false_rejects` outside 0.0001 to 0.2.
    pub fn learn(samples: u32, good: &[Features], false_rejects: f64) -> Result<Self, DesignError> {
        let n = good.len() as f64;
        DesignError::unless(n >= 100.0, "good", "at least 100 welds", n)?;
        let in_reach = (1e-4..=0.2).contains(&false_rejects);
        DesignError::unless(in_reach, "false_rejects", "0.0001 to 0.2", false_rejects)?;
        let by = explained_by(good);
        let mut good = good.to_vec();
        for f in &mut good {
            f[at::EXCESS] = excess(f, &by).unwrap_or(0.0);
        }
        let (centre, sigma) = spread(&good);
        let (envelope_v, envelope_sigma_v) = envelope(&good);
        let scores: Vec<_> = good.iter().map(|f| scores(f, &centre, &sigma)).collect();
        let mut limits = core::array::from_fn::<f64, WELD_DEFECTS, _>(|k| {
            quantile(scores.iter().map(|s| s[k]).collect(), 1.0 - false_rejects * PARTS[k]).max(1.0)
        });
        let ratios = |limits: &[f64; WELD_DEFECTS]| -> Vec<f64> {
            scores.iter().map(|s| largest(s, limits).1).collect()
        };
        let factor = quantile(ratios(&limits), 1.0 - false_rejects);
        limits = limits.map(|limit| limit * factor.max(0.1));
        let ratios = ratios(&limits);
        let tail_from = quantile(ratios.clone(), 0.9);
        let beyond: Vec<f64> = ratios.into_iter().filter(|m| *m > tail_from).collect();
        let excess =
            beyond.iter().map(|m| m - tail_from).sum::<f64>() / (beyond.len() as f64).max(1.0);
        Ok(WeldBurst {
            centre: list(&centre),
            sigma: list(&sigma),
            envelope_v: list(&envelope_v),
            envelope_sigma_v,
            explained_by: list(&by),
            limits: list(&limits),
            tail_from,
            tail_scale: excess.max(1e-3),
            ..Self::unlearned(samples)
        })
    }
}

/// Parts of the false rejects: gap, false friend, over-penetration, blow-out, shallow.
const PARTS: [f64; WELD_DEFECTS] = [0.12, 0.50, 0.03, 0.10, 0.25];

/// Rounds in which mean and sigma settle: the first takes all values as they are.
const ROUNDS: usize = 12;

fn list<const N: usize>(of: &[f64; N]) -> List<N> {
    List::new(of).unwrap_or_default()
}

fn mean(values: impl Iterator<Item = f64>, n: usize) -> f64 {
    values.sum::<f64>() / n as f64
}

/// Means and standard deviations of the features, of values no further than three sigmas out (Huber 1964): a good weld
/// with a flaw that the test let pass shall not say what good welds are like.
fn spread(good: &[Features]) -> (Features, Features) {
    let n = good.len();
    let mut centre: Features = core::array::from_fn(|i| mean(good.iter().map(|f| f[i]), n));
    let mut sigma = [f64::INFINITY; WELD_FEATURES];
    for i in 0..WELD_FEATURES {
        for _ in 0..ROUNDS {
            let (lo, hi) = (centre[i] - 3.0 * sigma[i], centre[i] + 3.0 * sigma[i]);
            let near = |f: &Features| f[i].max(lo).min(hi);
            let middle = mean(good.iter().map(near), n);
            let square = mean(good.iter().map(|f| (near(f) - middle) * (near(f) - middle)), n);
            let least = (1e-3 * libm::fabs(middle)).max(1e-6);
            (centre[i], sigma[i]) = (middle, libm::sqrt(square).max(least));
        }
    }
    // Good welds have none: a fifth of a millisecond is four sigmas.
    sigma[at::DROP_OUT_MS] = sigma[at::DROP_OUT_MS].max(0.05);
    (centre[at::OUTSIDE_MS], sigma[at::OUTSIDE_MS]) = (0.0, 1.0);
    (centre, sigma)
}

/// The plasma's segments, and the standard deviation of one of its milliseconds about them, V.
fn envelope(good: &[Features]) -> ([f64; SEGMENTS], f64) {
    let n = good.len();
    let segment_v = |f: &Features, k: usize| f[at::SEGMENT + k] * f[at::MEAN];
    let centre = core::array::from_fn(|k| mean(good.iter().map(|f| segment_v(f, k)), n));
    let square = |f: &Features| {
        let ripple_v = f[at::RIPPLE] * f[at::MEAN];
        let off = |k: usize| (segment_v(f, k) - centre[k]) * (segment_v(f, k) - centre[k]);
        ripple_v * ripple_v + mean((0..SEGMENTS).map(off), SEGMENTS)
    };
    (centre, libm::sqrt(mean(good.iter().map(square), n)).max(1e-6))
}

/// Least squares of the plasma's logarithm on those of thermal, warm-up and reflection: constant and slopes.
fn explained_by(good: &[Features]) -> [f64; 4] {
    let rows: Vec<_> = good
        .iter()
        .filter(|f| f[at::MEAN] > 1e-9)
        .filter_map(|f| explains(f).map(|x| (x, libm::log(f[at::MEAN]))))
        .collect();
    let n = rows.len().max(1);
    let middle: [f64; 3] = core::array::from_fn(|i| mean(rows.iter().map(|(x, _)| x[i]), n));
    let level = mean(rows.iter().map(|(_, y)| *y), n);
    // Normal equations of the deviations, [A | b]; a hair on the diagonal for a signal that never moves.
    let mut a = [[0.0; 4]; 3];
    for (x, y) in &rows {
        let d: [f64; 3] = core::array::from_fn(|i| x[i] - middle[i]);
        for i in 0..3 {
            (0..3).for_each(|j| a[i][j] += d[i] * d[j]);
            a[i][3] += d[i] * (y - level);
        }
    }
    (0..3).for_each(|i| a[i][i] += 1e-9 * n as f64);
    // Gauss without pivots: the matrix is symmetric and positive definite.
    for i in 0..3 {
        for below in i + 1..3 {
            let share = a[below][i] / a[i][i];
            (i..4).for_each(|j| a[below][j] -= share * a[i][j]);
        }
    }
    let mut slopes = [0.0; 3];
    for i in (0..3).rev() {
        let known: f64 = (i + 1..3).map(|j| a[i][j] * slopes[j]).sum();
        slopes[i] = (a[i][3] - known) / a[i][i];
    }
    let told: f64 = slopes.iter().zip(middle).map(|(slope, x)| slope * x).sum();
    [level - told, slopes[0], slopes[1], slopes[2]]
}

/// The number that a share `part` of `values` does not go beyond.
fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let at = libm::ceil(part * values.len() as f64) as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Welds whose plasma goes with thermal squared over warm-up; nothing else in it.
    fn welds(n: usize) -> Vec<Features> {
        let weld = |i: usize| {
            let mut f = [1.0; WELD_FEATURES];
            let wave = |turns: f64| libm::sin(i as f64 * turns);
            f[at::MEAN + 2] = libm::exp(0.02 * wave(1.0));
            f[at::WARM_UP] = libm::exp(0.03 * wave(1.7));
            f[at::MEAN + 1] = libm::exp(0.05 * wave(2.3));
            f[at::MEAN] = 2.0 * f[at::MEAN + 2] * f[at::MEAN + 2] / f[at::WARM_UP];
            f
        };
        (0..n).map(weld).collect()
    }

    #[test]
    fn what_the_other_signals_account_for_is_no_excess() {
        let good = welds(500);
        let learnt = WeldBurst::learn(10_000, &good, 0.01).unwrap();
        let want = [libm::log(2.0), 2.0, -1.0, 0.0];
        for (got, want) in learnt.explained_by.iter().zip(want) {
            assert!((got - want).abs() < 1e-3, "{:?}", learnt.explained_by);
        }
        let mut gaping = good[7];
        gaping[at::MEAN] *= 1.1;
        let found = excess(&gaping, &learnt.explained_by).unwrap();
        assert!((found - libm::log(1.1)).abs() < 1e-3, "{found}");
    }

    #[test]
    fn the_envelope_is_that_of_the_segments() {
        let mut good = welds(200);
        good.iter_mut().for_each(|f| f[at::RIPPLE] = 0.03);
        let learnt = WeldBurst::learn(10_000, &good, 0.01).unwrap();
        assert!((learnt.envelope_v[0] - 2.0).abs() < 0.01);
        assert!((0.06..0.15).contains(&learnt.envelope_sigma_v), "{}", learnt.envelope_sigma_v);
    }

    #[test]
    fn a_reference_of_few_welds_is_refused() {
        let refused = WeldBurst::learn(10_000, &welds(99), 0.01).unwrap_err();
        assert_eq!((refused.parameter, refused.value), ("good", 99.0));
    }
}
