//! PID whose gains come in as signals: the law, limits and transfers of [`Pid`], for gain schedules.
//!
//! A change of `kp` moves `P`; the same amount goes into `I` at once, so `mv` does not see it: only how the
//! loop goes on differs. `kp` is taken within 1e100 in magnitude, `ti_s` from one period on, `td_s` from
//! zero on; a gain that is not finite holds the controller, as any input.

use super::pid::{AntiWindup, Pid, PidKernel, PidState};
use crate::number::limit;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the scheduled PID; see [`Pid`] for the fields.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduledPid {
    /// Largest gain of the derivative over `kp`; positive, dimensionless; 10 when left out.
    #[serde(default = "ten")]
    pub derivative_filter: f64,
    /// Weight of the set-point in the proportional part, 0 to 1, dimensionless; 1 when left out.
    #[serde(default = "one")]
    pub setpoint_weight: f64,
    /// Lowest output, unit of `mv`.
    pub lo: f64,
    /// Highest output, unit of `mv`; above `lo`.
    pub hi: f64,
    /// Time in which the integral gives way to the clamp, s; positive.
    pub tracking_time_s: f64,
    /// Weight of the set-point in the derivative, 0 to 1, dimensionless; 0 when left out.
    #[serde(default)]
    pub derivative_setpoint_weight: f64,
    /// What keeps the integral from winding up; `back_calculation` when left out.
    #[serde(default)]
    pub anti_windup: AntiWindup,
}

pub(super) fn ten() -> f64 {
    10.0
}

pub(super) fn one() -> f64 {
    1.0
}

/// Coefficients of [`ScheduledPid`].
#[derive(Debug, Clone, Copy)]
pub struct ScheduledPidKernel {
    pid: PidKernel,
    derivative_filter: f64,
    period_s: f64,
}

impl Design for ScheduledPid {
    type Kernel = ScheduledPidKernel;
    const NAME: &'static str = "ScheduledPid";
    const INPUTS: &'static [Port] = &[
        Port::new("sp", "a"),
        Port::new("pv", "a"),
        Port::new("feedforward", "b"),
        Port::new("track", "b"),
        Port::new("automatic", "1"),
        Port::new("kp", "c"),
        Port::new("ti_s", "s"),
        Port::new("td_s", "s"),
    ];
    const OUTPUTS: &'static [Port] = &[Port::new("mv", "b")];

    fn design(&self, period_s: f64) -> Result<ScheduledPidKernel, DesignError> {
        let pid = Pid {
            kp: 1.0,
            ti_s: 1.0,
            td_s: 0.0,
            derivative_filter: self.derivative_filter,
            setpoint_weight: self.setpoint_weight,
            integral: true,
            lo: self.lo,
            hi: self.hi,
            tracking_time_s: self.tracking_time_s,
            derivative_setpoint_weight: self.derivative_setpoint_weight,
            anti_windup: self.anti_windup,
        };
        let pid = pid.design(period_s)?;
        Ok(ScheduledPidKernel { pid, derivative_filter: self.derivative_filter, period_s })
    }
}

impl Kernel for ScheduledPidKernel {
    type State = PidState;
    type Input = [f64; 8];
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut PidState, memory: &mut [f64], input: [f64; 8]) -> f64 {
        let [sp, pv, feedforward, track, automatic, kp, ti_s, td_s] = input;
        let kp = limit(kp, -1e100, 1e100);
        let (ti_s, td_s) = (ti_s.max(self.period_s), limit(td_s, 0.0, 1e100));
        let tuned = self.pid.with_gains(kp, ti_s, td_s, self.derivative_filter, self.period_s);
        tuned.step(s, memory, [sp, pv, feedforward, track, automatic])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn usual() -> ScheduledPid {
        ScheduledPid {
            derivative_filter: 8.0,
            setpoint_weight: 0.6,
            lo: -50.0,
            hi: 50.0,
            tracking_time_s: 2.0,
            derivative_setpoint_weight: 0.0,
            anti_windup: AntiWindup::BackCalculation,
        }
    }

    #[test]
    fn with_constant_gains_it_is_the_pid_to_the_bit() {
        let plain = Pid {
            kp: -1.3,
            ti_s: 4.0,
            td_s: 0.7,
            derivative_filter: 8.0,
            setpoint_weight: 0.6,
            integral: true,
            lo: -50.0,
            hi: 50.0,
            tracking_time_s: 2.0,
            derivative_setpoint_weight: 0.0,
            anti_windup: AntiWindup::BackCalculation,
        };
        let mut plain = Running::new(plain.design(0.1).unwrap(), []);
        let mut scheduled = Running::new(usual().design(0.1).unwrap(), []);
        for t in 0..500 {
            let t = f64::from(t);
            let (sp, pv) = ((0.03 * t).sin() * 20.0, (0.07 * t).cos() * 9.0);
            let automatic = f64::from(u8::from(t as u32 % 90 > 20));
            let a = plain.update([sp, pv, 0.1 * t, 3.0, automatic]);
            let b = scheduled.update([sp, pv, 0.1 * t, 3.0, automatic, -1.3, 4.0, 0.7]);
            assert_eq!(a.to_bits(), b.to_bits());
        }
    }

    #[test]
    fn a_change_of_gains_makes_no_bump() {
        let mut running = Running::new(usual().design(0.1).unwrap(), []);
        let at = |kp, ti_s, td_s| [10.0, 8.0, 0.0, 20.0, 1.0, kp, ti_s, td_s];
        for _ in 0..20 {
            running.update(at(1.0, 5.0, 0.0));
        }
        for (kp, ti_s, td_s) in [(4.0, 5.0, 0.0), (0.5, 5.0, 1.0), (2.0, 50.0, 0.0)] {
            let before = running.last();
            let moved = running.update(at(kp, ti_s, td_s)) - before;
            // A step of the integral at the old gains, nothing of the jump of P by kp*(0.6*10 - 8).
            assert!((0.0..0.17).contains(&moved), "{kp}: {moved}");
        }
    }
}
