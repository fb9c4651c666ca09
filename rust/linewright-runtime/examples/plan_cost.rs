//! What a plan costs against the same arithmetic written by hand.
//!
//! `plan_cost.json` is a detect-decide-act loop of 12 operations: input, filter, error, CUSUM, event,
//! trim, slew, output. [`Fused`] is that loop in one function, with the same checks of age, quality
//! and finiteness. Both must give the same bits; then slices of both alternate, and the medians of
//! the slices are compared. Run it with `--release`; it prints one JSON object.
#![allow(unsafe_code)] // a counting allocator is unsafe by nature; it forwards to the system's

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use linewright_kernel::{Cusum, Design, Ewma, Kernel, Slew};
use linewright_runtime::exec::{Executor, Quality, Reading, Sinks, Sources};
use linewright_runtime::plan::Plan;

const CYCLES_PER_SLICE: u64 = 20_000;
const SLICES: usize = 101;
const WARM_UP_SLICES: usize = 5;
const COUNTED_CYCLES: u64 = 1_000_000;

static ALLOCATOR_CALLS: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: forwards every call unchanged to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATOR_CALLS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATOR_CALLS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Folds all that a loop gives into one word, so that nothing can be left out by the compiler.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Fold<const CYCLES: bool> {
    outputs: u64,
    events: u64,
    hashes: u64,
}

impl<const CYCLES: bool> Sinks for Fold<CYCLES> {
    #[inline]
    fn output(&mut self, i: usize, value: f64, quality: Quality) {
        self.outputs = self.outputs.rotate_left(1) ^ value.to_bits() ^ i as u64 ^ quality as u64;
    }
    #[inline]
    fn event(&mut self, i: usize, evidence: &[f64]) {
        let bits = evidence.iter().fold(i as u64, |sum, x| sum.rotate_left(1) ^ x.to_bits());
        self.events = self.events.wrapping_add(1 + (bits << 8));
    }
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    #[inline]
    fn wants_cycles(&self) -> bool {
        CYCLES
    }
    #[inline]
    fn cycle(&mut self, _: usize, _: &[f64], _: &[u8], _: usize, hash: u64) {
        self.hashes ^= hash;
    }
}

/// The loop of `plan_cost.json`, fused by hand.
struct Fused {
    ewma: <Ewma as Design>::Kernel,
    ewma_state: <<Ewma as Design>::Kernel as Kernel>::State,
    cusum: <Cusum as Design>::Kernel,
    cusum_state: <<Cusum as Design>::Kernel as Kernel>::State,
    slew: <Slew as Design>::Kernel,
    slew_state: <<Slew as Design>::Kernel as Kernel>::State,
    pump: f64,
    fired: bool,
    quiet_until_tick: u64,
}

impl Fused {
    fn new() -> Result<Self, Box<dyn Error>> {
        let period_s = 1.0 / 1000.0;
        let cusum = Cusum { mean: 0.0, sigma: 1.0, k: 0.5, h: 5.0, restart: true, head_start: 0.0 };
        Ok(Self {
            ewma: Ewma { time_constant_s: 0.05 }.design(period_s)?,
            ewma_state: bytemuck::Zeroable::zeroed(),
            cusum: cusum.design(period_s)?,
            cusum_state: bytemuck::Zeroable::zeroed(),
            slew: Slew { up_per_s: 20.0, down_per_s: 20.0 }.design(period_s)?,
            slew_state: bytemuck::Zeroable::zeroed(),
            pump: f64::NAN,
            fired: false,
            quiet_until_tick: 0,
        })
    }

    #[inline]
    fn run(&mut self, tick: u64, input: &Reading, gain: f64, sinks: &mut impl Sinks) {
        let old = tick.saturating_sub(input.tick) > 10;
        if old || input.quality == Quality::Bad || !input.value.is_finite() {
            return sinks.output(0, self.pump, Quality::Bad);
        }
        let filtered = self.ewma.step(&mut self.ewma_state, &mut [], input.value);
        let error = filtered - 5.0;
        let [high, low, alarm] = self.cusum.step(&mut self.cusum_state, &mut [], error);
        if alarm.abs() < 0.5 {
            self.fired = false;
        } else if !self.fired && tick >= self.quiet_until_tick {
            self.fired = true;
            self.quiet_until_tick = tick + 100;
            sinks.event(0, &[high, low]);
        }
        let wanted = 10.0 - error * gain;
        self.pump = self.slew.step(&mut self.slew_state, &mut [], wanted);
        sinks.output(0, self.pump, input.quality);
    }
}

