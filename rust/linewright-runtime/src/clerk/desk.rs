//! The command desk: who is it, may they, have we answered this before. First failure stops, is
//! counted and recorded.

use super::command::{action_json, recorded};
use super::senders::{Identity, refusal_name};
use super::{Clerk, REFUSAL_ROWS_PER_S};
use crate::ledger::Kind;
use crate::record::{Refusal, Status};
use linewright_wire::{Ack, AckStatus, Header, Hello, Kind as FrameKind, Message, open};
use serde_json::{Value, json};

impl Clerk {
    /// Takes one frame from outside. Nothing about it is trusted.
    pub fn submit(&mut self, frame: &[u8]) {
        let (header, payload) = match open(frame) {
            Ok(opened) => opened,
            Err(error) => return self.malformed(&error),
        };
        *self.counts.frames.entry(header.kind.name()).or_default() += 1;
        match header.kind {
            FrameKind::Command => self.take_command(&header, payload),
            FrameKind::Hello => self.take_hello(&header, payload),
            FrameKind::StatusRequest => self.status_wanted += 1,
            FrameKind::Progress | FrameKind::StepDone => self.seen(&header),
            _ => self.count_refusal(Refusal::UnknownKind, "", &json!({"kind": header.kind.name()})),
        }
    }

    fn malformed(&mut self, error: &linewright_wire::WireError) {
        let debug = format!("{error:?}");
        let class = debug.split([' ', '(', '{']).next().unwrap_or("").to_owned();
        *self.counts.malformed.entry(class.clone()).or_default() += 1;
        let refusal = match error {
            linewright_wire::WireError::Kind(_) => Refusal::UnknownKind,
            _ => Refusal::Malformed,
        };
        self.count_refusal(refusal, "", &json!({"class": class, "detail": error.to_string()}));
    }

    fn seen(&mut self, header: &Header) {
        let now = self.now_tick();
        if let Some(sender) = self.senders.get_mut(&header.stamp.sender) {
            sender.last_tick = now;
        }
    }

    fn take_hello(&mut self, header: &Header, payload: &[u8]) {
        self.state_changed = true; // a newcomer wants to know how things are
        let Ok(Message::Hello(Hello { station, api, .. })) =
            Message::from_payload(header.kind, payload)
        else {
            return self.count_refusal(Refusal::Malformed, "", &json!({"kind": "hello"}));
        };
        match self.names.role(header.stamp.sender) {
            Some(role) if self.names.station_name(role) == station => {
                self.seen(header);
                let body = json!({"hello": station, "api": api, "epoch": header.stamp.epoch});
                self.note(Kind::Start, &station, &body);
            }
            Some(_) => {
                self.count_refusal(Refusal::NotAllowed, "", &json!({"hello": station}));
            }
            None => self.count_refusal(Refusal::UnknownSender, "", &json!({"hello": station})),
        }
    }

