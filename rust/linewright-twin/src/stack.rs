//! Which web a cell is made of: pressed rolls wait in a row, welding stations take stacks from the oldest in turn.
//!
//! A pressed roll is unwound from its outside: the metre that was pressed last, which is the one coated first. Each stack
//! takes the next `m_per_cell` metres of it; what is left at its end and is too short for a cell is waste. The stacks
//! are numbered from 0, and so are the cells. Welding stations take them in turn: the first one is the line's
//! [`Welder`](crate::weld::Welder), stack `n*welders` goes to its weld `n + 1`; the others are there as takers alone. When no
//! pressed roll is left the web of a cell is not known: the welder of the twin does not wait for one.
//!
//! Not modelled: lanes of the slit web, the other electrode, cells that are taken out on the way.

use crate::config::{ConfigError, section, within};
use crate::web::Roll;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

section! {
    /// From pressed rolls to stacks, off by default. Needs a welding station.
    StackConfig "stack" switch on {
        /// Web that a cell takes, m.
        m_per_cell = 1.56, 0.01, 100.0;
        /// Welding stations that take stacks in turn, a whole number; the first one is the line's.
        welders = 2.0, 1.0, 16.0;
        /// Rolls that were pressed before the start and are used first, a whole number.
        rolls_ahead = 2.0, 0.0, 100.0;
    }
}

impl StackConfig {
    /// Refuses what no stacking can be; names the first field found.
    pub fn check_whole(&self) -> Result<(), ConfigError> {
        self.check()?;
        for (field, value) in
            [("stack.welders", self.welders), ("stack.rolls_ahead", self.rolls_ahead)]
        {
            if value != value.floor() {
                let must_be = "a whole number".to_string();
                return Err(ConfigError { field: field.to_string(), must_be, value });
            }
        }
        Ok(())
    }
}

/// What the newest weld's cell is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Number of the cell, from 0.
    pub cell: u64,
    /// Roll, and the coating metre where its web begins; none when no pressed roll was left.
    pub web: Option<(i64, f64)>,
}

/// From which cell on a roll was used, and where: truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Use {
    /// Number of the roll; none: no pressed roll was left.
    pub roll: Option<i64>,
    /// First cell made of it.
    pub first_cell: u64,
    /// Coating metre where that cell's web begins.
    pub from_m: f64,
}

/// The stacks of one line.
#[derive(Clone, Debug)]
pub struct Stacker {
    config: StackConfig,
    pressing: Roll,
    waiting: VecDeque<Roll>,
    mounted: Option<(Roll, f64)>,
    cells: u64,
    welds: u64,
    newest: Option<Piece>,
    uses: Vec<Use>,
}

impl Stacker {
    /// Stacking of a checked config, beside a calender that presses `pressing` at the start; the rolls before it are
    /// `jumbo_m` long.
    pub fn new(config: StackConfig, pressing: Roll, jumbo_m: f64) -> Self {
        let ahead = config.rolls_ahead as i64;
        let before = |back: i64| {
            let end_m = pressing.start_m - (back - 1) as f64 * jumbo_m;
            Roll { number: pressing.number - back, start_m: end_m - jumbo_m, end_m }
        };
        Stacker {
            config,
            pressing,
            waiting: (1..=ahead).rev().map(before).collect(),
            mounted: None,
            cells: 0,
            welds: 0,
            newest: None,
            uses: Vec::new(),
        }
    }

    /// The calender presses `pressing`, the line's welder has made `welds`.
    pub fn step(&mut self, pressing: Roll, welds: u64) {
        if pressing != self.pressing {
            self.waiting.push_back(self.pressing);
            self.pressing = pressing;
        }
        while self.welds < welds {
            self.welds += 1;
            self.newest = Some(self.take());
            for _ in 1..self.config.welders as u64 {
                self.take();
            }
        }
    }

