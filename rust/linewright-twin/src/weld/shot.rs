//! One weld as it happens: 50 kHz samples of three photodiodes while the laser's power may still be moved.
//!
//! The laser follows its command one sample (20 us) late with a lag (50 us); the depth follows the power, a keyhole
//! that is there oscillates (a resonance driven by noise), the melt warms with its own lag. Per sample, all relative:
//! ```text
//! depth   = power*absorption/sqrt(radius)
//! plasma  = lens*(1 + 0.30*kept)*depth^2*(1 + o + noise)                o: oscillation, kept: heat kept by a gap
//! thermal = lens*(1 + 0.06*kept)*(0.4 + 0.6*warmth)*(1 + 0.3*o + noise)   warmth: power*absorption, lagged
//! reflection = lens*(1 + 1.5*(1 - depth) + 2*dirt)*(1 - 0.7*o + noise)    a gap adds nothing to it
//! ```
//! Over-penetration opens the keyhole at its root: oscillation and noise of all three grow. `noise` grows with it.

use super::config::{SAMPLE_HZ, STEP, WeldConfig};
use super::happening::{Conditions, Happening};
use super::hiss::Hiss;
use super::law;
use core::f64::consts::TAU;
use serde::Serialize;

/// Time in which the laser's power rises, and falls at the end, ms.
pub const RISE_MS: f64 = 3.0;
/// Signals of a nominal weld, V: plasma, back-reflection, thermal.
pub const NOMINAL_V: [f64; 3] = [2.0, 0.8, 1.5];
/// The converters end here, V.
const FULL_V: f64 = 10.0;
/// Samples over which the truth is averaged.
const CELL: usize = 50;
/// Depth over the whole thickness from which the keyhole opens at its root.
const OPEN_SHARE: f64 = 0.90;

/// A piece of the seam on which everything but the power stands still.
#[derive(Clone, Copy, Debug)]
struct Piece {
    end: usize,
    gap_um: f64,
    /// Relative depth per relative power.
    per_power: f64,
    absorption: f64,
    dirt: f64,
    /// Factors of events on the three signals and on noise and oscillation.
    gain: [f64; 3],
    noise: f64,
    /// Share of the melt that stays, 0 or 1.
    stays: f64,
}

/// What a weld turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Joint {
    /// Share of the nominal joint, dimensionless.
    pub share: f64,
    /// Mean depth over the nominal depth, dimensionless.
    pub depth: f64,
    /// Deepest millisecond over the whole thickness of stack and tab, dimensionless.
    pub through: f64,
    /// Widest gap under the beam, um.
    pub gap_um: f64,
    /// Mean power that left the laser over nominal, dimensionless.
    pub power: f64,
}

/// Constants of the station, and filters of the shot.
#[derive(Clone, Copy, Debug)]
struct Law {
    length: usize,
    rise: f64,
    per_w: f64,
    laser: f64,
    melt: f64,
    resonance: [f64; 3],
    oscillation: f64,
    noise: [f64; 3],
    /// Relative depth at which the keyhole opens, and growth of the noise per relative depth beyond.
    open: f64,
    width_mm: f64,
    stack_mm: f64,
    depth_mm: f64,
    whole_mm: f64,
}

/// Filters of the shot.
#[derive(Clone, Copy, Debug, Default)]
struct Melt {
    command_w: f64,
    heard: f64,
    power: f64,
    warmth: f64,
    swing: [f64; 2],
}

/// Sums of the truth.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    depth: f64,
    power: f64,
    n: usize,
    cells: f64,
    share: f64,
    all_depth: f64,
    all_power: f64,
    through: f64,
    gap_um: f64,
}

/// A weld in progress.
#[derive(Clone, Debug)]
pub struct Shot {
    law: Law,
    lens: f64,
    bright: [f64; 3],
    pieces: Vec<Piece>,
    at_piece: usize,
    at: usize,
    hiss: Hiss,
    melt: Melt,
    sums: Sums,
}

