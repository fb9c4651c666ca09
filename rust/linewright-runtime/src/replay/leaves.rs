//! What leaves the loops of the recorded and of the changed run, and since when it is not the same.

use super::held::Held;
use crate::exec::{Quality, Sinks};
use crate::plan::{ActuatorInfo, Plan};
use crate::recorder::Cycle;

/// Since when something is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onset {
    /// Base tick.
    pub tick: u64,
    /// What is not the same in that tick.
    pub names: Vec<String>,
}

impl Onset {
    /// Keeps the lowest tick, with everything named in it; what is found late may lie before.
    pub(super) fn note(first: &mut Option<Self>, tick: u64, name: &str) {
        if first.as_ref().is_none_or(|of| tick < of.tick) {
            *first = Some(Self { tick, names: Vec::new() });
        }
        let Some(onset) = first else { return };
        if onset.tick == tick && !onset.names.iter().any(|known| known == name) {
            onset.names.push(name.to_owned());
        }
    }
}

/// How far a loop's output for an actuator moved, before the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputDifference {
    /// Full name of the actuator.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Outputs compared: those that were not Bad in both runs.
    pub compared: u64,
    /// Outputs that were Bad in one run only.
    pub only_one: u64,
    /// Root mean square of the difference, in `unit`.
    pub rms: f64,
    /// Largest difference, in `unit`, and its tick.
    pub largest: (f64, u64),
    /// First tick with other bits; none = never.
    pub first_tick: Option<u64>,
}

/// An output that a loop gave, and whether it was not Bad.
pub(super) type Output = Option<(f64, bool)>;

/// What differs between two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Differs {
    Nothing,
    Bits,
    /// One is Bad, or not there: this decides whether the loop may take control.
    Quality,
}

impl OutputDifference {
    pub(super) fn nothing_yet(of: &ActuatorInfo) -> Self {
        Self {
            name: of.name.clone(),
            unit: of.unit.clone(),
            compared: 0,
            only_one: 0,
            rms: 0.0,
            largest: (0.0, 0),
            first_tick: None,
        }
    }

    /// Takes a pair; `rms` holds the sum of squares until [`Self::end`].
    pub(super) fn compare(&mut self, tick: u64, pair: (Output, Output)) -> Differs {
        let (a, b) = match pair {
            (Some((a, true)), Some((b, true))) => (a, b),
            (None, None) | (Some((_, false)), Some((_, false))) => return Differs::Nothing,
            _ => {
                self.only_one += 1;
                self.first_tick.get_or_insert(tick);
                return Differs::Quality;
            }
        };
        self.compared += 1;
        if a.to_bits() == b.to_bits() {
            return Differs::Nothing;
        }
        self.first_tick.get_or_insert(tick);
        let off = b - a;
        self.rms += off * off;
        if off.abs() > self.largest.0.abs() {
            self.largest = (off, tick);
        }
        Differs::Bits
    }

    pub(super) fn end(&mut self) {
        self.rms = libm::sqrt(self.rms / (self.compared.max(1) as f64));
    }
}

/// What the changed run's gate is to an actuator.
#[derive(Debug, Clone)]
pub(super) enum Limiting {
    /// As recorded.
    Same,
    /// Other limits, which are followed.
    Other(Box<Held>),
    /// Otherwise in a way that cannot be followed.
    Unknown,
}

/// Whether what a loop proposes for an actuator is acted on.
#[derive(Debug, Clone)]
pub(super) struct Acting {
    loop_i: Option<usize>,
    /// Source slot of that loop that says whether it was in control.
    in_control: Option<usize>,
    may_write: bool,
    gate: Limiting,
    /// A difference in the cycle before this one, which was not in control when it began.
    undecided: Option<u64>,
}

impl Acting {
    pub fn new(plan: &Plan, of: &ActuatorInfo, may_write: bool, gate: Limiting) -> Self {
        let label = format!("written {}", of.name);
        let loop_ = of.loop_i.and_then(|i| plan.loops().get(i));
        let in_control = loop_.and_then(|of| {
            let sources = of.slots.iter().take(of.sources).enumerate();
            sources.filter(|(_, slot)| slot.label == label).nth(1).map(|(i, _)| i)
        });
        Self { loop_i: of.loop_i, in_control, may_write, gate, undecided: None }
    }

