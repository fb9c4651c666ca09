"""Stations that take all they can get of the machine; copied next to the line file of `bench.hogs`.

What they do stands in the file `hog` beside it: `none`, or names of `HOGS` that they take in turns.
"""

from __future__ import annotations

import gc
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import linewright as lw
import numpy as np
from linewright.stations.calender import Calender

BIG = 32 << 20


def _gil() -> None:
    """Spins in the interpreter; most of it in one call in C that does not let go of its lock."""
    count = 0
    while True:
        count += sum(range(2_000_000))
        for _ in range(200_000):
            count += 1


def _storm() -> None:
    """Objects in rings that only the collector frees, and arrays whose pages come from the
    kernel and go back to it."""
    while True:
        ring: list[Any] = []
        for i in range(20_000):
            ring.append({"n": i, "ring": ring, "text": str(i)})
        del ring
        gc.collect()
        held = [np.ones(BIG // 8), bytearray(BIG)]
        del held


def _cpu() -> None:
    """A loop in C without the interpreter's lock."""
    data = bytes(4 << 20)
    while True:
        hashlib.sha256(data).digest()


HOGS: dict[str, Callable[[], None]] = {"gil": _gil, "storm": _storm, "cpu": _cpu}
WANTED = Path(__file__).with_name("hog")


def _begin(number: int) -> None:
    wanted = WANTED.read_text().split()
    if wanted != ["none"]:
        hog = HOGS[wanted[number % len(wanted)]]
        threading.Thread(target=hog, name="hog", daemon=True).start()


class HogCalender(Calender):
    """The press's station, with a hog in its process."""

    name: ClassVar[str] = "calender"

    def start(self, api: Any) -> None:
        super().start(api)
        _begin(0)


class Hog(lw.Station):
    """A station with a loop of its own that hears ten samples a second, with a hog in its
    process."""

    name: ClassVar[str] = "hog"

    def build(self, g: Any) -> None:
        with g.loop("watch", rate_hz=100) as loop:
            speed = loop.input("coater.web_speed", "m/s")
            shift = loop.mailbox("shift", "m/s", default=0.0, lo=-1.0, hi=1.0, ttl_s=60.0)
            loop.tap("speed", speed + shift.value, every_s=0.1)

    def start(self, api: Any) -> None:
        super().start(api)
        _begin(int(self.name.rpartition("_")[2]))
