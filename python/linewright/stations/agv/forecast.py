"""When filling will stand: the plant rolled forward, on average, from what is known now.

Filling stands when it has no empty tray, or no place for a full one. Both come late: an outage in
the rack fills the wetting store first, a lost vehicle eats the buffers first. The roll-forward
counts trays and vehicle time minute by minute: trays leave wetting and formation when their
progress says so, and what vehicles there are carry first what filling needs, then testing and
formation. What is out stays out: the forecast says what happens if nobody does anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linewright.stations.agv.book import Book, lost
from linewright.stations.agv.demand import waiting_most, wip_cap, wip_trays
from linewright.stations.agv.plant import ENDS, Move, Plant, Site
from linewright.stations.agv.settings import Settings

Short = Literal["empty trays", "places for full trays"]


@dataclass(frozen=True, slots=True)
class Starve:
    """Filling is expected to stand."""

    at_s: float
    lead_s: float
    short: Short
    vehicles_in: int
    slots_out: int
    """What may be the reason."""


@dataclass(frozen=True, slots=True)
class _Costs:
    """Vehicle time of one transport, s: carried, with the empty ride to it that others leave."""

    upstream: float
    """An empty tray to filling and a full one away, and the way back to the test."""
    feed: float
    clear: float
    test: float

    @classmethod
    def of(cls, site: Site, settings: Settings) -> _Costs:
        """Feeding, clearing and testing lead away from filling: they save the empty way back."""
        per_move_s = 2.0 * settings.drive.handling_s + settings.forecast.per_move_s
        ways = site.ways_s
        middle = len(ways) - 1 - (len(ways) - 5) // 2

        def way(a: str, b: str) -> float:
            at = [middle if name == "slot" else site.place(name) for name in (a, b)]
            return ways[at[0]][at[1]]

        back_s = way("wetting", "testing")
        pair_s = way(*ENDS[Move.RETURN]) + way(*ENDS[Move.STORE]) + 2.0 * per_move_s + back_s
        ahead = {move: way(*ENDS[move]) for move in (Move.FEED, Move.CLEAR, Move.TEST)}
        saved = min(1.0, back_s / sum(ahead.values()))
        cost = {move: ride * (1.0 - saved) + per_move_s for move, ride in ahead.items()}
        return cls(pair_s, cost[Move.FEED], cost[Move.CLEAR], cost[Move.TEST])


@dataclass(slots=True)
class _Stocks:
    """Trays, on average: not whole numbers."""

    empties_here: float
    filled: float
    store_room: float
    wetted: float
    slots_free: float
    formed: float
    aged: float
    infeed: float
    empties_there: float
    wip_room: float


def forecast(plant: Plant, book: Book, site: Site, settings: Settings) -> Starve | None:
    """When filling stands if all goes on as now; nothing when it does not within the horizon."""
    per_s = settings.rates.filled_per_h / 3600.0
    step_s = settings.forecast.step_s
    costs = _Costs.of(site, settings)
    now = plant.stock
    stocks = _Stocks(
        empties_here=now.filling_empties + book.coming(Move.RETURN),
        filled=now.filled - book.coming(Move.STORE),
        store_room=_store_room(plant, book, settings),
        wetted=now.wetted,
        slots_free=sum(s.holds == "free" and not s.out for s in plant.slots),
        formed=sum(s.holds == "formed" and not s.out for s in plant.slots),
        aged=now.aged,
        infeed=now.infeed,
        empties_there=now.empties,
        wip_room=wip_cap(plant, settings) - wip_trays(plant, book),
    )
    inside = sum(
        1 for v in plant.vehicles if v is not None and not lost(v, plant.time_s, settings.contact)
    )
    budget_s = inside * settings.forecast.vehicles_up * step_s
    wetted = _arrivals(plant.wetted_s, plant.time_s, per_s, settings)
    aged = _arrivals(plant.aged_s, plant.time_s, per_s, settings)
    formed = _formed(plant, settings)
    for step in range(len(formed)):
        stocks.wetted += wetted[step]
        stocks.aged += aged[step]
        stocks.formed += formed[step]
        left_s = budget_s - _upstream(stocks, per_s * step_s, budget_s, costs)
        _downstream(stocks, left_s, costs, settings, now.infeed_places)
        short: Short | None = None
        if stocks.filled >= now.filled_places or (
            stocks.empties_here <= 0.0 and stocks.wip_room < 1.0
        ):
            short = "places for full trays"
        elif stocks.empties_here <= 0.0:
            short = "empty trays"
        if short is not None:
            lead_s = step * step_s
            out = sum(slot.out for slot in plant.slots)
            return Starve(plant.time_s + lead_s, lead_s, short, inside, out)
    return None


def _store_room(plant: Plant, book: Book, settings: Settings) -> float:
    stock = plant.stock
    room = stock.wetting_places - stock.wetting - stock.wetted - book.coming(Move.STORE)
    return room + waiting_most(plant, settings)


def _upstream(stocks: _Stocks, made: float, budget_s: float, costs: _Costs) -> float:
    """Filling makes `made` trays; vehicles bring as many empties and store as many full ones."""
    pairs = min(made, budget_s / costs.upstream)
    brought = max(0.0, min(pairs, stocks.empties_there, stocks.wip_room + 1.0))
    stored = max(0.0, min(pairs, stocks.store_room, stocks.filled + made))
    stocks.empties_here += brought - made
    stocks.empties_there -= brought
    stocks.wip_room -= brought
    stocks.filled = max(0.0, stocks.filled + made - stored)
    stocks.store_room -= stored
    return pairs * costs.upstream


def _downstream(
    stocks: _Stocks, left_s: float, costs: _Costs, settings: Settings, places: int
) -> None:
    """What vehicle time is left feeds the testers, then clears and feeds slots."""
    used = min(stocks.infeed, settings.rates.tested_per_h / 3600.0 * settings.forecast.step_s)
    stocks.infeed -= used
    stocks.empties_there += used
    tests = max(0.0, min(stocks.aged, places - stocks.infeed, left_s / costs.test))
    stocks.aged -= tests
    stocks.infeed += tests
    left_s -= tests * costs.test
    clears = min(stocks.formed, left_s / costs.clear)
    stocks.formed -= clears
    stocks.slots_free += clears
    left_s -= clears * costs.clear
    feeds = min(stocks.wetted, stocks.slots_free, left_s / costs.feed)
    stocks.wetted -= feeds
    stocks.slots_free -= feeds
    stocks.store_room += feeds
    stocks.wip_room += feeds


def _arrivals(
    due_s: tuple[float, ...], now_s: float, per_s: float, settings: Settings
) -> list[float]:
    """Trays a step: the known ones when they are due, after them the line's rate."""
    step_s, steps = settings.forecast.step_s, settings.forecast.steps
    out = [0.0] * steps
    for at_s in due_s:
        step = int((at_s - now_s) / step_s)
        if step < steps:
            out[max(0, step)] += 1.0
    known_s = max(due_s, default=now_s) - now_s
    for step in range(max(0, int(known_s / step_s) + 1), steps):
        out[step] = per_s * step_s
    return out


def _formed(plant: Plant, settings: Settings) -> list[float]:
    """Trays formed a step, by the progress of each."""
    step_s, steps = settings.forecast.step_s, settings.forecast.steps
    out = [0.0] * steps
    for slot in plant.slots:
        if slot.holds == "forming" and not slot.out and slot.expected_s is not None:
            step = int((slot.expected_s - plant.time_s) / step_s)
            if step < steps:
                out[max(0, step)] += 1.0
    return out
