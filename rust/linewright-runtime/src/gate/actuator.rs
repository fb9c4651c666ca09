//! One actuator: its state machine from proposal to admitted value.

use super::{Admitted, Budget, Entry, Fallback, Journal, Lease, Limits, Rules, Step, step};
use crate::record::{Body, Cause, Counters, GateState, Intent, Mode, Origin, Permits};
use crate::sample::{Quality, Written};

/// What the executive has to do at the driver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// Write this.
    Write(Admitted),
    /// Give the actuator back to the machine.
    Release,
}

/// What all actuators share in a tick.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared {
    pub rules: Rules,
    pub mode: Mode,
    pub ledger_ok: bool,
    pub epoch: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    value: f64,
    tick: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Actuator {
    pub index: u16,
    pub driver_index: usize,
    pub limits: Limits,
    pub lease: Lease,
    pub state: GateState,
    pub armed: bool,
    /// Its loop does not keep its time: nothing of it is written.
    pub held: bool,
    pub tripped: Option<Cause>,
    pub manual: Option<f64>,
    pub counters: Counters,
    pub owner: Option<u16>,
    proposal: Option<(f64, Quality)>,
    last: f64,
    last_step_tick: u64,
    advised: f64,
    seen_good: bool,
    bad_run: u32,
    bad_since_tick: u64,
    limited_run: u32,
    limited_since_tick: u64,
    mismatch_since_tick: Option<u64>,
    pending: Option<Pending>,
    read_back: f64,
    lost_by: Cause,
    budget: Budget,
}

impl Actuator {
    pub fn new(index: u16, entry: Entry) -> Self {
        let Entry { limits, driver_index, highest_token, owner } = entry;
        let budget = Budget::new(limits.nudge_budget, limits.nudge_window_ticks);
        Self {
            index,
            driver_index,
            limits,
            lease: Lease::after(highest_token),
            state: GateState::Advisory,
            armed: false,
            held: false,
            tripped: None,
            manual: None,
            counters: Counters::default(),
            owner,
            proposal: None,
            last: f64::NAN,
            last_step_tick: 0,
            advised: f64::NAN,
            seen_good: false,
            bad_run: 0,
            bad_since_tick: 0,
            limited_run: 0,
            limited_since_tick: 0,
            mismatch_since_tick: None,
            pending: None,
            read_back: f64::NAN,
            lost_by: Cause::Operator,
            budget,
        }
    }

    pub fn propose(&mut self, value: f64, quality: Quality) {
        self.proposal = Some((value, quality));
    }

    pub fn written(&self) -> Written {
        Written { value: self.last, in_control: self.state == GateState::Closed && !self.held }
    }

    /// Last value on the actuator as far as the gate knows; NaN when it does not.
    pub fn value(&self) -> f64 {
        self.last
    }

    /// A person has looked at where it stands: manual ends, the nudge budget starts anew.
    pub fn arm(&mut self) {
        self.armed = true;
        self.manual = None;
        self.budget.renew();
    }

    pub fn disarm(&mut self, cause: Cause) {
        self.armed = false;
        self.lost_by = cause;
    }

    pub fn trip(&mut self, cause: Cause, value: f64, journal: &mut impl Journal) {
        if self.tripped.is_none() {
            self.tripped = Some(cause);
            self.disarm(cause);
            journal.put(Body::Alarm { actuator: self.index, cause, value });
        }
    }

    /// Whether the plant does not act on what is written.
    pub fn plant_lost(&self) -> bool {
        self.tripped == Some(Cause::PlantLost)
    }

    /// Start of a tick: lapsed lease, what the plant reports, what became of the last write.
    pub fn begin(
        &mut self,
        tick: u64,
        read_back: Option<f64>,
        shared: &Shared,
        j: &mut impl Journal,
    ) {
        if self.lease.lapse(tick) {
            self.disarm(Cause::LeaseLapsed);
            let (token, until_tick) = (self.lease.token(), self.lease.until_tick());
            j.put(Body::LeaseLapsed { actuator: self.index, token, until_tick });
        }
        self.read_back = read_back.filter(|x| x.is_finite()).unwrap_or(f64::NAN);
        let released =
            self.state == GateState::Fallback && self.limits.fallback == Fallback::ReleaseToPlc;
        let ours = !released && self.state != GateState::Advisory && !self.plant_lost();
        if !ours && self.read_back.is_finite() {
            self.last = self.read_back;
        }
        self.verify(tick, shared, j);
    }

