//! Orders: what the clerk asks of the loop thread. Boxes travel back to be dropped off the loop.

use crate::plan::Retune;
use crate::record::Mode;
use crate::sample::Profile;

/// One order with the window in which it may act.
#[derive(Debug)]
pub struct Order {
    /// The clerk's name for the command this came from; [`Order::NO_SLOT`] = nobody waits.
    pub slot: u32,
    /// Base tick the sender's knowledge is from.
    pub based_on_tick: u64,
    /// Last base tick in which the order may act.
    pub not_after_tick: u64,
    /// What to do.
    pub action: Action,
}

impl Order {
    /// Slot of an order nobody waits for.
    pub const NO_SLOT: u32 = u32::MAX;
}

/// What an order does. Indices are those of the plan (`Plan::mailboxes()` and so on).
#[derive(Debug)]
pub enum Action {
    /// Sets a mailbox; the clerk has checked right, unit and finiteness and clamped to its range.
    Set {
        /// Index of the mailbox.
        mailbox: u16,
        /// Value in the mailbox's unit.
        value: f64,
        /// The value was clamped.
        limited: bool,
        /// Fencing token of the sender; 0 = it holds none.
        token: u64,
        /// Station that sends.
        station: u16,
    },
    /// Gives the lease of an actuator to a station under a new, higher token.
    Lease {
        /// Index of the actuator.
        actuator: u16,
        /// Station that holds it from now on.
        station: u16,
        /// The new token.
        token: u64,
    },
    /// Renews a lease.
    Renew {
        /// Index of the actuator.
        actuator: u16,
        /// Station that claims to hold it.
        station: u16,
        /// Token it claims to hold it under.
        token: u64,
    },
    /// Gives a lease back.
    Release {
        /// Index of the actuator.
        actuator: u16,
        /// Station that claims to hold it.
        station: u16,
        /// Token it claims to hold it under.
        token: u64,
    },
    /// Operator: asks for a mode.
    Mode(Mode),
    /// Operator: arms every actuator that is not tripped; ends manual.
    Arm,
    /// Operator: clears trips; does not arm.
    Reset,
    /// Operator: takes an actuator into manual at `value`.
    Manual {
        /// Index of the actuator.
        actuator: u16,
        /// Value in the actuator's unit; clamped to its limits, reached under its rate limit.
        value: f64,
    },
    /// Changes parameters in one step at a cycle boundary.
    Params(Box<ParamUpdate>),
    /// Replaces a profile.
    Profile {
        /// Index of the profile.
        profile: u16,
        /// The new one; comes back as the old one.
        new: Box<Profile>,
        /// Fencing token of the sender; 0 = it holds none.
        token: u64,
        /// Station that sends.
        station: u16,
    },
    /// From the clerk itself: give a [`crate::record::Body::View`] of every actuator.
    Report,
    /// From the clerk itself: whether the ledger can still be written.
    LedgerHealth(bool),
}

/// New values of parameters, applied together.
#[derive(Debug)]
pub struct ParamUpdate {
    /// All values and what follows from them, designed off the loop.
    pub retune: Retune,
    /// Parameter epoch after the change; rises by one per update.
    pub epoch: u64,
    /// Fencing token of the sender; 0 = it holds none.
    pub token: u64,
    /// Station that sends.
    pub station: u16,
}

/// What comes back from the loop to be dropped.
#[derive(Debug)]
pub enum Spent {
    /// A used parameter update.
    Params(Box<ParamUpdate>),
    /// The profile that was replaced.
    Profile(Box<Profile>),
}
