//! From stacked cells to full trays at the filling outlet.

use super::agenda::{Agenda, Due};
use super::config::AssemblyConfig;
use super::machine::{Doing, Stage};
use super::truth::FlowTruth;
use crate::random::{Stream, place};
use std::collections::VecDeque;

const FILL: usize = 2;

/// Welding, sealing, filling, with a buffer before each, and the two handovers of trays.
pub(super) struct Assembly {
    config: AssemblyConfig,
    lot_every_s: f64,
    stages: [Stage; 3],
    buffers: [usize; 3],
    supply_waits: bool,
    supply_version: u32,
    loose_cells: u32,
    next_tray: u32,
    /// Something happened that may let something move.
    pub touched: bool,
    /// Something changed since the last count.
    changed: bool,
    /// Full trays at the outlet with the time they came, s.
    pub outlet: VecDeque<(u32, f64)>,
    /// Empty trays at filling.
    pub empties: usize,
    supply: Stream,
    failures: Stream,
    goodness: Stream,
}

impl Assembly {
    pub fn new(config: AssemblyConfig, seed: u64, agenda: &mut Agenda) -> Self {
        let mut failures = Stream::new(seed, place::FLOW_FAILURES);
        let repair_s = 60.0 * config.repair_min;
        let lot_s = |cells_per_min: f64| 60.0 * config.tray_cells / cells_per_min;
        let mut stage = |count, rate, availability| {
            Stage::new(count, lot_s(rate), availability, repair_s, &mut failures)
        };
        let stages = [
            stage(config.weld_machines, config.weld_cells_per_min, config.availability),
            stage(config.seal_machines, config.seal_cells_per_min, config.availability),
            stage(config.fill_machines, config.fill_cells_per_min, config.fill_availability),
        ];
        agenda.enter(0.0, Due::Supply { version: 0 });
        Assembly {
            lot_every_s: lot_s(config.cells_per_min),
            stages,
            buffers: [(0.5 * config.buffer_lots) as usize; 3],
            supply_waits: false,
            supply_version: 0,
            loose_cells: 0,
            next_tray: 0,
            touched: true,
            changed: true,
            outlet: VecDeque::new(),
            empties: (0.75 * config.empty_places).ceil() as usize,
            supply: Stream::new(seed, place::FLOW_SUPPLY),
            failures,
            goodness: Stream::new(seed, place::FLOW_YIELD),
            config,
        }
    }

    /// The next full tray gets this number.
    pub fn number_from(&mut self, tray: u32) {
        self.next_tray = tray;
    }

    /// A lot of stacked cells comes.
    pub fn supply(&mut self, version: u32, now_s: f64, agenda: &mut Agenda) {
        if version != self.supply_version {
            return;
        }
        self.touched = true;
        if self.buffers[0] as f64 >= self.config.buffer_lots {
            self.supply_waits = true;
            return;
        }
        self.buffers[0] += 1;
        let spread = 1.0 + self.config.jitter * (2.0 * self.supply.uniform() - 1.0);
        agenda.enter(now_s + self.lot_every_s * spread, Due::Supply { version });
    }

    /// No more lots.
    pub fn stop_supply(&mut self) {
        self.supply_version += 1;
        self.supply_waits = false;
        self.touched = true;
    }

    /// Lots again, at this rate.
    pub fn start_supply(&mut self, cells_per_min: f64, now_s: f64, agenda: &mut Agenda) {
        self.lot_every_s = 60.0 * self.config.tray_cells / cells_per_min;
        agenda.enter(now_s, Due::Supply { version: self.supply_version });
    }

    /// A machine has finished its lot.
    pub fn lot_done(&mut self, stage: usize, machine: usize) {
        if stage == FILL {
            let good = (0..self.config.tray_cells as u32)
                .filter(|_| self.goodness.uniform() <= self.config.cell_yield)
                .count();
            self.loose_cells += good as u32;
        }
        self.stages[stage].set(machine, Doing::Blocked);
        self.touched = true;
    }

    /// Lets everything move that can; the trays that came to the outlet are its last `new`.
    pub fn settle(&mut self, now_s: f64, agenda: &mut Agenda) -> usize {
        if !self.touched {
            return 0;
        }
        self.changed = true;
        let tray_cells = self.config.tray_cells as u32;
        let mut new = 0;
        let mut moved = false;
        while self.loose_cells >= tray_cells
            && self.empties > 0
            && (self.outlet.len() as f64) < self.config.outlet_places
        {
            self.loose_cells -= tray_cells;
            self.empties -= 1;
            self.outlet.push_back((self.next_tray, now_s));
            self.next_tray += 1;
            new += 1;
        }
        let mut held = (self.loose_cells / tray_cells) as usize;
        for (doing, _) in &mut self.stages[FILL].machines {
            if *doing == Doing::Blocked {
                match held {
                    0 => {
                        *doing = Doing::Idle;
                        moved = true;
                    }
                    _ => held -= 1,
                }
            }
        }
        for stage in (0..3).rev() {
            moved |= self.feed(stage, now_s, agenda);
        }
        if self.supply_waits && (self.buffers[0] as f64) < self.config.buffer_lots {
            self.supply_waits = false;
            self.supply(self.supply_version, now_s, agenda);
            self.feed(0, now_s, agenda);
            moved = true;
        }
        self.touched = moved || new > 0;
        new
    }

    /// Starts idle machines of a stage and takes lots over from the stage before.
    fn feed(&mut self, stage: usize, now_s: f64, agenda: &mut Agenda) -> bool {
        let mut any = false;
        loop {
            let mut moved = false;
            if self.buffers[stage] > 0
                && let Some(machine) = self.stages[stage].first(Doing::Idle)
            {
                self.buffers[stage] -= 1;
                let takes_s = self.stages[stage].start(machine, &mut self.failures);
                agenda.enter(now_s + takes_s, Due::LotDone { stage, machine });
                moved = true;
            }
            if stage > 0
                && (self.buffers[stage] as f64) < self.config.buffer_lots
                && let Some(machine) = self.stages[stage - 1].first(Doing::Blocked)
            {
                self.stages[stage - 1].set(machine, Doing::Idle);
                self.buffers[stage] += 1;
                moved = true;
            }
            if !moved {
                return any;
            }
            any = true;
        }
    }

    /// Places left for empty trays.
    pub fn empty_places_left(&self) -> usize {
        (self.config.empty_places as usize).saturating_sub(self.empties)
    }

    pub fn tally(&mut self, now_s: f64, truth: &mut FlowTruth) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let count = |stage: usize, doing| {
            self.stages[stage].machines.iter().filter(|(now, _)| *now == doing).count()
        };
        truth.supply_blocked.set(now_s, usize::from(self.supply_waits));
        truth.weld_blocked.set(now_s, count(0, Doing::Blocked));
        truth.weld_starved.set(now_s, count(0, Doing::Idle));
        truth.seal_blocked.set(now_s, count(1, Doing::Blocked));
        truth.seal_starved.set(now_s, count(1, Doing::Idle));
        truth.fill_starved.set(now_s, count(FILL, Doing::Idle));
        let held = count(FILL, Doing::Blocked);
        let full = self.outlet.len() as f64 >= self.config.outlet_places;
        truth.fill_blocked.set(now_s, if full { held } else { 0 });
        truth.fill_without_tray.set(now_s, if full { 0 } else { held });
    }
}