    /// Compares the last write with the read-back, one tick or more after it.
    fn verify(&mut self, tick: u64, shared: &Shared, j: &mut impl Journal) {
        let Some(pending) = self.pending.filter(|p| tick > p.tick) else {
            self.check_mismatch(tick, shared, j);
            return;
        };
        // A ramp writes every base tick; a loop only in its cycle.
        let ramping = matches!(self.state, GateState::Manual | GateState::Fallback);
        if ramping || tick >= pending.tick + self.limits.period_ticks {
            let off = (self.read_back - pending.value).abs();
            j.put(Body::Result {
                actuator: self.index,
                value: pending.value,
                read_back: self.read_back,
                confirmed: off <= self.limits.read_back_tolerance,
                written_tick: pending.tick,
            });
            self.pending = None;
        }
        self.check_mismatch(tick, shared, j);
    }

    /// The end of the run: a write that was not looked at again has an unknown result.
    pub fn close(&mut self, j: &mut impl Journal) {
        if let Some(pending) = self.pending.take() {
            j.put(Body::Result {
                actuator: self.index,
                value: pending.value,
                read_back: f64::NAN,
                confirmed: false,
                written_tick: pending.tick,
            });
        }
    }

    fn check_mismatch(&mut self, tick: u64, shared: &Shared, j: &mut impl Journal) {
        if self.state != GateState::Closed || tick <= self.last_step_tick {
            self.mismatch_since_tick = None;
            return;
        }
        if (self.read_back - self.last).abs() > self.limits.read_back_tolerance {
            let since = *self.mismatch_since_tick.get_or_insert(tick);
            if tick.saturating_sub(since) >= shared.rules.mismatch_trip_ticks {
                self.trip(Cause::ReadBackMismatch, self.read_back, j);
            }
        } else {
            self.mismatch_since_tick = None; // also when the plant reports nothing
        }
    }

    pub fn permits(&self, tick: u64, shared: &Shared) -> Permits {
        let quality = self.seen_good && self.bad_run < shared.rules.bad_inhibit_cycles;
        let baseline = self.limits.lo <= self.last && self.last <= self.limits.hi;
        Permits::default()
            .with(Permits::CONFIG, shared.rules.permitted)
            .with(Permits::MODE, shared.mode == Mode::Closed)
            .with(Permits::ARMED, self.armed)
            .with(Permits::LEASE, self.lease.is_held(tick))
            .with(Permits::QUALITY, quality)
            .with(Permits::NO_TRIP, self.tripped.is_none())
            .with(Permits::LEDGER, shared.ledger_ok || shared.rules.act_without_ledger)
            .with(Permits::BASELINE, baseline)
            .with(Permits::NO_MANUAL, self.manual.is_none())
    }

    /// End of a tick: judges the proposal, follows the permits, admits at most one write.
    pub fn settle(&mut self, tick: u64, shared: &Shared, j: &mut impl Journal) -> Act {
        let wanted = self.judge(tick, shared, j);
        let before = self.state;
        self.follow(tick, shared, j);
        match self.state {
            GateState::Advisory => {
                self.advise(tick, wanted, shared, j);
                Act::Nothing
            }
            GateState::Closed => self.control(tick, wanted, shared, j),
            GateState::Manual => {
                let target = self.manual.unwrap_or(self.last);
                self.go_to(tick, target, Origin::Manual, shared, j)
            }
            GateState::Fallback => self.fall_back(tick, before, shared, j),
        }
    }

    /// The proposal if it may be considered at all: finite and not Bad.
    fn judge(&mut self, tick: u64, shared: &Shared, j: &mut impl Journal) -> Option<f64> {
        let (value, quality) = self.proposal.take()?;
        if value.is_finite() && quality != Quality::Bad {
            self.bad_run = 0;
            self.seen_good = true;
            return Some(value);
        }
        self.counters.rejected += 1;
        if self.bad_run == 0 {
            self.bad_since_tick = tick;
            j.put(Body::Rejected { actuator: self.index, requested: value, quality });
        }
        self.bad_run = self.bad_run.saturating_add(1);
        let acting = matches!(self.state, GateState::Closed | GateState::Fallback);
        if acting && tick.saturating_sub(self.bad_since_tick) >= shared.rules.bad_trip_ticks {
            self.trip(Cause::QualityTrip, value, j);
        }
        None
    }

