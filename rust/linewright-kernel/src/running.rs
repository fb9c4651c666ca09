//! A kernel at work: coefficients, state, memory and the last output.

use crate::number::LARGEST;
use crate::{Kernel, Ports};

/// Samples looked through for bad ones at a time.
const PASS: usize = 1024;

/// A kernel with its state. `M` is where its history lives: a `Box<[f64]>` on a host, an array on
/// a microcontroller; it holds [`Kernel::memory_len`] words, all zero at first.
///
/// The one rule for bad input stands here: when any input is not finite, or beyond 1e300 in magnitude
/// (no measurement is), state and output hold. Before the first good input the output is NaN.
#[derive(Debug, Clone)]
pub struct Running<K: Kernel, M> {
    kernel: K,
    state: K::State,
    memory: M,
    last: K::Output,
}

impl<K: Kernel, M: AsRef<[f64]> + AsMut<[f64]>> Running<K, M> {
    /// Starts from nothing seen; `memory` must hold [`Kernel::memory_len`] zeros.
    pub fn new(kernel: K, memory: M) -> Self {
        Self { kernel, state: bytemuck::Zeroable::zeroed(), memory, last: Ports::splat(f64::NAN) }
    }

    /// One sample in, one output out; holds when `input` is not finite.
    #[inline]
    pub fn update(&mut self, input: K::Input) -> K::Output {
        if input.is_within(LARGEST) {
            self.last = self.kernel.step(&mut self.state, self.memory.as_mut(), input);
        }
        self.last
    }

    /// A block of samples: `inputs` and `outputs` hold one slice per port, in the order of the ports.
    /// The same bits as [`Self::update`] for each sample in turn. Gives the number of samples done: as
    /// many as the shortest slice holds; zero, and nothing changed, when a port is missing.
    pub fn process(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> usize {
        if inputs.len() != K::Input::LEN || outputs.len() != K::Output::LEN {
            return 0;
        }
        let lengths = inputs.iter().map(|s| s.len()).chain(outputs.iter().map(|s| s.len()));
        let samples = lengths.min().unwrap_or(0);
        for t in 0..samples {
            let sample =
                |i: usize| inputs.get(i).and_then(|s| s.get(t)).copied().unwrap_or(f64::NAN);
            let out = self.update(K::Input::gather(sample));
            for (i, to) in outputs.iter_mut().enumerate() {
                if let Some(to) = to.get_mut(t) {
                    *to = out.get(i);
                }
            }
        }
        samples
    }

    /// As [`Self::process`] for a kernel of one input and one output, in place; false, and nothing
    /// changed, when the kernel has more. Compiled for what its caller may use.
    #[inline(always)]
    pub fn pass(&mut self, samples: &mut [f64]) -> bool {
        if (K::Input::LEN, K::Output::LEN) != (1, 1) {
            return false;
        }
        for chunk in samples.chunks_mut(PASS) {
            if chunk.iter().fold(true, |usable, x| usable & (x.abs() <= LARGEST)) {
                self.kernel.pass(&mut self.state, self.memory.as_mut(), chunk);
                self.last = K::Output::gather(|_| chunk.last().copied().unwrap_or(f64::NAN));
            } else {
                for x in chunk {
                    *x = self.update(K::Input::gather(|_| *x)).get(0);
                }
            }
        }
        true
    }

    /// The last output; NaN before the first finite input.
    #[inline]
    pub fn last(&self) -> K::Output {
        self.last
    }

    /// The coefficients at work.
    pub fn kernel(&self) -> &K {
        &self.kernel
    }

    /// Swaps the coefficients and keeps the state; false when the new ones need another memory.
    #[must_use]
    pub fn retune(&mut self, kernel: K) -> bool {
        let fits = kernel.memory_len() == self.memory.as_ref().len();
        if fits {
            self.kernel = kernel;
        }
        fits
    }

    /// Forgets everything seen.
    pub fn reset(&mut self) {
        self.state = bytemuck::Zeroable::zeroed();
        self.memory.as_mut().fill(0.0);
        self.last = Ports::splat(f64::NAN);
    }

    /// Bytes [`Self::save`] writes and [`Self::restore`] reads.
    pub fn state_len(&self) -> usize {
        size_of::<K::State>() + 8 * (self.memory.as_ref().len() + K::Output::LEN)
    }

    /// Writes state, memory and last output to the front of `out`; false when it is too short.
    #[must_use]
    pub fn save(&self, out: &mut [u8]) -> bool {
        let Some(out) = out.get_mut(..self.state_len()) else { return false };
        let (state, rest) = out.split_at_mut(size_of::<K::State>());
        state.copy_from_slice(bytemuck::bytes_of(&self.state));
        let words = self.memory.as_ref().iter().copied();
        let last = (0..K::Output::LEN).map(|i| self.last.get(i));
        for (to, word) in rest.chunks_exact_mut(8).zip(words.chain(last)) {
            to.copy_from_slice(&word.to_bits().to_le_bytes());
        }
        true
    }

    /// Takes back what [`Self::save`] wrote; false, and nothing changed, when the length differs.
    #[must_use]
    pub fn restore(&mut self, saved: &[u8]) -> bool {
        if saved.len() != self.state_len() {
            return false;
        }
        let (state, rest) = saved.split_at(size_of::<K::State>());
        self.state = bytemuck::pod_read_unaligned(state);
        let mut words =
            rest.chunks_exact(8).map(|b| f64::from_bits(bytemuck::pod_read_unaligned(b)));
        for (to, word) in self.memory.as_mut().iter_mut().zip(&mut words) {
            *to = word;
        }
        self.last = Ports::gather(|_| words.next().unwrap_or(f64::NAN));
        true
    }
}
