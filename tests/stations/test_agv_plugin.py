"""The dispatch station sends the twin's fleet over the bus, in lock-step; faults are found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.line import load, run_inline
from linewright.stations.agv.fleet import FleetSettings
from linewright.stations.agv.link import (
    commands_of,
    orders_body,
    plant_of,
    report_body,
    site_body,
    site_of,
)
from linewright.stations.agv.plant import PLACES, Cancel, Charge, Move, Order, Redirect, Send
from linewright.stations.agv.sim import TwinPlant
from linewright.twin import FlowTwin
from linewright.value.policies import write_line

CLI = "import sys; from linewright.cli import main; sys.exit(main())"


def run(folder: Path, *, seed: int, hours: float, faults: Any = ()) -> list[dict[str, Any]]:
    file = write_line("dispatch", folder, seed=seed, hours=hours, faults=list(faults))
    run_inline(load(file), folder)
    return _core.ledger_rows(str(folder / "ledger.sqlite"))


def made(rows: list[dict[str, Any]], what: str) -> float:
    values = [
        row["body"]["value"]
        for row in rows
        if row["kind"] == "command" and row["body"]["action"].get("mailbox") == f"fleet.{what}"
    ]
    return float(values[-1])


def found(rows: list[dict[str, Any]]) -> dict[str, float]:
    first: dict[str, float] = {}
    for row in rows:
        if row["kind"] == "detection":
            first.setdefault(row["body"]["name"], float(row["tick"]))
    return first


def test_orders_over_the_bus_move_what_the_plain_rule_moves(tmp_path: Path) -> None:
    rows = run(tmp_path, seed=4, hours=1.0)
    plain = FlowTwin(seed=4)
    plain.advance(3600.0)
    truth = plain.truth()
    assert made(rows, "trays_filled") >= truth["trays_filled"] - 1
    assert made(rows, "trays_tested") >= truth["trays_tested"] - 1
    decisions = [row["body"] for row in rows if row["kind"] == "decision"]
    sends = [d for d in decisions if "move" in d["detail"]]
    assert len(sends) > 200
    assert {d["detail"]["move"] for d in sends} == {move.value for move in Move}
    assert not [d for d in decisions if "refused" in d["decision"]]
    assert found(rows) == {}


def test_lost_vehicles_and_slots_are_found_and_the_next_stand_is_told(tmp_path: Path) -> None:
    loss = {"kind": "vehicle_loss", "size": 13.0, "at_s": 900.0, "duration_s": 0.0}
    slots = {"kind": "slot_outage", "size": 30.0, "at_s": 900.0, "duration_s": 0.0}
    rows = run(tmp_path, seed=2, hours=0.6, faults=[loss, slots])
    seen = found(rows)
    assert 900.0 <= seen["agv.slots_lost"] <= 915.0
    assert 900.0 <= seen["agv.vehicles_lost"] <= 990.0
    assert 900.0 < seen["agv.starve"] < 1200.0
    starve = next(
        row["body"]
        for row in rows
        if row["kind"] == "decision" and "starve_lead_s" in row["body"]["detail"]
    )
    assert starve["detail"]["starve_lead_s"] > 600.0


def test_the_same_line_runs_the_same_twice(tmp_path: Path) -> None:
    once = run(tmp_path / "a", seed=5, hours=0.2)
    again = run(tmp_path / "b", seed=5, hours=0.2)

    def said(rows: list[dict[str, Any]]) -> list[Any]:
        return [(r["tick"], r["body"]) for r in rows if r["kind"] == "decision"]

    assert said(once) == said(again)
    assert said(once)


def test_it_runs_over_sockets_as_it_runs_inline(tmp_path: Path) -> None:
    inline = run(tmp_path / "inline", seed=6, hours=0.05)
    file = write_line("dispatch", tmp_path / "bus", seed=6, hours=0.05, faults=[])
    done = subprocess.run(
        [sys.executable, "-c", CLI, "run", str(file)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    over = _core.ledger_rows(str(tmp_path / "bus" / "ledger.sqlite"))

    def said(rows: list[dict[str, Any]]) -> list[Any]:
        return [(r["tick"], r["body"]["decision"]) for r in rows if r["kind"] == "decision"]

    assert said(over) == said(inline)
    assert said(over)


def test_reports_and_orders_survive_the_wire() -> None:
    plant = TwinPlant(seed=1)
    plant.run_to(60.0)
    seen = plant.look()
    assert plant_of(json.loads(json.dumps(report_body(seen)))) == seen
    order = Order(1, 2, Move.FEED, "wetting", "slot 9", 9, 0.5, 33.0)
    commands = (Send(order), Cancel(order, "lost"), Redirect(order, "out"), Charge(4))
    assert commands_of(json.loads(json.dumps(orders_body(0.0, commands)))) == commands
    places_m = dict(zip(PLACES, plant.flow.places_m(), strict=True))
    body = json.loads(json.dumps(site_body(places_m, plant.flow.slots_m())))
    site = site_of(body, speed_m_per_s=1.0)
    assert site.ways_s == plant.site(speed_m_per_s=1.0).ways_s


def test_a_fleet_that_cannot_be_is_refused_when_the_line_is_read() -> None:
    with pytest.raises(ValueError, match=r"flow\.rack\.slots"):
        FleetSettings(flow={"rack": {"slots": 10.5}})
    with pytest.raises(ValueError, match="no_such"):
        FleetSettings(faults=({"kind": "no_such", "size": 1.0, "at_s": 0.0, "duration_s": 0.0},))
