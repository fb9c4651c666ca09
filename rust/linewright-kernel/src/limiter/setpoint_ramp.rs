//! Set-point ramp: `sp` runs to `target` at a rate, from where the process is, and waits for it.
//!
//! ```text
//! sp += min(max(target - sp, -down_per_s*period_s), up_per_s*period_s)     while |sp - pv| <= holdback
//! ```
//! While `automatic` is off `sp` is `pv`, and so it is in the first sample: a loop that is switched on
//! begins where its process is. `holdback` keeps a ramp from running away from a process that cannot
//! follow (a dryer zone at full heat); it stops a step that would lead away from `pv`, never one that
//! leads back. `arrived` is 1 when `sp` is `target`.

use crate::number::{flag, is_on};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the set-point ramp.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetpointRamp {
    /// Fastest rise, unit of `target` per second; positive.
    pub up_per_s: f64,
    /// Fastest fall, unit of `target` per second; positive.
    pub down_per_s: f64,
    /// Distance from `pv` at which the ramp waits, unit of `target`; positive. Left out: it never waits.
    #[serde(default)]
    pub holdback: Option<f64>,
}

/// Coefficients of [`SetpointRamp`].
#[derive(Debug, Clone, Copy)]
pub struct SetpointRampKernel {
    up: f64,
    down: f64,
    holdback: f64,
}

/// State of [`SetpointRamp`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SetpointRampState {
    sp: f64,
    primed: u64,
}

impl Design for SetpointRamp {
    type Kernel = SetpointRampKernel;
    const NAME: &'static str = "SetpointRamp";
    const INPUTS: &'static [Port] =
        &[Port::new("target", "a"), Port::new("pv", "a"), Port::new("automatic", "1")];
    const OUTPUTS: &'static [Port] = &[Port::new("sp", "a"), Port::new("arrived", "1")];

    fn design(&self, period_s: f64) -> Result<SetpointRampKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("up_per_s", self.up_per_s)?;
        DesignError::positive("down_per_s", self.down_per_s)?;
        if let Some(holdback) = self.holdback {
            DesignError::positive("holdback", holdback)?;
        }
        Ok(SetpointRampKernel {
            up: self.up_per_s * period_s,
            down: self.down_per_s * period_s,
            holdback: self.holdback.unwrap_or(f64::INFINITY),
        })
    }
}

impl Kernel for SetpointRampKernel {
    type State = SetpointRampState;
    type Input = [f64; 3];
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut SetpointRampState, _: &mut [f64], input: [f64; 3]) -> [f64; 2] {
        let [target, pv, automatic] = input;
        if s.primed == 0 || !is_on(automatic) {
            *s = SetpointRampState { sp: pv, primed: 1 };
            return [pv, flag(pv == target)];
        }
        let wanted = target - s.sp;
        let next = if wanted > self.up {
            s.sp + self.up
        } else if wanted < -self.down {
            s.sp - self.down
        } else {
            target
        };
        let (now, then) = (libm::fabs(s.sp - pv), libm::fabs(next - pv));
        if then <= self.holdback || then < now {
            s.sp = next;
        }
        [s.sp, flag(s.sp == target)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn start(holdback: Option<f64>) -> Running<SetpointRampKernel, [f64; 0]> {
        let config = SetpointRamp { up_per_s: 2.0, down_per_s: 4.0, holdback };
        Running::new(config.design(0.5).unwrap(), [])
    }

    #[test]
    fn begins_where_the_process_is_and_arrives() {
        let mut ramp = start(None);
        assert_eq!(ramp.update([10.0, 7.5, 1.0]), [7.5, 0.0]);
        assert_eq!(ramp.update([10.0, 0.0, 1.0]), [8.5, 0.0]);
        assert_eq!(ramp.update([10.0, 0.0, 1.0]), [9.5, 0.0]);
        assert_eq!(ramp.update([10.0, 0.0, 1.0]), [10.0, 1.0]);
        assert_eq!(ramp.update([3.0, 0.0, 1.0]), [8.0, 0.0]);
        assert_eq!(ramp.update([3.0, 5.0, 0.0]), [5.0, 0.0]);
        assert_eq!(ramp.update([3.0, 0.0, 1.0]), [3.0, 1.0]);
    }

    #[test]
    fn waits_for_a_process_that_cannot_follow_and_turns_back_freely() {
        let mut ramp = start(Some(3.0));
        ramp.update([20.0, 0.0, 1.0]);
        let ran: Vec<f64> = (0..6).map(|_| ramp.update([20.0, 0.0, 1.0])[0]).collect();
        assert_eq!(ran, [1.0, 2.0, 3.0, 3.0, 3.0, 3.0]);
        assert_eq!(ramp.update([20.0, 1.5, 1.0])[0], 4.0);
        // The process fell away: further is refused, back towards it is not.
        assert_eq!(ramp.update([20.0, -50.0, 1.0])[0], 4.0);
        assert_eq!(ramp.update([-20.0, -50.0, 1.0])[0], 2.0);
    }
}
