//! Records: what the loop thread tells the clerk. Fixed size, `Copy`, no text.

mod permits;

pub use permits::Permits;

use crate::sample::Quality;

/// Most evidence values one event carries.
pub const EVIDENCE_MAX: usize = 8;

/// One thing that happened, in the order it happened. Class "must": never dropped while the gate
/// acts (a full ring ends the acting).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Base tick.
    pub tick: u64,
    /// Clock when it was recorded, ns.
    pub mono_ns: u64,
    /// What.
    pub body: Body,
}

/// Clock at the stages of one tick, ns. Simulated: all equal to the tick's scheduled time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stages {
    /// When the tick should have started.
    pub scheduled_ns: u64,
    /// When it started.
    pub wake_ns: u64,
    /// After every channel was read.
    pub read_ns: u64,
    /// After the loops were executed.
    pub execute_ns: u64,
    /// After the last write.
    pub write_ns: u64,
}

/// The body of a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Body {
    /// A detector fired.
    Event {
        /// Index in `Plan::events()`.
        event: u16,
        /// How many of `evidence` are used.
        count: u8,
        /// Evidence in the order of its labels.
        evidence: [f64; EVIDENCE_MAX],
        /// Parameter epoch in force.
        epoch: u64,
        /// Times of the tick it fired in.
        stages: Stages,
    },
    /// What the gate is about to write (or would, in advisory mode).
    Intent(Intent),
    /// What became of a write, one loop cycle later.
    Result {
        /// Index of the actuator.
        actuator: u16,
        /// The value written.
        value: f64,
        /// What the plant reports; NaN when it does not.
        read_back: f64,
        /// Within the tolerance; false too when there is no read-back.
        confirmed: bool,
        /// Tick of the write.
        written_tick: u64,
    },
    /// The gate rejected an output; first of a row, `Tally` has the count.
    Rejected {
        /// Index of the actuator.
        actuator: u16,
        /// What was asked for.
        requested: f64,
        /// Its quality.
        quality: Quality,
    },
    /// What became of a command.
    Outcome {
        /// The clerk's name for the command.
        slot: u32,
        /// Status.
        status: Status,
        /// Why, when refused.
        reason: Refusal,
        /// Value put into effect, where there is one; NaN otherwise.
        value: f64,
    },
    /// An actuator changed its state.
    State {
        /// Index of the actuator.
        actuator: u16,
        /// State it left.
        from: GateState,
        /// State it entered.
        to: GateState,
        /// Why.
        cause: Cause,
    },
    /// A lease was not renewed in time.
    LeaseLapsed {
        /// Index of the actuator.
        actuator: u16,
        /// Its token, never valid again.
        token: u64,
        /// Last tick it was held in.
        until_tick: u64,
    },
    /// The mode of the whole core changed.
    Mode {
        /// The mode now.
        mode: Mode,
    },
    /// Something an operator must see.
    Alarm {
        /// Index of the actuator; `u16::MAX` = the core itself.
        actuator: u16,
        /// What.
        cause: Cause,
        /// The value it is about (limited request, read-back, count); NaN when there is none.
        value: f64,
    },
    /// Base ticks left out after a pause; the count is exact.
    Missed {
        /// First tick left out.
        first_tick: u64,
        /// How many.
        count: u64,
    },
    /// A loop moved on its ladder.
    Rung {
        /// Index in `Plan::loops()`.
        loop_index: u16,
        /// Rung it left.
        from: Rung,
        /// Rung it is on.
        to: Rung,
        /// Late cycles in a row.
        late_in_a_row: u64,
        /// Late cycles in the window.
        late_in_window: u64,
    },
    /// Counters of one loop since start.
    Tally {
        /// Index in `Plan::loops()`.
        loop_index: u16,
        /// Cycles executed.
        cycles: u64,
        /// Cycles left out.
        missed: u64,
    },
    /// Counters of one channel since start.
    ChannelTally {
        /// Index in `Driver::channels()`, those of the plan's front ends behind them.
        channel: u16,
        /// Base ticks read.
        samples: u64,
        /// Of those, not finite or Bad.
        bad: u64,
    },
    /// Counters of one actuator since start.
    ActuatorTally {
        /// Index of the actuator.
        actuator: u16,
        /// Counters.
        counters: Counters,
    },
    /// The state of one actuator, asked for by [`crate::order::Action::Report`].
    View {
        /// Index of the actuator.
        actuator: u16,
        /// State.
        view: View,
    },
}

