"""A station in a package of its own, installed as its user would, found by entry point."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from linewright import _core

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "speed_watch"
UPSET_S = 300.0


def test_the_installed_station_is_found_and_decides(tmp_path: Path) -> None:
    site, run = tmp_path / "site", tmp_path / "run"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--target", site, EXAMPLE], check=True)
    command = Path(sys.executable).parent / "linewright"
    done = subprocess.run(
        [command, "run", EXAMPLE / "line.toml", "--run-dir", run],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = _core.ledger_rows(str(run / "ledger.sqlite"), kinds=["detection", "decision"])
    found = [row for row in rows if row["kind"] == "detection"]
    assert found
    assert found[0]["station"] == "speed_watch"
    assert UPSET_S <= found[0]["mono_ns"] / 1e9 <= UPSET_S + 5.0
    decided = [row["body"] for row in rows if row["kind"] == "decision"]
    assert any("check the drive" in str(body) for body in decided)
