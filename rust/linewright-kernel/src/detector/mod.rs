//! Detectors: what finds that a signal is no longer what it was.

pub mod arl;
mod arl_chain;
mod arl_more;
mod chart;
mod chi_square;
mod covariance;
mod cusum;
mod ewma_chart;
mod hotelling;
mod mewma;
mod mewma_arl;
mod multivariate_limits;
mod pca_chart;
mod shewhart;

pub use chart::Chart;
pub use chi_square::{chi_square_limit, chi_square_tail, f_limit, f_tail, shifted_tail};
pub use cusum::{Cusum, CusumKernel, CusumState};
pub use ewma_chart::{EwmaChart, EwmaChartKernel, EwmaChartState};
pub use hotelling::{Hotelling, HotellingKernel};
pub use mewma::{Mewma, MewmaKernel};
pub use mewma_arl::{mewma_arl, mewma_limit_for_arl0};
pub use multivariate_limits::{q_limit, t2_limit};
pub use pca_chart::{PcaChart, PcaChartKernel};
pub use shewhart::{Shewhart, ShewhartKernel};

use crate::DesignError;
use crate::number::saturate;

/// What is known of a signal in control: the scale every chart measures in.
#[derive(Debug, Clone, Copy)]
struct Baseline {
    mean: f64,
    sigma: f64,
}

impl Baseline {
    /// Refuses a mean that is not finite and a sigma that is not positive.
    fn new(mean: f64, sigma: f64) -> Result<Self, DesignError> {
        let usable = libm::fabs(mean) <= crate::number::LARGEST;
        DesignError::unless(usable, "mean", "finite, at most 1e300 in magnitude", mean)?;
        DesignError::positive("sigma", sigma)?;
        Ok(Self { mean, sigma })
    }

    /// `z = (x - mean) / sigma`.
    #[inline]
    fn z(&self, x: f64) -> f64 {
        saturate((x - self.mean) / self.sigma)
    }
}

/// `+1` when `x > limit`, `-1` when `x < -limit`, else `0`.
#[inline]
fn side(x: f64, limit: f64) -> f64 {
    f64::from(i8::from(x > limit) - i8::from(x < -limit))
}
