//! A whole line in one thread: the runtime's own parts, driven by one seed. Nothing sleeps, nothing
//! reads a clock, nothing runs beside it.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // a failed unwrap is a failed test
#![allow(clippy::float_cmp)] // what is written is compared bit for bit

pub mod books;
pub mod disk;
pub mod faults;
pub mod line;
pub mod model;
pub mod people;
pub mod plant;
pub mod watch;

use crate::ledger_support::{Folder, Random};
use books::Books;
use faults::Faults;
use line::Line;
use linewright_runtime::clerk::Clerk;
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::{Host, build_on};
use linewright_runtime::executive::Executive;
use linewright_runtime::record::View;
use linewright_runtime::sample::Reading;
use linewright_wire::{Message, decode};
use model::Model;
use people::{Arrival, People, Sight};
use plant::{PlantDriver, Shared, SimClock};
use std::cell::Cell;
use watch::{Seen, Tick, Watch};
use xxhash_rust::xxh3::Xxh3;

/// True once in `n` times.
pub fn chance(rng: &mut Random, n: u64) -> bool {
    rng.below(n) == 0
}

/// From `lo` to `hi`, both included.
pub fn span(rng: &mut Random, lo: u64, hi: u64) -> u64 {
    lo + rng.below(hi - lo + 1)
}

/// Names seed and tick when a check fails.
struct Naming {
    seed: u64,
    ticks: u64,
    now: Cell<u64>,
}

impl Drop for Naming {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, ticks, now } = &*self;
            let (now, next) = (now.get(), *seed + 1);
            eprintln!(
                "seed {seed}, tick {now}; once more: LINEWRIGHT_SEEDS={seed}..{next}x{ticks}"
            );
        }
    }
}

/// The core as it runs: gone between a crash and the next start.
struct Core {
    executive: Executive,
    clerk: Clerk,
    /// Its next tick.
    tick: u64,
    /// Ticks it was told that it left out.
    missed: u64,
    committed: u64,
    minded: u64,
}

pub struct Sim {
    rng: Random,
    line: Line,
    folder: Folder,
    config: CoreConfig,
    plant: Shared,
    people: People,
    model: Model,
    watch: Watch,
    books: Books,
    faults: Faults,
    hash: Xxh3,
    now: u64,
    views: Vec<View>,
    commit_ticks: u64,
}

/// Runs `ticks` of `seed`; gives the hash of everything that happened, and how often what did.
pub fn run(seed: u64, ticks: u64) -> (u64, Seen) {
    disk::install();
    disk::begin();
    let naming = Naming { seed, ticks, now: Cell::new(0) };
    let mut sim = Sim::new(seed);
    let mut core = sim.start();
    for now in 0..ticks {
        naming.now.set(now);
        sim.now = now;
        core = sim.round(core);
    }
    sim.stop(core);
    let mut seen = sim.watch.seen;
    seen.applied += sim.model.applied;
    seen.refused += sim.model.refused;
    (sim.hash.digest(), seen)
}

