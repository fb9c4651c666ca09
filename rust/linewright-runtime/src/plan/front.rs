//! Front ends of a plan: what they take, what they give, checked like the operations of a loop.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::check::{Checker, Here};
use super::register::canonical;
use super::{ChannelInfo, FrontEndInfo, Plan, Problem, offer_problem};
use crate::driver::{BlockInfo, Channel};
use crate::front::{self, Designed};
use crate::unit::Unit;
use linewright_kernel::Port;

/// Name and unit, as declared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    unit: String,
}

/// A front end, as declared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    name: String,
    station: String,
    kernel: String,
    #[serde(default)]
    config: Map<String, Value>,
    blocks: Vec<Named>,
    channels: Vec<Named>,
    #[serde(default)]
    at: String,
}

impl Checker {
    /// Checks one front end and enters it.
    pub(super) fn front_end(&mut self, of: &Value) {
        let mut here = Here { op: "front end".into(), ..Here::default() };
        let declared = match Declared::deserialize(of) {
            Ok(declared) => declared,
            Err(error) => {
                let name = of.get("name").and_then(Value::as_str).unwrap_or_default();
                return self.problem(&here, name, ["", ""], error.to_string());
            }
        };
        let Declared { name, station, kernel, config, blocks, channels, at } = declared;
        here = Here { op: format!("front end {kernel}"), at, ..here };
        if name.is_empty() || self.plan.front_ends.iter().any(|other| other.name == name) {
            let message = "give the front end another name";
            self.problem(&here, &name, ["a name of its own", &name], message);
        }
        let config = Value::Object(config);
        match front::design(&kernel, &config) {
            Some(Ok(designed)) => self.front_ports(&here, &name, &designed, &blocks, &channels),
            Some(Err(message)) => self.problem(&here, &name, ["", ""], message),
            None => {
                let known = front::NAMES.join(", ");
                let message = format!("known are: {known}");
                self.problem(&here, &name, ["a front end", &kernel], message);
            }
        }
        for channel in &channels {
            let earlier = self.plan.front_ends.iter().flat_map(|f| &f.channels);
            let own = channels.iter().filter(|c| c.name == channel.name).count();
            if own > 1 || earlier.clone().any(|c| c.name == channel.name) {
                let message = "the name is taken; give the front end another name";
                self.problem(
                    &here,
                    &channel.name,
                    ["a channel of its own", &channel.name],
                    message,
                );
            }
        }
        let list = |named: Vec<Named>| -> Vec<Channel> {
            named.into_iter().map(|n| Channel::new(n.name, canonical(&n.unit))).collect()
        };
        let (blocks, channels) = (list(blocks), list(channels));
        let at = here.at;
        let info = FrontEndInfo { name, station, kernel, config, blocks, channels, at };
        self.plan.front_ends.push(info);
    }

    /// As many blocks and channels as the kernel has ports, units by the letters of the ports.
    fn front_ports(
        &mut self,
        here: &Here,
        name: &str,
        designed: &Designed,
        blocks: &[Named],
        channels: &[Named],
    ) {
        for (what, ports, given) in
            [("blocks", designed.blocks, blocks), ("channels", designed.outputs, channels)]
        {
            if ports.len() != given.len() {
                let names: Vec<_> = ports.iter().map(|port| port.name).collect();
                let expected = format!("{} {what} ({})", ports.len(), names.join(", "));
                let got = given.len().to_string();
                return self.problem(here, name, [&expected, &got], "name one for each port");
            }
        }
        let mut letters: BTreeMap<&str, (Unit, String)> = BTreeMap::new();
        let ports = designed.blocks.iter().zip(blocks);
        for (port, given) in ports.chain(designed.outputs.iter().zip(channels)) {
            self.front_unit(here, port, given, &mut letters);
        }
    }

