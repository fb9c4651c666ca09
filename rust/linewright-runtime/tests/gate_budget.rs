//! A9: a plausible lie that moves an actuator in small legal steps gets no farther than the nudge
//! budget in any window, whatever its pattern.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use linewright_runtime::gate::{Act, Entry, Gate, Journal, Limits, Rules};
use linewright_runtime::record::{Body, Cause, GateState, Mode, Refusal};
use linewright_runtime::sample::Quality;
use proptest::prelude::*;
use serde_json::json;
use std::collections::VecDeque;

const HZ: u32 = 30;
const RATE_PER_S: f64 = 3.0;
const LO: f64 = 0.0;
const HI: f64 = 100.0;

/// Counts what the test asks for and keeps nothing.
#[derive(Default)]
struct Tally {
    alarms: u64,
    flagged: u64,
}

impl Journal for Tally {
    fn put(&mut self, body: Body) -> bool {
        match body {
            Body::Alarm { cause: Cause::NudgeBudgetSpent, .. } => self.alarms += 1,
            Body::Intent(intent) => self.flagged += u64::from(intent.budget_limited),
            _ => {}
        }
        true
    }
}

/// One actuator at 50, armed and leased.
struct Rig {
    entry: Entry,
    gate: Gate,
    log: Tally,
    tick: u64,
    at: f64,
}

impl Rig {
    fn new(budget: f64, window_ticks: u64, resolution: f64, fallback: &str) -> Self {
        let fallback = match fallback {
            "ramp_to" => json!({"kind": "ramp_to", "value": 10.0}),
            kind => json!({"kind": kind}),
        };
        let table = json!({
            "unit": "L/min", "lo": LO, "hi": HI, "max_rate_per_s": RATE_PER_S, "fallback": fallback,
            "nudge_budget": budget, "nudge_window_ticks": window_ticks, "lease_ticks": 200,
            "resolution": resolution, "read_back_tolerance": 0.01, "owner": "coater",
        });
        let limits = Limits::check("coater.pump_flow", &table, "L/min", 1, HZ).unwrap();
        let entry = Entry { limits, driver_index: 0, highest_token: 0, owner: Some(0) };
        let gate = Gate::new(Rules::usual(HZ, true), vec![entry.clone()]);
        let mut rig = Self { entry, gate, log: Tally::default(), tick: 0, at: 50.0 };
        rig.gate.set_mode(Mode::Closed, &mut rig.log).unwrap();
        rig.gate.arm().unwrap();
        rig.gate.lease(0, 0, 0, 1).unwrap();
        rig
    }

    /// One tick; the value written, if one was.
    fn step(&mut self, wanted: f64, quality: Quality) -> Option<f64> {
        let mut log = std::mem::take(&mut self.log);
        let written = self.judge(wanted, quality, &mut log);
        self.log = log;
        written
    }

    /// As `step`, with records of its own.
    fn step_into(&mut self, wanted: f64, ring: &mut Ring) -> Option<f64> {
        self.judge(wanted, Quality::Good, ring)
    }

    fn judge(&mut self, wanted: f64, quality: Quality, log: &mut impl Journal) -> Option<f64> {
        self.gate.renew(self.tick, 0, 0, 1).unwrap();
        self.gate.begin(self.tick, 0, Some(self.at), log);
        self.gate.propose(0, wanted, quality);
        let act = self.gate.settle(self.tick, 0, log);
        self.tick += 1;
        let Act::Write(admitted) = act else { return None };
        self.at = admitted.value();
        Some(self.at)
    }

    fn state(&self) -> GateState {
        self.gate.view(self.tick, 0).unwrap().state
    }
}

/// Largest excursion in any window of `ticks`, found the other way round: from the values alone.
struct Excursion {
    ticks: u64,
    highest: VecDeque<(u64, f64)>,
    lowest: VecDeque<(u64, f64)>,
    most: f64,
}

impl Excursion {
    fn new(ticks: u64) -> Self {
        Self { ticks, highest: VecDeque::new(), lowest: VecDeque::new(), most: 0.0 }
    }

