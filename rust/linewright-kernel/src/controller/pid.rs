//! PID with two degrees of freedom, feed-forward and tracking (Astrom and Hagglund 1995).
//!
//! ```text
//! P = kp * (setpoint_weight*sp - pv)
//! D = (tf*D - kp*td_s*(pv - pv_before)) / (tf + period_s)      tf = td_s / derivative_filter
//! v = P + I + D + feedforward
//! mv = min(max(v, lo), hi)
//! I += kp*period_s/ti_s * (sp - pv) + min(1, period_s/tracking_time_s) * (mv - v)
//! ```
//! Sign: `kp > 0` raises `mv` when `pv` is below `sp`; a plant of negative gain takes `kp < 0`.
//! `kp` carries the unit of `mv` over that of `pv`; `I` and `D` are kept in the unit of `mv`.
//!
//! Anti-windup: the clamp stands at the summing junction, feed-forward included, and the integral is
//! drawn back over `tracking_time_s` while the clamp bites.
//!
//! Every transfer is without a bump. While `automatic` is off, `mv` is `track` (within `lo..hi`) and `I`
//! is set so that the law would give just that; the first sample is treated so too, whatever
//! `automatic` says, so a restart takes over what was last written. After a change of `kp`, `td_s` or
//! `setpoint_weight` by retuning, the change of `P` goes into `I`. With `integral` off, `I` serves only
//! for this and fades to zero over `tracking_time_s`.

use crate::number::saturate;
use crate::pack::side_by_side;
use crate::{ByForm, Design, DesignError, Kernel, Pack, PackBits, Packed, Port, Real, WIDTH};

/// Config of the PID controller.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pid {
    /// Gain, unit of `mv` per unit of `pv`; finite, negative for a plant of negative gain.
    pub kp: f64,
    /// Integral time, s; positive also when `integral` is off.
    pub ti_s: f64,
    /// Derivative time, s; zero for none.
    pub td_s: f64,
    /// Largest gain of the derivative over `kp`; positive, usually 5 to 20, dimensionless.
    pub derivative_filter: f64,
    /// Weight of the set-point in the proportional part, 0 to 1, dimensionless.
    pub setpoint_weight: f64,
    /// Integral action on.
    pub integral: bool,
    /// Lowest output, unit of `mv`.
    pub lo: f64,
    /// Highest output, unit of `mv`; above `lo`.
    pub hi: f64,
    /// Time in which the integral gives way to the clamp, s; positive, usually `ti_s` or less.
    pub tracking_time_s: f64,
}

/// Coefficients of [`Pid`].
#[derive(Debug, Clone, Copy)]
pub struct PidKernel<R: Real = f64> {
    kp: R,
    weight: R,
    /// `kp * period_s / ti_s`.
    ki: R,
    /// `D = keep*D - kd*(pv - pv_before)`.
    keep: R,
    kd: R,
    /// `min(1, period_s / tracking_time_s)`.
    give: R,
    integral: R::Mask,
    lo: R,
    hi: R,
}

/// State of [`Pid`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PidState {
    /// `I`, unit of `mv`.
    i: f64,
    /// `D`, unit of `mv`.
    d: f64,
    /// `P` of the last sample, unit of `mv`; differs from today's law when the gains were changed.
    p: f64,
    sp: f64,
    pv: f64,
    primed: u64,
}

