//! A plant in the caller's hands: values are set from outside, writes are looked at.

use crate::driver::{BlockInfo, Channel, Driver, Quality, Reading};
use crate::gate::Admitted;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The caller's side of a [`ManualDriver`].
#[derive(Debug, Clone)]
pub struct ManualPlant {
    channels: Arc<[Channel]>,
    actuators: Arc<[Channel]>,
    blocks: Arc<[BlockInfo]>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    values: Vec<(f64, Quality)>,
    positions: Vec<f64>,
    stuck: Vec<bool>,
    writes: Vec<u64>,
    released: Vec<u64>,
    /// For each block what the next tick will see, and whether there is one.
    pending: Vec<(Vec<f64>, bool)>,
    finished: bool,
}

/// The core's side. Meant for tests and notebooks: it shares a lock with the caller.
#[derive(Debug)]
pub struct ManualDriver {
    plant: ManualPlant,
    /// The blocks of this tick, and whether there is one.
    blocks: Vec<(Vec<f64>, bool)>,
}

impl ManualPlant {
    /// Channels without value, actuators standing at `positions` (missing ones unknown).
    #[must_use]
    pub fn new(channels: Vec<Channel>, actuators: Vec<Channel>, positions: &[f64]) -> Self {
        let at = |i: usize| positions.get(i).copied().unwrap_or(f64::NAN);
        let state = State {
            values: vec![(f64::NAN, Quality::Bad); channels.len()],
            positions: (0..actuators.len()).map(at).collect(),
            stuck: vec![false; actuators.len()],
            writes: vec![0; actuators.len()],
            released: vec![0; actuators.len()],
            pending: Vec::new(),
            finished: false,
        };
        Self {
            channels: channels.into(),
            actuators: actuators.into(),
            blocks: Arc::new([]),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The same plant with blocks; call it before [`ManualPlant::driver`].
    #[must_use]
    pub fn with_blocks(mut self, blocks: Vec<BlockInfo>) -> Self {
        self.state().pending = blocks.iter().map(|b| (Vec::with_capacity(b.len), false)).collect();
        self.blocks = blocks.into();
        self
    }

    /// The driver for a core.
    #[must_use]
    pub fn driver(&self) -> ManualDriver {
        let blocks = self.blocks.iter().map(|b| (Vec::with_capacity(b.len), false)).collect();
        ManualDriver { plant: self.clone(), blocks }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Index of the channel `name`.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<usize> {
        self.channels.iter().position(|c| c.name == name)
    }

    /// Index of the actuator `name`.
    #[must_use]
    pub fn actuator(&self, name: &str) -> Option<usize> {
        self.actuators.iter().position(|c| c.name == name)
    }

    /// Blocks it offers.
    #[must_use]
    pub fn blocks(&self) -> &[BlockInfo] {
        &self.blocks
    }

    /// Completes block `i` in the next tick; only the last one before a tick is seen. False, and nothing
    /// changed, when there is no such block or `numbers` are more than it holds.
    #[must_use]
    pub fn set_block(&self, i: usize, numbers: &[f64]) -> bool {
        let mut state = self.state();
        match (state.pending.get_mut(i), self.blocks.get(i)) {
            (Some((pending, there)), Some(info)) if numbers.len() <= info.len => {
                pending.clear();
                pending.extend_from_slice(numbers);
                *there = true;
                true
            }
            _ => false,
        }
    }

    /// What channel `i` reads from the next tick on.
    pub fn set(&self, i: usize, value: f64, quality: Quality) {
        if let Some(place) = self.state().values.get_mut(i) {
            *place = (value, quality);
        }
    }

    /// Where actuator `i` stands; NaN = unknown.
    #[must_use]
    pub fn position(&self, i: usize) -> f64 {
        self.state().positions.get(i).copied().unwrap_or(f64::NAN)
    }

    /// Moves actuator `i` by hand; a stuck one ignores what is written to it.
    pub fn put(&self, i: usize, value: f64, stuck: bool) {
        let mut state = self.state();
        if let Some(position) = state.positions.get_mut(i) {
            *position = value;
        }
        if let Some(place) = state.stuck.get_mut(i) {
            *place = stuck;
        }
    }

    /// How often actuator `i` was written.
    #[must_use]
    pub fn writes(&self, i: usize) -> u64 {
        self.state().writes.get(i).copied().unwrap_or(0)
    }

    /// How often actuator `i` was given back to the machine.
    #[must_use]
    pub fn released(&self, i: usize) -> u64 {
        self.state().released.get(i).copied().unwrap_or(0)
    }

    /// Ends the run.
    pub fn finish(&self) {
        self.state().finished = true;
    }
}

impl Driver for ManualDriver {
    fn channels(&self) -> &[Channel] {
        &self.plant.channels
    }

    fn actuators(&self) -> &[Channel] {
        &self.plant.actuators
    }

    fn read(&mut self, tick: u64, inputs: &mut [Reading]) {
        let mut state = self.plant.state();
        for (input, (value, quality)) in inputs.iter_mut().zip(&state.values) {
            *input = Reading { value: *value, quality: *quality, tick };
        }
        for (now, pending) in self.blocks.iter_mut().zip(&mut state.pending) {
            std::mem::swap(now, pending);
            pending.1 = false;
        }
    }

    fn blocks(&self) -> &[BlockInfo] {
        &self.plant.blocks
    }

    fn block(&self, i: usize) -> Option<&[f64]> {
        self.blocks.get(i).filter(|(_, there)| *there).map(|(numbers, _)| numbers.as_slice())
    }

    fn write(&mut self, _tick: u64, admitted: &Admitted) {
        let mut state = self.plant.state();
        let i = admitted.actuator();
        if let Some(count) = state.writes.get_mut(i) {
            *count += 1;
        }
        if state.stuck.get(i) == Some(&false)
            && let Some(position) = state.positions.get_mut(i)
        {
            *position = admitted.value();
        }
    }

    fn read_back(&mut self, actuator: usize) -> Option<f64> {
        Some(self.plant.position(actuator)).filter(|x| x.is_finite())
    }

    fn release(&mut self, _tick: u64, actuator: usize) {
        if let Some(count) = self.plant.state().released.get_mut(actuator) {
            *count += 1;
        }
    }

    fn finished(&self) -> bool {
        self.plant.state().finished
    }
}