    fn front_unit<'a>(
        &mut self,
        here: &Here,
        port: &Port,
        given: &Named,
        letters: &mut BTreeMap<&'a str, (Unit, String)>,
    ) where
        Port: 'a,
    {
        let unit = match Unit::parse(&given.unit) {
            Ok(unit) => unit,
            Err(error) => {
                let got = format!("\"{}\"", given.unit);
                return self.problem(here, &given.name, ["a unit", &got], error.to_string());
            }
        };
        let port_unit: &'static str = port.unit;
        let (expected, owner) = match port_unit {
            "*" => return,
            "1" => (Unit::one(), format!("port {}", port.name)),
            letter => match letters.get(letter) {
                Some((unit, owner)) => (unit.clone(), owner.clone()),
                None => {
                    letters.insert(port_unit, (unit, given.name.clone()));
                    return;
                }
            },
        };
        if unit != expected {
            let [expected, got] = [format!("\"{expected}\" as {owner}"), format!("\"{unit}\"")];
            let message = "declare the unit the driver gives; a loop converts with .to(...)";
            self.problem(here, &given.name, [&expected, &got], message);
        }
    }

    /// What loops read of a front end must be read in its unit.
    pub(super) fn front_reads(&mut self) {
        let mut found = Vec::new();
        for (read, given) in self.plan.channels.iter().filter_map(|c| self.plan.front_channel(c)) {
            if read.unit != given.unit {
                let message = format!(
                    "declare it in \"{}\" and convert with .to(\"{}\")",
                    given.unit, read.unit
                );
                found.push(Problem {
                    op: "input".into(),
                    edge: read.name.clone(),
                    expected: format!("\"{}\" as the front end gives it", given.unit),
                    got: format!("\"{}\"", read.unit),
                    at: read.at.clone(),
                    message,
                    ..Problem::default()
                });
            }
        }
        self.problems.append(&mut found);
    }
}

impl Plan {
    /// Front ends in the order they run.
    pub fn front_ends(&self) -> &[FrontEndInfo] {
        &self.front_ends
    }

    /// Channels the front ends give, one behind the other; they stand behind the driver's own.
    pub fn front_channels(&self) -> impl Iterator<Item = &Channel> {
        self.front_ends.iter().flat_map(|of| &of.channels)
    }

    /// A channel that is read, with the front end's channel it is; none when the driver gives it.
    pub(super) fn front_channel<'a>(
        &'a self,
        read: &'a ChannelInfo,
    ) -> Option<(&'a ChannelInfo, &'a Channel)> {
        Some((read, self.front_channels().find(|c| c.name == read.name)?))
    }

    /// Problems of the front ends with what a driver offers.
    pub(super) fn front_problems(
        &self,
        channels: &[Channel],
        offered: &[BlockInfo],
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        let as_channels: Vec<Channel> = offered.iter().map(|b| b.channel.clone()).collect();
        for of in &self.front_ends {
            let op = format!("front end {}", of.name);
            for name in of.channels.iter().map(|c| &c.name) {
                if channels.iter().any(|c| c.name == *name) {
                    problems.push(Problem {
                        op: op.clone(),
                        edge: name.clone(),
                        expected: "a channel of its own".into(),
                        got: "one the driver has".into(),
                        at: of.at.clone(),
                        message: "give the front end another name".into(),
                        ..Problem::default()
                    });
                }
            }
            let designed = front::design(&of.kernel, &of.config);
            let work = designed.and_then(Result::ok).map(|designed| designed.work);
            for (i, block) in of.blocks.iter().enumerate() {
                let (name, unit) = (&block.name, &block.unit);
                let problem = offer_problem(&op, "block", name, unit, &of.at, &as_channels);
                problems.extend(problem);
                let needed = work.as_ref().and_then(|work| work.block_len(i));
                let offer = offered.iter().find(|b| b.channel.name == *name);
                if let (Some(needed), Some(offer)) = (needed, offer)
                    && needed != offer.len
                {
                    problems.push(Problem {
                        op: op.clone(),
                        edge: name.clone(),
                        expected: format!("a block of {needed} as its config says"),
                        got: format!("{} as the driver gives it", offer.len),
                        at: of.at.clone(),
                        message: "mend the config of the front end, or that of the driver".into(),
                        ..Problem::default()
                    });
                }
            }
        }
        problems
    }
}
