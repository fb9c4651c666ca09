//! Why a record does not replay.

use std::fmt;
use std::path::PathBuf;

use crate::recorder::RecordError;

/// Why a record does not replay.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplayError {
    /// The record cannot be read, or was changed; names the slot where it can.
    Record(RecordError),
    /// The plan in the record cannot be run by this build, or is not the one the record names.
    Plan {
        /// The record.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The inputs are as recorded, the computation gives other bits.
    Divergence(Box<Divergence>),
}

/// The first cycle that gives another hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The record.
    pub path: PathBuf,
    /// Base tick.
    pub tick: u64,
    /// Name of the loop.
    pub loop_name: String,
    /// Cycles that replayed before it.
    pub cycle: u64,
    /// Hash over all slots, as recorded.
    pub recorded: u64,
    /// Hash over all slots, as computed now.
    pub replayed: u64,
    /// Build that recorded; empty when the record does not say.
    pub recorded_build: String,
    /// The first slot that differs; none when the record does not hold it.
    pub node: Option<Node>,
}

/// A slot that holds other bits than recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Base tick in which it was seen: the cycle's own when every slot is recorded, that of the next
    /// keyframe otherwise.
    pub tick: u64,
    /// Label and id of the slot: the operation and its output.
    pub slot: String,
    /// Bits of the value, as recorded.
    pub recorded_bits: u64,
    /// Bits of the value, as computed now.
    pub replayed_bits: u64,
    /// Qualities, as recorded and now.
    pub qualities: (u8, u8),
}

impl ReplayError {
    /// Exit code of a command that ends with this error: 65 for damaged or diverging data, 69 for a file
    /// that cannot be read.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        match self {
            Self::Record(error) => error.exit_code(),
            Self::Plan { .. } | Self::Divergence(_) => 65,
        }
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(error) => error.fmt(f),
            Self::Plan { path, reason } => write!(f, "record {}: plan: {reason}", path.display()),
            Self::Divergence(divergence) => divergence.fmt(f),
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}: tick {}", self.path.display(), self.tick)?;
        if self.loop_name.is_empty() {
            f.write_str(": every cycle replays, what the kernels remember differs")?;
        } else {
            write!(
                f,
                ", loop {}: hash {:016x} recorded, {:016x} replayed; every input of the cycle is as \
                 recorded, {} cycles before it replay",
                self.loop_name, self.recorded, self.replayed, self.cycle
            )?;
        }
        match &self.node {
            Some(node) => write!(f, "; {node}")?,
            None => f.write_str("; record with `slots = \"all\"` to name the operation")?,
        }
        if self.recorded_build.is_empty() || self.recorded_build == crate::recorder::BUILD {
            Ok(())
        } else {
            write!(
                f,
                "; recorded by {}, replayed by {}",
                self.recorded_build,
                crate::recorder::BUILD
            )
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (recorded, replayed) =
            (f64::from_bits(self.recorded_bits), f64::from_bits(self.replayed_bits));
        write!(
            f,
            "first to differ, at tick {}: {}, {:016x} ({recorded:?}, quality {}) recorded, {:016x} \
             ({replayed:?}, quality {}) replayed",
            self.tick,
            self.slot,
            self.recorded_bits,
            self.qualities.0,
            self.replayed_bits,
            self.qualities.1
        )
    }
}

impl std::error::Error for ReplayError {}
