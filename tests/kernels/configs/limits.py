"""Limits that are learned, and plausibility checks."""

from __future__ import annotations

import numpy as np
from port_signals import Array, flag

CONFIGS: dict[str, dict[str, object]] = {
    "SelfStartingCusum": {"k": 0.5, "h": 4.0, "restart": True, "first": 5, "wild_sigma": 3.0},
    "GuardedCusum": {"k": 0.5, "h": 4.0, "restart": True, "open": 12, "memory": 50.0},
    "ArResidual": {"order": 2, "learn": 40},
    "ArCusum": {"order": 1, "k": 0.5, "h": 4.0, "restart": True, "learn": 25},
    "Stale": {"max_age_s": 0.1, "clear_after_s": 0.2},
    "Stuck": {"resolution": 0.5, "time_s": 0.2, "clear_after_s": 0.1},
    "Spike": {"height": 2.0, "width": 2},
    "RangeCheck": {"lo": -1.0, "hi": 2.0, "hysteresis": 0.3, "clear_after_s": 0.1},
    "RateCheck": {"max_per_s": 8.0, "over_s": 0.3, "clear_after_s": 0.2},
}

VECTOR_CONFIGS: dict[str, dict[str, object]] = {
    "CrossCheck": {"channels": 3, "tolerance": 1.0, "raise_after_s": 0.2},
}


def edges(samples: int, rng: np.random.Generator) -> Array:
    """On now and then."""
    return (rng.random(samples) < 0.02).astype(np.float64)


def counter(samples: int, rng: np.random.Generator) -> Array:
    """A sequence number that now and then stands still."""
    return np.cumsum(rng.random(samples) < 0.7).astype(np.float64)


PORTS = {"relearn": edges, "stamp": counter, "good": flag}
