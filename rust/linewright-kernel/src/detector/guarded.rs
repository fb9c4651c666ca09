//! CUSUM that learns its baseline behind a guard: neither mean nor standard deviation is known, and a fault is
//! not learned.
//!
//! Readings are judged as by [`SelfStartingCusum`](super::SelfStartingCusum), `z` from the `n` readings of the
//! baseline, and three things are added:
//!
//! 1. *Cautious learning* (after Capizzi and Masarotto 2020). The first `open` readings join the baseline at once.
//!    Later ones wait, and join together when the chart is far from its limit: both sums of evidence at most
//!    `guard*h`. Those that were waiting when the chart alarmed never join. What waits is judged all the same.
//! 2. *Limits for an estimated baseline* (the aim of Gandy and Kvaloy 2013). The chart judges as if mean and
//!    sigma erred by `caution` standard errors to its disadvantage: `high = max(0, high + z' - k')`,
//!    `low = max(0, low - z' - k')` with `k' = k + caution/sqrt(n)`, `z' = z/(1 + caution/sqrt(2n))`. The margin melts as
//!    readings come in.
//! 3. *Learning again on demand.* A rising edge of `relearn` (a change that was confirmed **and** accepted: recipe,
//!    lot, maintenance) puts the baseline aside (`previous_mean`, `previous_sigma`: log them) and starts from
//!    nothing with the next reading. Nothing else ever discards a baseline.
//!
//! `frozen` is on while learning is stopped. After an alarm it stays stopped until the evidence, which is kept for
//! this beyond a `restart` and counts up to `3*h`, has gone back below the guard: the old baseline holds again.
//! A shift smaller than `k` is not evidence and is learned; so is what is there during the first readings.
//! Drift is found while learning goes on: the mean of all readings lags behind.
//! `memory` bounds the weight of the past: the baseline then follows a wander slower than that many readings.
//! A missing reading is no reading: nothing changes.

use super::learned::{Cut, Learned, arl_in_control};
use super::sums::Sums;
use super::{Chart, arl};
use crate::number::flag;
use crate::number::is_on;
use crate::{Design, DesignError, Kernel, Port};

/// How much evidence is remembered after an alarm, in decision intervals.
const EVIDENCE_KEPT: f64 = 3.0;

/// Config of the guarded CUSUM.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardedCusum {
    /// Allowance, sigma; zero or more, half the shift to be found.
    pub k: f64,
    /// Decision interval, sigma; positive.
    pub h: f64,
    /// Forget the evidence after an alarm.
    pub restart: bool,
    /// First readings, which join the baseline at once; 10 to 1e6, 50 when left out.
    #[serde(default = "open")]
    pub open: u32,
    /// Evidence up to which readings may join, share of `h`; more than 0 up to 1, 0.1 when left out.
    #[serde(default = "guard")]
    pub guard: f64,
    /// Standard errors of the baseline that the limits allow for; 0 to 3, 0.4 when left out.
    #[serde(default = "caution")]
    pub caution: f64,
    /// Readings the baseline remembers, at least `open`; all of them when left out.
    #[serde(default)]
    pub memory: Option<f64>,
    /// Farthest a reading counts, sigma; at least 1, nothing is cut off when left out. About 3 for gauges
    /// with outliers.
    #[serde(default)]
    pub wild_sigma: Option<f64>,
    /// Smallest step of the gauge, unit of `x`, zero or more (0 when left out): the scale is never taken below
    /// `resolution/sqrt(12)`, the error of rounding to it.
    #[serde(default)]
    pub resolution: f64,
}

fn open() -> u32 {
    50
}

fn guard() -> f64 {
    0.1
}

fn caution() -> f64 {
    0.4
}

/// Coefficients of [`GuardedCusum`].
#[derive(Debug, Clone, Copy)]
pub struct GuardedCusumKernel {
    k: f64,
    h: f64,
    restart: bool,
    open: f64,
    calm: f64,
    caution: f64,
    memory: f64,
    cut: Cut,
    least_sigma: f64,
}

/// State of [`GuardedCusum`]; zero is nothing seen.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct GuardedCusumState {
    baseline: Learned,
    waiting: Learned,
    sums: Sums,
    /// The evidence that decides on learning; goes on through a restart.
    evidence: Sums,
    previous_mean: f64,
    previous_sigma: f64,
    has_previous: u32,
    /// On from an alarm until the evidence is gone.
    suspended: u32,
    /// On while `relearn` is on.
    relearning: u32,
    _pad: u32,
}

impl GuardedCusumState {
    /// Before the first reading: a baseline of so many readings with mean 0 and standard deviation 1.
    pub(super) fn begin_with_standard(&mut self, readings: f64) {
        if self.baseline.count < 1.0 {
            self.baseline = Learned::standard(readings);
        }
    }
}

