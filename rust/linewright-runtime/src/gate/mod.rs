//! The gate: the only writer. A loop proposes, the gate judges, and only what it admits can reach
//! a driver, because only the gate can make an [`Admitted`].
//!
//! Per base tick: [`Gate::begin`] (leases, read-back), the loops propose, [`Gate::settle`] per
//! actuator. Order of checks for an output: finite and not Bad, permits, limits, rate, budget,
//! record of the intent, write; a command's key, role, order, expiry and token are checked before it reaches
//! a loop. The state of an actuator is `Advisory` until every permit is held.

mod actuator;
mod admitted;
mod budget;
mod lease;
mod limits;
mod step;

pub use actuator::Act;
pub use admitted::Admitted;
pub use budget::Budget;
pub use lease::Lease;
pub use limits::{ABSURD, ConfigError, Fallback, Limits};
pub use step::{Step, step};

use crate::record::{Body, Cause, GateState, Mode, Refusal, Status, View};
use crate::sample::{Quality, Written};
use actuator::{Actuator, Shared};

/// Where the gate puts its records; `false` = no room (the record is lost, and counted there).
pub trait Journal {
    /// Takes one record.
    fn put(&mut self, body: Body) -> bool;
}

/// What is common to all actuators of a core. Times in base ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The line file allows closed loop.
    pub permitted: bool,
    /// Base ticks per second.
    pub base_hz: u32,
    /// Longest window of a command.
    pub max_window_ticks: u64,
    /// Limited outputs in a row that raise an alarm.
    pub limited_alarm_cycles: u32,
    /// Limited for this long trips.
    pub limit_storm_ticks: u64,
    /// Rejected outputs in a row that end the control.
    pub bad_inhibit_cycles: u32,
    /// Rejected for this long trips.
    pub bad_trip_ticks: u64,
    /// Read-back off for this long trips.
    pub mismatch_trip_ticks: u64,
    /// The site has signed that a lost ledger does not end the control.
    pub act_without_ledger: bool,
}

impl Rules {
    /// The usual figures: windows of 10 s, alarm at 3 limited outputs, control ends at 3 rejected
    /// ones, trips after 60 s at a limit, 30 s of bad outputs, 1 s of wrong read-back.
    #[must_use]
    pub fn usual(base_hz: u32, permitted: bool) -> Self {
        let s = u64::from(base_hz.max(1));
        Self {
            permitted,
            base_hz,
            max_window_ticks: 10 * s,
            limited_alarm_cycles: 3,
            limit_storm_ticks: 60 * s,
            bad_inhibit_cycles: 3,
            bad_trip_ticks: 30 * s,
            mismatch_trip_ticks: s,
            act_without_ledger: false,
        }
    }
}

/// One actuator as the gate is told about it at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Checked limits.
    pub limits: Limits,
    /// Its index in `Driver::actuators()`.
    pub driver_index: usize,
    /// Highest token ever given out for it.
    pub highest_token: u64,
    /// Number of the station that may lease it.
    pub owner: Option<u16>,
}

/// All actuators of a core.
#[derive(Debug, Clone)]
pub struct Gate {
    shared: Shared,
    actuators: Vec<Actuator>,
    written: Vec<Written>,
}

impl Gate {
    /// One entry per actuator. Everything starts advisory and unarmed.
    #[must_use]
    pub fn new(rules: Rules, actuators: Vec<Entry>) -> Self {
        let actuators: Vec<_> = actuators
            .into_iter()
            .enumerate()
            .map(|(i, entry)| Actuator::new(i as u16, entry))
            .collect();
        Self {
            shared: Shared { rules, mode: Mode::Advisory, ledger_ok: true, epoch: 0 },
            written: vec![Written::default(); actuators.len()],
            actuators,
        }
    }