impl Shot {
    /// A weld of a checked config under `conditions`; `noise` scales noise and oscillation (0 = none).
    pub fn new(
        config: &WeldConfig,
        conditions: &Conditions,
        noise: f64,
        seed: u64,
        slot: u64,
    ) -> Self {
        let law = Law::new(config, conditions, noise);
        Shot {
            law,
            lens: conditions.lens,
            bright: [
                NOMINAL_V[0] * conditions.plasma,
                NOMINAL_V[1] * conditions.reflection,
                NOMINAL_V[2] * conditions.thermal,
            ],
            pieces: pieces(config, conditions, law.length, seed, slot),
            at_piece: 0,
            at: 0,
            hiss: Hiss::new(seed, slot),
            melt: Melt::default(),
            sums: Sums::default(),
        }
    }

    /// Samples of the whole weld.
    pub fn samples(&self) -> usize {
        self.law.length
    }

    /// Place of the beam, share of the seam, 0 to 1.
    pub fn place(&self) -> f64 {
        self.at as f64 / self.law.length as f64
    }

    /// The next 100 us at `power_w` (not finite = as before): fills five samples of plasma, back-reflection and
    /// thermal, V. `None` after the end. The laser's rise and fall are its own.
    pub fn step(&mut self, power_w: f64) -> Option<[[f64; STEP]; 3]> {
        let mut out = [[0.0; STEP]; 3];
        if self.at >= self.law.length {
            return None;
        }
        if power_w.is_finite() {
            self.melt.command_w = power_w.max(0.0);
        }
        let told = self.law.shape(self.at) * self.melt.command_w * self.law.per_w;
        for i in 0..STEP {
            let v = self.sample(told);
            for (row, v) in out.iter_mut().zip(v) {
                row[i] = v;
            }
        }
        Some(out)
    }

    /// The whole weld at one power: fills the three signals, V, as far as they reach.
    pub fn run(&mut self, power_w: f64, signals: [&mut [f64]; 3]) {
        self.run_with(signals, |_, _| power_w);
    }

    /// The whole weld, the power of the next 100 us given by `power_w(place, the five samples before)`.
    pub fn run_with(
        &mut self,
        signals: [&mut [f64]; 3],
        mut power_w: impl FnMut(f64, &[[f64; STEP]; 3]) -> f64,
    ) {
        let [plasma, reflection, thermal] = signals;
        let mut last = [[0.0; STEP]; 3];
        let rows = plasma.chunks_exact_mut(STEP).zip(reflection.chunks_exact_mut(STEP));
        for ((p, r), t) in rows.zip(thermal.chunks_exact_mut(STEP)) {
            let power = power_w(self.place(), &last);
            let Some(now) = self.step(power) else { return };
            p.copy_from_slice(&now[0]);
            r.copy_from_slice(&now[1]);
            t.copy_from_slice(&now[2]);
            last = now;
        }
    }

    /// One sample. `told`: relative power that the laser is told from now on; it hears of it one sample later.
    #[inline(always)]
    fn sample(&mut self, told: f64) -> [f64; 3] {
        let (law, melt) = (&self.law, &mut self.melt);
        let piece = &self.pieces[self.at_piece];
        melt.power += law.laser * (melt.heard - melt.power);
        melt.heard = told;
        let depth = melt.power * piece.per_power;
        melt.warmth += law.melt * (melt.power * piece.absorption - melt.warmth);
        let [c0, c1, c2] = law.resonance;
        let swing = c1 * melt.swing[0] - c2 * melt.swing[1] + c0 * self.hiss.next();
        melt.swing = [swing, melt.swing[0]];
        let open = ((depth - law.open) * 20.0).clamp(0.0, 2.0);
        let rough = piece.noise * (1.0 + open);
        let o = law.oscillation * rough * swing;
        let [sp, sr, st] = law.noise;
        let plasma = depth * depth * (1.0 + o + rough * sp * self.hiss.next());
        let thermal = (0.4 * melt.power.min(1.0) + 0.6 * melt.warmth)
            * (1.0 + 0.3 * o + rough * st * self.hiss.next());
        let shine = melt.power * (1.0 + 1.5 * (1.0 - depth).max(-0.5) + 2.0 * piece.dirt);
        let reflection = shine * (1.0 - 0.7 * o + rough * sr * self.hiss.next());
        let volt =
            |x: f64, k: usize| (x * self.bright[k] * piece.gain[k] * self.lens).clamp(0.0, FULL_V);
        let out = [volt(plasma, 0), volt(reflection, 1), volt(thermal, 2)];
        self.sums.depth += depth;
        self.sums.power += melt.power;
        self.sums.n += 1;
        self.at += 1;
        let (full, over) = (self.sums.n == CELL, self.at == piece.end);
        if full || over {
            self.close_cell();
            if over && self.at_piece + 1 < self.pieces.len() {
                self.at_piece += 1;
            }
        }
        out
    }

