//! Cross check of redundant channels: which one departs, and what to believe.
//!
//! `y` is the median of the channels that are there and have not departed. They *agree* when at least two of them, and
//! more than half, are within `tolerance` of it (two channels alone: of each other); then `majority = 1`, and a channel
//! that is farther off for more than `raise_after_s` departs: `departed` of it is 1 until it has been within `tolerance`
//! for more than `clear_after_s` while a majority stood. A departed channel has no vote.
//! Without a majority nobody can be blamed: `majority = 0`, no channel departs or returns, and `y` is still the median.
//!
//! A channel that is not finite is missing: it has no vote and its `departed` is 1 while it is. When all are, `y` holds
//! (0 before the first reading). `spread` is the distance between the largest and the smallest channel with a vote.

use super::linger::samples;
use crate::number::{flag, saturate};
use crate::{DesignError, Port, VectorDesign, VectorKernel};

/// Most channels.
const MOST: usize = 8;

/// Config of the cross check.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossCheck {
    /// Channels; 2 to 8.
    pub channels: u32,
    /// Largest distance from the median that is agreement, unit of `x`; positive.
    pub tolerance: f64,
    /// Time for which a channel may be off before it departs, s; zero or more (default 0).
    #[serde(default)]
    pub raise_after_s: f64,
    /// Time for which a departed channel must agree before it returns, s; zero or more (default 0).
    #[serde(default)]
    pub clear_after_s: f64,
}

/// Coefficients of [`CrossCheck`].
#[derive(Debug, Clone)]
pub struct CrossCheckKernel {
    channels: usize,
    tolerance: f64,
    raise: f64,
    clear: f64,
}

impl VectorDesign for CrossCheck {
    type Kernel = CrossCheckKernel;
    const NAME: &'static str = "CrossCheck";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("y", "a"),
        Port::new("majority", "1"),
        Port::new("departed", "1"),
        Port::new("spread", "a"),
    ];

    fn design(&self, period_s: f64) -> Result<CrossCheckKernel, DesignError> {
        DesignError::period(period_s)?;
        let channels = f64::from(self.channels);
        let bounded = (2..=MOST as u32).contains(&self.channels);
        DesignError::unless(bounded, "channels", "from 2 to 8", channels)?;
        DesignError::positive("tolerance", self.tolerance)?;
        Ok(CrossCheckKernel {
            channels: self.channels as usize,
            tolerance: self.tolerance,
            raise: samples("raise_after_s", self.raise_after_s, period_s)?,
            clear: samples("clear_after_s", self.clear_after_s, period_s)?,
        })
    }
}

/// What the channels with a vote say.
struct Vote {
    count: usize,
    median: f64,
    spread: f64,
    /// How far from the median is agreement.
    reach: f64,
    majority: bool,
}

impl CrossCheckKernel {
    fn vote(&self, voters: impl Iterator<Item = f64>) -> Vote {
        let mut sorted = [0.0; MOST];
        let mut count = 0;
        for (to, x) in sorted.iter_mut().zip(voters) {
            *to = x;
            count += 1;
        }
        let sorted = sorted.get_mut(..count).unwrap_or_default();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |i: usize| sorted.get(i).copied().unwrap_or(0.0);
        let median = 0.5 * at(count / 2) + 0.5 * at(count.saturating_sub(1) / 2);
        // Two are as far from each other as twice from their middle.
        let reach = if count == 2 { 0.5 * self.tolerance } else { self.tolerance };
        let near = sorted.iter().filter(|x| libm::fabs(**x - median) <= reach).count();
        Vote {
            count,
            median,
            spread: saturate(at(count.saturating_sub(1)) - at(0)),
            reach,
            majority: near >= 2 && 2 * near > count,
        }
    }

    /// Moves one channel's count towards departing or returning; `off` when it is not within reach.
    fn follow(&self, departed: &mut f64, count: &mut f64, off: bool) {
        let gone = *departed >= 0.5;
        if off == gone {
            *count = 0.0;
            return;
        }
        *count = (*count + 1.0).clamp(0.0, 1e12);
        if *count > if gone { self.clear } else { self.raise } {
            (*departed, *count) = (flag(off), 0.0);
        }
    }
}

impl VectorKernel for CrossCheckKernel {
    const TAKES_MISSING: bool = true;

