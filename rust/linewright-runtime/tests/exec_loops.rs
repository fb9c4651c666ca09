//! Loops at their own rates, parameters that change, records that replay.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod exec_support;

use exec_support::{Cycle, Rig, input};
use linewright_runtime::exec::{Executor, NoSinks};
use linewright_runtime::plan::Plan;
use serde_json::{Value, json};

/// A 10 Hz loop that filters, a 30 Hz loop that reads it.
fn two_rates() -> Value {
    json!({"version": 1, "base_hz": 30,
        "params": [{"name": "t.tau", "station": "t", "unit": "s", "value": 1.0, "lo": 0.1, "hi": 10.0, "at": "t.py:1"},
                   {"name": "t.gain", "station": "t", "unit": "1", "value": 2.0, "lo": 0.0, "hi": 3.0, "at": "t.py:2"}],
        "loops": [
        {"name": "t.slow", "station": "t", "rate_hz": 10, "ops": [
            input("s.0", "x.a", "m"),
            {"op": "kernel", "kernel": "Ewma", "config": {"time_constant_s": {"param": "t.tau"}}, "inputs": ["s.0"], "out": ["s.1"]},
        ]},
        {"name": "t.fast", "station": "t", "rate_hz": 30, "ops": [
            input("f.0", "x.b", "m"),
            {"op": "param", "name": "t.gain", "out": ["f.1"]},
            {"op": "latest", "slot": "s.1", "out": ["f.2"]},
            {"op": "sub", "a": "f.0", "b": "f.2", "out": ["f.3"]},
            {"op": "mul", "a": "f.3", "b": "f.1", "out": ["f.4"]},
            {"op": "kernel", "kernel": "Cusum", "config": {"mean": 0.0, "sigma": 1.0, "k": 0.5, "h": 5.0, "restart": true}, "inputs": ["f.4"], "out": ["f.5", "f.6", "f.7"]},
            {"op": "event", "name": "t.shift", "when": "f.7", "evidence": {}, "rule": "r/1", "decision": "d", "priority": "log", "refractory_s": 1.0, "out": []},
            {"op": "web_map", "name": "t.map", "position": "f.0", "value": "f.4", "step_m": 1.0, "out": []},
            {"op": "tap", "topic": "t.x", "value": "f.4", "every_s": 0.2, "out": []},
            {"op": "output", "actuator": "x.act", "value": "f.4", "out": []},
        ]},
    ]})
}

/// Inputs of a tick: any deterministic mixture with gaps will do.
fn wave(seed: u64, tick: u64) -> [f64; 2] {
    let x = tick as f64 * 0.01 + seed as f64;
    let gap = (tick + seed).is_multiple_of(17);
    [libm::sin(x), if gap { f64::NAN } else { 3.0 * libm::cos(1.7 * x) + 0.02 * tick as f64 }]
}

fn run(rig: &mut Rig, seed: u64, ticks: std::ops::Range<u64>) {
    for tick in ticks {
        rig.run(tick, &wave(seed, tick));
    }
}

#[test]
fn loops_run_at_their_rates_in_declared_order() {
    let mut rig = Rig::new(&two_rates());
    run(&mut rig, 1, 0..7);
    let order: Vec<_> = rig.log.cycles.iter().map(|c| (c.tick, c.loop_i)).collect();
    assert_eq!(
        order,
        [(0, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1), (4, 1), (5, 1), (6, 0), (6, 1)]
    );
    assert_eq!(rig.executor.next_due(6), Some(7));
    assert!(rig.executor.is_due(0, 9) && !rig.executor.is_due(0, 10));
}

#[test]
fn latest_holds_the_other_loops_value_between_its_cycles() {
    let mut rig = Rig::new(&two_rates());
    rig.run(0, &[4.0, 0.0]);
    assert_eq!(rig.slot("f.2").0, 4.0, "the slow loop runs first in a tick both share");
    rig.run(1, &[9.0, 0.0]);
    rig.run(2, &[9.0, 0.0]);
    assert_eq!(rig.slot("f.2").0, 4.0);
    rig.run(3, &[9.0, 0.0]);
    assert_eq!(rig.slot("f.2").0, rig.slot("s.1").0);
    assert!(rig.slot("f.2").0 > 4.0);
}

#[test]
fn parameters_change_at_a_tick_boundary_and_keep_the_state() {
    let mut rig = Rig::new(&two_rates());
    run(&mut rig, 1, 0..30);
    let (before, _) = rig.slot("s.1");
    let retune = rig.plan.retune(&[0.1, 1.0]).unwrap();
    assert!(rig.executor.retune(&retune));
    rig.params.copy_from_slice(retune.values());
    assert_eq!(rig.slot("s.1").0, before, "nothing moves at the swap itself");
    rig.run(30, &[before + 1.0, 10.0]);
    let (after, _) = rig.slot("s.1");
    let expected = before + (1.0 - (-1.0_f64).exp());
    assert!((after - expected).abs() < 1e-12, "{after} {expected}");
    assert_eq!(rig.slot("f.1").0, 1.0);
}

