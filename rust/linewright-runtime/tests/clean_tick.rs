//! R1: a tick in closed loop, recorded, allocates nothing and faults in no page once the start is over,
//! and inputs that decay to nothing leave no subnormal number in the frame. Counts alone; what it costs
//! in time is measured in `bench/`.
#![allow(unsafe_code)] // getrusage, with its SAFETY line
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod core_support;
mod counting;

use core_support::{Folder, config, plant};
use linewright_runtime::clock::Monotonic;
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::{Host, build_on};
use linewright_runtime::driver::Quality;
use linewright_runtime::exec::FlushSubnormals;
use linewright_runtime::order::Action;
use linewright_runtime::record::Mode;
use linewright_runtime::replay;
use serde_json::json;
use std::path::Path;

/// Page faults of this thread so far.
fn faults() -> i64 {
    // SAFETY: rusage is plain data, and valid for the call.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage), 0);
        usage.ru_minflt + usage.ru_majflt
    }
}

const WARM_UP: u64 = 2000;
/// One in a hundred in CI's quick run; the million is `cargo test -- --ignored`.
const TICKS: u64 = 50_000;
/// Halves every thirtieth tick: below the least normal number after 30,000.
const DECAY: f64 = 0.977_159_968_434_246;

fn a_clean_tick(ticks: u64) {
    let folder = Folder::new("clean");
    let mut config = config();
    config["time"] = json!({"mode": "live", "base_hz": 30});
    config["gate"] = json!({});
    config["plan"]["loops"][0]["ops"].as_array_mut().unwrap().extend([
        json!({"op": "kernel", "kernel": "Ewma", "config": {"time_constant_s": 2.0}, "inputs": ["flow"], "out": ["smooth"]}),
        json!({"op": "kernel", "kernel": "Ewma", "config": {"time_constant_s": 9.0}, "inputs": ["smooth"], "out": ["smoother"]}),
        json!({"op": "mul", "a": "smooth", "b": "smoother", "out": ["product"]}),
    ]);
    config["actuators"]["coater.pump_flow"]["resolution"] = json!(0.0); // a record every cycle
    config["ledger"] = json!({"path": folder.file("ledger.db")});
    config["record"] = json!({"path": folder.file("record.mcap")});
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let plant = plant();
    let host = Host::with_clock(Box::new(Monotonic));
    let (mut executive, mut clerk) = build_on(&config, Box::new(plant.driver()), host).unwrap();
    clerk.order(Action::Mode(Mode::Closed));
    clerk.order(Action::Arm);
    clerk.order(Action::Lease { actuator: 0, station: 1, token: 1 });
    let (mut calls, mut faulted, mut flow, mut least) = (0, 0, 7.0_f64, f64::MAX);
    for tick in 0..ticks {
        flow = if tick % 40_000 == 0 { 7.0 } else { (flow * DECAY).max(1e-320) };
        plant.set(0, tick as f64 * 0.01, Quality::Good);
        plant.set(1, flow, Quality::Good);
        least = least.min(flow);
        if tick % 60 == 30 {
            clerk.order(Action::Renew { actuator: 0, station: 1, token: 1 });
        }
        let (calls_before, faults_before) = (counting::calls(), faults());
        executive.tick(tick, Some(linewright_runtime::clock::monotonic_ns()), 0);
        if tick >= WARM_UP {
            faulted += faults() - faults_before;
            calls += counting::calls() - calls_before;
        }
        if tick % 50 == 0 {
            clerk.pump();
            drop(clerk.take_frames());
        }
    }
    assert!(least > 0.0 && least < f64::MIN_POSITIVE, "it was fed subnormal numbers: {least:e}");
    assert_eq!(calls, 0, "calls of the allocator");
    assert_eq!(faulted, 0, "page faults after the warm-up");
    assert!(plant.writes(0) > ticks / 4, "it did act: {}", plant.writes(0));
    executive.close(ticks).unwrap();
    clerk.close("done").unwrap();
    subnormals_stay_out(&folder.file("record.mcap"));
}

/// The record holds what came in, subnormal or not; computed from it, nothing is.
fn subnormals_stay_out(path: &Path) {
    use linewright_runtime::exec::Executor;
    use linewright_runtime::plan::Plan;
    use linewright_runtime::recorder::{Item, RecordReader};
    let report = replay::verify(path).unwrap();
    assert!(report.cycles > 1000, "{report:?}");
    let mut reader = RecordReader::open(path).unwrap();
    assert_eq!(reader.head().provenance["float_mode"], "subnormals_are_zero");
    let plan = Plan::from_json(&reader.head().plan_json).unwrap();
    let mut executor = Executor::new(&plan).unwrap();
    let (mut came_in, mut computed) = (0u64, 0u64);
    while let Some(item) = reader.next().unwrap() {
        let Item::Cycle(cycle) = item else { continue };
        let sources = cycle.values.len();
        executor.run_loop_recorded(
            cycle.loop_index,
            cycle.tick,
            cycle.values,
            cycle.qualities,
            &mut linewright_runtime::exec::NoSinks,
        );
        let (values, _) = executor.slots(cycle.loop_index);
        came_in += values[..sources].iter().filter(|x| x.is_subnormal()).count() as u64;
        computed += values[sources..].iter().filter(|x| x.is_subnormal()).count() as u64;
    }
    assert!(came_in > 0, "the record says what the plant said");
    assert_eq!(computed, 0, "subnormal numbers that a kernel made");
    // And the test can fail: without the mode there are some.
    let half = || std::hint::black_box(f64::MIN_POSITIVE) * std::hint::black_box(0.5);
    assert!(half().is_subnormal());
    let _flush = FlushSubnormals::on();
    assert_eq!(half(), 0.0);
}

#[test]
fn r1_a_tick_allocates_nothing_and_faults_nothing() {
    a_clean_tick(TICKS);
}

#[test]
#[ignore = "a million ticks"]
fn r1_a_million_ticks_allocate_nothing_and_fault_nothing() {
    a_clean_tick(1_000_000);
}
