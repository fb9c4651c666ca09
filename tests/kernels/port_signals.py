"""What a port may see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def noise(samples: int, rng: np.random.Generator) -> Array:
    """White noise, three spikes in a hundred."""
    given = rng.normal(size=samples)
    given[rng.random(samples) < 0.03] += 8.0
    return given


def flag(samples: int, rng: np.random.Generator) -> Array:
    """On or off, half of the time each."""
    return (rng.random(samples) < 0.5).astype(np.float64)


def position(samples: int, rng: np.random.Generator) -> Array:
    """A web that only moves forward."""
    return np.cumsum(rng.uniform(0.0, 0.4, samples))
