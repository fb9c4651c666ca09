//! What really happened in the flow; for evaluation only.

use super::order::Move;
use serde::Serialize;

/// How many of something were in a state, over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Sum over the members of the time in the state, s.
    pub total_s: f64,
    /// Time in which at least one was in the state, s.
    pub any_s: f64,
    /// Longest stretch in which at least one was in the state, s.
    pub longest_s: f64,
    /// First moment at which one was in the state, s.
    pub first_s: Option<f64>,
    /// How many are in the state now.
    pub now: u32,
    #[serde(skip)]
    since_s: f64,
    #[serde(skip)]
    stretch_s: f64,
}

impl Tally {
    /// From now on `count` are in the state.
    pub(super) fn set(&mut self, time_s: f64, count: usize) {
        let count = count as u32;
        if count == self.now {
            return;
        }
        self.settle(time_s);
        if self.now == 0 {
            self.stretch_s = time_s;
            self.first_s = self.first_s.or(Some(time_s));
        }
        self.now = count;
    }

    /// Counts the time up to now.
    pub(super) fn settle(&mut self, time_s: f64) {
        let passed = time_s - self.since_s;
        self.since_s = time_s;
        if self.now > 0 {
            self.total_s += f64::from(self.now) * passed;
            self.any_s += passed;
            self.longest_s = self.longest_s.max(time_s - self.stretch_s);
        }
    }
}

/// Transports of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MoveTruth {
    /// Trays delivered.
    pub delivered: u32,
    /// Sum of the time from ready to loaded, s.
    pub wait_s: f64,
    /// Longest time from ready to loaded, s.
    pub longest_wait_s: f64,
    /// Sum of the time a vehicle was engaged for it, from order to unloaded, s.
    pub engaged_s: f64,
}

/// One tray's way through formation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrayTruth {
    /// Tray.
    pub tray: u32,
    /// Slot.
    pub slot: usize,
    /// When its wetting time was over, s.
    pub due_s: f64,
    /// When formation started, s.
    pub start_s: f64,
    /// When formation ended, s; none yet while it runs.
    pub end_s: Option<f64>,
}

/// What really happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FlowTruth {
    /// Time that this covers, s.
    pub time_s: f64,
    /// The supply of stacked cells stands because welding has no place.
    pub supply_blocked: Tally,
    /// Welding stations that hold a finished lot.
    pub weld_blocked: Tally,
    /// Welding stations without a lot.
    pub weld_starved: Tally,
    /// Sealing machines that hold a finished lot.
    pub seal_blocked: Tally,
    /// Sealing machines without a lot.
    pub seal_starved: Tally,
    /// Filling heads without a lot.
    pub fill_starved: Tally,
    /// Filling heads that stand because there is no empty tray.
    pub fill_without_tray: Tally,
    /// Filling heads that stand because the outlet is full.
    pub fill_blocked: Tally,
    /// Formation slots that are free while a wetted tray is on its way or waits for a vehicle.
    pub slots_waiting: Tally,
    /// Wetted trays for which no slot is free.
    pub trays_without_slot: Tally,
    /// Formed trays that still stand in their slot.
    pub slots_not_cleared: Tally,
    /// Slots that are out.
    pub slots_out: Tally,
    /// Testers without a tray while an aged tray waits.
    pub test_starved: Tally,
    /// Testers that stand because there is no place for the empty tray.
    pub test_blocked: Tally,
    /// Vehicles that are not idle, not charging and not out.
    pub vehicles_engaged: Tally,
    /// Vehicles that wait for a load.
    pub vehicles_wait_load: Tally,
    /// Vehicles that wait with a load.
    pub vehicles_wait_unload: Tally,
    /// Vehicles that are out.
    pub vehicles_lost: Tally,
    /// Transports, in the order of [`Move::ALL`].
    pub moves: [MoveTruth; Move::ALL.len()],
    /// Trays filled.
    pub trays_filled: u32,
    /// Trays put into formation.
    pub trays_started: u32,
    /// Trays tested.
    pub trays_tested: u32,
    /// Good cells out of the test.
    pub good_cells: u64,
    /// Trays that went into formation, in order.
    pub trays: Vec<TrayTruth>,
}

impl FlowTruth {
    pub(super) fn settle(&mut self, time_s: f64) {
        self.time_s = time_s;
        for tally in [
            &mut self.supply_blocked,
            &mut self.weld_blocked,
            &mut self.weld_starved,
            &mut self.seal_blocked,
            &mut self.seal_starved,
            &mut self.fill_starved,
            &mut self.fill_without_tray,
            &mut self.fill_blocked,
            &mut self.slots_waiting,
            &mut self.trays_without_slot,
            &mut self.slots_not_cleared,
            &mut self.slots_out,
            &mut self.test_starved,
            &mut self.test_blocked,
            &mut self.vehicles_engaged,
            &mut self.vehicles_wait_load,
            &mut self.vehicles_wait_unload,
            &mut self.vehicles_lost,
        ] {
            tally.settle(time_s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_members_and_stretches() {
        let mut tally = Tally::default();
        tally.set(10.0, 2);
        tally.set(15.0, 1);
        tally.set(20.0, 0);
        tally.set(30.0, 1);
        tally.settle(32.0);
        assert_eq!((tally.total_s, tally.any_s, tally.longest_s), (17.0, 12.0, 10.0));
        assert_eq!(tally.first_s, Some(10.0));
    }
}
