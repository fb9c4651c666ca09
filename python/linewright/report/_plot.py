"""Line plots as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 960, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 26
MOST_POINTS = 1200


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One quantity: a value each second."""

    label: str
    colour: str
    values: Sequence[float]


def plot(
    curves: Sequence[Curve],
    *,
    unit: str,
    hours: float,
    limit: float,
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """An SVG of `curves` over the shift, the tolerance band `±limit`, and marks `(at_s, text)`.

    The axis holds the limit and, up to ten times of it, what the curves reach; beyond it is cut.
    """
    reached = max((abs(v) for c in curves for v in c.values if math.isfinite(v)), default=limit)
    top = min(max(1.4 * limit, 1.05 * reached), 10.0 * limit)
    seconds = hours * 3600.0
    inner_w, inner_h = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(at_s: float) -> float:
        return LEFT + inner_w * at_s / seconds

    def y(value: float) -> float:
        cut = max(-top, min(top, value))
        return TOP + inner_h * (1.0 - (cut + top) / (2.0 * top))

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f'<rect x="{LEFT}" y="{y(limit):.1f}" width="{inner_w}" '
        f'height="{y(-limit) - y(limit):.1f}" class="band"/>',
    ]
    for value in (-top, -limit, 0.0, limit, top):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
            f'class="grid"/><text x="{LEFT - 6}" y="{y(value) + 4:.1f}" class="right">'
            f"{value:+.3g}</text>"
        )
    step_h = max(1, math.ceil(hours / 12.0)) if hours >= 2.0 else hours / 4.0
    hour = 0.0
    while hour <= hours + 1e-9:
        parts.append(
            f'<text x="{x(hour * 3600.0):.1f}" y="{HEIGHT - 8}" class="middle">{hour:g} h</text>'
        )
        hour += step_h
    for at_s, text in marks:
        parts.append(
            f'<line x1="{x(at_s):.1f}" x2="{x(at_s):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
            f'class="mark"><title>{escape(text)}</title></line>'
        )
    for curve in curves:
        points = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in _thinned(curve.values))
        parts.append(
            f'<polyline points="{points}" stroke="{curve.colour}" class="curve">'
            f"<title>{escape(curve.label)}</title></polyline>"
        )
    parts.append(f'<text x="{LEFT + 6}" y="{TOP + 12}">{escape(unit)}</text></svg>')
    return "".join(parts)


def _thinned(values: Sequence[float]) -> list[tuple[float, float]]:
    """At most `MOST_POINTS` points: of each stretch its lowest and highest, so no peak is lost."""
    n = len(values)
    stretch = max(1, math.ceil(2 * n / MOST_POINTS))
    points: list[tuple[float, float]] = []
    for start in range(0, n, stretch):
        part = [
            (i + 0.5, values[i])
            for i in range(start, min(start + stretch, n))
            if math.isfinite(values[i])
        ]
        if part:
            ends = {min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])}
            points.extend(sorted(ends))
    return points
