//! The rules of the gate, as properties over random commands, qualities, leases and permits.
#![allow(clippy::unwrap_used, clippy::float_cmp)] // a failed unwrap is a failed test

use linewright_runtime::gate::{Act, Entry, Gate, Journal, Limits, Rules};
use linewright_runtime::record::{Body, Cause, GateState, Mode, Permits, Refusal, Status};
use linewright_runtime::sample::Quality;
use proptest::prelude::*;
use serde_json::{Value, json};

const GOOD: Quality = Quality::Good;
const HZ: u32 = 30;

/// Keeps everything, or nothing when `full`.
#[derive(Default)]
struct Log {
    bodies: Vec<Body>,
    full: bool,
}

impl Journal for Log {
    fn put(&mut self, body: Body) -> bool {
        if !self.full {
            self.bodies.push(body);
        }
        !self.full
    }
}

fn limits(fallback: Value, resolution: f64, period: u64) -> Limits {
    let table = json!({
        "unit": "L/min", "lo": 2.0, "hi": 8.0, "max_rate_per_s": 3.0, "fallback": fallback,
        "lease_ticks": 20, "nudge_budget": 6.0, "nudge_window_ticks": 108_000, "resolution": resolution,
        "read_back_tolerance": 0.01, "owner": "coater",
    });
    Limits::check("coater.pump_flow", &table, "L/min", period, HZ).unwrap()
}

/// One actuator at 5.0 that reads back what was written.
struct Rig {
    gate: Gate,
    log: Log,
    tick: u64,
    at: f64,
    writes: Vec<(u64, f64)>,
    released: u64,
}

impl Rig {
    fn new(fallback: Value, resolution: f64, period: u64, permitted: bool) -> Self {
        let limits = limits(fallback, resolution, period);
        let entry = Entry { limits, driver_index: 0, highest_token: 0, owner: Some(0) };
        Self {
            gate: Gate::new(Rules::usual(HZ, permitted), vec![entry]),
            log: Log::default(),
            tick: 0,
            at: 5.0,
            writes: Vec::new(),
            released: 0,
        }
    }

    /// Closed, armed, leased under token 1.
    fn closed(fallback: Value, resolution: f64, period: u64) -> Self {
        let mut rig = Self::new(fallback, resolution, period, true);
        rig.close();
        rig
    }

    fn close(&mut self) {
        self.gate.set_mode(Mode::Closed, &mut self.log).unwrap();
        self.gate.arm().unwrap();
        self.gate.lease(self.tick, 0, 0, 1).unwrap();
        self.step(Some((5.0, GOOD)));
        assert_eq!(self.state(), GateState::Closed);
    }

    fn step(&mut self, proposal: Option<(f64, Quality)>) -> Act {
        self.step_read(proposal, Some(self.at))
    }

    fn step_read(&mut self, proposal: Option<(f64, Quality)>, read_back: Option<f64>) -> Act {
        self.gate.begin(self.tick, 0, read_back, &mut self.log);
        if let Some((value, quality)) = proposal {
            self.gate.propose(0, value, quality);
        }
        let act = self.gate.settle(self.tick, 0, &mut self.log);
        match act {
            Act::Write(admitted) => {
                self.at = admitted.value();
                self.writes.push((self.tick, admitted.value()));
            }
            Act::Release => self.released += 1,
            Act::Nothing => {}
        }
        self.tick += 1;
        act
    }

    fn renew(&mut self) {
        self.gate.renew(self.tick, 0, 0, 1).unwrap();
    }

    fn state(&self) -> GateState {
        self.gate.view(self.tick, 0).unwrap().state
    }

    fn causes(&self) -> Vec<Cause> {
        let state = self.log.bodies.iter();
        state
            .filter_map(|b| if let Body::State { cause, .. } = b { Some(*cause) } else { None })
            .collect()
    }
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -20.0..20.0f64,
        1 => prop_oneof![
            Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0), Just(5e-324),
            Just(f64::MAX), Just(f64::MIN), Just(i64::MIN as f64), Just(8.0), Just(2.0),
        ],
    ]
}