impl Design for GuardedCusum {
    type Kernel = GuardedCusumKernel;
    const NAME: &'static str = "GuardedCusum";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("relearn", "1")];
    const OUTPUTS: &'static [Port] = &[
        Port::new("z", "1"),
        Port::new("high", "1"),
        Port::new("low", "1"),
        Port::new("alarm", "1"),
        Port::new("mean", "a"),
        Port::new("sigma", "a"),
        Port::new("readings", "1"),
        Port::new("frozen", "1"),
        Port::new("previous_mean", "a"),
        Port::new("previous_sigma", "a"),
    ];

    fn design(&self, period_s: f64) -> Result<GuardedCusumKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::not_negative("k", self.k)?;
        DesignError::positive("h", self.h)?;
        let open = f64::from(self.open);
        DesignError::unless((10..=1_000_000).contains(&self.open), "open", "from 10 to 1e6", open)?;
        let guarded = self.guard > 0.0 && self.guard <= 1.0;
        DesignError::unless(guarded, "guard", "more than 0 up to 1", self.guard)?;
        let bounded = (0.0..=3.0).contains(&self.caution);
        DesignError::unless(bounded, "caution", "from 0 to 3", self.caution)?;
        if let Some(memory) = self.memory {
            let usable = memory.is_finite() && memory >= open;
            DesignError::unless(usable, "memory", "finite and at least `open`", memory)?;
        }
        let cut = Cut::new(self.wild_sigma)?;
        DesignError::not_negative("resolution", self.resolution)?;
        Ok(GuardedCusumKernel {
            k: self.k,
            h: self.h,
            restart: self.restart,
            open,
            calm: self.guard * self.h,
            caution: self.caution,
            memory: self.memory.unwrap_or(f64::INFINITY),
            cut,
            least_sigma: self.resolution / libm::sqrt(12.0),
        })
    }
}

impl GuardedCusumKernel {
    /// Puts the baseline aside and starts from nothing.
    fn relearn(&self, s: &mut GuardedCusumState) {
        *s = GuardedCusumState {
            previous_mean: s.baseline.mean,
            previous_sigma: self.cut.sigma(&s.baseline, self.least_sigma),
            has_previous: 1,
            ..bytemuck::Zeroable::zeroed()
        };
    }

    /// Adds `z` to the sums, with the margin that a baseline of so many readings needs.
    fn judge(&self, s: &mut GuardedCusumState, z: f64) {
        let errors = self.caution / libm::sqrt(s.baseline.count.max(1.0));
        let z = z / (1.0 + errors * core::f64::consts::FRAC_1_SQRT_2);
        s.sums.add(z, self.k + errors);
        s.evidence.add(z, self.k + errors);
        s.evidence.at_most(EVIDENCE_KEPT * self.h);
    }

    /// Lets `x` join the baseline, wait, or go; true while learning is stopped.
    fn learn(&self, s: &mut GuardedCusumState, x: f64, alarm: bool) -> bool {
        let calm = s.evidence.most() <= self.calm;
        if alarm {
            s.suspended = 1;
        }
        if s.baseline.count < self.open {
            s.baseline.add(x);
            s.suspended = 0;
            return false;
        }
        s.waiting.add(x);
        if !calm {
            return true;
        }
        if s.suspended == 0 {
            s.baseline.merge(&s.waiting);
            s.baseline.forget(self.memory);
        }
        s.waiting = Learned::default();
        s.suspended = 0;
        false
    }
}

impl Kernel for GuardedCusumKernel {
    type State = GuardedCusumState;
    type Input = [f64; 2];
    type Output = [f64; 10];

    fn step(&self, s: &mut GuardedCusumState, _: &mut [f64], [x, relearn]: [f64; 2]) -> [f64; 10] {
        if is_on(relearn) && s.relearning == 0 && s.baseline.count >= 1.0 {
            self.relearn(s);
        }
        s.relearning = u32::from(is_on(relearn));
        let judged = self.cut.judge(&s.baseline, x, self.least_sigma);
        self.judge(s, judged.z);
        let alarm = s.sums.alarm(self.h);
        let evidence = s.sums;
        if self.restart && alarm != 0.0 {
            s.sums = Sums::default();
        }
        let frozen = self.learn(s, judged.x, alarm != 0.0);
        let (mean, sigma) = (s.baseline.mean, self.cut.sigma(&s.baseline, self.least_sigma));
        let (previous_mean, previous_sigma) =
            if s.has_previous == 1 { (s.previous_mean, s.previous_sigma) } else { (mean, sigma) };
        [
            judged.z,
            evidence.high,
            evidence.low,
            alarm,
            mean,
            sigma,
            s.baseline.count,
            flag(frozen),
            previous_mean,
            previous_sigma,
        ]
    }
}

impl Chart for GuardedCusum {
    const THRESHOLD: &'static str = "h";

