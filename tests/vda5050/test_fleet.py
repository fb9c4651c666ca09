"""A fleet and virtual vehicles over a broker within the process."""

from __future__ import annotations

import json

import pytest
from linewright.vda5050 import VERSIONS, Connection, VehicleId, decode
from linewright.vda5050.events import (
    Bad,
    Cancelled,
    Event,
    Finished,
    Found,
    LinkChanged,
    Loaded,
    Lost,
    Redirected,
    Refused,
    Report,
)
from linewright.vda5050.fleet import Fleet
from linewright.vda5050.link import Loopback, LoopbackLink
from linewright.vda5050.plan import Job
from linewright.vda5050.rules import Rules
from linewright.vda5050.vehicle import Build, Vehicle
from linewright.vda5050.virtual import VirtualVehicle, will
from talk import LAYOUT

UTC_S = 1_795_000_000.0
IDS = {7: VehicleId("KIT", "0007"), "tug": VehicleId("acme", "T.1")}
FACTSHEET = json.dumps(
    {
        "headerId": 1,
        "timestamp": "2026-11-28T12:00:00.00Z",
        "version": "2.1.0",
        "manufacturer": "KIT",
        "serialNumber": "0007",
        "typeSpecification": {
            "seriesName": "T",
            "agvKinematic": "DIFF",
            "agvClass": "CARRIER",
            "maxLoadMass": 200.0,
            "localizationTypes": ["GRID"],
            "navigationTypes": ["VIRTUAL_LINE_GUIDED"],
        },
        "physicalParameters": {
            "speedMin": 0.1,
            "speedMax": 2.0,
            "accelerationMax": 1.0,
            "decelerationMax": 1.0,
            "heightMax": 0.3,
            "width": 0.6,
            "length": 0.9,
        },
        "protocolLimits": {
            "maxStringLens": {},
            "maxArrayLens": {"order.nodes": 40},
            "timing": {"minOrderInterval": 1.0, "minStateInterval": 0.5},
        },
        "protocolFeatures": {"optionalParameters": [], "agvActions": []},
        "agvGeometry": {},
        "loadSpecification": {},
    }
).encode()


