//! One holder per actuator, under a token that only rises.

use crate::record::Refusal;

/// The lease of one actuator as the gate sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lease {
    token: u64,
    station: u16,
    until_tick: u64,
    held: bool,
}

impl Lease {
    /// A lease nobody holds, above `highest_token` ever given out.
    #[must_use]
    pub fn after(highest_token: u64) -> Self {
        Self { token: highest_token, ..Self::default() }
    }

    /// Token in force, or the highest one seen when nobody holds the lease.
    #[must_use]
    pub fn token(&self) -> u64 {
        self.token
    }

    /// Last tick it was held in, as of its last renewal.
    #[must_use]
    pub fn until_tick(&self) -> u64 {
        self.until_tick
    }

    /// Station that holds it.
    #[must_use]
    pub fn holder(&self) -> Option<u16> {
        self.held.then_some(self.station)
    }

    /// Whether it is held in `tick`.
    #[must_use]
    pub fn is_held(&self, tick: u64) -> bool {
        self.held && tick <= self.until_tick
    }

    /// Gives it to `station` under `token` for `ticks` from `tick`.
    ///
    /// # Errors
    /// `Fenced` unless the token is above every earlier one; `LeaseHeld` while another holds it.
    pub fn grant(
        &mut self,
        station: u16,
        token: u64,
        tick: u64,
        ticks: u64,
    ) -> Result<(), Refusal> {
        if token <= self.token {
            return Err(Refusal::Fenced);
        }
        if self.is_held(tick) && self.station != station {
            return Err(Refusal::LeaseHeld);
        }
        *self = Self { token, station, until_tick: tick.saturating_add(ticks), held: true };
        Ok(())
    }

    /// Prolongs it to `ticks` from `tick`.
    ///
    /// # Errors
    /// `Fenced` for any token but the one in force, `NoLease` when it is not held (any more).
    pub fn renew(
        &mut self,
        station: u16,
        token: u64,
        tick: u64,
        ticks: u64,
    ) -> Result<(), Refusal> {
        self.claim(station, token, tick)?;
        self.until_tick = tick.saturating_add(ticks);
        Ok(())
    }

    /// Checks that `station` holds it under `token` in `tick`.
    ///
    /// # Errors
    /// As [`Lease::renew`].
    pub fn claim(&self, station: u16, token: u64, tick: u64) -> Result<(), Refusal> {
        if token != self.token || station != self.station {
            return Err(Refusal::Fenced);
        }
        if self.is_held(tick) { Ok(()) } else { Err(Refusal::NoLease) }
    }

    /// Ends it; the token stays the highest seen. True when it was held.
    pub fn end(&mut self) -> bool {
        std::mem::replace(&mut self.held, false)
    }

    /// Ends it when it was not renewed in time; true in the one tick that finds out.
    pub fn lapse(&mut self, tick: u64) -> bool {
        self.held && tick > self.until_tick && self.end()
    }
}
