//! What other parameters, or another plan, would have done with the same inputs.
//!
//! The recorded sources go through twice: as they were, which must give the recorded bits, and with what is
//! changed. Inputs, set-points and read-backs stay as they were: the answer of the plant to other outputs, and of
//! the stations to what they would have been told, is not in a record. So it is watched from which tick on either
//! would have been given something else; up to there the changed line would have done this, bit for bit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::against::{Against, Agreement};
use super::held::Held;
use super::leaves::{Acting, Limiting, Log, Names, Onset, OutputDifference};
use super::reads::{From, Reads, reads, sources};
use super::run::Run;
use super::{Progress, ReplayError, Report, Span, begin, through};
use crate::config::{GateView, Permit};
use crate::exec::{Executor, Quality};
use crate::plan::Plan;
use crate::recorder::{Cycle, Item};

/// What differs.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    /// Of the run as recorded.
    pub report: Report,
    /// Every event of either plan.
    pub events: Vec<EventDifference>,
    /// Every actuator that a recorded loop drives.
    pub outputs: Vec<OutputDifference>,
    /// Since when the gate may have written something else: the plant would have answered.
    pub acted_from: Option<Onset>,
    /// Since when the stations would have been told something else: they might have answered.
    pub told_from: Option<Onset>,
    /// Since when something is read that the record does not hold as it would have been.
    pub read_from: Option<Onset>,
    /// First tick that is missing in the record.
    pub gap_from: Option<u64>,
    /// Settings of the gate that are not as recorded; none when the record does not tell its gate.
    pub gate: Option<Vec<String>>,
    /// Beside a run that was really made so, when one was given.
    pub against: Option<Agreement>,
}

impl WhatIf {
    /// The last tick up to which, and with which, the changed line would have done exactly this; none when
    /// that is not known of any.
    #[must_use]
    pub fn certain_to_tick(&self) -> Option<u64> {
        if self.report.starts_late {
            return None; // what it would have remembered by then is not known
        }
        let with = [&self.acted_from, &self.told_from].into_iter().flatten().map(|of| of.tick);
        let before = self.read_from.iter().map(|of| of.tick).chain(self.gap_from);
        let mut certain = self.report.ticks.map(|(_, last)| last)?;
        for tick in with {
            certain = certain.min(tick);
        }
        for tick in before {
            certain = certain.min(tick.checked_sub(1)?);
        }
        Some(certain)
    }
}

/// When an event fired, as recorded and with the other parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDifference {
    /// Full name.
    pub name: String,
    /// Ticks, as recorded.
    pub recorded_ticks: Vec<u64>,
    /// Ticks with the changes.
    pub changed_ticks: Vec<u64>,
}

/// What is to be changed.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another plan: its loops are fed from the recorded loops of the same name; none = the recorded plan.
    pub plan: Option<Plan>,
    /// Parameters by name.
    pub params: Vec<(String, f64)>,
    /// The changed line's gate; none = as recorded.
    pub gate: Option<GateView>,
    /// Record of a run that was really made so, to be held against what comes out.
    pub against: Option<PathBuf>,
}

/// The run with the changes.
struct Changed {
    plan: Plan,
    executor: Executor,
    params: Vec<f64>,
    changes: Vec<(usize, f64)>,
    /// By recorded loop: the loop of that name and where its source slots come from.
    loops: Vec<Option<(usize, Vec<From>)>>,
    /// By recorded parameter: its index here.
    param_of: Vec<Option<usize>>,
    /// The plan is the recorded one, so its keyframes fit.
    same_plan: bool,
    values: Vec<f64>,
    qualities: Vec<u8>,
    log: Log,
}

