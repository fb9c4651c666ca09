//! What a tick of the core costs on this machine, as one JSON object.
//!
//! `cargo run --release --example core_cost [FOLDER]` (default: the working folder).
//!
//! One loop of 11 operations at every base tick, one actuator in closed loop that writes every
//! cycle (`resolution` 0, so every cycle leaves an intent and a result), a driver behind a lock.
//! - `tick_ns`: the executive's tick, loop side only: read, leases, loops, gate, write, records.
//! - `tick_recorded_ns`: the same with every cycle handed to the recorder's ring.
//! - `clerk_ns`: the clerk's share per tick: rows into the ledger's transaction, frames made.
//! - `clerk_recorded_ns`: the same with the cycles written to the record.
//!
//! Medians over blocks of 500 ticks; the clock is read around a block, not in it.

#![allow(clippy::unwrap_used)] // a measurement that cannot run has nothing to say

#[path = "../tests/core_support/mod.rs"]
mod core_support;

use core_support::{config, plant};
use linewright_runtime::clock::monotonic_ns;
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::build;
use linewright_runtime::order::Action;
use linewright_runtime::record::Mode;
use serde_json::{Value, json};
use std::path::Path;

const BLOCKS: u64 = 200;
const BLOCK: u64 = 500;

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder).join(format!("core_cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| json!({"path": folder.join(name).to_str().unwrap()});
    let (tick, clerk, writes) = measure(file("a.db"), Value::Null);
    let (recorded, clerk_recorded, _) = measure(file("b.db"), file("b.mcap"));
    std::fs::remove_dir_all(&folder).unwrap();
    let ticks = BLOCKS * BLOCK;
    println!(
        "{}",
        json!({
            "ticks": ticks, "writes": writes, "tick_ns": tick, "tick_recorded_ns": recorded,
            "clerk_ns": clerk, "clerk_recorded_ns": clerk_recorded,
        })
    );
}

/// Median ns per tick of loop side and clerk side, and how often the actuator was written.
fn measure(ledger: Value, record: Value) -> (u64, u64, u64) {
    let mut config = config();
    config["plan"]["loops"][0]["rate_hz"] = json!(30);
    config["actuators"]["coater.pump_flow"]["resolution"] = json!(0.0);
    config["ledger"] = ledger;
    config["record"] = record;
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let plant = plant();
    let (mut executive, mut clerk) = build(&config, Box::new(plant.driver())).unwrap();
    clerk.order(Action::Mode(Mode::Closed));
    clerk.order(Action::Arm);
    clerk.order(Action::Lease { actuator: 0, station: 1, token: 1 });
    let (mut loop_ns, mut clerk_ns) = (Vec::new(), Vec::new());
    for block in 0..BLOCKS {
        let start = monotonic_ns();
        for tick in block * BLOCK..(block + 1) * BLOCK {
            if tick % 60 == 30 {
                clerk.order(Action::Renew { actuator: 0, station: 1, token: 1 });
            }
            executive.tick(tick, None, 0);
        }
        let middle = monotonic_ns();
        clerk.pump();
        drop(clerk.take_frames());
        let end = monotonic_ns();
        loop_ns.push((middle - start) / BLOCK);
        clerk_ns.push((end - middle) / BLOCK);
        clerk.commit();
    }
    clerk.close("done").unwrap();
    (median(loop_ns), median(clerk_ns), plant.writes(0))
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}
