//! From records of the loop to rows of the ledger.

use super::desk::wire_status;
use super::senders::refusal_name;
use super::{Clerk, Pending};
use crate::ledger::Kind;
use crate::record::{
    Body, Cause, EVIDENCE_MAX, GateState, Intent, Mode, Origin, Record, Refusal, Stages, Status,
    command_id,
};
use crate::sample::Quality;
use linewright_wire::Ack;
use serde_json::{Map, Value, json};

/// Name of a cause in ledger and status.
#[must_use]
pub(super) const fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Permitted => "permitted",
        Cause::Operator => "operator",
        Cause::LeaseLapsed => "lease_lapsed",
        Cause::LeaseReleased => "lease_released",
        Cause::LeaseTakenAnew => "lease_taken_anew",
        Cause::ModeAdvisory => "mode_advisory",
        Cause::OutputBad => "output_bad",
        Cause::QualityTrip => "quality_trip",
        Cause::LedgerLost => "ledger_lost",
        Cause::LimitedInARow => "limited_in_a_row",
        Cause::NudgeBudgetSpent => "nudge_budget_spent",
        Cause::LimitStorm => "limit_storm",
        Cause::ReadBackMismatch => "read_back_mismatch",
        Cause::OverrunBurst => "overrun_burst",
        Cause::PlantLost => "plant_lost",
        Cause::FallbackDone => "fallback_done",
        Cause::Stopping => "stopping",
    }
}

/// Name of a state in ledger and status.
#[must_use]
pub(super) const fn state_name(state: GateState) -> &'static str {
    match state {
        GateState::Advisory => "advisory",
        GateState::Closed => "closed",
        GateState::Manual => "manual",
        GateState::Fallback => "fallback",
    }
}

pub(super) const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Advisory => "advisory",
        Mode::Closed => "closed",
    }
}

pub(super) const fn quality_name(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "good",
        Quality::Uncertain => "uncertain",
        Quality::Bad => "bad",
    }
}

const fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Loop => "loop",
        Origin::Fallback => "fallback",
        Origin::Manual => "manual",
    }
}

/// What the ledger says of an intent of `tick`.
pub(crate) fn intent_body(actuator: &str, intent: &Intent, tick: u64) -> Value {
    json!({
        "actuator": actuator, "value": intent.value,
        "before": intent.before, "requested": intent.requested,
        "origin": origin_name(intent.origin), "limited": intent.limited,
        "rate_limited": intent.rate_limited, "budget_limited": intent.budget_limited,
        "advisory": intent.advisory,
        "token": intent.token, "param_epoch": intent.epoch, "id": intent.id(tick),
    })
}

impl Clerk {
    pub(super) fn take_record(&mut self, record: &Record) {
        match record.body {
            Body::Event { event, count, evidence, epoch, stages } => {
                self.detection(record, event, &evidence[..usize::from(count)], epoch, stages);
            }
            Body::Intent(intent) => self.intent(record, &intent),
            Body::Result { actuator, value, read_back, confirmed, written_tick } => {
                let body = json!({
                    "actuator": self.actuator_name(actuator), "value": value,
                    "read_back": read_back, "confirmed": confirmed, "written_tick": written_tick,
                    "id": command_id(written_tick, actuator),
                });
                let kind =
                    if confirmed || read_back.is_nan() { Kind::Result } else { Kind::ReadBack };
                self.row(record, kind, &self.owner_name(actuator), &body);
            }
            Body::Rejected { actuator, requested, quality } => {
                let body = json!({
                    "actuator": self.actuator_name(actuator), "requested": requested,
                    "quality": quality_name(quality), "reason": "output_bad",
                });
                self.row(record, Kind::Refused, &self.owner_name(actuator), &body);
            }
            Body::Outcome { slot, status, reason, value } => {
                self.outcome(record, slot, status, reason, value);
            }
            Body::View { actuator, view } => self.set_view(usize::from(actuator), Some(view)),
            _ => self.take_change(record),
        }
    }

    /// Changes of state, alarms and counters.
    fn take_change(&mut self, record: &Record) {
        match record.body {
            Body::State { actuator, from, to, cause } => {
                self.state_changed = true;
                let body = json!({
                    "actuator": self.actuator_name(actuator), "from": state_name(from),
                    "to": state_name(to), "cause": cause_name(cause),
                });
                self.row(record, Kind::Mode, &self.owner_name(actuator), &body);
            }
            Body::LeaseLapsed { actuator, token, until_tick } => {
                self.state_changed = true;
                let body = json!({
                    "actuator": self.actuator_name(actuator), "lapsed": true, "token": token,
                    "until_tick": until_tick,
                });
                self.row(record, Kind::Lease, &self.owner_name(actuator), &body);
            }
            Body::Mode { mode } => {
                self.state_changed = true;
                self.mode = mode;
                self.row(record, Kind::Mode, "", &json!({"mode": mode_name(mode)}));
            }
            Body::Alarm { actuator, cause, value } => {
                self.state_changed = true;
                let body = json!({
                    "actuator": self.actuator_name(actuator), "cause": cause_name(cause),
                    "value": value,
                });
                self.row(record, Kind::Alarm, &self.owner_name(actuator), &body);
            }
            Body::Missed { first_tick, count } => {
                let body = json!({"missed_ticks": count, "first_tick": first_tick});
                self.row(record, Kind::Tally, "", &body);
            }
            Body::Rung { loop_index, from, to, late_in_a_row, late_in_window } => {
                self.state_changed = true;
                let i = usize::from(loop_index);
                let (Some(of), Some(rules)) = (self.names.plan.loops().get(i), self.ladders.get(i))
                else {
                    return;
                };
                let station = of.station.clone();
                let body = json!({
                    "loop": of.name, "rung": to.name(), "from": from.name(),
                    "late_in_a_row": late_in_a_row, "late_in_window": late_in_window,
                    "window_cycles": rules.window_cycles, "deadline_ns": rules.deadline_ns,
                });
                let kind = if to > from { Kind::Alarm } else { Kind::Mode };
                self.row(record, kind, &station, &body);
            }
            _ => self.tally(record),
        }
    }

