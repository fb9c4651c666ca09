//! Budgets: how much of the deadline each stage of a loop may take, and how old an input may be when its
//! output is written. Added up before the start, watched while it runs.

use super::Clerk;
use crate::config::{BudgetConfig, StageBudget};
use crate::executive::{Histogram, LadderRules, LoopStats};
use crate::gate::ConfigError;
use crate::ledger::Kind;
use crate::plan::Plan;
use serde_json::{Value, json};

/// A stage of a tick: name in the line file without its unit, its budget, and where its times are.
type Stage = (&'static str, fn(&StageBudget) -> f64, fn(&LoopStats) -> &Histogram);

const STAGES: [Stage; 4] = [
    ("release", |b| b.release_us, |s| &s.lateness),
    ("read", |b| b.read_us, |s| &s.read),
    ("execute", |b| b.execute_us, |s| &s.execute),
    ("write", |b| b.write_us, |s| &s.write),
];

/// What a chain is measured between: its name, the channel's place in the plan and the actuator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Name in the line file.
    pub name: String,
    /// Index in `Plan::channels()`.
    pub channel: usize,
    /// Loop that drives its actuator.
    pub loop_i: usize,
    /// Input's time to output written, ns.
    pub budget_ns: u64,
}

/// Checks the budgets against the plan and the deadlines, and gives the chains.
///
/// # Errors
/// Names the plan does not have, numbers out of range, stages that add up to more than the deadline or
/// than the budget of a chain they are part of.
pub fn check_budgets(
    config: &BudgetConfig,
    plan: &Plan,
    ladders: &[LadderRules],
) -> Result<Vec<Chain>, Vec<ConfigError>> {
    let mut errors = Vec::new();
    if !(config.window_s >= 1.0 && config.window_s <= 86_400.0) {
        errors.push(ConfigError::new("budgets", "window_s", "1 to 86400", config.window_s));
    }
    for (name, of) in &config.loops {
        let key = format!("budgets.loops.{name}");
        let Some(i) = plan.loops().iter().position(|l| l.name == *name) else {
            let known: Vec<_> = plan.loops().iter().map(|l| l.name.as_str()).collect();
            errors.push(ConfigError::new(key, "", format!("one of {}", known.join(", ")), name));
            continue;
        };
        for (stage, us, _) in STAGES {
            if !(us(of) > 0.0 && us(of).is_finite()) {
                errors.push(ConfigError::new(&key, format!("{stage}_us"), "above 0", us(of)));
            }
        }
        let deadline_us = ladders.get(i).map_or(0.0, |l| l.deadline_ns as f64 / 1e3);
        if of.sum_us() > deadline_us {
            let expected = format!("stages that add up to at most the deadline, {deadline_us} us");
            errors.push(ConfigError::new(key, "", expected, format!("{} us", of.sum_us())));
        }
    }
    let mut chains = Vec::new();
    for (name, of) in &config.chains {
        let key = format!("budgets.chains.{name}");
        let channel = plan.channels().iter().position(|c| c.name == of.channel);
        if channel.is_none() {
            errors.push(ConfigError::new(
                &key,
                "channel",
                "a channel that a loop reads",
                &of.channel,
            ));
        }
        let actuator = plan.actuators().iter().find(|a| a.name == of.actuator);
        let loop_i = actuator.and_then(|a| a.loop_i);
        if loop_i.is_none() {
            errors.push(ConfigError::new(
                &key,
                "actuator",
                "an actuator that a loop drives",
                &of.actuator,
            ));
        }
        let (Some(channel), Some(loop_i)) = (channel, loop_i) else { continue };
        let stages = plan.loops().get(loop_i).and_then(|l| config.loops.get(&l.name));
        let least_us = stages.map_or(0.0, StageBudget::sum_us);
        if !(of.budget_us > 0.0 && of.budget_us >= least_us && of.budget_us <= 1e12) {
            let expected = format!("{least_us} or more, what the stages of its loop add up to");
            errors.push(ConfigError::new(&key, "budget_us", expected, of.budget_us));
        }
        let budget_ns = (of.budget_us * 1e3) as u64;
        chains.push(Chain { name: name.clone(), channel, loop_i, budget_ns });
    }
    if errors.is_empty() { Ok(chains) } else { Err(errors) }
}

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Loop, and stage by its place in [`STAGES`].
    Stage(usize, usize),
    Chain(usize),
}

