//! A tray at work: 32 cells side by side, compared window by window, summed phase by phase.

use alloc::boxed::Box;
use alloc::vec;

use super::tables::{CONTACT_SD_MOHM, Tables, Window};
use super::{FormationClass, FormationWatch, TRAY};

/// One number for each cell.
pub type Row = [f64; TRAY];

/// Beyond this a voltage is no measurement, V.
const MOST_V: f64 = 100.0;
/// Beyond this a current is no measurement, A.
const MOST_A: f64 = 1e5;
/// Cells that must be there for a tray to have a reference.
const LEAST_CELLS: usize = 8;
/// A short below this is a hard one, ohm.
const HARD_OHM: f64 = 3.0;
/// Most by which the evidence of a cell that is no usual one is divided, less 1.
const MOST_DOUBT: f64 = 9.0;
/// Sample of the pulse that is read, s.
const PULSE_S: u32 = 10;
/// Share of `off_programme_a` by which the own current of a cell may leave the programme: 0.05 A of C/3 are ten times what
/// the gain of a channel is off, and a channel at its limit holds back as much within 7 s.
const APART: f64 = 0.125;
/// Smoothing of the voltage before the pulse, per sample.
const REST_REACH: f64 = 0.1;

/// What a cell is said to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    pub lane: usize,
    pub class: FormationClass,
    pub z: f64,
    pub short_ohm: f64,
    pub contact_mohm: f64,
    pub age_s: f64,
    pub closed_s: f64,
}

/// A tray whose programme is over: medians over its cells.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Done {
    pub tray: f64,
    pub slot: f64,
    pub resistance_mohm: f64,
    pub efficiency: f64,
    pub capacity_ah: f64,
    pub charged_wh: f64,
    pub discharged_wh: f64,
    pub degc: f64,
    pub age_s: f64,
}

/// What is touched every second.
#[derive(Debug, Clone)]
struct Sums {
    volt: Row,
    amp_s: Row,
    watt_s: Row,
}

/// A slot and the tray in it.
#[derive(Debug, Clone)]
pub struct Slot {
    sums: Sums,
    /// Number of the tray; NaN without one.
    tray: f64,
    age_s: u32,
    window: usize,
    in_window: u32,
    window_a: f64,
    /// `amp_s` at the start of the window.
    window_amp_s: Row,
    /// Means of the window that waits to be compared, V.
    closed_v: Row,
    /// Its own current left the programme.
    apart: [bool; TRAY],
    waits: bool,
    off_programme: bool,
    /// Direction of the current, and seconds in it.
    direction: i8,
    in_phase: u32,
    /// Changes of the direction so far.
    phase: u32,
    /// Its progress was told once.
    pub told: bool,
    discharged: bool,
    /// Between the charge put back and the pulse, or behind it.
    rested: bool,
    rest_v: Row,
    in_ah: Row,
    out_ah: Row,
    in_wh: Row,
    out_wh: Row,
    said: [bool; TRAY],
    /// Called a hard short, at once or after all.
    hard: [bool; TRAY],
    contact: [bool; TRAY],
    /// `x` of the filters, a row for each number; evidence, a row for each time of closing.
    x: Box<[Row]>,
    evidence: Box<[Row]>,
}

const ZERO: Row = [0.0; TRAY];

impl Slot {
    /// An empty slot.
    pub fn new(order: usize, columns: usize) -> Self {
        Slot {
            sums: Sums { volt: ZERO, amp_s: ZERO, watt_s: ZERO },
            tray: f64::NAN,
            age_s: 0,
            window: 0,
            in_window: 0,
            window_a: 0.0,
            window_amp_s: ZERO,
            closed_v: ZERO,
            apart: [false; TRAY],
            waits: false,
            off_programme: false,
            direction: 0,
            in_phase: 0,
            phase: 0,
            told: false,
            discharged: false,
            rested: false,
            rest_v: ZERO,
            in_ah: ZERO,
            out_ah: ZERO,
            in_wh: ZERO,
            out_wh: ZERO,
            said: [false; TRAY],
            hard: [false; TRAY],
            contact: [false; TRAY],
            x: vec![ZERO; order].into(),
            evidence: vec![ZERO; columns].into(),
        }
    }

