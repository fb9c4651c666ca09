//! Runs rules on a Shewhart chart (Western Electric 1956; Nelson 1984): several small signs instead of one
//! large one, paid for with false alarms.
//!
//! `z = (x - mean)/sigma`; the zones end at one, two and three thirds of `limit_sigma` (at 1, 2 and 3 sigma).
//! `set = "western_electric"`: 1 one beyond three; 2 two of three beyond two on one side; 3 four of five beyond
//! one on one side; 4 eight in a row on one side. `set = "nelson"`: 1 one beyond three; 2 nine in a row on one
//! side; 3 six in a row rising or falling; 4 fourteen in a row up and down in turn; 5 two of three beyond two on
//! one side; 6 four of five beyond one on one side; 7 fifteen in a row within one; 8 eight in a row beyond one
//! on either side. `rule` is the lowest rule that fires, 0 for none; `alarm` its side: `+1` above, `-1` below, and
//! for rules without a side (Nelson 4, 7, 8) that of the newest reading. With `restart` the history is
//! forgotten after the sample that alarmed; without, a rule fires as long as its pattern stands. `mean`,
//! `sigma` in the unit of `x`. Run lengths: an exact Markov chain (Champ and Woodall 1987); with Nelson's rules
//! 3 or 4, which compare readings, 20,000 seeded runs. All eight of Nelson's give a false alarm every 74 samples.

use super::arl::{check_arl0, search};
use super::arl_runs::{runs_rules_arl, simulated};
use super::{Baseline, Chart};
use crate::{Design, DesignError, Kernel, List, Port};

/// Which book of rules the numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSet {
    /// Western Electric, rules 1 to 4.
    WesternElectric,
    /// Nelson, rules 1 to 8.
    Nelson,
}

/// Config of the runs rules.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunsRules {
    /// Mean in control, unit of `x`.
    pub mean: f64,
    /// Standard deviation in control, unit of `x`; positive.
    pub sigma: f64,
    /// The book the rules are numbered in: `"western_electric"` or `"nelson"`.
    pub set: RuleSet,
    /// Rules that count: numbers 1 to 4 or 1 to 8, at least one.
    pub rules: List<8>,
    /// Outermost limit, sigma; positive (default 3). The others stand at a third and two thirds of it.
    #[serde(default = "three")]
    pub limit_sigma: f64,
    /// Forget the history after an alarm.
    pub restart: bool,
}

fn three() -> f64 {
    3.0
}

/// The patterns of both books. A bit of a mask says that a pattern is watched, or has fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    Beyond3,
    TwoOfThree,
    FourOfFive,
    OneSide,
    Trend,
    UpAndDown,
    Within1,
    Beyond1,
}

use Pattern::{Beyond1, Beyond3, FourOfFive, OneSide, Trend, TwoOfThree, UpAndDown, Within1};

const WESTERN: [Pattern; 4] = [Beyond3, TwoOfThree, FourOfFive, OneSide];
const NELSON: [Pattern; 8] =
    [Beyond3, OneSide, Trend, UpAndDown, TwoOfThree, FourOfFive, Within1, Beyond1];

impl RuleSet {
    fn patterns(self) -> &'static [Pattern] {
        match self {
            Self::WesternElectric => &WESTERN,
            Self::Nelson => &NELSON,
        }
    }
}

/// What is watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched {
    mask: u8,
    /// Readings of a run on one side.
    side_run: u8,
}

impl Watched {
    pub(super) fn has(self, pattern: Pattern) -> bool {
        self.mask & (1 << pattern as u8) != 0
    }
}

/// History of the zones, as far as the watched patterns need it: all zero is none.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Zones {
    /// 1 above, 2 below the mean, and readings in a row there.
    side: u8,
    run: u8,
    /// Bits of the last readings, newest lowest: beyond two and one, above and below.
    above2: u8,
    below2: u8,
    above1: u8,
    below1: u8,
    within1: u8,
    beyond1: u8,
}

/// What fired: a mask of patterns, above or without a side, and below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fired {
    above: u8,
    below: u8,
}

