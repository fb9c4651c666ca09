//! Limits of T2 and Q for a false-alarm probability.

use super::arl::shewhart_limit_for_arl0;
use super::chi_square::{chi_square_limit, f_limit};
use crate::DesignError;

/// Limit of T2 of `variables` variables or components for a false-alarm probability per sample. With the
/// mean and covariance known (`samples` none) it is chi-square; estimated from `samples` samples it is
/// `p (n + 1)(n - 1) / (n (n - p)) * F(p, n - p)` for one new sample (Tracy, Young and Mason 1992).
///
/// # Errors
/// `variables` zero or beyond 1e5, `false_alarm` not in `[1e-16, 1)`, or not more samples than variables.
pub fn t2_limit(
    variables: usize,
    false_alarm: f64,
    samples: Option<usize>,
) -> Result<f64, DesignError> {
    let p = variables as f64;
    DesignError::unless((1.0..=1e5).contains(&p), "variables", "from 1 to 100000", p)?;
    check(false_alarm)?;
    let Some(samples) = samples else { return chi_square_limit(false_alarm, p) };
    let n = samples as f64;
    let enough = samples > variables && n - p <= 1e5;
    DesignError::unless(enough, "samples", "more than variables, by at most 100000", n)?;
    Ok(p * (n + 1.0) * (n - 1.0) / (n * (n - p)) * f_limit(false_alarm, p, n - p)?)
}

/// Limit of Q, the squared residual outside a subspace, for a false-alarm probability per sample, from
/// the variances of the components left out (Jackson and Mudholkar 1979). An approximation: with ten or
/// more variances of one size it alarms as often as asked within a tenth, with a few of which one
/// dominates at less than that (half as often at 0.001).
///
/// # Errors
/// `variances` empty, all zero, negative or not finite; `false_alarm` not in `[1e-15, 0.5]`.
pub fn q_limit(variances: &[f64], false_alarm: f64) -> Result<f64, DesignError> {
    DesignError::finite_list("variances", variances)?;
    let least = variances.iter().copied().fold(f64::INFINITY, f64::min);
    DesignError::unless((0.0..1e300).contains(&least), "variances", "zero or more", least)?;
    let served = (1e-15..=0.5).contains(&false_alarm);
    DesignError::unless(served, "false_alarm", "from 1e-15 to 0.5", false_alarm)?;
    let largest = variances.iter().copied().fold(0.0, f64::max);
    DesignError::positive("variances", largest)?;
    let power =
        |n: i32| variances.iter().map(|v| libm::pow(v / largest, f64::from(n))).sum::<f64>();
    let (first, second, third) = (power(1), power(2), power(3));
    let h = 1.0 - 2.0 * first * third / (3.0 * second * second);
    // A two-sided tail of twice the probability is this one-sided one.
    let c = if false_alarm == 0.5 { 0.0 } else { shewhart_limit_for_arl0(0.5 / false_alarm)? };
    let spread = c * libm::sqrt(2.0 * second * h * h) / first;
    let base = spread + 1.0 + second * h * (h - 1.0) / (first * first);
    Ok(largest * first * libm::pow(base.max(0.0), 1.0 / h))
}

fn check(false_alarm: f64) -> Result<(), DesignError> {
    let served = (1e-16..1.0).contains(&false_alarm);
    DesignError::unless(served, "false_alarm", "from 1e-16 to below 1", false_alarm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t2_known_and_estimated() {
        assert!((t2_limit(2, 0.005, None).unwrap() - 10.596_634_733_1).abs() < 1e-9);
        // scipy 1.17: 2*51*49/(50*48) * f.isf(0.01, 2, 48).
        let expected = 2.0 * 51.0 * 49.0 / (50.0 * 48.0) * 5.076_663_807_086_122;
        assert!((t2_limit(2, 0.01, Some(50)).unwrap() - expected).abs() < 1e-9);
        let many = t2_limit(10, 0.001, Some(50_000)).unwrap();
        assert!((many / t2_limit(10, 0.001, None).unwrap() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn q_of_equal_variances_is_nearly_chi_square() {
        // h = 1/3: the cube-root approximation of Wilson and Hilferty, good to a fraction of a per cent.
        let limit = q_limit(&[0.5; 20], 0.01).unwrap();
        assert!((limit / (0.5 * chi_square_limit(0.01, 20.0).unwrap()) - 1.0).abs() < 2e-3);
        // It scales with the variances.
        let scaled = q_limit(&[0.5e6; 20], 0.01).unwrap();
        assert!((scaled / limit / 1e6 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let parameter = |r: Result<f64, DesignError>| r.unwrap_err().parameter;
        assert_eq!(parameter(t2_limit(0, 0.01, None)), "variables");
        assert_eq!(parameter(t2_limit(2, 0.0, None)), "false_alarm");
        assert_eq!(parameter(t2_limit(5, 0.01, Some(5))), "samples");
        assert_eq!(parameter(q_limit(&[], 0.01)), "variances");
        assert_eq!(parameter(q_limit(&[0.0], 0.01)), "variances");
        assert_eq!(parameter(q_limit(&[1.0, f64::NAN], 0.01)), "variances");
        assert_eq!(parameter(q_limit(&[1.0], 0.9)), "false_alarm");
    }
}