fn any_quality() -> impl Strategy<Value = Quality> {
    prop_oneof![8 => Just(GOOD), 1 => Just(Quality::Uncertain), 1 => Just(Quality::Bad)]
}

#[derive(Debug, Clone)]
enum Do {
    Propose(f64, Quality),
    Idle,
    Skip(u64),
    Renew,
    Manual(f64),
    Arm,
    Mode(bool),
    Ledger(bool),
    Reset,
    ReadBack(f64),
}

fn any_do() -> impl Strategy<Value = Do> {
    prop_oneof![
        10 => (any_value(), any_quality()).prop_map(|(x, q)| Do::Propose(x, q)),
        2 => Just(Do::Idle),
        1 => (0..200u64).prop_map(Do::Skip),
        4 => Just(Do::Renew),
        1 => any_value().prop_map(Do::Manual),
        2 => Just(Do::Arm),
        1 => any::<bool>().prop_map(Do::Mode),
        1 => any::<bool>().prop_map(Do::Ledger),
        1 => Just(Do::Reset),
        1 => any_value().prop_map(Do::ReadBack),
    ]
}

fn any_fallback() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"kind": "hold"})),
        Just(json!({"kind": "release_to_plc"})),
        (2.0..8.0f64).prop_map(|x| json!({"kind": "ramp_to", "value": x})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A1 and I1: whatever happens, what is written is finite, within the limits, and moves no
    /// faster than rate times time since the last step (at most two cycles of the loop).
    #[test]
    fn written_values_are_finite_bounded_and_slow(
        fallback in any_fallback(),
        resolution in prop_oneof![Just(0.0), Just(0.05), Just(0.1)],
        period in 1..4u64,
        doings in prop::collection::vec(any_do(), 1..120),
    ) {
        let mut rig = Rig::closed(fallback, resolution, period);
        let mut token = 1;
        for doing in doings {
            let (mut proposal, mut read_back) = (None, Some(rig.at));
            match doing {
                Do::Propose(x, q) => proposal = Some((x, q)),
                Do::Idle => {}
                Do::Skip(ticks) => rig.tick += ticks,
                Do::Renew => {
                    if rig.gate.renew(rig.tick, 0, 0, token).is_err() {
                        token += 1;
                        rig.gate.lease(rig.tick, 0, 0, token).unwrap();
                    }
                }
                Do::Manual(x) => drop(rig.gate.manual(0, x)),
                Do::Arm => drop(rig.gate.arm()),
                Do::Mode(closed) => {
                    let mode = if closed { Mode::Closed } else { Mode::Advisory };
                    rig.gate.set_mode(mode, &mut rig.log).unwrap();
                }
                Do::Ledger(ok) => rig.gate.ledger_health(ok),
                Do::Reset => rig.gate.reset(),
                Do::ReadBack(x) => read_back = Some(x),
            }
            let before = rig.gate.view(rig.tick, 0).unwrap().value;
            let followed = read_back.filter(|x| x.is_finite()).unwrap_or(before);
            let tick = rig.tick;
            let act = rig.step_read(proposal, read_back);
            if let Act::Write(admitted) = act {
                let value = admitted.value();
                prop_assert!(value.is_finite() && (2.0..=8.0).contains(&value));
                let max_step = 3.0 * ((2 * period) as f64 / f64::from(HZ));
                let from = [before, followed].map(|x| (value - x.clamp(2.0, 8.0)).abs());
                prop_assert!(from[0].min(from[1]) <= max_step, "{before} -> {value} in tick {tick}");
                let intent = rig.log.bodies.iter().rev().find_map(|b| {
                    if let Body::Intent(intent) = b { Some(*intent) } else { None }
                });
                prop_assert_eq!(intent.unwrap().value, value, "the intent is there first");
            }
        }
    }

    /// A1: consecutive writes of a loop that is in control keep to rate times the very time between
    /// them, and lie on the grid.
    #[test]
    fn slope_and_grid_hold_between_writes(
        proposals in prop::collection::vec(any_value(), 1..300),
        resolution in prop_oneof![Just(0.0), Just(0.05), Just(0.1)],
    ) {
        let mut rig = Rig::closed(json!({"kind": "hold"}), resolution, 1);
        for x in proposals {
            rig.renew();
            rig.step(Some((x, GOOD)));
        }
        let mut last = (0, 5.0);
        for &(tick, value) in &rig.writes {
            let dt = (tick - last.0).min(2) as f64 / f64::from(HZ);
            prop_assert!((value - last.1).abs() <= 3.0 * dt, "{last:?} -> {value} at {tick}");
            if resolution > 0.0 {
                let steps = value / resolution;
                prop_assert!((steps - steps.round()).abs() < 1e-6, "{value} is off the grid");
            }
            last = (tick, value);
        }
    }

    /// A1: NaN, Inf and Bad are rejected and counted; the actuator stays where it is.
    #[test]
    fn bad_outputs_are_rejected_never_clamped(
        bad in prop::collection::vec(prop_oneof![
            Just((f64::NAN, GOOD)), Just((f64::INFINITY, GOOD)), Just((f64::NEG_INFINITY, GOOD)),
            (-9.0..9.0f64).prop_map(|x| (x, Quality::Bad)),
        ], 1..3),
    ) {
        let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
        let writes = rig.writes.len();
        for proposal in &bad {
            prop_assert_eq!(rig.step(Some(*proposal)), Act::Nothing);
        }
        let counters = rig.gate.view(rig.tick, 0).unwrap().counters;
        prop_assert_eq!(counters.rejected, bad.len() as u64);
        prop_assert_eq!((counters.limited, rig.writes.len()), (0, writes));
    }

    /// A3: accepted iff based_on <= now <= not_after and the window is within the cap.
    #[test]
    fn expiry_is_decided_in_ticks(now in 0..2000u64, based_on in 0..2000u64, not_after in 0..2500u64) {
        let gate = Gate::new(Rules::usual(HZ, true), vec![]);
        let cap = 300; // 10 s
        let accepted = based_on <= now && now <= not_after && not_after - based_on <= cap;
        let window = gate.window(now, based_on, not_after);
        prop_assert_eq!(window.is_ok(), accepted);
        if not_after.checked_sub(based_on).is_some_and(|w| w <= cap) && now > not_after {
            prop_assert_eq!(window, Err((Status::Expired, Refusal::TooLate)));
        }
    }

    /// A4: a token once passed is refused for ever; only a higher one takes the lease.
    #[test]
    fn tokens_only_rise(tokens in prop::collection::vec(1..40u64, 1..60)) {
        let mut rig = Rig::new(json!({"kind": "hold"}), 0.0, 1, true);
        let mut highest = 0;
        for token in tokens {
            rig.tick += 1;
            let granted = rig.gate.lease(rig.tick, 0, 0, token);
            prop_assert_eq!(granted.is_ok(), token > highest);
            for old in 1..highest.max(token) {
                let renewed = rig.gate.renew(rig.tick, 0, 0, old);
                prop_assert_eq!(renewed, Err(Refusal::Fenced), "{} under {}", old, highest.max(token));
            }
            highest = highest.max(token);
        }
    }

    /// Advisory never writes, whatever it is told.
    #[test]
    fn advisory_never_writes(
        doings in prop::collection::vec(any_do(), 1..150),
        permitted in any::<bool>(),
    ) {
        let mut rig = Rig::new(json!({"kind": "ramp_to", "value": 3.0}), 0.0, 1, permitted);
        rig.gate.lease(0, 0, 0, 1).unwrap();
        for doing in doings {
            let proposal = match doing {
                Do::Propose(x, q) => Some((x, q)),
                Do::Manual(x) if !permitted => {
                    prop_assert!(rig.gate.manual(0, x).is_err());
                    None
                }
                Do::Arm => {
                    prop_assert_eq!(rig.gate.arm(), Err(Refusal::NotPermitted));
                    None
                }
                Do::Mode(_) if !permitted => {
                    let refused = rig.gate.set_mode(Mode::Closed, &mut rig.log);
                    prop_assert_eq!(refused, Err(Refusal::NotPermitted));
                    None
                }
                _ => None,
            };
            prop_assert_eq!(rig.step(proposal), Act::Nothing);
        }
    }
}

