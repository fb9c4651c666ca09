//! What enters a loop: the state of the sources in one tick.

use crate::sample::{MailboxSlot, Profile, Reading, Written};

/// How a profile is read between its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// On the line between the two neighbours; both must be finite.
    #[default]
    Linear,
    /// The nearest point; half a step beyond the ends still counts.
    Nearest,
}

impl Lookup {
    /// Value of `profile` at web metre `position_m`; none outside it or where nothing is known.
    #[inline]
    #[must_use]
    pub fn at(self, profile: &Profile, position_m: f64) -> Option<f64> {
        match self {
            Self::Linear => profile.at(position_m),
            Self::Nearest => {
                let nearest = libm::floor((position_m - profile.origin_m) / profile.step_m + 0.5);
                if !(nearest.is_finite() && nearest >= 0.0) {
                    return None;
                }
                profile.values.get(nearest as usize).copied().filter(|value| value.is_finite())
            }
        }
    }
}

/// All sources in one tick, each list in the order the plan gives (`Plan::channels()` and so on).
/// A missing entry reads as nothing: Bad.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// By [`crate::plan::Plan::channels`], unless [`crate::exec::Executor::place_channels`] says otherwise.
    pub inputs: &'a [Reading],
    /// By [`crate::plan::Plan::mailboxes`].
    pub mailboxes: &'a [MailboxSlot],
    /// By [`crate::plan::Plan::profiles`].
    pub profiles: &'a [Profile],
    /// By [`crate::plan::Plan::params`].
    pub params: &'a [f64],
    /// By [`crate::plan::Plan::actuators`].
    pub written: &'a [Written],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_takes_the_point_and_nothing_outside() {
        let profile = Profile {
            origin_m: 10.0,
            step_m: 2.0,
            values: vec![1.0, 2.0, f64::NAN, 4.0],
            ..Profile::default()
        };
        let reversed = Profile { origin_m: 16.0, step_m: -2.0, ..profile.clone() };
        let empty = Profile::default();
        for (of, position_m, expected) in [
            (&profile, 9.1, Some(1.0)),
            (&profile, 8.9, None),
            (&profile, 12.9, Some(2.0)),
            (&profile, 14.0, None),
            (&profile, 16.9, Some(4.0)),
            (&profile, 17.1, None),
            (&profile, f64::NAN, None),
            (&reversed, 15.9, Some(1.0)),
            (&reversed, 10.2, Some(4.0)),
            (&empty, 0.0, None),
        ] {
            assert_eq!(Lookup::Nearest.at(of, position_m), expected, "{position_m}");
        }
        assert_eq!(Lookup::Linear.at(&profile, 11.0), Some(1.5));
        assert_eq!(Lookup::Linear.at(&reversed, 15.0), Some(1.5));
    }
}
