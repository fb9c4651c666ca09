//! What other parameters, or another plan, would have done with the same inputs.
//!
//! The recorded sources go through twice: as they were, which must give the recorded bits, and with what is
//! changed. Inputs, set-points and read-backs stay as they were: the
//! answer of the plant to other outputs is not in a record.

use std::collections::BTreeMap;
use std::path::Path;

use super::run::Run;
use super::{Progress, ReplayError, Report, Span, begin, through};
use crate::exec::{Executor, Quality, Sinks};
use crate::plan::{LoopInfo, Plan, SlotInfo};
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

/// How far a loop's output for an actuator moved, before the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputDifference {
    /// Full name of the actuator.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Outputs compared: those that were not Bad in both runs.
    pub compared: u64,
    /// Outputs that were Bad in one run only.
    pub only_one: u64,
    /// Root mean square of the difference, in `unit`.
    pub rms: f64,
    /// Largest difference, in `unit`, and its tick.
    pub largest: (f64, u64),
    /// First tick with other bits; none = never.
    pub first_tick: Option<u64>,
}

/// Keeps what a cycle gives.
struct Log {
    tick: u64,
    outputs: Vec<Option<(f64, bool)>>,
    events: Vec<Vec<u64>>,
}

impl Log {
    fn new(plan: &Plan) -> Self {
        let (actuators, events) = (plan.actuators().len(), plan.events().len());
        Self { tick: 0, outputs: vec![None; actuators], events: vec![Vec::new(); events] }
    }
}

impl Sinks for Log {
    fn output(&mut self, i: usize, value: f64, quality: Quality) {
        if let Some(place) = self.outputs.get_mut(i) {
            *place = Some((value, quality != Quality::Bad));
        }
    }
    fn event(&mut self, i: usize, _: &[f64]) {
        if let Some(ticks) = self.events.get_mut(i) {
            ticks.push(self.tick);
        }
    }
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    fn wants_cycles(&self) -> bool {
        false
    }
    fn cycle(&mut self, _: usize, _: &[f64], _: &[u8], _: usize, _: u64) {}
}

/// What is to be changed.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another plan: its loops are fed from the recorded loops of the same name; none = the recorded plan.
    pub plan: Option<Plan>,
    /// Parameters by name.
    pub params: Vec<(String, f64)>,
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

/// Where a source slot comes from.
#[derive(Debug, Clone, Copy)]
enum From {
    Recorded(usize),
    Param(usize),
    /// A slot of another loop: what the changed run has there.
    Latest(usize, usize),
}

/// Replays `path` within `span` as it was and with `change`.
///
/// # Errors
/// As [`super::verify`]; a parameter that does not exist or is refused; a plan with a loop that reads what
/// the record does not hold.
pub fn what_if(
    path: impl AsRef<Path>,
    span: Span,
    change: Change,
    mut progress: impl FnMut(Progress),
) -> Result<WhatIf, ReplayError> {
    let path = path.as_ref();
    let (mut run, files) = begin(path)?;
    let plan = run.plan().clone();
    let refused = |reason| ReplayError::Plan { path: path.to_path_buf(), reason };
    let mut changed = Changed::new(&run, change).map_err(refused)?;
    let mut log = Log::new(&plan);
    let mut outputs: Vec<OutputDifference> = plan.actuators().iter().map(nothing_yet).collect();
    let there: Vec<Option<usize>> = plan
        .actuators()
        .iter()
        .map(|a| changed.plan.actuators().iter().position(|b| b.name == a.name))
        .collect();
    let step = |run: &mut Run, item: &Item<'_>| {
        let was_blind = run.blind();
        if let Item::Cycle(cycle) = item {
            log.tick = cycle.tick;
        }
        let goes_on = run.item(item, &mut log)?;
        changed.item(&plan, item, was_blind).map_err(refused)?;
        for ((i, of), there) in outputs.iter_mut().enumerate().zip(&there) {
            let other = there.and_then(|j| changed.log.outputs.get_mut(j)).and_then(Option::take);
            compare(of, log.tick, (log.outputs[i].take(), other));
        }
        Ok(goes_on)
    };
    through(&mut run, &files, span, step, &mut progress)?;
    let report = run.end()?;
    for of in &mut outputs {
        of.rms = libm::sqrt(of.rms / (of.compared.max(1) as f64));
    }
    let events = events(&plan, log, changed);
    let driven = outputs.into_iter().zip(plan.actuators()).filter(|(_, a)| a.loop_i.is_some());
    Ok(WhatIf { report, events, outputs: driven.map(|(of, _)| of).collect() })
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

