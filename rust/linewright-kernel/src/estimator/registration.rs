//! Web registration: which coated metre is under the nip, by printed marks and an encoder between.
//!
//! `position = mark_m + direction * scale * (encoder_m - encoder at the mark)`;
//! `coast = scale * |encoder_m - encoder at the mark|`.
//!
//! Marks are printed every `mark_pitch_m` and carry the coating metre. A mark is seen when
//! `mark_count` rises; marks missed between do no harm. `scale` (coated metres per encoder metre) makes
//! up for elongation and slip: between two marks of one roll it is what the pitch says over what the
//! encoder says, taken with a weight of a quarter when the two agree within 5 % and the marks lie a
//! whole number of pitches apart (else: another roll, or a misread). On a reversed roll (last metre
//! coated comes first) `direction` is -1.
//!
//! `valid` is 0 before the first mark (the position is then relative to the first sample) and when
//! `coast` exceeds `max_coast_m`: dead reckoning has run too far to be trusted.

use crate::number::{flag, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Largest disagreement of encoder and marks that is taken for elongation or slip.
const LARGEST_STRETCH: f64 = 0.05;
/// Weight of the newest pair of marks in `scale`.
const SCALE_WEIGHT: f64 = 0.25;

/// Config of the registration.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Web from mark to mark, m; positive.
    pub mark_pitch_m: f64,
    /// Longest web to be trusted without a mark, m; positive, at least `mark_pitch_m`.
    pub max_coast_m: f64,
}

/// Coefficients of [`Registration`].
#[derive(Debug, Clone, Copy)]
pub struct RegistrationKernel {
    pitch_m: f64,
    max_coast_m: f64,
}

/// State of [`Registration`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RegistrationState {
    /// Encoder and coating metre at the last mark (before the first: at the first sample).
    encoder_m: f64,
    mark_m: f64,
    count: f64,
    /// `scale - 1`.
    stretch: f64,
    marks: u64,
    primed: u64,
}

impl Design for Registration {
    type Kernel = RegistrationKernel;
    const NAME: &'static str = "Registration";
    const INPUTS: &'static [Port] = &[
        Port::new("encoder_m", "m"),
        Port::new("mark_m", "m"),
        Port::new("mark_count", "1"),
        Port::new("direction", "1"),
    ];
    const OUTPUTS: &'static [Port] =
        &[Port::new("position_m", "m"), Port::new("coast_m", "m"), Port::new("valid", "1")];

    fn design(&self, period_s: f64) -> Result<RegistrationKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("mark_pitch_m", self.mark_pitch_m)?;
        let reaches = self.max_coast_m.is_finite() && self.max_coast_m >= self.mark_pitch_m;
        let bound = "finite and at least mark_pitch_m";
        DesignError::unless(reaches, "max_coast_m", bound, self.max_coast_m)?;
        Ok(RegistrationKernel { pitch_m: self.mark_pitch_m, max_coast_m: self.max_coast_m })
    }
}

impl RegistrationKernel {
    /// Learns the scale from two marks, when they can belong together.
    fn learn(&self, s: &mut RegistrationState, encoder_m: f64, mark_m: f64) {
        let by_marks = libm::fabs(mark_m - s.mark_m);
        let by_encoder = libm::fabs(encoder_m - s.encoder_m);
        let pitches = libm::round(by_marks / self.pitch_m);
        let whole = libm::fabs(by_marks - pitches * self.pitch_m) <= 0.01 * self.pitch_m;
        if pitches >= 1.0 && whole && by_encoder > 0.0 {
            let stretch = by_marks / by_encoder - 1.0;
            if libm::fabs(stretch) <= LARGEST_STRETCH {
                let weight = if s.marks == 1 { 1.0 } else { SCALE_WEIGHT };
                s.stretch += weight * (stretch - s.stretch);
            }
        }
    }
}

impl Kernel for RegistrationKernel {
    type State = RegistrationState;
    type Input = [f64; 4];
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut RegistrationState, _: &mut [f64], input: [f64; 4]) -> [f64; 3] {
        let [encoder_m, mark_m, count, direction] = input;
        if s.primed == 0 {
            *s = RegistrationState { encoder_m, mark_m, count, stretch: 0.0, marks: 0, primed: 1 };
        }
        if count > s.count {
            if s.marks > 0 {
                self.learn(s, encoder_m, mark_m);
            }
            (s.encoder_m, s.mark_m) = (encoder_m, mark_m);
            s.marks = s.marks.saturating_add(1);
        }
        s.count = count;
        let coasted_m = (1.0 + s.stretch) * (encoder_m - s.encoder_m);
        let coast_m = saturate(libm::fabs(coasted_m));
        let forward = direction >= 0.0;
        let position_m = if forward { s.mark_m + coasted_m } else { s.mark_m - coasted_m };
        let valid = s.marks > 0 && coast_m <= self.max_coast_m;
        [saturate(position_m), coast_m, flag(valid)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn registration() -> Running<RegistrationKernel, [f64; 0]> {
        let config = Registration { mark_pitch_m: 100.0, max_coast_m: 250.0 };
        Running::new(config.design(0.1).unwrap(), [])
    }

    /// Runs a reversed roll of 2000 m through an encoder that reads `slip` more than it should, with
    /// the marks in `missed` not seen; gives `(true metre, output)` of every sample.
    fn run(slip: f64, missed: &[u32]) -> Vec<(f64, [f64; 3])> {
        let mut running = registration();
        let (mut count, mut mark_m) = (3.0, 777.0);
        let mut out = Vec::new();
        for step in 0..2000 * 4 {
            let travelled = f64::from(step) * 0.25;
            let truth = 1990.0 - travelled;
            let before = (truth + 0.25) / 100.0;
            if before.floor() > (truth / 100.0).floor() && !missed.contains(&(before as u32)) {
                count += 1.0;
                mark_m = before.floor() * 100.0;
            }
            let encoder = 31.0 + travelled * (1.0 + slip);
            out.push((truth, running.update([encoder, mark_m, count, -1.0])));
        }
        out
    }

    #[test]
    fn a_reversed_roll_is_followed_from_its_first_mark() {
        for (truth, [position, coast, valid]) in run(0.0, &[]) {
            assert_eq!(valid, if truth < 1900.0 { 1.0 } else { 0.0 }, "at {truth}");
            if valid == 1.0 {
                assert!((position - truth).abs() <= 0.26, "{position} at {truth}");
                assert!(coast <= 100.0);
            }
        }
    }

    #[test]
    fn elongation_of_one_percent_is_learnt_from_the_marks() {
        let worst = run(0.01, &[])
            .into_iter()
            .filter(|(truth, _)| *truth < 1500.0)
            .map(|(truth, out)| (out[0] - truth).abs())
            .fold(0.0, f64::max);
        assert!(worst < 0.4, "without the scale it would be 1 m: {worst}");
    }

    #[test]
    fn a_mark_missed_is_coasted_over_and_three_are_not() {
        assert!(run(0.0, &[12]).iter().all(|(m, out)| *m > 1890.0 || out[2] == 1.0));
        let out = run(0.0, &[12, 11, 10]);
        let lost = out.iter().filter(|(m, o)| *m < 1890.0 && o[2] == 0.0);
        assert!(lost.clone().count() > 0);
        assert!(lost.clone().all(|(m, _)| *m < 1051.0 && *m > 899.0));
    }
}
