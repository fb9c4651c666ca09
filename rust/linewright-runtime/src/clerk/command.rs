//! From a command on the wire to an order for the loop.

use super::names::{Names, Role};
use super::{Clerk, Pending};
use crate::executive::ORDERS_OF_THE_OPERATOR;
use crate::ledger::Kind;
use crate::order::{Action as Do, Order, ParamUpdate};
use crate::record::{Mode, Refusal};
use crate::sample::Profile;
use linewright_wire::{Action, Command, Header, Mode as WireMode, RecordKind, Value as Wire};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A command made ready for the loop.
pub(super) struct Ready {
    pub orders: Vec<Do>,
    pub kind: Kind,
    pub token: Option<u64>,
    pub params: Vec<(u16, f64)>,
    pub loud: bool,
}

impl Ready {
    fn one(kind: Kind, action: Do) -> Self {
        Self { orders: vec![action], kind, token: None, params: Vec::new(), loud: true }
    }
}

/// The action as the ledger keeps it; long values are counted, not copied.
pub(super) fn action_json(action: &Action) -> Value {
    let mut value = serde_json::to_value(action).unwrap_or(Value::Null);
    if let Action::Profile { values, .. } = action {
        let finite = values.iter().filter(|x| x.is_finite());
        let (n, sum) = finite.fold((0u64, 0.0), |(n, sum), x| (n + 1, sum + x));
        value["values"] = json!({"count": values.len(), "known": n, "mean": sum / n as f64});
    }
    value
}

/// Kind and body of the row, when an action asks for one and for nothing else.
pub(super) fn recorded(role: Role, action: &Action) -> Option<Result<(Kind, Value), Refusal>> {
    let (kind, may) = match action {
        Action::Decide { .. } => (Kind::Decision, true),
        Action::Record { kind, body } => {
            let operator = role == Role::Operator;
            let named =
                matches!(body.get("operator"), Some(Wire::Text(name)) if !name.trim().is_empty());
            match kind {
                RecordKind::Alarm => (Kind::Alarm, operator),
                RecordKind::State => (Kind::State, true),
                RecordKind::Production => (Kind::Production, true),
                RecordKind::Order => (Kind::Order, true),
                RecordKind::Handling => (Kind::Handling, operator && named),
                RecordKind::Note => (Kind::Note, operator && named),
            }
        }
        _ => return None,
    };
    if !may {
        return Some(Err(Refusal::NotAllowed));
    }
    let mut body = action_json(action);
    Some(Ok(match action {
        Action::Record { .. } => (kind, body["body"].take()),
        _ => {
            body.as_object_mut().map(|map| map.remove("do"));
            (kind, body)
        }
    }))
}

impl Clerk {
    /// Checks role and content; gives what the loop has to do.
    pub(super) fn prepare(&mut self, role: Role, command: &Command) -> Result<Ready, Refusal> {
        match (role, &command.action) {
            (Role::Operator, Action::Mode { mode }) => {
                let mode = match mode {
                    WireMode::Advisory => Mode::Advisory,
                    WireMode::Closed => Mode::Closed,
                };
                Ok(Ready::one(Kind::Mode, Do::Mode(mode)))
            }
            (Role::Operator, Action::Arm { operator, certificate }) => {
                let ready = named(operator, Do::Arm)?;
                self.certified(certificate.as_deref())?;
                Ok(ready)
            }
            (Role::Operator, Action::Reset { operator }) => named(operator, Do::Reset),
            (Role::Operator, Action::Manual { actuator, value, operator }) => {
                let actuator = index(self.names.actuator_index(actuator))?;
                let value = finite(*value)?;
                let ready = named(operator, Do::Manual { actuator, value })?;
                Ok(Ready { kind: Kind::Command, ..ready })
            }
            (Role::Station(station), action) => {
                self.prepare_station(station, command.token, action)
            }
            (Role::Operator, Action::Params { values }) => {
                // A person tunes within the bounds of the plan, in the name of the station that
                // declares the parameters; all of one command are of one station.
                let station = self.declares(values.keys().next())?;
                self.params(station, 0, values)
            }
            (Role::Operator, _) => Err(Refusal::NotAllowed),
        }
    }

    fn declares(&self, param: Option<&String>) -> Result<u16, Refusal> {
        let plan = self.names.plan.params();
        let i = plan.iter().position(|p| Some(&p.name) == param).ok_or(Refusal::UnknownName)?;
        index(self.names.stations.iter().position(|s| s.params.contains(&i)))
    }

    fn prepare_station(
        &mut self,
        station: u16,
        token: u64,
        action: &Action,
    ) -> Result<Ready, Refusal> {
        match action {
            Action::Acquire { actuator } => self.acquire(station, actuator),
            Action::Renew { actuators } => {
                let mut orders = Vec::new();
                for name in actuators {
                    let actuator = self.own_actuator(station, name)?;
                    orders.push(Do::Renew { actuator, station, token });
                }
                if orders.is_empty() {
                    return Err(Refusal::UnknownName);
                }
                let kind = Kind::Lease;
                Ok(Ready { orders, kind, token: None, params: Vec::new(), loud: false })
            }
            Action::Release { actuator } => {
                let actuator = self.own_actuator(station, actuator)?;
                Ok(Ready::one(Kind::Lease, Do::Release { actuator, station, token }))
            }
            Action::Set { mailbox, value, unit } => {
                self.set(station, token, (mailbox, *value, unit))
            }
            Action::Profile { profile, roll, origin_m, step_m, values, registered_at_m } => {
                let new = Profile {
                    roll: *roll,
                    origin_m: finite(*origin_m)?,
                    step_m: finite(*step_m)?,
                    values: values.clone(),
                    registered_at_m: finite(*registered_at_m)?,
                    set_tick: 0,
                };
                self.profile(station, token, profile, new)
            }
            Action::Params { values } => self.params(station, token, values),
            Action::Decide { .. }
            | Action::Record { .. }
            | Action::Mode { .. }
            | Action::Arm { .. }
            | Action::Reset { .. }
            | Action::Manual { .. } => Err(Refusal::NotAllowed),
        }
    }

