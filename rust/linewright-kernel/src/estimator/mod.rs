//! Estimators: what tells a state that no single reading shows.

mod capability;
mod delay;
mod delay_estimate;
mod dense;
mod disturbance;
mod kalman;
mod kalman_filter;
mod kalman_step;
mod loop_health;
#[cfg(test)]
mod noise;
mod registration;
mod riccati;
mod rls;
mod scan_aliasing;
mod scan_profile;
mod scanning_gauge;
mod stiction;
mod synchronous;
mod time_delay;
mod time_series;
mod tray_median;
mod web_delay;

pub use capability::{Capability, Index, capability};
pub(crate) use delay::Delay;
pub use delay_estimate::{DelayEstimate, estimate_delay};
pub use disturbance::{DisturbanceObserver, DisturbanceObserverKernel, DisturbanceObserverState};
pub use kalman::{Kalman, KalmanKernel, KalmanState};
pub use kalman_filter::{KalmanFilter, KalmanFilterKernel};
pub use loop_health::{HarrisIndex, Oscillation, harris_index, oscillation};
pub use registration::{Registration, RegistrationKernel, RegistrationState};
pub use rls::{Rls, RlsKernel};
pub use scan_aliasing::{ScanAliasing, scan_aliasing};
pub use scan_profile::{ScanProfile, ScanProfileKernel};
pub use scanning_gauge::{ScanningGauge, ScanningGaugeKernel, ScanningGaugeState};
pub use stiction::{Stiction, Verdict, stiction};
pub use time_delay::{TimeDelay, TimeDelayKernel, TimeDelayState};
pub use tray_median::{TrayMedian, TrayMedianKernel};
pub use web_delay::{WebDelay, WebDelayKernel, WebDelayState};
