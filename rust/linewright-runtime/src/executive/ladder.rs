//! What a loop does that does not keep its deadline: warn, shed, hold, safe.
//!
//! The deadline is on the response: scheduled release to output written. A pure state machine of one
//! bit per cycle, late or not; a cycle left out is late. A rung is taken when its count of late
//! cycles in a row, or of late cycles in the window, is reached. Down it goes rung by rung, each after
//! so many cycles in time; from `safe` only by the operator's reset.

use crate::config::{LoopConfig, RungConfig};
use crate::gate::ConfigError;
use crate::record::Rung;

/// Longest window, cycles: one bit each.
const WINDOW_MOST: u32 = 65_536;
/// Defaults: of the window and of the cycles in time that lead one rung down.
const WINDOW_CYCLES: u32 = 1000;
const RECOVER_CYCLES: u32 = 100;
/// Defaults of the two rungs that touch no output, (in a row, in the window). `hold` and `safe` are declared
/// or do not exist.
const WARN: Rule = Rule { consecutive: 3, windowed: 10 };
const SHED: Rule = Rule { consecutive: 10, windowed: 50 };
/// A rung that is not declared.
const NEVER: Rule = Rule { consecutive: u64::MAX, windowed: u64::MAX };
/// The rungs a rule leads to, lowest first.
const RUNGS: [Rung; 4] = [Rung::Warn, Rung::Shed, Rung::Hold, Rung::Safe];

/// Late cycles that lead to a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rule {
    consecutive: u64,
    windowed: u64,
}

impl Rule {
    fn new(stated: &RungConfig) -> Self {
        let or_never = |n: Option<u32>| n.map_or(u64::MAX, u64::from);
        Self { consecutive: or_never(stated.consecutive), windowed: or_never(stated.windowed) }
    }

    fn met(self, in_a_row: u64, in_window: u64) -> bool {
        in_a_row >= self.consecutive || in_window >= self.windowed
    }
}

/// Checked rules of one loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LadderRules {
    /// Scheduled release to output written, ns.
    pub deadline_ns: u64,
    /// Cycles at the start that are not judged.
    pub startup_cycles: u64,
    /// Cycles in the window.
    pub window_cycles: u64,
    /// Left out while a loop that is on `shed` goes on being late.
    pub sheddable: bool,
    recover_cycles: u64,
    rules: [Rule; 4],
}

impl LadderRules {
    /// Checks the table of loop `name`, which runs at `rate_hz`. Without a table: one period, one
    /// second of cycles not judged, warn and shed alone.
    ///
    /// # Errors
    /// Every field out of its range; a higher rung that is reached before a lower one.
    pub fn check(name: &str, table: &LoopConfig, rate_hz: u32) -> Result<Self, Vec<ConfigError>> {
        let key = format!("loops.{name}");
        let mut errors = Vec::new();
        let mut wrong = |field: &str, expected: String, got: String| {
            errors.push(ConfigError::new(key.clone(), field, expected, got));
        };
        let period_us = 1e6 / f64::from(rate_hz.max(1));
        let deadline_us = table.deadline_us.unwrap_or(period_us);
        if !(deadline_us >= 1.0 && deadline_us <= period_us) {
            let expected = format!("1 to {period_us}, the period");
            wrong("deadline_us", expected, deadline_us.to_string());
        }
        let window = table.window_cycles.unwrap_or(WINDOW_CYCLES);
        if !(1..=WINDOW_MOST).contains(&window) {
            wrong("window_cycles", format!("1 to {WINDOW_MOST}"), window.to_string());
        }
        let recover = table.recover_cycles.unwrap_or(RECOVER_CYCLES);
        if recover == 0 {
            wrong("recover_cycles", "1 or more".to_owned(), "0".to_owned());
        }
        let mut rules = [WARN, SHED, NEVER, NEVER];
        let stated = [&table.warn, &table.shed, &table.hold, &table.safe];
        for ((rule, stated), rung) in rules.iter_mut().zip(stated).zip(RUNGS) {
            let Some(stated) = stated else { continue };
            *rule = Rule::new(stated);
            for (field, n) in [("consecutive", stated.consecutive), ("windowed", stated.windowed)] {
                let most = if field == "windowed" { window } else { u32::MAX };
                if n.is_some_and(|n| n == 0 || n > most) {
                    let text = n.map_or(String::new(), |n| n.to_string());
                    wrong(&format!("{}.{field}", rung.name()), format!("1 to {most}"), text);
                }
            }
            if *rule == NEVER {
                wrong(
                    rung.name(),
                    "consecutive, windowed or both".to_owned(),
                    "neither".to_owned(),
                );
            }
        }
        let sorted = |of: fn(&Rule) -> u64| {
            let declared: Vec<u64> = rules.iter().map(of).filter(|n| *n != u64::MAX).collect();
            declared.is_sorted()
        };
        if !(sorted(|r| r.consecutive) && sorted(|r| r.windowed)) {
            let expected = "counts that rise from warn over shed and hold to safe".to_owned();
            wrong("", expected, format!("{:?}", rules.map(|r| (r.consecutive, r.windowed))));
        }
        let startup = table.startup_cycles.map_or(u64::from(rate_hz), u64::from);
        let checked = Self {
            deadline_ns: (deadline_us * 1e3) as u64,
            startup_cycles: startup,
            window_cycles: u64::from(window),
            sheddable: table.sheddable,
            recover_cycles: u64::from(recover),
            rules,
        };
        if errors.is_empty() { Ok(checked) } else { Err(errors) }
    }
}

