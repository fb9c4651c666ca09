"""`python -m bench mpc` measures equals: every side's loop costs what the exact one does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_every_side_is_as_good_as_exact() -> None:
    pytest.importorskip("daqp", reason="needs a peer of the `bench` extra")
    done = subprocess.run(
        [sys.executable, "-m", "bench", "mpc", "--quick", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert {row["id"].split(".")[1] for row in rows} == {"n4", "n8"}
    for row in rows:
        assert abs(row["facts"]["our_cost_over_exact"]) < 1e-9
        assert abs(row["facts"]["their_cost_over_exact"]) < 5e-3
