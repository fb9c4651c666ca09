//! Gain schedule: a number by a table over a scheduling variable, linear between its points, held beyond.
//!
//! `value = values[i] + (x - at[i])/(at[i+1] - at[i]) * (values[i+1] - values[i])` for `at[i] <= x <= at[i+1]`.
//! One table for each gain; a [`ScheduledPid`](super::ScheduledPid) takes them without a bump. Schedule on
//! what is slow and known (line speed, thickness class, flow), never on the error.

use crate::{Design, DesignError, Kernel, List, Port};

/// Most points of a table.
const MOST_POINTS: usize = 32;

/// Config of the gain schedule.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GainSchedule {
    /// Points of the scheduling variable, rising; 1 to 32, at most 1e100 in magnitude.
    pub at: List<MOST_POINTS>,
    /// Values at these points, as many; at most 1e100 in magnitude.
    pub values: List<MOST_POINTS>,
}

/// Coefficients of [`GainSchedule`].
#[derive(Debug, Clone, Copy)]
pub struct GainScheduleKernel {
    at: List<MOST_POINTS>,
    values: List<MOST_POINTS>,
}

impl Design for GainSchedule {
    type Kernel = GainScheduleKernel;
    const NAME: &'static str = "GainSchedule";
    const INPUTS: &'static [Port] = &[Port::new("x", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("value", "b")];

    fn design(&self, period_s: f64) -> Result<GainScheduleKernel, DesignError> {
        DesignError::period(period_s)?;
        DesignError::unless(!self.at.is_empty(), "at", "a list of 1 to 32 numbers", 0.0)?;
        for (name, list) in [("at", &self.at), ("values", &self.values)] {
            DesignError::finite_list(name, list)?;
            let large = list.iter().find(|x| libm::fabs(**x) > 1e100);
            large.map_or(Ok(()), |x| {
                DesignError::unless(false, name, "at most 1e100 in magnitude", *x)
            })?;
        }
        let falls = self.at.windows(2).find(|w| w[1] <= w[0]);
        falls.map_or(Ok(()), |w| DesignError::unless(false, "at", "rising", w[1]))?;
        let alike = self.values.len() == self.at.len();
        DesignError::unless(alike, "values", "as long as at", self.values.len() as f64)?;
        Ok(GainScheduleKernel { at: self.at, values: self.values })
    }
}

impl Kernel for GainScheduleKernel {
    type State = ();
    type Input = f64;
    type Output = f64;

    #[inline]
    fn step(&self, (): &mut (), _: &mut [f64], x: f64) -> f64 {
        let mut points = self.at.iter().zip(self.values.iter());
        let Some((mut from, mut low)) = points.next() else { return 0.0 };
        for (to, high) in points {
            if x < *to {
                let part = ((x - from) / (to - from)).max(0.0);
                return low * (1.0 - part) + high * part;
            }
            (from, low) = (to, high);
        }
        *low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    #[test]
    fn is_linear_between_its_points_exact_at_them_and_held_beyond() {
        let table = GainSchedule {
            at: List::new(&[10.0, 20.0, 60.0]).unwrap(),
            values: List::new(&[2.0, 4.0, -1.0]).unwrap(),
        };
        let mut table = Running::new(table.design(1.0).unwrap(), []);
        for (x, y) in [(10.0, 2.0), (20.0, 4.0), (60.0, -1.0), (15.0, 3.0), (50.0, 0.25)] {
            assert_eq!(table.update(x), y);
        }
        assert_eq!(table.update(-1e300), 2.0);
        assert_eq!(table.update(1e300), -1.0);
    }
}
