//! The two traits every kernel implements, and the ports they meet at.

use crate::{ByForm, DesignError};

/// A config in engineering units that can be made into coefficients.
pub trait Design: Clone + Send + 'static {
    /// The coefficients this config designs.
    type Kernel: Kernel;
    /// Name of the kernel, as in Python and in a plan.
    const NAME: &'static str;
    /// Input ports, in the order of [`Kernel::Input`].
    const INPUTS: &'static [Port];
    /// Output ports, in the order of [`Kernel::Output`].
    const OUTPUTS: &'static [Port];

    /// Checks every parameter and computes the coefficients for samples `period_s` apart.
    ///
    /// # Errors
    /// The first parameter out of its bound.
    fn design(&self, period_s: f64) -> Result<Self::Kernel, DesignError>;
}

/// Coefficients with one step function: the part shared by all lanes.
pub trait Kernel: Copy + Send + 'static {
    /// Plain data; all zero bytes is "nothing seen yet".
    type State: bytemuck::Pod + Send;
    /// What one step reads.
    type Input: Ports;
    /// What one step gives.
    type Output: Ports;

    /// Words of history one lane needs beside its state (windows, delay lines); zero for most.
    fn memory_len(&self) -> usize {
        0
    }

    /// One sample. `input` is at most 1e300 in magnitude; [`Running`](crate::Running) holds when it is
    /// not. What it gives and keeps is finite then.
    fn step(&self, state: &mut Self::State, memory: &mut [f64], input: Self::Input)
    -> Self::Output;

    /// A block of samples that are all usable through a kernel of one input and one output, in place.
    /// The same bits as [`Self::step`] for each in turn: a kernel writes this only to be quicker.
    #[inline(always)]
    fn pass(&self, state: &mut Self::State, memory: &mut [f64], samples: &mut [f64]) {
        for x in samples {
            *x = self.step(state, memory, Self::Input::gather(|_| *x)).get(0);
        }
    }

    /// Tells `by` whether this kernel has a pack form; one that has ([`Packed`](crate::Packed)) writes
    /// `by.packed()` here.
    fn by_form<B: ByForm<Self>>(by: B) -> B::Output {
        by.plain()
    }
}

/// A named port and the unit rule it obeys.
///
/// `unit` is `"1"` for a dimensionless port, or a letter: ports of one kernel that carry the same
/// letter must carry the same unit. A letter that stands on outputs only is given by the user. `"*"`, for
/// ports of many numbers: each carries a unit of its own, which is not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Name, for example `"pv"`.
    pub name: &'static str,
    /// `"1"`, a letter or `"*"`.
    pub unit: &'static str,
}

impl Port {
    /// A port; see the type for `unit`.
    pub const fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit }
    }
}

/// One value or a few: what passes through the ports in one step.
pub trait Ports: Copy + Send + 'static {
    /// How many values.
    const LEN: usize;
    /// Every value set to `x`.
    fn splat(x: f64) -> Self;
    /// Collects value `i` from `source(i)`.
    fn gather(source: impl FnMut(usize) -> f64) -> Self;
    /// Value `i`; zero beyond the end.
    fn get(&self, i: usize) -> f64;
    /// True when every value is finite.
    fn is_finite(&self) -> bool;
    /// True when every value is a number of at most this magnitude.
    fn is_within(&self, magnitude: f64) -> bool;
}

impl Ports for f64 {
    const LEN: usize = 1;
    #[inline]
    fn splat(x: f64) -> Self {
        x
    }
    #[inline]
    fn gather(mut source: impl FnMut(usize) -> f64) -> Self {
        source(0)
    }
    #[inline]
    fn get(&self, i: usize) -> f64 {
        if i == 0 { *self } else { 0.0 }
    }
    #[inline]
    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }
    #[inline]
    fn is_within(&self, magnitude: f64) -> bool {
        self.abs() <= magnitude
    }
}

impl<const N: usize> Ports for [f64; N] {
    const LEN: usize = N;
    #[inline]
    fn splat(x: f64) -> Self {
        [x; N]
    }
    #[inline]
    fn gather(source: impl FnMut(usize) -> f64) -> Self {
        core::array::from_fn(source)
    }
    #[inline]
    fn get(&self, i: usize) -> f64 {
        <[f64]>::get(self, i).copied().unwrap_or(0.0)
    }
    #[inline]
    fn is_finite(&self) -> bool {
        self.iter().all(|x| x.is_finite())
    }
    #[inline]
    fn is_within(&self, magnitude: f64) -> bool {
        self.iter().all(|x| x.abs() <= magnitude)
    }
}
