//! Does a swinging loop swing because its actuator sticks? A hint from the record, by two witnesses.
//!
//! **Phase** (Horch 1999). With integral action that dominates, the correlation of `mv` and `pv` over the lag
//! is odd when the actuator sticks, and even when the loop is tuned too tightly or a swing comes from outside.
//! Measured at its first zeros `left`, `right` on both sides of lag zero, and its largest magnitude between:
//! ```text
//! d_tau = |left - right|/(left + right)       d_rho = (largest - |r(0)|)/(largest + |r(0)|)
//! ```
//! both above 2/3 speak for stiction, both below 1/3 against it.
//!
//! **Shape** (He, Wang, Pottmann and Qin 2007). A stuck actuator leaves the controller integrating a constant
//! error, so each half swing of `mv` is more like a triangle than like a sine:
//! `shape = mean square misfit of sines/(that of sines + that of triangles)`; above 0.6 speaks for it, below
//! 0.4 against it.
//!
//! The verdict needs a witness and no contradiction. A hint, not a proof: stroke the actuator by hand before
//! it is taken out. A swing from outside that is no sine is mistaken for stiction.

use alloc::vec::Vec;

use super::loop_health::{Oscillation, oscillation};
use super::time_series::{self, cross, detrended};
use crate::DesignError;

/// What the record says of stiction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The actuator probably sticks.
    Stiction,
    /// The loop swings for another reason.
    OtherCause,
    /// The loop does not swing.
    NoOscillation,
    /// It swings, and the record does not tell why.
    Undecided,
    /// An integrating plant, of which this test says nothing.
    NotDecidable,
}

/// What [`stiction`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stiction {
    /// The hint.
    pub verdict: Verdict,
    /// How far the witnesses speak for the verdict, 0 to 1; not a probability. 0 without a hint.
    pub evidence: f64,
    /// How odd the correlation is by its zeros, 0 to 1.
    pub d_tau: f64,
    /// How odd it is by its height at lag zero, 0 to 1.
    pub d_rho: f64,
    /// How much more like a triangle than like a sine `mv` is, 0 to 1; 0.5 for neither.
    pub shape: f64,
    /// Period of the swing, s; none when there is none.
    pub period_s: Option<f64>,
}

/// Looks for stiction in the record of a loop: `mv` is the controller's output, `pv` the process value,
/// samples `period_s` apart. Say `integrating` for a level or a position: the test is not valid there.
///
/// # Errors
/// `mv` and `pv` of different length, shorter than 40 samples or not finite; `period_s` not positive.
pub fn stiction(
    mv: &[f64],
    pv: &[f64],
    period_s: f64,
    integrating: bool,
) -> Result<Stiction, DesignError> {
    let swing = oscillation(pv, period_s)
        .map_err(|e| if e.parameter == "y" { DesignError { parameter: "pv", ..e } } else { e })?;
    time_series::usable("mv", mv, 40)?;
    let same = mv.len() == pv.len();
    DesignError::unless(same, "mv", "as long as pv", mv.len() as f64)?;
    let nothing = |verdict| Stiction {
        verdict,
        evidence: 0.0,
        d_tau: 0.0,
        d_rho: 0.0,
        shape: 0.5,
        period_s: swing.period_s.filter(|_| swing.oscillating),
    };
    if integrating {
        return Ok(nothing(Verdict::NotDecidable));
    }
    let Some(samples) = swing.period_s.filter(|_| swing.oscillating).map(|p| p / period_s) else {
        return Ok(nothing(Verdict::NoOscillation));
    };
    let Some((d_tau, d_rho)) = oddness(mv, pv, samples) else {
        return Ok(nothing(Verdict::Undecided));
    };
    let shape = shape(&detrended(mv), samples);
    // +1 for stiction, -1 against it, by a third of the range each.
    let vote =
        |x: f64, against: f64, given: f64| f64::from(i8::from(x > given) - i8::from(x < against));
    let phase = vote(d_tau, 1.0 / 3.0, 2.0 / 3.0) + vote(d_rho, 1.0 / 3.0, 2.0 / 3.0);
    let phase = if libm::fabs(phase) > 1.5 { 0.5 * phase } else { 0.0 };
    let of_shape = vote(shape, 0.4, 0.6);
    let (verdict, evidence) = match phase + of_shape {
        sum if sum > 0.5 => (Verdict::Stiction, shape.max(d_tau.min(d_rho))),
        sum if sum < -0.5 => (Verdict::OtherCause, 1.0 - shape.min(d_tau.max(d_rho))),
        _ => (Verdict::Undecided, 0.0),
    };
    let Oscillation { period_s, .. } = swing;
    Ok(Stiction { verdict, evidence, d_tau, d_rho, shape, period_s })
}

