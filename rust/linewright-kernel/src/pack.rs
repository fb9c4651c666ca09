//! Arithmetic written once, for one number and for a pack of eight.
//!
//! A kernel in *pack form* ([`Packed`]) writes its step over a [`Real`]: for `f64` that is the scalar
//! kernel, for [`Pack`] eight lanes at once. Both give the same bits: every operation of a pack is
//! the operation of the number, lane by lane, a choice is a [`Real::select`], and nothing is fused.
//! A `Pack` is plain arrays and loops; the compiler makes them the vectors of whatever it may use
//! where they are inlined, so a caller picks the instructions by where it calls from.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::Kernel;
use crate::number::LARGEST;

/// Lanes in a pack.
pub const WIDTH: usize = 8;

/// A number, or a pack of them.
pub trait Real:
    Copy
    + Send
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// Yes or no, for each lane.
    type Mask: Copy
        + Send
        + BitAnd<Output = Self::Mask>
        + BitOr<Output = Self::Mask>
        + Not<Output = Self::Mask>
        + 'static;
    /// A word that is no number (a count, a mark), for each lane.
    type Word: Copy + Send + 'static;

    /// `x` in every lane.
    fn of(x: f64) -> Self;
    /// Words that are no numbers as state holds them: only [`Self::holds`] may look at them.
    fn of_word(word: Self::Word) -> Self;
    /// The same word in every lane.
    fn word(bits: u64) -> Self::Word;
    /// Lanes that hold this word, bit for bit.
    fn holds(self, word: Self::Word) -> Self::Mask;
    /// `self > other`.
    fn above(self, other: Self) -> Self::Mask;
    /// `self >= other`.
    fn at_least(self, other: Self) -> Self::Mask;
    /// `self == other`.
    fn equals(self, other: Self) -> Self::Mask;
    /// `yes` where the mask is set, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// True when a lane of the mask is set.
    fn any(mask: Self::Mask) -> bool;
    /// Square root, rounded correctly.
    fn sqrt(self) -> Self;
    /// Magnitude.
    fn magnitude(self) -> Self;

    /// `self < other`.
    #[inline(always)]
    fn below(self, other: Self) -> Self::Mask {
        other.above(self)
    }

    /// `self` when it is above `other`, else `other`; so `other` when `self` is NaN.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Self::select(self.above(other), self, other)
    }

    /// Lanes whose word is zero: what state holds before anything was seen.
    #[inline(always)]
    fn is_unset(self) -> Self::Mask {
        self.holds(Self::word(0))
    }

    /// The word that state holds when something was seen.
    #[inline(always)]
    fn set() -> Self {
        Self::of_word(Self::word(1))
    }

    /// As [`crate::number::limit`].
    #[inline(always)]
    fn limit(self, lo: Self, hi: Self) -> Self {
        Self::select(self.below(lo), lo, Self::select(self.above(hi), hi, self))
    }

    /// As [`crate::number::saturate`].
    #[inline(always)]
    fn saturate(self) -> Self {
        self.limit(Self::of(-LARGEST), Self::of(LARGEST))
    }

    /// As [`crate::number::flag`].
    #[inline(always)]
    fn flag(mask: Self::Mask) -> Self {
        Self::select(mask, Self::of(1.0), Self::of(0.0))
    }

    /// As [`crate::number::is_on`].
    #[inline(always)]
    fn is_on(self) -> Self::Mask {
        self.at_least(Self::of(0.5))
    }

    /// Lanes that hold a number of at most 1e300 in magnitude: those a step may see.
    #[inline(always)]
    fn is_usable(self) -> Self::Mask {
        Self::of(LARGEST).at_least(self.magnitude())
    }
}

impl Real for f64 {
    type Mask = bool;
    type Word = u64;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn of_word(word: u64) -> Self {
        f64::from_bits(word)
    }
    #[inline(always)]
    fn word(bits: u64) -> u64 {
        bits
    }
    #[inline(always)]
    fn holds(self, word: u64) -> bool {
        self.to_bits() == word
    }
    #[inline(always)]
    fn above(self, other: Self) -> bool {
        self > other
    }
    #[inline(always)]
    fn at_least(self, other: Self) -> bool {
        self >= other
    }
    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        self == other
    }
    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
    #[inline(always)]
    fn any(mask: bool) -> bool {
        mask
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        libm::sqrt(self)
    }
    #[inline(always)]
    fn magnitude(self) -> Self {
        self.abs()
    }
}

/// Eight numbers side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Pack(pub [f64; WIDTH]);

/// Eight words side by side; as a mask, all bits of a lane or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct PackBits(pub [u64; WIDTH]);

impl Pack {
    /// Lane `i` from `source(i)`.
    #[inline(always)]
    pub fn gather(mut source: impl FnMut(usize) -> f64) -> Self {
        let mut out = Self([0.0; WIDTH]);
        for (i, x) in out.0.iter_mut().enumerate() {
            *x = source(i);
        }
        out
    }

    #[inline(always)]
    fn each(mut self, of: impl Fn(f64) -> f64) -> Self {
        for x in &mut self.0 {
            *x = of(*x);
        }
        self
    }

