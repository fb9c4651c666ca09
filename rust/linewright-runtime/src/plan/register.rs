//! The lists of a plan: what is declared once, what may be claimed once.

use super::check::{Checker, Growing, Here};
use super::decl::OpDecl;
use super::units::UnitOf;
use super::{
    ActuatorInfo, ChannelInfo, EventInfo, EvidenceInfo, MailboxInfo, MapInfo, Plan, ProfileInfo,
    TapInfo,
};
use crate::exec::op::MAX_EVIDENCE;

/// Longest time accepted, s: a year.
const LONGEST_S: f64 = 366.0 * 86_400.0;

fn position<T>(list: &[T], name: &str, of: impl Fn(&T) -> &str) -> Option<usize> {
    list.iter().position(|entry| of(entry) == name)
}

impl Checker {
    /// Enters what an op declares in the list of its kind; gives its index there.
    pub(super) fn register(
        &mut self,
        here: &Here,
        decl: &OpDecl,
        reads: &[(String, UnitOf)],
        growing: &Growing,
    ) -> u32 {
        let index = match decl {
            OpDecl::Input { channel, unit, max_age_s } => {
                let ok = (0.0..=LONGEST_S).contains(max_age_s);
                self.require(here, "max_age_s", *max_age_s, ok, "zero to a year, s");
                self.channel(here, channel, unit)
            }
            OpDecl::Written { actuator, unit } => self.actuator(here, actuator, unit, growing),
            OpDecl::Output { actuator, unit, .. } => {
                let unit = given_or_carried(unit.as_deref(), reads.first());
                let index = self.actuator(here, actuator, &unit, growing);
                self.claim(here, index, growing);
                index
            }
            OpDecl::Mailbox { .. } => self.mailbox(here, decl, growing),
            OpDecl::Profile { name, unit, .. } => self.profile(here, name, unit, growing),
            OpDecl::Param { name } => {
                let found = position(&self.plan.params, name, |p| &p.name);
                if found.is_none() {
                    let message = "declare it in the plan's params";
                    self.problem(here, name, ["a declared parameter", name], message);
                }
                found.unwrap_or(0)
            }
            OpDecl::Event { .. } => self.event(here, decl, reads, growing),
            OpDecl::Tap { topic, unit, every_s, .. } => {
                let ok = (0.0..=LONGEST_S).contains(every_s);
                self.require(here, "every_s", *every_s, ok, "zero to a year, s");
                self.once(here, topic, position(&self.plan.taps, topic, |t| &t.topic));
                let every_ticks = libm::round(every_s * f64::from(self.plan.base_hz)) as u64;
                let every_ticks = every_ticks.max(growing.divisor);
                let unit = given_or_carried(unit.as_deref(), reads.first());
                let station = growing.station.clone();
                self.plan.taps.push(TapInfo { topic: topic.clone(), station, unit, every_ticks });
                self.plan.taps.len() - 1
            }
            OpDecl::WebMap { name, unit, step_m, .. } => {
                self.require(here, "step_m", *step_m, *step_m > 0.0, "positive, m");
                self.once(here, name, position(&self.plan.maps, name, |m| &m.name));
                let unit = given_or_carried(unit.as_deref(), reads.get(1));
                let station = growing.station.clone();
                self.plan.maps.push(MapInfo { name: name.clone(), station, unit, step_m: *step_m });
                self.plan.maps.len() - 1
            }
            OpDecl::Const { value, .. } => {
                self.require(here, "value", *value, true, "a finite number");
                0
            }
            _ => 0,
        };
        index as u32
    }

    fn once(&mut self, here: &Here, name: &str, taken: Option<usize>) {
        if taken.is_some() {
            self.problem(
                here,
                name,
                ["a name of its own", name],
                "the name is taken; choose another",
            );
        }
    }

    fn channel(&mut self, here: &Here, name: &str, unit: &str) -> usize {
        let unit = canonical(unit);
        if let Some(i) = position(&self.plan.channels, name, |c| &c.name) {
            let first = self.plan.channels.get(i).cloned();
            if let Some(first) = first.filter(|first| first.unit != unit) {
                self.conflict(here, name, &first.unit, &unit, &first.at);
            }
            return i;
        }
        self.plan.channels.push(ChannelInfo { name: name.into(), unit, at: here.at.clone() });
        self.plan.channels.len() - 1
    }

    /// One name, two units.
    fn conflict(&mut self, here: &Here, name: &str, first: &str, unit: &str, at: &str) {
        let expected = format!("\"{first}\" as at {at}");
        let message = "declare one unit in both places and convert with .to(...)";
        self.problem(here, name, [&expected, &format!("\"{unit}\"")], message);
    }

