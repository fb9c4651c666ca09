"""Signals from before the page listened: from the record, when the line keeps one."""

from __future__ import annotations

import json
import threading

import numpy as np

from linewright import _core
from linewright.hmi._ring import Floats
from linewright.hmi._where import Where

EVERY_S = 1.0
NOTHING = (np.empty(0), np.empty(0))


class History:
    """Inputs of the loops, and taps that pass from loop to loop, one value a second.

    The record is read once, and again only when another stands in its place or when what is asked
    for lies beyond what was read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: tuple[int, int] | None = None
        self._series: dict[str, tuple[Floats, Floats]] = {}
        self._units: dict[str, str] = {}
        self._end_s = float("-inf")

    def between(
        self, where: Where, topic: str, from_s: float, to_s: float
    ) -> tuple[Floats, Floats] | None:
        """Times and values from `from_s` up to, without, `to_s`; values that are none are left out.
        Nothing when the record does not tell the topic."""
        if where.record is None or not where.record.is_file():
            return None
        with self._lock:
            self._read(where, min(to_s, from_s + EVERY_S))
            found = self._series.get(topic)
        if found is None:
            return None
        t, x = found
        keep = (t >= from_s) & (t < to_s) & np.isfinite(x)
        return t[keep], x[keep]

    def unit(self, topic: str) -> str:
        """Unit by the plan that was recorded; empty without one."""
        return self._units.get(topic, "")

    def _read(self, where: Where, until_s: float) -> None:
        assert where.record is not None
        stat = where.record.stat()
        same = self._of is not None and self._of[0] == stat.st_ino
        if same and (self._of == (stat.st_ino, stat.st_size) or self._end_s >= until_s):
            return
        self._of, self._end_s = (stat.st_ino, stat.st_size), float("-inf")
        try:
            self._series = _core.record_series(str(where.record), every_s=EVERY_S)
            plan = json.loads(_core.record_head(str(where.record))["plan"])
        except (_core.RecordError, OSError):
            self._series, plan = {}, {"loops": ()}  # a record that is none tells nothing
        ops = [op for of in plan["loops"] for op in of["ops"] if op["op"] in ("input", "tap")]
        self._units = {op.get("topic") or op["channel"]: op.get("unit") or "" for op in ops}
        self._end_s = max((t[-1] for t, _ in self._series.values() if len(t)), default=until_s)