#[test]
fn a_refused_parameter_set_names_the_parameter_and_changes_nothing() {
    let plan = Plan::from_json(&two_rates().to_string()).unwrap();
    let error = plan.retune(&[0.05, 2.0]).unwrap_err().to_string();
    assert!(error.contains("t.tau") && error.contains("0.1 to 10 s"), "{error}");
    assert!(plan.retune(&[f64::NAN, 2.0]).is_err());
    assert!(plan.retune(&[1.0]).is_err());
}

#[test]
fn a_retuning_of_another_plan_is_refused_whole() {
    let mut other = two_rates();
    let tau = json!({"param": "t.tau"});
    other["loops"][0]["ops"][1]["kernel"] = json!("Slew");
    other["loops"][0]["ops"][1]["config"] = json!({"up_per_s": tau, "down_per_s": tau});
    let other = Plan::from_json(&other.to_string()).unwrap();
    let mut rig = Rig::new(&two_rates());
    assert!(!rig.executor.retune(&other.retune(&[1.0, 1.0]).unwrap()));
    assert!(rig.executor.retune(&rig.plan.retune(&[1.0, 1.0]).unwrap()));
}

fn replay(plan: &Value, cycles: &[Cycle]) -> Vec<u64> {
    let plan = Plan::from_json(&plan.to_string()).unwrap();
    let mut executor = Executor::new(&plan).unwrap();
    cycles
        .iter()
        .map(|c| {
            let values: Vec<_> = c.values.iter().map(|bits| f64::from_bits(*bits)).collect();
            executor
                .run_loop_recorded(c.loop_i, c.tick, &values, &c.qualities, &mut NoSinks)
                .unwrap()
        })
        .collect()
}

#[test]
fn the_source_slots_alone_give_the_same_hashes() {
    for seed in [1, 2, 3] {
        let mut rig = Rig::new(&two_rates());
        run(&mut rig, seed, 0..600);
        let hashes: Vec<_> = rig.log.cycles.iter().map(|c| c.hash).collect();
        assert_eq!(replay(&two_rates(), &rig.log.cycles), hashes);
        assert!(rig.log.events.len() > 1 && rig.log.points.len() > 3, "the run did something");
    }
}

#[test]
fn one_flipped_bit_of_one_source_shows_in_the_hash() {
    let mut rig = Rig::new(&two_rates());
    run(&mut rig, 5, 0..60);
    let cycles = rig.log.cycles.clone();
    let hashes: Vec<_> = cycles.iter().map(|c| c.hash).collect();
    for (cycle, slot) in [(0, 0), (5, 0), (20, 1), (41, 2)] {
        let mut flipped = cycles.clone();
        flipped[cycle].values[slot.min(cycles[cycle].values.len() - 1)] ^= 1;
        let replayed = replay(&two_rates(), &flipped);
        assert_eq!(replayed[..cycle], hashes[..cycle]);
        assert_ne!(replayed[cycle], hashes[cycle], "cycle {cycle} slot {slot}");
    }
    let mut worse = cycles.clone();
    worse[7].qualities[0] ^= 2;
    assert_ne!(replay(&two_rates(), &worse)[7], hashes[7]);
}

#[test]
fn another_coefficient_shows_in_the_hash() {
    let mut rig = Rig::new(&two_rates());
    run(&mut rig, 5, 0..60);
    let hashes: Vec<_> = rig.log.cycles.iter().map(|c| c.hash).collect();
    let mut changed = two_rates();
    changed["params"][0]["value"] = json!(1.000_000_1);
    assert_ne!(replay(&changed, &rig.log.cycles), hashes);
}

#[test]
fn a_record_of_another_shape_is_refused() {
    let plan = Plan::from_json(&two_rates().to_string()).unwrap();
    let mut executor = Executor::new(&plan).unwrap();
    assert_eq!(executor.run_loop_recorded(0, 0, &[1.0, 2.0], &[0, 0], &mut NoSinks), None);
    assert_eq!(executor.run_loop_recorded(0, 0, &[1.0], &[0, 0], &mut NoSinks), None);
    assert_eq!(executor.run_loop_recorded(9, 0, &[1.0], &[0], &mut NoSinks), None);
}

#[test]
fn a_restored_keyframe_goes_on_as_if_nothing_happened() {
    let mut rig = Rig::new(&two_rates());
    run(&mut rig, 2, 0..100);
    let mut keyframe = vec![0; rig.executor.state_len()];
    assert!(rig.executor.save(&mut keyframe));
    assert!(!rig.executor.save(&mut vec![0; keyframe.len() - 1]));
    rig.log = exec_support::Log::default();
    let mut twin = Rig::new(&two_rates());
    assert!(!twin.executor.restore(&keyframe[1..]));
    assert!(twin.executor.restore(&keyframe));
    run(&mut rig, 2, 100..300);
    run(&mut twin, 2, 100..300);
    let told = |rig: &Rig| format!("{:?}", rig.log); // as text: a NaN equals itself
    assert!(told(&twin) == told(&rig), "the restored executor went another way");
    let mut fresh = Rig::new(&two_rates());
    run(&mut fresh, 2, 100..300);
    assert!(told(&fresh) != told(&rig), "the state mattered");
}
