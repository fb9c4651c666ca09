//! The border to the plant: what a driver must offer, and nothing about who implements it.

use crate::gate::Admitted;
pub use crate::sample::{Quality, Reading};
use serde_json::Value;
use std::fmt;
use std::os::fd::RawFd;
use std::sync::Arc;

/// Name and unit of one measured channel or one actuator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Channel {
    /// Full name, for example `"coater.pump_flow"`.
    pub name: String,
    /// Unit string as in a plan, for example `"L/min"`.
    pub unit: String,
}

impl Channel {
    /// A channel called `name` in `unit`.
    pub fn new(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { name: name.into(), unit: unit.into() }
    }
}

/// What a driver offers in blocks: many numbers at once, too many for the cycle frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInfo {
    /// Name and unit of every number, for example `"welder.plasma"` in `"V"`.
    pub channel: Channel,
    /// Most numbers a block holds; all of them unless the block is of variable length.
    pub len: usize,
}

impl BlockInfo {
    /// Blocks called `name` of at most `len` numbers in `unit`.
    pub fn new(name: impl Into<String>, unit: impl Into<String>, len: usize) -> Self {
        Self { channel: Channel::new(name, unit), len }
    }
}

/// A driver could not be closed, or could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverError {
    /// What failed, for a person.
    pub message: String,
}

impl DriverError {
    /// With a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DriverError {}

/// What a driver shows to other threads while the loop runs.
pub trait DriverShown: fmt::Debug + Send + Sync {
    /// For status.
    fn to_json(&self) -> Value;
}

/// A plant: real, recorded or simulated. Called from the loop thread; no method may block longer
/// than its share of the tick, allocate, lock or panic.
///
/// Order within a base tick: [`read`](Driver::read) once, then [`block`](Driver::block) as often as
/// front ends ask, then [`read_back`](Driver::read_back) per actuator, then [`write`](Driver::write) for those the gate admits,
/// then [`end`](Driver::end). A simulated plant
/// steps in `read`: it applies what was written in the ticks before and then measures. Base ticks
/// come in rising order; after a pause of a live line some are left out.
pub trait Driver: Send {
    /// Measured channels, fixed for the driver's life; the order is that of `read`'s slice.
    fn channels(&self) -> &[Channel];
    /// Actuators, fixed for the driver's life.
    fn actuators(&self) -> &[Channel];
    /// Brings every channel up to date for `tick`; `inputs` has one place per channel and keeps
    /// its content between calls. No value: `value` NaN with [`Quality::Bad`].
    fn read(&mut self, tick: u64, inputs: &mut [Reading]);
    /// Blocks it offers beside its channels, fixed for the driver's life. They do not enter a loop by
    /// themselves: a front end of the plan makes channels of them.
    fn blocks(&self) -> &[BlockInfo] {
        &[]
    }
    /// Block `i`, in the tick of the last [`read`](Driver::read) alone if that tick made it complete. A
    /// number of it that is none is NaN.
    fn block(&self, _i: usize) -> Option<&[f64]> {
        None
    }
    /// Puts out what the gate admitted. Only the executive calls it, only the gate makes the value.
    fn write(&mut self, tick: u64, admitted: &Admitted);
    /// The actuator's value as the plant reports it; `None` when the plant does not.
    fn read_back(&mut self, actuator: usize) -> Option<f64>;
    /// Gives the actuator back to the machine's own control (fallback `release_to_plc`).
    fn release(&mut self, _tick: u64, _actuator: usize) {}
    /// Called last in every tick: whatever is to leave in one piece leaves now.
    fn end(&mut self, _tick: u64) {}
    /// Whether the plant cannot be acted on any more: gone, or gone safe by itself. The gate trips on
    /// it; asked once a tick, after [`read`](Driver::read).
    fn lost(&mut self) -> bool {
        false
    }
    /// An operator has cleared the trips: a plant that has gone safe may come back.
    fn reset(&mut self) {}
    /// Readable when there is something to read, for a loop that is paced by its plant; another one
    /// may be given after each tick.
    fn wait_fd(&self) -> Option<RawFd> {
        None
    }
    /// Counters for status, readable while the loop runs.
    fn shown(&self) -> Option<Arc<dyn DriverShown>> {
        None
    }
    /// True when there is nothing more to read (a recording at its end).
    fn finished(&self) -> bool {
        false
    }
    /// Writes out what is left and lets go; called once, off the loop.
    ///
    /// # Errors
    /// What could not be written or closed.
    fn close(&mut self) -> Result<(), DriverError> {
        Ok(())
    }
}
