//! Formation rack: one tray a slot, each for its time; slots that are out keep their tray and its progress.

use super::agenda::{Agenda, Due};
use super::config::RackConfig;
use super::order::Move;
use super::truth::{FlowTruth, TrayTruth};
use crate::random::{Stream, place};

/// What is in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nothing.
    Nothing,
    /// A tray in formation.
    Forming,
    /// A formed tray.
    Formed,
    /// A formed tray that a vehicle is taking.
    Leaving,
}

/// One slot.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// What is in it.
    pub holds: Holds,
    /// Its tray.
    pub tray: Option<u32>,
    /// It is out.
    pub out: bool,
    /// A vehicle has its tray as its aim.
    pub aimed: bool,
    /// A vehicle has it as the place for its tray; it may be taken for that while another clears it.
    pub reserved: bool,
    end_s: f64,
    /// Formation time left when it went out, s.
    left_s: f64,
    takes_s: f64,
    error_s: f64,
    /// When the tray was formed, s.
    pub(super) formed_s: f64,
    record: usize,
    version: u32,
}

/// All slots.
pub(super) struct Rack {
    config: RackConfig,
    pub slots: Vec<Slot>,
    formation_s: f64,
    times: Stream,
    errors: Stream,
    faults: Stream,
    /// Slots that are not out and hold nothing.
    pub free: usize,
    /// Formed trays that no vehicle has taken yet.
    pub formed: usize,
    pub out: usize,
    /// Every slot before this one is taken, out or reserved.
    open_from: usize,
}

impl Rack {
    /// An empty rack.
    pub fn new(config: RackConfig, seed: u64) -> Self {
        let empty = Slot {
            holds: Holds::Nothing,
            tray: None,
            out: false,
            aimed: false,
            reserved: false,
            end_s: 0.0,
            left_s: 0.0,
            takes_s: 1.0,
            error_s: 0.0,
            formed_s: 0.0,
            record: 0,
            version: 0,
        };
        let slots = vec![empty; config.slots as usize];
        Rack {
            free: slots.len(),
            slots,
            formation_s: 3600.0 * config.formation_h,
            times: Stream::new(seed, place::FLOW_FORMATION),
            errors: Stream::new(seed, place::FLOW_FORECAST),
            faults: Stream::new(seed, place::FLOW_FAULTS),
            formed: 0,
            out: 0,
            open_from: 0,
            config,
        }
    }

    /// From now on trays take so long.
    pub fn set_formation_h(&mut self, formation_h: f64) {
        self.formation_s = 3600.0 * formation_h;
    }

    /// Tower of a slot.
    pub fn tower(&self, slot: usize) -> usize {
        slot / self.config.tower_slots as usize
    }

    pub fn towers(&self) -> usize {
        self.tower(self.slots.len() - 1) + 1
    }

    /// Whose aim a slot is: of the vehicle that fills it, or of the one that clears it.
    pub fn claim(&mut self, slot: usize, what: Move) -> &mut bool {
        let slot = &mut self.slots[slot];
        if what == Move::Feed { &mut slot.reserved } else { &mut slot.aimed }
    }

    /// The slot is nobody's aim any more.
    pub fn release(&mut self, slot: usize, what: Move) {
        *self.claim(slot, what) = false;
        self.open_from = self.open_from.min(slot);
    }

    /// The first slot that takes a tray and is reserved for none.
    pub fn first_open(&mut self) -> Option<usize> {
        let open = |&s: &usize| self.takes(s) && !self.slots[s].reserved;
        let found = (self.open_from..self.slots.len()).find(open);
        self.open_from = found.unwrap_or(self.slots.len());
        found
    }

    /// Is there a place for a tray in this slot?
    pub fn takes(&self, slot: usize) -> bool {
        self.slots[slot].holds == Holds::Nothing && !self.slots[slot].out
    }

