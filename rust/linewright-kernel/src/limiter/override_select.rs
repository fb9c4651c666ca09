//! Override: the smallest, the largest or the middle of three proposals, and which one it was.
//!
//! ```text
//! mv = min | max | median (a, b, c)        selected = 0 | 1 | 2, the first of equals
//! ```
//! Several controllers, one actuator: the one in charge is the one that asks for least (or most). Those
//! that are not in charge must not wind up meanwhile: run each as a [`Pid`](crate::Pid) with
//! `anti_windup = "external"` and feed `mv` of the last sample (better: what the actuator did) back into
//! its `track`. Its proposal then stays `kp` times its own error away from `mv`, and it takes over the
//! moment its error changes sign. With two proposals give one of them twice.

use crate::{Design, DesignError, Kernel, Port};

/// Which proposal an [`Override`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The middle one: also two sensors out of three against one that lies.
    Median,
}

/// Config of the override.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Which proposal wins.
    pub select: Select,
}

/// Coefficients of [`Override`].
#[derive(Debug, Clone, Copy)]
pub struct OverrideKernel {
    select: Select,
}

impl Design for Override {
    type Kernel = OverrideKernel;
    const NAME: &'static str = "Override";
    const INPUTS: &'static [Port] =
        &[Port::new("a", "a"), Port::new("b", "a"), Port::new("c", "a")];
    const OUTPUTS: &'static [Port] = &[Port::new("mv", "a"), Port::new("selected", "1")];

    fn design(&self, period_s: f64) -> Result<OverrideKernel, DesignError> {
        DesignError::period(period_s)?;
        Ok(OverrideKernel { select: self.select })
    }
}

impl Kernel for OverrideKernel {
    type State = ();
    type Input = [f64; 3];
    type Output = [f64; 2];

    #[inline]
    fn step(&self, (): &mut (), _: &mut [f64], [a, b, c]: [f64; 3]) -> [f64; 2] {
        let least = a.min(b).min(c);
        let most = a.max(b).max(c);
        let mv = match self.select {
            Select::Min => least,
            Select::Max => most,
            Select::Median => a.min(b).max(a.max(b).min(c)),
        };
        let selected = if a == mv {
            0.0
        } else if b == mv {
            1.0
        } else {
            2.0
        };
        [mv, selected]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Running;

    fn of(select: Select, input: [f64; 3]) -> [f64; 2] {
        Running::new(Override { select }.design(1.0).unwrap(), []).update(input)
    }

    #[test]
    fn takes_the_one_it_says_and_names_it() {
        for order in [[1.0, 2.0, 3.0], [1.0, 3.0, 2.0], [2.0, 1.0, 3.0], [2.0, 3.0, 1.0]] {
            for (select, wanted) in [(Select::Min, 1.0), (Select::Median, 2.0), (Select::Max, 3.0)]
            {
                let [mv, selected] = of(select, order);
                assert_eq!(mv, wanted);
                assert_eq!(order[selected as usize], wanted);
            }
        }
        assert_eq!(of(Select::Min, [4.0, 4.0, 9.0]), [4.0, 0.0]);
        assert_eq!(of(Select::Max, [4.0, 9.0, 9.0]), [9.0, 1.0]);
        assert_eq!(of(Select::Median, [5.0, -1e9, 5.5]), [5.0, 0.0]);
    }
}
