//! What the material flow is made of; every figure has a default and bounds.

use crate::config::{ConfigError, section, within};
use serde::{Deserialize, Serialize};

section! {
    /// From stacked cells to filled trays: welding, insertion and sealing, filling, in lots of one tray.
    AssemblyConfig "flow.assembly" {
        /// Stacked cells offered to welding, cells/min.
        cells_per_min = 26.30, 0.1, 1000.0;
        /// Half width of the uniform jitter of the time between lots, share of that time.
        jitter = 0.2, 0.0, 1.0;
        /// Cells in a tray and in a lot.
        tray_cells = 32.0, 1.0, 1000.0;
        /// Lots that fit before each of the three steps.
        buffer_lots = 4.0, 1.0, 1000.0;
        /// Welding stations.
        weld_machines = 2.0, 1.0, 100.0;
        /// Rate of one welding station, cells/min.
        weld_cells_per_min = 18.0, 0.1, 1000.0;
        /// Sealing machines.
        seal_machines = 2.0, 1.0, 100.0;
        /// Rate of one sealing machine, cells/min.
        seal_cells_per_min = 18.0, 0.1, 1000.0;
        /// Filling heads.
        fill_machines = 9.0, 1.0, 100.0;
        /// Rate of one filling head, cells/min.
        fill_cells_per_min = 3.0, 0.1, 1000.0;
        /// Share of its working time that a welding or sealing machine is up, dimensionless.
        availability = 0.85, 0.05, 1.0;
        /// The same of a filling head.
        fill_availability = 0.97, 0.05, 1.0;
        /// Mean time to repair, min.
        repair_min = 5.0, 0.1, 1000.0;
        /// Good cells out of welding, sealing and filling together, dimensionless.
        cell_yield = 0.9508, 0.05, 1.0;
        /// Places for full trays at the filling outlet.
        outlet_places = 6.0, 1.0, 1000.0;
        /// Places for empty trays at filling.
        empty_places = 8.0, 1.0, 1000.0;
    }
}

section! {
    /// Stores with their own cranes and one handover each.
    StoreConfig "flow.store" {
        /// Wetting time, h.
        wetting_h = 24.0, 0.1, 200.0;
        /// Places in the wetting store, trays.
        wetting_places = 1300.0, 1.0, 100_000.0;
        /// Ageing time, h.
        ageing_h = 336.0, 0.1, 2000.0;
        /// Places for empty trays behind the end-of-line test.
        empty_places = 120.0, 1.0, 10_000.0;
    }
}

section! {
    /// Formation rack.
    RackConfig "flow.rack" {
        /// Slots, one tray each.
        slots = 469.0, 1.0, 10_000.0;
        /// Slots in a tower.
        tower_slots = 25.0, 1.0, 1000.0;
        /// Formation time, h.
        formation_h = 8.0, 0.05, 200.0;
        /// Spread of the formation time from tray to tray, share, one standard deviation.
        spread = 0.02, 0.0, 0.2;
        /// Error of the forecast end at the start, share of the formation time, one standard deviation; it shrinks
        /// with the time left, because progress is read from the charge already taken.
        forecast_error = 0.02, 0.0, 0.2;
        /// Good cells out of formation, dimensionless.
        cell_yield = 0.97, 0.05, 1.0;
    }
}

section! {
    /// End-of-line test.
    TestConfig "flow.test" {
        /// Testers.
        testers = 3.0, 1.0, 100.0;
        /// Rate of one tester, cells/min.
        cells_per_min = 10.0, 0.1, 1000.0;
        /// Share of its working time that a tester is up, dimensionless.
        availability = 0.95, 0.05, 1.0;
        /// Mean time to repair, min.
        repair_min = 5.0, 0.1, 1000.0;
        /// Places for trays before the testers.
        infeed_places = 6.0, 1.0, 1000.0;
        /// Good cells out of ageing and test, dimensionless.
        cell_yield = 0.969, 0.05, 1.0;
    }
}

