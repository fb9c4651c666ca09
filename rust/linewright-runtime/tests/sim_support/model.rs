//! What every command must come to, said once more from the rules and not from the code: who may do
//! what, in which order, in which window, under which lease. It knows nothing of outputs.

use super::line::{Line, OPERATOR};
use linewright_wire::{Ack, AckStatus, Action, Command, Mode, Stamp};
use std::collections::{BTreeMap, BTreeSet};

/// The lease of one actuator.
#[derive(Debug, Clone, Default)]
pub struct Lease {
    pub held: bool,
    /// None until the answer has told it.
    pub token: Option<u64>,
    pub until: u64,
    /// How many were given before it.
    number: u64,
}

/// What holds for one actuator.
#[derive(Debug, Clone, Default)]
pub struct Actuator {
    pub lease: Lease,
    pub armed: bool,
    pub manual: Option<f64>,
    /// Latched until a person resets.
    pub tripped: bool,
    pub lost: bool,
    /// The set-point: value, last tick it counts.
    pub set: Option<(f64, u64)>,
    /// It was armed in this tick.
    pub newly_armed: bool,
    /// Whether the last arm was taken is not known: the ledger fell in the same turn.
    pub unsure: bool,
    pub lapses: u64,
}

/// One answer that must come: by one of these statuses, for one of these reasons.
#[derive(Debug, Clone)]
struct Expected {
    statuses: Vec<AckStatus>,
    reasons: Vec<&'static str>,
    /// The same as the first answer to this command.
    again: bool,
    /// It goes out when its row is on the disk, and not before.
    durable: bool,
    /// The lease whose token it brings: of which actuator, and its number.
    lease: Option<(usize, u64)>,
}

#[derive(Debug, Default)]
struct Sender {
    epoch: u64,
    seq: u64,
    /// Handed to the loop; no answer before the clerk has looked again.
    pending: BTreeSet<u64>,
    answered: BTreeSet<u64>,
}

/// A command on its way to the loop.
struct Order {
    stamp: Stamp,
    command: Command,
}

type Id = (u64, u64, u64);

#[derive(Default)]
pub struct Model {
    pub closed: bool,
    pub actuators: Vec<Actuator>,
    pub permitted: bool,
    pub signed: bool,
    /// As of the last turn of the clerk.
    pub ledger_ok: bool,
    /// The ledger was lost at some time in the last turn.
    pub fell: bool,
    /// It was lost at some time since the start.
    pub trouble: bool,
    /// The disk has room.
    pub room: bool,
    pub highest_token: u64,
    pub resets: u64,
    pub refused: u64,
    pub applied: u64,
    cap: u64,
    names: Vec<(String, String, usize)>,
    bounds: Vec<(f64, f64, f64, f64, u64, u64)>,
    keys: Vec<u64>,
    senders: BTreeMap<u64, Sender>,
    orders: Vec<Order>,
    expected: BTreeMap<Id, Vec<Expected>>,
    first: BTreeMap<Id, Ack>,
    /// Ticks were left out before this one: loops may have tripped over them.
    missed: bool,
    /// The next answer expected is one with a row.
    durable: bool,
    /// Handed to the loop and obeyed; answered with the next look of the clerk.
    obeyed: Vec<(u64, u64, u64)>,
}

impl Model {
    pub fn new(line: &Line) -> Self {
        let actuators = &line.actuators;
        let bounds = |a: &super::line::Actuator| {
            (a.lo, a.hi, a.set_lo, a.set_hi, a.lease_ticks, a.ttl_ticks)
        };
        Self {
            permitted: line.permitted,
            signed: line.signed,
            cap: line.window_cap_ticks,
            names: actuators.iter().map(|a| (a.name.clone(), a.mailbox.clone(), a.owner)).collect(),
            bounds: actuators.iter().map(bounds).collect(),
            keys: line.keys.clone(),
            ..Self::default()
        }
    }

    /// A core has started: advisory, nothing held. It remembers of the senders what was `kept`.
    pub fn start(&mut self, kept: &BTreeMap<String, u64>) {
        self.closed = false;
        self.actuators = vec![Actuator::default(); self.names.len()];
        (self.ledger_ok, self.fell, self.trouble, self.room) = (true, false, false, true);
        self.orders.clear();
        self.obeyed.clear();
        self.expected.clear();
        self.first.clear();
        let of = |name: &str, what: &str| {
            kept.get(&format!("sender.{name}.{what}")).copied().unwrap_or(0)
        };
        self.senders.clear();
        for (i, key) in self.keys.iter().enumerate().chain([(usize::MAX, &OPERATOR)]) {
            let name = if i == usize::MAX { "operator".to_owned() } else { format!("s{i}") };
            let (epoch, seq) = (of(&name, "epoch"), of(&name, "seq"));
            self.senders.insert(*key, Sender { epoch, seq, ..Sender::default() });
        }
    }

