"""The material flow again, in SimPy: the peer of the flow twin, after the same description.

Lots of stacked cells, three stages of machines that fail while they work, finite buffers, trays
that wet, form, age and are tested, and vehicles that the oldest demand sends, the nearest idle one
first. Numbers are the defaults of the twin's `flow` tables.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

Process = Generator[Any, Any, Any]
TRAY = 32
MOVES = ("store", "feed", "clear", "test", "back")


class Wear:
    """Work with failures in it: exponential time up and to repair."""

    def __init__(self, availability: float, repair_s: float, rng: random.Random) -> None:
        self.rng, self.repair_s = rng, repair_s
        self.up_s = repair_s * availability / (1.0 - availability)
        self.left_s = rng.expovariate(1.0 / self.up_s)

    def take(self, work_s: float) -> float:
        took_s = work_s
        while work_s >= self.left_s:
            work_s -= self.left_s
            took_s += self.rng.expovariate(1.0 / self.repair_s)
            self.left_s = self.rng.expovariate(1.0 / self.up_s)
        self.left_s -= work_s
        return took_s


@dataclass(eq=False)
class Vehicle:
    """Where it is, what is in its battery, h of driving left of ten."""

    at_m: tuple[float, float]
    charge: float
    idle: bool = True


@dataclass
class Made:
    """What came out."""

    filled: int = 0
    started: int = 0
    tested: int = 0
    good_cells: int = 0
    delivered: int = 0
    engaged_s: float = 0.0


@dataclass
class Demands:
    """Times at which they arose, oldest first."""

    queues: dict[str, deque[Any]] = field(default_factory=lambda: {name: deque() for name in MOVES})
    sent: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MOVES, 0))


class Flow:
    """The flow from welding to the test, as SimPy processes."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.env = env = simpy.Environment()
        self.made, self.demands = Made(), Demands()
        self.rate = 26.30 * 0.9508 / TRAY / 60.0
        self.buffers = [simpy.Container(env, 4, init=2) for _ in range(3)]
        self.loose = 0
        self.empties_here = simpy.Container(env, 8, init=6)
        self.outlet = simpy.Store(env, 6)
        self.wetting, self.ageing = simpy.Store(env), simpy.Store(env)
        self.wetted: deque[int] = deque()
        self.aged = simpy.Container(env)
        self.wetted_load = simpy.Container(env)
        self.slots: list[float | None] = [None] * 469
        self.free = set(range(469))
        self.infeed = simpy.Container(env, 6)
        self.empties_there = simpy.Container(env, 120, init=60)
        self.vehicles = [
            Vehicle(((i + 0.5) / 20 * 225.0, 5.0), 0.5 + 0.5 * (i + 0.5) / 20) for i in range(20)
        ]
        self.woken = env.event()
        self._fill_up()
        for name in ("supply", "wet", "age", "dispatch"):
            env.process(getattr(self, f"_{name}")())
        for stage, (count, rate, up) in enumerate(((2, 18.0, 0.85), (2, 18.0, 0.85))):
            for _ in range(count):
                env.process(self._machine(stage, 60.0 * TRAY / rate, Wear(up, 300.0, self.rng)))
        for _ in range(9):
            env.process(self._head(Wear(0.97, 300.0, self.rng)))
        for _ in range(3):
            env.process(self._tester(Wear(0.95, 300.0, self.rng)))

    def _fill_up(self) -> None:
        aged = math.floor(336.0 * 3600.0 * self.rate)
        for i in range(aged):
            self.ageing.items.append((i + 0.5) / self.rate)
        for i in range(math.floor(24.0 * 3600.0 * self.rate)):
            self.wetting.items.append((i + 0.5) / self.rate)
        forming = math.floor(8.0 * 3600.0 * self.rate)
        for i, slot in enumerate(self.rng.sample(range(469), forming)):
            self.free.discard(slot)
            self.env.process(self._form(slot, (i + 0.5) / forming))
        self.demands.queues["test"].extend([0.0] * 6)
        self.demands.queues["back"].extend([0.0] * 2)
        for _ in range(3):
            self.infeed.put(1)
            self.demands.queues["test"].popleft()

    def wake(self) -> None:
        """Something happened: the dispatch looks again."""
        if not self.woken.triggered:
            self.woken.succeed()

    def demand(self, name: str, item: Any = None) -> None:
        """A transport is wanted from now on."""
        self.demands.queues[name].append(self.env.now if item is None else (self.env.now, item))
        self.wake()

    def _supply(self) -> Process:
        every_s = 60.0 * TRAY / 26.30
        while True:
            yield self.buffers[0].put(1)
            yield self.env.timeout(every_s * (1.0 + 0.2 * (2.0 * self.rng.random() - 1.0)))

    def _machine(self, stage: int, lot_s: float, wear: Wear) -> Process:
        while True:
            yield self.buffers[stage].get(1)
            yield self.env.timeout(wear.take(lot_s))
            yield self.buffers[stage + 1].put(1)

    def _head(self, wear: Wear) -> Process:
        while True:
            yield self.buffers[2].get(1)
            yield self.env.timeout(wear.take(60.0 * TRAY / 3.0))
            self.loose += sum(self.rng.random() <= 0.9508 for _ in range(TRAY))
            while self.loose >= TRAY:
                self.loose -= TRAY
                yield self.empties_here.get(1)
                yield self.outlet.put(1)
                self.made.filled += 1
                self.demand("store")
                self.demand("back")

    def _wet(self) -> Process:
        while True:
            due_s = yield self.wetting.get()
            yield self.env.timeout(max(0.0, due_s - self.env.now))
            self.wetted_load.put(1)
            self.demand("feed")

    def _age(self) -> Process:
        while True:
            due_s = yield self.ageing.get()
            yield self.env.timeout(max(0.0, due_s - self.env.now))
            self.aged.put(1)
            self.wake()

    def _form(self, slot: int, share_left: float = 1.0) -> Process:
        takes_s = 8.0 * 3600.0 * max(0.2, 1.0 + 0.02 * self.rng.gauss(0.0, 1.0))
        yield self.env.timeout(takes_s * share_left)
        self.demand("clear", slot)

    def _tester(self, wear: Wear) -> Process:
        while True:
            yield self.infeed.get(1)
            self.demand("test")
            yield self.env.timeout(wear.take(60.0 * TRAY / 10.0))
            yield self.empties_there.put(1)
            self.made.tested += 1
            self.made.good_cells += sum(self.rng.random() <= 0.97 * 0.969 for _ in range(TRAY))
            self.wake()

    # -- vehicles --------------------------------------------------------------------------------

    def place_m(self, name: str, slot: int | None) -> tuple[float, float]:
        """Where a handover is, m along the aisle and beside it."""
        if name == "slot":
            tower = (slot or 0) // 25
            return (225.0 * (0.3 + 0.5 * (tower + 0.5) / 19), 5.0 if tower % 2 == 0 else -5.0)
        along = {"filling": 0.0, "wetting": 0.15, "ageing": 0.9, "testing": 1.0, "chargers": 0.5}
        return (225.0 * along[name], -15.0 if name == "chargers" else 5.0)

    def _choose(self) -> tuple[str, int | None] | None:
        queues, sent = self.demands.queues, self.demands.sent
        offers: list[tuple[float, str, int | None]] = []
        if queues["store"]:
            offers.append((queues["store"][0], "store", None))
        if queues["clear"]:
            offers.append((queues["clear"][0][0], "clear", queues["clear"][0][1]))
        if queues["feed"] and self.free:
            offers.append((queues["feed"][0], "feed", min(self.free)))
        if queues["test"] and self.aged.level > sent["test"]:
            offers.append((queues["test"][0], "test", None))
        if queues["back"] and self.empties_there.level > sent["back"]:
            offers.append((queues["back"][0], "back", None))
        if not offers:
            return None
        _, name, slot = min(offers, key=lambda offer: offer[0])
        return name, slot

    def _dispatch(self) -> Process:
        ends = {
            "store": ("filling", "wetting"),
            "feed": ("wetting", "slot"),
            "clear": ("slot", "ageing"),
            "test": ("ageing", "testing"),
            "back": ("testing", "filling"),
        }
        while True:
            while idle := [v for v in self.vehicles if v.idle]:
                choice = self._choose()
                if choice is None:
                    break
                name, slot = choice
                self.demands.queues[name].popleft()
                self.demands.sent[name] += 1
                if name == "feed" and slot is not None:
                    self.free.discard(slot)
                source, target = (self.place_m(end, slot) for end in ends[name])
                vehicle = min(idle, key=lambda v: way_m(v.at_m, source))
                vehicle.idle = False
                self.env.process(self._carry(vehicle, name, slot, source, target))
            yield self.woken
            self.woken = self.env.event()

    def _drive(self, vehicle: Vehicle, to: tuple[float, float]) -> Process:
        takes_s = way_m(vehicle.at_m, to)
        yield self.env.timeout(takes_s)
        vehicle.charge -= takes_s / 36_000.0
        vehicle.at_m = to

    def _carry(
        self,
        vehicle: Vehicle,
        name: str,
        slot: int | None,
        source: tuple[float, float],
        target: tuple[float, float],
    ) -> Process:
        begun_s = self.env.now
        yield from self._drive(vehicle, source)
        takes: dict[str, Callable[[], Any]] = {
            "store": self.outlet.get,
            "feed": lambda: self.wetted_load.get(1),
            "test": lambda: self.aged.get(1),
            "back": lambda: self.empties_there.get(1),
        }
        if name in takes:
            yield takes[name]()
        self.demands.sent[name] -= 1
        yield self.env.timeout(45.0)
        if name == "clear" and slot is not None:
            self.free.add(slot)
            self.wake()
        yield from self._drive(vehicle, target)
        puts = {"test": self.infeed, "back": self.empties_here}
        if name in puts:
            while puts[name].level >= puts[name].capacity:
                yield self.env.timeout(5.0)
        yield self.env.timeout(45.0)
        self._put_down(name, slot)
        if name in puts:
            yield puts[name].put(1)
        self.made.delivered += 1
        self.made.engaged_s += self.env.now - begun_s
        if vehicle.charge < 0.25:
            yield from self._drive(vehicle, self.place_m("chargers", None))
            yield self.env.timeout((0.8 - vehicle.charge) * 3600.0)
            vehicle.charge = 0.8
        vehicle.idle = True
        self.wake()

    def _put_down(self, name: str, slot: int | None) -> None:
        now_s = self.env.now
        if name == "store":
            self.wetting.put(now_s + 24.0 * 3600.0)
        elif name == "feed" and slot is not None:
            self.made.started += 1
            self.env.process(self._form(slot))
        elif name == "clear":
            self.ageing.put(now_s + 336.0 * 3600.0)


def way_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Along the aisle and across it, m."""
    if a[0] == b[0]:
        return abs(a[1] - b[1])
    return abs(a[0] - b[0]) + abs(a[1]) + abs(b[1])


def run(seed: int, hours: float) -> Made:
    """What the flow makes in so many hours."""
    flow = Flow(seed)
    flow.env.run(until=3600.0 * hours)
    return flow.made
