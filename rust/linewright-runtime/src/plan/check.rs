//! Reads the JSON, resolves names and slots, collects every problem.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::decl::OpDecl;
use super::retune::{param_name, resolve};
use super::units::UnitOf;
use super::{CheckedOp, LoopInfo, MAX_BASE_HZ, ParamInfo, Plan, PlanErrors, Problem, SlotInfo};
use crate::exec::kernels::{self, Designed};
use crate::exec::{NO_SLOT, Slot};
use crate::unit::{Conversion, Unit};

/// Where a check stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Here {
    pub loop_name: String,
    pub op: String,
    pub at: String,
}

/// A slot that exists.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub loop_i: usize,
    /// Position among the loop's source slots or among its other slots.
    pub source: bool,
    pub nth: u32,
    pub unit: UnitOf,
}

/// The plan so far.
pub(super) struct Checker {
    pub problems: Vec<Problem>,
    pub slots: BTreeMap<String, Known>,
    /// First frame slot and number of source slots of each finished loop.
    bases: Vec<(u32, u32)>,
    pub plan: Plan,
}

/// A loop in the making.
pub(super) struct Growing {
    pub loop_i: usize,
    pub station: String,
    pub rate_hz: u32,
    pub divisor: u64,
    /// Source slots, then the others.
    slots: [Vec<(SlotInfo, UnitOf)>; 2],
    ops: Vec<(CheckedOp, Vec<Option<Known>>, bool, u32)>,
}

impl Checker {
    /// Adds a problem.
    pub fn problem(
        &mut self,
        here: &Here,
        edge: &str,
        [expected, got]: [&str; 2],
        message: impl Into<String>,
    ) {
        self.problems.push(Problem {
            loop_name: here.loop_name.clone(),
            op: here.op.clone(),
            edge: edge.into(),
            expected: expected.into(),
            got: got.into(),
            at: here.at.clone(),
            message: message.into(),
        });
    }

    /// Refuses `x` unless `ok`; NaN never is.
    pub fn require(&mut self, here: &Here, name: &str, x: f64, ok: bool, must_be: &str) {
        if !ok || !x.is_finite() {
            self.problem(here, name, [must_be, &x.to_string()], "mend the value");
        }
    }

    /// Reads a unit; a bad one is a problem and then matches anything.
    pub fn unit(&mut self, here: &Here, edge: &str, text: &str) -> UnitOf {
        match Unit::parse(text) {
            Ok(unit) => UnitOf::Known(unit),
            Err(error) => {
                self.problem(here, edge, ["a unit", &format!("\"{text}\"")], error.to_string());
                UnitOf::Unknown
            }
        }
    }
}

