//! Formation: trays of cells under their first charge, 15,008 channels in the default rack.
//!
//! Trays arrive ([`Formation::load`]), run the [`Programme`], and leave ([`Formation::unload`]). Once a second
//! [`Formation::step`] moves all of them and fills voltage, current and temperature of every channel; an empty slot reads
//! NaN. What a cell is made of belongs to its number and the seed: the slot it comes into changes nothing of it.
//!
//! Faults: `soft_short` (F21), `contact_resistance` (F22) and `poor_wetting` (F23) hit a channel, tray or lot that the seed
//! draws; beside them each cell draws shorts at `short_ppm`, each tray a bad contact at `contact_pct`.
//!
//! Not modelled: hysteresis of the potentials, gas, swelling, entropy heat, conduction between cells.

pub mod cell;
pub mod config;
pub mod law;
pub mod noise;
pub mod ocv;
pub mod programme;
pub mod tray;

#[cfg(test)]
mod tests;

use crate::config::{ConfigError, within};
use crate::fault::{Fault, FaultKind};
use crate::random::{Stream, place};
pub use cell::{Cell, Defect, LANES, Nominal, Origin};
pub use config::FormationConfig;
use noise::NoiseTable;
pub use programme::{Phase, Programme};
use serde::Serialize;
use tray::{Channels, Places, Shown, Tray};

/// A cell with something wrong, and where it was: truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Found {
    /// Slot.
    pub slot: usize,
    /// Channel, slot*32 + place in the tray.
    pub channel: usize,
    /// Number of the tray.
    pub tray: u64,
    /// When the tray was loaded, s.
    pub loaded_s: u64,
    /// The cell.
    pub cell: Cell,
}

/// A formation rack.
pub struct Formation {
    config: FormationConfig,
    nominal: Nominal,
    programme: Programme,
    seed: u64,
    second: u64,
    slots: Vec<Option<Box<Tray>>>,
    channels: Vec<Channels>,
    slot_c: Vec<f64>,
    noise: NoiseTable,
    happenings: Vec<Happening>,
    chance: Stream,
    defects: Vec<Found>,
    next_tray: u64,
    voltage_v: Vec<f64>,
    current_a: Vec<f64>,
    temperature_c: Vec<f64>,
    tray_numbers: Vec<f64>,
}

/// A fault that waits for its tray.
#[derive(Clone, Copy, Debug)]
struct Happening {
    kind: FaultKind,
    at_s: f64,
    size: f64,
    lot: Option<u64>,
    over: bool,
}

impl Formation {
    /// An empty rack. Refuses a config that is no rack.
    ///
    /// # Errors
    /// Names field, bound and value.
    pub fn new(config: &FormationConfig, faults: &[Fault], seed: u64) -> Result<Self, ConfigError> {
        config.refuse_nonsense()?;
        faults.iter().enumerate().try_for_each(|(i, fault)| fault.check(i))?;
        let slots = config.slots as usize;
        let lanes = slots * LANES;
        let mut of_slot = Stream::new(seed, place::FORMATION_SLOT);
        let mut of_channel = Stream::new(seed, place::FORMATION_CHANNEL);
        let slot_c = (0..slots).map(|_| config.rack_c + config.slot_sd_k * of_slot.normal());
        let slot_c = slot_c.collect();
        let mut channel = |sd: f64| core::array::from_fn(|_| sd * of_channel.normal());
        let channels = (0..slots).map(|_| Channels {
            offset_v: channel(1e-3 * config.voltage_offset_sd_mv),
            gain: channel(0.01 * config.current_gain_sd_pct).map(|g: f64| 1.0 + g),
        });
        let channels = channels.collect();
        let happening = |f: &Fault| Happening {
            kind: f.kind,
            at_s: f.at_s,
            size: f.size,
            lot: None,
            over: false,
        };
        Ok(Formation {
            nominal: Nominal::new(config)?,
            programme: Programme::new(config),
            seed,
            second: 0,
            slots: (0..slots).map(|_| None).collect(),
            channels,
            slot_c,
            noise: NoiseTable::new(
                Stream::new(seed, place::FORMATION_NOISE),
                Stream::new(seed, place::FORMATION_PLACE),
                lanes,
            ),
            happenings: faults.iter().filter(|f| f.kind.in_formation()).map(happening).collect(),
            chance: Stream::new(seed, place::FORMATION_CHANCE),
            defects: Vec::new(),
            next_tray: 0,
            voltage_v: vec![f64::NAN; lanes],
            current_a: vec![f64::NAN; lanes],
            temperature_c: vec![f64::NAN; lanes],
            tray_numbers: vec![f64::NAN; slots],
            config: *config,
        })
    }

