//! The command desk and the loop behind it, from frames in to frames and rows out.
#![allow(clippy::unwrap_used, clippy::float_cmp)] // a failed unwrap is a failed test

mod core_support;

use core_support::{CALENDER, COATER, Folder, Line, OPERATOR, arm, config, set};
use linewright_runtime::driver::Quality;
use linewright_runtime::ledger::{Filter, rows, verify};
use linewright_wire::Value::Text;
use linewright_wire::{AckStatus, Action, Command, Message, Mode, RecordKind, Stamp, encode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

fn renew(line: &mut Line, token: u64) {
    let action = Action::Renew { actuators: vec!["coater.pump_flow".into()] };
    assert_eq!(line.ask(COATER, token, action).status, AckStatus::Applied);
}

#[test]
fn a_set_point_reaches_the_pump_under_lease_and_arm() {
    let mut line = Line::new(&config());
    let token = line.acquire();
    line.run(30);
    assert_eq!(line.set(token, 6.0).status, AckStatus::Applied);
    renew(&mut line, token);
    line.run(80);
    assert_eq!(line.plant.position(0), 6.0, "1 L/min at 0.5 L/min/s within 80 ticks");
    let ack = line.set(token, 9.0);
    assert_eq!((ack.status, ack.value), (AckStatus::Limited, Some(7.5)));
}

/// Rule 10: stations that fill the way to the loop are told so, and the operator's order passes in the
/// same tick.
#[test]
fn a_flood_of_a_station_does_not_hold_up_manual() {
    let mut line = Line::new(&config());
    let token = line.acquire();
    line.run(5);
    let flood: Vec<_> =
        (0..2000).map(|i| line.frame(COATER, token, set(5.0 + f64::from(i) * 1e-4))).collect();
    for frame in &flood {
        line.core.submit(frame);
    }
    let manual =
        Action::Manual { actuator: "coater.pump_flow".into(), value: 4.0, operator: "Ada".into() };
    let ack = line.ask(OPERATOR, 0, manual);
    assert_eq!(ack.status, AckStatus::Applied);
    assert_eq!(line.core.status()["actuators"]["coater.pump_flow"]["state"], "manual");
    let refused = line.acks().iter().filter(|a| a.reason == "busy").count();
    assert_eq!(refused, 2000 - 448, "what found no place was told so");
    assert_eq!(line.core.status()["refusals"]["busy"], refused);
}

#[test]
fn without_a_lease_the_line_stays_advisory() {
    let mut line = Line::new(&config());
    line.run(10);
    let ack = line.set(0, 6.0);
    assert_eq!((ack.status, ack.value), (AckStatus::Advisory, Some(6.0)));
    line.run(200);
    assert_eq!((line.plant.position(0), line.plant.writes(0)), (5.0, 0));
}

#[test]
fn a_silent_station_lets_its_lease_lapse() {
    let mut line = Line::new(&config());
    let token = line.acquire();
    line.set(token, 6.0);
    line.run(95);
    let actuator = line.core.status()["actuators"]["coater.pump_flow"].clone();
    assert_eq!(actuator["state"], "fallback");
    assert_eq!(line.set(token, 7.0).reason, "fenced");
}

#[test]
fn every_wrong_command_is_refused_by_its_reason_and_counted() {
    let mut line = Line::new(&config());
    let token = line.acquire();
    let pump = || "coater.pump_flow".to_owned();
    let wrong: Vec<(u64, u64, Action, &str)> = vec![
        (CALENDER, 0, set(6.0), "not_allowed"),
        (COATER, 0, Action::Mode { mode: Mode::Advisory }, "not_allowed"),
        (COATER, 0, arm("x", None), "not_allowed"),
        (OPERATOR, 0, set(6.0), "not_allowed"),
        (OPERATOR, 0, arm(" ", None), "not_allowed"),
        (OPERATOR, 0, tune("coater.limit", 99.0), "out_of_range"),
        (OPERATOR, 0, tune("coater.nothing", 1.0), "unknown_name"),
        (CALENDER, 0, Action::Acquire { actuator: pump() }, "not_allowed"),
        (COATER, 0, Action::Acquire { actuator: "coater.fan".into() }, "unknown_name"),
        (
            COATER,
            0,
            Action::Set { mailbox: "coater.gap".into(), value: 1.0, unit: "um".into() },
            "unknown_name",
        ),
        (
            COATER,
            0,
            Action::Set { mailbox: "coater.pump".into(), value: 6.0, unit: "mL/min".into() },
            "wrong_unit",
        ),
        (COATER, 0, set(f64::NAN), "not_finite"),
        (COATER, token + 7, set(6.0), "fenced"),
        (COATER, token + 7, Action::Renew { actuators: vec![pump()] }, "fenced"),
        (COATER, 0, tune("coater.limit", 99.0), "out_of_range"),
    ];
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    for (sender, token, action, reason) in wrong {
        let said = format!("{action:?}");
        let ack = line.ask(sender, token, action);
        assert_eq!((ack.status, ack.reason.as_str()), (AckStatus::Refused, reason), "{said}");
        *expected.entry(reason).or_default() += 1;
    }
    assert_eq!(line.core.status()["refusals"], json!(expected));
}

fn tune(name: &str, value: f64) -> Action {
    Action::Params { values: BTreeMap::from([(name.into(), value)]) }
}

#[test]
fn an_operator_tunes_within_the_bounds_of_the_plan() {
    let mut line = Line::new(&config());
    let before = line.core.status()["params"]["coater.limit"]["value"].as_f64().unwrap();
    let token = line.acquire();
    let ack = line.ask(OPERATOR, 0, tune("coater.limit", before + 0.25));
    assert!(matches!(ack.status, AckStatus::Applied | AckStatus::Advisory), "{}", ack.reason);
    assert_eq!(line.core.status()["params"]["coater.limit"]["value"], json!(before + 0.25));
    // The station goes on with its lease, and may tune as before.
    renew(&mut line, token);
    let again = line.ask(COATER, token, tune("coater.limit", before));
    assert_ne!(again.status, AckStatus::Refused, "{}", again.reason);
    assert_eq!(line.core.status()["params"]["coater.limit"]["value"], json!(before));
}

#[test]
fn expiry_is_judged_in_ticks_of_the_gate() {
    let mut line = Line::new(&config());
    line.run(600);
    for (based_on, not_after, status, reason) in [
        (600, 600, AckStatus::Advisory, ""),
        (595, 700, AckStatus::Advisory, ""),
        (500, 599, AckStatus::Expired, "too_late"),
        (650, 700, AckStatus::Refused, "from_the_future"),
        (600, 901, AckStatus::Refused, "window_too_long"),
        (600, 500, AckStatus::Refused, "window_too_long"),
    ] {
        line.seq += 1;
        let offset = line.core.next_tick() - 600;
        let stamp = Stamp {
            sender: COATER,
            epoch: 1,
            seq: line.seq,
            based_on_tick: based_on + offset,
            not_after_tick: not_after + offset,
            ..Stamp::default()
        };
        let command = Message::Command(Command { token: 0, action: set(5.0) });
        line.core.submit(&encode(&stamp, &command).unwrap());
        line.run(1);
        let ack = line.acks().pop().unwrap();
        assert_eq!(
            (ack.status, ack.reason.as_str()),
            (status, reason),
            "{based_on} to {not_after}"
        );
    }
}

#[test]
fn duplicates_are_applied_once_and_answered_alike() {
    let mut line = Line::new(&config());
    line.run(3);
    let first = line.set(0, 6.0);
    let frame = line.frame(COATER, 0, set(6.5));
    line.core.submit(&frame);
    line.core.submit(&frame); // before its outcome is known
    line.run(1);
    let second = line.acks().pop().unwrap();
    for _ in 0..10 {
        line.core.submit(&frame);
    }
    line.run(1);
    let alike: Vec<_> = line.acks().into_iter().filter(|a| a.seq == second.seq).collect();
    assert_eq!(alike.len(), 11, "one answer for the first two, ten again");
    assert!(alike.iter().all(|a| *a == second));
    assert_eq!(line.core.status()["answered_again"], 11);
    assert_eq!(line.core.status()["answers"]["advisory"], 2, "{first:?}");
}

#[test]
fn an_old_epoch_is_over() {
    let mut line = Line::new(&config());
    line.run(1);
    for (epoch, seq, status, reason) in [
        (5, 1, AckStatus::Advisory, ""),
        (4, 9, AckStatus::Refused, "old_epoch"),
        (5, 3, AckStatus::Advisory, ""),
        (5, 2, AckStatus::Duplicate, "out_of_order"),
        (6, 1, AckStatus::Advisory, ""),
        (5, 4, AckStatus::Refused, "old_epoch"),
    ] {
        let now = line.core.next_tick();
        let stamp = Stamp {
            sender: COATER,
            epoch,
            seq,
            based_on_tick: now,
            not_after_tick: now + 9,
            ..Stamp::default()
        };
        let command = Message::Command(Command { token: 0, action: set(5.0) });
        line.core.submit(&encode(&stamp, &command).unwrap());
        line.run(1);
        let ack = line.acks().pop().unwrap();
        assert_eq!(
            (ack.epoch, ack.seq, ack.status, ack.reason.as_str()),
            (epoch, seq, status, reason)
        );
    }
}

#[test]
fn frames_that_are_none_are_counted_by_class() {
    let mut line = Line::new(&config());
    let mut frame = line.frame(COATER, 0, set(6.0));
    line.core.submit(b"");
    line.core.submit(&frame[..40]);
    line.core.submit(b"GET / HTTP/1.1\r\n\r\n........................................................................");
    frame[5] = 0x7f; // an unknown kind
    line.core.submit(&frame);
    let mut frame = line.frame(COATER, 0, set(6.0));
    let last = frame.len() - 1;
    frame[last] ^= 1; // a flipped bit
    line.core.submit(&frame);
    let stranger = line.frame(777, 0, set(6.0));
    line.core.submit(&stranger);
    let step =
        encode(&Stamp::default(), &Message::Step(linewright_wire::Step { tick: 0 })).unwrap();
    line.core.submit(&step); // a kind the core only sends
    line.run(1);
    let status = line.core.status();
    let malformed: u64 =
        status["malformed"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(malformed, 5, "{}", status["malformed"]);
    assert_eq!(status["refusals"]["unknown_sender"], 1);
    assert_eq!(status["refusals"]["unknown_kind"], 2);
    assert!(line.acks().is_empty(), "nobody to answer");
    assert_eq!(line.plant.writes(0), 0);
}

#[test]
fn manual_and_arm_by_the_operator() {
    let mut line = Line::new(&config());
    let token = line.acquire();
    line.run(3);
    let manual = |value| Action::Manual {
        actuator: "coater.pump_flow".into(),
        value,
        operator: "eva".into(),
    };
    let ack = line.ask(OPERATOR, 0, manual(9.0));
    assert_eq!((ack.status, ack.value), (AckStatus::Limited, Some(8.0)));
    assert_eq!(line.core.status()["actuators"]["coater.pump_flow"]["state"], "manual");
    line.set(token, 4.0);
    for _ in 0..8 {
        renew(&mut line, token);
        line.run(30);
    }
    assert_eq!(line.plant.position(0), 8.0);
    line.ask(OPERATOR, 0, arm("eva", None));
    line.set(token, 7.0);
    renew(&mut line, token);
    line.run(80);
    assert_eq!(line.plant.position(0), 7.0);
    line.ask(OPERATOR, 0, Action::Mode { mode: Mode::Advisory });
    let writes = line.plant.writes(0);
    line.run(60);
    assert_eq!(line.plant.writes(0), writes);
}

#[test]
fn rows_that_change_nothing_are_kept_from_whoever_may_say_them() {
    const KEPT: [&str; 6] = ["state", "production", "order", "note", "handling", "alarm"];
    let folder = Folder::new("kept");
    let mut config = config();
    config["ledger"] = json!({"path": folder.file("ledger.db")});
    let mut line = Line::new(&config);
    let say = |kind, body: &[(&str, &str)]| Action::Record {
        kind,
        body: body.iter().map(|(k, v)| ((*k).to_owned(), Text((*v).to_owned()))).collect(),
    };
    let ada = &[("operator", "Ada"), ("text", "sieve changed"), ("based_on_tick", "a lie")];
    for (sender, action, status) in [
        (COATER, say(RecordKind::State, &[("state", "held")]), AckStatus::Applied),
        (COATER, say(RecordKind::Production, &[]), AckStatus::Applied),
        (COATER, say(RecordKind::Order, &[]), AckStatus::Applied),
        (COATER, say(RecordKind::Note, ada), AckStatus::Refused),
        (COATER, say(RecordKind::Handling, ada), AckStatus::Refused),
        (COATER, say(RecordKind::Alarm, &[]), AckStatus::Refused),
        (OPERATOR, say(RecordKind::Note, ada), AckStatus::Applied),
        (OPERATOR, say(RecordKind::Note, &[("operator", " ")]), AckStatus::Refused),
        (OPERATOR, say(RecordKind::Handling, ada), AckStatus::Applied),
        (OPERATOR, say(RecordKind::Handling, &[]), AckStatus::Refused),
        (OPERATOR, say(RecordKind::Alarm, &[("name", "supervisor")]), AckStatus::Applied),
    ] {
        assert_eq!(line.ask(sender, 0, action.clone()).status, status, "{action:?}");
    }
    line.run(30);
    let wait =
        Action::Decide { decision: "wait".into(), because: vec![3], detail: BTreeMap::new() };
    for action in [wait, say(RecordKind::State, &[("state", "held")])] {
        line.seq += 1;
        let stamp = Stamp { sender: COATER, epoch: 1, seq: line.seq, ..Stamp::default() };
        let command = Message::Command(Command { token: 0, action });
        line.core.submit(&encode(&stamp, &command).unwrap());
        line.run(1);
        assert_eq!(line.acks().pop().unwrap().status, AckStatus::Expired);
    }
    line.core.close("done").unwrap();
    let late: Vec<_> = rows(folder.file("ledger.db"), Filter::default())
        .unwrap()
        .map(Result::unwrap)
        .map(|row| serde_json::from_str::<Value>(&row.body_json).unwrap())
        .filter(|body| body["reason"] == "too_late")
        .map(|mut body| body["command"]["action"].take())
        .collect();
    let held = json!({"do": "record", "kind": "state", "body": {"state": "held"}});
    let wait = json!({"do": "decide", "decision": "wait", "because": [3], "detail": {}});
    assert_eq!(late, [wait, held], "a late command is recorded as it was said, `do` and all");
    let said: Vec<_> = rows(folder.file("ledger.db"), Filter::default())
        .unwrap()
        .map(Result::unwrap)
        .filter(|row| KEPT.contains(&row.kind.as_str()))
        .map(|row| (row.kind, row.station, serde_json::from_str::<Value>(&row.body_json).unwrap()))
        .collect();
    let kinds: Vec<_> = said.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert_eq!(kinds, KEPT);
    assert_eq!((said[0].1.as_str(), &said[0].2["state"]), ("coater", &json!("held")));
    assert_eq!((said[3].1.as_str(), &said[3].2["text"]), ("", &json!("sieve changed")));
    assert!(said[3].2["based_on_tick"].is_u64(), "{}", said[3].2);
    assert_eq!(line.plant.writes(0), 0);
}

#[test]
fn events_taps_and_map_points_come_out() {
    let folder = Folder::new("events");
    let mut config = config();
    config["ledger"] = json!({"path": folder.file("ledger.db")});
    let mut line = Line::new(&config);
    for tick in 0..90 {
        line.plant.set(0, tick as f64 * 0.5, Quality::Good);
        line.plant.set(1, if tick < 50 { 7.0 } else { 10.0 }, Quality::Good);
        line.run(1);
    }
    let of =
        |name: &str| line.messages.iter().filter(|m| format!("{m:?}").starts_with(name)).count();
    assert_eq!(of("Sample"), 3, "one a second");
    assert_eq!(of("MapPoint"), 4, "at 10, 20, 30 and 40 m; 0 m is where it starts");
    let events: Vec<_> = line
        .messages
        .iter()
        .filter_map(|m| if let Message::Event(e) = m { Some(e) } else { None })
        .collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].evidence["flow"], 10.0);
    assert_eq!((events[0].tick, events[0].rule.as_str()), (51, "flow/1"));
    let id = events[0].id;
    line.core.close("done").unwrap();
    let detection: Vec<_> = rows(folder.file("ledger.db"), Filter::default())
        .unwrap()
        .map(Result::unwrap)
        .filter(|r| r.kind == "detection")
        .collect();
    assert_eq!((detection.len(), detection[0].seq), (1, id));
    let body: Value = serde_json::from_str(&detection[0].body_json).unwrap();
    assert_eq!(body["evidence"], json!({"flow": 10.0, "limit": 9.0}));
    assert_eq!(
        body["stages_ns"]["write"], body["stages_ns"]["scheduled"],
        "simulated: one instant"
    );
}