/// The half swings of a centred record, `(from, to)` in samples: between zeros that a tenth of its standard
/// deviation on the other side confirms.
fn half_swings(x: &[f64]) -> Vec<(f64, f64)> {
    let beyond = 0.1 * libm::sqrt(cross(x, x, 0));
    let mut zeros: Vec<f64> = Vec::new();
    let (mut side, mut zero) = (0.0, 0.0);
    for (t, (a, b)) in x.iter().zip(x.iter().skip(1)).enumerate() {
        if a * side >= 0.0 && b * side < 0.0 {
            zero = t as f64 + a / (a - b);
        }
        if libm::fabs(*b) > beyond && b * side <= 0.0 {
            if side != 0.0 {
                zeros.push(zero);
            }
            side = if *b > 0.0 { 1.0 } else { -1.0 };
        }
    }
    zeros.iter().copied().zip(zeros.iter().copied().skip(1)).collect()
}

/// Share of the sines' misfit in that of sines and triangles, over all half swings.
fn shape(x: &[f64], samples: f64) -> f64 {
    let (mut sines, mut triangles) = (0.0, 0.0);
    for (from, to) in half_swings(x) {
        let (first, last) = (libm::ceil(from) as usize, libm::floor(to) as usize);
        let inside = x.get(first..=last).unwrap_or_default();
        // What is far from half a period is no half swing of this one.
        if inside.len() < 6 || libm::fabs((to - from) - 0.5 * samples) > 0.25 * samples {
            continue;
        }
        let way = |i: usize| (first + i) as f64 - from;
        let wide = to - from;
        let misfit = |form: &dyn Fn(f64) -> f64| {
            let (mut both, mut own, mut all) = (0.0, 0.0, 0.0);
            for (i, v) in inside.iter().enumerate() {
                let f = form(way(i) / wide);
                (both, own, all) = (both + f * v, own + f * f, all + v * v);
            }
            all - both * both / own
        };
        sines += misfit(&|at| libm::sin(core::f64::consts::PI * at));
        let tents = (2..=18).map(|k| f64::from(k) / 20.0);
        let tent =
            |top: f64| misfit(&|at| if at < top { at / top } else { (1.0 - at) / (1.0 - top) });
        triangles += tents.map(tent).fold(f64::INFINITY, f64::min);
    }
    if sines + triangles > 0.0 { sines / (sines + triangles) } else { 0.5 }
}

/// `(d_tau, d_rho)`; none when the correlation has no zero within a period.
fn oddness(mv: &[f64], pv: &[f64], samples: f64) -> Option<(f64, f64)> {
    let (u, y) = (detrended(mv), detrended(pv));
    let most = (libm::ceil(samples) as usize).min(u.len() / 2);
    let later: Vec<f64> = (0..=most).map(|lag| cross(&u, &y, lag)).collect();
    let earlier: Vec<f64> = (0..=most).map(|lag| cross(&y, &u, lag)).collect();
    let (right, left) = (first_zero(&later)?, first_zero(&earlier)?);
    let within = |side: &[f64], zero: f64| -> f64 {
        let inside = side.iter().take(libm::floor(zero) as usize + 1);
        inside.fold(0.0, |m, r| m.max(libm::fabs(*r)))
    };
    let here = libm::fabs(*later.first()?);
    let largest = within(&later, right).max(within(&earlier, left));
    let apart = |a: f64, b: f64| if a + b > 0.0 { libm::fabs(a - b) / (a + b) } else { 0.0 };
    Some((apart(left, right), apart(largest, here)))
}

