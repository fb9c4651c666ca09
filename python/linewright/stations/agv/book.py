"""The orders underway, held against what the vehicles report.

An order lives until its vehicle reports it done. One that its vehicle does not show is sent again
under the same number; one whose vehicle is lost before loading is dropped, and as the load still
stands where it was, the demand for it is there again. The load of a lost vehicle is people's to
bring: its order stays, with a slot that is free when they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from linewright.stations.agv.plant import Cancel, Command, Move, Order, Plant, Redirect, Send
from linewright.stations.agv.plant import Vehicle as Report
from linewright.stations.agv.settings import Contact, Settings

REMEMBERED = 64
"""Dropped orders that are still known when a vehicle turns up with one."""


@dataclass(frozen=True, slots=True)
class Open:
    """An order that is not done."""

    order: Order
    sent_s: float
    tries: int = 1
    shown: bool = False
    """Its vehicle has reported it: acknowledged."""
    loaded: bool = False
    lost_s: float | None = None
    """Since when its vehicle is lost."""


@dataclass(frozen=True, slots=True)
class Book:
    """All that the dispatch remembers."""

    orders: Mapping[int, Open] = field(default_factory=dict)
    """By vehicle."""
    next_id: int = 1
    shunned: Mapping[int, float] = field(default_factory=dict)
    """Vehicles that do not take orders, and until when they get none, s."""
    dropped: Mapping[int, Order] = field(default_factory=dict)
    charging: Mapping[int, float] = field(default_factory=dict)
    """Vehicles told to charge, and when, s."""

    def engaged(self, vehicle: int) -> bool:
        """Has it an order?"""
        return vehicle in self.orders

    def coming(self, move: Move) -> int:
        """Orders of a move underway."""
        return sum(1 for entry in self.orders.values() if entry.order.move is move)

    def to_load(self, move: Move) -> int:
        """Orders of a move whose load still stands where it was."""
        return sum(
            1 for entry in self.orders.values() if entry.order.move is move and not entry.loaded
        )

    def slots(self, move: Move) -> dict[int, Open]:
        """Orders of a move by their slot."""
        return {
            entry.order.slot: entry
            for entry in self.orders.values()
            if entry.order.move is move and entry.order.slot is not None
        }


def lost(report: Report | None, now_s: float, contact: Contact) -> bool:
    """Is a vehicle out of reach?"""
    return report is None or now_s - report.heard_s > contact.silent_s


def reconcile(book: Book, plant: Plant, settings: Settings) -> tuple[Book, list[Command]]:
    """Takes in what the vehicles report: closes, drops, repeats orders."""
    commands: list[Command] = []
    orders = dict(book.orders)
    dropped = dict(book.dropped)
    shunned = {v: until for v, until in book.shunned.items() if until > plant.time_s}
    for vehicle, report in enumerate(plant.vehicles):
        entry = orders.get(vehicle)
        if entry is None:
            stray = None if report is None or report.order is None else dropped.get(report.order)
            if report is not None and stray is not None and report.done != stray.id:
                if report.loaded:
                    orders[vehicle] = Open(stray, report.heard_s, shown=True, loaded=True)
                else:
                    commands.append(Cancel(stray, "given to another vehicle"))
            continue
        kept = _follow(entry, report, plant.time_s, settings, commands)
        if kept is not None:
            orders[vehicle] = kept
            continue
        del orders[vehicle]
        if report is None or report.done != entry.order.id:
            dropped[entry.order.id] = entry.order
            if report is not None and not entry.shown:
                shunned[vehicle] = plant.time_s + 10.0 * settings.contact.resend_s
    while len(dropped) > REMEMBERED:
        del dropped[next(iter(dropped))]
    return replace(book, orders=orders, shunned=shunned, dropped=dropped), commands


def _follow(
    entry: Open, report: Report | None, now_s: float, settings: Settings, commands: list[Command]
) -> Open | None:
    """The order as it stands after a report; nothing when it is done or dropped."""
    order, contact = entry.order, settings.contact
    if report is not None and report.done == order.id:
        return None
    if report is None or lost(report, now_s, contact):
        return _gone(entry, now_s, settings, commands)
    if report.order == order.id:
        kept = replace(entry, shown=True, loaded=report.loaded or entry.loaded, lost_s=None)
        overdue = now_s - entry.sent_s >= contact.resend_s
        if order.move is Move.FEED and report.slot != order.slot and overdue:
            commands.append(Redirect(order, "not taken over yet"))
            kept = replace(kept, sent_s=now_s)
        return kept
    if report.heard_s > entry.sent_s and (entry.shown or entry.lost_s is not None):
        return None
    return _unanswered(entry, now_s, contact, commands)


def _gone(entry: Open, now_s: float, settings: Settings, commands: list[Command]) -> Open | None:
    """The vehicle is lost: without a load the order ends, with one people bring it."""
    if not entry.loaded:
        commands.append(Cancel(entry.order, "vehicle is lost"))
        return None
    since_s = now_s if entry.lost_s is None else entry.lost_s
    given_up = now_s - since_s > 4.0 * settings.drive.recovery_s
    return None if given_up else replace(entry, lost_s=since_s)


def _unanswered(
    entry: Open, now_s: float, contact: Contact, commands: list[Command]
) -> Open | None:
    """The vehicle has not shown the order: it is sent again, a few times."""
    if now_s - entry.sent_s < contact.resend_s:
        return entry
    if entry.tries >= contact.tries:
        commands.append(Cancel(entry.order, "vehicle does not take it"))
        return None
    commands.append(Send(entry.order, again=True))
    return replace(entry, sent_s=now_s, tries=entry.tries + 1)