    /// Number of actuators.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actuators.len()
    }

    /// True without actuators.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actuators.is_empty()
    }

    /// What the loops may know about the actuators in this tick.
    #[must_use]
    pub fn written(&self) -> &[Written] {
        &self.written
    }

    /// First step of a tick for actuator `a`: lease, read-back, result of the last write.
    pub fn begin(&mut self, tick: u64, a: usize, read_back: Option<f64>, j: &mut impl Journal) {
        if let (Some(actuator), Some(written)) =
            (self.actuators.get_mut(a), self.written.get_mut(a))
        {
            actuator.begin(tick, read_back, &self.shared, j);
            *written = actuator.written();
        }
    }

    /// A loop's output for actuator `a`; the last one of a tick counts.
    pub fn propose(&mut self, a: usize, value: f64, quality: Quality) {
        if let Some(actuator) = self.actuators.get_mut(a) {
            actuator.propose(value, quality);
        }
    }

    /// Last step of a tick for actuator `a`: what to do at the driver.
    pub fn settle(&mut self, tick: u64, a: usize, j: &mut impl Journal) -> Act {
        match self.actuators.get_mut(a) {
            Some(actuator) => actuator.settle(tick, &self.shared, j),
            None => Act::Nothing,
        }
    }

    /// Whether a command of this window may act in `now`: `based_on <= now <= not_after` and
    /// `not_after - based_on` within the cap. Ticks only; no clock, no word of the sender.
    ///
    /// # Errors
    /// The status and the reason to answer with.
    pub fn window(&self, now: u64, based_on: u64, not_after: u64) -> Result<(), (Status, Refusal)> {
        let cap = self.shared.rules.max_window_ticks;
        match not_after.checked_sub(based_on) {
            Some(window) if window <= cap => {}
            _ => return Err((Status::Refused, Refusal::WindowTooLong)),
        }
        if based_on > now {
            Err((Status::Refused, Refusal::FromTheFuture))
        } else if now > not_after {
            Err((Status::Expired, Refusal::TooLate))
        } else {
            Ok(())
        }
    }

    /// Gives the lease of `a` to `station`. One that was still held is a restart of its holder: the
    /// actuator goes to its fallback and needs a new arm.
    ///
    /// # Errors
    /// As [`Lease::grant`]; `UnknownName` without such an actuator, `NotAllowed` for another owner.
    pub fn lease(&mut self, tick: u64, a: usize, station: u16, token: u64) -> Result<(), Refusal> {
        let actuator = self.owned(a, station)?;
        let was_held = actuator.lease.is_held(tick);
        actuator.lease.grant(station, token, tick, actuator.limits.lease_ticks)?;
        if was_held {
            // Only a station that lost its token asks again: it was restarted.
            actuator.disarm(Cause::LeaseTakenAnew);
        }
        Ok(())
    }

    /// Renews the lease of `a`.
    ///
    /// # Errors
    /// As [`Lease::renew`].
    pub fn renew(&mut self, tick: u64, a: usize, station: u16, token: u64) -> Result<(), Refusal> {
        let actuator = self.owned(a, station)?;
        actuator.lease.renew(station, token, tick, actuator.limits.lease_ticks)
    }

    /// Takes the lease of `a` back; the actuator goes to its fallback and needs a new arm.
    ///
    /// # Errors
    /// As [`Lease::claim`].
    pub fn release(
        &mut self,
        tick: u64,
        a: usize,
        station: u16,
        token: u64,
    ) -> Result<(), Refusal> {
        let actuator = self.owned(a, station)?;
        actuator.lease.claim(station, token, tick)?;
        actuator.lease.end();
        actuator.disarm(Cause::LeaseReleased);
        Ok(())
    }

    fn owned(&mut self, a: usize, station: u16) -> Result<&mut Actuator, Refusal> {
        let actuator = self.actuators.get_mut(a).ok_or(Refusal::UnknownName)?;
        if actuator.owner == Some(station) { Ok(actuator) } else { Err(Refusal::NotAllowed) }
    }

    /// Checks the token of a command that is not about one actuator: 0 claims nothing, any other
    /// must be in force for an actuator of `station`. Gives whether the station is in control of
    /// all its actuators (true when it has none).
    ///
    /// # Errors
    /// `Fenced` for a token that is not in force.
    pub fn station(&self, tick: u64, station: u16, token: u64) -> Result<bool, Refusal> {
        let mut in_control = true;
        let mut valid = token == 0;
        for actuator in self.actuators.iter().filter(|a| a.owner == Some(station)) {
            in_control &= actuator.state == GateState::Closed;
            valid |= actuator.lease.claim(station, token, tick).is_ok();
        }
        if valid { Ok(in_control) } else { Err(Refusal::Fenced) }
    }

    /// Operator: changes the mode. Advisory disarms and ends manual.
    ///
    /// # Errors
    /// `NotPermitted` for closed when the line file does not allow it.
    pub fn set_mode(&mut self, mode: Mode, j: &mut impl Journal) -> Result<(), Refusal> {
        if mode == Mode::Closed && !self.shared.rules.permitted {
            return Err(Refusal::NotPermitted);
        }
        if mode == Mode::Advisory {
            for actuator in &mut self.actuators {
                actuator.manual = None;
                actuator.disarm(Cause::ModeAdvisory);
            }
        }
        if mode != self.shared.mode {
            self.shared.mode = mode;
            j.put(Body::Mode { mode });
        }
        Ok(())
    }

    /// Operator: arms every actuator that is not tripped and ends manual there. Gives how many
    /// stay unarmed.
    ///
    /// # Errors
    /// `NotPermitted` unless the mode is closed, `LedgerLost` without a ledger, `Tripped` when all
    /// actuators are.
    pub fn arm(&mut self) -> Result<usize, Refusal> {
        if self.shared.mode != Mode::Closed {
            return Err(Refusal::NotPermitted);
        }
        if !self.shared.ledger_ok {
            return Err(Refusal::LedgerLost);
        }
        let mut tripped = 0;
        for actuator in &mut self.actuators {
            if actuator.tripped.is_some() {
                tripped += 1;
            } else {
                actuator.arm();
            }
        }
        if tripped > 0 && tripped == self.actuators.len() {
            return Err(Refusal::Tripped);
        }
        Ok(tripped)
    }

    /// Operator: clears every trip; arms nothing.
    pub fn reset(&mut self) {
        for actuator in &mut self.actuators {
            actuator.tripped = None;
        }
    }

    /// Operator: takes `a` into manual at `value`, from any state, in the tick it comes in. Gives
    /// the value clamped to the limits.
    ///
    /// # Errors
    /// `UnknownName`, `NotFinite`, `NotPermitted` when the line file allows no writing, or `Tripped`
    /// while the plant is lost: it would not act.
    pub fn manual(&mut self, a: usize, value: f64) -> Result<f64, Refusal> {
        let permitted = self.shared.rules.permitted;
        let actuator = self.actuators.get_mut(a).ok_or(Refusal::UnknownName)?;
        if !value.is_finite() {
            return Err(Refusal::NotFinite);
        }
        if !permitted {
            return Err(Refusal::NotPermitted);
        }
        if actuator.plant_lost() {
            return Err(Refusal::Tripped);
        }
        let value = value.clamp(actuator.limits.lo, actuator.limits.hi);
        actuator.manual = Some(value);
        actuator.disarm(Cause::Operator);
        Ok(value)
    }

    /// Whether the ledger can be written; lost = fallback in the same tick, and a new arm is
    /// needed: a ledger that comes and goes must not move the actuators with it. Where the site has
    /// signed for it, what is in control stays in control; nothing new is armed.
    pub fn ledger_health(&mut self, ok: bool) {
        self.shared.ledger_ok = ok;
        if !ok && !self.shared.rules.act_without_ledger {
            for actuator in &mut self.actuators {
                actuator.disarm(Cause::LedgerLost);
            }
        }
    }

    /// Parameter epoch that intents carry from now on.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.shared.epoch = epoch;
    }

    /// Actuator `a` stays where it is while its loop does not keep its time; fallback, manual and stop go
    /// on. The loop is told that it is not in control, so that its integrators track.
    pub fn hold(&mut self, a: usize, held: bool) {
        if let Some(actuator) = self.actuators.get_mut(a) {
            actuator.held = held;
        }
    }

    /// Latches a trip of actuator `a`: its fallback, until somebody resets and arms.
    pub fn trip(&mut self, a: usize, cause: Cause, value: f64, j: &mut impl Journal) {
        if let Some(actuator) = self.actuators.get_mut(a) {
            actuator.trip(cause, value, j);
        }
    }

    /// The end: what became of the last writes is not known.
    pub fn close(&mut self, j: &mut impl Journal) {
        for actuator in &mut self.actuators {
            actuator.close(j);
        }
    }

    /// The plant has gone, or gone safe by itself: every actuator trips, and manual ends, because
    /// nothing that is written would act. Where it stands when it is back is where a transfer starts.
    pub fn plant_lost(&mut self, j: &mut impl Journal) {
        for actuator in &mut self.actuators {
            actuator.manual = None;
            if !actuator.plant_lost() {
                actuator.tripped = None; // whatever else it was: nothing is written until a reset
                actuator.trip(Cause::PlantLost, f64::NAN, j);
            }
        }
    }

    /// Mode of the core.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.shared.mode
    }

    /// The state of actuator `a` for status; `None` without such an actuator.
    #[must_use]
    pub fn view(&self, tick: u64, a: usize) -> Option<View> {
        self.actuators.get(a).map(|actuator| View {
            state: actuator.state,
            value: actuator.value(),
            permits: actuator.permits(tick, &self.shared),
            armed: actuator.armed,
            held: actuator.held,
            tripped: actuator.tripped,
            holder: actuator.lease.holder(),
            token: actuator.lease.token(),
            counters: actuator.counters,
        })
    }
}