    fn see(&mut self, tick: u64, at: f64) {
        while self.highest.back().is_some_and(|x| x.1 <= at) {
            self.highest.pop_back();
        }
        while self.lowest.back().is_some_and(|x| x.1 >= at) {
            self.lowest.pop_back();
        }
        for kept in [&mut self.highest, &mut self.lowest] {
            kept.push_back((tick, at));
            while kept.front().is_some_and(|x| x.0 + self.ticks <= tick) {
                kept.pop_front();
            }
        }
        self.most = self.most.max(self.highest[0].1 - self.lowest[0].1);
    }
}

/// How the adversary goes about it, each within the rate of the actuator.
#[derive(Debug, Clone, Copy)]
enum Pattern {
    /// On and on, a little every tick.
    Drift(f64),
    /// Turns every so many ticks, a little later upwards than downwards.
    Saw(u64, f64),
    /// A step each tick by this generator.
    Random(u64),
    /// As fast as it goes, then quiet for so long.
    Bursts(u64, u64),
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let step = 0.0001..RATE_PER_S / f64::from(HZ);
    prop_oneof![
        (step.clone(), any::<bool>()).prop_map(|(x, up)| Pattern::Drift(if up { x } else { -x })),
        (2..5000u64, step).prop_map(|(n, x)| Pattern::Saw(n, x)),
        any::<u64>().prop_map(Pattern::Random),
        (1..2000u64, 1..20_000u64).prop_map(|(n, quiet)| Pattern::Bursts(n, quiet)),
    ]
}

