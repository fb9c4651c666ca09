//! Why a config was refused.

/// A config that cannot become a kernel: which parameter, what bound, what value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignError {
    /// Name of the parameter, with its unit as in the config.
    pub parameter: &'static str,
    /// What the value must be, for example `"positive"`.
    pub must_be: &'static str,
    /// What it was.
    pub value: f64,
}

impl DesignError {
    /// Refuses `value` unless `ok`.
    pub fn unless(
        ok: bool,
        parameter: &'static str,
        must_be: &'static str,
        value: f64,
    ) -> Result<(), Self> {
        if ok { Ok(()) } else { Err(Self { parameter, must_be, value }) }
    }

    /// Refuses a value that is not finite and greater than zero.
    pub fn positive(parameter: &'static str, value: f64) -> Result<(), Self> {
        Self::unless(value.is_finite() && value > 0.0, parameter, "positive and finite", value)
    }

    /// Refuses a sample period that is no time between samples.
    pub fn period(period_s: f64) -> Result<(), Self> {
        let usable = (1e-9..=1e9).contains(&period_s);
        Self::unless(usable, "period_s", "positive, from 1e-9 to 1e9", period_s)
    }

    /// Refuses a value that is not finite or less than zero.
    pub fn not_negative(parameter: &'static str, value: f64) -> Result<(), Self> {
        let usable = value.is_finite() && value >= 0.0;
        Self::unless(usable, parameter, "zero or more and finite", value)
    }

    /// Refuses a list with a number that is not finite, naming the first such number.
    pub fn finite_list(parameter: &'static str, list: &[f64]) -> Result<(), Self> {
        let wrong = list.iter().find(|x| !x.is_finite());
        wrong.map_or(Ok(()), |x| Self::unless(false, parameter, "finite numbers only", *x))
    }
}

impl core::fmt::Display for DesignError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} must be {}, was {}", self.parameter, self.must_be, self.value)
    }
}

impl core::error::Error for DesignError {}
