"""Stations for lines under test; copied next to the line file."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import linewright as lw
from linewright.stations.calender import Calender

TICKS = 1_000_000


class Pushing(Calender):
    """A calender that sends a set-point in every step; its value is the tick it was made in."""

    name: ClassVar[str] = "calender"

    def on_step(self, tick: int) -> None:
        super().on_step(tick)
        self.api.set("ff_gain", (self.api.now_tick % TICKS) / TICKS)


class Diligent(Calender):
    """A calender with some events a second; writes the row of each it was given to a file."""

    name: ClassVar[str] = "calender"

    def build(self, g: Any) -> None:
        super().build(g)
        with g.loop("chatter", rate_hz=50) as loop:
            speed = loop.input("coater.web_speed", "m/s")
            loop.event("chatter", speed > 1.0, rule="threshold", decision="none", refractory_s=0.05)

    def on_event(self, event: Any) -> None:
        if not event.name.endswith("chatter"):
            super().on_event(event)
            return
        with (Path(sys.argv[2]) / "handled").open("a") as file:
            file.write(f"{event.id}\n")


@dataclass(frozen=True, kw_only=True)
class ProbeSettings:
    rate_hz: float = 100.0


class Probe(lw.Station):
    """A station without actuators; a raw client takes its place."""

    name: ClassVar[str] = "probe"
    Settings: ClassVar[type[Any]] = ProbeSettings

    def build(self, g: Any) -> None:
        with g.loop("watch", rate_hz=self.settings.rate_hz) as loop:
            shift = loop.mailbox("shift", "um", default=0.0, lo=-1.0, hi=1.0, ttl_s=60.0)
            loop.tap("shift", shift.value, every_s=0.1)
