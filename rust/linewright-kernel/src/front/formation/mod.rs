//! Shorts, contacts and finished trays of a formation line: verdicts within minutes, from 1 Hz channels.
//!
//! Each cell is compared with its tray. Over window `w` of the programme a channel reads, mV from its tray,
//! `r[w] = F[w]*x + c[w]*contact + s[w]/R + e[w]`: `F` the ways in which sound cells differ (learnt from
//! sound trays: capacity, efficiency, film, resistance, temperature, offset), `c` the current, `s` what a
//! short of one siemens does, `e` noise of `noise_mv`. `x` and `contact` are followed by a Kalman filter whose
//! gains belong to the programme, not to the cell: made once in `design`, a cell costs a few multiply-adds a
//! window. The tray's reference is the median of what the filters leave over, so that one cell astray moves
//! nobody. The short is sought in the innovations by the likelihood ratio, for each time at which it may
//! have closed:
//! `z = sum(g*v)/sqrt(sum(g*g))`, `g` the innovations a short of one siemens makes (Willsky and Jones 1976).
//! `s = -slope*Q - R*V`: charge lost `Q = integral(V dt)` on the slope of the median cell, and the drop by
//! the short's own current. A bad contact is one of the followed numbers: it is named as such and takes
//! no part in the search for shorts.
//!
//! Times of closing are fixed ones, `onset_every_s` apart, and the start of each of the last 20 windows.
//!
//! Few numbers do not describe a cell over a whole programme. Where `part_from_s` says so a new part begins: its own
//! factors, its filter and its evidence at their start; its times of closing reach an hour back before it. In the
//! windows of `held_ends_s` channels hold a voltage, each from another moment on, and their voltages say nothing: they
//! are passed over. A cell whose own current leaves the programme elsewhere (a bad contact makes a channel reach
//! its limit too soon) is not compared any more, nor is one behind a held voltage whose contact was named: what charge
//! it lacks is no short's.
//!
//! Straight lines do not describe a cell far out to the last, and what they leave can look like a short. A cell
//! whose evidence is beyond the limit is asked whether it would be a usual one without that short: with
//! `m = mean((x - x_short/R)^2/var(x))` over its first 11 numbers, 1 for sound cells, `z` is divided by
//! `1 + min(9, max(0, m - 1 - 1.2*sqrt(2/11)))`. The cells of a poorly wetted lot are far out in the numbers of the
//! lot and stay the lot's; a shorted cell is a usual one but for its short.
//!
//! Behind the discharge of a tray: resistance after 10 s of the pulse at low charge (Weng et al. 2021),
//! coulombic efficiency, energies; medians over its cells, one finished tray a second.
//!
//! How far each tray is: one running tray a second is told (`told_*`), one not told yet first, the others in turn;
//! its age, the phase it is in (counted by the changes of the current's direction) and since when.
//!
//! Verdicts wait in a queue; every second tick, with or without blocks, hands out one, so that `verdicts`
//! stands still between two of them. `confidence` of a short is
//! `p/(p + f*exp(limit - z))`, `p` the share of shorted cells, `f` of sound cells beyond the limit.

mod lanes;
mod queue;
mod tables;
mod watch;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use super::FrontEndDesign;
use crate::{DesignError, Port};
pub use watch::FormationWatchFrontEnd;

/// Cells of a tray.
pub const TRAY: usize = 32;
/// Most windows of a programme.
const MOST_WINDOWS: usize = 4096;
/// Most ways in which sound cells differ.
const MOST_FACTORS: usize = 32;
/// Most times at which a short may have closed.
const MOST_ONSETS: usize = 64;

/// Class of a verdict, as it stands in the channel `class`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormationClass {
    /// 1: the contact of a channel resists; the cell is sound.
    Contact,
    /// 2: an internal short below 3 ohm.
    HardShort,
    /// 3: an internal short of 3 ohm and more.
    SoftShort,
}

