//! Second-order sections in a row: the one step that every designed filter runs.
//!
//! Section `i` is `H(z) = (b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2)`, run as
//! `y = (b0*x + p) - a1*y; p = b1*x + q; q = b2*x - a2*y` (with the old `y`, `q` on the right until they
//! are set): from one output to the next there is one product and one difference; all else waits for
//! nothing, so sections can work on different samples at once and lanes side by side.

use super::complex::Complex;
use super::fixed::Fixed;
use super::order::balanced;
use super::roots::Roots;
use crate::Real;
use crate::number::{LARGEST, limit};

/// Sections of the largest cascade: a band filter of order 8.
pub const MOST_SECTIONS: usize = 8;

/// One section `(b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Section {
    /// Numerator `b0, b1, b2`.
    pub b: [f64; 3],
    /// Denominator `a1, a2`; the leading one is not stored.
    pub a: [f64; 2],
}

/// Coefficients of a cascade: the kernel of every filter that is designed as sections.
///
/// Lists go by section, so that a machine with wide registers can load a coefficient of several
/// sections at once; those beyond `count` are zero.
#[derive(Debug, Clone, Copy)]
pub struct Cascade<R: Real = f64> {
    /// Numerators.
    pub b0: [R; MOST_SECTIONS],
    /// Numerators, one sample back.
    pub b1: [R; MOST_SECTIONS],
    /// Numerators, two samples back.
    pub b2: [R; MOST_SECTIONS],
    /// Denominators, one sample back.
    pub a1: [R; MOST_SECTIONS],
    /// Denominators, two samples back.
    pub a2: [R; MOST_SECTIONS],
    /// Sections in use.
    pub count: usize,
    /// An input beyond this magnitude is taken as this; within it nothing can overflow.
    pub largest: R,
    /// Tells one design from another; never zero.
    pub design: R::Word,
    /// Gain at zero frequency.
    pub(super) dc_gain: R,
    /// True when zero frequency passes about as well as any other.
    pub(super) passes_dc: R::Mask,
}

/// State of a [`Cascade`]; all zero is nothing seen.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CascadeState {
    /// What the last two inputs and the last output but one add to the next output.
    pub p: [f64; MOST_SECTIONS],
    /// What the last input and output add to the next but one.
    pub q: [f64; MOST_SECTIONS],
    /// Last output of each section.
    pub y: [f64; MOST_SECTIONS],
    /// Last input of the cascade, limited to `largest`.
    pub input: f64,
    /// Last output of the cascade.
    pub output: f64,
    /// [`Cascade::design`] that the state belongs to; zero before the first sample.
    pub design: u64,
}

/// The frequency at which sections are scaled to unit gain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reference {
    /// Zero frequency.
    Zero,
    /// Half the sample rate.
    Half,
    /// Any other, by cosine and sine of its angle.
    Angle { cos: f64, sin: f64 },
}

impl Section {
    /// Magnitude of the numerator and of the denominator at `cos + i*sin` on the unit circle.
    /// At both ends of the band the sums are exact where it matters (Sterbenz 1974).
    fn sizes(&self, at: Reference) -> (f64, f64) {
        let ([b0, b1, b2], [a1, a2]) = (self.b, self.a);
        match at {
            Reference::Zero => (libm::fabs((b0 + b1) + b2), libm::fabs((1.0 + a1) + a2)),
            Reference::Half => (libm::fabs((b0 - b1) + b2), libm::fabs((1.0 - a1) + a2)),
            Reference::Angle { cos, sin } => (
                libm::hypot((b0 + b2) * cos + b1, (b0 - b2) * sin),
                libm::hypot((1.0 + a2) * cos + a1, (1.0 - a2) * sin),
            ),
        }
    }

    /// Gain at a frequency.
    pub(super) fn gain(&self, at: Reference) -> f64 {
        let (b, a) = self.sizes(at);
        b / a
    }

    /// Frequency of its poles: a complex pole stands at `r*exp(i*angle)`, `a1 = -2*r*cos(angle)`.
    pub(super) fn pole_angle(&self) -> Reference {
        let [a1, a2] = self.a;
        let cos = limit(-0.5 * a1 / libm::sqrt(a2.max(f64::MIN_POSITIVE)), -1.0, 1.0);
        Reference::Angle { cos, sin: libm::sqrt((1.0 - cos) * (1.0 + cos)) }
    }

    /// Magnitude of its larger pole.
    pub(super) fn largest_pole(&self) -> f64 {
        let [a1, a2] = self.a;
        let h = 0.5 * libm::fabs(a1);
        let d = h * h - a2;
        if d < 0.0 { libm::sqrt(a2) } else { h + libm::sqrt(d) }
    }

    /// No more than this comes out, nor stands in its state, when one goes in: with the larger pole
    /// at `r` the response of `1/(1 + a1/z + a2/z^2)` sums to `1/(1 - r)^2` at most.
    fn bound(&self) -> f64 {
        let room = 1.0 - self.largest_pole();
        let sum: f64 = self.b.iter().map(|b| libm::fabs(*b)).sum();
        let out = sum / (room * room);
        (4.0 * (sum + out)).max(1.0)
    }

    /// The section scaled to a gain of `gain` at `at`; left alone where that is impossible.
    pub(super) fn scaled(mut self, at: Reference, gain: f64) -> Self {
        let (b, a) = self.sizes(at);
        if b > 0.0 {
            self.b = self.b.map(|x| x * (gain * (a / b)));
        }
        self
    }
}