    fn tally(&mut self, record: &Record) {
        match record.body {
            Body::Tally { loop_index, cycles, missed } => {
                let Some(of) = self.names.plan.loops().get(usize::from(loop_index)) else { return };
                let station = of.station.clone();
                let body = json!({"loop": of.name, "cycles": cycles, "missed": missed});
                self.row(record, Kind::Tally, &station, &body);
            }
            Body::ChannelTally { channel, samples, bad } => {
                let Some(of) = self.names.channels.get(usize::from(channel)) else { return };
                let body = json!({"channel": of.name, "samples": samples, "bad": bad});
                self.row(record, Kind::Tally, "", &body);
            }
            Body::ActuatorTally { actuator, counters } => {
                let body = json!({
                    "actuator": self.actuator_name(actuator), "writes": counters.writes,
                    "rejected": counters.rejected, "limited": counters.limited,
                    "rate_limited": counters.rate_limited, "budget_limited": counters.budget_limited,
                    "unrecorded": counters.unrecorded,
                });
                self.row(record, Kind::Tally, &self.owner_name(actuator), &body);
            }
            _ => {}
        }
    }

    pub(super) fn row(&mut self, record: &Record, kind: Kind, station: &str, body: &Value) -> u64 {
        self.keeping(|store| store.append(record.tick, record.mono_ns, kind, station, body))
    }

    pub(super) fn actuator_name(&self, i: u16) -> &str {
        self.names.actuator(i).map_or("", |a| &a.name)
    }

    fn owner_name(&self, i: u16) -> String {
        self.names.actuator(i).map_or(String::new(), |a| a.owner.clone())
    }

    fn detection(&mut self, record: &Record, event: u16, evidence: &[f64], epoch: u64, at: Stages) {
        let Some(info) = self.names.plan.events().get(usize::from(event)).cloned() else { return };
        debug_assert!(evidence.len() <= EVIDENCE_MAX);
        let pairs = || info.evidence.iter().zip(evidence);
        let named: Map<String, Value> = pairs().map(|(e, x)| (e.label.clone(), json!(x))).collect();
        let units: Map<String, Value> =
            pairs().map(|(e, _)| (e.label.clone(), json!(e.unit))).collect();
        let body = json!({
            "name": info.name, "rule": info.rule, "decision": info.decision,
            "priority": info.priority, "evidence": named, "units": units,
            "plan": crate::ledger::hex(&self.names.plan.hash()), "param_epoch": epoch,
            "stages_ns": {
                "scheduled": at.scheduled_ns, "wake": at.wake_ns, "read": at.read_ns,
                "execute": at.execute_ns, "write": at.write_ns,
            },
        });
        let id = self.row(record, Kind::Detection, &info.station, &body);
        self.send_event(record, &info, evidence, id);
    }

    fn intent(&mut self, record: &Record, intent: &Intent) {
        let body = intent_body(self.actuator_name(intent.actuator), intent, record.tick);
        self.row(record, Kind::Intent, &self.owner_name(intent.actuator), &body);
    }

    /// An outcome of the loop: row, answer, and what the clerk itself learns from it.
    fn outcome(&mut self, record: &Record, slot: u32, status: Status, reason: Refusal, value: f64) {
        let Some(place) = self.pending.get_mut(slot as usize) else { return };
        let Some(mut pending) = place.take() else { return };
        pending.owed = pending.owed.saturating_sub(1);
        if pending.worst.is_none_or(|(_, worst)| worst == Refusal::None) {
            pending.worst = Some((status, reason));
        }
        if pending.owed > 0 {
            self.pending[slot as usize] = Some(pending);
            return;
        }
        let (status, reason) = pending.worst.unwrap_or((status, reason));
        if pending.kind == Kind::Params && reason == Refusal::None {
            for (i, x) in &pending.params {
                self.params[usize::from(*i)] = *x;
            }
            let change = std::mem::take(&mut pending.params);
            self.param_changes.push_back((record.tick, value as u64, change));
        }
        self.state_changed |= matches!(pending.kind, Kind::Mode | Kind::Lease) && pending.loud;
        self.answer(record, &pending, status, reason, value);
    }

    fn answer(
        &mut self,
        record: &Record,
        pending: &Pending,
        status: Status,
        reason: Refusal,
        value: f64,
    ) {
        let station = self.names.station_name(pending.role).to_owned();
        let ack = Ack {
            to: pending.sender,
            epoch: pending.epoch,
            seq: pending.seq,
            status: wire_status(status),
            reason: refusal_name(reason).to_owned(),
            tick: record.tick,
            value: value.is_finite().then_some(value),
            token: pending.token.filter(|_| reason == Refusal::None),
        };
        let id = json!({"epoch": pending.epoch, "seq": pending.seq});
        if reason != Refusal::None {
            let detail = json!({"id": id, "action": pending.action});
            self.count_refusal(reason, &station, &detail);
            self.held_for_commit = true;
        } else if pending.loud {
            let body = json!({
                "action": pending.action, "id": id, "status": super::desk::status_name(ack.status),
                "value": ack.value, "token": ack.token,
            });
            self.row(record, pending.kind, &station, &body);
            self.held_for_commit = true;
        }
        self.remember(&ack);
        self.hold(ack);
    }
}
