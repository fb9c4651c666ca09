"""A fleet drives a vehicle that others wrote (vda-5050-lib 1.4.0, version 2.0.0) over mosquitto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from linewright.vda5050 import (
    Accepted,
    Bad,
    Cancelled,
    Errand,
    Failed,
    Finished,
    Fleet,
    Job,
    Layout,
    LinkChanged,
    Loaded,
    Lost,
    Redirected,
    Refused,
    Report,
    Rules,
    VehicleId,
)
from rig import Broker, Foreign, Watch

mqtt = pytest.importorskip("linewright.vda5050.mqtt")

ID = VehicleId("coaty", "AGV-1")
PALLET = {"loadType": "EPAL", "duration": 2}
LAYOUT = Layout.of(
    {
        "map": "local",
        "nodes": {
            "A": {"x_m": 0.0, "y_m": 0.0},
            "B": {"x_m": 8.0, "y_m": 0.0},
            "C": {"x_m": 16.0, "y_m": 0.0},
            "D": {"x_m": 16.0, "y_m": 8.0},
            "E": {"x_m": 8.0, "y_m": 8.0},
        },
        "edges": [
            {"from": way[0], "to": way[1], "both": True} for way in ("AB", "BC", "CD", "BE", "DE")
        ],
        "stations": {
            name: {"node": node, "parameters": {"stationType": "floor"}}
            for name, node in {"filling": "A", "wetting": "C", "slot 1": "D", "slot 2": "E"}.items()
        },
    }
)


@pytest.fixture
def vehicle(broker: Broker) -> Iterator[Foreign]:
    made = Foreign(broker, ID, "2.0.0", x=0.0, y=0.0, mapId="local", lastNodeId="A")
    yield made
    made.kill()


@pytest.fixture
def watch(broker: Broker, vehicle: Foreign) -> Iterator[Watch]:
    link = mqtt.Mqtt(port=broker.port)
    rules = Rules(ahead=1, resend_s=1.0)
    fleet = Fleet(link, LAYOUT, {1: ID}, session="t", version="2.0.0", rules=rules)
    made = Watch(fleet)
    made.seen(Report)
    yield made
    link.close()


def give(watch: Watch, job: Job, load: dict[str, object] | None = None) -> None:
    watch.events += watch.fleet.give(job, watch.now_s(), PALLET if load is None else load)


def endings(watch: Watch) -> list[object]:
    kinds = (Finished, Cancelled, Failed, Refused)
    return [event for event in watch.events if isinstance(event, kinds)]


def test_order_updates_and_a_new_target(watch: Watch) -> None:
    give(watch, Job(1, 1, "filling", "slot 1"))
    watch.seen(Loaded)
    watch.events += watch.fleet.redirect(1, 1, "slot 2", watch.now_s())
    watch.seen(Finished)
    state = watch.fleet.state(1)
    assert state is not None
    assert state.last_node_id == "E"
    assert state.order_update_id >= 2
    assert watch.told(Accepted) == [Accepted(1, 1)]
    assert watch.told(Redirected) == [Redirected(1, 1, "slot 2")]
    assert [r.loaded for r in watch.told(Report)][-1] is False
    give(watch, Job(2, 1, "wetting", "filling"))
    watch.seen(Finished, 2)
    assert endings(watch) == [Finished(1, 1), Finished(1, 2)]
    assert not watch.told(Bad)


def test_a_cancel_on_the_way_and_the_next_transport_from_there(watch: Watch) -> None:
    give(watch, Job(1, 1, "slot 1", "filling"))

    def between() -> bool:
        state = watch.fleet.state(1)
        return state is not None and state.driving and state.last_node_id == "B"

    watch.until(between)
    watch.events += watch.fleet.cancel(1, 1, watch.now_s())
    watch.seen(Cancelled)
    assert endings(watch) == [Cancelled(1, 1, loaded=False)]
    give(watch, Job(2, 1, "filling", "slot 2"))
    watch.seen(Finished)
    assert endings(watch)[1:] == [Finished(1, 2)]
    assert not watch.told(Bad)


def test_an_order_it_cannot_do_is_refused_and_the_next_is_done(watch: Watch) -> None:
    give(watch, Job(1, 1, "filling", "wetting"), {"loadType": "tray"})
    watch.seen(Refused)
    (refused,) = endings(watch)
    assert isinstance(refused, Refused)
    assert refused.because.startswith("orderError: order action is not executable")
    give(watch, Job(2, 1, "filling", "wetting"))
    watch.seen(Finished)
    assert endings(watch)[1:] == [Finished(1, 2)]


def test_it_charges_and_ends_the_charge_for_the_next_transport(watch: Watch) -> None:
    errand = Errand("charge", 1, "slot 2", "startCharging")
    watch.events += watch.fleet.give(errand, watch.now_s())
    watch.seen(Finished)
    state = watch.fleet.state(1)
    assert state is not None
    assert state.battery_state.charging
    assert state.battery_state.charge_percent < 100.0
    give(watch, Job(1, 1, "filling", "wetting"))
    watch.seen(Finished, 2)
    assert endings(watch) == [Finished(1, "charge"), Finished(1, 1)]
    assert not watch.told(Bad)


def test_going_offline_and_being_killed_are_told_apart(
    watch: Watch, vehicle: Foreign, broker: Broker
) -> None:
    vehicle.leave()
    watch.seen(Lost)
    assert watch.told(Lost) == [Lost(1, "it went offline", None)]
    again = Foreign(broker, ID, "2.0.0", x=0.0, y=0.0, mapId="local", lastNodeId="A")
    count = len(watch.told(Report))
    watch.until(lambda: len(watch.told(Report)) > count)
    again.kill()
    watch.until(lambda: watch.told(LinkChanged)[-1].state == "CONNECTIONBROKEN")
    assert [e.state for e in watch.told(LinkChanged)] == [
        "ONLINE",
        "OFFLINE",
        "ONLINE",
        "CONNECTIONBROKEN",
    ]
    assert len(watch.told(Lost)) == 1
