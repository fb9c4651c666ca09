//! Detectors: what finds that a signal is no longer what it was.

mod adaptive_ewma;
mod ar_cusum;
mod ar_model;
mod ar_residual;
pub mod arl;
mod arl_adaptive;
mod arl_chain;
mod arl_glr;
mod arl_more;
mod arl_panels;
mod arl_runs;
mod arl_shiryaev;
mod arl_spread;
mod chart;
mod chi_square;
mod covariance;
mod cross_check;
mod cusum;
mod ewma_chart;
mod glr;
mod guarded;
mod hotelling;
mod learned;
mod linger;
mod mewma;
mod mewma_arl;
mod multivariate_limits;
mod normal;
mod page_hinkley;
mod pca_chart;
mod range_check;
mod rate_check;
mod runs;
mod self_starting;
mod shewhart;
mod shiryaev_roberts;
mod spike;
mod spread;
mod stale;
mod stuck;
mod student;
mod sums;

pub use adaptive_ewma::{AdaptiveEwma, AdaptiveEwmaKernel, AdaptiveEwmaState};
pub use ar_cusum::{ArCusum, ArCusumKernel, ArCusumState};
pub use ar_residual::{ArResidual, ArResidualKernel, ArResidualState};
pub use chart::Chart;
pub use chi_square::{chi_square_limit, chi_square_tail, f_limit, f_tail, shifted_tail};
pub use cross_check::{CrossCheck, CrossCheckKernel};
pub use cusum::{Cusum, CusumKernel, CusumState};
pub use ewma_chart::{EwmaChart, EwmaChartKernel, EwmaChartState};
pub use glr::{Glr, GlrKernel, GlrState};
pub use guarded::{GuardedCusum, GuardedCusumKernel, GuardedCusumState};
pub use hotelling::{Hotelling, HotellingKernel};
pub use mewma::{Mewma, MewmaKernel};
pub use mewma_arl::{mewma_arl, mewma_limit_for_arl0};
pub use multivariate_limits::{q_limit, t2_limit};
pub use page_hinkley::{PageHinkley, PageHinkleyKernel, PageHinkleyState};
pub use pca_chart::{PcaChart, PcaChartKernel};
pub use range_check::{RangeCheck, RangeCheckKernel, RangeCheckState};
pub use rate_check::{RateCheck, RateCheckKernel, RateCheckState};
pub use runs::{RuleSet, RunsRules, RunsRulesKernel, RunsRulesState};
pub use self_starting::{SelfStartingCusum, SelfStartingCusumKernel, SelfStartingCusumState};
pub use shewhart::{Shewhart, ShewhartKernel};
pub use shiryaev_roberts::{ShiryaevRoberts, ShiryaevRobertsKernel, ShiryaevRobertsState, Watch};
pub use spike::{Spike, SpikeKernel, SpikeState};
pub use spread::{SpreadCusum, SpreadCusumKernel, SpreadCusumState};
pub use stale::{Stale, StaleKernel, StaleState};
pub use stuck::{Stuck, StuckKernel, StuckState};

use crate::pack::side_by_side;
use crate::{DesignError, Pack, Real, WIDTH};

/// What is known of a signal in control: the scale every chart measures in.
#[derive(Debug, Clone, Copy)]
struct Baseline<R = f64> {
    mean: R,
    sigma: R,
}

impl Baseline {
    /// Refuses a mean that is not finite and a sigma that is not positive.
    fn new(mean: f64, sigma: f64) -> Result<Self, DesignError> {
        let usable = libm::fabs(mean) <= crate::number::LARGEST;
        DesignError::unless(usable, "mean", "finite, at most 1e300 in magnitude", mean)?;
        DesignError::positive("sigma", sigma)?;
        Ok(Self { mean, sigma })
    }

    fn widen(lanes: [Self; WIDTH]) -> Baseline<Pack> {
        Baseline { mean: side_by_side!(lanes.mean), sigma: side_by_side!(lanes.sigma) }
    }
}

impl<R: Real> Baseline<R> {
    /// `z = (x - mean) / sigma`.
    #[inline(always)]
    fn z(&self, x: R) -> R {
        ((x - self.mean) / self.sigma).saturate()
    }
}

/// `+1` when `x > limit`, `-1` when `x < -limit`, else `0`; `limit` is positive.
#[inline(always)]
fn side<R: Real>(x: R, limit: R) -> R {
    let below = R::select(x.below(-limit), R::of(-1.0), R::of(0.0));
    R::select(x.above(limit), R::of(1.0), below)
}
