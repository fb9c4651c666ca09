"""Observers, recursive fits, state estimators."""

from __future__ import annotations

CONFIGS: dict[str, dict[str, object]] = {
    "DisturbanceObserver": {
        "gain": 2.0,
        "time_constant_s": 1.5,
        "dead_time_s": 0.43,
        "level_weight": 0.4,
        "scale_memory_s": 8.0,
    },
}

VECTOR_CONFIGS: dict[str, dict[str, object]] = {
    "KalmanFilter": {
        "transition": [[0.9, 0.1, 0.0], [-0.2, 0.8, 0.1], [0.0, 0.05, 0.95]],
        "measurement": [[1.0, 0.0, 0.5], [0.0, 1.0, -1.0]],
        "process_noise": [[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.05]],
        "measurement_noise": [[0.5, 0.2], [0.2, 0.3]],
        "initial_covariance": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        "control": [[0.5], [0.0], [-0.3]],
    },
    "Rls": {"regressors": 3, "memory_s": 4.0, "initial_covariance": 100.0, "dead_zone": 0.1},
}
