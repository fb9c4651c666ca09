//! The clerk's thread of a live core: link, ledger, record. It may wait; the loop does not notice.

use super::link::Link;
use super::looks::Looks;
use super::loop_thread::LoopThread;
use super::notify::Notify;
use super::room::Room;
use super::rt::{Obtained, thread_counts};
use super::signals::stop_asked;
use crate::clerk::Clerk;
use crate::clock::{
    StepWatch, monotonic_ns, sharpen_timers, sleep_until_ns, tick_ns, wall_label_ns, wall_label_s,
};
use crate::config::CoreConfig;
use crate::core::StartError;
use crate::ledger::Kind;
use crate::order::Action;
use serde_json::json;

/// Rings are emptied this often while no bus is there, ns.
const ALONE_NS: u64 = 5_000_000;
/// Group commit while an answer waits: so many times as long as the last one took after it, so that
/// syncing never is all the clerk does.
const COMMIT_TIMES: u64 = 4;
/// The same at most, ns: a handful of syncs of a good disk.
const COMMIT_NS: u64 = 2_000_000;
/// Commit when nobody waits, ns.
const IDLE_COMMIT_NS: u64 = 200_000_000;
/// State to everybody, changed or not, ns.
const BEACON_NS: u64 = 1_000_000_000;
/// A lost ledger is tried again this often, ns.
const RETRY_NS: u64 = 500_000_000;
/// The room on the disk of the ledger is looked at this often, ns.
const ROOM_NS: u64 = 250_000_000;
/// How long to wait for views of the actuators before telling what is known, ns.
const VIEWS_NS: u64 = 500_000_000;

struct Times {
    commit_ns: u64,
    commit_gap_ns: u64,
    beacon_ns: u64,
    retry_ns: u64,
    room_ns: u64,
    asked_ns: Option<u64>,
    wall: StepWatch,
    budget_ns: u64,
    window_ns: u64,
    looks: Looks,
    room: Option<Room>,
}

/// What does not change while it runs, for status.
pub struct Facts {
    /// What of real time was obtained; holds what must stay open.
    pub obtained: Obtained,
    /// The loop thread, as the kernel names it.
    pub thread_id: i32,
}

/// Runs until a signal, the end of the plant or the last tick; gives the exit code.
///
/// # Errors
/// Link cannot be made.
pub fn run(
    config: &CoreConfig,
    thread: LoopThread,
    mut clerk: Clerk,
    facts: &Facts,
) -> Result<i32, StartError> {
    let host = |what: &str, e: std::io::Error| StartError::Host(format!("{what}: {e}"));
    let mut link = match &config.link {
        Some(file) => Some(Link::listen(&file.path).map_err(|e| host(&file.path, e))?),
        None => None,
    };
    let now = monotonic_ns();
    let mut times = Times {
        commit_ns: now,
        commit_gap_ns: COMMIT_NS,
        beacon_ns: now,
        retry_ns: now,
        room_ns: 0,
        asked_ns: None,
        wall: StepWatch::default(),
        budget_ns: now,
        window_ns: (config.budgets.window_s * 1e9) as u64,
        looks: Looks::new(tick_ns(1, u64::from(config.time.base_hz))),
        room: config.ledger.as_ref().and_then(|file| Room::of(file.path.as_ref())),
    };
    sharpen_timers();
    let mut notify = Notify::from_environment();
    while !stop_asked() && !thread.ended() {
        round(&mut clerk, link.as_mut(), &mut times, facts);
        notify.look(thread.ticks_done(), monotonic_ns());
    }
    let reason = if stop_asked() { "signal" } else { "done" };
    thread.stop();
    let ended = thread.join();
    clerk.pump();
    let driver = match ended {
        Some((mut executive, tick)) => executive.close(tick).map_err(|e| e.to_string()),
        None => Err("the loop thread died".to_owned()),
    };
    let closed = driver.and(clerk.close(reason));
    if let Some(link) = &mut link {
        link.queue(clerk.take_frames(), false);
        link.flush();
    }
    if let Err(error) = &closed {
        eprintln!("{}", json!({"error": error}));
    }
    Ok(if closed.is_err() { 69 } else { 0 })
}

