//! A made-up rack whose cells differ by offset and resistance alone: what is said of shorts, contacts and trays.

use super::*;
use crate::FrontEnd;
use crate::random::Random;

const AMPS: f64 = 8.0;
const NOISE_MV: f64 = 0.3;
/// Phases of the programme: length s, current A. The windows cover the first two.
const PROGRAMME: [(u32, f64); 8] = [
    (10, 0.0),
    (1190, AMPS),
    (300, 0.0),
    (600, 2.0 * AMPS),
    (60, 0.0),
    (1400, -AMPS),
    (100, AMPS),
    (60, 0.0),
];
const PULSE_S: u32 = 10;

/// Offset 1 mV and resistance 0.03 mohm from cell to cell, 100 mV/Ah.
fn config(slots: u32) -> FormationWatch {
    let ends_s: Vec<f64> = (1..=120).map(|i| 10.0 * f64::from(i)).collect();
    let amps: Vec<f64> = ends_s.iter().map(|end| if *end > 10.0 { AMPS } else { 0.0 }).collect();
    FormationWatch {
        slots,
        factors_mv: amps.iter().flat_map(|a| [1.0, 0.03 * a]).collect(),
        noise_mv: ends_s.iter().map(|_| NOISE_MV / 10f64.sqrt() * 1.02).collect(),
        median_v: ends_s.iter().map(|end| 3.0 + 1e-4 * end).collect(),
        slope_mv_per_ah: ends_s.iter().map(|_| 100.0).collect(),
        current_a: amps,
        ends_s,
        part_from_s: Vec::new(),
        held_ends_s: Vec::new(),
        resistance_mohm: 1.0,
        programme_s: 3731.0,
        limit_z: 5.5,
        contact_limit_mohm: 0.5,
        onset_every_s: 300.0,
        rest_a: 0.2,
        off_programme_a: 0.4,
        short_share: 5e-4,
        false_share: 3e-4,
    }
}

#[derive(Clone, Copy, Default)]
struct Cell {
    offset_v: f64,
    ohm: f64,
    contact_ohm: f64,
    short_s: f64,
    from_s: u32,
    charge_ah: f64,
}

/// A rack of one programme in step, and what was said of it.
struct Rack {
    of: FormationWatchFrontEnd,
    cells: Vec<Cell>,
    random: Random,
    out: Vec<f64>,
    verdicts: Vec<Vec<f64>>,
    age_s: u32,
}

impl Rack {
    fn new(seed: u64, slots: u32) -> Self {
        Self::of(seed, &config(slots))
    }

    fn of(seed: u64, config: &FormationWatch) -> Self {
        let slots = config.slots;
        let mut random = Random(seed);
        let cell = |random: &mut Random| Cell {
            offset_v: 1e-3 * random.bell(),
            ohm: 1e-3 * (1.0 + 0.03 * random.bell()),
            ..Cell::default()
        };
        let cells = (0..slots as usize * TRAY).map(|_| cell(&mut random)).collect();
        Rack {
            of: config.design().unwrap(),
            cells,
            random,
            out: vec![f64::NAN; FormationWatch::OUTPUTS.len()],
            verdicts: Vec::new(),
            age_s: 0,
        }
    }

    fn current_a(age_s: u32) -> f64 {
        let mut start = 0;
        for (length, amp) in PROGRAMME {
            if age_s <= start + length {
                return amp;
            }
            start += length;
        }
        AMPS
    }

    fn blocks(&mut self) -> [Vec<f64>; 3] {
        self.age_s += 1;
        let amp = Self::current_a(self.age_s);
        let (mut volts, mut amps) = (Vec::new(), Vec::new());
        for cell in &mut self.cells {
            let open_v = 3.0 + 0.1 * cell.charge_ah + cell.offset_v;
            let shorted = self.age_s > cell.from_s;
            let lost_a = if shorted { open_v * cell.short_s } else { 0.0 };
            cell.charge_ah += (amp - lost_a) / 3600.0;
            let noise = 1e-3 * NOISE_MV * self.random.bell();
            let drop_v = (amp - lost_a) * cell.ohm + amp * cell.contact_ohm;
            volts.push(open_v + drop_v + noise);
            amps.push(amp + 5e-3 * self.random.bell());
        }
        let degc = vec![26.0; volts.len()];
        [volts, amps, degc]
    }