/// A shift with everything in it: commands, a lapse, a trip, parameters, a map, a decision.
fn shift(path: &Path, record: &Path) -> Line {
    let mut config = config();
    config["ledger"] = json!({"path": path});
    config["record"] = json!({"path": record});
    let mut line = Line::new(&config);
    let token = line.acquire();
    for second in 0..200u64 {
        line.plant.set(0, second as f64 * 3.0, Quality::Good);
        line.plant.set(1, 7.0 + (second % 17) as f64 * 0.2, Quality::Good);
        if second < 150 {
            renew(&mut line, token);
        }
        match second {
            20 | 90 => drop(line.set(token, 5.5 + second as f64 / 100.0)),
            40 => {
                let values = BTreeMap::from([("coater.limit".to_owned(), 9.5)]);
                assert_eq!(
                    line.ask(COATER, token, Action::Params { values }).status,
                    AckStatus::Applied
                );
            }
            60 => {
                let action = Action::Profile {
                    profile: "coater.map".into(),
                    roll: 1,
                    origin_m: 0.0,
                    step_m: 10.0,
                    values: (0..60).map(f64::from).collect(),
                    registered_at_m: 100.0,
                };
                assert_eq!(line.ask(COATER, token, action).status, AckStatus::Applied);
            }
            70 => {
                let action = Action::Decide {
                    decision: "wait".into(),
                    because: vec![3],
                    detail: BTreeMap::new(),
                };
                assert_eq!(line.ask(COATER, token, action).status, AckStatus::Applied);
            }
            _ => {}
        }
        line.core.advance((second + 1) * 30);
        line.collect();
    }
    line.core.close("done").unwrap();
    line
}

