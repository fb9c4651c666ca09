"""Predictive controllers."""

from __future__ import annotations

VECTOR_CONFIGS: dict[str, dict[str, object]] = {
    "Mpc": {
        "a": [[1.0, 0.1], [0.0, 0.9]],
        "b": [[0.005], [0.1]],
        "c": [[1.0, 0.0]],
        "horizon": 8,
        "output_weight": [1.0],
        "move_weight": [0.1],
        "input_lo": [-1.0],
        "input_hi": [1.0],
        "move_limit": [0.5],
        "output_lo": [-2.0],
        "output_hi": [2.0],
        "disturbance_gain": 0.2,
    },
    "CdProfile": {
        "lanes": 12,
        "bolts": 5,
        "response_width": 1.2,
        "move_weight": 0.1,
        "travel_lo": -20.0,
        "travel_hi": 20.0,
        "bend_limit": 3.0,
        "move_limit": 1.0,
    },
}
