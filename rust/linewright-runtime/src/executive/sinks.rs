//! What the loops give, put where it belongs without waiting.

use super::ladder::Ladder;
use super::stats::{Shown, add};
use super::tape::Tape;
use super::timing::{Shedding, leaves_out};
use crate::exec::Sinks;
use crate::record::{Body, EVIDENCE_MAX, Stages, Telemetry, TelemetryBody};
use crate::sample::Quality;
use rtrb::Producer;

/// Events that fit into one tick; more are counted as lost.
pub(super) const EVENTS_PER_TICK: usize = 256;

/// The sinks of one tick.
pub(super) struct TickSinks<'a> {
    pub tick: u64,
    pub epoch: u64,
    pub shedding: Shedding,
    pub divisors: &'a [u64],
    pub ladders: &'a [Ladder],
    pub proposals: &'a mut [Option<(f64, Quality)>],
    pub events: &'a mut Vec<Body>,
    pub telemetry: &'a mut Producer<Telemetry>,
    pub cycles: &'a mut Producer<u64>,
    pub tape: &'a mut Tape,
    pub shown: &'a Shown,
}

impl TickSinks<'_> {
    fn tell(&mut self, body: TelemetryBody) {
        if self.shedding.telemetry {
            add(&self.shown.shed_telemetry, 1);
            return;
        }
        if self.telemetry.push(Telemetry { tick: self.tick, body }).is_err() {
            add(&self.shown.dropped_telemetry, 1);
        }
    }
}

impl Sinks for TickSinks<'_> {
    fn output(&mut self, i: usize, value: f64, quality: Quality) {
        if let Some(place) = self.proposals.get_mut(i) {
            *place = Some((value, quality));
        }
    }

    fn event(&mut self, i: usize, evidence: &[f64]) {
        let mut kept = [0.0; EVIDENCE_MAX];
        let count = evidence.len().min(EVIDENCE_MAX);
        for (to, from) in kept.iter_mut().zip(evidence) {
            *to = *from;
        }
        if self.events.len() < EVENTS_PER_TICK {
            self.events.push(Body::Event {
                event: i as u16,
                count: count as u8,
                evidence: kept,
                epoch: self.epoch,
                stages: Stages::default(),
            });
        } else {
            add(&self.shown.lost_records, 1);
        }
    }

    fn tap(&mut self, i: usize, value: f64, quality: Quality) {
        self.tell(TelemetryBody::Tap { tap: i as u16, value, quality });
    }

    fn map_point(&mut self, i: usize, position_m: f64, value: f64, quality: Quality) {
        self.tell(TelemetryBody::MapPoint { map: i as u16, position_m, value, quality });
    }

    fn leaves_out(&self, loop_i: usize) -> bool {
        match (self.divisors.get(loop_i), self.ladders.get(loop_i)) {
            (Some(divisor), Some(ladder)) => leaves_out(self.shedding, *divisor, ladder),
            _ => false,
        }
    }

    fn wants_cycles(&self) -> bool {
        self.tape.records()
    }

    fn cycle(&mut self, loop_i: usize, slots: &[f64], qualities: &[u8], sources: usize, hash: u64) {
        let missing =
            !self.tape.cycle(self.cycles, self.tick, loop_i, (slots, qualities), sources, hash);
        if missing {
            add(&self.shown.dropped_cycles, 1);
        }
    }
}