/// A gauge reading: a slow wave with a step, and a gap now and then.
fn reading(tick: u64) -> Reading {
    let step = if (tick / 5000).is_multiple_of(2) { 0.0 } else { 2.0 };
    let gap = tick.is_multiple_of(997) && tick > 0;
    let value = 5.0 + step + 0.3 * libm::sin(tick as f64 * 0.05);
    Reading { value: if gap { f64::NAN } else { value }, quality: Quality::Good, tick }
}

struct Loop {
    executor: Executor,
    gain: [f64; 2],
}

impl Loop {
    #[inline]
    fn run(&mut self, tick: u64, input: Reading, sinks: &mut impl Sinks) {
        let sources = Sources { inputs: &[input], params: &self.gain, ..Sources::default() };
        self.executor.run_due(tick, &sources, sinks);
    }
}

/// Nanoseconds per cycle of one slice; the readings of a slice are made before the clock starts.
fn slice(readings: &[Reading], mut run: impl FnMut(u64, &Reading)) -> f64 {
    let start = Instant::now();
    for input in readings {
        let input = black_box(input);
        run(input.tick, input);
    }
    start.elapsed().as_nanos() as f64 / readings.len() as f64
}

/// Median, the span that holds the middle half, and the tail.
fn summary(ns: &mut [f64]) -> serde_json::Value {
    ns.sort_by(f64::total_cmp);
    let at = |share: f64| ns.get((share * (ns.len() - 1) as f64) as usize).copied();
    serde_json::json!({"p25": at(0.25), "p50": at(0.5), "p75": at(0.75), "p99": at(0.99), "max": at(1.0)})
}

fn main() -> Result<(), Box<dyn Error>> {
    let plan = Plan::from_json(include_str!("plan_cost.json"))?;
    let values = plan.start_values();
    let gain = [values[0], values[1]];
    let mut bare = Loop { executor: Executor::new(&plan)?, gain };
    let mut hashed = Loop { executor: Executor::new(&plan)?, gain };
    let mut fused = Fused::new()?;
    let (mut a, mut b) = (Fold::<false>::default(), Fold::<false>::default());
    let mut c = Fold::<true>::default();
    let mut ns: [Vec<f64>; 3] = [const { Vec::new() }; 3];
    for i in 0..WARM_UP_SLICES + SLICES {
        let first = i as u64 * CYCLES_PER_SLICE;
        let readings: Vec<_> = (first..first + CYCLES_PER_SLICE).map(reading).collect();
        let timed = [
            slice(&readings, |tick, input| fused.run(tick, input, black_box(gain[0]), &mut a)),
            slice(&readings, |tick, input| bare.run(tick, *input, &mut b)),
            slice(&readings, |tick, input| hashed.run(tick, *input, &mut c)),
        ];
        if i >= WARM_UP_SLICES {
            ns.iter_mut().zip(timed).for_each(|(list, one)| list.push(one));
        }
    }
    if a != b || (a.outputs, a.events) != (c.outputs, c.events) || a.events == 0 {
        return Err(format!("plan and hand-fused loop differ: {a:?} {b:?} {c:?}").into());
    }
    let start = (WARM_UP_SLICES + SLICES) as u64 * CYCLES_PER_SLICE;
    let before = ALLOCATOR_CALLS.load(Ordering::Relaxed);
    (start..start + COUNTED_CYCLES).for_each(|tick| hashed.run(tick, reading(tick), &mut c));
    let allocator_calls = ALLOCATOR_CALLS.load(Ordering::Relaxed) - before;
    let [fused, bare, hashed] = ns.each_mut().map(|list| summary(list));
    let ratio = |of: &serde_json::Value| Some(of["p50"].as_f64()? / fused["p50"].as_f64()?);
    let report = serde_json::json!({
        "what": "one cycle of a 12-operation detect-decide-act loop",
        "unit": "ns per cycle",
        "hand_fused": fused,
        "plan": bare,
        "plan_with_cycle_hash": hashed,
        "ratio_plan_to_hand_fused": ratio(&bare),
        "ratio_with_cycle_hash": ratio(&hashed),
        "allocator_calls": allocator_calls,
        "allocator_calls_in_cycles": COUNTED_CYCLES,
        "n_slices": SLICES,
        "cycles_per_slice": CYCLES_PER_SLICE,
        "operations": 12,
        "slots": plan.loops().iter().map(|of| of.slots.len()).sum::<usize>(),
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "method": "slices of the three alternate in one thread, warm-up slices dropped, quartiles of \
                   the slices; outputs and events of all three compared bit for bit",
    });
    println!("{report:#}");
    Ok(())
}
