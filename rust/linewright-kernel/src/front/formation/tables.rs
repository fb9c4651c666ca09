//! What of the comparison belongs to the programme and not to the cell: gains and signatures.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::{FormationWatch, MOST_ONSETS};

/// Standard deviation of the contact resistance before anything is seen, mohm: wide, so that a short is
/// sought in what no contact explains.
pub const CONTACT_SD_MOHM: f64 = 10.0;

/// Windows for which the start of each is a time of closing of its own.
pub const FRESH: usize = 20;
/// Numbers of a cell, the largest first, that say whether it is a usual one.
const LOOKED_AT: usize = 11;
/// Least variance of a number that is looked at: below it nothing of it was seen yet.
const LEAST_VARIANCE: f64 = 0.05;
/// How far before a later part a short may have closed that is sought in it, s: what closed in the last hour of the part
/// before may not have shown there.
const REACH_BACK_S: f64 = 3600.0;

/// One window of the programme.
#[derive(Debug, Clone)]
pub struct Window {
    /// Its end, s.
    pub end_s: u32,
    /// Current of the programme, A.
    pub current_a: f64,
    /// Channels hold a voltage: nothing is compared.
    pub held: bool,
    /// The first of a part: what was learnt before does not count.
    pub opens: bool,
    /// `F` and, last, `c*CONTACT_SD_MOHM`: what one standard deviation of each number does, mV.
    pub row: Vec<f64>,
    /// Gain of the filter, 1/mV.
    pub gain: Vec<f64>,
    /// `1/sd` of the innovation, 1/mV.
    pub per_sd: f64,
    /// Standard deviation of the contact resistance after this window, mohm.
    pub contact_sd_mohm: f64,
    /// `1/variance` that the filter gives the first numbers of sound cells by now.
    pub per_variance: Vec<f64>,
    /// Innovations, in standard deviations, of a short of one siemens, one for each time of closing.
    pub signature: Vec<f64>,
    /// `1/sqrt(sum(signature^2))` up to here; 0 before a short shows.
    pub per_evidence: Vec<f64>,
    /// What a short of one siemens makes of the first numbers by now, a row for each time of closing.
    pub response: Vec<f64>,
}

/// Windows that one filter follows, and the fixed times at which a short may have closed that is sought in them, s.
#[derive(Debug, Clone)]
struct Part {
    windows: Range<usize>,
    from_s: f64,
    onsets_s: Vec<f64>,
}

impl Part {
    /// The parts of a checked config.
    fn of(config: &FormationWatch) -> Vec<Self> {
        let starts = core::iter::once(0.0).chain(config.part_from_s.iter().copied());
        let ends = config.part_from_s.iter().copied().chain(config.ends_s.last().copied());
        let windows_until = |s: f64| config.ends_s.partition_point(|end| *end <= s);
        let part = |(from_s, until_s): (f64, f64)| Part {
            windows: windows_until(from_s)..windows_until(until_s),
            from_s,
            onsets_s: onsets_s(from_s, until_s, config.onset_every_s),
        };
        starts.zip(ends).map(part).collect()
    }
}

/// Fixed times of closing of a part; one at the very end would never show.
fn onsets_s(from_s: f64, until_s: f64, every_s: f64) -> Vec<f64> {
    let first_s = (from_s - REACH_BACK_S).max(0.0);
    let length_s = until_s - first_s;
    let apart_s = every_s * libm::ceil(length_s / (every_s * MOST_ONSETS as f64));
    let count = libm::floor(length_s / apart_s) as usize;
    (0..count.max(1)).map(|i| first_s + i as f64 * apart_s).collect()
}

/// All windows, part by part, and when a short may have closed: at the fixed times of the part, and at the start of each
/// of the last [`FRESH`] windows.
#[derive(Debug, Clone)]
pub struct Tables {
    pub windows: Vec<Window>,
    parts: Vec<Part>,
    /// Most fixed times of a part.
    fixed: usize,
    /// Numbers that are looked at.
    looked_at: usize,
}

