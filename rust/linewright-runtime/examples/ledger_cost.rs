//! What the ledger and the record cost on this machine, as one JSON object.
//!
//! `cargo run --release --example ledger_cost [FOLDER]` (default: the working folder; a tmpfs there
//! makes every sync free and the comparison pointless).
//!
//! - `ledger_rows_per_s`: rows of about 200 bytes appended and committed 2000 at a time, hashing
//!   included; `ledger_group_ack_ms`: first append of a group to the end of its commit.
//! - `ledger_single_us`: one row, one commit. `fdatasync_us`: 4 KiB overwritten in a file and
//!   `fdatasync`; `fdatasync_append_us`: the same, appended. All three interleaved.
//! - `record_cycle_ns`: one cycle of 12 source slots into the record, disk writes included.
//! - `read_cycles_per_s`: reading and checking that record, without executing.
//! - `replay_ops_per_s`: a record of `plan_cost.json` read, checked, executed and compared.

#![allow(clippy::unwrap_used)] // a measurement that cannot run has nothing to say

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use linewright_runtime::clock::monotonic_ns;
use linewright_runtime::exec::{Executor, Quality, Reading, Sinks, Sources, Written};
use linewright_runtime::ledger::{Kind, Ledger, Options, Row, verify};
use linewright_runtime::recorder::{Head, Item, LoopSlots, RecordReader, Recorder};
use linewright_runtime::{plan::Plan, replay};
use serde_json::{Value, json};

/// As a live core opens its ledger.
const READY: Options = Options { max_bytes: None, ready: true };

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder).join(format!("ledger_cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let report = json!({
        "cpu": cpu(),
        "ledger": grouped(&folder),
        "single": single(&folder),
        "record": record(&folder),
        "replay": replayed(&folder),
    });
    std::fs::remove_dir_all(&folder).unwrap();
    println!("{report:#}");
}

fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name")).unwrap_or_default();
    line.split(':').nth(1).unwrap_or_default().trim().to_owned()
}

/// Quantiles of a sample.
fn quantiles(mut sample: Vec<u64>, per_unit: f64) -> Value {
    sample.sort_unstable();
    let at = |q: f64| sample[((sample.len() - 1) as f64 * q) as usize] as f64 / per_unit;
    json!({"p50": at(0.5), "p99": at(0.99), "max": at(1.0), "n": sample.len()})
}

fn body(i: u64) -> String {
    format!(
        r#"{{"id":{i},"rule":"wet-weight-cusum/3","decision":"trim pump","evidence":{{"hi":5.25,"lo":0.0,"innovation":{}}},"epoch":12,"tick":{i}}}"#,
        i as f64 * 0.125
    )
}

fn grouped(folder: &Path) -> Value {
    let path = folder.join("grouped.ledger");
    let mut ledger = Ledger::open_with(&path, READY).unwrap();
    let (groups, size) = (250, 2000);
    let bodies: Vec<String> = (0..size).map(body).collect();
    let bytes: usize = bodies.iter().map(String::len).sum::<usize>() / bodies.len();
    let mut acks = Vec::new();
    let start = monotonic_ns();
    for group in 0..groups {
        let from = monotonic_ns();
        for (i, body) in (0..).zip(&bodies) {
            let tick = group * size + i;
            let row = Row {
                tick,
                mono_ns: tick * 1_000_000,
                kind: Kind::Detection,
                station: "coater",
                body_json: body,
            };
            ledger.append(&row).unwrap();
        }
        ledger.commit().unwrap();
        acks.push(monotonic_ns() - from);
    }
    let seconds = (monotonic_ns() - start) as f64 * 1e-9;
    ledger.close().unwrap();
    let start = monotonic_ns();
    let rows = verify(&path).unwrap().rows;
    let verify_s = (monotonic_ns() - start) as f64 * 1e-9;
    json!({
        "rows": rows,
        "body_bytes": bytes,
        "ledger_rows_per_s": rows as f64 / seconds,
        "ledger_group_ack_ms": quantiles(acks, 1e6),
        "verify_rows_per_s": rows as f64 / verify_s,
        "file_bytes": std::fs::metadata(&path).unwrap().len(),
    })
}

