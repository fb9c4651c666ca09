//! A small line for the core's tests: one loop moves a pump to a mailbox, watches a flow.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // every test crate uses a part of it

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::Core;
use linewright_runtime::driver::{Channel, Quality};
use linewright_runtime::drivers::ManualPlant;
use linewright_wire::{Ack, Action, Certificate, Command, Message, Stamp, decode, encode};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

pub const COATER: u64 = 11;
pub const CALENDER: u64 = 12;
pub const OPERATOR: u64 = 99;

pub fn plan() -> Value {
    json!({"version": 1, "base_hz": 30, "params": [
        {"name": "coater.limit", "station": "coater", "unit": "kg/min", "value": 9.0, "lo": 1.0, "hi": 20.0, "at": "t.py:1"},
    ], "loops": [{"name": "coater.flow", "station": "coater", "rate_hz": 10, "ops": [
        {"op": "input", "channel": "coater.mass_flow", "unit": "kg/min", "max_age_s": 1.0, "out": ["flow"]},
        {"op": "input", "channel": "coater.web_position", "unit": "m", "max_age_s": 1.0, "out": ["at"]},
        {"op": "mailbox", "name": "coater.pump", "unit": "L/min", "default": 5.0, "lo": 3.5, "hi": 7.5,
         "ttl_s": 5.0, "fallback": "hold", "out": ["pump", "fresh"]},
        {"op": "param", "name": "coater.limit", "out": ["limit"]},
        {"op": "written", "actuator": "coater.pump_flow", "unit": "L/min", "out": ["was", "in_control"]},
        {"op": "profile", "name": "coater.map", "unit": "L/min", "position": "at", "lookup": "linear", "out": ["map", "known"]},
        {"op": "gt", "a": "flow", "b": "limit", "out": ["high"]},
        {"op": "event", "name": "coater.flow_high", "when": "high", "evidence": {"flow": "flow", "limit": "limit"},
         "rule": "flow/1", "decision": "look at the pump", "priority": "alarm", "refractory_s": 1.0, "out": []},
        {"op": "tap", "topic": "coater.flow", "value": "flow", "every_s": 1.0, "out": []},
        {"op": "web_map", "name": "coater.flow_map", "position": "at", "value": "flow", "step_m": 10.0, "out": []},
        {"op": "output", "actuator": "coater.pump_flow", "value": "pump", "out": []},
    ]}]})
}

/// Simulated, closed loop permitted, armed at tick 0, no files.
pub fn config() -> Value {
    json!({
        "line": "test", "plan": plan(), "permit": "closed", "operator_key": OPERATOR, "seed": 7,
        "time": {"mode": "simulated", "base_hz": 30, "lockstep_ticks": 30, "until_tick": null},
        "actuators": {"coater.pump_flow": {
            "unit": "L/min", "lo": 3.0, "hi": 8.0, "max_rate_per_s": 0.5, "fallback": {"kind": "hold"},
            "lease_ticks": 90, "nudge_budget": 5.0, "nudge_window_ticks": 108_000, "resolution": 0.001,
            "read_back_tolerance": 0.01, "owner": "coater",
        }},
        "stations": {
            "coater": {"key": COATER, "mailboxes": ["coater.pump"], "profiles": ["coater.map"],
                       "params": ["coater.limit"], "actuators": ["coater.pump_flow"]},
            "calender": {"key": CALENDER},
        },
        "gate": {"arm_at_start": "test"},
    })
}

pub fn plant() -> ManualPlant {
    let channels =
        vec![Channel::new("coater.web_position", "m"), Channel::new("coater.mass_flow", "kg/min")];
    let plant = ManualPlant::new(channels, vec![Channel::new("coater.pump_flow", "L/min")], &[5.0]);
    plant.set(0, 0.0, Quality::Good);
    plant.set(1, 7.0, Quality::Good);
    plant
}

/// A folder of its own, gone with the value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lw-{name}-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A core with a station that counts its commands.
pub struct Line {
    pub core: Core,
    pub plant: ManualPlant,
    pub seq: u64,
    pub messages: Vec<Message>,
}

impl Line {
    pub fn new(config: &Value) -> Self {
        let plant = plant();
        let config = CoreConfig::from_json(&config.to_string()).unwrap_or_else(|e| panic!("{e}"));
        let core = Core::new(&config, Box::new(plant.driver())).unwrap_or_else(|e| panic!("{e}"));
        Self { core, plant, seq: 0, messages: Vec::new() }
    }

    /// A command of `sender` that may act for two seconds from now.
    pub fn frame(&mut self, sender: u64, token: u64, action: Action) -> Vec<u8> {
        self.seq += 1;
        let now = self.core.next_tick();
        let stamp = Stamp {
            sender,
            epoch: 1,
            seq: self.seq,
            based_on_tick: now,
            not_after_tick: now + 60,
            ..Stamp::default()
        };
        encode(&stamp, &Message::Command(Command { token, action })).unwrap()
    }

    /// Advances and collects what is sent.
    pub fn run(&mut self, ticks: u64) {
        self.core.advance(self.core.next_tick() + ticks);
        self.collect();
    }

    pub fn collect(&mut self) {
        let frames = self.core.drain();
        self.messages.extend(frames.iter().map(|out| decode(&out.frame).unwrap().1));
    }

    pub fn acks(&self) -> Vec<Ack> {
        let acks = self.messages.iter();
        acks.filter_map(|m| if let Message::Ack(ack) = m { Some(ack.clone()) } else { None })
            .collect()
    }

    /// Sends a command, runs a tick and gives its answer.
    pub fn ask(&mut self, sender: u64, token: u64, action: Action) -> Ack {
        let frame = self.frame(sender, token, action);
        self.core.submit(&frame);
        self.run(1);
        let seq = self.seq;
        self.acks().into_iter().rfind(|a| a.seq == seq && a.to == sender).unwrap()
    }

    /// Takes the pump's lease and gives the token.
    pub fn acquire(&mut self) -> u64 {
        let action = Action::Acquire { actuator: "coater.pump_flow".into() };
        self.ask(COATER, 0, action).token.unwrap()
    }

    pub fn set(&mut self, token: u64, value: f64) -> Ack {
        self.ask(COATER, token, set(value))
    }
}

pub fn set(value: f64) -> Action {
    Action::Set { mailbox: "coater.pump".into(), value, unit: "L/min".into() }
}

pub fn arm(operator: &str, certificate: Option<&Certificate>) -> Action {
    Action::Arm { operator: operator.into(), certificate: certificate.cloned().map(Box::new) }
}
