//! Stores, rack and test: what comes in, what is ready, what waits.

use super::agenda::Due;
use super::machine::Doing;
use super::order::{Move, News, Order, What};
use super::{FlowTwin, Rule};

impl FlowTwin {
    /// Lets everything move that an event set free, sends vehicles under the built-in rule, counts.
    pub(super) fn after_event(&mut self) {
        loop {
            let filled = self.assembly.settle(self.now_s, &mut self.agenda);
            for i in (0..filled).rev() {
                let at = self.assembly.outlet.len() - 1 - i;
                let tray = self.assembly.outlet[at].0;
                self.truth.trays_filled += 1;
                self.demands.store.push_back(self.now_s);
                self.demands.back.push_back(self.now_s);
                self.tell(What::Filled, None, None, Some(tray), None);
            }
            self.run_test();
            let served = self.serve_waiting();
            if !served && (self.rule == Rule::Told || !self.send_oldest()) {
                break;
            }
        }
        if self.rule == Rule::Told {
            self.demands.forget();
        }
        self.tally();
    }

    fn run_test(&mut self) {
        while (self.empties as f64) < self.config.store.empty_places
            && let Some(tester) = self.testers.first(Doing::Blocked)
        {
            self.testers.set(tester, Doing::Idle);
            self.empties += 1;
            self.truth.trays_tested += 1;
            let goodness = self.config.rack.cell_yield * self.config.test.cell_yield;
            let cells = self.config.assembly.tray_cells as u32;
            let good = (0..cells).filter(|_| self.goodness.uniform() <= goodness).count();
            self.truth.good_cells += good as u64;
            self.tell(What::Emptied, None, None, None, None);
        }
        while !self.infeed.is_empty()
            && let Some(tester) = self.testers.first(Doing::Idle)
        {
            self.infeed.pop_front();
            self.demands.test.push_back(self.now_s);
            let takes_s = self.testers.start(tester, &mut self.test_stream);
            self.agenda.enter(self.now_s + takes_s, Due::TestDone { tester });
        }
    }

    pub(super) fn wetted(&mut self) {
        if let Some((tray, due_s)) = self.wetting.pop_front() {
            self.wetted.push_back((tray, due_s));
            self.demands.feed.push_back(self.now_s);
            self.tell(What::Wetted, None, None, Some(tray), None);
        }
        self.schedule_wetting();
    }

    pub(super) fn schedule_wetting(&mut self) {
        self.wetting_version += 1;
        if let Some(&(_, due_s)) = self.wetting.front() {
            let version = self.wetting_version;
            self.agenda.enter(due_s.max(self.now_s), Due::Wet { version });
        }
    }

    pub(super) fn aged(&mut self) {
        if let Some(&(tray, due_s)) = self.ageing.front()
            && due_s <= self.now_s
        {
            self.ageing.pop_front();
            self.aged.push_back((tray, due_s));
            self.tell(What::Aged, None, None, Some(tray), None);
        }
        if let Some(&(_, due_s)) = self.ageing.front() {
            self.agenda.enter(due_s.max(self.now_s), Due::Aged);
        }
    }

    pub(super) fn formed(&mut self, slot: usize, version: u32) {
        if self.rack.done(slot, version, self.now_s, &mut self.truth) {
            self.demands.clear.push_back((self.now_s, slot));
            let tray = self.rack.slots[slot].tray;
            self.tell(What::Formed, None, None, tray, Some(slot));
        }
    }

    /// A load comes down where its order says; a tray for a slot that takes none goes back to the wetted ones.
    pub(super) fn put_down(&mut self, order: Order, tray: Option<(u32, f64)>) {
        let Some((tray, ready_s)) = tray else { return };
        match order.what {
            Move::Store => {
                let due_s = self.now_s + 3600.0 * self.config.store.wetting_h;
                self.wetting.push_back((tray, due_s));
                if self.wetting.len() == 1 {
                    self.schedule_wetting();
                }
            }
            Move::Feed => {
                let slot = order.slot.unwrap_or(0);
                self.rack.release(slot, Move::Feed);
                if self.rack.takes(slot) {
                    let (now_s, tray) = (self.now_s, (tray, ready_s));
                    self.rack.put(slot, tray, 0.0, now_s, &mut self.agenda, &mut self.truth);
                    self.truth.trays_started += 1;
                } else {
                    self.wetted.push_front((tray, ready_s));
                    self.demands.feed.push_front(ready_s);
                }
            }
            Move::Clear => {
                let due_s = self.now_s + 3600.0 * self.config.store.ageing_h;
                self.ageing.push_back((tray, due_s));
                if self.ageing.len() == 1 {
                    self.agenda.enter(due_s, Due::Aged);
                }
            }
            Move::Test => self.infeed.push_back(tray),
            Move::Return => {
                self.assembly.empties += 1;
                self.assembly.touched = true;
            }
        }
    }

    pub(super) fn take_empty(&mut self) -> Option<(u32, f64)> {
        if self.empties == 0 {
            return None;
        }
        self.empties -= 1;
        Some((0, self.now_s))
    }

    /// Places left in the wetting store, trays.
    pub fn wetting_places_left(&self) -> usize {
        let inside = self.wetting.len() + self.wetted.len();
        (self.config.store.wetting_places as usize).saturating_sub(inside)
    }

    /// Places left before the testers, trays.
    pub fn infeed_places_left(&self) -> usize {
        (self.config.test.infeed_places as usize).saturating_sub(self.infeed.len())
    }

    pub(super) fn tell(
        &mut self,
        what: What,
        vehicle: Option<usize>,
        order: Option<u64>,
        tray: Option<u32>,
        slot: Option<usize>,
    ) {
        if self.rule == Rule::Told {
            self.news.push(News { time_s: self.now_s, what, vehicle, order, tray, slot });
        }
    }

    fn tally(&mut self) {
        let (now_s, truth) = (self.now_s, &mut self.truth);
        self.assembly.tally(now_s, truth);
        let underway = self.fleet.tally(now_s, truth);
        let wetted = self.wetted.len();
        truth.slots_waiting.set(now_s, self.rack.free.min(wetted + underway));
        truth.trays_without_slot.set(now_s, wetted.saturating_sub(self.rack.free));
        truth.slots_not_cleared.set(now_s, self.rack.formed);
        truth.slots_out.set(now_s, self.rack.out);
        let idle = self.testers.machines.iter().filter(|(now, _)| *now == Doing::Idle).count();
        let blocked =
            self.testers.machines.iter().filter(|(now, _)| *now == Doing::Blocked).count();
        truth.test_starved.set(now_s, idle.min(self.aged.len()));
        truth.test_blocked.set(now_s, blocked);
    }
}
