//! What a second of the formation rack costs: `cargo run --release --example formation_cost [-- slots seconds]`.
//!
//! Prints ns per channel and second at the start (film grows, potentials looked up every second), and over a whole
//! programme with trays spread evenly over it, which is what a running line has.

use linewright_twin::formation::{Formation, FormationConfig, LANES};
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|a| a.parse::<f64>().ok());
    let slots = arguments.next().unwrap_or(469.0);
    let seconds = arguments.next().unwrap_or(600.0) as usize;
    let config = FormationConfig { slots, ..FormationConfig::default() };
    let Ok(mut rack) = Formation::new(&config, &[], 1) else {
        eprintln!("no such rack");
        return;
    };
    let slots = slots as usize;
    let lanes = (slots * LANES) as f64;
    (0..slots).for_each(|slot| {
        let _ = rack.load(slot, slot as u64);
    });
    println!("all trays at their start: {:.2} ns", ns_per_lane(&mut rack, lanes, seconds));
    let length_s = rack.programme().length_s() as usize;
    let mut tray = slots as u64;
    for second in 0..length_s {
        // one tray after the other is replaced, so that ages spread over the programme
        if second * slots / length_s != (second + 1) * slots / length_s {
            let slot = second * slots / length_s;
            rack.unload(slot);
            let _ = rack.load(slot, tray);
            tray += 1;
        }
        rack.step();
    }
    println!("ages spread over the programme: {:.2} ns", ns_per_lane(&mut rack, lanes, seconds));
}

fn ns_per_lane(rack: &mut Formation, lanes: f64, seconds: usize) -> f64 {
    let mut blocks: Vec<f64> = (0..10)
        .map(|_| {
            let start = Instant::now();
            (0..seconds / 10).for_each(|_| rack.step());
            start.elapsed().as_nanos() as f64 / (lanes * (seconds / 10) as f64)
        })
        .collect();
    blocks.sort_by(f64::total_cmp);
    blocks[5]
}
