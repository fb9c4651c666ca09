"""The dispatch on the flow twin: reports out of it, orders into it, messages that get lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linewright.stations.agv.book import Book
from linewright.stations.agv.logic import decide
from linewright.stations.agv.plant import (
    PLACES,
    Cancel,
    Charge,
    Command,
    Plant,
    Redirect,
    Send,
    Site,
    Slot,
    Stock,
    Vehicle,
)
from linewright.stations.agv.settings import Settings
from linewright.stations.scenario import FaultDraw
from linewright.twin import FlowTwin

FAULTS = (
    FaultDraw(kind="slot_outage", least=30.0, most=30.0),
    FaultDraw(kind="vehicle_loss", least=2.0, most=2.0),
    FaultDraw(kind="arrival_bunching", least=12.0, most=12.0),
)
"""Slots, vehicles, trays."""
DUE_AHEAD = 24
"""Trays in wetting and in ageing whose time is reported."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Messages that get lost, as with MQTT at quality of service 0."""

    orders: float = 0.0
    """Share of the commands that never arrive."""
    reports: float = 0.0
    """Share of the vehicle reports that never arrive."""

    def __post_init__(self) -> None:
        for name in ("orders", "reports"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} must be in [0, 1), was {getattr(self, name)}")


class TwinPlant:
    """A flow twin seen as the dispatch sees a plant: by reports and commands."""

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        faults: Sequence[dict[str, Any]] = (),
        seed: int = 0,
        loss: Loss | None = None,
    ) -> None:
        self.flow = FlowTwin(dict(config or {}), faults=list(faults), seed=seed, rule="told")
        self._loss = loss or Loss()
        self._rng = np.random.default_rng([seed, 0xA6F])
        self.filled = self.emptied = 0
        """Trays filled and trays tested so far."""
        self._done: dict[int, int] = {}
        self._reports: dict[int, Vehicle] = {}

    @property
    def now_s(self) -> float:
        """Time, s."""
        return self.flow.now_s

    def site(self, *, speed_m_per_s: float) -> Site:
        """Where everything is."""
        places_m = dict(zip(PLACES, self.flow.places_m(), strict=True))
        return Site(places_m, tuple(self.flow.slots_m()), speed_m_per_s=speed_m_per_s)

    def advance(self, until_s: float) -> list[tuple[Any, ...]]:
        """Lets time pass until there are news, or until `until_s`; the news."""
        self.flow.advance_to_news(until_s)
        news = self.flow.news()
        for _, what, vehicle, order, *_ in news:
            self.filled += what == "filled"
            self.emptied += what == "emptied"
            if what == "delivered" and vehicle is not None and order is not None:
                self._done[vehicle] = order
        return news

    def run_to(self, until_s: float) -> None:
        """Lets time pass until then, news or not."""
        while self.now_s < until_s:
            self.advance(until_s)

    def look(self) -> Plant:
        """The newest reports."""
        now_s = self.now_s
        for number, row in enumerate(self.flow.vehicles()):
            if self._loss.reports and self._rng.uniform() < self._loss.reports:
                continue
            if row is None:
                self._silent(number)
                continue
            task, order, _, slot, loaded, charge, *at_m = row
            self._reports[number] = Vehicle(
                now_s,
                task,
                (at_m[0], at_m[1]),
                charge,
                order,
                self._done.get(number),
                loaded,
                slot,
            )
        stock = self.flow.stock()
        return Plant(
            time_s=now_s,
            vehicles=tuple(self._reports.get(n) for n in range(len(self.flow.vehicles()))),
            slots=tuple(Slot(*row) for row in self.flow.slots()),
            stock=Stock(**{name: stock[name] for name in Stock.__slots__}),
            wetted_s=tuple(self.flow.next_wetted_s(DUE_AHEAD)),
            aged_s=tuple(self.flow.next_aged_s(DUE_AHEAD)),
        )

    def _silent(self, number: int) -> None:
        """A vehicle that is out says nothing; what people did with its load is known."""
        before = self._reports.get(number)
        if before is not None:
            self._reports[number] = Vehicle(
                before.heard_s,
                before.task,
                before.at_m,
                before.charge,
                before.order,
                self._done.get(number),
                before.loaded,
                before.slot,
            )

    def obey(self, commands: Iterable[Command]) -> list[str]:
        """Hands commands to the vehicles; why some were refused, if so."""
        refused = []
        for command in commands:
            if self._loss.orders and self._rng.uniform() < self._loss.orders:
                continue
            if (reason := self._obey(command)) is not None:
                refused.append(f"{command}: {reason}")
        return refused

    def _obey(self, command: Command) -> str | None:
        match command:
            case Send(order=order) if self._works_on(order.vehicle) != order.id:
                return self.flow.order(order.vehicle, order.id, order.move.value, order.slot)
            case Cancel(order=order) if self._works_on(order.vehicle) == order.id:
                return self.flow.cancel(order.vehicle)
            case Redirect(order=order) if order.slot is not None:
                return self.flow.redirect(order.vehicle, order.slot)
            case Charge(vehicle=vehicle):
                return self.flow.charge(vehicle)
        return None

    def _works_on(self, vehicle: int) -> int | None:
        row = self.flow.vehicles()[vehicle]
        return None if row is None else row[1]


@dataclass
class Dispatched:
    """What a run with the dispatch was like."""

    plant: TwinPlant
    book: Book
    decisions: int = 0
    refused: int = 0


def dispatch(
    plant: TwinPlant,
    *,
    hours: float,
    settings: Settings | None = None,
    every_s: float = 10.0,
    watch: Callable[[Plant, Book], None] | None = None,
) -> Dispatched:
    """Lets the station's logic send the twin's vehicles for `hours`.

    It decides after every happening and at least every `every_s`; `watch` sees what it sees.

    >>> run = dispatch(TwinPlant(seed=3), hours=0.25)
    >>> run.plant.flow.truth()["trays_started"] > 5
    True
    """
    settings = settings or Settings()
    run = Dispatched(plant, Book())
    site = plant.site(speed_m_per_s=settings.drive.speed_m_per_s)
    end_s = plant.now_s + 3600.0 * hours
    again_s = plant.now_s
    while plant.now_s < end_s:
        plant.advance(min(end_s, again_s))
        seen = plant.look()
        run.book, decided = decide(run.book, seen, site, settings)
        if watch is not None:
            watch(seen, run.book)
        run.decisions += 1
        run.refused += len(plant.obey(decided.commands))
        again_s = min(decided.again_s, plant.now_s + every_s)
        if not math.isfinite(again_s):
            again_s = plant.now_s + every_s
    return run
