//! The whole rack: slots, the windows that wait, and what is said.

use alloc::boxed::Box;

use super::lanes::{Done, Judged, Slot};
use super::queue::Queue;
use super::tables::Tables;
use super::{FormationClass, FormationWatch, TRAY};
use crate::DesignError;
use crate::front::FrontEnd;
use crate::number::saturate;

/// Trays compared in one tick: 469 are through before their next window of 10 s closes, and no tick takes all.
const COMPARED: usize = 48;

/// A verdict as it waits.
#[derive(Debug, Clone, Copy)]
struct Verdict {
    channel: usize,
    tray: f64,
    judged: Judged,
}

/// [`FormationWatch`] at work.
#[derive(Debug, Clone)]
pub struct FormationWatchFrontEnd {
    config: FormationWatch,
    tables: Tables,
    slots: Box<[Slot]>,
    waiting: usize,
    next: usize,
    /// Slot behind the one whose progress was told last.
    next_told: usize,
    verdicts: Queue<Option<Verdict>>,
    done: Queue<Done>,
    said: u64,
    finished: u64,
    /// A verdict was handed out in the last tick: `verdicts` stands for one, so that a loop sees each change.
    stands: bool,
}

impl FormationWatchFrontEnd {
    pub(super) fn new(config: &FormationWatch) -> Result<Self, DesignError> {
        let tables = Tables::of(config);
        let sound = tables.windows.iter().all(|w| w.per_sd.is_finite() && w.per_sd > 0.0);
        DesignError::unless(sound, "factors_mv", "of a size that can be told apart", f64::NAN)?;
        let slots = config.slots as usize;
        let slot = Slot::new(config.width() + 1, tables.columns());
        Ok(FormationWatchFrontEnd {
            slots: alloc::vec![slot; slots].into(),
            tables,
            waiting: 0,
            next: 0,
            next_told: 0,
            // A cell is named at most three times, a tray once.
            verdicts: Queue::new(3 * slots * TRAY),
            done: Queue::new(slots),
            said: 0,
            finished: 0,
            stands: false,
            config: config.clone(),
        })
    }

    /// One second of all channels.
    fn second(&mut self, volt: &[f64], amp: &[f64], degc: &[f64], trays: &[f64]) {
        let rows = volt.as_chunks::<TRAY>().0.iter().zip(amp.as_chunks::<TRAY>().0);
        let rows = rows.zip(degc.as_chunks::<TRAY>().0).zip(trays).enumerate();
        for (at, (((volt, amp), degc), tray)) in rows {
            let Some(slot) = self.slots.get_mut(at) else { continue };
            let tray = if tray.abs() <= 1e15 { *tray } else { f64::NAN };
            if tray.to_bits() != slot.tray().to_bits() && !(tray.is_nan() && slot.tray().is_nan()) {
                self.waiting -= usize::from(slot.waits());
                slot.take(tray);
            }
            if tray.is_nan() {
                continue;
            }
            if slot.waits() && slot.closes_next(&self.tables) {
                // It was not its turn for a whole window.
                self.waiting -= 1;
                compare(slot, at, &self.config, &self.tables, &mut self.verdicts);
            }
            self.waiting += usize::from(slot.add(volt, amp, &self.config, &self.tables));
            if let Some(done) = slot.done(at, volt, amp, degc) {
                self.done.push(done);
            }
        }
    }

    /// Windows that wait, some of them.
    fn compare_some(&mut self) {
        let slots = self.slots.len();
        let mut looked = 0;
        let mut compared = 0;
        while self.waiting > 0 && looked < slots && compared < COMPARED {
            let at = self.next;
            self.next = (self.next + 1) % slots;
            looked += 1;
            let Some(slot) = self.slots.get_mut(at).filter(|slot| slot.waits()) else { continue };
            compared += 1;
            self.waiting -= 1;
            compare(slot, at, &self.config, &self.tables, &mut self.verdicts);
        }
    }

    fn say_verdict(&mut self, out: &mut [f64]) {
        let [verdicts, channel, tray, class, z, short, contact, confidence, age, closed, waiting] =
            out
        else {
            return;
        };
        let next = if self.stands { None } else { self.verdicts.pop().flatten() };
        self.stands = next.is_some();
        if let Some(Verdict { channel: at, tray: number, judged }) = next {
            self.said += 1;
            (*channel, *tray) = (at as f64, number);
            *class = match judged.class {
                FormationClass::Contact => 1.0,
                FormationClass::HardShort => 2.0,
                FormationClass::SoftShort => 3.0,
            };
            *z = saturate(judged.z);
            *short = if judged.short_ohm.is_nan() { f64::NAN } else { saturate(judged.short_ohm) };
            *contact =
                if judged.contact_mohm.is_nan() { f64::NAN } else { saturate(judged.contact_mohm) };
            *confidence = self.confidence(&judged);
            (*age, *closed) = (judged.age_s, judged.closed_s);
        }
        (*verdicts, *waiting) = (self.said as f64, self.verdicts.len() as f64);
    }