fn single(folder: &Path) -> Value {
    let mut ledger = Ledger::open_with(folder.join("single.ledger"), READY).unwrap();
    let mut over = File::create(folder.join("overwritten")).unwrap();
    let mut append = File::create(folder.join("appended")).unwrap();
    let page = vec![0x5A_u8; 4096];
    let (mut rows, mut overwrites, mut appends) = (vec![], vec![], vec![]);
    over.write_all(&page).unwrap();
    over.sync_all().unwrap();
    for i in 0..1500 {
        let body = body(i);
        let row =
            Row { tick: i, mono_ns: i, kind: Kind::Intent, station: "coater", body_json: &body };
        let start = monotonic_ns();
        ledger.append(&row).unwrap();
        ledger.commit().unwrap();
        rows.push(monotonic_ns() - start);
        let start = monotonic_ns();
        over.seek(SeekFrom::Start(0)).unwrap();
        over.write_all(&page).unwrap();
        over.sync_data().unwrap();
        overwrites.push(monotonic_ns() - start);
        let start = monotonic_ns();
        append.write_all(&page).unwrap();
        append.sync_data().unwrap();
        appends.push(monotonic_ns() - start);
    }
    json!({
        "ledger_single_us": quantiles(rows, 1e3),
        "fdatasync_us": quantiles(overwrites, 1e3),
        "fdatasync_append_us": quantiles(appends, 1e3),
    })
}

fn record(folder: &Path) -> Value {
    let path = folder.join("run.mcap");
    let slots = (0..12).map(|i| format!("input x.{i}")).collect();
    let head = Head {
        plan_json: "{}".to_owned(),
        plan_hash: String::new(),
        base_hz: 1000,
        loops: vec![LoopSlots { name: "x.loop".to_owned(), sources: 12, slots }],
        ..Head::default()
    };
    let mut recorder = Recorder::create(&path, &head).unwrap();
    let (mut values, qualities) = ([1.25_f64; 12], [0_u8; 12]);
    let cycles = 1_000_000;
    let mut each = Vec::with_capacity(cycles);
    for tick in 0..cycles as u64 {
        values[0] = tick as f64;
        let start = monotonic_ns();
        recorder.cycle(0, tick, &values, &qualities, tick).unwrap();
        each.push(monotonic_ns() - start);
    }
    let total: u64 = each.iter().sum();
    recorder.finish().unwrap();
    let start = monotonic_ns();
    let mut reader = RecordReader::open(&path).unwrap();
    let mut sum = 0.0;
    while let Some(item) = reader.next().unwrap() {
        if let Item::Cycle(cycle) = item {
            sum += cycle.values[0];
        }
    }
    let read_s = (monotonic_ns() - start) as f64 * 1e-9;
    json!({
        "cycles": reader.cycles(),
        "checksum": sum,
        "record_cycle_ns": quantiles(each, 1.0),
        "record_cycle_mean_ns": total as f64 / cycles as f64,
        "read_cycles_per_s": cycles as f64 / read_s,
        "file_bytes": std::fs::metadata(&path).unwrap().len(),
    })
}

/// Everything a loop gives goes to the record.
struct Tape(Recorder, u64);

impl Sinks for Tape {
    fn output(&mut self, _: usize, _: f64, _: Quality) {}
    fn event(&mut self, _: usize, _: &[f64]) {}
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    fn cycle(&mut self, i: usize, slots: &[f64], qualities: &[u8], sources: usize, hash: u64) {
        self.0.cycle(i, self.1, &slots[..sources], &qualities[..sources], hash).unwrap();
    }
}

fn replayed(folder: &Path) -> Value {
    let text = include_str!("plan_cost.json");
    let plan = Plan::from_json(text).unwrap();
    let json: Value = serde_json::from_str(text).unwrap();
    let loops = json["loops"].as_array().unwrap();
    let ops: usize = loops.iter().map(|of| of["ops"].as_array().unwrap().len()).sum();
    let path = folder.join("replay.mcap");
    let mut executor = Executor::new(&plan).unwrap();
    let params = plan.start_values();
    let mut inputs = vec![Reading::default(); plan.channels().len()];
    let written = vec![Written { value: 1.0, in_control: true }; plan.actuators().len()];
    let head = Head::new(&plan, false, std::collections::BTreeMap::new());
    let mut tape = Tape(Recorder::create(&path, &head).unwrap(), 0);
    for tick in 0..1_000_000 {
        let value = (tick % 977) as f64 * 0.01;
        inputs.fill(Reading { value, quality: Quality::Good, tick });
        let sources =
            Sources { inputs: &inputs, params: &params, written: &written, ..Sources::default() };
        tape.1 = tick;
        executor.run_due(tick, &sources, &mut tape);
    }
    tape.0.finish().unwrap();
    let start = monotonic_ns();
    let cycles = replay::verify(&path).unwrap().cycles;
    let seconds = (monotonic_ns() - start) as f64 * 1e-9;
    json!({
        "cycles": cycles,
        "ops_per_tick": ops,
        "replay_cycles_per_s": cycles as f64 / seconds,
        "replay_ops_per_s": 1e6 * ops as f64 / seconds,
    })
}