    fn take(&mut self) -> Piece {
        let cell = self.cells;
        self.cells += 1;
        let fits = |(roll, at_m): &(Roll, f64)| roll.end_m - at_m >= self.config.m_per_cell;
        while !self.mounted.as_ref().is_some_and(fits) {
            // A roll comes from its start: it was pressed from its end.
            self.mounted = self.waiting.pop_front().map(|roll| (roll, roll.start_m));
            if self.mounted.is_none() {
                break;
            }
        }
        let web = self.mounted.as_mut().map(|(roll, at_m)| {
            let from_m = *at_m;
            *at_m += self.config.m_per_cell;
            (roll.number, from_m)
        });
        let roll = web.map(|(number, _)| number);
        if self.uses.last().is_none_or(|last| last.roll != roll) {
            let from_m = web.map_or(f64::NAN, |(_, from_m)| from_m);
            self.uses.push(Use { roll, first_cell: cell, from_m });
        }
        Piece { cell, web }
    }

    /// The cell of the newest weld; none before the first.
    pub fn newest(&self) -> Option<Piece> {
        self.newest
    }

    /// Rolls in the order they were used: truth.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUMBO_M: f64 = 10.0;

    fn stacker(rolls_ahead: f64, welders: f64) -> Stacker {
        let config = StackConfig { on: true, m_per_cell: 3.0, welders, rolls_ahead };
        Stacker::new(config, Roll::new(0, JUMBO_M, 2.0), JUMBO_M)
    }

    #[test]
    fn rolls_are_used_in_order_each_from_the_metre_coated_first() {
        let mut stacker = stacker(1.0, 1.0);
        let mut seen = Vec::new();
        for weld in 1..=9 {
            let pressing = i64::from(weld > 3) + i64::from(weld > 6);
            stacker.step(Roll::new(pressing, JUMBO_M, 2.0), weld);
            let piece = stacker.newest().unwrap();
            assert_eq!(piece.cell, weld - 1);
            seen.push(piece.web.unwrap());
        }
        // roll -1 has 10 m, one of them waste; roll 0 has the 2 m more that were in the machine
        let wanted = [(-1, -22.0), (-1, -19.0), (-1, -16.0), (0, -12.0), (0, -9.0), (0, -6.0)];
        assert_eq!(seen[..6], wanted);
        assert_eq!(seen[6..], [(0, -3.0), (1, 0.0), (1, 3.0)]);
        let rolls: Vec<_> = stacker.uses().iter().map(|u| (u.roll, u.first_cell)).collect();
        assert_eq!(rolls, [(Some(-1), 0), (Some(0), 3), (Some(1), 7)]);
    }

    #[test]
    fn other_stations_take_their_stacks_between() {
        let mut stacker = stacker(2.0, 2.0);
        stacker.step(Roll::new(0, JUMBO_M, 2.0), 1);
        assert_eq!(stacker.newest(), Some(Piece { cell: 0, web: Some((-2, -32.0)) }));
        stacker.step(Roll::new(0, JUMBO_M, 2.0), 2);
        assert_eq!(stacker.newest(), Some(Piece { cell: 2, web: Some((-2, -26.0)) }));
    }

    #[test]
    fn without_a_pressed_roll_the_web_is_not_known_until_there_is_one() {
        let mut stacker = stacker(0.0, 1.0);
        assert_eq!(stacker.newest(), None);
        stacker.step(Roll::new(0, JUMBO_M, 2.0), 2);
        assert_eq!(stacker.newest(), Some(Piece { cell: 1, web: None }));
        stacker.step(Roll::new(1, JUMBO_M, 2.0), 3);
        assert_eq!(stacker.newest(), Some(Piece { cell: 2, web: Some((0, -12.0)) }));
        assert_eq!(stacker.uses().len(), 2);
    }

    #[test]
    fn nonsense_is_refused_with_field_bound_and_value() {
        let refused = StackConfig { welders: 1.5, ..StackConfig::default() }.check_whole();
        assert_eq!(
            refused.unwrap_err().to_string(),
            "stack.welders must be a whole number, was 1.5"
        );
        let refused = StackConfig { m_per_cell: 0.0, ..StackConfig::default() }.check_whole();
        assert!(
            refused.unwrap_err().to_string().starts_with("stack.m_per_cell must be 0.01 to 100")
        );
    }
}
