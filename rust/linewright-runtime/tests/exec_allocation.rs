//! The loop allocates nothing: counted over a million cycles of a detect-decide-act plan, and over the
//! ticks of an executive with a front end.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod counting;

use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::build;
use linewright_runtime::driver::BlockInfo;
use linewright_runtime::drivers::ManualPlant;
use linewright_runtime::exec::{Executor, Quality, Reading, Sinks, Sources, Written};
use linewright_runtime::plan::Plan;
use serde_json::{Value, json};

#[derive(Default)]
struct Count {
    sum: u64,
    outputs: u64,
    events: u64,
}

impl Sinks for Count {
    fn output(&mut self, _: usize, value: f64, _: Quality) {
        self.outputs += 1;
        self.sum ^= value.to_bits();
    }
    fn event(&mut self, _: usize, evidence: &[f64]) {
        self.events += 1;
        self.sum ^= evidence.len() as u64;
    }
    fn tap(&mut self, _: usize, value: f64, _: Quality) {
        self.sum ^= value.to_bits();
    }
    fn map_point(&mut self, _: usize, position_m: f64, _: f64, _: Quality) {
        self.sum ^= position_m.to_bits();
    }
    fn cycle(&mut self, _: usize, _: &[f64], _: &[u8], _: usize, hash: u64) {
        self.sum ^= hash;
    }
}

#[test]
fn a_million_cycles_a_retuning_and_a_keyframe_allocate_nothing() {
    let plan = Plan::from_json(include_str!("../examples/plan_cost.json")).unwrap();
    let mut executor = Executor::new(&plan).unwrap();
    let retunes = [[0.4, 5.0], [0.6, 8.0]].map(|values| plan.retune(&values).unwrap());
    let mut inputs = vec![Reading::default(); plan.channels().len()];
    let written = vec![Written { value: 1.0, in_control: true }; plan.actuators().len()];
    let mut keyframe = vec![0; executor.state_len()];
    let mut sinks = Count::default();
    let before = counting::calls();
    for tick in 0..1_000_000_u64 {
        let value = if tick.is_multiple_of(1000) { f64::NAN } else { (tick % 977) as f64 * 0.01 };
        inputs.fill(Reading { value, quality: Quality::Good, tick });
        let retune = &retunes[usize::from(tick.is_multiple_of(2))];
        assert!(executor.retune(retune));
        let sources = Sources {
            inputs: &inputs,
            params: retune.values(),
            written: &written,
            ..Sources::default()
        };
        executor.run_due(tick, &sources, &mut sinks);
        if tick.is_multiple_of(10_000) {
            assert!(executor.save(&mut keyframe) && executor.restore(&keyframe));
        }
    }
    let calls = counting::calls() - before;
    assert_eq!(calls, 0, "allocator calls in the loop");
    assert_eq!(sinks.outputs, 1_000_000);
    assert!(sinks.events > 0, "the plan detected something: {}", sinks.sum);
}

#[test]
fn a_front_end_allocates_nothing_with_and_without_a_block() {
    let channels: Vec<Value> = ["mean", "sd", "min", "max", "not_finite"]
        .iter()
        .map(|port| (port, if *port == "not_finite" { "1" } else { "V" }))
        .map(|(port, unit)| json!({"name": format!("x.front.{port}"), "unit": unit}))
        .collect();
    let config = json!({
        "line": "front", "permit": "advisory", "operator_key": 9, "seed": 1, "actuators": {},
        "time": {"mode": "simulated", "base_hz": 30, "lockstep_ticks": 30, "until_tick": null},
        "stations": {"x": {"key": 1}}, "gate": {"tally_s": 1e5},
        "plan": {"version": 1, "base_hz": 30, "params": [],
            "front_ends": [{"name": "x.front", "station": "x", "kernel": "BlockStatistics",
                "blocks": [{"name": "x.block", "unit": "V"}], "channels": channels}],
            "loops": [{"name": "x.loop", "station": "x", "rate_hz": 30, "ops": [
                {"op": "input", "channel": "x.front.sd", "unit": "V", "max_age_s": 1.0, "out": ["sd"]},
                {"op": "abs", "a": "sd", "out": ["abs"]}]}]},
    });
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let plant = ManualPlant::new(vec![], vec![], &[])
        .with_blocks(vec![BlockInfo::new("x.block", "V", 1000)]);
    let (mut executive, _clerk) = build(&config, Box::new(plant.driver())).unwrap();
    let numbers: Vec<f64> = (0..1000).map(f64::from).collect();
    let before = counting::calls();
    for tick in 0..10_000 {
        if tick % 7 == 0 {
            assert!(plant.set_block(0, &numbers));
        }
        executive.tick(tick, None, 0);
    }
    assert_eq!(counting::calls() - before, 0, "allocator calls in 10,000 ticks");
}
