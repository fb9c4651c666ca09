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
const LONG: usize = 48;

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
        let b = self.b0.iter().zip(&self.b1).zip(&self.b2);
        let each = b.zip(self.a1.iter().zip(&self.a2)).take(self.count);
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
        for t in 0..samples {
            let [x] = read(t);
            let mut level = x.limit(-self.largest, self.largest);
            *s.input = level;
            for (taps, [p, q, y]) in taps.iter().zip(&mut state) {
                level = taps.step(p, q, y, level);
            }
            *s.output = level;
            write(t, [level]);
        }
        for ([p, q, y], ((to_p, to_q), to_y)) in state.iter().zip(s.p.iter_mut().zip(s.q).zip(s.y))
        {
            (*to_p, *to_q, *to_y) = (*p, *q, *y);
        }
    }
}

/// Coefficients and words of sections side by side.
struct Wave<const N: usize> {
    taps: [[f64; N]; 5],
    words: [[f64; N]; 3],
    /// Outputs of the step before the last.
    before: [f64; N],
}

impl<const N: usize> Wave<N> {
    /// One step of section `j`.
    #[inline(always)]
    fn section(&mut self, j: usize, x: f64) -> f64 {
        let [b0, b1, b2, a1, a2] = self.taps.map(|list| list[j]);
        let [p, q, y] = &mut self.words;
        Taps { b: [b0, b1, b2], a: [a1, a2] }.step(&mut p[j], &mut q[j], &mut y[j], x)
    }

    /// One step of the sections from `first` to before `end`, each two samples behind the one above.
    #[inline(always)]
    fn turn(&mut self, first: usize, end: usize, x: f64) {
        let before = self.words[2];
        for j in first..end {
            let x = if j == 0 { x } else { self.before[j - 1] };
            self.section(j, x);
        }
        self.before = before;
    }
}

impl Cascade {
    /// A block of at least `2 * MOST_SECTIONS` samples through 2 to `N` sections at once: section `j`
    /// works on sample `t - 2j`, on what the section above gave two steps ago.
    #[inline(always)]
    fn wave<const N: usize>(&self, s: &mut CascadeState, samples: &mut [f64]) {
        let part = |list: &[f64; MOST_SECTIONS]| core::array::from_fn(|j| list[j]);
        let limited = |x: f64| limit(x, -self.largest, self.largest);
        let (n, count, lag) = (samples.len(), self.count.min(N), 2 * (self.count.min(N) - 1));
        let first = samples.first().copied().unwrap_or(0.0);
        self.start(bytemuck::cast_mut(s), limited(first));
        let mut wave = Wave::<N> {
            taps: [&self.b0, &self.b1, &self.b2, &self.a1, &self.a2].map(part),
            words: [&s.p, &s.q, &s.y].map(part),
            before: [0.0; N],
        };
        for (t, x) in samples.iter().enumerate().take(lag) {
            wave.turn(0, (t / 2 + 1).min(count), limited(*x));
        }
        for t in lag..n {
            let x = limited(samples[t]);
            s.input = x;
            wave.turn(0, N, x);
            samples[t - lag] = wave.words[2][count - 1];
        }
        for t in n..n + lag {
            wave.turn((t - n) / 2 + 1, count, 0.0);
            samples[t - lag] = wave.words[2][count - 1];
        }
        let [p, q, y] = &wave.words;
        for j in 0..count {
            (s.p[j], s.q[j], s.y[j]) = (p[j], q[j], y[j]);
        }
        s.output = s.y[count - 1];
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
        if samples.len() < LONG || self.count < 2 {
            let samples = Cell::from_mut(samples).as_slice_of_cells();
            let read = |t: usize| [samples.get(t).map_or(0.0, Cell::get)];
            let write = |t: usize, [y]: [f64; 1]| {
                if let Some(to) = samples.get(t) {
                    to.set(y);
                }
            };
            Self::advance_block(self, bytemuck::cast_mut(s), samples.len(), read, write);
        } else if self.count <= 4 {
            self.wave::<4>(s, samples);
        } else {
            self.wave::<MOST_SECTIONS>(s, samples);
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
        let mut level = x.limit(-of.largest, of.largest);
        of.start(words, level);
        let s = parts(words);
        *s.input = level;
        for (taps, ((p, q), y)) in of.taps().zip(s.p.iter_mut().zip(s.q).zip(s.y)) {
            level = taps.step(p, q, y, level);
        }
        *s.output = level;
        [level]
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
        write(0, Self::advance(of, words, read(0)));
        let read = |t: usize| read(t + 1);
        let mut write = |t: usize, y: [R; 1]| write(t + 1, y);
        match of.count {
            1 => of.run::<1>(words, samples - 1, read, write),
            2 => of.run::<2>(words, samples - 1, read, write),
            3 => of.run::<3>(words, samples - 1, read, write),
            4 => of.run::<4>(words, samples - 1, read, write),
            _ => {
                let mut read = read;
                for t in 0..samples - 1 {
                    write(t, Self::advance(of, words, read(t)));
                }
            }
        }
    }
}
