"""Limiters: what keeps a command within what the machine may do.

>>> from linewright.limiters import Slew
>>> load = Slew(up_per_s=10.0, down_per_s=10.0, period_s=0.1)
>>> load.update(100.0), load.update(200.0)
(100.0, 101.0)
"""

from linewright._core import (
    Clamp,
    Latch,
    Override,
    SCurve,
    SetpointRamp,
    Slew,
    SplitRange,
)

__all__ = [
    "Clamp",
    "Latch",
    "Override",
    "SCurve",
    "SetpointRamp",
    "Slew",
    "SplitRange",
]
