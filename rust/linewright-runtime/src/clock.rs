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

/// Lets sleeps and waits of this thread end within microseconds of their time, instead of the 50 us in
/// which the kernel gathers the wake-ups of others. Where that is refused they end later.
#[allow(unsafe_code)]
pub fn sharpen_timers() {
    // SAFETY: a plain call; 1 us of slack for this thread.
    let _ = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1000, 0, 0, 0) };
}

/// What ended a wait for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// There is something to read.
    Readable,
    /// The time has come.
    Due,
    /// A signal.
    Interrupted,
}

/// Waits until `fd` is readable (or broken, which reading will find), until `deadline_ns` on
/// `CLOCK_MONOTONIC` at most.
#[allow(unsafe_code)]
pub fn wait_readable_until_ns(fd: std::os::fd::RawFd, deadline_ns: u64) -> Woken {
    let left_ns = deadline_ns.saturating_sub(monotonic_ns());
    let left = libc::timespec {
        tv_sec: (left_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (left_ns % 1_000_000_000) as libc::c_long,
    };
    let mut of = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid pollfd, a valid timespec, no signal mask.
    match unsafe { libc::ppoll(&raw mut of, 1, &raw const left, std::ptr::null()) } {
        0 => Woken::Due,
        n if n > 0 => Woken::Readable,
        _ => Woken::Interrupted,
    }
}

/// How far the wall clock may move against the monotonic one before it counts as a step, ns.
const STEP_NS: u64 = 50_000_000;

/// Finds steps of the wall clock. Nothing is decided by that clock; the ledger is told when its labels
/// jump.
#[derive(Debug, Clone, Copy, Default)]
pub struct StepWatch {
    offset_ns: Option<i128>,
}

impl StepWatch {
    /// Given both clocks of one moment, by how much the wall clock has stepped since the last look,
    /// ns; none when it has not. A slow drift is followed, not told.
    pub fn look(&mut self, mono_ns: u64, wall_ns: u64) -> Option<i128> {
        let offset_ns = i128::from(wall_ns) - i128::from(mono_ns);
        let before = self.offset_ns.replace(offset_ns)?;
        let step = offset_ns - before;
        (step.unsigned_abs() > u128::from(STEP_NS)).then_some(step)
    }
}

/// The wall clock, ns since 1970, for [`StepWatch`].
#[must_use]
pub fn wall_label_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
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
    fn a_step_of_the_wall_clock_is_found_once_and_a_drift_is_not_one() {
        const S: u64 = 1_000_000_000;
        let mut watch = StepWatch::default();
        assert_eq!(watch.look(0, 100 * S), None, "the first look knows nothing");
        // 100 ppm for an hour, looked at every 5 ms.
        let drifting = (1..720_000u64).map(|i| (i * S / 200, i * S / 200 + i * 500));
        for (mono, drift) in drifting {
            assert_eq!(watch.look(mono, 100 * S + drift), None);
        }
        let (mono, drift) = (3600 * S, 3600 * S + 360_000_000);
        assert_eq!(watch.look(mono, 100 * S + drift), None);
        let back = watch.look(mono + S, 100 * S + drift - 3600 * S);
        assert_eq!(back, Some(-3601 * i128::from(S)));
        assert_eq!(watch.look(mono + 2 * S, 101 * S + drift - 3600 * S), None, "told once");
    }

    #[test]
    fn monotonic_never_goes_back_and_sleep_reaches_its_deadline() {
        let start = monotonic_ns();
        assert!(sleep_until_ns(start + 1_000_000));
        assert!(monotonic_ns() >= start + 1_000_000);
    }
}
