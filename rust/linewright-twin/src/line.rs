//! The whole line: coater, then calender one roll behind, laboratory beside them.

use crate::channel::{ACTUATORS, Block, Channel, SENSORS, actuator, sensor};
use crate::coater::Coater;
use crate::config::{ConfigError, LineConfig, within};
use crate::fault::{Effects, Fault};
use crate::flow::{FlowTwin, Rule};
use crate::formation::{Formation, LANES};
use crate::gauge::Beat;
use crate::lab::{Lab, LabResult};
use crate::press::Press;
use crate::random::{Stream, place};
use crate::stack::Stacker;
use crate::truth::Truth;
use crate::weld::{Picture, Told, Welder};

/// A battery electrode line, stepped by base ticks. Deterministic: the same config, seed and actuator values give the
/// same bits on every machine.
pub struct Line {
    base_hz: f64,
    tick: u64,
    second: Beat,
    faults: Vec<Fault>,
    coater: Coater,
    press: Press,
    lab: Lab,
    flow: Option<FlowTwin>,
    welder: Option<Welder>,
    stacker: Option<Stacker>,
    formation: Option<Formation>,
    /// A second has passed in the last step.
    on_second: bool,
    blocks: Vec<Block>,
    truth: Truth,
}

impl Line {
    /// A line running at its target. Refuses a config that is no line and a base rate outside 1 to 10,000 Hz.
    pub fn new(config: &LineConfig, seed: u64, base_hz: u32) -> Result<Self, ConfigError> {
        config.check()?;
        within("base_hz", f64::from(base_hz), 1.0, 10_000.0)?;
        let mut bias = Stream::new(seed, place::BIAS);
        let coater = Coater::new(config, seed, base_hz, &mut bias);
        let press = Press::new(config, seed, base_hz, &mut bias);
        let flow = match config.flow.on {
            true => Some(FlowTwin::new(&config.flow, &config.faults, seed, Rule::Oldest)?),
            false => None,
        };
        let (noise, spread) = (config.noise_size(), config.disturbance_size());
        let welder = match config.weld.on {
            true => Some(Welder::new(&config.weld, seed, base_hz, noise, spread)?),
            false => None,
        };
        let stacker =
            config.stack.on.then(|| Stacker::new(config.stack, press.roll(), config.jumbo_m));
        let formation = match config.formation.on {
            true => Some(Formation::new(&config.formation, &config.faults, seed)?),
            false => None,
        };
        Ok(Line {
            base_hz: f64::from(base_hz),
            tick: 0,
            second: Beat::new(1.0, base_hz),
            faults: config.faults.clone(),
            coater,
            press,
            lab: Lab::new(config.lab, config.noise_on, Stream::new(seed, place::LAB)),
            flow,
            welder,
            stacker,
            formation,
            on_second: false,
            blocks: blocks(config),
            truth: Truth::new(config, seed, base_hz),
        })
    }

    /// What `step` fills, in order.
    pub fn sensors() -> &'static [Channel] {
        SENSORS
    }

    /// What `step` reads, in order.
    pub fn actuators() -> &'static [Channel] {
        ACTUATORS
    }

    /// What this line offers that is too wide for a sensor; fixed for its life: a burst of photodiode samples a weld,
    /// the rack's channels once a second. An electrode line offers none.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Block `i` of [`Line::blocks`], when the last step made it complete.
    pub fn block(&self, i: usize) -> Option<&[f64]> {
        // Sections that are there offer their blocks in this order.
        let mut i = i;
        if let Some(welder) = &self.welder {
            if i < WELDER_BLOCKS {
                return Some(welder.burst()?[i]);
            }
            i -= WELDER_BLOCKS;
        }
        let rack = self.formation.as_ref().filter(|_| self.on_second)?;
        let rows = [rack.voltage_v(), rack.current_a(), rack.temperature_c(), rack.tray_numbers()];
        rows.get(i).copied()
    }

    /// The formation rack, when the line has one.
    pub fn formation(&self) -> Option<&Formation> {
        self.formation.as_ref()
    }

    /// One base tick: reads `actuators` (not finite or missing = hold), fills `sensors`. NaN = the sensor gives nothing.
    /// A `sensors` slice that is too short is left alone, the plant moves on all the same.
    pub fn step(&mut self, actuators: &[f64], sensors: &mut [f64]) {
        let told = |i: usize| actuators.get(i).copied().unwrap_or(f64::NAN);
        let time_s = self.tick as f64 / self.base_hz;
        let effects = if self.faults.is_empty() {
            Effects::default()
        } else {
            Effects::at(&self.faults, time_s)
        };
        self.coater.step(time_s, &told, &effects);
        self.press.step(told(actuator::PRESS_LOAD), &effects, &self.coater);
        self.truth.tick(self.coater.state(), self.press.state());
        self.on_second = self.second.tick() > 0;
        if self.on_second {
            if let Some(flow) = &mut self.flow {
                flow.advance(time_s);
            }
            if let Some(rack) = &mut self.formation {
                rack.feed();
                rack.step();
                self.truth.follow_cells(rack.defects());
            }
        }
        if self.lab.due(time_s) {
            let truth = LabResult {
                dry_g_per_m2: self.coater.laid_under_gauge_g_per_m2(),
                thickness_um: self.press.thickness_at_gauge_um(),
            };
            self.lab.take(time_s, truth);
        }
        if let Some(welder) = &mut self.welder {
            let told = Told {
                power_w: told(actuator::WELD_POWER),
                clamp_n: told(actuator::WELD_CLAMP),
                defocus_mm: told(actuator::WELD_DEFOCUS),
                fixture_hold: told(actuator::WELD_HOLD),
                trim_band: told(actuator::WELD_TRIM),
            };
            welder.step(time_s, &told, &effects);
            self.truth.weld.follow(welder.truth());
            if let Some(stacker) = &mut self.stacker {
                stacker.step(self.press.roll(), welder.count());
                self.truth.follow_stack(stacker.uses());
            }
        }
        if let Some(out) = sensors.get_mut(..SENSORS.len()) {
            self.coater.sense(&effects, out);
            self.press.sense(out);
            let (result, count) = self.lab.known(time_s);
            out[sensor::LAB_DRY_WEIGHT] = result.dry_g_per_m2;
            out[sensor::LAB_THICKNESS] = result.thickness_um;
            out[sensor::LAB_COUNT] = count as f64;
            sense_flow(self.flow.as_ref(), out);
            weld_sensors(self.welder.as_ref(), out);
            sense_stack(self.stacker.as_ref(), out);
        }
        self.tick += 1;
    }

    /// Ticks made.
    pub fn ticks(&self) -> u64 {
        self.tick
    }

    /// The coating machine as it truly stands; for evaluation only.
    pub fn coater(&self) -> &Coater {
        &self.coater
    }

    /// What really happened; for evaluation only.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The material flow, when the line has one. It sends its vehicles by the plain rule.
    pub fn flow(&self) -> Option<&FlowTwin> {
        self.flow.as_ref()
    }

    /// The welding station, when the line has one.
    pub fn welder(&self) -> Option<&Welder> {
        self.welder.as_ref()
    }

    /// What the camera above the welding station sees of the last weld; `None` while it gives nothing.
    pub fn weld_picture(&self) -> Option<Picture> {
        self.welder.as_ref()?.picture()
    }
}

