"""Reports and orders as message bodies: what `fleet.report`, `fleet.site` and `agv.orders` carry.

Whoever speaks to real vehicles takes the place of the simulated fleet: it publishes the reports and
obeys the orders. A slot's content is a letter of `HOLDS`.

>>> order = Order(3, 7, Move.CLEAR, "slot 4", "ageing", 4, 0.9, 120.0)
>>> commands_of(orders_body(9.0, (Send(order, again=True), Charge(2))))
(Send(order=Order(id=3, vehicle=7, move=<Move.CLEAR: 'clear'>, source='slot 4', target='ageing', \
slot=4, priority=0.9, due_s=120.0), again=True), Charge(vehicle=2))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from linewright.stations.agv.plant import (
    Cancel,
    Charge,
    Command,
    Move,
    Order,
    Plant,
    Point,
    Redirect,
    Send,
    Site,
    Slot,
    Stock,
    Vehicle,
)

SITE, REPORT, ORDERS = "fleet.site", "fleet.report", "agv.orders"
HOLDS = {"free": "f", "forming": "x", "formed": "d", "leaving": "l"}
_HELD = {letter: name for name, letter in HOLDS.items()}
_KINDS: dict[str, type[Send | Cancel | Redirect | Charge]] = {
    "send": Send,
    "cancel": Cancel,
    "redirect": Redirect,
    "charge": Charge,
}
_PIECE = 1000
"""Slots in one string; the wire limits strings to 4 KiB."""


def site_body(places_m: Mapping[str, Point], slots_m: Iterable[Point]) -> dict[str, Any]:
    """Where everything is, m."""
    return {
        "places_m": {name: list(point) for name, point in places_m.items()},
        "slots_m": [x for point in slots_m for x in point],
    }


def site_of(body: Mapping[str, Any], *, speed_m_per_s: float) -> Site:
    """The site again."""
    flat = [float(x) for x in body["slots_m"]]
    slots_m = tuple(zip(flat[::2], flat[1::2], strict=True))
    places_m = {name: (float(x), float(y)) for name, (x, y) in body["places_m"].items()}
    return Site(places_m, slots_m, speed_m_per_s=speed_m_per_s)


def report_body(plant: Plant) -> dict[str, Any]:
    """Everything known at a moment."""
    letters = "".join(HOLDS[slot.holds] for slot in plant.slots)
    return {
        "time_s": plant.time_s,
        "vehicles": [None if v is None else msgspec.to_builtins(v) for v in plant.vehicles],
        "holds": [letters[at : at + _PIECE] for at in range(0, len(letters), _PIECE)],
        "out": [number for number, slot in enumerate(plant.slots) if slot.out],
        "expected_s": [slot.expected_s for slot in plant.slots],
        "stock": msgspec.to_builtins(plant.stock),
        "wetted_s": list(plant.wetted_s),
        "aged_s": list(plant.aged_s),
    }


def plant_of(body: Mapping[str, Any]) -> Plant:
    """The reports again.

    Raises `msgspec.ValidationError` or `KeyError` for a body that is none.
    """
    out = set(body["out"])
    letters = "".join(body["holds"])
    return Plant(
        time_s=float(body["time_s"]),
        vehicles=msgspec.convert(body["vehicles"], tuple[Vehicle | None, ...]),
        slots=tuple(
            Slot(_HELD[letter], number in out, expected_s)
            for number, (letter, expected_s) in enumerate(
                zip(letters, body["expected_s"], strict=True)
            )
        ),
        stock=msgspec.convert(body["stock"], Stock),
        wetted_s=tuple(body["wetted_s"]),
        aged_s=tuple(body["aged_s"]),
    )


def orders_body(time_s: float, commands: Iterable[Command]) -> dict[str, Any]:
    """Commands of one decision."""
    names = {kind: name for name, kind in _KINDS.items()}
    listed = [{"do": names[type(c)], **msgspec.to_builtins(c)} for c in commands]
    return {"time_s": time_s, "commands": listed}


def commands_of(body: Mapping[str, Any]) -> tuple[Command, ...]:
    """The commands again."""
    return tuple(
        msgspec.convert({k: v for k, v in item.items() if k != "do"}, _KINDS[item["do"]])
        for item in body["commands"]
    )


__all__ = [
    "ORDERS",
    "REPORT",
    "SITE",
    "Move",
    "Order",
    "commands_of",
    "orders_body",
    "plant_of",
    "report_body",
    "site_body",
    "site_of",
]
