"""One parameter of the twin, followed from line data and guarded.

The parameter is the logarithm `x` of a ratio to the recipe's figure and walks slowly:

    P <- min(P + q*dt, P0)                 it may have moved; never less known than at the start
    K = P/(P + R), less where K*|z - x| > step    R: what scatters from sample to sample
    x <- x + K*(z - x),  P <- (1 - K)^2*P + K^2*R

What does not average out, the bias of an instrument, is considered and not estimated (Schmidt,
1966): it widens the interval by `B` and never shrinks. A sample is not learned from when it is not
finite, the same as the last ones (a stuck instrument), farther from the parameter than `GATE`
standard deviations, or tells nothing (`R` above what was known at the start: no excitation).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

GATE = 4.0
"""Standard deviations beyond which a sample is an outlier."""
STUCK = 5
"""Equal samples in a row that are no news."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What is known of a parameter before any sample; all relative."""

    sd0: float
    """Standard deviation at the start."""
    walk_per_sqrt_s: float
    """Random walk, per square root of a second."""
    step: float
    """Largest change of one sample."""

    def __post_init__(self) -> None:
        for name in ("sd0", "walk_per_sqrt_s", "step"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0 < value <= 1.0):
                raise ValueError(f"{name} must be above 0 and at most 1, was {value}")


@dataclass
class Track:
    """A parameter under way.

    >>> track = Track(Walk(sd0=0.05, walk_per_sqrt_s=1e-4, step=0.01))
    >>> for k in range(60):
    ...     _ = track.sample(0.03 + 0.001 * (-1) ** k, sd=0.01, bias=0.002, dt_s=10.0)
    >>> round(track.x, 2), round(track.sd, 3), track.used
    (0.03, 0.003, 60)
    """

    walk: Walk
    x: float = 0.0
    variance: float = field(init=False)
    bias: float = 0.0
    used: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    _last: float = math.nan
    _same: int = 0

    def __post_init__(self) -> None:
        self.variance = self.walk.sd0**2

    @property
    def sd(self) -> float:
        """Standard deviation of `x`, the bias considered."""
        return math.hypot(math.sqrt(self.variance), self.bias)

    def sample(self, z: float, *, sd: float, bias: float, dt_s: float) -> bool:
        """Learn from a sample `z` of scatter `sd` and bias `bias`, `dt_s` after the last one.

        Gives whether it was learned from.
        """
        self._same = self._same + 1 if z == self._last else 0
        self._last = z
        if not (math.isfinite(z) and math.isfinite(sd) and sd > 0.0):
            return self._reject("not finite")
        if self._same >= STUCK:
            return self._reject("stuck")
        if sd >= self.walk.sd0 * 10.0:
            return self._reject("tells nothing")
        grown = self.variance + self.walk.walk_per_sqrt_s**2 * max(dt_s, 0.0)
        prior = min(grown, self.walk.sd0**2)
        off = z - self.x
        if off * off > GATE**2 * (prior + sd * sd + bias * bias):
            return self._reject("outlier")
        gain = prior / (prior + sd * sd)
        if abs(gain * off) > self.walk.step:
            gain = self.walk.step / abs(off)
        self.x += gain * off
        self.variance = (1.0 - gain) ** 2 * prior + gain * gain * sd * sd
        self.bias = bias
        self.used += 1
        return True

    def _reject(self, why: str) -> bool:
        self.rejected[why] += 1
        return False