fn text(map: &Map<String, Value>, key: &str) -> String {
    map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn whole(map: &Map<String, Value>, key: &str) -> Option<u32> {
    let value = map.get(key)?.as_f64()?;
    (value >= 1.0 && value <= f64::from(u32::MAX) && value == value.trunc()).then_some(value as u32)
}

/// See [`Plan::from_json`].
pub(super) fn check(json: &str) -> Result<Plan, PlanErrors> {
    let whole_plan = |message: String| {
        PlanErrors(vec![Problem { op: "plan".into(), message, ..Problem::default() }])
    };
    let value: Value = serde_json::from_str(json).map_err(|e| whole_plan(e.to_string()))?;
    let map = value.as_object().ok_or_else(|| whole_plan("not a JSON object".into()))?;
    let mut checker = Checker {
        problems: Vec::new(),
        slots: BTreeMap::new(),
        bases: Vec::new(),
        plan: Plan {
            json: json.into(),
            hash: super::hash::hash(&value),
            base_hz: 1,
            loops: Vec::new(),
            front_ends: Vec::new(),
            channels: Vec::new(),
            actuators: Vec::new(),
            mailboxes: Vec::new(),
            profiles: Vec::new(),
            params: Vec::new(),
            events: Vec::new(),
            taps: Vec::new(),
            maps: Vec::new(),
            ops: Vec::new(),
        },
    };
    checker.head(map);
    for of in map.get("loops").and_then(Value::as_array).into_iter().flatten() {
        checker.one_loop(of);
    }
    checker.front_reads();
    checker.size();
    if checker.problems.is_empty() { Ok(checker.plan) } else { Err(PlanErrors(checker.problems)) }
}

impl Checker {
    fn head(&mut self, map: &Map<String, Value>) {
        let here = Here { op: "plan".into(), ..Here::default() };
        for key in map.keys() {
            if !["version", "base_hz", "params", "front_ends", "loops"].contains(&key.as_str()) {
                let known = "version, base_hz, params, front_ends, loops";
                self.problem(&here, key, [known, key], "unknown key");
            }
        }
        if whole(map, "version") != Some(1) {
            let got = map.get("version").map_or_else(|| "nothing".into(), Value::to_string);
            self.problem(&here, "version", ["1", &got], "write the plan with this version");
        }
        match whole(map, "base_hz") {
            Some(base_hz) if base_hz <= MAX_BASE_HZ => self.plan.base_hz = base_hz,
            _ => {
                let got = map.get("base_hz").map_or_else(|| "nothing".into(), Value::to_string);
                let expected = format!("a whole number up to {MAX_BASE_HZ}");
                self.problem(
                    &here,
                    "base_hz",
                    [&expected, &got],
                    "choose loop rates with a small common multiple",
                );
            }
        }
        if !map.get("loops").is_some_and(Value::is_array) {
            self.problem(&here, "loops", ["a list", "none"], "a plan is a list of loops");
        }
        for param in map.get("params").and_then(Value::as_array).into_iter().flatten() {
            self.param(param);
        }
        for of in map.get("front_ends").and_then(Value::as_array).into_iter().flatten() {
            self.front_end(of);
        }
    }

    /// Every slot must have its place in the frame.
    fn size(&mut self) {
        let slots = self.plan.slot_count();
        let most = usize::from(NO_SLOT);
        if slots > most {
            let here = Here { op: "plan".into(), ..Here::default() };
            let [expected, got] = [format!("at most {most}"), slots.to_string()];
            self.problem(&here, "slots", [&expected, &got], "split the line over two cores");
        }
    }

    fn param(&mut self, param: &Value) {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Declared {
            name: String,
            station: String,
            unit: String,
            value: f64,
            lo: f64,
            hi: f64,
            #[serde(default)]
            at: String,
        }
        let mut here = Here { op: "param".into(), ..Here::default() };
        let p = match Declared::deserialize(param) {
            Ok(p) => p,
            Err(error) => {
                let name = param.get("name").map(Value::to_string).unwrap_or_default();
                return self.problem(&here, &name, ["", ""], error.to_string());
            }
        };
        here.at.clone_from(&p.at);
        let unit = self.unit(&here, &p.name, &p.unit).text();
        let bounds = format!("{} to {} {}", p.lo, p.hi, p.unit);
        self.require(&here, &p.name, p.value, p.lo <= p.value && p.value <= p.hi, &bounds);
        self.require(&here, &p.name, p.lo, true, "a finite lower bound");
        self.require(&here, &p.name, p.hi, true, "a finite upper bound");
        if self.plan.params.iter().any(|other| other.name == p.name) {
            self.problem(
                &here,
                &p.name,
                ["", ""],
                "declared twice; declare it once and pass it on",
            );
        }
        let Declared { name, station, value, lo, hi, .. } = p;
        self.plan.params.push(ParamInfo { name, station, unit, value, lo, hi });
    }

    fn one_loop(&mut self, of: &Value) {
        let empty = Map::new();
        let map = of.as_object().unwrap_or(&empty);
        let name = text(map, "name");
        let here = Here { loop_name: name.clone(), op: "loop".into(), at: text(map, "at") };
        for key in map.keys() {
            if !["name", "station", "rate_hz", "ops", "at"].contains(&key.as_str()) {
                self.problem(&here, key, ["name, station, rate_hz, ops", key], "unknown key");
            }
        }
        if name.is_empty() || self.plan.loops.iter().any(|other| other.name == name) {
            self.problem(&here, &name, ["a name of its own", &name], "give the loop another name");
        }
        let base_hz = self.plan.base_hz;
        let rate_hz = whole(map, "rate_hz").unwrap_or(0);
        if rate_hz == 0 || !base_hz.is_multiple_of(rate_hz) {
            let got = map.get("rate_hz").map_or_else(|| "nothing".into(), Value::to_string);
            let expected = format!("a whole number of Hz that divides the base rate {base_hz}");
            self.problem(&here, "rate_hz", [&expected, &got], "change the rate or the base rate");
        }
        let rate_hz = rate_hz.max(1);
        let mut growing = Growing {
            loop_i: self.plan.loops.len(),
            station: text(map, "station"),
            rate_hz,
            divisor: u64::from((base_hz / rate_hz).max(1)),
            slots: [Vec::new(), Vec::new()],
            ops: Vec::new(),
        };
        let ops = map.get("ops").and_then(Value::as_array).cloned().unwrap_or_default();
        for op in &ops {
            self.one_op(&name, op, &ops, &mut growing);
        }
        self.finish(name, growing);
    }

    fn one_op(&mut self, loop_name: &str, op: &Value, all: &[Value], growing: &mut Growing) {
        let mut map = op.as_object().cloned().unwrap_or_default();
        let op_name = text(&map, "op");
        let here = Here { loop_name: loop_name.into(), op: op_name.clone(), at: text(&map, "at") };
        map.remove("at");
        let out = map.remove("out");
        let outs: Vec<String> = out
            .as_ref()
            .and_then(Value::as_array)
            .map(|ids| ids.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default();
        let first_id = outs.first().cloned().unwrap_or_default();
        let decl: OpDecl = match serde_json::from_value(Value::Object(map)) {
            Ok(decl) => decl,
            Err(error) => {
                self.problem(&here, &first_id, ["", ""], error.to_string());
                return self.define(&here, growing, &outs, false, "", Vec::new());
            }
        };
        let here = Here { op: op_title(&decl, op_name), ..here };
        let reads: Vec<Option<Known>> =
            decl.reads().iter().map(|id| self.read(&here, id, &decl, all, growing)).collect();
        let units: Vec<(String, UnitOf)> = decl
            .reads()
            .iter()
            .zip(&reads)
            .map(|(id, known)| {
                let unit = known.as_ref().map_or(UnitOf::Unknown, |known| known.unit.clone());
                ((*id).to_owned(), unit)
            })
            .collect();
        let mut conversion = Conversion::NONE;
        let designed = self.design(&here, &decl, growing.rate_hz);
        let refused = designed.is_none() && matches!(decl, OpDecl::Kernel { .. });
        let mut given = self.infer(&here, &decl, designed, &units, &mut conversion);
        if refused {
            given.resize(outs.len(), UnitOf::Unknown);
        }
        if given.len() != outs.len() {
            let [expected, got] = [given.len().to_string(), outs.len().to_string()];
            self.problem(&here, &first_id, [&expected, &got], "wrong number of slots in `out`");
        }
        let index = self.register(&here, &decl, &units, growing);
        let source = decl.is_source();
        let at = here.at.clone();
        let nth = growing.slots[usize::from(!source)].len() as u32;
        let label = decl.label();
        let checked = CheckedOp { decl, reads: Vec::new(), out: 0, index, conversion, at };
        growing.ops.push((checked, reads, source, nth));
        self.define(&here, growing, &outs, source, &label, given);
    }

    /// Finds an edge; every way it may be wrong has its own advice.
    fn read(
        &mut self,
        here: &Here,
        id: &str,
        decl: &OpDecl,
        all: &[Value],
        growing: &Growing,
    ) -> Option<Known> {
        let across = matches!(decl, OpDecl::Latest { .. });
        let Some(known) = self.slots.get(id).cloned() else {
            let later = all.iter().find(|op| {
                let out = op.get("out").and_then(Value::as_array);
                out.is_some_and(|ids| ids.iter().any(|other| other.as_str() == Some(id)))
            });
            let message = later.map_or_else(
                || "there is no such edge".to_owned(),
                |op| {
                    let at = op.get("at").and_then(Value::as_str).unwrap_or("a later line");
                    format!("used before it exists: it is made at {at}; wire that first")
                },
            );
            self.problem(here, id, ["an edge made before", id], message);
            return None;
        };
        let owner = self.plan.loops.get(known.loop_i).map(|of| (of.name.clone(), of.rate_hz));
        match (across, known.loop_i == growing.loop_i, owner) {
            (false, false, Some((name, rate_hz))) => {
                let expected = format!("an edge of this loop, {} Hz", growing.rate_hz);
                let got = format!("one of {name}, {rate_hz} Hz");
                self.problem(here, id, [&expected, &got], "read it with L.latest(edge)");
            }
            (true, true, _) => {
                let got = "one of this loop";
                self.problem(here, id, ["an edge of another loop", got], "use the edge as it is");
            }
            _ => return Some(known),
        }
        None
    }

    /// Enters the slots an op writes.
    fn define(
        &mut self,
        here: &Here,
        growing: &mut Growing,
        outs: &[String],
        source: bool,
        label: &str,
        units: Vec<UnitOf>,
    ) {
        let units = units.into_iter().chain(std::iter::repeat(UnitOf::Unknown));
        for (id, unit) in outs.iter().zip(units) {
            let slots = &mut growing.slots[usize::from(!source)];
            let nth = slots.len() as u32;
            let info = SlotInfo { id: id.clone(), label: label.to_owned(), unit: unit.text() };
            slots.push((info, unit.clone()));
            let known = Known { loop_i: growing.loop_i, source, nth, unit };
            if self.slots.insert(id.clone(), known).is_some() {
                self.problem(here, id, ["an id of its own", id], "two ops write the same slot");
            }
        }
    }

    /// Has the kernel designed once, so that a refusal is known before anything runs; none for other
    /// operations and after a refusal.
    fn design(&mut self, here: &Here, decl: &OpDecl, rate_hz: u32) -> Option<Designed> {
        let OpDecl::Kernel { kernel, config, .. } = decl else { return None };
        let params: Vec<_> = config.values().filter_map(param_name).collect();
        if let Some(name) = params.iter().find(|n| !self.plan.params.iter().any(|p| p.name == **n))
        {
            self.problem(here, name, ["a declared parameter", name], "declare it first");
            return None;
        }
        let config = resolve(config, &self.plan.params, &self.plan.start_values());
        match kernels::design(kernel, &config, 1.0 / f64::from(rate_hz)) {
            Some(Ok(designed)) => {
                if let Some(name) = params.first().filter(|_| !designed.retunes) {
                    let message =
                        "the coefficients of a vector kernel are designed once; give a number";
                    self.problem(here, name, ["a number", "a parameter"], message);
                }
                return Some(designed);
            }
            Some(Err(message)) => self.problem(here, kernel, ["", ""], message),
            None => {
                let known = kernels::names().collect::<Vec<_>>().join(", ");
                self.problem(here, kernel, ["a kernel", kernel], format!("known are: {known}"));
            }
        }
        None
    }

    /// Gives every slot its place in the frame: source slots first.
    fn finish(&mut self, name: String, growing: Growing) {
        let first = self.bases.iter().zip(&self.plan.loops).next_back();
        let first = first.map_or(0, |((base, _), of)| base + of.slots.len() as u32);
        let Growing { station, rate_hz, divisor, slots: [sources, others], ops, .. } = growing;
        let source_count = sources.len() as u32;
        self.bases.push((first, source_count));
        let place = |bases: &[(u32, u32)], loop_i: usize, source: bool, nth: u32| {
            let (base, sources) = bases.get(loop_i).copied().unwrap_or_default();
            let slot = base + nth + if source { 0 } else { sources };
            Slot::try_from(slot).unwrap_or(NO_SLOT) // too many is told by `size`
        };
        let loop_i = self.plan.loops.len();
        let ops = ops.into_iter().map(|(mut op, reads, source, nth)| {
            let reads = reads.into_iter().flatten();
            op.reads = reads.map(|k| place(&self.bases, k.loop_i, k.source, k.nth)).collect();
            op.out = place(&self.bases, loop_i, source, nth);
            op
        });
        let ops: Vec<_> = ops.collect();
        self.plan.ops.push(ops);
        let slots = sources.into_iter().chain(others).map(|(info, _)| info).collect();
        let sources = source_count as usize;
        self.plan.loops.push(LoopInfo { name, station, rate_hz, divisor, sources, slots });
    }
}

/// A kernel op is named by its kernel.
fn op_title(decl: &OpDecl, op_name: String) -> String {
    match decl {
        OpDecl::Kernel { kernel, .. } => format!("kernel {kernel}"),
        _ => op_name,
    }
}
