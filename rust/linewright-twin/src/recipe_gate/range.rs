//! Where the twin's laws hold and what the machine can do: outside the one a recipe is refused, not guessed; outside the
//! other it is blocked.

use super::limits::film_um;
use crate::config::{ConfigError, Electrode, LineConfig, within};
use crate::die::L_PER_MIN;
use crate::dryer::{outcome, oven::drying};
use crate::press::nominal_line_load_n_per_mm;
use crate::slurry::herschel_bulkley_pa_s;
use crate::window::capillary_number;
use serde::{Deserialize, Serialize};

/// A figure of a recipe outside a bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outside {
    /// The figure, a field of the line or what follows from several.
    pub field: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it is.
    pub value: f64,
    /// Least value.
    pub lo: f64,
    /// Largest value.
    pub hi: f64,
    /// What the bound rests on.
    pub because: &'static str,
}

/// What the machines of a line can do; the defaults are those of the default line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// Slowest web, m/s.
    pub web_min_m_per_s: f64,
    /// Fastest web, m/s.
    pub web_max_m_per_s: f64,
    /// Least flow of the pump, L/min.
    pub pump_min_l_per_min: f64,
    /// Largest flow of the pump, L/min.
    pub pump_max_l_per_min: f64,
    /// Least line load of the press, N/mm.
    pub line_load_min_n_per_mm: f64,
    /// Largest line load of the press, N/mm.
    pub line_load_max_n_per_mm: f64,
    /// Coldest air of a zone, degC.
    pub zone_min_c: f64,
    /// Hottest air of a zone, degC.
    pub zone_max_c: f64,
    /// Largest exhaust of one side, m3/s.
    pub exhaust_max_m3_per_s: f64,
}

impl Default for Machine {
    fn default() -> Self {
        Machine {
            web_min_m_per_s: 0.1,
            web_max_m_per_s: 1.5,
            pump_min_l_per_min: 3.0,
            pump_max_l_per_min: 8.5,
            line_load_min_n_per_mm: 0.0,
            line_load_max_n_per_mm: 1500.0,
            zone_min_c: 40.0,
            zone_max_c: 130.0,
            exhaust_max_m3_per_s: 30.0,
        }
    }
}

impl Machine {
    fn check(&self) -> Result<(), ConfigError> {
        within("machine.web_min_m_per_s", self.web_min_m_per_s, 0.0, 5.0)?;
        within("machine.web_max_m_per_s", self.web_max_m_per_s, self.web_min_m_per_s, 5.0)?;
        within("machine.pump_min_l_per_min", self.pump_min_l_per_min, 0.0, 1000.0)?;
        let lo = self.pump_min_l_per_min;
        within("machine.pump_max_l_per_min", self.pump_max_l_per_min, lo, 1000.0)?;
        within("machine.line_load_min_n_per_mm", self.line_load_min_n_per_mm, 0.0, 2500.0)?;
        let lo = self.line_load_min_n_per_mm;
        within("machine.line_load_max_n_per_mm", self.line_load_max_n_per_mm, lo, 2500.0)?;
        within("machine.zone_min_c", self.zone_min_c, 0.0, 200.0)?;
        within("machine.zone_max_c", self.zone_max_c, self.zone_min_c, 200.0)?;
        within("machine.exhaust_max_m3_per_s", self.exhaust_max_m3_per_s, 0.5, 60.0)
    }
}