    fn input_width(&self, _: usize) -> usize {
        self.channels
    }

    fn output_width(&self, port: usize) -> usize {
        if port == 2 { self.channels } else { 1 }
    }

    /// The last `y`, then a flag and a count for each channel.
    fn memory_len(&self) -> usize {
        1 + 2 * self.channels
    }

    fn step(&self, memory: &mut [f64], input: &[f64], output: &mut [f64]) {
        let Some((y, channels)) = memory.split_first_mut() else { return };
        let (departed, counts) = channels.split_at_mut(channels.len() / 2);
        let has_vote = |(x, gone): &(&f64, &f64)| x.is_finite() && **gone < 0.5;
        let vote = self.vote(input.iter().zip(&*departed).filter(has_vote).map(|(x, _)| *x));
        if vote.majority {
            for ((x, gone), count) in input.iter().zip(&mut *departed).zip(counts) {
                if x.is_finite() {
                    self.follow(gone, count, libm::fabs(x - vote.median) > vote.reach);
                }
            }
        }
        if vote.count > 0 {
            *y = saturate(vote.median);
        }
        let mut out = output.iter_mut();
        let mut give = |x: f64| out.next().map(|to| *to = x);
        give(*y);
        give(flag(vote.majority));
        for (x, gone) in input.iter().zip(&*departed) {
            give(flag(!x.is_finite() || *gone >= 0.5));
        }
        give(vote.spread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunningVector;

    fn start(
        channels: u32,
        raise_after_s: f64,
        clear_after_s: f64,
    ) -> RunningVector<CrossCheckKernel> {
        let config = CrossCheck { channels, tolerance: 1.0, raise_after_s, clear_after_s };
        RunningVector::new::<CrossCheck>(config.design(1.0).unwrap())
    }

    #[test]
    fn two_of_three_outvote_the_third_from_its_first_sample() {
        let mut check = start(3, 0.0, 0.0);
        assert_eq!(check.update(&[10.0, 10.2, 9.9]), [10.0, 1.0, 0.0, 0.0, 0.0, 10.2 - 9.9]);
        assert_eq!(check.update(&[10.0, 14.0, 9.9])[..5], [10.0, 1.0, 0.0, 1.0, 0.0]);
        // Departed: it has no vote, so the value is the middle of the other two.
        assert_eq!(check.update(&[10.0, 14.0, 9.8])[..5], [9.9, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(check.update(&[10.0, 10.1, 9.8])[3], 0.0);
    }

    #[test]
    fn a_channel_departs_and_returns_after_its_times() {
        let mut check = start(3, 2.0, 3.0);
        let mut gone = |x: f64, n: usize| -> Vec<f64> {
            (0..n).map(|_| check.update(&[5.0, x, 5.1])[3]).collect()
        };
        assert_eq!(gone(9.0, 4), [0.0, 0.0, 1.0, 1.0]);
        assert_eq!(gone(5.0, 5), [1.0, 1.0, 1.0, 0.0, 0.0]);
        // Off for less than the time, again and again.
        assert_eq!([gone(9.0, 2), gone(5.0, 1), gone(9.0, 2)].concat(), [0.0; 5]);
    }

    #[test]
    fn two_that_disagree_are_both_doubted_and_neither_is_blamed() {
        let mut check = start(2, 0.0, 0.0);
        assert_eq!(check.update(&[4.0, 5.0]), [4.5, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(check.update(&[4.0, 6.0]), [5.0, 0.0, 0.0, 0.0, 2.0]);
        let mut three = start(3, 0.0, 0.0);
        assert_eq!(three.update(&[1.0, 5.0, 9.0]), [5.0, 0.0, 0.0, 0.0, 0.0, 8.0]);
    }

    #[test]
    fn a_missing_channel_has_no_vote() {
        let mut check = start(3, 0.0, 0.0);
        assert_eq!(check.update(&[f64::NAN, 5.0, 5.5]), [5.25, 1.0, 1.0, 0.0, 0.0, 0.5]);
        assert_eq!(check.update(&[f64::NAN, 5.0, f64::NAN])[..2], [5.0, 0.0]);
        assert_eq!(check.update(&[f64::NAN; 3])[..2], [5.0, 0.0]);
        assert_eq!(check.update(&[5.0, 5.0, 5.5])[2..5], [0.0; 3]);
    }
}
