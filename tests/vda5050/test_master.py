"""Our virtual vehicle, driven by a master control that others wrote (vda-5050-lib 1.4.0)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from linewright.vda5050 import Build, Vehicle, VehicleId, VirtualVehicle, will
from rig import Broker, Master

mqtt = pytest.importorskip("linewright.vda5050.mqtt")

ID = VehicleId("KIT", "0001")
VERSION = "2.0.0"


@pytest.fixture
def vehicle(broker: Broker) -> Iterator[VirtualVehicle]:
    link = mqtt.Mqtt(port=broker.port, will=will(ID, time.time(), version=VERSION))
    build = Build(speed_m_per_s=20.0, action_s=0.2, interval_s=1.0)
    made = VirtualVehicle(link, ID, Vehicle("A", 0.0, 0.0, "hall", build), version=VERSION)
    yield made
    link.close()


@pytest.fixture
def master(broker: Broker, vehicle: VirtualVehicle) -> Iterator[Master]:
    made = Master(broker, ID, VERSION)
    made.until(vehicle, {"started": True})
    yield made
    made.close()


def order(name: str, update: int, way: str, *, first: int = 0, base: int = 99) -> dict[str, Any]:
    """Nodes by letters, 5 m apart; a capital P behind one picks there, a D drops."""
    nodes: list[dict[str, Any]] = []
    for letter in way:
        if letter in "PD":
            kind = {"P": "pick", "D": "drop"}[letter]
            action = {"actionId": f"{name}-{kind}", "actionType": kind, "blockingType": "HARD"}
            nodes[-1]["actions"].append(action)
            continue
        nodes.append(
            {
                "nodeId": letter.upper(),
                "sequenceId": first + 2 * len(nodes),
                "released": len(nodes) <= base,
                "actions": [],
                "nodePosition": {"x": 5.0 * (ord(letter) - ord("a")), "y": 0.0, "mapId": "hall"},
            }
        )
    edges = [
        {
            "edgeId": f"{a['nodeId']}{b['nodeId']}",
            "sequenceId": a["sequenceId"] + 1,
            "released": b["released"],
            "startNodeId": a["nodeId"],
            "endNodeId": b["nodeId"],
            "actions": [],
        }
        for a, b in zip(nodes, nodes[1:], strict=False)  # noqa: RUF007
    ]
    return {"orderId": name, "orderUpdateId": update, "nodes": nodes, "edges": edges}


def test_an_order_and_its_update(vehicle: VirtualVehicle, master: Master) -> None:
    master.ask(order=order("o", 0, "abPcd", base=2))
    master.until(vehicle, {"processed": "o", "update": 0, "active": True, "byCancelation": False})
    assert vehicle.vehicle.state.last_node_id == "C"
    master.ask(order=order("o", 1, "cdeD", first=4))
    master.until(vehicle, {"processed": "o", "update": 1, "active": False})
    assert [line["node"] for line in master.told if "node" in line] == ["A", "B", "C", "D", "E"]
    assert vehicle.vehicle.done == [("o", "pick"), ("o", "drop")]
    assert vehicle.refused == 0


def test_a_cancel_and_a_cancel_of_nothing(vehicle: VirtualVehicle, master: Master) -> None:
    master.ask(order=order("o", 0, "abcdefghijklmno"))
    master.until(vehicle, {"node": "B"})
    master.ask(cancel="c1")
    master.until(vehicle, {"action": "c1", "status": "FINISHED"})
    master.until(vehicle, {"processed": "o", "byCancelation": True})
    master.ask(cancel="c2")
    master.until(vehicle, {"action": "c2", "status": "FAILED"})
    assert [error.error_type for error in vehicle.vehicle.errors] == ["noOrderToCancel"]


def test_an_order_from_elsewhere_and_an_update_that_does_not_fit(
    vehicle: VirtualVehicle, master: Master
) -> None:
    master.ask(order=order("far", 0, "fg"))
    master.until(vehicle, {"processed": "far", "error": "noRouteError"})
    master.ask(order=order("o", 0, "abc", base=1))
    master.until(vehicle, {"node": "B"})
    master.ask(order=order("o", 1, "de", first=6))
    master.until(vehicle, {"processed": "o", "update": 1, "error": "orderUpdateError"})
    assert vehicle.vehicle.state.order_update_id == 0
    assert vehicle.refused == 0
