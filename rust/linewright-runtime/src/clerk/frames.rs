//! Outgoing frames.

use super::rows::cause_name;
use super::{Clerk, Outgoing};
use crate::plan::{EventInfo, Priority};
use crate::record::{GateState, Mode, Record, Telemetry, TelemetryBody, View};
use crate::sample::Quality;
use linewright_wire::{
    Ack, ActuatorState, Event, MapPoint, Message, Mode as WireMode, Quality as WireQuality, Sample,
    Stamp, State, Status, Step, encode,
};
use std::collections::BTreeMap;

/// Topic of the state.
const STATE: &str = "line.state";
/// Longest piece of the status text in one string, bytes.
const PIECE: usize = 4000;

impl Clerk {
    fn stamp(&mut self, tick: u64) -> Stamp {
        self.seq += 1;
        let (_, mono_ns) = self.now();
        Stamp {
            sender: 0,
            epoch: self.epoch,
            seq: self.seq,
            mono_ns,
            based_on_tick: tick,
            not_after_tick: tick,
            quality: WireQuality::Good,
        }
    }

    /// A stamp with the next number of a topic, so that whoever listens can count what was lost, whatever lies between.
    fn numbered(&mut self, tick: u64, topic: &str) -> Stamp {
        let mut stamp = self.stamp(tick);
        let seq = match self.topic_seqs.get_mut(topic) {
            Some(seq) => seq,
            None => self.topic_seqs.entry(topic.to_owned()).or_default(),
        };
        *seq += 1;
        stamp.seq = *seq;
        stamp
    }

    fn send(&mut self, must: bool, stamp: &Stamp, message: &Message) {
        if let Ok(frame) = encode(stamp, message) {
            self.out.push_back(Outgoing { must, frame });
        }
    }

    pub(super) fn send_ack(&mut self, ack: Ack) {
        let now = self.now_tick();
        let stamp = self.stamp(now);
        self.send(true, &stamp, &Message::Ack(ack));
    }

    pub(super) fn send_event(
        &mut self,
        record: &Record,
        info: &EventInfo,
        evidence: &[f64],
        id: u64,
    ) {
        let stamp = self.numbered(record.tick, &info.name);
        let event = Event {
            name: info.name.clone(),
            station: info.station.clone(),
            tick: record.tick,
            evidence: info
                .evidence
                .iter()
                .zip(evidence)
                .map(|(e, x)| (e.label.clone(), *x))
                .collect(),
            rule: info.rule.clone(),
            decision: info.decision.clone(),
            priority: match info.priority {
                Priority::Log => linewright_wire::Priority::Log,
                Priority::Advice => linewright_wire::Priority::Advice,
                Priority::Alarm => linewright_wire::Priority::Alarm,
            },
            id,
        };
        self.send(true, &stamp, &Message::Event(event));
    }

    pub(super) fn take_telemetry(&mut self, telemetry: &Telemetry) {
        let tick = telemetry.tick;
        match telemetry.body {
            TelemetryBody::Tap { tap, value, quality } => {
                let i = usize::from(tap);
                let Some(info) = self.names.plan.taps().get(i) else { return };
                let (topic, unit) = (info.topic.clone(), info.unit.clone());
                let mut stamp = self.stamp(tick);
                if let Some(seq) = self.tap_seqs.get_mut(i) {
                    *seq += 1;
                    stamp.seq = *seq;
                }
                stamp.quality = wire_quality(quality);
                self.send(false, &stamp, &Message::Sample(Sample { topic, tick, value, unit }));
            }
            TelemetryBody::MapPoint { map, position_m, value, quality } => {
                let Some(info) = self.names.plan.maps().get(usize::from(map)) else { return };
                let map = info.name.clone();
                let mut stamp = self.numbered(tick, &map);
                stamp.quality = wire_quality(quality);
                let point = MapPoint { map, position_m, value, tick };
                self.send(false, &stamp, &Message::MapPoint(point));
            }
        }
    }

    /// State and status, when they are due; views must be fresh.
    pub fn tell(&mut self) {
        if std::mem::take(&mut self.state_changed) {
            self.send_state();
        }
        if std::mem::take(&mut self.status_wanted) > 0 {
            let text = self.status_json().to_string();
            let now = self.now_tick();
            let stamp = self.stamp(now);
            let json = pieces(&text);
            self.send(true, &stamp, &Message::Status(Status { json }));
        }
    }

    /// The state as a frame, whether it changed or not.
    pub fn send_state(&mut self) {
        let now = self.now_tick();
        let stamp = self.numbered(now, STATE);
        let views = || self.views.iter().flatten();
        let tripped: Vec<_> = views().filter_map(|v| v.tripped).map(cause_name).collect();
        let actuators: BTreeMap<String, ActuatorState> = self
            .names
            .actuators
            .iter()
            .zip(&self.views)
            .filter_map(|(a, view)| view.map(|v| (a.name.clone(), self.actuator_state(&v))))
            .collect();
        let state = State {
            tick: now,
            mode: match self.mode {
                Mode::Advisory => WireMode::Advisory,
                Mode::Closed => WireMode::Closed,
            },
            armed: views().count() > 0 && views().all(|v| v.armed),
            tripped: tripped.first().copied().unwrap_or("").to_owned(),
            ledger: self.store.ledger_state().0.to_owned(),
            actuators,
        };
        self.send(true, &stamp, &Message::State(state));
    }

    fn actuator_state(&self, view: &View) -> ActuatorState {
        let holder = view.holder.and_then(|h| self.names.stations.get(usize::from(h)));
        ActuatorState {
            value: view.value.is_finite().then_some(view.value),
            in_control: view.state == GateState::Closed,
            holder: holder.map_or(String::new(), |s| s.name.clone()),
            manual: view.state == GateState::Manual,
            fallback: view.state == GateState::Fallback,
        }
    }

    /// A barrier: everything up to `tick` has been sent.
    pub fn send_step(&mut self, tick: u64) {
        let stamp = self.stamp(tick);
        self.send(true, &stamp, &Message::Step(Step { tick }));
    }
}

const fn wire_quality(quality: Quality) -> WireQuality {
    match quality {
        Quality::Good => WireQuality::Good,
        Quality::Uncertain => WireQuality::Uncertain,
        Quality::Bad => WireQuality::Bad,
    }
}

/// Cuts a text into strings of at most [`PIECE`] bytes, between characters.
fn pieces(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut out = Vec::new();
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, tail) = rest.split_at(end);
        out.push(piece.to_owned());
        rest = tail;
    }
    out
}