impl Cascade {
    /// Pairs digital zeros and poles, as many of one as of the other, into sections in order of
    /// rising resonance, each pole with its nearest zeros, as the usual numeric libraries do; in a wide band
    /// sections that amplify alternate with those that attenuate ([`balanced`]). Every section
    /// has unit gain at `at`, the first `level`, so that all states have the scale of `x`.
    pub(super) fn from_roots(
        mut zeros: Roots,
        mut poles: Roots,
        at: Reference,
        level: f64,
    ) -> Self {
        if poles.degree() % 2 == 1 {
            poles.reals.push(0.0);
            zeros.reals.push(0.0);
        }
        let mut found = Fixed::<Section, MOST_SECTIONS>::default();
        for _ in 0..poles.degree() / 2 {
            let (p, a) = next_poles(&mut poles);
            let b = nearest_zeros(&mut zeros, p);
            found.push(Section { b: [1.0, b[0], b[1]], a });
        }
        let mut rising = Fixed::<Section, MOST_SECTIONS>::default();
        for section in found.iter().rev() {
            rising.push(section.scaled(at, 1.0));
        }
        let ordered = balanced(&rising);
        let sections = ordered.iter().enumerate().map(|(i, section)| {
            let scale = if i == 0 { level } else { 1.0 };
            Section { b: section.b.map(|b| b * scale), a: section.a }
        });
        Self::from_sections(sections)
    }

    /// Sections in the order in which a sample passes them; eight at most are taken.
    pub(super) fn from_sections(sections: impl Iterator<Item = Section> + Clone) -> Self {
        let zero = [0.0; MOST_SECTIONS];
        let mut cascade = Self {
            b0: zero,
            b1: zero,
            b2: zero,
            a1: zero,
            a2: zero,
            count: 0,
            largest: LARGEST,
            design: 0xcbf2_9ce4_8422_2325,
            dc_gain: 1.0,
            passes_dc: true,
        };
        let mut bound = 1.0;
        for (i, section) in sections.clone().take(MOST_SECTIONS).enumerate() {
            cascade.set(i, section);
            bound *= section.bound();
            let sum = (section.b[0] + section.b[1]) + section.b[2];
            cascade.dc_gain *= sum / ((1.0 + section.a[0]) + section.a[1]);
        }
        cascade.largest = LARGEST / bound;
        cascade.passes_dc = libm::fabs(cascade.dc_gain) >= 0.5 * cascade.largest_gain();
        cascade
    }

    fn set(&mut self, i: usize, section: Section) {
        let words = [section.b[0], section.b[1], section.b[2], section.a[0], section.a[1]];
        let lists = [&mut self.b0, &mut self.b1, &mut self.b2, &mut self.a1, &mut self.a2];
        for (list, word) in lists.into_iter().zip(words) {
            if let Some(place) = list.get_mut(i) {
                *place = word;
            }
            // Fowler, Noll and Vo 1991, a word at a time; odd so that it is never zero.
            self.design = (self.design ^ word.to_bits()).wrapping_mul(0x0100_0000_01b3) | 1;
        }
        self.count = i + 1;
    }

    fn section(&self, i: usize) -> Section {
        let at = |list: &[f64; MOST_SECTIONS]| list.get(i).copied().unwrap_or(0.0);
        Section { b: [at(&self.b0), at(&self.b1), at(&self.b2)], a: [at(&self.a1), at(&self.a2)] }
    }

    /// Largest gain at the angle of a pole and at half the sample rate.
    fn largest_gain(&self) -> f64 {
        let poles = (0..self.count).map(|i| self.section(i).pole_angle());
        poles.chain([Reference::Half]).map(|at| self.gain(at)).fold(0.0, f64::max)
    }

    /// Gain at a frequency.
    pub(super) fn gain(&self, at: Reference) -> f64 {
        (0..self.count).map(|i| self.section(i).gain(at)).product()
    }

    /// The sections in the order in which a sample passes them, in the usual form: `b0` of all but
    /// the first is one and the first carries the whole gain.
    pub fn sections(&self) -> impl Iterator<Item = Section> + '_ {
        let gain: f64 = (0..self.count).map(|i| self.section(i).b[0]).product();
        (0..self.count).map(move |i| {
            let Section { b, a } = self.section(i);
            let scale = if i == 0 { gain } else { 1.0 };
            Section { b: b.map(|x| x / b[0] * scale), a }
        })
    }
}

/// The pole nearest to the unit circle, and with it its conjugate or the next real one: the pole,
/// and `a1, a2`.
fn next_poles(poles: &mut Roots) -> (Complex, [f64; 2]) {
    let room = |size: f64| libm::fabs(1.0 - size);
    let pair = poles.pairs.least_cost(|p| room(p.abs()));
    let real = poles.reals.least_cost(|r| room(libm::fabs(r)));
    if pair <= real {
        let p = poles.pairs.take_least(|p| room(p.abs())).unwrap_or_default();
        return (p, [-2.0 * p.re, p.square()]);
    }
    let mut take = || poles.reals.take_least(|r| room(libm::fabs(r))).unwrap_or_default();
    let (r, s) = (take(), take());
    (Complex::real(r), [-(r + s), r * s])
}

/// The zero nearest to `p`, and with it its conjugate or the next real one: `b1, b2`.
fn nearest_zeros(zeros: &mut Roots, p: Complex) -> [f64; 2] {
    let pair = zeros.pairs.least_cost(|z| (z - p).abs());
    let real = zeros.reals.least_cost(|r| (Complex::real(r) - p).abs());
    if pair < real {
        let z = zeros.pairs.take_least(|z| (z - p).abs()).unwrap_or_default();
        return [-2.0 * z.re, z.square()];
    }
    let mut take = || zeros.reals.take_least(|r| (Complex::real(r) - p).abs()).unwrap_or_default();
    let (r, s) = (take(), take());
    [-(r + s), r * s]
}
