"""What can go wrong, and how it shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """One detection that a cause makes."""

    event: str
    """Full name of the detection, `station.what`."""
    chance: float
    """Probability that the cause makes it at all, above 0, below 1."""
    lag_s: tuple[float, float] = (0.0, 60.0)
    """Earliest and latest time from the cause's start to the detection's onset, s."""
    direction: int = 0
    """+1 or -1 when the cause moves the watched value only up or only down; 0 for either."""

    def __post_init__(self) -> None:
        if not 0.0 < self.chance < 1.0:
            raise ValueError(f"{self.event}: chance must be within (0, 1), was {self.chance}")
        if not self.lag_s[0] <= self.lag_s[1]:
            raise ValueError(f"{self.event}: lag_s must be (earliest, latest), was {self.lag_s}")
        if self.direction not in (-1, 0, 1):
            raise ValueError(f"{self.event}: direction must be -1, 0 or 1, was {self.direction}")


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that can go wrong on a line."""

    name: str
    """Short and stable, for records."""
    says: str
    """What happened, for an operator."""
    action: str
    """What to do about it, for an operator."""
    signs: tuple[Sign, ...]
    per_shift: float = 0.1
    """How often it comes in 8 h, about; the prior."""

    def __post_init__(self) -> None:
        if not self.signs:
            raise ValueError(f"{self.name}: a cause without a sign can never be found")
        if not self.per_shift > 0.0:
            raise ValueError(f"{self.name}: per_shift must be positive, was {self.per_shift}")

    def sign(self, event: str) -> Sign | None:
        """Its sign of this name."""
        return next((sign for sign in self.signs if sign.event == event), None)
