//! The loop's end of the recording: cycles, keyframes and, when the writer did not keep up, how much
//! is missing. It never waits: what does not fit is left out and told.

use super::ports::{CYCLE_HEAD, KEYFRAME, put_cycle, put_gap, put_keyframe};
use crate::exec::Executor;
use rtrb::Producer;

/// What is recorded of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recording {
    /// Every slot of a cycle instead of its source slots alone: a divergence is then named to the
    /// bit, for a record several times as large.
    pub all_slots: bool,
    /// Base ticks between keyframes.
    pub keyframe_ticks: u64,
}

/// Cycles that are missing since `first_tick`.
#[derive(Debug, Clone, Copy)]
struct Gap {
    first_tick: u64,
    cycles: u64,
}

/// Puts what is recorded into the ring of cycles.
#[derive(Debug)]
pub(super) struct Tape {
    recording: Option<Recording>,
    keyframe: Box<[u64]>,
    due_tick: u64,
    gap: Option<Gap>,
}

/// Words of a saved state.
fn words(executor: &Executor) -> usize {
    executor.state_len().div_ceil(8)
}

impl Tape {
    /// Nothing is recorded with `recording` none.
    pub fn new(recording: Option<Recording>, executor: &Executor) -> Self {
        let words = if recording.is_some() { words(executor) } else { 0 };
        let due_tick = recording.map_or(u64::MAX, |of| of.keyframe_ticks.max(1));
        Self { recording, keyframe: vec![0; words].into(), due_tick, gap: None }
    }

    /// Words the ring needs so that a keyframe and the cycles beside it have room.
    pub fn ring_words(executor: &Executor) -> usize {
        4 * (words(executor) + CYCLE_HEAD + 1)
    }

    pub fn records(&self) -> bool {
        self.recording.is_some()
    }

    /// One cycle of loop `loop_i`; false when it is missing in the record.
    pub fn cycle(
        &mut self,
        ring: &mut Producer<u64>,
        tick: u64,
        loop_i: usize,
        (slots, qualities): (&[f64], &[u8]),
        sources: usize,
        hash: u64,
    ) -> bool {
        let Some(recording) = self.recording else { return true };
        let n = if recording.all_slots { slots.len() } else { sources };
        let slots = slots.get(..n).unwrap_or_default();
        let qualities = qualities.get(..n).unwrap_or_default();
        let fits = self.gap.is_none() && put_cycle(ring, loop_i, tick, slots, qualities, hash);
        if !fits {
            let gap = self.gap.get_or_insert(Gap { first_tick: tick, cycles: 0 });
            gap.cycles += 1;
        }
        fits
    }

    /// After the loops of `tick`: a keyframe when one is due, and after a gap as soon as there is room
    /// for it, so that a replay goes on behind the gap.
    pub fn end_of_tick(&mut self, tick: u64, executor: &Executor, ring: &mut Producer<u64>) {
        let Some(recording) = self.recording else { return };
        if tick + 1 < self.due_tick && self.gap.is_none() {
            return;
        }
        let needed = self.keyframe.len() + 2 * (CYCLE_HEAD + 1);
        let free = ring.slots();
        // Half of the ring free: behind a gap the writer has caught up, not just drawn breath.
        let room = if self.gap.is_some() { free >= ring.buffer().capacity() / 2 } else { true };
        if !room || free < needed || !executor.save(bytemuck::cast_slice_mut(&mut self.keyframe)) {
            return;
        }
        if let Some(gap) = self.gap.take() {
            put_gap(ring, gap.first_tick, tick, gap.cycles);
        }
        put_keyframe(ring, tick, executor.state_len(), &self.keyframe);
        self.due_tick = (tick + 1).saturating_add(recording.keyframe_ticks.max(1));
    }
}

const _: () = assert!(KEYFRAME > u32::MAX as u64 - 2, "no loop has this index");
