//! The executive: visits the base ticks, runs the loops that are due, and is the only caller of
//! `Driver::write`. Its tick allocates nothing, locks nothing, formats nothing and cannot panic.

mod atomics;
mod ladder;
mod orders;
mod ports;
mod sinks;
mod stats;
mod tape;
mod timing;
mod worst;
#[cfg(test)]
mod worst_tests;

pub use ladder::{Ladder, LadderRules};
pub(crate) use ports::ORDERS_OF_THE_OPERATOR;
pub use ports::{ClerkPorts, LoopPorts, ports, touch};
pub(crate) use ports::{CycleBuffer, Taken};
pub(crate) use stats::add;
pub use stats::{Histogram, LoopStats, Shown};
pub use tape::Recording;
pub use worst::{Worst, WorstFrame};

use crate::black_box::BlackBox;
use crate::clock::{Clock, tick_ns};
use crate::driver::{Driver, DriverError};
use crate::exec::{Executor, FlushSubnormals, Sources};
use crate::front::FrontEnds;
use crate::gate::{Act, Gate, Journal};
use crate::plan::Plan;
use crate::record::{Body, Record, Stages};
use crate::sample::{MailboxSlot, Profile, Quality, Reading, Written};
use rtrb::Producer;
use sinks::{EVENTS_PER_TICK, TickSinks};
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tape::Tape;
use timing::Shedding;

/// Puts records into the ring with the time of the tick.
struct RingJournal<'a> {
    records: &'a mut Producer<Record>,
    tick: u64,
    mono_ns: u64,
    shown: &'a Shown,
}

impl Journal for RingJournal<'_> {
    fn put(&mut self, body: Body) -> bool {
        let record = Record { tick: self.tick, mono_ns: self.mono_ns, body };
        let taken = self.records.push(record).is_ok();
        if !taken {
            add(&self.shown.lost_records, 1);
        }
        taken
    }
}

/// As [`RingJournal`], with every intent in the black box first.
struct BoxedJournal<'a> {
    ring: RingJournal<'a>,
    black_box: Option<&'a mut BlackBox>,
}

impl Journal for BoxedJournal<'_> {
    fn put(&mut self, body: Body) -> bool {
        if let (Body::Intent(intent), Some(black_box)) = (&body, &mut self.black_box)
            && !intent.advisory
        {
            black_box.put(self.ring.tick, self.ring.mono_ns, intent);
        }
        self.ring.put(body)
    }
}

/// Everything the loop thread owns.
pub struct Executive {
    executor: Executor,
    gate: Gate,
    driver: Box<dyn Driver>,
    front_ends: FrontEnds,
    clock: Box<dyn Clock>,
    ports: LoopPorts,
    shown: Arc<Shown>,
    divisors: Vec<u64>,
    /// By loop.
    ladders: Vec<Ladder>,
    shedding: Shedding,
    /// For each actuator of the gate the loop that drives it.
    loop_of: Vec<Option<usize>>,
    /// For each of them how long a tick may take from its start to its outputs, ns: two cycles of its
    /// loop, the age an input may have.
    stale_after_ns: Vec<u64>,
    /// Of the driver's channels, then of the front ends'.
    readings: Vec<Reading>,
    /// How many of `readings` are the driver's.
    driven: usize,
    /// For each actuator of the gate its index in the driver.
    actuator_of: Vec<usize>,
    /// Base ticks read.
    samples: u64,
    /// Of those, for each reading, without a usable value.
    bad: Vec<u64>,
    mailboxes: Vec<MailboxSlot>,
    mailbox_ttl_ticks: Vec<u64>,
    profiles: Vec<Profile>,
    params: Vec<f64>,
    written: Vec<Written>,
    proposals: Vec<Option<(f64, Quality)>>,
    events: Vec<Body>,
    chains: Vec<(usize, usize)>,
    tick_ns: u64,
    epoch: u64,
    tape: Tape,
    tally_ticks: u64,
    black_box: Option<BlackBox>,
}

/// What an executive is made of.
pub struct Parts<'a> {
    /// The checked plan.
    pub plan: &'a Plan,
    /// Its executor.
    pub executor: Executor,
    /// Deadline and ladder by loop, in the order of the plan.
    pub ladders: Vec<LadderRules>,
    /// The gate; the first actuators are the plan's.
    pub gate: Gate,
    /// The plant.
    pub driver: Box<dyn Driver>,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// Loop ends of the rings.
    pub ports: LoopPorts,
    /// For each channel of the plan its index among the driver's channels and, behind them, the
    /// front ends'.
    pub channel_of: Vec<usize>,
    /// For each actuator of the gate its index in the driver.
    pub actuator_of: Vec<usize>,
    /// Chains that are timed: index among the driver's and front ends' channels, and loop.
    pub chains: Vec<(usize, usize)>,
    /// What is recorded of the cycles; none = nothing.
    pub recording: Option<Recording>,
    /// Base ticks between tallies.
    pub tally_ticks: u64,
    /// Where intents outlive the process.
    pub black_box: Option<BlackBox>,
}

