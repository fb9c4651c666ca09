//! The recipe gate: its check case, its limits, and the same answer on any number of threads.
#![allow(clippy::unwrap_used)] // test code

use linewright_twin::LineConfig;
use linewright_twin::recipe_gate::{Assessment, Scatter, Tolerance, assess};

const SCATTER: Scatter = Scatter {
    weight_pct: 0.5,
    wander_pct: 0.0,
    thickness_um: 0.5,
    resistance_pct: 0.0,
    heat_pct: 2.0,
    inlet_g_per_m3: 0.0,
    solids_pp: 0.0,
};
/// Wide behind the dryer, so that porosity alone decides; what the product allows is in [`PRODUCT`].
const TOLERANCE: Tolerance = Tolerance {
    porosity_pp: 1.5,
    weight_pct: 2.0,
    thickness_um: 3.0,
    residual_ppm: 10_000.0,
    adhesion: 0.1,
    explosion_share: 0.25,
    required: 0.95,
};

const PRODUCT: Tolerance = Tolerance { residual_ppm: 500.0, adhesion: 0.6, ..TOLERANCE };

fn judge(config: &LineConfig, scatter: &Scatter, draws: usize, threads: usize) -> Assessment {
    assess(config, scatter, &TOLERANCE, draws, 11, threads).unwrap()
}

#[test]
fn c23_blocks_at_0_8_um_and_releases_at_0_5_um() {
    let config = LineConfig::default();
    let wide = Scatter { thickness_um: 0.8, ..SCATTER };
    let (blocked, released) =
        (judge(&config, &wide, 100_000, 2), judge(&config, &SCATTER, 100_000, 2));
    assert!((blocked.chances[0].probability - 0.871).abs() < 0.003);
    assert!((released.chances[0].probability - 0.972).abs() < 0.003);
    assert!(
        !blocked.release() && blocked.reasons[0].words.contains("thickness 0.8 um gives 0.91 pp")
    );
    assert!(released.release(), "{:?}", released.reasons);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let config = LineConfig::default();
    let one = judge(&config, &SCATTER, 1001, 1);
    assert_eq!(one, judge(&config, &SCATTER, 1001, 2));
    assert_eq!(one, judge(&config, &SCATTER, 1001, 7));
    assert_ne!(one, assess(&config, &SCATTER, &TOLERANCE, 1001, 12, 1).unwrap());
}

#[test]
fn a_film_too_thin_for_its_gap_is_blocked_until_the_gap_follows() {
    let mut config = LineConfig::default();
    config.recipe.dry_weight_g_per_m2 = Some(190.0);
    let blocked = judge(&config, &SCATTER, 1000, 2);
    assert!(
        blocked.reasons.iter().any(|r| r.words.contains("coating gap")),
        "{:?}",
        blocked.reasons
    );
    config.recipe.coating_gap_um = Some(215.0);
    let gap = judge(&config, &SCATTER, 1000, 2);
    assert!(!gap.reasons.iter().any(|r| r.words.contains("coating gap")), "{:?}", gap.reasons);
}

#[test]
fn too_little_exhaust_and_too_much_load_are_blocked() {
    let mut config = LineConfig::default();
    config.recipe.exhaust_m3_per_s = Some(3.0);
    config.recipe.line_load_max_n_per_mm = Some(800.0);
    let found = judge(&config, &SCATTER, 1000, 2).reasons;
    assert!(found.iter().any(|r| r.words.contains("explosion")), "{found:?}");
    assert!(found.iter().any(|r| r.words.contains("crush above 800")), "{found:?}");
}

#[test]
fn nonsense_is_refused_with_its_field() {
    let wrong = Scatter { weight_pct: f64::NAN, ..SCATTER };
    let error = assess(&LineConfig::default(), &wrong, &TOLERANCE, 1000, 1, 1).unwrap_err();
    assert_eq!(error.field, "scatter.weight_pct");
    let error = assess(&LineConfig::default(), &SCATTER, &TOLERANCE, 3, 1, 1).unwrap_err();
    assert_eq!(error.field, "draws");
}

#[test]
fn a_dryer_recipe_that_leaves_solvent_and_moves_binder_is_blocked_for_both() {
    let config = LineConfig::default();
    let found = assess(&config, &SCATTER, &PRODUCT, 1000, 11, 2).unwrap();
    let words: Vec<&str> = found.reasons.iter().map(|r| r.words.as_str()).collect();
    assert!(words.iter().any(|w| w.starts_with("residual")), "{words:?}");
    assert!(words.iter().any(|w| w.starts_with("adhesion")), "{words:?}");
    assert!(!words.iter().any(|w| w.starts_with("porosity")), "{words:?}");
}

