//! What lanes cost at each level, as one JSON object a line: see `bench/lanes.py`.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use linewright_kernel::{Butterworth, Cusum, Design, Running};
use linewright_lanes::{Input, Lanes, Level, Output, pass};

fn main() {
    let f = Butterworth { cutoff_hz: 10.0, order: 8 }.design(0.001).unwrap();
    for lanes in [16, 64, 256] {
        for level in Level::all() {
            let mut l = Lanes::new(f, lanes).at(level);
            let n = 4096;
            let x: Vec<f64> = (0..n * lanes).map(|i| (i as f64 * 0.37).sin()).collect();
            let mut y = vec![0.0; n * lanes];
            let mut best = f64::MAX;
            for _ in 0..20 {
                let t = Instant::now();
                l.process(n, &[Input::rows(&x, lanes)], &mut [Output::rows(&mut y, lanes)]);
                best = best.min(t.elapsed().as_secs_f64());
                black_box(&mut y);
            }
            println!("{lanes} {} {:.3} ns per channel sample", level.name(), best * 1e9 / (n * lanes) as f64);
        }
    }
    for n in [16, 64, 256, 4096, 65536] {
        for level in Level::all() {
            let mut r = Running::new(f, []);
            let mut x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.37).sin()).collect();
            let keep = x.clone();
            let mut best = f64::MAX;
            for _ in 0..2000 * 64 / n + 10 {
                x.copy_from_slice(&keep);
                let t = Instant::now();
                pass(level, &mut r, &mut x);
                best = best.min(t.elapsed().as_secs_f64());
                black_box(&mut x);
            }
            println!("single {n} {} {:.3} ns per sample", level.name(), best * 1e9 / n as f64);
        }
    }
    let n = 15000;
    let c = Cusum { mean: 0.0, sigma: 1.0, k: 0.5, h: 5.0, restart: true, head_start: 0.0 }.design(1.0).unwrap();
    let e2 = Butterworth { cutoff_hz: 10.0, order: 2 }.design(0.001).unwrap();
    for level in Level::all() {
        let (mut fl, mut f2, mut cl) = (Lanes::new(f, n).at(level), Lanes::new(e2, n).at(level), Lanes::new(c, n).at(level));
        let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.37).sin()).collect();
        let mut y = vec![0.0; n];
        let mut o = vec![vec![0.0; n]; 3];
        let [a, b, d] = &mut o[..] else { panic!() };
        let (mut b8, mut b2, mut bc) = (f64::MAX, f64::MAX, f64::MAX);
        for _ in 0..300 {
            let t = Instant::now();
            fl.step(&[&x], &mut [&mut y]);
            b8 = b8.min(t.elapsed().as_secs_f64());
            let t = Instant::now();
            f2.step(&[&x], &mut [&mut y]);
            b2 = b2.min(t.elapsed().as_secs_f64());
            let t = Instant::now();
            cl.step(&[&y], &mut [a, b, d]);
            bc = bc.min(t.elapsed().as_secs_f64());
        }
        println!("15000 {} order 8 {:.1} order 2 {:.1} cusum {:.1} us", level.name(), b8 * 1e6, b2 * 1e6, bc * 1e6);
    }
}
