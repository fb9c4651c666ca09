//! A plan, its sources and a log of its sinks, for the executor's tests.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // every test crate uses a part of it

use linewright_runtime::exec::{
    Executor, MailboxSlot, Profile, Quality, Reading, Sinks, Sources, Written,
};
use linewright_runtime::plan::Plan;
use serde_json::{Value, json};

/// Everything a plan gave.
#[derive(Debug, Clone, Default)]
pub struct Log {
    pub tick: u64,
    pub outputs: Vec<(usize, f64, Quality)>,
    pub events: Vec<(u64, usize, Vec<f64>)>,
    pub taps: Vec<(u64, usize, f64, Quality)>,
    pub points: Vec<(usize, f64, f64, Quality)>,
    pub cycles: Vec<Cycle>,
}

/// One recorded cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    pub tick: u64,
    pub loop_i: usize,
    pub values: Vec<u64>,
    pub qualities: Vec<u8>,
    pub hash: u64,
}

impl Sinks for Log {
    fn output(&mut self, i: usize, value: f64, quality: Quality) {
        self.outputs.push((i, value, quality));
    }
    fn event(&mut self, i: usize, evidence: &[f64]) {
        self.events.push((self.tick, i, evidence.to_vec()));
    }
    fn tap(&mut self, i: usize, value: f64, quality: Quality) {
        self.taps.push((self.tick, i, value, quality));
    }
    fn map_point(&mut self, i: usize, position_m: f64, value: f64, quality: Quality) {
        self.points.push((i, position_m, value, quality));
    }
    fn cycle(&mut self, loop_i: usize, slots: &[f64], qualities: &[u8], sources: usize, hash: u64) {
        let values = slots[..sources].iter().map(|x| x.to_bits()).collect();
        let qualities = qualities[..sources].to_vec();
        self.cycles.push(Cycle { tick: self.tick, loop_i, values, qualities, hash });
    }
}

/// A plan at work.
pub struct Rig {
    pub plan: Plan,
    pub executor: Executor,
    pub inputs: Vec<Reading>,
    pub mailboxes: Vec<MailboxSlot>,
    pub profiles: Vec<Profile>,
    pub params: Vec<f64>,
    pub written: Vec<Written>,
    pub log: Log,
}

impl Rig {
    pub fn new(plan: &Value) -> Self {
        let plan = Plan::from_json(&plan.to_string()).unwrap_or_else(|e| panic!("{e}"));
        Self {
            executor: Executor::new(&plan).unwrap(),
            inputs: vec![Reading::default(); plan.channels().len()],
            mailboxes: vec![MailboxSlot::default(); plan.mailboxes().len()],
            profiles: vec![Profile::default(); plan.profiles().len()],
            params: plan.start_values(),
            written: vec![Written::default(); plan.actuators().len()],
            log: Log::default(),
            plan,
        }
    }

    /// Runs one tick with the first channels reading `values`, Good and of this tick.
    pub fn run(&mut self, tick: u64, values: &[f64]) {
        for (to, value) in self.inputs.iter_mut().zip(values) {
            *to = Reading { value: *value, quality: Quality::Good, tick };
        }
        self.run_as_is(tick);
    }

    /// Runs one tick on the sources as they stand.
    pub fn run_as_is(&mut self, tick: u64) {
        self.log.tick = tick;
        let sources = Sources {
            inputs: &self.inputs,
            mailboxes: &self.mailboxes,
            profiles: &self.profiles,
            params: &self.params,
            written: &self.written,
        };
        self.executor.run_due(tick, &sources, &mut self.log);
    }

    /// Value and quality of a slot by id.
    pub fn slot(&self, id: &str) -> (f64, Quality) {
        for (i, of) in self.plan.loops().iter().enumerate() {
            if let Some(at) = of.slots.iter().position(|slot| slot.id == id) {
                let (values, qualities) = self.executor.slots(i);
                return (values[at], Quality::from_u8(qualities[at]));
            }
        }
        panic!("no slot {id}");
    }
}

/// A plan of one loop, `t.l`, at 10 Hz.
pub fn one_loop(ops: Value) -> Value {
    json!({"version": 1, "base_hz": 10, "params": [],
           "loops": [{"name": "t.l", "station": "t", "rate_hz": 10, "ops": ops}]})
}

/// An input of a channel, good for a second.
pub fn input(slot: &str, channel: &str, unit: &str) -> Value {
    json!({"op": "input", "channel": channel, "unit": unit, "max_age_s": 1.0, "out": [slot]})
}
