"""A station in plain JavaScript: in a simulated line from barrier to barrier, in live with events
resumed from the ledger, and over the network with a key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from linewright import _core

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "js_station"
COMMAND = Path(sys.executable).parent / "linewright"
sys.path.insert(0, str(ROOT / "tests" / "bus"))

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (EXAMPLE / "node_modules" / "zeromq").is_dir(),
    reason="needs node and examples/js_station/setup.sh",
)


@pytest.fixture
def run_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lwj", dir="/tmp") as made:
        os.chmod(made, 0o700)
        yield Path(made)


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["node", EXAMPLE / "station.js", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path) -> None:
    deadline_s = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline_s, path
        time.sleep(0.02)


def simulated(run_dir: Path) -> list[dict]:
    """Decisions and detections of a run whose station is JavaScript's."""
    line = subprocess.Popen(
        [COMMAND, "run", EXAMPLE / "line.toml", "--run-dir", run_dir, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(run_dir / "commands.sock")
    station = start("watch", run_dir)
    try:
        out, err = line.communicate(timeout=180)
    finally:
        station.terminate()
        told, wrong = station.communicate(timeout=10)
    assert line.returncode == 0, (out, err, told, wrong)
    rows = _core.ledger_rows(str(run_dir / "ledger.sqlite"), kinds=["detection", "decision"])
    assert len(told.splitlines()) == sum(row["kind"] == "detection" for row in rows)
    return rows


def test_a_simulated_line_takes_its_decisions_and_repeats(run_dir: Path) -> None:
    rows = simulated(run_dir / "a")
    decided = [row["body"] for row in rows if row["kind"] == "decision"]
    found = [row["seq"] for row in rows if row["kind"] == "detection"]
    assert found
    assert [body["because"] for body in decided] == [[seq] for seq in found]
    assert all("told by JavaScript" in body["decision"] for body in decided)
    again = simulated(run_dir / "b")
    assert [row["body"] for row in again] == [row["body"] for row in rows]


def test_over_the_network_with_a_key(run_dir: Path) -> None:
    from bus_rig import Rig
    from linewright.bus import _keys as keys
    from network_rig import Net

    net = Net(run_dir / "keys")
    rig = Rig(run_dir, lockstep=False, network=net.facts())
    rig.core.link.settimeout(60)  # a loaded machine starts Node slowly
    try:
        pair = keys.read_pair(net.folder / "pc.key_secret")
        place = {
            "commands": net.commands,
            "bus_key": keys.read_public(net.folder / "bus.key").decode(),
            "public": pair.public.decode(),
            "secret": pair.secret.decode(),
        }
        (run_dir / "place.json").write_text(json.dumps(place))
        station = start("alpha", run_dir / "place.json")
        event = {
            "name": "alpha.shift",
            "station": "alpha",
            "tick": 5,
            "evidence": {"speed_m_per_s": 0.8},
            "rule": "cusum",
            "decision": "tell",
            "priority": "advice",
            "id": 7,
        }
        assert rig.core.next("hello")[2]["station"] == "alpha"
        rig.core.send(("event", event), tick=5)
        _, header, body = rig.core.next("command")
        assert body["action"]["because"] == [7]
        assert header["based_on_tick"] == 5
        rig.core.send(("event", event), tick=5)
        station.terminate()
        out, err = station.communicate(timeout=10)
        assert out.count("alpha.shift") == 1, (out, err)
    finally:
        rig.close()