/// Config of the formation watch: how the rack is made, and what sound trays were like under its programme.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormationWatch {
    /// Slots of the rack, each for a tray of 32 cells; 1 to 10,000.
    pub slots: u32,
    /// Ends of the windows, s since the tray was plugged in; whole, rising, the first before the current
    /// starts.
    pub ends_s: Vec<f64>,
    /// Ways in which sound cells differ, mV per standard deviation; one row of equal length for each window, row
    /// behind row; at most 32 in a row, the largest first.
    pub factors_mv: Vec<f64>,
    /// Starts of the parts behind the first, s since the tray was plugged in; rising, each the end of a window. Left
    /// out: one part.
    #[serde(default)]
    pub part_from_s: Vec<f64>,
    /// Ends of the windows in which channels hold a voltage, s; these are not compared. Left out: none.
    #[serde(default)]
    pub held_ends_s: Vec<f64>,
    /// Noise of the mean of a window, mV; positive, one for each window.
    pub noise_mv: Vec<f64>,
    /// Voltage of the median cell, V, one for each window.
    pub median_v: Vec<f64>,
    /// Slope of the median cell's voltage over its charge, mV/Ah, one for each window.
    pub slope_mv_per_ah: Vec<f64>,
    /// Current of the programme, A, one for each window.
    pub current_a: Vec<f64>,
    /// Resistance of a cell, mohm: what a short's own current drops at once.
    pub resistance_mohm: f64,
    /// Length of the programme, s: when a slot becomes free.
    pub programme_s: f64,
    /// Evidence at which a short is called, standard deviations; positive.
    pub limit_z: f64,
    /// Contact resistance above which a contact is called bad, mohm; positive.
    pub contact_limit_mohm: f64,
    /// Time between two times at which a short may have closed, s; at most 64 of them in the first part. In a later
    /// one they are as many times as far apart as leave at most 64.
    pub onset_every_s: f64,
    /// Current below which a channel rests, A; positive.
    pub rest_a: f64,
    /// Mean current of a tray off the programme by more than this ends its comparison, an eighth of it in one
    /// cell that of the cell, A; positive.
    pub off_programme_a: f64,
    /// Share of cells with a short; 0 to 1, both excluded.
    pub short_share: f64,
    /// Share of sound cells beyond the limit; 0 to 1, both excluded.
    pub false_share: f64,
}

impl FrontEndDesign for FormationWatch {
    type FrontEnd = FormationWatchFrontEnd;
    const NAME: &'static str = "FormationWatch";
    const BLOCKS: &'static [Port] = &[
        Port::new("voltage", "a"),
        Port::new("current", "b"),
        Port::new("temperature", "c"),
        Port::new("tray", "1"),
    ];
    const OUTPUTS: &'static [Port] = &[
        Port::new("verdicts", "1"),
        Port::new("channel", "1"),
        Port::new("tray_number", "1"),
        Port::new("verdict_class", "1"),
        Port::new("z", "1"),
        Port::new("short_ohm", "o"),
        Port::new("contact_mohm", "m"),
        Port::new("confidence", "1"),
        Port::new("age_s", "s"),
        Port::new("closed_s", "s"),
        Port::new("waiting", "1"),
        Port::new("trays_done", "1"),
        Port::new("done_tray", "1"),
        Port::new("done_slot", "1"),
        Port::new("resistance_mohm", "m"),
        Port::new("efficiency", "1"),
        Port::new("capacity_ah", "q"),
        Port::new("charged_wh", "e"),
        Port::new("discharged_wh", "e"),
        Port::new("pulse_temperature", "c"),
        Port::new("trays_running", "1"),
        Port::new("next_free_s", "s"),
        Port::new("trays_off_programme", "1"),
        Port::new("done_age_s", "s"),
        Port::new("told_tray", "1"),
        Port::new("told_slot", "1"),
        Port::new("told_age_s", "s"),
        Port::new("told_phase", "1"),
        Port::new("told_in_phase_s", "s"),
    ];

    fn design(&self) -> Result<FormationWatchFrontEnd, DesignError> {
        self.check()?;
        FormationWatchFrontEnd::new(self)
    }
}

