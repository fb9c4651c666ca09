"""Which transports the plant wants now and soon, as legs for the planner.

The due time of a leg is when something stands for want of it: filling without an empty tray or
with a full outlet, a slot that could form, a tester. So `(due - now)/(time to deliver)` is time to
starve over time to deliver. Empties are brought only for trays that find a place: the number of
trays between filling and formation is capped (CONWIP: Spearman, Woodruff, Hopp 1990).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from linewright.stations.agv.book import Book, Open, lost
from linewright.stations.agv.lookahead import NEVER_S, Leg
from linewright.stations.agv.plant import ENDS, Move, Plant, Site
from linewright.stations.agv.settings import Settings

EARLIER_S = 60.0
"""A place that is expected must be free so long before its load comes: no vehicle waits with it."""
RANK_S = 300.0
"""A leg goes ahead of one due so much earlier whose lateness costs 2.7 times less; among late ones
the dearer goes first (after the apparent tardiness cost of Vepsalainen and Morton 1987)."""
SLACK_S = 1200.0
"""Longest slack of a transport in formation, however many slots are free."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A transport that is wanted."""

    move: Move
    slot: int | None
    leg: Leg


@dataclass(frozen=True, slots=True)
class _Look:
    plant: Plant
    book: Book
    site: Site
    settings: Settings

    @property
    def now_s(self) -> float:
        return self.plant.time_s

    def ends(self, move: Move, slot: int | None) -> tuple[int, int]:
        source, target = ENDS[move]
        return self.site.place(source, slot), self.site.place(target, slot)

    def carry_s(self, move: Move, slot: int | None = None) -> float:
        """From the begin of loading to the end of unloading."""
        source, target = self.ends(move, slot)
        return self.site.ways_s[source][target] + 2.0 * self.settings.drive.handling_s

    def want(
        self,
        move: Move,
        slot: int | None = None,
        *,
        due_s: float,
        weight: float,
        ready_s: float | None = None,
        place_s: float | None = None,
        clears: int | None = None,
    ) -> Wanted:
        source, target = self.ends(move, slot)
        now_s = self.now_s
        leg = Leg(
            source=source,
            target=target,
            due_s=due_s,
            weight=weight,
            rank_s=max(due_s, now_s) - RANK_S * math.log(weight),
            ready_s=now_s if ready_s is None else ready_s,
            place_s=now_s if place_s is None else place_s,
            clears=clears,
        )
        return Wanted(move, slot, leg)


def wip_trays(plant: Plant, book: Book) -> int:
    """Trays between the empties at filling and formation, those on vehicles included."""
    stock = plant.stock
    riding = book.coming(Move.STORE) - book.to_load(Move.STORE)
    riding += book.coming(Move.FEED) - book.to_load(Move.FEED)
    waiting = stock.filling_empties + stock.filled + stock.wetting + stock.wetted
    return waiting + riding + book.coming(Move.RETURN)


def wip_cap(plant: Plant, settings: Settings) -> int:
    """The cap on `wip_trays`."""
    if settings.wip_trays is not None:
        return settings.wip_trays
    places = plant.stock.wetting_places + plant.stock.filled_places
    return places + waiting_most(plant, settings)


