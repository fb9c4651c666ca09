//! What vehicles do with orders: drive, load, unload, wait, charge.

use super::agenda::Due;
use super::fleet::Place;
use super::order::{Move, Order, Refusal, Task, What};
use super::{FlowTwin, Rule};

impl FlowTwin {
    /// Sends a vehicle. One that is idle, charges or drives to a charger takes an order.
    ///
    /// # Errors
    /// Why it is not taken; nothing has changed then.
    pub fn order(&mut self, vehicle: usize, order: Order) -> Result<(), Refusal> {
        match self.fleet.vehicles.get(vehicle).map(|v| v.task) {
            None => return Err(Refusal::NoVehicle),
            Some(Task::Lost) => return Err(Refusal::Lost),
            Some(Task::Idle | Task::Charge | Task::ToCharge) => {}
            Some(_) => return Err(Refusal::Engaged),
        }
        if order.what.has_slot() {
            self.aim(order.slot, order.what)?;
        }
        let to = self.source(order);
        self.fleet.obey(vehicle, order, to, self.now_s, &mut self.agenda);
        self.demands.sent[order.what as usize] += 1;
        self.after_event();
        Ok(())
    }

    fn aim(&mut self, slot: Option<usize>, what: Move) -> Result<usize, Refusal> {
        let slot = slot.filter(|&s| s < self.rack.slots.len()).ok_or(Refusal::NoSlot)?;
        let claim = self.rack.claim(slot, what);
        if *claim {
            return Err(Refusal::SlotTaken);
        }
        *claim = true;
        Ok(slot)
    }

    /// Takes an order back from a vehicle that has not begun to load.
    ///
    /// # Errors
    /// When there is nothing to take back.
    pub fn cancel(&mut self, vehicle: usize) -> Result<(), Refusal> {
        let task = self.fleet.vehicles.get(vehicle).ok_or(Refusal::NoVehicle)?.task;
        if !matches!(task, Task::ToLoad | Task::WaitLoad) {
            return Err(Refusal::TooLate);
        }
        self.drop_order(vehicle);
        self.fleet.stand(vehicle, Task::Idle, self.now_s);
        self.after_event();
        Ok(())
    }

    /// Gives a loaded vehicle on its way to the rack another slot.
    ///
    /// # Errors
    /// Why not; nothing has changed then.
    pub fn redirect(&mut self, vehicle: usize, slot: usize) -> Result<(), Refusal> {
        let v = self.fleet.vehicles.get(vehicle).ok_or(Refusal::NoVehicle)?;
        let (task, order) = (v.task, v.order.filter(|order| order.what == Move::Feed));
        let Some(order) = order.filter(|_| task != Task::Unload) else {
            return Err(Refusal::TooLate);
        };
        let slot = self.aim(Some(slot), Move::Feed)?;
        if let Some(before) = order.slot {
            self.rack.release(before, Move::Feed);
        }
        self.fleet.vehicles[vehicle].order = Some(Order { slot: Some(slot), ..order });
        if matches!(task, Task::ToUnload | Task::WaitUnload) {
            let to = Place::Tower(self.rack.tower(slot));
            self.fleet.drive(vehicle, Task::ToUnload, to, self.now_s, &mut self.agenda);
        }
        self.after_event();
        Ok(())
    }

    /// Sends an idle vehicle to charge until it is full or has an order.
    ///
    /// # Errors
    /// Why not; nothing has changed then.
    pub fn send_to_charge(&mut self, vehicle: usize) -> Result<(), Refusal> {
        match self.fleet.vehicles.get(vehicle).map(|v| v.task) {
            None => Err(Refusal::NoVehicle),
            Some(Task::Lost) => Err(Refusal::Lost),
            Some(Task::Idle) => {
                self.drive_to_charger(vehicle);
                Ok(())
            }
            Some(_) => Err(Refusal::Engaged),
        }
    }

    pub(super) fn drive_to_charger(&mut self, vehicle: usize) {
        let task = Task::ToCharge;
        self.fleet.drive(vehicle, task, Place::Chargers, self.now_s, &mut self.agenda);
    }