/// How long to wait for frames.
fn until_ns(clerk: &Clerk, link: &Link, times: &mut Times, now_ns: u64) -> u64 {
    if !link.connected() {
        return now_ns + ALONE_NS;
    }
    let (ticks, began_ns) = clerk.last_tick();
    let look_ns = times.looks.next_ns(now_ns, ticks, began_ns, clerk.awaits_loop());
    if clerk.wants_commit() { look_ns.min(times.commit_ns + times.commit_gap_ns) } else { look_ns }
}

/// One round: frames in, records out, files, frames out.
fn round(clerk: &mut Clerk, mut link: Option<&mut Link>, times: &mut Times, facts: &Facts) {
    match link.as_deref_mut() {
        Some(link) => {
            let now = monotonic_ns();
            link.wait(until_ns(clerk, link, times, now).saturating_sub(now));
            let before = link.connections();
            link.accept();
            link.receive(|frame| clerk.submit(frame));
            if link.connections() != before {
                times.beacon_ns = 0; // a newcomer gets the state at once
            }
        }
        None => drop(sleep_until_ns(monotonic_ns() + ALONE_NS)),
    }
    clerk.pump();
    // What waits for no row goes before the disk is waited for.
    send(clerk, link.as_deref_mut());
    let now = monotonic_ns();
    if let Some(step_ns) = times.wall.look(now, wall_label_ns()) {
        let body = json!({"step_s": step_ns as f64 / 1e9, "wall_s": wall_label_s()});
        clerk.note(Kind::ClockStep, "", &body);
    }
    if now - times.budget_ns >= times.window_ns {
        clerk.mind_budgets();
        times.budget_ns = now;
    }
    if now - times.room_ns >= ROOM_NS {
        if let Some(free_bytes) = times.room.as_ref().and_then(Room::free_bytes) {
            clerk.mind_room(free_bytes);
        }
        times.room_ns = now;
    }
    let wait_ns = if clerk.wants_commit() { times.commit_gap_ns } else { IDLE_COMMIT_NS };
    if now - times.commit_ns >= wait_ns {
        clerk.commit();
        times.commit_ns = monotonic_ns();
        times.commit_gap_ns = (COMMIT_TIMES * (times.commit_ns - now)).min(COMMIT_NS);
    } else if !clerk.wants_commit() {
        clerk.release_held();
    }
    if clerk.ledger_healthy() {
        times.retry_ns = now;
    } else if now - times.retry_ns >= RETRY_NS {
        clerk.mind_ledger();
        times.retry_ns = now;
    }
    if now.saturating_sub(times.beacon_ns) >= BEACON_NS {
        clerk.want_state();
        times.beacon_ns = now;
    }
    tell(clerk, times, now, link.as_deref(), facts);
    send(clerk, link);
}

fn send(clerk: &mut Clerk, link: Option<&mut Link>) {
    let frames = clerk.take_frames();
    if let Some(link) = link {
        link.queue(frames, false);
        link.flush();
    }
}

/// State and status need views of the actuators, which the loop gives when asked.
fn tell(clerk: &mut Clerk, times: &mut Times, now: u64, link: Option<&Link>, facts: &Facts) {
    if !clerk.wants_views() {
        return;
    }
    match times.asked_ns {
        None => {
            clerk.forget_views();
            if clerk.order(Action::Report) {
                times.asked_ns = Some(now);
            }
        }
        Some(asked) if clerk.has_views() || now - asked > VIEWS_NS => {
            clerk.set_host(json!({
                "real_time": facts.obtained.to_json(), "link": link.map(Link::to_json),
                "pid": std::process::id(), "loop_thread": thread_counts(facts.thread_id),
            }));
            clerk.tell();
            times.asked_ns = None;
        }
        Some(_) => {}
    }
}
