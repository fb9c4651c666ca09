"""The measured boards, each gauge watched by what it learned: spikes, planted shifts, counts.

Mean, scale and limits of every board come from the boards before it. Two settings, the memory and
the bound on one board, were chosen with this recording in sight.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import linewright as lw
import numpy as np
import pytest
from linewright import _core
from linewright import messages as m
from linewright.line import Line, load

ROOT = Path(__file__).resolve().parents[2]
LINE = ROOT / "examples" / "measured_boards" / "line.toml"
DATA = Path(os.environ.get("LINEWRIGHT_DATA", ROOT.parent / "shared" / "data"))
BOARDS = DATA / "board_thickness" / "board_thickness.csv"
POSITIONS = [f"boards.pos{i}" for i in range(1, 7)]
BUDGET_BOARDS = 1000
SETTLED_ROW = 400

needs_boards = pytest.mark.skipif(not BOARDS.is_file(), reason=f"no recording at {BOARDS}")


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setenv("BOARDS", str(BOARDS))
    return load(LINE)


def clean_sd(x: np.ndarray[Any, Any]) -> float:
    """Standard deviation without the spikes."""
    middle = np.median(x)
    scale = 1.4826 * np.median(np.abs(x - middle))
    return float(np.std(x[np.abs(x - middle) < 5.0 * scale]))


def events(line: Line, values: np.ndarray[Any, Any], folder: Path) -> list[m.Event]:
    """Run the rows through the inline core; the detections in order."""
    keys = {name: i + 2 for i, name in enumerate(sorted(line.tables.stations))}
    config = {**line.core_config(folder, keys, 1 << 62), "link": None}
    config |= {"ledger": None, "record": None}
    rows = folder / "rows.f64"
    np.ascontiguousarray(values).tofile(rows)
    config["driver"] |= {"path": str(rows), "rows": len(values)}
    with _core.Core(json.dumps(config)) as core:
        core.advance(len(values))
        frames = core.drain()
    decoded = [m.decode(frame)[1] for frame in frames]
    return [message for message in decoded if isinstance(message, m.Event)]


@needs_boards
def test_a_spike_is_bad_and_never_reaches_the_detector(line: Line, tmp_path: Path) -> None:
    assert line.recording is not None
    calm = line.recording.values.copy()
    found = {(e.name, e.tick) for e in events(line, calm, tmp_path)}
    rng = np.random.default_rng(11)
    row, column = int(rng.integers(600, 2300)), int(rng.integers(0, 6))
    calm[row, column] += 25.4 * 400.0
    spiked = {(e.name, e.tick) for e in events(line, calm, tmp_path)}
    assert (f"{POSITIONS[column]}_spike", row) in spiked
    shifts = {e for e in found if e[0].endswith("_shift")}
    # The spike takes one reading away from the detector; it adds nothing to its evidence.
    assert {e for e in spiked if e[0].endswith("_shift")} <= shifts


@needs_boards
def test_false_alarms_stay_within_the_budget_asked_for(line: Line, tmp_path: Path) -> None:
    assert line.recording is not None
    values = line.recording.values
    alarms = [e for e in events(line, values, tmp_path) if e.name.endswith("_shift")]
    settled = [e for e in alarms if e.tick >= SETTLED_ROW]
    boards = (len(values) - SETTLED_ROW) * len(POSITIONS)
    print(f"{len(settled)} alarms in {boards} readings: one in {boards / max(1, len(settled)):.0f}")
    assert len(settled) <= boards / BUDGET_BOARDS


@needs_boards
@pytest.mark.parametrize("seed", [5])
def test_a_planted_shift_is_found_at_most_of_the_speed_possible(
    line: Line, tmp_path: Path, seed: int
) -> None:
    assert line.recording is not None
    values = line.recording.values
    sd = [clean_sd(values[:, j]) for j in range(6)]
    rng = np.random.default_rng(seed)
    delays = []
    for _ in range(200):
        column, row = int(rng.integers(0, 6)), int(rng.integers(SETTLED_ROW, 2400))
        planted = values.copy()
        planted[row:, column] += rng.choice([-1.0, 1.0]) * sd[column]
        name = f"{POSITIONS[column]}_shift"
        hits = [
            e.tick - row + 1
            for e in events(line, planted, tmp_path)
            if e.name == name and e.tick >= row
        ]
        assert hits, f"{name}: shift at row {row} not found"
        delays.append(hits[0])
    efficiency = lw.bound(1.0, 2.0 * BUDGET_BOARDS) / float(np.mean(delays))
    print(f"mean delay {np.mean(delays):.2f} boards, efficiency {efficiency:.3f}")
    assert efficiency >= 0.7


def run(recording: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The example as a user runs it: real processes, real bus."""
    return subprocess.run(
        [Path(sys.executable).parent / "linewright", "run", LINE, "--run-dir", folder, "--json"],
        env={**os.environ, "BOARDS": str(recording)},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_boards
def test_nothing_is_lost_between_file_and_ledger(tmp_path: Path) -> None:
    done = run(BOARDS, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    rows = _core.ledger_rows(str(tmp_path / "run" / "ledger.sqlite"))
    samples: dict[str, int] = {}
    cycles = 0
    for row in rows:
        if row["kind"] != "tally":
            continue
        body = row["body"]
        if "channel" in body:
            samples[body["channel"]] = body["samples"]  # tallies count from the start
        elif "loop" in body:
            cycles = body["cycles"]
    in_file = len(BOARDS.read_text().splitlines()) - 1
    assert cycles == in_file
    assert samples == dict.fromkeys(POSITIONS, in_file)


def test_a_missing_recording_is_said_clearly(tmp_path: Path) -> None:
    done = run(tmp_path / "nowhere.csv", tmp_path / "run")
    assert done.returncode == 78
    said = done.stdout + done.stderr
    assert "io.path" in said
    assert "nowhere.csv" in said
    assert "line.toml" in said
