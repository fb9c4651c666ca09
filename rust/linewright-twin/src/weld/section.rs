//! The welding station of a line: fixtures that come round, one weld after the other, and the test laboratory.
//!
//! Slot `k` begins `k` cycles after the start and belongs to fixture `k mod n`. Power, clamp force, focus and holds are
//! taken over when the beam goes on; the burst is complete when it goes off. A fixture on hold lets its slots pass empty
//! (its cells go to another station); after `service_s` on hold its clamps are new. Every so many welds one is measured
//! and pulled apart, and the result comes later: the only truth a controller gets.

use super::class::{Seam, WeldClass};
use super::config::WeldConfig;
use super::happening::Conditions;
use super::image::Picture;
use super::law;
use super::shot::{Joint, Shot};
use super::trim::Trim;
use crate::config::{ConfigError, within};
use crate::fault::{Effects, FaultKind};
use crate::random::{Stream, place};
use serde::Serialize;
use std::collections::VecDeque;

/// What the station is told; a value that is not finite holds the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// Laser power, W.
    pub power_w: f64,
    /// Clamp force, N.
    pub clamp_n: f64,
    /// Focus moved by, mm.
    pub defocus_mm: f64,
    /// Fixtures on hold: bit `i` for fixture `i`.
    pub fixture_hold: f64,
    /// Share of its power by which the laser may trim itself inside a weld; 0: constant power.
    pub trim_band: f64,
}

/// One weld, as it really was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WeldRecord {
    /// Number of the weld, from 1.
    pub number: u64,
    /// Beam off, s from the start.
    pub time_s: f64,
    /// Fixture, from 0.
    pub fixture: usize,
    /// What it is.
    pub class: WeldClass,
    /// The seam looks good.
    pub looks_good: bool,
    /// Share of the nominal joint, dimensionless.
    pub joint_share: f64,
    /// Mean depth over nominal, dimensionless.
    pub depth: f64,
    /// Widest gap, um.
    pub gap_um: f64,
    /// Resistance, uOhm.
    pub resistance_uohm: f64,
}

impl WeldRecord {
    /// Joint and seam are good.
    pub fn good(&self) -> bool {
        self.class == WeldClass::Good && self.looks_good
    }
}

/// All welds; for evaluation only.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WeldTruth {
    /// The welds, in order.
    pub welds: Vec<WeldRecord>,
    /// Slots that passed empty because their fixture was on hold.
    pub rerouted: u64,
    /// Fixtures that got new clamps.
    pub serviced: u64,
}

impl WeldTruth {
    /// Takes over what `other`, the same run further on, knows more.
    pub(crate) fn follow(&mut self, other: &WeldTruth) {
        self.welds.extend_from_slice(&other.welds[self.welds.len()..]);
        (self.rerouted, self.serviced) = (other.rerouted, other.serviced);
    }
}

/// Result of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// Number of the weld tested.
    pub number: u64,
    /// Its fixture.
    pub fixture: usize,
    /// 4-wire resistance, uOhm.
    pub resistance_uohm: f64,
    /// Force that pulled it apart, N.
    pub pull_n: f64,
}

#[derive(Clone, Copy, Debug)]
struct Fixture {
    focus_mm: f64,
    gap_factor: f64,
    held_since_s: Option<f64>,
    /// Wear that new clamps have taken away, share of the force.
    renewed: f64,
}

#[derive(Clone, Copy, Debug)]
struct Beam {
    off_s: f64,
    slot: u64,
    fixture: usize,
    conditions: Conditions,
    power_w: f64,
    trim_band: f64,
}

/// The welding station.
pub struct Welder {
    config: WeldConfig,
    seed: u64,
    noise: f64,
    spread: f64,
    told: Told,
    fixtures: Vec<Fixture>,
    slot: u64,
    beam: Option<Beam>,
    signals: [Vec<f64>; 3],
    fresh: bool,
    last: Option<(Seam, u64, usize)>,
    /// What stands in the camera: seam and slot.
    shown: Option<(Seam, u64)>,
    trim: Trim,
    tests: Stream,
    pending: VecDeque<(f64, Check)>,
    check: Option<Check>,
    checks: u64,
    truth: WeldTruth,
}

