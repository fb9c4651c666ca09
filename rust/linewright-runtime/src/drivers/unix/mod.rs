//! A plant in a process of its own, at the other end of a UNIX `SEQPACKET` socket: values come in,
//! heartbeats with writes go out, one page of format in `docs/drivers.md`.
//!
//! Live, a tick costs two system calls: one takes every datagram that has come, one sends the
//! heartbeat of the tick with the writes of the tick in it. Nothing waits. A peer that falls silent
//! is stale input; one that stays silent, goes away or says that its dead-man is latched is a lost
//! plant, which the gate latches. In lock-step the driver waits for the samples of each tick.

mod format;
mod hello;
mod port;
mod shown;

use crate::clock::{monotonic_ns, tick_ns};
use crate::driver::{Channel, Driver, DriverError, DriverShown, Reading};
use crate::gate::Admitted;
use crate::live::stop_asked;
use crate::seqpacket::{self, Batch};
use format::{HEADER, Reason, SAMPLE, Write};
use hello::LONGEST;
use port::Port;
use serde::Deserialize;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;

/// How long a lock-step waits for its peer, ns.
const WAIT_NS: u64 = 30_000_000_000;
/// How often it looks whether it is to stop, ms.
const LOOK_MS: i32 = 100;
/// Batches taken in one tick at most; a peer that sends more than this has to wait.
const ROUNDS: usize = 8;
/// A peer's dead-man waits this long for a heartbeat, or two and a half base ticks when they are longer,
/// ns: it is to be safe after 100 ms or three ticks, and needs some of it to find out.
const DEAD_MAN_NS: u64 = 80_000_000;

/// Where the plant is and what it has.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnixPlace {
    /// Socket the core listens on.
    pub path: PathBuf,
    /// Name and unit of every channel.
    pub channels: Vec<(String, String)>,
    /// Name and unit of every actuator.
    #[serde(default)]
    pub actuators: Vec<(String, String)>,
    /// A peer silent for longer is a lost plant, seconds; above three base ticks, at most 60.
    pub silent_s: f64,
    /// Number of this run of the core, in every datagram and in the start row of the ledger.
    #[serde(default)]
    pub session: u64,
    /// Wait for the samples of each tick: simulated time.
    #[serde(default)]
    pub lockstep: bool,
}

/// The core's end.
#[derive(Debug)]
pub struct UnixDriver {
    path: PathBuf,
    listener: OwnedFd,
    batch: Batch,
    port: Port,
    hz: u64,
    lockstep: bool,
    /// Why there is nothing more to come; empty = somebody asked to stop.
    ended: Option<&'static str>,
    closed: bool,
}

impl UnixDriver {
    /// Listens; the peer may come at any time.
    ///
    /// # Errors
    /// A name or unit too long, `silent_s` out of range, or a path that cannot be listened at.
    pub fn listen(place: &UnixPlace, base_hz: u32) -> Result<Self, DriverError> {
        let hz = u64::from(base_hz.max(1));
        let period_ns = 1_000_000_000 / hz;
        let named = |list: &[(String, String)]| -> Vec<Channel> {
            list.iter().map(|(name, unit)| Channel::new(name, unit)).collect()
        };
        let (channels, actuators) = (named(&place.channels), named(&place.actuators));
        let long = |c: &&Channel| c.name.len() > LONGEST || c.unit.len() > LONGEST;
        if let Some(c) = channels.iter().chain(&actuators).find(long) {
            return Err(DriverError::new(format!("{}: longer than {LONGEST} bytes", c.name)));
        }
        if channels.len().max(actuators.len()) > usize::from(u16::MAX) {
            return Err(DriverError::new("more than 65535 channels or actuators"));
        }
        let least_s = 3.0 * period_ns as f64 * 1e-9;
        if !(place.silent_s > least_s && place.silent_s <= 60.0) {
            let text = format!(
                "silent_s must be above three base ticks = {least_s} s and at most 60, was {}",
                place.silent_s
            );
            return Err(DriverError::new(text));
        }
        let size = hello::size(&channels, &actuators)
            .max((channels.len() + actuators.len()) * SAMPLE)
            + HEADER;
        let listener = seqpacket::listen(&place.path, 1)
            .map_err(|e| DriverError::new(format!("{}: {e}", place.path.display())))?;
        let dead_man_ns = if place.lockstep { 0 } else { DEAD_MAN_NS.max(5 * period_ns / 2) };
        let silent_ns = (place.silent_s * 1e9) as u64;
        Ok(Self {
            path: place.path.clone(),
            listener,
            batch: Batch::new(size),
            port: Port::new(
                channels,
                actuators,
                port::Terms {
                    hz,
                    lockstep: place.lockstep,
                    session: place.session,
                    silent_ns,
                    dead_man_ns,
                },
            ),
            hz,
            lockstep: place.lockstep,
            ended: None,
            closed: false,
        })
    }