/// One budget and how it was kept in the last window.
#[derive(Debug)]
struct Watched {
    of: Of,
    name: String,
    station: String,
    budget_ns: u64,
    /// Counts at the start of the window.
    before: Vec<u64>,
    /// In the last window: p99.9 (of fewer than 1000 cycles the largest) and cycles.
    last: Option<(u64, u64)>,
    over: bool,
}

/// All budgets of a core.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    watched: Vec<Watched>,
}

impl Budgets {
    pub fn new(config: &BudgetConfig, plan: &Plan, chains: &[Chain]) -> Self {
        let mut watched = Vec::new();
        let watch = |of, name, station: &str, budget_ns| Watched {
            of,
            name,
            station: station.to_owned(),
            budget_ns,
            before: Vec::new(),
            last: None,
            over: false,
        };
        for (i, info) in plan.loops().iter().enumerate() {
            let Some(budget) = config.loops.get(&info.name) else { continue };
            for (s, (stage, us, _)) in STAGES.iter().enumerate() {
                let (name, ns) = (format!("{} {stage}", info.name), (us(budget) * 1e3) as u64);
                watched.push(watch(Of::Stage(i, s), name, &info.station, ns));
            }
        }
        for (i, chain) in chains.iter().enumerate() {
            let station = plan.loops().get(chain.loop_i).map_or("", |l| &l.station);
            watched.push(watch(Of::Chain(i), chain.name.clone(), station, chain.budget_ns));
        }
        Self { watched }
    }

    pub fn to_json(&self) -> Value {
        let of = self.watched.iter().map(|w| {
            json!({
                "name": w.name, "budget_ns": w.budget_ns, "over": w.over,
                "p99_9_ns": w.last.map(|last| last.0), "cycles": w.last.map(|last| last.1),
            })
        });
        Value::Array(of.collect())
    }
}

impl Clerk {
    /// Ends a window: what it was at p99.9 in it beside each budget; an alarm for the one that comes to be
    /// over, a row when it is within again.
    pub fn mind_budgets(&mut self) {
        let mut rows = Vec::new();
        for w in &mut self.budgets.watched {
            let times = match w.of {
                Of::Stage(i, s) => self.shown.loops.get(i).map(STAGES[s].2),
                Of::Chain(i) => self.shown.chains.get(i),
            };
            let Some(times) = times else { continue };
            let now = times.counts();
            let zero = vec![0; now.len()];
            let before = if w.before.is_empty() { &zero } else { &w.before };
            let within: Vec<u64> = now.iter().zip(before).map(|(n, b)| n - b).collect();
            let cycles: u64 = within.iter().sum();
            w.before = now;
            if cycles == 0 {
                continue;
            }
            let p99_9_ns = Histogram::quantile_of(&within, 0.999);
            w.last = Some((p99_9_ns, cycles));
            let over = p99_9_ns > w.budget_ns;
            if std::mem::replace(&mut w.over, over) != over {
                let kind = if over { Kind::Alarm } else { Kind::Mode };
                let body = json!({
                    "budget": w.name, "over": over, "budget_ns": w.budget_ns,
                    "p99_9_ns": p99_9_ns, "cycles": cycles,
                });
                rows.push((kind, w.station.clone(), body));
            }
        }
        for (kind, station, body) in rows {
            self.want_state();
            self.note(kind, &station, &body);
        }
    }
}
