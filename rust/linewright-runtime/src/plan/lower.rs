//! From checked declarations to operations.

use super::decl::{OpDecl, Pair};
use super::retune::resolve;
use super::{CheckedOp, LoopInfo, Plan, PlanErrors, Problem};
use crate::exec::kernels;
use crate::exec::op::{Binary, EventOp, MAX_EVIDENCE, MapOp, Op, Source, TapOp};
use crate::exec::{LoopOps, NO_SLOT};

impl Plan {
    /// The operations of every loop, states fresh.
    pub(crate) fn lower(&self) -> Result<Vec<LoopOps>, PlanErrors> {
        let mut problems = Vec::new();
        let mut loops = Vec::new();
        let mut first = 0;
        for (of, ops) in self.loops.iter().zip(&self.ops) {
            let mut lowered = Vec::new();
            for op in ops.iter().filter(|op| op.constant().is_none()) {
                match self.lower_op(of, op) {
                    Ok(op) => lowered.push(op),
                    Err(message) => problems.push(Problem {
                        loop_name: of.name.clone(),
                        op: op.decl.label(),
                        at: op.at.clone(),
                        message,
                        ..Problem::default()
                    }),
                }
            }
            loops.push(LoopOps::new(of.divisor, first, of.sources, of.slots.len(), lowered));
            first += of.slots.len();
        }
        if problems.is_empty() { Ok(loops) } else { Err(PlanErrors(problems)) }
    }

    /// Seconds as whole base ticks, rounded down (a value a rounding below a whole number is it).
    pub(super) fn ticks_within(base_hz: u32, seconds: f64) -> u64 {
        let ticks = seconds * f64::from(base_hz);
        libm::floor(ticks + 1e-9 * (1.0 + ticks)) as u64
    }

    fn lower_op(&self, of: &LoopInfo, op: &CheckedOp) -> Result<Op, String> {
        let read = |i: usize| op.reads.get(i).copied().unwrap_or(NO_SLOT);
        let (a, b, out) = (read(0), read(1), op.out);
        let binary = |apply: Binary, _: &Pair| Op::Binary { apply, a, b, out };
        Ok(match &op.decl {
            decl if decl.is_source() => {
                Op::Source { source: self.lower_source(op).ok_or("not a source")?, out }
            }
            OpDecl::Add(p) => binary(Binary::Add, p),
            OpDecl::Sub(p) => binary(Binary::Sub, p),
            OpDecl::Mul(p) => binary(Binary::Mul, p),
            OpDecl::Div(p) => binary(Binary::Div, p),
            OpDecl::Min(p) => binary(Binary::Min, p),
            OpDecl::Max(p) => binary(Binary::Max, p),
            OpDecl::Gt(p) => binary(Binary::Gt, p),
            OpDecl::Lt(p) => binary(Binary::Lt, p),
            OpDecl::Ge(p) => binary(Binary::Ge, p),
            OpDecl::Le(p) => binary(Binary::Le, p),
            OpDecl::And(p) => binary(Binary::And, p),
            OpDecl::Or(p) => binary(Binary::Or, p),
            OpDecl::Neg(_) => Op::Neg { a, out },
            OpDecl::Abs(_) => Op::Abs { a, out },
            OpDecl::Not(_) => Op::Not { a, out },
            OpDecl::Select { .. } => Op::Select { condition: a, a: b, b: read(2), out },
            OpDecl::Convert { .. } => Op::Convert { x: a, by: op.conversion, out },
            OpDecl::BadWhen { .. } => Op::BadWhen { x: a, condition: b, out },
            OpDecl::IsGood { .. } => Op::IsGood { x: a, out },
            OpDecl::OrElse { .. } => Op::OrElse { x: a, fallback: b, out },
            OpDecl::Kernel { kernel, config, .. } => {
                let config = resolve(config, &self.params, &self.start_values());
                let made = kernels::design(kernel, &config, 1.0 / f64::from(of.rate_hz));
                Op::Kernel(made.ok_or("no such kernel")??.wire(&op.reads, out))
            }
            _ => self.lower_sink(op).ok_or("not an operation")?,
        })
    }

    fn lower_source(&self, op: &CheckedOp) -> Option<Source> {
        Some(match &op.decl {
            OpDecl::Input { max_age_s, .. } => Source::Input {
                channel: op.index,
                max_age_ticks: Self::ticks_within(self.base_hz, *max_age_s),
            },
            OpDecl::Mailbox { default, lo, hi, fallback, .. } => Source::Mailbox {
                mailbox: op.index,
                default: *default,
                lo: *lo,
                hi: *hi,
                fallback: *fallback,
            },
            OpDecl::Profile { lookup, .. } => Source::Profile {
                profile: op.index,
                position: op.reads.first().copied()?,
                lookup: *lookup,
            },
            OpDecl::Param { .. } => Source::Param { param: op.index },
            OpDecl::Written { .. } => Source::Written { actuator: op.index },
            OpDecl::Latest { .. } => Source::Latest { slot: op.reads.first().copied()? },
            _ => return None,
        })
    }

    fn lower_sink(&self, op: &CheckedOp) -> Option<Op> {
        let first = op.reads.first().copied()?;
        Some(match &op.decl {
            OpDecl::Output { .. } => Op::Output { actuator: op.index, value: first },
            OpDecl::Event { .. } => {
                let info = self.events.get(op.index as usize)?;
                let mut evidence = [NO_SLOT; MAX_EVIDENCE];
                let reads = op.reads.get(1..)?;
                evidence.iter_mut().zip(reads).for_each(|(to, slot)| *to = *slot);
                Op::Event(Box::new(EventOp {
                    event: op.index,
                    when: first,
                    evidence,
                    evidence_len: u8::try_from(reads.len()).ok()?,
                    refractory_ticks: info.refractory_ticks,
                    fired: false,
                    quiet_until_tick: 0,
                }))
            }
            OpDecl::Tap { .. } => {
                let every_ticks = self.taps.get(op.index as usize)?.every_ticks;
                Op::Tap(TapOp { tap: op.index, value: first, every_ticks, due_tick: 0 })
            }
            OpDecl::WebMap { step_m, .. } => Op::Map(Box::new(MapOp {
                map: op.index,
                position: first,
                value: op.reads.get(1).copied()?,
                step_m: *step_m,
                cell: f64::NAN,
                last: f64::NAN,
            })),
            _ => return None,
        })
    }
}