/// A5: every combination of permits; in control with all of them and with none missing.
#[test]
fn closed_loop_needs_every_permit() {
    for bits in 0..=Permits::ALL.bits() {
        assert_eq!(Permits::from_bits(bits).all(), bits == Permits::ALL.bits());
        let missing = Permits::from_bits(bits).missing().count() as u32;
        assert_eq!(missing, 9 - bits.count_ones());
    }
    // The same at the gate: take away each subset of what can be taken away there.
    for without in 0..64u32 {
        let has = |i: u32| without & (1 << i) == 0;
        let mut rig = Rig::new(json!({"kind": "hold"}), 0.0, 1, has(0));
        let closed = rig.gate.set_mode(Mode::Closed, &mut rig.log).is_ok() && has(1);
        if !has(1) {
            rig.gate.set_mode(Mode::Advisory, &mut rig.log).unwrap();
        }
        let armed = has(2) && closed && rig.gate.arm().is_ok();
        if has(3) {
            rig.gate.lease(0, 0, 0, 1).unwrap();
        }
        rig.gate.ledger_health(has(4));
        let proposal = if has(5) { 5.05 } else { f64::NAN };
        rig.step(Some((proposal, GOOD)));
        let all = without == 0;
        assert_eq!(rig.state() == GateState::Closed, all, "without {without:06b}, armed {armed}");
        assert_eq!(rig.writes.is_empty(), !all, "without {without:06b}");
    }
}