fn nothing_yet(of: &crate::plan::ActuatorInfo) -> OutputDifference {
    OutputDifference {
        name: of.name.clone(),
        unit: of.unit.clone(),
        compared: 0,
        only_one: 0,
        rms: 0.0,
        largest: (0.0, 0),
        first_tick: None,
    }
}

type Output = Option<(f64, bool)>;

/// `rms` holds the sum of squares until the end.
fn compare(of: &mut OutputDifference, tick: u64, pair: (Output, Output)) {
    let (a, b) = match pair {
        (Some((a, true)), Some((b, true))) => (a, b),
        (None, None) | (Some((_, false)), Some((_, false))) => return,
        _ => {
            of.only_one += 1;
            of.first_tick.get_or_insert(tick);
            return;
        }
    };
    of.compared += 1;
    if a.to_bits() == b.to_bits() {
        return;
    }
    of.first_tick.get_or_insert(tick);
    let off = b - a;
    of.rms += off * off;
    if off.abs() > of.largest.0.abs() {
        of.largest = (off, tick);
    }
}

impl Changed {
    fn new(run: &Run, change: Change) -> Result<Self, String> {
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
            log: Log::new(&plan),
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

    fn item(&mut self, recorded: &Plan, item: &Item<'_>, blind: bool) -> Result<(), String> {
        match item {
            Item::Cycle(cycle) if !blind => {
                self.cycle(cycle);
                Ok(())
            }
            Item::Params { values, .. } if !blind => self.follow(values),
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
                self.follow(params)
            }
            _ => Ok(()),
        }
    }

    fn cycle(&mut self, cycle: &Cycle<'_>) {
        let Some(Some((loop_i, sources))) = self.loops.get(cycle.loop_index) else { return };
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
        // Its hash is another plan's, or another parameter's: it says nothing.
        let _ =
            self.executor.run_loop_recorded(*loop_i, cycle.tick, values, qualities, &mut self.log);
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

/// Where the source slots of `of` come from: parameters and slots of other loops from the changed run, all
/// else from the slot of the same label in `recorded`.
fn sources(plan: &Plan, of: &LoopInfo, recorded: &LoopInfo) -> Result<Vec<From>, String> {
    let there = &recorded.slots[..recorded.sources.min(recorded.slots.len())];
    let mut used = vec![false; there.len()];
    let one = |slot: &SlotInfo| {
        if let Some(id) = slot.label.strip_prefix("latest ") {
            let place = |(i, of): (usize, &LoopInfo)| {
                of.slots.iter().position(|s| s.id == id).map(|slot| From::Latest(i, slot))
            };
            return plan.loops().iter().enumerate().find_map(place).ok_or(id.to_owned());
        }
        if let Some(name) = slot.label.strip_prefix("param ") {
            let place = plan.params().iter().position(|p| p.name == name);
            return place.map(From::Param).ok_or(name.to_owned());
        }
        // The same label may come several times, with its outputs in order.
        let same = |(i, r): &(usize, &SlotInfo)| !used[*i] && r.label == slot.label;
        match there.iter().enumerate().find(same) {
            Some((i, _)) => {
                used[i] = true;
                Ok(From::Recorded(i))
            }
            None => Err(format!(
                "loop {} reads {}, which the record does not hold",
                of.name, slot.label
            )),
        }
    };
    of.slots.iter().take(of.sources).map(one).collect()
}
