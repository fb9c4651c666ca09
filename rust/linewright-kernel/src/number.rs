//! Arithmetic that stays finite.

/// Largest magnitude a kernel takes in, gives out or keeps: beyond it nothing is a measurement.
/// It leaves eight decades below overflow, so that a sum or a modest gain cannot reach infinity.
pub const LARGEST: f64 = 1e300;

/// Limits `x` to what a kernel may keep; a quotient or product that overflowed becomes the limit.
#[inline]
pub(crate) fn saturate(x: f64) -> f64 {
    x.clamp(-LARGEST, LARGEST)
}

/// `1.0` for true, `0.0` for false: a flag on a port.
#[inline]
pub(crate) fn flag(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

/// True when a flag port is on.
#[inline]
pub(crate) fn is_on(x: f64) -> bool {
    x >= 0.5
}

/// Splits a delay in samples into whole and fraction; a value within rounding of a whole number is
/// taken as that number (0.3 s at 0.1 s is 3 samples, not 2.9999999999999996).
pub(crate) fn split_delay(samples: f64) -> (usize, f64) {
    let nearest = libm::round(samples);
    if libm::fabs(samples - nearest) <= 1e-9 * (1.0 + samples) {
        return (nearest as usize, 0.0);
    }
    let whole = libm::floor(samples);
    (whole as usize, samples - whole)
}

/// `x` limited to `lo..=hi`; spelled with comparisons so that the sign of zero is the same on every
/// machine, and without the panic of the standard one.
#[inline]
pub(crate) fn limit(x: f64, lo: f64, hi: f64) -> f64 {
    if x < lo {
        lo
    } else if x > hi {
        hi
    } else {
        x
    }
}
