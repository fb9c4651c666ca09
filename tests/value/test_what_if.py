"""A what-if on a recorded shift of the demo's line, held against the shift really run that way:
every slot of every cycle by its hash, and the ledger's detections tick for tick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from linewright import _core
from linewright.line import load, run_inline
from linewright.value.policies import CLOSED, shift_faults, write_line

CLI = str(Path(sys.executable).parent / "linewright")
COATER = "dryer = {control = true}"
BASE_HZ = 30
AIR_S = 90.0
FAULTS = [
    {"kind": "pump_slip", "at_s": 60.0, "size": 0.016, "duration_s": 0.0},
    {"kind": "air_burst", "at_s": AIR_S, "size": 0.84, "duration_s": 20.0},
]
"""The demo's, close together: its own come half an hour apart."""


@dataclass(frozen=True)
class Change:
    """Something that a person might ask, as words of the line file replaced by others."""

    old: str
    new: str


FILTER = Change(COATER, f"{COATER}, solids_filter_s = 1.0")
DETECTORS = Change(COATER, f"{COATER}, false_alarms_per_shift = 0.0001")
LATE = Change(COATER, f"{COATER}, drive_gain_limit = 2.0")
BUDGET = Change("nudge_budget = 2.75", "nudge_budget = 0.35")
Run = Callable[[Path], None]


class Shift:
    """A recorded run of the demo's closed line in a folder of its own."""

    def __init__(self, folder: Path, run: Run, change: Change | None = None, **made: Any) -> None:
        self.file = write_line(CLOSED, folder, record=True, **made)
        if change is not None:
            text = self.file.read_text()
            assert change.old in text, text
            self.file.write_text(text.replace(change.old, change.new))
        run(self.file)
        self.record = folder / "record.mcap"
        self._ledger = folder / "ledger.sqlite"

    def events(self, name: str, to_tick: int) -> list[int]:
        rows = _core.ledger_rows(str(self._ledger), kinds=["detection"])
        at = [row["tick"] for row in rows if row["body"]["name"] == name]
        return [tick for tick in at if tick <= to_tick]


