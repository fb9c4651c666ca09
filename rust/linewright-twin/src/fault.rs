//! Faults: what goes wrong, where, when and how it grows.
//!
//! `at_s` is the true onset: the moment at which the plant itself starts to differ. `size` is the final size in the
//! unit of the kind. It grows over `ramp_s` (0 = step), lasts `duration_s` (0 = to the end) and leaves as it came.

use crate::config::{ConfigError, within};
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Another batch by hard switch: solids of tank content and inlet, pp.
    SolidsSwitch,
    /// Another batch into the mixed tank: solids of the inlet, pp; reaches the die with the tank's time constant.
    SolidsBatch,
    /// Air in the slurry, vol%: density, mass flow and weight fall, drive gain rises, solids fraction unchanged.
    AirBurst,
    /// Pumped volume lost in the pump, share of the flow.
    PumpSlip,
    /// Web speed of the coater, share of the speed.
    SpeedUpset,
    /// Dry scanner reads high by so many %.
    GaugeBias,
    /// Wet gauge reads high by so many %.
    WetGaugeBias,
    /// Calender rolls warmer by so many K.
    RollHeat,
    /// Load cells of the calender read high by so many N/mm: the nip gets that much less.
    LoadCellDrift,
    /// Compaction resistance higher by this share (another foil or binder lot).
    CompactionStep,
    /// The mark reader reports coating metres too high by so many m.
    MapOffset,
    /// The calender's encoder misses this share of the web.
    EncoderSlip,
    /// Slurry thicker by so many %: a batch of another binder or carbon lot.
    ViscosityDrift,
    /// Slurry warmer by so many K: thinner, lighter.
    SlurryHeat,
    /// Flow lost through the worn stator of the pump, % of the flow; grows by the size in a day, as one ramp.
    StatorWear,
    /// Pump pulsation at the ripple's frequency, added amplitude, %.
    Pulsation,
    /// A particle between the lips: change of the weight over the width of a streak, %.
    Streak,
    /// Edge beads higher by so many % over their width.
    EdgeBead,
    /// The bolt of this number (from 1) does not move.
    BoltStuck,
    /// Weight across the web tilted by so many % from edge to edge.
    CrossTilt,
    /// Nozzle fan of dryer zone 1 gives less: share of the heat transfer lost.
    #[serde(rename = "fan_trip_1")]
    FanTrip1,
    /// The same in zone 2.
    #[serde(rename = "fan_trip_2")]
    FanTrip2,
    /// The same in zone 3.
    #[serde(rename = "fan_trip_3")]
    FanTrip3,
    /// The same in zone 4.
    #[serde(rename = "fan_trip_4")]
    FanTrip4,
    /// The same in zone 5.
    #[serde(rename = "fan_trip_5")]
    FanTrip5,
    /// The same in zone 6.
    #[serde(rename = "fan_trip_6")]
    FanTrip6,
    /// More solvent (anode: humidity) in the air that the dryer's nozzles blow, g/m3.
    InletSolvent,
    /// Recipe error: the middle zones of the dryer (3 and 4) run hotter than told by so many K.
    ZoneOverheat,
    /// A bearing of the calender hammers once a turn: a wave of so many um of sheet.
    RollBearing,
    /// So many formation slots are out; trays in them stand still and go on when the slots are back.
    SlotOutage,
    /// So many vehicles are out; people bring a load on the way to where it was going.
    VehicleLoss,
    /// So many trays come out of wetting within the ramp, those that were due next; a gap follows.
    ArrivalBunching,
    /// Clamps of the welder's fixture 0 worn: share of the force lost; gaps grow with its third power.
    ClampWear,
    /// Protective glass of the welder soiled: share of the light lost, on the way in and on the way out.
    LensSoiling,
    /// Melt blown out of welds: added share of welds.
    BlowOut,
    /// The camera above the welding station gives no picture; 1.
    CameraLost,
    /// It gives the same picture again and again; 1.
    CameraFrozen,
    /// A particle shorts one cell under charge, drawn from the seed; ohm.
    SoftShort,
    /// One channel of the next tray that is plugged in has contacts worse by so many mohm.
    ContactResistance,
    /// The next lot that is begun was wetted poorly: resistance higher by so many %, efficiency lower by 1/8 point per %.
    PoorWetting,
}