impl Welder {
    /// A station at its start. `noise` and `spread`: factors on noise and on disturbances, 1 or 0.
    ///
    /// # Errors
    /// A config that is no station, or a base rate at which a weld would be missed.
    pub fn new(
        config: &WeldConfig,
        seed: u64,
        base_hz: u32,
        noise: f64,
        spread: f64,
    ) -> Result<Self, ConfigError> {
        config.check_whole()?;
        within("weld.per_min", config.per_min, 0.5, 15.0 * f64::from(base_hz))?;
        let mut own = Stream::new(seed, place::WELD_FIXTURE);
        let fixtures = (0..config.fixtures as usize).map(|_| Fixture {
            focus_mm: spread * config.focus_sd_mm * own.normal(),
            gap_factor: 1.0 + 0.05 * spread * own.normal(),
            held_since_s: None,
            renewed: 0.0,
        });
        Ok(Welder {
            config: *config,
            seed,
            noise,
            spread,
            told: Told {
                power_w: config.power_w,
                clamp_n: config.clamp_n,
                defocus_mm: 0.0,
                fixture_hold: 0.0,
                trim_band: 0.0,
            },
            fixtures: fixtures.collect(),
            slot: 0,
            beam: None,
            signals: [(); 3].map(|()| vec![0.0; config.samples()]),
            fresh: false,
            last: None,
            shown: None,
            trim: Trim::new(config)?,
            tests: Stream::new(seed, place::WELD_CHECK),
            pending: VecDeque::new(),
            check: None,
            checks: 0,
            truth: WeldTruth::default(),
        })
    }

    /// The station at `time_s`: one weld at most is begun or ended.
    pub fn step(&mut self, time_s: f64, told: &Told, faults: &Effects) {
        self.hear(told);
        self.fresh = false;
        if self.beam.is_some_and(|beam| time_s >= beam.off_s) {
            self.finish(faults);
        }
        self.hold(time_s, faults.of(FaultKind::ClampWear));
        if self.beam.is_none() && time_s >= self.slot as f64 * self.config.cycle_s() {
            self.begin(time_s, faults);
        }
        while self.pending.front().is_some_and(|(due_s, _)| *due_s <= time_s) {
            self.check = self.pending.pop_front().map(|(_, check)| check);
            self.checks += 1;
        }
    }

    fn hear(&mut self, told: &Told) {
        let hear = |to: &mut f64, x: f64, lo: f64, hi: f64| {
            if x.is_finite() {
                *to = x.clamp(lo, hi);
            }
        };
        let now = &mut self.told;
        hear(&mut now.power_w, told.power_w, 0.0, 2.0 * self.config.power_w);
        hear(&mut now.clamp_n, told.clamp_n, 0.0, 2.0 * self.config.clamp_n);
        hear(&mut now.defocus_mm, told.defocus_mm, -5.0, 5.0);
        hear(&mut now.fixture_hold, told.fixture_hold, 0.0, 65_535.0);
        hear(&mut now.trim_band, told.trim_band, 0.0, 0.2);
    }

    fn hold(&mut self, time_s: f64, wear: f64) {
        let mask = self.told.fixture_hold as u32;
        for (i, fixture) in self.fixtures.iter_mut().enumerate() {
            if mask >> i & 1 == 0 {
                fixture.held_since_s = None;
                continue;
            }
            let since_s = *fixture.held_since_s.get_or_insert(time_s);
            if i == WORN && time_s - since_s >= self.config.service_s && fixture.renewed < wear {
                fixture.renewed = wear;
                self.truth.serviced += 1;
            }
        }
    }