impl Fired {
    pub(super) fn any(self) -> bool {
        self.above | self.below != 0
    }
}

/// One more bit in a window of `size`; true when the newest is set and `of` of them are.
fn window(bits: &mut u8, hit: bool, size: u8, of: u32) -> bool {
    let full = ((*bits << 1) | u8::from(hit)) & ((1 << size) - 1);
    // The oldest falls out with the next reading.
    *bits = full & ((1 << (size - 1)) - 1);
    hit && full.count_ones() >= of
}

fn count(run: &mut u8, hit: bool, of: u8) -> bool {
    *run = if hit { run.saturating_add(1).min(of) } else { 0 };
    *run >= of
}

impl Zones {
    /// A reading of `third` thirds of the limit, whole and towards zero (0 to 3), on a side (1 above, 2 below,
    /// 0 neither).
    pub(super) fn advance(&mut self, watched: Watched, third: u8, side: u8) -> Fired {
        let mut fired = Fired { above: 0, below: 0 };
        let (above, below) = (side == 1, side == 2);
        let mut note = |pattern: Pattern, up: bool, down: bool| {
            fired.above |= u8::from(up) << pattern as u8;
            fired.below |= u8::from(down) << pattern as u8;
        };
        if watched.has(Beyond3) {
            note(Beyond3, above && third >= 3, below && third >= 3);
        }
        if watched.has(TwoOfThree) {
            let up = window(&mut self.above2, above && third >= 2, 3, 2);
            note(TwoOfThree, up, window(&mut self.below2, below && third >= 2, 3, 2));
        }
        if watched.has(FourOfFive) {
            let up = window(&mut self.above1, above && third >= 1, 5, 4);
            note(FourOfFive, up, window(&mut self.below1, below && third >= 1, 5, 4));
        }
        if watched.has(OneSide) {
            let same = side != 0 && side == self.side;
            if !same {
                self.run = 0;
            }
            self.side = side;
            let full = count(&mut self.run, side != 0, watched.side_run);
            note(OneSide, full && above, full && below);
        }
        if watched.has(Within1) {
            let full = count(&mut self.within1, third == 0, 15);
            note(Within1, full && !below, full && below);
        }
        if watched.has(Beyond1) {
            let full = count(&mut self.beyond1, third >= 1, 8);
            note(Beyond1, full && above, full && below);
        }
        fired
    }
}

/// Coefficients of [`RunsRules`].
#[derive(Debug, Clone, Copy)]
pub struct RunsRulesKernel {
    baseline: Baseline,
    third: f64,
    set: RuleSet,
    watched: Watched,
    restart: bool,
}

/// State of [`RunsRules`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RunsRulesState {
    zones: Zones,
    last: f64,
    /// 1 once a reading was seen.
    seen: u32,
    /// Direction of the last difference (1 up, 2 down), readings in a row that way, readings in turn.
    direction: u8,
    trend: u8,
    turns: u8,
    unused: u8,
}

impl RunsRules {
    pub(super) fn watched(&self) -> Result<Watched, DesignError> {
        let patterns = self.set.patterns();
        DesignError::unless(!self.rules.is_empty(), "rules", "at least one", f64::NAN)?;
        let mut mask = 0;
        for rule in self.rules.iter().copied() {
            let named = patterns.iter().enumerate().find(|(i, _)| rule == *i as f64 + 1.0);
            let bound = match self.set {
                RuleSet::WesternElectric => "whole numbers from 1 to 4",
                RuleSet::Nelson => "whole numbers from 1 to 8",
            };
            DesignError::unless(named.is_some(), "rules", bound, rule)?;
            mask |= named.map_or(0, |(_, p)| 1 << *p as u8);
        }
        let side_run = if self.set == RuleSet::Nelson { 9 } else { 8 };
        Ok(Watched { mask, side_run })
    }
}

impl Design for RunsRules {
    type Kernel = RunsRulesKernel;
    const NAME: &'static str = "RunsRules";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("z", "1"), Port::new("rule", "1"), Port::new("alarm", "1")];

