//! Things to come, in order of time; at the same moment in the order they were entered.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What will happen. A `version` that is not its owner's any more makes the entry void.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Due {
    Supply { version: u32 },
    SupplyStop,
    SupplyBack,
    LotDone { stage: usize, machine: usize },
    Wet { version: u32 },
    Aged,
    FormationDone { slot: usize, version: u32 },
    TestDone { tester: usize },
    Arrived { vehicle: usize, version: u32 },
    Handled { vehicle: usize, version: u32 },
    Charged { vehicle: usize, version: u32 },
    Recovered { vehicle: usize, version: u32 },
    FaultOn { fault: usize },
    FaultOff { fault: usize },
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    time_s: f64,
    number: u64,
    due: Due,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The heap gives the greatest first: the earliest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.time_s.total_cmp(&self.time_s).then(other.number.cmp(&self.number))
    }
}

/// The list of things to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Entry>,
    entered: u64,
}

impl Agenda {
    pub fn enter(&mut self, time_s: f64, due: Due) {
        self.heap.push(Entry { time_s, number: self.entered, due });
        self.entered += 1;
    }

    /// Takes the next thing if it is due at `until_s` or before.
    pub fn next(&mut self, until_s: f64) -> Option<(f64, Due)> {
        if self.heap.peek()?.time_s > until_s {
            return None;
        }
        self.heap.pop().map(|entry| (entry.time_s, entry.due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_orders_and_at_the_same_moment_entry_does() {
        let mut agenda = Agenda::default();
        for (time_s, tester) in [(5.0, 0), (1.0, 1), (5.0, 2), (3.0, 3)] {
            agenda.enter(time_s, Due::TestDone { tester });
        }
        let order: Vec<Due> = std::iter::from_fn(|| agenda.next(4.0)).map(|(_, due)| due).collect();
        assert_eq!(order, [Due::TestDone { tester: 1 }, Due::TestDone { tester: 3 }]);
        assert_eq!(agenda.next(5.0), Some((5.0, Due::TestDone { tester: 0 })));
        assert_eq!(agenda.next(5.0), Some((5.0, Due::TestDone { tester: 2 })));
        assert_eq!(agenda.next(1e9), None);
    }
}
