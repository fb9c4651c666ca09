//! When the clerk looks at its rings: right after a tick, because then there can be something new in
//! them. The loop thread does nothing for that (waking somebody would be a system call of its tick):
//! the clerk goes by the time at which the last tick began.

/// At least this often, ns: also while the loop stands still. Frames and signals wake the clerk by
/// themselves, and what a loop says it says in a tick.
const LOOK_NS: u64 = 20_000_000;
/// Looks of a loop that is faster are this far apart at least, ns.
const APART_NS: u64 = 900_000;
/// The same while the loop owes the answer to a command: the next tick, ns.
const SOON_NS: u64 = 10_000;
/// First wait for a tick that took longer than thought, ns; each further one is twice as long.
const AGAIN_NS: u64 = 25_000;
/// How long a tick is thought to take at first, and at most, ns.
const TOOK_NS: (u64, u64) = (20_000, 500_000);

/// What was seen of the loop.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    period_ns: u64,
    took_ns: u64,
    again_ns: u64,
    ticks: u64,
    began_ns: u64,
}

impl Looks {
    /// For a loop thread with this period.
    pub fn new(period_ns: u64) -> Self {
        let period_ns = period_ns.max(1);
        Self { period_ns, took_ns: TOOK_NS.0, again_ns: AGAIN_NS, ticks: 0, began_ns: 0 }
    }

    /// When to look next, after a look at `now_ns` that found `ticks` ticks done, and the last that began
    /// to have begun at `began_ns`. `soon`: somebody waits for what the loop says.
    pub fn next_ns(&mut self, now_ns: u64, ticks: u64, began_ns: u64, soon: bool) -> u64 {
        let under_way = ticks == self.ticks && began_ns != self.began_ns;
        if ticks != self.ticks {
            (self.ticks, self.began_ns) = (ticks, began_ns);
            let most = TOOK_NS.1.min(self.period_ns / 2).max(TOOK_NS.0);
            self.took_ns = if self.again_ns > AGAIN_NS {
                now_ns.saturating_sub(began_ns).clamp(TOOK_NS.0, most)
            } else {
                self.took_ns - (self.took_ns - TOOK_NS.0) / 64
            };
            self.again_ns = AGAIN_NS;
        }
        let over_ns = self.began_ns + self.period_ns + self.took_ns;
        if under_way || now_ns >= over_ns {
            let again_ns = self.again_ns;
            self.again_ns = (2 * again_ns).min(LOOK_NS);
            return now_ns + again_ns;
        }
        let earliest_ns = now_ns + if soon { SOON_NS } else { APART_NS };
        let left_out = earliest_ns.saturating_sub(over_ns).div_ceil(self.period_ns);
        (over_ns + left_out * self.period_ns).min(now_ns + LOOK_NS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_NS: u64 = 1_000_000_000;

    /// Looks at a loop whose ticks take `work_ns`, for a second; how long after the end of a tick each look
    /// came that found a new one, and how many looks there were. A look costs 3 us.
    fn watch(period_ns: u64, work_ns: u64, soon: bool) -> (Vec<u64>, usize) {
        let mut looks = Looks::new(period_ns);
        let (mut now_ns, mut seen, mut after_ns, mut count) = (START_NS + 7, 0, vec![], 0);
        while now_ns < START_NS + 1_000_000_000 {
            let began = (now_ns - START_NS) / period_ns;
            let began_ns = START_NS + began * period_ns;
            let ticks = if now_ns >= began_ns + work_ns { began + 1 } else { began };
            if ticks > seen {
                after_ns.push(now_ns - (START_NS + (ticks - 1) * period_ns + work_ns));
                seen = ticks;
            }
            count += 1;
            let next_ns = looks.next_ns(now_ns, ticks, began_ns, soon);
            assert!(next_ns > now_ns && next_ns <= now_ns + LOOK_NS, "{next_ns} after {now_ns}");
            now_ns = next_ns + 3_000;
        }
        (after_ns, count)
    }

    #[test]
    fn every_tick_of_a_slow_loop_is_seen_soon_after_its_end() {
        for (period_ns, work_ns) in [(1_000_000, 5_000), (1_000_000, 300_000), (4_000_000, 90_000)]
        {
            let (after_ns, count) = watch(period_ns, work_ns, false);
            let ticks = 1_000_000_000 / period_ns;
            assert!(after_ns.len() as u64 >= ticks - 2, "{} of {ticks}", after_ns.len());
            assert!(count as u64 <= 2 * ticks, "{count} looks at {ticks} ticks");
            let late = after_ns.iter().skip(100).filter(|ns| **ns > 150_000).count();
            assert!(late * 20 < after_ns.len(), "{late} of {}", after_ns.len());
        }
    }

    #[test]
    fn a_fast_loop_is_looked_at_a_thousand_times_a_second_and_each_tick_while_somebody_waits() {
        let (_, count) = watch(200_000, 5_000, false);
        assert!((900..1200).contains(&count), "{count}");
        let (after_ns, count) = watch(200_000, 5_000, true);
        assert!(after_ns.len() > 4900 && count < 6000, "{} ticks, {count} looks", after_ns.len());
    }

    #[test]
    fn a_loop_that_stands_still_is_looked_at_less_and_less() {
        let mut looks = Looks::new(1_000_000);
        let mut now_ns = START_NS;
        let count = (0..).take_while(|_| {
            now_ns = looks.next_ns(now_ns, 5, START_NS, true);
            now_ns < START_NS + 1_000_000_000
        });
        assert!(count.count() < 70);
    }

    #[test]
    fn a_slow_loop_does_not_make_the_clerk_deaf() {
        let mut looks = Looks::new(1_000_000_000);
        assert_eq!(looks.next_ns(START_NS + 1000, 1, START_NS, false), START_NS + 1000 + LOOK_NS);
    }
}