impl FaultKind {
    /// All kinds, in the order of the list above.
    pub const ALL: [FaultKind; 40] = [
        FaultKind::SolidsSwitch,
        FaultKind::SolidsBatch,
        FaultKind::AirBurst,
        FaultKind::PumpSlip,
        FaultKind::SpeedUpset,
        FaultKind::GaugeBias,
        FaultKind::WetGaugeBias,
        FaultKind::RollHeat,
        FaultKind::LoadCellDrift,
        FaultKind::CompactionStep,
        FaultKind::MapOffset,
        FaultKind::EncoderSlip,
        FaultKind::ViscosityDrift,
        FaultKind::SlurryHeat,
        FaultKind::StatorWear,
        FaultKind::Pulsation,
        FaultKind::Streak,
        FaultKind::EdgeBead,
        FaultKind::BoltStuck,
        FaultKind::CrossTilt,
        FaultKind::FanTrip1,
        FaultKind::FanTrip2,
        FaultKind::FanTrip3,
        FaultKind::FanTrip4,
        FaultKind::FanTrip5,
        FaultKind::FanTrip6,
        FaultKind::InletSolvent,
        FaultKind::ZoneOverheat,
        FaultKind::RollBearing,
        FaultKind::SlotOutage,
        FaultKind::VehicleLoss,
        FaultKind::ArrivalBunching,
        FaultKind::ClampWear,
        FaultKind::LensSoiling,
        FaultKind::BlowOut,
        FaultKind::CameraLost,
        FaultKind::CameraFrozen,
        FaultKind::SoftShort,
        FaultKind::ContactResistance,
        FaultKind::PoorWetting,
    ];

    /// True for what goes wrong in formation, not on the electrode line.
    pub fn in_formation(self) -> bool {
        matches!(self, FaultKind::SoftShort | FaultKind::ContactResistance | FaultKind::PoorWetting)
    }

