//! Cascade: an outer loop that moves the set-point of an inner one, as one kernel.
//!
//! ```text
//! inner_sp = outer PI(D)(sp, pv)               within sp_lo..sp_hi
//! mv       = inner PI(D)(inner_sp, inner_pv)   within lo..hi
//! ```
//! Both are [`Pid`]s; what goes wrong between two separate ones is settled here. *Windup across*: while the
//! inner loop stands at a limit and `inner_sp` is beyond what it reaches, the outer integral is drawn to
//! `inner_pv`. *Transfers*: by `mode`, 0 manual (`mv` is `track`), 1 the inner loop on `inner_target`, 2
//! cascade; the first sample is manual whatever `mode` says. In manual the inner set-point follows
//! `inner_pv`, and outside cascade the outer loop follows the inner set-point, so no change of mode bumps.
//! The tracking times are `ti_s`, or `sqrt(ti_s*td_s)` with a derivative (Astrom and Hagglund 1995). Tune
//! the inner loop first, at least four times as fast as the outer.

use super::pid::{AntiWindup, Pid, PidKernel, PidState};
use super::scheduled_pid::{one, ten};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the cascade.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CascadePid {
    /// Gain of the outer loop, unit of `inner_pv` per unit of `pv`; at most 1e100 in magnitude.
    pub outer_kp: f64,
    /// Integral time of the outer loop, s; positive.
    pub outer_ti_s: f64,
    /// Derivative time of the outer loop, s; zero (none) when left out.
    #[serde(default)]
    pub outer_td_s: f64,
    /// Weight of the set-point in the outer proportional part, 0 to 1; 1 when left out.
    #[serde(default = "one")]
    pub outer_setpoint_weight: f64,
    /// Lowest inner set-point, unit of `inner_pv`.
    pub sp_lo: f64,
    /// Highest inner set-point; above `sp_lo`.
    pub sp_hi: f64,
    /// Gain of the inner loop, unit of `mv` per unit of `inner_pv`; at most 1e100 in magnitude.
    pub inner_kp: f64,
    /// Integral time of the inner loop, s; positive.
    pub inner_ti_s: f64,
    /// Derivative time of the inner loop, s; zero (none) when left out.
    #[serde(default)]
    pub inner_td_s: f64,
    /// Largest gain of the derivatives over their `kp`; positive, dimensionless; 10 when left out.
    #[serde(default = "ten")]
    pub derivative_filter: f64,
    /// Lowest output, unit of `mv`.
    pub lo: f64,
    /// Highest output, unit of `mv`; above `lo`.
    pub hi: f64,
}

/// Coefficients of [`CascadePid`].
#[derive(Debug, Clone, Copy)]
pub struct CascadePidKernel {
    outer: PidKernel,
    inner: PidKernel,
    /// +1 when a higher inner set-point raises `mv`, -1 when it lowers it.
    sign: f64,
}

/// State of [`CascadePid`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CascadePidState {
    outer: PidState,
    inner: PidState,
    inner_sp: f64,
    primed: u64,
}

/// One of the two, with the names its fields have here.
fn design(
    (kp, ti_s, td_s): (f64, f64, f64),
    weight: f64,
    filter: f64,
    (lo, hi): (f64, f64),
    (anti_windup, names): (AntiWindup, [&'static str; 6]),
    period_s: f64,
) -> Result<PidKernel, DesignError> {
    // A time that is refused by its own name first.
    DesignError::positive(names[1], ti_s)?;
    DesignError::not_negative(names[2], td_s)?;
    let pid = Pid {
        kp,
        ti_s,
        td_s,
        derivative_filter: filter,
        setpoint_weight: weight,
        integral: true,
        lo,
        hi,
        tracking_time_s: if td_s > 0.0 { libm::sqrt(ti_s) * libm::sqrt(td_s) } else { ti_s },
        derivative_setpoint_weight: 0.0,
        anti_windup,
    };
    let named = |e: DesignError| {
        let parameter = match e.parameter {
            "kp" => names[0],
            "setpoint_weight" => names[3],
            "lo" => names[4],
            "hi" => names[5],
            other => other,
        };
        DesignError { parameter, ..e }
    };
    pid.design(period_s).map_err(named)
}

impl Design for CascadePid {
    type Kernel = CascadePidKernel;
    const NAME: &'static str = "CascadePid";
    const INPUTS: &'static [Port] = &[
        Port::new("sp", "a"),
        Port::new("pv", "a"),
        Port::new("inner_pv", "b"),
        Port::new("inner_target", "b"),
        Port::new("track", "c"),
        Port::new("mode", "1"),
    ];
    const OUTPUTS: &'static [Port] = &[Port::new("mv", "c"), Port::new("inner_sp", "b")];

    fn design(&self, period_s: f64) -> Result<CascadePidKernel, DesignError> {
        DesignError::period(period_s)?;
        let names =
            ["outer_kp", "outer_ti_s", "outer_td_s", "outer_setpoint_weight", "sp_lo", "sp_hi"];
        let outer = design(
            (self.outer_kp, self.outer_ti_s, self.outer_td_s),
            self.outer_setpoint_weight,
            self.derivative_filter,
            (self.sp_lo, self.sp_hi),
            (AntiWindup::External, names),
            period_s,
        )?;
        let names = ["inner_kp", "inner_ti_s", "inner_td_s", "", "lo", "hi"];
        let inner = design(
            (self.inner_kp, self.inner_ti_s, self.inner_td_s),
            1.0,
            self.derivative_filter,
            (self.lo, self.hi),
            (AntiWindup::BackCalculation, names),
            period_s,
        )?;
        let sign = if self.inner_kp < 0.0 { -1.0 } else { 1.0 };
        Ok(CascadePidKernel { outer, inner, sign })
    }
}

impl Kernel for CascadePidKernel {
    type State = CascadePidState;
    type Input = [f64; 6];
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut CascadePidState, _: &mut [f64], input: [f64; 6]) -> [f64; 2] {
        let [sp, pv, inner_pv, inner_target, track, mode] = input;
        let manual = s.primed == 0 || mode < 0.5;
        let cascade = !manual && mode >= 1.5;
        s.primed = 1;
        // What the outer loop must take its output for: its own, unless the inner loop cannot follow.
        let beyond = self.sign * self.inner.excess(&s.inner);
        let out_of_reach = beyond * (s.inner_sp - inner_pv) > 0.0;
        let reached = if manual || out_of_reach { inner_pv } else { s.inner_sp };
        let reached = if manual || cascade { reached } else { inner_target };
        let on = if cascade { 1.0 } else { 0.0 };
        let asked = self.outer.step(&mut s.outer, &mut [], [sp, pv, 0.0, reached, on]);
        s.inner_sp = if manual { inner_pv } else { asked };
        let on = if manual { 0.0 } else { 1.0 };
        let mv = self.inner.step(&mut s.inner, &mut [], [s.inner_sp, inner_pv, 0.0, track, on]);
        [mv, s.inner_sp]
    }
}

#[cfg(test)]
#[path = "cascade_tests.rs"]
mod tests;
