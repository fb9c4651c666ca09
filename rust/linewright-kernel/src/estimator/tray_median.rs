//! Residual of each cell from the median of its tray: what all cells share (temperature, current, the
//! charger's drift) goes, what one cell does alone stays.
//!
//! `median` of the channels that are present; `residual[i] = x[i] - median`;
//! `spread = max(1.4826 * median(|residual|), least_spread)`; `z[i] = residual[i] / spread`. Median and
//! median absolute deviation (Hampel 1974) do not move while fewer than half of the cells go astray, so
//! that one bad cell neither hides nor drags the others along. `z` is in standard deviations for normal
//! cells; with few of them the spread itself is uncertain (for 32 cells by about 15 %).
//!
//! A number that is not finite is a missing cell: its `residual` and `z` hold, `fresh` is 0. With fewer
//! than `least_present` cells all hold. The median is found in a time proportional to the number of cells.

use crate::number::{flag, saturate};
use crate::{DesignError, Port, VectorDesign, VectorKernel};

/// Most channels of a tray.
const MOST_CHANNELS: u32 = 1024;
/// `1 / quantile of the normal distribution at 3/4`: from median absolute to standard deviation.
const TO_SIGMA: f64 = 1.482_602_218_505_602;

/// Config of the tray median.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrayMedian {
    /// Cells of the tray, 1 to 1024.
    pub channels: u32,
    /// Standard deviation below which the spread of the tray is not believed, unit of `x`: the noise of
    /// the measurement. Positive.
    pub least_spread: f64,
    /// Cells that must be present, 1 to `channels`.
    pub least_present: u32,
}

/// Coefficients of [`TrayMedian`].
#[derive(Debug, Clone)]
pub struct TrayMedianKernel {
    channels: usize,
    least_spread: f64,
    least_present: usize,
}

impl VectorDesign for TrayMedian {
    type Kernel = TrayMedianKernel;
    const NAME: &'static str = "TrayMedian";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("residual", "a"),
        Port::new("z", "1"),
        Port::new("fresh", "1"),
        Port::new("median", "a"),
        Port::new("present", "1"),
    ];

    fn design(&self, period_s: f64) -> Result<TrayMedianKernel, DesignError> {
        DesignError::period(period_s)?;
        let served = (1..=MOST_CHANNELS).contains(&self.channels);
        DesignError::unless(served, "channels", "1 to 1024", f64::from(self.channels))?;
        let usable = self.least_spread >= 1e-300 && self.least_spread.is_finite();
        let bound = "at least 1e-300 and finite";
        DesignError::unless(usable, "least_spread", bound, self.least_spread)?;
        let reachable = (1..=self.channels).contains(&self.least_present);
        let least = f64::from(self.least_present);
        DesignError::unless(reachable, "least_present", "1 to channels", least)?;
        Ok(TrayMedianKernel {
            channels: self.channels as usize,
            least_spread: self.least_spread,
            least_present: self.least_present as usize,
        })
    }
}

/// Median of `numbers`, which it reorders; zero for none.
fn median(numbers: &mut [f64]) -> f64 {
    let (n, middle) = (numbers.len(), numbers.len() / 2);
    if n == 0 {
        return 0.0;
    }
    let (below, upper, _) = numbers.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if n % 2 == 1 { *upper } else { 0.5 * lower + 0.5 * *upper }
}

/// What a tray keeps, each a word for a channel but the last.
struct Tray<'a> {
    work: &'a mut [f64],
    residual: &'a mut [f64],
    z: &'a mut [f64],
    median: &'a mut f64,
}

impl TrayMedianKernel {
    fn split<'a>(&self, memory: &'a mut [f64]) -> Option<Tray<'a>> {
        let (median, rest) = memory.split_first_mut()?;
        let (work, rest) = rest.split_at_mut_checked(self.channels)?;
        let (residual, z) = rest.split_at_mut_checked(self.channels)?;
        Some(Tray { work, residual, z, median })
    }

    /// Residuals and scores of the cells that are present; false when they are too few. The room to work
    /// in is overwritten whatever comes.
    fn judge(&self, tray: &mut Tray<'_>, x: &[f64]) -> usize {
        let mut present = 0;
        for x in x.iter().filter(|x| !x.is_nan()) {
            if let Some(to) = tray.work.get_mut(present) {
                *to = *x;
                present += 1;
            }
        }
        if present < self.least_present {
            return present;
        }
        *tray.median = median(tray.work.get_mut(..present).unwrap_or_default());
        let mut at = 0;
        for (x, residual) in x.iter().zip(&mut *tray.residual).filter(|(x, _)| !x.is_nan()) {
            *residual = saturate(x - *tray.median);
            if let Some(to) = tray.work.get_mut(at) {
                *to = libm::fabs(*residual);
                at += 1;
            }
        }
        let deviation = median(tray.work.get_mut(..present).unwrap_or_default());
        let spread = (TO_SIGMA * deviation).max(self.least_spread);
        let fresh =
            x.iter().zip(&*tray.residual).zip(&mut *tray.z).filter(|((x, _), _)| !x.is_nan());
        for ((_, residual), z) in fresh {
            *z = saturate(residual / spread);
        }
        present
    }
}

impl VectorKernel for TrayMedianKernel {
    const TAKES_MISSING: bool = true;