    fn take_command(&mut self, header: &Header, payload: &[u8]) {
        let stamp = &header.stamp;
        let Some(role) = self.names.role(stamp.sender) else {
            return self.count_refusal(Refusal::UnknownSender, "", &json!({}));
        };
        self.seen(header);
        let station = self.names.station_name(role).to_owned();
        let sender = self.senders.entry(stamp.sender).or_default();
        match sender.identify(stamp.epoch, stamp.seq) {
            Identity::New => {}
            Identity::Answered(ack) => {
                self.counts.answered_again += 1;
                return self.hold(*ack);
            }
            Identity::Passed if self.is_pending(header) => {
                self.counts.answered_again += 1; // its one answer is on the way
                return;
            }
            Identity::Passed => {
                let ack = self.ack(header, Status::Duplicate, Refusal::OutOfOrder);
                self.count_refusal(Refusal::OutOfOrder, &station, &id_json(header));
                self.remember(&ack);
                return self.hold(ack);
            }
            Identity::Old => {
                let ack = self.ack(header, Status::Refused, Refusal::OldEpoch);
                self.count_refusal(Refusal::OldEpoch, &station, &id_json(header));
                return self.hold(ack);
            }
        }
        let label = self.names.sender_label(role).to_owned();
        self.keeping(|store| {
            store.retain(&format!("sender.{label}.epoch"), stamp.epoch);
            store.retain(&format!("sender.{label}.seq"), stamp.seq);
        });
        let Ok(Message::Command(command)) = Message::from_payload(header.kind, payload) else {
            return self.refuse(header, &station, Refusal::Malformed, Value::Null);
        };
        let action = action_json(&command.action);
        match recorded(role, &command.action) {
            Some(Ok(_)) if self.is_out_of_time(header) => {
                return self.refuse(header, &station, Refusal::TooLate, action);
            }
            Some(Ok((kind, body))) => return self.keep(header, &station, kind, body),
            Some(Err(refusal)) => return self.refuse(header, &station, refusal, action),
            None => {}
        }
        let outcome = match self.prepare(role, &command) {
            Ok(ready) => self.dispatch(role, header, action.clone(), ready),
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = outcome {
            self.refuse(header, &station, refusal, action);
        }
    }

    fn is_pending(&self, header: &Header) -> bool {
        let stamp = &header.stamp;
        self.pending
            .iter()
            .flatten()
            .any(|p| (p.sender, p.epoch, p.seq) == (stamp.sender, stamp.epoch, stamp.seq))
    }

    fn is_out_of_time(&self, header: &Header) -> bool {
        let now = self.now_tick();
        now > header.stamp.not_after_tick || header.stamp.based_on_tick > now
    }

    /// What moves nothing is kept as it was said.
    fn keep(&mut self, header: &Header, station: &str, kind: Kind, mut body: Value) {
        body["based_on_tick"] = header.stamp.based_on_tick.into();
        body["id"] = id_json(header);
        self.note(kind, station, &body);
        let ack = self.ack(header, Status::Applied, Refusal::None);
        self.remember(&ack);
        self.held_for_commit = true;
        self.hold(ack);
    }

    /// Refuses a command of a known sender: counted, recorded, answered, and answered alike again.
    fn refuse(&mut self, header: &Header, station: &str, refusal: Refusal, action: Value) {
        let mut body = id_json(header);
        body["action"] = action;
        self.count_refusal(refusal, station, &body);
        let status = if refusal == Refusal::TooLate { Status::Expired } else { Status::Refused };
        let ack = self.ack(header, status, refusal);
        self.remember(&ack);
        self.hold(ack);
    }

    /// Counts a refusal and gives it a row, unless there were too many of its kind this second.
    pub(super) fn count_refusal(&mut self, refusal: Refusal, station: &str, detail: &Value) {
        *self.counts.refusals.entry(refusal).or_default() += 1;
        let second = self.now_tick() / u64::from(self.names.plan.base_hz().max(1));
        let budget = self.refusal_rows.entry(refusal).or_default();
        if budget.0 != second {
            *budget = (second, 0);
        }
        budget.1 += 1;
        if budget.1 <= REFUSAL_ROWS_PER_S {
            let body = json!({"reason": refusal_name(refusal), "command": detail});
            self.note(Kind::Refused, station, &body);
        }
    }

    fn ack(&self, header: &Header, status: Status, refusal: Refusal) -> Ack {
        Ack {
            to: header.stamp.sender,
            epoch: header.stamp.epoch,
            seq: header.stamp.seq,
            status: wire_status(status),
            reason: refusal_name(refusal).to_owned(),
            tick: self.now_tick(),
            value: None,
            token: None,
        }
    }

    pub(super) fn remember(&mut self, ack: &Ack) {
        *self.counts.answers.entry(status_name(ack.status)).or_default() += 1;
        if let Some(sender) = self.senders.get_mut(&ack.to) {
            sender.answered(ack);
        }
    }

    pub(super) fn hold(&mut self, ack: Ack) {
        self.held.push(ack);
    }
}

/// The id of a command for the ledger: the row's station stands for the sender, whose key is a secret.
pub(super) fn id_json(header: &Header) -> Value {
    let stamp = &header.stamp;
    json!({"epoch": stamp.epoch, "seq": stamp.seq})
}

pub(super) fn wire_status(status: Status) -> AckStatus {
    match status {
        Status::Applied => AckStatus::Applied,
        Status::Advisory => AckStatus::Advisory,
        Status::Limited => AckStatus::Limited,
        Status::Refused => AckStatus::Refused,
        Status::Expired => AckStatus::Expired,
        Status::Duplicate => AckStatus::Duplicate,
    }
}

pub(super) const fn status_name(status: AckStatus) -> &'static str {
    match status {
        AckStatus::Applied => "applied",
        AckStatus::Advisory => "advisory",
        AckStatus::Limited => "limited",
        AckStatus::Refused => "refused",
        AckStatus::Expired => "expired",
        AckStatus::Duplicate => "duplicate",
    }
}