def ask(shift: Shift, real: Shift) -> dict[str, Any]:
    """What the product says of it, after the promise was checked: as far as it calls it certain,
    the real run has the same bits and the same events."""
    arguments = ["--with", str(real.file), "--against", str(real.record), "--json"]
    done = subprocess.run(
        [CLI, "replay", str(shift.record), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    certain, other = told["certain_to_tick"], told["against"]["first_other"]
    assert other is None or other[0] > certain, (certain, other)
    assert told["events"]
    last = told["ticks"][1]
    same_to = last if other is None else certain
    for name, (recorded, changed) in told["events"].items():
        assert recorded == shift.events(name, last), name
        assert [t for t in changed if t <= same_to] == real.events(name, same_to), name
    return told


def differing(told: dict[str, Any]) -> set[str]:
    return {name for name, (recorded, changed) in told["events"].items() if recorded != changed}


def inline(file: Path) -> None:
    run_inline(load(file), file.parent)


SHORT: dict[str, Any] = {"seed": 7, "hours": 0.05, "faults": FAULTS}


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Shift:
    return Shift(tmp_path_factory.mktemp("shift"), inline, **SHORT)


def test_other_thresholds_agree_over_the_whole_shift(shift: Shift, tmp_path: Path) -> None:
    told = ask(shift, Shift(tmp_path, inline, DETECTORS, **SHORT))
    assert "coater.solids_shift" in differing(told), told["events"]
    assert told["against"]["first_other"] is None
    assert told["acted_from"] is None
    # The stations hear of it, and might have answered: it is not called certain beyond.
    assert told["told_from"]["tick"] == told["certain_to_tick"] < told["ticks"][1]
    assert all(name.startswith("event ") for name in told["told_from"]["names"])


def test_another_filter_is_the_plants_business_from_its_first_output_on(
    shift: Shift, tmp_path: Path
) -> None:
    told = ask(shift, Shift(tmp_path, inline, FILTER, **SHORT))
    first = told["outputs"]["coater.pump_flow"]["first_tick"]
    assert told["acted_from"]["tick"] == told["certain_to_tick"] == first
    assert told["against"]["first_other"] is not None, "the plant has answered"
    done = subprocess.run(
        [CLI, "replay", str(shift.record), "--with", str(tmp_path / "closed.toml")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Up to {first / BASE_HZ:.2f} s (tick {first})" in done.stdout, done.stdout
    assert "not those the plant would have given" in done.stdout


def test_a_limit_that_matters_in_a_fault_alone_agrees_up_to_it(
    shift: Shift, tmp_path: Path
) -> None:
    told = ask(shift, Shift(tmp_path, inline, LATE, **SHORT))
    assert told["events"]["coater.air_burst"] == [[round(AIR_S * BASE_HZ)], []]
    assert AIR_S * BASE_HZ <= told["certain_to_tick"] < (AIR_S + 1.0) * BASE_HZ
    assert told["acted_from"]["tick"] >= told["certain_to_tick"]
    assert told["against"]["first_other"] is not None


def test_another_budget_of_the_gate_is_followed_up_to_the_first_value_it_holds_back(
    shift: Shift, tmp_path: Path
) -> None:
    told = ask(shift, Shift(tmp_path, inline, BUDGET, **SHORT))
    assert told["gate"] == ["actuators.coater.pump_flow.nudge_budget: 2.75 recorded, 0.35 now"]
    assert told["acted_from"]["names"] == ["coater.pump_flow"]
    first, _ = told["against"]["first_other"]
    assert BASE_HZ < told["certain_to_tick"] < first <= told["certain_to_tick"] + 3


def test_a_shift_that_wrote_nothing_agrees_whatever_is_changed(tmp_path: Path) -> None:
    made = {**SHORT, "advisory": True}
    told = ask(Shift(tmp_path / "a", inline, **made), Shift(tmp_path / "b", inline, FILTER, **made))
    assert "sample coater.solids" in told["told_from"]["names"]
    assert told["acted_from"] is None
    assert told["against"]["first_other"] is None


def test_a_run_of_another_seed_is_found_out(shift: Shift, tmp_path: Path) -> None:
    other = Shift(tmp_path, inline, **{**SHORT, "seed": 8, "hours": 0.01})
    done = subprocess.run(
        [CLI, "replay", shift.record, "--with", other.file, "--against", other.record],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the runs differ in more" in done.stdout, done.stdout


# -- the whole shift -------------------------------------------------------------------------------


@contextmanager
def processes() -> Iterator[Run]:
    """Runs as the demo does: core, bus and stations as processes."""
    with TemporaryDirectory(prefix="lw-") as sockets:

        def run(file: Path) -> None:
            place = Path(sockets) / file.parent.name
            done = subprocess.run(
                [CLI, "run", str(file), "--run-dir", str(place), "--json"],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr

        yield run


def test_over_processes_and_the_bus(tmp_path: Path) -> None:
    made = {**SHORT, "hours": 0.03}
    with processes() as run:
        shift = Shift(tmp_path / "a", run, **made)
        told = ask(shift, Shift(tmp_path / "b", run, LATE, **made))
    assert told["certain_to_tick"] >= AIR_S * BASE_HZ


@pytest.mark.soak
def test_the_demos_shift_of_eight_hours(tmp_path: Path) -> None:
    hours = float(os.environ.get("WHAT_IF_HOURS", "8"))
    made = {"seed": 1, "hours": hours, "faults": shift_faults(seed=1, hours=hours)}
    with processes() as run:
        shift = Shift(tmp_path / "as it was", run, **made)
        for name, change in (("detectors", DETECTORS), ("late", LATE), ("filter", FILTER)):
            told = ask(shift, Shift(tmp_path / name, run, change, **made))
            certain, other = told["certain_to_tick"], told["against"]["first_other"]
            print(f"\n  {name}: {told['cycles']} cycles; certain to {certain / BASE_HZ:.2f} s, ")
            print(f"  first other {other}, events that differ: {sorted(differing(told))}")
            print(f"  acted {told['acted_from']}, told {told['told_from']}")
            assert (other is None) == (name == "detectors")
