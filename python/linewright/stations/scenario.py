"""Faults of a simulated shift, drawn from a seed. Kinds and units are the twin's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class FaultDraw:
    """How often and how large a fault is drawn."""

    kind: str
    least: float
    """Smallest size, unit of the kind."""
    most: float
    either_sign: bool = False
    duration_s: tuple[float, float] = (0.0, 0.0)
    """Shortest and longest; (0, 0) lasts to the end of the shift."""
    ramp_s: float | None = None
    """How fast it grows; None takes what the twin holds usual for the kind."""
    whole: bool = False
    """The size is a number of a thing, as of a bolt."""
    per_shift: int = 1


def draw_faults(draws: Sequence[FaultDraw], *, seed: int, hours: float) -> list[dict[str, Any]]:
    """Faults of one shift as the twin's configuration takes them, in order of onset.

    Each fault gets a slot of its own, in seeded order, and starts somewhere in the first half of
    it, so that what follows can be told apart. The first tenth of the shift (at most 40 min) is
    free. `hours` must be positive.

    >>> one = FaultDraw(kind="pump_slip", least=0.01, most=0.02)
    >>> faults = draw_faults([one], seed=7, hours=1.0)
    >>> [sorted(f) for f in faults]
    [['at_s', 'duration_s', 'kind', 'size']]
    >>> faults == draw_faults([one], seed=7, hours=1.0)
    True
    """
    if not hours > 0.0:
        raise ValueError(f"hours must be positive, was {hours}")
    rng = np.random.default_rng([seed, 0x6C77])
    all_draws = [draw for draw in draws for _ in range(draw.per_shift)]
    order = rng.permutation(len(all_draws))
    shift_s = hours * 3600.0
    free_s = min(2400.0, 0.1 * shift_s)
    slot_s = (shift_s - free_s) / max(1, len(all_draws))
    faults = []
    for slot, index in enumerate(order):
        draw = all_draws[int(index)]
        at_s = free_s + slot_s * (slot + 0.5 * float(rng.uniform()))
        size = float(rng.uniform(draw.least, draw.most))
        size = round(size) if draw.whole else size
        sign = -1.0 if draw.either_sign and rng.uniform() < 0.5 else 1.0
        lasts_s = float(rng.uniform(*draw.duration_s)) if draw.duration_s[1] > 0.0 else 0.0
        fault: dict[str, Any] = {
            "kind": draw.kind,
            "at_s": round(at_s, 3),
            "size": round(sign * size, 6),
            "duration_s": round(lasts_s, 3),
        }
        if draw.ramp_s is not None:
            fault["ramp_s"] = draw.ramp_s
        faults.append(fault)
    return faults