/// Replays `path` within `span` as it was and with `change`.
///
/// # Errors
/// As [`super::verify`]; a parameter that does not exist or is refused; a plan with a loop that reads what
/// the record does not hold, or that runs at another rate; a record to hold it against that has other loops.
pub fn what_if(
    path: impl AsRef<Path>,
    span: Span,
    change: Change,
    mut progress: impl FnMut(Progress),
) -> Result<WhatIf, ReplayError> {
    let path = path.as_ref();
    let (mut run, files) = begin(path)?;
    let refused = |reason| ReplayError::Plan { path: path.to_path_buf(), reason };
    let mut both = Both::new(&run, change).map_err(|e| e.at(path))?;
    let step = |run: &mut Run, item: &Item<'_>| {
        let was_blind = run.blind();
        both.begin(item, was_blind);
        let goes_on = run.item(item, &mut both.log)?;
        let hash = both.changed.item(&both.plan, item, was_blind).map_err(refused)?;
        if let Item::Cycle(cycle) = item
            && !was_blind
        {
            both.cycle(run.executor(), cycle, hash)?;
        }
        Ok(goes_on)
    };
    through(&mut run, &files, span, step, &mut progress)?;
    Ok(both.end(run.end()?))
}

/// Why a what-if cannot begin.
enum Refused {
    Here(String),
    There(ReplayError),
}

impl Refused {
    fn at(self, path: &Path) -> ReplayError {
        match self {
            Self::Here(reason) => ReplayError::Plan { path: path.to_path_buf(), reason },
            Self::There(error) => error,
        }
    }
}

/// The recorded run and the changed one, side by side.
struct Both {
    plan: Plan,
    changed: Changed,
    names: Names,
    log: Log,
    /// By recorded actuator: what differs, whether it is acted on, and its index in the changed plan.
    outputs: Vec<(OutputDifference, Acting, Option<usize>)>,
    /// By recorded loop.
    reads: Vec<Reads>,
    /// Either gate may write.
    may_write: bool,
    against: Option<Against>,
    found: WhatIf,
}

impl Both {
    fn new(run: &Run, change: Change) -> Result<Self, Refused> {
        let plan = run.plan().clone();
        let (other_gate, against) = (change.gate.clone(), change.against.clone());
        let mut names = Names::default();
        let log = Log::new(&plan, &mut names);
        let changed = Changed::new(run, change, &mut names).map_err(Refused::Here)?;
        let recorded_gate = run.gate();
        let other_gate = other_gate.as_ref().or(recorded_gate);
        let gate = recorded_gate.zip(other_gate).map(|(then, now)| then.unlike(now));
        let may_write = |gate: Option<&GateView>| gate.is_none_or(|of| of.permit == Permit::Closed);
        let may_write = may_write(recorded_gate) || may_write(other_gate);
        let outputs = plan.actuators().iter().map(|a| {
            let there = changed.plan.actuators().iter().position(|b| b.name == a.name);
            let unlike = gate.as_deref().unwrap_or_default();
            let limiting = if unlike.iter().any(|of| GateView::concerns(of, &a.name)) {
                let held = Held::new(&plan, a, unlike, recorded_gate.zip(other_gate));
                held.map_or(Limiting::Unknown, |held| Limiting::Other(Box::new(held)))
            } else {
                Limiting::Same
            };
            (OutputDifference::nothing_yet(a), Acting::new(&plan, a, may_write, limiting), there)
        });
        let outputs = outputs.collect();
        let against = against.map(|file| Against::open(&file, &changed.plan)).transpose();
        Ok(Self {
            reads: reads(&plan, &changed.plan),
            outputs,
            may_write,
            log,
            names,
            against: against.map_err(Refused::There)?,
            found: WhatIf {
                report: Report::default(),
                events: Vec::new(),
                outputs: Vec::new(),
                acted_from: None,
                told_from: None,
                read_from: None,
                gap_from: None,
                gate,
                against: None,
            },
            changed,
            plan,
        })
    }

    /// Before an item goes through either.
    fn begin(&mut self, item: &Item<'_>, blind: bool) {
        self.log.clear();
        self.changed.log.clear();
        match item {
            Item::Cycle(cycle) => self.log.tick = cycle.tick,
            Item::Gap { first_tick, .. } if !blind => {
                self.found.gap_from.get_or_insert(*first_tick);
            }
            _ => {}
        }
    }