    /// Puts a tray in that has already `share` of its formation behind it.
    pub fn put(
        &mut self,
        slot: usize,
        tray: (u32, f64),
        share: f64,
        now_s: f64,
        agenda: &mut Agenda,
        truth: &mut FlowTruth,
    ) {
        let takes_s = self.formation_s * (1.0 + self.config.spread * self.times.normal()).max(0.2);
        let end_s = now_s + takes_s * (1.0 - share);
        let to = &mut self.slots[slot];
        to.holds = Holds::Forming;
        to.tray = Some(tray.0);
        to.takes_s = takes_s;
        to.end_s = end_s;
        to.error_s = self.config.forecast_error * takes_s * self.errors.normal();
        to.version += 1;
        to.record = truth.trays.len();
        self.free -= 1;
        let start_s = now_s - takes_s * share;
        truth.trays.push(TrayTruth { tray: tray.0, slot, due_s: tray.1, start_s, end_s: None });
        agenda.enter(end_s, Due::FormationDone { slot, version: to.version });
    }

    /// Formation ends; nothing when the slot was out in between.
    pub fn done(&mut self, slot: usize, version: u32, now_s: f64, truth: &mut FlowTruth) -> bool {
        let at = &mut self.slots[slot];
        if at.version != version {
            return false;
        }
        at.holds = Holds::Formed;
        at.formed_s = now_s;
        self.formed += 1;
        truth.trays[at.record].end_s = Some(now_s);
        true
    }

    /// A vehicle begins to take the tray out.
    pub fn take(&mut self, slot: usize) -> Option<(u32, f64)> {
        let from = &mut self.slots[slot];
        if from.holds != Holds::Formed || from.out {
            return None;
        }
        from.holds = Holds::Leaving;
        self.formed -= 1;
        from.tray.map(|tray| (tray, from.formed_s))
    }

    /// The tray is out.
    pub fn leave(&mut self, slot: usize) {
        let from = &mut self.slots[slot];
        from.holds = Holds::Nothing;
        from.tray = None;
        if !from.out {
            self.free += 1;
        }
        self.open_from = self.open_from.min(slot);
    }

    /// One more slot goes out, any that is in.
    pub fn put_out(&mut self, now_s: f64) -> Option<usize> {
        let inside = self.slots.len() - self.out;
        if inside == 0 {
            return None;
        }
        let pick = ((self.faults.uniform() * inside as f64).ceil() as usize).clamp(1, inside) - 1;
        let slot = (0..self.slots.len()).filter(|&s| !self.slots[s].out).nth(pick)?;
        let at = &mut self.slots[slot];
        at.out = true;
        self.out += 1;
        match at.holds {
            Holds::Nothing => self.free -= 1,
            Holds::Forming => {
                at.left_s = at.end_s - now_s;
                at.version += 1;
            }
            Holds::Formed | Holds::Leaving => {}
        }
        Some(slot)
    }

    /// A slot is back.
    pub fn put_back(&mut self, slot: usize, now_s: f64, agenda: &mut Agenda) {
        let at = &mut self.slots[slot];
        at.out = false;
        self.out -= 1;
        self.open_from = self.open_from.min(slot);
        match at.holds {
            Holds::Nothing => self.free += 1,
            Holds::Forming => {
                at.end_s = now_s + at.left_s;
                agenda.enter(at.end_s, Due::FormationDone { slot, version: at.version });
            }
            Holds::Formed | Holds::Leaving => {}
        }
    }

    /// When the tray in a slot is expected to be formed, s, as its progress tells; nothing while the slot is out or
    /// has no tray in formation.
    pub fn expected_s(&self, slot: usize, now_s: f64) -> Option<f64> {
        let at = &self.slots[slot];
        if at.out || at.holds != Holds::Forming {
            return None;
        }
        let left_s = (at.end_s - now_s).max(0.0);
        Some(now_s + (left_s + at.error_s * left_s / at.takes_s).max(0.0))
    }
}
