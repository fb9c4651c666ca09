//! Vehicles: where they are, what they do, how full their battery is. Who sends them stands elsewhere.

use super::agenda::{Agenda, Due};
use super::config::FleetConfig;
use super::order::{Move, Order, Task};
use super::truth::FlowTruth;

/// A handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Filling: full trays out, empty trays in.
    Filling,
    /// Wetting store.
    Wetting,
    /// A tower of the formation rack.
    Tower(usize),
    /// Ageing store.
    Ageing,
    /// End-of-line test: aged trays in, empty trays out.
    Testing,
    /// Chargers.
    Chargers,
}

/// Where the handovers are, m along the aisle and m beside it.
pub(super) struct Layout {
    aisle_m: f64,
    towers: f64,
}

/// How far handovers stand from the middle of the aisle, m.
const BESIDE_M: f64 = 5.0;

impl Layout {
    pub fn new(aisle_m: f64, towers: usize) -> Self {
        Layout { aisle_m, towers: towers as f64 }
    }

    pub fn of(&self, place: Place) -> (f64, f64) {
        let along = |share: f64, beside_m: f64| (share * self.aisle_m, beside_m);
        match place {
            Place::Filling => along(0.0, BESIDE_M),
            Place::Wetting => along(0.15, BESIDE_M),
            Place::Tower(tower) => {
                let beside_m = if tower % 2 == 0 { BESIDE_M } else { -BESIDE_M };
                along(0.3 + 0.5 * (tower as f64 + 0.5) / self.towers, beside_m)
            }
            Place::Ageing => along(0.9, BESIDE_M),
            Place::Testing => along(1.0, BESIDE_M),
            Place::Chargers => along(0.5, -3.0 * BESIDE_M),
        }
    }

    /// Way between two points, along the aisle and across it, m.
    pub fn way_m(from: (f64, f64), to: (f64, f64)) -> f64 {
        if from.0 == to.0 {
            (from.1 - to.1).abs()
        } else {
            (from.0 - to.0).abs() + from.1.abs() + to.1.abs()
        }
    }
}

/// One vehicle.
#[derive(Clone, Copy, Debug)]
pub struct Vehicle {
    /// What it does.
    pub task: Task,
    /// What it is told.
    pub order: Option<Order>,
    /// Tray on it, with the time since which it was ready to be taken, s.
    pub tray: Option<(u32, f64)>,
    /// Charge of the battery, share, as of `since_s`.
    charge: f64,
    from_m: (f64, f64),
    to_m: (f64, f64),
    /// Begin and end of what it does, s.
    since_s: f64,
    until_s: f64,
    ordered_s: f64,
    /// Its battery is empty; people tow it.
    pub(super) flat: bool,
    pub(super) version: u32,
}

/// The fleet.
pub(super) struct Fleet {
    config: FleetConfig,
    pub layout: Layout,
    pub vehicles: Vec<Vehicle>,
    /// Vehicles that wait to load or to unload, longest first.
    pub waiting: Vec<usize>,
    /// Unloading now, by move.
    pub unloading: [usize; Move::ALL.len()],
    /// A vehicle does something else than at the last count.
    touched: bool,
    /// How many do what, by task.
    doing: [usize; Task::Lost as usize + 1],
    /// Vehicles with a tray for a slot.
    feeding: usize,
}

impl Fleet {
    pub fn new(config: FleetConfig, towers: usize) -> Self {
        let layout = Layout::new(config.aisle_m, towers);
        let count = config.vehicles as usize;
        let vehicles = (0..count)
            .map(|i| {
                // spread along the aisle, batteries between half and full
                let share = (i as f64 + 0.5) / count as f64;
                let at_m = (share * config.aisle_m, BESIDE_M);
                Vehicle {
                    task: Task::Idle,
                    order: None,
                    tray: None,
                    charge: 0.5 + 0.5 * share,
                    from_m: at_m,
                    to_m: at_m,
                    since_s: 0.0,
                    until_s: 0.0,
                    ordered_s: 0.0,
                    flat: false,
                    version: 0,
                }
            })
            .collect();
        let mut doing = [0; Task::Lost as usize + 1];
        doing[Task::Idle as usize] = count;
        Fleet {
            config,
            layout,
            vehicles,
            waiting: Vec::new(),
            unloading: [0; Move::ALL.len()],
            touched: true,
            doing,
            feeding: 0,
        }
    }

    /// Where a vehicle is now, m along the aisle and m beside it.
    pub fn place_m(&self, vehicle: usize, now_s: f64) -> (f64, f64) {
        let v = &self.vehicles[vehicle];
        if v.until_s <= v.since_s || now_s >= v.until_s {
            return v.to_m;
        }
        let share = (now_s - v.since_s) / (v.until_s - v.since_s);
        let between = |a: f64, b: f64| a + share * (b - a);
        (between(v.from_m.0, v.to_m.0), between(v.from_m.1, v.to_m.1))
    }

    /// Charge of the battery now, share: only driving takes from it.
    pub fn charge(&self, vehicle: usize, now_s: f64) -> f64 {
        let v = &self.vehicles[vehicle];
        let passed_h = (now_s.min(v.until_s).max(v.since_s) - v.since_s) / 3600.0;
        let moved = match v.task {
            Task::ToLoad | Task::ToUnload | Task::ToCharge => -passed_h / self.config.run_h,
            Task::Charge => (now_s - v.since_s) / 3600.0 / self.config.charge_h,
            _ => 0.0,
        };
        (v.charge + moved).clamp(0.0, 1.0)
    }