/// The state of one actuator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// State.
    pub state: GateState,
    /// Last value known to stand at the actuator; NaN = unknown.
    pub value: f64,
    /// Permits held.
    pub permits: Permits,
    /// Armed by an operator.
    pub armed: bool,
    /// Held where it is, because its loop does not keep its time.
    pub held: bool,
    /// Latched trip.
    pub tripped: Option<Cause>,
    /// Station that holds the lease.
    pub holder: Option<u16>,
    /// Token in force, or the highest seen.
    pub token: u64,
    /// Counters.
    pub counters: Counters,
}

/// What an actuator counts since start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Values written.
    pub writes: u64,
    /// Outputs rejected: not finite or Bad.
    pub rejected: u64,
    /// Outputs clamped to a limit.
    pub limited: u64,
    /// Outputs held back by the rate.
    pub rate_limited: u64,
    /// Outputs held back by the nudge budget.
    pub budget_limited: u64,
    /// Writes that found the record ring full: fallback, manual, or signed for by the site.
    pub unrecorded: u64,
}

/// What the gate is about to write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intent {
    /// Index of the actuator.
    pub actuator: u16,
    /// Value that will be written.
    pub value: f64,
    /// Value before.
    pub before: f64,
    /// What was asked for, before limits; the target for fallback and manual.
    pub requested: f64,
    /// Who asked.
    pub origin: Origin,
    /// Clamped to a limit.
    pub limited: bool,
    /// Held back by the rate limit.
    pub rate_limited: bool,
    /// Held back by the nudge budget.
    pub budget_limited: bool,
    /// Advisory: nothing will be written.
    pub advisory: bool,
    /// Token of the lease in force; 0 without one.
    pub token: u64,
    /// Parameter epoch in force.
    pub epoch: u64,
}

/// Number of the command to the gate's `actuator` in `tick`: there is at most one, so the two make a
/// number of its own, which rises from start to end of a run.
#[must_use]
pub const fn command_id(tick: u64, actuator: u16) -> u64 {
    tick << 16 | actuator as u64
}

impl Intent {
    /// Number of the command, when this is the intent of `tick`.
    #[must_use]
    pub const fn id(&self, tick: u64) -> u64 {
        command_id(tick, self.actuator)
    }
}

/// Who asked for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The loop that claims the actuator.
    Loop,
    /// The declared fallback.
    Fallback,
    /// The operator.
    Manual,
}

/// Mode of the core. Starts as `Advisory`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Computes and records what it would do, writes nothing.
    Advisory,
    /// Writes where every permit is held.
    Closed,
}

/// State of one actuator at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateState {
    /// Nothing is written; the read-back is followed.
    Advisory,
    /// The loop's output is written.
    Closed,
    /// The operator's value is written.
    Manual,
    /// A permit was lost: the declared fallback.
    Fallback,
}

/// Why a state changed or an alarm was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Every permit is held.
    Permitted,
    /// An operator's order.
    Operator,
    /// Lease not renewed in time.
    LeaseLapsed,
    /// Lease given back.
    LeaseReleased,
    /// Lease asked for anew while it was held: its holder was restarted.
    LeaseTakenAnew,
    /// The mode is advisory.
    ModeAdvisory,
    /// Output rejected three cycles in a row.
    OutputBad,
    /// Output rejected for so long that it tripped.
    QualityTrip,
    /// Ledger or record ring lost.
    LedgerLost,
    /// Three limited outputs in a row.
    LimitedInARow,
    /// The loop has moved its actuator as far as the nudge budget lets it.
    NudgeBudgetSpent,
    /// Limited for so long that it tripped.
    LimitStorm,
    /// Read-back off by more than its tolerance for too long.
    ReadBackMismatch,
    /// Its loop did not keep its deadline and came to the rung `safe`.
    OverrunBurst,
    /// The plant has gone, or gone safe by itself.
    PlantLost,
    /// Fallback reached its end.
    FallbackDone,
    /// The core stops.
    Stopping,
}