type Figure = (&'static str, &'static str, f64, (f64, f64), &'static str);

fn outside(figures: impl IntoIterator<Item = Figure>) -> Vec<Outside> {
    figures
        .into_iter()
        .filter(|(_, _, value, (lo, hi), _)| !(*lo..=*hi).contains(value))
        .map(|(field, unit, value, (lo, hi), because)| Outside {
            field,
            unit,
            value,
            lo,
            hi,
            because,
        })
        .collect()
}

/// Zones of the oven by the names of their fields.
const ZONES: [&str; 6] = [
    "recipe.zone_1_c",
    "recipe.zone_2_c",
    "recipe.zone_3_c",
    "recipe.zone_4_c",
    "recipe.zone_5_c",
    "recipe.zone_6_c",
];
const HEATS: [&str; 6] = [
    "recipe.zone_1_heat_w_per_m2_k",
    "recipe.zone_2_heat_w_per_m2_k",
    "recipe.zone_3_heat_w_per_m2_k",
    "recipe.zone_4_heat_w_per_m2_k",
    "recipe.zone_5_heat_w_per_m2_k",
    "recipe.zone_6_heat_w_per_m2_k",
];
const FILMS: [&str; 6] =
    ["film.zone_1", "film.zone_2", "film.zone_3", "film.zone_4", "film.zone_5", "film.zone_6"];

/// Capillary numbers for which the window of the viscous bead is stated.
const VISCOUS_CA: (f64, f64) = (1.0, 200.0);

/// Figures of the recipe for which the twin's laws are not stated; empty when it may be judged.
///
/// # Errors
/// A config that is no line, with its field, bound and value.
pub fn out_of_range(config: &LineConfig) -> Result<Vec<Outside>, ConfigError> {
    config.check()?;
    let (recipe, cathode) = (config.recipe(), config.electrode == Electrode::Cathode);
    let of = |c: (f64, f64), a: (f64, f64)| if cathode { c } else { a };
    let shear_per_s = config.coater.web_m_per_s / (1e-6 * recipe.coating_gap_um);
    let viscosity = herschel_bulkley_pa_s(
        recipe.yield_pa,
        recipe.consistency_pa_sn,
        recipe.flow_exponent,
        shear_per_s,
    );
    let ca = capillary_number(viscosity, config.coater.web_m_per_s, recipe.tension_n_per_m);
    let load = nominal_line_load_n_per_mm(config) / recipe.resistance_n_per_mm;
    let plants = "coat weights of plants";
    let fits = "fits of the compaction law in the literature (after Meyer et al. 2017)";
    let mut figures: Vec<Figure> = vec![
        (
            "coater.web_m_per_s",
            "m/s",
            config.coater.web_m_per_s,
            (0.15, 1.4),
            "10 to 80 m/min, speeds of plants",
        ),
        (
            "recipe.dry_weight_g_per_m2",
            "g/m2",
            recipe.dry_weight_g_per_m2,
            of((100.0, 300.0), (60.0, 160.0)),
            plants,
        ),
        ("film", "um", film_um(&recipe), (80.0, 300.0), "wet films of plants"),
        (
            "recipe.solids_fraction",
            "1",
            recipe.solids_fraction,
            of((0.6, 0.8), (0.4, 0.6)),
            "drying curve and flow curve are of such slurries",
        ),
        (
            "viscosity",
            "Pa.s",
            viscosity,
            (0.05, 10.0),
            "flow curve of electrode slurries at the shear of the bead",
        ),
        ("capillary", "1", ca, VISCOUS_CA, "the window is that of a viscous bead"),
        ("recipe.porosity", "1", recipe.porosity, of((0.2, 0.35), (0.25, 0.4)), fits),
        (
            "recipe.start_kg_per_m3",
            "kg/m3",
            recipe.start_kg_per_m3,
            of((2100.0, 2500.0), (900.0, 1100.0)),
            fits,
        ),
        (
            "recipe.max_kg_per_m3",
            "kg/m3",
            recipe.max_kg_per_m3,
            of((3200.0, 3700.0), (1600.0, 1850.0)),
            fits,
        ),
        (
            "recipe.resistance_n_per_mm",
            "N/mm",
            recipe.resistance_n_per_mm,
            of((300.0, 700.0), (120.0, 250.0)),
            fits,
        ),
        (
            "load over resistance",
            "1",
            load,
            (0.1, 3.0),
            "beyond it the exponential hardly answers to load",
        ),
        (
            "calender.roll_c",
            "degC",
            config.calender.roll_c,
            (20.0, 120.0),
            "softening is linear there",
        ),
    ];
    for (field, value) in HEATS.into_iter().zip(recipe.zones_heat_w_per_m2_k()) {
        figures.push((field, "W/m2/K", value, (20.0, 120.0), "impinging nozzles"));
    }
    // a film outside would need a vapour pressure where no formula is used
    let film = of((5.0, 150.0), (2.0, 95.0));
    for (field, value) in FILMS.into_iter().zip(outcome(&drying(config)).film_c) {
        figures.push((field, "degC", value, film, "vapour pressure of the solvent"));
    }
    Ok(outside(figures))
}

/// Figures of the recipe that `machine` cannot give; empty when it can.
///
/// # Errors
/// A config or machine out of bounds, with its field, bound and value.
pub fn out_of_reach(config: &LineConfig, machine: &Machine) -> Result<Vec<Outside>, ConfigError> {
    config.check()?;
    machine.check()?;
    let recipe = config.recipe();
    let film_m = 1e-6 * film_um(&recipe);
    let pump = film_m * config.coater.web_m_per_s * config.coater.width_m * L_PER_MIN;
    let (pump_limits, load_limits) = (
        (machine.pump_min_l_per_min, machine.pump_max_l_per_min),
        (machine.line_load_min_n_per_mm, machine.line_load_max_n_per_mm),
    );
    let mut figures: Vec<Figure> = vec![
        (
            "coater.web_m_per_s",
            "m/s",
            config.coater.web_m_per_s,
            (machine.web_min_m_per_s, machine.web_max_m_per_s),
            "web drive",
        ),
        ("pump", "L/min", pump, pump_limits, "pump"),
        ("line load", "N/mm", nominal_line_load_n_per_mm(config), load_limits, "press"),
        (
            "recipe.exhaust_m3_per_s",
            "m3/s",
            recipe.exhaust_m3_per_s,
            (0.5, machine.exhaust_max_m3_per_s),
            "exhaust fan",
        ),
    ];
    for (field, value) in ZONES.into_iter().zip(recipe.zones_c()) {
        figures.push((field, "degC", value, (machine.zone_min_c, machine.zone_max_c), "heaters"));
    }
    Ok(outside(figures))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(change: impl FnOnce(&mut LineConfig)) -> LineConfig {
        let mut config = LineConfig::default();
        change(&mut config);
        config
    }

    #[test]
    fn the_default_recipes_may_be_judged_and_made() {
        let anode = changed(|c| c.electrode = Electrode::Anode);
        for config in [LineConfig::default(), anode] {
            assert_eq!(out_of_range(&config), Ok(vec![]));
            assert_eq!(out_of_reach(&config, &Machine::default()), Ok(vec![]));
        }
    }

    #[test]
    fn each_law_names_the_figure_it_is_not_stated_for() {
        type Case = (&'static str, fn(&mut LineConfig));
        let cases: [Case; 6] = [
            ("coater.web_m_per_s", |c| c.coater.web_m_per_s = 1.6),
            ("recipe.dry_weight_g_per_m2", |c| c.recipe.dry_weight_g_per_m2 = Some(320.0)),
            ("recipe.resistance_n_per_mm", |c| c.recipe.resistance_n_per_mm = Some(900.0)),
            ("viscosity", |c| c.recipe.consistency_pa_sn = Some(400.0)),
            ("capillary", |c| c.recipe.consistency_pa_sn = Some(0.2)),
            ("calender.roll_c", |c| c.calender.roll_c = 150.0),
        ];
        for (field, change) in cases {
            let found = out_of_range(&changed(change)).unwrap_or_default();
            assert!(found.iter().any(|o| o.field == field), "{field}: {found:?}");
        }
    }

    #[test]
    fn each_machine_names_what_it_cannot_give() {
        let machine = Machine {
            web_max_m_per_s: 0.9,
            pump_max_l_per_min: 5.5,
            line_load_max_n_per_mm: 890.0,
            zone_max_c: 124.0,
            exhaust_max_m3_per_s: 10.0,
            ..Machine::default()
        };
        let found = out_of_reach(&LineConfig::default(), &machine).unwrap_or_default();
        let fields: Vec<_> = found.iter().map(|o| o.field).collect();
        let all = [
            "coater.web_m_per_s",
            "pump",
            "line load",
            "recipe.exhaust_m3_per_s",
            "recipe.zone_4_c",
        ];
        assert_eq!(fields, all);
        assert!((found[1].value - 5.583).abs() < 0.001, "{found:?}");
        let wrong = Machine { pump_max_l_per_min: 2.0, ..Machine::default() };
        assert!(out_of_reach(&LineConfig::default(), &wrong).is_err());
    }
}
