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
    /// Time and number in one: for times from 0 on the bits are in the order of the values.
    key: u128,
    due: Due,
}

impl Entry {
    fn time_s(&self) -> f64 {
        f64::from_bits((self.key >> 64) as u64)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The heap gives the greatest first: the earliest is the greatest.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

/// The list of things to come.
///
/// Hundreds of trays form for hours while the few dozen other entries come and go within minutes: two heaps keep what
/// moves most small.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    soon: BinaryHeap<Entry>,
    forming: BinaryHeap<Entry>,
    entered: u64,
}

impl Agenda {
    pub fn enter(&mut self, time_s: f64, due: Due) {
        // Adding 0 turns -0 into 0.
        let bits = u128::from((time_s.max(0.0) + 0.0).to_bits());
        let entry = Entry { key: bits << 64 | u128::from(self.entered), due };
        match due {
            Due::FormationDone { .. } => self.forming.push(entry),
            _ => self.soon.push(entry),
        }
        self.entered += 1;
    }

    /// Takes the next thing if it is due at `until_s` or before.
    pub fn next(&mut self, until_s: f64) -> Option<(f64, Due)> {
        // The heap gives the greatest first, and none is less than any.
        let heap = match self.forming.peek() > self.soon.peek() {
            true => &mut self.forming,
            false => &mut self.soon,
        };
        if heap.peek()?.time_s() > until_s {
            return None;
        }
        heap.pop().map(|entry| (entry.time_s(), entry.due))
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