    /// Plugs tray number `tray` into `slot`; its cells are `32*tray` and the 31 that follow.
    ///
    /// # Errors
    /// No such slot, or one that is taken.
    pub fn load(&mut self, slot: usize, tray: u64) -> Result<(), ConfigError> {
        within("slot", slot as f64, 0.0, self.slots.len() as f64 - 1.0)?;
        if self.slots[slot].is_some() {
            let must_be = "empty".to_string();
            return Err(ConfigError { field: "slot".to_string(), must_be, value: slot as f64 });
        }
        let draw =
            |i| Cell::draw(&self.config, &self.nominal, self.seed, tray * LANES as u64 + i as u64);
        let mut cells: [Cell; LANES] = core::array::from_fn(draw);
        self.hit_loaded(&mut cells);
        let defective = cells.iter().enumerate().filter(|(_, cell)| cell.is_defective());
        self.defects.extend(defective.map(|(i, cell)| Found {
            slot,
            channel: slot * LANES + i,
            tray,
            loaded_s: self.second,
            cell: *cell,
        }));
        let fresh = Tray::new(tray, cells, &self.config, &self.nominal, self.slot_c[slot]);
        self.slots[slot] = Some(Box::new(fresh));
        self.tray_numbers[slot] = tray as f64;
        self.next_tray = self.next_tray.max(tray + 1);
        Ok(())
    }

    /// Takes the tray out of `slot`; its number, none when the slot was empty.
    pub fn unload(&mut self, slot: usize) -> Option<u64> {
        let tray = self.slots.get_mut(slot)?.take()?;
        let from = slot * LANES;
        for row in [&mut self.voltage_v, &mut self.current_a, &mut self.temperature_c] {
            row[from..from + LANES].fill(f64::NAN);
        }
        self.tray_numbers[slot] = f64::NAN;
        Some(tray.number())
    }

    /// Takes out what is done and, at `trays_per_h`, loads the next tray into the first empty slot.
    pub fn feed(&mut self) {
        for slot in 0..self.slots.len() {
            if self.phase(slot) == Some(Phase::Done) {
                self.unload(slot);
            }
        }
        let due = (self.second as f64 * self.config.trays_per_h / 3600.0).floor() as u64;
        let free = self.slots.iter().position(Option::is_none);
        if let Some(slot) = free.filter(|_| self.next_tray < due) {
            // the slot is empty and there is one
            let _ = self.load(slot, self.next_tray);
        }
    }

    /// Gives the cell in `channel` another defect, as from now: for tests and for scenarios.
    ///
    /// # Errors
    /// No tray in the channel's slot.
    pub fn put_defect(&mut self, channel: usize, defect: Defect) -> Result<(), ConfigError> {
        let (slot, lane) = (channel / LANES, channel % LANES);
        let second = self.second;
        let missing = || ConfigError {
            field: "channel".to_string(),
            must_be: "one with a tray".to_string(),
            value: channel as f64,
        };
        let tray = self.slots.get_mut(slot).and_then(Option::as_mut).ok_or_else(missing)?;
        tray.set_defect(lane, defect, &self.config, &self.nominal);
        let loaded_s = second.saturating_sub(u64::from(tray.age_s()));
        let (number, cell) = (tray.number(), tray.cells()[lane]);
        self.defects.retain(|d| !(d.channel == channel && d.tray == number));
        if cell.is_defective() {
            self.defects.push(Found { slot, channel, tray: number, loaded_s, cell });
        }
        Ok(())
    }

