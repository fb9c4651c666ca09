//! What a plant's own systems know of the flow: stocks, vehicles, slots. No truth.

use super::FlowTwin;
use super::order::{Order, Task};
use super::rack::Holds;
use serde::Serialize;

/// Trays where they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stock {
    /// Full trays at the filling outlet.
    pub filled: usize,
    /// Places at the filling outlet.
    pub filled_places: usize,
    /// Empty trays at filling.
    pub filling_empties: usize,
    /// Places for empty trays at filling.
    pub filling_empty_places: usize,
    /// Trays in wetting.
    pub wetting: usize,
    /// Trays that have wetted long enough.
    pub wetted: usize,
    /// Places of the wetting store.
    pub wetting_places: usize,
    /// Aged trays.
    pub aged: usize,
    /// Trays before the testers.
    pub infeed: usize,
    /// Places before the testers.
    pub infeed_places: usize,
    /// Empty trays behind the test.
    pub empties: usize,
    /// Places for empty trays behind the test.
    pub empty_places: usize,
    /// Formation slots that are out.
    pub slots_out: usize,
    /// Formation slots that are empty and not out.
    pub slots_free: usize,
}

/// A vehicle as it reports itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VehicleView {
    /// What it does.
    pub task: Task,
    /// What it is told.
    pub order: Option<Order>,
    /// Carries a tray.
    pub loaded: bool,
    /// Charge of its battery, share.
    pub charge: f64,
    /// Where it is, m along the aisle and m beside it.
    pub at_m: (f64, f64),
}

/// A slot as formation reports it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlotView {
    /// What is in it.
    pub holds: Holds,
    /// It is out.
    pub out: bool,
    /// When its tray is expected to be formed, s; for a formed tray since when it is.
    pub expected_s: Option<f64>,
}

impl FlowTwin {
    /// Trays where they wait.
    pub fn stock(&self) -> Stock {
        let (assembly, store) = (&self.config.assembly, &self.config.store);
        Stock {
            filled: self.assembly.outlet.len(),
            filled_places: assembly.outlet_places as usize,
            filling_empties: self.assembly.empties,
            filling_empty_places: assembly.empty_places as usize,
            wetting: self.wetting.len(),
            wetted: self.wetted.len(),
            wetting_places: store.wetting_places as usize,
            aged: self.aged.len(),
            infeed: self.infeed.len(),
            infeed_places: self.config.test.infeed_places as usize,
            empties: self.empties,
            empty_places: store.empty_places as usize,
            slots_out: self.rack.out,
            slots_free: self.rack.free,
        }
    }

    /// A vehicle as it reports itself; it is silent while it is out.
    pub fn vehicle(&self, vehicle: usize) -> Option<VehicleView> {
        let v = self.fleet.vehicles.get(vehicle).filter(|v| v.task != Task::Lost)?;
        Some(VehicleView {
            task: v.task,
            order: v.order,
            loaded: v.tray.is_some() && v.task != Task::Load,
            charge: self.fleet.charge(vehicle, self.now_s),
            at_m: self.fleet.place_m(vehicle, self.now_s),
        })
    }

    /// Vehicles that are not out.
    pub fn vehicles_in(&self) -> usize {
        self.fleet.vehicles.iter().filter(|v| v.task != Task::Lost).count()
    }

    /// Vehicles in the fleet.
    pub fn vehicles(&self) -> usize {
        self.fleet.vehicles.len()
    }

    /// A slot as formation reports it.
    pub fn slot(&self, slot: usize) -> Option<SlotView> {
        let at = self.rack.slots.get(slot)?;
        let expected_s = match at.holds {
            Holds::Formed | Holds::Leaving => Some(at.formed_s),
            Holds::Forming => self.rack.expected_s(slot, self.now_s),
            Holds::Nothing => None,
        };
        Some(SlotView { holds: at.holds, out: at.out, expected_s })
    }

    /// Slots in the rack.
    pub fn slots(&self) -> usize {
        self.rack.slots.len()
    }

    /// When the next `count` trays in wetting are due, s, earliest first.
    pub fn next_wetted_s(&self, count: usize) -> impl Iterator<Item = f64> + '_ {
        self.wetting.iter().take(count).map(|&(_, due_s)| due_s)
    }

    /// When the next `count` trays in ageing are due, s, earliest first.
    pub fn next_aged_s(&self, count: usize) -> impl Iterator<Item = f64> + '_ {
        self.ageing.iter().take(count).map(|&(_, due_s)| due_s)
    }

    /// Where each kind of handover is, m along the aisle and m beside it: filling, wetting, ageing, testing, chargers.
    pub fn places_m(&self) -> [(f64, f64); 5] {
        use super::Place::{Ageing, Chargers, Filling, Testing, Wetting};
        [Filling, Wetting, Ageing, Testing, Chargers].map(|place| self.fleet.layout.of(place))
    }

    /// Where the tower of a slot is, m along the aisle and m beside it.
    pub fn slot_m(&self, slot: usize) -> (f64, f64) {
        self.fleet.layout.of(super::Place::Tower(self.rack.tower(slot)))
    }
}
