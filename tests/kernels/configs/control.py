"""Controllers and limiters beyond the first set."""

from __future__ import annotations

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
}
