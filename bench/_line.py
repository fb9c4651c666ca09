"""Line files and recordings the rows run on, and starting the command line on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench._machine import ROOT

BOARDS = ROOT / "examples" / "measured_boards"
POSITIONS = 6
LINEWRIGHT = Path(sys.executable).with_name("linewright")


@contextmanager
def folder() -> Iterator[Path]:
    """A short-named private folder (sockets have short paths), gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lwbench", dir="/tmp") as made:
        yield Path(made)


def recording_mil(rows: int, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Six thicknesses a row, thousandths of an inch: noise, a spike in 500, shifts."""
    rng = np.random.default_rng(seed)
    values = 1600.0 + rng.normal(0.0, 35.0, (rows, POSITIONS))
    values[rng.random((rows, POSITIONS)) < 0.002] += 600.0
    values += 60.0 * (np.arange(rows) // 4000 % 2)[:, None]
    return np.round(values, 3)


def write_csv(path: Path, values: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    """The recording as a file with a time column."""
    columns = ["second", *(f"Pos{i + 1}" for i in range(POSITIONS))]
    numbered = np.column_stack([np.arange(len(values)), values])
    formats = ["%d"] + ["%.3f"] * POSITIONS
    np.savetxt(path, numbered, fmt=formats, delimiter=",", header=",".join(columns), comments="")


def boards_line(where: Path, recording: Path) -> Path:
    """The line file of `examples/measured_boards` on another recording."""
    text = (BOARDS / "line.toml").read_text()
    text = text.replace('"$BOARDS"', json.dumps(str(recording))).replace("Date.Time", "second")
    (where / "line.toml").write_text(text)
    (where / "boards.py").write_text((BOARDS / "boards.py").read_text())
    return where / "line.toml"


def run_line(line: Path, run_dir: Path) -> dict[str, Any]:
    """`linewright run`, to its end; what it says of itself."""
    done = subprocess.run(
        [str(LINEWRIGHT), "run", str(line), "--run-dir", str(run_dir), "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode:
        raise RuntimeError(f"linewright run ended with {done.returncode}: {done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