    /// Name, unit of the size, smallest and largest size, usual ramp in s, and the place where it starts.
    pub fn facts(self) -> FaultFacts {
        let facts =
            |name, unit, lo, hi, ramp_s, place| FaultFacts { name, unit, lo, hi, ramp_s, place };
        match self {
            FaultKind::SolidsSwitch => facts("solids_switch", "pp", -5.0, 5.0, 0.0, "day tank"),
            FaultKind::SolidsBatch => {
                facts("solids_batch", "pp", -5.0, 5.0, 0.0, "inlet of the day tank")
            }
            FaultKind::AirBurst => facts("air_burst", "vol%", 0.0, 20.0, 0.0, "pump suction"),
            FaultKind::PumpSlip => facts("pump_slip", "1", -0.2, 0.5, 0.0, "pump"),
            FaultKind::SpeedUpset => facts("speed_upset", "1", -0.9, 0.5, 10.0, "coater drive"),
            FaultKind::GaugeBias => facts("gauge_bias", "%", -20.0, 20.0, 600.0, "dry scanner"),
            FaultKind::WetGaugeBias => {
                facts("wet_gauge_bias", "%", -20.0, 20.0, 600.0, "wet gauge")
            }
            FaultKind::RollHeat => {
                facts("roll_heat", "K", -50.0, 50.0, HEAT_TAU_S, "calender rolls")
            }
            FaultKind::LoadCellDrift => {
                facts("load_cell_drift", "N/mm", -300.0, 300.0, 600.0, "calender load cells")
            }
            FaultKind::CompactionStep => {
                facts("compaction_step", "1", -0.5, 1.0, 0.0, "coating at the nip")
            }
            FaultKind::MapOffset => facts("map_offset", "m", -500.0, 500.0, 0.0, "mark reader"),
            FaultKind::EncoderSlip => {
                facts("encoder_slip", "1", -0.1, 0.1, 0.0, "calender encoder")
            }
            FaultKind::ViscosityDrift => {
                facts("viscosity_drift", "%", -50.0, 100.0, 1800.0, "slurry")
            }
            FaultKind::SlurryHeat => facts("slurry_heat", "K", -20.0, 20.0, 1800.0, "slurry"),
            FaultKind::StatorWear => facts("stator_wear", "%", 0.0, 20.0, 86_400.0, "pump stator"),
            FaultKind::Pulsation => facts("pulsation", "%", 0.0, 20.0, 28_800.0, "pump"),
            FaultKind::Streak => facts("streak", "%", -100.0, 100.0, 0.0, "die lip"),
            FaultKind::EdgeBead => facts("edge_bead", "%", -5.0, 100.0, 3600.0, "edges of the die"),
            FaultKind::BoltStuck => facts("bolt_stuck", "1", 1.0, 24.0, 0.0, "die bolt"),
            FaultKind::CrossTilt => facts("cross_tilt", "%", -20.0, 20.0, 0.0, "die lip"),
            FaultKind::FanTrip1 => facts("fan_trip_1", "1", 0.0, 0.95, 0.0, "dryer zone 1"),
            FaultKind::FanTrip2 => facts("fan_trip_2", "1", 0.0, 0.95, 0.0, "dryer zone 2"),
            FaultKind::FanTrip3 => facts("fan_trip_3", "1", 0.0, 0.95, 0.0, "dryer zone 3"),
            FaultKind::FanTrip4 => facts("fan_trip_4", "1", 0.0, 0.95, 0.0, "dryer zone 4"),
            FaultKind::FanTrip5 => facts("fan_trip_5", "1", 0.0, 0.95, 0.0, "dryer zone 5"),
            FaultKind::FanTrip6 => facts("fan_trip_6", "1", 0.0, 0.95, 0.0, "dryer zone 6"),
            FaultKind::InletSolvent => {
                facts("inlet_solvent", "g/m3", -30.0, 30.0, 600.0, "dryer air supply")
            }
            FaultKind::ZoneOverheat => {
                facts("zone_overheat", "K", -60.0, 60.0, 0.0, "dryer zones 3 and 4")
            }
            FaultKind::RollBearing => {
                facts("roll_bearing", "um", 0.0, 50.0, 600.0, "calender bearing")
            }
            FaultKind::SlotOutage => {
                facts("slot_outage", "slots", 0.0, 10_000.0, 0.0, "formation rack")
            }
            FaultKind::VehicleLoss => {
                facts("vehicle_loss", "vehicles", 0.0, 1000.0, 0.0, "transport fleet")
            }
            FaultKind::ArrivalBunching => {
                facts("arrival_bunching", "trays", 0.0, 1000.0, 300.0, "wetting outlet")
            }
            FaultKind::ClampWear => facts("clamp_wear", "1", 0.0, 0.6, 0.0, "weld fixture 0"),
            FaultKind::LensSoiling => {
                facts("lens_soiling", "1", 0.0, 0.5, SOILING_S, "protective glass of the welder")
            }
            FaultKind::BlowOut => facts("blow_out", "1", 0.0, 1.0, 0.0, "weld surface"),
            FaultKind::CameraLost => {
                facts("camera_lost", "1", 0.0, 1.0, 0.0, "camera of the welder")
            }
            FaultKind::CameraFrozen => {
                facts("camera_frozen", "1", 0.0, 1.0, 0.0, "camera of the welder")
            }
            FaultKind::SoftShort => facts("soft_short", "ohm", 0.1, 1e6, 0.0, "formation cell"),
            FaultKind::ContactResistance => {
                facts("contact_resistance", "mohm", 0.0, 50.0, 0.0, "formation channel")
            }
            FaultKind::PoorWetting => facts("poor_wetting", "%", 0.0, 50.0, 0.0, "filling"),
        }
    }
}

/// What is fixed for a kind of fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultFacts {
    /// Name as in a line file.
    pub name: &'static str,
    /// Unit of the size.
    pub unit: &'static str,
    /// Smallest size.
    pub lo: f64,
    /// Largest size.
    pub hi: f64,
    /// Growth when the fault names no `ramp_s`; for `roll_heat` the time constant of the exponential.
    pub ramp_s: f64,
    /// Where in the plant it starts.
    pub place: &'static str,
}