    fn close_cell(&mut self) {
        let sums = &mut self.sums;
        let n = sums.n as f64;
        let Piece { gap_um, stays, .. } = self.pieces[self.at_piece];
        let (depth, power) = (sums.depth / n, sums.power / n);
        (sums.depth, sums.power, sums.n) = (0.0, 0.0, 0);
        let law = &self.law;
        if (self.at as f64) < law.rise + CELL as f64
            || self.at as f64 > law.length as f64 - law.rise
        {
            return;
        }
        let weight = n / CELL as f64;
        let depth_mm = depth * law.depth_mm;
        // A gap is crossed, and keeps a part of the heat above it.
        let below_mm = law.stack_mm
            + (depth_mm - law.stack_mm - 1e-3 * gap_um) * (1.0 - 0.5 * law::kept_share(gap_um));
        let width = law::interface_width_mm(law.width_mm, below_mm, law.stack_mm);
        let nominal = law::interface_width_mm(law.width_mm, law.depth_mm, law.stack_mm);
        sums.cells += weight;
        sums.share += weight * stays * law::bridged_share(gap_um) * width / nominal;
        sums.all_depth += weight * depth;
        sums.all_power += weight * power;
        if n > 0.5 * CELL as f64 {
            sums.through = sums.through.max(depth_mm / law.whole_mm);
        }
        sums.gap_um = sums.gap_um.max(gap_um);
    }

    /// What the weld turned out to be, between the laser's rise and its fall.
    pub fn joint(&self) -> Joint {
        let cells = self.sums.cells.max(1e-9);
        Joint {
            share: self.sums.share / cells,
            depth: self.sums.all_depth / cells,
            through: self.sums.through,
            gap_um: self.sums.gap_um,
            power: self.sums.all_power / cells,
        }
    }
}

impl Law {
    fn new(config: &WeldConfig, conditions: &Conditions, noise: f64) -> Self {
        let dt_s = 1.0 / SAMPLE_HZ;
        let whole_mm = config.stack_mm + config.tab_mm;
        let sd = |pct: f64| 0.01 * pct * noise;
        Law {
            length: config.samples(),
            rise: 1e-3 * RISE_MS * SAMPLE_HZ,
            per_w: conditions.lens / config.power_w,
            laser: -libm::expm1(-dt_s / (1e-6 * config.laser_tau_us)),
            melt: -libm::expm1(-dt_s / (1e-3 * config.melt_tau_ms)),
            resonance: resonance(config.keyhole_hz, 0.25, dt_s),
            oscillation: sd(config.keyhole_pct),
            noise: [
                sd(config.plasma_noise_pct),
                sd(config.reflection_noise_pct),
                sd(config.thermal_noise_pct),
            ],
            open: OPEN_SHARE * whole_mm / config.depth_mm,
            width_mm: config.width_mm,
            stack_mm: config.stack_mm,
            depth_mm: config.depth_mm,
            whole_mm,
        }
    }

    /// Share of the power at sample `at`: up, flat, down.
    fn shape(&self, at: usize) -> f64 {
        let (at, end) = (at as f64, self.length as f64);
        (at / self.rise).min((end - at) / self.rise).clamp(0.0, 1.0)
    }
}

/// `y = c1*y' - c2*y'' + c0*noise`: a resonance of unit variance at `hz` with damping `zeta`.
fn resonance(hz: f64, zeta: f64, dt_s: f64) -> [f64; 3] {
    let omega = TAU * hz * dt_s;
    let radius = libm::exp(-zeta * omega);
    let c1 = 2.0 * radius * libm::cos(omega * (1.0 - zeta * zeta).sqrt());
    let c2 = radius * radius;
    // Variance of AR(2) with phi1 = c1, phi2 = -c2 driven by unit noise (Box and Jenkins 1970).
    let variance = (1.0 + c2) / ((1.0 - c2) * ((1.0 + c2) * (1.0 + c2) - c1 * c1));
    [1.0 / variance.sqrt(), c1, c2]
}

