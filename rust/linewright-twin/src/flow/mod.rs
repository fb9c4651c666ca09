//! Material flow from welding to end-of-line test, event by event: trays, racks, buffers, vehicles.
//!
//! Stacked cells come in lots of a tray; welding, sealing and filling work lot by lot with failures and finite buffers
//! between them. Filled trays wet, form in a slot, age and are tested; empty trays go back to filling. Each of the five
//! moves between is one vehicle's. [`Rule::Oldest`] sends vehicles by itself (the oldest demand first, nearest idle
//! vehicle: the plain rule that a plant starts with); [`Rule::Told`] obeys orders from outside.
//!
//! The flow starts as a running plant: wetting, formation and ageing filled with trays of every progress.
//!
//! Not modelled, on purpose: vehicles in each other's way, cranes inside the stores, rework, washing of trays.

mod agenda;
mod assembly;
pub mod config;
mod fault;
mod fleet;
pub mod laws;
mod machine;
mod oldest;
mod order;
mod rack;
mod serve;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod transport;
mod truth;
mod view;

use crate::config::ConfigError;
use crate::fault::Fault;
use crate::random::{Stream, place};
use agenda::{Agenda, Due};
use assembly::Assembly;
use fleet::Fleet;
use machine::{Doing, Stage};
use oldest::Demands;
use rack::Rack;
use std::collections::VecDeque;

pub use config::{FlowConfig, RecipeStep};
pub use fleet::{Place, Vehicle};
pub use order::{Move, News, Order, Refusal, Task, What};
pub use rack::{Holds, Slot};
pub use truth::{FlowTruth, MoveTruth, Tally, TrayTruth};
pub use view::{SlotView, Stock, VehicleView};

/// Who sends the vehicles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The oldest demand first, the nearest idle vehicle, nothing ahead of time.
    Oldest,
    /// Orders from outside.
    Told,
}

/// The material flow of one line.
pub struct FlowTwin {
    config: FlowConfig,
    rule: Rule,
    now_s: f64,
    agenda: Agenda,
    faults: Vec<Fault>,
    /// What each fault holds out: slots or vehicles.
    held: Vec<VecDeque<usize>>,
    picks: Stream,
    assembly: Assembly,
    /// Trays in wetting with the time they are due, s, earliest first.
    wetting: VecDeque<(u32, f64)>,
    wetting_version: u32,
    /// Wetted trays with the time they were due, s.
    wetted: VecDeque<(u32, f64)>,
    rack: Rack,
    ageing: VecDeque<(u32, f64)>,
    aged: VecDeque<(u32, f64)>,
    infeed: VecDeque<u32>,
    testers: Stage,
    test_stream: Stream,
    goodness: Stream,
    empties: usize,
    fleet: Fleet,
    demands: Demands,
    news: Vec<News>,
    truth: FlowTruth,
}

impl FlowTwin {
    /// A running plant. Refuses a config that is no flow and faults out of their bounds.
    ///
    /// ```
    /// use linewright_twin::flow::{FlowConfig, FlowTwin, Rule};
    /// let mut flow = FlowTwin::new(&FlowConfig::default(), &[], 7, Rule::Oldest)?;
    /// flow.advance(3600.0);
    /// assert!((40..55).contains(&flow.truth().trays_started));
    /// # Ok::<(), linewright_twin::ConfigError>(())
    /// ```
    pub fn new(
        config: &FlowConfig,
        faults: &[Fault],
        seed: u64,
        rule: Rule,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        faults.iter().enumerate().try_for_each(|(i, fault)| fault.check(i))?;
        let mut agenda = Agenda::default();
        let rack = Rack::new(config.rack, seed);
        let test = &config.test;
        let mut test_stream = Stream::new(seed, place::FLOW_TEST);
        let lot_s = 60.0 * config.assembly.tray_cells / test.cells_per_min;
        let repair_s = 60.0 * test.repair_min;
        let testers =
            Stage::new(test.testers, lot_s, test.availability, repair_s, &mut test_stream);
        let mut flow = FlowTwin {
            rule,
            now_s: 0.0,
            faults: faults.to_vec(),
            held: vec![VecDeque::new(); faults.len()],
            picks: Stream::new(seed, place::FLOW_PICKS),
            assembly: Assembly::new(config.assembly, seed, &mut agenda),
            agenda,
            wetting: VecDeque::new(),
            wetting_version: 0,
            wetted: VecDeque::new(),
            fleet: Fleet::new(config.fleet, rack.towers()),
            rack,
            ageing: VecDeque::new(),
            aged: VecDeque::new(),
            infeed: VecDeque::new(),
            testers,
            test_stream,
            goodness: Stream::new(seed, place::FLOW_GOODNESS),
            empties: (0.5 * config.store.empty_places) as usize,
            demands: Demands::default(),
            news: Vec::new(),
            truth: FlowTruth::default(),
            config: *config,
        };
        flow.fill_up(seed);
        flow.enter_faults();
        let empty_places = flow.assembly.empty_places_left();
        flow.demands.start(flow.infeed_places_left(), empty_places);
        if let Some(step) = config.change {
            flow.agenda.enter(step.at_s, Due::SupplyStop);
            flow.agenda.enter(step.at_s + step.gap_s, Due::SupplyBack);
        }
        flow.after_event();
        Ok(flow)
    }

