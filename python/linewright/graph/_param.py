"""A tunable number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ._place import GraphError, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A number that may be changed while the line runs, at a cycle boundary.

    Give it to a kernel as a config value (`L.apply(lw.Pid, ..., kp=gain)`), or use it as an operand
    beside an edge.
    """

    name: str
    station: str
    unit: str
    value: float
    lo: float
    hi: float
    place: Place

    def __post_init__(self) -> None:
        for name, x in (("value", self.value), ("lo", self.lo), ("hi", self.hi)):
            if not math.isfinite(x):
                raise GraphError(f"param {self.name}: {name} must be finite, was {x}")
        if not self.lo <= self.value <= self.hi:
            bounds = f"{self.lo} to {self.hi} {self.unit}"
            raise GraphError(f"param {self.name}: value must be {bounds}, was {self.value}")

    def declaration(self) -> dict[str, object]:
        """Its entry in the plan."""
        return {
            "name": self.name,
            "station": self.station,
            "unit": self.unit,
            "value": self.value,
            "lo": self.lo,
            "hi": self.hi,
            "at": self.place.short,
        }
