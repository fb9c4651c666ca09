//! PID with two degrees of freedom, feed-forward and tracking (Astrom and Hagglund 1995).
//!
//! ```text
//! P = kp * (setpoint_weight*sp - pv)
//! D = (tf*D - kp*td_s*(change of pv - derivative_setpoint_weight * change of sp)) / (tf + period_s)
//!                                                               tf = td_s / derivative_filter
//! v = P + I + D + feedforward
//! mv = min(max(v, lo), hi)
//! I += kp*period_s/ti_s * (sp - pv) + min(1, period_s/tracking_time_s) * (mv - v)
//! ```
//! Sign: `kp > 0` raises `mv` when `pv` is below `sp`; a plant of negative gain takes `kp < 0`.
//! `kp` carries the unit of `mv` over that of `pv`; `I` and `D` are kept in the unit of `mv`.
//!
//! Anti-windup: the clamp stands at the summing junction, feed-forward included. `back_calculation`
//! draws the integral back over `tracking_time_s` while the clamp bites, as above. `clamping` stops it
//! while the clamp bites and the error pushes further out. `external` draws it to what was really done:
//! `I += min(1, period_s/tracking_time_s) * (track - v of the last sample)`, with `track` the value the
//! actuator took after every limiter and selector behind this controller. Use it under an
//! [`Override`](crate::Override), a slew limit or a ratio; `track` must be fed in automatic too. With
//! `tracking_time_s` of a period it is the incremental (velocity) form: `mv = track + change`.
//!
//! The form is the ideal one; series and parallel gains convert
//! ([`Gains`](super::tuning::Gains)).
//!
//! Every transfer is without a bump. While `automatic` is off, `mv` is `track` (within `lo..hi`) and `I`
//! is set so that the law would give just that; the first sample is treated so too, whatever
//! `automatic` says, so a restart takes over what was last written. After a change of `kp`, `td_s` or
//! `setpoint_weight` by retuning, the change of `P` goes into `I`. With `integral` off, `I` serves only
//! for this and fades to zero over `tracking_time_s`.

use crate::number::{limit, saturate};
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
    /// Weight of the set-point in the derivative, 0 to 1, dimensionless; 0 when left out: a step of the
    /// set-point gives no kick.
    #[serde(default)]
    pub derivative_setpoint_weight: f64,
    /// What keeps the integral from winding up; `back_calculation` when left out.
    #[serde(default)]
    pub anti_windup: AntiWindup,
}

/// What keeps the integral of a [`Pid`] from winding up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AntiWindup {
    /// Drawn to the clamp over the tracking time.
    #[default]
    BackCalculation,
    /// Stopped while the clamp bites and the error pushes further.
    Clamping,
    /// Drawn to `track`, the value really applied, over the tracking time.
    External,
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
    clamping: R::Mask,
    external: R::Mask,
    derivative_weight: R,
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
    /// `v` of the last sample, before the clamp.
    v: f64,
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
        DesignError::period(period_s)?;
        let usable = libm::fabs(self.kp) <= 1e100;
        DesignError::unless(usable, "kp", "finite, at most 1e100 in magnitude", self.kp)?;
        DesignError::positive("ti_s", self.ti_s)?;
        DesignError::not_negative("td_s", self.td_s)?;
        DesignError::positive("derivative_filter", self.derivative_filter)?;
        let weight = self.setpoint_weight;
        DesignError::unless((0.0..=1.0).contains(&weight), "setpoint_weight", "0 to 1", weight)?;
        let weight = self.derivative_setpoint_weight;
        let usable = (0.0..=1.0).contains(&weight);
        DesignError::unless(usable, "derivative_setpoint_weight", "0 to 1", weight)?;
        DesignError::unless(self.lo.is_finite(), "lo", "finite", self.lo)?;
        let above = self.hi.is_finite() && self.hi > self.lo;
        DesignError::unless(above, "hi", "finite and above lo", self.hi)?;
        DesignError::positive("tracking_time_s", self.tracking_time_s)?;
        let rest = PidKernel {
            kp: self.kp,
            weight: self.setpoint_weight,
            ki: 0.0,
            keep: 0.0,
            kd: 0.0,
            give: (period_s / self.tracking_time_s).min(1.0),
            integral: self.integral,
            clamping: self.anti_windup == AntiWindup::Clamping,
            external: self.anti_windup == AntiWindup::External,
            derivative_weight: weight,
            lo: self.lo,
            hi: self.hi,
        };
        let filter = self.derivative_filter;
        Ok(rest.with_gains(self.kp, self.ti_s, self.td_s, filter, period_s))
    }
}

impl PidKernel {
    /// The same within other limits, `lo` not above `hi`.
    #[inline]
    pub(super) fn within(&self, lo: f64, hi: f64) -> Self {
        Self { lo, hi, ..*self }
    }

    /// The same with other gains.
    #[inline]
    pub(super) fn with_gains(
        &self,
        kp: f64,
        ti_s: f64,
        td_s: f64,
        derivative_filter: f64,
        period_s: f64,
    ) -> Self {
        let tf = saturate(td_s / derivative_filter);
        Self {
            kp,
            ki: saturate(kp * period_s / ti_s),
            keep: tf / (tf + period_s),
            kd: saturate(kp * td_s / (tf + period_s)),
            ..*self
        }
    }

    /// How far `v` of the last sample stood outside the limits.
    #[inline]
    pub(super) fn excess(&self, s: &PidState) -> f64 {
        s.v - limit(s.v, self.lo, self.hi)
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
    type Words<R: Real> = [R; 7];
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
            clamping: PackBits::masks(lanes.map(|lane| lane.clamping)),
            external: PackBits::masks(lanes.map(|lane| lane.external)),
            derivative_weight: side_by_side!(lanes.derivative_weight),
            lo: side_by_side!(lanes.lo),
            hi: side_by_side!(lanes.hi),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &PidKernel<R>, words: &mut [R; 7], input: [R; 5]) -> [R; 1] {
        let [sp, pv, feedforward, track, automatic] = input;
        let [i, d, last_p, last_sp, last_pv, primed, last_v] = words;
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

        let drawn = (*i + of.give * (track - *last_v)).saturate();
        *i = R::select(of.external & of.integral & !first, drawn, *i);

        let change = pv - *last_pv;
        let weighted = change - of.derivative_weight * (sp - *last_sp);
        let change = R::select(of.derivative_weight.equals(R::of(0.0)), change, weighted);
        *d = (of.keep * *d - (of.kd * change).saturate()).saturate();
        (*last_p, *last_sp, *last_pv) = (p, sp, pv);
        let v = p + *i + *d + feedforward;
        let manual = first | !automatic.is_on();
        let mv = R::select(manual, track, v).limit(of.lo, of.hi);
        let wanted = (of.ki * (sp - pv)).saturate();
        let zero = R::of(0.0);
        let outwards = (v.above(mv) & wanted.above(zero)) | (v.below(mv) & wanted.below(zero));
        let change = wanted + of.give * (mv - v);
        let change = R::select(of.external, wanted, change);
        let change = R::select(of.clamping, R::select(outwards, zero, wanted), change);
        let change = R::select(of.integral, change, -of.give * *i);
        *last_v = R::select(manual, mv, v.saturate());
        let taken_over = (mv - p - *d - feedforward).saturate();
        *i = R::select(manual, taken_over, (*i + change).saturate());
        [mv]
    }
}

#[cfg(test)]
#[path = "pid_tests.rs"]
mod tests;