impl Sim {
    fn new(seed: u64) -> Self {
        let mut rng = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D);
        let line = Line::new(&mut rng);
        let folder = Folder::in_memory("simulator");
        let config = line.config(seed, &folder.file(""));
        let config = CoreConfig::from_json(&config.to_string()).unwrap_or_else(|e| panic!("{e}"));
        let plant = Shared::default();
        {
            let mut plant = plant.now();
            let n = line.actuators.len();
            let good = Reading { value: 0.0, ..Reading::default() };
            plant.inputs = vec![good; n];
            plant.stands = line.actuators.iter().map(|a| rng.real(a.lo, a.hi)).collect();
            plant.stuck = vec![false; n];
            (plant.blind, plant.frozen) = (plant.stuck.clone(), plant.stuck.clone());
        }
        let (model, watch) = (Model::new(&line), Watch::new(&line));
        let people = People::new(&mut rng, &line);
        let books = Books::new(&line, folder.file(line::LEDGER));
        let faults = Faults::new(&mut rng, &line);
        let commit_ticks = span(&mut rng, 1, 25);
        Self {
            rng,
            line,
            folder,
            config,
            plant,
            people,
            model,
            watch,
            books,
            faults,
            hash: Xxh3::new(),
            now: 0,
            views: Vec::new(),
            commit_ticks,
        }
    }

    /// A core begins, on what the one before has left on the disk.
    fn start(&mut self) -> Core {
        let clock = SimClock::new(self.line.hz, &self.plant);
        let driver = PlantDriver::new(&self.line, &self.plant);
        let kept = self.books.kept();
        let host = Host::with_clock(Box::new(clock));
        let built = build_on(&self.config, Box::new(driver), host);
        let (executive, clerk) = built.unwrap_or_else(|e| panic!("{e}"));
        self.books.start(&mut self.watch.seen);
        self.model.start(&kept);
        let core = Core { executive, clerk, tick: 0, missed: 0, committed: 0, minded: 0 };
        self.views = views(&core);
        self.watch.start(&self.views);
        core
    }

    /// One base tick of the line: people, bus, clerk, loop; then the checks.
    fn round(&mut self, core: Core) -> Core {
        let core = self.happen(core);
        let mut core = core;
        let all_armed = self.views.iter().all(|v| v.armed);
        let sight = Sight { now: self.now, tick: core.tick, all_armed };
        self.people.act(&mut self.rng, sight);
        if self.faults.clerk_works(self.now) {
            self.turn(&mut core);
        }
        self.tick(&mut core);
        core
    }

    /// What nobody wanted: a core that dies, stops or stands still; faults of plant and disk.
    fn happen(&mut self, mut core: Core) -> Core {
        let fate = self.faults.draw(&mut self.rng, self.now, &self.plant, &self.views);
        if fate.crash || fate.stop {
            if fate.crash {
                self.crash(core);
            } else {
                self.stop(core);
            }
            let mut plant = self.plant.now();
            plant.safe |= self.faults.dead_man(&mut self.rng);
            drop(plant);
            return self.start();
        }
        if let Some(ticks) = fate.missed {
            core.tick += ticks;
            core.missed += ticks;
            self.watch.seen.missed += ticks;
        }
        if let Some(free) = fate.room {
            core.clerk.mind_room(free);
            self.model.room = free > 0;
            self.model.settled(core.clerk.ledger_healthy());
        }
        core
    }

    fn health(&mut self, core: &Core) {
        let healthy = core.clerk.ledger_healthy();
        self.watch.seen.falls += u64::from(!healthy && !self.model.trouble);
        self.model.health(healthy);
    }

    /// A turn of the clerk, as its thread has them: frames in, records out, files, frames out.
    fn turn(&mut self, core: &mut Core) {
        for arrival in self.people.bus.arrived(self.now) {
            match arrival {
                Arrival::Noise(frame) => core.clerk.submit(&frame),
                Arrival::Command(sent) => {
                    core.clerk.submit(&sent.frame);
                    let healthy = core.clerk.ledger_healthy();
                    self.model.submit(&sent.stamp, &sent.command, healthy);
                }
            }
            self.health(core);
        }
        core.clerk.pump();
        self.health(core);
        self.model.looked();
        let waited = core.tick - core.committed;
        let patience = u64::from(self.line.hz) / 5;
        if core.clerk.wants_commit() && waited >= self.commit_ticks || waited >= patience {
            core.clerk.commit();
            core.committed = core.tick;
            if core.clerk.ledger_healthy() {
                self.books.committed(core.tick);
            }
        } else if !core.clerk.wants_commit() {
            core.clerk.release_held();
        }
        self.health(core);
        if core.clerk.ledger_healthy() {
            core.minded = core.tick;
        } else if core.tick - core.minded >= u64::from(self.line.hz) / 2 {
            core.clerk.mind_ledger();
            core.minded = core.tick;
        }
        self.model.settled(core.clerk.ledger_healthy());
        if core.clerk.wants_views() && chance(&mut self.rng, 4) {
            for (i, view) in self.views.iter().enumerate() {
                core.clerk.set_view(i, Some(*view));
            }
            core.clerk.tell();
        }
        self.listen(core);
    }

    /// Everything the core has sent: into the hash, and the answers to the model and the stations.
    fn listen(&mut self, core: &mut Core) {
        for out in core.clerk.take_frames() {
            self.hash.update(&out.frame);
            if let Ok((_, Message::Ack(ack))) = decode(&out.frame) {
                if self.model.answer(&ack) && core.clerk.ledger_healthy() {
                    self.books.acknowledged(&ack);
                }
                self.people.bus.answer(&mut self.rng, self.now, &ack);
            }
        }
    }

    fn tick(&mut self, core: &mut Core) {
        let tick = core.tick;
        let reported: Vec<_> = {
            let mut plant = self.plant.now();
            let plant = &mut *plant;
            plant.writes.clear();
            plant.released.clear();
            plant.late_ns = self.faults.late_ns(&mut self.rng);
            for (input, frozen) in plant.inputs.iter_mut().zip(&plant.frozen) {
                input.tick = if *frozen { input.tick } else { tick };
            }
            let stands = plant.stands.iter().zip(&plant.blind);
            stands.map(|(x, blind)| (!blind).then_some(*x)).collect()
        };
        let scheduled = linewright_runtime::clock::tick_ns(tick, u64::from(self.line.hz));
        let missed = core.missed - self.books.missed;
        self.books.missed = core.missed;
        core.executive.tick(tick, Some(scheduled), missed);
        core.tick += 1;
        self.model.obey(tick, missed > 0);
        self.views = views(core);
        let plant = self.plant.now();
        if plant.safe {
            self.model.plant_lost();
        }
        let stood_ns = plant.looks_ns[2] - plant.looks_ns[0];
        let tick_ns = 1_000_000_000 / u64::from(self.line.hz);
        self.watch.seen.stood += u64::from(stood_ns > 10 * tick_ns);
        let now = Tick { tick, stood_ns };
        self.watch.look(now, &plant, &reported, &self.views, &mut self.model);
        for write in &plant.writes {
            self.hash.update(&tick.to_le_bytes());
            self.hash.update(&(write.actuator as u64).to_le_bytes());
            self.hash.update(&write.value.to_bits().to_le_bytes());
            self.books.wrote(tick, write);
        }
    }

    /// The core is killed: nothing it has in memory comes back.
    fn crash(&mut self, mut core: Core) {
        self.watch.seen.crashes += 1;
        self.count(&core);
        let lost = self.lost(&mut core);
        drop(core);
        disk::becomes(disk::Disk::Good);
        self.books.end(true, lost, &mut self.watch.seen, &mut self.hash);
    }

    /// The core ends in order.
    fn stop(&mut self, mut core: Core) {
        self.watch.seen.stops += 1;
        disk::becomes(disk::Disk::Good);
        self.turn(&mut core);
        core.executive.close(core.tick).unwrap();
        let closed = core.clerk.close("done");
        assert!(closed.is_ok() || !core.clerk.ledger_healthy(), "{closed:?}");
        self.model.looked();
        self.health(&core);
        self.listen(&mut core);
        let lost = self.lost(&mut core);
        if lost.1 == 0 {
            assert_eq!(self.model.unanswered(), 0, "I7: commands without an answer");
        }
        self.count(&core);
        let healthy = core.clerk.ledger_healthy();
        drop(core);
        self.books.end(!healthy, lost, &mut self.watch.seen, &mut self.hash);
    }

    /// Rows and records that are counted as lost.
    fn lost(&self, core: &mut Core) -> (u64, u64) {
        let records = core.executive.shown();
        let records = records.lost_records.load(std::sync::atomic::Ordering::Relaxed);
        let status = core.clerk.status_json();
        (status["ledger"]["lost_rows"].as_u64().unwrap(), records)
    }

    /// I7: what was left out is counted, to the tick.
    fn count(&mut self, core: &Core) {
        let shown = core.executive.shown();
        let missed = shown.missed_ticks.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(missed, self.books.missed, "I7: ticks left out");
        self.books.missed = 0;
        self.watch.seen.lapses += self.model.actuators.iter().map(|a| a.lapses).sum::<u64>();
        self.watch.seen.disk_errors = disk::refused();
    }
}

fn views(core: &Core) -> Vec<View> {
    let gate = core.executive.gate();
    (0..gate.len()).filter_map(|i| gate.view(core.tick, i)).collect()
}