    fn actuator(&mut self, here: &Here, name: &str, unit: &str, growing: &Growing) -> usize {
        let unit = canonical(unit);
        if let Some(i) = position(&self.plan.actuators, name, |a| &a.name) {
            let first = self.plan.actuators.get(i).cloned();
            if let Some(first) = first.filter(|first| first.unit != unit) {
                self.conflict(here, name, &first.unit, &unit, &first.at);
            }
            return i;
        }
        self.plan.actuators.push(ActuatorInfo {
            name: name.into(),
            unit,
            loop_i: None,
            station: growing.station.clone(),
            at: here.at.clone(),
        });
        self.plan.actuators.len() - 1
    }

    /// An actuator is driven from one place.
    fn claim(&mut self, here: &Here, index: usize, growing: &Growing) {
        let Some(actuator) = self.plan.actuators.get_mut(index) else { return };
        if actuator.loop_i.is_none() {
            actuator.loop_i = Some(growing.loop_i);
            actuator.station.clone_from(&growing.station);
            actuator.at.clone_from(&here.at);
            return;
        }
        let (name, at) = (actuator.name.clone(), actuator.at.clone());
        let message =
            format!("claimed already at {at}; select between the two values and output once");
        self.problem(here, &name, ["one output", "a second one"], message);
    }

    fn mailbox(&mut self, here: &Here, decl: &OpDecl, growing: &Growing) -> usize {
        let OpDecl::Mailbox { name, unit, default, lo, hi, ttl_s, fallback } = decl else {
            return 0;
        };
        let bounds = format!("{lo} to {hi} {unit}");
        self.require(here, "default", *default, lo <= default && default <= hi, &bounds);
        self.require(here, "lo", *lo, true, "a finite lower bound");
        self.require(here, "hi", *hi, true, "a finite upper bound");
        let ok = *ttl_s > 0.0 && *ttl_s <= LONGEST_S;
        self.require(here, "ttl_s", *ttl_s, ok, "positive, at most a year, s");
        let info = MailboxInfo {
            name: name.clone(),
            station: growing.station.clone(),
            unit: canonical(unit),
            default: *default,
            lo: *lo,
            hi: *hi,
            ttl_ticks: Plan::ticks_within(self.plan.base_hz, *ttl_s).max(1),
            fallback: *fallback,
        };
        if let Some(i) = position(&self.plan.mailboxes, name, |m| &m.name) {
            if self.plan.mailboxes.get(i) != Some(&info) {
                let message =
                    "declared before in another way; declare it once and pass the edge on";
                self.problem(here, name, ["the same declaration", "another one"], message);
            }
            return i;
        }
        self.plan.mailboxes.push(info);
        self.plan.mailboxes.len() - 1
    }

    fn profile(&mut self, here: &Here, name: &str, unit: &str, growing: &Growing) -> usize {
        let (unit, station) = (canonical(unit), growing.station.clone());
        let info = ProfileInfo { name: name.into(), station, unit };
        if let Some(i) = position(&self.plan.profiles, name, |p| &p.name) {
            if self.plan.profiles.get(i) != Some(&info) {
                let message = "declared before with another unit or station";
                self.problem(here, name, ["the same declaration", "another one"], message);
            }
            return i;
        }
        self.plan.profiles.push(info);
        self.plan.profiles.len() - 1
    }

    fn event(
        &mut self,
        here: &Here,
        decl: &OpDecl,
        reads: &[(String, UnitOf)],
        growing: &Growing,
    ) -> usize {
        let OpDecl::Event { name, evidence, rule, decision, priority, refractory_s, .. } = decl
        else {
            return 0;
        };
        self.once(here, name, position(&self.plan.events, name, |e| &e.name));
        let ok = (0.0..=LONGEST_S).contains(refractory_s);
        self.require(here, "refractory_s", *refractory_s, ok, "zero to a year, s");
        if evidence.len() > MAX_EVIDENCE {
            let [expected, got] = [format!("at most {MAX_EVIDENCE}"), evidence.len().to_string()];
            let message = "an event carries the numbers that explain it; drop some or tap them";
            self.problem(here, name, [&expected, &got], message);
        }
        let evidence = evidence.keys().zip(reads.iter().skip(1));
        let evidence = evidence
            .map(|(label, (_, unit))| EvidenceInfo { label: label.clone(), unit: unit.text() })
            .collect();
        self.plan.events.push(EventInfo {
            name: name.clone(),
            station: growing.station.clone(),
            loop_i: growing.loop_i,
            evidence,
            rule: rule.clone(),
            decision: decision.clone(),
            priority: *priority,
            refractory_ticks: Plan::ticks_within(self.plan.base_hz, *refractory_s),
        });
        self.plan.events.len() - 1
    }
}

/// Canonical spelling; what cannot be read was reported where it was inferred.
pub(super) fn canonical(unit: &str) -> String {
    crate::unit::Unit::parse(unit).map_or_else(|_| unit.to_owned(), |unit| unit.to_string())
}

/// Unit of a sink: the one it states, else that of the edge it takes.
fn given_or_carried(unit: Option<&str>, edge: Option<&(String, UnitOf)>) -> String {
    unit.map_or_else(|| edge.map_or_else(|| "1".into(), |(_, of)| of.text()), canonical)
}
