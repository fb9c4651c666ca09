"""A small rasteriser of welds with known truth: what the tests of the inspection look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from linewright.stations.welder.vision import Scale
from numpy.typing import NDArray

SCALE = Scale(mm_per_px=0.05, origin_mm=(-2.0, -4.5))
ROWS, COLUMNS = 180, 680


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A weld; lengths in mm. Levels are in steps: 0 the tab, 1 the foil."""

    present: bool = True
    length_mm: float = 30.0
    width_mm: float = 1.0
    neck: tuple[float, float, float] | None = None
    """From, to, width of a part of the seam."""
    break_mm: tuple[float, float] | None = None
    along_mm: float = 0.0
    across_mm: float = 0.0
    skew_deg: float = 0.0
    hole_mm: float = 0.0
    """Diameter."""
    spatter: int = 0
    folded: bool = False
    edge_mm: float = -2.0
    noise: float = 0.04


def picture(truth: Truth, seed: int) -> NDArray[np.float64]:
    """Levels in steps, with noise: a height map in units of the stack's thickness."""
    rng = np.random.default_rng(seed)
    x = ((np.arange(COLUMNS) + 0.5) * SCALE.mm_per_px + SCALE.origin_mm[0])[None, :]
    y = ((np.arange(ROWS) + 0.5) * SCALE.mm_per_px + SCALE.origin_mm[1])[:, None]
    edge = truth.edge_mm + np.tan(np.radians(truth.skew_deg)) * (x - 15.0)
    s = cover(y - edge)
    if truth.folded:
        ridge = np.clip(1.0 - np.abs(x - 12.0 - 0.5 * y) / 0.2, 0.0, None)
        s = s + cover(y - edge) * 2.0 * ridge
    if truth.present:
        dx, dy = x - truth.along_mm, y - truth.across_mm
        width = np.full_like(dx, truth.width_mm)
        if truth.neck is not None:
            width[(dx > truth.neck[0]) & (dx < truth.neck[1])] = truth.neck[2]
        inside = np.minimum(0.5 * width - np.abs(dy), np.minimum(dx, truth.length_mm - dx))
        if truth.break_mm is not None:
            inside = np.where((dx > truth.break_mm[0]) & (dx < truth.break_mm[1]), -1.0, inside)
        s = s + cover(inside + 0.08) * (1.6 - s)
        ripple = 0.1 * np.sin(2.0 * np.pi * (dx - 0.3 * np.abs(dy)) / 0.5)
        s = s + cover(inside) * (-0.6 + ripple - s)
        s = blot(
            s,
            (x, y),
            (15.0 + truth.along_mm, truth.across_mm),
            diameter_mm=truth.hole_mm,
            level=-1.7,
        )
    for i in range(truth.spatter):
        at = (
            3.0 + 24.0 * (i + rng.uniform(0.2, 0.8)) / truth.spatter,
            (1.2 + rng.uniform(0.0, 0.4)) * (-1) ** i,
        )
        s = blot(s, (x, y), at, diameter_mm=rng.uniform(0.22, 0.4), level=2.6)
    return s + truth.noise * rng.standard_normal(s.shape)


def cover(depth_mm: Any) -> Any:
    """Share of a pixel inside an edge."""
    return np.clip(0.5 + depth_mm / SCALE.mm_per_px, 0.0, 1.0)


def blot(
    s: Any, where: tuple[Any, Any], at: tuple[float, float], *, diameter_mm: float, level: float
) -> Any:
    """A round spot; none of no size."""
    if diameter_mm <= 0.0:
        return s
    inside = cover(0.5 * diameter_mm - np.hypot(where[0] - at[0], where[1] - at[1]))
    return s + inside * (level - s)


def usual(seed: int) -> Truth:
    """A good weld, as they vary."""
    rng = np.random.default_rng(seed)
    return Truth(
        length_mm=30.0 - abs(rng.normal(0.0, 0.2)),
        width_mm=1.0 + rng.normal(0.0, 0.03),
        along_mm=rng.normal(0.0, 0.06),
        across_mm=rng.normal(0.0, 0.06),
        skew_deg=rng.normal(0.0, 0.2),
        spatter=int(rng.integers(0, 3)),
    )


def defective(kind: str, seed: int) -> Truth:
    """A weld that is usual but for one thing, well beyond its limit."""
    rng, sign = np.random.default_rng([seed, 1]), (-1.0) ** seed
    change: dict[str, Any] = {
        "absent": {"present": False},
        "short": {"length_mm": rng.uniform(20.0, 27.5)},
        "width": {"width_mm": 1.0 + sign * rng.uniform(0.2, 0.35)},
        "misplaced": {"across_mm": sign * rng.uniform(0.4, 0.8)},
        "hole": {"hole_mm": rng.uniform(0.1, 0.3)},
        "spatter": {"spatter": int(rng.integers(4, 8))},
        "skew": {"skew_deg": sign * rng.uniform(1.2, 2.5)},
        "fold": {"folded": True},
    }[kind]
    return replace(usual(seed), **change)


KINDS = ("absent", "short", "width", "misplaced", "hole", "spatter", "skew", "fold")