/// A way to lose a permit.
type Loss = fn(&mut Rig);

/// A5: any permit lost is the fallback in the same tick.
#[test]
fn a_lost_permit_is_the_fallback_in_one_tick() {
    let losses: [(&str, Loss); 4] = [
        ("ledger", |rig| rig.gate.ledger_health(false)),
        ("mode", |rig| rig.gate.set_mode(Mode::Advisory, &mut Log::default()).unwrap()),
        ("lease", |rig| rig.gate.release(rig.tick, 0, 0, 1).unwrap()),
        ("overruns", |rig| rig.gate.trip(0, Cause::OverrunBurst, 4.0, &mut rig.log)),
    ];
    for (name, lose) in losses {
        let mut rig = Rig::closed(json!({"kind": "ramp_to", "value": 2.5}), 0.0, 1);
        lose(&mut rig);
        let at = rig.at;
        rig.step(Some((7.0, GOOD)));
        assert_eq!(rig.state(), GateState::Fallback, "{name}");
        assert!(rig.at < at, "{name}: towards the fallback, not the output");
        for _ in 0..200 {
            rig.step(Some((7.0, GOOD)));
        }
        assert_eq!(rig.at, 2.5, "{name}");
    }
}

/// Rule 8: a lease that is not renewed takes the actuator to its fallback within two ticks of its
/// end, and nothing but a new arm brings it back.
#[test]
fn a_lapsed_lease_falls_back_within_two_ticks_and_stays() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
    let end = rig.tick - 1 + 20; // taken in the tick before, lasts 20
    while rig.tick <= end {
        rig.step(Some((5.5, GOOD)));
        assert_eq!(rig.state(), GateState::Closed, "still held in tick {}", rig.tick - 1);
    }
    rig.step(Some((5.6, GOOD)));
    assert_eq!(rig.state(), GateState::Fallback);
    assert!(rig.tick - 1 <= end + 2);
    assert_eq!(rig.causes().last(), Some(&Cause::LeaseLapsed));
    let at = rig.at;
    rig.gate.lease(rig.tick, 0, 0, 2).unwrap();
    for _ in 0..10 {
        rig.step(Some((6.0, GOOD)));
    }
    assert_eq!((rig.state(), rig.at), (GateState::Fallback, at), "the lease alone is not enough");
    rig.gate.arm().unwrap();
    rig.step(Some((6.0, GOOD)));
    assert_eq!(rig.state(), GateState::Closed);
    assert!((rig.at - at).abs() <= 3.0 / f64::from(HZ) + 1e-12, "bumpless: one tick of rate");
}

