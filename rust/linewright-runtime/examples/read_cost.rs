//! What channels and blocks cost the executive in a base tick, as one JSON object.
//!
//! `cargo run --release --example read_cost`
//!
//! A driver that fills nothing by itself, so that only the core's share is seen. One loop of 30 Hz reads one
//! channel; `channels` has as many more as it says
//! - `unread_ns`: read by no loop;
//! - `not_due_ns`, `due_ns`: all read by a loop of 1 Hz as well, in the 29 ticks it is not due and in the one.
//!
//! `front_end`: a block of `numbers` for `BlockStatistics` in every 30th tick (`block_ns`), none in the
//! others (`idle_ns`).
//!
//! Medians of ns per tick over runs of 29 ticks; `due_ns` and `block_ns` are of single ticks and hold the
//! reading of the clock as well.

#![allow(clippy::unwrap_used)] // a measurement that cannot run has nothing to say

use linewright_runtime::clock::monotonic_ns;
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::build;
use linewright_runtime::driver::{BlockInfo, Channel, Driver, Quality, Reading};
use linewright_runtime::gate::Admitted;
use serde_json::{Value, json};

const BLOCKS: u64 = 300;
const BLOCK: u64 = 300;
const COUNTS: [usize; 4] = [1, 16, 128, 1024];

/// Channels that stand still; a block in every 30th tick.
struct Still {
    channels: Vec<Channel>,
    blocks: Vec<BlockInfo>,
    numbers: Vec<f64>,
    complete: bool,
}

impl Still {
    fn new(channels: usize, numbers: usize) -> Self {
        Self {
            channels: (0..channels).map(|i| Channel::new(format!("x.c{i}"), "m")).collect(),
            blocks: vec![BlockInfo::new("x.block", "V", numbers)],
            numbers: (0..numbers).map(|i| libm::sin(i as f64)).collect(),
            complete: false,
        }
    }
}

impl Driver for Still {
    fn channels(&self) -> &[Channel] {
        &self.channels
    }
    fn actuators(&self) -> &[Channel] {
        &[]
    }
    fn read(&mut self, tick: u64, inputs: &mut [Reading]) {
        self.complete = tick.is_multiple_of(30);
        if tick == 0 {
            inputs.fill(Reading { value: 1.0, quality: Quality::Good, tick });
        }
    }
    fn blocks(&self) -> &[BlockInfo] {
        &self.blocks
    }
    fn block(&self, _: usize) -> Option<&[f64]> {
        self.complete.then_some(self.numbers.as_slice())
    }
    fn write(&mut self, _: u64, _: &Admitted) {}
    fn read_back(&mut self, _: usize) -> Option<f64> {
        None
    }
}

fn input(i: usize) -> Value {
    json!({"op": "input", "channel": format!("x.c{i}"), "unit": "m", "max_age_s": 3600.0, "out": [format!("s{i}")]})
}

fn plan(slow: usize, front_end: bool) -> Value {
    let mut loops = vec![json!({"name": "x.fast", "station": "x", "rate_hz": 30, "ops": [
        {"op": "input", "channel": "x.c0", "unit": "m", "max_age_s": 3600.0, "out": ["f0"]}]})];
    if slow > 0 {
        let ops: Vec<Value> = (0..slow).map(input).collect();
        loops.push(json!({"name": "x.slow", "station": "x", "rate_hz": 1, "ops": ops}));
    }
    let mut plan = json!({"version": 1, "base_hz": 30, "params": [], "loops": loops});
    if front_end {
        let channels: Vec<Value> = ["mean", "sd", "min", "max"]
            .iter()
            .map(|port| json!({"name": format!("x.front.{port}"), "unit": "V"}))
            .chain([json!({"name": "x.front.not_finite", "unit": "1"})])
            .collect();
        plan["front_ends"] = json!([{"name": "x.front", "station": "x", "kernel": "BlockStatistics",
            "blocks": [{"name": "x.block", "unit": "V"}], "channels": channels}]);
    }
    plan
}

/// Median ns of the ticks without and with what comes every 30th tick.
fn measure(plan: &Value, driver: Still) -> (f64, f64) {
    let config = json!({
        "line": "read_cost", "plan": plan, "permit": "advisory", "operator_key": 9, "seed": 1,
        "time": {"mode": "simulated", "base_hz": 30, "lockstep_ticks": 30, "until_tick": null},
        "actuators": {}, "stations": {"x": {"key": 1}}, "gate": {"tally_s": 1e5},
    });
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let (mut executive, mut clerk) = build(&config, Box::new(driver)).unwrap();
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    for block in 0..BLOCKS {
        let first = block * BLOCK;
        let mut run = |from: u64, to: u64| {
            let start = monotonic_ns();
            (from..to).for_each(|tick| executive.tick(tick, None, 0));
            (monotonic_ns() - start) as f64 / (to - from) as f64
        };
        for second in (first..first + BLOCK).step_by(30) {
            busy.push(run(second, second + 1));
            idle.push(run(second + 1, second + 30));
        }
        clerk.pump();
        drop(clerk.take_frames());
    }
    clerk.close("done").unwrap();
    (median(idle), median(busy))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let mut rows = Vec::new();
    for n in COUNTS {
        let (unread, _) = measure(&plan(0, false), Still::new(n, 1));
        let (not_due, due) = measure(&plan(n, false), Still::new(n, 1));
        rows.push(
            json!({"channels": n, "unread_ns": unread, "not_due_ns": not_due, "due_ns": due}),
        );
    }
    let mut fronts = Vec::new();
    for numbers in [0, 100, 10_000, 15_000] {
        let (idle, busy) = measure(&plan(0, true), Still::new(1, numbers));
        fronts.push(json!({"numbers": numbers, "idle_ns": idle, "block_ns": busy}));
    }
    let ticks = BLOCKS * BLOCK;
    println!("{:#}", json!({"ticks": ticks, "channels": rows, "front_end": fronts}));
}
