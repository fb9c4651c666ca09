"""What the dispatch station knows of the plant, and what it tells the vehicles.

Everything here is a report: it may be old, and the next one replaces it. Times are s on the line's
clock, places m along the aisle and m beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]


class Move(StrEnum):
    """The five ways a tray goes."""

    STORE = "store"
    """Full tray from filling into the wetting store."""
    FEED = "feed"
    """Wetted tray into a formation slot."""
    CLEAR = "clear"
    """Formed tray out of its slot into the ageing store."""
    TEST = "test"
    """Aged tray to the end-of-line test."""
    RETURN = "return"
    """Empty tray from the test back to filling."""


ENDS = {
    Move.STORE: ("filling", "wetting"),
    Move.FEED: ("wetting", "slot"),
    Move.CLEAR: ("slot", "ageing"),
    Move.TEST: ("ageing", "testing"),
    Move.RETURN: ("testing", "filling"),
}
"""Where a move begins and where it ends."""
PLACES = ("filling", "wetting", "ageing", "testing", "chargers")


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle's last report."""

    heard_s: float
    task: str
    """idle, to_load, wait_load, load, to_unload, wait_unload, unload, to_charge or charge."""
    at_m: Point
    charge: float
    """Share of a full battery."""
    order: int | None = None
    """Order it works on."""
    done: int | None = None
    """Last order it has finished."""
    loaded: bool = False
    slot: int | None = None
    """Slot of the order it works on."""

    @property
    def idle(self) -> bool:
        """May it be sent?"""
        return self.task in ("idle", "to_charge", "charge")


@dataclass(frozen=True, slots=True)
class Slot:
    """A formation slot's last report."""

    holds: str
    """free, forming, formed or leaving."""
    out: bool = False
    expected_s: float | None = None
    """When its tray is expected to be formed, by progress; for a formed one since when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Trays where they wait, and places."""

    filled: int
    filled_places: int
    filling_empties: int
    filling_empty_places: int
    wetting: int
    wetted: int
    wetting_places: int
    aged: int
    infeed: int
    infeed_places: int
    empties: int
    empty_places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Everything known at a moment."""

    time_s: float
    vehicles: tuple[Vehicle | None, ...]
    """None: never heard of, or said to be out."""
    slots: tuple[Slot, ...]
    stock: Stock
    wetted_s: tuple[float, ...] = ()
    """When the next trays in wetting are due, earliest first."""
    aged_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """One transport for one vehicle. Sent again under the same number it is the same order."""

    id: int
    vehicle: int
    move: Move
    source: str
    target: str
    """`filling`, `wetting`, `ageing`, `testing`, or `slot 17`."""
    slot: int | None
    """Formation slot it takes from, or that is reserved for it."""
    priority: float
    """Time until it is missed over time to deliver, dimensionless; the least is most urgent."""
    due_s: float


@dataclass(frozen=True, slots=True)
class Send:
    """Give the order to its vehicle."""

    order: Order
    again: bool = False
    """Sent before, and not acknowledged."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take the order back; its vehicle has not loaded."""

    order: Order
    because: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another slot for the load of this order, which stands under its old number."""

    order: Order
    because: str


@dataclass(frozen=True, slots=True)
class Charge:
    """Send an idle vehicle to charge."""

    vehicle: int


Command = Send | Cancel | Redirect | Charge


class Site:
    """Where everything is, and how long the ways between are."""

    def __init__(
        self, places_m: dict[str, Point], slots_m: tuple[Point, ...], *, speed_m_per_s: float
    ) -> None:
        self._speed_m_per_s = speed_m_per_s
        towers = sorted(set(slots_m))
        self._points = [*(places_m[name] for name in PLACES), *towers]
        at = {point: len(PLACES) + i for i, point in enumerate(towers)}
        self._slots = [at[point] for point in slots_m]
        self._names = {name: i for i, name in enumerate(PLACES)}
        self.ways_s = [self.from_s(point) for point in self._points]
        """Way from place to place, s."""

    def place(self, name: str, slot: int | None = None) -> int:
        """Row of a place, or of the tower of a slot."""
        return self._names[name] if name != "slot" else self._slots[slot or 0]

    def from_s(self, point: Point) -> list[float]:
        """Way from a point to every place, s: along the aisle and across it."""
        return [
            (
                abs(point[1] - to[1])
                if point[0] == to[0]
                else abs(point[0] - to[0]) + abs(point[1]) + abs(to[1])
            )
            / self._speed_m_per_s
            for to in self._points
        ]
