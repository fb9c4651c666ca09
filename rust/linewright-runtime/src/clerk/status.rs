//! The status document.

use super::Clerk;
use super::names::Role;
use super::rows::{cause_name, mode_name, quality_name, state_name};
use super::senders::refusal_name;
use crate::executive::WorstFrame;
use crate::plan::LoopInfo;
use crate::record::Rung;
use crate::sample::Quality;
use serde_json::{Map, Value, json};
use std::sync::atomic::Ordering;

/// The frame of a worst cycle: its times from the scheduled start on, and every slot that has a name.
fn worst_json(frame: &WorstFrame, of: &LoopInfo) -> Value {
    let at = frame.stages;
    let after = |ns: u64| ns.saturating_sub(at.scheduled_ns);
    let slots = of.slots.iter().zip(frame.values.iter().zip(&frame.qualities));
    let named = slots.filter(|(slot, _)| !slot.label.is_empty()).map(|(slot, (value, quality))| {
        json!({
            "name": slot.label, "slot": slot.id, "unit": slot.unit, "value": value,
            "quality": quality_name(Quality::from_u8(*quality)),
        })
    });
    json!({
        "tick": frame.tick, "scheduled_ns": at.scheduled_ns, "wake_ns": after(at.wake_ns),
        "read_ns": after(at.read_ns), "execute_ns": after(at.execute_ns),
        "write_ns": after(at.write_ns), "slots": named.collect::<Vec<_>>(),
    })
}

impl Clerk {
    /// How the core is; see `linewright status --json`.
    #[must_use]
    pub fn status_json(&self) -> Value {
        let plan = &self.names.plan;
        let (ledger, ledger_error) = self.store.ledger_state();
        let (rows, lost_rows) = self.store.counts();
        json!({
            "line": self.names.line,
            "tick": self.now_tick(),
            "base_hz": plan.base_hz(),
            "until_tick": self.until_tick,
            "time": if self.simulated { "simulated" } else { "live" },
            "mode": mode_name(self.mode),
            "permit": if self.permit_closed { "closed" } else { "advisory" },
            "permit_withheld": self.permit_withheld,
            "recipe": self.recipe.as_ref().map(|r| json!({
                "name": r.name, "hash": r.hash, "calibration_hash": r.calibration_hash,
                "certificate": self.certificate,
            })),
            "plan": crate::ledger::hex(&plan.hash()),
            "epoch": self.epoch,
            "ledger": {
                "state": ledger, "error": ledger_error, "rows": rows, "lost_rows": lost_rows,
                "removed_rows": self.store.retention().0,
                "retention_error": self.store.retention().1,
                "act_without_ledger": self.signed_by,
            },
            "record": {
                "on": self.store.records(), "error": self.store.record_error(),
                "required": self.store.record_required(),
                "lost_cycles": self.store.record_lost().0,
                "removed_files": self.store.record_lost().1,
            },
            "loops": self.loops_json(),
            "chains": self.chains.iter().zip(&self.shown.chains).map(|(of, age)| json!({
                "name": of.name, "budget_ns": of.budget_ns, "age": age.to_json(),
            })).collect::<Vec<_>>(),
            "budgets": self.budgets.to_json(),
            "actuators": self.actuators_json(),
            "stations": self.stations_json(),
            "operator": {"epoch": self.operator_epoch()},
            "params": plan.params().iter().zip(&self.params)
                .map(|(p, x)| (p.name.clone(), json!({"value": x, "unit": p.unit})))
                .collect::<Map<_, _>>(),
            "param_epoch": self.param_epoch,
            "missed_ticks": self.shown.missed_ticks.load(Ordering::Relaxed),
            "lost_records": self.shown.lost_records.load(Ordering::Relaxed),
            "dropped_telemetry": self.shown.dropped_telemetry.load(Ordering::Relaxed),
            "untriggered": self.shown.untriggered.load(Ordering::Relaxed),
            "stale_outputs": self.shown.stale_outputs.load(Ordering::Relaxed),
            "shed_telemetry": self.shown.shed_telemetry.load(Ordering::Relaxed),
            "dropped_cycles": self.shown.dropped_cycles.load(Ordering::Relaxed),
            "frames": self.counts.frames,
            "malformed": self.counts.malformed,
            "refusals": self.counts.refusals.iter()
                .map(|(r, n)| (refusal_name(*r).to_owned(), json!(n)))
                .collect::<Map<_, _>>(),
            "answers": self.counts.answers,
            "answered_again": self.counts.answered_again,
            "plant": self.shown.driver.as_ref().map(|driver| driver.to_json()),
            "host": self.host,
        })
    }