    /// Where the load of an order stands.
    pub(super) fn source(&self, order: Order) -> Place {
        match order.what {
            Move::Store => Place::Filling,
            Move::Feed => Place::Wetting,
            Move::Clear => Place::Tower(self.rack.tower(order.slot.unwrap_or(0))),
            Move::Test => Place::Ageing,
            Move::Return => Place::Testing,
        }
    }

    fn destination(&self, order: Order) -> Place {
        match order.what {
            Move::Store => Place::Wetting,
            Move::Feed => Place::Tower(self.rack.tower(order.slot.unwrap_or(0))),
            Move::Clear => Place::Ageing,
            Move::Test => Place::Testing,
            Move::Return => Place::Filling,
        }
    }

    pub(super) fn arrived(&mut self, vehicle: usize, version: u32) {
        let v = self.fleet.vehicles[vehicle];
        if v.version != version {
            return;
        }
        if v.task == Task::ToCharge {
            let to = if self.rule == Rule::Oldest { self.config.fleet.charge_to } else { 1.0 };
            self.fleet.plug_in(vehicle, to, self.now_s, &mut self.agenda);
        } else if self.fleet.charge(vehicle, self.now_s) <= 0.0 {
            self.fleet.vehicles[vehicle].flat = true;
            self.lose(vehicle);
        } else {
            let task = if v.task == Task::ToLoad { Task::WaitLoad } else { Task::WaitUnload };
            self.fleet.stand(vehicle, task, self.now_s);
        }
    }

    pub(super) fn charged(&mut self, vehicle: usize, version: u32) {
        if self.fleet.vehicles[vehicle].version == version {
            self.fleet.stand(vehicle, Task::Idle, self.now_s);
            self.tell(What::Charged, Some(vehicle), None, None, None);
        }
    }

    pub(super) fn handled(&mut self, vehicle: usize, version: u32) {
        let v = self.fleet.vehicles[vehicle];
        let Some(order) = v.order.filter(|_| v.version == version) else { return };
        let tray = v.tray.map(|(tray, _)| tray);
        if v.task == Task::Load {
            if let (Move::Clear, Some(slot)) = (order.what, order.slot) {
                self.rack.leave(slot);
                self.rack.slots[slot].aimed = false;
            }
            let to = self.destination(order);
            self.fleet.drive(vehicle, Task::ToUnload, to, self.now_s, &mut self.agenda);
            self.tell(What::Picked, Some(vehicle), Some(order.id), tray, order.slot);
            return;
        }
        self.fleet.unloading[order.what as usize] -= 1;
        self.put_down(order, v.tray);
        self.fleet.finish(vehicle, self.now_s, &mut self.truth);
        self.tell(What::Delivered, Some(vehicle), Some(order.id), tray, order.slot);
        let low = self.config.fleet.charge_below;
        if self.rule == Rule::Oldest && self.fleet.charge(vehicle, self.now_s) < low {
            self.drive_to_charger(vehicle);
        }
    }

    /// Loads or unloads what waiting vehicles can by now; true when one could.
    pub(super) fn serve_waiting(&mut self) -> bool {
        let mut moved = false;
        let mut next = 0;
        while let Some(&vehicle) = self.fleet.waiting.get(next) {
            let v = self.fleet.vehicles[vehicle];
            let begun = match (v.task, v.order) {
                (Task::WaitLoad, Some(order)) => self.load(vehicle, order),
                (Task::WaitUnload, Some(order)) => self.unload(vehicle, order),
                _ => false,
            };
            moved |= begun;
            next += usize::from(!begun);
        }
        moved
    }