/// How many times as many late cycles a rung takes while real time is degraded.
const WIDER: u64 = 3;

impl LadderRules {
    /// For a loop that has to do without real time: three times as many late cycles to each rung (no more
    /// than the window holds), the deadline as it was.
    pub fn widen(&mut self) {
        for rule in self.rules.iter_mut().filter(|rule| **rule != NEVER) {
            rule.consecutive = rule.consecutive.saturating_mul(WIDER);
            if rule.windowed != u64::MAX {
                rule.windowed = (rule.windowed * WIDER).min(self.window_cycles);
            }
        }
    }
}

/// A loop's place on its ladder; fixed memory.
#[derive(Debug, Clone)]
pub struct Ladder {
    rules: LadderRules,
    rung: Rung,
    startup_left: u64,
    in_a_row: u64,
    in_window: u64,
    in_time: u64,
    /// Late cycles since `shed` was reached.
    at_shed: u64,
    window: Box<[bool]>,
    next: usize,
}

impl Ladder {
    /// In time, with an empty window.
    #[must_use]
    pub fn new(rules: LadderRules) -> Self {
        Self {
            rung: Rung::InTime,
            startup_left: rules.startup_cycles,
            in_a_row: 0,
            in_window: 0,
            in_time: 0,
            at_shed: 0,
            window: vec![false; rules.window_cycles as usize].into(),
            next: 0,
            rules,
        }
    }

    /// Its rules.
    #[must_use]
    pub fn rules(&self) -> &LadderRules {
        &self.rules
    }

    /// Where it stands.
    #[must_use]
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// Cycles that are still not judged.
    #[must_use]
    pub fn startup_left(&self) -> u64 {
        self.startup_left
    }

    /// Late cycles in a row, up to the last one.
    #[must_use]
    pub fn late_in_a_row(&self) -> u64 {
        self.in_a_row
    }

    /// Late cycles in the window.
    #[must_use]
    pub fn late_in_window(&self) -> u64 {
        self.in_window
    }

    /// Telemetry is dropped.
    #[must_use]
    pub fn sheds_telemetry(&self) -> bool {
        self.rung >= Rung::Shed
    }

    /// Slower loops are dropped too: dropping the telemetry was not enough.
    #[must_use]
    pub fn sheds_loops(&self) -> bool {
        self.rung >= Rung::Shed && self.at_shed > 0
    }

    /// One cycle was executed, within its deadline or `late`; gives the rung it left, when it did.
    pub fn executed(&mut self, late: bool) -> Option<Rung> {
        if self.startup_left > 0 {
            self.startup_left -= 1;
            return None;
        }
        if !late && self.in_window == 0 && self.rung == Rung::InTime {
            self.in_a_row = 0; // the window holds nothing, so its place does not matter
            return None;
        }
        self.note(late);
        self.follow()
    }

    /// `count` cycles were left out; gives the rung it left, when it did.
    pub fn missed(&mut self, count: u64) -> Option<Rung> {
        let judged = count.saturating_sub(self.startup_left);
        self.startup_left = self.startup_left.saturating_sub(count);
        let noted = judged.min(self.rules.window_cycles);
        (0..noted).for_each(|_| self.note(true));
        self.in_a_row = self.in_a_row.saturating_add(judged - noted);
        if judged > 0 { self.follow() } else { None }
    }