impl Tables {
    /// Of a checked config.
    pub fn of(config: &FormationWatch) -> Self {
        let looked_at = LOOKED_AT.min(config.width());
        let mut windows = gains(config, looked_at);
        let parts = Part::of(config);
        let fixed = parts.iter().map(|part| part.onsets_s.len()).max().unwrap_or(0);
        let columns = fixed + FRESH;
        for window in &mut windows {
            window.signature = vec![0.0; columns];
            window.per_evidence = vec![0.0; columns];
            window.response = vec![0.0; columns * looked_at];
        }
        for part in &parts {
            let Some(own) = windows.get_mut(part.windows.clone()) else { continue };
            if let Some(first) = own.first_mut() {
                first.opens = true;
            }
            for (column, onset_s) in part.onsets_s.iter().enumerate() {
                follow(own, &short_mv(config, part, *onset_s), column, looked_at);
            }
            let mut start_s = part.from_s;
            for first in 0..own.len() {
                let short = short_mv(config, part, start_s);
                let column = fixed + (part.windows.start + first) % FRESH;
                let last = (first + FRESH).min(own.len());
                let Some(fresh) = own.get_mut(first..last) else { continue };
                start_s = fresh.first().map_or(start_s, |w| f64::from(w.end_s));
                follow(fresh, short.get(first..).unwrap_or_default(), column, looked_at);
            }
        }
        Tables { windows, parts, fixed, looked_at }
    }

    /// Times of closing that are followed side by side.
    pub fn columns(&self) -> usize {
        self.fixed + FRESH
    }

    /// The column whose short closes with window `at`: what stood in it before is done with.
    pub fn fresh_column(&self, at: usize) -> usize {
        self.fixed + at % FRESH
    }

    /// True for a column whose short closed within the last [`FRESH`] windows.
    pub fn is_fresh(&self, column: usize) -> bool {
        column >= self.fixed
    }

    /// When the short of a column closed, s, as seen in window `at`.
    pub fn onset_s(&self, at: usize, column: usize) -> f64 {
        if !self.is_fresh(column) {
            let part = self.parts.iter().find(|part| part.windows.contains(&at));
            return part.and_then(|part| part.onsets_s.get(column)).copied().unwrap_or(0.0);
        }
        let back = (FRESH + at - (column - self.fixed)) % FRESH;
        let before = at.checked_sub(back + 1).and_then(|w| self.windows.get(w));
        before.map_or(0.0, |w| f64::from(w.end_s))
    }

    /// Square of the first numbers of a cell over what sound cells have, 1 for a usual one, once a short of
    /// `siemens` that closed by `column` is taken out of them.
    pub fn strangeness(
        &self,
        window: &Window,
        column: usize,
        siemens: f64,
        number: impl Fn(usize) -> f64,
    ) -> f64 {
        let response = window.response.chunks_exact(self.looked_at).nth(column);
        let of = window.per_variance.iter().zip(response.unwrap_or_default()).enumerate();
        let squares = of.map(|(k, (per_variance, response))| {
            let own = number(k) - siemens * response;
            own * own * per_variance
        });
        squares.sum::<f64>() / self.looked_at as f64
    }

    /// What strangeness sound cells seldom exceed: one and a bit of the scatter of a mean of squares.
    pub fn usual(&self) -> f64 {
        1.0 + 1.2 * libm::sqrt(2.0 / self.looked_at as f64)
    }
}

/// Enters what a short does, mV in each window, into a column from the first of `windows` on.
fn follow(windows: &mut [Window], short_mv: &[f64], column: usize, looked_at: usize) {
    let mut x = vec![0.0; windows.first().map_or(0, |w| w.row.len())];
    let mut squares = 0.0;
    for (window, short) in windows.iter_mut().zip(short_mv) {
        let signature = innovate(window, &mut x, *short) * window.per_sd;
        squares += signature * signature;
        let shows = squares > 1e-12;
        let per = if shows { 1.0 / libm::sqrt(squares) } else { 0.0 };
        if let (Some(to), Some(per_to)) =
            (window.signature.get_mut(column), window.per_evidence.get_mut(column))
        {
            (*to, *per_to) = (signature, per);
        }
        let response = window.response.chunks_exact_mut(looked_at).nth(column);
        response.into_iter().flatten().zip(&x).for_each(|(to, x)| *to = *x);
    }
}

