//! Lanes of a kernel without pack form: one after the other.

use linewright_kernel::{Kernel, Ports, Running};

use crate::lanes::Store;
use crate::{Input, Level, Output};

/// Words of one input that are worked on before the next ones: they stay in the cache while every lane
/// passes.
pub(crate) const CHUNK_WORDS: usize = 32768;

#[derive(Clone)]
pub(crate) struct Plain<K: Kernel>(Vec<Running<K, Box<[f64]>>>);

impl<K: Kernel> Plain<K> {
    /// `kernels` holds one for all, or one for each lane.
    pub(crate) fn new(kernels: &[K], lanes: usize) -> Self {
        let start = |kernel: &K| Running::new(*kernel, vec![0.0; kernel.memory_len()].into());
        Self(kernels.iter().cycle().take(lanes).map(start).collect())
    }
}

impl<K: Kernel> Store<K> for Plain<K> {
    fn lanes(&self) -> usize {
        self.0.len()
    }

    fn process(
        &mut self,
        _: Level,
        samples: usize,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) {
        let rows = (CHUNK_WORDS / self.0.len().max(1)).max(1);
        for start in (0..samples).step_by(rows) {
            for (lane, running) in self.0.iter_mut().enumerate() {
                for t in start..(start + rows).min(samples) {
                    let sample = |i: usize| inputs.get(i).map_or(f64::NAN, |x| x.at(t, lane));
                    let out = running.update(K::Input::gather(sample));
                    for (i, to) in outputs.iter_mut().enumerate() {
                        to.set(t, lane, out.get(i));
                    }
                }
            }
        }
    }

    fn kernel(&self, lane: usize) -> Option<&K> {
        self.0.get(lane).map(Running::kernel)
    }

    fn retune(&mut self, lane: usize, kernel: K) -> bool {
        self.0.get_mut(lane).is_some_and(|running| running.retune(kernel))
    }

    fn reset(&mut self) {
        self.0.iter_mut().for_each(Running::reset);
    }

    fn last(&self, lane: usize) -> Option<K::Output> {
        self.0.get(lane).map(Running::last)
    }

    fn state_len(&self, lane: usize) -> usize {
        self.0.get(lane).map_or(0, Running::state_len)
    }

    fn save(&self, lane: usize, out: &mut [u8]) -> bool {
        self.0.get(lane).is_some_and(|running| running.save(out))
    }

    fn restore(&mut self, lane: usize, saved: &[u8]) -> bool {
        self.0.get_mut(lane).is_some_and(|running| running.restore(saved))
    }

    fn copied(&self) -> Box<dyn Store<K>> {
        Box::new(self.clone())
    }
}
