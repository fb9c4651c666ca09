"""A live line sends a vehicle of others: dispatch, bus, VDA 5050, MQTT."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from linewright.plugin import SettingError, make_settings
from linewright.stations.agv.vda5050_station import VdaSettings
from linewright.vda5050 import State, VehicleId, decode
from rig import PATIENCE_S, Broker, Foreign

mqtt = pytest.importorskip("linewright.vda5050.mqtt")

ID = VehicleId("coaty", "AGV-1")
PLACES = {
    "filling": (0.0, 5.0),
    "wetting": (10.0, 5.0),
    "slot 0": (20.0, 5.0),
    "slot 1": (30.0, 5.0),
    "slot 2": (40.0, 5.0),
    "ageing": (50.0, 5.0),
    "testing": (60.0, 5.0),
    "chargers": (5.0, -5.0),
}


def layout() -> dict[str, Any]:
    """A spine at y = 0 and a way from it to every place."""
    nodes = {name: {"x_m": x, "y_m": y} for name, (x, y) in PLACES.items()}
    nodes["spine"] = {"x_m": 10.0, "y_m": 0.0}
    return {
        "map": "local",
        "nodes": nodes,
        "edges": [{"from": "spine", "to": name, "both": True} for name in PLACES],
        "stations": {
            name: {"node": name, "parameters": {"stationType": "floor"}} for name in PLACES
        },
    }


def table(port: int) -> dict[str, Any]:
    return {
        "vehicles": [f"{ID.manufacturer}/{ID.serial_number}"],
        "version": "2.0.0",
        "load": {"loadType": "EPAL", "duration": 2},
        "broker": {"port": port},
        "rules": {"ahead": 1, "resend_s": 1.0},
        "layout": layout(),
    }


def toml(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
        return "{ " + inner + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value)


def line_file(folder: Path, port: int) -> Path:
    shutil.copy(Path(__file__).with_name("stores.py"), folder)
    settings = "\n".join(f"{key} = {toml(value)}" for key, value in table(port).items())
    file = folder / "line.toml"
    file.write_text(
        f"""
schema = 1
[line]
name = "vehicles"
seed = 1
[time]
mode = "live"
lockstep_s = 0.1
[io]
driver = "twin"
[stations.agv]
[stations.stores]
plugin = "stores:Stores"
[stations.fleet]
plugin = "linewright.stations.agv.vda5050_station:VdaFleet"
[stations.fleet.settings]
{settings}
[gate]
permit = "closed"
[ledger]
"""
    )
    return file


class Spy:
    """What the vehicle says on its topic."""

    def __init__(self, broker: Broker) -> None:
        self._link = mqtt.Mqtt(port=broker.port)
        self._link.subscribe([("uagv/v2/coaty/AGV-1/state", 0)])
        self.states: list[State] = []

    def until(self, what: Any, line: subprocess.Popen[str]) -> None:
        until_s = time.monotonic() + 2.0 * PATIENCE_S
        while not (self.states and what(self.states[-1])):
            if line.poll() is not None:
                raise AssertionError(line.communicate())
            assert time.monotonic() < until_s, self.states[-1:]
            self.states += [decode("state", payload) for _, payload in self._link.received()]
            time.sleep(0.02)

    def close(self) -> None:
        self._link.close()


def test_a_line_sends_a_vehicle_of_others(broker: Broker, tmp_path: Path) -> None:
    vehicle = Foreign(broker, ID, "2.0.0", x=10.0, y=0.0, mapId="local", lastNodeId="spine")
    run_dir = tmp_path / "run"
    line = subprocess.Popen(
        [
            Path(sys.executable).parent / "linewright",
            *("run", line_file(tmp_path, broker.port), "--run-dir", run_dir, "--json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    spy = Spy(broker)
    try:
        spy.until(lambda state: bool(state.loads), line)
        spy.until(lambda state: state.loads == [] and not state.node_states, line)
        assert spy.states[-1].last_node_id.startswith("slot ")
        assert {a.action_status for a in spy.states[-1].action_states} == {"FINISHED"}
        vehicle.leave()
        until_s = time.monotonic() + PATIENCE_S
        while not told(run_dir, "vehicle 0: lost") and time.monotonic() < until_s:
            time.sleep(0.1)
    finally:
        line.send_signal(signal.SIGINT)
        out, err = line.communicate(timeout=PATIENCE_S)
        spy.close()
        vehicle.process.kill()
    assert line.returncode == 0, (out, err)
    assert told(run_dir, "vehicle 0: found")
    assert told(run_dir, "vehicle 0: lost")


def told(run_dir: Path, decision: str) -> bool:
    """Does the ledger hold a decision?"""
    with sqlite3.connect(f"file:{run_dir / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
        tables = [row[0] for row in ledger.execute("select name from sqlite_master")]
        assert tables
        dump = "\n".join(ledger.iterdump())
    return decision in dump


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"vehicles": []}, "vehicles must name at least one"),
        ({"vehicles": ["coaty"]}, "serial_number may hold"),
        ({"chargers": ["moon"]}, "layout.stations must hold 'moon'"),
        ({"rules": {"tries": 0}}, "tries must be positive"),
        ({"layout": {"map": "x"}}, "missing required field"),
        ({"broker": {"prot": 1}}, "did you mean|port"),
    ],
)
def test_settings_that_cannot_be_are_refused(change: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingError, match=text):
        make_settings(VdaSettings, {**table(1883), **change})
