//! What goes wrong around the core: plant, inputs, disk, clock, and the core itself.

use super::disk::{self, Disk};
use super::line::Line;
use super::plant::Shared;
use super::{Random, chance, span};
use linewright_runtime::record::{GateState, View};
use linewright_runtime::sample::{Quality, Reading};

/// What the next tick begins with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fate {
    pub crash: bool,
    pub stop: bool,
    /// Ticks the core stood still for.
    pub missed: Option<u64>,
    /// Free bytes of the disk, when that is looked at.
    pub room: Option<u64>,
}

/// What is wrong, and until when.
pub struct Faults {
    hz: u64,
    spans: Vec<(f64, f64)>,
    input_until: Vec<u64>,
    plant_until: Vec<u64>,
    disk_until: u64,
    room_until: u64,
    clerk_until: u64,
    slow_until: u64,
    /// Once in so many ticks each.
    rare: u64,
    now: u64,
    slow: bool,
}

impl Faults {
    pub fn new(rng: &mut Random, line: &Line) -> Self {
        let n = line.actuators.len();
        Self {
            hz: u64::from(line.hz),
            spans: line.actuators.iter().map(|a| (a.lo, a.hi)).collect(),
            input_until: vec![0; n],
            plant_until: vec![0; n],
            disk_until: 0,
            room_until: 0,
            clerk_until: 0,
            slow_until: 0,
            rare: span(rng, 300, 3000),
            now: 0,
            slow: false,
        }
    }

    pub fn draw(&mut self, rng: &mut Random, now: u64, plant: &Shared, views: &[View]) -> Fate {
        self.now = now;
        self.inputs(rng, plant);
        self.positions(rng, plant, views);
        let mut fate = Fate { room: self.disk(rng), ..Fate::default() };
        if chance(rng, 2 * self.rare) {
            // A slow disk: the clerk waits for it, the loop does not.
            let most = if chance(rng, 10) { 4000 } else { 2 * self.hz };
            self.clerk_until = now + span(rng, 1, most);
        }
        if chance(rng, self.rare) {
            self.slow_until = now + span(rng, 1, 40);
        }
        self.slow = now < self.slow_until;
        match rng.below(8 * self.rare) {
            0 => fate.crash = true,
            1 => fate.stop = true,
            2..6 => fate.missed = Some(span(rng, 1, 3 * self.hz)),
            6 => {
                // The plant has not heard of the core for too long, or thinks so.
                plant.now().safe = true;
            }
            _ => {}
        }
        fate
    }

    /// Whether the plant has missed the core while there was none.
    pub fn dead_man(&mut self, rng: &mut Random) -> bool {
        chance(rng, 2)
    }

    pub fn clerk_works(&self, now: u64) -> bool {
        now >= self.clerk_until
    }

    fn inputs(&mut self, rng: &mut Random, plant: &Shared) {
        let mut plant = plant.now();
        let plant = &mut *plant;
        for (i, x) in plant.inputs.iter_mut().enumerate() {
            let width = self.spans[i].1 - self.spans[i].0;
            if self.now >= self.input_until[i] {
                plant.frozen[i] = false;
                if !x.value.is_finite() || x.quality == Quality::Bad {
                    *x = Reading { value: 0.0, quality: Quality::Good, tick: x.tick };
                }
                if chance(rng, self.rare) {
                    self.input_until[i] = self.now + span(rng, 1, 3 * self.hz);
                    match rng.below(5) {
                        4 => plant.frozen[i] = true,
                        0 => x.value = f64::NAN,
                        1 => x.quality = Quality::Bad,
                        2 => x.quality = Quality::Uncertain,
                        _ => x.value = rng.real(-20.0, 20.0) * width,
                    }
                } else if chance(rng, 5) {
                    x.quality = Quality::Good;
                    x.value = rng.real(-0.02, 0.02) * width;
                }
            }
        }
    }

    /// An actuator that takes nothing or reports nothing; and the machine's own control, which moves one
    /// that is not in anybody's hands.
    fn positions(&mut self, rng: &mut Random, plant: &Shared, views: &[View]) {
        let mut plant = plant.now();
        for (i, view) in views.iter().enumerate() {
            if self.now >= self.plant_until[i] {
                (plant.stuck[i], plant.blind[i]) = (false, false);
                if chance(rng, 3 * self.rare) {
                    self.plant_until[i] = self.now + span(rng, 1, 2 * self.hz);
                    if chance(rng, 2) {
                        plant.stuck[i] = true;
                    } else {
                        plant.blind[i] = true;
                    }
                }
            }
            if view.state == GateState::Advisory && chance(rng, 300) {
                let (lo, hi) = self.spans[i];
                plant.stands[i] = rng.real(lo - 0.1, hi + 0.1);
            }
        }
    }

    fn disk(&mut self, rng: &mut Random) -> Option<u64> {
        if self.now >= self.disk_until {
            disk::becomes(Disk::Good);
            if chance(rng, 3 * self.rare) {
                self.disk_until = self.now + span(rng, 1, 3 * self.hz);
                disk::becomes([Disk::Full, Disk::Torn, Disk::NoSync][rng.below(3) as usize]);
            }
        }
        if self.room_until > 0 && self.now >= self.room_until {
            self.room_until = 0;
            return Some(1 << 30);
        }
        if self.room_until == 0 && chance(rng, 6 * self.rare) {
            self.room_until = self.now + span(rng, 1, 2 * self.hz);
            return Some(0);
        }
        None
    }

    /// The four looks at the clock of a tick: in time, late, or with a stop between them.
    pub fn late_ns(&mut self, rng: &mut Random) -> [u64; 4] {
        let tick_ns = 1_000_000_000 / self.hz;
        if self.slow {
            // Later than the deadline of any loop.
            return [tick_ns / 100, tick_ns / 50, tick_ns / 10, 6 * tick_ns];
        }
        if chance(rng, self.rare) {
            let stood = span(rng, 11, 30) * tick_ns;
            return [0, tick_ns / 100, stood, stood + 1000];
        }
        [0, 1000, 2000, 3000]
    }
}
