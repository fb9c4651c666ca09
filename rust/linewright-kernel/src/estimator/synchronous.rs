//! Which part of a scanned profile may be machine-direction variation in step with the scan.
//!
//! A zig-zag scan takes `T` per traverse. Variation along the web of period `2T/j` reads at box `b` of
//! `n`, on the way out and on the way back:
//! - cosine phase: `cos(pi*j*(b + 1/2)/n)` both ways: a standing profile, though there is none;
//! - sine phase: `+-sin(pi*j*(b + 1/2)/n)`, with the sign of the way: the half difference of the ways.
//!
//! So a strong single sine in the half difference proves such a variation, and a profile that is one
//! single cosine of even `j` (period `T`, `T/2`, ...) cannot be told from it while the scan is regular.

/// Highest harmonic looked at.
const MOST_HARMONICS: usize = 16;
/// A harmonic counts when it exceeds this many of its standard deviations; two per traverse and
/// harmonic are looked at, so noise alone does so about once in 50 000 traverses.
const SIGNIFICANT: f64 = 5.0;
/// A second harmonic of this many standard deviations, and of this share of the first, says that the
/// profile is not a single wave. Lower, as it speaks against the doubt.
const COMPANION_SIGNIFICANT: f64 = 3.0;
const COMPANION_SHARE: f64 = 0.1;

/// A component of the profile: `amplitude * cos(pi * harmonic * (b + 1/2) / boxes)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wave {
    pub(super) harmonic: f64,
    pub(super) amplitude: f64,
}

impl Wave {
    /// Value at box `b` of `boxes`.
    pub(super) fn at(&self, b: usize, boxes: usize) -> f64 {
        let turn = core::f64::consts::PI * self.harmonic * (b as f64 + 0.5) / boxes as f64;
        self.amplitude * libm::cos(turn)
    }
}

/// Amplitudes of the harmonics of both parts, `2/n * sum(profile * wave)`.
struct Spectrum {
    cosine: [f64; MOST_HARMONICS],
    sine: [f64; MOST_HARMONICS],
    count: usize,
}

impl Spectrum {
    fn of(profile: &[f64], difference: &[f64]) -> Self {
        let n = profile.len();
        let count = (n / 2).min(MOST_HARMONICS);
        let mut spectrum = Self { cosine: [0.0; 16], sine: [0.0; 16], count };
        let bins = spectrum.cosine.iter_mut().zip(&mut spectrum.sine).take(count);
        for (j, (cosine, sine)) in bins.enumerate() {
            let turn = core::f64::consts::PI * (j + 1) as f64 / n as f64;
            let (step_s, step_c) = libm::sincos(turn);
            let (mut s, mut c) = libm::sincos(0.5 * turn);
            for (even, odd) in profile.iter().zip(difference) {
                *cosine += even * c * 2.0 / n as f64;
                *sine += odd * s * 2.0 / n as f64;
                (s, c) = (s * step_c + c * step_s, c * step_c - s * step_s);
            }
        }
        spectrum
    }

    /// Index and amplitude of the largest, and the size of the second.
    fn peaks(amplitudes: &[f64]) -> (usize, f64, f64) {
        let (mut at, mut first, mut second) = (0, 0.0_f64, 0.0_f64);
        for (j, a) in amplitudes.iter().enumerate() {
            if libm::fabs(*a) > libm::fabs(first) {
                (at, second, first) = (j, libm::fabs(first), *a);
            } else {
                second = second.max(libm::fabs(*a));
            }
        }
        (at, first, second)
    }
}

/// What a traverse says of the profile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Finding {
    /// Nothing speaks against the profile.
    Trusted,
    /// This component cannot be told from a variation in step with the scan.
    Doubtful(Wave),
    /// A variation in step with the scan is there; this component is its, or partly so.
    Synchronous(Wave),
}

/// Looks for a cosine that may be machine-direction variation.
///
/// `profile` is the mean of both ways, `difference` half their difference, `sd_profile` and
/// `sd_difference` the standard deviations noise gives a harmonic of them; `regular` tells that the
/// traverses take equal time.
pub(super) fn find(
    profile: &[f64],
    difference: &[f64],
    sd_profile: f64,
    sd_difference: f64,
    regular: bool,
) -> Finding {
    let spectrum = Spectrum::of(profile, difference);
    let cosine = spectrum.cosine.get(..spectrum.count).unwrap_or_default();
    let sine = spectrum.sine.get(..spectrum.count).unwrap_or_default();
    let (j, first, second) = Spectrum::peaks(sine);
    if libm::fabs(first) > SIGNIFICANT * sd_difference && second < 0.5 * libm::fabs(first) {
        let amplitude = cosine.get(j).copied().unwrap_or(0.0);
        return Finding::Synchronous(Wave { harmonic: (j + 1) as f64, amplitude });
    }
    let (j, first, second) = Spectrum::peaks(cosine);
    let strong = libm::fabs(first) > SIGNIFICANT * sd_profile;
    let companion = (COMPANION_SHARE * libm::fabs(first)).max(COMPANION_SIGNIFICANT * sd_profile);
    let alone = second < companion;
    let even = (j + 1) % 2 == 0;
    if regular && strong && alone && even {
        return Finding::Doubtful(Wave { harmonic: (j + 1) as f64, amplitude: first });
    }
    Finding::Trusted
}
