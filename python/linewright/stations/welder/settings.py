"""What can be tuned in the control of the weld fixtures, with units; bounds are checked here."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one feature is like in good welds: known from resistance and pull tests alone."""

    mean: float
    """Mean of good welds, unit of the feature."""
    sigma: float
    """Their standard deviation, unit of the feature; positive."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise ValueError(f"mean must be finite, was {self.mean}")
        if not (math.isfinite(self.sigma) and self.sigma > 0.0):
            raise ValueError(f"sigma must be positive, was {self.sigma}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of the control of the weld fixtures."""

    fixtures: int = 4
    """Fixtures that come round."""
    k: float = 0.5
    """Allowance of the CUSUM, sigmas: half the shift sought."""
    h: float = 5.0
    """Decision interval of the CUSUM, sigmas."""
    verify_welds: int = 5
    """Welds after an action that say whether it helped."""
    recovered_z: float = 1.0
    """Largest mean of these welds that counts as recovered, sigmas."""
    clamp_step: float = 0.05
    """One step of the clamp force, share of nominal."""
    clamp_most: float = 0.05
    """Largest correction of the clamp force, share of nominal."""
    defocus_step_mm: float = 0.1
    """One step of the focus, mm."""
    defocus_most_mm: float = 0.1
    """Largest correction of the focus, mm."""
    power_step: float = 0.02
    """One step of the laser's power, share of nominal."""
    power_most: float = 0.02
    """Largest correction of the laser's power, share of nominal."""
    resistance_most_uohm: float = 58.0
    """4-wire resistance up to which a tested weld is good, uohm."""
    pull_least_n: float = 320.0
    """Pull force from which on a tested weld is good, N."""
    learn_from: int = 30
    """Tested good welds of one fixture before its limits are learnt anew."""

    def __post_init__(self) -> None:
        for name in ("fixtures", "verify_welds", "learn_from"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, was {getattr(self, name)}")
        for name in (
            "k",
            "h",
            "recovered_z",
            "clamp_step",
            "clamp_most",
            "defocus_step_mm",
            "defocus_most_mm",
            "power_step",
            "power_most",
            "resistance_most_uohm",
            "pull_least_n",
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name} must be positive, was {value}")
