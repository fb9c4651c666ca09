//! Promises of the act path at the gate, by their id, in full counts where they cost a second and
//! in reduced ones where they do not (`--ignored` runs the full).
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

#[path = "../../linewright-kernel/tests/random/mod.rs"]
mod random;

use linewright_runtime::gate::{Act, Entry, Gate, Journal, Limits, Rules};
use linewright_runtime::record::{Body, GateState, Mode, Permits, Refusal, Status};
use linewright_runtime::sample::Quality;
use random::Random;
use serde_json::json;

/// Keeps the last intent alone: ten million commands fill no memory.
#[derive(Default)]
struct Last {
    intent: Option<f64>,
    full: bool,
}

impl Journal for Last {
    fn put(&mut self, body: Body) -> bool {
        if let Body::Intent(intent) = body {
            self.intent = (!intent.advisory).then_some(intent.value);
        }
        !self.full
    }
}

/// A command: mostly near the limits, one in eight something no machine wants.
fn value(random: &mut Random, lo: f64, hi: f64) -> f64 {
    let odd = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        5e-324,
        -2.2e-308,
        f64::MAX,
        f64::MIN,
        i64::MIN as f64,
        i64::MAX as f64,
        lo,
        hi,
        lo.next_down(),
        hi.next_up(),
    ];
    match random.below(8) {
        0 => odd[random.below(odd.len() as u64) as usize],
        1 => f64::from_bits(random.next()),
        _ => random.real(lo - (hi - lo), hi + (hi - lo)),
    }
}

const HZ: u32 = 100;
const LO: f64 = -3.0;
const HI: f64 = 11.0;
const RATE: f64 = 7.0;

struct Rig {
    gate: Gate,
    log: Last,
    tick: u64,
    at: f64,
    token: u64,
}

impl Rig {
    fn new(resolution: f64, period: u64, permitted: bool) -> Self {
        let table = json!({
            "unit": "1", "lo": LO, "hi": HI, "max_rate_per_s": RATE, "fallback": {"kind": "hold"},
            "nudge_budget": HI - LO, "nudge_window_ticks": 100, // never in the way
            "lease_ticks": 100, "resolution": resolution, "read_back_tolerance": 0.01,
            "owner": "a",
        });
        let limits = Limits::check("a.x", &table, "1", period, HZ).unwrap();
        let entry = Entry { limits, driver_index: 0, highest_token: 0, owner: Some(0) };
        let gate = Gate::new(Rules::usual(HZ, permitted), vec![entry]);
        Self { gate, log: Last::default(), tick: 1, at: 5.0, token: 0 }
    }

    /// Closed, armed and leased, whatever happened before.
    fn close(&mut self) {
        self.gate.reset();
        self.gate.set_mode(Mode::Closed, &mut self.log).unwrap();
        self.gate.arm().unwrap();
        if self.gate.renew(self.tick, 0, 0, self.token).is_err() {
            self.token += 1;
            self.gate.lease(self.tick, 0, 0, self.token).unwrap();
        }
    }

    fn state(&self) -> GateState {
        self.gate.view(self.tick, 0).unwrap().state
    }

    /// What is written in this tick.
    fn step(&mut self, value: f64, quality: Quality) -> Option<f64> {
        self.gate.begin(self.tick, 0, Some(self.at), &mut self.log);
        self.gate.propose(0, value, quality);
        match self.gate.settle(self.tick, 0, &mut self.log) {
            Act::Write(admitted) => Some(admitted.value()),
            Act::Nothing | Act::Release => None,
        }
    }
}

