//! Orders from the clerk, obeyed at the start of a tick.

use super::ports::ORDERS;
use super::{Executive, RingJournal};
use crate::gate::Journal;
use crate::order::{Action, Order, ParamUpdate, Spent};
use crate::record::{Body, Refusal, Status};
use crate::sample::{MailboxSlot, Profile};

type Outcome = Result<(Status, f64), Refusal>;

impl Executive {
    pub(super) fn obey(&mut self, tick: u64, mono_ns: u64) {
        // What is there when the tick begins is obeyed in it, the operator's as the stations'; what
        // comes in meanwhile waits for the next, so that a flood cannot keep the tick.
        for _ in 0..ORDERS {
            let Ok(order) = self.ports.orders.pop() else { return };
            let Order { slot, based_on_tick, not_after_tick, action } = order;
            let body = if slot == Order::NO_SLOT {
                // Nobody waits for the outcome of an order of the clerk's own.
                let _ = self.act(tick, mono_ns, based_on_tick, action);
                continue;
            } else {
                match self.gate.window(tick, based_on_tick, not_after_tick) {
                    Ok(()) => match self.act(tick, mono_ns, based_on_tick, action) {
                        Ok((status, value)) => {
                            Body::Outcome { slot, status, reason: Refusal::None, value }
                        }
                        Err(reason) => refused(slot, Status::Refused, reason),
                    },
                    Err((status, reason)) => {
                        self.spend(action);
                        refused(slot, status, reason)
                    }
                }
            };
            self.journal(tick, mono_ns).put(body);
        }
    }

    fn journal(&mut self, tick: u64, mono_ns: u64) -> RingJournal<'_> {
        RingJournal { records: &mut self.ports.records, tick, mono_ns, shown: &self.shown }
    }

    fn act(&mut self, tick: u64, mono_ns: u64, based_on_tick: u64, action: Action) -> Outcome {
        let applied = Ok((Status::Applied, f64::NAN));
        match action {
            Action::Set { mailbox, value, limited, token, station } => {
                self.set(tick, based_on_tick, (mailbox, value, limited), station, token)
            }
            Action::Lease { actuator, station, token } => {
                self.gate.lease(tick, usize::from(actuator), station, token)?;
                Ok((Status::Applied, token as f64))
            }
            Action::Renew { actuator, station, token } => {
                self.gate.renew(tick, usize::from(actuator), station, token)?;
                applied
            }
            Action::Release { actuator, station, token } => {
                self.gate.release(tick, usize::from(actuator), station, token)?;
                applied
            }
            Action::Mode(mode) => {
                let mut journal = RingJournal {
                    records: &mut self.ports.records,
                    tick,
                    mono_ns,
                    shown: &self.shown,
                };
                self.gate.set_mode(mode, &mut journal)?;
                applied
            }
            Action::Arm => match self.gate.arm()? {
                0 => applied,
                left => Ok((Status::Limited, left as f64)),
            },
            Action::Reset => {
                self.gate.reset();
                self.driver.reset();
                self.reset_ladders(tick, mono_ns);
                applied
            }
            Action::Manual { actuator, value } => {
                let reached = self.gate.manual(usize::from(actuator), value)?;
                let limited = reached != value;
                Ok((if limited { Status::Limited } else { Status::Applied }, reached))
            }
            Action::Params(update) => self.change_params(tick, update),
            Action::Profile { profile, new, token, station } => {
                self.change_profile(tick, usize::from(profile), new, station, token)
            }
            Action::Report => {
                self.report(tick, mono_ns);
                applied
            }
            Action::LedgerHealth(ok) => {
                self.gate.ledger_health(ok);
                applied
            }
        }
    }

    fn set(
        &mut self,
        tick: u64,
        based_on_tick: u64,
        (mailbox, value, limited): (u16, f64, bool),
        station: u16,
        token: u64,
    ) -> Outcome {
        let in_control = self.gate.station(tick, station, token)?;
        let i = usize::from(mailbox);
        let (Some(slot), Some(ttl)) = (self.mailboxes.get_mut(i), self.mailbox_ttl_ticks.get(i))
        else {
            return Err(Refusal::UnknownName);
        };
        let not_after_tick = based_on_tick.saturating_add(*ttl);
        *slot = MailboxSlot { value, not_after_tick, set: true };
        let status = match (in_control, limited) {
            (false, _) => Status::Advisory,
            (true, true) => Status::Limited,
            (true, false) => Status::Applied,
        };
        Ok((status, value))
    }

    fn change_params(&mut self, tick: u64, update: Box<ParamUpdate>) -> Outcome {
        let outcome = match self.gate.station(tick, update.station, update.token) {
            Ok(in_control) if self.executor.retune(&update.retune) => {
                for (to, from) in self.params.iter_mut().zip(update.retune.values()) {
                    *to = *from;
                }
                self.epoch = update.epoch;
                self.gate.set_epoch(update.epoch);
                let status = if in_control { Status::Applied } else { Status::Advisory };
                Ok((status, update.epoch as f64))
            }
            Ok(_) => Err(Refusal::OutOfRange),
            Err(reason) => Err(reason),
        };
        self.give_back(Spent::Params(update));
        outcome
    }

    fn change_profile(
        &mut self,
        tick: u64,
        i: usize,
        mut new: Box<Profile>,
        station: u16,
        token: u64,
    ) -> Outcome {
        let outcome = match (self.gate.station(tick, station, token), self.profiles.get_mut(i)) {
            (Ok(in_control), Some(profile)) => {
                new.set_tick = tick;
                std::mem::swap(profile, &mut *new);
                Ok((if in_control { Status::Applied } else { Status::Advisory }, f64::NAN))
            }
            (Ok(_), None) => Err(Refusal::UnknownName),
            (Err(reason), _) => Err(reason),
        };
        self.give_back(Spent::Profile(new));
        outcome
    }

    /// An order that may not act: its box goes back unused.
    fn spend(&mut self, action: Action) {
        match action {
            Action::Params(update) => self.give_back(Spent::Params(update)),
            Action::Profile { new, .. } => self.give_back(Spent::Profile(new)),
            _ => {}
        }
    }

    /// The return ring is as long as the order ring, so it is full only when the clerk has stopped
    /// taking things back; then the box is dropped here after all.
    fn give_back(&mut self, spent: Spent) {
        drop(self.ports.spent.push(spent));
    }
}

fn refused(slot: u32, status: Status, reason: Refusal) -> Body {
    Body::Outcome { slot, status, reason, value: f64::NAN }
}