impl Pattern {
    fn step(&mut self, tick: u64) -> f64 {
        let most = RATE_PER_S / f64::from(HZ);
        match self {
            Self::Drift(x) => *x,
            Self::Saw(n, x) => {
                if tick % (2 * *n) < *n + *n / 7 {
                    *x
                } else {
                    -*x
                }
            }
            Self::Random(state) => {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                *state |= 1;
                most * ((*state >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
            }
            Self::Bursts(n, quiet) => {
                if tick % (*n + *quiet) < *n {
                    most
                } else {
                    0.0
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// A9: 1e6 ticks of legal steps; no window of any phase holds more than the budget.
    #[test]
    fn a9_no_window_holds_more_than_the_budget(
        mut pattern in any_pattern(),
        budget in 1.0..20.0f64,
        window_ticks in 30..40_000u64,
        resolution in prop_oneof![Just(0.0), Just(0.05)],
    ) {
        let mut rig = Rig::new(budget, window_ticks, resolution, "hold");
        let mut seen = Excursion::new(window_ticks);
        seen.see(0, 50.0);
        let mut wanted = 50.0;
        for tick in 0..1_000_000u64 {
            // From where it stands, so that every request is legal by itself.
            wanted = (if resolution > 0.0 { wanted } else { rig.at } + pattern.step(tick)).clamp(LO, HI);
            rig.step(wanted, Quality::Good);
            wanted = wanted.clamp(rig.at - 0.1, rig.at + 0.1);
            seen.see(tick, rig.at);
        }
        prop_assert!(seen.most <= budget + 1e-9, "{} of {budget} in {window_ticks}", seen.most);
        prop_assert_eq!(rig.state(), GateState::Closed, "held, not tripped");
        let counters = rig.gate.view(rig.tick, 0).unwrap().counters;
        prop_assert!(counters.budget_limited >= rig.log.flagged);
        prop_assert_eq!(counters.budget_limited > 0, rig.log.alarms > 0);
    }
}

/// A9: a drift gets its budget, is held there, flagged, counted, and told once; the loop goes back
/// freely, and what is older than the window is given back.
#[test]
fn a9_a_drift_is_held_flagged_counted_and_told_once() {
    let mut rig = Rig::new(5.0, 3000, 0.0, "hold");
    let mut ticks = 0;
    while rig.gate.view(rig.tick, 0).unwrap().counters.budget_limited == 0 {
        rig.step(rig.at + 0.05, Quality::Good);
        ticks += 1;
        assert!(ticks < 200, "never held");
    }
    assert!((rig.at - 55.0).abs() < 1e-9, "it got all of its budget: {}", rig.at);
    assert_eq!((rig.log.alarms, rig.log.flagged), (1, 1));
    for _ in 0..1000 {
        rig.step(60.0, Quality::Good);
        assert!((rig.at - 55.0).abs() < 1e-9, "held in tick {}", rig.tick);
    }
    assert_eq!(rig.log.alarms, 1);
    assert_eq!(rig.gate.view(rig.tick, 0).unwrap().counters.budget_limited, 1001);
    let back = rig.step(54.95, Quality::Good);
    assert_eq!(back, Some(54.95), "back is not away");
    while rig.tick < 3000 + 3000 / 16 + 100 {
        rig.step(54.95, Quality::Good);
    }
    rig.step(55.03, Quality::Good);
    assert!((rig.at - 55.03).abs() < 1e-9, "a window later it may go on");
}

/// An arm is a person's word that it stands right: the budget starts anew there. What the operator
/// and the fallback move is theirs: it neither counts nor is held back.
#[test]
fn operator_and_fallback_move_outside_the_budget() {
    let mut rig = Rig::new(2.0, 30_000, 0.0, "ramp_to");
    for _ in 0..100 {
        rig.step(90.0, Quality::Good);
    }
    assert!((rig.at - 52.0).abs() < 1e-9);
    rig.gate.manual(0, 70.0).unwrap();
    for _ in 0..300 {
        rig.step(90.0, Quality::Good);
    }
    assert!((rig.at - 70.0).abs() < 1e-9, "manual goes all the way");
    rig.gate.arm().unwrap();
    for _ in 0..100 {
        rig.step(90.0, Quality::Good);
    }
    assert!((rig.at - 72.0).abs() < 1e-9, "and the loop its budget from there: {}", rig.at);
    for _ in 0..800 {
        rig.step(f64::NAN, Quality::Good);
    }
    assert!((rig.at - 10.0).abs() < 1e-9, "the fallback goes all the way: {}", rig.at);
    for _ in 0..100 {
        rig.step(90.0, Quality::Good);
    }
    assert_eq!(rig.state(), GateState::Closed, "bad outputs alone need no arm");
    assert!((rig.at - 10.0).abs() < 1e-9, "nor do they give a new budget: {}", rig.at);
}

/// The first step after a transfer is one tick of rate, budget or not.
#[test]
fn the_budget_comes_after_the_rate() {
    let mut rig = Rig::new(50.0, 30, 0.0, "hold");
    let step = RATE_PER_S / f64::from(HZ);
    for _ in 0..20 {
        let before = rig.at;
        rig.step(100.0, Quality::Good);
        assert!(rig.at - before <= step + 1e-12);
    }
    assert_eq!(rig.gate.view(rig.tick, 0).unwrap().counters.budget_limited, 0);
}

/// Takes nothing while `full`.
struct Ring {
    full: bool,
}

impl Journal for Ring {
    fn put(&mut self, _: Body) -> bool {
        !self.full
    }
}

/// Rule 14: what is under control stays there when the ledger is lost only where the site has
/// signed; the writes are counted, and nothing new is armed.
#[test]
fn a_signed_site_acts_without_its_ledger() {
    for signed in [false, true] {
        let mut rig = Rig::new(20.0, 30_000, 0.0, "hold");
        let rules = Rules { act_without_ledger: signed, ..Rules::usual(HZ, true) };
        rig.gate = Gate::new(rules, vec![rig.entry.clone()]);
        let mut ring = Ring { full: false };
        rig.gate.set_mode(Mode::Closed, &mut ring).unwrap();
        rig.gate.arm().unwrap();
        rig.gate.lease(0, 0, 0, 1).unwrap();
        rig.step_into(50.1, &mut ring).unwrap();
        rig.gate.ledger_health(false);
        ring.full = true;
        let wrote = (0..10).filter(|_| rig.step_into(55.0, &mut ring).is_some()).count();
        assert_eq!(wrote, if signed { 10 } else { 0 });
        assert_eq!(rig.state() == GateState::Closed, signed);
        let counters = rig.gate.view(rig.tick, 0).unwrap().counters;
        assert_eq!(counters.unrecorded, wrote as u64);
        assert_eq!(rig.gate.arm(), Err(Refusal::LedgerLost), "nothing new is armed");
    }
}