impl FormationWatch {
    /// Factors in a row.
    fn width(&self) -> usize {
        self.factors_mv.len() / self.ends_s.len().max(1)
    }

    fn check(&self) -> Result<(), DesignError> {
        let slots = (1..=10_000).contains(&self.slots);
        DesignError::unless(slots, "slots", "1 to 10,000", f64::from(self.slots))?;
        let windows = self.ends_s.len();
        let served = (2..=MOST_WINDOWS).contains(&windows);
        DesignError::unless(served, "ends_s", "2 to 4096 numbers", windows as f64)?;
        for (name, list) in [
            ("ends_s", &self.ends_s),
            ("factors_mv", &self.factors_mv),
            ("noise_mv", &self.noise_mv),
            ("median_v", &self.median_v),
            ("slope_mv_per_ah", &self.slope_mv_per_ah),
            ("current_a", &self.current_a),
        ] {
            DesignError::finite_list(name, list)?;
            let large = list.iter().find(|x| libm::fabs(**x) > 1e6);
            DesignError::unless(large.is_none(), name, "within 1e6", *large.unwrap_or(&0.0))?;
            let each = if name == "factors_mv" { windows * self.width() } else { windows };
            let right = list.len() == each;
            DesignError::unless(right, name, "one for each window", list.len() as f64)?;
        }
        let width = self.width();
        let served = (1..=MOST_FACTORS).contains(&width);
        DesignError::unless(served, "factors_mv", "1 to 32 in a row", width as f64)?;
        let mut last = 0.0;
        for end in &self.ends_s {
            let rises = *end >= last + 1.0 && *end == libm::floor(*end);
            DesignError::unless(rises, "ends_s", "whole and rising", *end)?;
            last = *end;
        }
        self.check_marks("part_from_s", &self.part_from_s, windows - 1)?;
        self.check_marks("held_ends_s", &self.held_ends_s, windows)?;
        let least = self.noise_mv.iter().copied().fold(f64::INFINITY, f64::min);
        DesignError::unless(least >= 1e-6, "noise_mv", "at least 1e-6", least)?;
        self.check_numbers(last)
    }

    /// Each a rising end of one of the first windows.
    fn check_marks(
        &self,
        name: &'static str,
        marks_s: &[f64],
        windows: usize,
    ) -> Result<(), DesignError> {
        let mut last = 0.0;
        for mark in marks_s {
            let ends = self.ends_s.iter().take(windows).any(|end| end == mark);
            DesignError::unless(ends && *mark > last, name, "rising ends of windows", *mark)?;
            last = *mark;
        }
        Ok(())
    }

    fn check_numbers(&self, last_s: f64) -> Result<(), DesignError> {
        let longer = (last_s..=1e7).contains(&self.programme_s);
        let must_be = "at least the last window's end, at most 1e7";
        DesignError::unless(longer, "programme_s", must_be, self.programme_s)?;
        DesignError::not_negative("resistance_mohm", self.resistance_mohm)?;
        for (name, value) in [
            ("limit_z", self.limit_z),
            ("contact_limit_mohm", self.contact_limit_mohm),
            ("onset_every_s", self.onset_every_s),
            ("rest_a", self.rest_a),
            ("off_programme_a", self.off_programme_a),
        ] {
            DesignError::positive(name, value)?;
        }
        let first_s = self.part_from_s.first().copied().unwrap_or(last_s);
        let few = first_s / self.onset_every_s <= MOST_ONSETS as f64;
        let must_be = "at least a 64th of the first part";
        DesignError::unless(few, "onset_every_s", must_be, self.onset_every_s)?;
        for (name, share) in [("short_share", self.short_share), ("false_share", self.false_share)]
        {
            let share_of = share > 0.0 && share < 1.0;
            DesignError::unless(share_of, name, "between 0 and 1", share)?;
        }
        Ok(())
    }
}
