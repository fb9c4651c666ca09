//! What a loop reads and what it learns about its own writing: plain values with their quality.

/// How far a value may be trusted. Ordered: the quality of a result is the worst of its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Quality {
    /// Measured, checked, recent.
    #[default]
    Good = 0,
    /// Usable, but something about it is doubtful.
    Uncertain = 1,
    /// Not a value; never acted upon.
    Bad = 2,
}

impl Quality {
    /// The worse of two qualities.
    #[inline]
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if (other as u8) > (self as u8) { other } else { self }
    }

    /// From its number in a record; anything unknown is [`Quality::Bad`].
    #[inline]
    #[must_use]
    pub fn from_u8(code: u8) -> Self {
        match code {
            0 => Self::Good,
            1 => Self::Uncertain,
            _ => Self::Bad,
        }
    }
}

/// One channel as the driver gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Value in the channel's unit; not finite means "no value" and goes with [`Quality::Bad`].
    pub value: f64,
    /// Quality given by the driver.
    pub quality: Quality,
    /// Base tick the value belongs to (source time), not the tick it was read at.
    pub tick: u64,
}

impl Reading {
    /// No value yet.
    pub const NONE: Self = Self { value: f64::NAN, quality: Quality::Bad, tick: 0 };
}

impl Default for Reading {
    fn default() -> Self {
        Self::NONE
    }
}

/// A set-point that came from outside the loop and when it stops being one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MailboxSlot {
    /// Last value set, in the mailbox's unit.
    pub value: f64,
    /// Last base tick in which the value counts as fresh.
    pub not_after_tick: u64,
    /// False until a value was set for the first time.
    pub set: bool,
}

impl Default for MailboxSlot {
    fn default() -> Self {
        Self { value: f64::NAN, not_after_tick: 0, set: false }
    }
}

/// A row of values over web length: point `i` lies at `origin_m + i * step_m`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Number of the roll the profile belongs to (as the `jumbo` channels count them).
    pub roll: i64,
    /// Web metre of the first point.
    pub origin_m: f64,
    /// Distance between points, metres; negative when the web runs backwards, never zero.
    pub step_m: f64,
    /// Values in the profile's unit; not finite = nothing known at this point.
    pub values: Vec<f64>,
    /// Web metre at which the sender last tied its map to the web (a printed mark), for the record.
    pub registered_at_m: f64,
    /// Base tick at which the profile took effect; 0 with empty `values` = never set.
    pub set_tick: u64,
}

impl Profile {
    /// Value at web metre `position_m`, linear between neighbours.
    /// `None` outside the points, next to a point that is not finite, or before any profile was set.
    #[inline]
    #[must_use]
    pub fn at(&self, position_m: f64) -> Option<f64> {
        let u = (position_m - self.origin_m) / self.step_m;
        if !(u.is_finite() && u >= 0.0) {
            return None;
        }
        let i = u as usize; // truncation wanted: the point at or before the position
        let a = *self.values.get(i)?;
        let fraction = u - i as f64;
        let value = if fraction == 0.0 { a } else { a + fraction * (*self.values.get(i + 1)? - a) };
        value.is_finite().then_some(value)
    }
}

/// What a loop may know about one actuator it claims.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Written {
    /// Last value the gate wrote, or the read-back while the gate does not write; not finite when
    /// neither is known. Unit of the actuator.
    pub value: f64,
    /// True while the output of the loop reaches the actuator; integrators track when false.
    pub in_control: bool,
}

impl Default for Written {
    fn default() -> Self {
        Self { value: f64::NAN, in_control: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_quality_wins() {
        assert_eq!(Quality::Good.worst(Quality::Bad), Quality::Bad);
        assert_eq!(Quality::Bad.worst(Quality::Uncertain), Quality::Bad);
        assert_eq!(Quality::from_u8(7), Quality::Bad);
    }

    #[test]
    fn profile_is_linear_inside_and_nothing_outside() {
        let p = Profile {
            origin_m: 10.0,
            step_m: 2.0,
            values: vec![1.0, 3.0, f64::NAN],
            ..Profile::default()
        };
        assert_eq!(p.at(10.0), Some(1.0));
        assert_eq!(p.at(11.0), Some(2.0));
        assert_eq!(p.at(12.0), Some(3.0));
        for outside in [9.9, 12.5, 14.0, 20.0, f64::NAN] {
            assert_eq!(p.at(outside), None);
        }
        assert_eq!(Profile::default().at(0.0), None);
    }
}