    fn begin(&mut self, time_s: f64, faults: &Effects) {
        let (slot, at) = (self.slot, self.next_fixture());
        self.slot += 1;
        let fixture = self.fixtures[at];
        if fixture.held_since_s.is_some() {
            self.truth.rerouted += 1;
            return;
        }
        let wear = if at == WORN { faults.of(FaultKind::ClampWear) - fixture.renewed } else { 0.0 };
        let more = faults.of(FaultKind::BlowOut);
        let drawn = Conditions::draw(&self.config, self.seed, slot, self.spread, more);
        let conditions = Conditions {
            lens: (1.0 - faults.of(FaultKind::LensSoiling)).clamp(0.0, 1.0),
            focus_mm: fixture.focus_mm + self.told.defocus_mm,
            clamp: (1.0 - wear.max(0.0)) * self.told.clamp_n / self.config.clamp_n,
            gap_um: fixture.gap_factor * drawn.gap_um,
            ..drawn
        };
        let long_s = self.config.length_mm / self.config.speed_mm_per_s;
        let Told { power_w, trim_band, .. } = self.told;
        let off_s = time_s + long_s;
        self.beam = Some(Beam { off_s, slot, fixture: at, conditions, power_w, trim_band });
    }

    fn finish(&mut self, faults: &Effects) {
        let Some(beam) = self.beam.take() else { return };
        let (config, conditions) = (&self.config, &beam.conditions);
        let mut shot = Shot::new(config, conditions, self.noise, self.seed, beam.slot);
        let [plasma, reflection, thermal] = &mut self.signals;
        self.trim.run(&mut shot, beam.power_w, beam.trim_band, [plasma, reflection, thermal]);
        let joint = shot.joint();
        let seam = Seam::of(config, conditions, &joint);
        let record = WeldRecord {
            number: self.truth.welds.len() as u64 + 1,
            time_s: beam.off_s,
            fixture: beam.fixture,
            class: WeldClass::of(conditions, &joint),
            looks_good: seam.looks_good(config),
            joint_share: joint.share,
            depth: joint.depth,
            gap_um: joint.gap_um,
            resistance_uohm: law::resistance_uohm(joint.share),
        };
        self.fresh = true;
        self.last = Some((seam, beam.slot, beam.fixture));
        self.shown = if faults.of(FaultKind::CameraLost) > 0.0 {
            None
        } else {
            let before = self.shown.filter(|_| faults.of(FaultKind::CameraFrozen) > 0.0);
            before.or(Some((seam, beam.slot)))
        };
        if record.number.is_multiple_of(config.check_every as u64) {
            let check = test(config, &record, &joint, self.noise, &mut self.tests);
            self.pending.push_back((beam.off_s + config.check_delay_s, check));
        }
        self.truth.welds.push(record);
    }

    /// The burst that was completed in this tick: plasma, back-reflection, thermal, V.
    pub fn burst(&self) -> Option<[&[f64]; 3]> {
        let [plasma, reflection, thermal] = &self.signals;
        self.fresh.then_some([plasma, reflection, thermal])
    }

    /// What the camera sees of the last weld; `None` while it gives nothing.
    pub fn picture(&self) -> Option<Picture> {
        let (seam, slot) = self.shown?;
        Some(Picture::of(&self.config, &seam, self.noise, self.seed, slot))
    }

    /// Rows and columns of a picture.
    pub fn picture_shape(&self) -> [usize; 2] {
        Picture::shape(&self.config)
    }

    /// Mean move of the power inside the last weld, share, and whether it was held on a gap; `None` at constant power.
    pub fn trimmed(&self) -> Option<(f64, bool)> {
        self.trim.last
    }

    /// Welds made.
    pub fn count(&self) -> u64 {
        self.truth.welds.len() as u64
    }

    /// Fixture of the last weld.
    pub fn fixture(&self) -> Option<usize> {
        self.last.map(|(_, _, fixture)| fixture)
    }

    /// Fixture of the next slot.
    pub fn next_fixture(&self) -> usize {
        (self.slot % self.fixtures.len() as u64) as usize
    }

    /// Last result of the tests, and how many there were.
    pub fn check(&self) -> (Option<Check>, u64) {
        (self.check, self.checks)
    }

    /// What the station runs at.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// What the welds really were.
    pub fn truth(&self) -> &WeldTruth {
        &self.truth
    }
}

/// The fixture whose clamps wear.
const WORN: usize = 0;

