//! The plan: what the Python graph is lowered to, checked here and nowhere else.
//!
//! JSON: `{"version":1,"base_hz":30,"params":[...],"loops":[{"name","station","rate_hz","ops":[...]}]}`;
//! an op is `{"op":..., "out":[slot ids], "at":"file.py:LINE", ...}`. Beside `loops` a plan may have
//! `"front_ends":[{"name","station","kernel","config":{},"blocks":[{"name","unit"}],"channels":[{"name","unit"}]}]`,
//! whose channels loops read like the driver's. Every problem is collected, none
//! stops the search. Unit rules are those of [`crate::unit`]; a number without a unit takes that of
//! what it is added to or compared with.

mod check;
mod decl;
mod front;
mod hash;
mod info;
mod lower;
mod problem;
mod register;
mod retune;
mod units;

pub use self::decl::{Fallback, Priority};
pub use self::info::{
    ActuatorInfo, ChannelInfo, EventInfo, EvidenceInfo, FrontEndInfo, LoopInfo, MailboxInfo,
    MapInfo, ParamInfo, ProfileInfo, SlotInfo, TapInfo,
};
pub use self::problem::{PlanErrors, Problem};
pub use self::retune::Retune;

use self::decl::OpDecl;
use crate::driver::{BlockInfo, Channel};
use crate::exec::Slot;
use crate::unit::{Conversion, Unit};

/// Fastest base rate accepted, Hz: beyond it a tick is shorter than a wake-up is late.
pub const MAX_BASE_HZ: u32 = 20_000;

/// One op with its slots resolved.
#[derive(Debug, Clone)]
pub(crate) struct CheckedOp {
    pub decl: OpDecl,
    /// Slots read, in the order of [`OpDecl::reads`].
    pub reads: Vec<Slot>,
    /// First slot written.
    pub out: Slot,
    /// Index in the list of its kind (channel, actuator, event, ...).
    pub index: u32,
    /// Of a `convert`.
    pub conversion: Conversion,
    pub at: String,
}

impl CheckedOp {
    /// The number and its slot when this is a constant: it is put into the frame once and is no
    /// operation of the loop.
    pub fn constant(&self) -> Option<(Slot, f64)> {
        match self.decl {
            OpDecl::Const { value, .. } => Some((self.out, value)),
            _ => None,
        }
    }
}

/// A checked plan.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) json: String,
    pub(crate) hash: [u8; 32],
    pub(crate) base_hz: u32,
    pub(crate) loops: Vec<LoopInfo>,
    pub(crate) front_ends: Vec<FrontEndInfo>,
    pub(crate) channels: Vec<ChannelInfo>,
    pub(crate) actuators: Vec<ActuatorInfo>,
    pub(crate) mailboxes: Vec<MailboxInfo>,
    pub(crate) profiles: Vec<ProfileInfo>,
    pub(crate) params: Vec<ParamInfo>,
    pub(crate) events: Vec<EventInfo>,
    pub(crate) taps: Vec<TapInfo>,
    pub(crate) maps: Vec<MapInfo>,
    pub(crate) ops: Vec<Vec<CheckedOp>>,
}

/// Every problem of a plan; none when it can run.
pub fn check_plan(json: &str) -> Vec<Problem> {
    match Plan::from_json(json).and_then(|plan| plan.lower().map(drop)) {
        Ok(()) => Vec::new(),
        Err(PlanErrors(problems)) => problems,
    }
}

impl Plan {
    /// Reads and checks a plan.
    ///
    /// # Errors
    /// Every problem found.
    pub fn from_json(json: &str) -> Result<Self, PlanErrors> {
        check::check(json)
    }

    /// The text it was read from.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// SHA-256 of the canonical text; file names and lines of the wiring do not count.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// Base ticks per second.
    pub fn base_hz(&self) -> u32 {
        self.base_hz
    }

    /// Loops in the order they run.
    pub fn loops(&self) -> &[LoopInfo] {
        &self.loops
    }

    /// Channels read, of the driver and of the front ends.
    pub fn channels(&self) -> &[ChannelInfo] {
        &self.channels
    }

    /// Actuators driven or asked about.
    pub fn actuators(&self) -> &[ActuatorInfo] {
        &self.actuators
    }

    /// Mailboxes read.
    pub fn mailboxes(&self) -> &[MailboxInfo] {
        &self.mailboxes
    }

    /// Profiles read.
    pub fn profiles(&self) -> &[ProfileInfo] {
        &self.profiles
    }

    /// Parameters declared.
    pub fn params(&self) -> &[ParamInfo] {
        &self.params
    }

    /// Events that may fire.
    pub fn events(&self) -> &[EventInfo] {
        &self.events
    }

    /// Taps.
    pub fn taps(&self) -> &[TapInfo] {
        &self.taps
    }

    /// Web maps.
    pub fn maps(&self) -> &[MapInfo] {
        &self.maps
    }

    /// Constants of all loops.
    pub(crate) fn constants(&self) -> impl Iterator<Item = (Slot, f64)> {
        self.ops.iter().flatten().filter_map(CheckedOp::constant)
    }

    /// Slots of all loops together.
    pub(crate) fn slot_count(&self) -> usize {
        self.loops.iter().map(|of| of.slots.len()).sum()
    }

    /// Checks that a driver has every channel, actuator and block of the plan, in the plan's units.
    ///
    /// # Errors
    /// Everything that is missing, has another unit, or another length.
    pub fn check_driver(
        &self,
        channels: &[Channel],
        actuators: &[Channel],
        blocks: &[BlockInfo],
    ) -> Result<(), PlanErrors> {
        let read = self.channels.iter().filter(|c| self.front_channel(c).is_none());
        let mut problems: Vec<_> = read
            .filter_map(|c| offer_problem("input", "channel", &c.name, &c.unit, &c.at, channels))
            .collect();
        problems.extend(self.actuators.iter().filter_map(|a| {
            offer_problem("output", "actuator", &a.name, &a.unit, &a.at, actuators)
        }));
        problems.extend(self.front_problems(channels, blocks));
        if problems.is_empty() { Ok(()) } else { Err(PlanErrors(problems)) }
    }
}

/// The problem with `name` when the driver does not offer it in `unit`.
fn offer_problem(
    op: &str,
    kind: &str,
    name: &str,
    unit: &str,
    at: &str,
    offers: &[Channel],
) -> Option<Problem> {
    let problem = |expected: String, got: String, message: String| Problem {
        op: op.into(),
        edge: name.into(),
        expected,
        got,
        at: at.into(),
        message,
        ..Problem::default()
    };
    let Some(offer) = offers.iter().find(|offer| offer.name == name) else {
        let names: Vec<_> = offers.iter().map(|offer| offer.name.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let message = format!("the driver has no such {kind}; it has: {names}");
        return Some(problem(String::new(), String::new(), message));
    };
    let same = Unit::parse(&offer.unit).is_ok_and(|of| of.to_string() == unit);
    (!same).then(|| {
        let message = format!("declare it in \"{}\" and convert with .to(\"{unit}\")", offer.unit);
        problem(
            format!("\"{}\" as the driver gives it", offer.unit),
            format!("\"{unit}\""),
            message,
        )
    })
}
