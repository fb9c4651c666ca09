"""The kernels the coater and the calender were built on."""

from __future__ import annotations

import numpy as np
from port_signals import flag, position

CONFIGS: dict[str, dict[str, object]] = {
    "Ewma": {"time_constant_s": 0.7},
    "Butterworth": {"cutoff_hz": 1.3, "order": 5},
    "Median": {"window": 7},
    "Hampel": {"window": 9, "threshold_sigma": 3.0},
    "SampleHold": {},
    "OnDuration": {},
    "Shewhart": {"mean": 0.3, "sigma": 1.2, "limit_sigma": 3.0},
    "Cusum": {"mean": 0.1, "sigma": 0.9, "k": 0.5, "h": 4.0, "restart": True},
    "EwmaChart": {
        "mean": 0.1,
        "sigma": 0.9,
        "weight": 0.2,
        "limit_sigma": 2.962,
        "exact_start": True,
    },
    "Pid": {
        "kp": 0.8,
        "ti_s": 2.0,
        "td_s": 0.1,
        "derivative_filter": 8.0,
        "setpoint_weight": 0.7,
        "integral": True,
        "lo": -5.0,
        "hi": 5.0,
        "tracking_time_s": 1.0,
    },
    "FeedForward": {"gain": -0.5, "lead_s": 2.0, "lag_s": 1.0},
    "Smith": {"gain": 2.0, "time_constant_s": 3.0, "dead_time_s": 1.05},
    "TimeDelay": {"dead_time_s": 0.75},
    "WebDelay": {"length_m": 3.0, "resolution_m": 0.25},
    "Kalman": {"walk_sd_per_sqrt_s": 0.3, "noise_sd": 0.8},
    "ScanningGauge": {
        "boxes": 12,
        "cd_weight": 0.2,
        "md_walk_sd_per_sqrt_s": 0.1,
        "box_noise_sd": 0.5,
    },
    "Registration": {"mark_pitch_m": 5.0, "max_coast_m": 20.0},
    "Clamp": {"lo": -1.0, "hi": 0.5},
    "Slew": {"up_per_s": 3.0, "down_per_s": 2.0},
    "Latch": {},
}

PORTS = {
    **dict.fromkeys(("take", "on", "automatic", "trip", "reset"), flag),
    **dict.fromkeys(("position_m", "encoder_m"), position),
    "mark_count": lambda samples, _: np.floor(np.arange(samples) / 20.0),
    "mark_m": lambda samples, _: 5.0 * np.floor(np.arange(samples) / 20.0),
    "direction": lambda samples, _: np.ones(samples),
    "box": lambda samples, _: np.arange(samples) % 12.0,
}