    /// The operator's reset: from any rung to the ground, with an empty window; gives the rung it left,
    /// when it did.
    pub fn reset(&mut self) -> Option<Rung> {
        self.window.fill(false);
        (self.in_a_row, self.in_window, self.in_time, self.at_shed) = (0, 0, 0, 0);
        self.go(Rung::InTime)
    }

    fn note(&mut self, late: bool) {
        if let Some(place) = self.window.get_mut(self.next) {
            self.in_window += u64::from(late);
            self.in_window -= u64::from(*place);
            *place = late;
        }
        self.next = if self.next + 1 < self.window.len() { self.next + 1 } else { 0 };
        if late {
            self.in_a_row += 1;
            self.in_time = 0;
            self.at_shed += u64::from(self.rung >= Rung::Shed);
        } else {
            self.in_a_row = 0;
            self.in_time += 1;
        }
    }

    fn follow(&mut self) -> Option<Rung> {
        let rules = self.rules.rules.iter().zip(RUNGS);
        let met = rules.filter(|(rule, _)| rule.met(self.in_a_row, self.in_window));
        let wanted = met.map(|(_, rung)| rung).next_back().unwrap_or(Rung::InTime);
        if wanted > self.rung {
            return self.go(wanted);
        }
        let rests = self.in_time >= self.rules.recover_cycles;
        if self.rung == Rung::Safe || wanted == self.rung || !rests {
            return None;
        }
        self.in_time = 0;
        self.go(self.below())
    }

    /// The next declared rung below.
    fn below(&self) -> Rung {
        let rules = self.rules.rules.iter().zip(RUNGS);
        let lower = rules.filter(|(rule, rung)| **rule != NEVER && *rung < self.rung);
        lower.map(|(_, rung)| rung).next_back().unwrap_or(Rung::InTime)
    }

