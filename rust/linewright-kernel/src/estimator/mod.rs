//! Estimators: what tells a state that no single reading shows.

mod delay;
mod dense;
mod disturbance;
mod kalman;
mod kalman_filter;
mod kalman_step;
mod registration;
mod riccati;
mod rls;
mod scanning_gauge;
mod synchronous;
mod time_delay;
mod tray_median;
mod web_delay;

pub(crate) use delay::Delay;
pub use disturbance::{DisturbanceObserver, DisturbanceObserverKernel, DisturbanceObserverState};
pub use kalman::{Kalman, KalmanKernel, KalmanState};
pub use kalman_filter::{KalmanFilter, KalmanFilterKernel};
pub use registration::{Registration, RegistrationKernel, RegistrationState};
pub use rls::{Rls, RlsKernel};
pub use scanning_gauge::{ScanningGauge, ScanningGaugeKernel, ScanningGaugeState};
pub use time_delay::{TimeDelay, TimeDelayKernel, TimeDelayState};
pub use tray_median::{TrayMedian, TrayMedianKernel};
pub use web_delay::{WebDelay, WebDelayKernel, WebDelayState};