impl Executive {
    /// Puts the parts together and allocates everything there will ever be.
    #[must_use]
    pub fn new(parts: Parts<'_>) -> Self {
        let plan = parts.plan;
        let shown = Shown {
            loops: plan.loops().iter().map(|of| LoopStats::new(of.slots.len())).collect(),
            chains: parts.chains.iter().map(|_| Histogram::default()).collect(),
            driver: parts.driver.shown(),
            ..Shown::default()
        };
        let mut executor = parts.executor;
        executor.place_channels(&parts.channel_of);
        let driven = parts.driver.channels().len();
        let channels = driven + plan.front_channels().count();
        let mut loop_of: Vec<_> = plan.actuators().iter().map(|a| a.loop_i).collect();
        loop_of.resize(parts.gate.len(), None);
        let rate_hz = |of: &Option<usize>| of.and_then(|i| plan.loops().get(i)).map(|l| l.rate_hz);
        let two_cycles = |of| 2 * tick_ns(1, u64::from(rate_hz(of).unwrap_or(1)));
        let stale_after_ns = loop_of.iter().map(two_cycles).collect();
        let tape = Tape::new(parts.recording, &executor);
        let front_ends = FrontEnds::new(plan, parts.driver.blocks());
        Self {
            executor,
            driver: parts.driver,
            front_ends,
            driven,
            clock: parts.clock,
            ports: parts.ports,
            shown: Arc::new(shown),
            divisors: plan.loops().iter().map(|of| of.divisor.max(1)).collect(),
            ladders: parts.ladders.into_iter().map(Ladder::new).collect(),
            shedding: Shedding::NOTHING,
            loop_of,
            stale_after_ns,
            readings: vec![Reading::NONE; channels],
            actuator_of: parts.actuator_of,
            samples: 0,
            bad: vec![0; channels],
            mailboxes: vec![MailboxSlot::default(); plan.mailboxes().len()],
            mailbox_ttl_ticks: plan.mailboxes().iter().map(|m| m.ttl_ticks).collect(),
            profiles: vec![Profile::default(); plan.profiles().len()],
            params: plan.start_values(),
            written: vec![Written::default(); parts.gate.len()],
            proposals: vec![None; parts.gate.len()],
            events: Vec::with_capacity(EVENTS_PER_TICK),
            gate: parts.gate,
            epoch: 0,
            chains: parts.chains,
            tick_ns: tick_ns(1, u64::from(plan.base_hz())),
            tape,
            tally_ticks: parts.tally_ticks.max(1),
            black_box: parts.black_box,
        }
    }

    /// Words that the ring of recorded cycles needs for `executor`.
    #[must_use]
    pub fn tape_words(executor: &Executor) -> usize {
        Tape::ring_words(executor)
    }

