"""The dispatch decides, vehicles by VDA 5050 drive, over a broker that loses messages."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from linewright.stations.agv.book import Book
from linewright.stations.agv.logic import decide
from linewright.stations.agv.plant import PLACES, Charge, Plant, Send, Site, Slot, Stock
from linewright.stations.agv.settings import Settings
from linewright.stations.agv.vda5050 import Vehicles
from linewright.vda5050 import (
    Build,
    Cancelled,
    Failed,
    Finished,
    Fleet,
    Layout,
    Loopback,
    Redirected,
    Rules,
    Vehicle,
    VehicleId,
    VirtualVehicle,
)
from linewright.vda5050.link import LoopbackLink

SLOTS = 3
STEP_S = 0.5
UTC_S = 1.8e9
PLACES_M = {
    "filling": (0.0, 5.0),
    "wetting": (20.0, 5.0),
    "ageing": (80.0, 5.0),
    "testing": (100.0, 5.0),
    "chargers": (10.0, -5.0),
    **{f"slot {n}": (40.0 + 10.0 * n, 5.0) for n in range(SLOTS)},
}


def layout() -> Layout:
    """An aisle along y = 0, with every place beside it."""
    nodes = {name: {"x_m": at[0], "y_m": at[1]} for name, at in PLACES_M.items()}
    aisle = sorted({at[0] for at in PLACES_M.values()})
    nodes |= {f"aisle {x:.0f}": {"x_m": x, "y_m": 0.0} for x in aisle}
    ways = [(f"aisle {a:.0f}", f"aisle {b:.0f}") for a, b in pairwise(aisle)]
    ways += [(name, f"aisle {at[0]:.0f}") for name, at in PLACES_M.items()]
    return Layout.of(
        {
            "map": "hall",
            "nodes": nodes,
            "edges": [{"from": a, "to": b, "both": True} for a, b in ways],
            "stations": {name: {"node": name} for name in PLACES_M},
        }
    )


class Lossy(LoopbackLink):
    """Loses a share of what it sends."""

    rng = Random(0)
    loss = 0.0

    def send(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bool:
        if not retain and self.rng.random() < self.loss:
            return True
        return super().send(topic, payload, qos=qos, retain=retain)


class Hall:
    def __init__(
        self, vehicles: int, *, seed: int = 0, loss: float = 0.0, charge_percent: float = 80.0
    ) -> None:
        self.now_s = 50.0
        self.events: list[object] = []
        self.commands: list[object] = []
        self.book = Book()
        self.slots = [Slot("free") for _ in range(SLOTS)]
        self.stock = Stock(
            filled=0,
            filled_places=6,
            filling_empties=8,
            filling_empty_places=8,
            wetting=9,
            wetted=0,
            wetting_places=99,
            aged=0,
            infeed=6,
            infeed_places=6,
            empties=0,
            empty_places=60,
        )
        self.site = Site(
            {name: PLACES_M[name] for name in PLACES},
            tuple(PLACES_M[f"slot {n}"] for n in range(SLOTS)),
            speed_m_per_s=2.0,
        )
        broker, rng = Loopback(), Random(seed)
        ids = {n: VehicleId("KIT", f"{n:04d}") for n in range(vehicles)}
        self.vehicles = []
        for vehicle in ids.values():
            build = Build(speed_m_per_s=2.0, interval_s=10.0, charge_percent=charge_percent)
            model = Vehicle("aisle 0", 0.0, 0.0, "hall", build)
            link = self._lossy(broker, rng, loss)
            self.vehicles.append(VirtualVehicle(link, vehicle, model))
        fleet = Fleet(
            self._lossy(broker, rng, loss),
            layout(),
            ids,
            session="t",
            rules=Rules(ahead=1, tries=50),
        )
        self.told = Vehicles(fleet, vehicles, ["chargers"])
        self.seen = self.told.poll(self.now_s, UTC_S)[0]

    @staticmethod
    def _lossy(broker: Loopback, rng: Random, loss: float) -> LoopbackLink:
        link = broker.link()
        link.__class__ = Lossy
        link.rng, link.loss = rng, loss  # type: ignore[attr-defined]
        return link

    def step(self) -> None:
        self.now_s += STEP_S
        for vehicle in self.vehicles:
            vehicle.poll(self.now_s, UTC_S + self.now_s)
        self.seen, events = self.told.poll(self.now_s, UTC_S + self.now_s)
        self.events += events
        plant = Plant(
            time_s=self.now_s, vehicles=self.seen, slots=tuple(self.slots), stock=self.stock
        )
        self.book, decided = decide(self.book, plant, self.site, Settings())
        self.commands += decided.commands
        self.told.tell(decided.commands, self.now_s)

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds / STEP_S)):
            self.step()

    def happened(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.mark.parametrize(("seed", "loss"), [(0, 0.0), (1, 0.3), (2, 0.5)])
def test_wetted_trays_come_into_slots(seed: int, loss: float) -> None:
    hall = Hall(2, seed=seed, loss=loss)
    hall.run(60.0)
    hall.stock = replace(hall.stock, wetted=2)
    for _ in range(int(900.0 / STEP_S)):
        before = [len(v.vehicle.done) for v in hall.vehicles]
        hall.step()
        for count, vehicle in zip(before, hall.vehicles, strict=True):
            for _, kind in vehicle.vehicle.done[count:]:
                if kind == "pick":
                    hall.stock = replace(hall.stock, wetted=hall.stock.wetted - 1)
                elif kind == "drop":
                    node = vehicle.vehicle.state.last_node_id
                    number = int(node.removeprefix("slot "))
                    assert hall.slots[number].holds == "free"
                    hall.slots[number] = Slot("forming", expected_s=1e9)
    assert hall.stock.wetted == 0
    assert sum(slot.holds == "forming" for slot in hall.slots) == 2
    kinds = [kind for v in hall.vehicles for _, kind in v.vehicle.done if kind != "startCharging"]
    assert sorted(kinds) == ["drop", "drop", "pick", "pick"]
    assert len(hall.happened(Finished)) >= 2
    assert not hall.happened(Failed)
    assert not hall.book.orders


def test_a_slot_that_goes_out_is_left_for_another() -> None:
    hall = Hall(1)
    hall.run(60.0)
    hall.stock = replace(hall.stock, wetted=1)
    while not any(v.vehicle.state.loads for v in hall.vehicles):
        hall.step()
    hall.stock = replace(hall.stock, wetted=0)
    (order,) = [command.order for command in hall.commands if isinstance(command, Send)]
    hall.slots[order.slot] = Slot("free", out=True)
    hall.run(120.0)
    assert hall.happened(Redirected)
    node = hall.vehicles[0].vehicle.state.last_node_id
    assert node.startswith("slot ")
    assert node != f"slot {order.slot}"
    assert not hall.book.orders


def test_one_that_is_idle_charges_and_comes_back_for_an_order() -> None:
    hall = Hall(1, charge_percent=60.0)
    hall.run(3.0)
    assert any(isinstance(command, Charge) for command in hall.commands)
    seen = hall.seen[0]
    assert seen is not None
    assert (seen.task, seen.idle) == ("to_charge", True)
    hall.stock = replace(hall.stock, wetted=1)
    hall.run(3.0)
    assert hall.happened(Cancelled)
    while not hall.vehicles[0].vehicle.state.loads:
        hall.step()
    hall.stock = replace(hall.stock, wetted=0)
    hall.run(200.0)
    seen = hall.seen[0]
    assert seen is not None
    assert seen.done == 1
    assert seen.task == "charge"
    assert hall.vehicles[0].vehicle.state.battery_state.charging


def test_one_that_goes_offline_or_into_manual_is_out() -> None:
    hall = Hall(2)
    assert hall.seen == (None, None)
    hall.run(3.0)
    assert None not in hall.seen
    hall.vehicles.pop(0).close(UTC_S)
    hall.vehicles[0].vehicle.mode = "MANUAL"
    hall.run(3.0)
    assert hall.seen == (None, None)


def test_somewhere_to_charge_must_be_named() -> None:
    fleet = Fleet(Loopback().link(), layout(), {}, session="s")
    with pytest.raises(ValueError, match="chargers must name at least one station"):
        Vehicles(fleet, 0, [])
