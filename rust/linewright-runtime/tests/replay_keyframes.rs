//! Keyframes: seek, gaps, files in parts, and the operation that gave other bits.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

mod record_support;

use std::path::Path;

use linewright_runtime::plan::Plan;
use linewright_runtime::recorder::{Head, Item, Options, RecordReader, Recorder};
use linewright_runtime::replay::{
    Change, Divergence, ReplayError, Span, verify, verify_with, what_if,
};
use record_support::{Folder, Style, record_with};

const KEYFRAMES: Style = Style {
    all_slots: false,
    keyframe_ticks: 300,
    lost: (0, 0),
    options: Options { chunk_ticks: 0, part_bytes: 0, quota_bytes: 0, view_ticks: 0 },
};

#[test]
fn keyframes_replay_and_a_replay_may_start_at_any_of_them() {
    let folder = Folder::new("seek");
    let path = folder.file("run.mcap");
    record_with(&path, 11, 3000, KEYFRAMES).finish().unwrap();
    let whole = verify(&path).unwrap();
    assert_eq!((whole.keyframes, whole.cycles, whole.starts_late), (10, 4000, false));
    for (from, first) in [(0, 0), (298, 0), (299, 300), (300, 300), (1000, 900), (2999, 3000)] {
        let part = verify_with(&path, Span { from_tick: from, to_tick: u64::MAX }, |_| {}).unwrap();
        let (start, end) = part.ticks.unwrap_or((3000, 2999));
        assert_eq!((start, end), (first, 2999), "from {from}");
        assert_eq!(part.starts_late, first > 0);
    }
    let part = verify_with(&path, Span { from_tick: 1000, to_tick: 1100 }, |_| {}).unwrap();
    assert_eq!(part.ticks, Some((900, 1100)));
}

#[test]
fn a_gap_is_accounted_for_and_the_replay_goes_on_behind_it() {
    let folder = Folder::new("gap");
    let path = folder.file("run.mcap");
    let style = Style { lost: (1000, 1333), ..KEYFRAMES };
    record_with(&path, 12, 3000, style).finish().unwrap();
    let report = verify(&path).unwrap();
    assert_eq!((report.gaps, report.lost_cycles), (1, 333 + 111));
    assert_eq!(report.cycles + report.lost_cycles, 4000, "every cycle is replayed or told missing");
    assert_eq!(report.ticks, Some((0, 2999)));
}

#[test]
fn a_long_run_is_cut_into_files_that_replay_as_one_and_each_alone() {
    let folder = Folder::new("parts");
    let path = folder.file("run.mcap");
    let options = Options { part_bytes: 60_000, ..Options::default() };
    record_with(&path, 13, 6000, Style { options, ..KEYFRAMES }).finish().unwrap();
    let whole = verify(&path).unwrap();
    assert!(whole.files > 5, "{whole:?}");
    assert_eq!((whole.cycles, whole.ticks), (8000, Some((0, 5999))));
    let early = verify(folder.file("run.2.mcap")).unwrap();
    assert_eq!((early.files, early.starts_late), (2, false));
    // The first files are gone: what is left replays from its first keyframe.
    std::fs::remove_file(folder.file("run.1.mcap")).unwrap();
    let late = verify(&path).unwrap();
    assert!(late.starts_late && late.cycles < 8000 && late.files == whole.files - 1, "{late:?}");
    let sought = verify_with(&path, Span { from_tick: 5000, to_tick: u64::MAX }, |_| {}).unwrap();
    assert_eq!(sought.ticks, Some((4800, 5999)));
}

#[test]
fn a_quota_removes_the_oldest_files_and_never_the_present_one() {
    let folder = Folder::new("quota");
    let path = folder.file("run.mcap");
    let options = Options { part_bytes: 60_000, quota_bytes: 200_000, ..Options::default() };
    let recorder = record_with(&path, 14, 9000, Style { options, ..KEYFRAMES });
    assert!(recorder.lost().1 > 3, "{:?}", recorder.lost());
    recorder.finish().unwrap();
    let sizes = std::fs::read_dir(path.parent().unwrap()).unwrap();
    let total: u64 = sizes.map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert!(total <= 200_000 + 90_000, "{total}");
    let report = verify(&path).unwrap();
    assert!(report.starts_late && report.ticks.unwrap().1 == 8999, "{report:?}");
}

/// The record with `plan` in place of its own: a build whose kernels compute something else.
fn with_plan(from: &Path, to: &Path, plan: &Plan, all_slots: bool) {
    let mut reader = RecordReader::open(from).unwrap();
    let head = Head::new(plan, all_slots, reader.head().provenance.clone());
    let mut out = Recorder::create(to, &head).unwrap();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Params { tick, epoch, values } => out.params(tick, epoch, values).unwrap(),
            Item::Cycle(c) => {
                out.cycle(c.loop_index, c.tick, c.values, c.qualities, c.hash).unwrap();
            }
            Item::Keyframe { tick, state, .. } => out.keyframe(tick, state).unwrap(),
            Item::Gap { .. } => {}
        }
    }
    out.finish().unwrap();
}