class Hall:
    """Two vehicles, at A and at D."""

    def __init__(self, version: str = "2.1.0", rules: Rules | None = None) -> None:
        self.broker = Loopback()
        self.now_s = 100.0
        self.events: list[Event] = []
        self.vehicles: dict[int | str, VirtualVehicle] = {}
        self.links: dict[int | str, LoopbackLink] = {}
        self.heard = self.broker.link()
        self.heard.subscribe([(f"hall/v2/KIT/0007/{name}", 0) for name in ("order", "state")])
        for (name, vehicle), node in zip(IDS.items(), "AD", strict=True):
            place = LAYOUT.nodes[node]
            self.links[name] = self.broker.link(
                will(vehicle, UTC_S, version=version, interface="hall")
            )
            self.vehicles[name] = VirtualVehicle(
                self.links[name],
                vehicle,
                Vehicle(node, place.x_m, place.y_m, "hall", Build(speed_m_per_s=2.0, action_s=1.0)),
                version=version,
                interface="hall",
            )
        self.link = self.broker.link()
        self.fleet = Fleet(
            self.link,
            LAYOUT,
            IDS,
            session="2026",
            version=version,
            interface="hall",
            rules=rules,
            largest_bytes=20_000,
        )

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.5)):
            self.now_s += 0.5
            for vehicle in self.vehicles.values():
                vehicle.poll(self.now_s, UTC_S + self.now_s)
            self.events += self.fleet.poll(self.now_s, UTC_S + self.now_s)

    def told(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def give(self, *jobs: Job, load: dict[str, str] | None = None) -> None:
        for job in jobs:
            self.events += self.fleet.give(job, self.now_s, load)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_vehicle_does_its_transports(version: str) -> None:
    hall = Hall(version, Rules(ahead=1))
    hall.run(1.0)
    hall.give(Job(1, 7, "wetting", "slot 1"), Job("x", "tug", "slot 2", "filling"))
    hall.run(120.0)
    assert {(e.vehicle, e.job) for e in hall.told(Finished)} == {(7, 1), ("tug", "x")}
    assert not hall.told(Bad)
    assert all(vehicle.refused == 0 for vehicle in hall.vehicles.values())
    messages = [json.loads(payload) for _, payload in hall.heard.received()]
    assert {message["version"] for message in messages} == {version}
    orders = [m for m in messages if "nodes" in m]
    assert [m["headerId"] for m in orders] == list(range(len(orders)))
    assert orders[0]["timestamp"].startswith("2026-11-")


def test_the_load_is_told_to_the_vehicle() -> None:
    hall = Hall()
    hall.run(1.0)
    hall.give(Job(1, 7, "filling", "wetting"), load={"loadType": "tray", "loadId": "T-17"})
    hall.run(4.0)
    state = hall.fleet.state(7)
    assert state is not None
    assert state.loads is not None
    assert [load.load_type for load in state.loads] == ["tray"]
    assert hall.told(Loaded)
    reports = [event for event in hall.told(Report) if isinstance(event, Report)]
    assert [r.loaded for r in reports if r.vehicle == 7][-1] is True
    assert [r.job for r in reports if r.vehicle == 7][-1] == 1


def test_cancel_and_redirect_reach_the_vehicle() -> None:
    hall = Hall(rules=Rules(ahead=1))
    hall.run(1.0)
    hall.give(Job(1, 7, "filling", "slot 1"), Job(2, "tug", "wetting", "slot 2"))
    hall.run(1.0)
    hall.events += hall.fleet.redirect(7, 1, "wetting", hall.now_s)
    hall.events += hall.fleet.cancel("tug", 2, hall.now_s)
    hall.run(60.0)
    assert hall.told(Redirected) == [Redirected(7, 1, "wetting")]
    assert [(e.vehicle, e.job) for e in hall.told(Cancelled)] == [("tug", 2)]
    assert hall.told(Finished) == [Finished(7, 1)]


def test_a_lost_connection_is_told_by_the_will_and_the_vehicle_drives_on() -> None:
    hall = Hall()
    hall.run(1.0)
    hall.give(Job(1, 7, "wetting", "slot 1"))
    hall.run(2.0)
    hall.links[7].drop()
    hall.run(60.0)
    assert [e.state for e in hall.told(LinkChanged) if e.vehicle == 7] == [
        "ONLINE",
        "CONNECTIONBROKEN",
    ]
    assert [(e.vehicle, e.job) for e in hall.told(Lost)] == [(7, 1)]
    hall.links[7].back()
    hall.run(60.0)
    assert [e.vehicle for e in hall.told(Found)] == [7, "tug", 7]
    assert hall.told(Finished) == [Finished(7, 1)]


def test_one_that_goes_offline_is_lost_at_once() -> None:
    hall = Hall()
    hall.run(1.0)
    hall.vehicles.pop("tug").close(UTC_S + hall.now_s)
    hall.run(1.0)
    assert hall.told(Lost) == [Lost("tug", "it went offline", None)]
    hall.give(Job(1, "tug", "wetting", "slot 1"))
    assert hall.told(Refused) == [Refused("tug", 1, "vehicle is lost")]


@pytest.mark.parametrize(
    ("payload", "because"),
    [
        (b"{", "state: message: expected JSON, got Input data was truncated"),
        (b"x" * 20_001, "state: message: expected at most 20000 bytes, got 20001 bytes"),
    ],
)
def test_a_bad_message_is_told_and_changes_nothing(payload: bytes, because: str) -> None:
    hall = Hall()
    hall.run(1.0)
    before = hall.fleet.state(7)
    hall.broker.publish("hall/v2/KIT/0007/state", payload, retain=False)
    hall.run(1.0)
    assert hall.told(Bad) == [Bad(7, because)]
    assert hall.fleet.state(7) == before


def test_a_message_of_one_vehicle_on_the_topic_of_another_is_refused() -> None:
    hall = Hall()
    hall.run(1.0)
    payload = hall.broker.retained("hall/v2/acme/T.1/connection")
    assert payload is not None
    hall.broker.publish("hall/v2/KIT/0007/connection", payload, retain=False)
    hall.run(1.0)
    (bad,) = hall.told(Bad)
    assert isinstance(bad, Bad)
    assert bad.because == ("connection: manufacturer: expected 'KIT' as in the topic, got 'acme'")


def test_a_flood_is_bounded_and_counted() -> None:
    broker = Loopback()
    link = broker.link(queue=3)
    link.subscribe([("t", 0)])
    for i in range(10):
        broker.publish("t", bytes([i]), retain=False)
    assert [payload for _, payload in link.received()] == [b"\x07", b"\x08", b"\x09"]
    assert link.dropped == 7


def test_a_parameter_that_the_version_does_not_know_is_told() -> None:
    hall = Hall("2.0.0")
    hall.run(1.0)
    hall.events += hall.fleet.give(
        Job(1, 7, "filling", "wetting"), hall.now_s, {"size": {"x": 1.0}}
    )
    (bad,) = hall.told(Bad)
    assert isinstance(bad, Bad)
    assert bad.because.startswith("not sent: order: actionParameters.size: expected no object")


def test_a_factsheet_is_asked_for_and_kept() -> None:
    hall = Hall()
    hall.run(1.0)
    asked = hall.broker.link()
    asked.subscribe([("hall/v2/KIT/0007/instantActions", 0)])
    hall.fleet.ask_factsheet(7, hall.now_s)
    ((_, payload),) = asked.received()
    assert isinstance(payload, bytes)
    assert decode("instantActions", payload).actions[0].action_type == "factsheetRequest"
    hall.broker.publish("hall/v2/KIT/0007/factsheet", FACTSHEET, retain=True)
    hall.run(1.0)
    kept = hall.fleet.factsheets[7]
    assert kept.physical_parameters.speed_max_m_per_s == 2.0
    assert kept.protocol_limits.max_array_lens == {"order.nodes": 40}
    assert not hall.told(Bad)


def test_what_is_listened_to_can_be_looked_at() -> None:
    hall = Hall()
    assert not any(hall.fleet.topics().values())
    hall.run(1.0)
    assert set(hall.fleet.topics()) >= {"hall/v2/KIT/0007/state", "hall/v2/acme/T.1/connection"}
    assert all(hall.fleet.topics().values())


def test_a_connection_message_has_no_more_than_it_needs() -> None:
    hall = Hall()
    hall.run(1.0)
    kept = hall.broker.retained("hall/v2/KIT/0007/connection")
    assert kept is not None
    assert json.loads(kept)["connectionState"] == "ONLINE"
    assert Connection(connection_state="ONLINE").connection_state == "ONLINE"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"version": "3.0.0"}, "version must be one of 2.1.0, 2.0.0, was '3.0.0'"),
        ({"session": "a/b"}, "session may hold"),
        ({"interface": "a/b"}, "interface may hold"),
        ({"vehicles": {1: IDS[7], 2: IDS[7]}}, "two vehicles have the same"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused(change: dict[str, object], text: str) -> None:
    values: dict[str, object] = {"vehicles": IDS, "session": "s", **change}
    vehicles = values.pop("vehicles")
    with pytest.raises(ValueError, match=text):
        Fleet(Loopback().link(), LAYOUT, vehicles, **values)  # type: ignore[arg-type]


def test_an_unknown_vehicle_is_refused() -> None:
    with pytest.raises(ValueError, match="vehicle must be one of 7, 'tug', was 8"):
        Hall().give(Job(1, 8, "filling", "wetting"))
