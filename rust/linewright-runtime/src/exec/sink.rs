//! What leaves a loop.

use crate::sample::Quality;

/// Takes what the loops give, in the order of the ops. Called from the loop: must not wait.
pub trait Sinks {
    /// Value for actuator `i` of [`crate::plan::Plan::actuators`]; the gate refuses it when Bad.
    fn output(&mut self, i: usize, value: f64, quality: Quality);
    /// Event `i` of [`crate::plan::Plan::events`] fired; `evidence` in the order of its declaration.
    fn event(&mut self, i: usize, evidence: &[f64]);
    /// Tap `i` of [`crate::plan::Plan::taps`] is due.
    fn tap(&mut self, i: usize, value: f64, quality: Quality);
    /// The position of map `i` of [`crate::plan::Plan::maps`] passed the multiple `position_m`.
    fn map_point(&mut self, i: usize, position_m: f64, value: f64, quality: Quality);
    /// Whether the cycle of loop `loop_i` that is due is left out.
    fn leaves_out(&self, _loop_i: usize) -> bool {
        false
    }
    /// Whether [`Sinks::cycle`] is wanted; without it no hash is computed.
    fn wants_cycles(&self) -> bool {
        true
    }
    /// Loop `loop_i` ran: all its slots with their qualities, of which the first `sources` are what
    /// entered it, and the hash over all of them.
    fn cycle(&mut self, loop_i: usize, slots: &[f64], qualities: &[u8], sources: usize, hash: u64);
}

/// Throws everything away: replay needs the hashes alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSinks;

impl Sinks for NoSinks {
    fn output(&mut self, _: usize, _: f64, _: Quality) {}
    fn event(&mut self, _: usize, _: &[f64]) {}
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    fn wants_cycles(&self) -> bool {
        false
    }
    fn cycle(&mut self, _: usize, _: &[f64], _: &[u8], _: usize, _: u64) {}
}
