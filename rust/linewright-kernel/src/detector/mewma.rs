//! Multivariate EWMA chart (Lowry, Woodall, Champ and Rigdon 1992): finds small lasting shifts of many
//! variables, in whatever direction.
//!
//! `w += weight * (x - mean - w)`; `t2 = w' inverse(covariance) w / v` with
//! `v = weight/(2 - weight) * (1 - (1 - weight)^(2 t))`; `alarm = 1` when `t2 > limit`. `exact_start` uses
//! that `v`, which finds a shift present from the start sooner; else its final value is used, which is
//! what the run lengths assume (Runger and Prabhu 1996: [`super::mewma_arl`]). Run lengths depend on the
//! shift through its Mahalanobis length alone. Readings must not be correlated in time: chart the
//! innovations of a model instead.
//!
//! `cause` is the variable without which `t2` falls the most; see [`super::Hotelling`].

use alloc::vec::Vec;

use super::Chart;
use super::covariance::Covariance;
use super::mewma_arl::{mewma_arl, mewma_limit_for_arl0};
use crate::number::{flag, saturate};
use crate::{DesignError, Port, VectorDesign, VectorKernel};

/// Config of the multivariate EWMA chart.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mewma {
    /// Means in control, each in the unit of its variable; 1 to 512 of them.
    pub mean: Vec<f64>,
    /// Covariances in control, a row for each variable, in products of the variables' units; symmetric
    /// and positive definite.
    pub covariance: Vec<Vec<f64>>,
    /// Weight of the newest sample, 1e-6 to 1, dimensionless.
    pub weight: f64,
    /// Alarm above this `t2`, dimensionless; positive.
    pub limit: f64,
    /// Narrow the limit at the start as the variance of the average is still small.
    #[serde(default)]
    pub exact_start: bool,
}

/// Coefficients of [`Mewma`].
#[derive(Debug, Clone)]
pub struct MewmaKernel {
    covariance: Covariance,
    weight: f64,
    settled_variance: f64,
    limit: f64,
    exact_start: bool,
}

impl VectorDesign for Mewma {
    type Kernel = MewmaKernel;
    const NAME: &'static str = "Mewma";
    const INPUTS: &'static [Port] = &[Port::new("x", "*")];
    const OUTPUTS: &'static [Port] =
        &[Port::new("t2", "1"), Port::new("alarm", "1"), Port::new("cause", "1")];

    fn design(&self, period_s: f64) -> Result<MewmaKernel, DesignError> {
        DesignError::period(period_s)?;
        let covariance = Covariance::new(&self.mean, &self.covariance)?;
        let usable = (1e-6..=1.0).contains(&self.weight);
        DesignError::unless(usable, "weight", "from 1e-6 to 1", self.weight)?;
        DesignError::positive("limit", self.limit)?;
        Ok(MewmaKernel {
            covariance,
            weight: self.weight,
            settled_variance: self.weight / (2.0 - self.weight),
            limit: self.limit,
            exact_start: self.exact_start,
        })
    }
}

impl Chart for Mewma {
    const THRESHOLD: &'static str = "limit";

    /// Of the settled limit: with `exact_start` the run length is a little shorter.
    fn arl(&self, shift: f64) -> Result<f64, DesignError> {
        mewma_arl(self.mean.len(), self.weight, self.limit, shift)
    }

    fn with_arl0(self, arl0: f64) -> Result<Self, DesignError> {
        Ok(Self { limit: mewma_limit_for_arl0(self.mean.len(), self.weight, arl0)?, ..self })
    }
}

impl VectorKernel for MewmaKernel {
    fn input_width(&self, _: usize) -> usize {
        self.covariance.width()
    }

    fn output_width(&self, _: usize) -> usize {
        1
    }

    /// The share of the variance that is settled, the average in standard deviations, room to work in.
    fn memory_len(&self) -> usize {
        2 * self.covariance.width() + 1
    }

    fn step(&self, memory: &mut [f64], x: &[f64], output: &mut [f64]) {
        let Some((settled, rest)) = memory.split_first_mut() else { return };
        let (w, z) = rest.split_at_mut(self.covariance.width().min(rest.len()));
        self.covariance.standardise(x, z);
        for (w, z) in w.iter_mut().zip(&*z) {
            *w += self.weight * (z - *w);
        }
        *settled += (1.0 - *settled) * self.weight * (2.0 - self.weight);
        let v = self.settled_variance * if self.exact_start { *settled } else { 1.0 };
        z.copy_from_slice(w);
        let t2 = saturate(self.covariance.distance(z) / v);
        let cause = self.covariance.cause(z);
        let [t2_out, alarm, cause_out] = output else { return };
        (*t2_out, *alarm, *cause_out) = (t2, flag(t2 > self.limit), cause as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Design, EwmaChart, Running, RunningVector};

    fn chart(weight: f64, exact_start: bool) -> RunningVector<MewmaKernel> {
        let covariance = vec![vec![4.0, 1.2], vec![1.2, 1.0]];
        let config = Mewma { mean: vec![1.0, 2.0], covariance, weight, limit: 8.64, exact_start };
        RunningVector::new::<Mewma>(config.design(1.0).unwrap())
    }

    #[test]
    fn one_variable_is_the_square_of_the_ewma_chart() {
        for exact_start in [false, true] {
            let config = Mewma {
                mean: vec![5.0],
                covariance: vec![vec![4.0]],
                weight: 0.2,
                limit: 9.0,
                exact_start,
            };
            let mut many = RunningVector::new::<Mewma>(config.design(1.0).unwrap());
            let ewma =
                EwmaChart { mean: 5.0, sigma: 2.0, weight: 0.2, limit_sigma: 3.0, exact_start };
            let mut one = Running::new(ewma.design(1.0).unwrap(), []);
            for t in 0..300_u32 {
                let x = f64::from(t * 7919 % 31) - 10.0;
                let [z, alarm] = one.update(x);
                let out = many.update(&[x]);
                assert!((out[0] - z * z).abs() <= 1e-9 * (1.0 + z * z));
                assert_eq!(out[1], alarm.abs());
            }
        }
    }

    #[test]
    fn a_lasting_shift_within_the_noise_is_found_and_named() {
        // 0.75 standard deviations of the first variable that the second does not follow.
        let mut running = chart(0.1, false);
        let alarms: Vec<Vec<f64>> = (0..60)
            .map(|_| running.update(&[2.5, 2.0]).to_vec())
            .skip_while(|o| o[1] == 0.0)
            .collect();
        assert!(alarms.len() > 30);
        assert!(alarms.iter().all(|out| out[2] == 0.0), "{:?}", alarms[0]);
    }

    #[test]
    fn an_exact_start_judges_the_first_reading_as_hotelling_does() {
        let covariance = vec![vec![4.0, 1.2], vec![1.2, 1.0]];
        let single = super::super::Hotelling { mean: vec![1.0, 2.0], covariance, limit: 8.64 };
        let mut single = RunningVector::new::<super::super::Hotelling>(single.design(1.0).unwrap());
        let x = [3.0, 4.5];
        let (a, b) = (chart(0.1, true).update(&x)[0], single.update(&x)[0]);
        assert!((a - b).abs() < 1e-9 * b, "{a} {b}");
    }
}
