//! A small line for the core's tests: one loop moves a pump to a mailbox, watches a flow.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::panic)] // every test crate uses a part of it

#[path = "../folder/mod.rs"]
mod folder;
mod line;

pub use folder::Folder;
pub use line::{CALENDER, COATER, OPERATOR, config, plan, plant};

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::Core;
use linewright_runtime::drivers::ManualPlant;
use linewright_wire::{Ack, Action, Certificate, Command, Message, Stamp, decode, encode};
use serde_json::Value;

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
