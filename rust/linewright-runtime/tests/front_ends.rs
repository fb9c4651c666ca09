//! Blocks of a driver through a front end: channels that loops read, a record that replays without it,
//! and what is refused before anything runs.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed unwrap is a failed test

mod core_support;

use core_support::{Folder, config};
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::{Core, StartError, check};
use linewright_runtime::driver::{BlockInfo, Channel, Driver, Quality, Reading};
use linewright_runtime::drivers::ManualPlant;
use linewright_runtime::gate::Admitted;
use linewright_runtime::plan::{Plan, Problem, check_plan};
use linewright_runtime::recorder::{Item, RecordReader};
use linewright_runtime::replay::verify;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const OUTPUTS: [&str; 5] = ["mean", "sd", "min", "max", "not_finite"];

fn front_end() -> Value {
    let units = ["V", "V", "V", "V", "1"];
    let channels: Vec<Value> = OUTPUTS
        .iter()
        .zip(units)
        .map(|(name, unit)| json!({"name": format!("welder.burst.{name}"), "unit": unit}))
        .collect();
    json!({"name": "welder.burst", "station": "welder", "kernel": "BlockStatistics", "config": {},
           "blocks": [{"name": "welder.plasma", "unit": "V"}], "channels": channels, "at": "w.py:9"})
}

/// One loop of 30 Hz: the burst's mean, trusted for three ticks, and its bad samples.
fn plan() -> Value {
    json!({"version": 1, "base_hz": 30, "params": [], "front_ends": [front_end()],
    "loops": [{"name": "welder.watch", "station": "welder", "rate_hz": 30, "ops": [
        {"op": "input", "channel": "welder.burst.mean", "unit": "V", "max_age_s": 0.1, "out": ["mean"]},
        {"op": "input", "channel": "welder.burst.not_finite", "unit": "1", "max_age_s": 0.1, "out": ["bad"]},
        {"op": "kernel", "kernel": "Ewma", "config": {"time_constant_s": 0.2}, "inputs": ["mean"], "out": ["slow"]},
        {"op": "tap", "topic": "welder.plasma_mean", "value": "slow", "every_s": 1.0, "out": []},
    ]}]})
}

fn plant() -> ManualPlant {
    let channels = vec![Channel::new("coater.web_position", "m")];
    let blocks = vec![BlockInfo::new("welder.plasma", "V", 100)];
    ManualPlant::new(channels, vec![Channel::new("coater.pump_flow", "L/min")], &[5.0])
        .with_blocks(blocks)
}

fn line(record: Option<&Path>) -> CoreConfig {
    let mut config = config();
    config["plan"] = plan();
    config["stations"]["coater"]["mailboxes"] = json!([]);
    config["stations"]["coater"]["profiles"] = json!([]);
    config["stations"]["coater"]["params"] = json!([]);
    if let Some(path) = record {
        config["record"] = json!({"path": path});
    }
    CoreConfig::from_json(&config.to_string()).unwrap_or_else(|e| panic!("{e}"))
}

/// A burst around `level` volts with `bad` samples that are none.
fn burst(level: f64, bad: usize) -> Vec<f64> {
    (0..100)
        .map(|i| if i < bad { f64::NAN } else { level + if i % 2 == 0 { 0.5 } else { -0.5 } })
        .collect()
}

/// Value and quality of the two inputs in every cycle of a record.
fn cycles(path: &Path) -> Vec<(Vec<f64>, Vec<u8>)> {
    let mut reader = RecordReader::open(path).unwrap();
    let mut all = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        if let Item::Cycle(cycle) = item {
            all.push((cycle.values.to_vec(), cycle.qualities.to_vec()));
        }
    }
    all
}