    /// Empties the slot, or puts the tray `tray` into it.
    pub fn take(&mut self, tray: f64) {
        self.x.fill(ZERO);
        self.evidence.fill(ZERO);
        let (x, evidence) = (core::mem::take(&mut self.x), core::mem::take(&mut self.evidence));
        *self = Slot { x, evidence, tray, ..Slot::new(0, 0) };
    }

    /// Number of the tray; NaN without one.
    pub fn tray(&self) -> f64 {
        self.tray
    }

    /// Seconds since the tray was plugged in.
    pub fn age_s(&self) -> u32 {
        self.age_s
    }

    /// Changes of the current's direction so far, and seconds since the last.
    pub fn phase(&self) -> (u32, u32) {
        (self.phase, self.in_phase)
    }

    /// True while a window waits for [`Slot::compare`].
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// True when the next second closes another window.
    pub fn closes_next(&self, tables: &Tables) -> bool {
        tables.windows.get(self.window).is_some_and(|w| self.age_s + 1 >= w.end_s)
    }

    /// True when the tray left the programme.
    pub fn off_programme(&self) -> bool {
        self.off_programme
    }

    /// One second. True when a window is complete and waits.
    pub fn add(&mut self, volt: &Row, amp: &Row, config: &FormationWatch, tables: &Tables) -> bool {
        self.age_s = self.age_s.saturating_add(1);
        let (mut sum_a, mut count) = (0.0, 0.0);
        for i in 0..TRAY {
            let good = usable(volt[i], amp[i]);
            sum_a += if good { amp[i] } else { 0.0 };
            count += if good { 1.0 } else { 0.0 };
        }
        let mean_a = if count > 0.0 { sum_a / count } else { 0.0 };
        self.follow_phase(volt, mean_a, config);
        let Sums { volt: sum_v, amp_s, watt_s } = &mut self.sums;
        for i in 0..TRAY {
            // What is no measurement makes the sums of its cell NaN, and nothing of the others.
            let good = usable(volt[i], amp[i]);
            let (v, a) = if good { (volt[i], amp[i]) } else { (f64::NAN, f64::NAN) };
            sum_v[i] += v;
            amp_s[i] += a;
            watt_s[i] += v * a;
        }
        self.in_window += 1;
        self.window_a += mean_a;
        self.close_window(config, tables)
    }

    fn close_window(&mut self, config: &FormationWatch, tables: &Tables) -> bool {
        let Some(window) = tables.windows.get(self.window) else {
            self.sums.volt = ZERO;
            return false;
        };
        if self.age_s < window.end_s {
            return false;
        }
        let share = 1.0 / f64::from(self.in_window);
        self.closed_v = self.sums.volt.map(|v| v * share);
        if !window.held {
            let off_a = self.window_a * share - window.current_a;
            self.off_programme |= libm::fabs(off_a) > config.off_programme_a;
            for i in 0..TRAY {
                let off_a = (self.sums.amp_s[i] - self.window_amp_s[i]) * share - window.current_a;
                self.apart[i] |= libm::fabs(off_a) > APART * config.off_programme_a;
            }
        }
        self.window_amp_s = self.sums.amp_s;
        self.sums.volt = ZERO;
        (self.window_a, self.in_window) = (0.0, 0);
        self.window += 1;
        self.waits = !self.off_programme;
        self.waits
    }

    fn follow_phase(&mut self, volt: &Row, mean_a: f64, config: &FormationWatch) {
        let direction = i8::from(mean_a > config.rest_a) - i8::from(mean_a < -config.rest_a);
        if direction != self.direction {
            self.close_phase();
            self.rested |= self.discharged && direction == 0;
            self.direction = direction;
            self.phase = self.phase.saturating_add(1);
            self.in_phase = 0;
            if direction == 0 {
                self.rest_v = *volt;
            }
        }
        self.in_phase = self.in_phase.saturating_add(1);
        if direction == 0 {
            for (rest, v) in self.rest_v.iter_mut().zip(volt) {
                *rest += (v - *rest) * REST_REACH;
            }
        }
    }