    /// In control only (`shift` zero), and once the baseline is learned: what the chart is aimed at.
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

    fn config() -> GuardedCusum {
        GuardedCusum {
            k: 0.5,
            h: 5.0,
            restart: true,
            open: 50,
            guard: 0.1,
            caution: 0.4,
            memory: None,
            wild_sigma: None,
            resolution: 0.0,
        }
    }

    fn start(config: &GuardedCusum) -> Running<GuardedCusumKernel, [f64; 0]> {
        Running::new(config.design(1.0).unwrap(), [])
    }

    /// Readings of a repeating pattern: mean 20, standard deviation about 3, no run to one side.
    fn calm(t: u32) -> f64 {
        20.0 + f64::from(t * 7 % 11) - 5.0
    }

    const ALARM: usize = 3;
    const MEAN: usize = 4;
    const READINGS: usize = 6;
    const FROZEN: usize = 7;

    #[test]
    fn a_shift_is_found_again_and_again_and_never_learned() {
        let mut chart = start(&config());
        (0..220).for_each(|t| {
            chart.update([calm(t), 0.0]);
        });
        let before = chart.last();
        assert!((before[MEAN] - 20.0).abs() < 0.1 && before[FROZEN] == 0.0);
        let shifted: Vec<_> = (0..500).map(|t| chart.update([calm(t) + 6.0, 0.0])).collect();
        assert!(shifted.iter().filter(|o| o[ALARM] == 1.0).count() > 40);
        let after = shifted[499];
        assert!((after[MEAN] - before[MEAN]).abs() < 0.2, "{} {}", before[MEAN], after[MEAN]);
        assert_eq!(after[FROZEN], 1.0);
        // Back at the old level it goes on learning, without what it saw meanwhile.
        let back: Vec<_> = (0..220).map(|t| chart.update([calm(t), 0.0])).collect();
        assert!(back.iter().skip(60).all(|o| o[ALARM] == 0.0));
        assert!((back[219][MEAN] - 20.0).abs() < 0.1);
        assert!(back[219][READINGS] > after[READINGS] + 100.0);
    }

    #[test]
    fn learns_anew_on_an_edge_and_keeps_the_old_baseline_for_the_log() {
        let mut chart = start(&config());
        (0..100).for_each(|t| {
            chart.update([calm(t), 0.0]);
        });
        let old = chart.last();
        assert_eq!(old[8..], old[MEAN..=5]);
        // Held on: one edge only.
        let anew: Vec<_> = (0..110).map(|t| chart.update([500.0 + calm(t), 1.0])).collect();
        assert_eq!(anew[0][READINGS], 1.0);
        assert_eq!(anew[109][8..], old[MEAN..=5]);
        assert!((anew[109][MEAN] - 520.0).abs() < 0.1);
        assert!(anew.iter().all(|o| o[ALARM] == 0.0));
        assert_eq!(chart.update([520.0, 0.0])[8..], old[MEAN..=5]);
        assert_eq!(chart.update([520.0, 1.0])[READINGS], 1.0);
    }

    #[test]
    fn the_margin_melts_as_readings_come_in() {
        // The evidence of one reading of +3 sigma after so many.
        let after = |readings: u32, caution: f64| {
            let mut chart = start(&GuardedCusum { caution, open: 1_000_000, ..config() });
            (0..readings).for_each(|t| {
                chart.update([calm(t), 0.0]);
            });
            let [_, high, ..] = chart.last();
            let [z, next, ..] = chart.update([chart.last()[MEAN] + 3.0 * chart.last()[5], 0.0]);
            z - (next - high)
        };
        assert!((after(22, 0.0) - 0.5).abs() < 1e-12);
        let (few, many) = (after(22, 0.4) - 0.5, after(2200, 0.4) - 0.5);
        assert!(few > 0.2 && many < 0.03 && many > 0.0, "{few} {many}");
    }

    #[test]
    fn a_bounded_memory_follows_a_wander() {
        let mut chart = start(&GuardedCusum { memory: Some(60.0), k: 1.0, ..config() });
        for t in 0..4000 {
            assert_eq!(chart.update([calm(t) + f64::from(t) * 0.005, 0.0])[ALARM], 0.0, "{t}");
        }
        assert!((chart.last()[MEAN] - 40.0).abs() < 1.0);
        assert_eq!(chart.last()[READINGS], 60.0);
    }

    #[test]
    fn a_gauge_that_shows_one_number_is_judged_by_its_resolution() {
        let run = |resolution| {
            let mut chart = start(&GuardedCusum { resolution, ..config() });
            (0..60).for_each(|_| {
                chart.update([7.0, 0.0]);
            });
            chart.update([7.2, 0.0])[0]
        };
        assert_eq!(run(0.0), 0.0);
        assert!((0.5..1.0).contains(&run(1.0)));
    }
}
