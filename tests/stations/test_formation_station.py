"""The formation station on its twin, whole line in this process: named, followed up, told.

Each test names its seed. Ladder and false verdicts over many trays: `bench/formation_ladder.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from linewright import _core
from linewright.line import load, run_inline
from linewright.stations.formation import Settings
from linewright.stations.formation.logic import lots_of
from linewright.value.policies import write_line


def run(
    folder: Path, *, seed: int, hours: float, faults: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Detections and decisions, each with its time in `at_s`."""
    line = load(write_line("formation", folder, seed=seed, hours=hours, faults=faults))
    run_inline(line, folder)
    rows = _core.ledger_rows(str(folder / "ledger.sqlite"), kinds=["detection", "decision"])
    timed = [
        row["body"] | {"at_s": row["tick"] / line.base_hz, "kind": row["kind"]} for row in rows
    ]
    return (
        [row for row in timed if row["kind"] == "detection"],
        [row for row in timed if row["kind"] == "decision"],
    )


def fault(kind: str, size: float, at_s: float) -> dict[str, Any]:
    return {"kind": kind, "size": size, "at_s": at_s, "duration_s": 0.0}


@pytest.mark.parametrize(("seed", "mohm"), [(1, 1.5), (2, 4.0)])
def test_a_bad_contact_is_cleaned_and_its_cell_left_alone(
    tmp_path: Path, seed: int, mohm: float
) -> None:
    faults = [fault("contact_resistance", mohm, 500.0)]
    (found,), (decided,) = run(tmp_path, seed=seed, hours=0.4, faults=faults)
    assert found["name"] == "formation.contact"
    # a tray every 77 s, and half a minute of current
    assert 500.0 < found["at_s"] < 500.0 + 77.0 + 35.0
    assert found["evidence"]["contact_mohm"] == pytest.approx(mohm, abs=0.5)
    assert found["evidence"]["age"] <= 30.0
    assert decided["decision"].startswith("clean the contact of channel")
    assert decided["detail"]["cell_is"] == "sound"


@pytest.mark.parametrize("seed", [3])
def test_a_short_that_closes_in_the_rack_takes_out_its_cell(tmp_path: Path, seed: int) -> None:
    faults = [fault("soft_short", 2.0, 2400.0)]
    detections, decisions = run(tmp_path, seed=seed, hours=0.9, faults=faults)
    shorts = [found for found in detections if found["at_s"] >= 2400.0]
    assert shorts[0]["name"] in ("formation.hard_short", "formation.short")
    assert shorts[0]["at_s"] <= 2400.0 + 300.0
    assert 1.0 < shorts[0]["evidence"]["short_ohm"] < 4.0
    # the onset it tells lies within the five minutes between two times of closing
    onset_s = shorts[0]["at_s"] - shorts[0]["evidence"]["age"]
    assert abs(onset_s - 2400.0) <= 300.0
    cell = int(decisions[-1]["detail"]["cell"])
    assert cell == int(shorts[0]["evidence"]["tray_number"]) * 32 + cell % 32
    for kind, lot in lots_of(cell, Settings().genealogy).items():
        assert decisions[-1]["detail"][kind] == lot


@pytest.mark.parametrize("seed", [4])
def test_a_poorly_wetted_lot_is_held_when_its_trays_are_through(tmp_path: Path, seed: int) -> None:
    detections, decisions = run(
        tmp_path, seed=seed, hours=9.0, faults=[fault("poor_wetting", 8.0, 0.0)]
    )
    found = [one for one in detections if one["name"] == "formation.poor_wetting"]
    # lot 1 is cells 300 to 599: trays 9 (half of it) to 18
    assert found
    assert found[0]["evidence"]["tray"] in (9.0, 10.0)
    held = [one["decision"] for one in decisions if one["decision"].startswith("hold wetting")]
    assert held == ["hold wetting lot 1"]
    poor = {int(one["detail"]["tray"]) for one in decisions if "wetted poorly" in one["decision"]}
    assert set(range(10, 18)) <= poor <= set(range(9, 19))
    through = [one for one in decisions if one["decision"].endswith("is through")]
    assert len(through) > 20
    for one in through:
        # C44, of the nominal cell; the twin's own potentials are a little lower
        assert one["detail"]["charged_wh_per_cell"] == pytest.approx(333.0, rel=0.04)
        assert one["detail"]["discharged_wh_per_cell"] == pytest.approx(282.9, rel=0.03)