section! {
    /// Vehicles and the way they drive. Vehicles do not stand in each other's way.
    FleetConfig "flow.fleet" {
        /// Vehicles.
        vehicles = 20.0, 1.0, 1000.0;
        /// Speed, m/s.
        speed_m_per_s = 1.0, 0.05, 20.0;
        /// Loading or unloading, s.
        handling_s = 45.0, 0.0, 1000.0;
        /// Length of the aisle from filling to the end-of-line test, m.
        aisle_m = 225.0, 10.0, 5000.0;
        /// Driving time from a full battery, h.
        run_h = 10.0, 0.1, 100.0;
        /// Charging from empty to full, h.
        charge_h = 1.0, 0.01, 100.0;
        /// Battery below which the built-in rule sends a vehicle to charge, share.
        charge_below = 0.25, 0.0, 0.9;
        /// Battery at which the built-in rule takes it back, share.
        charge_to = 0.8, 0.1, 1.0;
        /// Time until people have brought the load of a lost vehicle to its destination, s.
        recovery_s = 900.0, 1.0, 100_000.0;
    }
}

/// A planned change of recipe as the flow sees it: no new cells for a while, then another formation time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeStep {
    /// When the supply stops, s.
    pub at_s: f64,
    /// How long it stops, s.
    pub gap_s: f64,
    /// Cells offered afterwards, cells/min.
    pub cells_per_min: f64,
    /// Formation time of trays started after the gap, h.
    pub formation_h: f64,
}

/// The whole material flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlowConfig {
    /// Runs beside the electrode line; it always runs when built alone.
    pub on: bool,
    /// From stacked cells to filled trays.
    pub assembly: AssemblyConfig,
    /// Wetting, ageing, empty trays.
    pub store: StoreConfig,
    /// Formation.
    pub rack: RackConfig,
    /// End-of-line test.
    pub test: TestConfig,
    /// Vehicles.
    pub fleet: FleetConfig,
    /// Planned change of recipe.
    pub change: Option<RecipeStep>,
}

impl FlowConfig {
    /// Refuses what no flow can be; names the first field found.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.assembly.check()?;
        self.store.check()?;
        self.rack.check()?;
        self.test.check()?;
        self.fleet.check()?;
        for (field, value) in self.counts() {
            if value != value.floor() {
                let must_be = "a whole number".to_string();
                return Err(ConfigError { field: field.to_string(), must_be, value });
            }
        }
        let (below, to) = (self.fleet.charge_below, self.fleet.charge_to);
        if below >= to {
            let field = "flow.fleet.charge_below".to_string();
            let must_be = format!("below flow.fleet.charge_to = {to}");
            return Err(ConfigError { field, must_be, value: below });
        }
        let Some(step) = self.change else { return Ok(()) };
        within("flow.change.at_s", step.at_s, 0.0, 1e9)?;
        within("flow.change.gap_s", step.gap_s, 0.0, 1e9)?;
        within("flow.change.cells_per_min", step.cells_per_min, 0.1, 1000.0)?;
        within("flow.change.formation_h", step.formation_h, 0.05, 200.0)
    }

    fn counts(&self) -> [(&'static str, f64); 14] {
        let (assembly, store) = (&self.assembly, &self.store);
        [
            ("flow.assembly.tray_cells", assembly.tray_cells),
            ("flow.assembly.buffer_lots", assembly.buffer_lots),
            ("flow.assembly.weld_machines", assembly.weld_machines),
            ("flow.assembly.seal_machines", assembly.seal_machines),
            ("flow.assembly.fill_machines", assembly.fill_machines),
            ("flow.assembly.outlet_places", assembly.outlet_places),
            ("flow.assembly.empty_places", assembly.empty_places),
            ("flow.store.wetting_places", store.wetting_places),
            ("flow.store.empty_places", store.empty_places),
            ("flow.rack.slots", self.rack.slots),
            ("flow.rack.tower_slots", self.rack.tower_slots),
            ("flow.test.testers", self.test.testers),
            ("flow.test.infeed_places", self.test.infeed_places),
            ("flow.fleet.vehicles", self.fleet.vehicles),
        ]
    }

    /// Trays filled per second when nothing stops the supply.
    pub fn trays_per_s(&self) -> f64 {
        let a = &self.assembly;
        a.cells_per_min * a.cell_yield / a.tray_cells / 60.0
    }
}
