"""Controllers and limiters beyond the first set."""

from __future__ import annotations

import numpy as np
from port_signals import flag

CONFIGS: dict[str, dict[str, object]] = {
    "SCurve": {"velocity_per_s": 2.0, "acceleration_per_s2": 5.0, "jerk_per_s3": 40.0},
    "SetpointRamp": {"up_per_s": 3.0, "down_per_s": 2.0, "holdback": 1.5},
    "SplitRange": {
        "lo": -2.0,
        "split": 0.0,
        "hi": 3.0,
        "first_at_lo": 100.0,
        "first_at_split": 0.0,
        "second_at_split": 0.0,
        "second_at_hi": 50.0,
        "deadband": 0.2,
    },
    "Override": {"select": "median"},
    "Imc": {
        "gain": 2.0,
        "time_constant_s": 3.0,
        "dead_time_s": 1.05,
        "lambda_s": 0.8,
        "mismatch_filter_s": 0.3,
        "lo": -5.0,
        "hi": 5.0,
    },
    "Ratio": {
        "min_ratio": 0.2,
        "max_ratio": 1.5,
        "ratio_rate_per_s": 0.5,
        "least_wild": 0.1,
        "lo": -2.0,
        "hi": 2.0,
    },
    "GainSchedule": {"at": [-1.0, 0.0, 2.0], "values": [3.0, 1.0, -2.0]},
    "ScheduledPid": {"lo": -5.0, "hi": 5.0, "tracking_time_s": 1.0, "anti_windup": "clamping"},
    "CascadePid": {
        "outer_kp": 1.5,
        "outer_ti_s": 4.0,
        "sp_lo": -5.0,
        "sp_hi": 5.0,
        "inner_kp": 0.8,
        "inner_ti_s": 1.0,
        "lo": -3.0,
        "hi": 3.0,
    },
    "Repetitive": {
        "revolution_m": 2.0,
        "bins": 20,
        "gain": 0.4,
        "lead_m": 0.3,
        "lo": -2.0,
        "hi": 2.0,
    },
    "RelayAutotune": {
        "amplitude": 1.0,
        "hysteresis": 0.2,
        "cycles": 2,
        "tolerance": 0.5,
        "max_deviation": 20.0,
        "max_duration_s": 60.0,
        "lo": -2.0,
        "hi": 2.0,
    },
    "RunToRun": {
        "gain": 2.0,
        "weight": 0.3,
        "max_move": 0.5,
        "lo": -3.0,
        "hi": 3.0,
        "max_age_runs": 4,
    },
    "DoubleEwma": {
        "gain": 2.0,
        "weight": 0.3,
        "drift_weight": 0.2,
        "max_move": 0.5,
        "lo": -3.0,
        "hi": 3.0,
        "max_age_runs": 4,
    },
}

PORTS = {
    "measured": flag,
    "learn": flag,
    "mode": lambda samples, rng: (
        np.repeat(rng.integers(0, 3, samples // 40 + 1), 40)[:samples] * 1.0
    ),
    "run": lambda samples, _: (np.arange(samples) % 200 > 5).astype(np.float64),
    "age_runs": lambda samples, rng: rng.integers(0, 6, samples).astype(np.float64),
}
