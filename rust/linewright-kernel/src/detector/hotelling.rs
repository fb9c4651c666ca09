//! Hotelling's T2 (1947): finds a sample of many variables that does not fit the others.
//!
//! `t2 = (x - mean)' inverse(covariance) (x - mean)`; `alarm = 1` when `t2 > limit`. Variables that move
//! together in control may each stay well within their own limits and still alarm here. With a known
//! mean and covariance `t2` is chi-square with as many degrees of freedom as variables; with both
//! estimated from `n` samples the limit for a false-alarm probability follows F (Tracy, Young and Mason
//! 1992: [`super::t2_limit`]). Large single shifts; small lasting ones are [`super::Mewma`]'s.
//!
//! `cause` is the variable without which `t2` falls the most (Mason, Tracy and Young 1995; the
//! reconstruction-based contribution of Alcala and Qin 2009). One variable that is wrong alone is always
//! named when it is wrong enough; several at once smear over what is correlated with them.

use alloc::vec::Vec;

use super::Chart;
use super::covariance::Covariance;
use super::mewma_arl::{mewma_arl, mewma_limit_for_arl0};
use crate::number::flag;
use crate::{DesignError, Port, VectorDesign, VectorKernel};

/// Config of Hotelling's T2.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hotelling {
    /// Means in control, each in the unit of its variable; 1 to 512 of them.
    pub mean: Vec<f64>,
    /// Covariances in control, a row for each variable, in products of the variables' units; symmetric
    /// and positive definite.
    pub covariance: Vec<Vec<f64>>,
    /// Alarm above this `t2`, dimensionless; positive.
    pub limit: f64,
}

/// Coefficients of [`Hotelling`].
#[derive(Debug, Clone)]
pub struct HotellingKernel {
    covariance: Covariance,
    limit: f64,
}

impl VectorDesign for Hotelling {
    type Kernel = HotellingKernel;
    const NAME: &'static str = "Hotelling";
    const INPUTS: &'static [Port] = &[Port::new("x", "*")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("t2", "1"), Port::new("alarm", "1"), Port::new("cause", "1")];

    fn design(&self, period_s: f64) -> Result<HotellingKernel, DesignError> {
        DesignError::period(period_s)?;
        let covariance = Covariance::new(&self.mean, &self.covariance)?;
        DesignError::positive("limit", self.limit)?;
        Ok(HotellingKernel { covariance, limit: self.limit })
    }
}

impl Chart for Hotelling {
    const THRESHOLD: &'static str = "limit";

    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        mewma_arl(self.mean.len(), 1.0, self.limit, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { limit: mewma_limit_for_arl0(self.mean.len(), 1.0, arl0)?, ..self })
    }
}

impl VectorKernel for HotellingKernel {
    fn input_width(&self, _: usize) -> usize {
        self.covariance.width()
    }

    fn output_width(&self, _: usize) -> usize {
        1
    }

    fn memory_len(&self) -> usize {
        self.covariance.width()
    }

    fn step(&self, z: &mut [f64], x: &[f64], output: &mut [f64]) {
        self.covariance.standardise(x, z);
        let t2 = self.covariance.distance(z);
        let cause = self.covariance.cause(z);
        let [t2_out, alarm, cause_out] = output else { return };
        (*t2_out, *alarm, *cause_out) = (t2, flag(t2 > self.limit), cause as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunningVector;

    fn covariance() -> Vec<Vec<f64>> {
        vec![vec![4.0, 1.8, 0.5], vec![1.8, 1.0, 0.2], vec![0.5, 0.2, 9.0]]
    }

    fn t2(config: &Hotelling, x: &[f64]) -> Vec<f64> {
        RunningVector::new::<Hotelling>(config.design(1.0).unwrap()).update(x).to_vec()
    }

    fn chart(keep: &[usize]) -> Hotelling {
        let mean = [10.0, 5.0, -1.0];
        let all = covariance();
        Hotelling {
            mean: keep.iter().map(|i| mean[*i]).collect(),
            covariance: keep.iter().map(|i| keep.iter().map(|j| all[*i][*j]).collect()).collect(),
            limit: 12.0,
        }
    }

    #[test]
    fn two_variables_by_the_formula() {
        // (x1^2/s1^2 - 2 r x1 x2/(s1 s2) + x2^2/s2^2) / (1 - r^2), r = 0.9.
        let [x1, x2] = [1.0, -1.5];
        let (a, b, r) = (x1 / 2.0, x2, 0.9);
        let expected = (a * a - 2.0 * r * a * b + b * b) / (1.0 - r * r);
        let out = t2(&chart(&[0, 1]), &[10.0 + x1, 5.0 + x2]);
        assert!((out[0] - expected).abs() < 1e-9 * expected, "{out:?} {expected}");
        assert_eq!(out[1], 1.0);
    }

    #[test]
    fn a_broken_relation_alarms_where_each_variable_alone_is_well() {
        // 1.5 sigma each, in opposite directions although they move together: sqrt(45) sigma apart.
        let out = t2(&chart(&[0, 1]), &[13.0, 3.5]);
        assert!((out[0] - 45.0).abs() < 1e-9);
        assert_eq!(out[1], 1.0);
        assert_eq!(t2(&chart(&[0, 1]), &[13.0, 6.5])[1], 0.0);
    }

    #[test]
    fn the_cause_is_the_variable_whose_absence_lowers_the_statistic_the_most() {
        for x in [[14.0, 5.0, -1.0], [10.0, 7.0, 3.0], [9.0, 3.0, 8.0], [11.0, 5.4, -9.0]] {
            let whole = t2(&chart(&[0, 1, 2]), &x);
            let without = [[1, 2], [0, 2], [0, 1]];
            let rest = without.map(|keep| t2(&chart(&keep), &keep.map(|i| x[i]))[0]);
            let named = whole[2] as usize;
            assert!(rest.iter().all(|r| rest[named] <= *r), "{x:?}: {whole:?} {rest:?}");
        }
    }

    #[test]
    fn the_threshold_follows_the_budget() {
        let config = chart(&[0, 1, 2]).with_arl0(1000.0).unwrap();
        assert!((config.arl(0.0).unwrap() / 1000.0 - 1.0).abs() < 1e-9);
        assert!(config.arl(2.0).unwrap() < 60.0);
    }
}