#[test]
fn a_block_becomes_channels_that_age_from_its_own_tick() {
    let folder = Folder::new("front");
    let path = folder.file("run.mcap");
    let plant = plant();
    let mut core = Core::new(&line(Some(&path)), Box::new(plant.driver())).unwrap();
    core.advance(2); // ticks 0 and 1: no block yet
    assert!(plant.set_block(0, &burst(4.0, 10)));
    core.advance(7); // ticks 2 to 6
    assert!(plant.set_block(0, &burst(f64::NAN, 100)));
    core.advance(8); // tick 7: a block that says nothing
    assert!(plant.set_block(0, &burst(6.0, 0)));
    core.advance(9);
    core.close("test").unwrap();

    let seen = cycles(&path);
    let (good, bad) = (Quality::Good as u8, Quality::Bad as u8);
    let qualities: Vec<_> = seen.iter().map(|(_, q)| (q[0], q[1])).collect();
    let nothing = (bad, bad);
    let expected = [
        nothing,
        nothing,
        (good, good), // its own tick
        (good, good),
        (good, good),
        (good, good), // three ticks old: 0.1 s
        nothing,      // too old
        (bad, good),  // no statistics, but a count of bad samples
        (good, good),
    ];
    assert_eq!(qualities, expected);
    assert_eq!(seen[2].0, [4.0, 10.0]);
    assert_eq!(seen[5].0, [4.0, 10.0]);
    assert!(seen[7].0[0].is_nan());
    assert_eq!((seen[7].0[1], seen[8].0[0], seen[8].0[1]), (100.0, 6.0, 0.0));
}

/// A plant of blocks that counts how often it is asked for one.
struct Counted {
    channels: Vec<Channel>,
    blocks: Vec<BlockInfo>,
    numbers: Vec<f64>,
    complete: bool,
    asked: Arc<AtomicU64>,
}

impl Counted {
    fn new(asked: &Arc<AtomicU64>) -> Self {
        Self {
            channels: vec![Channel::new("coater.pump_flow", "L/min")],
            blocks: vec![BlockInfo::new("welder.plasma", "V", 1000)],
            numbers: vec![0.0; 1000],
            complete: false,
            asked: Arc::clone(asked),
        }
    }
}

impl Driver for Counted {
    fn channels(&self) -> &[Channel] {
        &[]
    }
    fn actuators(&self) -> &[Channel] {
        &self.channels
    }
    fn read(&mut self, tick: u64, _: &mut [Reading]) {
        self.complete = tick.is_multiple_of(3);
        if self.complete {
            let mut random = tick ^ 0x9E37_79B9;
            for (i, x) in self.numbers.iter_mut().enumerate() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i as u64);
                *x = (random >> 40) as f64 * 1e-6;
            }
        }
    }
    fn blocks(&self) -> &[BlockInfo] {
        &self.blocks
    }
    fn block(&self, i: usize) -> Option<&[f64]> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        (i == 0 && self.complete).then_some(self.numbers.as_slice())
    }
    fn write(&mut self, _: u64, _: &Admitted) {}
    fn read_back(&mut self, _: usize) -> Option<f64> {
        None
    }
}

#[test]
fn a_record_replays_bit_for_bit_and_asks_for_no_block() {
    let folder = Folder::new("front-replay");
    let path = folder.file("run.mcap");
    let asked = Arc::new(AtomicU64::new(0));
    let mut core = Core::new(&line(Some(&path)), Box::new(Counted::new(&asked))).unwrap();
    core.advance(3000);
    core.close("test").unwrap();
    drop(core);
    let while_running = asked.load(Ordering::Relaxed);
    assert_eq!(while_running, 3000, "one block, asked for once in every tick");

    let report = verify(&path).unwrap();
    assert_eq!((report.cycles, report.ticks), (3000, Some((0, 2999))));
    assert_eq!(asked.load(Ordering::Relaxed), while_running);
    let different: std::collections::BTreeSet<u64> =
        cycles(&path).iter().map(|(values, _)| values[0].to_bits()).collect();
    assert_eq!(different.len(), 1000, "the record holds what each of the 1000 blocks gave");
    let head = RecordReader::open(&path).unwrap().head().clone();
    let note = head.provenance.get("not_recorded").unwrap();
    assert!(note.contains("welder.plasma") && note.contains("front ends"), "{note}");
    let without = Plan::from_json(&core_support::plan().to_string()).unwrap();
    let head = linewright_runtime::recorder::Head::new(&without, false, Default::default());
    assert_eq!(head.provenance.get("not_recorded"), None);
}

#[test]
fn the_hash_of_a_plan_covers_its_front_ends_but_not_where_they_were_wired() {
    let hash = |plan: &Value| Plan::from_json(&plan.to_string()).unwrap().hash();
    let (whole, mut moved, mut tuned) = (plan(), plan(), plan());
    moved["front_ends"][0]["at"] = json!("w.py:10");
    tuned["front_ends"][0]["config"] = json!({"least_finite": 50});
    assert_eq!(hash(&whole), hash(&moved));
    assert_ne!(hash(&whole), hash(&tuned));
}