/// One window of the filter: innovation, and `x` after it.
fn innovate(window: &Window, x: &mut [f64], r: f64) -> f64 {
    if window.held {
        return 0.0;
    }
    let left = r - window.row.iter().zip(&*x).map(|(f, x)| f * x).sum::<f64>();
    x.iter_mut().zip(&window.gain).for_each(|(x, gain)| *x += gain * left);
    left
}

/// The Kalman filter of numbers that stand still, each of variance 1 at first.
fn gains(config: &FormationWatch, looked_at: usize) -> Vec<Window> {
    let width = config.width();
    let order = width + 1;
    let mut p = vec![0.0; order * order];
    let mut start_s = 0.0;
    let rows = config.factors_mv.chunks_exact(width);
    let of_window = config.ends_s.iter().zip(&config.current_a).zip(&config.noise_mv);
    rows.zip(of_window)
        .map(|(factors, ((end_s, current_a), noise_mv))| {
            if start_s == 0.0 || config.part_from_s.contains(&start_s) {
                p.fill(0.0);
                (0..order).for_each(|i| p[i * order + i] = 1.0);
            }
            start_s = *end_s;
            let held = config.held_ends_s.contains(end_s);
            // c = current: mA per mohm is mV
            let rests = libm::fabs(*current_a) < config.rest_a;
            let contact = if rests { 0.0 } else { current_a * CONTACT_SD_MOHM };
            let row: Vec<f64> = factors.iter().copied().chain([contact]).collect();
            // s = F*P*F' + noise^2; gain = P*F'/s; P = P - gain*F*P
            let pf: Vec<f64> = p
                .chunks_exact(order)
                .map(|p| p.iter().zip(&row).map(|(p, f)| p * f).sum())
                .collect();
            let s = row.iter().zip(&pf).map(|(f, pf)| f * pf).sum::<f64>() + noise_mv * noise_mv;
            let gain: Vec<f64> = pf.iter().map(|pf| pf / s).collect();
            for i in 0..if held { 0 } else { order } {
                for j in 0..order {
                    p[i * order + j] -= gain[i] * pf[j];
                }
            }
            let left = p[order * order - 1].max(0.0);
            // variance of an estimate: 1 before anything is seen, less what is still unknown
            let seen = |k: usize| (1.0 - p[k * (order + 1)]).max(LEAST_VARIANCE);
            Window {
                end_s: *end_s as u32,
                current_a: *current_a,
                held,
                opens: false,
                row,
                gain,
                per_sd: 1.0 / libm::sqrt(s),
                contact_sd_mohm: CONTACT_SD_MOHM * libm::sqrt(left),
                per_variance: (0..looked_at).map(|k| 1.0 / seen(k)).collect(),
                signature: Vec::new(),
                per_evidence: Vec::new(),
                response: Vec::new(),
            }
        })
        .collect()
}

/// What a short of one siemens, closed at `onset_s`, does to the mean of each window of a part, mV.
fn short_mv(config: &FormationWatch, part: &Part, onset_s: f64) -> Vec<f64> {
    let mut start_s = part.from_s;
    // before the part the voltage is about that of its first window
    let first_v = config.median_v.get(part.windows.start).copied().unwrap_or(0.0);
    let mut lost_ah = first_v * (part.from_s - onset_s).max(0.0) / 3600.0;
    let of_window = config.ends_s.iter().zip(&config.median_v).zip(&config.slope_mv_per_ah);
    of_window
        .skip(part.windows.start)
        .take(part.windows.len())
        .map(|((end_s, volt), slope)| {
            let closed_s = (end_s - start_s.max(onset_s)).max(0.0);
            start_s = *end_s;
            let in_window_ah = volt * closed_s / 3600.0;
            lost_ah += in_window_ah;
            let drop = if closed_s > 0.0 { config.resistance_mohm * volt } else { 0.0 };
            -slope * (lost_ah - 0.5 * in_window_ah) - drop
        })
        .collect()
}
