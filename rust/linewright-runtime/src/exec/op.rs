//! One operation on the frame.

use super::Sinks;
use super::frame::{BAD, Frame, Slot, flag, is_on};
use super::kernels::Work;
use super::source::{Lookup, Sources};
use crate::plan::Fallback;
use crate::sample::Quality;
use crate::unit::Conversion;

/// Most evidence an event carries.
pub(crate) const MAX_EVIDENCE: usize = 8;

/// Arithmetic on two slots; the quality is the worse of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Gt,
    Lt,
    Ge,
    Le,
    And,
    Or,
}

impl Binary {
    #[inline(always)]
    fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Min => {
                if b < a {
                    b
                } else {
                    a
                }
            }
            Self::Max => {
                if b > a {
                    b
                } else {
                    a
                }
            }
            Self::Gt => flag(a > b),
            Self::Lt => flag(a < b),
            Self::Ge => flag(a >= b),
            Self::Le => flag(a <= b),
            Self::And => flag(is_on(a) && is_on(b)),
            Self::Or => flag(is_on(a) || is_on(b)),
        }
    }
}

/// What brings a value into the loop.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Input { channel: u32, max_age_ticks: u64 },
    Mailbox { mailbox: u32, default: f64, lo: f64, hi: f64, fallback: Fallback },
    Profile { profile: u32, position: Slot, lookup: Lookup },
    Param { param: u32 },
    Written { actuator: u32 },
    Latest { slot: Slot },
}

/// An event: fires when `when` comes on and is not Bad, at most once per refractory time. It fires
/// again only after `when` was off; one that came on too early fires late if it is still on.
#[derive(Debug, Clone)]
pub(crate) struct EventOp {
    pub event: u32,
    pub when: Slot,
    pub evidence: [Slot; MAX_EVIDENCE],
    pub evidence_len: u8,
    pub refractory_ticks: u64,
    pub fired: bool,
    pub quiet_until_tick: u64,
}

impl EventOp {
    #[inline]
    fn step(&mut self, tick: u64, frame: &Frame, sinks: &mut impl Sinks) {
        let (when, quality) = frame.get(self.when);
        if quality == BAD {
            return;
        }
        if !is_on(when) {
            self.fired = false;
        } else if !self.fired && tick >= self.quiet_until_tick {
            self.fired = true;
            self.quiet_until_tick = tick.saturating_add(self.refractory_ticks);
            let values = self.evidence.map(|slot| frame.get(slot).0);
            let len = usize::from(self.evidence_len).min(MAX_EVIDENCE);
            sinks.event(self.event as usize, values.get(..len).unwrap_or(&values));
        }
    }
}

/// A tap: gives its value every so many ticks.
#[derive(Debug, Clone)]
pub(crate) struct TapOp {
    pub tap: u32,
    pub value: Slot,
    pub every_ticks: u64,
    pub due_tick: u64,
}

impl TapOp {
    #[inline]
    fn step(&mut self, tick: u64, frame: &Frame, sinks: &mut impl Sinks) {
        if tick >= self.due_tick {
            self.due_tick =
                (tick - tick % self.every_ticks.max(1)).saturating_add(self.every_ticks);
            let (value, quality) = frame.get(self.value);
            sinks.tap(self.tap as usize, value, Quality::from_u8(quality));
        }
    }
}

/// Cells of a web map are counted in f64: exact up to here.
const LARGEST_CELL: f64 = 9e15;

/// A web map: one point each time the position passes a multiple of the step, in either direction.
/// A jump gives one point, at the last multiple passed; trembling about a multiple gives one only.
#[derive(Debug, Clone)]
pub(crate) struct MapOp {
    pub map: u32,
    pub position: Slot,
    pub value: Slot,
    pub step_m: f64,
    /// Cell the position was in, `floor(position / step)`; NaN before the first.
    pub cell: f64,
    /// Multiple of the last point; NaN before the first.
    pub last: f64,
}

impl MapOp {
    #[inline]
    fn step(&mut self, frame: &Frame, sinks: &mut impl Sinks) {
        let (position_m, quality) = frame.get(self.position);
        if quality == BAD {
            return;
        }
        let cell = libm::floor(position_m / self.step_m);
        if cell == self.cell || cell.abs() > LARGEST_CELL {
            return;
        }
        let rising = cell > self.cell;
        let first = self.cell.is_nan();
        self.cell = cell;
        let passed = if rising { cell } else { cell + 1.0 };
        if first || passed == self.last {
            return;
        }
        self.last = passed;
        let (value, value_quality) = frame.get(self.value);
        let worst = Quality::from_u8(quality.max(value_quality));
        sinks.map_point(self.map as usize, passed * self.step_m, value, worst);
    }
}

/// One operation, slots resolved, state in place.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Source { source: Source, out: Slot },
    Binary { apply: Binary, a: Slot, b: Slot, out: Slot },
    Neg { a: Slot, out: Slot },
    Abs { a: Slot, out: Slot },
    Not { a: Slot, out: Slot },
    Select { condition: Slot, a: Slot, b: Slot, out: Slot },
    Convert { x: Slot, by: Conversion, out: Slot },
    BadWhen { x: Slot, condition: Slot, out: Slot },
    IsGood { x: Slot, out: Slot },
    OrElse { x: Slot, fallback: Slot, out: Slot },
    Kernel(Box<dyn Work>),
    Output { actuator: u32, value: Slot },
    Event(Box<EventOp>),
    Tap(TapOp),
    Map(Box<MapOp>),
}