    /// Lane `i`; NaN beyond the end.
    #[inline(always)]
    pub fn lane(&self, i: usize) -> f64 {
        self.0.get(i).copied().unwrap_or(f64::NAN)
    }

    /// Sets lane `i`.
    #[inline(always)]
    pub fn set_lane(&mut self, i: usize, x: f64) {
        if let Some(lane) = self.0.get_mut(i) {
            *lane = x;
        }
    }
}

impl PackBits {
    /// A mask of these answers.
    #[inline(always)]
    pub fn masks(lanes: [bool; WIDTH]) -> Self {
        Self(lanes.map(|on| if on { !0 } else { 0 }))
    }

    #[inline(always)]
    fn compare(a: Pack, b: Pack, compare: impl Fn(f64, f64) -> bool) -> Self {
        let mut mask = Self([0; WIDTH]);
        for (m, (a, b)) in mask.0.iter_mut().zip(a.0.iter().zip(&b.0)) {
            *m = if compare(*a, *b) { !0 } else { 0 };
        }
        mask
    }
}

/// An operation of a pack: the operation of a number, lane by lane.
macro_rules! lane_by_lane {
    ($Type:ident: $($Trait:ident $method:ident $operator:tt),*) => { $(
        impl $Trait for $Type {
            type Output = Self;
            #[inline(always)]
            fn $method(mut self, other: Self) -> Self {
                for (a, b) in self.0.iter_mut().zip(&other.0) {
                    *a $operator *b;
                }
                self
            }
        }
    )* };
}

lane_by_lane!(Pack: Add add +=, Sub sub -=, Mul mul *=, Div div /=);
lane_by_lane!(PackBits: BitAnd bitand &=, BitOr bitor |=);

impl Neg for Pack {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.each(|x| -x)
    }
}

impl Not for PackBits {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        let mut out = self;
        for word in &mut out.0 {
            *word = !*word;
        }
        out
    }
}

impl Real for Pack {
    type Mask = PackBits;
    type Word = PackBits;

    #[inline(always)]
    fn of(x: f64) -> Self {
        Self([x; WIDTH])
    }
    #[inline(always)]
    fn of_word(word: PackBits) -> Self {
        let mut out = Self([0.0; WIDTH]);
        for (x, word) in out.0.iter_mut().zip(&word.0) {
            *x = f64::from_bits(*word);
        }
        out
    }
    #[inline(always)]
    fn word(bits: u64) -> PackBits {
        PackBits([bits; WIDTH])
    }
    #[inline(always)]
    fn holds(self, word: PackBits) -> PackBits {
        let mut mask = word;
        for (m, x) in mask.0.iter_mut().zip(&self.0) {
            *m = if x.to_bits() == *m { !0 } else { 0 };
        }
        mask
    }
    #[inline(always)]
    fn above(self, other: Self) -> PackBits {
        PackBits::compare(self, other, |a, b| a > b)
    }
    #[inline(always)]
    fn at_least(self, other: Self) -> PackBits {
        PackBits::compare(self, other, |a, b| a >= b)
    }
    #[inline(always)]
    fn equals(self, other: Self) -> PackBits {
        PackBits::compare(self, other, |a, b| a == b)
    }
    #[inline(always)]
    fn select(mask: PackBits, yes: Self, no: Self) -> Self {
        // By bits: compilers make a blend of this, and branches of an `if`.
        let mut out = no;
        for (out, (m, yes)) in out.0.iter_mut().zip(mask.0.iter().zip(&yes.0)) {
            *out = f64::from_bits((m & yes.to_bits()) | (!m & out.to_bits()));
        }
        out
    }
    #[inline(always)]
    fn any(mask: PackBits) -> bool {
        let mut all = 0;
        for m in &mask.0 {
            all |= m;
        }
        all != 0
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.each(libm::sqrt)
    }
    #[inline(always)]
    fn magnitude(self) -> Self {
        self.each(f64::abs)
    }
}

/// A few numbers or packs in a row: `[R; N]`.
pub trait Row<R: Real>: Copy + Send + 'static {
    /// How many.
    const LEN: usize;
    /// Element `i` from `source(i)`.
    fn gather(source: impl FnMut(usize) -> R) -> Self;
    /// All of them.
    fn as_slice(&self) -> &[R];
    /// All of them.
    fn as_mut_slice(&mut self) -> &mut [R];
}

impl<R: Real, const N: usize> Row<R> for [R; N] {
    const LEN: usize = N;
    #[inline(always)]
    fn gather(mut source: impl FnMut(usize) -> R) -> Self {
        let mut out = [R::of(0.0); N];
        for (i, x) in out.iter_mut().enumerate() {
            *x = source(i);
        }
        out
    }
    #[inline(always)]
    fn as_slice(&self) -> &[R] {
        self
    }
    #[inline(always)]
    fn as_mut_slice(&mut self) -> &mut [R] {
        self
    }
}

