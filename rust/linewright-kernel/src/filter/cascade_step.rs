//! The step of a [`Cascade`]: for one lane, for packs of lanes, and for long blocks of one lane.
//!
//! However it is run, every section sees its samples in order and does the same operations on them,
//! so all ways give the same bits.

use core::cell::Cell;

use super::cascade::{Cascade, CascadeState, MOST_SECTIONS};
use crate::number::limit;
use crate::pack::side_by_side;
use crate::{ByForm, Kernel, Pack, PackBits, Packed, Real, WIDTH};

/// Samples from which on sections that work at once are quicker.
const LONG: usize = 96;

/// Words of [`CascadeState`].
const WORDS: usize = 3 * MOST_SECTIONS + 3;

/// The words of a state, by their names.
struct Parts<'a, R> {
    p: &'a mut [R],
    q: &'a mut [R],
    y: &'a mut [R],
    input: &'a mut R,
    output: &'a mut R,
    design: &'a mut R,
}

#[inline(always)]
fn parts<R>(words: &mut [R; WORDS]) -> Parts<'_, R> {
    let [sections @ .., input, output, design] = words;
    let (p, rest) = sections.split_at_mut(MOST_SECTIONS);
    let (q, y) = rest.split_at_mut(MOST_SECTIONS);
    Parts { p, q, y, input, output, design }
}

/// Coefficients of one section.
#[derive(Clone, Copy)]
struct Taps<R> {
    b: [R; 3],
    a: [R; 2],
}

impl<R: Real> Taps<R> {
    /// One sample: from input `x`, and the words `p`, `q` and `y` of the section, its output.
    #[inline(always)]
    fn step(&self, p: &mut R, q: &mut R, y: &mut R, x: R) -> R {
        let ([b0, b1, b2], [a1, a2]) = (self.b, self.a);
        let out = (b0 * x + *p) - a1 * *y;
        *p = b1 * x + *q;
        *q = b2 * x - a2 * out;
        *y = out;
        out
    }
}

impl<R: Real> Cascade<R> {
    /// Coefficients of each section in use.
    #[inline(always)]
    fn taps(&self) -> impl Iterator<Item = Taps<R>> {
        self.every().take(self.count)
    }

    /// Coefficients of each section, those not in use zero.
    #[inline(always)]
    fn every(&self) -> impl Iterator<Item = Taps<R>> {
        let b = self.b0.iter().zip(&self.b1).zip(&self.b2);
        let each = b.zip(self.a1.iter().zip(&self.a2));
        each.map(|(((b0, b1), b2), (a1, a2))| Taps { b: [*b0, *b1, *b2], a: [*a1, *a2] })
    }

    /// The state that `words` become where the first sample `x` comes or another design takes over.
    ///
    /// The first sample is taken as if it had been there for ever. Another design takes a constant for
    /// the past: the one that gives the last output, or, where a constant does not pass, the last
    /// input less the last output, as a high-pass would have it.
    #[cold]
    fn started(&self, mut words: [R; WORDS], x: R) -> [R; WORDS] {
        let s = parts(&mut words);
        let first = s.design.is_unset();
        let passed = *s.output / self.dc_gain;
        let kept = R::select(self.passes_dc, passed, *s.input - *s.output);
        let mut level = R::select(first, x, kept).limit(-self.largest, self.largest);
        let (zero, one) = (R::of(0.0), R::of(1.0));
        s.p.fill(zero);
        s.q.fill(zero);
        s.y.fill(zero);
        *s.input = level;
        let sections = s.p.iter_mut().zip(s.q).zip(s.y);
        for (Taps { b: [b0, b1, b2], a: [a1, a2] }, ((p, q), y)) in self.taps().zip(sections) {
            *y = level * (((b0 + b1) + b2) / ((one + a1) + a2));
            *q = b2 * level - a2 * *y;
            *p = b1 * level + *q;
            level = *y;
        }
        *s.output = level;
        *s.design = R::of_word(self.design);
        words
    }

    /// Starts the lanes that hold nothing, or the state of another design.
    #[inline(always)]
    fn start(&self, words: &mut [R; WORDS], x: R) {
        let [.., design] = words;
        let new = !design.holds(self.design);
        if R::any(new) {
            let started = self.started(*words, x);
            for (word, started) in words.iter_mut().zip(started) {
                *word = R::select(new, started, *word);
            }
        }
    }

    /// One sample through the sections in use, of which there are `N`, or fewer when `N` is the most: a
    /// loop of known length has no bookkeeping.
    #[inline(always)]
    fn through<const N: usize>(&self, words: &mut [R; WORDS], x: R) -> R {
        let s = parts(words);
        let mut level = x;
        *s.input = level;
        let used = if N == MOST_SECTIONS { self.count } else { N };
        let sections = s.p.iter_mut().zip(s.q).zip(s.y).take(used);
        for (taps, ((p, q), y)) in self.every().zip(sections) {
            level = taps.step(p, q, y, level);
        }
        *s.output = level;
        level
    }