fn test(
    config: &WeldConfig,
    record: &WeldRecord,
    joint: &Joint,
    noise: f64,
    own: &mut Stream,
) -> Check {
    Check {
        number: record.number,
        fixture: record.fixture,
        resistance_uohm: record.resistance_uohm + noise * config.resistance_sd_uohm * own.normal(),
        pull_n: (law::pull_n(joint.share) + noise * config.pull_sd_n * own.normal()).max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    const AS_BEFORE: Told = Told {
        power_w: f64::NAN,
        clamp_n: f64::NAN,
        defocus_mm: f64::NAN,
        fixture_hold: f64::NAN,
        trim_band: f64::NAN,
    };

    fn run(welder: &mut Welder, faults: &[Fault], from_s: f64, to_s: f64, told: &Told) -> usize {
        let mut bursts = 0;
        for tick in (from_s * 30.0) as u64..(to_s * 30.0) as u64 {
            let time_s = tick as f64 / 30.0;
            welder.step(time_s, told, &Effects::at(faults, time_s));
            bursts += usize::from(welder.burst().is_some());
        }
        bursts
    }

    fn welder(seed: u64) -> Welder {
        Welder::new(&WeldConfig::default(), seed, 30, 1.0, 1.0).unwrap()
    }

    fn fault(kind: FaultKind, size: f64) -> Fault {
        Fault { kind, at_s: 0.0, size, duration_s: 0.0, ramp_s: Some(0.0) }
    }

    fn bad(welder: &Welder, fixture: usize) -> f64 {
        let own: Vec<_> = welder.truth().welds.iter().filter(|w| w.fixture == fixture).collect();
        own.iter().filter(|w| w.class != WeldClass::Good).count() as f64 / own.len() as f64
    }

    #[test]
    fn eighteen_welds_a_minute_come_round_the_fixtures() {
        let mut welder = welder(1);
        let bursts = run(&mut welder, &[], 0.0, 600.5, &AS_BEFORE);
        assert_eq!((bursts, welder.count()), (181, 181));
        let fixtures: Vec<_> = welder.truth().welds.iter().map(|w| w.fixture).take(5).collect();
        assert_eq!(fixtures, [0, 1, 2, 3, 0]);
        let good = welder.truth().welds.iter().filter(|w| w.good()).count();
        assert!(good >= 175, "{good}");
    }

    #[test]
    fn the_laboratory_tells_the_truth_of_every_fiftieth_weld_five_minutes_later() {
        let mut welder = welder(2);
        run(&mut welder, &[], 0.0, 460.0, &AS_BEFORE);
        assert_eq!(welder.check(), (None, 0));
        run(&mut welder, &[], 460.0, 470.0, &AS_BEFORE);
        let (check, count) = welder.check();
        let check = check.unwrap();
        assert_eq!((check.number, check.fixture, count), (50, 1, 1));
        let truth = welder.truth().welds[49].resistance_uohm;
        assert!((check.resistance_uohm - truth).abs() < 5.0);
    }

    #[test]
    fn worn_clamps_let_one_fixture_gape_and_more_force_closes_it() {
        let worn = [fault(FaultKind::ClampWear, 0.10)];
        let mut open = welder(3);
        run(&mut open, &worn, 0.0, 7200.0, &AS_BEFORE);
        let (first, second) = (bad(&open, 0), bad(&open, 1));
        assert!((0.03..0.08).contains(&first) && second < 0.02, "{first} {second}");
        let mut closed = welder(3);
        let more = Told { clamp_n: 440.0, ..AS_BEFORE };
        run(&mut closed, &worn, 0.0, 7200.0, &more);
        assert!(bad(&closed, 0) < 0.5 * first);
    }

    #[test]
    fn a_held_fixture_lets_its_slots_pass_and_gets_new_clamps() {
        let worn = [fault(FaultKind::ClampWear, 0.30)];
        let mut welder = welder(4);
        let hold = Told { fixture_hold: 1.0, ..AS_BEFORE };
        run(&mut welder, &worn, 0.0, 1300.0, &hold);
        assert!(welder.truth().welds.iter().all(|w| w.fixture != 0));
        assert_eq!((welder.truth().rerouted, welder.truth().serviced), (98, 1));
        let release = Told { fixture_hold: 0.0, ..AS_BEFORE };
        run(&mut welder, &worn, 1300.0, 4900.0, &release);
        assert!(bad(&welder, 0) < 0.03, "{}", bad(&welder, 0));
    }

    #[test]
    fn soiled_glass_makes_shallow_welds_and_power_brings_them_back() {
        let soiled = [fault(FaultKind::LensSoiling, 0.20)];
        let mut welder = welder(5);
        run(&mut welder, &soiled, 0.0, 600.0, &AS_BEFORE);
        let shallow = welder.truth().welds.iter().filter(|w| w.class == WeldClass::Shallow).count();
        assert!(shallow > 100, "{shallow}");
        let more = Told { power_w: 1500.0 / 0.80, ..AS_BEFORE };
        let mut again = Welder::new(&WeldConfig::default(), 5, 30, 1.0, 1.0).unwrap();
        run(&mut again, &soiled, 0.0, 600.0, &more);
        let shallow = again.truth().welds.iter().filter(|w| w.class == WeldClass::Shallow).count();
        assert!(shallow < 5, "{shallow}");
    }

    #[test]
    fn blow_outs_come_as_often_as_the_fault_says() {
        let mut welder = welder(6);
        run(&mut welder, &[fault(FaultKind::BlowOut, 0.05)], 0.0, 7200.0, &AS_BEFORE);
        let out = welder.truth().welds.iter().filter(|w| w.class == WeldClass::BlowOut).count();
        assert!((80..140).contains(&out), "{out} of {}", welder.count());
    }

    #[test]
    fn actuators_do_not_move_the_draws() {
        let mut usual = welder(7);
        run(&mut usual, &[], 0.0, 300.0, &AS_BEFORE);
        let mut other = welder(7);
        run(&mut other, &[], 0.0, 300.0, &Told { fixture_hold: 2.0, ..AS_BEFORE });
        let of = |w: &Welder| -> Vec<_> {
            w.truth().welds.iter().filter(|w| w.fixture == 2).map(|w| (w.gap_um, w.class)).collect()
        };
        assert_eq!(of(&usual), of(&other));
    }

    #[test]
    fn the_laser_trims_itself_within_its_band_and_brings_depth_back() {
        let config = WeldConfig { bulge_share: 0.5, ..WeldConfig::default() };
        let run_at = |trim_band: f64| {
            let mut welder = Welder::new(&config, 7, 30, 1.0, 1.0).unwrap();
            let told = Told { trim_band, ..AS_BEFORE };
            let mut largest = 0.0_f64;
            for tick in 0..30 * 1200 {
                let time_s = f64::from(tick) / 30.0;
                welder.step(time_s, &told, &Effects::default());
                largest = largest.max(welder.trimmed().map_or(0.0, |(mean, _)| mean.abs()));
            }
            let depth: Vec<_> = welder.truth().welds.iter().map(|w| w.depth).collect();
            (depth, largest)
        };
        let (constant, none) = run_at(0.0);
        let (trimmed, most) = run_at(0.03);
        assert_eq!(none, 0.0);
        assert!((0.005..=0.03).contains(&most), "{most}");
        let loss = |depth: &[f64]| depth.iter().map(|d| (1.0 - d).max(0.0)).sum::<f64>();
        assert!(loss(&trimmed) < 0.9 * loss(&constant), "{} {}", loss(&trimmed), loss(&constant));
    }

    #[test]
    fn a_camera_that_is_lost_or_frozen_gives_nothing_or_the_same() {
        let broken = |kind| [Fault { kind, at_s: 60.0, size: 1.0, duration_s: 60.0, ramp_s: None }];
        for (kind, frozen) in [(FaultKind::CameraLost, false), (FaultKind::CameraFrozen, true)] {
            let mut welder = welder(8);
            let faults = broken(kind);
            run(&mut welder, &faults, 0.0, 59.0, &AS_BEFORE);
            let before = welder.picture().unwrap();
            run(&mut welder, &faults, 59.0, 90.0, &AS_BEFORE);
            assert_eq!(welder.picture() == Some(before), frozen);
            assert_eq!(welder.picture().is_some(), frozen);
            run(&mut welder, &faults, 90.0, 130.0, &AS_BEFORE);
            let again = welder.picture().unwrap();
            run(&mut welder, &faults, 130.0, 134.0, &AS_BEFORE);
            assert_ne!(welder.picture(), Some(again));
        }
    }
}
