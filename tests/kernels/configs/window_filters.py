"""Of the filters over windows of samples, along the web and between rates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from port_signals import Array

CONFIGS: dict[str, dict[str, object]] = {
    "Fir": {"taps": [0.1, 0.2, 0.4, 0.2, 0.1]},
    "FirWindow": {"cutoff_hz": 1.3, "taps": 21, "window": "blackman", "band": "highpass"},
    "MovingAverage": {"window": 9},
    "SavitzkyGolay": {"window": 9, "degree": 2, "derivative": 1, "place": "centre"},
    "Derivative": {"cutoff_hz": 0.8},
    "Decimator": {"factor": 4},
    "SynchronousNotch": {"wavelength_m": 2.0, "bandwidth_per_m": 0.05, "harmonics": 2},
    "RepetitiveFilter": {"turn_m": 2.0, "bins": 16, "turns": 3.0},
    "Complementary": {"time_constant_s": 0.7},
    "RateConverter": {"delay_s": 0.7, "max_age_s": 0.6},
    "UnitConversion": {"gain": 2.5, "offset": -1.0},
}


def age(samples: int, rng: np.random.Generator) -> Array:
    """A value every seven ticks, one to three old when it comes."""
    late = np.repeat(rng.integers(1, 4, samples // 7 + 1), 7)[:samples]
    return 0.1 * (np.arange(samples) % 7 + late).astype(np.float64)


PORTS: dict[str, Callable[[int, np.random.Generator], Array]] = {"age_s": age}
