//! Whether the loops keep their time, and what happens when they do not.

use super::ladder::Ladder;
use super::stats::{LoopStats, add};
use super::worst::Worst;
use super::{Executive, RingJournal};
use crate::gate::Journal;
use crate::record::{Body, Cause, Rung, Stages};
use std::sync::atomic::Ordering;

/// What the ladders together have the tick leave out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shedding {
    /// Taps and map points.
    pub telemetry: bool,
    /// Sheddable loops of a larger divisor than this.
    pub slower_than: u64,
}

impl Shedding {
    pub const NOTHING: Self = Self { telemetry: false, slower_than: u64::MAX };
}

impl Executive {
    /// Ticks that were left out: counted, each late for the loops that were due.
    pub(super) fn note_missed(&mut self, tick: u64, mono_ns: u64, missed: u64) {
        let first = tick.saturating_sub(missed);
        add(&self.shown.missed_ticks, missed);
        let mut journal =
            RingJournal { records: &mut self.ports.records, tick, mono_ns, shown: &self.shown };
        journal.put(Body::Missed { first_tick: first, count: missed });
        for i in 0..self.ladders.len() {
            let (Some(divisor), Some(ladder), Some(of)) =
                (self.divisors.get(i), self.ladders.get_mut(i), self.shown.loops.get(i))
            else {
                return;
            };
            // Due ticks below t: ceil(t / divisor).
            let due = tick.div_ceil(*divisor) - first.div_ceil(*divisor);
            add(&of.missed, due);
            of.missed_in_a_row.fetch_max(due, Ordering::Relaxed);
            let left = ladder.missed(due);
            self.follow(tick, mono_ns, i, left);
        }
        self.shedding = self.to_shed();
    }

    /// The times of a tick whose outputs are written, for the loops that ran in it.
    pub(super) fn judge(&mut self, tick: u64, at: Stages) {
        for i in 0..self.ladders.len() {
            let (Some(divisor), Some(ladder), Some(of)) =
                (self.divisors.get(i), self.ladders.get_mut(i), self.shown.loops.get(i))
            else {
                return;
            };
            if !tick.is_multiple_of(*divisor) {
                continue;
            }
            if leaves_out(self.shedding, *divisor, ladder) {
                add(&of.shed, 1);
                continue;
            }
            let late = at.write_ns.saturating_sub(at.scheduled_ns) > ladder.rules().deadline_ns;
            let judged = ladder.startup_left() == 0;
            let left = ladder.executed(late);
            of.cycle(at, judged, judged && late, ladder.rung() >= Rung::Hold);
            if judged {
                of.worst.keep(tick, at, self.executor.slots(i));
                self.time_chains(tick, at, i);
            }
            self.follow(tick, at.wake_ns, i, left);
        }
        self.shedding = self.to_shed();
    }

    /// Age of the inputs of the chains that end in loop `i`: a reading is of the scheduled time of its tick.
    fn time_chains(&self, tick: u64, at: Stages, i: usize) {
        for ((channel, _), age) in
            self.chains.iter().zip(&self.shown.chains).filter(|((_, of), _)| *of == i)
        {
            let Some(reading) = self.readings.get(*channel) else { continue };
            if reading.value.is_finite() {
                let before_ns = tick.saturating_sub(reading.tick).saturating_mul(self.tick_ns);
                age.add(before_ns + at.write_ns.saturating_sub(at.scheduled_ns));
            }
        }
    }

    fn to_shed(&self) -> Shedding {
        let mut shedding = Shedding::NOTHING;
        for (ladder, divisor) in self.ladders.iter().zip(&self.divisors) {
            shedding.telemetry |= ladder.sheds_telemetry();
            if ladder.sheds_loops() {
                shedding.slower_than = shedding.slower_than.min(*divisor);
            }
        }
        shedding
    }

    /// The operator's reset of every ladder.
    pub(super) fn reset_ladders(&mut self, tick: u64, mono_ns: u64) {
        for i in 0..self.ladders.len() {
            let left = self.ladders.get_mut(i).and_then(Ladder::reset);
            self.follow(tick, mono_ns, i, left);
        }
        self.shedding = self.to_shed();
    }

    /// Shows where loop `i` stands; when it `left` a rung, tells so and does what the new one asks for.
    fn follow(&mut self, tick: u64, mono_ns: u64, i: usize, left: Option<Rung>) {
        let (Some(ladder), Some(of)) = (self.ladders.get(i), self.shown.loops.get(i)) else {
            return;
        };
        of.show(ladder);
        let (Some(from), to) = (left, ladder.rung()) else { return };
        let (late_in_a_row, late_in_window) = (ladder.late_in_a_row(), ladder.late_in_window());
        let mut journal =
            RingJournal { records: &mut self.ports.records, tick, mono_ns, shown: &self.shown };
        let loop_index = i as u16;
        journal.put(Body::Rung { loop_index, from, to, late_in_a_row, late_in_window });
        for (a, _) in self.loop_of.iter().enumerate().filter(|(_, of)| **of == Some(i)) {
            self.gate.hold(a, to >= Rung::Hold);
            if to == Rung::Safe {
                self.gate.trip(a, Cause::OverrunBurst, late_in_a_row as f64, &mut journal);
            }
        }
    }
}

/// Whether a loop's cycle is left out.
pub(super) fn leaves_out(shedding: Shedding, divisor: u64, ladder: &Ladder) -> bool {
    ladder.rules().sheddable && divisor > shedding.slower_than
}

impl LoopStats {
    /// For a loop of `slots` slots.
    pub(super) fn new(slots: usize) -> Self {
        Self { worst: Worst::new(slots), ..Self::default() }
    }

    /// One executed cycle; its times count once the start is over.
    fn cycle(&self, at: Stages, judged: bool, late: bool, held: bool) {
        add(&self.cycles, 1);
        add(&self.late, u64::from(late));
        add(&self.held, u64::from(held));
        if judged {
            self.lateness.add(at.wake_ns.saturating_sub(at.scheduled_ns));
            self.read.add(at.read_ns.saturating_sub(at.wake_ns));
            self.execute.add(at.execute_ns.saturating_sub(at.read_ns));
            self.write.add(at.write_ns.saturating_sub(at.execute_ns));
            self.execution.add(at.write_ns.saturating_sub(at.wake_ns));
            self.response.add(at.write_ns.saturating_sub(at.scheduled_ns));
        }
    }

    fn show(&self, ladder: &Ladder) {
        self.rung.store(ladder.rung().to_u64(), Ordering::Relaxed);
        self.startup_left.store(ladder.startup_left(), Ordering::Relaxed);
        self.late_in_a_row.store(ladder.late_in_a_row(), Ordering::Relaxed);
        self.late_in_window.store(ladder.late_in_window(), Ordering::Relaxed);
    }
}
