//! What a zig-zag scan makes of a machine-direction wave: a cross profile that is not there.
//!
//! Traverse `k` takes `T = traverse_s`; place `x` (0 to 1 across) is passed at `(k + x)*T` on the way out
//! and `(k + 1 - x)*T` on the way back. The mean of `J` pairs of traverses of `cos(w*t + phase)` is
//! `|D| * cos(w*T*(1 - x))` at its worst phase, with `D = sin(J*w*T)/(J*sin(w*T))`: a standing profile of
//! `2*T/period` half waves, at full size when that is a whole number. The sine phase of an even number
//! cancels between the ways. Traverse times that differ (`traverse_sd_s`) make it average out.

use core::f64::consts::{PI, TAU};

use crate::DesignError;

/// A false profile of this share of the wave is not to be corrected.
const HARMFUL: f64 = 0.1;

/// What [`scan_aliasing`] found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanAliasing {
    /// Half waves across the web that the wave looks like; 0 for one that looks like a shift of level.
    pub harmonic: u32,
    /// Amplitude of the false standing profile over that of the wave, 0 to 1, at the worst phase.
    pub false_cd: f64,
    /// The false profile is a tenth of the wave or more: what the mean profile shows may not be there.
    pub aliased: bool,
    /// Time in which the false profile drifts through once, s; none when the wave is exactly in step.
    pub beat_s: Option<f64>,
}

/// Tells whether a machine-direction wave of `wave_s` (its period, s) passes for a cross profile in the
/// mean of `traverses` traverses of `traverse_s` each over `boxes` boxes.
///
/// `traverse_sd_s` is the standard deviation of the traverse time. A wave fixed to a roll has
/// `wave_s = pi*diameter/speed`. The scanning gauge finds such waves in its readings; this tells beforehand.
///
/// # Errors
/// A time that is not positive (`traverse_sd_s`: negative), `boxes` below 4 or above 512, `traverses` below
/// 2 or above 1,000,000.
pub fn scan_aliasing(
    traverse_s: f64,
    wave_s: f64,
    boxes: u32,
    traverses: u32,
    traverse_sd_s: f64,
) -> Result<ScanAliasing, DesignError> {
    DesignError::positive("traverse_s", traverse_s)?;
    DesignError::positive("wave_s", wave_s)?;
    DesignError::unless((4..=512).contains(&boxes), "boxes", "4 to 512", f64::from(boxes))?;
    let fits = (2..=1_000_000).contains(&traverses);
    DesignError::unless(fits, "traverses", "2 to 1000000", f64::from(traverses))?;
    DesignError::not_negative("traverse_sd_s", traverse_sd_s)?;
    let half_waves = 2.0 * traverse_s / wave_s;
    DesignError::unless(half_waves <= 1e6, "wave_s", "a millionth of traverse_s or more", wave_s)?;
    let harmonic = libm::round(half_waves);
    let off_per_s = libm::fabs(half_waves - harmonic) / (2.0 * traverse_s);
    // Each reading is a mean over its box.
    let turn = PI * traverse_s / (wave_s * f64::from(boxes));
    let blur = libm::fabs(libm::sin(turn) / turn);
    let false_cd = blur * coherence(half_waves - harmonic, traverse_sd_s / wave_s, traverses / 2);
    Ok(ScanAliasing {
        harmonic: harmonic as u32,
        false_cd,
        aliased: harmonic > 0.0 && false_cd >= HARMFUL,
        beat_s: (off_per_s > 1e-12 / traverse_s).then(|| 1.0 / off_per_s),
    })
}