    /// One second, then ticks without blocks; `tray` in each slot.
    fn second(&mut self, tray: f64, spoil: impl Fn(&mut [Vec<f64>; 3])) {
        let mut blocks = self.blocks();
        spoil(&mut blocks);
        let trays = vec![tray; self.cells.len() / TRAY];
        let [v, a, t] = &blocks;
        for tick in 0..10 {
            let given = [v, a, t, &trays].map(|b| (tick == 0).then_some(b.as_slice()));
            let before = self.out[0];
            self.of.step(&given, &mut self.out);
            if self.out[0] > before {
                self.verdicts.push(self.out.clone());
            }
        }
    }

    fn run(&mut self, seconds: u32) {
        (0..seconds).for_each(|_| self.second(7.0, |_| {}));
    }
}

/// Places of the outputs.
fn at(name: &str) -> usize {
    FormationWatch::OUTPUTS.iter().position(|port| port.name == name).unwrap()
}

#[test]
fn sound_cells_are_left_alone() {
    for seed in [1, 2] {
        let mut rack = Rack::new(seed, 12);
        rack.run(1300);
        assert!(rack.verdicts.is_empty(), "{:?}", rack.verdicts);
        assert_eq!(rack.out[at("trays_running")], 12.0);
        assert_eq!(rack.out[at("trays_off_programme")], 0.0);
        assert_eq!(rack.out[at("next_free_s")], 3731.0 - 1300.0);
    }
}

#[test]
fn a_short_is_named_with_its_size_and_the_time_it_closed() {
    for (seed, ohm, from_s, class) in
        [(3, 1.0, 0, 2.0), (4, 10.0, 0, 3.0), (5, 10.0, 600, 3.0), (15, 1.0, 450, 2.0)]
    {
        let mut rack = Rack::new(seed, 2);
        rack.cells[37].short_s = 1.0 / ohm;
        rack.cells[37].from_s = from_s;
        rack.run(1200);
        assert_eq!(rack.verdicts.len(), 1, "{ohm} ohm");
        let said = &rack.verdicts[0];
        assert_eq!((said[at("channel")], said[at("verdict_class")]), (37.0, class), "{said:?}");
        assert_eq!(said[at("tray_number")], 7.0);
        // at the limit, with its time of closing open, its size is known to a factor of two
        assert!((0.5..2.0).contains(&(said[at("short_ohm")] / ohm)), "{said:?}");
        let found_s = said[at("age_s")] - f64::from(from_s);
        assert!((10.0..300.0).contains(&found_s), "{found_s} s");
        assert!((said[at("closed_s")] - f64::from(from_s)).abs() <= 300.0);
        assert!(said[at("confidence")] > 0.5 && said[at("z")] > 5.5);
        assert!(said[at("contact_mohm")].is_nan());
    }
}

#[test]
fn a_bad_contact_is_named_within_half_a_minute_and_never_called_a_short() {
    for (seed, mohm) in [(6, 1.0), (7, 5.0)] {
        let mut rack = Rack::new(seed, 2);
        rack.cells[5].contact_ohm = 1e-3 * mohm;
        rack.run(1200);
        assert_eq!(rack.verdicts.len(), 1, "{mohm} mohm");
        let said = &rack.verdicts[0];
        assert_eq!((said[at("channel")], said[at("verdict_class")]), (5.0, 1.0));
        assert!(said[at("age_s")] <= 30.0, "{said:?}");
        assert!((said[at("contact_mohm")] - mohm).abs() < 0.3 && said[at("short_ohm")].is_nan());
    }
}

#[test]
fn a_short_behind_a_bad_contact_is_found_as_well() {
    let mut rack = Rack::new(8, 1);
    rack.cells[9].contact_ohm = 3e-3;
    rack.cells[9].short_s = 0.1;
    rack.cells[9].from_s = 300;
    rack.run(1200);
    let classes: Vec<f64> = rack.verdicts.iter().map(|said| said[at("verdict_class")]).collect();
    assert_eq!(classes, [1.0, 3.0]);
}

