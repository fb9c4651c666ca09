//! What the formation watch costs a tick: `cargo run --release --example formation_watch_cost [-- slots]`.
//!
//! 541 windows over 7.5 h, 26 ways of differing, 56 times of closing, on the channels of the twin; the first two hours, and
//! spread the two hours behind the filling of the rack. In step: all trays plugged in at once, so that all windows close in the same second.
//! Spread: a tray every minute.

use linewright_kernel::{FormationWatch, FrontEnd, FrontEndDesign};
use linewright_twin::formation::{Formation, FormationConfig};
use std::time::Instant;

const FACTORS: usize = 26;
const PROGRAMME_S: u32 = 28_700;

fn config(slots: u32) -> FormationWatch {
    let even = |from: u32, to: u32, by: u32| (from..=to).step_by(by as usize);
    let ends_s: Vec<f64> = even(10, 130, 10)
        .chain(even(160, 1810, 30))
        .chain(even(1860, 2840, 60))
        .chain([2890, 2900, 2910, 2920, 2950])
        .chain(even(3010, 4330, 60))
        .chain([4340, 4350, 4360, 4390])
        .chain(even(4420, 7210, 30))
        .chain(even(7270, 15_420, 60))
        .chain([15_460, 16_330, 16_340, 16_360, 16_390])
        .chain(even(16_420, 16_930, 30))
        .chain([16_940, 16_960, 16_990])
        .chain(even(17_050, 26_950, 60))
        .chain([27_000])
        .map(f64::from)
        .collect();
    let each = |x: f64| ends_s.iter().map(|_| x).collect::<Vec<f64>>();
    FormationWatch {
        slots,
        factors_mv: (0..ends_s.len() * FACTORS).map(|i| 1.0 / (1.0 + (i % 37) as f64)).collect(),
        part_from_s: vec![10_750.0],
        held_ends_s: vec![16_330.0],
        noise_mv: each(0.1),
        median_v: each(3.2),
        slope_mv_per_ah: each(30.0),
        current_a: each(0.0),
        resistance_mohm: 1.2,
        programme_s: 28_000.0,
        limit_z: 1e9,
        contact_limit_mohm: 1e9,
        onset_every_s: 300.0,
        rest_a: 0.2,
        off_programme_a: 1e9,
        short_share: 5e-4,
        false_share: 3e-4,
        ends_s,
    }
}

fn main() {
    let slots = std::env::args().nth(1).and_then(|a| a.parse::<u32>().ok()).unwrap_or(469);
    for (name, spread) in [("in step", false), ("spread", true)] {
        if let Err(error) = measure(name, slots, spread) {
            eprintln!("{error}");
        }
    }
}

fn measure(name: &str, slots: u32, spread: bool) -> Result<(), Box<dyn std::error::Error>> {
    let rack = FormationConfig { slots: f64::from(slots), ..FormationConfig::default() };
    let mut rack = Formation::new(&rack, &[], 1)?;
    let mut watch = config(slots).design()?;
    let mut out = [f64::NAN; FormationWatch::OUTPUTS.len()];
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut loaded = 0;
    // A rack is full when the first tray is as old as the programme.
    let full_s = if spread { PROGRAMME_S } else { 0 };
    for second in 0..full_s + 7200 {
        let due = if spread { 1 + second * slots / PROGRAMME_S } else { slots };
        for tray in loaded..due {
            let slot = (tray % slots) as usize;
            rack.unload(slot);
            rack.load(slot, u64::from(tray))?;
        }
        loaded = due;
        rack.step();
        let blocks =
            [rack.voltage_v(), rack.current_a(), rack.temperature_c(), rack.tray_numbers()];
        let start = Instant::now();
        watch.step(&blocks.map(Some), &mut out);
        with.push(start.elapsed().as_nanos() as f64 / 1e3);
        for _ in 0..29 {
            let start = Instant::now();
            watch.step(&[None; 4], &mut out);
            without.push(start.elapsed().as_nanos() as f64 / 1e3);
        }
        if second < full_s {
            with.clear();
            without.clear();
        }
    }
    for (what, times) in [("with blocks", &mut with), ("without", &mut without)] {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[(share * (times.len() - 1) as f64) as usize];
        let (p50, p99, most) = (at(0.5), at(0.99), at(1.0));
        println!("{name}, tick {what}: p50 {p50:.1} us, p99 {p99:.1} us, most {most:.0} us");
    }
    Ok(())
}
