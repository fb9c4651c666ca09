//! Names of the plan and the line, resolved once: who may touch what, by index.

use crate::config::{ConfigError, CoreConfig, StationRights};
use crate::driver::Channel;
use crate::gate::Limits;
use crate::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// A station with its rights as indices.
#[derive(Debug, Clone)]
pub struct Station {
    /// Name.
    pub name: String,
    /// Sender key.
    pub key: u64,
    /// Mailboxes it may set.
    pub mailboxes: BTreeSet<usize>,
    /// Profiles it may send.
    pub profiles: BTreeSet<usize>,
    /// Parameters it may change.
    pub params: BTreeSet<usize>,
    /// Actuators it may lease.
    pub actuators: BTreeSet<usize>,
}

/// Who sent a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The station of this number.
    Station(u16),
    /// An operator.
    Operator,
}

/// Everything the clerk looks up.
#[derive(Debug)]
pub struct Names {
    /// Name of the line.
    pub line: String,
    /// The checked plan.
    pub plan: Plan,
    /// Stations in the order of their names.
    pub stations: Vec<Station>,
    /// Actuators of the gate: the plan's first.
    pub actuators: Vec<Limits>,
    /// Channels of the driver, then of the front ends.
    pub channels: Vec<Channel>,
    roles: BTreeMap<u64, Role>,
}

impl Names {
    /// Resolves the rights of every station.
    ///
    /// # Errors
    /// Names that are not in the plan, keys that are 0 or used twice.
    pub fn new(
        config: &CoreConfig,
        plan: Plan,
        actuators: Vec<Limits>,
        channels: Vec<Channel>,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let mut roles = BTreeMap::new();
        if config.operator_key != 0 {
            roles.insert(config.operator_key, Role::Operator);
        }
        let mut stations = Vec::new();
        for (name, rights) in &config.stations {
            let taken = roles.insert(rights.key, Role::Station(stations.len() as u16));
            if rights.key == 0 || taken.is_some() {
                let key = format!("stations.{name}");
                errors.push(ConfigError::new(key, "key", "a key of its own, not 0", rights.key));
            }
            stations.push(station(name, rights, &plan, &actuators, &mut errors));
        }
        let names = Self { line: config.line.clone(), plan, stations, actuators, channels, roles };
        for (i, limits) in names.actuators.iter().enumerate() {
            if names.owner(i).is_none() {
                errors.push(ConfigError::new(
                    format!("actuators.{}", limits.name),
                    "owner",
                    "a station that lists this actuator",
                    &limits.owner,
                ));
            }
        }
        if errors.is_empty() { Ok(names) } else { Err(errors) }
    }

    /// Who a sender key belongs to.
    #[must_use]
    pub fn role(&self, key: u64) -> Option<Role> {
        self.roles.get(&key).copied()
    }

    /// Number of the station that owns actuator `i` and lists it among its own.
    #[must_use]
    pub fn owner(&self, i: usize) -> Option<u16> {
        let owner = &self.actuators.get(i)?.owner;
        let found = self.stations.iter().position(|s| s.name == *owner)?;
        self.stations[found].actuators.contains(&i).then_some(found as u16)
    }

    /// Name of a station; empty for the core and operators.
    #[must_use]
    pub fn station_name(&self, role: Role) -> &str {
        match role {
            Role::Station(i) => self.stations.get(usize::from(i)).map_or("", |s| &s.name),
            Role::Operator => "",
        }
    }

    /// What a sender is called in the files: its station, or `operator`.
    #[must_use]
    pub fn sender_label(&self, role: Role) -> &str {
        match role {
            Role::Station(_) => self.station_name(role),
            Role::Operator => "operator",
        }
    }

    /// Every sender key and whose it is.
    pub fn senders(&self) -> impl Iterator<Item = (u64, Role)> {
        self.roles.iter().map(|(key, role)| (*key, *role))
    }

    /// Limits of actuator `i`.
    #[must_use]
    pub fn actuator(&self, i: u16) -> Option<&Limits> {
        self.actuators.get(usize::from(i))
    }

    /// Index of the actuator `name`.
    #[must_use]
    pub fn actuator_index(&self, name: &str) -> Option<usize> {
        self.actuators.iter().position(|a| a.name == name)
    }
}

fn station(
    name: &str,
    rights: &StationRights,
    plan: &Plan,
    actuators: &[Limits],
    errors: &mut Vec<ConfigError>,
) -> Station {
    let mut resolve = |field: &str, wanted: &[String], known: Vec<&str>| -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for want in wanted {
            match known.iter().position(|k| k == want) {
                Some(i) => drop(found.insert(i)),
                None => errors.push(ConfigError::new(
                    format!("stations.{name}"),
                    field,
                    format!("names of the plan: {}", known.join(", ")),
                    want,
                )),
            }
        }
        found
    };
    Station {
        name: name.to_owned(),
        key: rights.key,
        mailboxes: resolve(
            "mailboxes",
            &rights.mailboxes,
            plan.mailboxes().iter().map(|m| m.name.as_str()).collect(),
        ),
        profiles: resolve(
            "profiles",
            &rights.profiles,
            plan.profiles().iter().map(|p| p.name.as_str()).collect(),
        ),
        params: resolve(
            "params",
            &rights.params,
            plan.params().iter().map(|p| p.name.as_str()).collect(),
        ),
        actuators: resolve(
            "actuators",
            &rights.actuators,
            actuators.iter().map(|a| a.name.as_str()).collect(),
        ),
    }
}