    /// What was known of every sender: its key, epoch, number.
    pub fn known(&self, key: u64) -> (u64, u64) {
        self.senders.get(&key).map_or((0, 0), |s| (s.epoch, s.seq))
    }

    /// How the ledger is, at some time within a turn of the clerk.
    pub fn health(&mut self, healthy: bool) {
        let ok = healthy && self.room;
        self.fell |= !ok;
        self.trouble |= !healthy;
        self.ledger_ok &= ok;
    }

    /// The same at the end of a turn: it may have come back.
    pub fn settled(&mut self, healthy: bool) {
        self.health(healthy);
        self.ledger_ok = healthy && self.room;
    }

    /// The plant has gone safe: every actuator trips, and nothing is in anybody's hands.
    pub fn plant_lost(&mut self) {
        for of in &mut self.actuators {
            (of.tripped, of.lost, of.armed, of.manual) = (true, true, false, None);
        }
    }

    /// A command has come to the clerk; `ledger_ok` after it had.
    pub fn submit(&mut self, stamp: &Stamp, command: &Command, ledger_ok: bool) {
        let Some(sender) = self.senders.get_mut(&stamp.sender) else { return };
        let id = (stamp.sender, stamp.epoch, stamp.seq);
        if stamp.epoch < sender.epoch {
            return self.expect(id, &[AckStatus::Refused], &["old_epoch"]);
        }
        if stamp.epoch > sender.epoch {
            *sender = Sender { epoch: stamp.epoch, ..Sender::default() };
        }
        if stamp.seq <= sender.seq {
            if sender.pending.contains(&stamp.seq) {
                return;
            }
            if sender.answered.insert(stamp.seq) {
                return self.expect(id, &[AckStatus::Duplicate], &["out_of_order"]);
            }
            let again = Expected {
                statuses: vec![],
                reasons: vec![],
                again: true,
                durable: false,
                lease: None,
            };
            self.expected.entry(id).or_default().push(again);
            return;
        }
        sender.seq = stamp.seq;
        let refusals = self.forbids(stamp.sender, command, ledger_ok);
        let sender = self.senders.entry(stamp.sender).or_default();
        if refusals.is_empty() {
            sender.pending.insert(stamp.seq);
            self.orders.push(Order { stamp: *stamp, command: command.clone() });
        } else {
            sender.answered.insert(stamp.seq);
            self.refused += 1;
            self.expect(id, &[AckStatus::Refused], &refusals);
        }
    }

