//! The loop thread: wakes at every base tick and runs the executive. It shares nothing with other
//! threads but rings, counters and one flag.

use super::rt::{self, Obtained};
use crate::clock::{Woken, monotonic_ns, sleep_until_ns, tick_ns, wait_readable_until_ns};
use crate::config::{CoreConfig, Pacing};
use crate::executive::Executive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};

/// Time between the start of the thread and tick 0, ns.
const LEAD_NS: u64 = 10_000_000;

/// The thread of the loops: it asks for its rights first, and runs when it is given what to run.
pub struct LoopThread {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    obtained: mpsc::Receiver<(Obtained, i32)>,
    give: mpsc::Sender<Executive>,
    handle: JoinHandle<Option<(Executive, u64)>>,
}

impl LoopThread {
    /// Starts it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(config: &CoreConfig) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let done = Arc::new(AtomicU64::new(0));
        let (tell, obtained) = mpsc::channel();
        let (give, given) = mpsc::channel();
        let (flag, count, live) = (Arc::clone(&stop), Arc::clone(&done), config.live.clone());
        let spins = live.pacing == Pacing::Spin;
        let pace = Pace {
            hz: u64::from(config.time.base_hz.max(1)),
            until: config.time.until_tick.unwrap_or(u64::MAX),
            spin_ns: if spins { u64::from(live.spin_us) * 1000 } else { 0 },
        };
        let handle = Builder::new().name("linewright-loop".into()).spawn(move || {
            drop(tell.send((rt::of_loop_thread(&live), rt::thread_id())));
            let executive = given.recv().ok()?;
            Some(if live.pacing == Pacing::Driver {
                pace.run_triggered(executive, &flag, &count)
            } else {
                pace.run(executive, &flag, &count)
            })
        })?;
        Ok(Self { stop, done, obtained, give, handle })
    }

    /// What the thread got from the system, and its id; waits until it has asked.
    #[must_use]
    pub fn obtained(&self) -> (Obtained, i32) {
        self.obtained.recv().unwrap_or_default()
    }

    /// Gives it what to run: tick 0 is due shortly after.
    pub fn run(&self, executive: Executive) {
        drop(self.give.send(executive)); // a thread that has died is found by `ended`
    }

    /// Asks it to end after its tick.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed); // nothing else is published with the flag
    }

    /// Ticks it has run; a count that stands says that the loop does.
    #[must_use]
    pub fn ticks_done(&self) -> u64 {
        self.done.load(Ordering::Relaxed) // only its own change is looked at
    }

    /// Whether it has ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.handle.is_finished()
    }

    /// The executive and its next tick, when the thread has ended; none when it died or was given
    /// nothing.
    #[must_use]
    pub fn join(self) -> Option<(Executive, u64)> {
        drop(self.give);
        self.handle.join().ok().flatten()
    }
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    hz: u64,
    until: u64,
    spin_ns: u64,
}

impl Pace {
    /// One tick per period. Deadline of a tick: its outputs are written before the next one is
    /// due; when it is missed, the ticks that went by are left out and counted, never made up.
    fn run(
        self,
        mut executive: Executive,
        stop: &AtomicBool,
        done: &AtomicU64,
    ) -> (Executive, u64) {
        let start_ns = monotonic_ns() + LEAD_NS;
        let mut tick = 0;
        while tick < self.until && !stop.load(Ordering::Relaxed) && !executive.finished() {
            let due_ns = start_ns + tick_ns(tick, self.hz);
            if !self.wait(due_ns) {
                continue;
            }
            let latest = self.tick_at(monotonic_ns() - start_ns).max(tick).min(self.until - 1);
            executive.tick(latest, Some(start_ns + tick_ns(latest, self.hz)), latest - tick);
            tick = latest + 1;
            done.fetch_add(1, Ordering::Relaxed); // read by `ticks_done`, nothing hangs on it
        }
        (executive, tick)
    }

    /// One tick whenever the plant asks for it, at half a period after the last one at the earliest. A plant
    /// that does not ask gets its tick one period late, so that its ladder is walked and its leases end.
    fn run_triggered(
        self,
        mut executive: Executive,
        stop: &AtomicBool,
        done: &AtomicU64,
    ) -> (Executive, u64) {
        let period_ns = tick_ns(1, self.hz);
        let (mut tick, mut due_ns) = (0, monotonic_ns() + LEAD_NS);
        while tick < self.until && !stop.load(Ordering::Relaxed) && !executive.finished() {
            if !self.wait(due_ns - period_ns / 2) {
                continue;
            }
            let latest_ns = due_ns + period_ns;
            let woken = match executive.wait_fd() {
                Some(fd) => wait_readable_until_ns(fd, latest_ns),
                None if self.wait(latest_ns) => Woken::Due,
                None => Woken::Interrupted,
            };
            let now_ns = monotonic_ns();
            let (scheduled_ns, next_due_ns) = match woken {
                Woken::Readable => (now_ns, now_ns + period_ns),
                Woken::Due => (due_ns, latest_ns.max(now_ns)),
                Woken::Interrupted => continue,
            };
            if woken == Woken::Due {
                executive.note_untriggered();
            }
            let passed = now_ns.saturating_sub(due_ns) / period_ns;
            let missed = passed.saturating_sub(1).min(self.until - 1 - tick);
            tick += missed;
            executive.tick(tick, Some(scheduled_ns), missed);
            done.fetch_add(1, Ordering::Relaxed); // read by `ticks_done`, nothing hangs on it
            (tick, due_ns) = (tick + 1, next_due_ns);
        }
        (executive, tick)
    }

    /// Sleeps, then spins; false when a signal ended the sleep early.
    fn wait(self, due_ns: u64) -> bool {
        let wake_ns = due_ns.saturating_sub(self.spin_ns);
        if monotonic_ns() < wake_ns && !sleep_until_ns(wake_ns) {
            return false;
        }
        while monotonic_ns() < due_ns {
            std::hint::spin_loop();
        }
        true
    }

    /// The last tick due after `elapsed_ns`.
    fn tick_at(self, elapsed_ns: u64) -> u64 {
        let (s, ns) = (elapsed_ns / 1_000_000_000, elapsed_ns % 1_000_000_000);
        let guess = s * self.hz + ns * self.hz / 1_000_000_000;
        // `tick_ns` rounds down, so the next tick may be due already.
        if tick_ns(guess + 1, self.hz) <= elapsed_ns { guess + 1 } else { guess }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_at_its_own_time_is_that_tick() {
        for hz in [1, 3, 7, 10, 30, 1000, 4321, 20_000] {
            let pace = Pace { hz, until: u64::MAX, spin_ns: 0 };
            for tick in (0..50).chain([999_999, 12_345_678]) {
                assert_eq!(pace.tick_at(tick_ns(tick, hz)), tick, "{hz} Hz");
                let just_before = tick_ns(tick + 1, hz) - 1;
                assert_eq!(pace.tick_at(just_before), tick, "{hz} Hz");
            }
        }
    }
}
