//! Kernels of Linewright: filters, detectors, estimators, controllers and limiters.
//!
//! A kernel is three things kept apart: a *config* in engineering units ([`Design`]), the
//! *coefficients* made from it once ([`Kernel`]), and plain-data *state* ([`Kernel::State`]).
//! One step function; no I/O, no allocation, no panic. [`Running`] puts the three together and
//! holds on bad input; it is what the executor and the Python classes run.
//!
//! | family | kernels |
//! |---|---|
//! | [`filter`] | [`Ewma`] [`Butterworth`] [`Chebyshev1`] [`Chebyshev2`] [`Elliptic`] [`Bessel`] [`Notch`] [`Peak`] [`Sos`] [`Fir`] [`FirWindow`] [`MovingAverage`] [`SavitzkyGolay`] [`Derivative`] [`Decimator`] [`SynchronousNotch`] [`RepetitiveFilter`] [`Complementary`] [`RateConverter`] [`UnitConversion`] [`Median`] [`Hampel`] [`SampleHold`] [`OnDuration`] |
//! | [`detector`] | [`Shewhart`] [`RunsRules`] [`Cusum`] [`EwmaChart`] [`AdaptiveEwma`] [`SpreadCusum`] [`Glr`] [`PageHinkley`] [`ShiryaevRoberts`] [`SelfStartingCusum`] [`GuardedCusum`] [`ArResidual`] [`ArCusum`] [`Hotelling`] [`Mewma`] [`PcaChart`] [`Stale`] [`Stuck`] [`Spike`] [`RangeCheck`] [`RateCheck`] [`CrossCheck`]; [`detector::arl`]: run lengths, limits, the bound on delay |
//! | [`controller`] | [`Pid`] [`ScheduledPid`] [`CascadePid`] [`FeedForward`] [`Ratio`] [`Smith`] [`Imc`] [`RunToRun`] [`DoubleEwma`] [`Repetitive`] [`GainSchedule`] [`controller::BurstTrim`] [`RelayAutotune`] [`Mpc`] [`CdProfile`]; [`controller::qp`]: quadratic programs; [`controller::bound`]: minimum variance, SIMC, run to run |
//! | [`estimator`] | [`TimeDelay`] [`WebDelay`] [`Kalman`] [`KalmanFilter`] [`Rls`] [`DisturbanceObserver`] [`ScanningGauge`] [`ScanProfile`] [`Registration`] [`TrayMedian`] |
//! | [`front`] | [`BlockStatistics`] [`FormationWatch`] [`WeldBurst`]; wide blocks to channels |
//! | [`limiter`] | [`Clamp`] [`Slew`] [`Latch`] [`SetpointRamp`] [`SCurve`] [`SplitRange`] [`Override`] |
//!
//! ```
//! use linewright_kernel::{Cusum, Design, Running};
//!
//! let config =
//!     Cusum { mean: 200.0, sigma: 0.6, k: 0.5, h: 5.0, restart: true, head_start: 0.0 };
//! let mut cusum = Running::new(config.design(0.1)?, []);
//! let [high, low, alarm] = cusum.update(201.2);
//! assert_eq!((low, alarm), (0.0, 0.0));
//! assert!((high - 1.5).abs() < 1e-9);
//! # Ok::<(), linewright_kernel::DesignError>(())
//! ```
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod kernel;
mod number;
mod pack;
#[cfg(test)]
#[path = "../tests/random/mod.rs"]
mod random;
mod running;
mod series;
mod vector;

pub mod controller;
pub mod detector;
pub mod estimator;
pub mod filter;
pub mod front;
pub mod limiter;

pub use error::DesignError;
pub use kernel::{Design, Kernel, Port, Ports};
pub use number::LARGEST;
pub use pack::{ByForm, Pack, PackBits, Packed, Real, Row, WIDTH};
pub use running::Running;
pub use series::{Grid, List};
pub use vector::{RunningVector, VectorDesign, VectorKernel};