    fn go(&mut self, to: Rung) -> Option<Rung> {
        if to < Rung::Shed || self.rung < Rung::Shed {
            self.at_shed = 0;
        }
        let from = std::mem::replace(&mut self.rung, to);
        (from != to).then_some(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(consecutive: u32, windowed: u32) -> Option<RungConfig> {
        Some(RungConfig { consecutive: Some(consecutive), windowed: Some(windowed) })
    }

    fn table() -> LoopConfig {
        LoopConfig {
            startup_cycles: Some(5),
            window_cycles: Some(100),
            recover_cycles: Some(10),
            warn: rung(2, 4),
            shed: rung(4, 8),
            hold: rung(6, 12),
            safe: rung(20, 40),
            ..LoopConfig::default()
        }
    }

    fn ladder() -> Ladder {
        let mut ladder = Ladder::new(LadderRules::check("a", &table(), 1000).unwrap());
        (0..5).for_each(|_| assert_eq!(ladder.executed(true), None, "the start is not judged"));
        ladder
    }

    /// Rungs after each of `cycles`, `x` late.
    fn walk(ladder: &mut Ladder, cycles: &str) -> Vec<Rung> {
        cycles.chars().map(|c| (ladder.executed(c == 'x'), ladder.rung()).1).collect()
    }

    #[test]
    fn late_in_a_row_climbs_rung_by_rung_and_safe_stays() {
        use Rung::{Hold, InTime, Safe, Shed, Warn};
        let mut l = ladder();
        assert_eq!(walk(&mut l, "xxxxxx"), [InTime, Warn, Warn, Shed, Shed, Hold]);
        assert_eq!(l.missed(14), Some(Hold), "what was left out is late");
        assert_eq!((l.rung(), l.late_in_a_row()), (Safe, 20));
        assert!(walk(&mut l, &".".repeat(500)).iter().all(|r| *r == Safe), "it is latched");
        assert_eq!(l.reset(), Some(Safe));
        assert_eq!((l.rung(), l.late_in_window()), (InTime, 0));
    }

    #[test]
    fn scattered_late_cycles_climb_by_the_window_alone() {
        let mut l = ladder();
        assert_eq!(walk(&mut l, &"x.".repeat(3)).last(), Some(&Rung::InTime));
        assert_eq!(walk(&mut l, "x.").last(), Some(&Rung::Warn), "four of a hundred");
        assert_eq!(l.late_in_window(), 4);
        walk(&mut l, &".".repeat(92));
        assert_eq!((l.late_in_window(), l.rung()), (4, Rung::Warn), "still within the window");
        walk(&mut l, &".".repeat(8));
        assert_eq!((l.late_in_window(), l.rung()), (0, Rung::InTime));
    }

    #[test]
    fn one_late_cycle_in_many_never_climbs() {
        let mut l = ladder();
        let late: String = (0..10_000).map(|i| if i % 34 == 0 { 'x' } else { '.' }).collect();
        assert!(walk(&mut l, &late).iter().all(|r| *r == Rung::InTime));
    }

    #[test]
    fn down_it_goes_one_rung_at_a_time() {
        let mut l = ladder();
        walk(&mut l, "xxxxxx");
        assert_eq!(l.rung(), Rung::Hold);
        let down = walk(&mut l, &".".repeat(120));
        let mut seen: Vec<Rung> = down.clone();
        seen.dedup();
        assert_eq!(seen, [Rung::Hold, Rung::Shed, Rung::Warn, Rung::InTime]);
        assert_eq!(down.iter().filter(|r| **r == Rung::Hold).count(), 9, "ten in time, then down");
    }

    #[test]
    fn loops_are_shed_only_when_dropping_telemetry_was_not_enough() {
        let mut l = ladder();
        walk(&mut l, "xxxx");
        assert!(l.sheds_telemetry() && !l.sheds_loops());
        walk(&mut l, "x");
        assert!(l.sheds_loops());
        walk(&mut l, &".".repeat(110));
        assert!(!l.sheds_telemetry() && !l.sheds_loops());
    }

    #[test]
    fn a_pause_counts_to_the_cycle_and_the_start_takes_its_share() {
        let mut l = Ladder::new(LadderRules::check("a", &table(), 1000).unwrap());
        assert_eq!(l.missed(6), None);
        assert_eq!((l.startup_left(), l.late_in_a_row()), (0, 1));
        assert_eq!(l.missed(5_000_000_000), Some(Rung::InTime));
        assert_eq!((l.late_in_a_row(), l.late_in_window()), (5_000_000_001, 100));
    }

    #[test]
    fn without_real_time_each_rung_takes_three_times_as_many() {
        let mut rules = LadderRules::check("a", &table(), 1000).unwrap();
        rules.widen();
        let mut l = Ladder::new(rules);
        l.missed(5); // the start
        let walked = walk(&mut l, &"x".repeat(100));
        let first = |rung| walked.iter().position(|r| *r >= rung).map(|i| i + 1);
        let found = [Rung::Warn, Rung::Shed, Rung::Hold, Rung::Safe].map(first);
        assert_eq!(found, [Some(6), Some(12), Some(18), Some(60)]);
    }

    #[test]
    fn without_a_table_outputs_are_never_touched() {
        let rules = LadderRules::check("a", &LoopConfig::default(), 50).unwrap();
        assert_eq!((rules.deadline_ns, rules.startup_cycles), (20_000_000, 50));
        let mut l = Ladder::new(rules);
        l.missed(1_000_000);
        assert_eq!(l.rung(), Rung::Shed);
    }

    #[test]
    fn nonsense_is_refused_by_field() {
        let refused = |change: fn(&mut LoopConfig)| {
            let mut table = table();
            change(&mut table);
            let errors = LadderRules::check("a.b", &table, 1000).unwrap_err();
            assert!(errors.iter().all(|e| e.key == "loops.a.b"));
            errors.into_iter().map(|e| e.field).collect::<Vec<_>>()
        };
        assert_eq!(refused(|t| t.deadline_us = Some(1000.5)), ["deadline_us"]);
        assert_eq!(refused(|t| t.deadline_us = Some(f64::NAN)), ["deadline_us"]);
        assert_eq!(refused(|t| t.recover_cycles = Some(0)), ["recover_cycles"]);
        assert_eq!(refused(|t| t.window_cycles = Some(70_000)), ["window_cycles"]);
        assert_eq!(refused(|t| t.safe = rung(20, 101)), ["safe.windowed"]);
        assert_eq!(refused(|t| t.warn = rung(0, 1)), ["warn.consecutive"]);
        assert_eq!(refused(|t| t.hold = Some(RungConfig::default())), ["hold"]);
        assert_eq!(refused(|t| t.hold = rung(3, 12)), [""], "below shed");
    }
}