    /// What the last row of a run says.
    pub(super) fn stop_body(&self, reason: &str) -> Value {
        json!({
            "reason": reason,
            "ticks": self.now_tick(),
            "missed_ticks": self.shown.missed_ticks.load(Ordering::Relaxed),
            "refusals": self.counts.refusals.iter()
                .map(|(r, n)| (refusal_name(*r).to_owned(), json!(n)))
                .collect::<Map<_, _>>(),
            "malformed": self.counts.malformed,
            "answers": self.counts.answers,
        })
    }

    fn loops_json(&self) -> Value {
        let loops = self.names.plan.loops().iter().zip(&self.shown.loops).zip(&self.ladders);
        Value::Array(
            loops
                .map(|((of, stats), rules)| {
                    let p99_9_ns = stats.response.quantile_ns(0.999);
                    let judged = stats.response.count() > 0;
                    let margin = 1.0 - p99_9_ns as f64 / rules.deadline_ns as f64;
                    json!({
                        "name": of.name, "station": of.station, "rate_hz": of.rate_hz,
                        "cycles": stats.cycles.load(Ordering::Relaxed),
                        "missed": stats.missed.load(Ordering::Relaxed),
                        "missed_in_a_row": stats.missed_in_a_row.load(Ordering::Relaxed),
                        "deadline_ns": rules.deadline_ns,
                        "margin": judged.then_some(margin),
                        "rung": Rung::from_u64(stats.rung.load(Ordering::Relaxed)).name(),
                        "startup_cycles": rules.startup_cycles,
                        "startup_left": stats.startup_left.load(Ordering::Relaxed),
                        "late": stats.late.load(Ordering::Relaxed),
                        "late_in_a_row": stats.late_in_a_row.load(Ordering::Relaxed),
                        "late_in_window": stats.late_in_window.load(Ordering::Relaxed),
                        "window_cycles": rules.window_cycles,
                        "shed": stats.shed.load(Ordering::Relaxed),
                        "held": stats.held.load(Ordering::Relaxed),
                        "lateness": stats.lateness.to_json(),
                        "read": stats.read.to_json(),
                        "execute": stats.execute.to_json(),
                        "write": stats.write.to_json(),
                        "execution": stats.execution.to_json(),
                        "response": stats.response.to_json(),
                        "worst": stats.worst.read().map(|frame| worst_json(&frame, of)),
                    })
                })
                .collect(),
        )
    }

    fn actuators_json(&self) -> Value {
        let actuators = self.names.actuators.iter().zip(&self.views);
        Value::Object(
            actuators
                .map(|(of, view)| {
                    let mut json = json!({
                        "unit": of.unit, "lo": of.lo, "hi": of.hi, "owner": of.owner,
                    });
                    if let Some(view) = view {
                        let holder =
                            view.holder.and_then(|h| self.names.stations.get(usize::from(h)));
                        let counters = view.counters;
                        json["state"] = state_name(view.state).into();
                        json["value"] = view.value.into();
                        json["armed"] = view.armed.into();
                        json["held"] = view.held.into();
                        json["tripped"] = view.tripped.map(cause_name).into();
                        json["holder"] = holder.map(|s| s.name.clone()).into();
                        json["missing_permits"] = view.permits.missing().collect::<Vec<_>>().into();
                        json["counters"] = json!({
                            "writes": counters.writes, "rejected": counters.rejected,
                            "limited": counters.limited, "rate_limited": counters.rate_limited,
                            "budget_limited": counters.budget_limited,
                            "unrecorded": counters.unrecorded,
                        });
                    }
                    (of.name.clone(), json)
                })
                .collect(),
        )
    }

    /// Highest epoch of the operator's key: a command of a lower one is refused, whatever the wall clock of
    /// its sender says.
    fn operator_epoch(&self) -> u64 {
        let mut senders = self.names.senders().filter(|(_, role)| *role == Role::Operator);
        let sender = senders.next().and_then(|(key, _)| self.senders.get(&key));
        sender.map_or(0, |sender| sender.epoch)
    }

    fn stations_json(&self) -> Value {
        let stations = self.names.stations.iter();
        Value::Object(
            stations
                .map(|s| {
                    let sender = self.senders.get(&s.key);
                    let json = json!({
                        "epoch": sender.map(|x| x.epoch),
                        "commands": sender.map(|x| x.commands),
                        "last_tick": sender.map(|x| x.last_tick),
                    });
                    (s.name.clone(), json)
                })
                .collect(),
        )
    }
}
