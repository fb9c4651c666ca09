"""Samples of one topic, bounded: what a trend is drawn from.

A screen has some hundred columns. A column shows the least and the greatest value that fell into
it, so that a spike of one sample is seen however wide the window is, and the mean.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

KEPT = 20_000
"""Samples kept of a topic: 5.5 h at one a second, 320 kB."""
MOST_COLUMNS = 4000

Floats = npt.NDArray[np.float64]


class Ring:
    """The newest samples of one topic, at most `kept`.

    >>> ring = Ring(kept=4)
    >>> for at_s in range(6):
    ...     ring.put(float(at_s), 10.0 * at_s)
    >>> ring.between(0.0, 9.0)[0].tolist()
    [2.0, 3.0, 4.0, 5.0]
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._t = np.empty(kept)
        self._x = np.empty(kept)
        self._next = self._held = 0

    def __len__(self) -> int:
        return self._held

    @property
    def oldest_s(self) -> float:
        """Time of the oldest sample that is kept, s; infinite without one."""
        return float(self._t[(self._next - self._held) % len(self._t)]) if self._held else math.inf

    def put(self, at_s: float, value: float) -> None:
        """Add a sample; a time before the newest begins a new record (the line was started
        again)."""
        if self._held and at_s < self._t[self._next - 1]:
            self._next = self._held = 0
        self._t[self._next], self._x[self._next] = at_s, value
        self._next = (self._next + 1) % len(self._t)
        self._held = min(self._held + 1, len(self._t))

    def between(self, from_s: float, to_s: float) -> tuple[Floats, Floats]:
        """Times and values within the window, oldest first; values that are none are left out."""
        start = (self._next - self._held) % len(self._t)
        order = (start + np.arange(self._held)) % len(self._t)
        t, x = self._t[order], self._x[order]
        keep = (t >= from_s) & (t <= to_s) & np.isfinite(x)
        return t[keep], x[keep]


def decimate(
    t_s: Floats, x: Floats, from_s: float, to_s: float, width_px: int
) -> dict[str, object]:
    """Least, greatest and mean value by column of the screen; a column without a sample is left
    out. `t_s` of a column is the mean of its times.

    >>> decimate(np.arange(4.0), np.array([1.0, 9.0, 2.0, 3.0]), 0.0, 4.0, 2)
    {'t_s': [0.5, 2.5], 'lo': [1.0, 2.0], 'hi': [9.0, 3.0], 'mean': [5.0, 2.5]}
    """
    columns = max(1, min(width_px, MOST_COLUMNS))
    if not len(t_s) or not to_s > from_s:
        return {"t_s": [], "lo": [], "hi": [], "mean": []}
    at = np.minimum(((t_s - from_s) / (to_s - from_s) * columns).astype(int), columns - 1)
    starts = np.flatnonzero(np.diff(at, prepend=-1))
    counts = np.diff(np.append(starts, len(at)))
    return {
        "t_s": (np.add.reduceat(t_s, starts) / counts).tolist(),
        "lo": np.minimum.reduceat(x, starts).tolist(),
        "hi": np.maximum.reduceat(x, starts).tolist(),
        "mean": (np.add.reduceat(x, starts) / counts).tolist(),
    }
