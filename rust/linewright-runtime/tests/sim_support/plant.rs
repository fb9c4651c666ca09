//! The plant with a book of its own, and the clock of the core.

use super::line::Line;
use linewright_runtime::clock::{Clock, tick_ns};
use linewright_runtime::driver::{Channel, Driver, Quality, Reading};
use linewright_runtime::gate::Admitted;
use linewright_runtime::record::Origin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A write as it arrived at the plant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Write {
    pub actuator: usize,
    pub value: f64,
    pub origin: Origin,
    pub id: u64,
}

/// Everything the plant is, and what arrived in the last tick.
#[derive(Debug, Default)]
pub struct Plant {
    pub inputs: Vec<Reading>,
    pub stands: Vec<f64>,
    /// Takes nothing that is written.
    pub stuck: Vec<bool>,
    /// Reports no position.
    pub blind: Vec<bool>,
    /// Has gone safe by itself.
    pub safe: bool,
    pub resets: u64,
    /// What arrived in this tick.
    pub writes: Vec<Write>,
    pub released: Vec<usize>,
    /// The last tick that was ended.
    pub ended: Option<u64>,
    /// Its readings stay those of an earlier tick.
    pub frozen: Vec<bool>,
    /// How much later each of the four looks at the clock is in this tick, ns.
    pub late_ns: [u64; 4],
    /// What the core saw there.
    pub looks_ns: Vec<u64>,
}

/// Shared by simulation, driver and clock; all in one thread.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<Mutex<Plant>>);

impl Shared {
    pub fn now(&self) -> MutexGuard<'_, Plant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub struct PlantDriver {
    plant: Shared,
    channels: Vec<Channel>,
    actuators: Vec<Channel>,
}

impl PlantDriver {
    pub fn new(line: &Line, plant: &Shared) -> Self {
        let channel = |name: String| Channel::new(name, "L/min");
        Self {
            plant: plant.clone(),
            channels: line.actuators.iter().map(|a| channel(format!("{}.x", a.name))).collect(),
            actuators: line.actuators.iter().map(|a| channel(a.name.clone())).collect(),
        }
    }
}

impl Driver for PlantDriver {
    fn channels(&self) -> &[Channel] {
        &self.channels
    }

    fn actuators(&self) -> &[Channel] {
        &self.actuators
    }

    fn read(&mut self, _tick: u64, inputs: &mut [Reading]) {
        inputs.copy_from_slice(&self.plant.now().inputs);
    }

    fn write(&mut self, tick: u64, admitted: &Admitted) {
        let mut plant = self.plant.now();
        let (actuator, value) = (admitted.actuator(), admitted.value());
        assert_eq!(admitted.tick(), tick);
        let (origin, id) = (admitted.origin(), admitted.id());
        plant.writes.push(Write { actuator, value, origin, id });
        if !plant.stuck[actuator] && !plant.safe {
            plant.stands[actuator] = value;
        }
    }

    fn read_back(&mut self, actuator: usize) -> Option<f64> {
        let plant = self.plant.now();
        (!plant.blind[actuator]).then(|| plant.stands[actuator])
    }

    fn release(&mut self, _tick: u64, actuator: usize) {
        self.plant.now().released.push(actuator);
    }

    fn end(&mut self, tick: u64) {
        self.plant.now().ended = Some(tick);
    }

    fn lost(&mut self) -> bool {
        self.plant.now().safe
    }

    fn reset(&mut self) {
        let mut plant = self.plant.now();
        plant.safe = false;
        plant.resets += 1;
    }
}

/// Looks at the clock come when the tick was scheduled, each as much later as the plant says; the clock
/// never goes back, so that a tick after a late one is late too.
pub struct SimClock {
    hz: u32,
    plant: Shared,
    tick: u64,
    last_ns: u64,
}

impl SimClock {
    pub fn new(hz: u32, plant: &Shared) -> Self {
        Self { hz, plant: plant.clone(), tick: 0, last_ns: 0 }
    }
}

impl Clock for SimClock {
    fn now_ns(&mut self) -> u64 {
        let mut plant = self.plant.now();
        let late = plant.late_ns[plant.looks_ns.len().min(3)];
        self.last_ns = self.last_ns.max(tick_ns(self.tick, u64::from(self.hz)) + late);
        plant.looks_ns.push(self.last_ns);
        self.last_ns
    }

    fn at_tick(&mut self, tick: u64) {
        self.tick = tick;
        self.plant.now().looks_ns.clear();
    }
}

/// A value that is not to be acted on: not there, marked, or too old.
pub fn unusable(reading: &Reading, tick: u64, max_age_ticks: u64) -> bool {
    !reading.value.is_finite()
        || reading.quality == Quality::Bad
        || tick.saturating_sub(reading.tick) > max_age_ticks
}
