"""What the dispatch station decides: `decide(book, plant, site, settings)`; no bus, no clock.

A decision looks at the newest reports and at the orders underway, and at nothing else: a message
that was lost costs time, never a load. Orders are plain values; whoever speaks to the vehicles
(VDA 5050, a fleet manager, the twin) translates them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from linewright.stations.agv.book import Book, Open, lost, reconcile
from linewright.stations.agv.demand import Wanted, wanted
from linewright.stations.agv.lookahead import NEVER_S, Leg, Objective, Plan, Ride
from linewright.stations.agv.plant import (
    ENDS,
    Cancel,
    Charge,
    Command,
    Move,
    Order,
    Plant,
    Redirect,
    Send,
    Site,
    Vehicle,
)
from linewright.stations.agv.settings import Settings


@dataclass(frozen=True, slots=True)
class Decided:
    """What is told, and when to decide again even if nothing is reported, s."""

    commands: tuple[Command, ...]
    again_s: float


def decide(book: Book, plant: Plant, site: Site, settings: Settings) -> tuple[Book, Decided]:
    """Holds the orders against the reports, mends what went wrong, sends vehicles.

    >>> from linewright.stations.agv.plant import PLACES, Slot, Stock
    >>> site = Site(dict.fromkeys(PLACES, (0.0, 5.0)), ((50.0, 5.0),), speed_m_per_s=1.0)
    >>> stock = Stock(filled=0, filled_places=6, filling_empties=8, filling_empty_places=8,
    ...     wetting=9, wetted=1, wetting_places=99, aged=0, infeed=6, infeed_places=6,
    ...     empties=0, empty_places=60)
    >>> plant = Plant(time_s=0.0, vehicles=(Vehicle(0.0, "idle", (0.0, 5.0), 0.9),),
    ...     slots=(Slot("free"),), stock=stock)
    >>> book, decided = decide(Book(), plant, site, Settings())
    >>> [(c.order.move.value, c.order.vehicle, c.order.target) for c in decided.commands]
    [('feed', 0, 'slot 0')]
    """
    book, commands = reconcile(book, plant, settings)
    book = _mend(book, plant, settings, commands)
    idle = [v for v in _ready(book, plant, settings) if v not in book.orders]
    orders, held = _sent(book, plant, site, settings, idle) if idle else ([], {})
    if orders:
        taken = {order.vehicle: Open(order, plant.time_s) for order in orders}
        book = replace(book, orders={**book.orders, **taken}, next_id=orders[-1].id + 1)
        commands += map(Send, orders)
    book = _charge(book, plant, settings, commands, set(held))
    waits = [entry.sent_s + settings.contact.resend_s for entry in book.orders.values()]
    later = [at_s for at_s in (*held.values(), *waits) if at_s > plant.time_s]
    return book, Decided(tuple(commands), min(later, default=math.inf))


def _ready(book: Book, plant: Plant, settings: Settings) -> list[int]:
    """Vehicles that report, take orders and have charge for one."""
    battery, out = settings.battery, []
    for vehicle, report in enumerate(plant.vehicles):
        if report is None or lost(report, plant.time_s, settings.contact):
            continue
        if not report.idle or vehicle in book.shunned:
            continue
        least = battery.refuse_below if report.task == "idle" else battery.release_at
        if report.charge >= least:
            out.append(vehicle)
    return out


def _mend(book: Book, plant: Plant, settings: Settings, commands: list[Command]) -> Book:
    """Orders whose slot went out, or whose load comes late, get another slot or end."""
    orders = dict(book.orders)
    reserved = set(book.slots(Move.FEED))
    cleared = book.slots(Move.CLEAR)
    for vehicle, entry in book.orders.items():
        slot = entry.order.slot
        if slot is None:
            continue
        if entry.order.move is Move.CLEAR:
            if plant.slots[slot].out and not entry.loaded:
                commands.append(Cancel(entry.order, f"slot {slot} is out"))
                del orders[vehicle]
            continue
        because = _misplaced(entry, plant, cleared, settings)
        if because is None:
            continue
        better = _other_slot(entry, plant, reserved, cleared, settings)
        if better is not None:
            reserved.discard(slot)
            reserved.add(better)
            order = replace(entry.order, slot=better, target=f"slot {better}")
            commands.append(Redirect(order, because))
            orders[vehicle] = replace(entry, order=order, sent_s=plant.time_s)
    return replace(book, orders=orders)


def _misplaced(
    entry: Open, plant: Plant, cleared: dict[int, Open], settings: Settings
) -> str | None:
    """Why the slot of a feeding order is the wrong one, if it is."""
    number = entry.order.slot or 0
    slot = plant.slots[number]
    if slot.out:
        return f"slot {number} is out"
    if entry.lost_s is not None and entry.lost_s == plant.time_s:
        return "vehicle is lost: its slot goes to another"
    if slot.holds == "free" or number in cleared or entry.lost_s is not None:
        return None
    ahead_s = settings.ahead_s
    if slot.expected_s is None or slot.expected_s > plant.time_s + ahead_s:
        return f"slot {number} stays taken"
    return None


def _other_slot(
    entry: Open,
    plant: Plant,
    reserved: set[int],
    cleared: dict[int, Open],
    settings: Settings,
) -> int | None:
    """A slot for a load: a free one; for a load that people bring, the one that is free then."""
    now_s = plant.time_s
    if entry.lost_s is not None:
        at_s = entry.lost_s + settings.drive.recovery_s
        ends = [
            (slot.expected_s, number)
            for number, slot in enumerate(plant.slots)
            if slot.holds == "forming" and not slot.out and number not in reserved
            if slot.expected_s is not None and now_s + settings.ahead_s < slot.expected_s < at_s
        ]
        free = sum(1 for n, s in enumerate(plant.slots) if s.holds == "free" and n not in reserved)
        if ends and free < plant.stock.wetted:
            return max(ends)[1]
        if not plant.slots[entry.order.slot or 0].out:
            return None
    for number, slot in enumerate(plant.slots):
        if slot.holds == "free" and not slot.out and number not in reserved:
            return number
    for number in cleared:
        if number not in reserved and not plant.slots[number].out:
            return number
    return None


def _sent(
    book: Book, plant: Plant, site: Site, settings: Settings, idle: list[int]
) -> tuple[list[Order], dict[int, float]]:
    """Plans what is wanted with all vehicles; orders for the idle ones whose time it is, and when
    the time of the others comes, s."""
    items = _trimmed(wanted(plant, book, site, settings), settings)
    numbers, rides = _rides(book, plant, site, settings, idle)
    plan = Plan(
        [item.leg for item in items],
        rides,
        site.ways_s,
        handling_s=settings.drive.handling_s,
        objective=Objective.TOTAL,
    )
    orders: list[Order] = []
    held: dict[int, float] = {}
    takeable = set(book.slots(Move.CLEAR))
    takeable |= {number for number, slot in enumerate(plant.slots) if slot.holds == "free"}
    waiting = set(idle)
    while waiting and (step := plan.follow() or plan.extend(settings.search)) is not None:
        vehicle, item = numbers[step.ride], items[step.leg]
        if vehicle not in waiting:
            continue
        waiting.discard(vehicle)
        way_s = rides[step.ride].way_s[item.leg.source]
        way_s += site.ways_s[item.leg.source][item.leg.target] + 2.0 * settings.drive.handling_s
        leave_s = step.delivered_s - way_s - settings.early_s
        free = item.move is not Move.FEED or item.slot is None or item.slot in takeable
        if leave_s > plant.time_s or not free:
            held[vehicle] = max(leave_s, plant.time_s + settings.early_s)
            continue
        if item.move is Move.CLEAR and item.slot is not None:
            takeable.add(item.slot)
        number = book.next_id + len(orders)
        orders.append(_order(number, vehicle, item, plant.time_s, step.delivered_s))
    return orders, held


def _charge(
    book: Book, plant: Plant, settings: Settings, commands: list[Command], planned: set[int]
) -> Book:
    """Vehicles without an order, now or in the plan, charge when they are not full enough."""
    battery, now_s = settings.battery, plant.time_s
    resend_s = settings.contact.resend_s
    charging = {v: at_s for v, at_s in book.charging.items() if now_s - at_s < resend_s}
    for vehicle, report in enumerate(plant.vehicles):
        if report is None or report.task != "idle" or vehicle in book.orders:
            continue
        least = battery.refuse_below if vehicle in planned else battery.top_up_below
        if report.charge < least and vehicle not in charging:
            commands.append(Charge(vehicle))
            charging[vehicle] = now_s
    return replace(book, charging=charging)


def _order(number: int, vehicle: int, item: Wanted, now_s: float, delivered_s: float) -> Order:
    def named(place: str) -> str:
        return f"slot {item.slot}" if place == "slot" else place

    source, target = ENDS[item.move]
    priority = (item.leg.due_s - now_s) / max(1.0, delivered_s - now_s)
    return Order(
        id=number,
        vehicle=vehicle,
        move=item.move,
        source=named(source),
        target=named(target),
        slot=item.slot,
        priority=priority,
        due_s=item.leg.due_s,
    )


def _trimmed(items: list[Wanted], settings: Settings) -> list[Wanted]:
    """The most urgent transports; what a dropped one would have cleared goes with it."""
    if len(items) <= settings.legs:
        return items
    ranked = sorted(range(len(items)), key=lambda at: items[at].leg.due_s)[: settings.legs]
    kept = sorted(ranked)
    at_new = {old: new for new, old in enumerate(kept)}
    cleared = {items[old].leg.clears for old in kept}
    out = []
    for old in kept:
        item = items[old]
        leg: Leg = item.leg
        if leg.clears is not None:
            leg = replace(leg, clears=at_new.get(leg.clears))
        elif leg.place_s == NEVER_S and old not in cleared:
            leg = replace(leg, ready_s=NEVER_S)
        out.append(Wanted(item.move, item.slot, leg))
    return out


def _rides(
    book: Book, plant: Plant, site: Site, settings: Settings, idle: list[int]
) -> tuple[list[int], list[Ride]]:
    """All vehicles that can be planned with: idle ones now, busy ones when they will be free."""
    numbers, rides = [], []
    free = set(idle)
    for vehicle, report in enumerate(plant.vehicles):
        if report is None or lost(report, plant.time_s, settings.contact):
            continue
        if vehicle in free:
            numbers.append(vehicle)
            rides.append(Ride(free_s=plant.time_s, way_s=site.from_s(report.at_m)))
        elif (entry := book.orders.get(vehicle)) is not None:
            row = site.place(ENDS[entry.order.move][1], entry.order.slot)
            free_s = _free_s(entry, report, plant, site, settings)
            if free_s <= plant.time_s + settings.ahead_s:
                numbers.append(vehicle)
                rides.append(Ride(free_s=free_s, way_s=site.ways_s[row]))
    return numbers, rides


def _free_s(entry: Open, report: Vehicle, plant: Plant, site: Site, settings: Settings) -> float:
    """When a vehicle will have unloaded what it is told, s."""
    order = entry.order
    source, target = (site.place(end, order.slot) for end in ENDS[order.move])
    from_s = site.from_s(report.at_m)
    handling_s = settings.drive.handling_s
    if report.loaded:
        return plant.time_s + from_s[target] + handling_s
    formed_s = plant.time_s
    if order.move is Move.CLEAR and order.slot is not None:
        formed_s = plant.slots[order.slot].expected_s or formed_s
    begin_s = max(plant.time_s + from_s[source], formed_s)
    return begin_s + 2.0 * handling_s + site.ways_s[source][target]
