"""How well a number tells good from bad, and how little a small sample knows of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Interval", "Recall", "area_under_curve", "bootstrap_area", "recall_by_class"]


@dataclass(frozen=True)
class Interval:
    """An estimate between its bounds."""

    value: float
    lo: float
    hi: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.lo:.2f} to {self.hi:.2f})"


def area_under_curve(good: npt.ArrayLike, bad: npt.ArrayLike) -> float:
    """Chance that a bad one scores above a good one: `P(b > g) + P(b = g)/2`.

    After Hanley & McNeil 1982. 0.5 is chance, 1 perfect, below 0.5 the wrong way round.

    >>> area_under_curve([1.0, 2.0], [2.0, 3.0])
    0.875
    """
    g, b = np.asarray(good, dtype=np.float64), np.asarray(bad, dtype=np.float64)
    if g.size == 0 or b.size == 0:
        raise ValueError(f"good and bad must have values, have {g.size} and {b.size}")
    less = np.sort(g)
    below = np.searchsorted(less, b, side="left")
    level = np.searchsorted(less, b, side="right") - below
    return float((below + 0.5 * level).mean() / g.size)


def bootstrap_area(
    good: Sequence[Sequence[float]],
    bad: Sequence[Sequence[float]],
    *,
    seed: int,
    draws: int = 4000,
    confidence: float = 0.95,
) -> Interval:
    """The area under the curve with its percentile interval (Efron 1979).

    Each inner sequence is one weld: its images are drawn together, for they are no independent
    evidence.
    """
    rng = np.random.default_rng(seed)
    value = area_under_curve(np.concatenate(good), np.concatenate(bad))
    areas = np.empty(draws)
    for i in range(draws):
        g = np.concatenate([good[k] for k in rng.integers(len(good), size=len(good))])
        b = np.concatenate([bad[k] for k in rng.integers(len(bad), size=len(bad))])
        areas[i] = area_under_curve(g, b)
    tail = 0.5 * (1.0 - confidence)
    lo, hi = np.quantile(areas, (tail, 1.0 - tail))
    return Interval(value, float(lo), float(hi))


@dataclass(frozen=True)
class Recall:
    """What one class lost and kept at an operating point."""

    count: int
    rules: Interval
    """Share rejected by the rules' own limits."""
    at_budget: Interval
    """Share rejected where the given share of good ones is rejected too."""


def recall_by_class(
    good: Sequence[float],
    bad: Mapping[str, Sequence[float]],
    *,
    false_reject_share: float,
) -> tuple[Interval, float, dict[str, Recall]]:
    """False rejects of the rules, the severity that meets the budget, and the recall of each class.

    Takes severities (1 at the limit). The threshold of the budget is the smallest severity above
    which no more than the share of `good` lies.
    Raises `ValueError` when `good` is too small to know it: fewer than `1/share`. Intervals are
    Wilson's (1927), 95 %.
    """
    g = np.sort(np.asarray(good, dtype=np.float64))
    if not 0.0 < false_reject_share < 1.0:
        raise ValueError(f"false_reject_share must be within 0 and 1, was {false_reject_share}")
    if len(g) * false_reject_share < 1.0:
        raise ValueError(
            f"{false_reject_share:.3g} false rejects need at least "
            f"{math.ceil(1.0 / false_reject_share)} good images, there are {len(g)}"
        )
    threshold = float(g[len(g) - 1 - math.floor(len(g) * false_reject_share)])
    found = {}
    for name, values in bad.items():
        v = np.asarray(values, dtype=np.float64)
        found[name] = Recall(
            len(v), wilson(int((v > 1.0).sum()), len(v)), wilson(int((v > threshold).sum()), len(v))
        )
    return wilson(int((g > 1.0).sum()), len(g)), threshold, found


def wilson(hits: int, count: int, z: float = 1.96) -> Interval:
    """A share with its score interval.

    >>> str(wilson(0, 100))
    '0.00 (0.00 to 0.04)'
    """
    if not 0 <= hits <= count or count == 0:
        raise ValueError(f"hits must be within 0 and {count}, was {hits}")
    share, zz = hits / count, z * z / count
    middle = (share + 0.5 * zz) / (1.0 + zz)
    half = z * math.sqrt(share * (1.0 - share) / count + 0.25 * zz / count) / (1.0 + zz)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