    fn load(&mut self, vehicle: usize, order: Order) -> bool {
        let tray = match order.what {
            Move::Store => {
                self.assembly.touched = true;
                self.assembly.outlet.pop_front()
            }
            Move::Feed => self.wetted.pop_front(),
            Move::Clear => order.slot.and_then(|slot| self.rack.take(slot)),
            Move::Test => self.aged.pop_front(),
            Move::Return => self.take_empty(),
        };
        let Some((_, ready_s)) = tray else { return false };
        let waited_s = (self.now_s - ready_s).max(0.0);
        let of = &mut self.truth.moves[order.what as usize];
        of.wait_s += waited_s;
        of.longest_wait_s = of.longest_wait_s.max(waited_s);
        self.demands.sent[order.what as usize] -= 1;
        self.fleet.carry(vehicle, tray);
        self.fleet.handle(vehicle, Task::Load, self.now_s, &mut self.agenda);
        true
    }

    fn unload(&mut self, vehicle: usize, order: Order) -> bool {
        if !self.has_room(order) {
            return false;
        }
        self.fleet.unloading[order.what as usize] += 1;
        self.fleet.handle(vehicle, Task::Unload, self.now_s, &mut self.agenda);
        true
    }

    fn has_room(&self, order: Order) -> bool {
        let coming = self.fleet.unloading[order.what as usize];
        match order.what {
            Move::Store => self.wetting_places_left() > coming,
            Move::Feed => order.slot.is_some_and(|slot| self.rack.takes(slot)),
            Move::Clear => true,
            Move::Test => self.infeed_places_left() > coming,
            Move::Return => self.assembly.empty_places_left() > coming,
        }
    }

    /// Ends the order of a vehicle that has not loaded.
    pub(super) fn drop_order(&mut self, vehicle: usize) {
        if let Some(order) = self.fleet.vehicles[vehicle].order.take() {
            if let Some(slot) = order.slot {
                self.rack.release(slot, order.what);
            }
            self.demands.sent[order.what as usize] -= 1;
            self.demands.again(order, self.now_s);
        }
    }

    /// A vehicle goes out, with what it has.
    pub(super) fn lose(&mut self, vehicle: usize) {
        let v = self.fleet.vehicles[vehicle];
        match (v.task, v.order) {
            (Task::Unload, Some(order)) => self.fleet.unloading[order.what as usize] -= 1,
            (Task::Load, Some(order)) => {
                if let (Move::Clear, Some(slot)) = (order.what, order.slot) {
                    self.rack.leave(slot);
                    self.rack.slots[slot].aimed = false;
                }
            }
            _ => {}
        }
        self.fleet.stand(vehicle, Task::Lost, self.now_s);
        let id = v.order.map(|order| order.id);
        if v.tray.is_none() && v.order.is_some() {
            self.drop_order(vehicle);
            self.tell(What::Failed, Some(vehicle), id, None, None);
        }
        self.tell(What::VehicleLost, Some(vehicle), id, v.tray.map(|t| t.0), None);
        if v.tray.is_some() || v.flat {
            let version = self.fleet.vehicles[vehicle].version;
            let at_s = self.now_s + self.config.fleet.recovery_s;
            self.agenda.enter(at_s, Due::Recovered { vehicle, version });
        }
    }

    /// People bring the load of a lost vehicle where it was going, and tow one with an empty battery to a charger.
    pub(super) fn recovered(&mut self, vehicle: usize, version: u32) {
        let v = self.fleet.vehicles[vehicle];
        if v.version != version {
            return;
        }
        if let (Some(order), true) = (v.order, v.tray.is_some()) {
            self.put_down(order, v.tray);
            self.fleet.carry(vehicle, None);
            self.fleet.vehicles[vehicle].order = None;
            self.truth.moves[order.what as usize].delivered += 1;
            let tray = v.tray.map(|(tray, _)| tray);
            self.tell(What::Delivered, Some(vehicle), Some(order.id), tray, order.slot);
        }
        if v.flat {
            self.fleet.vehicles[vehicle].flat = false;
            self.fleet.tow(vehicle, Task::Charge, Place::Chargers, self.now_s);
            self.fleet.plug_in(vehicle, 1.0, self.now_s, &mut self.agenda);
            self.tell(What::VehicleBack, Some(vehicle), None, None, None);
        }
    }
}
