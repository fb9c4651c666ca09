//! The value a driver accepts, and that only the gate can make.

/// A write that passed every check of the gate. The fields are private and the only constructor is
/// visible inside `gate` alone, so no other code can make what a driver accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Admitted {
    actuator: usize,
    value: f64,
    tick: u64,
}

impl Admitted {
    /// The one constructor.
    pub(super) fn new(actuator: usize, value: f64, tick: u64) -> Self {
        Self { actuator, value, tick }
    }

    /// Index of the actuator in `Driver::actuators()`.
    #[inline]
    #[must_use]
    pub fn actuator(&self) -> usize {
        self.actuator
    }

    /// Value in the actuator's unit: finite, within its limits, within its rate.
    #[inline]
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Base tick of the write.
    #[inline]
    #[must_use]
    pub fn tick(&self) -> u64 {
        self.tick
    }
}
