//! What a block is like as a whole: its mean, its spread, its ends, and how much of it is no measurement.
//!
//! Over the `n` usable numbers `x` of the block (finite, at most 1e300 in magnitude): `mean = sum(x) / n`;
//! `sd = sqrt(sum((x - mean)^2) / (n - 1))`, in two passes, so that a small spread on a large mean is not
//! lost (Chan, Golub and LeVeque 1983); `min` and `max` their ends; `not_finite` the numbers that are not
//! usable. `sd` of a vibration burst without its mean is its effective value.
//!
//! With fewer than `least_finite` usable numbers there are no statistics: all but `not_finite` are NaN. In
//! a tick without a block everything stands.

use super::{FrontEnd, FrontEndDesign};
use crate::number::{LARGEST, limit};
use crate::{DesignError, Port};

/// Numbers taken side by side: eight additions do not wait for each other, and their order is the same on
/// every machine.
const WIDE: usize = 8;

fn two() -> u32 {
    2
}

/// Config of the block statistics.
///
/// ```
/// use linewright_kernel::{BlockStatistics, FrontEnd, FrontEndDesign};
///
/// let mut of = BlockStatistics { least_finite: 2 }.design()?;
/// let mut out = [f64::NAN; 5];
/// of.step(&[Some(&[1.0, 2.0, f64::NAN, 3.0])], &mut out);
/// assert_eq!(out, [2.0, 1.0, 1.0, 3.0, 1.0]);
/// # Ok::<(), linewright_kernel::DesignError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockStatistics {
    /// Usable numbers a block must have before it says more than how many are not; at least 2 (the
    /// default), at most 1e9. Dimensionless.
    #[serde(default = "two")]
    pub least_finite: u32,
}

impl Default for BlockStatistics {
    fn default() -> Self {
        Self { least_finite: two() }
    }
}

/// [`BlockStatistics`] at work.
#[derive(Debug, Clone)]
pub struct BlockStatisticsFrontEnd {
    least_finite: usize,
}

impl FrontEndDesign for BlockStatistics {
    type FrontEnd = BlockStatisticsFrontEnd;
    const NAME: &'static str = "BlockStatistics";
    const BLOCKS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("mean", "a"),
        Port::new("sd", "a"),
        Port::new("min", "a"),
        Port::new("max", "a"),
        Port::new("not_finite", "1"),
    ];

    fn design(&self) -> Result<BlockStatisticsFrontEnd, DesignError> {
        let served = (2..=1_000_000_000).contains(&self.least_finite);
        let value = f64::from(self.least_finite);
        DesignError::unless(served, "least_finite", "2 to 1e9", value)?;
        Ok(BlockStatisticsFrontEnd { least_finite: self.least_finite as usize })
    }
}

#[inline(always)]
fn usable(x: f64) -> bool {
    x.abs() <= LARGEST
}

/// Calls `take` with eight numbers at a time; the last ones are filled up with what is no measurement.
#[inline(always)]
fn by_eights(x: &[f64], mut take: impl FnMut(&[f64; WIDE])) {
    let (whole, rest) = x.as_chunks::<WIDE>();
    whole.iter().for_each(&mut take);
    let mut last = [f64::NAN; WIDE];
    last.iter_mut().zip(rest).for_each(|(to, x)| *to = *x);
    take(&last);
}

/// What one look at a block gives: count, sum and ends of its usable numbers.
struct Look {
    count: usize,
    sum: f64,
    lo: f64,
    hi: f64,
}

impl Look {
    fn at(x: &[f64]) -> Self {
        // The count in numbers as well: one kind of lane for all four.
        let (mut counts, mut sums) = ([0.0; WIDE], [0.0; WIDE]);
        let (mut los, mut his) = ([f64::INFINITY; WIDE], [f64::NEG_INFINITY; WIDE]);
        by_eights(x, |eight| {
            let lanes = counts.iter_mut().zip(&mut sums).zip(los.iter_mut().zip(&mut his));
            for (((count, sum), (lo, hi)), x) in lanes.zip(eight) {
                // Selections, not branches: what is no measurement changes nothing.
                let good = usable(*x);
                *count += if good { 1.0 } else { 0.0 };
                *sum += if good { *x } else { 0.0 };
                let (low, high) = if good { (*x, *x) } else { (*lo, *hi) };
                *lo = if low < *lo { low } else { *lo };
                *hi = if high > *hi { high } else { *hi };
            }
        });
        Self {
            count: counts.iter().sum::<f64>() as usize,
            sum: sums.iter().sum(),
            lo: los.iter().fold(f64::INFINITY, |lo, x| if *x < lo { *x } else { lo }),
            hi: his.iter().fold(f64::NEG_INFINITY, |hi, x| if *x > hi { *x } else { hi }),
        }
    }
}

/// Sum of `of(x)` over the usable numbers.
#[inline(always)]
fn sum(x: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; WIDE];
    by_eights(x, |eight| {
        for (sum, x) in sums.iter_mut().zip(eight) {
            let value = of(*x);
            *sum += if usable(*x) { value } else { 0.0 };
        }
    });
    sums.iter().sum()
}