    /// A cycle has gone through both; `recorded` stands behind it.
    fn cycle(
        &mut self,
        recorded: &Executor,
        cycle: &Cycle<'_>,
        hash: Option<(usize, u64)>,
    ) -> Result<(), ReplayError> {
        let tick = cycle.tick;
        self.read(recorded, cycle);
        let (first, log) = (&mut self.found.told_from, &mut self.log);
        self.names.compare(first, tick, log, &mut self.changed.log);
        for (i, (of, acting, there)) in self.outputs.iter_mut().enumerate() {
            let ours = log.outputs.get_mut(i).and_then(Option::take);
            let other = there.and_then(|j| self.changed.log.outputs.get_mut(j));
            let differs = of.compare(tick, (ours, other.and_then(Option::take)));
            if let Some(tick) = acting.look(cycle, ours, differs) {
                Onset::note(&mut self.found.acted_from, tick, &of.name);
            }
        }
        let more = self.changed.log.outputs.iter().zip(self.changed.plan.actuators());
        for (_, of) in more.filter(|(given, _)| given.is_some() && self.may_write) {
            Onset::note(&mut self.found.acted_from, tick, &of.name);
        }
        if let (Some(against), Some((loop_i, hash))) = (&mut self.against, hash) {
            let name = self.changed.plan.loops().get(loop_i).map_or("", |of| of.name.as_str());
            against.look(name, tick, hash)?;
        }
        Ok(())
    }

    /// Whether the changed loop would have read what was recorded.
    fn read(&mut self, recorded: &Executor, cycle: &Cycle<'_>) {
        let first = &mut self.found.read_from;
        if first.as_ref().is_some_and(|of| of.tick < cycle.tick) {
            return;
        }
        let (i, tick) = (cycle.loop_index, cycle.tick);
        let there = self.changed.loops.get(i).and_then(Option::as_ref);
        let Some((reads, (there, _))) = self.reads.get(i).zip(there) else { return };
        for name in &reads.made_otherwise {
            Onset::note(first, tick, name);
        }
        let (then, now) = (recorded.slots(i).0, self.changed.executor.slots(*there).0);
        for (name, a, b) in &reads.places {
            if then.get(*a).map(|x| x.to_bits()) != now.get(*b).map(|x| x.to_bits()) {
                Onset::note(first, tick, &format!("profile {name}, at another place"));
            }
        }
    }

    fn end(self, report: Report) -> WhatIf {
        let events = events(&self.plan, self.log, self.changed);
        let driven = self.outputs.into_iter().zip(self.plan.actuators());
        let outputs = driven.filter(|(_, a)| a.loop_i.is_some()).map(|((mut of, ..), _)| {
            of.end();
            of
        });
        let against = self.against.map(|of| of.agreement);
        WhatIf { report, events, outputs: outputs.collect(), against, ..self.found }
    }
}

/// Events of both plans by name.
fn events(plan: &Plan, log: Log, changed: Changed) -> Vec<EventDifference> {
    let mut all: BTreeMap<String, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
    for (of, ticks) in plan.events().iter().zip(log.events) {
        all.entry(of.name.clone()).or_default().0 = ticks;
    }
    for (of, ticks) in changed.plan.events().iter().zip(changed.log.events) {
        all.entry(of.name.clone()).or_default().1 = ticks;
    }
    let one = |(name, (recorded_ticks, changed_ticks))| EventDifference {
        name,
        recorded_ticks,
        changed_ticks,
    };
    all.into_iter().map(one).collect()
}

