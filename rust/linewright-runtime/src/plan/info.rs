//! What a plan declares, by kind; the position in each list is the index used by sources and sinks.

use super::{Fallback, Priority};
use crate::driver::Channel;

/// A measured channel the plan reads.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ChannelInfo {
    /// Full name, for example `"coater.mass_flow"`.
    pub name: String,
    /// Unit in canonical spelling.
    pub unit: String,
    /// `file.py:LINE` of its first use.
    pub at: String,
}

/// A front end: what it makes channels of, and which.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FrontEndInfo {
    /// Full name, for example `"welder.burst"`.
    pub name: String,
    /// Station it belongs to.
    pub station: String,
    /// Name of its kernel.
    pub kernel: String,
    /// Config of the kernel, checked.
    pub config: serde_json::Value,
    /// Blocks it takes, units in canonical spelling.
    pub blocks: Vec<Channel>,
    /// Channels it gives, units in canonical spelling.
    pub channels: Vec<Channel>,
    /// `file.py:LINE` of the wiring.
    pub at: String,
}

/// An actuator the plan drives or asks about.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ActuatorInfo {
    /// Full name, for example `"coater.pump_flow"`.
    pub name: String,
    /// Unit in canonical spelling.
    pub unit: String,
    /// Loop whose output drives it; none when it is only asked about.
    pub loop_i: Option<usize>,
    /// Station of that loop, or of the first that asks.
    pub station: String,
    /// `file.py:LINE` of the claim, or of the first use.
    pub at: String,
}

/// A set-point from outside the loop.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MailboxInfo {
    /// Full name.
    pub name: String,
    /// Station that may set it.
    pub station: String,
    /// Unit in canonical spelling.
    pub unit: String,
    /// Value before the first set-point, and after the last when `fallback` is `default`.
    pub default: f64,
    /// Lowest value, in `unit`.
    pub lo: f64,
    /// Highest value, in `unit`.
    pub hi: f64,
    /// Ticks a set-point stays fresh at most.
    pub ttl_ticks: u64,
    /// What it gives when not fresh.
    pub fallback: Fallback,
}

/// A row of values over web length, from outside the loop.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ProfileInfo {
    /// Full name.
    pub name: String,
    /// Station that may send it.
    pub station: String,
    /// Unit of its values in canonical spelling.
    pub unit: String,
}

/// A tunable number.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ParamInfo {
    /// Full name.
    pub name: String,
    /// Station it belongs to.
    pub station: String,
    /// Unit in canonical spelling.
    pub unit: String,
    /// Value at the start.
    pub value: f64,
    /// Lowest value, in `unit`.
    pub lo: f64,
    /// Highest value, in `unit`.
    pub hi: f64,
}

/// A number an event carries.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct EvidenceInfo {
    /// What it is called.
    pub label: String,
    /// Unit in canonical spelling.
    pub unit: String,
}

/// Something a loop detects.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct EventInfo {
    /// Full name.
    pub name: String,
    /// Station of its loop.
    pub station: String,
    /// Loop that fires it.
    pub loop_i: usize,
    /// What it carries, in the order the sink is given; sorted by label.
    pub evidence: Vec<EvidenceInfo>,
    /// Rule that fires it, with its version.
    pub rule: String,
    /// What it asks for.
    pub decision: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Ticks it stays quiet after firing.
    pub refractory_ticks: u64,
}

/// A value given out now and then.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TapInfo {
    /// Topic, full name.
    pub topic: String,
    /// Station of its loop.
    pub station: String,
    /// Unit in canonical spelling.
    pub unit: String,
    /// Ticks between two values.
    pub every_ticks: u64,
}

/// A value given out along the web.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MapInfo {
    /// Full name.
    pub name: String,
    /// Station of its loop.
    pub station: String,
    /// Unit of its values in canonical spelling.
    pub unit: String,
    /// Distance between points, m.
    pub step_m: f64,
}

/// One slot of a loop.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SlotInfo {
    /// Id in the plan.
    pub id: String,
    /// What it is, for example `"input coater.mass_flow"`; empty for plain arithmetic.
    pub label: String,
    /// Unit in canonical spelling.
    pub unit: String,
}

/// One loop.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LoopInfo {
    /// Full name, for example `"coater.flow"`.
    pub name: String,
    /// Station it belongs to.
    pub station: String,
    /// Cycles per second.
    pub rate_hz: u32,
    /// Base ticks per cycle.
    pub divisor: u64,
    /// How many of `slots` are source slots; those come first and are what a record stores.
    pub sources: usize,
    /// All slots in frame order.
    pub slots: Vec<SlotInfo>,
}