/// Rule 10 and A6: manual in one tick from any state; nobody takes it back without an arm.
#[test]
fn manual_wins_in_one_tick_and_stays() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
    rig.renew();
    let at = rig.at;
    assert_eq!(rig.gate.manual(0, 9.0), Ok(8.0), "clamped to the limit");
    rig.step(Some((2.0, GOOD)));
    assert_eq!(rig.state(), GateState::Manual);
    assert!(rig.at > at && rig.at - at <= 3.0 / f64::from(HZ) + 1e-12, "at once, under the rate");
    for _ in 0..100 {
        rig.renew();
        rig.step(Some((2.0, GOOD)));
    }
    assert_eq!((rig.state(), rig.at), (GateState::Manual, 8.0));
    rig.gate.arm().unwrap();
    rig.renew();
    rig.step(Some((2.0, GOOD)));
    assert_eq!(rig.state(), GateState::Closed);
    assert!(8.0 - rig.at <= 3.0 / f64::from(HZ) + 1e-12, "first step after the transfer");
}

/// Rule 11: a transfer starts from where the actuator stands, also when somebody else moved it.
#[test]
fn a_transfer_starts_from_the_read_back() {
    let mut rig = Rig::new(json!({"kind": "hold"}), 0.0, 3, true);
    rig.at = 3.0;
    for _ in 0..300 {
        rig.step(Some((7.0, GOOD)));
        assert_eq!(rig.gate.written()[0].value, 3.0, "loops track what stands there");
        assert!(!rig.gate.written()[0].in_control);
    }
    rig.close_from_here();
    assert!(rig.at > 3.0 && rig.at <= 3.0 + 3.0 / f64::from(HZ) + 1e-12);
}

impl Rig {
    fn close_from_here(&mut self) {
        self.gate.set_mode(Mode::Closed, &mut self.log).unwrap();
        self.gate.arm().unwrap();
        self.gate.lease(self.tick, 0, 0, 1).unwrap();
        self.step(Some((7.0, GOOD)));
        assert_eq!(self.state(), GateState::Closed);
    }
}

/// Nobody knows where the actuator stands, or it stands outside the limits: no closed loop.
#[test]
fn without_a_baseline_there_is_no_closed_loop() {
    for read_back in [None, Some(f64::NAN), Some(1.0), Some(9.0)] {
        let mut rig = Rig::new(json!({"kind": "hold"}), 0.0, 1, true);
        rig.gate.set_mode(Mode::Closed, &mut rig.log).unwrap();
        rig.gate.arm().unwrap();
        rig.gate.lease(0, 0, 0, 1).unwrap();
        for _ in 0..5 {
            rig.step_read(Some((5.0, GOOD)), read_back);
        }
        assert_eq!((rig.state(), rig.writes.len()), (GateState::Advisory, 0), "{read_back:?}");
        let missing: Vec<_> = rig.gate.view(rig.tick, 0).unwrap().permits.missing().collect();
        assert_eq!(missing, ["baseline"]);
    }
}

/// Rule 13: after a pause one step of at most two cycles.
#[test]
fn after_a_pause_the_step_is_two_cycles_at_most() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 3);
    rig.tick += 15; // within the lease
    let at = rig.at;
    rig.step(Some((8.0, GOOD)));
    assert!((rig.at - at - 3.0 * 6.0 / f64::from(HZ)).abs() < 1e-12, "{at} -> {}", rig.at);
}

