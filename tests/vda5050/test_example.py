"""The example on a real broker; on the one within the process its README runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rig import Broker

DRIVE = Path(__file__).resolve().parents[2] / "examples" / "vehicles" / "drive.py"


def test_the_example_drives_over_a_broker(broker: Broker) -> None:
    done = subprocess.run(
        [sys.executable, str(DRIVE), "--port", str(broker.port), "--pace", "40"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for line in (
        "Finished(vehicle=1, job='tray 17')",
        "Redirected(vehicle=1, job='tray 17', target='slot 2')",
        "Finished(vehicle=2, job='tray 18')",
        "Finished(vehicle=1, job='charge')",
    ):
        assert line in done.stdout