    /// Trays of every progress in every store, as many as its time times the rate of trays; ids from old to new.
    fn fill_up(&mut self, seed: u64) {
        let (rate, store) = (self.config.trays_per_s(), self.config.store);
        let fits = |hours: f64, most: f64| (3600.0 * hours * rate).min(most).floor() as u32;
        let in_ageing = fits(store.ageing_h, f64::INFINITY);
        let in_rack = fits(self.config.rack.formation_h, self.config.rack.slots);
        let in_wetting = fits(store.wetting_h, store.wetting_places);
        for i in 0..in_ageing {
            self.ageing.push_back((i, (f64::from(i) + 0.5) / rate));
        }
        let mut order: Vec<usize> = (0..self.rack.slots.len()).collect();
        let mut shuffle = Stream::new(seed, place::FLOW_SHUFFLE);
        for i in (1..order.len()).rev() {
            let j = (shuffle.uniform() * (i as f64 + 1.0)).ceil() as usize - 1;
            order.swap(i, j.min(i));
        }
        for i in 0..in_rack {
            let share = 1.0 - (f64::from(i) + 0.5) / f64::from(in_rack);
            let slot = order[i as usize];
            let tray = (in_ageing + i, 0.0);
            self.rack.put(slot, tray, share, 0.0, &mut self.agenda, &mut self.truth);
        }
        for i in 0..in_wetting {
            self.wetting.push_back((in_ageing + in_rack + i, (f64::from(i) + 0.5) / rate));
        }
        self.truth.trays_started = 0;
        self.assembly.number_from(in_ageing + in_rack + in_wetting);
        self.schedule_wetting();
        if let Some(&(_, due_s)) = self.ageing.front() {
            self.agenda.enter(due_s, Due::Aged);
        }
        for _ in 0..(0.5 * self.config.test.infeed_places) as usize {
            if let Some((tray, _)) = self.ageing.pop_front() {
                self.infeed.push_back(tray);
            }
        }
    }

    /// Lets time pass until `until_s`; what is due by then has happened afterwards.
    pub fn advance(&mut self, until_s: f64) {
        while let Some((time_s, due)) = self.agenda.next(until_s) {
            self.now_s = time_s;
            self.happen(due);
            self.after_event();
        }
        self.now_s = self.now_s.max(until_s);
        self.truth.settle(self.now_s);
    }

    /// Lets time pass until something happens that concerns who sends the vehicles, or until `until_s`.
    pub fn advance_to_news(&mut self, until_s: f64) {
        while self.news.is_empty() {
            let Some((time_s, due)) = self.agenda.next(until_s) else {
                self.now_s = self.now_s.max(until_s);
                break;
            };
            self.now_s = time_s;
            self.happen(due);
            self.after_event();
        }
        self.truth.settle(self.now_s);
    }

    fn happen(&mut self, due: Due) {
        let now_s = self.now_s;
        match due {
            Due::Supply { version } => self.assembly.supply(version, now_s, &mut self.agenda),
            Due::SupplyStop => self.assembly.stop_supply(),
            Due::SupplyBack => self.change_recipe(),
            Due::LotDone { stage, machine } => self.assembly.lot_done(stage, machine),
            Due::Wet { version } if version == self.wetting_version => self.wetted(),
            Due::Wet { .. } => {}
            Due::Aged => self.aged(),
            Due::FormationDone { slot, version } => self.formed(slot, version),
            Due::TestDone { tester } => self.testers.set(tester, Doing::Blocked),
            Due::Arrived { vehicle, version } => self.arrived(vehicle, version),
            Due::Handled { vehicle, version } => self.handled(vehicle, version),
            Due::Charged { vehicle, version } => self.charged(vehicle, version),
            Due::Recovered { vehicle, version } => self.recovered(vehicle, version),
            Due::FaultOn { fault } => self.fault_on(fault),
            Due::FaultOff { fault } => self.fault_off(fault),
        }
    }

    fn change_recipe(&mut self) {
        if let Some(step) = self.config.change {
            self.rack.set_formation_h(step.formation_h);
            self.assembly.start_supply(step.cells_per_min, self.now_s, &mut self.agenda);
        }
    }

    /// Time now, s.
    pub fn now_s(&self) -> f64 {
        self.now_s
    }

    /// The config it was made of.
    pub fn config(&self) -> &FlowConfig {
        &self.config
    }

    /// What happened since the last call; empty under [`Rule::Oldest`].
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// What really happened, up to now.
    pub fn truth(&self) -> &FlowTruth {
        &self.truth
    }
}