    fn confidence(&self, judged: &Judged) -> f64 {
        let c = &self.config;
        match judged.class {
            // Its limit lies three standard deviations above what no contact of a sound channel has.
            FormationClass::Contact => 1.0 - 0.5 * libm::erfc(3.0 / core::f64::consts::SQRT_2),
            FormationClass::HardShort | FormationClass::SoftShort => {
                let sound = c.false_share * libm::exp((c.limit_z - judged.z).min(0.0));
                c.short_share / (c.short_share + sound)
            }
        }
    }

    fn say_done(&mut self, out: &mut [f64], age: &mut f64) {
        let [count, tray, slot, resistance, efficiency, capacity, charged, discharged, degc] = out
        else {
            return;
        };
        if let Some(done) = self.done.pop() {
            self.finished += 1;
            let said = |x: f64| if x.is_finite() { saturate(x) } else { f64::NAN };
            (*tray, *slot) = (done.tray, done.slot);
            *resistance = said(done.resistance_mohm);
            *efficiency = said(done.efficiency);
            *capacity = said(done.capacity_ah);
            (*charged, *discharged) = (said(done.charged_wh), said(done.discharged_wh));
            *degc = said(done.degc);
            *age = done.age_s;
        }
        *count = self.finished as f64;
    }

    fn say_rack(&self, out: &mut [f64]) {
        let [running, next_free, off] = out else { return };
        let present = self.slots.iter().filter(|slot| !slot.tray().is_nan());
        let (mut count, mut astray, mut oldest) = (0.0, 0.0, None);
        for slot in present {
            count += 1.0;
            astray += f64::from(u8::from(slot.off_programme()));
            oldest = oldest.max(Some(slot.age_s()));
        }
        (*running, *off) = (count, astray);
        let left = |age: u32| (self.config.programme_s - f64::from(age)).max(0.0);
        *next_free = oldest.map_or(f64::NAN, left);
    }

    /// Progress of one running tray: one not told yet first, the others in turn.
    fn say_progress(&mut self, out: &mut [f64]) {
        let [tray, slot, age, phase, in_phase] = out else { return };
        let count = self.slots.len();
        let mut turn = (0..count).map(|i| (self.next_told + i) % count);
        let runs = |at: &usize| self.slots.get(*at).is_some_and(|s| !s.tray().is_nan());
        let fresh = |at: &usize| self.slots.get(*at).is_some_and(|s| !s.tray().is_nan() && !s.told);
        let at = turn.clone().find(fresh).or_else(|| turn.find(runs));
        let Some((at, told)) = at.and_then(|at| Some((at, self.slots.get_mut(at)?))) else {
            return;
        };
        self.next_told = (at + 1) % count;
        told.told = true;
        (*tray, *slot, *age) = (told.tray(), at as f64, f64::from(told.age_s()));
        let (number, since_s) = told.phase();
        (*phase, *in_phase) = (f64::from(number), f64::from(since_s));
    }
}

fn compare(
    slot: &mut Slot,
    at: usize,
    config: &FormationWatch,
    tables: &Tables,
    verdicts: &mut Queue<Option<Verdict>>,
) {
    let tray = slot.tray();
    slot.compare(config, tables, |judged| {
        let channel = at * TRAY + judged.lane;
        verdicts.push(Some(Verdict { channel, tray, judged }));
    });
}

impl FrontEnd for FormationWatchFrontEnd {
    fn block_len(&self, block: usize) -> Option<usize> {
        Some(if block == 3 { self.slots.len() } else { self.slots.len() * TRAY })
    }

    fn step(&mut self, blocks: &[Option<&[f64]>], out: &mut [f64]) {
        let whole = |i: usize| {
            let block = blocks.get(i).copied().flatten()?;
            (Some(block.len()) == self.block_len(i)).then_some(block)
        };
        if let (Some(v), Some(a), Some(t), Some(n)) = (whole(0), whole(1), whole(2), whole(3)) {
            self.second(v, a, t, n);
            if let Some((of_tray, behind)) =
                out.get_mut(11..).and_then(|o| o.split_at_mut_checked(9))
                && let Some((of_rack, [done_age, progress @ ..])) = behind.split_at_mut_checked(3)
            {
                self.say_done(of_tray, done_age);
                self.say_rack(of_rack);
                self.say_progress(progress);
            }
        }
        self.compare_some();
        if let Some(verdict) = out.get_mut(..11) {
            self.say_verdict(verdict);
        }
    }

    fn reset(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.take(f64::NAN));
        self.verdicts.clear();
        self.done.clear();
        (self.waiting, self.next, self.said, self.finished) = (0, 0, 0, 0);
        self.next_told = 0;
        self.stands = false;
    }
}