    fn own_actuator(&self, station: u16, name: &str) -> Result<u16, Refusal> {
        let i = index(self.names.actuator_index(name))?;
        if self.names.owner(usize::from(i)) == Some(station) {
            Ok(i)
        } else {
            Err(Refusal::NotAllowed)
        }
    }

    /// A new token, durable before the gate hears of it.
    fn acquire(&mut self, station: u16, name: &str) -> Result<Ready, Refusal> {
        let actuator = self.own_actuator(station, name)?;
        self.token += 1;
        let token = self.token;
        let kept = self.keeping(|store| {
            store.retain("lease.token", token);
            store.commit()
        });
        if !kept {
            return Err(Refusal::LedgerLost);
        }
        let ready = Ready::one(Kind::Lease, Do::Lease { actuator, station, token });
        Ok(Ready { token: Some(token), ..ready })
    }

    fn set(
        &self,
        station: u16,
        token: u64,
        (name, value, unit): (&str, f64, &str),
    ) -> Result<Ready, Refusal> {
        let plan = &self.names.plan;
        let mailbox = index(plan.mailboxes().iter().position(|m| m.name == name))?;
        allowed(&self.names, station, |s| s.mailboxes.contains(&usize::from(mailbox)))?;
        let info = &plan.mailboxes()[usize::from(mailbox)];
        if info.unit != unit {
            return Err(Refusal::WrongUnit);
        }
        let clamped = finite(value)?.clamp(info.lo, info.hi);
        let limited = clamped != value;
        let action = Do::Set { mailbox, value: clamped, limited, token, station };
        Ok(Ready::one(Kind::Command, action))
    }

    fn profile(
        &self,
        station: u16,
        token: u64,
        name: &str,
        new: Profile,
    ) -> Result<Ready, Refusal> {
        let profile = index(self.names.plan.profiles().iter().position(|p| p.name == name))?;
        allowed(&self.names, station, |s| s.profiles.contains(&usize::from(profile)))?;
        if new.step_m == 0.0 || new.values.is_empty() {
            return Err(Refusal::OutOfRange);
        }
        let action = Do::Profile { profile, new: Box::new(new), token, station };
        Ok(Ready::one(Kind::Profile, action))
    }

    fn params(
        &mut self,
        station: u16,
        token: u64,
        values: &BTreeMap<String, f64>,
    ) -> Result<Ready, Refusal> {
        let mut all = self.params.clone();
        let mut changed = Vec::new();
        for (name, value) in values {
            let i = index(self.names.plan.params().iter().position(|p| p.name == *name))?;
            allowed(&self.names, station, |s| s.params.contains(&usize::from(i)))?;
            all[usize::from(i)] = finite(*value)?;
            changed.push((i, *value));
        }
        changed.sort_by_key(|(i, _)| *i);
        let retune = self.names.plan.retune(&all).map_err(|_| Refusal::OutOfRange)?;
        self.param_epoch += 1;
        let update = Box::new(ParamUpdate { retune, epoch: self.param_epoch, token, station });
        let ready = Ready::one(Kind::Params, Do::Params(update));
        Ok(Ready { params: changed, ..ready })
    }

    /// Hands a ready command to the loop under one slot.
    pub(super) fn dispatch(
        &mut self,
        role: Role,
        header: &Header,
        action: Value,
        ready: Ready,
    ) -> Result<(), Refusal> {
        let kept = if role == Role::Operator { 0 } else { ORDERS_OF_THE_OPERATOR };
        if self.ports.orders.slots() < ready.orders.len() + kept {
            return Err(Refusal::Busy);
        }
        let stamp = &header.stamp;
        let pending = Pending {
            role,
            sender: stamp.sender,
            epoch: stamp.epoch,
            seq: stamp.seq,
            kind: ready.kind,
            action,
            owed: ready.orders.len() as u32,
            worst: None,
            token: ready.token,
            params: ready.params,
            loud: ready.loud,
        };
        let slot = self.pending.iter().position(Option::is_none).unwrap_or(self.pending.len());
        if slot == self.pending.len() {
            self.pending.push(None);
        }
        self.pending[slot] = Some(pending);
        for action in ready.orders {
            let order = Order {
                slot: slot as u32,
                based_on_tick: stamp.based_on_tick,
                not_after_tick: stamp.not_after_tick,
                action,
            };
            // There is room: `slots` was asked above, and this is the only writer.
            drop(self.ports.orders.push(order));
        }
        Ok(())
    }
}

fn named(operator: &str, action: Do) -> Result<Ready, Refusal> {
    if operator.trim().is_empty() {
        return Err(Refusal::NotAllowed);
    }
    Ok(Ready::one(Kind::Mode, action))
}

fn index(found: Option<usize>) -> Result<u16, Refusal> {
    found.and_then(|i| u16::try_from(i).ok()).ok_or(Refusal::UnknownName)
}

fn finite(value: f64) -> Result<f64, Refusal> {
    if value.is_finite() { Ok(value) } else { Err(Refusal::NotFinite) }
}

fn allowed(
    names: &Names,
    station: u16,
    may: impl Fn(&super::Station) -> bool,
) -> Result<(), Refusal> {
    let station = names.stations.get(usize::from(station)).ok_or(Refusal::NotAllowed)?;
    if may(station) { Ok(()) } else { Err(Refusal::NotAllowed) }
}
