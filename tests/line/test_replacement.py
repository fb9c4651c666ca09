"""Each of the six stations can be another's: one line of the line file says whose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from linewright import _core
from linewright.line import load, run_inline
from linewright.value.policies import write_line

SIX = ("slurry", "coater", "calender", "welder", "formation", "agv")
THEIRS = '''
"""A station of somebody else: holds its actuators where they stand and says that it is there."""

from linewright.graph import Station


class Holding(Station):
    name = "station"

    def build(self, g):
        with g.loop("hold", rate_hz=1.0) as loop:
            for name, unit in HELD:
                loop.output(name, loop.written(name, unit).value, unit=unit)

    def start(self, api):
        super().start(api)
        api.decide("held by theirs", because=())
'''


def replaced(folder: Path, station: str, *, hours: float) -> Path:
    """The whole line with one line more."""
    file = write_line("whole", folder, seed=1, hours=hours, faults=[])
    actuators = load(file).tables.actuators
    held = [(n, table.unit) for n, table in actuators.items() if n.startswith(f"{station}.")]
    folder.joinpath("theirs.py").write_text(f"HELD = {json.dumps(held)}\n{THEIRS}")
    # Settings are the station's own and go with it.
    table = rf"(?m)^(\[stations\.{station}\]\n)(settings = .*\n)?"
    text, places = re.subn(table, r'\1plugin = "theirs:Holding"\n', file.read_text())
    assert places == 1
    file.write_text(text)
    return file


def said(folder: Path) -> list[tuple[str, str]]:
    rows = _core.ledger_rows(str(folder / "ledger.sqlite"), kinds=["decision"])
    return [(row["station"], row["body"]["decision"]) for row in rows]


@pytest.mark.parametrize("station", SIX)
def test_a_station_of_somebody_else_takes_the_place(
    tmp_path: Path, station: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "theirs", raising=False)
    run_inline(load(replaced(tmp_path, station, hours=0.05)), tmp_path)
    assert (station, "held by theirs") in said(tmp_path)
    rows = _core.ledger_rows(str(tmp_path / "ledger.sqlite"), kinds=["detection"])
    assert not [row for row in rows if row["station"] == station]


def test_it_does_so_over_the_bus_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = replaced(tmp_path, "calender", hours=0.05)
    command = [sys.executable, "-c", "from linewright.cli import main; main()", "run", str(file)]
    done = subprocess.run(
        [*command, "--run-dir", "shift"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ("calender", "held by theirs") in said(tmp_path)