    /// Ends what a vehicle does and begins something that lasts `takes_s` at the place it has reached.
    fn begin(&mut self, vehicle: usize, task: Task, to_m: (f64, f64), takes_s: f64, now_s: f64) {
        let (charge, at_m) = (self.charge(vehicle, now_s), self.place_m(vehicle, now_s));
        let v = &mut self.vehicles[vehicle];
        v.charge = charge;
        self.doing[v.task as usize] -= 1;
        self.doing[task as usize] += 1;
        v.task = task;
        v.from_m = at_m;
        v.to_m = to_m;
        v.since_s = now_s;
        v.until_s = now_s + takes_s;
        v.version += 1;
        self.touched = true;
        self.waiting.retain(|&waits| waits != vehicle);
    }

    /// Sends a vehicle somewhere.
    pub fn drive(
        &mut self,
        vehicle: usize,
        task: Task,
        to: Place,
        now_s: f64,
        agenda: &mut Agenda,
    ) {
        let to_m = self.layout.of(to);
        let takes_s = Layout::way_m(self.place_m(vehicle, now_s), to_m) / self.config.speed_m_per_s;
        self.begin(vehicle, task, to_m, takes_s, now_s);
        let version = self.vehicles[vehicle].version;
        agenda.enter(now_s + takes_s, Due::Arrived { vehicle, version });
    }

    /// Loading or unloading begins.
    pub fn handle(&mut self, vehicle: usize, task: Task, now_s: f64, agenda: &mut Agenda) {
        let at_m = self.place_m(vehicle, now_s);
        self.begin(vehicle, task, at_m, self.config.handling_s, now_s);
        let version = self.vehicles[vehicle].version;
        agenda.enter(now_s + self.config.handling_s, Due::Handled { vehicle, version });
    }

    /// Stands still in a state.
    pub fn stand(&mut self, vehicle: usize, task: Task, now_s: f64) {
        let at_m = self.place_m(vehicle, now_s);
        self.begin(vehicle, task, at_m, 0.0, now_s);
        if matches!(task, Task::WaitLoad | Task::WaitUnload) {
            self.waiting.push(vehicle);
        }
    }

    /// People put it somewhere, out of what it did.
    pub fn tow(&mut self, vehicle: usize, task: Task, to: Place, now_s: f64) {
        let to_m = self.layout.of(to);
        self.begin(vehicle, task, to_m, 0.0, now_s);
        self.vehicles[vehicle].from_m = to_m;
    }

    /// Charging begins; it is said when the battery has reached `to`, share.
    pub fn plug_in(&mut self, vehicle: usize, to: f64, now_s: f64, agenda: &mut Agenda) {
        self.stand(vehicle, Task::Charge, now_s);
        let v = &self.vehicles[vehicle];
        let takes_s = (to - v.charge).max(0.0) * self.config.charge_h * 3600.0;
        agenda.enter(now_s + takes_s, Due::Charged { vehicle, version: v.version });
    }

    /// A vehicle takes an order and drives to its load.
    pub fn obey(
        &mut self,
        vehicle: usize,
        order: Order,
        to: Place,
        now_s: f64,
        agenda: &mut Agenda,
    ) {
        self.vehicles[vehicle].order = Some(order);
        self.vehicles[vehicle].ordered_s = now_s;
        self.drive(vehicle, Task::ToLoad, to, now_s, agenda);
    }

    /// An order is done; the vehicle stands idle.
    pub fn finish(&mut self, vehicle: usize, now_s: f64, truth: &mut FlowTruth) -> Option<Order> {
        self.carry(vehicle, None);
        let v = &mut self.vehicles[vehicle];
        let order = v.order.take();
        if let Some(order) = order {
            let of = &mut truth.moves[order.what as usize];
            of.delivered += 1;
            of.engaged_s += now_s - v.ordered_s;
        }
        self.stand(vehicle, Task::Idle, now_s);
        order
    }

    /// Vehicles that may be sent.
    pub fn idle(&self) -> usize {
        self.doing[Task::Idle as usize]
    }

    /// The nearest vehicle that may be sent, by way to `to`.
    pub fn nearest_idle(&self, to: Place, now_s: f64) -> Option<usize> {
        let to_m = self.layout.of(to);
        let mut best: Option<(f64, usize)> = None;
        for (vehicle, v) in self.vehicles.iter().enumerate() {
            if v.task == Task::Idle {
                let way_m = Layout::way_m(self.place_m(vehicle, now_s), to_m);
                if best.is_none_or(|(least_m, _)| way_m < least_m) {
                    best = Some((way_m, vehicle));
                }
            }
        }
        best.map(|(_, vehicle)| vehicle)
    }

    /// A vehicle has a tray, or none any more.
    pub fn carry(&mut self, vehicle: usize, tray: Option<(u32, f64)>) {
        let v = &mut self.vehicles[vehicle];
        if v.order.is_some_and(|order| order.what == Move::Feed) {
            self.feeding -= usize::from(v.tray.is_some());
            self.feeding += usize::from(tray.is_some());
        }
        v.tray = tray;
    }

    /// Counts what vehicles do; how many are on their way to a slot with a tray.
    pub fn tally(&mut self, now_s: f64, truth: &mut FlowTruth) -> usize {
        if std::mem::take(&mut self.touched) {
            let count = |task: Task| self.doing[task as usize];
            let charging = count(Task::ToCharge) + count(Task::Charge);
            let apart = count(Task::Idle) + charging + count(Task::Lost);
            let engaged = self.vehicles.len() - apart;
            truth.vehicles_engaged.set(now_s, engaged);
            truth.vehicles_wait_load.set(now_s, count(Task::WaitLoad));
            truth.vehicles_wait_unload.set(now_s, count(Task::WaitUnload));
            truth.vehicles_lost.set(now_s, count(Task::Lost));
        }
        self.feeding
    }
}