impl Design for Pid {
    type Kernel = PidKernel;
    const NAME: &'static str = "Pid";
    const INPUTS: &'static [Port] = &[
        Port::new("sp", "a"),
        Port::new("pv", "a"),
        Port::new("feedforward", "b"),
        Port::new("track", "b"),
        Port::new("automatic", "1"),
    ];
    const OUTPUTS: &'static [Port] = &[Port::new("mv", "b")];

    fn design(&self, period_s: f64) -> Result<PidKernel, DesignError> {
        DesignError::positive("period_s", period_s)?;
        let usable = libm::fabs(self.kp) <= 1e100;
        DesignError::unless(usable, "kp", "finite, at most 1e100 in magnitude", self.kp)?;
        DesignError::positive("ti_s", self.ti_s)?;
        DesignError::not_negative("td_s", self.td_s)?;
        DesignError::positive("derivative_filter", self.derivative_filter)?;
        let weight = self.setpoint_weight;
        DesignError::unless((0.0..=1.0).contains(&weight), "setpoint_weight", "0 to 1", weight)?;
        DesignError::unless(self.lo.is_finite(), "lo", "finite", self.lo)?;
        let above = self.hi.is_finite() && self.hi > self.lo;
        DesignError::unless(above, "hi", "finite and above lo", self.hi)?;
        DesignError::positive("tracking_time_s", self.tracking_time_s)?;
        let tf = self.td_s / self.derivative_filter;
        Ok(PidKernel {
            kp: self.kp,
            weight,
            ki: saturate(self.kp * period_s / self.ti_s),
            keep: tf / (tf + period_s),
            kd: saturate(self.kp * self.td_s / (tf + period_s)),
            give: (period_s / self.tracking_time_s).min(1.0),
            integral: self.integral,
            lo: self.lo,
            hi: self.hi,
        })
    }
}

impl<R: Real> PidKernel<R> {
    #[inline(always)]
    fn proportional(&self, sp: R, pv: R) -> R {
        (self.kp * (self.weight * sp - pv)).saturate()
    }
}

impl Kernel for PidKernel {
    type State = PidState;
    type Input = [f64; 5];
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut PidState, _: &mut [f64], input: [f64; 5]) -> f64 {
        let [mv] = Self::advance(self, bytemuck::cast_mut(s), input);
        mv
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for PidKernel {
    type Of<R: Real> = PidKernel<R>;
    type Words<R: Real> = [R; 6];
    type Inputs<R: Real> = [R; 5];
    type Outputs<R: Real> = [R; 1];

    fn widen(lanes: &[Self; WIDTH]) -> Option<PidKernel<Pack>> {
        Some(PidKernel {
            kp: side_by_side!(lanes.kp),
            weight: side_by_side!(lanes.weight),
            ki: side_by_side!(lanes.ki),
            keep: side_by_side!(lanes.keep),
            kd: side_by_side!(lanes.kd),
            give: side_by_side!(lanes.give),
            integral: PackBits::masks(lanes.map(|lane| lane.integral)),
            lo: side_by_side!(lanes.lo),
            hi: side_by_side!(lanes.hi),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &PidKernel<R>, words: &mut [R; 6], input: [R; 5]) -> [R; 1] {
        let [sp, pv, feedforward, track, automatic] = input;
        let [i, d, last_p, last_sp, last_pv, primed] = words;
        let p = of.proportional(sp, pv);
        let first = primed.is_unset();
        *last_p = R::select(first, p, *last_p);
        *last_sp = R::select(first, sp, *last_sp);
        *last_pv = R::select(first, pv, *last_pv);
        *primed = R::select(first, R::set(), *primed);
        // What a change of gains did to `P` and `D` goes into `I`; exactly nothing when none changed.
        let was = of.proportional(*last_sp, *last_pv);
        *i = R::select(was.equals(*last_p), *i, (*i + (*last_p - was)).saturate());
        let dropped = of.kd.equals(R::of(0.0)) & !d.equals(R::of(0.0));
        *i = R::select(dropped, (*i + *d).saturate(), *i);
        *d = R::select(dropped, R::of(0.0), *d);

        *d = (of.keep * *d - (of.kd * (pv - *last_pv)).saturate()).saturate();
        (*last_p, *last_sp, *last_pv) = (p, sp, pv);
        let v = p + *i + *d + feedforward;
        let manual = first | !automatic.is_on();
        let mv = R::select(manual, track, v).limit(of.lo, of.hi);
        let given_way = (of.ki * (sp - pv)).saturate() + of.give * (mv - v);
        let change = R::select(of.integral, given_way, -of.give * *i);
        let taken_over = (mv - p - *d - feedforward).saturate();
        *i = R::select(manual, taken_over, (*i + change).saturate());
        [mv]
    }
}

#[cfg(test)]
#[path = "pid_tests.rs"]
mod tests;
