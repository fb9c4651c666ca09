"""The vehicles of the dispatch, spoken to by VDA 5050.

Commands of `logic.decide` become transports and errands of a `Fleet`, its events the reports the
next decision looks at. The stations of the fleet's layout are named as the dispatch names places:
`filling`, `wetting`, `ageing`, `testing`, `slot 17`; its coordinates are those of the `Site`.

Who loses what: the fleet repeats messages, the dispatch repeats decisions. An order that is given
again under its number is the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from linewright.stations.agv.plant import Cancel, Charge, Command, Redirect, Send, Vehicle
from linewright.vda5050 import (
    Cancelled,
    Errand,
    Event,
    Failed,
    Finished,
    Fleet,
    Found,
    Loaded,
    Lost,
    Redirected,
    Refused,
    Report,
)

AUTOMATIC = ("AUTOMATIC", "SEMIAUTOMATIC")


class _Known:
    """What is known of one vehicle beside its report."""

    def __init__(self) -> None:
        self.report: Report | None = None
        self.out = True
        """Not heard of, or it went offline."""
        self.done: int | None = None
        self.picked = False
        self.slot: int | None = None
        self.errand: str | None = None


class Vehicles:
    """The vehicles 0, 1, ... of a dispatch as the vehicles of a fleet of the same names.

    Parameters
    ----------
    chargers
        Stations to charge at: vehicle `n` goes to the `n`-th, or from the first on again.
    charge
        Action that begins a charge.
    load
        Parameters of every pick and drop, such as `loadType`.
    """

    def __init__(
        self,
        fleet: Fleet,
        count: int,
        chargers: Sequence[str],
        *,
        charge: str = "startCharging",
        load: Mapping[str, Any] | None = None,
    ) -> None:
        if not chargers:
            raise ValueError("chargers must name at least one station, was empty")
        self._fleet = fleet
        self._chargers = chargers
        self._charge = charge
        self._load = dict(load or {})
        self._known = [_Known() for _ in range(count)]
        self._errands = 0
        self._events: list[Event] = []

    def tell(self, commands: Iterable[Command], now_s: float) -> None:
        """Hand the commands of a decision on."""
        for command in commands:
            match command:
                case Send(order):
                    self._make_free(order.vehicle, now_s)
                    self._take(self._fleet.give(order, now_s, self._load))
                    if not self._working(order.vehicle):
                        self._known[order.vehicle].slot = order.slot
                case Cancel(order):
                    self._take(self._fleet.cancel(order.vehicle, order.id, now_s))
                case Redirect(order):
                    self._take(self._fleet.redirect(order.vehicle, order.id, order.target, now_s))
                case Charge(vehicle):
                    self._send_to_charge(vehicle, now_s)

    def poll(self, now_s: float, utc_s: float) -> tuple[tuple[Vehicle | None, ...], list[Event]]:
        """The vehicles as a decision wants them, and what has happened since the last call."""
        self._take(self._fleet.poll(now_s, utc_s))
        told, self._events = self._events, []
        return tuple(self._seen(known) for known in self._known), told

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            self._events.append(event)
            known = self._known[int(event.vehicle)]
            match event:
                case Report():
                    known.report = event
                case Found():
                    known.out = False
                case Lost(because=because):
                    known.out = "offline" in because
                case Loaded():
                    known.picked = True
                case Redirected(target=target):
                    known.slot = _slot(target)
                case Finished(job=job) | Failed(job=job) | Cancelled(job=job) | Refused(job=job):
                    self._ended(known, event, job)

    @staticmethod
    def _ended(known: _Known, event: Event, job: int | str) -> None:
        if known.report is not None and known.report.job == job:
            known.report = replace(known.report, job=None, driving=False, busy=False)
        if job == known.errand:
            known.errand = None
            return
        known.picked = False
        if isinstance(event, Finished):
            known.done = int(job)

    def _make_free(self, vehicle: int, now_s: float) -> None:
        """A vehicle on its way to charge turns round for an order."""
        errand = self._known[vehicle].errand
        if errand is not None:
            self._take(self._fleet.cancel(vehicle, errand, now_s))

    def _send_to_charge(self, vehicle: int, now_s: float) -> None:
        known = self._known[vehicle]
        if known.errand is not None:
            return
        self._errands += 1
        known.errand = f"charge-{self._errands}"
        target = self._chargers[vehicle % len(self._chargers)]
        errand = Errand(known.errand, vehicle, target, self._charge)
        self._take(self._fleet.give(errand, now_s))

    def _working(self, vehicle: int) -> bool:
        report = self._known[vehicle].report
        return report is not None and isinstance(report.job, int)

    def _seen(self, known: _Known) -> Vehicle | None:
        report = known.report
        if report is None or known.out or report.mode not in AUTOMATIC:
            return None
        order = report.job if isinstance(report.job, int) else None
        loaded = known.picked or bool(report.loaded)
        return Vehicle(
            heard_s=report.heard_s,
            task=_task(known, report, loaded=loaded),
            at_m=report.at_m or self._fleet.place_m(report.node) or (0.0, 0.0),
            charge=report.charge_percent / 100.0,
            order=order,
            done=known.done,
            loaded=loaded,
            slot=known.slot if order is not None else None,
        )


def _task(known: _Known, report: Report, *, loaded: bool) -> str:
    """One with a load and without an order, or with an order of others, is not idle."""
    if isinstance(report.job, int):
        if loaded:
            return "to_unload" if report.driving else "unload"
        return "to_load" if report.driving else "load"
    if loaded:
        return "wait_unload"
    if known.errand is not None:
        return "to_charge"
    if report.charging:
        return "charge"
    return "wait_load" if report.busy else "idle"


def _slot(target: str) -> int | None:
    name, _, number = target.partition(" ")
    return int(number) if name == "slot" and number.isdigit() else None