/// A1: what is written is finite, within the limits, and no steeper than the rate times the time
/// since the last write, which counts as two cycles at most; NaN, infinities and Bad are rejected and counted.
/// Time stands still, runs back, and leaps.
fn a1_limits(commands: u64, seed: u64) {
    let mut random = Random(seed);
    let (mut written, mut rejected, mut limited) = (0u64, 0u64, 0u64);
    let mut left = commands;
    while left > 0 {
        let run = left.min(100_000);
        left -= run;
        let period = 1 + random.below(3);
        let mut rig = Rig::new([0.0, 0.01][random.below(2) as usize], period, true);
        let (mut last_tick, mut bad) = (0u64, 0u64);
        for _ in 0..run {
            rig.tick = match random.below(100) {
                0 => rig.tick,
                1 => rig.tick.saturating_sub(random.below(50)),
                2 => rig.tick.saturating_add(random.next() >> (2 + random.below(60))).min(1 << 62),
                _ => rig.tick + period,
            };
            if rig.state() != GateState::Closed || random.below(64) == 0 {
                rig.close();
            } else {
                let _ = rig.gate.renew(rig.tick, 0, 0, rig.token);
            }
            let value = value(&mut random, LO, HI);
            let quality = Quality::from_u8([0, 0, 0, 0, 0, 1, 2][random.below(7) as usize]);
            let refused = !value.is_finite() || quality == Quality::Bad;
            bad += u64::from(refused);
            let before = rig.at;
            let Some(out) = rig.step(value, quality) else { continue };
            written += 1;
            assert!(!refused, "{value} of {quality:?} was written as {out}");
            assert!(out.is_finite() && (LO..=HI).contains(&out), "{out}");
            assert_eq!(rig.log.intent.map(f64::to_bits), Some(out.to_bits()), "the intent first");
            let dt = rig.tick.saturating_sub(last_tick).min(2 * period) as f64 / f64::from(HZ);
            assert!((out - before).abs() <= RATE * dt, "{before} -> {out} in {dt} s");
            rig.at = out;
            last_tick = rig.tick;
        }
        let counters = rig.gate.view(rig.tick, 0).unwrap().counters;
        assert_eq!(counters.rejected, bad, "every one is counted");
        rejected += bad;
        limited += counters.limited;
    }
    println!("A1: {commands} commands, {written} written, {rejected} rejected, {limited} limited");
    assert!(written > commands / 10 && rejected > commands / 10 && limited > commands / 10);
}

#[test]
fn a1_limits_hold_for_a_million_commands() {
    a1_limits(1_000_000, 1);
}

#[test]
#[ignore = "full count"]
fn a1_limits_hold_for_ten_million_commands() {
    for seed in 0..10 {
        a1_limits(10_000_000, seed);
    }
}

/// A3: a hundred thousand windows of age -10 s to 10 s against 20 to 500 ms.
#[test]
fn a3_expiry_is_decided_in_ticks_of_the_gate() {
    let hz = 1000u64;
    let cap = 500;
    let rules = Rules { max_window_ticks: cap, ..Rules::usual(hz as u32, true) };
    let gate = Gate::new(rules, vec![]);
    let mut random = Random(3);
    let mut counts = [0u32; 4];
    for _ in 0..100_000 {
        let now = 20_000 + random.below(1 << 40);
        let based_on = now + 10_000 - random.below(20_001);
        let not_after = based_on + 20 + random.below(600) - random.below(2) * random.below(30);
        let expected = match () {
            () if not_after < based_on || not_after - based_on > cap => 3,
            () if based_on > now => 2,
            () if now > not_after => 1,
            () => 0,
        };
        let found = match gate.window(now, based_on, not_after) {
            Ok(()) => 0,
            Err((Status::Expired, Refusal::TooLate)) => 1,
            Err((Status::Refused, Refusal::FromTheFuture)) => 2,
            Err((Status::Refused, Refusal::WindowTooLong)) => 3,
            Err(other) => unreachable!("{other:?}"),
        };
        assert_eq!(found, expected, "{based_on}..{not_after} at {now}");
        counts[expected] += 1;
    }
    assert!(counts.iter().all(|n| *n > 300), "{counts:?}");
}

/// A5: all 512 combinations of the nine permits: closed with all of them, and nothing is written
/// with one missing.
#[test]
fn a5_closed_loop_takes_all_of_the_nine_permits() {
    let mut closed = 0;
    for bits in 0..=Permits::ALL.bits() {
        let has = |permit: Permits| Permits::from_bits(bits).has(permit);
        let mut rig = Rig::new(0.0, 1, has(Permits::CONFIG));
        let (tick, log) = (rig.tick, &mut rig.log);
        let mode = if has(Permits::MODE) { Mode::Closed } else { Mode::Advisory };
        let moded = rig.gate.set_mode(mode, log).is_ok();
        let armed = has(Permits::ARMED) && rig.gate.arm().is_ok();
        if has(Permits::LEASE) {
            rig.gate.lease(tick, 0, 0, 1).unwrap();
        }
        if !has(Permits::NO_TRIP) {
            rig.gate.plant_lost(log);
        }
        rig.gate.ledger_health(has(Permits::LEDGER));
        rig.at = if has(Permits::BASELINE) { 5.0 } else { HI + 1.0 };
        if !has(Permits::NO_MANUAL) {
            let _ = rig.gate.manual(0, 6.0);
        }
        let value = if has(Permits::QUALITY) { 5.05 } else { f64::NAN };
        let out = rig.step(value, Quality::Good);
        let manual = rig.state() == GateState::Manual;
        let all = bits == Permits::ALL.bits();
        assert_eq!(rig.state() == GateState::Closed, all, "{bits:09b} {moded} {armed}");
        assert_eq!(out.is_some(), all || manual, "{bits:09b}");
        if manual {
            assert!(has(Permits::CONFIG) && !has(Permits::NO_MANUAL) && has(Permits::NO_TRIP));
        }
        closed += u32::from(all);
    }
    assert_eq!(closed, 1);
}