    /// The tick since when a difference in this cycle, or in the one before, has reached the plant.
    pub fn look(&mut self, cycle: &Cycle<'_>, output: Output, differs: Differs) -> Option<u64> {
        if !self.may_write || self.loop_i != Some(cycle.loop_index) {
            return None;
        }
        let held = match &mut self.gate {
            Limiting::Same => None,
            Limiting::Other(held) => held.look(cycle, output),
            Limiting::Unknown => Some(cycle.tick),
        };
        if held.is_some() || differs == Differs::Quality {
            return held.or(Some(cycle.tick));
        }
        let differs = (differs == Differs::Bits).then_some(cycle.tick);
        // The recorded run alone says it: up to the first difference both are the same. What is
        // not told counts as in control.
        let flag = self.in_control.and_then(|i| cycle.values.get(i));
        if flag.is_none_or(|value| *value != 0.0) {
            return self.undecided.take().or(differs);
        }
        // Control may be taken within the tick, after the loop has run: the next cycle tells.
        self.undecided = differs;
        None
    }
}

/// A word of what the stations are told: its name, which word, its bits.
type Told = (usize, usize, u64);

/// Names of all that the stations may be told, in both plans.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    fn number(&mut self, kind: &str, name: &str) -> usize {
        let name = format!("{kind} {name}");
        self.0.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.0.push(name);
            self.0.len() - 1
        })
    }

    /// Notes what is told in one run and not, or with other bits, in the other.
    pub fn compare(&self, first: &mut Option<Onset>, tick: u64, a: &mut Log, b: &mut Log) {
        if first.as_ref().is_some_and(|of| of.tick < tick) {
            return;
        }
        a.told.sort_unstable();
        b.told.sort_unstable();
        for (of, other) in [(&a.told, &b.told), (&b.told, &a.told)] {
            for (name, ..) in of.iter().filter(|word| other.binary_search(word).is_err()) {
                Onset::note(first, tick, self.0.get(*name).map_or("", String::as_str));
            }
        }
    }
}

/// Keeps what a cycle gives.
pub(super) struct Log {
    pub tick: u64,
    pub outputs: Vec<Output>,
    pub events: Vec<Vec<u64>>,
    told: Vec<Told>,
    /// By event, tap and map their number among the names.
    numbers: [Vec<usize>; 3],
}

impl Log {
    pub fn new(plan: &Plan, names: &mut Names) -> Self {
        let numbers = [
            plan.events().iter().map(|of| names.number("event", &of.name)).collect(),
            plan.taps().iter().map(|of| names.number("sample", &of.topic)).collect(),
            plan.maps().iter().map(|of| names.number("map", &of.name)).collect(),
        ];
        let (actuators, events) = (plan.actuators().len(), plan.events().len());
        Self {
            tick: 0,
            outputs: vec![None; actuators],
            events: vec![Vec::new(); events],
            told: Vec::new(),
            numbers,
        }
    }

    /// Before the next cycle.
    pub fn clear(&mut self) {
        self.outputs.fill(None);
        self.told.clear();
    }

    fn tell(&mut self, kind: usize, i: usize, words: &[u64]) {
        let Some(number) = self.numbers.get(kind).and_then(|of| of.get(i)) else { return };
        let words = words.iter().enumerate().map(|(at, word)| (*number, at, *word));
        self.told.extend(words);
    }
}

impl Sinks for Log {
    fn output(&mut self, i: usize, value: f64, quality: Quality) {
        if let Some(place) = self.outputs.get_mut(i) {
            *place = Some((value, quality != Quality::Bad));
        }
    }
    fn event(&mut self, i: usize, evidence: &[f64]) {
        if let Some(ticks) = self.events.get_mut(i) {
            ticks.push(self.tick);
        }
        self.tell(0, i, &[evidence.len() as u64]);
        let words: Vec<u64> = evidence.iter().map(|of| of.to_bits()).collect();
        self.tell(0, i, &words);
    }
    fn tap(&mut self, i: usize, value: f64, quality: Quality) {
        self.tell(1, i, &[value.to_bits(), u64::from(quality as u8)]);
    }
    fn map_point(&mut self, i: usize, position_m: f64, value: f64, quality: Quality) {
        self.tell(2, i, &[position_m.to_bits(), value.to_bits(), u64::from(quality as u8)]);
    }
    fn wants_cycles(&self) -> bool {
        false
    }
    fn cycle(&mut self, _: usize, _: &[f64], _: &[u8], _: usize, _: u64) {}
}