/// How far a loop is from keeping its deadline; each includes what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Rung {
    /// As it should be.
    #[default]
    InTime,
    /// Told.
    Warn,
    /// Telemetry is dropped, then sheddable slower loops.
    Shed,
    /// Its outputs stay where they are.
    Hold,
    /// Its outputs are at their fallback, latched.
    Safe,
}

impl Rung {
    /// Name in ledger, status and line file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InTime => "in_time",
            Self::Warn => "warn",
            Self::Shed => "shed",
            Self::Hold => "hold",
            Self::Safe => "safe",
        }
    }

    /// As a number, for a counter that another thread reads.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self as u64
    }

    /// Back from [`Rung::to_u64`]; what is none is `Safe`.
    #[must_use]
    pub const fn from_u64(x: u64) -> Self {
        match x {
            0 => Self::InTime,
            1 => Self::Warn,
            2 => Self::Shed,
            3 => Self::Hold,
            _ => Self::Safe,
        }
    }
}

/// Status of a command, as acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In effect.
    Applied,
    /// Taken, but the station's actuators are not under its control.
    Advisory,
    /// In effect after being clamped.
    Limited,
    /// Not in effect; see the reason.
    Refused,
    /// Came outside its window.
    Expired,
    /// An id that was seen before and whose answer is no longer kept.
    Duplicate,
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Not refused.
    None,
    /// Frame that is not of this protocol.
    Malformed,
    /// Frame of a kind the core does not take.
    UnknownKind,
    /// Sender key unknown.
    UnknownSender,
    /// Key known, right missing.
    NotAllowed,
    /// Epoch below the highest seen.
    OldEpoch,
    /// Sequence number not above the highest seen.
    OutOfOrder,
    /// `based_on` after now.
    FromTheFuture,
    /// `not_after` before now.
    TooLate,
    /// Window longer than allowed, or reversed.
    WindowTooLong,
    /// Names something that does not exist.
    UnknownName,
    /// Unit differs.
    WrongUnit,
    /// A value that is not finite.
    NotFinite,
    /// Outside the declared range.
    OutOfRange,
    /// Lease held by somebody else.
    LeaseHeld,
    /// Token below the one in force.
    Fenced,
    /// No lease.
    NoLease,
    /// The line file does not permit closed loop.
    NotPermitted,
    /// Tripped; a reset is needed first.
    Tripped,
    /// Ledger lost.
    LedgerLost,
    /// Too many orders at once.
    Busy,
    /// The line states a recipe, and the arm brings no certificate for it.
    NoCertificate,
    /// A certificate that was changed, or certifies no release.
    BadCertificate,
    /// The certificate is for another recipe.
    WrongRecipe,
    /// The certificate rests on another calibration.
    WrongCalibration,
    /// The certificate has expired, or is from the future.
    CertificateExpired,
}

/// A value for whoever looks; dropped and counted when nobody keeps up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Telemetry {
    /// Base tick.
    pub tick: u64,
    /// What.
    pub body: TelemetryBody,
}

/// The body of a [`Telemetry`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TelemetryBody {
    /// A tapped value.
    Tap {
        /// Index in `Plan::taps()`.
        tap: u16,
        /// Value in the tap's unit.
        value: f64,
        /// Its quality.
        quality: Quality,
    },
    /// One point of a web map.
    MapPoint {
        /// Index in `Plan::maps()`.
        map: u16,
        /// Web metre.
        position_m: f64,
        /// Value in the map's unit.
        value: f64,
        /// Its quality.
        quality: Quality,
    },
}
