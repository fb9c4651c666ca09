//! A replay under way: one executor fed with what was recorded.

use std::path::Path;

use super::{Divergence, Node, ReplayError, Report};
use crate::config::{GATE, GateView};
use crate::exec::{Executor, Sinks};
use crate::ledger::hex;
use crate::plan::Plan;
use crate::recorder::{Cycle, Head, Item};

/// See the module.
pub(super) struct Run {
    plan: Plan,
    executor: Executor,
    params: Vec<f64>,
    build: String,
    sources: Vec<usize>,
    /// Nothing can be compared until the next keyframe.
    blind: bool,
    /// A cycle that gave another hash, until a keyframe tells more of it.
    open: Option<Box<Divergence>>,
    state: Vec<u8>,
    gate: Option<GateView>,
    pub report: Report,
}

impl Run {
    pub fn new(path: &Path, head: &Head) -> Result<Self, ReplayError> {
        let refused = |reason: String| ReplayError::Plan { path: path.to_path_buf(), reason };
        let plan = Plan::from_json(&head.plan_json).map_err(|e| refused(e.to_string()))?;
        let plan_hash = hex(&plan.hash());
        if plan_hash != head.plan_hash {
            let recorded = head.plan_hash.clone();
            return Err(refused(format!("its hash is {plan_hash}, recorded was {recorded}")));
        }
        let names = |of: &[String]| of.join(", ");
        let here: Vec<String> = plan.loops().iter().map(|of| of.name.clone()).collect();
        let there: Vec<String> = head.loops.iter().map(|of| of.name.clone()).collect();
        if here != there {
            return Err(refused(format!(
                "loops {} in the plan, {} in the record",
                names(&here),
                names(&there)
            )));
        }
        let executor = Executor::new(&plan).map_err(|e| refused(e.to_string()))?;
        let state = vec![0; executor.state_len()];
        let params = plan.start_values();
        let build = head.provenance.get("build").cloned().unwrap_or_default();
        let sources = head.loops.iter().map(|of| of.sources).collect();
        let gate = head.provenance.get(GATE).and_then(|text| serde_json::from_str(text).ok());
        let report = Report { path: path.to_path_buf(), plan_hash, ..Report::default() };
        let blind = head.part > 0;
        Ok(Self { plan, executor, params, build, sources, blind, open: None, state, gate, report })
    }

    /// From now on everything up to the next keyframe is passed over.
    pub fn jump(&mut self) {
        self.blind = true;
    }

    /// Takes the next item of a record. `Ok(false)`: a divergence was found and all is known of it that
    /// will be; [`Run::end`] gives it.
    pub fn item(&mut self, item: &Item<'_>, sinks: &mut impl Sinks) -> Result<bool, ReplayError> {
        match item {
            Item::Params { tick, values, .. } if !self.blind => self.retune(*tick, values)?,
            Item::Cycle(cycle) if !self.blind => self.cycle(cycle, sinks)?,
            Item::Keyframe { tick, params, state, .. } => {
                return self.keyframe(*tick, params, state);
            }
            Item::Gap { cycles, .. } => {
                self.report.lost_cycles += cycles;
                self.report.gaps += 1;
                self.blind = true;
                return Ok(self.open.is_none());
            }
            Item::Params { .. } | Item::Cycle(_) => {}
        }
        Ok(self.open.as_ref().is_none_or(|of| of.node.is_none()))
    }

    /// The plan of the record.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The gate of the recorded run; none when the record does not tell.
    pub fn gate(&self) -> Option<&GateView> {
        self.gate.as_ref()
    }

    /// The executor as it stands.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Whether nothing is compared, up to the next keyframe.
    pub fn blind(&self) -> bool {
        self.blind
    }

    /// Whether a cycle gave other bits.
    pub fn diverged(&self) -> bool {
        self.open.is_some()
    }

    /// The end of the record: the divergence found, if one was.
    pub fn end(self) -> Result<Report, ReplayError> {
        match self.open {
            Some(divergence) => Err(ReplayError::Divergence(divergence)),
            None => Ok(self.report),
        }
    }

    fn loop_name(&self, loop_index: usize) -> String {
        self.plan.loops().get(loop_index).map_or_else(String::new, |of| of.name.clone())
    }

