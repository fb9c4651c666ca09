//! `N` lanes of one kernel.

use linewright_kernel::{ByForm, Kernel, Packed, Ports};

use crate::packs::Packs;
use crate::plain::Plain;
use crate::{Input, Level, Output};

/// How lanes are kept and run: one by one, or in packs.
pub(crate) trait Store<K: Kernel>: Send {
    fn lanes(&self) -> usize;
    /// The block has one input and one output for each port, and all of them hold it.
    fn process(
        &mut self,
        level: Level,
        samples: usize,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    );
    fn kernel(&self, lane: usize) -> Option<&K>;
    fn retune(&mut self, lane: usize, kernel: K) -> bool;
    fn reset(&mut self);
    fn last(&self, lane: usize) -> Option<K::Output>;
    fn state_len(&self, lane: usize) -> usize;
    fn save(&self, lane: usize, out: &mut [u8]) -> bool;
    fn restore(&mut self, lane: usize, saved: &[u8]) -> bool;
    fn copied(&self) -> Box<dyn Store<K>>;
}

/// `N` lanes of a kernel, with coefficients they share or each its own.
///
/// Every lane is to the bit what a [`Running`](linewright_kernel::Running) of its kernel would be: a lane
/// with bad input holds while the others go on, and its saved state is the same bytes. A kernel with a
/// [pack form](Packed) takes eight lanes in one step; any other goes lane by lane.
pub struct Lanes<K: Kernel> {
    store: Box<dyn Store<K>>,
    level: Level,
}

impl<K: Kernel> Clone for Lanes<K> {
    fn clone(&self) -> Self {
        Self { store: self.store.copied(), level: self.level }
    }
}

/// Makes the store that suits the kernel.
struct Make<K>(Vec<K>, usize);

impl<K: Kernel> ByForm<K> for Make<K> {
    type Output = Box<dyn Store<K>>;

    fn plain(self) -> Box<dyn Store<K>> {
        Box::new(Plain::new(&self.0, self.1))
    }

    fn packed(self) -> Box<dyn Store<K>>
    where
        K: Packed,
    {
        Box::new(Packs::new(self.0, self.1))
    }
}

impl<K: Kernel> Lanes<K> {
    /// `lanes` lanes that share `kernel`; nothing seen.
    pub fn new(kernel: K, lanes: usize) -> Self {
        Self { store: K::by_form(Make(vec![kernel], lanes)), level: Level::best() }
    }

    /// A lane for each of `kernels`; nothing seen.
    pub fn of(kernels: Vec<K>) -> Self {
        let lanes = kernels.len();
        Self { store: K::by_form(Make(kernels, lanes)), level: Level::best() }
    }

    /// The same lanes, run at another level than the best: to compare.
    #[must_use]
    pub fn at(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// How many.
    pub fn lanes(&self) -> usize {
        self.store.lanes()
    }

    /// One sample of every lane: a slice for each port, one value for each lane. False, and nothing
    /// done, when a port is missing or too short.
    pub fn step(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> bool {
        const { assert!(K::Input::LEN <= MOST_PORTS && K::Output::LEN <= MOST_PORTS) };
        let lanes = self.lanes();
        let enough = |len: usize| len >= lanes;
        if inputs.len() != K::Input::LEN
            || outputs.len() != K::Output::LEN
            || !inputs.iter().all(|x| enough(x.len()))
            || !outputs.iter().all(|y| enough(y.len()))
        {
            return false;
        }
        let mut ins = [const { Input { data: &[], time_stride: 0, lane_stride: 1 } }; MOST_PORTS];
        for (to, data) in ins.iter_mut().zip(inputs) {
            to.data = data;
        }
        let mut rest = outputs.iter_mut();
        let mut outs: [Output<'_>; MOST_PORTS] = std::array::from_fn(|_| {
            let data = rest.next().map_or(&mut [][..], |data| &mut **data);
            Output { data, time_stride: 0, lane_stride: 1 }
        });
        match (ins.get(..inputs.len()), outs.get_mut(..K::Output::LEN)) {
            (Some(ins), Some(outs)) => self.process(1, ins, outs),
            _ => false,
        }
    }

    /// A block of samples by lanes, as the two say where they stand. False, and nothing done, when a port
    /// is missing or does not hold the block.
    pub fn process(
        &mut self,
        samples: usize,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> bool {
        let lanes = self.lanes();
        let fits = inputs.len() == K::Input::LEN
            && outputs.len() == K::Output::LEN
            && inputs.iter().all(|x| x.holds(samples, lanes))
            && outputs.iter().all(|y| y.holds(samples, lanes));
        if fits {
            self.store.process(self.level, samples, inputs, outputs);
        }
        fits
    }

    /// The coefficients of a lane.
    pub fn kernel(&self, lane: usize) -> Option<&K> {
        self.store.kernel(lane)
    }

    /// Swaps the coefficients of one lane and keeps its state; false when there is no such lane or the
    /// new ones need another memory.
    #[must_use]
    pub fn retune(&mut self, lane: usize, kernel: K) -> bool {
        self.store.retune(lane, kernel)
    }

    /// Forgets everything that any lane has seen.
    pub fn reset(&mut self) {
        self.store.reset();
    }

    /// The last output of a lane; NaN before its first usable input.
    pub fn last(&self, lane: usize) -> Option<K::Output> {
        self.store.last(lane)
    }

    /// Bytes of one lane's saved state; zero when there is no such lane.
    pub fn state_len(&self, lane: usize) -> usize {
        self.store.state_len(lane)
    }

    /// Writes the state of one lane to the front of `out`, in the bytes of
    /// [`Running::save`](linewright_kernel::Running::save); false when it does not fit.
    #[must_use]
    pub fn save(&self, lane: usize, out: &mut [u8]) -> bool {
        self.store.save(lane, out)
    }

    /// Takes back what [`Self::save`] wrote; false, and nothing changed, when the length differs.
    #[must_use]
    pub fn restore(&mut self, lane: usize, saved: &[u8]) -> bool {
        self.store.restore(lane, saved)
    }
}

/// Most ports of a scalar kernel, in or out.
const MOST_PORTS: usize = 16;