    /// Every reason for which the clerk may refuse it; none = it goes on to the loop.
    fn forbids(&self, sender: u64, command: &Command, ledger_ok: bool) -> Vec<&'static str> {
        let station = self.keys.iter().position(|k| *k == sender);
        let actuator = |name: &String| self.names.iter().find(|n| n.0 == *name);
        let own = |found: Option<&(String, String, usize)>| match found {
            None => Some("unknown_name"),
            Some(n) if Some(n.2) != station => Some("not_allowed"),
            Some(_) => None,
        };
        match (&command.action, station) {
            (Action::Mode { .. } | Action::Arm { .. } | Action::Reset { .. }, None) => vec![],
            (Action::Manual { value, actuator: name, .. }, None) => {
                let unknown = actuator(name).is_none().then_some("unknown_name");
                unknown.into_iter().chain((!value.is_finite()).then_some("not_finite")).collect()
            }
            (Action::Acquire { actuator: name }, Some(_)) => {
                let lost = (!ledger_ok).then_some("ledger_lost");
                own(actuator(name)).into_iter().chain(lost).collect()
            }
            (Action::Release { actuator: name }, Some(_)) => {
                own(actuator(name)).into_iter().collect()
            }
            (Action::Renew { actuators }, Some(_)) => {
                actuators.iter().filter_map(|name| own(actuator(name))).collect()
            }
            (Action::Set { mailbox, value, unit }, Some(_)) => {
                let wrong = own(self.names.iter().find(|n| n.1 == *mailbox));
                let unit = (unit != "L/min").then_some("wrong_unit");
                let finite = (!value.is_finite()).then_some("not_finite");
                wrong.into_iter().chain(unit).chain(finite).collect()
            }
            _ => vec!["not_allowed"],
        }
    }

    fn expect(&mut self, id: Id, statuses: &[AckStatus], reasons: &[&'static str]) {
        self.expect_lease(id, statuses, reasons, None);
    }

    fn expect_lease(
        &mut self,
        id: Id,
        statuses: &[AckStatus],
        reasons: &[&'static str],
        lease: Option<(usize, u64)>,
    ) {
        let (statuses, reasons) = (statuses.to_vec(), reasons.to_vec());
        let durable = std::mem::take(&mut self.durable);
        let expected = Expected { statuses, reasons, again: false, durable, lease };
        self.expected.entry(id).or_default().push(expected);
    }

    /// The loop begins `tick`, maybe after others that it `missed`: it obeys what had come, then leases
    /// that were not renewed lapse.
    pub fn obey(&mut self, tick: u64, missed: bool) {
        self.missed = missed;
        for of in &mut self.actuators {
            (of.newly_armed, of.unsure) = (false, false);
        }
        for Order { stamp, command } in std::mem::take(&mut self.orders) {
            let id = (stamp.sender, stamp.epoch, stamp.seq);
            self.obeyed.push(id);
            let (from, to) = (stamp.based_on_tick, stamp.not_after_tick);
            if to < from || to - from > self.cap {
                self.refuse(id, "window_too_long");
            } else if from > tick {
                self.refuse(id, "from_the_future");
            } else if tick > to {
                self.refused += 1;
                self.expect(id, &[AckStatus::Expired], &["too_late"]);
            } else {
                self.act(tick, id, from, &command);
            }
        }
        if self.fell || !self.ledger_ok {
            let disarm = !self.signed;
            self.actuators.iter_mut().for_each(|of| of.armed &= !disarm);
        }
        self.fell = false;
        for of in &mut self.actuators {
            if of.lease.held && tick > of.lease.until {
                (of.lease.held, of.armed) = (false, false);
                of.lapses += 1;
            }
        }
    }

    fn refuse(&mut self, id: Id, reason: &'static str) {
        self.durable = false;
        self.refused += 1;
        self.expect(id, &[AckStatus::Refused], &[reason]);
    }

    fn act(&mut self, tick: u64, id: Id, based_on: u64, command: &Command) {
        use AckStatus::{Advisory, Applied, Limited, Refused};
        let station = self.keys.iter().position(|k| *k == id.0);
        let find = |name: &String| self.names.iter().position(|n| n.0 == *name);
        let token = command.token;
        self.durable = !matches!(command.action, Action::Renew { .. });
        match &command.action {
            Action::Mode { mode: Mode::Closed } if !self.permitted => {
                return self.refuse(id, "not_permitted");
            }
            Action::Mode { mode } => {
                self.closed = *mode == Mode::Closed;
                if !self.closed {
                    for of in &mut self.actuators {
                        (of.armed, of.manual) = (false, None);
                    }
                }
                self.expect(id, &[Applied], &[""]);
            }
            Action::Arm { .. } => return self.arm(id),
            Action::Reset { .. } => {
                self.resets += 1;
                for of in &mut self.actuators {
                    (of.tripped, of.lost) = (false, false);
                }
                self.expect(id, &[Applied], &[""]);
            }
            Action::Manual { actuator, value, .. } => {
                let Some(i) = find(actuator) else { return };
                if !self.permitted || self.actuators[i].lost {
                    return self
                        .refuse(id, if self.permitted { "tripped" } else { "not_permitted" });
                }
                let (lo, hi, ..) = self.bounds[i];
                let of = &mut self.actuators[i];
                (of.manual, of.armed) = (Some(value.clamp(lo, hi)), false);
                let status = if (lo..=hi).contains(value) { Applied } else { Limited };
                self.expect(id, &[status], &[""]);
            }
            Action::Acquire { actuator } => {
                let Some(i) = find(actuator) else { return };
                let of = &mut self.actuators[i];
                of.armed &= !(of.lease.held && tick <= of.lease.until);
                let (number, until) = (of.lease.number + 1, tick + self.bounds[i].4);
                of.lease = Lease { held: true, token: None, until, number };
                self.expect_lease(id, &[Applied], &[""], Some((i, number)));
            }
            Action::Renew { actuators } => {
                let Some(i) = find(&actuators[0]) else { return };
                if let Err(reasons) = self.claim(i, token, tick) {
                    self.refused += 1;
                    return self.expect(id, &[Refused], reasons);
                }
                self.actuators[i].lease.until = tick + self.bounds[i].4;
                self.expect(id, &[Applied], &[""]);
            }
            Action::Release { actuator } => {
                let Some(i) = find(actuator) else { return };
                if let Err(reasons) = self.claim(i, token, tick) {
                    self.refused += 1;
                    return self.expect(id, &[Refused], reasons);
                }
                let of = &mut self.actuators[i];
                (of.lease.held, of.armed) = (false, false);
                self.expect(id, &[Applied], &[""]);
            }
            Action::Set { mailbox, value, .. } => {
                let Some(i) = self.names.iter().position(|n| n.1 == *mailbox) else { return };
                let mut own = (0..self.names.len()).filter(|i| Some(self.names[*i].2) == station);
                if token != 0 && !own.any(|i| self.claim(i, token, tick).is_ok()) {
                    return self.refuse(id, "fenced");
                }
                let (_, _, lo, hi, _, ttl) = self.bounds[i];
                self.actuators[i].set = Some((value.clamp(lo, hi), based_on + ttl));
                let inside = if (lo..=hi).contains(value) { Applied } else { Limited };
                self.expect(id, &[inside, Advisory], &[""]);
            }
            _ => {}
        }
        self.applied += 1;
    }

    fn claim(&self, i: usize, token: u64, tick: u64) -> Result<(), &'static [&'static str]> {
        let lease = &self.actuators[i].lease;
        if lease.token != Some(token) {
            // Also the token of a lease that has lapsed, or of one that nobody was told of yet.
            return Err(&["fenced", "no_lease"]);
        }
        if lease.held && tick <= lease.until { Ok(()) } else { Err(&["no_lease"]) }
    }

    fn arm(&mut self, id: Id) {
        use AckStatus::{Applied, Limited, Refused};
        let tripped = self.actuators.iter().filter(|of| of.tripped).count();
        if self.fell || self.missed {
            let statuses = [Applied, Limited, Refused];
            self.expect(id, &statuses, &["", "ledger_lost", "tripped", "not_permitted"]);
            self.actuators.iter_mut().for_each(|of| of.unsure = true);
            return;
        }
        if !self.closed {
            return self.refuse(id, "not_permitted");
        }
        if !self.ledger_ok {
            return self.refuse(id, "ledger_lost");
        }
        for of in self.actuators.iter_mut().filter(|of| !of.tripped) {
            (of.armed, of.manual, of.newly_armed) = (true, None, true);
        }
        if tripped == self.actuators.len() {
            return self.refuse(id, "tripped");
        }
        self.applied += 1;
        self.expect(id, &[if tripped > 0 { Limited } else { Applied }], &[""]);
    }

    /// The clerk has looked into its rings: what was obeyed has its answer from now on.
    pub fn looked(&mut self) {
        for (key, epoch, seq) in self.obeyed.drain(..) {
            let sender = self.senders.entry(key).or_default();
            if sender.epoch == epoch && sender.pending.remove(&seq) {
                sender.answered.insert(seq);
            }
        }
    }

    /// An answer has left the clerk: there must be a command of which it is the answer. True when the
    /// disk has what was done.
    pub fn answer(&mut self, ack: &Ack) -> bool {
        let id = (ack.to, ack.epoch, ack.seq);
        let lost = self.trouble && ack.status == AckStatus::Refused && ack.reason == "ledger_lost";
        let first = self.first.get(&id);
        let waiting = self.expected.entry(id).or_default();
        let fits = |e: &Expected| {
            let said = e.statuses.contains(&ack.status) && e.reasons.contains(&ack.reason.as_str());
            if e.again { first == Some(ack) } else { said }
        };
        let found = waiting.iter().position(fits).or_else(|| {
            // Held back for a row that was lost; or the answer that was changed so is given again.
            let again = |e: &Expected| self.trouble && e.again;
            if lost { (!waiting.is_empty()).then_some(0) } else { waiting.iter().position(again) }
        });
        let Some(at) = found else { panic!("{ack:?} answers nothing; expected {waiting:?}") };
        let expected = waiting.remove(at);
        self.first.entry(id).or_insert_with(|| ack.clone());
        assert!(ack.token.is_none() || expected.lease.is_some() || expected.again, "{ack:?}");
        if let (Some((i, number)), Some(token)) = (expected.lease, ack.token) {
            assert!(token > self.highest_token, "token {token} after {}", self.highest_token);
            self.highest_token = token;
            let lease = &mut self.actuators[i].lease;
            if lease.number == number {
                lease.token = Some(token);
            }
        }
        expected.durable
    }

    /// Commands that the loop has obeyed and nobody has answered.
    pub fn unanswered(&self) -> usize {
        let pending: BTreeSet<Id> =
            self.orders.iter().map(|o| (o.stamp.sender, o.stamp.epoch, o.stamp.seq)).collect();
        self.expected.iter().filter(|(id, e)| !pending.contains(id) && !e.is_empty()).count()
    }
}
