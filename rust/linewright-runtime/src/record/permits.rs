//! What must hold, all of it, for a loop's output to reach its actuator.

/// A set of permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permits(u16);

impl Permits {
    /// The line file allows closed loop.
    pub const CONFIG: Self = Self(1);
    /// The mode is closed.
    pub const MODE: Self = Self(1 << 1);
    /// An operator armed this actuator since the last lapse, manual or trip.
    pub const ARMED: Self = Self(1 << 2);
    /// A station holds the lease.
    pub const LEASE: Self = Self(1 << 3);
    /// The last outputs were good.
    pub const QUALITY: Self = Self(1 << 4);
    /// No trip is latched (limit storm, read-back, overrun burst, quality).
    pub const NO_TRIP: Self = Self(1 << 5);
    /// The ledger takes records.
    pub const LEDGER: Self = Self(1 << 6);
    /// The present value is known and within the limits, so that a transfer is bumpless.
    pub const BASELINE: Self = Self(1 << 7);
    /// The operator has not taken it into manual.
    pub const NO_MANUAL: Self = Self(1 << 8);
    /// All of them.
    pub const ALL: Self = Self((1 << 9) - 1);

    /// Names in the order of the bits, for status.
    pub const NAMES: [&str; 9] = [
        "config",
        "mode",
        "armed",
        "lease",
        "quality",
        "no_trip",
        "ledger",
        "baseline",
        "no_manual",
    ];

    /// From raw bits; bits beyond [`Permits::ALL`] are dropped.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// This set with `other` when `held`.
    #[must_use]
    pub const fn with(self, other: Self, held: bool) -> Self {
        if held { Self(self.0 | other.0) } else { self }
    }

    /// Whether every permit of `other` is held.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether every permit there is is held: the one condition for writing a loop's output.
    #[must_use]
    pub const fn all(self) -> bool {
        self.0 == Self::ALL.0
    }

    /// Raw bits.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Names of the permits that are missing.
    pub fn missing(self) -> impl Iterator<Item = &'static str> {
        let bits = self.0;
        Self::NAMES.into_iter().enumerate().filter(move |(i, _)| bits & (1 << i) == 0).map(|x| x.1)
    }
}
