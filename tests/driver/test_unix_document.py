"""`docs/drivers.md`: its programs run, in lock-step and live, and twice to the same bits."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench_core import LIVE, write_line
from plain_peer import PEER

COMMAND = Path(sys.executable).parent / "linewright"


def start(folder: Path) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
    """Plant and line."""
    (folder / "plant.py").write_text(PEER)
    plant = subprocess.Popen(
        [sys.executable, folder / "plant.py", folder / "run" / "plant.sock"],
        stdout=subprocess.PIPE,
        text=True,
    )
    line = subprocess.Popen(
        [COMMAND, "run", folder / "line.toml", "--run-dir", folder / "run", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return plant, line


def test_the_tank_of_the_page_is_held_in_lock_step(tmp_path: Path) -> None:
    said = []
    for n in range(2):
        folder = tmp_path / str(n)
        folder.mkdir()
        write_line(folder)
        plant, line = start(folder)
        out, err = line.communicate(timeout=60)
        assert line.returncode == 0, out + err
        said.append(json.loads(plant.communicate(timeout=10)[0]))
    assert said[0] == said[1], "the same bits twice"
    assert said[0]["ticks"] == 6000
    assert abs(said[0]["level_mm"] - 50.0) < 1.0, said[0]
    assert not said[0]["safe"]
    assert said[0]["commands"] > 100


def test_a_lock_step_without_its_plant_ends(tmp_path: Path) -> None:
    write_line(tmp_path, {"duration_s = 60.0": "hours = 100.0"})
    plant, line = start(tmp_path)
    for _ in iter((tmp_path / "run" / "plant.sock").exists, True):
        assert line.poll() is None
    time.sleep(1.0)  # it joins in less, or the core waits its 30 s for it
    plant.kill()
    plant.communicate()
    _, err = line.communicate(timeout=60)
    assert line.returncode == 69, err


@pytest.mark.parametrize("seconds", [2.0])
def test_the_tank_of_the_page_runs_live(tmp_path: Path, seconds: float) -> None:
    patient = {"channels = {": "silent_s = 10.0\nchannels = {"}  # the machine may be busy
    write_line(tmp_path, {**LIVE, **patient})
    plant, line = start(tmp_path)
    while not (tmp_path / "run" / "telemetry.sock").exists():
        assert line.poll() is None, line.communicate()
        time.sleep(0.05)
    time.sleep(seconds)
    line.send_signal(signal.SIGINT)
    out, err = line.communicate(timeout=20)
    assert line.returncode == 0, out + err
    said = json.loads(plant.communicate(timeout=10)[0])
    assert said["ticks"] > 20
    assert said["commands"] == 0, "advisory writes nothing"