    /// Takes what has come; true when samples for `tick` were among it.
    fn take(&mut self, tick: u64) -> bool {
        if self.port.fd().is_none() {
            self.port.connect(seqpacket::accept(self.listener.as_raw_fd()));
        }
        let mut came = false;
        for _ in 0..ROUNDS {
            let Some(fd) = self.port.fd() else { return came };
            let Ok(count) = self.batch.receive(fd) else {
                self.port.lose();
                return came;
            };
            for i in 0..count {
                came |= self.port.datagram(self.batch.datagram(i), tick);
            }
            if !Batch::full(count) {
                break;
            }
        }
        came
    }

    fn await_samples(&mut self, tick: u64) {
        let deadline_ns = monotonic_ns() + WAIT_NS;
        while self.ended.is_none() && !self.take(tick) {
            if self.port.lost() {
                self.ended = Some("the plant's peer has gone");
            } else if stop_asked() {
                self.ended = Some("");
            } else if monotonic_ns() > deadline_ns {
                self.ended = Some("the plant's peer gave no samples within 30 s");
            } else {
                seqpacket::wait_readable(self.raw_fd(), LOOK_MS);
            }
        }
    }

    fn raw_fd(&self) -> RawFd {
        self.port.fd().unwrap_or(self.listener.as_raw_fd())
    }
}

impl Driver for UnixDriver {
    fn channels(&self) -> &[Channel] {
        &self.port.channels
    }

    fn actuators(&self) -> &[Channel] {
        &self.port.actuators
    }

    fn read(&mut self, tick: u64, inputs: &mut [Reading]) {
        if self.lockstep {
            self.port.now_ns = tick_ns(tick, self.hz);
            self.await_samples(tick);
        } else {
            self.port.now_ns = monotonic_ns();
            self.take(tick);
            self.port.mind_silence();
        }
        self.port.fill(tick, inputs);
    }

    fn write(&mut self, tick: u64, admitted: &Admitted) {
        let write = Write {
            actuator: 0,
            reason: Reason::from(admitted.origin()),
            flags: u8::from(admitted.limited()) | u8::from(admitted.rate_limited()) << 1,
            value: admitted.value(),
            id: admitted.id(),
            tick,
        };
        self.port.put(admitted.actuator(), write);
    }

    fn release(&mut self, tick: u64, actuator: usize) {
        let reason = Reason::Release;
        let write = Write { actuator: 0, reason, flags: 0, value: f64::NAN, id: 0, tick };
        self.port.put(actuator, write);
    }

    fn read_back(&mut self, actuator: usize) -> Option<f64> {
        self.port.read_back(actuator)
    }

    fn end(&mut self, tick: u64) {
        self.port.send_tick(tick);
    }

    fn lost(&mut self) -> bool {
        self.port.lost_now()
    }

    fn reset(&mut self) {
        self.port.reset();
    }

    fn finished(&self) -> bool {
        self.ended.is_some()
    }

    fn wait_fd(&self) -> Option<RawFd> {
        Some(self.raw_fd())
    }

    fn shown(&self) -> Option<Arc<dyn DriverShown>> {
        Some(self.port.shown())
    }

    fn close(&mut self) -> Result<(), DriverError> {
        self.port.lose();
        if !std::mem::replace(&mut self.closed, true) {
            drop(std::fs::remove_file(&self.path)); // later it may be another core's
        }
        match self.ended {
            None | Some("") => Ok(()),
            Some(why) => Err(DriverError::new(why)),
        }
    }
}

impl Drop for UnixDriver {
    fn drop(&mut self) {
        if !self.closed {
            drop(std::fs::remove_file(&self.path));
        }
    }
}
