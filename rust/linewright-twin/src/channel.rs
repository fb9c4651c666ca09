//! Channels of the line: what it measures and what it can be told.

/// A named quantity with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// `station.quantity`.
    pub name: &'static str,
    /// Unit symbol, `1` when dimensionless.
    pub unit: &'static str,
}

macro_rules! channels {
    ($all:ident $index:ident { $($id:ident = $name:literal, $unit:literal;)* }) => {
        /// In the order of the slices given to `Line::step`.
        pub const $all: &[Channel] = &[$(Channel { name: $name, unit: $unit },)*];
        /// Places in the slices given to `Line::step`.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        pub(crate) mod $index { channels!(@at 0usize; $($id)*); }
    };
    (@at $n:expr; $id:ident $($rest:ident)*) => {
        pub const $id: usize = $n;
        channels!(@at $n + 1; $($rest)*);
    };
    (@at $n:expr;) => {};
}

channels! { SENSORS sensor {
    SLURRY_DENSITY = "coater.slurry_density", "kg/m3";
    SLURRY_TEMPERATURE = "coater.slurry_temperature", "degC";
    DRIVE_GAIN = "coater.drive_gain", "1";
    MASS_FLOW = "coater.mass_flow", "kg/min";
    PUMP_SPEED_FLOW = "coater.pump_speed_flow", "L/min";
    WEB_SPEED = "coater.web_speed", "m/s";
    WEB_POSITION = "coater.web_position", "m";
    WET_WEIGHT = "coater.wet_weight", "g/m2";
    DRY_WEIGHT = "coater.dry_weight", "g/m2";
    DRY_BOX = "coater.dry_box", "1";
    COATER_JUMBO = "coater.jumbo", "1";
    LINE_LOAD = "calender.line_load", "N/mm";
    CALENDER_SPEED = "calender.web_speed", "m/s";
    ENCODER = "calender.encoder", "m";
    THICKNESS = "calender.thickness", "um";
    ROLL_TEMPERATURE = "calender.roll_temperature", "degC";
    MARK_M = "calender.mark_m", "m";
    MARK_COUNT = "calender.mark_count", "1";
    CALENDER_JUMBO = "calender.jumbo", "1";
    LAB_DRY_WEIGHT = "lab.dry_weight", "g/m2";
    LAB_THICKNESS = "lab.thickness", "um";
    LAB_COUNT = "lab.count", "1";
} }

channels! { ACTUATORS actuator {
    PUMP_FLOW = "coater.pump_flow", "L/min";
    PRESS_LOAD = "calender.line_load", "N/mm";
} }
