//! In which order a sample passes the sections.
//!
//! Rising resonance is the usual order. A wide band-stop or band-pass has sections that amplify what others
//! take back; in that order several of them would follow one another, and the rounding of a signal grown by many
//! decades would outweigh the output. So a section gives way to one that leaves ten times less of that: the
//! product of the largest gain so far and the largest gain to come.

use super::cascade::{MOST_SECTIONS, Reference, Section};
use super::fixed::Fixed;

/// Frequencies looked at: the angle of each section's poles and both ends of the band.
const FREQUENCIES: usize = MOST_SECTIONS + 2;
/// Advantage for which the usual order is left.
const WORTH: f64 = 10.0;

/// Gains of a section at the frequencies.
type Gains = [f64; FREQUENCIES];

#[derive(Debug, Clone, Copy, Default)]
struct Candidate {
    section: Section,
    gains: Gains,
}

/// The sections, given in order of rising resonance and scaled, in the order in which they should run.
pub(super) fn balanced(rising: &Fixed<Section, MOST_SECTIONS>) -> Fixed<Section, MOST_SECTIONS> {
    let mut waiting = Fixed::<Candidate, MOST_SECTIONS>::default();
    for section in rising.iter() {
        let mut gains = [1.0; FREQUENCIES];
        let angles = rising.iter().map(Section::pole_angle);
        let ends = [Reference::Zero, Reference::Half];
        for (gain, at) in gains.iter_mut().zip(ends.into_iter().chain(angles)) {
            *gain = section.gain(at);
        }
        waiting.push(Candidate { section: *section, gains });
    }
    let mut so_far = [1.0; FREQUENCIES];
    let mut out = Fixed::default();
    while let Some(first) = waiting.iter().next().copied() {
        // What rounding there is after a candidate: the largest gain up to it times the largest behind it.
        let rest = waiting.iter().fold([1.0; FREQUENCIES], |all, c| times(&all, &c.gains));
        let cost =
            |c: &Candidate| largest(&times(&so_far, &c.gains)) * largest(&over(&rest, &c.gains));
        let usual = cost(&first);
        let better = waiting.least_cost(|c| cost(&c)) * WORTH < usual;
        let chosen =
            if better { waiting.take_least(|c| cost(&c)) } else { waiting.take_least(|_| 0.0) };
        let chosen = chosen.unwrap_or_default();
        so_far = times(&so_far, &chosen.gains);
        out.push(chosen.section);
    }
    out
}

fn times(a: &Gains, b: &Gains) -> Gains {
    core::array::from_fn(|i| a.get(i).zip(b.get(i)).map_or(0.0, |(a, b)| a * b))
}

/// The quotient, zero where nothing passes.
fn over(a: &Gains, b: &Gains) -> Gains {
    core::array::from_fn(|i| match a.get(i).zip(b.get(i)) {
        Some((a, b)) if *b > 0.0 => a / b,
        _ => 0.0,
    })
}

fn largest(gains: &Gains) -> f64 {
    gains.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use crate::{Band, Butterworth, Chebyshev1, Design, Elliptic, Kernel, Running};

    /// Largest output for a coin toss of 1 and -1.
    fn peak<K: Kernel<Input = f64, Output = f64>>(kernel: K) -> f64 {
        let mut running = Running::new(kernel, []);
        let mut word = 1_u64;
        let mut peak = 0.0_f64;
        for _ in 0..50_000 {
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            peak = peak.max(running.update(if word >> 63 == 0 { 1.0 } else { -1.0 }).abs());
        }
        peak
    }

    #[test]
    fn the_widest_bands_do_not_drown_in_rounding() {
        for band in [Band::Bandstop, Band::Bandpass] {
            for (cutoff_hz, upper) in
                [(4.54e-5, 0.4374), (1e-5, 0.4999), (1e-5, 0.1), (0.01, 0.499)]
            {
                for order in 1..=8 {
                    let second_cutoff_hz = Some(upper);
                    let flat = Butterworth { cutoff_hz, order, band, second_cutoff_hz };
                    let ripple_db = 0.5;
                    let one = Chebyshev1 { cutoff_hz, order, band, second_cutoff_hz, ripple_db };
                    let stop_db = 40.0;
                    let both =
                        Elliptic { cutoff_hz, order, band, second_cutoff_hz, ripple_db, stop_db };
                    let peaks = [
                        peak(flat.design(1.0).unwrap()),
                        peak(one.design(1.0).unwrap()),
                        peak(both.design(1.0).unwrap()),
                    ];
                    assert!(
                        peaks.iter().all(|p| *p < 6.0),
                        "{band:?} {cutoff_hz} {upper} {order}: {peaks:?}"
                    );
                }
            }
        }
    }
}
