//! S-curve: `y` runs to `target` with limited velocity, acceleration and jerk, and stops there.
//!
//! ```text
//! y' = v    v' = a    a' = j        |v| <= velocity_per_s    |a| <= acceleration_per_s2    |j| <= jerk_per_s3
//! ```
//! The move is the quickest one of the shape *to a peak velocity, cruise, to rest* (seven stretches of
//! constant jerk; Haschke, Weitnauer and Ritter 2008); the peak is found by bisection when the target
//! changes and the stretches are played back after that, between samples exactly. From rest that is the
//! quickest move there is. The target may change at any time, from any motion: the new move begins at
//! the position, velocity and acceleration of the moment. It passes the target only when it could not
//! stop before it, and it arrives to the bit.
//!
//! While `automatic` is off, `y` is `track` and stands still; the first sample is treated so too. A
//! limit lowered by retuning in mid-move is met as soon as the others allow. `velocity` and
//! `acceleration` may serve as feed-forward.

use crate::number::{is_on, saturate};
use crate::{Design, DesignError, Kernel, Port};

/// Config of the S-curve.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SCurve {
    /// Largest velocity, unit of `target` per second; positive, 1e-60 to 1e60.
    pub velocity_per_s: f64,
    /// Largest acceleration, unit of `target` per second squared; positive, 1e-60 to 1e60.
    pub acceleration_per_s2: f64,
    /// Largest jerk, unit of `target` per second cubed; positive, 1e-60 to 1e60.
    pub jerk_per_s3: f64,
}

/// Coefficients of [`SCurve`].
#[derive(Debug, Clone, Copy)]
pub struct SCurveKernel {
    limits: Limits,
    period_s: f64,
}

/// Velocity, acceleration and jerk.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
struct Limits {
    v: f64,
    a: f64,
    j: f64,
}

/// Where the move stands: the way that is left, velocity, acceleration.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Motion {
    gap: f64,
    v: f64,
    a: f64,
}

/// State of [`SCurve`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SCurveState {
    motion: Motion,
    target: f64,
    /// The limits the stretches were made for.
    limits: Limits,
    /// Time left of each stretch, s, and its jerk.
    left_s: [f64; 7],
    jerk: [f64; 7],
    peak: f64,
    primed: u64,
}

impl Design for SCurve {
    type Kernel = SCurveKernel;
    const NAME: &'static str = "SCurve";
    const INPUTS: &'static [Port] =
        &[Port::new("target", "a"), Port::new("track", "a"), Port::new("automatic", "1")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("y", "a"), Port::new("velocity", "b"), Port::new("acceleration", "c")];

    fn design(&self, period_s: f64) -> Result<SCurveKernel, DesignError> {
        DesignError::period(period_s)?;
        let usable = |parameter, x: f64| {
            let range = (1e-60..=1e60).contains(&x);
            DesignError::unless(range, parameter, "1e-60 to 1e60", x)
        };
        usable("velocity_per_s", self.velocity_per_s)?;
        usable("acceleration_per_s2", self.acceleration_per_s2)?;
        usable("jerk_per_s3", self.jerk_per_s3)?;
        let limits =
            Limits { v: self.velocity_per_s, a: self.acceleration_per_s2, j: self.jerk_per_s3 };
        Ok(SCurveKernel { limits, period_s })
    }
}

/// Three stretches from `(v, a)` to `(to, 0)`.
#[derive(Clone, Copy)]
struct Leg {
    left_s: [f64; 3],
    jerk: [f64; 3],
}

impl Limits {
    /// The quickest change of velocity to `to`.
    fn leg(&self, v: f64, a: f64, to: f64) -> Leg {
        // Where the velocity ends when the acceleration is only taken away.
        let coast = v + a * libm::fabs(a) / (2.0 * self.j);
        let sign = if to >= coast { 1.0 } else { -1.0 };
        let (a, rise) = (sign * a, sign * (to - v));
        // rise = (peak^2 - a^2)/(2j) + peak^2/(2j)
        let free = libm::sqrt((self.j * rise + 0.5 * a * a).max(0.0));
        let peak = free.min(self.a);
        let first = (peak - a) / self.j;
        let hold = if free > self.a {
            let there = 0.5 * (peak + a) * libm::fabs(first) + 0.5 * peak * peak / self.j;
            ((rise - there) / peak).max(0.0)
        } else {
            0.0
        };
        let up = if first < 0.0 { -self.j } else { self.j };
        Leg {
            left_s: [libm::fabs(first), hold, peak / self.j],
            jerk: [sign * up, 0.0, -sign * self.j],
        }
    }

