//! Time from the last sample of a weld to its decision: a whole burst of 3 x 10,000 samples, never seen before.
//!
//! ```text
//! cargo run --release -p linewright-twin --example weld_decision
//! ```
use linewright_kernel::front::{WELD_FEATURES, WeldBurst};
use linewright_kernel::{FrontEnd, FrontEndDesign};
use linewright_twin::weld::{Conditions, Shot, WeldConfig};
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let config = WeldConfig::default();
    let mut front = WeldBurst::unlearned(10_000).design()?;
    let mut signals = [(); 3].map(|()| vec![0.0; config.samples()]);
    let mut out = [f64::NAN; WELD_FEATURES + 3];
    let mut took_us = Vec::new();
    for slot in 0..5000 {
        let conditions = Conditions::draw(&config, 1, slot, 1.0, 0.0);
        let [plasma, reflection, thermal] = &mut signals;
        let mut shot = Shot::new(&config, &conditions, 1.0, 1, slot);
        shot.run(config.power_w, [plasma, reflection, thermal]);
        let [plasma, reflection, thermal] = &signals;
        let start = Instant::now();
        front.step(&[Some(plasma), Some(reflection), Some(thermal)], &mut out);
        black_box(&out);
        took_us.push(start.elapsed().as_secs_f64() * 1e6);
    }
    took_us.sort_by(f64::total_cmp);
    println!("burst to decision: p50 {:.0} us, p99 {:.0} us", took_us[2500], took_us[4950]);
    Ok(())
}