    /// One second of the whole rack.
    pub fn step(&mut self) {
        self.hit_running();
        let places = Places {
            voltage: self.noise.draw(),
            current: self.noise.draw(),
            temperature: self.noise.draw(),
        };
        let rows = self.voltage_v.as_chunks_mut().0.iter_mut();
        let rows = rows.zip(self.current_a.as_chunks_mut().0);
        let rows = rows.zip(self.temperature_c.as_chunks_mut().0);
        for (slot, (tray, ((voltage, current), temperature))) in
            self.slots.iter_mut().zip(rows).enumerate()
        {
            if let Some(tray) = tray {
                let noise = (&self.noise, places, slot * LANES);
                let shown = Shown { voltage, current, temperature };
                let channels = &self.channels[slot];
                tray.step(&self.config, &self.nominal, &self.programme, channels, noise, shown);
            }
        }
        self.second += 1;
    }

    /// Faults that come with a tray: bad contacts, poorly wetted lots.
    fn hit_loaded(&mut self, cells: &mut [Cell; LANES]) {
        let now = self.second as f64;
        for happening in self.happenings.iter_mut().filter(|h| now >= h.at_s && !h.over) {
            match happening.kind {
                FaultKind::ContactResistance => {
                    let lane = (self.chance.uniform() * LANES as f64) as usize % LANES;
                    cells[lane].defect.contact_mohm = happening.size;
                    happening.over = true;
                }
                FaultKind::PoorWetting => {
                    let lot = *happening.lot.get_or_insert(cells[0].origin.wetting_lot + 1);
                    for cell in cells.iter_mut().filter(|c| c.origin.wetting_lot == lot) {
                        *cell = cell.wetted_poorly(happening.size, &self.config, &self.nominal);
                    }
                    happening.over = cells[0].origin.wetting_lot > lot;
                }
                _ => {}
            }
        }
    }

    /// Faults that close in a tray that runs: soft shorts.
    fn hit_running(&mut self) {
        let now = self.second as f64;
        for i in 0..self.happenings.len() {
            let Happening { kind, at_s, size, over, .. } = self.happenings[i];
            if over || kind != FaultKind::SoftShort || now < at_s {
                continue;
            }
            let charging = |slot: &usize| {
                matches!(
                    self.phase(*slot),
                    Some(Phase::FirstCharge | Phase::FirstRest | Phase::Charge)
                )
            };
            let running: Vec<usize> = (0..self.slots.len()).filter(charging).collect();
            if running.is_empty() {
                continue;
            }
            let pick = (self.chance.uniform() * (running.len() * LANES) as f64) as usize;
            let pick = pick.min(running.len() * LANES - 1);
            let slot = running[pick / LANES];
            let age_s = self.slots[slot].as_ref().map_or(0, |t| t.age_s());
            let short_from_s = f64::from(age_s);
            let defect = Defect { short_ohm: size, short_from_s, ..Defect::default() };
            self.happenings[i].over = self.put_defect(slot * LANES + pick % LANES, defect).is_ok();
        }
    }

    /// Seconds made.
    pub fn second(&self) -> u64 {
        self.second
    }

    /// Voltage of each channel, V; NaN without a cell.
    pub fn voltage_v(&self) -> &[f64] {
        &self.voltage_v
    }

    /// Current of each channel, A, charge positive; NaN without a cell.
    pub fn current_a(&self) -> &[f64] {
        &self.current_a
    }

    /// Temperature of each channel, degC; NaN without a cell.
    pub fn temperature_c(&self) -> &[f64] {
        &self.temperature_c
    }

    /// Number of the tray in each slot; NaN without one.
    pub fn tray_numbers(&self) -> &[f64] {
        &self.tray_numbers
    }

    /// The programme of all trays.
    pub fn programme(&self) -> &Programme {
        &self.programme
    }

    /// The nominal cell.
    pub fn nominal(&self) -> &Nominal {
        &self.nominal
    }

    /// The tray in `slot`: truth.
    pub fn tray(&self, slot: usize) -> Option<&Tray> {
        self.slots.get(slot)?.as_deref()
    }

    /// Phase of the tray in `slot`; none when it is empty.
    pub fn phase(&self, slot: usize) -> Option<Phase> {
        Some(self.tray(slot)?.phase(&self.programme))
    }

    /// Every cell with something wrong that was ever loaded: truth.
    pub fn defects(&self) -> &[Found] {
        &self.defects
    }
}
