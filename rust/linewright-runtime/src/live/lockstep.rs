//! The lock-step process: simulated time advances from barrier to barrier (decision 0005).

use super::link::Link;
use super::notify::Notify;
use super::signals::stop_asked;
use crate::clock::monotonic_ns;
use crate::config::CoreConfig;
use crate::core::{Core, StartError};
use linewright_wire::{Kind, peek};
use serde_json::json;

/// How long a lock-step waits for a bus that is not there, ns.
const BUS_WAIT_NS: u64 = 30_000_000_000;
/// How often it looks whether it is to stop, ns.
const LOOK_NS: u64 = 100_000_000;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Signal,
    NoBus,
}

/// Runs to the end; gives the exit code.
///
/// # Errors
/// The link cannot be made.
pub fn run(config: &CoreConfig, core: &mut Core) -> Result<i32, StartError> {
    let mut link = match &config.link {
        Some(file) => Some(
            Link::listen(&file.path)
                .map_err(|e| StartError::Host(format!("{}: {e}", file.path)))?,
        ),
        None => None,
    };
    let end = steps(config, core, link.as_mut());
    let reason = match end {
        End::Done => "done",
        End::Signal => "signal",
        End::NoBus => "bus lost",
    };
    let closed = core.close(reason);
    if let Some(link) = &mut link {
        link.queue(core.drain(), true);
        send_all(link, None);
    }
    if let Err(error) = &closed {
        eprintln!("{}", json!({"error": error}));
    }
    Ok(if end == End::NoBus || closed.is_err() { 69 } else { 0 })
}

fn steps(config: &CoreConfig, core: &mut Core, mut link: Option<&mut Link>) -> End {
    let until = config.time.until_tick.unwrap_or(u64::MAX);
    let step = config.lockstep_ticks();
    let mut notify = Notify::from_environment();
    loop {
        if stop_asked() {
            return End::Signal;
        }
        if let Some(link) = link.as_deref_mut() {
            let end = barrier(core, link);
            if end != End::Done {
                return end;
            }
        } else {
            drop(core.drain_step());
        }
        if core.next_tick() >= until || core.finished() {
            return End::Done;
        }
        let next = core.next_tick().saturating_add(step).min(until);
        core.advance(next);
        notify.look(next, monotonic_ns());
    }
}

/// One barrier: sends, then takes commands until the bus says it is through. When the bus is
/// lost and comes back the barrier is sent again; commands given twice are answered once.
fn barrier(core: &mut Core, link: &mut Link) -> End {
    let tick = core.next_tick();
    let frames = core.drain_step();
    loop {
        if !link.connected() && !await_bus(link) {
            return if stop_asked() { End::Signal } else { End::NoBus };
        }
        link.clear();
        link.queue(frames.clone(), true);
        if !send_all(link, Some(&stop_asked)) {
            if stop_asked() {
                return End::Signal;
            }
            continue;
        }
        if let Some(end) = answers(core, link, tick) {
            return end;
        }
    }
}

fn await_bus(link: &mut Link) -> bool {
    let deadline = monotonic_ns() + BUS_WAIT_NS;
    while !stop_asked() && monotonic_ns() < deadline {
        link.wait(LOOK_NS);
        link.accept();
        if link.connected() {
            return true;
        }
    }
    false
}

/// Sends everything queued, waiting for room; false when the bus has gone or `stop` says so.
fn send_all(link: &mut Link, stop: Option<&dyn Fn() -> bool>) -> bool {
    let deadline = monotonic_ns() + 1_000_000_000;
    loop {
        link.flush();
        if link.idle() {
            return true;
        }
        // Without `stop` this is the end of the run: a bus that does not read has a second.
        let over = stop.map_or_else(|| monotonic_ns() > deadline, |stop| stop());
        if !link.connected() || over {
            return false;
        }
        link.wait(LOOK_NS);
    }
}

/// Commands until `StepDone`; none when the bus has gone, or another has come in its place.
fn answers(core: &mut Core, link: &mut Link, tick: u64) -> Option<End> {
    let mut done = false;
    let connections = link.connections();
    loop {
        let there = link.receive(|frame| {
            // The bus alone is at the other end, and it keeps the stations' own answers to itself.
            if peek(frame).is_ok_and(|h| h.kind == Kind::StepDone) {
                done |= step_of(frame) == Some(tick);
            } else {
                core.submit(frame);
            }
        });
        if done {
            return Some(End::Done);
        }
        if !there || link.connections() != connections {
            return None;
        }
        if stop_asked() {
            return Some(End::Signal);
        }
        link.wait(LOOK_NS);
        link.accept();
    }
}

fn step_of(frame: &[u8]) -> Option<u64> {
    match linewright_wire::decode(frame) {
        Ok((_, linewright_wire::Message::StepDone(done))) => Some(done.tick),
        _ => None,
    }
}
