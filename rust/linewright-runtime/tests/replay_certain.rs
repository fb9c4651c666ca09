//! Up to where a what-if is what the changed line would have done.
#![allow(clippy::unwrap_used)]

mod record_support;

use std::collections::BTreeMap;

use linewright_runtime::config::{GATE, GateView};
use linewright_runtime::plan::Plan;
use linewright_runtime::recorder::{Head, Item, RecordReader, Recorder};
use linewright_runtime::replay::{Change, Span, WhatIf, what_if};
use record_support::{Folder, Style, finished, plan, record_with};
use serde_json::json;

fn gain(value: f64) -> Change {
    Change { params: vec![("t.gain".to_owned(), value)], ..Change::default() }
}

fn ask(path: &std::path::Path, change: Change) -> WhatIf {
    what_if(path, Span::ALL, change, |_| {}).unwrap()
}

#[test]
fn a_difference_counts_from_the_tick_in_which_it_is_acted_on() {
    let folder = Folder::new("certain");
    let path = folder.file("run.mcap");
    finished(&path, 5, 600);
    let same = ask(&path, Change::default());
    assert_eq!((&same.acted_from, &same.told_from, &same.read_from), (&None, &None, &None));
    assert_eq!(same.certain_to_tick(), Some(599));
    let other = ask(&path, gain(2.5));
    assert!(other.outputs[0].first_tick.unwrap() < 50, "{:?}", other.outputs);
    // Tick 101 is the first that begins in control: what was proposed in 100 may have been written.
    let acted = other.acted_from.clone().unwrap();
    assert!((100..=102).contains(&acted.tick), "{acted:?}");
    assert_eq!(acted.names, ["x.act"]);
    assert_eq!(other.certain_to_tick(), Some(acted.tick));
}

/// The record once more, with a gate in its head.
fn with_gate(from: &std::path::Path, to: &std::path::Path, permit: &str) -> GateView {
    let limits = json!({"unit": "m", "lo": -10.0, "hi": 10.0, "max_rate_per_s": 1000.0,
        "nudge_budget": 10.0, "nudge_window_ticks": 3600, "fallback": {"kind": "hold"}, "lease_ticks": 30,
        "resolution": 0.0, "read_back_tolerance": 1.0, "owner": "t"});
    let gate = json!({"permit": permit, "actuators": {"x.act": limits}});
    let gate: GateView = serde_json::from_value(gate).unwrap();
    let mut reader = RecordReader::open(from).unwrap();
    let provenance = BTreeMap::from([(GATE.to_owned(), serde_json::to_string(&gate).unwrap())]);
    let head = Head::new(&plan(), false, provenance);
    let mut recorder = Recorder::create(to, &head).unwrap();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Cycle(c) => {
                recorder.cycle(c.loop_index, c.tick, c.values, c.qualities, c.hash).unwrap();
            }
            Item::Params { tick, epoch, values } => recorder.params(tick, epoch, values).unwrap(),
            Item::Keyframe { .. } | Item::Gap { .. } => {}
        }
    }
    recorder.finish().unwrap();
    gate
}

#[test]
fn a_line_that_may_not_write_is_never_answered_by_its_plant() {
    let folder = Folder::new("advisory");
    let (path, advisory) = (folder.file("run.mcap"), folder.file("advisory.mcap"));
    finished(&path, 5, 600);
    with_gate(&path, &advisory, "advisory");
    let other = ask(&advisory, gain(2.5));
    assert!(other.outputs[0].first_tick.is_some());
    assert_eq!((other.acted_from.clone(), other.certain_to_tick()), (None, Some(599)));
    assert_eq!(other.gate, Some(Vec::new()));
}

