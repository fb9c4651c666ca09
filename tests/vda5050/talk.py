"""A dialogue and a vehicle with a bad network between them, in simulated time."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from linewright.vda5050 import VehicleId, decode, encode, sealed, stamp
from linewright.vda5050.codec import NAMES
from linewright.vda5050.dialogue import Dialogue
from linewright.vda5050.events import Event
from linewright.vda5050.header import Header
from linewright.vda5050.layout import Layout
from linewright.vda5050.rules import Rules
from linewright.vda5050.vehicle import Build, Vehicle

VEHICLE = VehicleId("KIT", "0001")
STEP_S = 0.5
#  A -- B -- C -- D
#       |    |
#       E -- F
LAYOUT = Layout.of(
    {
        "map": "hall",
        "nodes": {
            "A": {"x_m": 0.0, "y_m": 0.0},
            "B": {"x_m": 5.0, "y_m": 0.0},
            "C": {"x_m": 10.0, "y_m": 0.0},
            "D": {"x_m": 15.0, "y_m": 0.0},
            "E": {"x_m": 5.0, "y_m": 6.0},
            "F": {"x_m": 10.0, "y_m": 6.0, "deviation_m": 0.4},
        },
        "edges": [
            {"from": start, "to": end, "both": True}
            for start, end in ("AB", "BC", "CD", "BE", "CF")
        ]
        + [{"from": "E", "to": "F"}],
        "stations": {
            "filling": {"node": "A"},
            "wetting": {"node": "D"},
            "slot 1": {"node": "E"},
            "slot 2": {"node": "F"},
        },
    }
)
STATIONS = sorted(LAYOUT.stations)


@dataclass
class Network:
    """Loses, doubles and delays; `ordered`: what arrives keeps its order, as on one connection."""

    rng: Random
    loss: float = 0.0
    double: float = 0.0
    delay_s: float = 0.0
    ordered: bool = True
    _underway: list[tuple[float, int, bytes, str]] = field(default_factory=list)
    _number: int = 0

    def put(self, name: str, payload: bytes, now_s: float) -> None:
        for _ in range(1 + (self.rng.random() < self.double)):
            if self.rng.random() < self.loss:
                continue
            at_s = now_s + self.rng.uniform(0.0, self.delay_s)
            if self.ordered and self._underway:
                at_s = max(at_s, self._underway[-1][0])
            self._number += 1
            self._underway.append((at_s, self._number, payload, name))

    def get(self, now_s: float) -> list[tuple[str, bytes]]:
        due = sorted(entry for entry in self._underway if entry[0] <= now_s)
        self._underway = [entry for entry in self._underway if entry[0] > now_s]
        return [(name, payload) for _, _, payload, name in due]


class Talk:
    """Both ends and what happened."""

    def __init__(
        self, rules: Rules, build: Build, *, down: Network | None = None, up: Network | None = None
    ) -> None:
        quiet = Random(0)
        self.now_s = 0.0
        self.down, self.up = down or Network(quiet), up or Network(quiet)
        self.dialogue = Dialogue("v", LAYOUT, rules, "s")
        self.vehicle = Vehicle("A", 0.0, 0.0, "hall", build)
        self.events: list[Event] = []
        self.sent: list[Header] = []
        self._ids: dict[str, int] = {}

    def do(self, out: list[Any]) -> None:
        for item in out:
            if isinstance(item, Event):
                self.events.append(item)
            else:
                self.sent.append(item)
                self._post(self.down, item)

    def run(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += STEP_S
            for name, payload in self.down.get(self.now_s):
                self.vehicle.hear(decode(name, payload, vehicle=VEHICLE))
            self.vehicle.step(self.now_s)
            for state in self.vehicle.reports(self.now_s):
                self._post(self.up, state)
            for name, payload in self.up.get(self.now_s):
                state = decode(name, payload, vehicle=VEHICLE)
                self.do(self.dialogue.hear_state(state, self.now_s))
            self.do(self.dialogue.tick(self.now_s))

    def calm(self) -> None:
        """From here on the network is perfect."""
        for network in (self.down, self.up):
            network.loss = network.double = network.delay_s = 0.0

    def told(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def _post(self, network: Network, message: Header) -> None:
        name = NAMES[type(message)]
        self._ids[name] = self._ids.get(name, -1) + 1
        whole = sealed(
            message,
            header_id=self._ids[name],
            timestamp=stamp(1e9 + self.now_s),
            version="2.1.0",
            vehicle=VEHICLE,
        )
        network.put(name, encode(whole), self.now_s)
