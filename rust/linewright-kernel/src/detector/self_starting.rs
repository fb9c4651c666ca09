//! Self-starting CUSUM (Hawkins 1987; Q statistics of Quesenberry 1991): a two-sided CUSUM that knows neither
//! mean nor standard deviation and judges from the third reading on.
//!
//! `t = (x - mean)/(s*sqrt(1 + 1/n))` with mean and standard deviation `s` of the `n` readings before; `z` is the
//! normal variable as rare as `t` under Student's distribution with `n - 1` degrees of freedom. In control the
//! `z` are independent and standard normal whatever mean and sigma are, so
//! `high = max(0, high + z - k)`, `low = max(0, low - z - k)` run exactly as long as those of
//! [`Cusum`](super::Cusum), and `h` is designed alike. Then `x` joins the readings.
//!
//! **It learns everything, the fault too.** A shift is seen only until the mean has followed it: one of 1 sigma
//! after 20 good readings is found after 143 samples on average, or never, against 10 when the mean is known; one
//! that was there from the first reading is never found. Where that matters use
//! [`GuardedCusum`](super::GuardedCusum).
//!
//! A spike among the first readings widens the scale for a long time: with `first` above 2 nothing is judged
//! until that many readings are in, and of those what stands out by more than 4 sigma of their median distance
//! enters at that distance. `wild_sigma` limits every later reading in the same way.
//! A missing reading is no reading: nothing changes.

use super::learned::{Cut, Learned, arl_in_control};
use super::sums::Sums;
use super::{Chart, arl};
use crate::number::limit;
use crate::{Design, DesignError, Kernel, Port};

/// Most first readings kept.
const MOST_FIRST: u32 = 100;
/// Distance in sigma at which one of the first readings is cut off.
const FIRST_WILD_SIGMA: f64 = 4.0;
/// Standard deviation of a normal variable over its median absolute deviation.
const SIGMA_PER_MEDIAN_DISTANCE: f64 = 1.4826;

/// Config of the self-starting CUSUM.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfStartingCusum {
    /// Allowance, sigma; zero or more, half the shift to be found.
    pub k: f64,
    /// Decision interval, sigma; positive.
    pub h: f64,
    /// Forget the evidence after an alarm.
    pub restart: bool,
    /// Readings taken in before one is judged; 2 to 100, 2 is the chart of the literature.
    #[serde(default = "two")]
    pub first: u32,
    /// Farthest a reading counts, sigma; at least 1, nothing is cut off when left out. About 3 for gauges
    /// with outliers.
    #[serde(default)]
    pub wild_sigma: Option<f64>,
}

fn two() -> u32 {
    2
}

/// Coefficients of [`SelfStartingCusum`].
#[derive(Debug, Clone, Copy)]
pub struct SelfStartingCusumKernel {
    k: f64,
    h: f64,
    restart: bool,
    first: usize,
    cut: Cut,
}

/// State of [`SelfStartingCusum`]; zero is nothing seen.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SelfStartingCusumState {
    learned: Learned,
    sums: Sums,
    seen: u64,
}

impl Design for SelfStartingCusum {
    type Kernel = SelfStartingCusumKernel;
    const NAME: &'static str = "SelfStartingCusum";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("z", "1"),
        Port::new("high", "1"),
        Port::new("low", "1"),
        Port::new("alarm", "1"),
        Port::new("mean", "a"),
        Port::new("sigma", "a"),
    ];

    fn design(&self, period_s: f64) -> Result<SelfStartingCusumKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::not_negative("k", self.k)?;
        DesignError::positive("h", self.h)?;
        let first = f64::from(self.first);
        DesignError::unless(
            (2..=MOST_FIRST).contains(&self.first),
            "first",
            "from 2 to 100",
            first,
        )?;
        let cut = Cut::new(self.wild_sigma)?;
        Ok(SelfStartingCusumKernel {
            k: self.k,
            h: self.h,
            restart: self.restart,
            first: self.first as usize,
            cut,
        })
    }
}

impl Kernel for SelfStartingCusumKernel {
    type State = SelfStartingCusumState;
    type Input = f64;
    type Output = [f64; 6];

    fn memory_len(&self) -> usize {
        if self.first > 2 { self.first } else { 0 }
    }

    fn step(&self, s: &mut SelfStartingCusumState, memory: &mut [f64], x: f64) -> [f64; 6] {
        let seen = s.seen as usize;
        if let Some(place) = memory.get_mut(seen) {
            *place = x;
            s.learned.add(x);
            s.seen += 1;
            if s.seen as usize == memory.len() {
                s.learned = without_outliers(memory);
            }
            return [0.0, 0.0, 0.0, 0.0, s.learned.mean, s.learned.sigma()];
        }
        let judged = self.cut.judge(&s.learned, x, 0.0);
        s.learned.add(judged.x);
        s.sums.add(judged.z, self.k);
        let alarm = s.sums.alarm(self.h);
        let out = [
            judged.z,
            s.sums.high,
            s.sums.low,
            alarm,
            s.learned.mean,
            self.cut.sigma(&s.learned, 0.0),
        ];
        if self.restart && alarm != 0.0 {
            s.sums = Sums::default();
        }
        out
    }
}

