//! Complementary filter: the slow truth of one sensor and the quick one of another.
//!
//! `offset += a*((slow - fast) - offset)`, `y = fast + offset`, `a = 1 - exp(-period_s/time_constant_s)`: below the crossover
//! `1/(2*pi*time_constant_s)` `y` follows `slow`, above it `fast`, and what both see passes unchanged. So `slow` may be
//! late or noisy and `fast` may drift or be off: `offset` is what it is off by. The first sample gives `slow`.
//! (Higgins 1975.)

use crate::number::saturate;
use crate::{Design, DesignError, Kernel, Port};

/// Config of the complementary filter.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complementary {
    /// Time constant of the crossover, s; positive.
    pub time_constant_s: f64,
}

/// Coefficients of [`Complementary`].
#[derive(Debug, Clone, Copy)]
pub struct ComplementaryKernel {
    a: f64,
}

/// State of [`Complementary`].
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ComplementaryState {
    offset: f64,
    primed: u64,
}

impl Design for Complementary {
    type Kernel = ComplementaryKernel;
    const NAME: &'static str = "Complementary";
    const INPUTS: &'static [Port] = &[Port::new("slow", "a"), Port::new("fast", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("y", "a"), Port::new("offset", "a")];

    fn design(&self, period_s: f64) -> Result<ComplementaryKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::positive("time_constant_s", self.time_constant_s)?;
        Ok(ComplementaryKernel { a: -libm::expm1(-period_s / self.time_constant_s) })
    }
}

impl Kernel for ComplementaryKernel {
    type State = ComplementaryState;
    type Input = [f64; 2];
    type Output = [f64; 2];

    #[inline]
    fn step(&self, s: &mut ComplementaryState, _: &mut [f64], [slow, fast]: [f64; 2]) -> [f64; 2] {
        let apart = slow - fast;
        if s.primed == 0 {
            *s = ComplementaryState { offset: apart, primed: 1 };
        }
        s.offset = saturate(s.offset + self.a * (apart - s.offset));
        [saturate(fast + s.offset), s.offset]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn a_drift_of_the_fast_sensor_is_taken_out_and_a_step_seen_by_both_passes_at_once() {
        let kernel = Complementary { time_constant_s: 2.0 }.design(0.1).unwrap();
        let mut running = Running::new(kernel, []);
        for t in 0..2000 {
            let truth = if t < 1000 { 5.0 } else { 9.0 };
            let off = 3.0 + if t < 500 { 0.0 } else { 1.0 };
            let [y, offset] = running.update([truth, truth + off]);
            if !(500..=800).contains(&t) {
                assert!((y - truth).abs() < 1e-6, "sample {t}: {y}");
                assert!((offset + off).abs() < 1e-6);
            }
        }
    }
}
