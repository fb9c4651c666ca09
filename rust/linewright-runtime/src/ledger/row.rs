//! A row of the ledger.

use std::fmt;
use std::str::FromStr;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A core started: build, plan hash, seeds, configuration.
    Start,
    /// The mode changed, or an operator armed or reset.
    Mode,
    /// A lease was given, lapsed or given back.
    Lease,
    /// A command and what became of it.
    Command,
    /// A detector fired.
    Detection,
    /// A station chose.
    Decision,
    /// What the gate is about to write.
    Intent,
    /// What became of a write.
    Result,
    /// A command or an output was refused.
    Refused,
    /// A read-back that differs from what was written.
    ReadBack,
    /// Something an operator must see.
    Alarm,
    /// State and mode of a machine, as its station tells them.
    State,
    /// A roll, tray or other unit is finished.
    Production,
    /// An order for a recipe, or what became of it.
    Order,
    /// What a person did with an alarm.
    Handling,
    /// What one shift tells the next.
    Note,
    /// Parameters changed.
    Params,
    /// A profile was replaced.
    Profile,
    /// Counters.
    Tally,
    /// The wall clock, and with it every label of time, has jumped.
    ClockStep,
    /// Old rows are removed: which, and why.
    Retention,
    /// The core stopped in order.
    Stop,
}

impl Kind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Self; 22] = [
        Self::Start,
        Self::Mode,
        Self::Lease,
        Self::Command,
        Self::Detection,
        Self::Decision,
        Self::Intent,
        Self::Result,
        Self::Refused,
        Self::ReadBack,
        Self::Alarm,
        Self::State,
        Self::Production,
        Self::Order,
        Self::Handling,
        Self::Note,
        Self::Params,
        Self::Profile,
        Self::Tally,
        Self::ClockStep,
        Self::Retention,
        Self::Stop,
    ];

    /// Name in the `kind` column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Mode => "mode",
            Self::Lease => "lease",
            Self::Command => "command",
            Self::Detection => "detection",
            Self::Decision => "decision",
            Self::Intent => "intent",
            Self::Result => "result",
            Self::Refused => "refused",
            Self::ReadBack => "readback",
            Self::Alarm => "alarm",
            Self::State => "state",
            Self::Production => "production",
            Self::Order => "order",
            Self::Handling => "handling",
            Self::Note => "note",
            Self::Params => "params",
            Self::Profile => "profile",
            Self::Tally => "tally",
            Self::ClockStep => "clock_step",
            Self::Retention => "retention",
            Self::Stop => "stop",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKind(pub String);

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no ledger kind \"{}\"; known are", self.0)?;
        Kind::ALL.iter().try_for_each(|kind| write!(f, " {kind}"))
    }
}

impl std::error::Error for UnknownKind {}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownKind(word.to_owned()))
    }
}

/// A row to append; borrowed, so that the caller keeps its buffers.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Base tick it happened in.
    pub tick: u64,
    /// Core clock, ns; simulated: a function of the tick.
    pub mono_ns: u64,
    /// What it is about.
    pub kind: Kind,
    /// Station concerned; empty = the core itself.
    pub station: &'a str,
    /// The rest, as one JSON object.
    pub body_json: &'a str,
}

/// A row as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// Number of the row, from 1 without gap.
    pub seq: u64,
    /// Base tick it happened in.
    pub tick: u64,
    /// Core clock, ns.
    pub mono_ns: u64,
    /// What it is about; see [`Kind`].
    pub kind: String,
    /// Station concerned; empty = the core itself.
    pub station: String,
    /// The rest, JSON text.
    pub body_json: String,
    /// Chain value of the row.
    pub hash: [u8; 32],
}
