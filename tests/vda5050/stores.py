"""Rack and stores of a line under test: one wetted tray, three free slots; copied next to the line
file."""

from __future__ import annotations

from typing import Any, ClassVar

import linewright as lw
from linewright.stations.agv.link import report_body
from linewright.stations.agv.plant import Plant, Slot, Stock
from linewright.stations.agv.vda5050_station import KEYS

STOCK = Stock(
    filled=0,
    filled_places=6,
    filling_empties=8,
    filling_empty_places=8,
    wetting=9,
    wetted=1,
    wetting_places=99,
    aged=0,
    infeed=6,
    infeed_places=6,
    empties=0,
    empty_places=60,
)


def body() -> dict[str, Any]:
    plant = Plant(time_s=0.0, vehicles=(), slots=(Slot("free"),) * 3, stock=STOCK)
    return {key: value for key, value in report_body(plant).items() if key in KEYS}


class Stores(lw.Station):
    name: ClassVar[str] = "stores"

    def build(self, g: Any) -> None:
        with g.loop("watch", rate_hz=1.0) as loop:
            level = loop.mailbox("level", "1", default=0.0, lo=0.0, hi=1.0, ttl_s=60.0)
            loop.tap("level", level.value, every_s=10.0)

    def on_step(self, tick: int) -> None:
        self.api.publish("report", body())