    fn cycle(&mut self, cycle: &Cycle<'_>, sinks: &mut impl Sinks) -> Result<(), ReplayError> {
        let sources = self.sources.get(cycle.loop_index).copied().unwrap_or(usize::MAX);
        let (values, qualities) = (cycle.values.get(..sources), cycle.qualities.get(..sources));
        let hash = values.zip(qualities).and_then(|(values, qualities)| {
            let executor = &mut self.executor;
            executor.run_loop_recorded(cycle.loop_index, cycle.tick, values, qualities, sinks)
        });
        let Some(replayed) = hash else {
            let reason = format!(
                "tick {}, loop {}: {} slots recorded, the plan has another number",
                cycle.tick,
                self.loop_name(cycle.loop_index),
                cycle.values.len()
            );
            return Err(ReplayError::Plan { path: self.report.path.clone(), reason });
        };
        if replayed == cycle.hash || self.open.is_some() {
            self.report.cycles += u64::from(self.open.is_none());
            let first = self.report.ticks.map_or(cycle.tick, |(first, _)| first);
            self.report.ticks = Some((first, cycle.tick));
            return Ok(());
        }
        let now = self.executor.slots(cycle.loop_index);
        let node = self.differs(cycle.loop_index, cycle.tick, (cycle.values, cycle.qualities), now);
        self.open = Some(Box::new(Divergence {
            path: self.report.path.clone(),
            tick: cycle.tick,
            loop_name: self.loop_name(cycle.loop_index),
            cycle: self.report.cycles,
            recorded: cycle.hash,
            replayed,
            recorded_build: self.build.clone(),
            node,
        }));
        Ok(())
    }

    /// The first slot of a loop, in the order of its operations, whose bits differ.
    fn differs(
        &self,
        loop_index: usize,
        tick: u64,
        (values, qualities): (&[f64], &[u8]),
        (now, now_qualities): (&[f64], &[u8]),
    ) -> Option<Node> {
        let slots = &self.plan.loops().get(loop_index)?.slots;
        let recorded = values.iter().zip(qualities);
        let here = now.iter().zip(now_qualities);
        recorded.zip(here).zip(slots).find_map(
            |(((value, quality), (found, found_quality)), slot)| {
                let same = value.to_bits() == found.to_bits() && quality == found_quality;
                (!same).then(|| Node {
                    tick,
                    slot: format!("{} [{}]", slot.label, slot.id),
                    recorded_bits: value.to_bits(),
                    replayed_bits: found.to_bits(),
                    qualities: (*quality, *found_quality),
                })
            },
        )
    }

    /// Takes a keyframe up after a gap or a jump; otherwise compares all that is remembered with it.
    fn keyframe(
        &mut self,
        tick: u64,
        params: &[(u16, f64)],
        state: &[u8],
    ) -> Result<bool, ReplayError> {
        let refused = |reason: &str| ReplayError::Plan {
            path: self.report.path.clone(),
            reason: format!("keyframe of tick {tick}: {reason}"),
        };
        if state.len() != self.state.len() {
            return Err(refused("its length is not that of the plan's state"));
        }
        if self.blind {
            self.params = self.plan.start_values();
            self.retune(tick, params)?;
            if !self.executor.restore(state) {
                let path = self.report.path.clone();
                let reason = format!("keyframe of tick {tick}: it does not fit the plan");
                return Err(ReplayError::Plan { path, reason });
            }
            self.blind = false;
            return Ok(true);
        }
        self.report.keyframes += 1;
        if !self.executor.save(&mut self.state) || self.state == state {
            return Ok(self.open.is_none());
        }
        let node = self.node_at(tick, state);
        let open = self.open.take().unwrap_or_else(|| {
            Box::new(Divergence {
                path: self.report.path.clone(),
                tick,
                loop_name: String::new(),
                cycle: self.report.cycles,
                recorded: 0,
                replayed: 0,
                recorded_build: self.build.clone(),
                node: None,
            })
        });
        self.open = Some(Box::new(Divergence { node, ..*open }));
        Ok(false)
    }

    /// The first slot of any loop that differs between this executor and a saved state.
    fn node_at(&self, tick: u64, state: &[u8]) -> Option<Node> {
        let mut then = Executor::new(&self.plan).ok()?;
        if !then.restore(state) {
            return None;
        }
        (0..self.plan.loops().len())
            .find_map(|i| self.differs(i, tick, then.slots(i), self.executor.slots(i)))
    }

    fn retune(&mut self, tick: u64, values: &[(u16, f64)]) -> Result<(), ReplayError> {
        let path = self.report.path.clone();
        let refused = |reason: String| ReplayError::Plan {
            path,
            reason: format!("parameter change at tick {tick}: {reason}"),
        };
        for (index, value) in values {
            match self.params.get_mut(usize::from(*index)) {
                Some(param) => *param = *value,
                None => return Err(refused(format!("no parameter {index} in the plan"))),
            }
        }
        match self.plan.retune(&self.params) {
            Ok(retune) if self.executor.retune(&retune) => {
                self.report.param_changes += 1;
                Ok(())
            }
            Ok(_) => Err(refused("it does not fit the plan".to_owned())),
            Err(e) => Err(refused(e.to_string())),
        }
    }
}