/// What the first readings tell, each at most 4 sigma (by the median distance) from their median. Sorts them.
fn without_outliers(first: &mut [f64]) -> Learned {
    let middle = |xs: &mut [f64]| {
        xs.sort_unstable_by(f64::total_cmp);
        let at = |i: usize| xs.get(i).copied().unwrap_or(0.0);
        0.5 * at(xs.len() / 2) + 0.5 * at(xs.len().saturating_sub(1) / 2)
    };
    let median = middle(first);
    let mut distances = [0.0; MOST_FIRST as usize];
    let count = first.len().min(distances.len());
    for (to, x) in distances.iter_mut().zip(first.iter()) {
        *to = libm::fabs(x - median);
    }
    let distance = middle(distances.get_mut(..count).unwrap_or_default());
    // More than half of them equal: no scale to cut by.
    let reach = if distance > 0.0 {
        FIRST_WILD_SIGMA * SIGMA_PER_MEDIAN_DISTANCE * distance
    } else {
        f64::INFINITY
    };
    let mut learned = Learned::default();
    first.iter().for_each(|x| learned.add(limit(*x, median - reach, median + reach)));
    learned
}

impl Chart for SelfStartingCusum {
    const THRESHOLD: &'static str = "h";

    /// In control only (`shift` zero): the delay to a shift depends on what was learned before it.
    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        arl_in_control(self.k, self.h, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { h: arl::cusum_h_for_arl0(self.k, arl0)?, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn config() -> SelfStartingCusum {
        SelfStartingCusum { k: 0.5, h: 5.0, restart: true, first: 2, wild_sigma: None }
    }

    fn start(config: &SelfStartingCusum) -> Running<SelfStartingCusumKernel, Vec<f64>> {
        let kernel = config.design(1.0).unwrap();
        Running::new(kernel, vec![0.0; kernel.memory_len()])
    }

    /// Readings of a repeating pattern: mean 20, spread about 2.
    fn calm(t: u32) -> f64 {
        20.0 + f64::from(t * 7 % 11) - 5.0
    }

    #[test]
    fn judges_from_the_third_reading_on() {
        let mut chart = start(&config());
        assert_eq!(chart.update(1.0)[0], 0.0);
        assert_eq!(chart.update(3.0)[0], 0.0);
        let [z, high, low, alarm, mean, _] = chart.update(5.0);
        assert!((z - 0.967_421_566_101_701).abs() < 1e-12);
        assert_eq!((high, low, alarm, mean), (z - 0.5, 0.0, 0.0, 3.0));
    }

    #[test]
    fn unit_and_origin_do_not_matter() {
        let (mut a, mut b) = (start(&config()), start(&config()));
        for t in 0..60 {
            let (x, y) = (a.update(calm(t)), b.update(1e3 * calm(t) - 7e4));
            assert!((x[0] - y[0]).abs() < 1e-9 && x[3] == y[3]);
        }
    }

    #[test]
    fn an_early_spike_blinds_the_plain_chart_and_not_the_robust_one() {
        let found = |config: SelfStartingCusum| {
            let mut chart = start(&config);
            for t in 0..40 {
                chart.update(calm(t) + if t == 1 { 300.0 } else { 0.0 });
            }
            (0..30).any(|t| chart.update(calm(t) + 6.0)[3] == 1.0)
        };
        assert!(!found(config()));
        assert!(found(SelfStartingCusum { first: 20, ..config() }));
    }

    #[test]
    fn a_wild_reading_counts_for_no_more_than_its_limit() {
        let mut chart = start(&SelfStartingCusum { wild_sigma: Some(3.0), ..config() });
        for t in 0..44 {
            chart.update(calm(t));
        }
        let before = chart.last()[5];
        let out = chart.update(1e9);
        assert_eq!(out[0], 3.0);
        assert!(out[5] < 1.2 * before, "{before} {}", out[5]);
    }

    #[test]
    fn its_threshold_is_that_of_the_known_chart() {
        let chart = config().with_arl0(370.398).unwrap();
        assert!((chart.h - 4.774_892).abs() < 1e-4);
        assert!((chart.arl(0.0).unwrap() - 370.398).abs() < 1e-3);
        assert_eq!(chart.arl(1.0).unwrap_err().parameter, "shift");
    }
}
