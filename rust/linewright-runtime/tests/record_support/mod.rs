//! A run of a plan of two loops, recorded.
#![allow(dead_code, unused_imports, clippy::unwrap_used)] // every test crate uses a part of it

#[path = "../folder/mod.rs"]
mod folder;
#[path = "../../../linewright-kernel/tests/random/mod.rs"]
mod random;

pub use folder::Folder;
pub use random::Random;

use std::collections::BTreeMap;
use std::path::Path;

use linewright_runtime::exec::{Executor, MailboxSlot, Quality, Reading, Sinks, Sources, Written};
use linewright_runtime::plan::Plan;
use linewright_runtime::recorder::{Head, Options, Recorder};
use serde_json::json;

/// 10 Hz filter, 30 Hz detector and controller on it, with mailbox, parameters and read-back.
pub fn plan() -> Plan {
    let age = 1.0;
    let plan = json!({"version": 1, "base_hz": 30,
        "params": [
            {"name": "t.tau", "station": "t", "unit": "s", "value": 1.0, "lo": 0.1, "hi": 10.0, "at": "t.py:1"},
            {"name": "t.gain", "station": "t", "unit": "1", "value": 2.0, "lo": 0.0, "hi": 3.0, "at": "t.py:2"}],
        "loops": [
        {"name": "t.slow", "station": "t", "rate_hz": 10, "ops": [
            {"op": "input", "channel": "x.a", "unit": "m", "max_age_s": age, "out": ["s.0"]},
            {"op": "kernel", "kernel": "Ewma", "config": {"time_constant_s": {"param": "t.tau"}}, "inputs": ["s.0"], "out": ["s.1"]},
        ]},
        {"name": "t.fast", "station": "t", "rate_hz": 30, "ops": [
            {"op": "input", "channel": "x.b", "unit": "m", "max_age_s": age, "out": ["f.0"]},
            {"op": "param", "name": "t.gain", "out": ["f.1"]},
            {"op": "latest", "slot": "s.1", "out": ["f.2"]},
            {"op": "mailbox", "name": "t.target", "unit": "m", "default": 1.0, "lo": 0.0, "hi": 5.0, "ttl_s": 1.0, "fallback": "default", "out": ["f.8", "f.9"]},
            {"op": "written", "actuator": "x.act", "unit": "m", "out": ["f.10", "f.11"]},
            {"op": "sub", "a": "f.0", "b": "f.2", "out": ["f.3"]},
            {"op": "mul", "a": "f.3", "b": "f.1", "out": ["f.4"]},
            {"op": "kernel", "kernel": "Cusum", "config": {"mean": 0.0, "sigma": 1.0, "k": 0.5, "h": 5.0, "restart": true}, "inputs": ["f.4"], "out": ["f.5", "f.6", "f.7"]},
            {"op": "sub", "a": "f.8", "b": "f.4", "out": ["f.12"]},
            {"op": "add", "a": "f.12", "b": "f.10", "out": ["f.13"]},
            {"op": "output", "actuator": "x.act", "unit": "m", "value": "f.13", "out": []},
        ]},
    ]});
    Plan::from_json(&plan.to_string()).unwrap()
}

/// Writes what the executor gives to a record.
pub struct Tape<'a> {
    pub recorder: &'a mut Recorder,
    pub tick: u64,
    pub last_output: f64,
    pub all_slots: bool,
}

impl Sinks for Tape<'_> {
    fn output(&mut self, _: usize, value: f64, _: Quality) {
        if value.is_finite() {
            self.last_output = value.clamp(-10.0, 10.0);
        }
    }
    fn event(&mut self, _: usize, _: &[f64]) {}
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    fn cycle(&mut self, loop_i: usize, slots: &[f64], qualities: &[u8], sources: usize, hash: u64) {
        let n = if self.all_slots { slots.len() } else { sources };
        self.recorder.cycle(loop_i, self.tick, &slots[..n], &qualities[..n], hash).unwrap();
    }
}

/// Keeps the output and counts the cycles.
struct Lost {
    last_output: f64,
    cycles: u64,
}