/// Standard deviation of quality `i` when only `scatter` scatters.
fn sd_of(i: usize, scatter: Scatter) -> f64 {
    assess(&LineConfig::default(), &scatter, &TOLERANCE, 20_000, 5, 2).unwrap().chances[i].sd
}

const QUIET: Scatter = Scatter { weight_pct: 0.0, thickness_um: 0.0, heat_pct: 0.0, ..SCATTER };

#[test]
fn weight_that_the_press_follows_thickens_the_sheet_and_spares_the_porosity() {
    let moving = Scatter { wander_pct: 0.5, ..QUIET };
    let side_um = 220.0 / 0.75 / 4.4657;
    assert!((sd_of(1, moving) / (0.005 * side_um) - 1.0).abs() < 0.02);
    assert!(sd_of(0, moving) < 1e-9);
    // what the gauge does not show leaves the sheet as it is and all of it goes into the porosity
    let standing = Scatter { weight_pct: 0.5, ..QUIET };
    assert!(sd_of(1, standing) < 1e-9);
    assert!((sd_of(0, standing) / (0.75 * 0.005) - 1.0).abs() < 0.02);
    let both = Scatter { wander_pct: 0.3, weight_pct: 0.4, ..QUIET };
    assert!((sd_of(2, both) / (0.005 * 220.0) - 1.0).abs() < 0.02);
}

#[test]
fn a_harder_coating_costs_line_load_and_thickens_the_sheet_only_beyond_it() {
    let hard = Scatter { resistance_pct: 5.0, ..QUIET };
    assert!(sd_of(1, hard) < 1e-9);
    let mut config = LineConfig::default();
    // the recipe needs 895 N/mm: the press has the load for one SD more
    config.recipe.line_load_max_n_per_mm = Some(895.0 * 1.05);
    let found = assess(&config, &hard, &TOLERANCE, 20_000, 5, 2).unwrap();
    let made = linewright_twin::recipe_gate::sample(&config, &hard, 20_000, 5, 2).unwrap();
    let side_um = 220.0 / 0.75 / 4.4657;
    let thick = made.iter().filter(|m| m[1] > side_um + 1e-6).count() as f64 / 20_000.0;
    assert!((thick - 0.159).abs() < 0.01, "{thick}");
    assert!(made.iter().all(|m| m[1] > side_um - 1e-6));
    assert!(found.chances[0].mean > config.recipe().porosity);
}

#[test]
fn supply_air_and_solids_move_residual_and_adhesion() {
    let alone = [Scatter { inlet_g_per_m3: 0.2, ..QUIET }, Scatter { solids_pp: 0.15, ..QUIET }];
    for scatter in alone {
        assert!(sd_of(3, scatter) > 1.0, "{scatter:?}");
        assert!(sd_of(4, scatter) > 1e-5, "{scatter:?}");
        assert!(sd_of(0, scatter) < 1e-9);
    }
}

#[test]
fn a_front_that_no_thermometer_tells_is_blocked() {
    let mut config = LineConfig::default();
    let about = |config: &LineConfig| -> Vec<String> {
        let found = assess(config, &SCATTER, &TOLERANCE, 100, 1, 1).unwrap().reasons;
        found.iter().filter(|r| r.about == "front").map(|r| r.words.clone()).collect()
    };
    assert!(about(&config).is_empty());
    // a quarter of the heat: the front of the default recipe at 29.7 m moves to the end
    config.recipe.zone_1_heat_w_per_m2_k = Some(12.0);
    config.recipe.zone_2_heat_w_per_m2_k = Some(12.0);
    config.recipe.zone_3_heat_w_per_m2_k = Some(12.0);
    config.recipe.zone_4_heat_w_per_m2_k = Some(12.0);
    let late = about(&config);
    assert!(late.len() == 1 && late[0].contains("tell it up to 55.2 m"), "{late:?}");
    config.recipe.zone_5_heat_w_per_m2_k = Some(12.0);
    config.recipe.zone_6_heat_w_per_m2_k = Some(12.0);
    assert!(about(&config)[0].contains("leaves the oven before its drying front"));
}