impl FrontEnd for BlockStatisticsFrontEnd {
    fn step(&mut self, blocks: &[Option<&[f64]>], out: &mut [f64]) {
        let Some(Some(x)) = blocks.first() else { return };
        let [mean, sd, min, max, not_finite] = out else { return };
        let Look { count: n, sum: total, lo, hi } = Look::at(x);
        *not_finite = (x.len() - n) as f64;
        (*mean, *sd, *min, *max) = (f64::NAN, f64::NAN, f64::NAN, f64::NAN);
        if n < self.least_finite {
            return;
        }
        let (count, share) = (n as f64, 1.0 / n as f64);
        // Where the sum is too much for a number, a little less exact: the sum of the shares.
        let middle = if total.is_finite() { total / count } else { sum(x, |x| x * share) };
        let middle = limit(middle, lo, hi);
        // Deviations in parts of the largest one, whose square may be too large or too small.
        let scale = (hi - middle).max(middle - lo).max(1.0 / LARGEST);
        let parts = 1.0 / scale;
        let squares = sum(x, |x| {
            let part = (x - middle) * parts;
            part * part
        });
        let spread = scale * libm::sqrt(squares / (count - 1.0));
        (*mean, *sd, *min, *max) = (middle, spread.min(LARGEST), lo, hi);
    }

    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(x: &[f64]) -> [f64; 5] {
        let mut out = [f64::NAN; 5];
        BlockStatistics::default().design().unwrap().step(&[Some(x)], &mut out);
        out
    }

    #[test]
    fn a_sine_burst_has_its_effective_value() {
        let burst: Vec<f64> = (0..10_000)
            .map(|i| 7.0 + 3.0 * libm::sin(core::f64::consts::TAU * f64::from(i) / 50.0))
            .collect();
        let [mean, sd, min, max, bad] = of(&burst);
        assert!((mean - 7.0).abs() < 1e-12 && (sd - 3.0 / 2f64.sqrt()).abs() < 2e-4, "{mean} {sd}");
        assert!((min - 4.006).abs() < 0.007 && (max - 9.994).abs() < 0.007, "{min} {max}");
        assert_eq!(bad, 0.0);
    }

    #[test]
    fn a_small_spread_on_a_large_mean_is_not_lost() {
        let block: Vec<f64> =
            (0..1000).map(|i| 1e9 + if i % 2 == 0 { 0.5 } else { -0.5 }).collect();
        let [mean, sd, ..] = of(&block);
        assert_eq!(mean, 1e9);
        assert!((sd - 0.5 * (1000.0_f64 / 999.0).sqrt()).abs() < 1e-9, "{sd}");
    }

    #[test]
    fn what_is_no_measurement_is_counted_and_left_out() {
        let clean = of(&[4.0, 6.0, 5.0]);
        let dirty = of(&[f64::NAN, 4.0, 6.0, f64::INFINITY, 5.0, -1e301]);
        assert_eq!(clean[..4], [5.0, 1.0, 4.0, 6.0]);
        assert_eq!(dirty[..4], clean[..4]);
        assert_eq!((clean[4], dirty[4]), (0.0, 3.0));
    }

    #[test]
    fn too_few_numbers_say_only_how_many_are_none() {
        for (block, bad) in [(&[][..], 0.0), (&[f64::NAN; 3], 3.0), (&[1.0, f64::NAN], 1.0)] {
            let out = of(block);
            assert!(out[..4].iter().all(|x| x.is_nan()), "{out:?}");
            assert_eq!(out[4], bad);
        }
    }

    #[test]
    fn without_a_block_everything_stands() {
        let mut of = BlockStatistics::default().design().unwrap();
        let mut out = [f64::NAN; 5];
        of.step(&[None], &mut out);
        assert!(out.iter().all(|x| x.is_nan()));
        of.step(&[Some(&[1.0, 3.0])], &mut out);
        let before = out;
        of.step(&[None], &mut out);
        assert_eq!(out, before);
    }

    #[test]
    fn what_it_says_is_finite_at_the_ends_of_what_a_number_holds() {
        for size in [1e300, 1e-300, 5e-324] {
            let block: Vec<f64> = (0..999).map(|i| if i % 2 == 0 { size } else { -size }).collect();
            let [mean, sd, min, max, bad] = of(&block);
            assert!((mean / size).abs() < 0.01 && (min, max) == (-size, size), "{mean}");
            assert!(sd.is_finite() && sd > 0.0 && sd <= 1e300, "{sd}");
            assert_eq!(bad, 0.0);
        }
        assert_eq!(of(&[2.5; 77])[..4], [2.5, 0.0, 2.5, 2.5]);
    }

    #[test]
    fn fewer_than_two_numbers_have_no_spread_to_ask_for() {
        for least_finite in [0, 1, 1_000_000_001] {
            let refused = BlockStatistics { least_finite }.design().unwrap_err();
            assert_eq!(
                (refused.parameter, refused.value),
                ("least_finite", f64::from(least_finite))
            );
        }
    }
}
