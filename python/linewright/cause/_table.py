"""What can go wrong, and how it shows.

Several stations may state one cause, each with its own detections: the name says that it is the
same thing, so that a chain such as batch, weight, thickness is one cause on a line that has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


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


def merged(causes: Iterable[Cause]) -> list[Cause]:
    """Causes of one name made one, in the order of their first mention.

    The signs of all of them count, the first of a name by itself; wording, action and how often it
    comes are those of the first.

    >>> def batch(sign: Sign) -> Cause:
    ...     return Cause(name="batch", says="another batch", action="wait", signs=(sign,))
    >>> one, *others = merged(batch(Sign(of, 0.9)) for of in ("slurry.solids", "coater.weight"))
    >>> [sign.event for sign in one.signs], others
    (['slurry.solids', 'coater.weight'], [])
    """
    by_name: dict[str, Cause] = {}
    for cause in causes:
        known = by_name.setdefault(cause.name, cause)
        new = tuple(sign for sign in cause.signs if known.sign(sign.event) is None)
        by_name[cause.name] = replace(known, signs=known.signs + new)
    return list(by_name.values())
