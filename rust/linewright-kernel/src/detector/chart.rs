//! Charts whose run length is known: what a threshold buys, and the threshold that a budget asks for.

use super::arl::arl0_for_false_alarm_budget;
use crate::DesignError;

/// A detector whose mean run length can be computed from its config.
///
/// ```
/// use linewright_kernel::Shewhart;
/// use linewright_kernel::detector::Chart;
///
/// let any = Shewhart { mean: 0.0, sigma: 1.0, limit_sigma: 3.0 };
/// assert!((any.arl(0.0)? - 370.398).abs() < 1e-3);
/// // One false alarm a day at 1 kHz: 3 sigma would give 2.7 a second.
/// assert!((any.with_false_alarm_budget(1.0, 1000.0, 1)?.limit_sigma - 5.706).abs() < 1e-3);
/// # Ok::<(), linewright_kernel::DesignError>(())
/// ```
pub trait Chart: Clone {
    /// The config field that is the threshold.
    const THRESHOLD: &'static str;

    /// Mean run length, samples, when a shift of `shift` sigma is there from the first sample; for many
    /// variables `shift` is the Mahalanobis length.
    ///
    /// # Errors
    /// A parameter beyond what the computation resolves.
    fn arl(&self, shift: f64) -> Result<f64, DesignError>;

    /// The same chart with the threshold at which its mean run length in control is `arl0`; the threshold
    /// it had does not matter.
    ///
    /// # Errors
    /// `arl0` that the chart cannot reach.
    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError>;

    /// The same chart with the threshold that gives `per_day` false alarms a day over `channels` such
    /// charts, each fed `rate_hz` samples a second.
    ///
    /// # Errors
    /// As [`Self::with_arl0`]; a parameter that is not positive.
    fn with_false_alarm_budget(
        self,
        per_day: f64,
        rate_hz: f64,
        channels: u32,
    ) -> Result<Self, DesignError> {
        self.with_arl0(arl0_for_false_alarm_budget(per_day, rate_hz, channels)?)
    }
}