/// Root mean square of the mean of `pairs` waves whose phases advance by `off` turns, with a random part
/// of standard deviation `sd` turns for each of the two traverses of a pair.
fn coherence(off: f64, sd: f64, pairs: u32) -> f64 {
    let count = f64::from(pairs);
    let loss = libm::exp(-(TAU * sd) * (TAU * sd));
    let (mut sum, mut kept) = (count, 1.0);
    for apart in 1..pairs {
        kept *= loss;
        if kept < 1e-18 {
            break;
        }
        let apart = f64::from(apart);
        sum += 2.0 * (count - apart) * kept * libm::cos(TAU * off * apart);
    }
    libm::sqrt((sum / (count * count)).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const BOXES: usize = 66;

    /// The largest of the mean profile that `traverses` traverses read of a wave, over all its phases.
    fn largest(traverse_s: f64, wave_s: f64, traverses: u32, sd_s: f64, seed: u64) -> f64 {
        let mut noise = Random(seed);
        let (mut cosine, mut sine) = ([0.0; BOXES], [0.0; BOXES]);
        let mut start_s = 0.0;
        for k in 0..traverses {
            let own_s = traverse_s + sd_s * noise.bell();
            for b in 0..BOXES {
                let x = (b as f64 + 0.5) / BOXES as f64;
                let way = if k % 2 == 0 { x } else { 1.0 - x };
                let (s, c) = (TAU * (start_s + way * own_s) / wave_s).sin_cos();
                cosine[b] += c / f64::from(traverses);
                sine[b] += s / f64::from(traverses);
            }
            start_s += own_s;
        }
        let size = |(c, s): (&f64, &f64)| c.hypot(*s);
        cosine.iter().zip(&sine).map(size).fold(0.0, f64::max)
    }

    #[test]
    fn c56_a_ripple_of_the_traverse_period_is_a_profile_of_full_size() {
        // 0.66 m at 0.30 m/s, a roll of 0.70 m diameter at 1 m/s.
        let found = scan_aliasing(2.2, 2.2, 66, 100, 0.0).unwrap();
        assert_eq!((found.harmonic, found.aliased, found.beat_s), (2, true, None));
        assert!((found.false_cd - 1.0).abs() < 0.02, "{found:?}");
        let roll = scan_aliasing(2.2, PI * 0.70, 66, 100, 0.0).unwrap();
        assert!(roll.aliased && roll.beat_s.unwrap() > 1000.0, "{roll:?}");
    }

    #[test]
    fn it_is_what_the_mean_of_the_readings_shows() {
        for (wave_s, traverses) in
            [(2.2, 100), (2.205, 100), (4.4, 60), (2.25, 20), (3.1, 40), (0.55, 10)]
        {
            let told = scan_aliasing(2.2, wave_s, 66, traverses, 0.0).unwrap().false_cd;
            let read = largest(2.2, wave_s, traverses, 0.0, 1);
            // A place where the wave peaks is within half a box; the blur of a box is below 1 %.
            assert!((told - read).abs() < 0.02, "{wave_s}: told {told}, read {read}");
        }
    }

    #[test]
    fn traverse_times_that_differ_make_it_average_out() {
        let told = scan_aliasing(2.2, 2.2, 66, 200, 0.22).unwrap();
        let squares = (1..=100).map(|seed| largest(2.2, 2.2, 200, 0.22, seed).powi(2));
        let read = (squares.sum::<f64>() / 100.0).sqrt();
        assert!(told.false_cd < 0.35, "{told:?}");
        // The readings' largest place is picked after the fact, so somewhat more.
        assert!(read > 0.8 * told.false_cd && read < 1.4 * told.false_cd, "{told:?}, read {read}");
        assert!(!scan_aliasing(2.2, 3.1, 66, 200, 0.0).unwrap().aliased);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let refused = |t, w, b, k, sd| scan_aliasing(t, w, b, k, sd).unwrap_err().parameter;
        assert_eq!(refused(0.0, 1.0, 66, 10, 0.0), "traverse_s");
        assert_eq!(refused(2.2, f64::NAN, 66, 10, 0.0), "wave_s");
        assert_eq!(refused(2.2, 1e-9, 66, 10, 0.0), "wave_s");
        assert_eq!(refused(2.2, 1.0, 3, 10, 0.0), "boxes");
        assert_eq!(refused(2.2, 1.0, 66, 1, 0.0), "traverses");
        assert_eq!(refused(2.2, 1.0, 66, 10, -0.1), "traverse_sd_s");
    }
}
