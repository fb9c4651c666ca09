//! What crosses the border between the flow and whoever sends its vehicles.

use serde::Serialize;

/// The five ways a tray goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Full tray from filling into the wetting store.
    Store,
    /// Wetted tray into a formation slot.
    Feed,
    /// Formed tray out of its slot into the ageing store.
    Clear,
    /// Aged tray to the end-of-line test.
    Test,
    /// Empty tray from the test back to filling.
    Return,
}

impl Move {
    /// All moves, in the order of the list above.
    pub const ALL: [Move; 5] = [Move::Store, Move::Feed, Move::Clear, Move::Test, Move::Return];

    /// Name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Move::Store => "store",
            Move::Feed => "feed",
            Move::Clear => "clear",
            Move::Test => "test",
            Move::Return => "return",
        }
    }

    /// The move of this name.
    pub fn named(name: &str) -> Option<Move> {
        Move::ALL.into_iter().find(|m| m.name() == name)
    }

    /// Does it need a slot: to put the tray into, or to take it from?
    pub fn has_slot(self) -> bool {
        matches!(self, Move::Feed | Move::Clear)
    }
}

/// One transport told to one vehicle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// Number given by who sends.
    pub id: u64,
    /// Which way.
    pub what: Move,
    /// Formation slot, for the moves that have one.
    pub slot: Option<usize>,
}

/// Why an order is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such vehicle.
    NoVehicle,
    /// The vehicle is out.
    Lost,
    /// The vehicle carries a tray or has an order.
    Engaged,
    /// The move needs a slot, has none, or the rack has no such slot.
    NoSlot,
    /// Another vehicle has that slot as its aim.
    SlotTaken,
    /// There is nothing to cancel or redirect any more.
    TooLate,
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Refusal::NoVehicle => "no such vehicle",
            Refusal::Lost => "vehicle is out",
            Refusal::Engaged => "vehicle is engaged",
            Refusal::NoSlot => "slot is missing or unknown",
            Refusal::SlotTaken => "slot is the aim of another vehicle",
            Refusal::TooLate => "too late",
        })
    }
}

/// What a vehicle does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Stands and may be sent.
    Idle,
    /// Drives to its load.
    ToLoad,
    /// Waits for a load that is not there yet.
    WaitLoad,
    /// Loads.
    Load,
    /// Drives with a load.
    ToUnload,
    /// Waits for a place to unload.
    WaitUnload,
    /// Unloads.
    Unload,
    /// Drives to a charger.
    ToCharge,
    /// Charges.
    Charge,
    /// Out.
    Lost,
}

impl Task {
    /// Name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Task::Idle => "idle",
            Task::ToLoad => "to_load",
            Task::WaitLoad => "wait_load",
            Task::Load => "load",
            Task::ToUnload => "to_unload",
            Task::WaitUnload => "wait_unload",
            Task::Unload => "unload",
            Task::ToCharge => "to_charge",
            Task::Charge => "charge",
            Task::Lost => "lost",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A full tray stands at the filling outlet.
    Filled,
    /// A tray has wetted long enough.
    Wetted,
    /// A tray's formation ended.
    Formed,
    /// A tray has aged long enough.
    Aged,
    /// An empty tray stands behind the test.
    Emptied,
    /// A vehicle has loaded.
    Picked,
    /// A vehicle has unloaded: the order is done.
    Delivered,
    /// An order ends undone: its vehicle went out before it had loaded.
    Failed,
    /// A vehicle went out.
    VehicleLost,
    /// A vehicle is back.
    VehicleBack,
    /// A slot went out.
    SlotOut,
    /// A slot is back.
    SlotBack,
    /// A vehicle stands at a charger, charged.
    Charged,
}

impl What {
    /// Name in messages.
    pub fn name(self) -> &'static str {
        match self {
            What::Filled => "filled",
            What::Wetted => "wetted",
            What::Formed => "formed",
            What::Aged => "aged",
            What::Emptied => "emptied",
            What::Picked => "picked",
            What::Delivered => "delivered",
            What::Failed => "failed",
            What::VehicleLost => "vehicle_lost",
            What::VehicleBack => "vehicle_back",
            What::SlotOut => "slot_out",
            What::SlotBack => "slot_back",
            What::Charged => "charged",
        }
    }
}

/// One happening, as far as it concerns who sends the vehicles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct News {
    /// When, s.
    pub time_s: f64,
    /// What.
    pub what: What,
    /// Vehicle.
    pub vehicle: Option<usize>,
    /// Order.
    pub order: Option<u64>,
    /// Tray.
    pub tray: Option<u32>,
    /// Formation slot.
    pub slot: Option<usize>,
}