    /// Both legs over `peak`, and the way they make.
    fn over(&self, v: f64, a: f64, peak: f64) -> (Leg, Leg, f64) {
        let (to, from) = (self.leg(v, a, peak), self.leg(peak, 0.0, 0.0));
        let mut motion = Motion { gap: 0.0, v, a };
        for (leg, end) in [(&to, peak), (&from, 0.0)] {
            for (time_s, jerk) in leg.left_s.iter().zip(leg.jerk) {
                motion.advance(*time_s, jerk);
            }
            (motion.v, motion.a) = (end, 0.0);
        }
        (to, from, -motion.gap)
    }

    /// A peak velocity whose legs go as far as `gap` without passing it. The way is continuous in the
    /// peak, so bisection finds one; from rest it also grows with it, and there is no other.
    fn peak(&self, v: f64, a: f64, gap: f64) -> f64 {
        let way = |peak: f64| self.over(v, a, peak).2;
        let sign = if gap >= way(0.0) { 1.0 } else { -1.0 };
        let short = |peak: f64| sign * way(sign * peak) <= sign * gap;
        if short(self.v) {
            return sign * self.v;
        }
        let (mut low, mut high) = (0.0, self.v);
        // What bisection leaves of the way is made at the peak; 60 halvings leave nothing that shows.
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if short(middle) { low = middle } else { high = middle }
        }
        sign * low
    }
}

impl Motion {
    #[inline]
    fn advance(&mut self, time_s: f64, jerk: f64) {
        let by_jerk = 0.5 * jerk * time_s;
        let way = time_s * (self.v + time_s * (0.5 * self.a + by_jerk / 3.0));
        self.gap = saturate(self.gap - way);
        self.v = saturate(self.v + time_s * (self.a + by_jerk));
        self.a = saturate(self.a + jerk * time_s);
    }
}

impl SCurveState {
    /// Lays out the stretches to a gap of zero.
    #[cold]
    fn plan(&mut self, limits: Limits) {
        let Motion { gap, v, a } = self.motion;
        let peak = limits.peak(v, a, gap);
        let (to, from, way) = limits.over(v, a, peak);
        let rest = gap - way;
        let cruise = if peak == 0.0 { 0.0 } else { saturate(rest / peak).max(0.0) };
        let ([a, b, c], [d, e, f]) = (to.left_s, from.left_s);
        self.left_s = [a, b, c, cruise, d, e, f].map(saturate);
        let ([a, b, c], [d, e, f]) = (to.jerk, from.jerk);
        self.jerk = [a, b, c, 0.0, d, e, f];
        (self.limits, self.peak) = (limits, peak);
    }

    /// Plays the stretches for one sample.
    #[inline]
    fn play(&mut self, mut time_s: f64) {
        for (i, (left_s, jerk)) in self.left_s.iter_mut().zip(self.jerk).enumerate() {
            if *left_s > time_s {
                self.motion.advance(time_s, jerk);
                *left_s -= time_s;
                return;
            }
            self.motion.advance(*left_s, jerk);
            if i == 2 && *left_s > 0.0 {
                (self.motion.v, self.motion.a) = (self.peak, 0.0);
            }
            time_s -= *left_s;
            *left_s = 0.0;
        }
        // Arrived: what rounding left is gone too.
        self.motion = Motion { gap: 0.0, v: 0.0, a: 0.0 };
        self.peak = 0.0;
    }
}

impl Kernel for SCurveKernel {
    type State = SCurveState;
    type Input = [f64; 3];
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut SCurveState, _: &mut [f64], input: [f64; 3]) -> [f64; 3] {
        let [target, track, automatic] = input;
        if s.primed == 0 || !is_on(automatic) {
            *s = SCurveState {
                target: track,
                limits: self.limits,
                primed: 1,
                ..bytemuck::Zeroable::zeroed()
            };
            return [track, 0.0, 0.0];
        }
        if target != s.target || self.limits != s.limits {
            s.motion.gap = saturate(s.motion.gap + saturate(target - s.target));
            s.target = target;
            s.plan(self.limits);
        }
        s.play(self.period_s);
        [saturate(target - s.motion.gap), s.motion.v, s.motion.a]
    }
}

#[cfg(test)]
#[path = "s_curve_tests.rs"]
mod tests;