fn pieces(
    config: &WeldConfig,
    conditions: &Conditions,
    length: usize,
    seed: u64,
    slot: u64,
) -> Vec<Piece> {
    let radius = |more_mm: f64| {
        let focus_mm = conditions.focus_mm + more_mm;
        law::beam_radius_um(config.spot_um, focus_mm, config.rayleigh_mm) / config.spot_um
    };
    let whole = Piece {
        end: length,
        gap_um: conditions.gap_at_um(0.0),
        per_power: law::relative_depth(1.0, conditions.absorption, radius(0.0)),
        absorption: conditions.absorption,
        dirt: 0.0,
        gain: [1.0; 3],
        noise: 1.0,
        stays: 1.0,
    };
    let mut pieces = vec![whole];
    let place = |share: f64| ((share * length as f64) as usize).min(length);
    match conditions.happening {
        Happening::Nothing | Happening::FalseFriend { .. } => {}
        Happening::Gap { from, .. } => {
            let gap_um = conditions.gap_at_um(from);
            change(&mut pieces, place(from), length, |p| p.gap_um = gap_um);
        }
        Happening::Excess { share } => change(&mut pieces, 0, length, |p| {
            p.per_power *= 1.0 + share;
            p.absorption *= 1.0 + share;
        }),
        Happening::BlowOut { at, hole_um } => blow_out(&mut pieces, place(at), hole_um),
        Happening::Dirt { from, to, loss } => {
            change(&mut pieces, place(from), place(to), |p| {
                p.per_power *= 1.0 - loss;
                p.absorption *= 1.0 - loss;
                p.dirt = loss;
                p.noise *= 1.3;
            });
        }
        Happening::Bulge { from, defocus_mm } => {
            let more = (radius(0.0) / radius(defocus_mm)).sqrt();
            change(&mut pieces, place(from), length, |p| p.per_power *= more);
        }
    }
    let mut drop = Hiss::new(seed, slot ^ 0x5350_4154);
    for _ in 0..conditions.spatters {
        let at = place((0.5 + 0.12 * drop.next()).clamp(0.05, 0.95));
        let long = 8 + (2.0 * libm::fabs(drop.next())) as usize;
        change(&mut pieces, at, at + long, |p| {
            p.gain[0] *= 1.5;
            p.gain[2] *= 1.1;
        });
    }
    for piece in &mut pieces {
        let kept = law::kept_share(piece.gap_um);
        piece.gain[0] *= 1.0 + 0.30 * kept;
        piece.gain[2] *= 1.0 + 0.06 * kept;
    }
    pieces
}

/// A flash, then a drop-out as long as the hole is wide, then the melt closes.
fn blow_out(pieces: &mut Vec<Piece>, at: usize, hole_um: f64) {
    // 150 mm/s over a hole of 150 um takes 1 ms; the melt behind it takes as long to close.
    let long = (0.33 * hole_um) as usize;
    change(pieces, at, at + 12, |p| {
        p.gain = [2.2, 1.6, 1.25];
        p.noise *= 2.0;
    });
    change(pieces, at + 12, at + 12 + long, |p| {
        p.gain = [0.25, 1.9, 0.6];
        p.stays = 0.0;
    });
    change(pieces, at + 12 + long, at + 12 + 2 * long, |p| p.gain = [0.75, 1.2, 0.85]);
}

/// Splits the pieces at `from` and `to` and changes those between.
fn change(pieces: &mut Vec<Piece>, from: usize, to: usize, mut by: impl FnMut(&mut Piece)) {
    for at in [from, to] {
        if let Some(i) = pieces.iter().position(|p| p.end > at) {
            let start = if i == 0 { 0 } else { pieces[i - 1].end };
            if at > start {
                let mut first = pieces[i];
                first.end = at;
                pieces.insert(i, first);
            }
        }
    }
    let mut start = 0;
    for piece in pieces.iter_mut() {
        if start >= from && piece.end <= to {
            by(piece);
        }
        start = piece.end;
    }
}
