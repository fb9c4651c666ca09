//! The recipe gate: its check case, its limits, and the same answer on any number of threads.
#![allow(clippy::unwrap_used)] // test code

use linewright_twin::LineConfig;
use linewright_twin::recipe_gate::{Assessment, Scatter, Tolerance, assess};

const SCATTER: Scatter =
    Scatter { weight_pct: 0.5, thickness_um: 0.5, resistance_pct: 0.0, heat_pct: 2.0 };
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