impl Changed {
    fn new(run: &Run, change: Change, names: &mut Names) -> Result<Self, String> {
        let recorded = run.plan();
        let same_plan = change.plan.is_none();
        let plan = change.plan.unwrap_or_else(|| recorded.clone());
        let place = |name: &str| plan.params().iter().position(|p| p.name == name);
        let mut changes = Vec::new();
        for (name, value) in &change.params {
            let i = place(name).ok_or(format!("no parameter {name} in the plan"))?;
            changes.push((i, *value));
        }
        let mut loops: Vec<Option<(usize, Vec<From>)>> = vec![None; recorded.loops().len()];
        for (i, of) in plan.loops().iter().enumerate() {
            let there = recorded.loops().iter().position(|r| r.name == of.name);
            let there =
                there.ok_or(format!("loop {}: the record has none of that name", of.name))?;
            let sources = sources(&plan, of, &recorded.loops()[there])?;
            loops[there] = Some((i, sources));
        }
        let executor = if same_plan {
            run.executor().clone()
        } else {
            Executor::new(&plan).map_err(|e| e.to_string())?
        };
        let mut made = Self {
            executor,
            params: plan.start_values(),
            changes,
            loops,
            param_of: recorded.params().iter().map(|p| place(&p.name)).collect(),
            same_plan,
            values: Vec::new(),
            qualities: Vec::new(),
            log: Log::new(&plan, names),
            plan,
        };
        made.retune()?;
        Ok(made)
    }

    /// Takes `self.params`, with the changes, into the kernels.
    fn retune(&mut self) -> Result<(), String> {
        for (i, value) in &self.changes {
            if let Some(param) = self.params.get_mut(*i) {
                *param = *value;
            }
        }
        let retune = self.plan.retune(&self.params).map_err(|e| e.to_string())?;
        if self.executor.retune(&retune) {
            Ok(())
        } else {
            Err("a changed parameter does not fit the running plan".to_owned())
        }
    }

    /// Takes an item; of a cycle it gives the loop here and the hash over all its slots.
    fn item(
        &mut self,
        recorded: &Plan,
        item: &Item<'_>,
        blind: bool,
    ) -> Result<Option<(usize, u64)>, String> {
        match item {
            Item::Cycle(cycle) if !blind => return Ok(self.cycle(cycle)),
            Item::Params { values, .. } if !blind => self.follow(values)?,
            Item::Keyframe { params, state, .. } if blind => {
                // What it would remember behind a gap is not known: the same plan goes on from what was.
                if self.same_plan && !self.executor.restore(state) {
                    return Err("a keyframe does not fit the plan".to_owned());
                }
                for (value, i) in recorded.start_values().into_iter().zip(&self.param_of) {
                    if let Some(param) = i.and_then(|i| self.params.get_mut(i)) {
                        *param = value;
                    }
                }
                self.follow(params)?;
            }
            _ => {}
        }
        Ok(None)
    }

    fn cycle(&mut self, cycle: &Cycle<'_>) -> Option<(usize, u64)> {
        let (loop_i, sources) = self.loops.get(cycle.loop_index)?.as_ref()?;
        self.values.clear();
        self.qualities.clear();
        for from in sources {
            let (value, quality) = match from {
                From::Recorded(i) => (cycle.values.get(*i), cycle.qualities.get(*i)),
                From::Param(i) => (self.params.get(*i), Some(&0)),
                From::Latest(of, i) => {
                    let (values, qualities) = self.executor.slots(*of);
                    (values.get(*i), qualities.get(*i))
                }
            };
            self.values.push(value.copied().unwrap_or(f64::NAN));
            self.qualities.push(quality.copied().unwrap_or(Quality::Bad as u8));
        }
        self.log.tick = cycle.tick;
        let (values, qualities) = (&self.values, &self.qualities);
        let (executor, log) = (&mut self.executor, &mut self.log);
        let hash = executor.run_loop_recorded(*loop_i, cycle.tick, values, qualities, log)?;
        Some((*loop_i, hash))
    }

    fn follow(&mut self, values: &[(u16, f64)]) -> Result<(), String> {
        for (i, value) in values {
            let here = self.param_of.get(usize::from(*i)).copied().flatten();
            if let Some(param) = here.and_then(|i| self.params.get_mut(i)) {
                *param = *value;
            }
        }
        self.retune()
    }
}
