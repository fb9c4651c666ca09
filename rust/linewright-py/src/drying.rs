//! The dryer's march for arrays of recipes, and the heat balance of one film.

use linewright_twin::dryer::film::Film;
use linewright_twin::dryer::vapour::ZERO_C;
use linewright_twin::dryer::{Drying, Outcome, Solvent, ZONES, ZoneAir, outcome};
use numpy::{PyArray2, PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::ConfigError;

fn solvent(name: &str) -> PyResult<Solvent> {
    Solvent::named(name).ok_or_else(|| {
        ConfigError::new_err(format!("solvent must be \"nmp\" or \"water\", was \"{name}\""))
    })
}

/// Where a film settles: temperature, degC, and evaporation of the fully wet film there, g/m2/s.
/// `wetness` is the share of that which evaporates, `activity` lowers the vapour pressure.
#[pyfunction]
#[pyo3(signature = (name, /, *, air_c, wet_side_w_per_m2_k, other_side_w_per_m2_k, vapour_pa, wetness=1.0, activity=1.0))]
fn film_balance(
    name: &str,
    air_c: f64,
    wet_side_w_per_m2_k: f64,
    other_side_w_per_m2_k: f64,
    vapour_pa: f64,
    wetness: f64,
    activity: f64,
) -> PyResult<(f64, f64)> {
    let film =
        Film::new(solvent(name)?, air_c, wet_side_w_per_m2_k, other_side_w_per_m2_k, vapour_pa);
    let settled = film.settle(wetness, activity, air_c + ZERO_C);
    Ok((settled.film_k - ZERO_C, 1e3 * settled.wet_kg_per_m2_s))
}

/// Columns of the recipes given to `drying_outcomes`.
const RECIPE: [&str; 9] = [
    "dry_g_per_m2",
    "solids_fraction",
    "critical_fraction",
    "sorption_x",
    "web_m_per_s",
    "width_m",
    "zone_m",
    "adhesion_g_per_m2_s",
    "fresh_c",
];
/// Columns of the zones given to `drying_outcomes`.
const ZONE: [&str; 4] = ["air_c", "heat_w_per_m2_k", "vapour_pa", "exhaust_m3_per_s"];
/// Columns of what `drying_outcomes` gives before those of each zone.
const OUTCOME: [&str; 7] = [
    "residual_ppm",
    "front_m",
    "peak_g_per_m2_s",
    "middle_g_per_m2_s",
    "adhesion",
    "explosion_share",
    "heat_kw",
];

fn row(made: &Outcome) -> impl Iterator<Item = f64> {
    [
        made.residual_ppm,
        made.front_m,
        made.peak_g_per_m2_s,
        made.middle_g_per_m2_s,
        made.adhesion,
        made.explosion_share,
        made.heat_kw,
    ]
    .into_iter()
    .chain(made.left)
    .chain(made.film_c)
    .chain(made.exhaust_g_per_m3)
}

/// What many recipes come to behind the dryer: one row of `recipes` (columns as
/// `DRYING_RECIPE`) and of `zones` (6 zones, columns as `DRYING_ZONE`) for each; gives the columns
/// `DRYING_OUTCOME`, then share left, film temperature and exhaust content of each zone. The GIL is
/// released.
#[pyfunction]
fn drying_outcomes<'py>(
    py: Python<'py>,
    name: &str,
    recipes: PyReadonlyArray2<'py, f64>,
    zones: PyReadonlyArray3<'py, f64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let solvent = solvent(name)?;
    let count = recipes.shape()[0];
    if recipes.shape()[1] != RECIPE.len() || zones.shape() != [count, ZONES, ZONE.len()] {
        return Err(PyValueError::new_err(format!(
            "recipes must be (n, {}) and zones (n, {ZONES}, {}), were {:?} and {:?}",
            RECIPE.len(),
            ZONE.len(),
            recipes.shape(),
            zones.shape()
        )));
    }
    let (recipes, zones) = (recipes.as_array(), zones.as_array());
    let read = |draw: usize| {
        let of = |column: usize| recipes[[draw, column]];
        let zone = |zone: usize, column: usize| zones[[draw, zone, column]];
        Drying {
            solvent,
            dry_g_per_m2: of(0),
            solids_fraction: of(1),
            critical_fraction: of(2),
            sorption_x: of(3),
            web_m_per_s: of(4),
            width_m: of(5),
            zone_m: of(6),
            adhesion_g_per_m2_s: of(7),
            fresh_c: of(8),
            air: std::array::from_fn(|i| ZoneAir {
                air_c: zone(i, 0),
                heat_w_per_m2_k: zone(i, 1),
                vapour_pa: zone(i, 2),
            }),
            exhaust_m3_per_s: std::array::from_fn(|i| zone(i, 3)),
        }
    };
    for draw in 0..count {
        read(draw).check().map_err(|e| ConfigError::new_err(format!("draw {draw}: {e}")))?;
    }
    let out = PyArray2::<f64>::zeros(py, [count, OUTCOME.len() + 3 * ZONES], false);
    let mut view = out.readwrite();
    let mut rows = view.as_array_mut();
    py.detach(|| {
        for (draw, mut to) in rows.rows_mut().into_iter().enumerate() {
            to.iter_mut().zip(row(&outcome(&read(draw)))).for_each(|(to, x)| *to = x);
        }
    });
    drop(view);
    Ok(out)
}

/// Adds the dryer to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(film_balance, module)?)?;
    module.add_function(wrap_pyfunction!(drying_outcomes, module)?)?;
    module.add("DRYING_RECIPE", RECIPE)?;
    module.add("DRYING_ZONE", ZONE)?;
    module.add("DRYING_OUTCOME", OUTCOME)
}