#[test]
fn the_same_inputs_give_the_same_ledger_and_a_record_that_replays() {
    let folder = Folder::new("same");
    let read = |name: &str| -> Vec<_> {
        let path = folder.file(name);
        verify(&path).unwrap();
        rows(path, Filter::default()).unwrap().map(Result::unwrap).collect()
    };
    shift(&folder.file("a.db"), &folder.file("a.mcap"));
    shift(&folder.file("b.db"), &folder.file("b.mcap"));
    let (a, b) = (read("a.db"), read("b.db"));
    assert_eq!(a, b);
    assert_eq!(
        std::fs::read(folder.file("a.mcap")).unwrap(),
        std::fs::read(folder.file("b.mcap")).unwrap()
    );
    let kinds: std::collections::BTreeSet<_> = a.iter().map(|r| r.kind.clone()).collect();
    for kind in [
        "start",
        "mode",
        "lease",
        "command",
        "detection",
        "decision",
        "intent",
        "result",
        "params",
        "profile",
        "tally",
        "stop",
    ] {
        assert!(kinds.contains(kind), "{kind} missing in {kinds:?}");
    }
    let report = linewright_runtime::replay::verify(folder.file("a.mcap")).unwrap();
    assert_eq!(report.cycles, 2000);
}

#[test]
fn every_write_has_its_intent_before_it_and_its_result_after() {
    let folder = Folder::new("writes");
    let line = shift(&folder.file("a.db"), &folder.file("a.mcap"));
    let rows: Vec<_> =
        rows(folder.file("a.db"), Filter::default()).unwrap().map(Result::unwrap).collect();
    let body = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let acted: Vec<_> = rows
        .iter()
        .filter(|r| r.kind == "intent")
        .map(|r| (r.tick, body(&r.body_json)))
        .filter(|(_, b)| b["advisory"] == false)
        .collect();
    assert_eq!(acted.len() as u64, line.plant.writes(0));
    assert!(acted.len() > 25);
    let results: Vec<_> =
        rows.iter().filter(|r| r.kind == "result").map(|r| body(&r.body_json)).collect();
    for (intent, result) in acted.iter().zip(&results) {
        assert_eq!(Value::from(intent.0), result["written_tick"]);
        assert_eq!(
            (&result["value"], &result["confirmed"]),
            (&intent.1["value"], &Value::from(true))
        );
    }
    let samples =
        rows.iter().rev().find(|r| r.kind == "tally" && r.body_json.contains("mass_flow"));
    assert_eq!(body(&samples.unwrap().body_json)["samples"], 6000);
}

