//! What the weld burst kernel refuses: learnt on good welds of four stations, judged on welds of eight others.
//!
//! ```text
//! cargo run --release -p linewright-twin --example weld_recall [-- REFERENCE.json]
//! ```
//! Prints good welds refused at the usual shares of defects, then each class with many defects. With a file it writes
//! the reference: what the front end of the welding station is made of.
use linewright_kernel::front::{WELD_FEATURES, WeldBurst};
use linewright_kernel::{FrontEnd, FrontEndDesign};
use linewright_twin::fault::Effects;
use linewright_twin::weld::{Told, WeldClass, WeldConfig, Welder};
use std::error::Error;

/// Welds of one station.
const WELDS: u64 = 2500;
const REFERENCE: [u64; 4] = [9101, 9102, 9103, 9104];
const FRESH: [u64; 8] = [7201, 7202, 7203, 7204, 7205, 7206, 7207, 7208];
const FALSE_REJECTS: f64 = 0.01;

/// Every weld of a station: its class and its three signals.
fn weld(
    config: &WeldConfig,
    seed: u64,
    mut each: impl FnMut(WeldClass, [&[f64]; 3]),
) -> Result<(), Box<dyn Error>> {
    let mut welder = Welder::new(config, seed, 30, 1.0, 1.0)?;
    let told = Told {
        power_w: config.power_w,
        clamp_n: config.clamp_n,
        defocus_mm: 0.0,
        fixture_hold: 0.0,
        trim_band: 0.0,
    };
    for slot in 0..WELDS {
        let begins_s = slot as f64 * config.cycle_s() + 1e-6;
        welder.step(begins_s, &told, &Effects::default());
        welder.step(begins_s + 0.9 * config.cycle_s(), &told, &Effects::default());
        let class = welder.truth().welds.last().map(|weld| weld.class);
        if let (Some(burst), Some(class)) = (welder.burst(), class) {
            each(class, burst);
        }
    }
    Ok(())
}

/// Welds, those refused and those given their own class, by class.
type Counts = [[u32; 3]; WeldClass::ALL.len()];

fn judge(learnt: &WeldBurst, config: &WeldConfig) -> Result<Counts, Box<dyn Error>> {
    let mut front = learnt.design()?;
    let mut counts = Counts::default();
    let mut out = [f64::NAN; WELD_FEATURES + 3];
    for seed in FRESH {
        weld(config, seed, |class, [p, r, t]| {
            front.step(&[Some(p), Some(r), Some(t)], &mut out);
            let to = &mut counts[class as usize];
            to[0] += 1;
            to[1] += u32::from(out[0] > 0.0);
            to[2] += u32::from(out[0] == f64::from(class as u8));
        })?;
    }
    Ok(counts)
}

fn row(class: WeldClass, [n, refused, named]: [u32; 3]) {
    let share = f64::from(refused) / f64::from(n);
    // Score interval of 95 % (Wilson 1927).
    let (n_, z2) = (f64::from(n), 1.96 * 1.96);
    let middle = (share + z2 / (2.0 * n_)) / (1.0 + z2 / n_);
    let half = 1.96 * (share * (1.0 - share) / n_ + z2 / (4.0 * n_ * n_)).sqrt() / (1.0 + z2 / n_);
    println!(
        "{:>16} {n:>6} welds: refused {:>6.2} % ({:.2} to {:.2}), named {:>5.1} %",
        class.name(),
        1e2 * share,
        1e2 * (middle - half),
        1e2 * (middle + half),
        1e2 * f64::from(named) / n_
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let usual = WeldConfig::default();
    let many = WeldConfig {
        gap_share: 0.06,
        false_friend_share: 0.06,
        over_penetration_share: 0.06,
        blow_out_share: 0.06,
        contamination_share: 0.06,
        ..usual
    };
    let mut plain = WeldBurst::unlearned(10_000).design()?;
    let mut good = Vec::new();
    for seed in REFERENCE {
        weld(&usual, seed, |class, burst| {
            if class == WeldClass::Good {
                good.extend(plain.features(burst));
            }
        })?;
    }
    let learnt = WeldBurst::learn(10_000, &good, FALSE_REJECTS)?;
    println!("learnt from {} good welds; limits {:.2?} sigma", good.len(), learnt.limits);
    let counts = judge(&learnt, &usual)?;
    row(WeldClass::Good, counts[0]);
    let counts = judge(&learnt, &many)?;
    for class in &WeldClass::ALL[1..] {
        row(*class, counts[*class as usize]);
    }
    if let Some(file) = std::env::args().nth(1) {
        std::fs::write(&file, serde_json::to_string_pretty(&learnt)? + "\n")?;
        println!("reference written to {file}");
    }
    Ok(())
}
