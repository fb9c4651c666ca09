//! Rate converter: samples that come now and then, each with its age, to a steady rate.
//!
//! A laboratory, a scanning gauge, a bus give a value when they have one; the loop runs on. `x` is the newest value and
//! `age_s` how long ago it was true, at every tick; a value counts as new when its age falls. `y` is what was true `delay_s` ago: with
//! `"linear"` on the straight line between the values before and after that moment, with `"hold"` the last one before it. With
//! a `delay_s` of the longest interval plus the longest age, `linear` has no steps and a constant, known delay, whatever the
//! jitter: what a derivative or a model needs. With a delay of zero both give the newest value as soon as it is there: what a
//! proportional loop needs. When the value after the moment is not there yet, the newest is held.
//!
//! `stale` is on while the newest value is older than `max_age_s`; `y` still holds it, and what follows should
//! not act on it. Before two values are known `y` is the first. A negative age counts as zero.

use crate::number::{flag, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Values remembered; they stand at least an eighth of the delay apart, so that these reach back over it.
const KEPT: usize = 16;

/// Config of the rate converter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateConverter {
    /// Age of `y`, s; zero or more. For `"linear"` the longest interval between values plus the longest age.
    pub delay_s: f64,
    /// Age of the newest value from which on it is stale, s; positive.
    pub max_age_s: f64,
    /// `"linear"` (default) or `"hold"`.
    #[serde(default)]
    pub method: Between,
}

/// What a [`RateConverter`] gives between two values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// A straight line.
    #[default]
    Linear,
    /// The earlier one.
    Hold,
}

/// Coefficients of [`RateConverter`].
#[derive(Debug, Clone, Copy)]
pub struct RateConverterKernel {
    delay_s: f64,
    max_age_s: f64,
    period_s: f64,
    linear: bool,
}

/// State of [`RateConverter`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RateConverterState {
    /// Ages of the values, the newest first.
    ages_s: [f64; KEPT],
    values: [f64; KEPT],
    count: u64,
}

impl Design for RateConverter {
    type Kernel = RateConverterKernel;
    const NAME: &'static str = "RateConverter";
    const INPUTS: &'static [Port] = &[Port::new("x", "a"), Port::new("age_s", "b")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("stale", "1")];

    fn design(&self, period_s: f64) -> Result<RateConverterKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::not_negative("delay_s", self.delay_s)?;
        DesignError::positive("max_age_s", self.max_age_s)?;
        let (delay_s, max_age_s) = (self.delay_s, self.max_age_s);
        Ok(RateConverterKernel {
            delay_s,
            max_age_s,
            period_s,
            linear: self.method == Between::Linear,
        })
    }
}

impl RateConverterKernel {
    /// Takes a value in when it is new; a newest one too near to the next makes room for it.
    fn take(&self, s: &mut RateConverterState, x: f64, age_s: f64) {
        for age in &mut s.ages_s {
            *age = saturate(*age + self.period_s);
        }
        let [newest_s, next_s, ..] = &mut s.ages_s;
        if s.count > 0 && age_s >= *newest_s - 0.5 * self.period_s {
            *newest_s = age_s;
            return;
        }
        let crowded = s.count > 1 && *next_s - age_s < 0.125 * self.delay_s;
        if !crowded {
            s.ages_s.copy_within(..KEPT - 1, 1);
            s.values.copy_within(..KEPT - 1, 1);
            s.count = s.count.saturating_add(1).min(KEPT as u64);
        }
        let [age, ..] = &mut s.ages_s;
        let [value, ..] = &mut s.values;
        (*age, *value) = (age_s, x);
    }

    /// What was true `delay_s` ago.
    fn look(&self, s: &RateConverterState) -> f64 {
        let known = s.ages_s.iter().zip(&s.values).take(s.count as usize);
        let mut later: Option<(f64, f64)> = None;
        for (age_s, value) in known {
            if *age_s >= self.delay_s {
                return match later.filter(|_| self.linear) {
                    Some((later_s, after)) => {
                        let share = (age_s - self.delay_s) / (age_s - later_s);
                        saturate(value + share * (after - value))
                    }
                    None => *value,
                };
            }
            later = Some((*age_s, *value));
        }
        later.map_or(0.0, |(_, oldest)| oldest)
    }
}

impl Kernel for RateConverterKernel {
    type State = RateConverterState;
    type Input = [f64; 2];
    type Output = [f64; 2];

    fn step(&self, s: &mut RateConverterState, _: &mut [f64], [x, age_s]: [f64; 2]) -> [f64; 2] {
        self.take(s, x, age_s.max(0.0));
        let [newest_s, ..] = s.ages_s;
        [self.look(s), flag(newest_s > self.max_age_s)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    /// A ramp sampled every 1 to 1.6 s, with 0.2 to 0.3 s of transport.
    fn run(config: &RateConverter, each: impl Fn(f64, f64, f64)) {
        let mut converter = Running::new(config.design(0.1).unwrap(), []);
        let truth = |t: f64| 3.0 * t + 1.0;
        let (mut taken_s, mut next_s) = (-0.2, 1.0);
        for tick in 0..400_u32 {
            let now_s = f64::from(tick) * 0.1;
            if now_s >= next_s {
                taken_s = now_s - 0.2 - 0.1 * f64::from(tick % 2);
                next_s = now_s + 1.0 + 0.1 * f64::from(tick % 7);
            }
            let [y, stale] = converter.update([truth(taken_s), now_s - taken_s]);
            each(now_s, y - truth(now_s - config.delay_s), stale);
        }
    }

    #[test]
    fn with_enough_delay_a_ramp_comes_out_straight() {
        let config = RateConverter { delay_s: 2.0, max_age_s: 5.0, method: Between::Linear };
        run(&config, |now_s, off, stale| {
            assert!(now_s < 4.0 || off.abs() < 1e-9, "{now_s}: {off}");
            assert_eq!(stale, 0.0);
        });
    }

    #[test]
    fn hold_gives_the_last_value_before_that_moment() {
        let config = RateConverter { delay_s: 0.0, max_age_s: 5.0, method: Between::Hold };
        run(&config, |_, off, _| assert!((-3.0 * 2.1..=-0.5).contains(&off), "{off}"));
    }

    #[test]
    fn an_old_value_is_stale() {
        let config = RateConverter { delay_s: 1.0, max_age_s: 2.0, method: Between::Linear };
        let mut converter = Running::new(config.design(0.1).unwrap(), []);
        for tick in 0..50_u32 {
            let [y, stale] = converter.update([5.0, 0.1 * f64::from(tick)]);
            assert_eq!((y, stale), (5.0, f64::from(u8::from(tick > 20))), "tick {tick}");
        }
    }
}