    /// Books charge and energy of the phase that ended; what is put back behind the discharge is not counted.
    fn close_phase(&mut self) {
        let charged = self.direction == 1 && !self.discharged;
        let Sums { amp_s, watt_s, .. } = &mut self.sums;
        for i in 0..TRAY {
            let (ah, wh) = (amp_s[i] / 3600.0, watt_s[i] / 3600.0);
            if charged {
                self.in_ah[i] += ah;
                self.in_wh[i] += wh;
            } else if self.direction == -1 {
                self.out_ah[i] -= ah;
                self.out_wh[i] -= wh;
            }
        }
        self.discharged |= self.direction == -1;
        for (start, sum) in self.window_amp_s.iter_mut().zip(&*amp_s) {
            *start -= sum;
        }
        (*amp_s, *watt_s) = (ZERO, ZERO);
    }

    /// In the tenth second of the pulse at low charge: what the tray is like.
    pub fn done(&self, slot: usize, volt: &Row, amp: &Row, degc: &Row) -> Option<Done> {
        let pulse = self.rested && self.direction == 1 && self.in_phase == PULSE_S;
        if !pulse {
            return None;
        }
        let of = |cell: &dyn Fn(usize) -> f64| median(&core::array::from_fn(cell));
        Some(Done {
            tray: self.tray,
            slot: slot as f64,
            resistance_mohm: of(&|i| 1e3 * (volt[i] - self.rest_v[i]) / amp[i]),
            efficiency: of(&|i| self.out_ah[i] / self.in_ah[i]),
            capacity_ah: of(&|i| self.out_ah[i]),
            charged_wh: of(&|i| self.in_wh[i]),
            discharged_wh: of(&|i| self.out_wh[i]),
            age_s: f64::from(self.age_s),
            degc: of(&|i| if degc[i].abs() <= MOST_A { degc[i] } else { f64::NAN }),
        })
    }

    /// Compares the window that waits; `say` is told of each cell that is no sound one.
    pub fn compare(
        &mut self,
        config: &FormationWatch,
        tables: &Tables,
        mut say: impl FnMut(Judged),
    ) {
        self.waits = false;
        let Some(at) = self.window.checked_sub(1) else { return };
        let Some(window) = tables.windows.get(at) else { return };
        if window.opens {
            self.x.fill(ZERO);
            self.evidence.fill(ZERO);
        }
        if let Some(fresh) = self.evidence.get_mut(tables.fresh_column(at)) {
            *fresh = ZERO;
        }
        if window.held {
            // Behind it a bad contact shows as charge that the cell lacks.
            for (apart, contact) in self.apart.iter_mut().zip(&self.contact) {
                *apart |= *contact;
            }
            return;
        }
        let mut left = self.closed_v.map(|v| 1e3 * v);
        for (x, f) in self.x.iter().zip(&window.row) {
            for i in 0..TRAY {
                left[i] -= f * x[i];
            }
        }
        for (left, apart) in left.iter_mut().zip(&self.apart) {
            *left = if *apart { f64::NAN } else { *left };
        }
        // Cells known to be shorted say nothing of the tray.
        let known = core::array::from_fn(|i| if self.said[i] { f64::NAN } else { left[i] });
        let present = known.iter().filter(|x| x.is_finite()).count();
        if present < LEAST_CELLS {
            return;
        }
        let reference = median(&known);
        // A cell without a measurement learns nothing.
        left = left.map(|x| if x.is_finite() { x - reference } else { 0.0 });
        for (x, gain) in self.x.iter_mut().zip(&window.gain) {
            for i in 0..TRAY {
                x[i] += gain * left[i];
            }
        }
        for (sum, signature) in self.evidence.iter_mut().zip(&window.signature) {
            let weight = signature * window.per_sd;
            for i in 0..TRAY {
                sum[i] += weight * left[i];
            }
        }
        self.judge_contacts(config, window, &mut say);
        self.judge_shorts(config, tables, (at, window), &mut say);
    }