/// Where source slots come from: the sources of this tick, or a record.
pub(crate) trait Feed {
    fn read(&self, tick: u64, source: &Source, out: Slot, frame: &mut Frame);
}

/// A record: the slots were put into the frame before the first operation.
pub(super) struct Recorded;

impl Feed for Recorded {
    #[inline(always)]
    fn read(&self, _: u64, _: &Source, _: Slot, _: &mut Frame) {}
}

impl Feed for Sources<'_> {
    #[inline(always)]
    fn read(&self, tick: u64, source: &Source, out: Slot, frame: &mut Frame) {
        match source {
            Source::Input { channel, max_age_ticks } => {
                let (value, quality) = match self.inputs.get(*channel as usize) {
                    Some(r) if tick.saturating_sub(r.tick) <= *max_age_ticks => {
                        (r.value, r.quality as u8)
                    }
                    Some(r) => (r.value, BAD),
                    None => (f64::NAN, BAD),
                };
                frame.put(out, value, quality);
            }
            Source::Param { param } => {
                let value = self.params.get(*param as usize).copied().unwrap_or(f64::NAN);
                frame.put(out, value, 0);
            }
            Source::Latest { slot } => {
                let (value, quality) = frame.get(*slot);
                frame.put(out, value, quality);
            }
            Source::Written { actuator } => {
                let written = self.written.get(*actuator as usize).copied().unwrap_or_default();
                frame.put(out, written.value, 0);
                frame.put_flag(out.wrapping_add(1), written.in_control);
            }
            Source::Mailbox { mailbox, default, lo, hi, fallback } => {
                let slot = self.mailboxes.get(*mailbox as usize).copied().unwrap_or_default();
                let fresh = slot.set && tick <= slot.not_after_tick;
                let held = slot.set && *fallback == Fallback::Hold;
                let value = if (fresh || held) && slot.value.is_finite() {
                    slot.value.max(*lo).min(*hi)
                } else {
                    *default
                };
                frame.put(out, value, 0);
                frame.put_flag(out.wrapping_add(1), fresh);
            }
            Source::Profile { profile, position, lookup } => {
                let (position_m, quality) = frame.get(*position);
                let found = match self.profiles.get(*profile as usize) {
                    Some(profile) if quality != BAD => lookup.at(profile, position_m),
                    _ => None,
                };
                frame.put(out, found.unwrap_or(f64::NAN), quality);
                frame.put_flag(out.wrapping_add(1), found.is_some());
            }
        }
    }
}

impl Op {
    /// Runs the operation; no allocation, lock or panic.
    #[inline(always)]
    pub fn step(&mut self, tick: u64, feed: &impl Feed, frame: &mut Frame, sinks: &mut impl Sinks) {
        match self {
            Self::Source { source, out } => feed.read(tick, source, *out, frame),
            Self::Binary { apply, a, b, out } => {
                let ((a, qa), (b, qb)) = (frame.get(*a), frame.get(*b));
                frame.put(*out, apply.apply(a, b), qa.max(qb));
            }
            Self::Kernel(kernel) => kernel.step(frame),
            Self::Neg { a, out } => {
                let (a, q) = frame.get(*a);
                frame.put(*out, -a, q);
            }
            Self::Abs { a, out } => {
                let (a, q) = frame.get(*a);
                frame.put(*out, a.abs(), q);
            }
            Self::Not { a, out } => {
                let (a, q) = frame.get(*a);
                frame.put(*out, flag(!is_on(a)), q);
            }
            Self::Select { condition, a, b, out } => {
                let (condition, qc) = frame.get(*condition);
                let (x, q) = frame.get(if is_on(condition) { *a } else { *b });
                frame.put(*out, x, q.max(qc));
            }
            Self::Convert { x, by, out } => {
                let (x, q) = frame.get(*x);
                frame.put(*out, by.apply(x), q);
            }
            Self::BadWhen { x, condition, out } => {
                let ((x, q), (condition, qc)) = (frame.get(*x), frame.get(*condition));
                frame.put(*out, x, if is_on(condition) { BAD } else { q.max(qc) });
            }
            Self::IsGood { x, out } => {
                let (_, q) = frame.get(*x);
                frame.put_flag(*out, q == Quality::Good as u8);
            }
            Self::OrElse { x, fallback, out } => {
                let (mut x, mut q) = frame.get(*x);
                if q == BAD {
                    (x, q) = frame.get(*fallback);
                }
                frame.put(*out, x, q);
            }
            Self::Output { actuator, value } => {
                let (value, q) = frame.get(*value);
                sinks.output(*actuator as usize, value, Quality::from_u8(q));
            }
            Self::Event(event) => event.step(tick, frame, sinks),
            Self::Tap(tap) => tap.step(tick, frame, sinks),
            Self::Map(map) => map.step(frame, sinks),
        }
    }
}