def waiting_most(plant: Plant, settings: Settings) -> int:
    """Vehicles that may stand with a full tray when the wetting store has no place."""
    inside = sum(not lost(v, plant.time_s, settings.contact) for v in plant.vehicles)
    return min(settings.waiting_most, inside // 2)


def starving(plant: Plant, book: Book, carry_s: float, settings: Settings) -> bool:
    """Is filling about to stand before a vehicle sent now could help?"""
    stock, every_s = plant.stock, 3600.0 / settings.rates.filled_per_h
    have = stock.filling_empties + book.coming(Move.RETURN)
    room = stock.filled_places - stock.filled + book.coming(Move.STORE)
    return have * every_s < carry_s + settings.margin_s or room * every_s < settings.margin_s


def wanted(plant: Plant, book: Book, site: Site, settings: Settings) -> list[Wanted]:
    """What is wanted and not ordered yet, the most urgent first; links point into the list."""
    look = _Look(plant, book, site, settings)
    simple = [*_stores(look), *_returns(look)]
    hungry = starving(plant, book, look.carry_s(Move.RETURN), settings)
    if not hungry or plant.stock.empties < settings.reserve_trays:
        simple += _tests(look)
    formation = _formation(look, sparing=hungry)
    offset = len(simple)
    for item in formation:
        clears = item.leg.clears
        if clears is not None:
            moved = replace(item.leg, clears=clears + offset)
            simple.append(Wanted(item.move, item.slot, moved))
        else:
            simple.append(item)
    return simple


def _stores(look: _Look) -> Iterator[Wanted]:
    """A full outlet stops filling: the n-th tray must be gone when it is full otherwise."""
    stock, book, rates = look.plant.stock, look.book, look.settings.rates
    every_s = 3600.0 / rates.filled_per_h
    riding = book.coming(Move.STORE)
    ordered = book.to_load(Move.STORE)
    room = stock.wetting_places - stock.wetting - stock.wetted - riding
    room += waiting_most(look.plant, look.settings)
    carry_s = look.carry_s(Move.STORE)
    for i in range(min(stock.filled - ordered, room)):
        full_s = look.now_s + (stock.filled_places - stock.filled + ordered + i) * every_s
        yield look.want(Move.STORE, due_s=full_s + carry_s, weight=look.settings.weights.upstream)


def _returns(look: _Look) -> Iterator[Wanted]:
    """Filling needs the n-th empty tray when those at hand and underway are used up."""
    plant, book, settings = look.plant, look.book, look.settings
    stock = plant.stock
    every_s = 3600.0 / settings.rates.filled_per_h
    coming = book.coming(Move.RETURN)
    there = stock.empties - book.to_load(Move.RETURN)
    allowed = wip_cap(plant, settings) - wip_trays(plant, book)
    carry_s = look.carry_s(Move.RETURN)
    for i in range(min(there, allowed)):
        have = stock.filling_empties + coming + i
        place_s = look.now_s + (have + 1 - stock.filling_empty_places) * every_s
        if place_s > look.now_s + carry_s - EARLIER_S:
            return
        yield look.want(
            Move.RETURN,
            due_s=look.now_s + have * every_s,
            place_s=max(look.now_s, place_s),
            weight=settings.weights.upstream,
        )


def _tests(look: _Look) -> Iterator[Wanted]:
    stock, book, settings = look.plant.stock, look.book, look.settings
    every_s = 3600.0 / settings.rates.tested_per_h
    coming = book.coming(Move.TEST)
    ordered = book.to_load(Move.TEST)
    carry_s = look.carry_s(Move.TEST)
    soon = [s for s in look.plant.aged_s if s <= look.now_s + settings.ahead_s]
    ready = [look.now_s] * stock.aged + soon
    for i, ready_s in enumerate(ready[ordered:]):
        have = stock.infeed + coming + i
        place_s = look.now_s + (have + 1 - stock.infeed_places) * every_s
        if place_s > look.now_s + carry_s - EARLIER_S:
            return
        yield look.want(
            Move.TEST,
            ready_s=ready_s,
            due_s=max(look.now_s + have * every_s, ready_s + carry_s),
            place_s=max(look.now_s, place_s),
            weight=settings.weights.test,
        )


@dataclass(frozen=True, slots=True)
class _Rack:
    """Slots by when they can take a tray, and trays by when they can form."""

    free: list[int]
    soon: list[tuple[float, int]]
    """Slots that a vehicle clears: when, and which."""
    to_clear: list[tuple[float, int]]
    """Slots that nobody clears yet: when formed, and which."""
    trays_s: list[float]

    @property
    def scarce(self) -> bool:
        """More trays than slots?"""
        return len(self.trays_s) > len(self.free)


def _rack(look: _Look) -> _Rack:
    plant, now_s = look.plant, look.now_s
    cleared, reserved = look.book.slots(Move.CLEAR), look.book.slots(Move.FEED)
    until_s = now_s + look.settings.ahead_s
    free: list[int] = []
    soon: list[tuple[float, int]] = []
    to_clear: list[tuple[float, int]] = []
    for number, slot in enumerate(plant.slots):
        if slot.out:
            continue
        if slot.holds == "free":
            if number not in reserved:
                free.append(number)
        elif number in cleared:
            if number not in reserved:
                soon.append((expected_free_s(cleared[number], look), number))
        elif slot.holds != "leaving" and slot.expected_s is not None and slot.expected_s <= until_s:
            to_clear.append((max(now_s, slot.expected_s), number))
    near = look.site.ways_s[look.site.place("wetting")]
    free.sort(key=lambda number: near[look.site.place("slot", number)])
    trays_s = [now_s] * plant.stock.wetted + [s for s in plant.wetted_s if s <= until_s]
    legs, ordered = look.settings.legs, look.book.to_load(Move.FEED)
    trays_s = trays_s[ordered : ordered + legs]
    return _Rack(free, sorted(soon), sorted(to_clear)[:legs], trays_s)


def _formation(look: _Look, *, sparing: bool) -> list[Wanted]:
    """Trays out of slots and into slots, paired by when a slot is free.

    Sparing, only what the wetting store has no room for is fed, and only slots that a vehicle
    waits for are cleared: the rack can catch up later, filling cannot.
    """
    settings, now_s, rack = look.settings, look.now_s, _rack(look)
    weight = settings.weights.formation * (5.0 if rack.scarce else 1.0)
    slack_s = min(SLACK_S, len(rack.free) * 3600.0 / settings.rates.filled_per_h)
    reserved = look.book.slots(Move.FEED)
    stock = look.plant.stock
    room = stock.wetting_places - stock.wetting - stock.wetted - look.book.coming(Move.STORE)
    sparing = sparing and room > settings.reserve_trays
    out: list[Wanted] = []
    places: list[tuple[float, int, int | None]] = [(now_s, number, None) for number in rack.free]
    places += [(at_s, number, None) for at_s, number in rack.soon]
    to_clear = rack.to_clear
    if sparing:
        to_clear = [pair for pair in to_clear if pair[1] in reserved]
        places = []
    for ready_s, number in to_clear:
        if number not in reserved:
            places.append((NEVER_S, number, len(out)))
        awaited = number in reserved
        due_s = ready_s + look.carry_s(Move.CLEAR, number) + (0.0 if awaited else slack_s)
        cost = settings.weights.upstream if awaited else weight
        out.append(look.want(Move.CLEAR, number, due_s=due_s, ready_s=ready_s, weight=cost))
    for ready_s, (place_s, number, clear_at) in zip(rack.trays_s, places, strict=False):
        carry_s = look.carry_s(Move.FEED, number)
        free_s = place_s
        if clear_at is not None:
            clear = out[clear_at].leg
            free_s = clear.ready_s
            out[clear_at] = Wanted(Move.CLEAR, number, replace(clear, clears=len(out)))
        due_s = max(ready_s + carry_s, free_s)
        out.append(
            look.want(
                Move.FEED, number, due_s=due_s, ready_s=ready_s, place_s=place_s, weight=weight
            )
        )
    return out


def expected_free_s(entry: Open, look: _Look) -> float:
    """When the vehicle that clears a slot will have loaded, s."""
    report = look.plant.vehicles[entry.order.vehicle]
    slot = entry.order.slot
    handling_s = look.settings.drive.handling_s
    if report is None or slot is None:
        return look.now_s + look.settings.drive.recovery_s
    there_s = look.now_s + look.site.from_s(report.at_m)[look.site.place("slot", slot)]
    formed_s = look.plant.slots[slot].expected_s
    return max(there_s, look.now_s if formed_s is None else formed_s) + handling_s
