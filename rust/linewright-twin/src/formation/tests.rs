//! A rack behaves: charge balances, limits hold, defects show where they should.

use super::*;

fn quiet() -> FormationConfig {
    FormationConfig {
        slots: 2.0,
        capacity_sd_pct: 0.0,
        efficiency_sd: 0.0,
        resistance_sd_pct: 0.0,
        slot_sd_k: 0.0,
        place_sd_k: 0.0,
        voltage_sd_mv: 0.0,
        voltage_offset_sd_mv: 0.0,
        current_sd_ma: 0.0,
        current_gain_sd_pct: 0.0,
        temperature_sd_k: 0.0,
        short_ppm: 0.0,
        contact_pct: 0.0,
        ..FormationConfig::default()
    }
}

fn loaded(config: &FormationConfig) -> Formation {
    let mut rack = Formation::new(config, &[], 3).unwrap();
    rack.load(0, 0).unwrap();
    rack
}

fn whole_programme(rack: &mut Formation) {
    for _ in 0..rack.programme().length_s() {
        rack.step();
    }
}

#[test]
fn charge_capacity_and_efficiency_are_the_configs() {
    let config = quiet();
    let mut rack = loaded(&config);
    whole_programme(&mut rack);
    assert_eq!(rack.phase(0), Some(Phase::Done));
    let totals = rack.tray(0).unwrap().totals()[7];
    let efficiency = totals.discharged_ah / totals.charged_ah;
    assert!((totals.discharged_ah / 77.5 - 1.0).abs() < 0.01, "{totals:?}");
    assert!((efficiency - config.efficiency).abs() < 0.005, "{efficiency}");
    // C44: energy of the twin's own cell
    assert!((totals.charged_wh / 333.0 - 1.0).abs() < 0.03, "{totals:?}");
    assert!((totals.discharged_wh / 282.9 - 1.0).abs() < 0.03, "{totals:?}");
}

#[test]
fn the_first_charge_stays_a_while_between_2_8_and_3_2_volt() {
    let mut rack = loaded(&quiet());
    let mut in_step_s = 0;
    for _ in 0..2400 {
        rack.step();
        in_step_s += i32::from((2.7..3.2).contains(&rack.voltage_v()[0]));
    }
    assert!((600..2400).contains(&in_step_s), "{in_step_s}");
}

#[test]
fn voltage_and_current_stay_within_the_channel() {
    let mut rack = loaded(&quiet());
    for _ in 0..rack.programme().length_s() {
        rack.step();
        let (v, i) = (rack.voltage_v()[31], rack.current_a()[31]);
        assert!(v < 4.2 + 2e-3 && i.abs() < 25.84, "{v} V, {i} A at {}", rack.second());
        if rack.second() > 600 {
            assert!(v > 3.0 - 0.3, "{v} V at {}", rack.second());
        }
    }
}

#[test]
fn a_short_takes_its_own_charge() {
    let config = quiet();
    let mut rack = loaded(&config);
    let defect = Defect { short_ohm: 10.0, short_from_s: -1.0, ..Defect::default() };
    rack.put_defect(4, defect).unwrap();
    for _ in 0..2000 {
        rack.step();
    }
    let (good, bad) = (rack.tray(0).unwrap().rest_v(3), rack.tray(0).unwrap().rest_v(4));
    assert!(good - bad > 1e-3, "{good} {bad}");
    assert_eq!(rack.defects().len(), 1);
    assert_eq!(rack.voltage_v()[3].to_bits(), rack.voltage_v()[5].to_bits());
}

#[test]
fn a_bad_contact_shows_with_the_current_and_not_without() {
    let mut rack = loaded(&quiet());
    rack.put_defect(4, Defect { contact_mohm: 3.0, ..Defect::default() }).unwrap();
    rack.step();
    let without = rack.voltage_v()[4] - rack.voltage_v()[5];
    for _ in 0..60 {
        rack.step();
    }
    let with = rack.voltage_v()[4] - rack.voltage_v()[5];
    assert_eq!(without, 0.0);
    assert!((with - 7.75 * 3e-3).abs() < 1e-6, "{with}");
}

