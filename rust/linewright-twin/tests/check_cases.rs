//! Acceptance cases of the process models: identifier, what the model gives, what it must give, tolerance.

use linewright_twin::dryer::{self, Solvent};
use linewright_twin::{balance, calender, die, porosity, rheology, slurry, tank, window};

const CATHODE: &[(f64, f64)] = &[(0.96, 4750.0), (0.02, 1900.0), (0.02, 1770.0)];
const ANODE: &[(f64, f64)] = &[(0.955, 2250.0), (0.01, 1900.0), (0.015, 1600.0), (0.02, 1000.0)];
const PRESSED: calender::Compaction = calender::Compaction {
    start_kg_per_m3: 2322.1,
    max_kg_per_m3: 3600.0,
    resistance_n_per_mm: 550.0,
};

enum Within {
    Absolute(f64),
    Relative(f64),
}
use Within::{Absolute, Relative};

struct Case(&'static str, f64, f64, Within);

fn check(cases: &[Case]) {
    for Case(name, got, expected, tolerance) in cases {
        let slack = match tolerance {
            Absolute(slack) => *slack,
            Relative(share) => share * expected.abs(),
        };
        assert!(
            (got - expected).abs() <= slack,
            "{name}: got {got}, expected {expected} ± {slack}"
        );
    }
}

/// Change of the dry weight in % when solids go from `x` to `x + 0.005` at constant volume flow.
fn weight_change_pct(x: f64, solid: f64, solvent: f64) -> f64 {
    let solids_per_volume = |x: f64| x * slurry::slurry_density_kg_per_m3(x, solid, solvent);
    100.0 * (solids_per_volume(x + 0.005) / solids_per_volume(x) - 1.0)
}

#[test]
fn c01_to_c09_slurry() {
    let cathode = slurry::slurry_density_kg_per_m3(0.70, 4465.7, 1028.0);
    let anode = slurry::slurry_density_kg_per_m3(0.50, 2178.3, 997.0);
    let sensed = slurry::solids_fraction(2229.3, 4465.7, 1028.0);
    let off = slurry::solids_fraction(2229.3 + 0.5, 4465.7, 1028.0);
    check(&[
        Case("C01", slurry::solid_density_kg_per_m3(CATHODE) / 1000.0, 4.4657, Absolute(1e-4)),
        Case("C02", slurry::solid_density_kg_per_m3(ANODE) / 1000.0, 2.1783, Absolute(1e-4)),
        Case("C03 density", cathode / 1000.0, 2.2293, Absolute(1e-3)),
        Case("C03 phi", slurry::volume_fraction(0.70, 4465.7, cathode), 0.3494, Absolute(1e-3)),
        Case("C04 density", anode / 1000.0, 1.3679, Absolute(1e-3)),
        Case("C04 phi", slurry::volume_fraction(0.50, 2178.3, anode), 0.3140, Absolute(1e-3)),
        Case("C05 solids", sensed, 0.7000, Relative(0.02)),
        Case("C05 error pp", 100.0 * (off - sensed), 0.0134, Relative(0.02)),
        Case("C06", weight_change_pct(0.50, 2178.3, 997.0), 1.377, Absolute(0.01)),
        Case("C07", weight_change_pct(0.70, 4465.7, 1028.0), 1.562, Absolute(0.01)),
        Case("C08", slurry::krieger_dougherty(0.3494, 0.62, 2.5), 3.616, Relative(1e-3)),
        Case("C09", slurry::herschel_bulkley_pa_s(2.0, 8.0, 0.72, 100.0), 2.223, Relative(1e-3)),
    ]);
}

#[test]
fn c10_to_c14_tank_and_die() {
    let exponent = die::slot_flow_exponent(0.72);
    check(&[
        Case("C10", tank::time_constant_min(500.0, 14.938), 33.47, Relative(1e-3)),
        Case("C11 film", die::wet_film_um(220.0, 0.70, 2229.3), 140.98, Relative(1e-3)),
        Case(
            "C11 flow",
            die::flow_l_per_min(220.0, 0.70, 2229.3, 1.0, 0.66),
            5.583,
            Relative(1e-3),
        ),
        Case("C12 film", die::wet_film_um(129.0, 0.50, 1367.9), 188.61, Relative(1e-3)),
        Case(
            "C12 flow",
            die::flow_l_per_min(129.0, 0.50, 1367.9, 1.0, 0.66),
            7.469,
            Relative(1e-3),
        ),
        Case("C13", 100.0 * (1.01f64.powf(exponent) - 1.0), 3.430, Absolute(0.01)),
        Case(
            "C14 Newton kPa",
            die::slot_pressure_pa(1.0, 5.583, 0.040, 6e-4, 0.66) / 1000.0,
            313.3,
            Relative(5e-3),
        ),
        Case(
            "C14 power law kPa",
            die::slot_pressure_power_law_pa(8.0, 0.72, 5.583, 0.040, 6e-4, 0.66) / 1000.0,
            311.4,
            Relative(5e-3),
        ),
    ]);
}

#[test]
fn c10_a_switched_inlet_reaches_the_outlet_with_the_time_constant() {
    let mut tank = tank::Tank::new(500.0, 0.50);
    for _ in 0..33 * 60 {
        tank.draw(14.938 / 60.0, 0.505);
    }
    let reached = (tank.solids() - 0.50) / 0.005;
    let tau_min = tank::time_constant_min(500.0, 14.938);
    check(&[Case("C10 response", reached, 1.0 - (-33.0 / tau_min).exp(), Absolute(1e-9))]);
}

#[test]
fn c15_to_c18_coating_window() {
    let ca = window::capillary_number(0.02, 0.1, 0.0407);
    let thinnest = window::low_flow_limit_um(ca, 200.0).expect("small Ca");
    let bead = window::Bead {
        viscosity_pa_s: 1.0,
        web_m_per_s: 1.0,
        tension_n_per_m: 0.0407,
        gap_um: 250.0,
        downstream_um: 1000.0,
        upstream_um: 1000.0,
    };
    let at = bead.window_at(141.0);
    let window = bead.window().expect("viscous");
    check(&[
        Case("C15 Ca", ca, 0.0491, Relative(0.01)),
        Case("C15 film", thinnest, 16.5, Relative(0.01)),
        Case("C16", window::critical_capillary(thinnest, 200.0), ca, Relative(5e-3)),
        Case("C17 e", bead.capillary_share(141.0), 0.0341, Relative(0.01)),
        Case("C17 low", at.low_um, 129.0, Relative(0.01)),
        Case("C17 high", at.high_um, 254.0, Relative(0.01)),
        Case("C17 low, fixed point", window.low_um, 129.0, Relative(0.01)),
        Case("C17 high, fixed point", window.high_um, 254.0, Relative(0.01)),
    ]);
    assert!(window::low_flow_limit_um(window::capillary_number(1.0, 1.0, 0.0407), 200.0).is_err());
    for exponent in [0.4, 0.62, 0.72, 1.0, 1.3] {
        let film = window::lip_film_um(8.0, exponent, 0.0, 250.0, 1.0);
        check(&[Case("C18", film, 125.0, Absolute(1e-9))]);
    }
    let wall = rheology::slot_shear_per_s(0.72, 5.583, 6e-4, 0.66);
    check(&[Case("slot wall shear", wall, 2654.0, Relative(1e-3))]);
}

#[test]
fn c19_capacity_and_balance() {
    let cathode = balance::areal_capacity_mah_per_cm2(220.0, 0.96, 185.0);
    let anode = balance::areal_capacity_mah_per_cm2(129.0, 0.955, 350.0);
    check(&[
        Case("C19 cathode", cathode, 3.907, Relative(1e-3)),
        Case("C19 anode", anode, 4.312, Relative(1e-3)),
        Case("C19 N/P", balance::n_to_p_ratio(anode, cathode), 1.1036, Relative(1e-3)),
    ]);
}

#[test]
fn c20_to_c23_porosity_and_its_error() {
    let p = |m: f64, t: f64, rho: f64| 100.0 * porosity::porosity(m, t, rho);
    let gate =
        |sd_um: f64| porosity::probability_within(1.5, porosity::sd_pp(0.25, 65.686, 0.5, sd_um));
    check(&[
        Case("C20", porosity::porosity(220.0, 65.686, 4465.7), 0.2500, Relative(5e-3)),
        Case("C20 by thickness", porosity::slope_pp_per_um(0.25, 65.686), 1.142, Relative(5e-3)),
        Case("C20 by weight", porosity::slope_pp_per_pct_weight(0.25), -0.75, Relative(5e-3)),
        Case("C20 inverse", porosity::thickness_um(220.0, 0.25, 4465.7), 65.686, Relative(1e-4)),
        Case("C21 mid", p(100.6, 31.67, 4539.0), 30.0, Absolute(0.2)),
        Case("C21 low", p(104.6, 28.67, 4539.0), 19.6, Absolute(0.2)),
        Case("C21 high", p(96.6, 34.67, 4539.0), 38.6, Absolute(0.2)),
        Case("C22 mid", p(54.9, 43.0, 2128.0), 40.0, Absolute(0.2)),
        Case("C22 low", p(58.9, 40.0, 2128.0), 30.8, Absolute(0.2)),
        Case("C22 high", p(50.9, 46.0, 2128.0), 48.0, Absolute(0.2)),
        Case("C23 block", gate(0.8), 0.871, Absolute(0.003)),
        Case("C23 release", gate(0.5), 0.972, Absolute(0.003)),
    ]);
}

#[test]
fn c30_to_c32_compaction() {
    let anode = calender::Compaction {
        start_kg_per_m3: 1023.8,
        max_kg_per_m3: 1720.0,
        resistance_n_per_mm: 210.0,
    };
    let pressed = PRESSED.density_kg_per_m3(900.0);
    check(&[
        Case("C30 density", pressed / 1000.0, 3.3512, Absolute(1e-3)),
        Case("C30 porosity", 1.0 - pressed / 4465.7, 0.2496, Absolute(1e-3)),
        Case("C31", PRESSED.line_load_n_per_mm(0.75 * 4465.7), 895.7, Relative(1e-3)),
        Case("C32", anode.line_load_n_per_mm(0.67 * 2178.3), 206.4, Relative(1e-3)),
    ]);
    assert_eq!(PRESSED.line_load_n_per_mm(3600.0), f64::INFINITY);
    assert_eq!(PRESSED.line_load_n_per_mm(2000.0), 0.0);
    let slope = (PRESSED.density_kg_per_m3(900.5) - PRESSED.density_kg_per_m3(899.5)) / 1.0;
    check(&[Case("slope", PRESSED.slope_kg_per_m3_per_n_per_mm(pressed), slope, Relative(1e-5))]);
}

#[test]
fn c33_feed_forward() {
    let density = 0.75 * 4465.7;
    check(&[
        Case("C33 +1 %", PRESSED.hold_thickness_n_per_mm(density, 0.01), 78.9, Relative(5e-3)),
        Case("C33 +2 %", PRESSED.hold_thickness_n_per_mm(density, 0.02), 170.9, Relative(5e-3)),
        Case(
            "porosity +1 %",
            calender::hold_porosity_n_per_mm(895.7, 1.0, 0.01),
            8.957,
            Relative(1e-3),
        ),
    ]);
    assert_eq!(PRESSED.hold_thickness_n_per_mm(density, 0.08), f64::INFINITY);
}

#[test]
fn c34_to_c36_machine() {
    let stiffness = PRESSED.stiffness_mn_per_mm(0.75 * 4465.7, 131.37, 660.0);
    check(&[
        Case("C34 stiffness", stiffness, 36.9, Relative(0.01)),
        Case(
            "C34 rejection",
            100.0 * calender::gap_rejection(2.0, stiffness),
            5.14,
            Relative(0.01),
        ),
        Case(
            "C35",
            calender::roll_bending_um(900.0, 660.0, 1300.0, 800.0, 210e3),
            1.752,
            Relative(0.01),
        ),
        Case("C36 heat", calender::gap_closing_um_per_k(400.0, 11.5e-6), 9.2, Relative(0.01)),
        Case("C36 turns", calender::roll_hz(1.0, 0.8), 0.398, Relative(0.01)),
    ]);
}

fn zones(air_c: [f64; 6], heat_w_per_m2_k: [f64; 6], vapour_pa: f64) -> [dryer::ZoneAir; 6] {
    core::array::from_fn(|i| dryer::ZoneAir {
        air_c: air_c[i],
        heat_w_per_m2_k: heat_w_per_m2_k[i],
        vapour_pa,
    })
}

#[test]
fn c24_to_c29_dryer() {
    use dryer::{curve, film, limits, vapour};
    let (one_side_c, one_side) = film::wet_bulb(Solvent::Water, 80.0, 40.0, 0.0, 1228.0);
    let (two_sides_c, two_sides) = film::wet_bulb(Solvent::Water, 80.0, 60.0, 60.0, 1228.0);
    let beta = |heat: f64, film_c: f64| {
        film::mass_transfer_m_per_s(heat, 0.5 * (80.0 + film_c), Solvent::Water.lewis())
    };
    check(&[
        Case("C24 100 degC kPa", vapour::nmp_vapour_pa(100.0) / 1e3, 3.256, Relative(0.01)),
        Case("C24 203 degC kPa", vapour::nmp_vapour_pa(203.0) / 1e3, 100.6, Relative(0.01)),
        Case("C25 film", one_side_c, 30.1, Relative(0.02)),
        Case("C25 flux", one_side, 0.826, Relative(0.02)),
        Case("C25 beta", beta(40.0, one_side_c), 0.0403, Relative(0.01)),
        Case("C26 film", two_sides_c, 37.2, Relative(0.03)),
        Case("C26 flux", two_sides, 2.12, Relative(0.03)),
        Case("C26 beta", beta(60.0, two_sides_c), 0.0611, Relative(0.01)),
        Case(
            "C27",
            curve::relative_time(0.35, 0.10) / curve::relative_time(0.35, 0.005),
            0.509,
            Absolute(0.01),
        ),
        Case("C28", limits::safety_air_m3_per_s(62.2, 45.0, 0.25), 5.53, Relative(0.01)),
        Case("C29", limits::binder_peclet(1.5, 190.0, 1e-10), 2.85, Absolute(1e-12)),
    ]);
}

#[test]
fn c57_dryer_march() {
    let coating = |solvent, dry, wet, critical| dryer::Coating {
        solvent,
        dry_g_per_m2: dry,
        solvent_g_per_m2: wet,
        critical_fraction: critical,
        sorption_x: 0.0,
    };
    let cathode = dryer::march(
        &coating(Solvent::Nmp, 220.0, 94.3, 0.40),
        &zones(
            [90.0, 110.0, 120.0, 125.0, 120.0, 100.0],
            [32.0, 46.0, 50.0, 50.0, 48.0, 40.0],
            100.0,
        ),
        12.0,
        200,
    );
    let anode = dryer::march(
        &coating(Solvent::Water, 129.0, 129.0, 0.30),
        &zones(
            [70.0, 85.0, 95.0, 100.0, 100.0, 80.0],
            [40.0, 50.0, 55.0, 60.0, 55.0, 45.0],
            1500.0,
        ),
        12.0,
        200,
    );
    check(&[
        Case("C57 cathode zone 1", cathode.left[0], 0.893, Relative(0.05)),
        Case("C57 cathode zone 2", cathode.left[1], 0.597, Relative(0.05)),
        Case("C57 cathode zone 3", cathode.left[2], 0.212, Relative(0.05)),
        Case("C57 cathode zone 4", cathode.left[3], 0.030, Relative(0.3)),
        Case("C57 cathode exit", cathode.left[5], 0.0021, Relative(0.3)),
        Case("C57 cathode peak", cathode.exit.peak_g_per_m2_s, 3.3, Relative(0.05)),
        Case("C57 cathode film, entry", cathode.film_c[0], 83.0, Absolute(1.5)),
        Case("C57 cathode film, hottest", cathode.film_c[3], 122.0, Absolute(1.5)),
        Case("C57 anode zone 1", anode.left[0], 0.892, Relative(0.05)),
        Case("C57 anode zone 2", anode.left[1], 0.714, Relative(0.05)),
        Case("C57 anode zone 3", anode.left[2], 0.486, Relative(0.05)),
        Case("C57 anode zone 4", anode.left[3], 0.221, Relative(0.05)),
        Case("C57 anode exit", anode.left[5], 0.0008, Relative(0.3)),
        Case("C57 anode peak", anode.exit.peak_g_per_m2_s, 2.9, Relative(0.05)),
        Case("C57 anode film, entry", anode.film_c[0], 35.0, Absolute(1.5)),
        Case("C57 anode film, exit", anode.film_c[5], 79.0, Absolute(1.5)),
    ]);
    println!("cathode {cathode:?}\nanode {anode:?}");
}
