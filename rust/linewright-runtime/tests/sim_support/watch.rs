//! The invariants, held after every tick against the plant's own book: limits, rates, budgets, who
//! may write and towards what.

use super::line::{self, Fallback, Line};
use super::model::Model;
use super::plant::{Plant, Write, unusable};
use linewright_runtime::record::{Cause, GateState, Origin, Permits, View};
use std::collections::VecDeque;

/// How often everything happened, so that nothing is promised of what never was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub ticks: u64,
    pub by_loop: u64,
    pub by_hand: u64,
    pub by_fallback: u64,
    pub released: u64,
    pub lapses: u64,
    pub trips: u64,
    pub lost_plants: u64,
    pub held_back: u64,
    pub at_budget: u64,
    pub bad_inputs: u64,
    pub manuals: u64,
    pub applied: u64,
    pub refused: u64,
    pub falls: u64,
    pub crashes: u64,
    pub stops: u64,
    pub missed: u64,
    pub stood: u64,
    pub lost_rows: u64,
    pub lost_records: u64,
    pub explained: u64,
    pub out_of_the_box: u64,
    pub disk_errors: u64,
}

impl Seen {
    pub fn add(&mut self, other: &Self) {
        macro_rules! sum { ($($field:ident)*) => { $(self.$field += other.$field;)* } }
        sum!(ticks by_loop by_hand by_fallback released lapses trips lost_plants held_back at_budget
            bad_inputs manuals applied refused falls crashes stops missed stood lost_rows lost_records
            explained out_of_the_box disk_errors);
    }
}

/// What is known of one actuator from what was written to it.
#[derive(Debug, Clone)]
struct Track {
    /// Where the next step starts.
    at: f64,
    last_write: Option<u64>,
    state: GateState,
    /// Sum of the loop's own steps, and where it was within the window of the budget.
    travelled: f64,
    highest: VecDeque<(u64, f64)>,
    lowest: VecDeque<(u64, f64)>,
    last_id: u64,
    /// First tick of a ramp (manual, fallback) that has not moved since.
    still_since: Option<u64>,
    tripped: Option<Cause>,
    held: bool,
}

pub struct Watch {
    line: Line,
    tracks: Vec<Track>,
    pub seen: Seen,
}

/// What was done to the tick that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    pub tick: u64,
    /// Between its start and its outputs it stood still for so long, ns.
    pub stood_ns: u64,
}

impl Watch {
    pub fn new(line: &Line) -> Self {
        Self { line: line.clone(), tracks: Vec::new(), seen: Seen::default() }
    }

    /// A core has started: everything is advisory, whatever was before (I8).
    pub fn start(&mut self, views: &[View]) {
        for view in views {
            assert_eq!(view.state, GateState::Advisory, "I8: a start is advisory");
            assert!(!view.armed && view.holder.is_none(), "I8: a start is unarmed");
        }
        let track = Track {
            at: f64::NAN,
            last_write: None,
            state: GateState::Advisory,
            travelled: 0.0,
            highest: VecDeque::new(),
            lowest: VecDeque::new(),
            last_id: 0,
            still_since: None,
            tripped: None,
            held: false,
        };
        self.tracks = vec![track; views.len()];
    }

    /// After a tick: `reported` is what the plant said of each position at its beginning.
    pub fn look(
        &mut self,
        now: Tick,
        plant: &Plant,
        reported: &[Option<f64>],
        views: &[View],
        model: &mut Model,
    ) {
        self.seen.ticks += 1;
        for (i, view) in views.iter().enumerate() {
            self.settle_doubts(i, view, model);
            let track = &mut self.tracks[i];
            let released = track.state == GateState::Fallback
                && self.line.actuators[i].fallback == Fallback::Release;
            let ours = !released && track.state != GateState::Advisory && !plant.safe;
            if let (false, Some(at)) = (ours, reported[i]) {
                track.at = at;
            }
            if model.actuators[i].newly_armed {
                // A person has looked at where it stands: its budget begins anew.
                track.highest.clear();
                track.lowest.clear();
            }
            let mut writes = plant.writes.iter().filter(|w| w.actuator == i);
            let write = writes.next().copied();
            assert!(writes.next().is_none(), "actuator {i}: two writes in one tick");
            self.follow(i, now, plant, view, model);
            if let Some(write) = write {
                self.write(i, now, plant, view, model, &write);
            }
            self.ramp(i, now.tick, view, model, write.is_some());
            self.trips(i, view, model);
            // Once the gate has disarmed it, nothing but an arm arms it again.
            model.actuators[i].armed &= view.armed;
            let track = &mut self.tracks[i];
            (track.state, track.held) = (view.state, view.held);
            self.seen.held_back += u64::from(view.held);
        }
    }