    /// What others may look at while the loop runs.
    #[must_use]
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown)
    }

    /// The gate, for status.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Whether the plant has nothing more to give.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.driver.finished()
    }

    /// What becomes readable when the plant asks for a tick; none when it never does.
    #[must_use]
    pub fn wait_fd(&self) -> Option<RawFd> {
        self.driver.wait_fd()
    }

    /// The plant did not ask for the tick that comes now.
    pub fn note_untriggered(&mut self) {
        add(&self.shown.untriggered, 1);
    }

    /// One base tick, which should have started at `scheduled_ns`; `missed` ticks before it were
    /// left out. Simulated: the clock follows the tick and `scheduled_ns` is the clock's time.
    pub fn tick(&mut self, tick: u64, scheduled_ns: Option<u64>, missed: u64) {
        self.clock.at_tick(tick);
        let wake_ns = self.clock.now_ns();
        let mut stages =
            Stages { scheduled_ns: scheduled_ns.unwrap_or(wake_ns), wake_ns, ..Stages::default() };
        self.shown.wake_ns.store(wake_ns, Ordering::Relaxed);
        if missed > 0 {
            self.note_missed(tick, wake_ns, missed);
        }
        self.obey(tick, wake_ns);
        self.read(tick);
        stages.read_ns = self.clock.now_ns();
        self.begin(tick, wake_ns);
        self.execute(tick);
        stages.execute_ns = self.clock.now_ns();
        self.write(tick, stages);
        stages.write_ns = self.clock.now_ns();
        self.tell(tick, stages);
        if (tick + 1).is_multiple_of(self.tally_ticks) {
            self.tally(tick, wake_ns);
        }
        // Release: whoever reads this count sees the stamps of its tick.
        self.shown.ticks.store(tick + 1, Ordering::Release);
    }

    fn read(&mut self, tick: u64) {
        let driven = self.driven.min(self.readings.len());
        let (own, made) = self.readings.split_at_mut(driven);
        self.driver.read(tick, own);
        if !made.is_empty() {
            let _flush = FlushSubnormals::on();
            self.front_ends.step(tick, &*self.driver, made);
        }
        self.samples += 1;
        for (reading, bad) in self.readings.iter().zip(&mut self.bad) {
            // Without a branch: it is all that a channel costs that no loop reads.
            *bad += u64::from((reading.quality == Quality::Bad) | !reading.value.is_finite());
        }
    }

    fn begin(&mut self, tick: u64, mono_ns: u64) {
        let mut journal =
            RingJournal { records: &mut self.ports.records, tick, mono_ns, shown: &self.shown };
        if self.driver.lost() {
            self.gate.plant_lost(&mut journal);
        }
        for (a, i) in self.actuator_of.iter().enumerate() {
            let read_back = self.driver.read_back(*i);
            self.gate.begin(tick, a, read_back, &mut journal);
        }
        for (to, from) in self.written.iter_mut().zip(self.gate.written()) {
            *to = *from;
        }
    }

    fn execute(&mut self, tick: u64) {
        let sources = Sources {
            inputs: &self.readings,
            mailboxes: &self.mailboxes,
            profiles: &self.profiles,
            params: &self.params,
            written: &self.written,
        };
        let mut sinks = TickSinks {
            tick,
            epoch: self.epoch,
            shedding: self.shedding,
            divisors: &self.divisors,
            ladders: &self.ladders,
            proposals: &mut self.proposals,
            events: &mut self.events,
            telemetry: &mut self.ports.telemetry,
            cycles: &mut self.ports.cycles,
            tape: &mut self.tape,
            shown: &self.shown,
        };
        let _flush = FlushSubnormals::on();
        self.executor.run_due(tick, &sources, &mut sinks);
        self.tape.end_of_tick(tick, &self.executor, &mut self.ports.cycles);
    }

    fn write(&mut self, tick: u64, at: Stages) {
        let mono_ns = at.wake_ns;
        let took_ns = at.execute_ns.saturating_sub(at.wake_ns);
        let ring =
            RingJournal { records: &mut self.ports.records, tick, mono_ns, shown: &self.shown };
        let mut journal = BoxedJournal { ring, black_box: self.black_box.as_mut() };
        for (a, proposal) in self.proposals.iter_mut().enumerate() {
            let fresh = took_ns <= self.stale_after_ns.get(a).copied().unwrap_or(0);
            if !fresh && proposal.take().is_some() {
                // Stopped in the middle of a tick: what it had read is too old to act on.
                add(&self.shown.stale_outputs, 1);
            }
            if let Some((value, quality)) = proposal.take() {
                self.gate.propose(a, value, quality);
            }
            match self.gate.settle(tick, a, &mut journal) {
                Act::Nothing => {}
                Act::Write(admitted) => self.driver.write(tick, &admitted),
                Act::Release => {
                    if let Some(i) = self.actuator_of.get(a) {
                        self.driver.release(tick, *i);
                    }
                }
            }
        }
        self.driver.end(tick);
    }

    /// Events with the times of their tick, and the times themselves.
    fn tell(&mut self, tick: u64, at: Stages) {
        for mut body in self.events.drain(..) {
            if let Body::Event { stages, .. } = &mut body {
                *stages = at;
            }
            let record = Record { tick, mono_ns: at.wake_ns, body };
            if self.ports.records.push(record).is_err() {
                add(&self.shown.lost_records, 1);
            }
        }
        self.judge(tick, at);
    }

    /// Counters into the records: what the ledger keeps so that counts can be checked.
    pub fn tally(&mut self, tick: u64, mono_ns: u64) {
        let mut journal =
            RingJournal { records: &mut self.ports.records, tick, mono_ns, shown: &self.shown };
        for (i, of) in self.shown.loops.iter().enumerate() {
            let (cycles, missed) =
                (of.cycles.load(Ordering::Relaxed), of.missed.load(Ordering::Relaxed));
            journal.put(Body::Tally { loop_index: i as u16, cycles, missed });
        }
        let samples = self.samples;
        for (i, bad) in self.bad.iter().enumerate() {
            journal.put(Body::ChannelTally { channel: i as u16, samples, bad: *bad });
        }
        for a in 0..self.gate.len() {
            if let Some(view) = self.gate.view(tick, a) {
                let counters = view.counters;
                journal.put(Body::ActuatorTally { actuator: a as u16, counters });
            }
        }
    }

    /// A state of every actuator into the records.
    fn report(&mut self, tick: u64, mono_ns: u64) {
        let mut journal =
            RingJournal { records: &mut self.ports.records, tick, mono_ns, shown: &self.shown };
        for a in 0..self.gate.len() {
            if let Some(view) = self.gate.view(tick, a) {
                journal.put(Body::View { actuator: a as u16, view });
            }
        }
    }

    /// Ends the run: last counters, and the plant is let go. Off the loop.
    ///
    /// # Errors
    /// What the driver could not write or close.
    pub fn close(&mut self, tick: u64) -> Result<(), DriverError> {
        let now = self.clock.now_ns();
        let mut journal = RingJournal {
            records: &mut self.ports.records,
            tick,
            mono_ns: now,
            shown: &self.shown,
        };
        self.gate.close(&mut journal);
        self.tally(tick, now);
        self.driver.close()
    }
}