#[test]
fn a_cell_without_measurement_harms_nobody() {
    let mut rack = Rack::new(9, 1);
    for second in 0..1200 {
        rack.second(7.0, |[v, a, _]| {
            v[3] = f64::NAN;
            a[4] = 1e300;
            v[5] = if second % 40 == 0 { f64::INFINITY } else { v[5] };
        });
    }
    assert!(rack.verdicts.is_empty(), "{:?}", rack.verdicts);
    assert!(rack.out.iter().all(|x| !x.is_infinite()));
}

#[test]
fn another_tray_in_the_slot_starts_anew() {
    let mut rack = Rack::new(10, 1);
    rack.cells[4].short_s = 0.2;
    rack.run(600);
    assert_eq!(rack.verdicts.len(), 1);
    let fresh = Rack::new(11, 1).cells;
    (rack.cells, rack.age_s) = (fresh, 0);
    rack.cells[4].short_s = 0.2;
    (0..600).for_each(|_| rack.second(8.0, |_| {}));
    let last = rack.verdicts.last().unwrap();
    assert_eq!((rack.verdicts.len(), last[at("tray_number")]), (2, 8.0));
    rack.second(f64::NAN, |_| {});
    assert_eq!(rack.out[at("trays_running")], 0.0);
    assert!(rack.out[at("next_free_s")].is_nan());
}

#[test]
fn a_tray_off_the_programme_is_not_compared() {
    let mut rack = Rack::new(12, 1);
    rack.cells[4].short_s = 1.0;
    for _ in 0..600 {
        rack.second(7.0, |[_, a, _]| a.iter_mut().for_each(|a| *a *= 1.1));
    }
    assert_eq!(rack.out[at("trays_off_programme")], 1.0);
    // the short showed before the current did
    assert!(rack.verdicts.iter().all(|said| said[at("age_s")] <= 10.0));
}

#[test]
fn a_finished_tray_tells_resistance_efficiency_and_energy() {
    let mut rack = Rack::new(13, 2);
    let length_s = PROGRAMME.iter().map(|(s, _)| s).sum::<u32>() + PULSE_S;
    rack.run(length_s);
    // both are done; each second hands out one
    assert_eq!((rack.out[at("trays_done")], rack.out[at("done_slot")]), (1.0, 0.0));
    assert_eq!(rack.out[at("done_age_s")], f64::from(length_s));
    rack.run(1);
    let out = &rack.out;
    assert_eq!((out[at("trays_done")], out[at("done_slot")]), (2.0, 1.0));
    assert_eq!(out[at("done_tray")], 7.0);
    let resistance = out[at("resistance_mohm")];
    // charge over 10 s of the pulse on a slope of 100 mV/Ah adds 0.28 mohm to the 1 mohm
    assert!((resistance - 1.28).abs() < 0.03, "{resistance}");
    let charged_ah = (1190.0 + 2.0 * 600.0) * AMPS / 3600.0;
    let drawn_ah = 1400.0 * AMPS / 3600.0;
    assert!((out[at("efficiency")] - drawn_ah / charged_ah).abs() < 1e-3);
    assert!((out[at("capacity_ah")] - drawn_ah).abs() < 1e-3);
    assert!(out[at("charged_wh")] > 3.0 * charged_ah && out[at("charged_wh")] < 4.0 * charged_ah);
    assert!(out[at("discharged_wh")] > 3.0 * drawn_ah && out[at("pulse_temperature")] == 26.0);
}

#[test]
fn a_full_rack_in_step_is_compared_in_parts_and_says_the_same() {
    let run = |slots: u32| {
        let mut rack = Rack::new(14, slots);
        rack.cells[TRAY + 1].short_s = 0.1;
        rack.run(400);
        let said = rack.verdicts.first().map(|v| (v[at("channel")], v[at("z")], v[at("age_s")]));
        (said, rack.verdicts.len())
    };
    let (said, count) = run(100);
    assert_eq!((said.map(|s| s.0), count), (Some(33.0), 1));
}

