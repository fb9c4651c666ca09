//! Machines that work lot by lot and fail while they work.

use crate::random::Stream;

/// Work time of one machine, with its failures: mean uptime `R*A/(1 - A)` for availability `A` and mean repair `R`,
/// both exponential. Time that it stands idle or blocked wears nothing (operation-dependent failures).
#[derive(Clone, Debug)]
pub(super) struct Wear {
    mean_up_s: f64,
    mean_repair_s: f64,
    left_s: f64,
}

impl Wear {
    pub fn new(availability: f64, repair_s: f64, stream: &mut Stream) -> Self {
        let mean_up_s = if availability < 1.0 {
            repair_s * availability / (1.0 - availability)
        } else {
            f64::INFINITY
        };
        let left_s = exponential(mean_up_s, stream);
        Wear { mean_up_s, mean_repair_s: repair_s, left_s }
    }

    /// Time that `work_s` of work takes, repairs within it included, s.
    pub fn take(&mut self, work_s: f64, stream: &mut Stream) -> f64 {
        let (mut work, mut took_s) = (work_s, work_s);
        while work >= self.left_s {
            work -= self.left_s;
            took_s += exponential(self.mean_repair_s, stream);
            self.left_s = exponential(self.mean_up_s, stream);
        }
        self.left_s -= work;
        took_s
    }
}

fn exponential(mean: f64, stream: &mut Stream) -> f64 {
    if mean.is_finite() { -mean * libm::log(stream.uniform()) } else { f64::INFINITY }
}

/// What a machine does now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Doing {
    /// Waits for a lot.
    Idle,
    /// Works on a lot (or is being repaired with one in it).
    Busy,
    /// Holds a finished lot that nobody takes.
    Blocked,
}

/// Machines of the same kind side by side.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub machines: Vec<(Doing, Wear)>,
    pub lot_s: f64,
}

impl Stage {
    pub fn new(
        count: f64,
        lot_s: f64,
        availability: f64,
        repair_s: f64,
        stream: &mut Stream,
    ) -> Self {
        let machines = (0..count as usize)
            .map(|_| (Doing::Idle, Wear::new(availability, repair_s, stream)))
            .collect();
        Stage { machines, lot_s }
    }

    /// A machine in this state, the first.
    pub fn first(&self, doing: Doing) -> Option<usize> {
        self.machines.iter().position(|(now, _)| *now == doing)
    }

    /// Starts a lot on an idle machine; how long it takes, s.
    pub fn start(&mut self, machine: usize, stream: &mut Stream) -> f64 {
        let (doing, wear) = &mut self.machines[machine];
        *doing = Doing::Busy;
        wear.take(self.lot_s, stream)
    }

    pub fn set(&mut self, machine: usize, doing: Doing) {
        self.machines[machine].0 = doing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_its_time_over_the_availability() {
        let mut stream = Stream::new(3, 1);
        let mut wear = Wear::new(0.85, 300.0, &mut stream);
        let took: f64 = (0..50_000).map(|_| wear.take(107.0, &mut stream)).sum();
        let availability = 50_000.0 * 107.0 / took;
        assert!((availability - 0.85).abs() < 0.01, "{availability}");
    }

    #[test]
    fn a_machine_that_never_fails_takes_the_work_alone() {
        let mut stream = Stream::new(3, 1);
        let mut wear = Wear::new(1.0, 300.0, &mut stream);
        assert_eq!(wear.take(107.0, &mut stream), 107.0);
    }
}