/// The divergence when the detector's drift is one unit in the last place off from `seed`'s run.
fn one_ulp(seed: u64, all_slots: bool) -> Divergence {
    let folder = Folder::new("ulp");
    let (path, other) = (folder.file("run.mcap"), folder.file("other.mcap"));
    record_with(&path, seed, 3000, Style { all_slots, ..KEYFRAMES }).finish().unwrap();
    let json = record_support::plan().json().to_owned();
    let (drift, next) = ("\"k\":0.5", format!("\"k\":{:?}", 0.5_f64.next_up()));
    assert!(json.contains(drift), "{json}");
    let mutant = Plan::from_json(&json.replace(drift, &next)).unwrap();
    with_plan(&path, &other, &mutant, all_slots);
    assert!(verify(&path).is_ok());
    match verify(&other) {
        Err(ReplayError::Divergence(found)) => *found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_ulp_in_one_kernel_is_named_with_cycle_operation_and_both_bit_patterns() {
    for seed in [1, 2, 3] {
        let found = one_ulp(seed, true);
        let node = found.node.clone().unwrap();
        assert_eq!((found.loop_name.as_str(), node.tick), ("t.fast", found.tick));
        assert!(node.slot.contains("Cusum"), "{node:?}");
        assert_ne!(node.recorded_bits, node.replayed_bits);
        let apart = node.recorded_bits.abs_diff(node.replayed_bits);
        assert!(apart < 1 << 20, "the same number but for its last places: {node:?}");
        let text = found.to_string();
        for part in [format!("tick {}", found.tick), format!("{:016x}", node.replayed_bits)] {
            assert!(text.contains(&part), "{text}");
        }
        // With the source slots alone: the same cycle, and the operation if it still differs at the next
        // keyframe; a CUSUM that was at zero since does not.
        let coarse = one_ulp(seed, false);
        assert_eq!((coarse.tick, coarse.cycle), (found.tick, found.cycle));
        assert!(coarse.node.is_none_or(|node| node.slot.contains("Cusum")));
    }
}

#[test]
fn a_changed_memory_is_noticed_though_no_cycle_shows_it() {
    let folder = Folder::new("memory");
    let (path, other) = (folder.file("run.mcap"), folder.file("other.mcap"));
    record_with(&path, 5, 600, KEYFRAMES).finish().unwrap();
    let mut reader = RecordReader::open(&path).unwrap();
    let mut out = Recorder::create(&other, &reader.head().clone()).unwrap();
    while let Some(item) = reader.next().unwrap() {
        match item {
            Item::Params { tick, epoch, values } => out.params(tick, epoch, values).unwrap(),
            Item::Cycle(c) => {
                out.cycle(c.loop_index, c.tick, c.values, c.qualities, c.hash).unwrap();
            }
            Item::Keyframe { tick, state, .. } => {
                let mut state = state.to_vec();
                if tick == 599 {
                    *state.last_mut().unwrap() ^= 1;
                }
                out.keyframe(tick, &state).unwrap();
            }
            Item::Gap { .. } => {}
        }
    }
    out.finish().unwrap();
    match verify(&other) {
        Err(ReplayError::Divergence(found)) => {
            assert_eq!(found.tick, 599);
            assert!(found.to_string().contains("remember"), "{found}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn other_parameters_on_the_same_inputs_move_what_depends_on_them_alone() {
    let folder = Folder::new("whatif");
    let path = folder.file("run.mcap");
    record_with(&path, 21, 3000, Style { lost: (1000, 1100), ..KEYFRAMES }).finish().unwrap();
    let with = |params: &[(&str, f64)], plan: Option<Plan>| {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        what_if(&path, Span::ALL, Change { plan, params, ..Change::default() }, |_| {})
    };
    let same = with(&[], None).unwrap();
    let of = &same.outputs[0];
    assert_eq!((of.name.as_str(), of.first_tick, of.largest.0), ("x.act", None, 0.0));
    assert!(of.compared > 2000, "{of:?}");
    // One is a source slot of the fast loop, the other a coefficient of the slow one.
    for (name, value) in [("t.gain", 2.5), ("t.tau", 3.0)] {
        let other = with(&[(name, value)], None).unwrap();
        let of = &other.outputs[0];
        assert!(of.first_tick.is_some() && of.rms > 1e-3 && of.largest.0.abs() > of.rms, "{of:?}");
        assert_eq!(other.report.cycles, same.report.cycles);
    }
    let refused = with(&[("t.gone", 1.0)], None).unwrap_err();
    assert!(refused.to_string().contains("no parameter t.gone"), "{refused}");
    // Another plan on the same inputs: a filter three times as slow is what the parameter says, too.
    let json = record_support::plan().json().to_owned();
    let slower = json.replace("\"value\":1.0", "\"value\":3.0");
    assert_ne!(json, slower);
    let a = with(&[("t.tau", 3.0)], None).unwrap();
    let b = with(&[("t.tau", 3.0)], Some(Plan::from_json(&slower).unwrap())).unwrap();
    assert!(b.outputs[0].rms > 1e-3);
    assert_eq!(a.outputs[0].first_tick, b.outputs[0].first_tick);
    let stranger = json.replace("\"channel\":\"x.b\"", "\"channel\":\"x.c\"");
    let refused = with(&[], Some(Plan::from_json(&stranger).unwrap())).unwrap_err();
    assert!(refused.to_string().contains("input x.c, which the record does not hold"), "{refused}");
}