#[test]
fn a_restart_is_advisory_with_higher_tokens_and_remembers_what_was_said() {
    let folder = Folder::new("restart");
    let mut config = config();
    config["ledger"] = json!({"path": folder.file("ledger.db")});
    config["gate"] = json!({});
    let mut last = 0;
    let mut seq = 0;
    let mut replayed: Vec<Vec<u8>> = Vec::new();
    for start in 0..20 {
        let mut line = Line::new(&config);
        line.seq = seq;
        assert_eq!(line.core.status()["mode"], "advisory");
        for frame in &replayed {
            line.core.submit(frame);
        }
        line.run(1);
        assert!(line.acks().iter().all(|a| a.status == AckStatus::Duplicate), "start {start}");
        let token = line.acquire();
        assert!(token > last, "{token} after {last}");
        last = token;
        let frame = line.frame(COATER, token, set(6.0));
        line.core.submit(&frame);
        line.run(30);
        replayed.push(frame);
        seq = line.seq;
        assert_eq!(line.plant.writes(0), 0);
        line.core.close("done").unwrap(); // ends the run; the next one starts at tick 0
    }
}

#[test]
fn a_full_ledger_ends_the_acting_and_not_the_core() {
    let folder = Folder::new("full");
    let mut config = config();
    config["ledger"] = json!({"path": folder.file("ledger.db"), "max_bytes": 200_000});
    config["actuators"]["coater.pump_flow"]["resolution"] = json!(0.0);
    let mut line = Line::new(&config);
    let token = line.acquire();
    let mut ticks = 0;
    while line.core.status()["ledger"]["state"] == "ok" {
        let action = Action::Renew { actuators: vec!["coater.pump_flow".into()] };
        line.ask(COATER, token, action);
        line.run(29);
        ticks += 30;
        assert!(ticks < 30_000, "it never got full");
    }
    line.run(64);
    let writes = line.plant.writes(0);
    let status = line.core.status();
    assert_eq!(status["actuators"]["coater.pump_flow"]["state"], "fallback");
    assert_eq!(status["actuators"]["coater.pump_flow"]["armed"], false);
    line.run(300);
    assert_eq!(line.plant.writes(0), writes, "nothing is done that cannot be told");
    assert!(line.core.status()["ledger"]["lost_rows"].as_u64().unwrap() > 0);
    drop(line.core.close("done")); // may or may not find room for its last row
    verify(folder.file("ledger.db")).unwrap();
}
