//! Runs a shift with the loop open and prints what it costs and how it spreads:
//! `cargo run --release -p linewright-twin --example open_loop -- [SEEDS] [HOURS]`.

use linewright_twin::{Line, LineConfig};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let hours: f64 = arguments.next().map_or(Ok(8.0), |text| text.parse())?;
    let base_hz = 30;
    let ticks = (hours * 3600.0 * f64::from(base_hz)) as u64;
    println!("seed  weight sd %  porosity sd pp  coated m  weight out %  porosity out %  ns/step");
    for seed in 0..seeds {
        let mut line = Line::new(&LineConfig::default(), seed, base_hz)?;
        let mut sensors = vec![0.0; Line::sensors().len()];
        let start = Instant::now();
        for _ in 0..ticks {
            line.step(&[f64::NAN, f64::NAN], &mut sensors);
        }
        let ns = start.elapsed().as_nanos() as f64 / ticks as f64;
        let truth = line.truth();
        println!(
            "{seed:4}  {:11.3}  {:14.3}  {:8.0}  {:12.2}  {:14.2}  {ns:7.0}",
            truth.parts.weight_pct.sd(),
            truth.porosity_pp.sd(),
            truth.coated.total_m,
            100.0 * truth.coated.weight_out_m / truth.coated.total_m,
            100.0 * truth.calendered.porosity_out_m / truth.calendered.total_m,
        );
    }
    Ok(())
}
