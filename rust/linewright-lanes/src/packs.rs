//! Lanes of a kernel in pack form: eight side by side.

use linewright_kernel::{Kernel, LARGEST, Pack, Packed, Ports, Real, Row, WIDTH};

use crate::dispatch::{self, Job};
use crate::lanes::Store;
use crate::plain::CHUNK_WORDS;
use crate::{Input, Level, Output};

/// What eight lanes remember.
#[derive(Clone, Copy)]
struct Cell<K: Packed> {
    words: K::Words<Pack>,
    last: K::Outputs<Pack>,
}

impl<K: Packed> Cell<K> {
    fn new() -> Self {
        Self { words: Row::gather(|_| Pack::of(0.0)), last: Row::gather(|_| Pack::of(f64::NAN)) }
    }

    /// All words of one lane, as its saved state has them.
    fn lane(&self, i: usize) -> impl Iterator<Item = f64> {
        self.words.as_slice().iter().chain(self.last.as_slice()).map(move |pack| pack.lane(i))
    }

    fn set_lane(&mut self, i: usize, words: impl Iterator<Item = f64>) {
        let packs = self.words.as_mut_slice().iter_mut().chain(self.last.as_mut_slice());
        for (pack, word) in packs.zip(words) {
            pack.set_lane(i, word);
        }
    }
}

/// Coefficients: one for all lanes, or one for each.
#[derive(Clone)]
pub(crate) struct Packs<K: Packed> {
    kernels: Vec<K>,
    /// The same side by side: one for all packs, or one for each; `None` where they do not go in one step.
    wide: Vec<Option<K::Of<Pack>>>,
    cells: Vec<Cell<K>>,
    lanes: usize,
}

/// The kernels of the eight lanes from `first`; the last one stands for those that are not there.
fn eight<K: Kernel>(kernels: &[K], first: usize) -> Option<[K; WIDTH]> {
    let last = kernels.last()?;
    Some(std::array::from_fn(|i| *kernels.get(first + i).unwrap_or(last)))
}

impl<K: Packed> Packs<K> {
    /// `kernels` holds one for all, or one for each lane.
    pub(crate) fn new(kernels: Vec<K>, lanes: usize) -> Self {
        // The state of a lane is its words and nothing else.
        assert_eq!(size_of::<K::State>(), 8 * K::Words::<Pack>::LEN);
        let firsts = (0..kernels.len()).step_by(WIDTH);
        let wide = firsts.map(|first| K::widen(&eight(&kernels, first)?)).collect();
        Self { kernels, wide, cells: vec![Cell::new(); lanes.div_ceil(WIDTH)], lanes }
    }

    /// True when all lanes have the first kernel.
    fn shared(&self) -> bool {
        self.kernels.len() == 1
    }

    fn cell(&self, lane: usize) -> Option<&Cell<K>> {
        if lane < self.lanes { self.cells.get(lane / WIDTH) } else { None }
    }
}

impl<K: Packed> Store<K> for Packs<K> {
    fn lanes(&self) -> usize {
        self.lanes
    }

    fn process(
        &mut self,
        level: Level,
        samples: usize,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) {
        dispatch::run(level, Block { packs: self, samples, inputs, outputs });
    }

    fn kernel(&self, lane: usize) -> Option<&K> {
        let at = if self.shared() { 0 } else { lane };
        self.kernels.get(at).filter(|_| lane < self.lanes)
    }

    fn retune(&mut self, lane: usize, kernel: K) -> bool {
        if lane >= self.lanes {
            return false;
        }
        if self.shared() {
            self.kernels = vec![self.kernels[0]; self.lanes];
            self.wide = vec![self.wide[0]; self.cells.len()];
        }
        self.kernels[lane] = kernel;
        let pack = lane / WIDTH;
        self.wide[pack] = eight(&self.kernels, pack * WIDTH).and_then(|eight| K::widen(&eight));
        true
    }

    fn reset(&mut self) {
        self.cells.fill(Cell::new());
    }

    fn last(&self, lane: usize) -> Option<K::Output> {
        let last = self.cell(lane)?.last;
        Some(K::Output::gather(|i| last.as_slice()[i].lane(lane % WIDTH)))
    }

    fn state_len(&self, lane: usize) -> usize {
        let words = K::Words::<Pack>::LEN + K::Output::LEN;
        if lane < self.lanes { 8 * words } else { 0 }
    }

    fn save(&self, lane: usize, out: &mut [u8]) -> bool {
        let len = self.state_len(lane);
        let (Some(cell), Some(out)) = (self.cell(lane), out.get_mut(..len)) else { return false };
        let (state, last) = out.split_at_mut(8 * K::Words::<Pack>::LEN);
        let mut words = cell.lane(lane % WIDTH);
        for (to, word) in state.chunks_exact_mut(8).zip(&mut words) {
            to.copy_from_slice(&word.to_bits().to_ne_bytes());
        }
        for (to, word) in last.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_bits().to_le_bytes());
        }
        true
    }

    fn restore(&mut self, lane: usize, saved: &[u8]) -> bool {
        if lane >= self.lanes || saved.len() != self.state_len(lane) {
            return false;
        }
        let (state, last) = saved.split_at(8 * K::Words::<Pack>::LEN);
        let word = |b: &[u8]| u64::from_ne_bytes(std::array::from_fn(|i| b[i]));
        let state = state.chunks_exact(8).map(word);
        let last = last.chunks_exact(8).map(|b| u64::from_le(word(b)));
        let words = state.chain(last).map(f64::from_bits);
        if let Some(cell) = self.cells.get_mut(lane / WIDTH) {
            cell.set_lane(lane % WIDTH, words);
        }
        true
    }

    fn copied(&self) -> Box<dyn Store<K>> {
        Box::new(self.clone())
    }
}