/// A5: a permit that is lost ends the control in the tick it is lost in.
#[test]
fn a5_any_permit_lost_is_the_fallback_in_one_tick() {
    type Loss = fn(&mut Rig);
    let losses: [(&str, Loss); 6] = [
        ("mode", |rig| rig.gate.set_mode(Mode::Advisory, &mut Last::default()).unwrap()),
        ("armed", |rig| {
            rig.gate.ledger_health(false);
            rig.gate.ledger_health(true); // it is back, the arm is not
        }),
        ("lease", |rig| rig.gate.release(rig.tick, 0, 0, rig.token).unwrap()),
        ("no_trip", |rig| rig.gate.plant_lost(&mut Last::default())),
        ("ledger", |rig| rig.gate.ledger_health(false)),
        ("no room", |rig| rig.log.full = true),
    ];
    for (name, lose) in losses {
        let mut rig = Rig::new(0.0, 1, true);
        rig.close();
        assert!(rig.step(5.01, Quality::Good).is_some(), "{name}");
        rig.tick += 1;
        rig.at = 5.01;
        lose(&mut rig);
        assert_eq!(rig.step(5.05, Quality::Good), None, "{name}: hold writes nothing");
        assert_eq!(rig.state(), GateState::Fallback, "{name}");
        rig.log.full = false;
        rig.tick += 1;
        assert_eq!(rig.step(5.05, Quality::Good), None, "{name}: and stays");
    }
}

/// A6: manual, automatic, another holder, another mode: the first step of each transfer is one tick
/// of rate at most, also when somebody else moved the actuator in between; no step is more than two.
#[test]
fn a6_every_transfer_is_bumpless() {
    let mut random = Random(6);
    let one_tick = RATE / f64::from(HZ) + 1e-12;
    let mut transfers = 0;
    for _ in 0..2000 {
        let mut rig = Rig::new(0.0, 1, true);
        rig.at = random.real(LO, HI);
        let mut state = rig.state();
        for _ in 0..60 {
            rig.tick += 1;
            match random.below(8) {
                0 => {
                    let _ = rig.gate.manual(0, random.real(LO, HI));
                }
                1 => rig.gate.set_mode(Mode::Advisory, &mut rig.log).unwrap(),
                2 | 3 => rig.close(),
                4 => {
                    rig.token += 1;
                    let _ = rig.gate.lease(rig.tick, 0, 0, rig.token); // another version
                }
                5 if rig.state() == GateState::Advisory => rig.at = random.real(LO, HI),
                _ => {}
            }
            let before = rig.at;
            let out = rig.step(random.real(LO, HI), Quality::Good);
            if let Some(value) = out {
                let most = if rig.state() == state { 2.0 * one_tick } else { one_tick };
                assert!((value - before).abs() <= most, "{before} -> {value} {:?}", rig.state());
                rig.at = value;
            }
            transfers += u32::from(rig.state() != state);
            state = rig.state();
        }
    }
    assert!(transfers > 10_000, "{transfers}");
}

/// A lost plant: nothing is written until a reset, whatever is asked, and then from where it stands.
#[test]
fn a_lost_plant_is_not_written_to_and_is_followed() {
    let mut rig = Rig::new(0.0, 1, true);
    rig.close();
    assert!(rig.step(5.05, Quality::Good).is_some());
    rig.gate.plant_lost(&mut rig.log);
    for _ in 0..50 {
        rig.tick += 1;
        rig.at = -1.0; // its own dead-man
        assert_eq!(rig.step(9.0, Quality::Good), None);
    }
    assert_eq!(rig.gate.manual(0, 5.0), Err(Refusal::Tripped));
    assert_eq!(rig.gate.arm(), Err(Refusal::Tripped));
    assert_eq!(rig.gate.written()[0].value, -1.0, "loops track what stands there");
    rig.close();
    rig.tick += 1;
    let out = rig.step(9.0, Quality::Good).unwrap();
    assert!(out > -1.0 && out <= -1.0 + 2.0 * RATE / f64::from(HZ), "{out}");
}
