"""Estimators: what tells a state that no single reading shows.

>>> from linewright.estimators import Kalman
>>> solids = Kalman(walk_sd_per_sqrt_s=0.01, noise_sd=0.2, period_s=0.1)
>>> estimate, innovation, z = solids.update(70.0)
>>> estimate
70.0
"""

from linewright._core import (
    Capability,
    CapabilityIndex,
    DelayEstimate,
    DisturbanceObserver,
    HarrisIndex,
    Kalman,
    KalmanFilter,
    Oscillation,
    Registration,
    Rls,
    ScanAliasing,
    ScanningGauge,
    ScanProfile,
    Stiction,
    TimeDelay,
    TrayMedian,
    WebDelay,
    capability,
    estimate_delay,
    harris_index,
    oscillation,
    scan_aliasing,
    stiction,
)

__all__ = [
    "Capability",
    "CapabilityIndex",
    "DelayEstimate",
    "DisturbanceObserver",
    "HarrisIndex",
    "Kalman",
    "KalmanFilter",
    "Oscillation",
    "Registration",
    "Rls",
    "ScanAliasing",
    "ScanProfile",
    "ScanningGauge",
    "Stiction",
    "TimeDelay",
    "TrayMedian",
    "WebDelay",
    "capability",
    "estimate_delay",
    "harris_index",
    "oscillation",
    "scan_aliasing",
    "stiction",
]
