//! What of the comparison belongs to the programme and not to the cell: gains and signatures.

use alloc::vec;
use alloc::vec::Vec;

use super::FormationWatch;

/// Standard deviation of the contact resistance before anything is seen, mohm: wide, so that a short is
/// sought in what no contact explains.
pub const CONTACT_SD_MOHM: f64 = 10.0;

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
    /// What a short of one siemens that closes with the window does to its mean, mV.
    pub fresh_mv: f64,
    /// Innovations, in standard deviations, of a short of one siemens, one for each time of closing.
    pub signature: Vec<f64>,
    /// `1/sqrt(sum(signature^2))` up to here; 0 before a short shows.
    pub per_evidence: Vec<f64>,
}

/// All windows, and when a short may have closed, s.
#[derive(Debug, Clone)]
pub struct Tables {
    pub windows: Vec<Window>,
    pub onsets_s: Vec<f64>,
}

impl Tables {
    /// Of a checked config.
    pub fn of(config: &FormationWatch) -> Self {
        let mut windows = gains(config);
        let last_s = config.ends_s.last().copied().unwrap_or(0.0);
        let count = libm::floor(last_s / config.onset_every_s) as usize;
        // One at the very end would never show.
        let onsets_s: Vec<f64> =
            (0..count.max(1)).map(|i| i as f64 * config.onset_every_s).collect();
        for onset_s in &onsets_s {
            let short = short_mv(config, *onset_s);
            let mut x = vec![0.0; config.width() + 1];
            let mut squares = 0.0;
            for (window, short) in windows.iter_mut().zip(&short) {
                let left = innovate(window, &mut x, *short);
                let signature = left * window.per_sd;
                squares += signature * signature;
                window.signature.push(signature);
                let shows = squares > 1e-12;
                window.per_evidence.push(if shows { 1.0 / libm::sqrt(squares) } else { 0.0 });
            }
        }
        Tables { windows, onsets_s }
    }
}

/// One window of the filter: innovation, and `x` after it.
fn innovate(window: &Window, x: &mut [f64], r: f64) -> f64 {
    let left = r - window.row.iter().zip(&*x).map(|(f, x)| f * x).sum::<f64>();
    x.iter_mut().zip(&window.gain).for_each(|(x, gain)| *x += gain * left);
    left
}

/// The Kalman filter of numbers that stand still, each of variance 1 at first.
fn gains(config: &FormationWatch) -> Vec<Window> {
    let width = config.width();
    let order = width + 1;
    let mut p = vec![0.0; order * order];
    (0..order).for_each(|i| p[i * order + i] = 1.0);
    let rows = config.factors_mv.chunks_exact(width).zip(fresh_mv(config));
    let of_window = config.ends_s.iter().zip(&config.current_a).zip(&config.noise_mv);
    rows.zip(of_window)
        .map(|((factors, fresh_mv), ((end_s, current_a), noise_mv))| {
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
            Window {
                end_s: *end_s as u32,
                current_a: *current_a,
                row,
                gain,
                per_sd: 1.0 / libm::sqrt(s),
                contact_sd_mohm: CONTACT_SD_MOHM * libm::sqrt(left),
                fresh_mv,
                signature: Vec::new(),
                per_evidence: Vec::new(),
            }
        })
        .collect()
}

/// What a short of one siemens does to the mean of the window it closes with, mV.
fn fresh_mv(config: &FormationWatch) -> Vec<f64> {
    let mut start_s = 0.0;
    let of_window = config.ends_s.iter().zip(&config.median_v).zip(&config.slope_mv_per_ah);
    of_window
        .map(|((end_s, volt), slope)| {
            let lost_ah = 0.5 * volt * (end_s - start_s) / 3600.0;
            start_s = *end_s;
            -slope * lost_ah - config.resistance_mohm * volt
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
