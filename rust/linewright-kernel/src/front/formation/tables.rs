//! What of the comparison belongs to the programme and not to the cell: gains and signatures.

use alloc::vec;
use alloc::vec::Vec;

use super::FormationWatch;

/// Standard deviation of the contact resistance before anything is seen, mohm: wide, so that a short is
/// sought in what no contact explains.
pub const CONTACT_SD_MOHM: f64 = 10.0;

/// Windows for which the start of each is a time of closing of its own.
pub const FRESH: usize = 20;
/// Numbers of a cell, the largest first, that say whether it is a usual one.
const LOOKED_AT: usize = 11;
/// Least variance of a number that is looked at: below it nothing of it was seen yet.
const LEAST_VARIANCE: f64 = 0.05;

/// One window of the programme.
#[derive(Debug, Clone)]
pub struct Window {
    /// Its end, s.
    pub end_s: u32,
    /// Current of the programme, A.
    pub current_a: f64,
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

/// All windows, and when a short may have closed, s: at fixed times, and at the start of each of the last
/// [`FRESH`] windows.
#[derive(Debug, Clone)]
pub struct Tables {
    pub windows: Vec<Window>,
    onsets_s: Vec<f64>,
    /// Numbers that are looked at.
    looked_at: usize,
}

impl Tables {
    /// Of a checked config.
    pub fn of(config: &FormationWatch) -> Self {
        let looked_at = LOOKED_AT.min(config.width());
        let mut windows = gains(config, looked_at);
        let last_s = config.ends_s.last().copied().unwrap_or(0.0);
        let count = libm::floor(last_s / config.onset_every_s) as usize;
        // One at the very end would never show.
        let onsets_s: Vec<f64> =
            (0..count.max(1)).map(|i| i as f64 * config.onset_every_s).collect();
        let columns = onsets_s.len() + FRESH;
        for window in &mut windows {
            window.signature = vec![0.0; columns];
            window.per_evidence = vec![0.0; columns];
            window.response = vec![0.0; columns * looked_at];
        }
        for (column, onset_s) in onsets_s.iter().enumerate() {
            follow(&mut windows, &short_mv(config, *onset_s), column, looked_at);
        }
        let mut start_s = 0.0;
        for (first, end_s) in config.ends_s.iter().enumerate() {
            let short = short_mv(config, start_s);
            start_s = *end_s;
            let last = (first + FRESH).min(windows.len());
            let column = onsets_s.len() + first % FRESH;
            if let (Some(own), Some(short)) = (windows.get_mut(first..last), short.get(first..)) {
                follow(own, short, column, looked_at);
            }
        }
        Tables { windows, onsets_s, looked_at }
    }

    /// Times of closing that are followed side by side.
    pub fn columns(&self) -> usize {
        self.onsets_s.len() + FRESH
    }

    /// The column whose short closes with window `at`: what stood in it before is done with.
    pub fn fresh_column(&self, at: usize) -> usize {
        self.onsets_s.len() + at % FRESH
    }

    /// True for a column whose short closed within the last [`FRESH`] windows.
    pub fn is_fresh(&self, column: usize) -> bool {
        column >= self.onsets_s.len()
    }

    /// When the short of a column closed, s, as seen in window `at`.
    pub fn onset_s(&self, at: usize, column: usize) -> f64 {
        if let Some(onset_s) = self.onsets_s.get(column) {
            return *onset_s;
        }
        let back = (FRESH + at - (column - self.onsets_s.len())) % FRESH;
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
    let left = r - window.row.iter().zip(&*x).map(|(f, x)| f * x).sum::<f64>();
    x.iter_mut().zip(&window.gain).for_each(|(x, gain)| *x += gain * left);
    left
}

/// The Kalman filter of numbers that stand still, each of variance 1 at first.
fn gains(config: &FormationWatch, looked_at: usize) -> Vec<Window> {
    let width = config.width();
    let order = width + 1;
    let mut p = vec![0.0; order * order];
    (0..order).for_each(|i| p[i * order + i] = 1.0);
    let rows = config.factors_mv.chunks_exact(width);
    let of_window = config.ends_s.iter().zip(&config.current_a).zip(&config.noise_mv);
    rows.zip(of_window)
        .map(|(factors, ((end_s, current_a), noise_mv))| {
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
            for i in 0..order {
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

/// What a short of one siemens, closed at `onset_s`, does to the mean of each window, mV.
fn short_mv(config: &FormationWatch, onset_s: f64) -> Vec<f64> {
    let (mut start_s, mut lost_ah) = (0.0_f64, 0.0);
    let of_window = config.ends_s.iter().zip(&config.median_v).zip(&config.slope_mv_per_ah);
    of_window
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