/// Blocks a welder offers.
const WELDER_BLOCKS: usize = 3;

/// Blocks of the sections that are on, in the order of [`Line::block`].
fn blocks(config: &LineConfig) -> Vec<Block> {
    let block = |name, unit, len| Block { name, unit, len };
    let mut blocks = Vec::new();
    if config.weld.on {
        let samples = config.weld.samples();
        blocks.push(block("welder.plasma", "V", samples));
        blocks.push(block("welder.reflection", "V", samples));
        blocks.push(block("welder.thermal", "V", samples));
    }
    if config.formation.on {
        let channels = config.formation.slots as usize * LANES;
        blocks.push(block("formation.voltage", "V", channels));
        blocks.push(block("formation.current", "A", channels));
        blocks.push(block("formation.temperature", "degC", channels));
        blocks.push(block("formation.tray", "1", config.formation.slots as usize));
    }
    blocks
}

fn sense_flow(flow: Option<&FlowTwin>, out: &mut [f64]) {
    let stock = flow.map(|flow| (flow.stock(), flow.vehicles_in(), flow.truth().good_cells));
    let mut tell = |at: usize, value: Option<f64>| out[at] = value.unwrap_or(f64::NAN);
    tell(sensor::FLOW_WETTED, stock.map(|(stock, ..)| stock.wetted as f64));
    tell(sensor::FLOW_FREE, stock.map(|(stock, ..)| stock.slots_free as f64));
    tell(sensor::FLOW_OUT, stock.map(|(stock, ..)| stock.slots_out as f64));
    tell(sensor::FLOW_INFEED, stock.map(|(stock, ..)| stock.infeed as f64));
    tell(sensor::FLOW_VEHICLES, stock.map(|(_, vehicles, _)| vehicles as f64));
    tell(sensor::FLOW_GOOD, stock.map(|(.., good)| good as f64));
}

/// Tells what the newest weld's cell is made of; NaN while that is not known.
fn sense_stack(stacker: Option<&Stacker>, out: &mut [f64]) {
    let newest = stacker.and_then(Stacker::newest);
    let (roll, from_m) = newest.and_then(|piece| piece.web).unzip();
    out[sensor::STACK_CELL] = newest.map_or(f64::NAN, |piece| piece.cell as f64);
    out[sensor::STACK_ROLL] = roll.map_or(f64::NAN, |number| number as f64);
    out[sensor::STACK_WEB] = from_m.unwrap_or(f64::NAN);
}

/// Fills the welder's sensors; NaN without a station, and while there is nothing to tell.
fn weld_sensors(welder: Option<&Welder>, out: &mut [f64]) {
    let places = sensor::WELD_COUNT..=sensor::WELD_TRIM_HELD;
    out[places].fill(f64::NAN);
    let Some(welder) = welder else { return };
    out[sensor::WELD_COUNT] = welder.count() as f64;
    out[sensor::WELD_FIXTURE] = welder.fixture().map_or(f64::NAN, |i| i as f64);
    out[sensor::WELD_NEXT_FIXTURE] = welder.next_fixture() as f64;
    if let Some((trimmed, held)) = welder.trimmed() {
        out[sensor::WELD_TRIMMED] = trimmed;
        out[sensor::WELD_TRIM_HELD] = f64::from(u8::from(held));
    }
    let (check, count) = welder.check();
    out[sensor::WELD_CHECK_COUNT] = count as f64;
    let Some(check) = check else { return };
    out[sensor::WELD_CHECK_NUMBER] = check.number as f64;
    out[sensor::WELD_CHECK_FIXTURE] = check.fixture as f64;
    out[sensor::WELD_RESISTANCE] = check.resistance_uohm;
    out[sensor::WELD_PULL] = check.pull_n;
}
