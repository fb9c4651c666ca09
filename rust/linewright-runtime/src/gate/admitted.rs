//! The value a driver accepts, and that only the gate can make.

use crate::record::{Intent, Origin};

/// A write that passed every check of the gate. The fields are private and the only constructor is
/// visible inside `gate` alone, so no other code can make what a driver accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Admitted {
    actuator: usize,
    value: f64,
    tick: u64,
    id: u64,
    origin: Origin,
    limited: bool,
    rate_limited: bool,
    budget_limited: bool,
}

impl Admitted {
    /// The one constructor: what `intent` said, for the driver's `actuator`.
    pub(super) fn new(actuator: usize, intent: &Intent, tick: u64) -> Self {
        Self {
            actuator,
            value: intent.value,
            tick,
            id: intent.id(tick),
            origin: intent.origin,
            limited: intent.limited,
            rate_limited: intent.rate_limited,
            budget_limited: intent.budget_limited,
        }
    }

    /// Number of the command; the ledger has it with its intent and its result.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Who asked for it.
    #[inline]
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Clamped to a limit.
    #[inline]
    #[must_use]
    pub fn limited(&self) -> bool {
        self.limited
    }

    /// Held back by the rate.
    #[inline]
    #[must_use]
    pub fn rate_limited(&self) -> bool {
        self.rate_limited
    }

    /// Held back by the nudge budget.
    #[inline]
    #[must_use]
    pub fn budget_limited(&self) -> bool {
        self.budget_limited
    }

    /// Index of the actuator in `Driver::actuators()`.
    #[inline]
    #[must_use]
    pub fn actuator(&self) -> usize {
        self.actuator
    }

    /// Value in the actuator's unit: finite, within its limits, within its rate.
    #[inline]
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Base tick of the write.
    #[inline]
    #[must_use]
    pub fn tick(&self) -> u64 {
        self.tick
    }
}