    fn judge_contacts(
        &mut self,
        config: &FormationWatch,
        window: &Window,
        say: &mut impl FnMut(Judged),
    ) {
        let Some(contact) = self.x.last() else { return };
        let limit_mohm = config.contact_limit_mohm + 3.0 * window.contact_sd_mohm;
        for (lane, x) in contact.iter().enumerate() {
            let contact_mohm = CONTACT_SD_MOHM * x;
            if contact_mohm > limit_mohm && !self.contact[lane] && !self.said[lane] {
                self.contact[lane] = true;
                say(Judged {
                    lane,
                    class: FormationClass::Contact,
                    z: contact_mohm / window.contact_sd_mohm.max(1e-9),
                    short_ohm: f64::NAN,
                    contact_mohm,
                    age_s: f64::from(self.age_s),
                    closed_s: 0.0,
                });
            }
        }
    }

    fn judge_shorts(
        &mut self,
        config: &FormationWatch,
        tables: &Tables,
        (at, window): (usize, &Window),
        say: &mut impl FnMut(Judged),
    ) {
        let mut best = ZERO;
        for (sum, per) in self.evidence.iter().zip(&window.per_evidence) {
            for i in 0..TRAY {
                let z = sum[i] * per;
                best[i] = if z > best[i] { z } else { best[i] };
            }
        }
        for lane in 0..TRAY {
            if best[lane] <= config.limit_z || self.hard[lane] {
                continue;
            }
            let mut of_best = self.evidence.iter().zip(&window.per_evidence).enumerate();
            let found = of_best.find(|(_, (sum, per))| sum[lane] * **per == best[lane]);
            let Some((column, (sum, per))) = found else { continue };
            let short_ohm = 1.0 / self.size(window, lane, best[lane]);
            let hard = short_ohm < HARD_OHM;
            // What closed within a window looks small in it: called once more when the next ones show it hard.
            if self.said[lane] && !(hard && tables.is_fresh(column)) {
                continue;
            }
            // The size that fits best: sum(g*v)/sum(g*g), in siemens.
            let siemens = sum[lane] * per * per;
            let number = |k: usize| self.x.get(k).map_or(0.0, |x| x[lane]);
            let strange = tables.strangeness(window, column, siemens, number);
            let z = best[lane] / (1.0 + (strange - tables.usual()).clamp(0.0, MOST_DOUBT));
            if z <= config.limit_z {
                continue;
            }
            (self.said[lane], self.hard[lane]) = (true, hard);
            say(Judged {
                lane,
                class: if hard { FormationClass::HardShort } else { FormationClass::SoftShort },
                z,
                short_ohm,
                contact_mohm: f64::NAN,
                age_s: f64::from(self.age_s),
                closed_s: tables.onset_s(at, column),
            });
        }
    }

    /// Size of a short, siemens, its time of closing open: the mean over all, each as likely as its evidence says,
    /// `exp(z^2/2)`.
    fn size(&self, window: &Window, lane: usize, best: f64) -> f64 {
        let (mut siemens, mut total) = (0.0, 0.0);
        for (sum, per) in self.evidence.iter().zip(&window.per_evidence) {
            let z = sum[lane] * per;
            if z > 0.0 {
                let weight = libm::exp(0.5 * (z - best) * (z + best));
                siemens += weight * z * per;
                total += weight;
            }
        }
        siemens / total
    }
}

#[inline(always)]
fn usable(volt: f64, amp: f64) -> bool {
    volt.abs() <= MOST_V && amp.abs() <= MOST_A
}

/// Median of what is finite; NaN without anything.
fn median(row: &Row) -> f64 {
    let mut work = ZERO;
    let mut n = 0;
    for x in row.iter().filter(|x| x.is_finite()) {
        work[n] = *x;
        n += 1;
    }
    let work = &mut work[..n];
    if n == 0 {
        return f64::NAN;
    }
    let (below, upper, _) = work.select_nth_unstable_by(n / 2, f64::total_cmp);
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if n % 2 == 1 { *upper } else { 0.5 * (lower + *upper) }
}