    fn design(&self, period_s: f64) -> Result<RunsRulesKernel, DesignError> {
        DesignError::period(period_s)?;
        let baseline = Baseline::new(self.mean, self.sigma)?;
        let watched = self.watched()?;
        DesignError::positive("limit_sigma", self.limit_sigma)?;
        let (third, set, restart) = (self.limit_sigma / 3.0, self.set, self.restart);
        Ok(RunsRulesKernel { baseline, third, set, watched, restart })
    }
}

impl Chart for RunsRules {
    const THRESHOLD: &'static str = "limit_sigma";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        let watched = self.watched()?;
        if watched.has(Trend) || watched.has(UpAndDown) {
            let standard = Self { mean: 0.0, sigma: 1.0, ..self.clone() };
            return simulated(&standard.design(1.0)?, 2, shift);
        }
        runs_rules_arl(watched, self.limit_sigma, shift)
    }

    /// Refused with Nelson's rules 3 or 4, whose run length is known by simulation alone. A run on one side
    /// does not depend on the limit: with it, an ARL above some 250 is out of reach.
    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        let watched = self.watched()?;
        let exact = !watched.has(Trend) && !watched.has(UpAndDown);
        let bound = "without Nelson's 3 and 4 for a limit";
        DesignError::unless(exact, "rules", bound, if watched.has(Trend) { 3.0 } else { 4.0 })?;
        check_arl0(arl0)?;
        let limit_sigma = search(arl0, 0.05, 9.0, |limit| runs_rules_arl(watched, limit, 0.0))?;
        Ok(Self { limit_sigma, ..self })
    }
}

impl RunsRulesKernel {
    /// Patterns that compare readings.
    fn compare(&self, s: &mut RunsRulesState, z: f64, fired: &mut Fired) {
        let direction = u8::from(z > s.last) + 2 * u8::from(z < s.last);
        let moved = s.seen != 0 && direction != 0;
        let onward = moved && direction == s.direction;
        let turned = moved && !onward && s.direction != 0;
        // Two readings make the first step of a trend or of a turn.
        s.trend = if onward { s.trend.saturating_add(1).min(6) } else { 1 + u8::from(moved) };
        s.turns = if turned { s.turns.saturating_add(1).min(14) } else { 1 + u8::from(moved) };
        s.direction = if moved { direction } else { 0 };
        (s.last, s.seen) = (z, 1);
        if self.watched.has(Trend) && s.trend >= 6 {
            fired.above |= u8::from(direction == 1) << Trend as u8;
            fired.below |= u8::from(direction == 2) << Trend as u8;
        }
        if self.watched.has(UpAndDown) && s.turns >= 14 {
            fired.above |= u8::from(z >= 0.0) << UpAndDown as u8;
            fired.below |= u8::from(z < 0.0) << UpAndDown as u8;
        }
    }
}

impl Kernel for RunsRulesKernel {
    type State = RunsRulesState;
    type Input = f64;
    type Output = [f64; 3];

    #[inline]
    fn step(&self, s: &mut RunsRulesState, _: &mut [f64], x: f64) -> [f64; 3] {
        let z = self.baseline.z(x);
        let size = libm::fabs(z);
        let beyond = |thirds: f64| u8::from(size > thirds * self.third);
        let third = beyond(1.0) + beyond(2.0) + beyond(3.0);
        let side = u8::from(z > 0.0) + 2 * u8::from(z < 0.0);
        let mut fired = s.zones.advance(self.watched, third, side);
        self.compare(s, z, &mut fired);
        let set = |p: &Pattern| (fired.above | fired.below) & (1 << *p as u8) != 0;
        let rule = self.set.patterns().iter().position(set);
        let pattern = rule.and_then(|i| self.set.patterns().get(i));
        let above = pattern.is_some_and(|p| fired.above & (1 << *p as u8) != 0);
        let alarm = f64::from(i8::from(above) - i8::from(pattern.is_some() && !above));
        if self.restart && pattern.is_some() {
            *s = bytemuck::Zeroable::zeroed();
        }
        [z, rule.map_or(0.0, |i| i as f64 + 1.0), alarm]
    }
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
