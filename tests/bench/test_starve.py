"""`python -m bench.starve`: nobody beats the bound, and the dispatch comes near to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_dispatch_lies_between_the_plain_rule_and_the_bound() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.starve", "--seeds", "1", "--only", "13 of 20", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["oldest"] < row["ours"] <= row["bound"]
    assert row["bound"] - row["ours"] < 0.35 * (row["bound"] - row["oldest"])
    assert row["lead_min"] >= 10.0
    assert row["warnings_before_the_fault"] == 0
