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