    /// A block through exactly `N` sections, whose words stay in registers.
    #[inline(always)]
    fn run<const N: usize>(
        &self,
        words: &mut [R; WORDS],
        samples: usize,
        mut read: impl FnMut(usize) -> [R; 1],
        mut write: impl FnMut(usize, [R; 1]),
    ) {
        let mut taps = [Taps { b: [R::of(0.0); 3], a: [R::of(0.0); 2] }; N];
        for (to, from) in taps.iter_mut().zip(self.taps()) {
            *to = from;
        }
        let s = parts(words);
        let mut state = [[R::of(0.0); 3]; N];
        for (to, ((p, q), y)) in state.iter_mut().zip(s.p.iter().zip(s.q.iter()).zip(s.y.iter())) {
            *to = [*p, *q, *y];
        }
        let (mut input, mut output) = (*s.input, *s.output);
        for t in 0..samples {
            let [x] = read(t);
            input = x.limit(-self.largest, self.largest);
            output = input;
            for (taps, [p, q, y]) in taps.iter().zip(&mut state) {
                output = taps.step(p, q, y, output);
            }
            write(t, [output]);
        }
        (*s.input, *s.output) = (input, output);
        for ([p, q, y], ((to_p, to_q), to_y)) in state.iter().zip(s.p.iter_mut().zip(s.q).zip(s.y))
        {
            (*to_p, *to_q, *to_y) = (*p, *q, *y);
        }
    }
}

/// One word of `N` sections side by side. Plain loops over an array: compilers make vectors of them.
#[derive(Clone, Copy)]
struct Side<const N: usize>([f64; N]);

impl<const N: usize> Side<N> {
    #[inline(always)]
    fn with(mut self, other: Self, operation: impl Fn(f64, f64) -> f64) -> Self {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a = operation(*a, *b);
        }
        self
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }
    /// Each word one place on, `x` in the first.
    #[inline(always)]
    fn below(self, x: f64) -> Self {
        let mut out = [x; N];
        for (to, from) in out.iter_mut().skip(1).zip(&self.0) {
            *to = *from;
        }
        Self(out)
    }
    /// Words that are `other`'s from `first` to before `end`, else own.
    #[inline(always)]
    fn taking(mut self, other: Self, first: usize, end: usize) -> Self {
        let both = self.0.iter_mut().zip(&other.0);
        both.take(end).skip(first).for_each(|(a, b)| *a = *b);
        self
    }
}

/// Sections side by side: section `j` works on sample `t - 2j`, on what the section above gave two
/// steps ago, so that within a step none waits for another.
#[derive(Clone, Copy)]
struct Wave<const N: usize> {
    p: Side<N>,
    q: Side<N>,
    y: Side<N>,
    /// Outputs of the step before the last.
    before: Side<N>,
}

impl<const N: usize> Wave<N> {
    /// One step, with `x` for the first section; `taps` are `b0, b1, b2, a1, a2`.
    #[inline(always)]
    fn turn(self, [b0, b1, b2, a1, a2]: [Side<N>; 5], x: f64) -> Self {
        let Self { p, q, y, before } = self;
        let x = before.below(x);
        let out = b0.times(x).plus(p).minus(a1.times(y));
        let p = b1.times(x).plus(q);
        let q = b2.times(x).minus(a2.times(out));
        Self { p, q, y: out, before: y }
    }

    /// One step of the sections from `first` to before `end`; the others rest.
    fn turn_some(self, taps: [Side<N>; 5], x: f64, first: usize, end: usize) -> Self {
        let new = self.turn(taps, x);
        let p = self.p.taking(new.p, first, end);
        let q = self.q.taking(new.q, first, end);
        Self { p, q, y: self.y.taking(new.y, first, end), before: new.before }
    }
}

impl Cascade {
    /// A block of at least `2 * MOST_SECTIONS` samples through `COUNT` sections, `N` or fewer, at once.
    #[inline(always)]
    fn wave<const N: usize, const COUNT: usize>(&self, s: &mut CascadeState, samples: &mut [f64]) {
        let part = |list: &[f64; MOST_SECTIONS]| Side(core::array::from_fn(|j| list[j]));
        let limited = |x: f64| limit(x, -self.largest, self.largest);
        let [Some(first), Some(last)] = [samples.first(), samples.last()].map(|x| x.copied())
        else {
            return;
        };
        self.start(bytemuck::cast_mut(s), limited(first));
        s.input = limited(last);
        let taps = [&self.b0, &self.b1, &self.b2, &self.a1, &self.a2].map(part);
        let [p, q, y] = [&s.p, &s.q, &s.y].map(part);
        let mut wave = Wave::<N> { p, q, y, before: Side([0.0; N]) };
        let lag = 2 * (COUNT - 1);
        for (t, x) in samples.iter().enumerate().take(lag) {
            wave = wave.turn_some(taps, limited(*x), 0, t / 2 + 1);
        }
        let cells = Cell::from_mut(samples).as_slice_of_cells();
        for (x, y) in cells.iter().skip(lag).zip(cells) {
            wave = wave.turn(taps, limited(x.get()));
            y.set(wave.y.0[COUNT - 1]);
        }
        for (t, y) in cells.iter().skip(cells.len().saturating_sub(lag)).enumerate() {
            wave = wave.turn_some(taps, 0.0, t / 2 + 1, COUNT);
            y.set(wave.y.0[COUNT - 1]);
        }
        let words = s.p.iter_mut().zip(&mut s.q).zip(&mut s.y).take(COUNT);
        for (((p, q), y), j) in words.zip(0..) {
            (*p, *q, *y) = (wave.p.0[j], wave.q.0[j], wave.y.0[j]);
        }
        s.output = wave.y.0[COUNT - 1];
    }
}

