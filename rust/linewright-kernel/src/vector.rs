//! Kernels whose number of inputs or outputs depends on their config: charts over many channels, state
//! estimators, predictive controllers.
//!
//! They differ from the scalar ones ([`crate::Kernel`]) in two ways only: a port is a group of numbers, and
//! the design may allocate. The step allocates nothing.

use alloc::boxed::Box;
use alloc::vec;

use crate::number::LARGEST;
use crate::{DesignError, Port};

/// A config that can be made into a vector kernel.
pub trait VectorDesign: Clone + Send + 'static {
    /// The coefficients this config designs.
    type Kernel: VectorKernel;
    /// Name of the kernel, as in Python and in a plan.
    const NAME: &'static str;
    /// Input ports, each a group of numbers.
    const INPUTS: &'static [Port];
    /// Output ports, each a group of numbers.
    const OUTPUTS: &'static [Port];

    /// Checks every parameter and computes the coefficients for samples `period_s` apart.
    ///
    /// # Errors
    /// The first parameter out of its bound.
    fn design(&self, period_s: f64) -> Result<Self::Kernel, DesignError>;
}

/// Coefficients of a vector kernel with one step function.
pub trait VectorKernel: Clone + Send + 'static {
    /// True when a number that is not finite means "missing": it arrives as NaN, all others as they are.
    const TAKES_MISSING: bool = false;

    /// Numbers in input port `port`; may be zero.
    fn input_width(&self, port: usize) -> usize;

    /// Numbers in output port `port`.
    fn output_width(&self, port: usize) -> usize;

    /// Words of state; all zero is "nothing seen yet".
    fn memory_len(&self) -> usize;

    /// One sample: the numbers of all ports in order. What it gives and keeps is finite.
    fn step(&self, memory: &mut [f64], input: &[f64], output: &mut [f64]);
}

/// A vector kernel at work: coefficients, memory, the last output.
///
/// The rule for bad input is that of [`crate::Running`]: when any number is not finite, or beyond 1e300 in
/// magnitude, state and output hold; before the first good input the output is NaN. A kernel that takes
/// missing numbers never holds.
#[derive(Debug, Clone)]
pub struct RunningVector<K: VectorKernel> {
    kernel: K,
    memory: Box<[f64]>,
    /// What the step reads: the inputs, those that are missing as NaN.
    input: Box<[f64]>,
    last: Box<[f64]>,
}

/// Sum of the widths of the first `ports` ports.
fn total(ports: usize, width: impl Fn(usize) -> usize) -> usize {
    (0..ports).map(width).sum()
}

impl<K: VectorKernel> RunningVector<K> {
    /// Starts from nothing seen; `D` is the config the kernel was designed from.
    pub fn new<D: VectorDesign<Kernel = K>>(kernel: K) -> Self {
        let inputs = total(D::INPUTS.len(), |port| kernel.input_width(port));
        let outputs = total(D::OUTPUTS.len(), |port| kernel.output_width(port));
        Self {
            memory: vec![0.0; kernel.memory_len()].into(),
            input: vec![0.0; inputs].into(),
            last: vec![f64::NAN; outputs].into(),
            kernel,
        }
    }

    /// Numbers one sample takes.
    pub fn inputs(&self) -> usize {
        self.input.len()
    }

    /// One sample in, one output out. Holds on bad input, and when `input` has another length.
    #[inline]
    pub fn update(&mut self, input: &[f64]) -> &[f64] {
        self.update_from(input.iter().copied())
    }

    /// As [`Self::update`], with the numbers from an iterator of [`Self::inputs`] items.
    #[inline]
    pub fn update_from(&mut self, numbers: impl ExactSizeIterator<Item = f64>) -> &[f64] {
        if numbers.len() != self.input.len() {
            return &self.last;
        }
        let mut good = true;
        for (to, x) in self.input.iter_mut().zip(numbers) {
            let usable = libm::fabs(x) <= LARGEST;
            good &= usable;
            *to = if usable { x } else { f64::NAN };
        }
        if good || K::TAKES_MISSING {
            self.kernel.step(&mut self.memory, &self.input, &mut self.last);
        }
        &self.last
    }

    /// The last output; NaN before the first good input.
    #[inline]
    pub fn last(&self) -> &[f64] {
        &self.last
    }

    /// The coefficients at work.
    pub fn kernel(&self) -> &K {
        &self.kernel
    }

    /// Swaps the coefficients and keeps the state; false when the new ones need another memory or other
    /// widths.
    #[must_use]
    pub fn retune<D: VectorDesign<Kernel = K>>(&mut self, kernel: K) -> bool {
        let same = |ports: usize, old: &dyn Fn(usize) -> usize, new: &dyn Fn(usize) -> usize| {
            (0..ports).all(|port| old(port) == new(port))
        };
        let old = &self.kernel;
        let fits = kernel.memory_len() == self.memory.len()
            && same(D::INPUTS.len(), &|p| old.input_width(p), &|p| kernel.input_width(p))
            && same(D::OUTPUTS.len(), &|p| old.output_width(p), &|p| kernel.output_width(p));
        if fits {
            self.kernel = kernel;
        }
        fits
    }

    /// Forgets everything seen.
    pub fn reset(&mut self) {
        self.memory.fill(0.0);
        self.last.fill(f64::NAN);
    }

    /// Bytes [`Self::save`] writes and [`Self::restore`] reads.
    pub fn state_len(&self) -> usize {
        8 * (self.memory.len() + self.last.len())
    }

    /// Writes memory and last output to the front of `out`; false when it is too short.
    #[must_use]
    pub fn save(&self, out: &mut [u8]) -> bool {
        let Some(out) = out.get_mut(..self.state_len()) else { return false };
        let words = self.memory.iter().chain(&self.last);
        for (to, word) in out.chunks_exact_mut(8).zip(words) {
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
        let words = saved.chunks_exact(8).map(|b| f64::from_bits(bytemuck::pod_read_unaligned(b)));
        for (to, word) in self.memory.iter_mut().chain(&mut self.last).zip(words) {
            *to = word;
        }
        true
    }
}
