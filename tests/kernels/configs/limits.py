"""Limits that are learned, and plausibility checks."""

from __future__ import annotations

import numpy as np
from port_signals import Array

CONFIGS: dict[str, dict[str, object]] = {
    "SelfStartingCusum": {"k": 0.5, "h": 4.0, "restart": True, "first": 5, "wild_sigma": 3.0},
    "GuardedCusum": {"k": 0.5, "h": 4.0, "restart": True, "open": 12, "memory": 50.0},
}


def edges(samples: int, rng: np.random.Generator) -> Array:
    """On now and then."""
    return (rng.random(samples) < 0.02).astype(np.float64)


PORTS = {"relearn": edges}