impl Kernel for Cascade {
    type State = CascadeState;
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, s: &mut CascadeState, _: &mut [f64], x: f64) -> f64 {
        let [y] = Self::advance(self, bytemuck::cast_mut(s), [x]);
        y
    }

    #[inline(always)]
    fn pass(&self, s: &mut CascadeState, _: &mut [f64], samples: &mut [f64]) {
        let count = if samples.len() < LONG { 0 } else { self.count };
        match count {
            2 => self.wave::<2, 2>(s, samples),
            3 => self.wave::<4, 3>(s, samples),
            4 => self.wave::<4, 4>(s, samples),
            5 => self.wave::<8, 5>(s, samples),
            6 => self.wave::<8, 6>(s, samples),
            7 => self.wave::<8, 7>(s, samples),
            8 => self.wave::<8, 8>(s, samples),
            _ => {
                let cells = Cell::from_mut(samples).as_slice_of_cells();
                let read = |t: usize| [cells.get(t).map_or(0.0, Cell::get)];
                let write = |t: usize, [y]: [f64; 1]| {
                    if let Some(to) = cells.get(t) {
                        to.set(y);
                    }
                };
                Self::advance_block(self, bytemuck::cast_mut(s), cells.len(), read, write);
            }
        }
    }

    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.packed()
    }
}

impl Packed for Cascade {
    type Of<R: Real> = Cascade<R>;
    type Words<R: Real> = [R; WORDS];
    type Inputs<R: Real> = [R; 1];
    type Outputs<R: Real> = [R; 1];

    fn widen(lanes: &[Self; WIDTH]) -> Option<Cascade<Pack>> {
        let [first, ..] = lanes;
        if lanes.iter().any(|lane| lane.count != first.count) {
            return None;
        }
        let list = |list: fn(&Self) -> &[f64; MOST_SECTIONS]| {
            core::array::from_fn(|i| Pack(lanes.each_ref().map(|lane| list(lane)[i])))
        };
        Some(Cascade {
            b0: list(|lane| &lane.b0),
            b1: list(|lane| &lane.b1),
            b2: list(|lane| &lane.b2),
            a1: list(|lane| &lane.a1),
            a2: list(|lane| &lane.a2),
            count: first.count,
            largest: side_by_side!(lanes.largest),
            design: PackBits(lanes.map(|lane| lane.design)),
            dc_gain: side_by_side!(lanes.dc_gain),
            passes_dc: PackBits::masks(lanes.map(|lane| lane.passes_dc)),
        })
    }

    #[inline(always)]
    fn advance<R: Real>(of: &Cascade<R>, words: &mut [R; WORDS], [x]: [R; 1]) -> [R; 1] {
        let level = x.limit(-of.largest, of.largest);
        of.start(words, level);
        [match of.count {
            1 => of.through::<1>(words, level),
            2 => of.through::<2>(words, level),
            3 => of.through::<3>(words, level),
            4 => of.through::<4>(words, level),
            _ => of.through::<MOST_SECTIONS>(words, level),
        }]
    }

    #[inline(always)]
    fn advance_block<R: Real>(
        of: &Cascade<R>,
        words: &mut [R; WORDS],
        samples: usize,
        mut read: impl FnMut(usize) -> [R; 1],
        mut write: impl FnMut(usize, [R; 1]),
    ) {
        if samples == 0 {
            return;
        }
        let limited = |[x]: [R; 1]| x.limit(-of.largest, of.largest);
        of.start(words, limited(read(0)));
        match of.count {
            1 => of.run::<1>(words, samples, read, write),
            2 => of.run::<2>(words, samples, read, write),
            3 => of.run::<3>(words, samples, read, write),
            4 => of.run::<4>(words, samples, read, write),
            _ => {
                for t in 0..samples {
                    let level = limited(read(t));
                    write(t, [of.through::<MOST_SECTIONS>(words, level)]);
                }
            }
        }
    }
}
