//! The executor: a flat array of operations over one preallocated cycle frame.
//!
//! A loop is a function of its sources (decision 0003). [`Executor::run_due`] runs the loops due at
//! a tick; [`Executor::run_loop_recorded`] feeds a loop the source slots of a record and must give
//! the same hash.

mod flush;
mod frame;
pub(crate) mod kernels;
pub(crate) mod op;
mod sink;
mod source;
mod state;

pub use self::flush::{FLOAT_MODE, FlushSubnormals};
pub use self::sink::{NoSinks, Sinks};
pub use self::source::{Lookup, Sources};
pub use crate::sample::{MailboxSlot, Profile, Quality, Reading, Written};

use self::frame::Frame;
pub(crate) use self::frame::{NO_SLOT, Slot};
use self::op::{Feed, Op, Recorded, Source};
use crate::plan::{Plan, PlanErrors, Retune};

/// One loop: its operations and where its slots stand; the source slots come first.
#[derive(Debug, Clone)]
pub(crate) struct LoopOps {
    divisor: u64,
    first: usize,
    sources: usize,
    len: usize,
    ops: Box<[Op]>,
}

/// A plan at work. Made off the loop; its methods named `run_*` allocate, lock and format nothing,
/// and do not panic.
#[derive(Debug, Clone)]
pub struct Executor {
    loops: Box<[LoopOps]>,
    frame: Frame,
}

impl LoopOps {
    /// `sources` of its `len` slots, which start at `first`, are source slots.
    pub(crate) fn new(
        divisor: u64,
        first: usize,
        sources: usize,
        len: usize,
        ops: Vec<Op>,
    ) -> Self {
        Self { divisor: divisor.max(1), first, sources, len, ops: ops.into() }
    }

    #[inline(always)]
    fn run(&mut self, tick: u64, feed: &impl Feed, frame: &mut Frame, sinks: &mut impl Sinks) {
        for op in &mut self.ops {
            op.step(tick, feed, frame, sinks);
        }
    }

    fn slots<'f>(&self, frame: &'f Frame) -> (&'f [f64], &'f [u8]) {
        let range = self.first..self.first + self.len;
        (
            frame.values.get(range.clone()).unwrap_or_default(),
            frame.qualities.get(range).unwrap_or_default(),
        )
    }
}

impl Executor {
    /// Makes the operations and their states, all of them "nothing seen yet".
    ///
    /// # Errors
    /// A kernel refuses its config.
    pub fn new(plan: &Plan) -> Result<Self, PlanErrors> {
        let mut frame = Frame::new();
        plan.constants().for_each(|(slot, value)| frame.put(slot, value, Quality::Good as u8));
        Ok(Self { loops: plan.lower()?.into(), frame })
    }

    /// From now on channel `i` of the plan stands at `places[i]` of [`Sources::inputs`], so that the
    /// caller hands over what its driver filled instead of a copy in the plan's order. Off the loop.
    pub fn place_channels(&mut self, places: &[usize]) {
        for op in self.loops.iter_mut().flat_map(|of| &mut of.ops) {
            if let Op::Source { source: Source::Input { channel, .. }, .. } = op {
                let place = places.get(*channel as usize).and_then(|p| u32::try_from(*p).ok());
                *channel = place.unwrap_or(u32::MAX); // nowhere: reads as nothing
            }
        }
    }

    /// Runs, in declared order, every loop due at `tick`. The caller sets the mode of the floating-point
    /// unit ([`FlushSubnormals`]), once for all that it runs.
    #[inline]
    pub fn run_due(&mut self, tick: u64, sources: &Sources<'_>, sinks: &mut impl Sinks) {
        for (i, of) in self.loops.iter_mut().enumerate() {
            if of.divisor != 1 && !tick.is_multiple_of(of.divisor) {
                continue;
            }
            if sinks.leaves_out(i) {
                continue;
            }
            of.run(tick, sources, &mut self.frame, sinks);
            if sinks.wants_cycles() {
                let (values, qualities) = of.slots(&self.frame);
                let hash = frame::hash(values, qualities);
                sinks.cycle(i, values, qualities, of.sources, hash);
            }
        }
    }

    /// Runs one loop on recorded source slots and gives the hash over all its slots; none when the
    /// loop does not exist or the record has another number of sources.
    pub fn run_loop_recorded(
        &mut self,
        loop_i: usize,
        tick: u64,
        values: &[f64],
        qualities: &[u8],
        sinks: &mut impl Sinks,
    ) -> Option<u64> {
        let of = self.loops.get_mut(loop_i)?;
        if values.len() != of.sources || qualities.len() != of.sources {
            return None;
        }
        let range = of.first..of.first + of.sources;
        self.frame.values.get_mut(range.clone())?.copy_from_slice(values);
        self.frame.qualities.get_mut(range)?.copy_from_slice(qualities);
        let _flush = FlushSubnormals::on();
        of.run(tick, &Recorded, &mut self.frame, sinks);
        let (values, qualities) = of.slots(&self.frame);
        Some(frame::hash(values, qualities))
    }

    /// The first tick after `tick` at which a loop is due; none without loops.
    pub fn next_due(&self, tick: u64) -> Option<u64> {
        self.loops.iter().map(|of| (tick / of.divisor + 1).saturating_mul(of.divisor)).min()
    }

    /// True when loop `loop_i` runs at `tick`.
    pub fn is_due(&self, loop_i: usize, tick: u64) -> bool {
        self.loops.get(loop_i).is_some_and(|of| tick.is_multiple_of(of.divisor))
    }

    /// All slots of a loop as they stand, source slots first; empty when there is no such loop.
    pub fn slots(&self, loop_i: usize) -> (&[f64], &[u8]) {
        self.loops.get(loop_i).map(|of| of.slots(&self.frame)).unwrap_or_default()
    }

    /// Swaps the coefficients of every kernel whose parameters changed and keeps its state. Call it
    /// between two ticks; allocates nothing, `retune` stays with the caller to be dropped elsewhere.
    /// False, and nothing changed, when it was made for another plan.
    #[must_use]
    pub fn retune(&mut self, retune: &Retune) -> bool {
        let fits = retune.coefficients().iter().all(|(loop_i, op, new)| {
            let op = self.loops.get(*loop_i).and_then(|of| of.ops.get(*op));
            matches!(op, Some(Op::Kernel(kernel)) if kernel.accepts(&**new))
        });
        if fits {
            for (loop_i, op, new) in retune.coefficients() {
                let op = self.loops.get_mut(*loop_i).and_then(|of| of.ops.get_mut(*op));
                if let Some(Op::Kernel(kernel)) = op {
                    kernel.retune(&**new);
                }
            }
        }
        fits
    }
}