/// A kernel with a pack form: its step is [`Self::advance`] at `R = f64`, and eight lanes take it at
/// `R = Pack`. It has no memory beside its state, and its state is words of eight bytes.
pub trait Packed: Kernel {
    /// The coefficients, each a number or a pack; `Of<f64>` is the kernel itself.
    type Of<R: Real>: Copy + Send + 'static;
    /// The words of the state, in its order.
    type Words<R: Real>: Row<R>;
    /// One word for each input port.
    type Inputs<R: Real>: Row<R>;
    /// One word for each output port.
    type Outputs<R: Real>: Row<R>;

    /// The coefficients of eight lanes side by side; `None` when these cannot go in one step.
    fn widen(lanes: &[Self; WIDTH]) -> Option<Self::Of<Pack>>;

    /// One sample of each lane.
    fn advance<R: Real>(
        of: &Self::Of<R>,
        words: &mut Self::Words<R>,
        input: Self::Inputs<R>,
    ) -> Self::Outputs<R>;

    /// `samples` of them, each from `read(t)` to `write(t, ..)`; all of them usable. The same bits as
    /// [`Self::advance`] for each in turn: a kernel writes this only to be quicker.
    #[inline(always)]
    fn advance_block<R: Real>(
        of: &Self::Of<R>,
        words: &mut Self::Words<R>,
        samples: usize,
        mut read: impl FnMut(usize) -> Self::Inputs<R>,
        mut write: impl FnMut(usize, Self::Outputs<R>),
    ) {
        let mut now = *words;
        for t in 0..samples {
            write(t, Self::advance(of, &mut now, read(t)));
        }
        *words = now;
    }
}

/// What is to be done with a kernel that may have a pack form: see [`Kernel::by_form`].
pub trait ByForm<K: Kernel> {
    /// What it gives.
    type Output;
    /// The kernel steps lane by lane.
    fn plain(self) -> Self::Output;
    /// The kernel has a pack form.
    fn packed(self) -> Self::Output
    where
        K: Packed;
}

/// One coefficient of eight lanes side by side.
macro_rules! side_by_side {
    ($lanes:ident . $($field:ident).+) => {
        $crate::Pack($lanes.map(|lane| lane.$($field).+))
    };
}
pub(crate) use side_by_side;

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: [f64; WIDTH] =
        [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, -1e308, 3.5];

    fn bits(pack: Pack) -> [u64; WIDTH] {
        pack.0.map(f64::to_bits)
    }

    /// Every operation of a pack against the same of its lanes, over all pairs of odd numbers.
    #[test]
    fn a_pack_is_its_lanes() {
        for turn in 0..WIDTH {
            let a = Pack(ODD);
            let b = Pack::gather(|i| ODD[(i + turn) % WIDTH]);
            let each = |f: fn(f64, f64) -> f64| Pack::gather(|i| f(a.0[i], b.0[i]));
            let same = |pack: Pack, f: fn(f64, f64) -> f64| {
                let (got, want) = (pack, each(f));
                for i in 0..WIDTH {
                    let both_nan = got.0[i].is_nan() && want.0[i].is_nan();
                    assert!(both_nan || bits(got)[i] == bits(want)[i], "{got:?} {want:?}");
                }
            };
            same(a + b, |a, b| a + b);
            same(a - b, |a, b| a - b);
            same(a * b, |a, b| a * b);
            same(a / b, |a, b| a / b);
            same(-a, |a, _| -a);
            same(a.sqrt(), |a, _| libm::sqrt(a));
            same(a.magnitude(), |a, _| a.abs());
            same(a.larger(b), f64::larger);
            same(a.saturate(), |a, _| crate::number::saturate(a));
            same(a.limit(b, Pack::of(1.0)), |a, b| crate::number::limit(a, b, 1.0));
            same(Pack::flag(a.above(b)), |a, b| crate::number::flag(a > b));
            same(Pack::flag(a.below(b)), |a, b| crate::number::flag(a < b));
            same(Pack::flag(a.at_least(b)), |a, b| crate::number::flag(a >= b));
            same(Pack::flag(a.equals(b)), |a, b| crate::number::flag(a == b));
            same(Pack::flag(!a.equals(b)), |a, b| crate::number::flag(a != b));
            same(Pack::flag(a.is_on()), |a, _| crate::number::flag(crate::number::is_on(a)));
            same(Pack::flag(a.is_usable()), |a, _| crate::number::flag(a.abs() <= 1e300));
            same(Pack::flag(a.is_unset()), |a, _| crate::number::flag(a.to_bits() == 0));
        }
    }

    #[test]
    fn a_choice_keeps_the_bits_of_what_it_chose() {
        let strange = Pack::of_word(Pack::word(0x7ff0_0000_0000_0001));
        let chosen =
            Pack::select(PackBits::masks(core::array::from_fn(|i| i % 2 == 0)), strange, Pack(ODD));
        for (i, odd) in ODD.iter().enumerate() {
            let want = if i % 2 == 0 { 0x7ff0_0000_0000_0001 } else { odd.to_bits() };
            assert_eq!(bits(chosen)[i], want);
        }
        assert!(
            Pack::any(PackBits::masks(core::array::from_fn(|i| i == 7)))
                && !Pack::any(PackBits::masks([false; WIDTH]))
        );
    }
}