/// Lag of the first change of sign.
fn first_zero(side: &[f64]) -> Option<f64> {
    let pairs = side.iter().zip(side.iter().skip(1)).enumerate();
    let mut crossings = pairs.filter(|(_, (a, b))| (**a >= 0.0) != (**b >= 0.0));
    crossings.next().map(|(lag, (a, b))| lag as f64 + a / (a - b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// A PI loop around a first-order plant with dead time; gives `(mv, pv)` after the start.
    struct Loop {
        kp: f64,
        ti: f64,
        /// The valve moves only when the command is this far from it (He et al. 2007: it then jumps there).
        band: f64,
        /// Swing of a load from outside: amplitude, period in samples.
        load: (f64, f64),
        noise_sd: f64,
    }

    impl Loop {
        fn run(&self, seed: u64) -> (Vec<f64>, Vec<f64>) {
            let mut noise = Random(seed);
            let (mut x, mut integral, mut valve) = (0.0, 0.0, 0.0_f64);
            let mut past = [0.0; 5];
            let mut out = (Vec::new(), Vec::new());
            for t in 0..4000 {
                let turn = core::f64::consts::TAU * f64::from(t) / self.load.1;
                let pv = x + self.load.0 * turn.sin() + self.noise_sd * noise.bell();
                let e = 0.3 - pv;
                integral += self.kp / self.ti * e;
                let mv: f64 = self.kp * e + integral;
                if (mv - valve).abs() > self.band {
                    valve = mv;
                }
                past.rotate_right(1);
                past[0] = valve;
                x += 0.1 * (past[4] - x);
                if t >= 1000 {
                    out.0.push(mv);
                    out.1.push(pv);
                }
            }
            out
        }
    }

    const CALM: Loop = Loop { kp: 0.8, ti: 10.0, band: 0.0, load: (0.0, 50.0), noise_sd: 0.005 };

    fn verdicts(of: &Loop) -> Vec<Stiction> {
        let judge = |seed| {
            let (mv, pv) = of.run(seed);
            stiction(&mv, &pv, 1.0, false).unwrap()
        };
        (1..=20).map(judge).collect()
    }

    fn share(of: &[Stiction], verdict: Verdict) -> f64 {
        of.iter().filter(|s| s.verdict == verdict).count() as f64 / of.len() as f64
    }

    #[test]
    fn a_valve_that_sticks_is_named() {
        for band in [0.05, 0.2] {
            let found = verdicts(&Loop { band, ..CALM });
            assert!(share(&found, Verdict::Stiction) >= 0.9, "{band}: {found:?}");
        }
    }

    #[test]
    fn a_load_that_swings_and_a_tight_loop_are_not_stiction() {
        let load = verdicts(&Loop { load: (0.2, 60.0), ..CALM });
        assert!(share(&load, Verdict::Stiction) == 0.0, "{load:?}");
        // At the edge of stability noise alone keeps it swinging.
        let tight = verdicts(&Loop { kp: 3.35, ..CALM });
        assert!(share(&tight, Verdict::Stiction) == 0.0, "{tight:?}");
    }

    #[test]
    fn a_calm_loop_has_nothing_to_explain() {
        let found = verdicts(&CALM);
        assert!(share(&found, Verdict::NoOscillation) >= 0.95, "{found:?}");
    }

    #[test]
    fn an_integrating_plant_is_not_judged() {
        let (mv, pv) = Loop { band: 0.2, ..CALM }.run(1);
        let found = stiction(&mv, &pv, 1.0, true).unwrap();
        assert_eq!((found.verdict, found.evidence), (Verdict::NotDecidable, 0.0));
        assert!(found.period_s.is_some());
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let refused = |mv: &[f64], pv: &[f64]| stiction(mv, pv, 1.0, false).unwrap_err().parameter;
        assert_eq!(refused(&[0.0; 50], &[f64::NAN; 50]), "pv");
        assert_eq!(refused(&[0.0; 49], &[0.0; 50]), "mv");
        assert_eq!(refused(&[f64::INFINITY; 50], &[0.0; 50]), "mv");
    }
}
