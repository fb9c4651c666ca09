"""`python -m bench flow` measures equals: both sides move the same trays in the same way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_both_sides_make_the_same() -> None:
    pytest.importorskip("simpy", reason="needs a peer of the `bench` extra")
    done = subprocess.run(
        [sys.executable, "-m", "bench", "flow", "--quick", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    ours, theirs = row["facts"]["ours"], row["facts"]["theirs"]
    for count in ("filled", "started", "tested", "delivered"):
        assert theirs[count] == pytest.approx(ours[count], rel=0.06)
    assert theirs["cycle_s"] == pytest.approx(ours["cycle_s"], rel=0.06)