    fn follow(&mut self, tick: u64, shared: &Shared, j: &mut impl Journal) {
        let permits = self.permits(tick, shared);
        let (next, cause) = if self.manual.is_some() {
            (GateState::Manual, Cause::Operator)
        } else if permits.all() {
            (GateState::Closed, Cause::Permitted)
        } else {
            match self.state {
                GateState::Closed => (GateState::Fallback, self.why(permits)),
                GateState::Manual => (GateState::Advisory, Cause::Operator),
                GateState::Fallback if shared.mode == Mode::Advisory && self.at_fallback() => {
                    (GateState::Advisory, Cause::FallbackDone)
                }
                state => (state, Cause::Permitted),
            }
        };
        self.enter(tick, next, cause, j);
    }

    fn enter(&mut self, tick: u64, next: GateState, cause: Cause, j: &mut impl Journal) {
        if next == self.state {
            return;
        }
        j.put(Body::State { actuator: self.index, from: self.state, to: next, cause });
        self.state = next;
        self.limited_run = 0;
        // A transfer starts with one tick's worth of rate, however long nothing was written.
        self.last_step_tick = self.last_step_tick.max(tick.saturating_sub(1));
    }

    fn why(&self, permits: Permits) -> Cause {
        if let Some(trip) = self.tripped {
            trip
        } else if !permits.has(Permits::LEDGER) {
            Cause::LedgerLost
        } else if !permits.has(Permits::QUALITY) {
            Cause::OutputBad
        } else if !permits.has(Permits::MODE) {
            Cause::ModeAdvisory
        } else {
            self.lost_by
        }
    }

    /// Advisory: what would be written, recorded when it changes on the grid; nothing is written.
    fn advise(&mut self, tick: u64, wanted: Option<f64>, shared: &Shared, j: &mut impl Journal) {
        let Some(wanted) = wanted else { return };
        let max_step = self.max_step(tick, shared);
        self.last_step_tick = self.last_step_tick.max(tick);
        let base = if self.last.is_finite() { self.last } else { wanted };
        let base = base.clamp(self.limits.lo, self.limits.hi);
        let out = step(&self.limits, base, wanted, max_step);
        self.count(out);
        if out.value != self.advised || self.limits.resolution == 0.0 {
            let mut intent = self.intent(out, wanted, Origin::Loop, shared);
            intent.advisory = true;
            j.put(Body::Intent(intent));
            self.advised = out.value;
        }
    }

    /// Closed: the loop's output, limited, recorded first, then admitted.
    fn control(
        &mut self,
        tick: u64,
        wanted: Option<f64>,
        shared: &Shared,
        j: &mut impl Journal,
    ) -> Act {
        let Some(wanted) = wanted.filter(|_| !self.held) else { return Act::Nothing };
        let max_step = self.max_step(tick, shared);
        self.last_step_tick = self.last_step_tick.max(tick);
        let out = step(&self.limits, self.last, wanted, max_step);
        self.budget.advance(tick);
        let out = self.within_budget(out);
        self.count(out);
        self.watch_limits(tick, wanted, out, shared, j);
        self.watch_budget(wanted, out, j);
        if out.value == self.last && self.limits.resolution > 0.0 {
            return Act::Nothing;
        }
        let intent = self.intent(out, wanted, Origin::Loop, shared);
        let recorded = j.put(Body::Intent(intent));
        self.counters.unrecorded += u64::from(!recorded);
        if !recorded && !shared.rules.act_without_ledger {
            self.disarm(Cause::LedgerLost);
            self.enter(tick, GateState::Fallback, Cause::LedgerLost, j);
            return self.fall_back(tick, GateState::Closed, shared, j);
        }
        self.budget.step(out.value - self.last);
        self.admit(tick, &intent)
    }

    /// `out` held back to what the nudge budget leaves: it comes after the rate.
    fn within_budget(&self, out: Step) -> Step {
        let delta = out.value - self.last;
        let left = self.budget.left(delta);
        if delta.abs() <= left {
            return out;
        }
        let value = step(&self.limits, self.last, out.value, left).value;
        Step { value, budget_limited: true, ..out }
    }

