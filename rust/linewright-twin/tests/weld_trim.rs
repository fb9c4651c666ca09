//! The laser's power moved inside the burst, ten thousand times a second, by [`BurstTrim`]: what it does to the depth.
//!
//! Disturbances that take light are brought back; a gap is left to the clamps; a healthy weld is left alone.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use linewright_kernel::controller::BurstTrim;
use linewright_kernel::{Design, Kernel, Running};
use linewright_twin::weld::{Conditions, Happening, Shot, WeldConfig};

/// Mean depth of a weld over nominal; with the trim or at constant power.
fn depth(conditions: &Conditions, slot: u64, trimmed: bool) -> f64 {
    let config = WeldConfig::default();
    let mut shot = Shot::new(&config, conditions, 1.0, 21, slot);
    let kernel = BurstTrim::default().design(1e-4).unwrap();
    let mut trim = Running::new(kernel, vec![0.0; kernel.memory_len()]);
    let band = if trimmed { 0.05 } else { 0.0 };
    let mut power_w = config.power_w;
    while let Some(seen) = shot.step(power_w) {
        let [p, r, t] = seen.map(|x| x.iter().sum::<f64>());
        power_w = config.power_w * (1.0 + trim.update([p, r, t, shot.place(), band])[0]);
    }
    shot.joint().depth
}

/// Root mean square of the change of depth by a disturbance, over welds of all surfaces: open loop, closed loop.
fn change(happening: Happening) -> [f64; 2] {
    [false, true].map(|trimmed| {
        let square = |slot| {
            let drawn = Conditions::draw(&WeldConfig::default(), 21, slot, 1.0, 0.0);
            let usual = Conditions { happening: Happening::Nothing, ..drawn };
            let moved = depth(&Conditions { happening, ..drawn }, slot, trimmed);
            (moved / depth(&usual, slot, false) - 1.0).powi(2)
        };
        ((0..40).map(square).sum::<f64>() / 40.0).sqrt()
    })
}

#[test]
fn lost_light_and_lost_focus_are_brought_back() {
    let dirt = Happening::Dirt { from: 0.35, to: 1.0, loss: 0.04 };
    let bulge = Happening::Bulge { from: 0.35, defocus_mm: 0.35 };
    for (name, happening, least) in [("dirt", dirt, 6.0), ("bulge", bulge, 2.0)] {
        let [open, closed] = change(happening);
        println!("{name}: depth off by {:.2} % open, {:.2} % closed", 1e2 * open, 1e2 * closed);
        assert!(open / closed > least, "{name}: {open} {closed}");
    }
}

#[test]
fn a_healthy_weld_is_left_alone() {
    let [_, closed] = change(Happening::Nothing);
    println!("nothing: depth off by {:.2} % closed", 1e2 * closed);
    assert!(closed < 0.005, "{closed}");
}

#[test]
fn a_gap_is_left_to_the_clamps() {
    for gap_um in [60.0, 90.0, 120.0] {
        let [_, closed] = change(Happening::Gap { from: 0.4, gap_um });
        println!("gap of {gap_um} um: depth off by {:.2} % closed", 1e2 * closed);
        assert!(closed < 0.01, "{gap_um} um: {closed}");
    }
}

#[test]
fn dirt_that_is_passed_is_no_gap() {
    let [open, closed] = change(Happening::Dirt { from: 0.35, to: 0.6, loss: 0.04 });
    println!("dirt passed: depth off by {:.2} % open, {:.2} % closed", 1e2 * open, 1e2 * closed);
    assert!(closed < 0.6 * open, "{open} {closed}");
}