/// A block to be done.
struct Block<'a, 'i, 'o, K: Packed> {
    packs: &'a mut Packs<K>,
    samples: usize,
    inputs: &'a [Input<'i>],
    outputs: &'a mut [Output<'o>],
}

impl<K: Packed> Job for Block<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { packs, samples, inputs, outputs } = self;
        let Packs { kernels, wide, cells, lanes } = packs;
        let side_by_side =
            inputs.iter().all(|x| x.lane_stride == 1) && outputs.iter().all(|y| y.lane_stride == 1);
        let rows = (CHUNK_WORDS / (*lanes).max(1)).max(1);
        for start in (0..samples).step_by(rows) {
            let end = (start + rows).min(samples);
            // In the order of memory, which also brings the rows near before packs pick from them.
            let usable_rows = inputs.iter().all(|x| x.usable_rows(start, end, *lanes));
            for (pack, cell) in cells.iter_mut().enumerate() {
                let first = pack * WIDTH;
                let count = (*lanes - first).min(WIDTH);
                let mut span = Span { inputs, outputs, start, end, first, count, usable_rows };
                let of = wide.get(if wide.len() == 1 { 0 } else { pack });
                match of {
                    Some(Some(of)) if side_by_side && count == WIDTH => {
                        span.run::<K, true>(of, cell)
                    }
                    Some(Some(of)) => span.run::<K, false>(of, cell),
                    _ => span.run_apart(kernels, cell),
                }
            }
        }
    }
}

/// Some samples of the `count` lanes from `first`.
struct Span<'a, 'i, 'o> {
    inputs: &'a [Input<'i>],
    outputs: &'a mut [Output<'o>],
    start: usize,
    end: usize,
    first: usize,
    count: usize,
    /// Known before: every sample of every lane is usable.
    usable_rows: bool,
}

impl Span<'_, '_, '_> {
    /// `WHOLE`: eight lanes that stand side by side in every port.
    #[inline(always)]
    fn run<K: Packed, const WHOLE: bool>(&mut self, of: &K::Of<Pack>, cell: &mut Cell<K>) {
        let Self { inputs, start, end, first, count, usable_rows, .. } = *self;
        let outputs = &mut *self.outputs;
        let one = |i: usize, t: usize| match inputs.get(i) {
            Some(x) if WHOLE => x.pack(t, first),
            // Lanes that are not there read zero, which is never held.
            Some(x) => Pack::gather(|j| if j < count { x.at(t, first + j) } else { 0.0 }),
            None => Pack::of(f64::NAN),
        };
        let read = |t: usize| K::Inputs::<Pack>::gather(|i| one(i, t));
        let usable = |input: &K::Inputs<Pack>| {
            let all = Pack::of(0.0).equals(Pack::of(0.0));
            input.as_slice().iter().fold(all, |mask, x| mask & x.is_usable())
        };
        let mut write = |t: usize, out: &K::Outputs<Pack>| {
            for (to, pack) in outputs.iter_mut().zip(out.as_slice()) {
                if WHOLE {
                    to.set_pack(t, first, *pack);
                } else {
                    (0..count).for_each(|j| to.set(t, first + j, pack.lane(j)));
                }
            }
        };
        // Ends at the first: else compilers turn it into gathers across the samples.
        let bad = !usable_rows && (start..end).any(|t| Pack::any(!usable(&read(t))));
        if !bad {
            let mut last = cell.last;
            let keep = |t: usize, out: K::Outputs<Pack>| {
                write(start + t, &out);
                last = out;
            };
            K::advance_block(of, &mut cell.words, end - start, |t| read(start + t), keep);
            cell.last = last;
            return;
        }
        for t in start..end {
            let input = read(t);
            let good = usable(&input);
            let filled = K::Inputs::<Pack>::gather(|i| {
                Pack::select(good, input.as_slice()[i], Pack::of(0.0))
            });
            let mut words = cell.words;
            let out = K::advance(of, &mut words, filled);
            let held = cell.words.as_mut_slice().iter_mut().zip(words.as_slice());
            for (held, new) in held.chain(cell.last.as_mut_slice().iter_mut().zip(out.as_slice())) {
                *held = Pack::select(good, *new, *held);
            }
            write(t, &cell.last);
        }
    }

    /// Lanes whose kernels do not go in one step.
    #[inline(never)]
    fn run_apart<K: Packed>(&mut self, kernels: &[K], cell: &mut Cell<K>) {
        for j in 0..self.count {
            let lane = self.first + j;
            let Some(kernel) = kernels.get(lane).or(kernels.first()) else { return };
            let mut words = K::Words::<f64>::gather(|i| cell.words.as_slice()[i].lane(j));
            let mut state = bytemuck::pod_read_unaligned(bytemuck::cast_slice(words.as_slice()));
            let mut last = K::Output::gather(|i| cell.last.as_slice()[i].lane(j));
            for t in self.start..self.end {
                let sample = |i: usize| self.inputs.get(i).map_or(f64::NAN, |x| x.at(t, lane));
                let input = K::Input::gather(sample);
                if input.is_within(LARGEST) {
                    last = kernel.step(&mut state, &mut [], input);
                }
                for (i, to) in self.outputs.iter_mut().enumerate() {
                    to.set(t, lane, last.get(i));
                }
            }
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(words.as_mut_slice());
            bytes.copy_from_slice(bytemuck::bytes_of(&state));
            let last = (0..K::Output::LEN).map(|i| last.get(i));
            cell.set_lane(j, words.as_slice().iter().copied().chain(last));
        }
    }
}
