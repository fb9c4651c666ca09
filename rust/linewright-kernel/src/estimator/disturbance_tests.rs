//! What a detector behind the observer relies on.

use super::*;
use crate::Running;
use crate::random::Random;

const PERIOD_S: f64 = 0.1;

fn config() -> DisturbanceObserver {
    DisturbanceObserver {
        gain: -1.5,
        time_constant_s: 0.8,
        dead_time_s: 0.43,
        level_weight: 1.0,
        scale_memory_s: 50.0,
    }
}

fn start(config: &DisturbanceObserver) -> Running<DisturbanceObserverKernel, Vec<f64>> {
    let kernel = config.design(PERIOD_S).unwrap();
    Running::new(kernel, vec![0.0; kernel.memory_len()])
}

/// The plant, in steps of a hundredth of a sample, each exact: lag and dead time of `config`.
struct Plant {
    moves: Vec<f64>,
    x: f64,
    a: f64,
    dead_steps: usize,
}

impl Plant {
    fn new(config: &DisturbanceObserver) -> Self {
        let step_s = PERIOD_S / 100.0;
        let dead_steps = (config.dead_time_s / step_s).round() as usize;
        let a = 1.0 - (-step_s / config.time_constant_s).exp();
        Self { moves: Vec::new(), x: 0.0, a, dead_steps }
    }

    /// Holds `mv` for a sample; gives the lag's output at its end.
    fn hold(&mut self, mv: f64) -> f64 {
        for _ in 0..100 {
            self.moves.push(mv);
            let at = self.moves.len().checked_sub(1 + self.dead_steps);
            let delayed = at.map_or(self.moves[0], |i| self.moves[i]);
            if self.moves.len() == 1 {
                self.x = mv;
            }
            self.x += self.a * (delayed - self.x);
        }
        self.x
    }
}

#[test]
fn the_own_moves_are_taken_out_exactly_whatever_the_dead_time() {
    for dead_time_s in [0.0, 0.03, 0.1, 0.43, 0.99, 1.2] {
        let config = DisturbanceObserver { dead_time_s, ..config() };
        let (mut running, mut plant) = (start(&config), Plant::new(&config));
        let mut noise = Random(3);
        for t in 0..300 {
            let mv = if t % 7 == 0 { 10.0 * noise.bell() } else { f64::from(t) * 0.1 };
            let y = 200.0 + config.gain * plant.hold(mv);
            let [d_hat, ..] = running.update([y, mv]);
            assert!((d_hat - 200.0).abs() < 1e-10, "dead time {dead_time_s}, sample {t}: {d_hat}");
        }
    }
}

/// Closes an integrating loop of this gain over a disturbance; gives output and observer.
fn closed(loop_gain: f64, seed: u64) -> Vec<(f64, [f64; 4])> {
    let config = config();
    let (mut running, mut plant) = (start(&config), Plant::new(&config));
    let mut noise = Random(seed);
    let (mut d, mut mv) = (0.0, 0.0);
    let run = |t: u32| {
        d += 0.1 * noise.bell() + if t == 2000 { 0.8 } else { 0.0 };
        let y = d + config.gain * plant.hold(mv);
        let out = running.update([y, mv]);
        mv -= loop_gain * PERIOD_S * y / config.gain;
        (y, out)
    };
    (0..2100).map(run).collect()
}

#[test]
fn the_innovation_does_not_know_how_tight_the_loop_is() {
    for seed in 1..=5 {
        let (slack, tight) = (closed(0.2, seed), closed(0.6, seed));
        let power = |run: &[(f64, [f64; 4])]| run[500..2000].iter().map(|r| r.0 * r.0).sum::<f64>();
        let ratio = power(&tight) / power(&slack);
        assert!(ratio < 0.8, "the output does: {ratio}");
        for (a, b) in slack.iter().zip(&tight) {
            for (x, y) in a.1.iter().zip(&b.1) {
                assert!((x - y).abs() < 1e-8, "seed {seed}: {x} {y}");
            }
        }
        // A step of eight innovations' standard deviations stands out at once, in one sample.
        assert!(tight[2000].1[3] > 5.0, "seed {seed}: {}", tight[2000].1[3]);
    }
}

#[test]
fn the_scale_is_the_standard_deviation_and_a_fault_widens_it_little() {
    let constant = DisturbanceObserver { level_weight: 0.0, ..config() };
    let (mut noise, mut running) = (Random(7), start(&constant));
    let (mut sum, mut squares) = (0.0, 0.0);
    for t in 0..20_000_u32 {
        let [_, _, scale, z] = running.update([50.0 + 2.0 * noise.bell(), 1.0]);
        if t >= 2000 {
            (sum, squares) = (sum + scale, squares + z * z);
        }
    }
    assert!((sum / 18_000.0 - 2.0).abs() < 0.02, "{}", sum / 18_000.0);
    assert!((squares / 18_000.0 - 1.0).abs() < 0.03, "{}", squares / 18_000.0);
    // Fifty readings ten sigma off, a tenth of the memory: unbounded, the scale would be 6.7.
    for _ in 0..50 {
        running.update([70.0 + 2.0 * noise.bell(), 1.0]);
    }
    let widened = running.last()[2];
    assert!(widened < 3.1, "{widened}");
}

#[test]
fn a_reading_that_stood_still_does_not_stop_the_scale_for_good() {
    let mut running = start(&config());
    for _ in 0..100 {
        assert_eq!(running.update([5.0, 0.0]), [5.0, 0.0, 0.0, 0.0]);
    }
    let mut noise = Random(1);
    for _ in 0..3000 {
        running.update([5.0 + noise.bell(), 0.0]);
    }
    let scale = running.last()[2];
    assert!((scale - 2.0_f64.sqrt()).abs() < 0.15, "{scale}");
}
