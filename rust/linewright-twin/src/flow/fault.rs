//! Faults of the flow: slots out, vehicles out, trays in a bunch.

use super::FlowTwin;
use super::agenda::Due;
use super::fleet::Place;
use super::order::{Task, What};
use crate::fault::FaultKind;

impl FlowTwin {
    /// One entry for each slot or vehicle: the n-th of N goes out `ramp*n/N` after the onset and is back as long after
    /// the end. Kinds of other sections are none of the flow's.
    pub(super) fn enter_faults(&mut self) {
        for (i, fault) in self.faults.iter().enumerate() {
            let units = match fault.kind {
                FaultKind::SlotOutage | FaultKind::VehicleLoss => fault.size.round() as u32,
                FaultKind::ArrivalBunching => 1,
                _ => 0,
            };
            let ramp_s = match fault.kind {
                FaultKind::ArrivalBunching => 0.0,
                kind => fault.ramp_s.unwrap_or(kind.facts().ramp_s),
            };
            for unit in 0..units {
                let at_s = fault.at_s + ramp_s * f64::from(unit) / f64::from(units);
                self.agenda.enter(at_s, Due::FaultOn { fault: i });
                if fault.duration_s > 0.0 {
                    self.agenda.enter(at_s + fault.duration_s, Due::FaultOff { fault: i });
                }
            }
        }
    }

    pub(super) fn fault_on(&mut self, fault: usize) {
        match self.faults[fault].kind {
            FaultKind::SlotOutage => {
                if let Some(slot) = self.rack.put_out(self.now_s) {
                    self.held[fault].push_back(slot);
                    let tray = self.rack.slots[slot].tray;
                    self.tell(What::SlotOut, None, None, tray, Some(slot));
                }
            }
            FaultKind::VehicleLoss => {
                let inside: Vec<usize> = (0..self.fleet.vehicles.len())
                    .filter(|&v| self.fleet.vehicles[v].task != Task::Lost)
                    .collect();
                let pick = (self.picks.uniform() * inside.len() as f64).ceil() as usize;
                if let Some(&vehicle) = inside.get(pick.saturating_sub(1)) {
                    self.held[fault].push_back(vehicle);
                    self.lose(vehicle);
                }
            }
            FaultKind::ArrivalBunching => self.bunch(fault),
            _ => {}
        }
    }

    pub(super) fn fault_off(&mut self, fault: usize) {
        let Some(unit) = self.held[fault].pop_front() else { return };
        if self.faults[fault].kind == FaultKind::SlotOutage {
            self.rack.put_back(unit, self.now_s, &mut self.agenda);
            self.tell(What::SlotBack, None, None, self.rack.slots[unit].tray, Some(unit));
            return;
        }
        let v = self.fleet.vehicles[unit];
        if v.tray.is_some() {
            self.recovered(unit, v.version);
        }
        self.fleet.tow(unit, Task::Idle, Place::Chargers, self.now_s);
        self.tell(What::VehicleBack, Some(unit), None, None, None);
    }

    /// The trays that are due next come within the ramp, evenly.
    fn bunch(&mut self, fault: usize) {
        let fault = self.faults[fault];
        let window_s = fault.ramp_s.unwrap_or(fault.kind.facts().ramp_s);
        let trays = (fault.size.round() as usize).min(self.wetting.len());
        for (i, (_, due_s)) in self.wetting.iter_mut().take(trays).enumerate() {
            let earlier_s = self.now_s + window_s * (i as f64 + 1.0) / trays as f64;
            *due_s = due_s.min(earlier_s);
        }
        self.schedule_wetting();
    }
}