    /// Where a lost ledger came between a person and the loop: the gate says which was first.
    fn settle_doubts(&mut self, i: usize, view: &View, model: &mut Model) {
        let of = &mut model.actuators[i];
        if of.unsure {
            // A trip behind the write of this tick takes the arm; what it acted on was still armed.
            of.armed = view.armed || (view.tripped.is_some() && !of.tripped);
            of.newly_armed = true;
            if view.permits.has(Permits::NO_MANUAL) {
                of.manual = None;
            }
        }
    }

    /// I2: whether its loop may act on it.
    fn may(model: &Model, i: usize, tick: u64) -> bool {
        let of = &model.actuators[i];
        let leased = of.lease.held && tick <= of.lease.until;
        let ledger = model.ledger_ok || model.signed;
        model.permitted
            && model.closed
            && of.armed
            && leased
            && ledger
            && of.manual.is_none()
            && !of.tripped
    }

    /// The state against what is permitted: control ends in the tick in which a permit is lost, and what
    /// was declared for that begins in it; manual is there in the tick it was asked in.
    fn follow(&mut self, i: usize, now: Tick, plant: &Plant, view: &View, model: &Model) {
        let (before, after) = (self.tracks[i].state, view.state);
        let may = Self::may(model, i, now.tick);
        let of = &model.actuators[i];
        if of.manual.is_some() {
            assert_eq!(after, GateState::Manual, "rule 10: actuator {i} is in manual at once");
            self.seen.manuals += u64::from(before != GateState::Manual);
        } else {
            assert_ne!(after, GateState::Manual, "actuator {i}: nobody has it in hand");
        }
        assert!(
            after != GateState::Closed || may,
            "I2: actuator {i} is in control without all permits: {of:?}, closed {}, ledger {}",
            model.closed,
            model.ledger_ok
        );
        if before == GateState::Closed && after != GateState::Closed && of.manual.is_none() {
            assert_eq!(after, GateState::Fallback, "rule 8: actuator {i} goes to its fallback");
            let released = plant.released.contains(&i);
            let expected = self.line.actuators[i].fallback == Fallback::Release && !plant.safe;
            assert_eq!(released, expected, "rule 8: actuator {i} is given back");
            self.seen.released += u64::from(released);
        }
        let x = &plant.inputs[i];
        if unusable(x, now.tick, self.line.actuators[i].max_age_ticks) {
            self.seen.bad_inputs += 1;
        }
    }

    fn write(
        &mut self,
        i: usize,
        now: Tick,
        plant: &Plant,
        view: &View,
        model: &Model,
        write: &Write,
    ) {
        let limits = self.line.actuators[i].clone();
        let value = write.value;
        assert!(!plant.safe, "actuator {i} is written though the plant has gone safe");
        assert!(value.is_finite(), "I1: actuator {i} is written {value}");
        assert!(
            (limits.lo..=limits.hi).contains(&value),
            "I1: {value} beyond limits of actuator {i}"
        );
        let track = &mut self.tracks[i];
        assert!(write.id > track.last_id || track.last_write.is_none(), "I3: command ids rise");
        track.last_id = write.id;
        let hz = f64::from(self.line.hz);
        let since = track.last_write.map_or(u64::MAX, |tick| now.tick - tick);
        // The first step of a transfer is that of one tick; afterwards the time since the last, two
        // cycles at most.
        let ticks =
            if view.state == track.state { since.min(2 * limits.period) } else { since.min(1) };
        let most = limits.rate_per_s * ticks as f64 / hz;
        let from = match write.origin {
            Origin::Loop => track.at,
            _ => track.at.clamp(limits.lo, limits.hi),
        };
        let step = value - from;
        assert!(
            step.abs() <= most * (1.0 + 1e-9) + 1e-12 || from.is_nan(),
            "I1: actuator {i} moved {step} within {ticks} ticks, {most} allowed"
        );
        match write.origin {
            Origin::Loop => self.by_loop(i, now, plant, view, model, value),
            Origin::Manual => {
                self.seen.by_hand += 1;
                let target = model.actuators[i].manual;
                let target = target.unwrap_or_else(|| panic!("I2: actuator {i}: nobody's hand"));
                towards(&limits, from, value, target);
            }
            Origin::Fallback => {
                self.seen.by_fallback += 1;
                assert_eq!(view.state, GateState::Fallback);
                let Fallback::Ramp(target) = limits.fallback else {
                    panic!("actuator {i} is written in a fallback that writes nothing")
                };
                towards(&limits, from, value, target);
            }
        }
        let track = &mut self.tracks[i];
        (track.at, track.last_write) = (value, Some(now.tick));
    }