/// Heating of the rolls: time constant, s.
const HEAT_TAU_S: f64 = 2400.0;
/// Growth of the usual soiling, 5 %: 0.5 % in 1000 welds, 18 welds a minute, s.
const SOILING_S: f64 = 10_000.0 * 60.0 / 18.0;

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Onset, s from the start.
    pub at_s: f64,
    /// Final size, unit by kind.
    pub size: f64,
    /// How long, s; 0 = to the end.
    #[serde(default)]
    pub duration_s: f64,
    /// How fast it grows, s; left out = usual for the kind; for `roll_heat` the time constant.
    #[serde(default)]
    pub ramp_s: Option<f64>,
}

impl Fault {
    pub(crate) fn check(&self, index: usize) -> Result<(), ConfigError> {
        let facts = self.kind.facts();
        let field = |name: &str| format!("faults[{index}].{name} ({})", facts.name);
        within(&field("at_s"), self.at_s, 0.0, 1e9)?;
        within(&field("size"), self.size, facts.lo, facts.hi)?;
        within(&field("duration_s"), self.duration_s, 0.0, 1e9)?;
        within(&field("ramp_s"), self.ramp_s.unwrap_or(facts.ramp_s), 0.0, 1e9)
    }

    /// Present size at `time_s`, in the unit of the kind.
    pub fn size_at(&self, time_s: f64) -> f64 {
        let age = time_s - self.at_s;
        if age < 0.0 {
            return 0.0;
        }
        let tau = self.ramp_s.unwrap_or(self.kind.facts().ramp_s);
        let grown = |age: f64| match self.kind {
            _ if tau <= 0.0 => 1.0,
            FaultKind::RollHeat => 1.0 - libm::exp(-age / tau),
            _ => (age / tau).min(1.0),
        };
        if self.duration_s <= 0.0 || age < self.duration_s {
            return self.size * grown(age);
        }
        let past = age - self.duration_s;
        let left = match self.kind {
            FaultKind::RollHeat => grown(self.duration_s) * (1.0 - grown(past)),
            _ => (grown(self.duration_s) - grown(past)).max(0.0),
        };
        self.size * left
    }
}

/// Sum of all faults at one moment, units as the kinds'.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    sizes: [f64; FaultKind::ALL.len()],
}

impl Default for Effects {
    fn default() -> Self {
        Effects { sizes: [0.0; FaultKind::ALL.len()] }
    }
}

impl Effects {
    /// Sum over `faults` at `time_s`.
    pub fn at(faults: &[Fault], time_s: f64) -> Self {
        let mut effects = Effects::default();
        for fault in faults {
            effects.sizes[fault.kind as usize] += fault.size_at(time_s);
        }
        effects
    }

    /// Present size of `kind`.
    pub fn of(&self, kind: FaultKind) -> f64 {
        self.sizes[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_grows_lasts_and_leaves_as_it_came() {
        let fault = Fault {
            kind: FaultKind::SpeedUpset,
            at_s: 100.0,
            size: -0.2,
            duration_s: 60.0,
            ramp_s: None,
        };
        for (time_s, expected) in
            [(99.9, 0.0), (105.0, -0.1), (120.0, -0.2), (165.0, -0.1), (171.0, 0.0)]
        {
            assert!((fault.size_at(time_s) - expected).abs() < 1e-12, "at {time_s}");
        }
    }

    #[test]
    fn roll_heat_is_exponential_with_forty_minutes() {
        let heat = Fault {
            kind: FaultKind::RollHeat,
            at_s: 0.0,
            size: 2.0,
            duration_s: 0.0,
            ramp_s: None,
        };
        assert!((heat.size_at(2400.0) - 2.0 * 0.632_120_558_828_557_7).abs() < 1e-9);
    }

    #[test]
    fn the_order_of_all_is_the_order_of_the_kinds() {
        for (i, kind) in FaultKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
        }
    }
}
