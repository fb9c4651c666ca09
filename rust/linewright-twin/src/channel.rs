//! Channels of the line: what it measures and what it can be told.

/// A named quantity with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// `station.quantity`.
    pub name: &'static str,
    /// Unit symbol, `1` when dimensionless.
    pub unit: &'static str,
}

/// Many numbers at once: what is too wide for a channel, as a burst of samples or a whole formation line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// `station.quantity`.
    pub name: &'static str,
    /// Unit symbol of every number, `1` when dimensionless.
    pub unit: &'static str,
    /// Most numbers it holds.
    pub len: usize,
}

macro_rules! channels {
    ($all:ident $index:ident { $($id:ident = $name:literal, $unit:literal;)* }) => {
        /// In the order of the slices given to `Line::step`.
        pub const $all: &[Channel] = &[$(Channel { name: $name, unit: $unit },)*];
        /// Places in the slices given to `Line::step`.
        // Of a row of channels alike the first is named, the others stand behind it.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, dead_code)]
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
    DIE_PRESSURE = "coater.die_pressure", "kPa";
    BATCH = "slurry.batch", "1";
    BATCH_LEFT = "slurry.batch_left", "L";
    ZONE_1_AIR = "coater.zone_1_air", "degC";
    ZONE_2_AIR = "coater.zone_2_air", "degC";
    ZONE_3_AIR = "coater.zone_3_air", "degC";
    ZONE_4_AIR = "coater.zone_4_air", "degC";
    ZONE_5_AIR = "coater.zone_5_air", "degC";
    ZONE_6_AIR = "coater.zone_6_air", "degC";
    ZONE_1_WEB = "coater.zone_1_web", "degC";
    ZONE_2_WEB = "coater.zone_2_web", "degC";
    ZONE_3_WEB = "coater.zone_3_web", "degC";
    ZONE_4_WEB = "coater.zone_4_web", "degC";
    ZONE_5_WEB = "coater.zone_5_web", "degC";
    ZONE_6_WEB = "coater.zone_6_web", "degC";
    ZONE_1_EXHAUST = "coater.zone_1_exhaust", "g/m3";
    ZONE_2_EXHAUST = "coater.zone_2_exhaust", "g/m3";
    ZONE_3_EXHAUST = "coater.zone_3_exhaust", "g/m3";
    ZONE_4_EXHAUST = "coater.zone_4_exhaust", "g/m3";
    ZONE_5_EXHAUST = "coater.zone_5_exhaust", "g/m3";
    ZONE_6_EXHAUST = "coater.zone_6_exhaust", "g/m3";
    EXHAUST_AIR = "coater.exhaust_flow", "m3/s";
    RESIDUAL = "coater.residual", "ppm";
    FLOW_WETTED = "flow.trays_wetted", "1";
    FLOW_FREE = "flow.slots_free", "1";
    FLOW_OUT = "flow.slots_out", "1";
    FLOW_VEHICLES = "flow.vehicles_in", "1";
    FLOW_INFEED = "flow.trays_before_test", "1";
    FLOW_GOOD = "flow.good_cells", "1";
    WELD_COUNT = "welder.count", "1";
    WELD_FIXTURE = "welder.fixture", "1";
    WELD_NEXT_FIXTURE = "welder.next_fixture", "1";
    WELD_CHECK_COUNT = "welder.check_count", "1";
    WELD_CHECK_NUMBER = "welder.check_number", "1";
    WELD_CHECK_FIXTURE = "welder.check_fixture", "1";
    WELD_RESISTANCE = "welder.resistance", "uohm";
    WELD_PULL = "welder.pull", "N";
    WELD_TRIMMED = "welder.trimmed", "1";
    WELD_TRIM_HELD = "welder.trim_held", "1";
    STACK_CELL = "welder.cell", "1";
    STACK_ROLL = "welder.cell_roll", "1";
    STACK_WEB = "welder.cell_web", "m";
} }

channels! { ACTUATORS actuator {
    PUMP_FLOW = "coater.pump_flow", "L/min";
    PRESS_LOAD = "calender.line_load", "N/mm";
    BOLT_01 = "coater.bolt_01", "um";
    BOLT_02 = "coater.bolt_02", "um";
    BOLT_03 = "coater.bolt_03", "um";
    BOLT_04 = "coater.bolt_04", "um";
    BOLT_05 = "coater.bolt_05", "um";
    BOLT_06 = "coater.bolt_06", "um";
    BOLT_07 = "coater.bolt_07", "um";
    BOLT_08 = "coater.bolt_08", "um";
    BOLT_09 = "coater.bolt_09", "um";
    BOLT_10 = "coater.bolt_10", "um";
    BOLT_11 = "coater.bolt_11", "um";
    BOLT_12 = "coater.bolt_12", "um";
    BOLT_13 = "coater.bolt_13", "um";
    BOLT_14 = "coater.bolt_14", "um";
    BOLT_15 = "coater.bolt_15", "um";
    BOLT_16 = "coater.bolt_16", "um";
    BOLT_17 = "coater.bolt_17", "um";
    BOLT_18 = "coater.bolt_18", "um";
    BOLT_19 = "coater.bolt_19", "um";
    BOLT_20 = "coater.bolt_20", "um";
    BOLT_21 = "coater.bolt_21", "um";
    BOLT_22 = "coater.bolt_22", "um";
    BOLT_23 = "coater.bolt_23", "um";
    BOLT_24 = "coater.bolt_24", "um";
    SOLIDS_OFFSET = "slurry.solids_offset", "%";
    ZONE_1 = "coater.zone_1", "degC";
    ZONE_2 = "coater.zone_2", "degC";
    ZONE_3 = "coater.zone_3", "degC";
    ZONE_4 = "coater.zone_4", "degC";
    ZONE_5 = "coater.zone_5", "degC";
    ZONE_6 = "coater.zone_6", "degC";
    EXHAUST = "coater.exhaust_air", "m3/s";
    WELD_POWER = "welder.power", "W";
    WELD_CLAMP = "welder.clamp", "N";
    WELD_DEFOCUS = "welder.defocus", "mm";
    WELD_HOLD = "welder.fixture_hold", "1";
    WEB_DRIVE = "coater.web_drive", "m/s";
    WELD_TRIM = "welder.trim_band", "1";
} }