#[test]
fn another_gate_is_named_and_ends_what_is_certain() {
    let folder = Folder::new("gate");
    let (path, closed) = (folder.file("run.mcap"), folder.file("closed.mcap"));
    finished(&path, 5, 600);
    let gate = with_gate(&path, &closed, "closed");
    let with = |gate: GateView| ask(&closed, Change { gate: Some(gate), ..Change::default() });
    assert_eq!(with(gate.clone()).certain_to_tick(), Some(599));
    // Limits are followed while the loop is in control: nothing of it before.
    let mut tighter = gate.clone();
    tighter.actuators.get_mut("x.act").unwrap()["hi"] = json!(0.5);
    let found = with(tighter);
    assert_eq!(found.gate.clone().unwrap(), ["actuators.x.act.hi: 10.0 recorded, 0.5 now"]);
    let acted = found.acted_from.clone().unwrap();
    assert_eq!(
        (acted.names.clone(), found.certain_to_tick()),
        (vec!["x.act".to_owned()], Some(acted.tick))
    );
    assert!((100..=103).contains(&acted.tick), "{acted:?}");
    // A lease is not: of its actuator nothing is certain beyond the first output.
    let mut lease = gate.clone();
    lease.actuators.get_mut("x.act").unwrap()["lease_ticks"] = json!(9);
    assert_eq!(with(lease).certain_to_tick(), Some(0));
    let mut rules = gate.clone();
    rules.rules.limit_storm_s = 5.0;
    assert_eq!(with(rules).acted_from.unwrap().names, ["x.act"]);
    let mut counted = gate;
    counted.rules.tally_s = 5.0;
    assert_eq!(with(counted).acted_from, None, "how often it is counted moves nothing");
}

#[test]
fn a_source_that_would_be_made_otherwise_leaves_nothing_certain() {
    let folder = Folder::new("reads");
    let path = folder.file("run.mcap");
    finished(&path, 5, 600);
    let json = plan().json().to_owned();
    let with = |from: &str, to: &str| {
        let text = json.replacen(from, to, 1);
        assert_ne!(json, text, "{json}");
        let plan = Some(Plan::from_json(&text).unwrap());
        what_if(&path, Span::ALL, Change { plan, ..Change::default() }, |_| {})
    };
    let older = with("\"max_age_s\":1.0", "\"max_age_s\":2.0").unwrap();
    assert_eq!(older.read_from.clone().unwrap().names, ["input x.a"]);
    assert_eq!(older.certain_to_tick(), None);
    let bound = with("\"ttl_s\":1.0", "\"ttl_s\":3.0").unwrap();
    assert_eq!(bound.read_from.unwrap().names, ["mailbox t.target"]);
    let faster = with("\"rate_hz\":10", "\"rate_hz\":15").unwrap_err();
    assert!(faster.to_string().contains("15 Hz, the record has it at 10 Hz"), "{faster}");
}

#[test]
fn nothing_is_certain_behind_a_gap_or_when_the_start_is_missing() {
    let folder = Folder::new("gaps");
    let path = folder.file("run.mcap");
    let style = Style { lost: (300, 330), keyframe_ticks: 60, ..Style::default() };
    record_with(&path, 5, 600, style).finish().unwrap();
    let found = ask(&path, Change::default());
    assert_eq!((found.gap_from, found.certain_to_tick()), (Some(300), Some(299)));
    let late = Span { from_tick: 450, to_tick: 600 };
    let found = what_if(&path, late, Change::default(), |_| {}).unwrap();
    assert!(found.report.starts_late);
    assert_eq!(found.certain_to_tick(), None);
}

#[test]
fn a_run_made_that_way_is_compared_cycle_by_cycle() {
    let folder = Folder::new("against");
    let (path, other) = (folder.file("run.mcap"), folder.file("other.mcap"));
    finished(&path, 5, 600);
    finished(&other, 6, 600);
    let against = |file: &std::path::Path, change: Change| {
        ask(&path, Change { against: Some(file.to_owned()), ..change }).against.unwrap()
    };
    let same = against(&path, Change::default());
    assert_eq!((same.cycles, same.last_tick, same.first_other), (800, Some(599), None));
    assert_eq!(against(&other, Change::default()).first_other, Some((0, "t.slow".to_owned())));
    let moved = against(&path, gain(2.5));
    assert_eq!(moved.first_other, Some((0, "t.fast".to_owned())));
    assert_eq!(moved.cycles, 1);
}
