"""What an operator looks at: the signals of a station, with their normal range and set-point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One value of a station as a person sees it.

    The normal range is what a good day shows, not a limit: outside it the value is drawn as
    abnormal, and nothing else happens. It is stated as numbers, or as a share around the set-point.

    >>> weight = Signal(topic="coater.dry_weight", says="dry coat weight", unit="g/m2",
    ...                 setpoint="coater.areal", share=0.015)
    >>> weight.range({"coater.areal": 200.0})
    (197.0, 203.0)
    """

    topic: str
    """Full name of the tap."""
    says: str
    """Its name in words."""
    unit: str
    lo: float | None = None
    """Normal from here, in `unit`."""
    hi: float | None = None
    """Normal up to here, in `unit`."""
    setpoint: str | None = None
    """Parameter of the line that is its set-point, in the same unit."""
    share: float | None = None
    """Normal is within this share of the set-point, dimensionless."""
    headline: bool = False
    """The one value of its station that the overview shows."""
    flows_to: str | None = None
    """Station that what it counts goes to: the material flow of the overview."""

    def __post_init__(self) -> None:
        if self.share is not None and (self.setpoint is None or not 0.0 < self.share < 1.0):
            raise ValueError(
                f"{self.topic}: share needs a setpoint and a value in 0..1, was {self.share}"
            )
        if self.lo is not None and self.hi is not None and not self.lo < self.hi:
            raise ValueError(f"{self.topic}: need lo < hi, was {self.lo} and {self.hi}")

    def range(self, params: Mapping[str, float]) -> tuple[float | None, float | None]:
        """Normal range, with the line's present parameters."""
        target = params.get(self.setpoint or "")
        if self.share is None or target is None or not math.isfinite(target):
            return self.lo, self.hi
        half = abs(target) * self.share
        return target - half, target + half
