//! What a line is made of: every figure has a default and bounds; nonsense is refused with field, bound and value.
//!
//! All sections refuse unknown keys. A size of 0 switches a disturbance or a noise off.

use crate::cross::CrossConfig;
use crate::fault::{Fault, FaultKind};
use crate::feed::{BatchConfig, RheologyConfig};
use crate::flow::FlowConfig;
use crate::formation::FormationConfig;
use crate::stack::StackConfig;
use crate::weld::WeldConfig;
use serde::{Deserialize, Serialize};

/// A config that is no line: which field, what it must be, what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    /// The field, with its section, for example `coater.web_m_per_s`.
    pub field: String,
    /// What it must be, for example `0.05 to 5`.
    pub must_be: String,
    /// What it was.
    pub value: f64,
}

impl core::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} must be {}, was {}", self.field, self.must_be, self.value)
    }
}

impl core::error::Error for ConfigError {}

/// Refuses `value` outside `lo..=hi`; NaN is outside of everything.
pub(crate) fn within(field: &str, value: f64, lo: f64, hi: f64) -> Result<(), ConfigError> {
    if (lo..=hi).contains(&value) {
        return Ok(());
    }
    Err(ConfigError { field: field.to_string(), must_be: format!("{lo} to {hi}"), value })
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident $key:literal $(switch $switch:ident)? {
        $($(#[$field_doc:meta])* $field:ident = $default:expr, $lo:expr, $hi:expr;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $(/** The line has this section; off by default. */ pub $switch: bool,)? $($(#[$field_doc])* pub $field: f64,)* }
        impl Default for $name {
            fn default() -> Self { Self { $($switch: false,)? $($field: $default,)* } }
        }
        impl $name {
            /// Refuses a field outside its bounds; names the first found.
            pub(crate) fn check(&self) -> Result<(), ConfigError> {
                $(within(concat!($key, ".", stringify!($field)), self.$field, $lo, $hi)?;)*
                Ok(())
            }
        }
    };
}

pub(crate) use section;

macro_rules! recipe {
    ($($(#[$doc:meta])* $field:ident = $cathode:expr, $anode:expr, $lo:expr, $hi:expr;)*) => {
        /// What is coated and pressed, complete. Made by [`LineConfig::recipe`].
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        pub struct Recipe { $($(#[$doc])* pub $field: f64,)* }
        /// What differs from the electrode's default recipe; a field left out keeps the default.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct RecipeChange { $($(#[$doc])* pub $field: Option<f64>,)* }
        impl Recipe {
            fn of(electrode: Electrode, change: &RecipeChange) -> Self {
                let default = match electrode {
                    Electrode::Cathode => Recipe { $($field: $cathode,)* },
                    Electrode::Anode => Recipe { $($field: $anode,)* },
                };
                Recipe { $($field: change.$field.unwrap_or(default.$field),)* }
            }
            fn check(&self) -> Result<(), ConfigError> {
                $(within(concat!("recipe.", stringify!($field)), self.$field, $lo, $hi)?;)*
                Ok(())
            }
        }
    };
}

/// Which electrode the line makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Electrode {
    /// NMC 96 / C65 2 / PVDF 2 in NMP on 12 um aluminium.
    #[default]
    Cathode,
    /// Graphite 95.5 / C65 1 / CMC 1.5 / SBR 2 in water on 8 um copper.
    Anode,
}

recipe! {
    /// Solids mass fraction of the slurry, dimensionless.
    solids_fraction = 0.70, 0.50, 0.05, 0.95;
    /// Density of the dry mixture, kg/m3.
    solid_kg_per_m3 = 4465.7, 2178.3, 500.0, 10_000.0;
    /// Density of the solvent at 25 degC, kg/m3.
    solvent_kg_per_m3 = 1028.0, 997.0, 500.0, 2000.0;
    /// Change of the solvent's density, kg/m3 per K, negative.
    solvent_slope_kg_per_m3_k = -0.87, -0.25, -5.0, 0.0;
    /// Target dry weight of one side, g/m2.
    dry_weight_g_per_m2 = 220.0, 129.0, 20.0, 600.0;
    /// Thickness of the foil, um.
    foil_um = 12.0, 8.0, 2.0, 100.0;
    /// Target porosity behind the calender, dimensionless.
    porosity = 0.25, 0.33, 0.05, 0.70;
    /// Coating density before the nip, kg/m3.
    start_kg_per_m3 = 2322.0, 1024.0, 200.0, 8000.0;
    /// Coating density that no load exceeds, kg/m3.
    max_kg_per_m3 = 3600.0, 1720.0, 300.0, 9000.0;
    /// Compaction resistance gamma at target weight and roll temperature, N/mm.
    resistance_n_per_mm = 550.0, 210.0, 10.0, 5000.0;
    /// Exponent a of the loading dependence of gamma, dimensionless.
    loading_exponent = 1.0, 1.0, 0.0, 2.0;
    /// Softening of gamma, 1/K.
    softening_per_k = 0.003, 0.003, 0.0, 0.02;
    /// Line load above which particles crush: the press takes no more, N/mm.
    line_load_max_n_per_mm = 1500.0, 500.0, 50.0, 2500.0;
    /// Critical moisture over initial moisture of the drying curve, dimensionless.
    critical_fraction = 0.40, 0.30, 0.05, 0.95;
    /// Yield stress of the slurry, Pa.
    yield_pa = 2.0, 1.0, 0.0, 500.0;
    /// Consistency K of the slurry, Pa s^n.
    consistency_pa_sn = 8.0, 9.0, 0.001, 1000.0;
    /// Exponent n of the flow curve, dimensionless.
    flow_exponent = 0.72, 0.62, 0.1, 1.5;
    /// Surface tension of the slurry, N/m.
    tension_n_per_m = 0.0407, 0.050, 0.005, 0.2;
    /// Gap between lip and web, um.
    coating_gap_um = 250.0, 340.0, 20.0, 2000.0;
    /// Volume of a batch from the mixer, L.
    batch_l = 1890.0, 1610.0, 10.0, 100_000.0;
    /// Standard deviation of the solids from batch to batch, pp.
    batch_solids_sd_pp = 0.15, 0.25, 0.0, 5.0;
    /// Air of the dryer's zone 1, degC.
    zone_1_c = 90.0, 70.0, 20.0, 150.0;
    /// Air of zone 2, degC.
    zone_2_c = 110.0, 85.0, 20.0, 150.0;
    /// Air of zone 3, degC.
    zone_3_c = 120.0, 95.0, 20.0, 150.0;
    /// Air of zone 4, degC.
    zone_4_c = 125.0, 100.0, 20.0, 150.0;
    /// Air of zone 5, degC.
    zone_5_c = 120.0, 100.0, 20.0, 150.0;
    /// Air of zone 6, degC.
    zone_6_c = 100.0, 80.0, 20.0, 150.0;
    /// Heat transfer of the nozzles of zone 1, each side, W/m2/K.
    zone_1_heat_w_per_m2_k = 32.0, 40.0, 5.0, 200.0;
    /// Heat transfer of zone 2, W/m2/K.
    zone_2_heat_w_per_m2_k = 46.0, 50.0, 5.0, 200.0;
    /// Heat transfer of zone 3, W/m2/K.
    zone_3_heat_w_per_m2_k = 50.0, 55.0, 5.0, 200.0;
    /// Heat transfer of zone 4, W/m2/K.
    zone_4_heat_w_per_m2_k = 50.0, 60.0, 5.0, 200.0;
    /// Heat transfer of zone 5, W/m2/K.
    zone_5_heat_w_per_m2_k = 48.0, 55.0, 5.0, 200.0;
    /// Heat transfer of zone 6, W/m2/K.
    zone_6_heat_w_per_m2_k = 40.0, 45.0, 5.0, 200.0;
    /// Partial pressure of the solvent in the air that the nozzles blow, Pa.
    inlet_vapour_pa = 100.0, 1500.0, 0.0, 10_000.0;
    /// Exhaust air of one side, m3/s.
    exhaust_m3_per_s = 11.0, 11.0, 0.5, 60.0;
}

section! {
    /// Coater: day tank, pump, die, web.
    CoaterConfig "coater" {
        /// Web speed, m/s.
        web_m_per_s = 1.0, 0.05, 5.0;
        /// Coated width w, m.
        width_m = 0.66, 0.05, 3.0;
        /// Volume of the mixed day tank, L.
        tank_l = 500.0, 1.0, 10_000.0;
        /// Volume of pipe between the Coriolis meter and the die, L.
        meter_to_die_l = 0.15, 0.0, 1.0;
        /// Lag of pump, hose and die cavity, s.
        pump_tau_s = 4.0, 0.1, 60.0;
        /// Fastest change of the pump, share of nominal flow per second.
        pump_slew_per_s = 0.05, 0.001, 10.0;
        /// Slurry temperature, degC.
        slurry_c = 25.0, 5.0, 60.0;
        /// Die to wet gauge along the web, m.
        wet_gauge_m = 3.0, 0.2, 60.0;
        /// Die to dry gauge along the web, m.
        dry_gauge_m = 80.0, 1.0, 400.0;
        /// Die to winder along the web, m.
        winder_m = 90.0, 1.0, 500.0;
        /// Length of web in the oven, m.
        oven_m = 72.0, 1.0, 300.0;
        /// Distance of the printed marks, m of coating.
        mark_every_m = 100.0, 1.0, 2000.0;
    }
}

impl Recipe {
    /// Air of the dryer's zones, degC.
    pub fn zones_c(&self) -> [f64; 6] {
        [self.zone_1_c, self.zone_2_c, self.zone_3_c, self.zone_4_c, self.zone_5_c, self.zone_6_c]
    }

    /// Heat transfer of the dryer's zones, each side, W/m2/K.
    pub fn zones_heat_w_per_m2_k(&self) -> [f64; 6] {
        [
            self.zone_1_heat_w_per_m2_k,
            self.zone_2_heat_w_per_m2_k,
            self.zone_3_heat_w_per_m2_k,
            self.zone_4_heat_w_per_m2_k,
            self.zone_5_heat_w_per_m2_k,
            self.zone_6_heat_w_per_m2_k,
        ]
    }
}

section! {
    /// Dryer: what of it the recipe does not set.
    DryerConfig "dryer" {
        /// Lag of a zone's air behind its set point, s.
        tau_s = 120.0, 5.0, 2000.0;
        /// Fastest change of a zone's set point, K/min.
        rate_k_per_min = 3.0, 0.1, 120.0;
        /// Hottest air that a heater gives, degC.
        air_max_c = 150.0, 50.0, 200.0;
        /// Lag of a nozzle fan, s.
        fan_tau_s = 5.0, 0.1, 300.0;
        /// Lag of the exhaust fan, s.
        exhaust_tau_s = 10.0, 0.1, 300.0;
        /// Lag of an exhaust solvent sensor with its sampling line, s.
        sensor_tau_s = 5.0, 0.1, 120.0;
        /// Sorption constant of the binder, kg solvent per kg dry coating; 0 = it holds nothing.
        sorption_x = 0.0, 0.0, 0.2;
        /// Evaporation in the middle stage that halves the adhesion, g/m2/s.
        adhesion_g_per_m2_s = 1.5, 0.1, 100.0;
        /// Fresh air, degC.
        fresh_c = 20.0, -20.0, 45.0;
    }
}

section! {
    /// Instruments: one standard deviation of each noise; a bias is drawn once per seed.
    GaugeConfig "gauge" {
        /// Coriolis density, kg/m3 per reading (10 Hz).
        density_sd_kg_per_m3 = 0.3, 0.0, 50.0;
        /// Coriolis density bias, kg/m3.
        density_bias_sd_kg_per_m3 = 0.5, 0.0, 50.0;
        /// Coriolis mass flow, % per reading (10 Hz).
        mass_flow_sd_pct = 0.1, 0.0, 10.0;
        /// Coriolis mass flow bias, %.
        mass_flow_bias_sd_pct = 0.05, 0.0, 10.0;
        /// Slurry temperature, K per reading (10 Hz).
        temperature_sd_k = 0.05, 0.0, 5.0;
        /// Pump speed, % per reading (10 Hz).
        pump_speed_sd_pct = 0.02, 0.0, 5.0;
        /// Web speed, % per reading (10 Hz).
        web_speed_sd_pct = 0.02, 0.0, 5.0;
        /// Wet spot gauge, % per raw reading at 1 kHz; averaged over a tick.
        wet_sd_pct = 0.5, 0.0, 20.0;
        /// Bias of the wet gauge and of the dry gauge, %.
        bias_sd_pct = 0.2, 0.0, 10.0;
        /// Dry scanner, % per box.
        box_sd_pct = 0.30, 0.0, 20.0;
        /// Boxes across the web.
        boxes = 66.0, 1.0, 1000.0;
        /// Traverse speed of the scanner, m/s.
        scan_m_per_s = 0.30, 0.01, 2.0;
        /// Amplitude of the lasting profile across the web (a bow of zero mean), %.
        profile_pct = 0.2, 0.0, 10.0;
        /// Thickness gauge, um per raw reading at 100 Hz; averaged over a tick.
        thickness_sd_um = 0.5, 0.0, 20.0;
        /// Bias of the thickness gauge, um.
        thickness_bias_sd_um = 0.3, 0.0, 20.0;
        /// Load cell, N/mm per tick.
        line_load_sd_n_per_mm = 0.5, 0.0, 50.0;
        /// Roll temperature, K per reading (1 Hz).
        roll_temperature_sd_k = 0.05, 0.0, 5.0;
        /// Web thermometer of a dryer zone, K per reading (1 Hz).
        film_temperature_sd_k = 0.3, 0.0, 20.0;
        /// Web thermometer bias (emissivity), K.
        film_temperature_bias_sd_k = 0.5, 0.0, 20.0;
        /// Air temperature of a dryer zone, K per reading (1 Hz).
        zone_air_sd_k = 0.1, 0.0, 10.0;
        /// Solvent in a zone's exhaust, g/m3 per reading (1 Hz).
        exhaust_sd_g_per_m3 = 0.05, 0.0, 10.0;
        /// Exhaust solvent sensor bias, %.
        exhaust_bias_sd_pct = 1.0, 0.0, 20.0;
        /// Residual solvent, near infrared, ppm per reading (1 Hz); half of the stated ± 100 ppm.
        residual_sd_ppm = 50.0, 0.0, 2000.0;
        /// Residual solvent bias, ppm.
        residual_bias_sd_ppm = 25.0, 0.0, 2000.0;
    }
}

section! {
    /// Calender: a force press with a stiff path beside the nip.
    CalenderConfig "calender" {
        /// Speed of the web entering the nip, m/s.
        web_m_per_s = 1.0, 0.05, 5.0;
        /// Roll diameter, m.
        roll_diameter_m = 0.8, 0.1, 2.0;
        /// Roll surface temperature that the recipe's resistance belongs to, degC.
        roll_c = 60.0, 5.0, 180.0;
        /// Thermal expansion of the rolls, 1/K.
        expansion_per_k = 11.5e-6, 0.0, 5.0e-5;
        /// Stiffness of the pre-load wedges beside the nip, MN/mm; 0 makes a pure force press.
        wedge_mn_per_mm = 0.5, 0.0, 20.0;
        /// Amplitude of the roll runout, um.
        runout_um = 1.5, 0.0, 50.0;
        /// Lag of the hydraulic servo, s.
        servo_tau_s = 0.15, 0.005, 10.0;
        /// Fastest change of the line load, N/mm per second.
        slew_n_per_mm_s = 300.0, 1.0, 5000.0;
        /// Nip to thickness gauge along the web, m.
        gauge_m = 2.0, 0.1, 20.0;
        /// Elongation of the web in the nip, dimensionless.
        elongation = 0.01, 0.0, 0.1;
        /// Share of the web length that the encoder misses, dimensionless.
        encoder_slip = 0.001, -0.05, 0.05;
    }
}

section! {
    /// Background disturbances.
    DisturbanceConfig "disturbance" {
        /// Random walk of the weight at the die, % per square root of a second.
        walk_pct_per_sqrt_s = 0.02, 0.0, 5.0;
        /// Standard deviation of the fast wander of the weight at the die, %.
        wander_sd_pct = 0.15, 0.0, 10.0;
        /// Correlation time of the fast wander, s.
        wander_tau_s = 20.0, 0.1, 10_000.0;
        /// Amplitude of the pump ripple, %.
        ripple_pct = 0.1, 0.0, 10.0;
        /// Frequency of the pump ripple, Hz.
        ripple_hz = 1.7, 0.01, 100.0;
        /// Standard deviation of the wave of the coater's backing roll, %.
        roll_sd_pct = 0.10, 0.0, 10.0;
        /// Frequency of the backing roll at nominal web speed, Hz; it turns with the web.
        roll_hz = 0.45, 0.01, 100.0;
        /// Standard deviation of the slurry temperature, K.
        slurry_sd_k = 0.3, 0.0, 10.0;
        /// Correlation time of the slurry temperature, s.
        slurry_tau_s = 1800.0, 1.0, 100_000.0;
        /// Random walk of the compaction resistance, % per square root of a second. Chosen so that a shift with
        /// the loop open spreads the thickness of a side by about 0.5 um, what a good line shows.
        resistance_pct_per_sqrt_s = 0.08, 0.0, 5.0;
        /// Standard deviation of the calender roll temperature, K.
        roll_heat_sd_k = 0.2, 0.0, 20.0;
        /// Correlation time of the calender roll temperature, s.
        roll_heat_tau_s = 600.0, 1.0, 100_000.0;
        /// Standard deviation of the solvent (anode: humidity) in the dryer's nozzle air, g/m3.
        inlet_sd_g_per_m3 = 0.2, 0.0, 20.0;
        /// Correlation time of it, s.
        inlet_tau_s = 3600.0, 1.0, 100_000.0;
        /// Standard deviation of the heat transfer of all nozzles together, %.
        nozzle_sd_pct = 0.5, 0.0, 20.0;
        /// Correlation time of it, s.
        nozzle_tau_s = 900.0, 1.0, 100_000.0;
    }
}

section! {
    /// Laboratory: sample every `every_s`, result `delay_s` later.
    LabConfig "lab" {
        /// Time between samples, s.
        every_s = 3600.0, 60.0, 100_000.0;
        /// Time from sample to result, s; must be shorter than `every_s`.
        delay_s = 1200.0, 1.0, 50_000.0;
        /// Standard deviation of the dry weight, %.
        weight_sd_pct = 0.1, 0.0, 10.0;
        /// Standard deviation of the thickness, um.
        thickness_sd_um = 0.3, 0.0, 20.0;
    }
}

section! {
    /// Tolerances that the truth counts metres by.
    ToleranceConfig "tolerance" {
        /// Dry weight, ± %.
        weight_pct = 1.5, 0.01, 50.0;
        /// Porosity, ± percentage points.
        porosity_pp = 1.5, 0.01, 50.0;
        /// Total thickness, ± um.
        thickness_um = 2.0, 0.01, 100.0;
    }
}

/// A whole line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineConfig {
    /// Electrode, sets the defaults of the recipe.
    pub electrode: Electrode,
    /// Length of a jumbo roll, m of coating.
    pub jumbo_m: f64,
    /// Background disturbances on.
    pub disturbances_on: bool,
    /// Noise and bias of the instruments on.
    pub noise_on: bool,
    /// Changes to the electrode's recipe.
    pub recipe: RecipeChange,
    /// Coater.
    pub coater: CoaterConfig,
    /// Dryer.
    pub dryer: DryerConfig,
    /// Instruments.
    pub gauge: GaugeConfig,
    /// Calender.
    pub calender: CalenderConfig,
    /// Background disturbances.
    pub disturbance: DisturbanceConfig,
    /// Laboratory.
    pub lab: LabConfig,
    /// Tolerances.
    pub tolerance: ToleranceConfig,
    /// Batches of slurry; off by default.
    pub batch: BatchConfig,
    /// Rheology of the slurry and the slot it flows through.
    pub rheology: RheologyConfig,
    /// The die across the web.
    pub cross: CrossConfig,
    /// Material flow from welding to end-of-line test, off by default.
    pub flow: FlowConfig,
    /// Formation rack, off by default.
    pub formation: FormationConfig,
    /// Welding station.
    pub weld: WeldConfig,
    /// From pressed rolls to the stacks that are welded, off by default.
    pub stack: StackConfig,
    /// Faults, in any order.
    pub faults: Vec<Fault>,
}

impl Default for LineConfig {
    fn default() -> Self {
        LineConfig {
            electrode: Electrode::Cathode,
            jumbo_m: 2000.0,
            disturbances_on: true,
            noise_on: true,
            recipe: RecipeChange::default(),
            coater: CoaterConfig::default(),
            dryer: DryerConfig::default(),
            gauge: GaugeConfig::default(),
            calender: CalenderConfig::default(),
            disturbance: DisturbanceConfig::default(),
            lab: LabConfig::default(),
            tolerance: ToleranceConfig::default(),
            batch: BatchConfig::default(),
            rheology: RheologyConfig::default(),
            cross: CrossConfig::default(),
            flow: FlowConfig::default(),
            formation: FormationConfig::default(),
            weld: WeldConfig::default(),
            stack: StackConfig::default(),
            faults: Vec::new(),
        }
    }
}

impl LineConfig {
    /// The complete recipe.
    pub fn recipe(&self) -> Recipe {
        Recipe::of(self.electrode, &self.recipe)
    }

    /// Factor on every disturbance: 1 when they are on, 0 when not.
    pub(crate) fn disturbance_size(&self) -> f64 {
        if self.disturbances_on { 1.0 } else { 0.0 }
    }

    /// Factor on every noise and bias of an instrument: 1 when they are on, 0 when not.
    pub(crate) fn noise_size(&self) -> f64 {
        if self.noise_on { 1.0 } else { 0.0 }
    }

    /// Refuses what no line can be; names the first field found.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("jumbo_m", self.jumbo_m, 20.0, 20_000.0)?;
        let recipe = self.recipe();
        recipe.check()?;
        self.coater.check()?;
        self.dryer.check()?;
        self.gauge.check()?;
        self.calender.check()?;
        self.disturbance.check()?;
        self.lab.check()?;
        self.tolerance.check()?;
        self.batch.check()?;
        self.rheology.check()?;
        self.cross.check_whole(self.coater.width_m)?;
        self.flow.check()?;
        self.formation.check()?;
        self.weld.check_whole()?;
        self.stack.check_whole()?;
        self.check_together(&recipe)?;
        self.check_sections()?;
        self.faults.iter().enumerate().try_for_each(|(i, fault)| fault.check(i))
    }

    /// A fault of a section that is off would be none, and nobody would take the stacks.
    fn check_sections(&self) -> Result<(), ConfigError> {
        if self.stack.on && !self.weld.on {
            let must_be = "1 (on) for stack.on".to_string();
            return Err(ConfigError { field: "weld.on".to_string(), must_be, value: 0.0 });
        }
        use FaultKind::{ArrivalBunching, SlotOutage, VehicleLoss};
        use FaultKind::{BlowOut, CameraFrozen, CameraLost, ClampWear, LensSoiling};
        use FaultKind::{ContactResistance, PoorWetting, SoftShort};
        for fault in &self.faults {
            let (section, on) = match fault.kind {
                SlotOutage | VehicleLoss | ArrivalBunching => ("flow", self.flow.on),
                ClampWear | LensSoiling | BlowOut | CameraLost | CameraFrozen => {
                    ("weld", self.weld.on)
                }
                SoftShort | ContactResistance | PoorWetting => ("formation", self.formation.on),
                _ => continue,
            };
            if !on {
                return Err(ConfigError {
                    field: format!("{section}.on"),
                    must_be: format!("1 (on) for the fault {}", fault.kind.facts().name),
                    value: 0.0,
                });
            }
        }
        Ok(())
    }

    fn check_together(&self, recipe: &Recipe) -> Result<(), ConfigError> {
        let rule = |ok: bool, field: &str, must_be: String, value: f64| {
            if ok { Ok(()) } else { Err(ConfigError { field: field.to_string(), must_be, value }) }
        };
        let target = (1.0 - recipe.porosity) * recipe.solid_kg_per_m3;
        let highest = 1.0 - recipe.max_kg_per_m3 / recipe.solid_kg_per_m3;
        let lowest = 1.0 - recipe.start_kg_per_m3 / recipe.solid_kg_per_m3;
        rule(
            target < recipe.max_kg_per_m3 && target > recipe.start_kg_per_m3,
            "recipe.porosity",
            format!("between {highest:.4} (densest) and {lowest:.4} (unpressed)"),
            recipe.porosity,
        )?;
        let (coater, lab) = (&self.coater, &self.lab);
        rule(
            coater.wet_gauge_m < coater.dry_gauge_m,
            "coater.wet_gauge_m",
            format!("below coater.dry_gauge_m = {}", coater.dry_gauge_m),
            coater.wet_gauge_m,
        )?;
        rule(
            coater.dry_gauge_m <= coater.winder_m,
            "coater.winder_m",
            format!("at least coater.dry_gauge_m = {}", coater.dry_gauge_m),
            coater.winder_m,
        )?;
        rule(
            coater.oven_m < coater.dry_gauge_m,
            "coater.oven_m",
            format!("below coater.dry_gauge_m = {}", coater.dry_gauge_m),
            coater.oven_m,
        )?;
        rule(
            lab.delay_s < lab.every_s,
            "lab.delay_s",
            format!("below lab.every_s = {}", lab.every_s),
            lab.delay_s,
        )?;
        rule(
            self.calender.web_m_per_s >= 0.5 * coater.web_m_per_s,
            "calender.web_m_per_s",
            format!("at least half of coater.web_m_per_s = {}", coater.web_m_per_s),
            self.calender.web_m_per_s,
        )?;
        rule(
            self.gauge.boxes == self.gauge.boxes.floor(),
            "gauge.boxes",
            "a whole number".to_string(),
            self.gauge.boxes,
        )
    }
}