impl Sinks for Lost {
    fn output(&mut self, _: usize, value: f64, _: Quality) {
        if value.is_finite() {
            self.last_output = value.clamp(-10.0, 10.0);
        }
    }
    fn event(&mut self, _: usize, _: &[f64]) {}
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    fn cycle(&mut self, _: usize, _: &[f64], _: &[u8], _: usize, _: u64) {
        self.cycles += 1;
    }
}

/// Records `ticks` base ticks with noise, gaps, set-points that expire and parameter changes. Every
/// third tick runs both loops, so 4 cycles in 3 ticks.
pub fn record(path: &Path, seed: u64, ticks: u64) -> Recorder {
    record_with(path, seed, ticks, Style::default())
}

/// How [`record_with`] records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    pub all_slots: bool,
    /// Ticks between keyframes; 0 = none.
    pub keyframe_ticks: u64,
    /// Cycles of these ticks are lost.
    pub lost: (u64, u64),
    pub options: Options,
}

/// As [`record`], in a style.
pub fn record_with(path: &Path, seed: u64, ticks: u64, style: Style) -> Recorder {
    let mut recorder = Recorder::create_with(path, &head(seed, style), style.options).unwrap();
    fill(&mut recorder, seed, ticks, style, || {});
    recorder
}

/// What the record of a run says at its start.
pub fn head(seed: u64, style: Style) -> Head {
    let provenance = BTreeMap::from([("seed".to_owned(), seed.to_string())]);
    Head::new(&plan(), style.all_slots, provenance)
}

/// Writes a run to its record; calls `look` after each tick.
pub fn fill(recorder: &mut Recorder, seed: u64, ticks: u64, style: Style, mut look: impl FnMut()) {
    let plan = plan();
    let mut executor = Executor::new(&plan).unwrap();
    let mut state = vec![0; executor.state_len()];
    let mut random = Random(seed);
    let mut params = plan.start_values();
    let mut inputs = [Reading::default(); 2];
    let mut mailboxes = [MailboxSlot::default()];
    let mut last_output = 0.0;
    let mut lost_cycles = 0;
    for tick in 0..ticks {
        for input in &mut inputs {
            if random.below(50) > 0 {
                let value =
                    if random.below(100) == 0 { f64::NAN } else { random.real(-1.0, 1.0) * 3.0 };
                *input = Reading { value, quality: Quality::Good, tick };
            }
        }
        if random.below(40) == 0 {
            let value = 2.5 + random.real(-1.0, 1.0);
            mailboxes[0] = MailboxSlot { value, not_after_tick: tick + 20, set: true };
        }
        if random.below(500) == 0 {
            params = vec![1.0 + 0.5 * random.real(-1.0, 1.0), 2.0 + random.real(-1.0, 1.0)];
            let retune = plan.retune(&params).unwrap();
            assert!(executor.retune(&retune));
            recorder.params(tick, tick, &[(0, params[0]), (1, params[1])]).unwrap();
        }
        let written = [Written { value: last_output, in_control: tick > 100 }];
        let sources = Sources {
            inputs: &inputs,
            mailboxes: &mailboxes,
            profiles: &[],
            params: &params,
            written: &written,
        };
        if (style.lost.0..style.lost.1).contains(&tick) {
            let mut sinks = Lost { last_output, cycles: 0 };
            executor.run_due(tick, &sources, &mut sinks);
            last_output = sinks.last_output;
            lost_cycles += sinks.cycles;
            if tick + 1 == style.lost.1 {
                recorder.gap(style.lost.0, tick, lost_cycles).unwrap();
                assert!(executor.save(&mut state));
                recorder.keyframe(tick, &state).unwrap();
            }
            continue;
        }
        let all_slots = style.all_slots;
        let mut tape = Tape { recorder, tick, last_output, all_slots };
        executor.run_due(tick, &sources, &mut tape);
        last_output = tape.last_output;
        if style.keyframe_ticks > 0 && (tick + 1) % style.keyframe_ticks == 0 {
            assert!(executor.save(&mut state));
            recorder.keyframe(tick, &state).unwrap();
        }
        look();
    }
}

/// As [`record`], finished.
pub fn finished(path: &Path, seed: u64, ticks: u64) -> u64 {
    record(path, seed, ticks).finish().unwrap()
}