#[test]
fn every_tray_tells_its_progress_in_turn_and_a_new_one_first() {
    let mut rack = Rack::new(16, 3);
    let mut told = Vec::new();
    for _ in 0..1600 {
        rack.second(7.0, |_| {});
        let of = |name| rack.out[at(name)];
        told.push((of("told_slot"), of("told_age_s"), of("told_phase"), of("told_in_phase_s")));
    }
    assert_eq!(told[..4].iter().map(|t| t.0).collect::<Vec<f64>>(), [0.0, 1.0, 2.0, 0.0]);
    // at rest, charge, rest, charge: where the programme is, to the second
    let phases = [(4, 0.0, 5.0), (599, 1.0, 590.0), (1399, 2.0, 200.0), (1599, 3.0, 100.0)];
    for (second, phase, since_s) in phases {
        let (_, age_s, number, in_phase_s) = told[second];
        assert_eq!((age_s, number, in_phase_s), (second as f64 + 1.0, phase, since_s));
    }
    // a tray plugged in is told at once, whoever is next
    let trays = [7.0, 8.0, 7.0];
    for slot in [1.0, 2.0] {
        let [v, a, t] = rack.blocks();
        rack.of.step(&[Some(&v), Some(&a), Some(&t), Some(&trays)], &mut rack.out);
        assert_eq!(rack.out[at("told_slot")], slot);
    }
    assert_eq!(rack.out[at("told_tray")], 7.0);
}

#[test]
fn a_hard_short_that_closes_late_in_a_window_is_called_hard_by_the_next() {
    for seed in [18, 19] {
        let mut rack = Rack::new(seed, 1);
        rack.cells[11].short_s = 1.0;
        rack.cells[11].from_s = 457;
        rack.run(1200);
        let said = rack.verdicts.last().unwrap();
        assert_eq!((said[at("channel")], said[at("verdict_class")]), (11.0, 2.0), "{said:?}");
        assert!(said[at("age_s")] <= 480.0 && rack.verdicts.len() <= 2, "{:?}", rack.verdicts);
    }
}

#[test]
fn a_cell_unlike_any_sound_one_is_not_called_shorted_for_it() {
    // Far out in both its numbers, and with a drift they do not describe: what a short of 250 ohm makes.
    let mut rack = Rack::new(17, 1);
    rack.cells[6].offset_v += 8e-3;
    rack.cells[6].ohm += 0.25e-3;
    rack.cells[6].short_s = 1.0 / 250.0;
    let mut usual = Rack::new(17, 1);
    usual.cells[6].short_s = 1.0 / 250.0;
    for rack in [&mut rack, &mut usual] {
        rack.run(1200);
    }
    assert!(rack.verdicts.is_empty(), "{:?}", rack.verdicts);
    assert_eq!(usual.verdicts.len(), 1);
}

/// Two parts; in the last window of the first and the first of the second channels hold a voltage.
fn in_parts() -> FormationWatch {
    let (part_from_s, held_ends_s) = (vec![600.0], vec![600.0, 610.0]);
    FormationWatch { part_from_s, held_ends_s, ..config(1) }
}

#[test]
fn a_part_finds_what_closes_in_it_and_tells_when() {
    for (seed, from_s) in [(21, 300), (22, 595), (23, 605), (24, 900)] {
        let mut rack = Rack::of(seed, &in_parts());
        rack.cells[12].short_s = 0.1;
        rack.cells[12].from_s = from_s;
        rack.run(1200);
        assert_eq!(rack.verdicts.len(), 1, "{from_s}: {:?}", rack.verdicts);
        let said = &rack.verdicts[0];
        assert_eq!((said[at("channel")], said[at("verdict_class")]), (12.0, 3.0));
        let found_s = said[at("age_s")] - f64::from(from_s);
        assert!((10.0..300.0).contains(&found_s), "{found_s} s");
        assert!((said[at("closed_s")] - f64::from(from_s)).abs() <= 300.0, "{said:?}");
    }
}