    fn input_width(&self, _: usize) -> usize {
        self.channels
    }

    fn output_width(&self, port: usize) -> usize {
        if port < 3 { self.channels } else { 1 }
    }

    fn memory_len(&self) -> usize {
        1 + 3 * self.channels
    }

    fn step(&self, memory: &mut [f64], x: &[f64], output: &mut [f64]) {
        let n = self.channels;
        let Some(mut tray) = self.split(memory) else { return };
        let present = self.judge(&mut tray, x);
        let enough = present >= self.least_present;
        let Some((residual, rest)) = output.split_at_mut_checked(n) else { return };
        let Some((z, rest)) = rest.split_at_mut_checked(n) else { return };
        let Some((fresh, [median, count])) = rest.split_at_mut_checked(n) else { return };
        residual.copy_from_slice(tray.residual);
        z.copy_from_slice(tray.z);
        for (fresh, x) in fresh.iter_mut().zip(x) {
            *fresh = flag(enough && !x.is_nan());
        }
        (*median, *count) = (*tray.median, present as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunningVector;

    const N: usize = 32;

    fn tray() -> RunningVector<TrayMedianKernel> {
        let config = TrayMedian { channels: 32, least_spread: 0.3, least_present: 8 };
        RunningVector::new::<TrayMedian>(config.design(1.0).unwrap())
    }

    /// Cells spread by 1 mV around `level`, normal quantiles in a shuffled order.
    fn cells(level: f64) -> Vec<f64> {
        let quantile = |u: f64| {
            let t = (-2.0 * u.min(1.0 - u).ln()).sqrt();
            let z = t - (2.30753 + 0.27061 * t) / (1.0 + 0.99229 * t + 0.04481 * t * t);
            if u < 0.5 { -z } else { z }
        };
        (0..N).map(|i| level + quantile(((i * 13 % N) as f64 + 0.5) / N as f64)).collect()
    }

    #[test]
    fn drift_of_the_whole_tray_is_removed() {
        let mut running = tray();
        let calm = running.update(&cells(3400.0)).to_vec();
        let drifted = running.update(&cells(3450.0)).to_vec();
        for (a, b) in calm[..2 * N].iter().zip(&drifted) {
            assert!((a - b).abs() < 1e-9);
        }
        assert_eq!(drifted[3 * N + 1], 32.0);
        assert!((drifted[3 * N] - 3450.0).abs() < 0.1);
        // The spread is the cells' own within its uncertainty.
        let z2: f64 = drifted[N..2 * N].iter().map(|z| z * z).sum::<f64>() / N as f64;
        assert!((0.7..1.4).contains(&z2), "{z2}");
    }

    #[test]
    fn one_bad_cell_is_not_hidden_and_hides_nobody() {
        let calm = tray().update(&cells(3400.0)).to_vec();
        for size in [-8.0, 20.0, 1e6] {
            let mut x = cells(3400.0);
            x[5] += size;
            let out = tray().update(&x).to_vec();
            assert!((out[N + 5] / (size / 1.0)).abs() > 0.8, "{}", out[N + 5]);
            for i in (0..N).filter(|i| *i != 5) {
                assert!((out[i] - calm[i]).abs() < 0.15, "cell {i}");
                assert!(out[N + i].abs() < 4.0);
            }
        }
    }

    #[test]
    fn fifteen_cells_gone_wrong_together_are_still_the_wrong_ones() {
        let mut x = cells(3400.0);
        x[..15].iter_mut().for_each(|x| *x -= 60.0);
        let out = tray().update(&x).to_vec();
        assert!(out[..15].iter().all(|r| *r < -50.0));
        assert!(out[15..N].iter().all(|r| r.abs() < 6.0));
    }

    #[test]
    fn a_missing_cell_holds_and_the_others_go_on() {
        let mut running = tray();
        let before = running.update(&cells(3400.0)).to_vec();
        let mut x = cells(3410.0);
        (x[3], x[4]) = (f64::NAN, f64::INFINITY);
        x[9] += 7.0;
        let after = running.update(&x).to_vec();
        assert_eq!((after[3], after[N + 3]), (before[3], before[N + 3]));
        assert_eq!(after[2 * N..2 * N + 6], [1.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(after[3 * N + 1], 30.0);
        assert!(after[9] > before[9] + 6.0);
    }

    #[test]
    fn too_few_cells_hold_everything() {
        let mut running = tray();
        let before = running.update(&cells(3400.0)).to_vec();
        let mut x = vec![f64::NAN; N];
        x[..7].copy_from_slice(&[1.0; 7]);
        let after = running.update(&x).to_vec();
        assert_eq!(after[..2 * N], before[..2 * N]);
        assert_eq!(after[2 * N..3 * N], [0.0; N]);
        assert_eq!(after[3 * N..], [before[3 * N], 7.0]);
    }

    #[test]
    fn the_median_is_that_of_a_sort() {
        let mut seed = 1_u64;
        for n in 1..200 {
            let mut xs: Vec<f64> = (0..n)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    ((seed >> 40) % 50) as f64 - 25.0
                })
                .collect();
            let mut sorted = xs.clone();
            sorted.sort_by(f64::total_cmp);
            let expected =
                if n % 2 == 1 { sorted[n / 2] } else { 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]) };
            assert_eq!(median(&mut xs), expected);
        }
    }
}