#[test]
fn a_poorly_wetted_lot_is_resistive_and_loses_a_point_of_efficiency() {
    let fault =
        Fault { kind: FaultKind::PoorWetting, at_s: 0.0, size: 8.0, duration_s: 0.0, ramp_s: None };
    let config = FormationConfig { cells_per_lot: 32.0, ..quiet() };
    let mut rack = Formation::new(&config, &[fault], 3).unwrap();
    rack.load(0, 0).unwrap();
    rack.load(1, 1).unwrap();
    whole_programme(&mut rack);
    let efficiency = |slot: usize| {
        let totals = rack.tray(slot).unwrap().totals()[0];
        totals.discharged_ah / totals.charged_ah
    };
    let lost = efficiency(0) - efficiency(1);
    assert!((0.007..0.014).contains(&lost), "{lost}");
    assert_eq!(rack.defects().len(), 32);
}

#[test]
fn the_cells_of_a_tray_do_not_depend_on_its_slot() {
    let config = FormationConfig { slots: 2.0, ..FormationConfig::default() };
    let mut rack = Formation::new(&config, &[], 9).unwrap();
    rack.load(0, 17).unwrap();
    let first = *rack.tray(0).unwrap().cells();
    rack.unload(0);
    assert!(rack.voltage_v().iter().all(|v| v.is_nan()));
    rack.load(1, 17).unwrap();
    assert_eq!(first, *rack.tray(1).unwrap().cells());
    assert!(rack.load(1, 18).is_err() && rack.load(2, 18).is_err());
}

#[test]
fn cells_spread_as_configured() {
    let config = FormationConfig::default();
    let nominal = Nominal::new(&config).unwrap();
    let n = 20_000;
    let (mut shorts, mut sum, mut square) = (0, 0.0, 0.0);
    for number in 0..n {
        let cell = Cell::draw(&config, &nominal, 11, number);
        shorts += i32::from(cell.defect.short_ohm.is_finite());
        sum += cell.capacity - 1.0;
        square += (cell.capacity - 1.0).powi(2);
    }
    assert!((2..=24).contains(&shorts), "{shorts} of 10 expected");
    assert!((sum / n as f64).abs() < 2e-4);
    assert!(((square / n as f64).sqrt() - 0.003).abs() < 2e-4);
}

#[test]
fn the_rack_feeds_itself_at_its_rate() {
    let config = FormationConfig { slots: 4.0, trays_per_h: 3600.0 / 50.0, ..quiet() };
    let mut rack = Formation::new(&config, &[], 1).unwrap();
    for _ in 0..160 {
        rack.feed();
        rack.step();
    }
    let loaded = (0..4).filter(|slot| rack.tray(*slot).is_some()).count();
    assert_eq!(loaded, 3);
}

#[test]
fn same_seed_same_bits_other_seed_other_bits() {
    let config = FormationConfig { slots: 1.0, ..FormationConfig::default() };
    let run = |seed| {
        let mut rack = Formation::new(&config, &[], seed).unwrap();
        rack.load(0, 0).unwrap();
        (0..500).for_each(|_| rack.step());
        rack.voltage_v().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(run(4), run(4));
    assert_ne!(run(4), run(5));
}

#[test]
fn nonsense_is_refused_with_its_field() {
    let refused = |config: FormationConfig| Formation::new(&config, &[], 0).err().unwrap().field;
    let base = FormationConfig::default();
    assert_eq!(refused(FormationConfig { slots: 1.5, ..base }), "formation.slots");
    assert_eq!(refused(FormationConfig { lowest_v: f64::NAN, ..base }), "formation.lowest_v");
    assert_eq!(refused(FormationConfig { efficiency: 0.97, ..base }), "formation.efficiency");
}