#[test]
fn the_first_part_says_what_it_says_alone() {
    let said = |config: &FormationWatch| {
        let mut rack = Rack::of(25, config);
        rack.cells[30].short_s = 0.05;
        rack.cells[30].from_s = 100;
        rack.run(590);
        rack.verdicts.iter().map(|v| (v[at("age_s")], v[at("z")])).collect::<Vec<_>>()
    };
    let first = said(&in_parts());
    assert_eq!((first.len(), &first), (1, &said(&config(1))));
}

#[test]
fn where_channels_hold_a_voltage_neither_it_nor_the_current_counts() {
    let said = |config: &FormationWatch| {
        let mut rack = Rack::of(26, config);
        for second in 1..=900 {
            let held = (591..=610).contains(&second);
            rack.second(7.0, |[v, a, _]| {
                v[8] -= if held { 5e-3 } else { 0.0 };
                a.iter_mut().for_each(|a| *a -= if held { 2.0 } else { 0.0 });
            });
        }
        (rack.verdicts.len(), rack.out[at("trays_off_programme")])
    };
    assert_eq!(said(&in_parts()), (0, 0.0));
    assert_eq!(said(&config(1)).1, 1.0);
}

#[test]
fn a_cell_whose_own_current_leaves_the_programme_is_not_called_shorted_for_what_it_lacks() {
    let said = |own_a: f64| {
        let mut rack = Rack::of(27, &in_parts());
        rack.cells[3].short_s = 0.1;
        rack.cells[3].from_s = 700;
        for second in 1..=1200 {
            rack.second(7.0, |[_, a, _]| a[3] -= if second > 700 { own_a } else { 0.0 });
        }
        rack.verdicts.len()
    };
    assert_eq!((said(0.3), said(0.0)), (0, 1));
}

#[test]
fn behind_a_held_voltage_a_cell_with_a_bad_contact_is_not_compared() {
    let classes = |from_s: u32| {
        let mut rack = Rack::of(28, &in_parts());
        rack.cells[9].contact_ohm = 3e-3;
        rack.cells[9].short_s = 0.1;
        rack.cells[9].from_s = from_s;
        rack.run(1200);
        rack.verdicts.iter().map(|said| said[at("verdict_class")]).collect::<Vec<f64>>()
    };
    assert_eq!((classes(100), classes(700)), (vec![1.0, 3.0], vec![1.0]));
}

#[test]
fn nonsense_is_refused_with_its_field() {
    let refused = |change: &dyn Fn(&mut FormationWatch)| {
        let mut config = config(1);
        change(&mut config);
        config.design().unwrap_err().parameter
    };
    assert_eq!(refused(&|c| c.slots = 0), "slots");
    assert_eq!(refused(&|c| c.ends_s[4] = 41.5), "ends_s");
    assert_eq!(refused(&|c| c.ends_s[4] = 10.0), "ends_s");
    assert_eq!(refused(&|c| c.noise_mv[0] = 0.0), "noise_mv");
    assert_eq!(refused(&|c| c.median_v.truncate(5)), "median_v");
    assert_eq!(refused(&|c| c.factors_mv.truncate(11)), "factors_mv");
    assert_eq!(refused(&|c| c.factors_mv[0] = f64::NAN), "factors_mv");
    assert_eq!(refused(&|c| c.part_from_s = vec![605.0]), "part_from_s");
    assert_eq!(refused(&|c| c.part_from_s = vec![600.0, 500.0]), "part_from_s");
    assert_eq!(refused(&|c| c.part_from_s = vec![1200.0]), "part_from_s");
    assert_eq!(refused(&|c| c.held_ends_s = vec![f64::NAN]), "held_ends_s");
    assert_eq!(refused(&|c| c.programme_s = 100.0), "programme_s");
    assert_eq!(refused(&|c| c.limit_z = -1.0), "limit_z");
    assert_eq!(refused(&|c| c.onset_every_s = 1.0), "onset_every_s");
    assert_eq!(refused(&|c| c.short_share = 0.0), "short_share");
    assert_eq!(refused(&|c| c.resistance_mohm = f64::INFINITY), "resistance_mohm");
}
