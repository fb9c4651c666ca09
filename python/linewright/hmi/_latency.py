"""How loops keep their deadlines: what the core counts, in us."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

STAGES = {
    "lateness": "release to wake-up",
    "read": "wake-up to inputs read",
    "execute": "execute",
    "write": "write",
    "execution": "inputs read to output written",
    "response": "release to output written",
}
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999), ("p99_99", 0.9999))


def latency(core: Mapping[str, Any], simulated: bool | None) -> dict[str, Any]:
    """Loops with their stages; none when the line does not answer."""
    loops = [_loop(loop) for loop in core.get("loops", ())]
    says = "" if loops else "The line does not answer: these are counts of a running core."
    return {
        "simulated": simulated,
        "says": says,
        "real_time": (core.get("host") or {}).get("real_time"),
        "missed_ticks": core.get("missed_ticks"),
        "loops": loops,
    }


def _loop(loop: Mapping[str, Any]) -> dict[str, Any]:
    stages = [
        _stage(name, counted)
        for name, counted in loop.items()
        if isinstance(counted, Mapping) and "p50_ns" in counted
    ]
    stages.sort(key=lambda stage: _order(stage["stage"]))
    whole = stages[-1] if stages else None
    return {
        "loop": loop["name"],
        "rate_hz": loop["rate_hz"],
        "cycles": loop["cycles"],
        "count": None if whole is None else whole["count"],
        "deadline_us": loop["deadline_ns"] / 1e3,
        "missed": loop["missed"],
        "late": loop["late"],
        "rung": loop["rung"],
        "stages": stages,
        "histogram": None if whole is None else between(loop.get(whole["stage"]) or {}),
    }


def _order(stage: str) -> int:
    known = list(STAGES)
    return known.index(stage) if stage in known else 0


def _stage(name: str, counted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stage": name,
        "count": counted["count"],
        "p50_us": counted["p50_ns"] / 1e3,
        "p90_us": counted["p90_ns"] / 1e3,
        "p99_us": counted["p99_ns"] / 1e3,
        "p999_us": counted["p99_9_ns"] / 1e3,
        "p9999_us": counted["p99_99_ns"] / 1e3,
        "max_us": counted["max_ns"] / 1e3,
    }


def between(counted: Mapping[str, Any]) -> dict[str, Any] | None:
    """Counts between the quantiles that the core tells: a histogram with few, uneven classes.

    >>> ns = {"count": 1000, "p50_ns": 10e3, "p90_ns": 20e3, "p99_ns": 20e3, "p99_9_ns": 40e3,
    ...       "p99_99_ns": 50e3, "max_ns": 50e3}
    >>> between(ns)
    {'edges_us': [0.0, 10.0, 20.0, 40.0, 50.0], 'counts': [500, 490, 9, 1]}
    """
    count = counted.get("count")
    if not count or not counted.get("max_ns"):
        return None
    points = [(0.0, 0.0)]
    for name, share in QUANTILES:
        points.append((counted[f"{name}_ns"] / 1e3, share))
    points.append((counted["max_ns"] / 1e3, 1.0))
    kept = [points[0]]
    for point in points[1:]:
        if point[0] > kept[-1][0]:
            kept.append(point)
        else:
            kept[-1] = (kept[-1][0], point[1])
    counts = [round(count * (b[1] - a[1])) for a, b in pairwise(kept)]
    return {"edges_us": [edge for edge, _ in kept], "counts": counts}
