"""A day of the whole line's twin on one core, slurry to dispatch, with a full formation rack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from linewright.twin import Twin

from bench._measure import Row, Spread, alternate

BASE_HZ = 30
WHOLE: dict[str, Any] = {
    section: {"on": True} for section in ("batch", "weld", "formation", "flow")
}
FILL_H = 10
"""The rack fills from empty; before this it has not as many trays as leave it."""


def rows(quick: bool) -> Iterator[Row]:
    """One row; the channels that are busy stand beside it, at the start and at the end."""
    hours, fill_h, rounds = (0.2, 0.1, 1) if quick else (24.0, FILL_H, 3)
    busy: list[int] = []

    def took_s(twin: Twin) -> float:
        before = time.thread_time_ns()
        run(twin, hours)
        return (time.thread_time_ns() - before) * 1e-9

    def whole() -> float:
        twin = Twin(WHOLE, seed=1, base_hz=BASE_HZ)
        run(twin, fill_h)
        before = channels(twin)
        took = took_s(twin)
        busy[:] = before, channels(twin)
        return took

    def coating() -> float:
        return took_s(Twin({}, seed=1, base_hz=BASE_HZ))

    ours, theirs = alternate([whole, coating], rounds, warm_up=0)
    yield Row(
        id="twin.day",
        what="a day of the whole line's twin: batches, coating, welds, cells and dispatch",
        against="the coating line alone, slurry to calender",
        kind="floor",
        unit="s",
        ours=Spread.of(ours),
        theirs=Spread.of(theirs),
        method=f"{hours:g} h at {BASE_HZ} Hz, nothing actuated; processor time of one thread",
        goal="at most 30 s",
        facts={"simulated_h": hours, "busy_channels_at_start_and_end": busy},
    )


def run(twin: Twin, hours: float) -> None:
    """Lets the twin run, a tenth of an hour at a time."""
    told = np.full((BASE_HZ * 360, len(twin.ACTUATORS)), np.nan)
    for _ in range(round(10.0 * hours)):
        twin.run(told)


def channels(twin: Twin) -> int:
    """Formation channels with a cell, as read in the tick that begins the next second."""
    nothing = np.full(len(twin.ACTUATORS), np.nan)
    for _ in range(BASE_HZ):
        twin.step(nothing)
        voltage = twin.block("formation.voltage")
        if voltage is not None:
            return int(np.isfinite(voltage).sum())
    raise RuntimeError("a rack reads its cells every second, this one did not")