#[track_caller]
fn says(found: &[Problem], parts: &[&str]) {
    assert_eq!(found.len(), 1, "{found:#?}");
    let line = found[0].to_string();
    for part in parts {
        assert!(line.contains(part), "no {part:?} in: {line}");
    }
}

fn refused(change: impl FnOnce(&mut Value)) -> Vec<Problem> {
    let mut plan = plan();
    change(&mut plan);
    check_plan(&plan.to_string())
}

#[test]
fn a_front_end_that_cannot_be_is_refused_with_name_place_and_way_out() {
    assert_eq!(check_plan(&plan().to_string()), []);
    let of = |field: &'static str, value: Value| {
        refused(move |plan| plan["front_ends"][0][field] = value)
    };
    says(&of("kernel", json!("Magic")), &["w.py:9", "Magic", "welder.burst", "BlockStatistics"]);
    says(&of("config", json!({"least": 3})), &["w.py:9", "welder.burst", "least"]);
    says(&of("config", json!({"least_finite": 1})), &["least_finite must be 2 to 1e9, was 1"]);
    says(&of("blocks", json!([])), &["w.py:9", "1 blocks (x)", "got 0"]);
    says(&of("speed", json!(1)), &["welder.burst", "speed"]);
    let unit = |unit: &str| {
        let unit = json!(unit);
        refused(move |plan| plan["front_ends"][0]["channels"][1]["unit"] = unit)
    };
    says(&unit("A"), &["w.py:9", "welder.burst.sd", "\"V\" as welder.plasma", "got \"A\""]);
    says(&unit("furlong"), &["welder.burst.sd", "furlong", "no symbol"]);
    let count = refused(|plan| plan["front_ends"][0]["channels"][4]["unit"] = json!("V"));
    assert!(count.iter().any(|p| p.edge == "welder.burst.not_finite"), "{count:#?}");
    let twice = refused(|plan| plan["front_ends"] = json!([front_end(), front_end()]));
    assert!(twice.iter().any(|p| p.to_string().contains("a name of its own")), "{twice:#?}");
    assert!(twice.iter().any(|p| p.edge == "welder.burst.mean"), "{twice:#?}");
}

#[test]
fn a_loop_reads_a_front_end_in_its_unit() {
    let found = refused(|plan| {
        let input = &mut plan["loops"][0]["ops"][0];
        input["unit"] = json!("mV");
        input["at"] = json!("w.py:20");
    });
    says(
        &found,
        &["w.py:20", "welder.burst.mean", "\"V\" as the front end", "\"mV\"", ".to(\"mV\")"],
    );
}

/// Every problem a driver with these blocks and channels has with the plan.
fn with_driver(blocks: Vec<BlockInfo>, channels: &[Channel]) -> Vec<Problem> {
    let plan = Plan::from_json(&plan().to_string()).unwrap();
    plan.check_driver(channels, &[], &blocks).map_or_else(|e| e.0, |()| Vec::new())
}

#[test]
fn a_driver_without_the_block_is_refused() {
    let offered = |name: &str, unit: &str| vec![BlockInfo::new(name, unit, 100)];
    assert_eq!(with_driver(offered("welder.plasma", "V"), &[]), []);
    says(&with_driver(vec![], &[]), &["w.py:9", "welder.plasma", "no such block", "it has: none"]);
    says(&with_driver(offered("welder.back", "V"), &[]), &["no such block", "welder.back"]);
    says(&with_driver(offered("welder.plasma", "A"), &[]), &["\"A\" as the driver", "got \"V\""]);
    let own = [Channel::new("welder.burst.sd", "V")];
    let found = with_driver(offered("welder.plasma", "V"), &own);
    says(&found, &["front end welder.burst", "welder.burst.sd", "one the driver has"]);
    // And the core says so before anything is opened.
    let plain = ManualPlant::new(vec![], vec![Channel::new("coater.pump_flow", "L/min")], &[5.0]);
    match check(&line(None), &plain.driver()) {
        Err(StartError::Plan(problems)) => says(&problems.0, &["welder.plasma", "no such block"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(check(&line(None), &plant().driver()), Ok(()));
}