    /// I2, I3, A7, A9: who may, on which inputs, towards the set-point that was last accepted.
    fn by_loop(
        &mut self,
        i: usize,
        now: Tick,
        plant: &Plant,
        view: &View,
        model: &Model,
        value: f64,
    ) {
        let limits = &self.line.actuators[i];
        let Tick { tick, stood_ns } = now;
        self.seen.by_loop += 1;
        assert!(
            Self::may(model, i, tick),
            "I2: loop of actuator {i} acts without all permits: {:?}",
            model.actuators[i]
        );
        assert!(tick.is_multiple_of(limits.period), "actuator {i}: its loop is not due");
        assert!(!(view.held && self.tracks[i].held), "actuator {i} is held");
        let cycle_ns = limits.period * 1_000_000_000 / u64::from(self.line.hz);
        assert!(
            stood_ns <= 2 * cycle_ns,
            "rule 13: what was read {stood_ns} ns ago moves actuator {i}"
        );
        let x = &plant.inputs[i];
        assert!(!unusable(x, tick, limits.max_age_ticks), "A7: actuator {i} moves on {x:?}");
        let set = match model.actuators[i].set {
            Some((value, until)) if limits.holds || tick <= until => value,
            _ => limits.default,
        };
        let track = &mut self.tracks[i];
        towards(limits, track.at, value, (set + x.value).clamp(limits.lo, limits.hi));
        let before = track.travelled;
        track.travelled += value - track.at;
        for (at, place) in [(tick.saturating_sub(1), before), (tick, track.travelled)] {
            keep(&mut track.highest, at, place, limits.window_ticks, |old, new| old <= new);
            keep(&mut track.lowest, at, place, limits.window_ticks, |old, new| old >= new);
        }
        let spent = track.highest[0].1 - track.lowest[0].1;
        assert!(
            spent <= limits.budget * (1.0 + 1e-9) + 1e-9,
            "A9: actuator {i} was taken {spent} in {} ticks, budget {}",
            limits.window_ticks,
            limits.budget
        );
        self.seen.at_budget += u64::from(spent > 0.99 * limits.budget);
    }

    /// A ramp of a person or of the fallback goes on until it is there.
    fn ramp(&mut self, i: usize, tick: u64, view: &View, model: &Model, written: bool) {
        let limits = &self.line.actuators[i];
        let track = &mut self.tracks[i];
        let target = match (view.state, limits.fallback) {
            (GateState::Manual, _) => model.actuators[i].manual,
            (GateState::Fallback, Fallback::Ramp(target)) if !model.actuators[i].lost => {
                Some(target)
            }
            _ => None,
        };
        let near = limits.resolution.max(1e-9);
        let still = target.is_some_and(|target| (track.at - target).abs() > near) && !written;
        if !still {
            track.still_since = None;
            return;
        }
        let since = *track.still_since.get_or_insert(tick);
        assert!(
            tick - since <= 2 * limits.period + 1,
            "rule 8: actuator {i}, {:?}, stands at {} on its way to {target:?}: {limits:?}",
            view.state,
            track.at
        );
    }

    /// Trips latch until a person resets (rule 9); what trips is unarmed.
    fn trips(&mut self, i: usize, view: &View, model: &mut Model) {
        let of = &mut model.actuators[i];
        if view.tripped.is_some() {
            self.seen.trips += u64::from(self.tracks[i].tripped.is_none());
            self.seen.lost_plants += u64::from(
                view.tripped == Some(Cause::PlantLost) && self.tracks[i].tripped != view.tripped,
            );
            (of.tripped, of.armed) = (true, false);
        } else {
            assert!(!of.tripped, "rule 9: actuator {i} lost its trip though nobody has reset it");
        }
        self.tracks[i].tripped = view.tripped;
    }
}

/// A step never goes away from its target, nor beyond it by more than the grid.
fn towards(limits: &line::Actuator, from: f64, to: f64, target: f64) {
    let near = limits.resolution / 2.0 + 1e-9;
    let (low, high) = (from.min(target) - near, from.max(target) + near);
    assert!(
        (low..=high).contains(&to) || from.is_nan(),
        "I3: {} goes from {from} to {to}, though nobody wants more than {target}",
        limits.name
    );
}

/// The extreme places within the last `ticks`, the farthest first.
fn keep(
    kept: &mut VecDeque<(u64, f64)>,
    tick: u64,
    place: f64,
    ticks: u64,
    hides: fn(f64, f64) -> bool,
) {
    while kept.back().is_some_and(|old| hides(old.1, place)) {
        kept.pop_back();
    }
    kept.push_back((tick, place));
    while kept.front().is_some_and(|old| old.0 + ticks <= tick) {
        kept.pop_front();
    }
}