    /// A budget that is spent holds the output where it is; told once.
    fn watch_budget(&mut self, wanted: f64, out: Step, j: &mut impl Journal) {
        if !out.budget_limited {
            self.budget.relax();
        } else if self.budget.tell() {
            let cause = Cause::NudgeBudgetSpent;
            j.put(Body::Alarm { actuator: self.index, cause, value: wanted });
        }
    }

    /// Three limited outputs in a row are an alarm; limited for long is a trip.
    fn watch_limits(
        &mut self,
        tick: u64,
        wanted: f64,
        out: Step,
        shared: &Shared,
        j: &mut impl Journal,
    ) {
        if !out.limited {
            self.limited_run = 0;
            return;
        }
        if self.limited_run == 0 {
            self.limited_since_tick = tick;
        }
        self.limited_run = self.limited_run.saturating_add(1);
        if self.limited_run == shared.rules.limited_alarm_cycles {
            let cause = Cause::LimitedInARow;
            j.put(Body::Alarm { actuator: self.index, cause, value: wanted });
        }
        if tick.saturating_sub(self.limited_since_tick) >= shared.rules.limit_storm_ticks {
            self.trip(Cause::LimitStorm, wanted, j);
        }
    }

    fn fall_back(
        &mut self,
        tick: u64,
        before: GateState,
        shared: &Shared,
        j: &mut impl Journal,
    ) -> Act {
        match self.limits.fallback {
            _ if self.plant_lost() => Act::Nothing, // its own dead-man has it
            Fallback::Hold => Act::Nothing,
            Fallback::RampTo(target) => self.go_to(tick, target, Origin::Fallback, shared, j),
            Fallback::ReleaseToPlc if before != GateState::Fallback => Act::Release,
            Fallback::ReleaseToPlc => Act::Nothing,
        }
    }

    fn at_fallback(&self) -> bool {
        match self.limits.fallback {
            Fallback::RampTo(target) => {
                step(&self.limits, self.last, target, f64::MAX).value == self.last
            }
            Fallback::Hold | Fallback::ReleaseToPlc => true,
        }
    }

    /// Ramps to a target of the operator or the fallback. These write even when nobody can take
    /// the record: stopping half-way would be the worse of two evils; it is counted.
    fn go_to(
        &mut self,
        tick: u64,
        target: f64,
        origin: Origin,
        shared: &Shared,
        j: &mut impl Journal,
    ) -> Act {
        if !self.last.is_finite() {
            self.last = target; // nobody knows better than the operator where it stands
        }
        let stands = self.last; // beyond a limit where the machine has put it there
        self.last = stands.clamp(self.limits.lo, self.limits.hi);
        let max_step = self.max_step(tick, shared);
        let out = step(&self.limits, self.last, target, max_step);
        if out.value == stands && self.counters.writes > 0 {
            return Act::Nothing;
        }
        self.last_step_tick = self.last_step_tick.max(tick);
        self.counters.rate_limited += u64::from(out.rate_limited);
        let intent = self.intent(out, target, origin, shared);
        if !j.put(Body::Intent(intent)) {
            self.counters.unrecorded += 1;
        }
        self.admit(tick, &intent)
    }

    fn admit(&mut self, tick: u64, intent: &Intent) -> Act {
        let value = intent.value;
        self.last = value;
        self.counters.writes += 1;
        self.pending = Some(Pending { value, tick });
        Act::Write(Admitted::new(self.driver_index, intent, tick))
    }

    /// Largest change in `tick`: rate times the time since the last step, at most two cycles.
    fn max_step(&self, tick: u64, shared: &Shared) -> f64 {
        let elapsed = tick.saturating_sub(self.last_step_tick);
        let ticks = elapsed.min(2 * self.limits.period_ticks);
        self.limits.max_rate_per_s * (ticks as f64 / f64::from(shared.rules.base_hz.max(1)))
    }

    fn count(&mut self, out: Step) {
        self.counters.limited += u64::from(out.limited);
        self.counters.rate_limited += u64::from(out.rate_limited);
        self.counters.budget_limited += u64::from(out.budget_limited);
    }

    fn intent(&self, out: Step, requested: f64, origin: Origin, shared: &Shared) -> Intent {
        Intent {
            actuator: self.index,
            value: out.value,
            before: self.last,
            requested,
            origin,
            limited: out.limited,
            rate_limited: out.rate_limited,
            budget_limited: out.budget_limited,
            advisory: false,
            token: if self.lease.holder().is_some() { self.lease.token() } else { 0 },
            epoch: shared.epoch,
        }
    }
}
