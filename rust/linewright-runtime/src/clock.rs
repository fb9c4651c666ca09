//! The only place where a clock is read. Everything else is told the time.

/// Gives nanoseconds of a clock that never goes back.
pub trait Clock: Send {
    /// Nanoseconds now.
    fn now_ns(&mut self) -> u64;
    /// Tells a simulated clock which base tick is being executed; real clocks ignore it.
    fn at_tick(&mut self, tick: u64);
}

/// Simulated time: the scheduled time of the current base tick, so that every stamp of a simulated
/// run is a function of the tick.
#[derive(Debug, Clone)]
pub struct Manual {
    base_hz: u64,
    now_ns: u64,
}

impl Manual {
    /// Time 0 at tick 0 with `base_hz` ticks per second (0 is taken as 1).
    #[must_use]
    pub fn new(base_hz: u32) -> Self {
        Self { base_hz: u64::from(base_hz.max(1)), now_ns: 0 }
    }
}

impl Clock for Manual {
    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn at_tick(&mut self, tick: u64) {
        self.now_ns = tick_ns(tick, self.base_hz);
    }
}

/// Scheduled time of `tick` in ns after tick 0, rounded down; exact for any tick (no accumulation).
#[must_use]
pub fn tick_ns(tick: u64, base_hz: u64) -> u64 {
    let hz = base_hz.max(1);
    (tick / hz).saturating_mul(1_000_000_000).saturating_add((tick % hz) * 1_000_000_000 / hz)
}

/// `CLOCK_MONOTONIC`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Monotonic;

impl Clock for Monotonic {
    fn now_ns(&mut self) -> u64 {
        monotonic_ns()
    }

    fn at_tick(&mut self, _tick: u64) {}
}

/// `CLOCK_MONOTONIC` in ns.
#[must_use]
#[allow(unsafe_code)]
pub fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid timespec; CLOCK_MONOTONIC exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    (now.tv_sec as u64) * 1_000_000_000 + now.tv_nsec as u64
}

/// Sleeps until `deadline_ns` on `CLOCK_MONOTONIC`; an interrupting signal ends the sleep early
/// and gives `false`.
#[allow(unsafe_code)]
pub fn sleep_until_ns(deadline_ns: u64) -> bool {
    let until = libc::timespec {
        tv_sec: (deadline_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (deadline_ns % 1_000_000_000) as libc::c_long,
    };
    // SAFETY: `until` is a valid timespec; no remaining time is asked for with TIMER_ABSTIME.
    let code = unsafe {
        libc::clock_nanosleep(
            libc::CLOCK_MONOTONIC,
            libc::TIMER_ABSTIME,
            &raw const until,
            std::ptr::null_mut(),
        )
    };
    code == 0
}

/// Seconds since 1970, a label for people; never used for an order, the expiry of a
/// command or a control law. A certificate of a recipe, good for days, is the one thing that is held against it.
#[must_use]
pub fn wall_label_s() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |d| d.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_time_is_a_function_of_the_tick() {
        let mut clock = Manual::new(30);
        clock.at_tick(30 * 3600 * 24 * 365);
        assert_eq!(clock.now_ns(), 3600 * 24 * 365 * 1_000_000_000);
        clock.at_tick(1);
        assert_eq!(clock.now_ns(), 33_333_333);
    }

    #[test]
    fn monotonic_never_goes_back_and_sleep_reaches_its_deadline() {
        let start = monotonic_ns();
        assert!(sleep_until_ns(start + 1_000_000));
        assert!(monotonic_ns() >= start + 1_000_000);
    }
}
