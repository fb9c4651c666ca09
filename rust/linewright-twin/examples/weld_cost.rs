//! What one weld of the twin costs: 30,000 photodiode samples, conditions and joint.
//!
//! ```text
//! cargo run --release -p linewright-twin --example weld_cost
//! ```
use linewright_twin::weld::{Conditions, Shot, WeldConfig};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let config = WeldConfig::default();
    let mut signals = [(); 3].map(|()| vec![0.0; config.samples()]);
    let mut took_us: Vec<f64> = (0..2000)
        .map(|slot| {
            let start = Instant::now();
            let conditions = Conditions::draw(&config, 1, slot, 1.0, 0.0);
            let mut shot = Shot::new(&config, &conditions, 1.0, 1, slot);
            let [plasma, reflection, thermal] = &mut signals;
            shot.run(config.power_w, [plasma, reflection, thermal]);
            black_box((shot.joint(), &signals));
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    took_us.sort_by(f64::total_cmp);
    println!(
        "one weld of {} samples: median {:.0} us, p99 {:.0} us",
        3 * config.samples(),
        took_us[1000],
        took_us[1980]
    );
}
