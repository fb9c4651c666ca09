//! The plain rule: the oldest demand that can be met now, by the nearest idle vehicle.

use super::FlowTwin;
use super::order::{Move, Order, Task};
use std::collections::VecDeque;

/// Demands that no vehicle is sent for yet, with the time they arose, s, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Demands {
    pub store: VecDeque<f64>,
    pub feed: VecDeque<f64>,
    /// With the slot.
    pub clear: VecDeque<(f64, usize)>,
    pub test: VecDeque<f64>,
    pub back: VecDeque<f64>,
    /// Vehicles sent and not loaded yet, by move.
    pub sent: [usize; Move::ALL.len()],
    next_id: u64,
}

impl Demands {
    /// An order ended before its load was taken: the demand stands again, first in its row.
    pub fn again(&mut self, order: Order, now_s: f64) {
        match order.what {
            Move::Store => self.store.push_front(now_s),
            Move::Feed => self.feed.push_front(now_s),
            Move::Clear => self.clear.push_front((now_s, order.slot.unwrap_or(0))),
            Move::Test => self.test.push_front(now_s),
            Move::Return => self.back.push_front(now_s),
        }
    }

    /// Nothing is wanted.
    fn none(&self) -> bool {
        let none = self.store.is_empty() && self.feed.is_empty() && self.clear.is_empty();
        none && self.test.is_empty() && self.back.is_empty()
    }

    /// Who is told from outside keeps his own list.
    pub fn forget(&mut self) {
        self.store.clear();
        self.feed.clear();
        self.clear.clear();
        self.test.clear();
        self.back.clear();
    }

    /// The places that a running plant has free at the start are demands.
    pub fn start(&mut self, infeed_places: usize, empty_places: usize) {
        self.test.extend(std::iter::repeat_n(0.0, infeed_places));
        self.back.extend(std::iter::repeat_n(0.0, empty_places));
    }
}

impl FlowTwin {
    /// Sends at most one vehicle; true when it did.
    pub(super) fn send_oldest(&mut self) -> bool {
        if !self.fleet.waiting.is_empty() {
            self.leave_slots_that_are_out();
        }
        if self.fleet.idle() == 0 || self.demands.none() {
            return false;
        }
        let to_feed = !self.demands.feed.is_empty() && self.rack.free > 0;
        let open = if to_feed { self.rack.first_open() } else { None };
        let Some((what, slot)) = self.oldest(open) else { return false };
        let id = self.demands.next_id;
        let order = Order { id, what, slot };
        let Some(vehicle) = self.fleet.nearest_idle(self.source(order), self.now_s) else {
            return false;
        };
        self.demands.next_id += 1;
        match what {
            Move::Store => drop(self.demands.store.pop_front()),
            Move::Feed => drop(self.demands.feed.pop_front()),
            Move::Clear => self.demands.clear.retain(|&(_, s)| Some(s) != slot),
            Move::Test => drop(self.demands.test.pop_front()),
            Move::Return => drop(self.demands.back.pop_front()),
        }
        if let Some(slot) = slot {
            *self.rack.claim(slot, what) = true;
        }
        let to = self.source(order);
        self.fleet.obey(vehicle, order, to, self.now_s, &mut self.agenda);
        self.demands.sent[what as usize] += 1;
        true
    }

    /// `open`: a slot for the next tray, where there is one.
    fn oldest(&self, open: Option<usize>) -> Option<(Move, Option<usize>)> {
        let (demands, rack) = (&self.demands, &self.rack);
        let mut best: Option<(f64, Move, Option<usize>)> = None;
        let mut offer = |since_s: Option<f64>, what: Move, slot: Option<usize>| {
            if let Some(since_s) = since_s
                && best.is_none_or(|(least_s, ..)| since_s < least_s)
            {
                best = Some((since_s, what, slot));
            }
        };
        offer(demands.store.front().copied(), Move::Store, None);
        let out = |slot: usize| rack.slots[slot].out || rack.slots[slot].aimed;
        if let Some(&(since_s, slot)) = demands.clear.iter().find(|&&(_, slot)| !out(slot)) {
            offer(Some(since_s), Move::Clear, Some(slot));
        }
        if let (Some(&since_s), Some(slot)) = (demands.feed.front(), open) {
            offer(Some(since_s), Move::Feed, Some(slot));
        }
        if self.aged.len() > demands.sent[Move::Test as usize] {
            offer(demands.test.front().copied(), Move::Test, None);
        }
        if self.empties > demands.sent[Move::Return as usize] {
            offer(demands.back.front().copied(), Move::Return, None);
        }
        best.map(|(_, what, slot)| (what, slot))
    }

    /// Vehicles that wait at a slot that is out go to another one, or give their order back.
    fn leave_slots_that_are_out(&mut self) {
        for vehicle in self.fleet.waiting.clone() {
            let v = self.fleet.vehicles[vehicle];
            let Some(order) = v.order.filter(|o| o.slot.is_some_and(|s| self.rack.slots[s].out))
            else {
                continue;
            };
            match (v.task, order.what) {
                (Task::WaitLoad, Move::Clear) => {
                    self.drop_order(vehicle);
                    self.fleet.stand(vehicle, Task::Idle, self.now_s);
                }
                (Task::WaitUnload, Move::Feed) => {
                    if let (Some(slot), Some(before)) = (self.rack.first_open(), order.slot) {
                        self.rack.release(before, Move::Feed);
                        self.rack.slots[slot].reserved = true;
                        self.fleet.vehicles[vehicle].order =
                            Some(Order { slot: Some(slot), ..order });
                        let to = super::Place::Tower(self.rack.tower(slot));
                        let (now_s, agenda) = (self.now_s, &mut self.agenda);
                        self.fleet.drive(vehicle, Task::ToUnload, to, now_s, agenda);
                    }
                }
                _ => {}
            }
        }
    }
}