/// Calls `$then! { Name ... }` with the config type of every exported kernel, in a fixed order.
///
/// This is the one list: the executor's operations, the Python classes and the conformance suite
/// are made from it, so a kernel enters all three by being named here.
#[macro_export]
macro_rules! for_each_kernel {
    ($then:ident) => {
        $then! {
            Ewma Butterworth Median Hampel SampleHold OnDuration
            Chebyshev1 Chebyshev2 Elliptic Bessel Notch Peak Sos
            Fir FirWindow MovingAverage SavitzkyGolay Derivative Decimator
            SynchronousNotch RepetitiveFilter Complementary RateConverter UnitConversion
            Shewhart Cusum EwmaChart
            RunsRules AdaptiveEwma SpreadCusum Glr PageHinkley ShiryaevRoberts
            SelfStartingCusum GuardedCusum ArResidual ArCusum Stale Stuck Spike RangeCheck RateCheck
            Pid FeedForward Smith
            TimeDelay WebDelay Kalman ScanningGauge Registration DisturbanceObserver
            Clamp Slew Latch
            Imc Ratio RunToRun DoubleEwma
            GainSchedule ScheduledPid CascadePid Repetitive RelayAutotune
            SCurve SetpointRamp SplitRange Override
        }
    };
}

/// As [`for_each_kernel!`], for the vector kernels.
#[macro_export]
macro_rules! for_each_vector_kernel {
    ($then:ident) => {
        $then! {
            Hotelling Mewma PcaChart TrayMedian
            CrossCheck
            KalmanFilter Rls ScanProfile
            Mpc CdProfile
        }
    };
}

/// As [`for_each_kernel!`], for the front ends.
#[macro_export]
macro_rules! for_each_front_end {
    ($then:ident) => {
        $then! {
            BlockStatistics FormationWatch WeldBurst
        }
    };
}

/// Calls `$then! { Name ... }` with the config type of every [`detector::Chart`]: a kernel of one of the
/// lists above whose run length is known.
#[macro_export]
macro_rules! for_each_chart {
    ($then:ident) => {
        $then! {
            Shewhart Cusum EwmaChart
            Hotelling Mewma
            SelfStartingCusum GuardedCusum ArCusum
            RunsRules AdaptiveEwma SpreadCusum Glr PageHinkley ShiryaevRoberts
        }
    };
}

pub use controller::{CascadePid, GainSchedule, RelayAutotune, Repetitive, ScheduledPid};
pub use controller::{CdProfile, Mpc};
pub use controller::{DoubleEwma, Imc, Ratio, RunToRun};
pub use controller::{FeedForward, Pid, Smith};
pub use detector::{
    AdaptiveEwma, Cusum, EwmaChart, Glr, PageHinkley, RunsRules, Shewhart, ShiryaevRoberts,
    SpreadCusum,
};
pub use detector::{
    ArCusum, ArResidual, CrossCheck, GuardedCusum, RangeCheck, RateCheck, SelfStartingCusum, Spike,
    Stale, Stuck,
};
pub use detector::{Hotelling, Mewma, PcaChart};
pub use estimator::TrayMedian;
pub use estimator::{
    DisturbanceObserver, Kalman, KalmanFilter, Registration, Rls, ScanProfile, ScanningGauge,
    TimeDelay, WebDelay,
};
pub use filter::{
    Band, Bessel, BesselNorm, Butterworth, Chebyshev1, Chebyshev2, Elliptic, Ewma, Hampel, Median,
    Notch, OnDuration, Peak, SampleHold, Sos,
};
pub use filter::{
    Between, Complementary, Decimator, Derivative, Fir, FirShape, FirWindow, MovingAverage, Place,
    RateConverter, RepetitiveFilter, SavitzkyGolay, SynchronousNotch, UnitConversion,
};
pub use front::{BlockStatistics, FormationWatch, FrontEnd, FrontEndDesign, WeldBurst};
pub use limiter::{Clamp, Latch, Override, SCurve, SetpointRamp, Slew, SplitRange};