/// Rule 5: three limited outputs in a row are one alarm; limited for a minute is a trip that stays.
#[test]
fn limited_in_a_row_alarms_then_trips() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
    let alarms = |rig: &Rig| -> Vec<Cause> {
        let bodies = rig.log.bodies.iter();
        bodies
            .filter_map(|b| if let Body::Alarm { cause, .. } = b { Some(*cause) } else { None })
            .collect()
    };
    for i in 0..3 {
        assert_eq!(alarms(&rig).len(), 0, "after {i}");
        rig.step(Some((9.0, GOOD)));
    }
    assert_eq!(alarms(&rig), [Cause::LimitedInARow]);
    for _ in 0..60 * HZ + 5 {
        rig.renew();
        rig.step(Some((9.0, GOOD)));
    }
    assert_eq!(alarms(&rig), [Cause::LimitedInARow, Cause::LimitStorm]);
    assert_eq!(rig.state(), GateState::Fallback);
    assert_eq!(rig.gate.arm(), Err(Refusal::Tripped), "a trip needs a reset first");
    rig.gate.reset();
    rig.gate.arm().unwrap();
    rig.renew();
    rig.step(Some((7.0, GOOD)));
    assert_eq!(rig.state(), GateState::Closed);
}

/// Three rejected outputs end the control; good ones bring it back; half a minute is a trip.
#[test]
fn outputs_that_stay_bad_end_the_control() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
    for state in [GateState::Closed, GateState::Closed, GateState::Fallback] {
        rig.step(Some((f64::NAN, GOOD)));
        assert_eq!(rig.state(), state);
    }
    rig.step(Some((5.0, GOOD)));
    assert_eq!(rig.state(), GateState::Closed);
    for _ in 0..30 * HZ + 5 {
        rig.renew();
        rig.step(Some((5.0, Quality::Bad)));
    }
    assert_eq!(rig.gate.view(rig.tick, 0).unwrap().tripped, Some(Cause::QualityTrip));
}

/// A9: a read-back that stays off trips within two seconds.
#[test]
fn a_read_back_that_stays_off_trips() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
    let mut ticks = 0;
    while rig.gate.view(rig.tick, 0).unwrap().tripped.is_none() {
        rig.renew();
        rig.step_read(Some((6.0, GOOD)), Some(4.0));
        ticks += 1;
        assert!(ticks <= 2 * HZ, "no trip after two seconds");
    }
    rig.step_read(Some((6.0, GOOD)), Some(4.0));
    assert_eq!(rig.causes().last(), Some(&Cause::ReadBackMismatch));
    let unconfirmed = |b: &&Body| matches!(b, Body::Result { confirmed: false, .. });
    assert!(rig.log.bodies.iter().any(|b| unconfirmed(&b)));
}

/// Rule 14: no room for the intent, no write; the fallback, which stays.
#[test]
fn without_room_for_the_intent_nothing_is_written() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
    let writes = rig.writes.len();
    rig.log.full = true;
    rig.step(Some((5.5, GOOD)));
    assert_eq!((rig.state(), rig.writes.len()), (GateState::Fallback, writes));
    rig.log.full = false;
    rig.renew();
    rig.step(Some((5.5, GOOD)));
    assert_eq!(rig.state(), GateState::Fallback, "an operator has to look at it first");
}

/// The machine gets its actuator back once.
#[test]
fn release_to_plc_releases_once() {
    let mut rig = Rig::closed(json!({"kind": "release_to_plc"}), 0.0, 1);
    let writes = rig.writes.len();
    rig.gate.ledger_health(false);
    for _ in 0..10 {
        rig.step(Some((7.0, GOOD)));
    }
    assert_eq!((rig.released, rig.writes.len()), (1, writes));
}

#[test]
fn a_holder_restarted_within_its_lease_needs_a_new_arm() {
    let mut rig = Rig::closed(json!({"kind": "hold"}), 0.0, 1);
    rig.gate.lease(rig.tick, 0, 0, 2).unwrap();
    rig.step(Some((5.5, GOOD)));
    rig.step(Some((5.5, GOOD)));
    assert_ne!(rig.state(), GateState::Closed);
    assert!(rig.causes().contains(&Cause::LeaseTakenAnew));
    rig.gate.renew(rig.tick, 0, 0, 2).unwrap();
    for _ in 0..5 {
        rig.step(Some((5.5, GOOD)));
        assert_ne!(rig.state(), GateState::Closed, "closed again without an arm");
    }
    rig.gate.arm().unwrap();
    rig.step(Some((5.5, GOOD)));
    assert_eq!(rig.state(), GateState::Closed);
}
